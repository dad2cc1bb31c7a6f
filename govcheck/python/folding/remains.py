"""What folding must leave behind: no read of a flag, and every name where it was looked up."""

import ast

from govcheck.python.folding import setups
from govcheck.python.folding.facts import Facts
from govcheck.python.folding.fold import RefusedError
from govcheck.python.folding.scopes import scopes


def remains(facts: Facts, target: ast.Module) -> None:
    """Look at a folded module.

    Raises:
        RefusedError: something still reads a flag, or a name would be looked up elsewhere.
    """
    _no_reads(facts, target)
    _same_owners(facts, target)


def _no_reads(facts: Facts, target: ast.Module) -> None:
    documentation = set(_documentation(target))
    flags = facts.setting.flags
    for node in ast.walk(target):
        if node in documentation or not hasattr(node, "lineno"):
            continue
        match node:
            case ast.Constant(value=str(name)):
                kind = "env"
            case ast.alias(name=name):
                kind = "constant"
            case ast.Name(id=name, ctx=ast.Load()) if (
                facts.scopes.owner.get(node) is facts.scopes.module
            ):
                kind = "constant"
            case ast.Attribute(attr=field, ctx=ast.Load()) if field in facts.setting.fields:
                name, kind = facts.setting.fields[field], "settings"
            case ast.Attribute(attr=name, ctx=ast.Load()) if facts.is_settings(node.value):
                kind = "settings"
            case ast.Call() if (accessed := facts.accessed(node)) is not None:
                name, kind = accessed, "callable"
            case ast.Call() if given := [k.arg for k in node.keywords if k.arg in flags]:
                if not setups.sets_environment(facts, node):
                    continue
                name, kind = str(given[0]), "env"
            case _:
                continue
        flag = flags.get(name)
        if flag is not None and flag.is_kind(kind) and not _is_rebound(facts, node):
            raise RefusedError(node.lineno, f"what becomes of {name} here is not certain")


def _is_rebound(facts: Facts, node: ast.AST) -> bool:
    """Whether a name holds a flag's value at first, and other things later."""
    if not isinstance(node, ast.Name):
        return False
    bindings = facts.scopes.module.bindings.get(node.id, [])
    given = [facts.given(each) for each in bindings]
    return any(isinstance(each, ast.expr) and facts.value(each) is not None for each in given)


def _documentation(tree: ast.Module) -> list[ast.AST]:
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]


def _same_owners(facts: Facts, target: ast.Module) -> None:
    """A name that only a dead branch bound would be looked up outside the function."""
    now = scopes(target)
    for node, owner in now.owner.items():
        before = facts.scopes.owner.get(node)
        if before is None or not isinstance(node, ast.Name):
            continue
        if before.kind == "function" and owner.kind != "function":
            message = f"only a branch that goes binds {node.id!r}, which is used here"
            raise RefusedError(node.lineno, message)
