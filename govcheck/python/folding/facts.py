"""What a module says of flags: where it reads them, and which names hold the values."""

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property

from govcheck.python.folding.flags import Constant, Retired, Setting
from govcheck.python.folding.interpreter import (
    EnvironmentRead,
    Interpreter,
    NeedsError,
    RaisedError,
    UnknownError,
)
from govcheck.python.folding.parameters import Parameters
from govcheck.python.folding.scopes import Scope, scopes
from govcheck.python.names import absolute, dotted

_ENVIRONMENTS = ("os.environ", "os.environb")
_RAW_READERS = (
    "os.getenv", "os.environ.get", "os.environ.pop", "decouple.config", "environs.Env()",
    "environs.Env().str", "environs.env", "environs.env.str", "environ.Env()", "environ.Env().str",
    "starlette.config.Config()",
)  # fmt: skip
_BOOLEAN_READERS = ("environs.Env().bool", "environs.env.bool", "environ.Env().bool")
_CACHES = ("functools.cache", "functools.lru_cache", "functools.lru_cache()")
_DYNAMIC = ("locals", "vars", "exec", "eval", "globals", "setattr", "delattr")
_STATEFUL = ("self", "cls")
_HOOKS = (
    "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__new__", "__init_subclass__",
)  # fmt: skip

# What makes a reader of settings read others: starlette's and environs' arguments.
_ELSEWHERE = ("environ", "env_prefix", "prefix")

_LOOKING_UP = (
    "getattr", "setattr", "delattr", "hasattr", "object", "patch", "attrgetter", "methodcaller",
    "import_string", "import_module", "multiple",
)  # fmt: skip
_DOTTED = re.compile(r"[\w{}%]*(?:[.:]\w+)+")
_FORMATTED = re.compile(r"\{\w*(?:\[\w+\])?[\w.]*\.(\w+)[^{}]*\}")

Outcome = tuple[Constant] | None


