"""Parameters that are given nothing but a flag's value, by every call that there is."""

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govcheck.python.folding.facts import Facts

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Parameters:
    """The parameters of a module's functions that nothing outside of the module can call."""

    def __init__(self, facts: "Facts") -> None:
        self.facts = facts
        self._asked: set[ast.arg] = set()

    def given(self, parameter: ast.arg) -> ast.expr | None:
        """What the first call gives for a parameter, if the flag decides it alike for all calls."""
        function = self.facts.scopes.parent.get(parameter)
        if not isinstance(function, Function) or parameter in self._asked:
            return None
        scope = self.facts.scopes.within[parameter]
        if not self.facts.is_settled(scope, parameter.arg):
            return None
        self._asked.add(parameter)
        try:
            own = scope.loads.get(parameter.arg, [])  # a function may hand it on to itself
            arguments = [e for e in self.arguments(function, parameter) if e not in own]
            values = {repr(self.facts.value(each)) for each in arguments if each is not None}
        finally:
            self._asked.discard(parameter)
        if None in arguments or len(values) != 1 or values == {repr(None)}:
            return None
        return arguments[0]

    def arguments(self, function: Function, parameter: ast.arg) -> Iterator[ast.expr | None]:
        """What each call gives for a parameter: None where that is not certain."""
        for call in self._calls.get(function, ()):
            yield self.argument(function, call, parameter)

    def argument(self, function: Function, call: ast.Call, parameter: ast.arg) -> ast.expr | None:
        """What a call gives for a parameter, be it by default; None where that is not certain."""
        given = function.args
        starred = any(isinstance(each, ast.Starred) for each in call.args)
        named = {each.arg: each.value for each in call.keywords}
        if starred or None in named or given.vararg or given.kwarg:
            return None
        positional = [*given.posonlyargs, *given.args]
        defaults: dict[ast.arg, ast.expr | None] = dict(
            zip(reversed(positional), reversed(given.defaults), strict=False)
        )
        defaults.update(zip(given.kwonlyargs, given.kw_defaults, strict=True))
        bound = positional[1:] if isinstance(call.func, ast.Attribute) else positional
        written = dict(zip(bound, call.args, strict=False))
        found = written.get(parameter) or named.get(parameter.arg) or defaults.get(parameter)
        parts = ast.walk(found) if found is not None else ()
        return None if any(isinstance(each, ast.NamedExpr) for each in parts) else found

    def called(self, call: ast.Call) -> Function | None:
        """The function that a call calls, where all its calls are known."""
        return self._callees.get(call)

    @cached_property
    def _callees(self) -> dict[ast.Call, Function]:
        return {call: function for function, calls in self._calls.items() for call in calls}

    @cached_property
    def _calls(self) -> dict[Function, Sequence[ast.Call]]:
        """All calls of each function, where it is certain that there are no others."""
        found: dict[Function, Sequence[ast.Call]] = {}
        for scope in self.facts.scopes.all:
            for name, bindings in scope.bindings.items():
                function = bindings[0]
                if len(bindings) != 1 or not isinstance(function, Function):
                    continue
                if function.decorator_list or function is scope.node:
                    continue
                if scope.kind == "class":
                    loads = self._of_method(scope.node, name)
                elif scope.kind == "function" or self._is_private(name):
                    settled = self.facts.is_settled(scope, name)
                    loads = scope.loads.get(name, []) if settled else None
                else:
                    continue
                calls = [self.facts.scopes.parent.get(each) for each in loads or ()]
                found[function] = [each for each in calls if isinstance(each, ast.Call)]
                if not calls or any(
                    not isinstance(call, ast.Call) or call.func is not load
                    for call, load in zip(calls, loads or (), strict=True)
                ):
                    del found[function]
        return found

    def _of_method(self, definition: ast.AST, name: str) -> Sequence[ast.expr] | None:
        """The places that name a method, if all of them are `self.name` in its own class."""
        facts = self.facts
        if not isinstance(definition, ast.ClassDef) or not self._is_private(name):
            return None
        if not facts.is_ordinary(definition) or facts.opens_attributes:
            return None
        holders = [s for s in facts.scopes.all if s.kind == "class" and name in s.bindings]
        if len(holders) != 1 or name in facts.attribute_stores or holders[0].loads.get(name):
            return None
        named = [n for n in ast.walk(facts.tree) if isinstance(n, ast.Attribute) and n.attr == name]
        own = all(
            isinstance(each.value, ast.Name)
            and each.value.id == "self"
            and facts.class_of(each.value) is definition
            for each in named
        )
        return named if own else None

    def _is_private(self, name: str) -> bool:
        """Whether a name can be used in this module only."""
        if not name.startswith("_") or name.endswith("__") or self.facts.is_named(name):
            return False
        self.facts.assumed.add(name)
        return not self.facts.setting.is_elsewhere(name)
