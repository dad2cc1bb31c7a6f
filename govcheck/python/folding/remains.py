"""What folding must leave behind: no read of a flag, and every name where it was looked up."""

import ast

from govcheck.python.folding import setups
from govcheck.python.folding.facts import Facts
from govcheck.python.folding.fold import RefusedError
from govcheck.python.folding.scopes import Scope, Scopes, scopes


def remains(facts: Facts, target: ast.Module) -> None:
    """Look at a folded module.

    Raises:
        RefusedError: something still reads a flag, or a name would be looked up elsewhere.
    """
    _no_reads(facts, target)
    _same_owners(facts, target)
    _one_spelling(facts)
    _same_environment(facts)


def _one_spelling(facts: Facts) -> None:
    """One program has one environment: what no spelling makes true together is not folded."""
    agreed: dict[str, tuple[int, frozenset[str | None]]] = {}
    for node, name, spellings in facts.agreeing:
        line, before = agreed.get(name, (node.lineno, spellings))
        if not before & spellings:
            message = f"no value of {name} suits this and line {line} alike: set its env-value"
            raise RefusedError(node.lineno, message)
        agreed[name] = (line, before & spellings)


def _same_environment(facts: Facts) -> None:
    """What empties or replaces the environment decides what the reads behind it give."""
    reads: dict[str, list[tuple[int, bool]]] = {}
    for node in ast.walk(facts.tree):
        if not isinstance(node, ast.expr):
            continue
        name = facts.qualified(node.func) if isinstance(node, ast.Call) else ""
        is_stored = isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        if name == "os.environ.clear" or (
            is_stored and facts.qualified(node) in ("os.environ", "os.getenv")
        ):
            raise RefusedError(node.lineno, "the environment is replaced here")
        read = facts.environment_read(node)
        flag = facts.text(read.name) if read is not None else None
        if flag is not None and flag in facts.setting.flags:
            reads.setdefault(flag, []).append((node.lineno, name == "os.environ.pop"))
    for flag, found in reads.items():
        pops = [line for line, is_pop in found if is_pop]
        if pops and len(found) > 1:
            raise RefusedError(pops[0], f"{flag} is taken out of the environment here")


def _no_reads(facts: Facts, target: ast.Module) -> None:
    passed = {*_documentation(target), *setups.final_writes(facts, target)}
    flags = facts.setting.flags
    for node in ast.walk(target):
        if node in passed or not hasattr(node, "lineno"):
            continue
        match node:
            case ast.Constant(value=str(name)):
                if name in facts.exported and name in facts.scopes.module.bindings:
                    continue
                kind = "env"
            case ast.alias(name=name):
                kind = "constant"
            case ast.Name(id=name, ctx=ast.Load()) if (
                facts.scopes.owner.get(node) is facts.scopes.module
            ):
                kind = "constant"
            case ast.Attribute(attr=field, ctx=ast.Load()) if field in facts.setting.fields:
                name, kind = facts.setting.fields[field], "settings"
            case ast.Attribute(attr=name) if facts.is_settings(node.value):
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
    """A name that only a dead branch bound, or declared, would be looked up or bound elsewhere."""
    now = scopes(target)
    before = _owners(facts.scopes)
    for key, (node, owner) in _owners(now).items():
        if key in before and _key(before[key][1].node) != _key(owner.node):
            message = f"only a branch that goes says where {key[-1]!r} belongs, which is used here"
            raise RefusedError(getattr(node, "lineno", 1), message)
    old, new = _suspending(facts.scopes), _suspending(now)
    for scope in now.all:
        key = _key(scope.node)
        if old.get(key, set()) - new.get(key, set()):
            message = "only a branch that goes makes this a generator or a coroutine"
            raise RefusedError(getattr(scope.node, "lineno", 1), message)


_Key = tuple[object, ...]


def _key(node: ast.AST) -> _Key:
    if isinstance(node, ast.Module):
        return ("module",)
    return (type(node), *(getattr(node, each) for each in _POSITION))


_POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def _owners(found: Scopes) -> dict[_Key, tuple[ast.AST, Scope]]:
    """The scope of each name that is read or bound, by the place and the name."""
    owners: dict[_Key, tuple[ast.AST, Scope]] = {}
    for scope in found.all:
        for named in (scope.bindings, scope.loads):
            for name, nodes in named.items():
                for node in nodes:
                    if hasattr(node, "lineno"):
                        owners[*_key(node), name] = (node, scope)
    return owners


def _suspending(found: Scopes) -> dict[_Key, set[str]]:
    """The functions and comprehensions that suspend: they are generators or coroutines."""
    kinds: dict[_Key, set[str]] = {}
    for node, scope in found.within.items():
        match node:
            case ast.Yield() | ast.YieldFrom():
                kind = "yield"
            case ast.Await() | ast.comprehension(is_async=1) if isinstance(
                scope.node, ast.GeneratorExp
            ):
                kind = "await"
            case _:
                continue
        kinds.setdefault(_key(scope.node), set()).add(kind)
    return kinds
