"""The names that a Python module offers to others, without running it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from govcheck.document import Document
from govcheck.python.module import module, text

_MAX_DEPTH = 40
# Of what `setattr` is given, only another name for a module is one.
_OPEN = re.compile(
    rb"\b__getattr__\b|\bglobals\(\)|\bsys\.modules\b|\bexec\(|\b_?[Ll]azy\w*"
    rb"|\bsetattr\(\s*(?:\w*mod\w*\b|this\b|me\b|__\w+|\w*import\w*|\w+\.\w+\()"
    rb"|\bload_module\b|\battach\w*\("
)
_BLOCKS = frozenset(
    {"if_statement", "else_clause", "elif_clause", "try_statement", "except_clause", "block",
     "finally_clause", "with_statement", "for_statement", "while_statement", "match_statement",
     "case_clause", "expression_statement", "decorated_definition", "module"}
)  # fmt: skip


class Exports(NamedTuple):
    """What a module defines; `stars` are the modules that it takes all names from.

    `is_open` tells that there may be names besides.
    """

    names: frozenset[str]
    defined: frozenset[str]
    stars: tuple[str, ...]
    is_open: bool


def exports(document: Document) -> Exports:
    """The names of a module: `defined` are the functions and classes among them."""
    source = document.utf8
    names: set[str] = set()
    defined: set[str] = set()
    stars: list[str] = []
    root = document.view(module).tree.root_node
    for node in _statements(root, 0):
        match node.type:
            case "function_definition" | "class_definition" | "type_alias_statement":
                label = node.child_by_field_name("name") or node.child_by_field_name("left")
                names.add(text(label))
                defined.add(text(label))
            case "assignment" | "augmented_assignment":
                left = node.child_by_field_name("left")
                names.update(_targets(left))
                right = node.child_by_field_name("right")
                if right is not None and right.type == "assignment":
                    names.update(_targets(right.child_by_field_name("left")))
            case "import_statement" | "import_from_statement":
                names.update(_imported(node))
                if any(child.type == "wildcard_import" for child in node.children):
                    stars.append(text(node.child_by_field_name("module_name")))
            case "for_statement" | "with_statement":
                names.update(re.findall(r"\bas\s+(\w+)", text(node).partition("\n")[0]))
    return Exports(
        frozenset(names), frozenset(defined), tuple(stars), _OPEN.search(source) is not None
    )


def _statements(node: Node, depth: int) -> Iterator[Node]:
    if depth > _MAX_DEPTH:
        return
    for child in node.named_children:
        yield child
        if child.type in _BLOCKS:
            yield from _statements(child, depth + 1)


def _targets(node: Node | None) -> Iterator[str]:
    if node is None:
        return
    if node.type == "identifier":
        yield text(node)
    elif node.type in ("pattern_list", "tuple_pattern", "list_pattern"):
        yield from (text(child) for child in node.named_children if child.type == "identifier")


def _imported(node: Node) -> Iterator[str]:
    for name in node.children_by_field_name("name"):
        if name.type == "aliased_import":
            yield text(name.child_by_field_name("alias"))
        elif node.type == "import_statement":
            yield text(name).partition(".")[0]
        else:
            yield text(name)
