"""Which scope each name of a Python module belongs to, and what binds it there.

The rules are those of the language reference, "Naming and binding" and "Resolution of names"; the
tests hold them against CPython's own `symtable`.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["module", "class", "function", "comprehension"]


@dataclass(eq=False, slots=True)
class Scope:
    """A module, class, function (also a lambda) or comprehension, and the names bound in it.

    `bindings` are the nodes that bind a name, deletions included: names, arguments, aliases,
    definitions, handlers and patterns. `loads` are the names that are read and resolve to it.
    """

    node: ast.AST
    kind: Kind
    parent: "Scope | None" = None
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    loads: dict[str, list[ast.Name]] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Scopes:
    """All scopes of a module, the module's own first.

    `owner` is the scope that a name resolves to; what nothing in the file binds is looked up in the
    module at last. `within` is the scope that a node is evaluated in.
    """

    all: list[Scope]
    owner: dict[ast.AST, Scope] = field(default_factory=dict)
    within: dict[ast.AST, Scope] = field(default_factory=dict)
    parent: dict[ast.AST, ast.AST] = field(default_factory=dict)

    @property
    def module(self) -> Scope:
        """The scope of the module."""
        return self.all[0]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, the nearest first."""
        while (above := self.parent.get(node)) is not None:
            yield above
            node = above


def scopes(tree: ast.Module) -> Scopes:
    """The scopes of a module."""
    found = Scopes([Scope(tree, "module")])
    bound: list[tuple[str, ast.AST, Scope]] = []
    loaded: list[ast.Name] = []
    waiting: list[tuple[ast.AST, Scope, ast.AST]] = []
    waiting += [(node, found.module, tree) for node in reversed(tree.body)]
    while waiting:
        node, here, above = waiting.pop()
        found.parent[node] = above
        found.within[node] = here
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loaded.append(node)
            continue
        bound += [(name, each, _binding_scope(node, above, here)) for name, each in _binds(node)]
        match node:
            case ast.Global():
                here.globals.update(node.names)
            case ast.Nonlocal():
                here.nonlocals.update(node.names)
        inner, children = _children(node, here, found.parent)
        if inner is not None:
            found.all.append(inner)
        waiting += reversed(children)
    # What a nonlocal declaration refers to is known once all other bindings are.
    for name, node, scope in sorted(bound, key=lambda each: each[0] in each[2].nonlocals):
        owner = _owner_of_binding(scope, name)
        owner.bindings.setdefault(name, []).append(node)
        if isinstance(node, ast.Name):
            found.owner[node] = owner
    for load in loaded:
        owner = _resolve(found.within[load], load.id)
        found.owner[load] = owner
        owner.loads.setdefault(load.id, []).append(load)
    return found


_Child = tuple[ast.AST, Scope, ast.AST]


def _children(
    node: ast.AST, here: Scope, parent: dict[ast.AST, ast.AST]
) -> tuple[Scope | None, list[_Child]]:
    """The scope that a node opens, if it does, and its children with the scopes they are in."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            inner = Scope(node, "function", here)
            given = node.args
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
            every += [each for each in (given.vararg, given.kwarg) if each]
            outside: list[ast.AST | None] = [*given.defaults, *given.kw_defaults]
            body: list[ast.AST] = [*every]
            if isinstance(node, ast.Lambda):
                body.append(node.body)
            else:
                outside += [*node.decorator_list, node.returns]
                body += node.body
            return inner, _each(outside, here, node) + _each(body, inner, node)
        case ast.ClassDef():
            inner = Scope(node, "class", here)
            outside = [*node.decorator_list, *node.bases, *node.keywords]
            return inner, _each(outside, here, node) + _each([*node.body], inner, node)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            inner = Scope(node, "comprehension", here)
            children: list[_Child] = []
            for number, clause in enumerate(node.generators):
                parent[clause] = node
                # The first iterable is evaluated outside ("Displays for lists, sets and ...").
                children.append((clause.iter, inner if number else here, clause))
                children += _each([clause.target, *clause.ifs], inner, clause)
            results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            return inner, children + _each([*results], inner, node)
        case ast.arg():
            function = here.parent or here
            return None, _each([node.annotation], function, node)
        case _:
            return None, _each([*ast.iter_child_nodes(node)], here, node)


def _each(nodes: Sequence[ast.AST | None], here: Scope, above: ast.AST) -> list[_Child]:
    return [(node, here, above) for node in nodes if node is not None]


def _binds(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Name():
            yield node.id, node
        case ast.arg():
            yield node.arg, node
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name, node
        case ast.alias() if node.name != "*":
            yield node.asname or node.name.partition(".")[0], node
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name, node
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name, node


def _binding_scope(node: ast.AST, above: ast.AST, here: Scope) -> Scope:
    """`:=` in a comprehension binds in the scope around it (PEP 572)."""
    if isinstance(above, ast.NamedExpr) and node is above.target:
        while here.kind == "comprehension" and here.parent is not None:
            here = here.parent
    return here


def _owner_of_binding(scope: Scope, name: str) -> Scope:
    if name in scope.globals:
        return _module_of(scope)
    if name in scope.nonlocals and scope.parent is not None:
        return _resolve(scope.parent, name)
    return scope


def _resolve(scope: Scope, name: str) -> Scope:
    here: Scope | None = scope
    while here is not None:
        if name in here.globals:
            break
        if name in here.bindings and (here.kind != "class" or here is scope):
            return here
        here = here.parent
    return _module_of(scope)


def _module_of(scope: Scope) -> Scope:
    while scope.parent is not None:
        scope = scope.parent
    return scope
