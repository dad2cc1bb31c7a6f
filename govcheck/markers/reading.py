"""Reading the outline of a Python file from its syntax tree.

Statements are followed in their order, so that a name stands for what was last bound to it; one
that may stand for several things is not read.
"""

import builtins
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple, cast

from tree_sitter import Node

from govcheck.document import Document
from govcheck.markers.outline import Class, Function, Mark, Outline, Skip
from govcheck.python.module import Module, module, string_value, text

_MARK = "pytest.mark."
_PLAIN = frozenset({"staticmethod", "classmethod", "typing.override", "typing.final"})
_PROPERTIES = frozenset({"property", "functools.cached_property"})
_ABSTRACT = frozenset({"abc.abstractmethod", "abc.abstractproperty"})
_FIXTURE = re.compile(r"(?:^|[._])fixture$")
_STOPS = frozenset({"return_statement", "raise_statement", "continue_statement", "break_statement"})
_LEAVES = frozenset({"pytest.fail()", "pytest.exit()", "sys.exit()", "self.fail()"})
_CATCHES_SKIPS = re.compile(r"BaseException|[Ss]kip|outcomes")
_NEVER = re.compile(r"(?:\w+\.)?TYPE_CHECKING|False|0|__name__\s*==\s*[\"']__main__[\"']")
_CALL = re.compile(rb"\b(?:skip|skipTest|importorskip|xfail|SkipTest)\b")
_WORD = re.compile(rb"[^\W\d]\w*")
_GLOBAL_MARK = re.compile(rb"\bglobal\b[^\n]*\bpytestmark\b|\bpytestmark\s*:=")
# What may make or mark tests in ways that cannot be read.
_UNREADABLE = frozenset({b"globals", b"locals", b"vars", b"exec", b"setattr"})
_BUILT_IN = frozenset(dir(builtins))
_DATA = frozenset(
    {"concatenated_string", "dictionary", "dictionary_comprehension", "false", "float", "integer",
     "list", "list_comprehension", "none", "set", "set_comprehension", "string", "true", "tuple"}
)  # fmt: skip
_MAX_DEPTH = 40
_MAX_MARKS = 1_000


def outline(document: Document) -> Outline:
    """The outline of a file.

    Raises:
        TooDeepError: it nests too deeply.
    """
    return _Reader(document.view(module)).outline()


# What a name may be bound to: a definition, one or several marks, a dotted name, or anything else.
_Value = Function | Class | Mark | tuple[Mark, ...] | str | None


class _Cases(NamedTuple):
    """The marks on single cases, and those of them that are on all."""

    marks: tuple[Mark, ...]
    of_all: frozenset[Mark]


class _Scope:
    """The names of a module or class body, and what they stand for at the statement reached."""

    def __init__(self, outer: "_Scope | None" = None) -> None:
        self.bound: dict[str, list[_Value]] = {}
        self.outer = outer
        self.stars: list[str] = []
        self.loose: set[bytes] = set()
        self.places: list[tuple[int, int]] = []
        self.data: set[str] = set()

    def bind(self, name: str, value: _Value, *, certain: bool) -> None:
        if certain:
            self.bound[name] = [value]
        elif name == "pytestmark":  # it may stay as it is
            self.bound[name] = [*self.bound.get(name, [()]), value]
        else:
            self.bound.setdefault(name, []).append(value)

    def value(self, name: str) -> _Value:
        """What a name stands for; None where that is unclear."""
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.bound:
                values = scope.bound[name]
                return values[0] if len(values) == 1 else None
            if scope.stars and name not in _BUILT_IN:
                return f"{scope.stars[0]}.{name}" if len(scope.stars) == 1 else None
            scope = scope.outer
        return name

    def functions(self) -> Iterator[Function]:
        """The functions that are left in the end; unreadable where something else may be."""
        for name, values in self.bound.items():
            found = [each for each in values if isinstance(each, Function)]
            if found and (len(values) > 1 or name.encode() in self.loose):
                yield found[-1]._replace(name=name, marks=(), is_opaque=True)
            elif found:
                yield found[-1]._replace(name=name)

    def classes(self) -> Iterator[Class]:
        """The classes that are left in the end; unreadable where something else may be."""
        for name, values in self.bound.items():
            found = [each for each in values if isinstance(each, Class)]
            if found and (len(values) > 1 or name.encode() in self.loose):
                yield found[-1]._replace(name=name, marks=(), is_opaque=True)
            elif found:
                yield found[-1]._replace(name=name)

    def marks(self) -> tuple[tuple[Mark, ...], bool]:
        """What `pytestmark` holds, and whether that is unclear."""
        values = self.bound.get("pytestmark", [()])
        match values:
            case [Mark() as mark]:
                return (mark,), False
            case [str() as name]:
                return (Mark("", *(self.places or [(0, 0)])[-1], name),), False
            case [tuple() as marks] if not isinstance(marks, (Function, Class)):
                return tuple(cast(tuple[Mark, ...], marks)), False
            case _:
                return (), True


