"""Computing what an expression is, given what a flag's environment variable holds.

A small interpreter of pure Python: constants, operators, methods of strings, the usual helpers
(`int`, `json.loads`, strtobool) and functions of the module itself that are made of these. What it
does not know is `UnknownError`; nothing of the repository is ever run.
"""

import ast
import json
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from govcheck.python.folding.flags import Constant

_MAX_STEPS = 2_000
_MAX_DEPTH = 30
_MAX_TEXT = 10_000


class UnknownError(Exception):
    """The value is not known, or not to be computed."""


class NeedsError(Exception):
    """The value depends on a flag's variable, which this run was not told."""

    def __init__(self, flag: str) -> None:
        super().__init__(flag)
        self.flag = flag


class RaisedError(Exception):
    """The program itself would raise an exception here."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _ReturnedError(Exception):
    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


@dataclass(frozen=True, slots=True)
class EnvironmentRead:
    """A read of an environment variable: its name, and what it falls back to.

    `test` tells that it only asks whether the variable is set (True) or not set (False).
    """

    name: ast.expr
    default: ast.expr | None = None
    raises: bool = False
    test: bool | None = None


class Names(Protocol):
    """What the interpreter asks of the module."""

    def qualified(self, node: ast.AST) -> str:
        """The dotted name of what an expression refers to, or nothing."""

    def environment_read(self, node: ast.expr) -> EnvironmentRead | None:
        """The read that an expression is, if it is one."""

    def decided(self, node: ast.expr, *, truth: bool = False) -> tuple[Constant] | None:
        """The value, or the truth, of an expression that a flag decides by itself."""

    def bound_to(self, node: ast.expr) -> ast.AST | None:
        """What the only binding of a name or attribute gives it: an expression or a function."""

    def is_flag(self, name: str) -> bool:
        """Whether an environment variable is a retired flag's."""

    def home(self, function: ast.FunctionDef) -> "Names":
        """The module that a function is in."""


def _modulo(left: Any, right: Any) -> object:
    if isinstance(left, str):
        raise UnknownError
    return left % right


