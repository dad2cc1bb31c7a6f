"""One Python module: its syntax tree, and what its names stand for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node, Tree

from govcheck.document import Document
from govcheck.syntax import ancestry, parse


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

    def qualified(self, node: Node | None) -> str:
        """The dotted name that an expression stands for, a call marked by `()`; else nothing.

        Raises:
            TooDeepError: the file nests too deeply.
        """
        return self._dotted(node) if node is not None else ""

    @cached_property
    def _imports(self) -> dict[str, str]:
        """What imported names stand for: `from os import environ as e` gives `e: os.environ`."""
        found: dict[str, str] = {}
        for word in re.finditer(rb"import\b", self.document.utf8):
            *_, outer, leaf = [self.tree.root_node, *self.around(*word.span())]
            if leaf.type == "import":
                found.update(_imported(outer))
        return found

    @cached_property
    def _assigned(self) -> dict[str, str]:
        """What `_alias` has found so far."""
        return {}

    def _alias(self, name: str) -> str:
        """What a name stands for: an import, or the first plain assignment of a dotted name.

        `env = environs.Env()` gives `environs.Env()`. Only names that are asked for are looked up,
        since a walk through the whole tree takes half as long as parsing it.
        """
        if name in self._imports:
            return self._imports[name]
        if name not in self._assigned:
            self._assigned[name] = name  # for an assignment that leads back to itself
            self._assigned[name] = next(self._values(name), name)
        return self._assigned[name]

    def _values(self, name: str) -> Iterator[str]:
        word = re.escape(name.encode())
        assigned = word + rb"(?<![\w.]" + word + rb")(?=\s*(?::[^=\n]*)?=(?!=))"
        for place in re.finditer(assigned, self.document.utf8):
            *_, outer, leaf = [self.tree.root_node, *self.around(*place.span())]
            if outer.type == "assignment" and outer.child_by_field_name("left") == leaf:
                value = self.qualified(outer.child_by_field_name("right"))
                if "." in value:
                    yield value

    def _dotted(self, node: Node) -> str:
        suffix = ""
        while True:
            match node.type:
                case "identifier":
                    return self._alias(text(node)) + suffix
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