class _Reader:
    def __init__(self, parsed: Module) -> None:
        self.module = parsed
        self.document = parsed.document
        self.offset = parsed.document.offset_of_byte
        self.calls = [found.start() for found in _CALL.finditer(parsed.document.utf8)]

    def outline(self) -> Outline:
        root = self.module.tree.root_node
        scope = _Scope()
        self._follow(scope, root, 0)
        marks, is_opaque = scope.marks()
        is_opaque = is_opaque or bool(
            scope.loose & _UNREADABLE or _GLOBAL_MARK.search(self.document.utf8)
        )
        single = [(name, values[0]) for name, values in scope.bound.items() if len(values) == 1]
        imports = {name: value for name, value in single if isinstance(value, str)}
        end = _body(root)
        body = -1 if end < 0 else self.offset(end)
        return Outline(
            marks,
            tuple(scope.functions()),
            tuple(scope.classes()),
            tuple((name, v) for name, v in single if isinstance(v, Mark) and name != "pytestmark"),
            tuple(imports.items()),
            tuple(scope.stars),
            self._exported(scope, root),
            tuple(self._module_skips(scope, root)),
            scope.places[0] if len(scope.places) == 1 else None,
            body,
            _mark_name(root, end, imports),
            scope.bound.get("pytest", ["pytest"]) == ["pytest"],
            self._says_no(root),
            is_opaque or root.has_error,
            any(
                None in values and name.startswith(("test", "Test")) and name not in scope.data
                for name, values in scope.bound.items()
            ),
        )  # fmt: skip

    # Statements.

    def _follow(self, scope: _Scope, block: Node, depth: int, *, certain: bool = True) -> None:
        """Bind what the statements of a block bind, class by class and function by function."""
        for node in block.named_children:
            match node.type:
                case "decorated_definition" | "function_definition" | "class_definition":
                    self._define(scope, node, depth, certain=certain)
                case "import_statement" | "import_from_statement":
                    _import(scope, node, certain=certain)
                case "expression_statement":
                    self._express(scope, node, certain=certain)
                case "delete_statement":
                    self._delete(scope, node, certain=certain)
                case "if_statement" | "elif_clause" if _NEVER.fullmatch(
                    text(node.child_by_field_name("condition"))[:80]
                ):
                    for other in node.children_by_field_name("alternative"):
                        self._follow(scope, other, depth + 1, certain=certain)
                case "if_statement" if text(node.child_by_field_name("condition")) == "True":
                    body = node.child_by_field_name("consequence")
                    if body is not None and depth < _MAX_DEPTH:
                        self._follow(scope, body, depth + 1, certain=certain)
                case "block" if depth < _MAX_DEPTH:
                    self._follow(scope, node, depth + 1, certain=certain)
                case kind if depth < _MAX_DEPTH and kind.endswith(("_statement", "_clause")):
                    body = node.child_by_field_name("body")
                    if kind in ("for_statement", "with_statement") and body is not None:
                        scope.loose |= _words(self.document.utf8[node.start_byte : body.start_byte])
                    is_certain = certain and kind == "with_statement"
                    self._follow(scope, node, depth + 1, certain=is_certain)

    def _define(self, scope: _Scope, whole: Node, depth: int, *, certain: bool) -> None:
        node = whole
        decorators: list[Node] = []
        if whole.type == "decorated_definition":
            *decorators, node = whole.named_children
            decorators = [each for each in decorators if each.type == "decorator"]
        name = text(node.child_by_field_name("name"))
        if node.type == "function_definition":
            value: _Value = self._function(scope, whole, node, decorators)
        elif node.type == "class_definition" and depth < _MAX_DEPTH:
            value = self._class(scope, whole, node, decorators, depth)
        else:
            value = None
        scope.bind(name, value, certain=certain)

    def _express(self, scope: _Scope, statement: Node, *, certain: bool) -> None:
        inner = statement.named_children[0] if statement.named_children else None
        if inner is None or inner.type == "string":
            return
        utf8 = self.document.utf8
        words: set[bytes] = set()
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if inner.type == "assignment" and left is not None and right is None:
            return  # an annotation alone
        if inner.type in ("assignment", "augmented_assignment") and left is not None:
            named = right if left.type == "identifier" else inner
            if named is not None and named.type != "identifier":
                scope.loose |= _words(utf8[named.start_byte : named.end_byte])
        else:
            words = _words(utf8[inner.start_byte : inner.end_byte])
            scope.loose |= words - {b"exec"} if _runs_elsewhere(scope, inner) else words
        if left is None or right is None:
            if b"pytestmark" in words:
                self._call(scope, inner, certain=certain)
        elif left.type != "identifier":
            for word in _words(utf8[left.start_byte : left.end_byte]):
                if left.type in ("pattern_list", "tuple_pattern"):
                    scope.bind(word.decode(), None, certain=certain)
        elif inner.type == "augmented_assignment":
            old, new = scope.value(text(left)), self._evaluate(scope, right)
            scope.bind(text(left), _joined(old, new), certain=certain)
        else:
            self._assign(scope, text(left), right, certain=certain)

    def _assign(self, scope: _Scope, name: str, right: Node, *, certain: bool) -> None:
        names = [name]
        while right.type == "assignment" and len(names) < _MAX_DEPTH:  # `a = b = c`
            inner = right.child_by_field_name("left")
            names.append(text(inner) if inner is not None else "")
            right = right.child_by_field_name("right") or right
        value = self._evaluate(scope, right)
        if isinstance(value, str) and "." not in value:
            value = None
        for each in names:
            if each == "pytestmark":
                # A second place is none to write to, nor is one in a block.
                scope.places += [self._place(right)] if certain else [self._place(right)] * 2
            if right.type in _DATA:
                scope.data.add(each)
            else:
                scope.data.discard(each)
            scope.bind(each, value, certain=certain)

    def _call(self, scope: _Scope, node: Node, *, certain: bool) -> None:
        """`pytestmark.append(...)` and `.extend(...)`; what else names it is not read."""
        called = text(node.child_by_field_name("function"))
        given = node.child_by_field_name("arguments")
        only = given.named_children if given is not None else []
        old = scope.value("pytestmark")
        new: _Value = None
        if called == "pytestmark.append" and len(only) == 1:
            mark = self._evaluate(scope, only[0])
            new = (mark,) if isinstance(mark, Mark) else None
        elif called == "pytestmark.extend" and len(only) == 1:
            new = self._evaluate(scope, only[0])
        scope.bind("pytestmark", _joined(old, new), certain=certain)

    def _delete(self, scope: _Scope, node: Node, *, certain: bool) -> None:
        for word in _words(self.document.utf8[node.start_byte : node.end_byte]):
            name = word.decode()
            if name in scope.bound and "." not in text(node) and certain:
                del scope.bound[name]
            elif name in scope.bound:
                scope.loose.add(word)
                scope.bind(name, None, certain=False)

    def _function(
        self, scope: _Scope, whole: Node, node: Node, decorators: list[Node]
    ) -> Function | None:
        name = node.child_by_field_name("name")
        marks, cases, kinds = self._decorated(scope, decorators)
        if "property" in kinds:
            return None
        if "fixture" not in kinds:  # on a fixture, a mark of all its cases is none of its own
            marks = (*marks, *_of_all(cases))
        return Function(
            text(name),
            *self._place(name or node),
            self.offset(whole.start_byte),
            self.offset(node.end_byte),
            self._indent(whole),
            marks,
            tuple(mark for each in cases for mark in each.marks),
            tuple(_parameters(node)),
            tuple(self._skips(scope, node)),
            "fixture" in kinds,
            is_automatic="automatic" in kinds,
        )

    def _class(
        self, outer: _Scope, whole: Node, node: Node, decorators: list[Node], depth: int
    ) -> Class:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        marks, cases, _ = self._decorated(outer, decorators)
        scope = _Scope(outer)
        if body is not None:
            self._follow(scope, body, depth + 1)
        own, is_opaque = scope.marks()
        given = node.child_by_field_name("superclasses")
        listed = given.named_children if given is not None else []
        bases = [self._base(outer, each) for each in listed if each.type not in (
            "keyword_argument", "comment")]  # fmt: skip
        metas = [text(each) for each in listed if each.type == "keyword_argument"]
        is_abstract = "abc.ABC" in bases or any(each.endswith("ABCMeta") for each in metas)
        is_odd = any(each.startswith("metaclass") and not each.endswith("ABCMeta")
                     for each in metas)  # fmt: skip
        functions = tuple(scope.functions())
        classes = tuple(scope.classes())
        shown = {each.name for each in functions} | {each.name for each in classes}
        return Class(
            text(name),
            *self._place(name or node),
            self.offset(whole.start_byte),
            self._indent(whole),
            tuple(bases),
            (*marks, *own, *_of_all(cases), *_of_some(cases)),
            functions,
            classes,
            tuple(each for each in scope.bound if each not in shown),
            tuple(_abstract_methods(body)) if is_abstract or "abstractmethod" in text(body) else (),
            is_abstract,
            self._test(body),
            is_opaque or is_odd or "__init_subclass__" in shown,
        )

    def _test(self, body: Node | None) -> str:
        said = [
            text(inner.child_by_field_name("right"))
            for each in (body.named_children if body is not None else ())
            if each.type == "expression_statement" and (inner := each.named_children[0])
            and text(inner.child_by_field_name("left")) == "__test__"
        ]  # fmt: skip
        if not said:
            return ""
        return {"False": "off", "True": "on"}.get(said[-1], "unclear")

    def _says_no(self, root: Node) -> bool:
        return b"__test__" in self.document.utf8 and self._test(root) == "off"

    # Expressions.

    def _base(self, scope: _Scope, node: Node) -> str:
        if node.type == "subscript":  # `Base[int]`
            node = node.child_by_field_name("value") or node
        value = self._evaluate(scope, node)
        if isinstance(value, Class):
            return value.name
        if isinstance(value, str):
            return value if "(" not in value else ""
        first, _, rest = text(node).partition(".")
        return text(node) if rest and isinstance(scope.value(first), Class) else ""

    def _evaluate(self, scope: _Scope, node: Node, depth: int = 0) -> _Value:
        """What an expression stands for; calls are marked by `()` in a dotted name."""
        if depth > _MAX_DEPTH:
            return None
        match node.type:
            case "identifier" | "attribute" | "call":
                return self._named(scope, node)
            case "parenthesized_expression" | "await" if node.named_child_count == 1:
                return self._evaluate(scope, node.named_children[0], depth + 1)
            case "list" | "tuple":
                return self._listed(scope, node, depth)
            case "binary_operator" if text(node.child_by_field_name("operator")) == "+":
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                if left is not None and right is not None:
                    return _joined(
                        self._evaluate(scope, left, depth + 1),
                        self._evaluate(scope, right, depth + 1),
                    )
        return None

    def _listed(self, scope: _Scope, node: Node, depth: int) -> tuple[Mark, ...] | None:
        found: list[Mark] = []
        for each in node.named_children:
            if each.type == "comment":
                continue
            if each.type == "list_splat":
                inner = self._evaluate(scope, each.named_children[0], depth + 1)
                if not _is_list(inner):
                    return None
                found += cast(tuple[Mark, ...], inner)
                if len(found) > _MAX_MARKS:
                    return None
                continue
            mark = self._evaluate(scope, each, depth + 1)
            if isinstance(mark, str) and "." in mark and "(" not in mark.removesuffix("()"):
                mark = Mark("", *self._place(each), mark.removesuffix("()"))
            if not isinstance(mark, Mark):
                return None
            found.append(mark)
        return tuple(found)

    def _named(self, scope: _Scope, node: Node) -> _Value:
        suffix = ""
        inner: Node | None = node
        while inner is not None and inner.type != "identifier":
            match inner.type:
                case "attribute":
                    suffix = f".{text(inner.child_by_field_name('attribute'))}{suffix}"
                    inner = inner.child_by_field_name("object")
                case "call":
                    suffix = f"(){suffix}"
                    inner = inner.child_by_field_name("function")
                case _:
                    return None
        value = scope.value(text(inner))
        if not suffix:
            start, end = self._place(node)
            return value._replace(start=start, end=end) if isinstance(value, Mark) else value
        if isinstance(value, str):
            name = f"{value}{suffix}"
            return self._marked(name, node) if name.startswith(_MARK) else name
        if isinstance(value, Mark) and suffix in ("()", ".with_args()"):
            return self._read(value.name, node, node, known=True)
        return None

    def _marked(self, name: str, node: Node) -> Mark | None:
        marker, _, rest = name[len(_MARK) :].partition("(")
        marker, _, method = marker.partition(".")
        if marker.startswith("__") or method not in ("", "with_args") or rest not in ("", ")"):
            return None
        call = node if node.type == "call" else None
        return self._read(marker, node, call, known=True)

    def _decorated(
        self, scope: _Scope, decorators: Iterable[Node]
    ) -> tuple[tuple[Mark, ...], list[_Cases], set[str]]:
        marks: list[Mark] = []
        cases: list[_Cases] = []
        kinds: set[str] = set()
        for decorator in decorators:
            expression = decorator.named_children[0] if decorator.named_children else decorator
            found = self._evaluate(scope, expression)
            if isinstance(found, Mark):
                marks.append(found)
                if found.name == "parametrize":
                    cases.append(self._cases(scope, expression, "argvalues"))
                continue
            plain = found.removesuffix("()") if isinstance(found, str) else ""
            if _FIXTURE.search(plain):
                kinds.add("fixture")
                cases.append(self._cases(scope, expression, "params"))
                if b"autouse" in _raw(expression):
                    kinds.add("automatic")
            elif plain in _PROPERTIES or plain.endswith(".setter"):
                kinds.add("property")
            elif plain in _PLAIN or plain in _ABSTRACT:
                continue
            elif "." in plain and "(" not in plain:
                marks.append(Mark("", *self._place(expression), plain))
            else:
                # What this file or a foreign package makes of it is not known.
                marks.append(Mark("", *self._place(expression)))
        return tuple(marks), cases, kinds

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

    def _cases(self, scope: _Scope, expression: Node, key: str) -> _Cases:
        """The marks on the cases of a `parametrize`, or of a fixture."""
        given = expression.child_by_field_name("arguments")
        if given is None or b"marks" not in self.document.utf8:
            return _Cases((), frozenset())
        listed = [each for each in given.named_children if each.type != "comment"]
        plain = [each for each in listed if each.type != "keyword_argument"]
        values = plain[1] if key == "argvalues" and len(plain) > 1 else None
        for each in listed:
            if text(each.child_by_field_name("name")) == key:
                values = each.child_by_field_name("value")
        if values is None:
            return _Cases((), frozenset())
        if values.type not in ("list", "tuple"):
            unclear = (Mark("", *self._place(values)),) if self._may_mark(values) else ()
            return _Cases(unclear, frozenset(unclear))
        found: list[Mark] = []
        of_all: set[str] | None = None
        for case in (each for each in values.named_children if each.type != "comment"):
            marks = self._of_case(scope, case)
            found += marks
            names = {mark.name for mark in marks}
            of_all = names if of_all is None else of_all & names
        return _Cases(tuple(found), frozenset(m for m in found if m.name in (of_all or ())))

    def _of_case(self, scope: _Scope, case: Node) -> list[Mark]:
        """The marks on one case; an unclear one where they are computed."""
        unclear = [Mark("", *self._place(case))]
        if case.type != "call" or self._evaluate(scope, case) != "pytest.param()":
            return unclear if self._may_mark(case) else []
        given = case.child_by_field_name("arguments")
        for each in given.named_children if given is not None else ():
            if (
                each.type == "keyword_argument"
                and text(each.child_by_field_name("name")) == "marks"
            ):
                value = each.child_by_field_name("value")
                found = self._evaluate(scope, value) if value is not None else None
                if isinstance(found, Mark):
                    return [found]
                return [*cast(tuple[Mark, ...], found)] if _is_list(found) else unclear
        return []

    def _may_mark(self, node: Node) -> bool:
        """Whether an expression may mark cases, by way of the names of its module too."""
        source = _raw(node)
        return b"marks" in source or not self._marking.isdisjoint(_words(source))

    @cached_property
    def _marking(self) -> set[bytes]:
        """The names of the module that stand for something which may mark cases."""
        found: set[bytes] = set()
        users: dict[bytes, set[bytes]] = {}
        for statement in self.module.tree.root_node.named_children:
            inner = statement.named_children[0] if statement.named_children else statement
            name = statement.child_by_field_name("name") or inner.child_by_field_name("left")
            if name is None or statement.type not in (
                "expression_statement",
                "function_definition",
            ):
                continue
            words = _words(_raw(statement))
            if b"marks" in words:
                found.add(_raw(name))
            for word in words:
                users.setdefault(word, set()).add(_raw(name))
        waiting = [*found]
        while waiting:
            new = users.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    def _skips(self, scope: _Scope, node: Node) -> Iterator[Skip]:
        """The calls in a function that skip, with what can be said of when they are reached."""
        body = node.child_by_field_name("body")
        if body is None or not any(node.start_byte <= at < node.end_byte for at in self.calls):
            return
        yield from self._reached(scope, body, depth=0, certain=True, before=0)

    def _reached(
        self, scope: _Scope, body: Node, *, depth: int, certain: bool, before: int
    ) -> Iterator[Skip]:
        statements = [each for each in body.named_children if each.type != "comment"]
        if statements and _is_text(statements[0]):
            statements = statements[1:]
        for number, statement in enumerate(statements):
            call = self._skipping(scope, statement)
            after = len(statements) - number - 1
            if call is not None:
                kind, reason, place = call
                yield Skip(kind, *place, reason, certain, before + number, after)
                if certain:
                    return
            elif depth < _MAX_DEPTH:
                yield from self._within(
                    scope, statement, depth, certain=certain, before=before + number
                )
            if self._may_leave(scope, statement):
                certain = False

    def _within(
        self, scope: _Scope, node: Node, depth: int, *, certain: bool, before: int
    ) -> Iterator[Skip]:
        if node.type in ("function_definition", "class_definition", "decorated_definition"):
            return
        if not any(node.start_byte <= at < node.end_byte for at in self.calls):
            return
        # What is caught may have left a `try` before its skip, unless this comes first.
        handlers = [text(c) for c in node.named_children if c.type.startswith("except")]
        is_caught = bool(handlers)
        straight = node.type in ("with_statement", "try_statement") and not any(
            _catches_skips(each) for each in (*handlers, _head(node))
        )
        for child in node.named_children:
            if child.type == "block":
                first = child.named_children[0] if child.named_children else child
                is_certain = straight and (
                    not is_caught or self._skipping(scope, first) is not None
                )
                yield from self._reached(
                    scope, child, depth=depth + 1, certain=certain and is_certain, before=before
                )
            elif child.type.endswith("_clause"):
                yield from self._within(scope, child, depth + 1, certain=False, before=before)

    def _skipping(
        self, scope: _Scope, node: Node
    ) -> tuple[str, str | None, tuple[int, int]] | None:
        """The kind of skip that a statement is, its reason and its place."""
        inner = node.named_children[0] if node.named_children else None
        if inner is None or node.type not in ("expression_statement", "raise_statement"):
            return None
        said = self._evaluate(scope, inner)
        name = said if isinstance(said, str) else ""
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

    def _module_skips(self, scope: _Scope, root: Node) -> Iterator[Skip]:
        for statement in root.named_children:
            call = self._skipping(scope, statement)
            if call is not None:
                yield Skip(call[0], *call[2], call[1], always=True, before=0, after=0)

    def _may_leave(self, scope: _Scope, statement: Node) -> bool:
        """Whether a statement may end the function before what follows it."""
        inner = statement.named_children[0] if statement.named_children else statement
        if inner.type == "call" and self._evaluate(scope, inner) in _LEAVES:
            return True
        waiting = [statement]
        while waiting:
            node = waiting.pop()
            if node.type in _STOPS or node.type == "yield":
                return True
            if node.type not in (
                "function_definition", "class_definition", "lambda", "call", "string"
            ):  # fmt: skip
                waiting += node.named_children
        return False

    def _exported(self, scope: _Scope, root: Node) -> tuple[str, ...] | None:
        """What `__all__` lists; nothing where that cannot be read, None where there is none."""
        if "__all__" not in scope.bound:
            return None
        for statement in root.named_children:
            name, value = _named_value(statement)
            if name == "__all__" and value is not None and value.type in ("list", "tuple"):
                return tuple(said for each in value.named_children if (said := string_value(each)))
        return ()

    def _place(self, node: Node) -> tuple[int, int]:
        return self.offset(node.start_byte), self.offset(node.end_byte)

    def _indent(self, node: Node) -> str:
        start = self.offset(node.start_byte)
        line = self.document.text.rfind("\n", 0, start) + 1
        lead = self.document.text[line:start]
        return lead if not lead.strip() else ""


