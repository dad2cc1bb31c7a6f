"""The outline of a Python file: its tests, classes and marks, as far as they can be read.

Every file is read on its own, so that what is learnt of it can be remembered; names of other files
stay names. What pytest makes of it ("How to mark test functions with attributes") is for `suite`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from tree_sitter import Node

from govcheck.document import Document
from govcheck.python.module import Module, module, string_value, text

_MARK = "pytest.mark."
_PLAIN = frozenset({"staticmethod", "classmethod", "property", "override", "final"})
_BLOCKS = frozenset(
    {"if_statement", "else_clause", "elif_clause", "try_statement", "except_clause", "block",
     "finally_clause", "with_statement", "for_statement", "while_statement"}
)  # fmt: skip
_FIXTURES = frozenset({"pytest.fixture", "pytest.yield_fixture", "pytest_asyncio.fixture"})
_STOPS = frozenset({"return_statement", "raise_statement", "continue_statement", "break_statement"})
_UNITTEST_SKIPS = {
    "unittest.skip": False, "unittest.skipIf": True, "unittest.skipUnless": True,
    "unittest.case.skip": False, "unittest.expectedFailure": False,
}  # fmt: skip
_CALL = re.compile(rb"\b(?:skip|skipTest|importorskip|xfail|SkipTest)\b")
_MAX_DEPTH = 40


class Mark(NamedTuple):
    """A mark as it is written, at the offsets of the expression.

    `name` is that of the marker; where another module names it, it is empty and `alias` is the
    dotted name there. `reason` is the text of its reason, empty where it is computed, None where
    there is none. `is_conditional` tells that its first argument decides, `strict` what a strict
    xfail says: "true", "false", or nothing. `arguments` are those that are strings.
    """

    name: str
    start: int
    end: int
    alias: str = ""
    reason: str | None = None
    is_conditional: bool = False
    strict: str = ""
    arguments: tuple[str, ...] = ()


class Skip(NamedTuple):
    """A call that skips, or expects a failure, while a test runs; `always`: every run does."""

    kind: str
    start: int
    end: int
    reason: str | None
    always: bool
    before: int
    after: int


class Function(NamedTuple):
    """A function or method: its name is at (`start`, `end`), it is from `first` to `stop`.

    `param_marks` are those of single cases of `parametrize`. `is_opaque` tells that something that
    cannot be read may add marks.
    """

    name: str
    start: int
    end: int
    first: int
    stop: int
    indent: str
    marks: tuple[Mark, ...] = ()
    param_marks: tuple[Mark, ...] = ()
    parameters: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    is_fixture: bool = False
    is_opaque: bool = False


class Class(NamedTuple):
    """A class; `bases` are dotted names, empty where they are computed."""

    name: str
    start: int
    end: int
    first: int
    indent: str
    bases: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    functions: tuple[Function, ...] = ()
    classes: "tuple[Class, ...]" = ()
    has_init: bool = False
    is_off: bool = False
    is_opaque: bool = False


class Outline(NamedTuple):
    """What a file holds.

    `aliases` are the marks that names of the module stand for, `defined` its other names.
    `pytestmark` is the place of the value that is assigned to it, if it is once. `body` is where
    a statement can be put after the imports, `pytest` the name by which pytest is imported.
    """

    marks: tuple[Mark, ...] = ()
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    aliases: tuple[tuple[str, Mark], ...] = ()
    defined: tuple[str, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    stars: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    pytestmark: tuple[int, int] | None = None
    body: int = 0
    pytest: str = ""
    is_opaque: bool = False


def outline(document: Document) -> Outline:
    """The outline of a file.

    Raises:
        TooDeepError: it nests too deeply.
    """
    return _Reader(document.view(module)).outline()


def revived(said: Any) -> Outline:
    """An outline, also from the lists that the cache makes of it."""
    if isinstance(said, Outline):
        return said
    marks, functions, classes, aliases, defined, imports, stars, skips, at, *rest = said
    return Outline(
        _marks(marks),
        tuple(map(_function, functions)),
        tuple(map(_class, classes)),
        tuple((name, _mark(mark)) for name, mark in aliases),
        tuple(defined),
        tuple((local, name) for local, name in imports),
        tuple(stars),
        tuple(Skip(*each) for each in skips),
        cast(tuple[int, int], tuple(at)) if at else None,
        *rest,
    )


def _mark(said: Any) -> Mark:
    mark = Mark(*said)
    return mark._replace(arguments=tuple(mark.arguments))


def _marks(said: Any) -> tuple[Mark, ...]:
    return tuple(map(_mark, said))


def _function(said: Any) -> Function:
    function = Function(*said)
    return function._replace(
        marks=_marks(function.marks),
        param_marks=_marks(function.param_marks),
        parameters=tuple(function.parameters),
        skips=tuple(Skip(*each) for each in function.skips),
    )


def _class(said: Any) -> Class:
    definition = Class(*said)
    return definition._replace(
        bases=tuple(definition.bases),
        marks=_marks(definition.marks),
        functions=tuple(map(_function, definition.functions)),
        classes=tuple(map(_class, definition.classes)),
    )


class _Reader:
    def __init__(self, parsed: Module) -> None:
        self.module = parsed
        self.document = parsed.document
        self.offset = parsed.document.offset_of_byte
        self.calls = [found.start() for found in _CALL.finditer(parsed.document.utf8)]
        self.local: set[str] = set()

    def outline(self) -> Outline:
        root = self.module.tree.root_node
        statements = list(_statements(root, 0))
        functions, classes = self._definitions(statements)
        marks, at, is_opaque = self._pytestmark(statements)
        imports, stars = _imports(statements)
        assigned = [each for each in map(_assignment, statements) if each is not None]
        aliases = []
        for name, value in assigned:
            found = self._mark(value) if name != "pytestmark" else None
            if found is not None and found.name:
                aliases.append((name, found))
        names = {name for name, _ in aliases}
        defined = [
            *(f.name for f in functions), *(c.name for c in classes),
            *(name for name, _ in assigned if name not in names),
        ]  # fmt: skip
        return Outline(
            marks,
            functions,
            classes,
            tuple(aliases),
            tuple(defined),
            tuple(imports.items()),
            stars,
            tuple(self._module_skips(root)),
            at,
            self.offset(_body(root)),
            next((local for local, name in imports.items() if name == "pytest"), ""),
            is_opaque,
        )

    def _definitions(
        self, statements: Iterable[Node], depth: int = 0
    ) -> tuple[tuple[Function, ...], tuple[Class, ...]]:
        functions: list[Function] = []
        classes: list[Class] = []
        for statement in statements:
            node = statement
            decorators: list[Node] = []
            if statement.type == "decorated_definition":
                *decorators, node = statement.named_children
                decorators = [each for each in decorators if each.type == "decorator"]
            if node.type == "function_definition":
                functions.append(self._function(statement, node, decorators))
            elif node.type == "class_definition" and depth < _MAX_DEPTH:
                classes.append(self._class(statement, node, decorators, depth))
        return tuple(functions), tuple(classes)

    def _function(self, whole: Node, node: Node, decorators: list[Node]) -> Function:
        name = node.child_by_field_name("name")
        marks, param_marks, is_fixture, is_opaque = self._decorated(decorators)
        return Function(
            text(name),
            *self._place(name or node),
            self.offset(whole.start_byte),
            self.offset(node.end_byte),
            self._indent(whole),
            marks,
            param_marks,
            tuple(_parameters(node)),
            tuple(self._skips(node)),
            is_fixture,
            is_opaque,
        )

    def _class(self, whole: Node, node: Node, decorators: list[Node], depth: int) -> Class:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        statements = list(_statements(body, 0)) if body is not None else []
        functions, classes = self._definitions(statements, depth + 1)
        marks, _, _, is_opaque = self._decorated(decorators)
        own, _, own_opaque = self._pytestmark(statements)
        bases = node.child_by_field_name("superclasses")
        listed = bases.named_children if bases is not None else []
        off = (text(value) for each, value in map(_named_value, statements) if each == "__test__")
        return Class(
            text(name),
            *self._place(name or node),
            self.offset(whole.start_byte),
            self._indent(whole),
            tuple(self._base(each) for each in listed if each.type != "keyword_argument"),
            (*marks, *own),
            functions,
            classes,
            any(f.name in ("__init__", "__new__") for f in functions),
            next(off, "") == "False",
            is_opaque or own_opaque,
        )

    def _base(self, node: Node) -> str:
        if node.type == "subscript":  # `Base[int]`
            inner = node.child_by_field_name("value")
            return self.module.qualified(inner)
        return self.module.qualified(node)

    def _decorated(
        self, decorators: Iterable[Node]
    ) -> tuple[tuple[Mark, ...], tuple[Mark, ...], bool, bool]:
        marks: list[Mark] = []
        param_marks: list[Mark] = []
        is_fixture = is_opaque = False
        for decorator in decorators:
            expression = decorator.named_children[0] if decorator.named_children else decorator
            found = self._mark(expression)
            name = self.module.qualified(expression).removesuffix("()")
            if found is not None:
                marks.append(found)
                if found.name == "parametrize":
                    param_marks += self._param_marks(expression)
            elif name in _FIXTURES:
                is_fixture = True
            elif name in _UNITTEST_SKIPS:
                pass
            elif "." not in name and name.partition("(")[0] not in _PLAIN:
                is_opaque = True  # a function of this file, or something that is computed
        return tuple(marks), tuple(param_marks), is_fixture, is_opaque

    def _mark(self, node: Node) -> Mark | None:
        """The mark that an expression is; one with only an alias where other modules tell."""
        name = self.module.qualified(node)
        plain = name.removesuffix("()")
        if plain.startswith(_MARK) and plain.count(".") == 2:
            call = node if node.type == "call" else None
            return self._read(
                plain[len(_MARK) :], node, call, known=call is not None or name == plain
            )
        first, _, rest = plain.partition(".")
        if rest and first and "(" not in plain and first not in ("pytest", "unittest"):
            return Mark("", *self._place(node), plain)
        return None

    def _read(self, name: str, node: Node, call: Node | None, *, known: bool) -> Mark:
        arguments = call.child_by_field_name("arguments") if call is not None else None
        reason: str | None = None if known else ""
        strict = ""
        strings: list[str] = []
        positional = 0
        for each in arguments.named_children if arguments is not None else ():
            if each.type == "comment":
                continue
            if each.type != "keyword_argument":
                positional += 1
                if (said := string_value(each)) is not None:
                    strings.append(said)
                    if name == "skip" and positional == 1:
                        reason = said
                elif name == "skip" and positional == 1:
                    reason = ""
                continue
            key, value = (text(each.child_by_field_name("name")), each.child_by_field_name("value"))
            if key == "reason" and value is not None:
                reason = _said(value)
            elif key == "strict" and value is not None:
                strict = text(value).lower()
            elif key == "condition":
                positional += 1
        is_conditional = name in ("skipif", "xfail") and positional > 0
        return Mark(name, *self._place(node), "", reason, is_conditional, strict, tuple(strings))

    def _param_marks(self, expression: Node) -> Iterator[Mark]:
        arguments = expression.child_by_field_name("arguments")
        waiting = list(arguments.named_children) if arguments is not None else []
        while waiting:
            node = waiting.pop()
            if (
                node.type == "keyword_argument"
                and text(node.child_by_field_name("name")) == "marks"
            ):
                value = node.child_by_field_name("value")
                yield from self._listed(value)[0] if value is not None else ()
            elif node.type in ("list", "tuple", "list_splat", "parenthesized_expression"):
                waiting += node.named_children
            elif node.type == "call" and self.module.qualified(node) == "pytest.param()":
                inner = node.child_by_field_name("arguments")
                waiting += [
                    each
                    for each in (inner.named_children if inner is not None else ())
                    if each.type == "keyword_argument"
                ]

    def _listed(self, node: Node) -> tuple[list[Mark], bool]:
        """The marks of an expression or a list of them, and whether some cannot be read."""
        if node.type in ("list", "tuple", "parenthesized_expression"):
            found: list[Mark] = []
            is_opaque = False
            for each in node.named_children:
                if each.type != "comment":
                    marks, opaque = self._listed(each)
                    found += marks
                    is_opaque = is_opaque or opaque
            return found, is_opaque
        mark = self._mark(node)
        return ([mark], False) if mark is not None else ([], True)

    def _pytestmark(
        self, statements: Iterable[Node]
    ) -> tuple[tuple[Mark, ...], tuple[int, int] | None, bool]:
        marks: list[Mark] = []
        places: list[tuple[int, int]] = []
        is_opaque = False
        for statement in statements:
            value: Node | None = None
            inner = statement.named_children[0] if statement.named_children else statement
            if statement.type != "expression_statement":
                continue
            if inner.type in ("assignment", "augmented_assignment"):
                if text(inner.child_by_field_name("left")) == "pytestmark":
                    value = inner.child_by_field_name("right")
                    if value is not None and inner.type == "assignment":
                        places.append(self._place(value))
            elif inner.type == "call":
                called = inner.child_by_field_name("function")
                given = inner.child_by_field_name("arguments")
                if text(called) in ("pytestmark.append", "pytestmark.extend") and given is not None:
                    value = given.named_children[0] if given.named_children else None
            if value is not None:
                found, opaque = self._listed(value)
                marks += found
                is_opaque = is_opaque or opaque
        return tuple(marks), places[0] if len(places) == 1 else None, is_opaque

    def _skips(self, node: Node) -> Iterator[Skip]:
        """The calls in a function that skip, with what can be said of when they are reached."""
        body = node.child_by_field_name("body")
        if body is None or not any(node.start_byte <= at < node.end_byte for at in self.calls):
            return
        yield from self._reached(body, depth=0, certain=True, before=0)

    def _reached(self, body: Node, *, depth: int, certain: bool, before: int) -> Iterator[Skip]:
        statements = [each for each in body.named_children if each.type != "comment"]
        if statements and _is_text(statements[0]):
            statements = statements[1:]
        for number, statement in enumerate(statements):
            call = self._skipping(statement)
            after = len(statements) - number - 1
            if call is not None:
                kind, reason, place = call
                yield Skip(kind, *place, reason, certain, before + number, after)
                if certain:
                    return
            elif depth < _MAX_DEPTH:
                yield from self._within(statement, depth, certain=certain, before=before + number)
            if _may_leave(statement):
                certain = False

    def _within(self, node: Node, depth: int, *, certain: bool, before: int) -> Iterator[Skip]:
        if node.type in ("function_definition", "class_definition", "decorated_definition"):
            return
        if not any(node.start_byte <= at < node.end_byte for at in self.calls):
            return
        # What is caught may have left a `try` before its skip, unless this comes first.
        is_caught = any(child.type.startswith("except") for child in node.named_children)
        straight = node.type in ("with_statement", "try_statement")
        for child in node.named_children:
            if child.type == "block":
                first = child.named_children[0] if child.named_children else child
                is_certain = straight and (not is_caught or self._skipping(first) is not None)
                yield from self._reached(
                    child, depth=depth + 1, certain=certain and is_certain, before=before
                )
            elif child.type.endswith("_clause"):
                yield from self._within(child, depth + 1, certain=False, before=before)

    def _skipping(self, node: Node) -> tuple[str, str | None, tuple[int, int]] | None:
        """The kind of skip that a statement is, its reason and its place."""
        inner = node.named_children[0] if node.named_children else None
        if inner is None or node.type not in ("expression_statement", "raise_statement"):
            return None
        name = self.module.qualified(inner)
        kind = {
            "pytest.skip()": "skip", "pytest.xfail()": "xfail", "self.skipTest()": "skip",
            "unittest.SkipTest()": "skip", "unittest.SkipTest": "skip",
            "pytest.skip.Exception()": "skip",
        }.get(name)  # fmt: skip
        if kind is None or (name.startswith("unittest.") and node.type != "raise_statement"):
            return None
        arguments = inner.child_by_field_name("arguments")
        reason: str | None = None
        for each in arguments.named_children if arguments is not None else ():
            if each.type == "keyword_argument":
                if text(each.child_by_field_name("name")) not in ("reason", "msg"):
                    continue
                value = each.child_by_field_name("value")
            elif each.type == "comment" or reason is not None:
                continue
            else:
                value = each
            reason = _said(value) if value is not None else ""
        return kind, reason, self._place(inner)

    def _module_skips(self, root: Node) -> Iterator[Skip]:
        for statement in root.named_children:
            call = self._skipping(statement)
            if call is not None:
                yield Skip(call[0], *call[2], call[1], always=True, before=0, after=0)

    def _place(self, node: Node) -> tuple[int, int]:
        return self.offset(node.start_byte), self.offset(node.end_byte)

    def _indent(self, node: Node) -> str:
        start = self.offset(node.start_byte)
        line = self.document.text.rfind("\n", 0, start) + 1
        lead = self.document.text[line:start]
        return lead if not lead.strip() else ""


def _statements(node: Node, depth: int) -> Iterator[Node]:
    """The statements of a block, and of what may be executed along with them."""
    for child in node.named_children:
        if child.type in _BLOCKS:
            if depth < _MAX_DEPTH:
                yield from _statements(child, depth + 1)
        else:
            yield child


def _assignment(node: Node) -> tuple[str, Node] | None:
    name, value = _named_value(node)
    return (name, value) if value is not None else None


def _named_value(node: Node) -> tuple[str, Node | None]:
    inner = node.named_children[0] if node.named_children else None
    if node.type != "expression_statement" or inner is None or inner.type != "assignment":
        return "", None
    left = inner.child_by_field_name("left")
    if left is None or left.type != "identifier":
        return "", None
    return text(left), inner.child_by_field_name("right")


def _imports(statements: Iterable[Node]) -> tuple[dict[str, str], tuple[str, ...]]:
    found: dict[str, str] = {}
    stars: list[str] = []
    for node in statements:
        if node.type not in ("import_statement", "import_from_statement"):
            continue
        source = text(node.child_by_field_name("module_name"))
        if any(child.type == "wildcard_import" for child in node.named_children):
            stars.append(source)
        for name in node.children_by_field_name("name"):
            original, local = text(name), text(name)
            if name.type == "aliased_import":
                original = text(name.child_by_field_name("name"))
                local = text(name.child_by_field_name("alias"))
            elif not source:
                original = local = original.partition(".")[0]
            found[local] = f"{source}.{original}" if source else original
    return found, tuple(stars)


def _parameters(node: Node) -> Iterator[str]:
    """The parameters that pytest takes for fixtures: those without a default."""
    given = node.child_by_field_name("parameters")
    for each in given.named_children if given is not None else ():
        if each.type == "identifier":
            yield text(each)
        elif each.type == "typed_parameter" and each.named_children[0].type == "identifier":
            yield text(each.named_children[0])


def _body(root: Node) -> int:
    """The byte behind the last of the imports, and of what must be above them."""
    end = 0
    for node in root.named_children:
        is_import = node.type in (
            "import_statement", "import_from_statement", "future_import_statement"
        )  # fmt: skip
        if is_import or (node.type == "expression_statement" and _is_text(node) and not end):
            end = node.end_byte
        elif node.type not in ("comment", "expression_statement", "if_statement", "try_statement"):
            break
    return end


def _is_text(node: Node) -> bool:
    inner = node.named_children[0] if node.named_children else None
    return node.type == "expression_statement" and inner is not None and inner.type == "string"


def _may_leave(statement: Node) -> bool:
    """Whether a statement may end the function before what follows it."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        if node.type in _STOPS or node.type == "yield":
            return True
        if node.type not in ("function_definition", "class_definition", "lambda", "call", "string"):
            waiting += node.named_children
    return False


def _said(node: Node) -> str:
    """The text of a string, or of those that stand side by side; nothing where it is computed."""
    if node.type == "parenthesized_expression" and node.named_child_count == 1:
        return _said(node.named_children[0])
    if node.type == "concatenated_string":
        return "".join(string_value(each) or "" for each in node.named_children)
    return string_value(node) or ""