class Facts:
    """One module as folding sees it, before anything is changed.

    `assumed` are names of which no other file must know for this to be right. `agreeing` are the
    tests of variables, and the spellings of the final value for which each means what is said.
    """

    def __init__(self, tree: ast.Module, setting: Setting) -> None:
        self.tree = tree
        self.setting = setting
        self.scopes = scopes(tree)
        self.strings = frozenset(_strings(tree))
        self.exported = frozenset(_exported(tree))
        self.parameters = Parameters(self)
        self.assumed: set[str] = set()
        self.agreeing: list[tuple[ast.expr, str, frozenset[str | None]]] = []
        self._values: dict[tuple[ast.expr, bool], Outcome] = {}
        self._deciding: set[ast.expr] = set()
        self._binding: set[ast.AST] = set()
        self._homes: dict[str, Facts | None] = {}
        self._homes_of: dict[ast.AST, Facts] = {}

    # What the interpreter asks.

    def is_flag(self, name: str) -> bool:
        """Whether an environment variable is a retired flag's."""
        flag = self.setting.flags.get(name)
        return flag is not None and flag.is_kind("env")

    def qualified(self, node: ast.AST) -> str:
        """The dotted name of what an expression refers to, or nothing; calls end with `()`."""
        match node:
            case ast.Name():
                owner = self.scopes.owner.get(node)
                bindings = owner.bindings.get(node.id, []) if owner else []
                if not bindings:
                    return node.id
                imported = {self._imported(each) for each in bindings}
                if len(imported) == 1 and "" not in imported:
                    return imported.pop()
                bound = self.bound_to(node)
                same = isinstance(bound, ast.Name | ast.Attribute | ast.Call)
                if not same or bound is None or bound in self._binding:
                    return ""
                self._binding.add(bound)
                try:
                    return self.qualified(bound)
                finally:
                    self._binding.discard(bound)
            case ast.Attribute():
                owner_name = self.qualified(node.value)
                return f"{owner_name}.{node.attr}" if owner_name else ""
            case ast.Call():
                called = self.qualified(node.func)
                prefixed = any(each.arg in _ELSEWHERE for each in node.keywords)
                return f"{called}()" if called and not prefixed else ""
            case _:
                return ""

    def environment_read(self, node: ast.expr) -> EnvironmentRead | None:
        """The read of an environment variable that an expression is, if it is one."""
        match node:
            case ast.Call():
                name = self.qualified(node.func)
                if self._is_prefixed(node):
                    return None
                key = _argument(node, 0, "key", "option")
                if key is None or (name not in _RAW_READERS and name != "os.environ.__getitem__"):
                    return None
                if any(each.arg not in ("key", "option", "default") for each in node.keywords):
                    return None
                default = _argument(node, 1, "default")
                silent = name in ("os.getenv", "os.environ.get")
                return EnvironmentRead(key, default, raises=default is None and not silent)
            case ast.Subscript() if self.qualified(node.value) in _ENVIRONMENTS:
                return EnvironmentRead(node.slice, raises=True)
            case ast.Compare(ops=[ast.In() | ast.NotIn() as sign], comparators=[mapping]) if (
                self.qualified(mapping) in _ENVIRONMENTS
            ):
                return EnvironmentRead(node.left, test=isinstance(sign, ast.In))
            case _:
                return None

    def decided(self, node: ast.expr, *, truth: bool = False) -> tuple[Constant] | None:
        """The value, or the truth, of an expression that a flag decides by itself.

        That is a setting, an accessor, and the part of a larger expression that tests a variable:
        each test means what it says, though one may understand more spellings than another.
        """
        found = self._decided(node)
        return found if found or node in self._deciding else self.value(node, truth=truth)

    def _decided(self, node: ast.expr) -> tuple[Constant] | None:
        match node:
            case ast.Attribute(ctx=ast.Load()):
                if self.is_settings(node.value) and (found := self._value("settings", node.attr)):
                    return found
                flag = self.setting.flags.get(self.setting.fields.get(node.attr, ""))
                if flag is not None and flag.value is not None and self._is_instance(node.value):
                    return (flag.value,)
                return self._constant(node)
            case ast.Name(ctx=ast.Load()):
                return self._constant(node)
            case ast.Call():
                is_awaited = isinstance(self.scopes.parent.get(node), ast.Await)
                return None if is_awaited else self._called(node)
            case ast.Await(value=ast.Call() as call) if self.accessed(call) is not None:
                return self._called(call)
            case _:
                return None

    def bound_to(self, node: ast.expr) -> ast.AST | None:
        """What the only binding of a name or attribute gives it, where that is certain."""
        match node:
            case ast.Name():
                owner = self.scopes.owner.get(node)
                if owner is None or self._is_mangled(node, node.id):
                    return None
                if not self.is_settled(owner, node.id):
                    return None
                binding = owner.bindings[node.id][0]
                if isinstance(binding, ast.FunctionDef):
                    return binding if self._is_plain(binding) else None
                if isinstance(binding, ast.arg):
                    return self.parameters.given(binding)
                if isinstance(binding, ast.alias):
                    return self._helper(node)
                given = self.given(binding) if self._dominates(binding, node, owner) else None
                if _is_mutable(given) and not self._is_only_looked_at(owner, node.id):
                    return None
                return given
            case ast.Attribute():
                given = self._attribute(node) or self._helper(node)
                return None if _is_mutable(given) else given
            case _:
                return None

    def _helper(self, node: ast.expr) -> ast.FunctionDef | None:
        """The function of another module that an expression names, if that is known."""
        source, _, name = self.qualified(node).rpartition(".")
        if source not in self.setting.helpers:
            return None
        home = self._home(source)
        bindings = home.scopes.module.bindings.get(name, []) if home is not None else []
        found = bindings[0] if len(bindings) == 1 else None
        if home is None or not isinstance(found, ast.FunctionDef) or not home._is_plain(found):
            return None
        self._homes_of[found] = home
        return found

    def home(self, function: ast.FunctionDef) -> "Facts":
        """The module that a function is in."""
        return self._homes_of.get(function, self)

    def _home(self, module: str) -> "Facts | None":
        if module not in self._homes:
            setting = Setting(
                self.setting.flags, module, settings_objects=self.setting.settings_objects
            )
            try:
                self._homes[module] = Facts(ast.parse(self.setting.helpers[module]), setting)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._homes[module] = None
        return self._homes[module]

    def _is_mangled(self, node: ast.AST, name: str) -> bool:
        """Whether a class makes another name of `__name` ("Private name mangling")."""
        is_private = name.startswith("__") and not name.endswith("__")
        return is_private and self._class_around(node) is not None

    def _class_around(self, node: ast.AST) -> ast.AST | None:
        scope: Scope | None = self.scopes.within.get(node)
        while scope is not None and scope.kind != "class":
            scope = scope.parent
        return scope.node if scope is not None else None

    def _is_only_looked_at(self, scope: Scope, name: str) -> bool:
        """Whether a list, set or dictionary is only searched and read, and so stays as it is."""
        if scope is self.scopes.module:
            self.assumed.add(name)
            if self.setting.is_elsewhere(name):
                return False
        for load in scope.loads.get(name, ()):
            match self.scopes.parent.get(load):
                case ast.Compare() as test if load in test.comparators:
                    continue
                case ast.Subscript(ctx=ast.Load()) as item if item.value is load:
                    continue
                case ast.Attribute(attr="get" | "keys" | "values" | "items"):
                    continue
                case _:
                    return False
        return True

    # Values.

    def value(self, node: ast.expr, *, truth: bool = False) -> Outcome:
        """(value,) of an expression that flags decide, otherwise None; `truth`: of its truth."""
        key = (node, truth)
        if key not in self._values:
            self._values[key] = None  # an expression that needs itself is not known
            is_first = node not in self._deciding
            self._deciding.add(node)
            self._values[key] = self._compute(node, truth)
            if is_first:
                self._deciding.discard(node)
        return self._values[key]

    def holds_flag(self, node: ast.expr) -> bool:
        """Whether an expression is a flag's value, raw or not, or its name, and nothing else."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str) and node.value in self.setting.flags
        interpreter = Interpreter(self, {})
        try:
            interpreter.evaluate(node)
        except NeedsError as needs:
            flag = self.setting.flags[needs.flag]
            final, other = (
                self._outcomes(node, needs.flag, each) for each in (flag.spellings, flag.others)
            )
            if final is None or other is None:
                return False
            never_fails = len(final) == len(flag.spellings)
            return never_fails or self.value(node) is not None
        except (UnknownError, RaisedError):
            return False
        return interpreter.is_derived

    def _compute(self, node: ast.expr, truth: bool) -> Outcome:
        interpreter = Interpreter(self, {})
        try:
            value = interpreter.evaluate(node)
        except NeedsError as needs:
            return self._decide(node, needs.flag, truth)
        except (UnknownError, RaisedError):
            return None
        if not interpreter.is_derived:
            return None
        return _literal(bool(value) if truth else value)

    def _decide(self, node: ast.expr, name: str, truth: bool) -> Outcome:
        flag = self.setting.flags[name]
        every = [
            self._outcomes(node, name, spellings)
            for spellings in (flag.spellings, flag.others, (None,))
        ]
        if not every[0] or every[1] is None or every[2] is None:
            return None
        final, other, unset = (
            {spelling: bool(each) if truth else each for spelling, each in (found or {}).items()}
            for found in every
        )
        outcome = (
            _meant(flag, [*final.values()], [*other.values()], [*unset.values()])
            if flag.others
            else _literal(next(iter(final.values())))
        )
        if self._reads_twice(node, name) and outcome != (flag.value,):
            # Two tests in one, which may understand different spellings, only add up if both agree.
            return None
        if outcome is not None:
            agreeing = {spelling for spelling, each in final.items() if _equal(each, outcome[0])}
            self.agreeing.append((node, name, frozenset(agreeing)))
        return outcome

    def _reads_twice(self, node: ast.expr, name: str) -> bool:
        flag = self.setting.flags[name]
        for spelling in (*flag.others, *flag.spellings):
            interpreter = Interpreter(self, {name: spelling})
            with suppress(RaisedError):
                interpreter.evaluate(node)
            if interpreter.reads > 1:
                return bool(flag.others)
        return False

    def _outcomes(
        self, node: ast.expr, name: str, spellings: tuple[str | None, ...]
    ) -> dict[str | None, object] | None:
        """What an expression gives for spellings of a flag that it understands; None: unknown."""
        found: dict[str | None, object] = {}
        for spelling in spellings:
            try:
                found[spelling] = Interpreter(self, {name: spelling}).evaluate(node)
            except RaisedError:
                continue
            except (UnknownError, NeedsError):
                return None
        return found

    def _value(self, kind: str, name: str) -> tuple[Constant] | None:
        flag = self.setting.flags.get(name)
        if flag is None or not flag.is_kind(kind) or flag.value is None:
            return None
        return (flag.value,)

    def _constant(self, node: ast.Name | ast.Attribute) -> tuple[Constant] | None:
        name = self.qualified(node)
        if name in self.setting.constants:
            if isinstance(node, ast.Name):
                importing = self.scopes.owner[node]
                if importing is self.scopes.module:
                    self.assumed.add(node.id)
                if not self.is_settled(importing, node.id):
                    return None
            return (self.setting.constants[name],)
        if not isinstance(node, ast.Name) or self._is_mangled(node, node.id):
            return None
        flag = self.setting.flags.get(node.id)
        owner = self.scopes.owner.get(node)
        if flag is None or owner is not self.scopes.module or flag.value is None:
            return None
        imported = name != "" and name != node.id
        if imported:
            return (flag.value,) if "constant" in flag.kinds else None
        if not self.is_settled(owner, node.id) or not self._is_constant_of(flag, owner, node.id):
            return None
        return (flag.value,)

    @cached_property
    def constants(self) -> frozenset[str]:
        """The names of the module that are flags themselves."""
        module, flags = self.scopes.module, self.setting.flags
        return frozenset(
            name
            for name in flags.keys() & module.bindings.keys()
            if self.is_settled(module, name) and self._is_constant_of(flags[name], module, name)
        )

    def _is_constant_of(self, flag: Retired, owner: Scope, name: str) -> bool:
        """Whether a module's constant is the flag: by its kind, or as it has its final value."""
        given = self.given(owner.bindings[name][0])
        same = isinstance(given, ast.Constant) and _equal(given.value, flag.value)
        return "constant" in flag.kinds or (not flag.kinds and same)

    def _is_instance(self, node: ast.expr) -> bool:
        """Whether an expression is an object of settings: by its name, its class or its type."""
        if self.is_settings(node):
            return True
        owner = self.scopes.owner.get(node)
        bindings = owner.bindings.get(node.id, []) if owner and isinstance(node, ast.Name) else []
        if len(bindings) != 1:
            return False
        binding = bindings[0]
        kind = binding.annotation if isinstance(binding, ast.arg) else self.given(binding)
        kind = kind.func if isinstance(kind, ast.Call) else kind
        names = dotted(kind) if isinstance(kind, ast.Name | ast.Attribute) else ""
        return names.rpartition(".")[2] in self.settings_classes

    @cached_property
    def settings_classes(self) -> frozenset[str]:
        """The classes of the module that have a field which is a flag."""
        return frozenset(
            node.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ClassDef)
            and node.bases
            and any(
                isinstance(each, ast.AnnAssign)
                and isinstance(each.target, ast.Name)
                and each.target.id in self.setting.fields
                for each in node.body
            )
        )

    def _called(self, node: ast.Call) -> tuple[Constant] | None:
        name = self.qualified(node.func)
        if name == "getattr" and len(node.args) >= 2 and self.is_settings(node.args[0]):
            attribute = node.args[1]
            if isinstance(attribute, ast.Constant) and isinstance(attribute.value, str):
                return self._value("settings", attribute.value)
        flag = self.accessed(node)
        if flag is not None:
            if self.effects(node):
                return None
            return self._value("callable", flag) or self._value("env", flag)
        cast = _argument(node, -1, "cast")
        is_boolean = name in _BOOLEAN_READERS or (
            name == "decouple.config" and cast is not None and self.qualified(cast) == "bool"
        )
        key = _argument(node, 0, "key", "option")
        if (
            self._is_prefixed(node)
            or not is_boolean
            or not isinstance(key, ast.Constant)
            or not isinstance(key.value, str)
        ):
            return None
        default = _argument(node, 1, "default")
        if default is not None and not isinstance(default, ast.Constant):
            return None
        value = self._value("env", key.value)
        if value is None and self.is_flag(key.value) and default is not None:
            return (bool(default.value),) if isinstance(default, ast.Constant) else None
        return value

    def _is_prefixed(self, node: ast.Call) -> bool:
        """Whether `with env.prefixed(...)` of environs makes another name of the variable's."""
        return any(
            isinstance(item.context_expr, ast.Call)
            and isinstance(item.context_expr.func, ast.Attribute)
            and item.context_expr.func.attr == "prefixed"
            for each in self.scopes.ancestors(node)
            if isinstance(each, ast.With)
            for item in each.items
        )

    def accessed(self, node: ast.Call) -> str | None:
        """The flag that a call of a declared accessor asks for."""
        name, written = self.qualified(node.func), dotted(node.func)
        for accessor in self.setting.accessors:
            function, _, position = accessor.partition(":")
            if not any(
                each == function or each.endswith(f".{function}")
                for each in (name, written)
                if each
            ):
                continue
            keywords = ("flag", "flag_key", "flag_name", "feature", "feature_name", "key", "name")
            key = _argument(node, int(position or 0), *keywords)
            text = self.text(key) if key is not None else None
            if text is not None and text in self.setting.flags:
                return text
        return None

    def effects(self, node: ast.Call) -> list[ast.expr]:
        """The arguments whose evaluation may do something."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        return [e for e in given if not self._is_lookup(e) and self.text(e) is None]

    def _is_lookup(self, node: ast.expr) -> bool:
        """Whether an argument, such as `user.id`, only tells who asks."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return self.is_pure(node)

    def is_pure(self, node: ast.expr | None) -> bool:
        """Whether evaluating an expression can do nothing but give a value."""
        match node:
            case None | ast.Constant() | ast.Lambda():
                return not isinstance(node, ast.Lambda) or all(
                    map(self.is_pure, (*node.args.defaults, *node.args.kw_defaults))
                )
            case ast.Name():
                return self._is_surely_bound(node)
            case ast.UnaryOp(op=ast.Not()):
                return self.is_pure(node.operand)
            case ast.BoolOp():
                return all(map(self.is_pure, node.values))
            case ast.IfExp():
                return all(map(self.is_pure, (node.test, node.body, node.orelse)))
            case ast.Tuple() | ast.List():
                return all(map(self.is_pure, node.elts))
            case ast.Dict():
                known = all(isinstance(key, ast.Constant) for key in node.keys)
                return known and all(map(self.is_pure, node.values))
            case ast.Compare() | ast.BinOp():
                return self._is_plain_arithmetic(node)
            case _:
                return False

    def _is_plain_arithmetic(self, node: ast.Compare | ast.BinOp) -> bool:
        """Comparisons by identity, and those and sums with a constant, as everybody writes them."""
        if isinstance(node, ast.BinOp):
            signs: list[ast.AST] = [node.op]
            operands = [node.left, node.right]
        else:
            signs = [*node.ops]
            operands = [node.left, *node.comparators]
        identity = all(isinstance(sign, ast.Is | ast.IsNot) for sign in signs)
        plain = all(isinstance(sign, ast.Eq | ast.NotEq | ast.Add | ast.Sub) for sign in signs)
        has_constant = any(isinstance(each, ast.Constant) for each in operands)
        return (identity or (plain and has_constant)) and all(map(self.is_pure, operands))

    def _is_surely_bound(self, name: ast.Name) -> bool:
        owner = self.scopes.owner.get(name)
        if owner is None:
            return isinstance(name.ctx, ast.Load) and name.id in ("True", "False", "None")
        bindings = owner.bindings.get(name.id, [])
        if not bindings:
            return owner is self.scopes.module and hasattr(builtins, name.id)
        if any(isinstance(each, ast.Name) and isinstance(each.ctx, ast.Del) for each in bindings):
            return False
        if any(isinstance(each, ast.arg) for each in bindings):
            return True
        return any(self._dominates(each, name, owner) for each in bindings)

    def text(self, node: ast.expr) -> str | None:
        """The string that an expression is: a literal, a constant, a member of an enumeration."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = self.scopes.owner.get(node.value)
            bindings = owner.bindings.get(node.value.id, []) if owner else []
            if len(bindings) == 1 and isinstance(bindings[0], ast.ClassDef):
                node = self._member(bindings[0], node.attr) or node
        try:
            value = Interpreter(self, {}).evaluate(node)
        except (UnknownError, RaisedError, NeedsError):
            return None
        return value if isinstance(value, str) else None

    def _member(self, definition: ast.ClassDef, name: str) -> ast.expr | None:
        for scope in self.scopes.all:
            if scope.node is definition and len(scope.bindings.get(name, [])) == 1:
                statement = self.scopes.parent.get(scope.bindings[name][0])
                is_certain = statement in definition.body
                given = self.given(scope.bindings[name][0]) if is_certain else None
                return given if isinstance(given, ast.expr) else None
        return None

    # Bindings.

    def is_settled(self, scope: Scope, name: str) -> bool:
        """Whether a name has one binding, which nothing else in the program can change."""
        bindings = scope.bindings.get(name, [])
        if len(bindings) != 1 and self._trial(bindings) is None:
            return False
        if scope.kind == "class" or scope.kind == "comprehension":
            return False
        if scope is self.scopes.module:
            if self.setting.elsewhere.get(name) == "other" or name in self.strings:
                return False
            if self._is_reached(name) or self._is_overridden(bindings[0]):
                return False
            return not self.dynamic & {"exec", "eval", "globals"}
        return not self.dynamic & {"exec", "eval", "locals", "vars"}

    def _is_reached(self, name: str) -> bool:
        """Whether the module may set its own name as an attribute, or in its namespace."""
        if self._opens_namespace:
            return True
        return any(
            not (isinstance(store.value, ast.Name) and store.value.id in _STATEFUL)
            for store in self.attribute_stores.get(name, ())
        )

    @cached_property
    def _opens_namespace(self) -> bool:
        """Whether the module gets hold of itself: `vars()` on its own level, `sys.modules[...]`."""
        for name in ("vars", "locals"):
            if name in self.dynamic and any(
                self._nearest_function(load) is None for load in self.scopes.module.loads[name]
            ):
                return True
        named = self.scopes.module.loads.get("__name__", ())
        around = [self.scopes.parent.get(each) for each in named]
        return any(
            (isinstance(each, ast.Subscript) and self.qualified(each.value) == "sys.modules")
            or (isinstance(each, ast.Call) and dotted(each.func).endswith("import_module"))
            for each in around
        )

    def _is_overridden(self, binding: ast.AST) -> bool:
        """Whether `from ... import *` behind a binding may bind the name again."""
        return any(line > binding.lineno for line in self._star_imports)  # type: ignore[attr-defined]

    @cached_property
    def _star_imports(self) -> tuple[int, ...]:
        return tuple(
            node.lineno
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            and node.names[0].name == "*"
            and (node.level or (node.module or "").partition(".")[0] not in sys.stdlib_module_names)
        )

    def is_named(self, name: str) -> bool:
        """Whether a string of the module names it to something that looks it up."""
        return name in self.strings or name in self.exported

    @cached_property
    def dynamic(self) -> frozenset[str]:
        """The built-in functions that reach names by strings, where the module calls them."""
        loads = self.scopes.module.loads
        return frozenset(
            name
            for name in _DYNAMIC
            if name not in self.scopes.module.bindings
            and any(not self._is_mere_test(load) for load in loads.get(name, ()))
        )

    def _is_mere_test(self, load: ast.Name) -> bool:
        """`"name" in globals()` names what it looks for, which `is_named` sees."""
        call = self.scopes.parent.get(load)
        test = self.scopes.parent.get(call) if call is not None else None
        return (
            isinstance(test, ast.Compare)
            and isinstance(test.left, ast.Constant)
            and load.id in ("globals", "locals", "vars")
        )

    def given(self, binding: ast.AST) -> ast.AST | None:
        """The expression that a binding gives to its name."""
        statement = self.scopes.parent.get(binding)
        match statement:
            case ast.Assign() if all(isinstance(each, ast.Name) for each in statement.targets):
                around = self.scopes.parent.get(statement)
                if isinstance(around, ast.Try) and self.is_trial(around):
                    return around
                return statement.value
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                return value
            case _:
                return None

    def is_certain(self, binding: ast.AST) -> bool:
        """Whether a binding of the module is made whenever the module is imported."""
        statement = self.scopes.parent.get(binding)
        around = self.scopes.parent.get(statement) if statement is not None else None
        if isinstance(around, ast.ExceptHandler):
            around = self.scopes.parent.get(around)
        if isinstance(around, ast.Try) and self.is_trial(around):
            around = self.scopes.parent.get(around)
        return isinstance(around, ast.Module)

    @cached_property
    def is_inert(self) -> bool:
        """Whether importing the module does nothing but define names."""
        return all(map(self._only_defines, self.tree.body))

    def _only_defines(self, node: ast.stmt) -> bool:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Pass():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return not node.decorator_list
            case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.Expr(value=value):
                return self.is_pure(value) or (value is not None and self.value(value) is not None)
            case _:
                return False

    def held(self, binding: ast.AST) -> Outcome:
        """The value that a binding gives to its name, also where another module has it."""
        given = self.given(binding)
        if isinstance(given, ast.expr):
            return self.value(given)
        imported = self._imported(binding)
        constants = self.setting.constants
        return (constants[imported],) if imported in constants else None

    def _trial(self, bindings: list[ast.AST]) -> ast.Try | None:
        """`try: X = ... except ...: X = ...`, if that is what binds a name."""
        statements = [self.scopes.parent.get(each) for each in bindings]
        around = {self.scopes.parent.get(each) for each in statements if each is not None}
        tries = {
            self.scopes.parent.get(each) if isinstance(each, ast.ExceptHandler) else each
            for each in around
            if each is not None
        }
        if len(tries) != 1:
            return None
        found = tries.pop()
        if not isinstance(found, ast.Try) or not self.is_trial(found):
            return None
        return found if len(bindings) == 1 + len(found.handlers) else None

    def is_trial(self, node: ast.AST) -> bool:
        """Whether all that a statement does is `try: X = ... except ...: X = ...`."""
        if not isinstance(node, ast.Try) or node.orelse or node.finalbody or not node.handlers:
            return False
        names = set()
        for body in (node.body, *(handler.body for handler in node.handlers)):
            match body:
                case [ast.Assign(targets=[ast.Name(id=name)])]:
                    names.add(name)
                case _:
                    return False
        return len(names) == 1

    def _dominates(self, binding: ast.AST, load: ast.Name, owner: Scope) -> bool:
        """Whether a binding has always been made when a name is read."""
        bound = [binding, *self.scopes.ancestors(binding)]
        if isinstance(bound[1], ast.NamedExpr):
            return self._follows_test(bound[1], load, owner)
        number = next(i for i, each in enumerate(bound) if isinstance(each, ast.stmt))
        if isinstance(bound[number], ast.For | ast.AsyncFor | ast.With | ast.AsyncWith | ast.Match):
            return False
        if isinstance(bound[number + 1], ast.ExceptHandler):
            number += 1
        if isinstance(bound[number + 1], ast.Try) and self.is_trial(bound[number + 1]):
            number += 1
        statement, block = bound[number], bound[number + 1]
        if owner is self.scopes.module and self._nearest_function(load) is not None:
            return isinstance(block, ast.Module)
        around = [load, *self.scopes.ancestors(load)]
        if block not in around:
            return False
        follower = around[around.index(block) - 1]
        for name in ("body", "orelse", "finalbody"):
            body = getattr(block, name, [])
            if isinstance(body, list) and statement in body:
                return follower in body and body.index(statement) < body.index(follower)
        return False

    def _follows_test(self, named: ast.NamedExpr, load: ast.Name, owner: Scope) -> bool:
        """Whether a name is read after `if (name := ...):` has bound it."""
        statement = self.scopes.parent.get(named)
        if not isinstance(statement, ast.If) or statement.test is not named:
            return False
        if self._nearest_function(load) is not self._nearest_function(named):
            return False
        around = [load, *self.scopes.ancestors(load)]
        if statement in around:
            return named not in around
        block = self.scopes.parent[statement]
        if block not in around:
            return False
        follower = around[around.index(block) - 1]
        bodies = [getattr(block, name, []) for name in ("body", "orelse", "finalbody")]
        return any(
            statement in body and follower in body and body.index(statement) < body.index(follower)
            for body in bodies
            if isinstance(body, list)
        )

    def _nearest_function(self, node: ast.AST) -> ast.AST | None:
        scope: Scope | None = self.scopes.within.get(node)
        while scope is not None and scope.kind in ("comprehension", "class"):
            scope = scope.parent
        return scope.node if scope is not None and scope.kind == "function" else None

    def _is_plain(self, function: ast.FunctionDef) -> bool:
        return all(self.qualified(each) in _CACHES for each in function.decorator_list)

    def _attribute(self, node: ast.Attribute) -> ast.expr | None:
        """What `Class.x`, or `self._x` that is set once, is bound to."""
        if not isinstance(node.value, ast.Name):
            return None
        name = node.attr
        if self.setting.is_elsewhere(name) or self.is_named(name) or self.opens_attributes:
            return None
        stores = self.attribute_stores.get(name, [])
        holders = [
            scope for scope in self.scopes.all if scope.kind == "class" and name in scope.bindings
        ]
        definition = self.class_of(node.value)
        if definition is None or not self.is_ordinary(definition):
            return None
        if name.startswith("__") and self._class_around(node) is not definition:
            return None
        if not stores and len(holders) == 1 and holders[0].node is definition:
            return self._member(definition, name)
        if len(stores) == 1 and not holders and name.startswith("_"):
            return self._set_once(stores[0], definition)
        return None

    @cached_property
    def opens_attributes(self) -> bool:
        """Whether the module reaches attributes without naming them."""
        if self.dynamic & {"setattr", "vars", "delattr"} or "__dict__" in self.attributes:
            return True
        return any(
            isinstance(call, ast.Call)
            and not (len(call.args) > 1 and isinstance(call.args[1], ast.Constant))
            for name in ("getattr", "hasattr")
            for load in self.scopes.module.loads.get(name, ())
            for call in [self.scopes.parent.get(load)]
        )

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The attributes that the module names."""
        return frozenset(n.attr for n in ast.walk(self.tree) if isinstance(n, ast.Attribute))

    def class_of(self, name: ast.Name) -> ast.ClassDef | None:
        """The class that `Class`, or the first parameter of its methods, refers to."""
        owner = self.scopes.owner.get(name)
        bindings = owner.bindings.get(name.id, []) if owner else []
        if owner is None or len(bindings) != 1:
            return None
        match bindings[0], owner.node:
            case ast.ClassDef() as definition, _:
                return definition
            case ast.arg() as argument, ast.FunctionDef() | ast.AsyncFunctionDef() as function:
                around = self.scopes.parent.get(function)
                first = [*function.args.posonlyargs, *function.args.args][:1]
                is_static = any(dotted(each) == "staticmethod" for each in function.decorator_list)
                is_method = isinstance(around, ast.ClassDef) and first == [argument]
                return around if is_method and not is_static else None  # type: ignore[return-value]
            case _:
                return None

    def is_ordinary(self, definition: ast.ClassDef) -> bool:
        """Whether attributes of a class mean what they say: nothing makes fields of them."""
        if definition.decorator_list or definition.keywords:
            return False
        if any(
            isinstance(each, ast.FunctionDef) and each.name in _HOOKS for each in definition.body
        ):
            return False
        for base in definition.bases:
            above = self.class_of(base) if isinstance(base, ast.Name) else None
            if self.qualified(base) != "object" and (
                above is None or above is definition or not self.is_ordinary(above)
            ):
                return False
        return True

    def _set_once(self, store: ast.Attribute, definition: ast.ClassDef) -> ast.expr | None:
        """The value that `__init__` of a class gives to `self._x`, for certain."""
        statement = self.scopes.parent.get(store)
        function = self.scopes.parent.get(statement) if statement is not None else None
        if (
            not isinstance(function, ast.FunctionDef)
            or function.name != "__init__"
            or self.scopes.parent.get(function) is not definition
            or not isinstance(store.value, ast.Name)
            or self.class_of(store.value) is not definition
            or self._is_initialised_elsewhere(definition)
        ):
            return None
        match statement:
            case ast.Assign(targets=[_], value=value) | ast.AnnAssign(value=ast.expr() as value):
                return value
            case _:
                return None

    def _is_initialised_elsewhere(self, definition: ast.ClassDef) -> bool:
        """Whether a class below has its own `__init__`, which may not call that of this one."""
        return any(
            isinstance(node, ast.ClassDef)
            and any(isinstance(b, ast.Name) and b.id == definition.name for b in node.bases)
            and any(isinstance(e, ast.FunctionDef) and e.name == "__init__" for e in node.body)
            for node in ast.walk(self.tree)
        )

    @cached_property
    def attribute_stores(self) -> Mapping[str, list[ast.Attribute]]:
        """Where attributes are assigned or deleted, by name."""
        found: dict[str, list[ast.Attribute]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                found.setdefault(node.attr, []).append(node)
        return found

    def is_settings(self, node: ast.expr) -> bool:
        """Whether an expression is one of the policy's settings objects."""
        name, written = self.qualified(node), dotted(node)
        return any(
            each == wanted or each.endswith(f".{wanted}")
            for wanted in self.setting.settings_objects
            for each in (name, written)
            if each
        )

    def _imported(self, binding: ast.AST) -> str:
        """The dotted name that an import binds; nothing for other bindings."""
        statement = self.scopes.parent.get(binding)
        match binding, statement:
            case ast.alias(), ast.Import():
                return binding.name if binding.asname else binding.name.partition(".")[0]
            case ast.alias(), ast.ImportFrom():
                return f"{self.imported_from(statement)}.{binding.name}"
            case _:
                return ""

    def imported_from(self, statement: ast.Import | ast.ImportFrom) -> str:
        """The dotted name of the module that a `from` imports from, also where it is relative."""
        if isinstance(statement, ast.Import):
            return ""
        setting = self.setting
        return absolute(statement, setting.module, is_package=setting.is_package)


def _meant(flag: Retired, final: list[object], other: list[object], unset: list[object]) -> Outcome:
    """What an expression gives for a boolean flag whose variable may be spelled in several ways.

    All spellings of the value that it understands agree, and those of the other value or an unset
    variable differ; or it tells one spelling of a value from all of the other, as `== "1"` does.
    """
    agreed = all(_equal(each, final[0]) for each in final)
    if agreed and any(not _equal(each, final[0]) for each in other):
        if all(not _equal(each, final[0]) for each in other):
            return _literal(final[0])
    elif agreed and flag.value is True and all(not _equal(each, final[0]) for each in unset):
        return _literal(final[0])
    if not all(isinstance(each, bool) for each in (*final, *other)):
        return None
    on, off = (final, other) if flag.value else (other, final)
    for polarity in (True, False):
        tells_on = polarity in on and set(off) == {not polarity}
        tells_off = set(on) == {polarity} and (not polarity) in off
        if tells_on or tells_off:
            return (bool(flag.value) == polarity,)
    return None


def _is_mutable(node: ast.AST | None) -> bool:
    return isinstance(node, ast.List | ast.Set | ast.Dict) or (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("list", "set", "dict")
    )


def _equal(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _literal(value: object) -> Outcome:
    if isinstance(value, bool | int | str) or value is None:
        return (value,)
    return None


def _argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    if 0 <= position < len(call.args) and not any(
        isinstance(each, ast.Starred) for each in call.args
    ):
        return call.args[position]
    return None


def _strings(tree: ast.Module) -> Iterator[str]:
    """The names that strings of a module reach: dotted ones, and those given to what looks up."""
    is_open = False
    plain: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                plain.append(text)
                if _DOTTED.fullmatch(text):
                    yield re.split(r"[.:]", text)[-1]
                yield from _FORMATTED.findall(text)
            case ast.Call() if dotted(node.func).rpartition(".")[2] in _LOOKING_UP:
                names = [each for each in node.args if isinstance(each, ast.Constant)]
                is_open = is_open or not any(isinstance(each.value, str) for each in names)
                yield from _texts(node.args)
            case ast.Subscript(value=ast.Call() | ast.Attribute(attr="__dict__")):
                yield from _texts([node.slice])
            case ast.Compare(comparators=[ast.Call()]):
                yield from _texts([node.left])
    if is_open:
        yield from plain


def _exported(tree: ast.Module) -> Iterator[str]:
    """The names in `__all__`, however it is put together."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or hasattr(node, "body"):
            continue
        parts = list(ast.walk(node))
        if any(isinstance(each, ast.Name) and each.id == "__all__" for each in parts):
            yield from _texts(parts)


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