def _is_list(value: _Value) -> bool:
    return isinstance(value, tuple) and not isinstance(value, (Function, Class, Mark))


def _joined(old: _Value, new: _Value) -> tuple[Mark, ...] | None:
    if not _is_list(old) or not _is_list(new):
        return None
    both = (*cast(tuple[Mark, ...], old), *cast(tuple[Mark, ...], new))
    return both if len(both) < _MAX_MARKS else None


def _words(source: bytes) -> set[bytes]:
    return set(_WORD.findall(source))


def _import(scope: _Scope, node: Node, *, certain: bool) -> None:
    source = text(node.child_by_field_name("module_name"))
    if any(child.type == "wildcard_import" for child in node.named_children):
        scope.stars.append(source)
    for name in node.children_by_field_name("name"):
        original, local = text(name), text(name)
        if name.type == "aliased_import":
            original = text(name.child_by_field_name("name"))
            local = text(name.child_by_field_name("alias"))
        elif not source:
            original = local = original.partition(".")[0]
        value = f"{source}{'' if source.endswith('.') else '.'}{original}" if source else original
        scope.bind(local, value, certain=certain)


def _runs_elsewhere(scope: _Scope, call: Node) -> bool:
    """Whether a statement is `exec(..., names)`, where what it runs binds names in a dictionary."""
    given = call.child_by_field_name("arguments")
    names = [text(each) for each in given.named_children[1:]] if given is not None else []
    return bool(names) and text(call.child_by_field_name("function")) == "exec" and (
        scope.data.issuperset(names)
    )  # fmt: skip


