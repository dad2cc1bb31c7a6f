"""Dotted names, of expressions and of imports."""

import ast


def dotted(node: ast.expr) -> str:
    """A name with its attributes as it is written."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def absolute(statement: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """The dotted name of what a `from` in a module imports from ("Package Relative Imports")."""
    if not statement.level:
        return statement.module or ""
    parts = module.split(".")
    package = parts[: len(parts) - statement.level + is_package]
    return ".".join([*package, *([statement.module] if statement.module else [])])
