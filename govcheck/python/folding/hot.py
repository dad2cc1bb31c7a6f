"""Which nodes of a module may have to do with a flag: the others need not be looked at."""

import ast
from collections.abc import Iterator

from govcheck.python.folding.facts import Facts
from govcheck.python.names import dotted


def hot_nodes(facts: Facts) -> frozenset[ast.AST]:
    """The nodes that name a flag, or something that holds its value, and all nodes around them.

    Names are told by their spelling alone, so there are rather too many.
    """
    names = _hot_names(facts)
    found: set[ast.AST] = set()
    for node in ast.walk(facts.tree):
        if node in found or not _spelled(node, names):
            continue
        found.add(node)
        for above in facts.scopes.ancestors(node):
            if above in found:
                break
            found.add(above)
    return frozenset(found)


def _hot_names(facts: Facts) -> set[str]:
    hot = {*facts.setting.flags, *facts.setting.fields}
    hot |= {name.rpartition(".")[2] for name in facts.setting.constants}
    carriers = [
        (targets, {spelling for part in parts for spelling in _spellings(part)})
        for targets, parts in _carriers(facts.tree)
    ]
    while True:
        before = len(hot)
        for targets, spellings in carriers:
            if not hot.isdisjoint(spellings):
                hot |= targets
        if len(hot) == before:
            return hot


def _carriers(tree: ast.Module) -> Iterator[tuple[set[str], list[ast.AST]]]:
    """The names that statements and calls give values to, and what these values are made of."""
    functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.setdefault(node.name, []).append(node)
    for node in ast.walk(tree):
        match node:
            case ast.Assign():
                yield _targets(node.targets), [node.value]
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                yield _targets([node.target]), [value]
            case ast.FunctionDef():
                yield {node.name}, [*node.body]
                yield {each.arg for each in _parameters(node)}, [node.args]
            case ast.Call():
                given = [*node.args, *node.keywords]
                for function in functions.get(_last_name(node.func), ()):
                    yield {each.arg for each in _parameters(function)}, [*given]
            case ast.ImportFrom():
                for alias in node.names:
                    yield {alias.asname or alias.name}, [alias]


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def _last_name(node: ast.expr) -> str:
    return dotted(node).rpartition(".")[2]


def _targets(nodes: list[ast.expr]) -> set[str]:
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in nodes
        if isinstance(node, ast.Name | ast.Attribute)
    }


def _spellings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name():
                yield node.id
            case ast.Attribute():
                yield node.attr
            case ast.alias():
                yield node.name
            case ast.Constant(value=str(text)):
                yield text


def _spelled(node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.Name():
            return node.id in names
        case ast.Attribute():
            return node.attr in names
        case ast.keyword(arg=str(name)) | ast.arg(arg=name):
            return name in names
        case ast.Constant(value=str(text)):
            return text in names
        case _:
            return False
