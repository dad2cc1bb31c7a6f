"""The imports of a Python module: what each names, and where."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from tree_sitter import Node

from govcheck.document import Document
from govcheck.python.module import Module, module, text

_STATEMENTS = ("import_statement", "import_from_statement")
_WORD = re.compile(rb"\bimport\b")
_BETWEEN = re.compile(r"[\s\\]+")
_CONDITIONAL = ("if_statement", "elif_clause")
_ALIAS = re.compile(r"\bTYPE_CHECKING[ \t]+as[ \t]+(\w+)")
_MAX_CONDITION = 200


class Import(NamedTuple):
    """An imported module, and what a `from` takes of it: names with their offsets.

    `module` is as written, with the dots of a relative import, and stands from `start` to `end`. No
    names are taken by `import a.b` and by `from a.b import *`. `is_for_types` tells that it never
    runs, since it is in an `if TYPE_CHECKING` (typing's documentation) or in the `else` of its
    opposite.
    """

    module: str
    start: int
    end: int
    names: tuple[tuple[str, int, int], ...]
    is_for_types: bool


def imports(document: Document) -> Iterator[Import]:
    """The import statements of a module in the order of the text, wherever they stand.

    What is imported by a call, such as `importlib.import_module`, is not among them.

    Raises:
        TooDeepError: they nest too deeply.
    """
    parsed = module(document)  # of most of these files nothing else is asked: no tree is kept
    guards = _type_checking(document)
    dead: dict[int, frozenset[int]] = {}
    for node in _statements(parsed):
        around = parsed.around(node.start_byte, node.end_byte) if guards else []
        for outer in around:
            if outer.type in _CONDITIONAL and outer.id not in dead:
                dead[outer.id] = _for_types(outer, guards)
        is_for_types = any(inner.id in dead.get(outer.id, ()) for outer, inner in pairwise(around))
        named = [
            each.child_by_field_name("name") or each if each.type == "aliased_import" else each
            for each in node.children_by_field_name("name")
        ]
        source = node.child_by_field_name("module_name")
        if source is None:
            for each in named:
                yield Import(_dotted(each), *_place(document, each), (), is_for_types)
        else:
            names = tuple((text(each), *_place(document, each)) for each in named)
            yield Import(_dotted(source), *_place(document, source), names, is_for_types)


def absolute(name: str, importer: str, *, is_package: bool) -> str:
    """The absolute name of a module, given the dotted name of the one that imports it (PEP 328).

    Nothing where the dots lead out of all packages. `is_package` tells that the importer is an
    `__init__.py`, which a single dot means itself in.
    """
    plain = name.lstrip(".")
    dots = len(name) - len(plain)
    if not dots:
        return name
    parts = importer.split(".")
    kept = len(parts) - dots + is_package
    if kept <= 0:
        return ""
    return ".".join((*parts[:kept], *filter(None, (plain,))))


def _statements(parsed: Module) -> Iterator[Node]:
    """The import statements, by their word: a query of the tree takes long where it is broken."""
    root = parsed.tree.root_node
    for found in _WORD.finditer(parsed.document.utf8):
        leaf = root.descendant_for_byte_range(*found.span())
        statement = leaf.parent if leaf is not None and leaf.type == "import" else None
        if statement is not None and statement.type in _STATEMENTS:
            yield statement


def _dotted(node: Node) -> str:
    """A dotted name without the blanks and line ends that may stand around its dots."""
    return _BETWEEN.sub("", text(node))


def _type_checking(document: Document) -> frozenset[str]:
    """The names that `TYPE_CHECKING` has in a module; none if it does not speak of it."""
    if "TYPE_CHECKING" not in document.text:
        return frozenset()
    return frozenset({"TYPE_CHECKING", *_ALIAS.findall(document.text)})


def _for_types(outer: Node, guards: frozenset[str]) -> frozenset[int]:
    """The ids of the branches of an `if` or `elif` that are for type checkers alone."""
    said = _said(outer.child_by_field_name("condition"), guards)
    body = outer.child_by_field_name("consequence")
    found = {body.id} if body is not None and said is False else set()
    for each in outer.children_by_field_name("alternative"):
        if said:
            found.add(each.id)
        said = said or _said(each.child_by_field_name("condition"), guards)
    return frozenset(found)


def _said(condition: Node | None, guards: frozenset[str]) -> bool | None:
    """What a condition is where the program runs, as far as `TYPE_CHECKING` decides it."""
    if condition is None or condition.end_byte - condition.start_byte > _MAX_CONDITION:
        return None
    match condition.type:
        case "parenthesized_expression":
            return _said(condition.named_child(0), guards)
        case "not_operator":
            said = _said(condition.child_by_field_name("argument"), guards)
            return None if said is None else not said
        case "boolean_operator":
            sides = [condition.child_by_field_name(side) for side in ("left", "right")]
            both = [_said(side, guards) for side in sides]
            decisive = text(condition.child_by_field_name("operator")) == "or"
            if decisive in both:
                return decisive
            return None if None in both else not decisive
        case "identifier" | "attribute" if text(condition).rpartition(".")[2] in guards:
            return False
    return None


def _place(document: Document, node: Node) -> tuple[int, int]:
    return document.offset_of_byte(node.start_byte), document.offset_of_byte(node.end_byte)
