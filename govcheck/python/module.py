"""One Python module: its syntax tree, and what its names stand for."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from tree_sitter import Language, Node, Query, QueryCursor, Tree

from govcheck.document import Document
from govcheck.syntax import ancestry, parse

UNKNOWN: Literal["unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class Literals:
    """The value of an expression that is written out: a constant of the language."""

    value: bool | int | float | str | None


@dataclass(frozen=True)
class Module:
    """A parsed module. Aliases are taken flat: a name means the same in the whole file."""

    document: Document
    tree: Tree

    def around(self, start: int, end: int) -> list[Node]:
        """The nodes around a range of bytes, from the module inwards.

        Raises:
            TooDeepError: they nest too deeply.
        """
        return ancestry(self.tree, start, end)

    @cached_property
    def aliases(self) -> dict[str, str]:
        """What local names stand for: imported names, and plain assignments of such.

        `from os import environ as e` gives `e: os.environ`; `env = environs.Env()` gives
        `env: environs.Env()`.
        """
        found: dict[str, str] = {}
        assigned: list[tuple[str, Node]] = []
        captures = QueryCursor(_query()).captures(self.tree.root_node)
        for node in captures.get("import", []):
            found.update(_imported(node))
        for node in captures.get("assignment", []):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None:
                assigned.append((text(left), right))
        for name, right in assigned:
            target = _dotted(right, found)
            if target and name not in found and "." in target:
                found[name] = target
        return found

    def qualified(self, node: Node | None) -> str:
        """The dotted name that an expression stands for, a call marked by `()`; else nothing."""
        return _dotted(node, self.aliases) if node is not None else ""


def module(document: Document) -> Module:
    """The module that a document holds."""
    return Module(document, parse("python", document.utf8))


def text(node: Node | None) -> str:
    """The source of a node."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def string_value(node: Node) -> str | None:
    """The value of a string without escapes or interpolation; None for any other."""
    if node.type == "parenthesized_expression" and node.named_child_count == 1:
        return string_value(node.named_children[0])
    if node.type != "string":
        return None
    inner = [child for child in node.named_children if child.type == "string_content"]
    whole = all(child.type.startswith("string_") for child in node.named_children)
    if not whole or any(child.named_child_count for child in inner):
        return None
    return "".join(text(child) for child in inner)


def literal(node: Node | None) -> Literals | None:
    """The value of an expression that is a constant of the language; None for any other."""
    if node is None:
        return None
    match node.type:
        case "true" | "false":
            return Literals(node.type == "true")
        case "none":
            return Literals(None)
        case "integer" if text(node).isdecimal() and len(text(node)) < 20:
            return Literals(int(text(node)))
        case "string":
            value = string_value(node)
            return None if value is None else Literals(value)
        case _:
            return None


@cache
def _query() -> Query:
    import tree_sitter_python

    return Query(
        Language(tree_sitter_python.language()),
        """
        (import_statement) @import
        (import_from_statement) @import
        (assignment left: (identifier) right: [(attribute) (call) (identifier)]) @assignment
        """,
    )


def _imported(node: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    source = ""
    if node.type == "import_from_statement":
        source = text(node.child_by_field_name("module_name"))
    for name in node.children_by_field_name("name"):
        if name.type == "aliased_import":
            original, local = (
                text(name.child_by_field_name("name")),
                text(name.child_by_field_name("alias")),
            )
        else:
            original = text(name)
            local = original if source else original.partition(".")[0]
            original = original if source else local
        found[local] = f"{source}.{original}" if source else original
    return found


def _dotted(node: Node, aliases: dict[str, str]) -> str:
    suffix = ""
    while True:
        match node.type:
            case "identifier":
                name = text(node)
                return aliases.get(name, name) + suffix
            case "attribute":
                suffix = f".{text(node.child_by_field_name('attribute'))}{suffix}"
                inner = node.child_by_field_name("object")
            case "call":
                suffix = f"(){suffix}"
                inner = node.child_by_field_name("function")
            case "await" | "parenthesized_expression" if node.named_child_count == 1:
                inner = node.named_children[0]
            case _:
                return ""
        if inner is None:
            return ""
        node = inner