def _abstract_methods(body: Node | None) -> Iterator[str]:
    for each in body.named_children if body is not None else ():
        if each.type == "decorated_definition":
            *decorators, node = each.named_children
            if any(re.search(r"\babstract(?:method|property)\b", text(d)) for d in decorators):
                yield text(node.child_by_field_name("name"))


def _mark_name(root: Node, end: int, imports: dict[str, str]) -> str:
    """How marks are written behind the imports; nothing where pytest is not imported yet."""
    early = _Scope()
    for node in root.named_children:
        if node.end_byte <= end and node.type in ("import_statement", "import_from_statement"):
            _import(early, node, certain=True)
    for wanted, ending in (("pytest", ".mark"), ("pytest.mark", "")):
        for name, value in imports.items():
            if value == wanted and early.bound.get(name) == [wanted]:
                return f"{name}{ending}"
    return ""


def _named_value(node: Node) -> tuple[str, Node | None]:
    inner = node.named_children[0] if node.named_children else None
    if node.type != "expression_statement" or inner is None or inner.type != "assignment":
        return "", None
    left = inner.child_by_field_name("left")
    if left is None or left.type != "identifier":
        return "", None
    return text(left), inner.child_by_field_name("right")


def _catches_skips(head: str) -> bool:
    """Whether the head of a block may keep a skip from ending the test."""
    first = head.partition(":")[0]
    is_raises = "raises" in first or "suppress" in first
    return is_raises or first.strip() == "except" or bool(_CATCHES_SKIPS.search(first))


