"""Clearing what became unused by folding, to a fixed point.

Only what was used before and no longer is goes, and what held nothing but the flag. Whatever
another file, a string, a decorator or `__all__` may still want stays.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Set
from copy import copy
from functools import cached_property
from typing import cast

from govcheck.python.folding.facts import Facts
from govcheck.python.folding.plan import Place, Places, Plan
from govcheck.python.folding.scopes import Scope, Scopes, scopes

# What importing them does is all that they are for.
_EFFECTS = ("__future__", "this", "antigravity")
_WORD = re.compile(r"\w+")
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class Cleanup:
    """Clears one folded module.

    `assumed` are the names of which no other file must know for this to be right, `imports` those
    of imports that no other file must take from here; `unused` are public names that nothing in the
    module uses any more.
    """

    def __init__(self, facts: Facts, places: Places, plan: Plan) -> None:
        self.facts = facts
        self.places = places
        self.plan = plan
        self.assumed: set[str] = set()
        self.imports: set[str] = set()
        self.unused: set[str] = set()

    def module(self, tree: ast.Module) -> ast.Module:
        """The cleared module."""
        while True:
            doomed = set(self._doomed(tree))
            if not doomed:
                return tree
            self.plan.drops.update(self.places.of(n) for n in doomed if isinstance(n, ast.alias))
            self.plan.removed.update(self.places.of(n) for n in doomed if isinstance(n, ast.stmt))
            tree = cast(ast.Module, _without(tree, doomed))

    def _doomed(self, tree: ast.Module) -> Iterator[ast.AST]:
        now = scopes(tree)
        attributes = {
            n.attr
            for n in ast.walk(tree)
            if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)
        }
        strings = {
            n.value.rpartition(".")[2]
            for n in ast.walk(tree)
            if isinstance(n, ast.Constant) and isinstance(n.value, str)
        }
        words = self._commented | set(_quoted(tree))
        for scope in now.all:
            yield from self._new_docstring(scope)
        if self.facts.dynamic & {"exec", "eval"}:
            return
        for scope in now.all:
            before = self._before(scope)
            for name, bindings in scope.bindings.items():
                if name.startswith("__"):
                    continue
                if scope.kind == "class":
                    used = name in attributes or bool(scope.loads.get(name))
                    was_used = name in self._attributes_before
                else:
                    used = bool(scope.loads.get(name))
                    was_used = bool(before and before.loads.get(name))
                if used or name in words:
                    continue
                was_used = was_used and name not in strings
                nodes = [self._removable(scope, now, name, each, was_used) for each in bindings]
                if None not in nodes and self._is_free(scope, name, bindings):
                    yield from (node for node in nodes if node is not None)
        yield from self._instance_attributes(now, attributes, strings)

    def _new_docstring(self, scope: Scope) -> Iterator[ast.stmt]:
        """A string that became the first statement, which would make it the documentation."""
        before = self._before(scope)
        definitions = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if before is None or not isinstance(scope.node, definitions):
            return
        old = cast(ast.Module, before.node)
        if _documents(scope.node.body) and not _documents(old.body):
            yield scope.node.body[0]

    def _before(self, scope: Scope) -> Scope | None:
        """The scope as it was in the unfolded module."""
        if scope.kind == "module":
            return self.facts.scopes.module
        place = self.places.of(scope.node)
        return self._scopes_by_place.get((place, type(scope.node)))

    @cached_property
    def _scopes_by_place(self) -> Mapping[tuple[Place, type[ast.AST]], Scope]:
        return {
            (self.places.of(each.node), type(each.node)): each
            for each in self.facts.scopes.all
            if each.kind != "module"
        }

    @cached_property
    def _attributes_before(self) -> Set[str]:
        return {n.attr for n in ast.walk(self.facts.tree) if isinstance(n, ast.Attribute)}

    def _removable(
        self, scope: Scope, now: Scopes, name: str, binding: ast.AST, was_used: bool
    ) -> ast.AST | None:
        """What to remove so that a binding is gone; None if it must stay."""
        statement = now.parent.get(binding)
        match binding, statement:
            case ast.alias(), ast.Import() | ast.ImportFrom():
                is_free = was_used and self._is_free_import(now, statement, binding)
                if is_free and scope.kind == "module":
                    taken = {name, binding.name} if isinstance(statement, ast.Import) else {name}
                    self.imports.update(taken)
                    is_free = taken.isdisjoint(self.facts.setting.needed)
                return binding if is_free else None
            case ast.Name(), ast.Assign(targets=[_, _, *_]) if not all(
                isinstance(each, ast.Name) and not scope.loads.get(each.id)
                for each in statement.targets
            ):
                return None
            case ast.Name(), (ast.Assign() | ast.AnnAssign(value=ast.expr())):
                return self._assignment(scope, now, name, statement, was_used)
            case ((ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef()), _):
                if not was_used or (scope.kind == "function" and binding.decorator_list):
                    return None
                if not self._is_plain(binding) or not self._does_nothing(binding):
                    return None
                if scope.kind == "class" and not self._is_closed(scope.node):
                    return None
                if scope.kind != "function" and not name.startswith("_"):
                    self.unused.add(name)
                    return None
                return binding
            case _:
                return None

    def _assignment(
        self,
        scope: Scope,
        now: Scopes,
        name: str,
        statement: ast.Assign | ast.AnnAssign,
        was_used: bool,
    ) -> ast.AST | None:
        around = now.parent.get(statement)
        is_field = (
            scope.kind == "class"
            and name in self.facts.setting.fields
            and cast(ast.ClassDef, scope.node).name in self.facts.settings_classes
        )
        if scope.kind == "class":
            names_flag = isinstance(self._original_value(statement), ast.Constant)
            is_own = is_field or names_flag or self._is_closed(scope.node)
            if not (was_used and is_own) or self._is_handed_on(now, scope, name):
                return None
        setting = self.facts.setting
        if scope.kind == "module" and not was_used and name not in (*setting.flags, *setting.taken):
            # A framework may read what nothing here does, such as `TIMEOUT = 30 if ON else 60`.
            return None
        is_flag = is_field or self._holds_flag(statement, name)
        whole: ast.AST | None = statement
        if isinstance(around, ast.Try | ast.ExceptHandler):
            whole = around if isinstance(around, ast.Try) else now.parent.get(around)
            if whole is None or not self.facts.is_trial(whole):
                return None
            is_flag = any(
                self._holds_flag(each, name)
                for each in ast.walk(whole)
                if isinstance(each, ast.Assign)
            )
        if scope.kind == "module" and setting.is_by_name and name not in setting.flags:
            return None
        if any(isinstance(each, ast.NamedExpr) for each in ast.walk(statement)):
            return None
        pure = is_flag or self.facts.is_pure(statement.value)
        if not pure or not (was_used or (is_flag and not self.facts.is_named(name))):
            return None
        if scope.kind != "function" and not is_flag and not name.startswith("_"):
            self.unused.add(name)
            return None
        return whole

    def _is_handed_on(self, now: Scopes, scope: Scope, name: str) -> bool:
        """Whether something may read all that a class defines, as `from_object(Config)` does."""
        definition = cast(ast.ClassDef, scope.node).name
        loads = now.module.loads.get(definition, [])
        if any(
            isinstance(now.parent.get(each), ast.Call)
            and cast(ast.Call, now.parent[each]).func is not each
            for each in loads
        ):
            return True
        if not name.isupper():
            return False
        self.assumed.add(definition)
        return self.facts.setting.is_elsewhere(definition)

    def _holds_flag(self, statement: ast.Assign | ast.AnnAssign, name: str) -> bool:
        """Whether all that a name is for is to hold a flag's value or name."""
        original = self._original_value(statement)
        return original is not None and (
            name in self.facts.constants or self.facts.holds_flag(original)
        )

    def _original_value(self, statement: ast.Assign | ast.AnnAssign) -> ast.expr | None:
        return self._values.get(self.places.of(statement))

    @cached_property
    def _values(self) -> Mapping[Place, ast.expr | None]:
        return {
            self.places.of(node): node.value
            for node in ast.walk(self.facts.tree)
            if isinstance(node, ast.Assign | ast.AnnAssign)
        }

    def _is_free(self, scope: Scope, name: str, bindings: list[ast.AST]) -> bool:
        """Whether no other file, and nothing dynamic, can want the name."""
        if scope.kind == "function":
            return not self.facts.dynamic & {"locals", "vars"}
        if all(isinstance(each, ast.alias) for each in bindings):
            return True
        if self.facts.dynamic & {"globals", "vars"} or self.facts.setting.is_elsewhere(name):
            return False
        if scope.kind == "class" and self._has_open_getattr():
            return False
        self.assumed.add(name)
        return True

    def _has_open_getattr(self) -> bool:
        loads = self.facts.scopes.module.loads.get("getattr", [])
        calls = [self.facts.scopes.parent.get(each) for each in loads]
        return any(
            not (
                isinstance(call, ast.Call)
                and len(call.args) > 1
                and isinstance(call.args[1], ast.Constant)
            )
            for call in calls
        )

    def _is_free_import(
        self, now: Scopes, statement: ast.Import | ast.ImportFrom, alias: ast.alias
    ) -> bool:
        """Whether an import does nothing but bind names: one that is not Python's own may."""
        if self.facts.setting.is_package and now.within.get(statement) is now.module:
            return False
        if isinstance(statement, ast.ImportFrom) and statement.module in _EFFECTS:
            return False
        if any(isinstance(each, ast.Try) for each in now.ancestors(statement)):
            return False
        module = alias.name
        if isinstance(statement, ast.ImportFrom):
            module = f"{'.' * statement.level}{statement.module or ''}"
        source = self.facts.imported_from(statement)
        setting = self.facts.setting
        name = f"{source}.{alias.name}"
        known = name in setting.constants and source in setting.inert
        if name in setting.submodules and name not in setting.inert and not setting.unsafe:
            return False
        top = module.partition(".")[0]
        is_pythons = top in sys.stdlib_module_names and top not in (*setting.own, *_EFFECTS)
        if not (
            is_pythons or known or self.facts.setting.unsafe or self._is_imported_twice(now, alias)
        ):
            return False
        lines = self.places.lines[statement.lineno - 1 : statement.end_lineno]
        return not any("noqa" in line and "#" in line for line in lines)

    def _is_imported_twice(self, now: Scopes, alias: ast.alias) -> bool:
        """Whether the same statement imports what is used, so that the module is run anyway."""
        statement = now.parent.get(alias)
        loads = now.within[alias].loads
        return isinstance(statement, ast.ImportFrom) and any(
            loads.get(each.asname or each.name) for each in statement.names
        )

    def _does_nothing(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        """Whether defining a function or class has no effect besides."""
        if isinstance(node, ast.ClassDef):
            return all(map(self._is_quiet, node.body))
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        annotations = [each.annotation for each in every if each is not None]
        calls = (
            isinstance(part, ast.Call | ast.NamedExpr | ast.Await)
            for each in (*annotations, node.returns)
            if each is not None
            for part in ast.walk(each)
        )
        defaults = (*given.defaults, *given.kw_defaults)
        return not any(calls) and all(map(self.facts.is_pure, defaults))

    def _is_quiet(self, node: ast.stmt) -> bool:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._is_plain(node) and self._does_nothing(node)
            case ast.Assign(targets=[ast.Name()], value=value) | ast.Expr(value=value):
                return self.facts.is_pure(value)
            case ast.AnnAssign(target=ast.Name(), value=given):
                return self.facts.is_pure(given)
            case _:
                return isinstance(node, ast.Pass)

    def _is_closed(self, node: ast.AST) -> bool:
        """Whether no class from outside of the repository may use what a class defines."""
        if not isinstance(node, ast.ClassDef) or node.keywords or node.decorator_list:
            return False
        for base in node.bases:
            name = self.facts.qualified(base)
            above = self.facts.class_of(base) if isinstance(base, ast.Name) else None
            is_own = name.partition(".")[0] in self.facts.setting.own
            if not (name == "object" or is_own or (above and self._is_closed(above))):
                return False
        return True

    @cached_property
    def _commented(self) -> Set[str]:
        """The words of type comments (PEP 484)."""
        comments = (line.partition("# type:")[2] for line in self.places.lines)
        return {word for comment in comments for word in _WORD.findall(comment)}

    def _is_plain(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        allowed = (
            "functools.cache",
            "functools.lru_cache",
            "functools.lru_cache()",
            "staticmethod",
            "classmethod",
        )
        if isinstance(node, ast.ClassDef):
            return not node.decorator_list and not node.bases and not node.keywords
        return all(self.facts.qualified(each) in allowed for each in node.decorator_list)

    def _instance_attributes(
        self, now: Scopes, attributes: set[str], strings: set[str]
    ) -> Iterator[ast.stmt]:
        """`self._x = FLAG`, where nothing reads `_x` any more."""
        bound = {name for each in now.all if each.kind == "class" for name in each.bindings}
        for name, stores in self.facts.attribute_stores.items():
            if (
                len(stores) != 1
                or name in attributes
                or name in strings
                or not name.startswith("_")
                or name in bound  # perhaps to a property, or a descriptor
            ):
                continue
            statement = self.facts.scopes.parent.get(stores[0])
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
                continue
            if isinstance(statement, ast.Assign) and len(statement.targets) != 1:
                continue
            if self.facts.setting.is_elsewhere(name) or self.facts.value(statement.value) is None:
                continue
            holder = stores[0].value
            definition = self.facts.class_of(holder) if isinstance(holder, ast.Name) else None
            is_own = isinstance(holder, ast.Name) and self._is_parameter(holder)
            if not is_own or definition is None or self.facts.opens_attributes:
                continue
            if not self.facts.is_ordinary(definition):
                continue
            place = self.places.of(statement)
            for node in now.parent:
                if isinstance(node, type(statement)) and self.places.of(node) == place:
                    self.assumed.add(name)
                    yield node

    def _is_parameter(self, name: ast.Name) -> bool:
        owner = self.facts.scopes.owner.get(name)
        bindings = owner.bindings.get(name.id, []) if owner else []
        return [*map(type, bindings)] == [ast.arg]


def _quoted(tree: ast.Module) -> Iterator[str]:
    """The words of annotations in quotes (PEP 484), and of examples in documentation."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=ast.expr() as given) | ast.AnnAssign(annotation=given):
                yield from _words(given)
            case ast.FunctionDef(returns=ast.expr() as given):
                yield from _words(given)
            case ast.AsyncFunctionDef(returns=ast.expr() as given):
                yield from _words(given)
            case ast.Subscript(slice=given):
                yield from _words(given)
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if called in (
                "cast",
                "TypeVar",
                "ForwardRef",
                "NewType",
            ):
                yield from _words(node)
            case ast.Expr(value=ast.Constant(value=str(text))) if ">>>" in text:
                yield from _WORD.findall(text)


def _words(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _WORD.findall(node.value)


def _documents(body: list[ast.stmt]) -> bool:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *_]:
            return True
        case _:
            return False


def _without(node: ast.AST, doomed: set[ast.AST]) -> ast.AST:
    """A tree without some of its statements and aliases."""
    new = copy(node)
    for block in _BLOCKS:
        old = getattr(node, block, None)
        if not isinstance(old, list) or not old:
            continue
        kept = [_without(each, doomed) for each in old if each not in doomed]
        kept = [each for each in kept if not _is_emptied(each)]
        if not kept and block in ("body", "finalbody") and not isinstance(node, ast.Module):
            kept = [ast.Pass()]
        setattr(new, block, kept)
    if isinstance(node, ast.Import | ast.ImportFrom):
        new_import = cast(ast.Import, new)
        new_import.names = [each for each in node.names if each not in doomed]
    return new


def _is_emptied(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom) and not node.names
