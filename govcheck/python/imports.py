"""The imports of a Python module: what each names, and where."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tree_sitter import Language, Node, Query, QueryCursor

from govcheck.document import Document
from govcheck.python.module import module, text

_QUERY = "[(import_statement) (import_from_statement)] @import"


class Import(NamedTuple):
    """An imported module, and what a `from` takes of it: names with their offsets.

    `module` is as written, with the dots of a relative import, and stands from `start` to `end`. No
    names are taken by `import a.b` and by `from a.b import *`. `is_for_types` tells that it is in
    an `if TYPE_CHECKING` (typing's documentation), which never runs.
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
    parsed = document.view(module)
    guarded = b"TYPE_CHECKING" in document.utf8
    found = QueryCursor(_query()).captures(parsed.tree.root_node).get("import", [])
    for node in sorted(found, key=lambda each: each.start_byte):
        around = parsed.around(node.start_byte, node.end_byte) if guarded else []
        is_for_types = any(map(_is_type_checking, around, around[1:]))
        named = [
            each.child_by_field_name("name") or each if each.type == "aliased_import" else each
            for each in node.children_by_field_name("name")
        ]
        source = node.child_by_field_name("module_name")
        if source is None:
            for each in named:
                yield Import(text(each), *_place(document, each), (), is_for_types)
        else:
            names = tuple((text(each), *_place(document, each)) for each in named)
            dotted = "".join(text(source).split())
            yield Import(dotted, *_place(document, source), names, is_for_types)


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


@cache
def _query() -> Query:
    import tree_sitter_python

    return Query(Language(tree_sitter_python.language()), _QUERY)


def _is_type_checking(outer: Node, inner: Node) -> bool:
    """Whether the inner node is what runs where `TYPE_CHECKING` is true."""
    if outer.type != "if_statement" or inner != outer.child_by_field_name("consequence"):
        return False
    condition = text(outer.child_by_field_name("condition"))
    return condition.rpartition(".")[2] == "TYPE_CHECKING"


def _place(document: Document, node: Node) -> tuple[int, int]:
    return document.offset_of_byte(node.start_byte), document.offset_of_byte(node.end_byte)