_BINARY: Mapping[type, Callable[[Any, Any], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mod: _modulo,
    ast.FloorDiv: operator.floordiv,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_COMPARISONS: Mapping[type, Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: operator.contains(other, one),
    ast.NotIn: lambda one, other: not operator.contains(other, one),
}
_TEXT_METHODS = (
    "lower", "upper", "strip", "lstrip", "rstrip", "casefold", "capitalize", "title", "startswith",
    "endswith", "removeprefix", "removesuffix", "replace", "isdigit", "isdecimal", "isnumeric",
    "isalpha", "split",
)  # fmt: skip

_TYPES: Mapping[str, type] = {
    "bool": bool, "int": int, "float": float, "str": str, "tuple": tuple, "list": list,
    "set": set, "frozenset": frozenset,
}  # fmt: skip
_TRUE = ("y", "yes", "t", "true", "on", "1")
_FALSE = ("n", "no", "f", "false", "off", "0")


def strtobool(value: str) -> int:
    """`distutils.util.strtobool`, which Python 3.12 no longer has."""
    if value.lower() in _TRUE:
        return 1
    if value.lower() in _FALSE:
        return 0
    raise ValueError(value)


_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    **_TYPES,
    "len": len,
    "any": any,
    "all": all,
    "json.loads": json.loads,
    "ast.literal_eval": ast.literal_eval,
    "typing.cast": lambda _, value: value,
    "distutils.util.strtobool": strtobool,
    "setuptools._distutils.util.strtobool": strtobool,
}


class Interpreter:
    """Evaluates expressions where each flag's variable holds what `world` says (None: unset).

    `is_derived` tells whether a flag had a say in what was evaluated so far, `reads` how often a
    variable was read.
    """

    def __init__(self, names: Names, world: Mapping[str, str | None]) -> None:
        self.names = names
        self.world = world
        self.is_derived = False
        self.reads = 0
        self._steps = 0
        self._depth = 0

    def evaluate(self, node: ast.expr, local: Mapping[str, object] | None = None) -> object:
        """The value of an expression; `local` are the names of the function it is in.

        Raises:
            UnknownError: it is not known.
            NeedsError: it needs a flag that the world does not tell.
            RaisedError: evaluating it raises an exception.
        """
        self._steps += 1
        self._depth += 1
        if self._steps > _MAX_STEPS or self._depth > _MAX_DEPTH:
            raise UnknownError
        try:
            value = self._evaluate(node, local)
        except (RecursionError, MemoryError) as error:
            raise UnknownError from error
        except (ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, SyntaxError,
                AttributeError, OverflowError) as error:  # fmt: skip
            raise RaisedError(type(error).__name__) from error
        finally:
            self._depth -= 1
        if isinstance(value, str | bytes | list | tuple) and len(value) > _MAX_TEXT:
            raise UnknownError
        return value

    def _evaluate(self, node: ast.expr, local: Mapping[str, object] | None) -> object:
        if local is None and (decided := self.names.decided(node)) is not None:
            self.is_derived = True
            return decided[0]
        if (read := self.names.environment_read(node)) is not None:
            return self._read(read, local)
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return value
            case ast.Name() if local is not None and node.id in local:
                return local[node.id]
            case ast.Name() | ast.Attribute():
                return self._reference(node)
            case ast.Call():
                return self._call(node, local)
            case ast.Tuple():
                return tuple(self.evaluate(each, local) for each in node.elts)
            case ast.List():
                return [self.evaluate(each, local) for each in node.elts]
            case ast.Set():
                return {self.evaluate(each, local) for each in node.elts}
            case ast.Dict() if None not in node.keys:
                keys = [self.evaluate(key, local) for key in node.keys if key is not None]
                return dict(zip(keys, [self.evaluate(v, local) for v in node.values], strict=True))
            case ast.Subscript(slice=ast.Slice()):
                raise UnknownError
            case ast.Subscript():
                return self.evaluate(node.value, local)[self.evaluate(node.slice, local)]  # type: ignore[index]
            case ast.UnaryOp(op=ast.Not()):
                return not self._truth(node.operand, local)
            case ast.UnaryOp(op=ast.USub()):
                return -self.evaluate(node.operand, local)  # type: ignore[operator]
            case ast.BinOp() if type(node.op) in _BINARY:
                left, right = self.evaluate(node.left, local), self.evaluate(node.right, local)
                return _BINARY[type(node.op)](left, right)
            case ast.BoolOp():
                return self._boolean(node, local)
            case ast.IfExp():
                chosen = node.body if self._truth(node.test, local) else node.orelse
                return self.evaluate(chosen, local)
            case ast.Compare():
                return self._compare(node, local)
            case ast.NamedExpr() if local is None:
                return self.evaluate(node.value)
            case _:
                raise UnknownError

    def _read(self, read: EnvironmentRead, local: Mapping[str, object] | None) -> object:
        name = self.evaluate(read.name, local)
        if not isinstance(name, str) or not self.names.is_flag(name):
            raise UnknownError
        if name not in self.world:
            raise NeedsError(name)
        self.is_derived = True
        self.reads += 1
        value = self.world[name]
        if read.test is not None:
            return (value is not None) == read.test
        if value is not None:
            if read.default is not None:
                self._must_be_pure(read.default, local)
            return value
        if read.raises:
            raise RaisedError("KeyError")
        return self.evaluate(read.default, local) if read.default is not None else None

    def _must_be_pure(self, node: ast.expr, local: Mapping[str, object] | None) -> None:
        """A default that is not used is still evaluated, so it must do nothing."""
        try:
            self.evaluate(node, local)
        except NeedsError:
            pass
        except RaisedError as error:
            raise UnknownError from error

    def _reference(self, node: ast.Name | ast.Attribute) -> object:
        bound = self.names.bound_to(node)
        if isinstance(bound, ast.expr):
            return self.evaluate(bound)
        if isinstance(bound, ast.Try):
            return self._tried(bound)
        raise UnknownError

    def _tried(self, node: ast.Try) -> object:
        """The value that `try: X = ... except ...: X = ...` gives to X."""
        try:
            return self.evaluate(_assigned(node.body))
        except RaisedError as error:
            for handler in node.handlers:
                if handler.type is None or self._catches(handler.type, error.name):
                    return self.evaluate(_assigned(handler.body))
            raise

    def _catches(self, node: ast.expr, name: str) -> bool:
        kinds = node.elts if isinstance(node, ast.Tuple) else [node]
        caught = {self.names.qualified(kind) for kind in kinds}
        groups = {"KeyError": "LookupError", "IndexError": "LookupError"}
        return bool(caught & {name, groups.get(name, name), "Exception", "BaseException"})

    def _boolean(self, node: ast.BoolOp, local: Mapping[str, object] | None) -> object:
        is_and = isinstance(node.op, ast.And)
        for operand in node.values[:-1]:
            if self._decided_truth(operand, local) is is_and:
                continue
            value = self.evaluate(operand, local)
            if bool(value) != is_and:
                return value
        return self.evaluate(node.values[-1], local)

    def _truth(self, node: ast.expr, local: Mapping[str, object] | None) -> bool:
        decided = self._decided_truth(node, local)
        return bool(self.evaluate(node, local)) if decided is None else decided

    def _decided_truth(self, node: ast.expr, local: Mapping[str, object] | None) -> bool | None:
        decided = self.names.decided(node, truth=True) if local is None else None
        if decided is None:
            return None
        self.is_derived = True
        return bool(decided[0])

    def _compare(self, node: ast.Compare, local: Mapping[str, object] | None) -> object:
        left = self.evaluate(node.left, local)
        result: object = True
        for sign, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(right_node, local)
            match sign:
                case ast.Is() | ast.IsNot():
                    if not {type(left), type(right)} <= {bool, type(None)} and None not in (
                        left,
                        right,
                    ):
                        raise UnknownError
                    result = (left is right) == isinstance(sign, ast.Is)
                case _:
                    result = _COMPARISONS[type(sign)](left, right)
            if not result:
                break
            left = right
        return result

    def _call(self, node: ast.Call, local: Mapping[str, object] | None) -> object:
        if any(isinstance(each, ast.Starred) for each in node.args):
            raise UnknownError
        function = node.func
        name = self.names.qualified(function)
        if name == "isinstance" and len(node.args) == 2:
            kind = _TYPES.get(self.names.qualified(node.args[1]))
            if kind is None:
                raise UnknownError
            return isinstance(self.evaluate(node.args[0], local), kind)
        if name in _FUNCTIONS:
            first = 1 if name == "typing.cast" else 0
            given = [None] * first + [self.evaluate(each, local) for each in node.args[first:]]
            if node.keywords:
                raise UnknownError
            return _FUNCTIONS[name](*given)
        if isinstance(function, ast.Attribute) and function.attr in (*_TEXT_METHODS, "get"):
            owner = self.evaluate(function.value, local)
            wanted = dict if function.attr == "get" else str
            if not isinstance(owner, wanted) or node.keywords:
                raise UnknownError
            arguments = [self.evaluate(each, local) for each in node.args]
            method: Callable[..., object] = getattr(owner, function.attr)
            return method(*arguments)
        bound = self.names.bound_to(function)
        if isinstance(bound, ast.FunctionDef):
            return self._apply(bound, node, local)
        raise UnknownError

    def _apply(
        self, function: ast.FunctionDef, call: ast.Call, local: Mapping[str, object] | None
    ) -> object:
        """What a function of the module returns, if its body is pure.

        Calls of a public function stay, unless it is given the flag, by value or by name.
        """
        was_derived, self.is_derived = self.is_derived, False
        parameters = function.args
        is_generator = any(isinstance(e, ast.Yield | ast.YieldFrom) for e in ast.walk(function))
        if parameters.vararg or parameters.kwarg or is_generator:
            raise UnknownError
        positional = [*parameters.posonlyargs, *parameters.args]
        if len(call.args) > len(positional):
            raise UnknownError
        values: dict[str, object] = {}
        for parameter, argument in zip(positional, call.args, strict=False):
            values[parameter.arg] = self.evaluate(argument, local)
        known = {each.arg for each in (*parameters.args, *parameters.kwonlyargs)}
        for keyword in call.keywords:
            if keyword.arg not in known:
                raise UnknownError
            values[keyword.arg] = self.evaluate(keyword.value, local)
        defaults = dict(zip(reversed(positional), reversed(parameters.defaults), strict=False))
        others = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
        defaults.update((parameter, default) for parameter, default in others if default)
        for parameter, default in defaults.items():
            if parameter.arg not in values:
                values[parameter.arg] = self.evaluate(default)
        if len(values) != len(positional) + len(parameters.kwonlyargs):
            raise UnknownError
        names_flag = any(
            isinstance(each, str) and self.names.is_flag(each) for each in values.values()
        )
        is_given = self.is_derived or names_flag or function.name.startswith("_")
        if local is None and not is_given:
            raise UnknownError
        self.is_derived = self.is_derived or was_derived
        home = self.names.home(function)
        there = self if home is self.names else Interpreter(home, self.world)
        there._steps, there._depth = self._steps, self._depth
        try:
            there._run(function.body, values)
        except _ReturnedError as returned:
            return returned.value
        finally:
            self._steps = there._steps
            if there is not self:
                self.reads += there.reads
                self.is_derived = self.is_derived or there.is_derived
        return None

    def _run(self, body: Iterable[ast.stmt], local: dict[str, object]) -> None:
        for statement in body:
            self._steps += 1
            match statement:
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    pass
                case ast.Assign(targets=[ast.Name(id=name)]):
                    local[name] = self.evaluate(statement.value, local)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    local[name] = self.evaluate(value, local)
                case ast.If():
                    chosen = statement.body if self.evaluate(statement.test, local) else (
                        statement.orelse
                    )  # fmt: skip
                    self._run(chosen, local)
                case ast.Return():
                    given = statement.value
                    raise _ReturnedError(self.evaluate(given, local) if given else None)
                case ast.Raise(exc=ast.expr() as raised):
                    called = raised.func if isinstance(raised, ast.Call) else raised
                    raise RaisedError(self.names.qualified(called))
                case ast.Try(orelse=[], finalbody=[]):
                    self._try(statement, local)
                case _:
                    raise UnknownError

    def _try(self, statement: ast.Try, local: dict[str, object]) -> None:
        try:
            self._run(statement.body, local)
        except RaisedError as error:
            for handler in statement.handlers:
                if handler.type is None or self._catches(handler.type, error.name):
                    self._run(handler.body, local)
                    return
            raise


def _assigned(body: list[ast.stmt]) -> ast.expr:
    """The value of the assignment that a block consists of."""
    match body:
        case [ast.Assign(value=value)] | [ast.AnnAssign(value=ast.expr() as value)]:
            return value
        case _:
            raise UnknownError
