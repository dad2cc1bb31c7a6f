"""Calls in a Python module, under the dotted names of what is called.

A name means what its scope binds it to: an import, a plain assignment of a dotted name, a
definition of this module; what nothing binds is a builtin. Variables and parameters mean nothing
here, whatever they are called, and neither does a name that may be one of them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import islice
from typing import Any, Literal, NamedTuple

from tree_sitter import Language, Node, Query, QueryCursor

from govcheck.document import Document, TooDeepError
from govcheck.python.module import Module, module, text

_FUNCTIONS = ("function_definition", "lambda")
_COMPREHENSIONS = (
    "list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression",
)  # fmt: skip
_PATTERNS = ("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern")
_GIVEN = ("typed_parameter", "default_parameter", "typed_default_parameter")
_QUERY = """
(call function: (_) @called)
[(import_statement) (import_from_statement)] @import
(assignment left: (identifier) right: [(identifier) (attribute) (call)]) @assignment
"""
_PLAIN = re.compile(rb"[^\W\d]\w*(?:\.\w+)*")
_MAX_PARTS = 64
_MAX_ROUNDS = 4
_MAX_VALUES = 100  # of one name; what has several in one scope is a variable
_MAX_PLACES = 20_000  # at which one name is looked at
_MAX_CALLS = 5_000
_NEAR = 1000


class TooManyError(TooDeepError):
    """The file calls or mentions something more often than anything a person wrote."""

    def __init__(self, what: str, times: int) -> None:
        ValueError.__init__(self, f"it {what} more than {times} times")


class Call(NamedTuple):
    """A call: what it calls by all names that it may have, and where that is written.

    `scope` is what it stands in directly: an asynchronous function, another one (also a lambda),
    or the module (also a class); `parameters` are those of all functions around it.
    """

    names: tuple[str, ...]
    start: int
    end: int
    scope: Literal["async def", "def", "module"]
    parameters: tuple[str, ...]


def calls(document: Document, is_wanted: Callable[[str], bool]) -> Iterator[Call]:
    """The calls in a module of what is wanted by its dotted name.

    What is called on a value that has no name, such as an item of a list, or on one that only a
    variable holds, has a name that begins with a dot: `.patch`.

    They come in the order of the text, `get(url)` before the `get(url).json()` that it is in.

    Raises:
        TooDeepError: a call stands too deeply.
        TooManyError: there are too many of them, or of the mentions of one name.
    """
    return _Calls(document.view(module), is_wanted).found()


class _Scope(NamedTuple):
    """A part of the module with names of its own: its node, and the range of what is inside."""

    node: Node
    start: int
    end: int


@dataclass(slots=True)
class _Bound:
    """What binds a name in one scope: targets of imports, values, or what no name tells."""

    targets: list[str] = field(default_factory=list)
    values: list[Node] = field(default_factory=list)
    is_any: bool = False
    is_variable: bool = False
    is_elsewhere: bool = False


class _Calls:
    def __init__(self, parsed: Module, is_wanted: Callable[[str], bool]) -> None:
        self.module = parsed
        self.document = parsed.document
        self.is_wanted = is_wanted
        self.captured = QueryCursor(_query()).captures(parsed.tree.root_node)
        self._bound: dict[tuple[int, str], _Bound] = {}
        self._flat_names: dict[str, frozenset[str]] = {}
        self._suspects: dict[bytes, bool] = {}

    def found(self) -> Iterator[Call]:
        called = sorted(
            self.captured.get("called", ()), key=lambda each: (each.start_byte, each.end_byte)
        )
        suspects = 0
        for node in called:
            if not self._is_suspect(node):
                continue
            suspects += 1
            if suspects > _MAX_CALLS:
                raise TooManyError("calls what may be forbidden", _MAX_CALLS)
            around = self.module.around(node.start_byte, node.end_byte)
            chain = list(_scopes(around, node))
            names = tuple(filter(self.is_wanted, sorted(self._names(node, chain))))
            if names:
                functions = [each.node for each in chain if each.node.type in _FUNCTIONS]
                yield Call(
                    names,
                    self.document.offset_of_byte(node.start_byte),
                    self.document.offset_of_byte(node.end_byte),
                    _kind(functions),
                    tuple(name for each in functions for name in _parameters(each)),
                )

    # Whether a call may be wanted, by all that its name means anywhere in the file.

    def _is_suspect(self, node: Node) -> bool:
        said = node.text or b""
        if not _PLAIN.fullmatch(said):
            return any(map(self.is_wanted, self._flat(node)))
        if said not in self._suspects:
            self._suspects[said] = any(map(self.is_wanted, self._flat(node)))
        return self._suspects[said]

    def _flat(self, node: Node) -> Iterator[str]:
        root, suffix = _parts(node)
        yield suffix
        if root is not None:
            yield from (each + suffix for each in self._anywhere(text(root)))

    def _anywhere(self, name: str) -> frozenset[str]:
        if name not in self._flat_names:
            self._flat_names[name] = frozenset()  # for an assignment that leads back to itself
            found = {name, *self._imported.get(name, ()), *_own_names(self.document.path, name)}
            values = self._assigned.get(name, ())
            found.update(each for value in values[:_MAX_VALUES] for each in self._flat(value))
            self._flat_names[name] = frozenset(islice(found, _MAX_VALUES))
        return self._flat_names[name]

    @cached_property
    def _imported(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for statement in self.captured.get("import", ()):
            for local, target in _imports(statement, self.document.path):
                found[local].append(target)
        return found

    @cached_property
    def _assigned(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = defaultdict(list)
        for node in self.captured.get("assignment", ()):
            value = node.child_by_field_name("right")
            if value is not None:
                found[text(node.child_by_field_name("left"))].append(value)
        return found

    # What a name means where it stands.

    def _names(self, node: Node, chain: list[_Scope], depth: int = 0) -> set[str]:
        root, suffix = _parts(node)
        if root is None:
            return {suffix}
        meant = self._meant(text(root), chain, depth)
        # `.patch` is wanted of whatever it is called on, where the name of that says nothing.
        return {name + suffix for name in meant} or ({suffix} if suffix else set())

    def _meant(self, name: str, chain: list[_Scope], depth: int) -> set[str]:
        """What a name stands for; nothing where it is a variable."""
        if depth > _MAX_ROUNDS:
            return set()
        for number in range(len(chain) - 1, -1, -1):
            scope = chain[number]
            if scope.node.type == "class_definition" and number != len(chain) - 1:
                continue
            bound = self._bindings(scope, name)
            if bound.is_elsewhere or not bound.is_any:
                continue
            if bound.is_variable or len(bound.values) + bool(bound.targets) > 1:
                return set()
            found = set(bound.targets)
            for value in bound.values:
                meant = self._names(value, chain[: number + 1], depth + 1)
                if any(each.startswith(".") for each in meant):
                    return set()
                found |= meant
            # Until the class binds it, a name in its body is that of the module.
            is_in_class = scope.node.type == "class_definition"
            if is_in_class and self._bindings(chain[0], name).is_any:
                return found & self._meant(name, chain[:1], depth + 1)
            return found
        return {name}

    def _bindings(self, scope: _Scope, name: str) -> _Bound:
        """What binds a name directly in a scope."""
        key = (scope.node.id, name)
        if key not in self._bound:
            found = self._bound[key] = _Bound()
            source = self.document.utf8
            word = re.compile(rb"(?<![\w.])" + re.escape(name.encode()) + rb"(?!\w)(\.)?")
            places = 0
            for place in word.finditer(source, scope.node.start_byte, scope.node.end_byte):
                if (
                    place[1]
                    and b"import" not in source[max(0, place.start() - _NEAR) : place.start()]
                ):
                    continue  # `a.b` binds nothing but in an import
                places += 1
                if places > _MAX_PLACES:
                    raise TooManyError(f"mentions {name}", _MAX_PLACES)
                around = self.module.around(place.start(), place.start() + len(name.encode()))
                if around and around[-1].type == "identifier":
                    self._bind(found, scope, around, name)
        return self._bound[key]

    def _bind(self, found: _Bound, scope: _Scope, around: list[Node], name: str) -> None:
        leaf, outer = around[-1], around[-2]
        home = _home(around)
        if outer.type in ("global_statement", "nonlocal_statement"):
            if home.id == scope.node.id:
                found.is_elsewhere = True
            else:  # some function inside may set it at any time
                found.is_variable = found.is_any = True
        if home.id != scope.node.id:
            return
        match outer.type:
            case "function_definition" | "class_definition":
                if outer.child_by_field_name("name") == leaf:
                    found.is_any = True
                    found.targets.extend(_own_names(self.document.path, name))
            case "assignment" if outer.child_by_field_name("left") == leaf:
                value = outer.child_by_field_name("right")
                if value is None or value.type == "none":
                    return
                found.is_any = True
                if value.type in ("identifier", "attribute", "call"):
                    found.values.append(value)
                else:
                    found.is_variable = True
            case "dotted_name" | "aliased_import":
                statement = next((each for each in around if each.type.startswith("import_")), None)
                for local, target in _imports(statement, self.document.path) if statement else ():
                    if local == name:
                        found.is_any = True
                        found.targets.append(target)
                if statement is None:  # a name that a `case` takes
                    found.is_any = found.is_variable = True
            case _ if _is_target(around):
                found.is_any = found.is_variable = True


@cache
def _query() -> Query:
    import tree_sitter_python

    return Query(Language(tree_sitter_python.language()), _QUERY)


def _parts(node: Node) -> tuple[Node | None, str]:
    """The name that a dotted expression begins with, and the rest; no name where it has none."""
    suffix = ""
    for _ in range(_MAX_PARTS):
        inner: Node | None
        match node.type:
            case "identifier":
                return node, suffix
            case "attribute":
                suffix = f".{text(node.child_by_field_name('attribute'))}{suffix}"
                inner = node.child_by_field_name("object")
            case "call":
                suffix = f"(){suffix}"
                inner = node.child_by_field_name("function")
            case "await" | "parenthesized_expression" if node.named_child_count == 1:
                inner = node.named_children[0]
            case _:
                break
        if inner is None:
            break
        node = inner
    return None, suffix[suffix.find(".") :] if "." in suffix else ""


def _scopes(around: list[Node], leaf: Node) -> Iterator[_Scope]:
    """The scopes around a node, from the module inwards."""
    yield _Scope(around[0], around[0].start_byte, around[0].end_byte)
    for node in around[1:]:
        inside = _inside(node)
        if inside is not None and inside[0] <= leaf.start_byte and leaf.end_byte <= inside[1]:
            yield _Scope(node, *inside)


def _inside(node: Node) -> tuple[int, int] | None:
    """The range of bytes in which the names of a scope hold."""
    if node.type in (*_FUNCTIONS, "class_definition"):
        body = node.child_by_field_name("body")
        return (body.start_byte, body.end_byte) if body is not None else None
    return (node.start_byte, node.end_byte) if node.type in _COMPREHENSIONS else None


def _home(around: list[Node]) -> Node:
    """The scope in which the last of the nodes binds, if it does."""
    leaf = around[-1]
    is_walrus = around[-2].type == "named_expression"
    for node, inner in zip(around[-2:0:-1], around[-1:1:-1], strict=True):
        if node.type in _FUNCTIONS and inner.type in ("parameters", "lambda_parameters"):
            return node
        if node.type in _COMPREHENSIONS and is_walrus:
            continue  # PEP 572
        inside = _inside(node)
        if inside is not None and inside[0] <= leaf.start_byte < inside[1]:
            return node
    return around[0]


def _is_target(around: list[Node]) -> bool:
    """Whether the last of the nodes is a name that takes a value other than by an assignment."""
    inner = around[-1]
    for outer in reversed(around[:-1]):
        match outer.type:
            case kind if kind in _PATTERNS or kind in ("tuple", "list", "dictionary_splat_pattern"):
                inner = outer
                continue
            case "parameters" | "lambda_parameters" | "as_pattern_target":
                return True
            case "typed_parameter":
                return outer.named_children[0] == inner
            case "default_parameter" | "typed_default_parameter" | "named_expression":
                return outer.child_by_field_name("name") == inner
            case "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause":
                return outer.child_by_field_name("left") == inner
            case "as_pattern":
                return outer.named_children[-1] == inner
            case "delete_statement" | "splat_pattern":
                return True
            case _:
                return False
    return False


def _imports(statement: Node, path: str) -> Iterator[tuple[str, str]]:
    """The names that an import binds, each with the dotted name that it stands for."""
    source = statement.child_by_field_name("module_name")
    for name in statement.children_by_field_name("name"):
        original = text(name)
        local = original
        if name.type == "aliased_import":
            original = text(name.child_by_field_name("name"))
            local = text(name.child_by_field_name("alias"))
        elif source is None:
            original = local = original.partition(".")[0]
        if source is None:
            yield local, original
        else:
            for each in _absolute(text(source), path):
                yield local, f"{each}.{original}" if each else original


def _absolute(source: str, path: str) -> Iterator[str]:
    """The dotted names of what a `from` imports from; a folder `src` begins names anew."""
    rest = source.lstrip(".")
    level = len(source) - len(rest)
    if not level:
        yield source
        return
    folders = path.split("/")[:-level]
    starts = {0, *(number + 1 for number, each in enumerate(folders) if each == "src")}
    for start in sorted(starts):
        yield ".".join([*folders[start:], *([rest] if rest else [])])


def _own_names(path: str, name: str) -> Iterator[str]:
    """The dotted names of what a module defines itself."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    source = "." if stem == "__init__" else f".{stem}"
    for each in _absolute(source, path):
        yield f"{each}.{name}" if each else name


def _kind(functions: list[Node]) -> Literal["async def", "def", "module"]:
    if not functions:
        return "module"
    return "async def" if any(c.type == "async" for c in functions[-1].children[:1]) else "def"


def _parameters(function: Node) -> Iterator[str]:
    given = function.child_by_field_name("parameters")
    for each in given.named_children if given is not None else ():
        name: Any = each
        if each.type in _GIVEN:
            name = each.child_by_field_name("name") or each.named_children[0]
        if name.type == "identifier":
            yield text(name)