def _head(node: Node) -> str:
    return text(node)[:200].partition("\n")[0] if node.type == "with_statement" else "try:"


def _of_all(cases: Iterable[_Cases]) -> Iterator[Mark]:
    """Of the marks on all cases one each."""
    yield from {
        mark.name: mark for each in cases for mark in each.marks if mark in each.of_all
    }.values()


def _of_some(cases: Iterable[_Cases]) -> Iterator[Mark]:
    """An unclear mark for those that single cases of a class bear: its tests may bear them."""
    if any(mark not in each.of_all for each in cases for mark in each.marks):
        yield Mark("", 0, 0)


def _raw(node: Node) -> bytes:
    return node.text or b""


def _parameters(node: Node) -> Iterator[str]:
    """The parameters that pytest takes for fixtures: those without a default."""
    given = node.child_by_field_name("parameters")
    for each in given.named_children if given is not None else ():
        if each.type == "identifier":
            yield text(each)
        elif each.type == "typed_parameter" and each.named_children[0].type == "identifier":
            yield text(each.named_children[0])


def _body(root: Node) -> int:
    """The byte behind the last of the imports, and of what must be above them; -1 for no place."""
    end = 0
    last: Node | None = None
    children = [each for each in root.named_children if each.type != "comment"]
    for number, node in enumerate(children):
        is_import = node.type in (
            "import_statement", "import_from_statement", "future_import_statement"
        )  # fmt: skip
        if is_import or (node.type == "expression_statement" and _is_text(node) and not number):
            end, last = node.end_byte, node
        elif node.type not in ("expression_statement", "if_statement", "try_statement"):
            break
    if last is not None:
        following = next((each for each in children if each.start_byte >= end), None)
        if following is not None and following.start_point.row == last.end_point.row:
            return -1
    return end


def _is_text(node: Node) -> bool:
    inner = node.named_children[0] if node.named_children else None
    return node.type == "expression_statement" and inner is not None and inner.type == "string"


def _said(node: Node) -> str:
    """The text of a string, or of those that stand side by side; nothing where it is computed."""
    for _ in range(_MAX_DEPTH):
        if node.type != "parenthesized_expression" or node.named_child_count != 1:
            break
        node = node.named_children[0]
    if node.type == "concatenated_string":
        return "".join(string_value(each) or "" for each in node.named_children)
    return (string_value(node) if node.type == "string" else None) or ""
