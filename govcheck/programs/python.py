"""What a Python program takes, read from its source: argparse, click and typer.

The source is followed as the program would run it, from its first statement, as far as that builds
parsers: assignments, calls of functions of the repository (also in other files), loops over what is
written out. Whatever is met that cannot be followed leaves the program's options open.
"""

import ast
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from govcheck.document import Document
from govcheck.programs.interface import Interface, Option, Takes
from govcheck.programs.modules import Modules, modules
from govcheck.repo import Repo

_MAX_STEPS = 60_000
_MAX_DEPTH = 30
_MAX_FILES = 80
_MAX_TURNS = 200
# One for each beginning: a search is quick where all that is looked for begins alike.
_BUILDS = tuple(
    map(
        re.compile,
        (r"ArgumentParser", r"arg(?:ument)?_?[Pp]arse", r"parse\w*_args", r"click\b(?<=\bclick)",
         r"typer\b(?<=\btyper)", r"--(?<=[\"']--)[a-z]", r"def \w*main\b", r"import \w*main\b",
         r"return \w*main\b"),
    )
)  # fmt: skip

_ADDS_COMMANDS = re.compile(r"\.(?:command|group|callback|add_command|add_typer)\(")
_PLAIN_METHODS = frozenset(
    {"error", "exit", "print_help", "print_usage", "format_help", "format_usage", "set_defaults",
     "get_default", "convert_arg_line_to_args"}
)  # fmt: skip
_HARMLESS = frozenset(
    {"argcomplete.autocomplete", "print", "isinstance", "id", "repr", "str", "bool", "sys.exit",
     "exit", "hasattr", "len", "type"}
)  # fmt: skip
_GROUPS = frozenset({"add_argument_group", "add_mutually_exclusive_group"})
_NO_VALUE = frozenset(
    {"store_true", "store_false", "store_const", "append_const", "count", "help", "version"}
)
_PARSERS = frozenset({"argparse.ArgumentParser"})


class _TooMuchError(Exception):
    """The source is more than is read of a program."""


@dataclass(frozen=True)
class _Known:
    """A constant."""

    value: Any


@dataclass(frozen=True)
class _External:
    """Something outside the repository, by its dotted name."""

    name: str


@dataclass(frozen=True)
class _Import:
    """A name that another module defines; without a name, the module itself."""

    module: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class _Argv:
    """The words that the program was called with; `whole` with its own name in front."""

    whole: bool = False


@dataclass(eq=False)
class _Parser:
    """An argparse parser, or one of its groups."""

    interface: Interface


@dataclass(eq=False)
class _Subparsers:
    interface: Interface


@dataclass(eq=False)
class _Command:
    """A command or group of click or typer; `names` are those that it may have by itself."""

    interface: Interface
    is_group: bool = False
    is_typer: bool = False
    is_callback: bool = False
    has_groups: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Decorator:
    """What decorates a function: an option, an argument, or what makes it a command."""

    kind: str
    names: tuple[str, ...] = ()
    option: Option = field(default_factory=Option)
    group: "_Command | None" = None
    name: str | None = None
    open: str = ""


@dataclass(eq=False)
class _Function:
    file: "_File"
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: "dict[str, Any]"
    receiver: Any = None
    decorators: tuple[_Decorator, ...] = ()


@dataclass(eq=False)
class _Class:
    file: "_File"
    node: ast.ClassDef
    scope: "dict[str, Any]"


@dataclass(eq=False)
class _Instance:
    made_of: _Class
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Method:
    of: Any
    name: str


@dataclass(eq=False)
class _File:
    document: Document
    module: str
    tree: ast.Module
    names: dict[str, Any] = field(default_factory=dict)
    is_run: bool = False


@dataclass(eq=False)
class _Module:
    name: str


def interface_of_file(repo: Repo, path: str) -> Interface | None:
    """What a Python file takes when it is run; None where that is not known."""
    return _Reader(repo).run_file(path)


def interface_of_object(repo: Repo, entry: str) -> Interface | None:
    """What the console script takes that an entry point `module:object` describes."""
    return _Reader(repo).run_object(entry)


class _Reader:
    """Follows one program."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.modules: Modules = repo.view(modules)
        self.files: dict[str, _File | None] = {}
        self.used: list[Interface] = []
        self.imported: dict[str, None] = {}
        self.is_open = ""
        self.steps = 0
        self.depth = 0
        self.at = ""

    def run_file(self, path: str) -> Interface | None:
        try:
            file = self._file(path)
            if file is None:
                return None
            self._run(file, is_main=True)
            return self._result()
        except (_TooMuchError, RecursionError):
            return None

    def run_object(self, entry: str) -> Interface | None:
        name, _, attributes = entry.partition(":")
        try:
            value = self._lookup(name, attributes.partition(".")[0])
            for attribute in attributes.split(".")[1:]:
                value = self._attribute(value, attribute)
            self._call(value, [], {}, is_entry=True)
            return self._result()
        except (_TooMuchError, RecursionError):
            return None

    def _result(self) -> Interface | None:
        used = list({id(each): each for each in self.used}.values())
        if len(used) != 1:
            return None
        found = used[0]
        if self.is_open:
            found.open = found.open or self.is_open
        return found

    # Files and names.

    def _file(self, path: str) -> _File | None:
        if path not in self.files:
            if len(self.files) >= _MAX_FILES:
                raise _TooMuchError
            self.files[path] = self._parsed(path)
        return self.files[path]

    def _parsed(self, path: str) -> _File | None:
        document = self.repo.document(path)
        tree = document.view(_tree) if document is not None else None
        if document is None or tree is None:
            return None
        return _File(document, self.modules.name_of(path), tree)

    def _run(self, file: _File, *, is_main: bool = False) -> None:
        """Execute the statements of a module, once."""
        if file.is_run:
            return
        file.is_run = True
        file.names["__name__"] = _Known("__main__" if is_main else file.module)
        self._block(file.tree.body, file, file.names)

    def _lookup(self, module: str, name: str) -> Any:
        """A name of a module: of the repository, or from outside."""
        path = self.modules.find(module, *self._beside) if module else None
        if path is None:
            return _External(f"{module}.{name}" if name else module)
        if not name:
            return _Module(module)
        is_package = path.endswith("__init__.py")
        if path.endswith(".py") and (is_package or name.isupper() or self._matters(path)):
            file = self._file(path)
        else:
            file = None
        if file is not None:
            self._run(file)
            if name in file.names:
                return self._resolved(file.names[name])
        if self.modules.find(f"{module}.{name}", *self._beside) is not None:
            return _Module(f"{module}.{name}")
        return None

    def _matters(self, path: str) -> bool:
        """Whether a file may have to do with parsers; most have not, and need not be read."""
        document = self.repo.document(path)
        return document is not None and document.view(_may_build)

    @property
    def _beside(self) -> tuple[str, ...]:
        """The folder of the script, from which Python imports first."""
        first = next(iter(self.files), "")
        folder = posixpath.dirname(first)
        return (f"{folder}/",) if folder else ()

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, _Import):
            return self._lookup(value.module, value.name)
        return value

    # Statements.

    def _block(self, body: Iterable[ast.stmt], file: _File, scope: dict[str, Any]) -> Any:
        """Execute statements, all branches alike; what they return first."""
        returned = None
        for statement in body:
            said = self._statement(statement, file, scope)
            returned = returned if returned is not None else said
        return returned

    def _statement(self, node: ast.stmt, file: _File, scope: dict[str, Any]) -> Any:
        self._step()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scope[node.name] = self._defined(node, file, scope)
            case ast.ClassDef():
                scope[node.name] = _Class(file, node, scope)
            case ast.Import():
                for alias in node.names:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    scope[alias.asname or name] = _Import(name)
                    self.imported[alias.name] = None
            case ast.ImportFrom():
                self._import(node, file, scope)
            case ast.Return():
                return self._value(node.value, file, scope) if node.value else None
            case ast.Assign():
                value = self._value(node.value, file, scope)
                for target in node.targets:
                    self._assign(target, value, file, scope)
            case ast.AnnAssign() if node.value is not None:
                value = self._value(node.value, file, scope)
                self._assign(node.target, value, file, scope)
            case ast.AugAssign():
                self._escape(self._value(node.value, file, scope), "it is added to something")
                self._assign(node.target, None, file, scope)
            case ast.If() if _is_for_types(node.test):
                return self._block(node.orelse, file, scope)
            case ast.If():
                value = self._value(node.test, file, scope)
                if isinstance(value, _Known) and _decides(node.test):
                    return self._block(node.body if value.value else node.orelse, file, scope)
                first = self._block(node.body, file, scope)
                second = self._block(node.orelse, file, scope)
                return first if first is not None else second
            case ast.For() | ast.AsyncFor():
                return self._for(node, file, scope)
            case ast.While():
                self._value(node.test, file, scope)
                return self._block([*node.body, *node.orelse], file, scope)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self._value(item.context_expr, file, scope)
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, value, file, scope)
                return self._block(node.body, file, scope)
            case ast.Try():
                handled = [each for handler in node.handlers for each in handler.body]
                body = [*node.body, *node.orelse, *node.finalbody]
                first = self._block(body, file, scope)
                # What an import that fails is replaced by is nothing that we know.
                if not any(isinstance(each, ast.Import | ast.ImportFrom) for each in node.body):
                    second = self._block(handled, file, scope)
                    return first if first is not None else second
                return first
            case ast.Match():
                self._value(node.subject, file, scope)
                said = [self._block(case.body, file, scope) for case in node.cases]
                return next((each for each in said if each is not None), None)
            case ast.Expr():
                self._value(node.value, file, scope)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._escape(self._value(child, file, scope), "it is used otherwise")
        return None

    def _import(self, node: ast.ImportFrom, file: _File, scope: dict[str, Any]) -> None:
        source = node.module or ""
        if node.level:
            parts = file.module.split(".")
            is_package = file.document.path.endswith("__init__.py")
            package = parts[: len(parts) - node.level + is_package]
            source = ".".join([*package, *([source] if source else [])])
        self.imported[source] = None
        for alias in node.names:
            self.imported[f"{source}.{alias.name}"] = None
            if alias.name == "*":
                path = self.modules.find(source, *self._beside)
                other = self._file(path) if path and path.endswith(".py") else None
                if other is not None:
                    self._run(other)
                    scope.update((k, v) for k, v in other.names.items() if k[:1] != "_")
            else:
                scope[alias.asname or alias.name] = _Import(source, alias.name)

    def _for(self, node: ast.For | ast.AsyncFor, file: _File, scope: dict[str, Any]) -> Any:
        value = self._value(node.iter, file, scope)
        turns: Sequence[Any] | None = _items(value)
        if turns is None:
            turns = [None]
            self._scanned(value)
        if len(turns) > _MAX_TURNS:
            raise _TooMuchError
        returned = None
        for turn in turns:
            self._assign(node.target, turn, file, scope)
            said = self._block(node.body, file, scope)
            returned = returned if returned is not None else said
        said = self._block(node.orelse, file, scope)
        return returned if returned is not None else said

    def _assign(self, target: ast.expr, value: Any, file: _File, scope: dict[str, Any]) -> None:
        match target:
            case ast.Name():
                scope[target.id] = value
            case ast.Tuple() | ast.List():
                parts: Sequence[Any] = _items(value) or ()
                if len(parts) != len(target.elts):
                    parts = [None] * len(target.elts)
                for inner, part in zip(target.elts, parts, strict=True):
                    self._assign(inner, part, file, scope)
            case ast.Attribute():
                owner = self._value(target.value, file, scope)
                if isinstance(owner, _Instance):
                    owner.attributes[target.attr] = value
                elif isinstance(owner, _Parser) and target.attr in _ASSIGNABLE:
                    return
                else:
                    self._escape(owner, "its attributes are set")
                    self._escape(value, "it is kept in an attribute")
            case ast.Subscript(value=ast.Name() as changed):
                self._escape(value, "it is kept somewhere")
                before, at = scope.get(changed.id), self._value(target.slice, file, scope)
                if isinstance(before, _Known):
                    scope[changed.id] = None
                    is_named = isinstance(at, _Known) and isinstance(at.value, str)
                    if is_named and isinstance(before.value, dict):
                        said = value.value if isinstance(value, _Known) else _OPAQUE
                        scope[changed.id] = _Known({**before.value, at.value: said})
            case _:
                self._escape(value, "it is kept somewhere")

    # Expressions.

    def _value(self, node: ast.expr, file: _File, scope: dict[str, Any]) -> Any:
        self._step()
        match node:
            case ast.Constant():
                return _Known(node.value)
            case ast.Name():
                return self._name(node.id, file, scope)
            case ast.Attribute():
                return self._attribute(self._value(node.value, file, scope), node.attr)
            case ast.Call():
                return self._called(node, file, scope)
            case ast.Await():
                return self._value(node.value, file, scope)
            case ast.NamedExpr():
                value = self._value(node.value, file, scope)
                self._assign(node.target, value, file, scope)
                return value
            case ast.Tuple() | ast.List():
                return self._listed(node.elts, file, scope)
            case ast.Dict():
                return self._dict(node, file, scope)
            case ast.IfExp():
                self._value(node.test, file, scope)
                return self._either([node.body, node.orelse], file, scope)
            case ast.BoolOp():
                return self._either(node.values, file, scope)
            case ast.Compare():
                return self._compared(node, file, scope)
            case ast.Subscript():
                return self._subscript(node, file, scope)
            case ast.Lambda():
                return _Function(file, node, scope)
            case ast.JoinedStr():
                parts = [
                    self._value(e.value if isinstance(e, ast.FormattedValue) else e, file, scope)
                    for e in node.values
                ]
                if all(isinstance(part, _Known) for part in parts):
                    return _Known("".join(str(part.value) for part in parts))
                return None
            case ast.BinOp(op=ast.Add()):
                left = self._value(node.left, file, scope)
                right = self._value(node.right, file, scope)
                return _added(left, right)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node, file, scope)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._escape(self._value(child, file, scope), "it is part of something")
                return None

    def _name(self, name: str, file: _File, scope: dict[str, Any]) -> Any:
        outer: dict[str, Any] | None = scope
        while outer is not None:
            if name in outer:
                return self._resolved(outer[name])
            outer = outer.get("__outer__")
        if name in file.names:
            return self._resolved(file.names[name])
        return _External(name)

    def _attribute(self, value: Any, name: str) -> Any:
        match value:
            case _External():
                if value.name == "sys" and name == "argv":
                    return _Argv(whole=True)
                return _External(f"{value.name}.{name}")
            case _Module():
                return self._lookup(value.name, name)
            case _Instance():
                if name in value.attributes:
                    return value.attributes[name]
                return self._method(value.made_of, value, name)
            case _Class():
                return self._method(value, value, name)
            case _Parser() | _Subparsers() | _Command() | _Argv() | _Function():
                return _Method(value, name)
            case _Known() if isinstance(value.value, dict | str):
                return _Method(value, name)
        return None

    def _method(self, of: _Class, receiver: Any, name: str) -> Any:
        for each in of.node.body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name:
                is_static = any(
                    isinstance(d, ast.Name) and d.id == "staticmethod" for d in each.decorator_list
                )
                given = None if is_static else receiver
                return _Function(of.file, each, of.scope, given)
            if isinstance(each, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == name for target in each.targets
            ):
                made = self._value(each.value, of.file, of.scope)
                if isinstance(made, _Parser) and _is_used(of.node, each, name):
                    made.interface.open = "the body of a class adds to it"
                return made
        for base in of.node.bases:
            value = self._value(base, of.file, of.scope)
            if isinstance(value, _Class) and value is not of:
                self._step(100)
                found = self._method(value, receiver, name)
                if found is not None:
                    return found
        return None

    def _listed(self, nodes: Iterable[ast.expr], file: _File, scope: dict[str, Any]) -> Any:
        parts: list[Any] = []
        for node in nodes:
            if not isinstance(node, ast.Starred):
                parts.append(self._value(node, file, scope))
                continue
            inner = _items(self._value(node.value, file, scope))
            if inner is None:
                for part in parts:
                    self._escape(part, "it is kept in a list")
                return None
            parts += inner
        if all(isinstance(part, _Known) for part in parts):
            return _Known(tuple(part.value for part in parts))
        return tuple(parts)

    def _dict(self, node: ast.Dict, file: _File, scope: dict[str, Any]) -> Any:
        found: dict[Any, Any] = {}
        is_known = True
        for key, value in zip(node.keys, node.values, strict=True):
            said = self._value(value, file, scope)
            self._escape(said, "it is kept in a mapping")
            name = self._value(key, file, scope) if key is not None else None
            if isinstance(name, _Known) and isinstance(said, _Known):
                try:
                    found[name.value] = said.value
                except TypeError:
                    is_known = False
            else:
                is_known = False
        return _Known(found) if is_known else None

    def _either(self, nodes: Iterable[ast.expr], file: _File, scope: dict[str, Any]) -> Any:
        """One of some values: the one that means something to us."""
        values = [self._value(each, file, scope) for each in nodes]
        for value in values:
            if isinstance(value, _Argv | _Parser | _Command):
                return value
        known = [each for each in values if each is not None]
        return known[0] if len(known) == len(values) == 1 else None

    def _compared(self, node: ast.Compare, file: _File, scope: dict[str, Any]) -> Any:
        values = [self._value(each, file, scope) for each in (node.left, *node.comparators)]
        if any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
            for value in values[1:]:
                self._scanned(value)
        if len(values) == 2 and all(isinstance(each, _Known) for each in values):
            match node.ops[0]:
                # The fields of what is made here do not change.
                case ast.Is() if isinstance(node.left, ast.Attribute):
                    return _Known(values[0].value is values[1].value)
                case ast.IsNot() if isinstance(node.left, ast.Attribute):
                    return _Known(values[0].value is not values[1].value)
                case ast.Eq():
                    return _Known(values[0].value == values[1].value)
                case ast.NotEq():
                    return _Known(values[0].value != values[1].value)
        return None

    def _subscript(self, node: ast.Subscript, file: _File, scope: dict[str, Any]) -> Any:
        value = self._value(node.value, file, scope)
        if isinstance(value, _Argv):
            match node.slice:
                case ast.Slice(lower=ast.Constant(value=1), upper=None) if value.whole:
                    return _Argv()
                case ast.Slice(lower=None, upper=None) if not value.whole:
                    return value
                case ast.Constant(value=0) if value.whole:
                    return None
            self._scanned(value)
            return None
        key = (
            self._value(node.slice, file, scope) if not isinstance(node.slice, ast.Slice) else None
        )
        if isinstance(value, _Known) and isinstance(key, _Known):
            try:
                return _Known(value.value[key.value])
            except (TypeError, KeyError, IndexError):
                return None
        self._escape(value, "it is looked up in")
        return None

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.GeneratorExp,
        file: _File,
        scope: dict[str, Any],
    ) -> Any:
        inner: dict[str, Any] = {"__outer__": scope}
        for generator in node.generators:
            value = self._value(generator.iter, file, inner)
            self._scanned(value)
            self._assign(generator.target, None, file, inner)
        self._escape(self._value(node.elt, file, inner), "it is kept in a list")
        return None

    # Calls.

    def _called(self, node: ast.Call, file: _File, scope: dict[str, Any]) -> Any:
        function = self._value(node.func, file, scope)
        given: list[Any] = []
        named: dict[str, Any] = {}
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                value = self._value(argument.value, file, scope)
                if (items := _items(value)) is not None:
                    given += items
                else:
                    named["*"] = value if value is not None else _External("*")
            else:
                given.append(self._value(argument, file, scope))
        for keyword in node.keywords:
            value = self._value(keyword.value, file, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, _Known) and isinstance(value.value, dict):
                named.update(
                    (key, None if said is _OPAQUE else _Known(said))
                    for key, said in value.value.items()
                    if isinstance(key, str)
                )
            else:
                named["**"] = _External("**")
        self.at = file.document.path
        return self._call(function, given, named)

    def _call(
        self, function: Any, given: list[Any], named: dict[str, Any], *, is_entry: bool = False
    ) -> Any:
        self._step()
        match function:
            case _External():
                return self._external(function.name, given, named)
            case _Function():
                return self._function(function, given, named, is_entry=is_entry)
            case _Class():
                return self._instantiated(function, given, named)
            case _Instance():
                return self._call(
                    self._method(function.made_of, function, "__call__"), given, named
                )
            case _Method():
                return self._of_method(function, given, named)
            case _Decorator():
                return self._decorated(given[0] if given else None, function)
            case _Command():  # a command that is called runs
                self._use(function)
                return None
        for value in (*given, *named.values()):
            self._escape(value, "something that is not known gets it")
            self._scanned(value)
        return None

    def _external(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        if name in _PARSERS:
            return self._parser(named)
        first, _, last = name.rpartition(".")
        if first in ("click", "rich_click", "asyncclick"):
            return _click(last, given, named)
        if name == "typer.Typer":
            return self._typer(named)
        if name == "typer.run" and given and isinstance(given[0], _Function):
            command = _Command(_of_signature(given[0]))
            self.used.append(command.interface)
            return None
        if name in ("functools.partial", "partial") and given:
            for value in (*given[1:], *named.values()):
                self._escape(value, "it is bound to a function")
            return None
        if name not in _HARMLESS:
            for value in (*given, *named.values()):
                self._escape(value, f"{name} gets it")
                self._scanned(value)
        return None

    def _parser(self, named: Mapping[str, Any]) -> _Parser:
        found = Interface(abbreviates=True, path=self.at)
        if not _is(named.get("add_help"), False):
            found.options |= {"-h": Option("nothing"), "--help": Option("nothing")}
        if _is(named.get("allow_abbrev"), False):
            found.abbreviates = False
        if "**" in named or "prefix_chars" in named:
            found.open = "its parser is made of what is not known"
        parents = named.get("parents")
        if parents is not None and not _is(parents, ()):
            known = parents if isinstance(parents, tuple) else ()
            if not known or not all(isinstance(each, _Parser) for each in known):
                found.open = "its parser has parents that are not known"
            for each in known:
                if isinstance(each, _Parser):
                    found.options |= each.interface.options
                    found.is_positional |= each.interface.is_positional
                    found.open = found.open or each.interface.open
        return _Parser(found)

    def _of_method(self, method: _Method, given: list[Any], named: dict[str, Any]) -> Any:
        of, name = method.of, method.name
        match of:
            case _Parser():
                return self._of_parser(of, name, given, named)
            case _Subparsers() if name == "add_parser":
                child = self._parser(named)
                label = given[0] if given else named.get("name")
                if isinstance(label, _Known) and isinstance(label.value, str):
                    of.interface.commands[label.value] = child.interface
                    aliases = named.get("aliases")
                    if isinstance(aliases, _Known):
                        for alias in aliases.value or ():
                            of.interface.commands[str(alias)] = child.interface
                    elif aliases is not None:
                        of.interface.open_commands = True
                else:
                    of.interface.open_commands = True
                return child
            case _Subparsers():
                of.interface.open_commands = True
                of.interface.open = "its subcommands are made otherwise"
            case _Command():
                return self._of_command(of, name, given, named)
            case _Known(value=dict()) if name in ("items", "keys", "values") and not given:
                listed = getattr(of.value, name)()
                return _Known(tuple(listed))
            case _Known(value=str()) if name == "split" and not given:
                return _Known(tuple(of.value.split()))
            case _Argv():
                self._scanned(of)
        for value in (*given, *named.values()):
            self._escape(value, "something that is not known gets it")
        return None

    def _of_parser(self, of: _Parser, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        found = of.interface
        if name == "add_argument":
            _add_argument(found, given, named)
        elif name in _GROUPS:
            return of
        elif name == "add_subparsers":
            return _Subparsers(found)
        elif name in ("parse_args", "parse_intermixed_args"):
            words = given[0] if given else named.get("args")
            if (
                not (words is None and not given and "args" not in named)
                and not (isinstance(words, _Argv) and not words.whole)
                and not _is(words, None)
            ):
                found.open = "it parses words that are made up"
            self.used.append(found)
        elif name in ("parse_known_args", "parse_known_intermixed_args"):
            found.open = "it leaves what it does not know to something else"
            self.used.append(found)
        elif name not in _PLAIN_METHODS:
            found.open = f"its parser's {name} is called"
        return None

    def _function(
        self, function: _Function, given: list[Any], named: dict[str, Any], *, is_entry: bool
    ) -> Any:
        """Run a function, if it may have to do with parsers."""
        values = [*given, *named.values()]
        carries = any(_holds_parser(each) for each in values)
        receiver = function.receiver
        if isinstance(receiver, _Instance):
            carries |= any(_holds_parser(each) for each in receiver.attributes.values())
        builds = function.file.document.view(_may_build)
        if not (is_entry or carries or builds or _is_thin(function.node)):
            for value in values:
                self._scanned(value)
            return None
        if carries and ("*" in named or "**" in named):
            for value in values:
                self._escape(value, "it is passed on in a list")
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _TooMuchError
        scope: dict[str, Any] = {"__outer__": function.scope}
        self._bind(function, given, named, scope)
        node = function.node
        if isinstance(node, ast.Lambda):
            said = self._value(node.body, function.file, scope)
        else:
            said = self._block(node.body, function.file, scope)
        self.depth -= 1
        return said

    def _bind(
        self, function: _Function, given: list[Any], named: dict[str, Any], scope: dict[str, Any]
    ) -> None:
        arguments = function.node.args
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        defaults = dict(zip(reversed(names), reversed(arguments.defaults), strict=False))
        defaults |= {
            each.arg: default
            for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default is not None
        }
        for name, default in defaults.items():
            scope[name] = self._value(default, function.file, function.scope)
        if function.receiver is not None:
            given = [function.receiver, *given]
        scope.update(zip(names, given, strict=False))
        for extra in given[len(names) :]:
            self._escape(extra, "it is one of many arguments")
        known = {*names, *(each.arg for each in arguments.kwonlyargs)}
        for name, value in named.items():
            if name in known:
                scope[name] = value
            elif name not in ("*", "**"):
                self._escape(value, "it is one of many arguments")

    def _instantiated(self, made_of: _Class, given: list[Any], named: dict[str, Any]) -> Any:
        kind = self._ancestor(made_of, 0)
        if kind in _PARSERS:
            parser = self._parser(named)
            defined = {
                each.name
                for each in made_of.node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            if not defined <= _PLAIN_METHODS or made_of.node.decorator_list:
                parser.interface.open = f"{made_of.node.name} makes its parser"
            return parser
        instance = _Instance(made_of)
        made = self._method(made_of, instance, "__init__")
        if made is None and self._is_record(made_of):
            self._fill(instance, given, named)
        elif isinstance(made, _Function):
            self._function(made, given, named, is_entry=False)
        else:
            for value in (*given, *named.values()):
                self._escape(value, f"{made_of.node.name} gets it")
        return instance

    def _is_record(self, made_of: _Class) -> bool:
        """Whether a class is a dataclass or named tuple, made of its fields."""
        signs = [*made_of.node.decorator_list, *made_of.node.bases]
        return any(re.search(r"\bdataclass\b|\bNamedTuple\b", ast.unparse(s)) for s in signs)

    def _fill(self, instance: _Instance, given: list[Any], named: dict[str, Any]) -> None:
        made_of = instance.made_of
        fields = [
            each
            for each in made_of.node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        ]
        names = [ast.unparse(each.target) for each in fields]
        for name, each in zip(names, fields, strict=True):
            if each.value is not None:
                instance.attributes[name] = self._value(each.value, made_of.file, made_of.scope)
        instance.attributes.update(zip(names, given, strict=False))
        instance.attributes.update(named)

    def _ancestor(self, made_of: _Class, depth: int) -> str:
        for base in made_of.node.bases:
            value = self._value(base, made_of.file, made_of.scope)
            if isinstance(value, _External):
                return value.name
            if isinstance(value, _Class) and depth < _MAX_DEPTH:
                found = self._ancestor(value, depth + 1)
                return "another" if found in _PARSERS else found
        return ""

    # Click and typer.

    def _defined(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, file: _File, scope: dict[str, Any]
    ) -> Any:
        """What a definition makes, its decorators applied from the innermost on."""
        value: Any = _Function(file, node, scope)
        for each in reversed(node.decorator_list):
            decorator = self._value(each, file, scope)
            if isinstance(decorator, _External):  # `@click.command` without parentheses
                decorator = self._external_decorator(decorator.name)
            elif isinstance(decorator, _Method) and isinstance(decorator.of, _Command):
                decorator = self._of_command(decorator.of, decorator.name, [], {})
            value = self._decorated(value, decorator)
        return value

    def _external_decorator(self, name: str) -> Any:
        first, _, last = name.rpartition(".")
        if first in ("click", "rich_click", "asyncclick") and last in ("command", "group"):
            return _click(last, [], {})
        if first in ("click", "functools", "contextlib"):
            return _Decorator("plain")
        return None

    def _use(self, command: _Command) -> None:
        """A command runs; an application of typer with one command is that command."""
        if command.is_group:
            self._import_commands()
        found = command.interface
        only = [*{id(each): each for each in found.commands.values()}.values()]
        is_alone = len(only) == 1 and not (
            command.is_callback or command.has_groups or found.open_commands
        )
        if command.is_typer and is_alone:
            found = replace(only[0], options=found.options | only[0].options)
        if command.is_group and not found.commands and not only:
            found.open = found.open or "its commands are added elsewhere"
        self.used.append(found)

    def _import_commands(self) -> None:
        """Run what is imported and adds commands to a group, which nothing else may refer to."""
        for name in self.imported:
            path = self.modules.find(name, *self._beside)
            document = self.repo.document(path) if path and path.endswith(".py") else None
            if document is not None and _ADDS_COMMANDS.search(document.text) is not None:
                file = self._file(document.path)
                if file is not None and not file.is_run:
                    self._run(file)
                    return self._import_commands()
        return None

    def _decorated(self, value: Any, decorator: Any) -> Any:
        if isinstance(value, _Command) and isinstance(decorator, _Decorator):
            if decorator.kind in ("option", "argument"):
                _add_decorated(value.interface, decorator)
            return value
        if isinstance(value, _Command):
            value.interface.open = "something that is not known decorates it"
            return value
        if not isinstance(value, _Function):
            return None
        if not isinstance(decorator, _Decorator):
            decorator = _Decorator("unknown", open="something that is not known decorates it")
        if decorator.kind == "callback" and decorator.group is not None:
            signature = _of_signature(value)
            decorator.group.is_callback = True
            decorator.group.interface.options |= signature.options
            decorator.group.interface.open = decorator.group.interface.open or signature.open
            return value
        if decorator.kind not in ("command", "group"):
            value.decorators = (*value.decorators, decorator)
            return value
        return self._commanded(value, decorator)

    def _commanded(self, value: _Function, decorator: _Decorator) -> _Command:
        """The command that a decorated function is."""
        node = value.node
        group = decorator.group
        if group is not None and group.is_typer:
            found = _of_signature(value)
        else:
            found = Interface(options={"--help": Option("nothing")})
        found.path = value.file.document.path
        found.open = decorator.open
        for each in value.decorators:
            _add_decorated(found, each)
        names: tuple[str, ...] = (decorator.name,) if decorator.name else ()
        if decorator.name is None and not isinstance(node, ast.Lambda):
            names = tuple(_command_names(node.name))
        if group is not None:
            group.interface.commands |= dict.fromkeys(names, found)
            group.interface.open_commands |= not names
        return _Command(found, decorator.kind == "group", names=names)

    def _typer(self, named: Mapping[str, Any]) -> _Command:
        options = {"--help": Option("nothing")}
        if not _is(named.get("add_completion"), False):
            options |= {"--install-completion": Option(), "--show-completion": Option()}
        found = Interface(options=options, path=self.at)
        if any(each in named for each in ("cls", "context_settings", "**")):
            found.open = "it has settings of its own"
        return _Command(found, is_group=True, is_typer=True)

    def _of_command(self, of: _Command, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        said = given[0] if given else named.get("name")
        label = said.value if isinstance(said, _Known) and isinstance(said.value, str) else None
        if name in ("command", "group") and said is not None and label is None:
            label = ""
        is_open = "it has settings of its own" if _sets(named) else ""
        if name in ("command", "group"):
            return _Decorator(name, group=of, name=label, open=is_open)
        if name == "callback" and of.is_typer:
            return _Decorator("callback", group=of)
        if name in ("add_command", "add_typer"):
            of.has_groups = of.has_groups or name == "add_typer"
            other = given[0] if given else None
            title = given[1] if len(given) > 1 else named.get("name")
            if isinstance(other, _Command) and isinstance(title, _Known):
                of.interface.commands[str(title.value)] = other.interface
            elif isinstance(other, _Command) and name == "add_command" and other.names:
                of.interface.commands |= dict.fromkeys(other.names, other.interface)
            else:
                of.interface.open_commands = True
            return None
        if name == "main":
            self._use(of)
            return None
        if name in ("result_callback", "resultcallback"):
            return _Decorator("plain")
        of.interface.open = f"its {name} is used"
        return None

    # What cannot be followed.

    def _escape(self, value: Any, why: str) -> None:
        """A parser goes where it is not followed: anything may be added to it there."""
        match value:
            case _Parser() | _Subparsers():
                value.interface.open = value.interface.open or why
            case _Method():
                self._escape(value.of, why)
            case _Instance():
                for each in value.attributes.values():
                    if isinstance(each, _Parser | _Subparsers):
                        self._escape(each, why)
            case tuple():
                for each in value:
                    self._escape(each, why)

    def _scanned(self, value: Any) -> None:
        if isinstance(value, _Argv):
            self.is_open = "it looks at its words by itself"

    def _step(self, cost: int = 1) -> None:
        self.steps += cost
        if self.steps > _MAX_STEPS:
            raise _TooMuchError


_OPAQUE = object()  # stands for what is not known in a mapping of which the keys are
_ASSIGNABLE = frozenset({"epilog", "description", "usage", "prog", "formatter_class"})


def _may_build(document: Document) -> bool:
    return any(builds.search(document.text) for builds in _BUILDS)


def _tree(document: Document) -> ast.Module | None:
    """The statements of a file; None where this version of Python cannot read them."""
    try:
        return ast.parse(document.text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _is_used(body: ast.ClassDef, but: ast.stmt, name: str) -> bool:
    """Whether the body of a class uses a name, outside of functions and of one statement."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(
        isinstance(node, ast.Name) and node.id == name
        for each in body.body
        if each is not but and not isinstance(each, functions)
        for node in ast.walk(each)
    )


def _is(value: Any, constant: object) -> bool:
    return (
        isinstance(value, _Known)
        and value.value == constant
        and (type(value.value) is type(constant))
    )


def _decides(test: ast.expr) -> bool:
    """Whether a condition that is known holds in every run: of the main module, or of a field."""
    return isinstance(test, ast.Compare) and (
        isinstance(test.left, ast.Attribute) or "__name__" in ast.unparse(test)
    )


def _is_for_types(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith(
        "TYPE_CHECKING"
    )


def _items(value: Any) -> list[Any] | None:
    """The items of a list or the keys of a mapping, where they are known."""
    match value:
        case _Known(value=tuple() | dict()):
            return [_Known(each) for each in value.value]
        case tuple():
            return [*value]
    return None


def _added(left: Any, right: Any) -> Any:
    match left, right:
        case _Known(value=str()), _Known(value=str()):
            return _Known(left.value + right.value)
    first, second = _items(left), _items(right)
    return None if first is None or second is None else (*first, *second)


def _is_thin(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    """Whether a function is so short that it may only hand on to another."""
    return isinstance(node, ast.Lambda) or len(node.body) <= 4


def _holds_parser(value: Any) -> bool:
    match value:
        case _Parser() | _Subparsers() | _Argv() | _Command():
            return True
        case _Method():
            return _holds_parser(value.of)
        case tuple():
            return any(map(_holds_parser, value))
    return False


def _add_argument(found: Interface, given: list[Any], named: Mapping[str, Any]) -> None:
    names = [each.value for each in given if isinstance(each, _Known)]
    if len(names) < len(given) or "*" in named or not all(isinstance(n, str) for n in names):
        found.open = "its options are made by a loop or a table"
        return
    if "**" in named and names and not names[0].startswith("-"):
        found.open = "its arguments are made of what is not known"
    nargs, action = named.get("nargs"), named.get("action")
    if _is(nargs, "...") or (isinstance(nargs, _External) and nargs.name.endswith("REMAINDER")):
        found.open = "it passes words on"
    choices = named.get("choices")
    known = _choices(choices)
    if not names or not names[0].startswith("-"):
        found.is_positional = True
        return
    takes: Takes = "some"
    if (action is None and nargs is None and "**" not in named) or _is(nargs, 1):
        takes = "one"
    elif isinstance(action, _Known):
        takes = "nothing" if action.value in _NO_VALUE else "one" if nargs is None else "some"
    dest = named.get("dest")
    label = dest.value if isinstance(dest, _Known) else ""
    if not label:  # as argparse names it: after the first long option
        longs = [name for name in names if name.startswith("--")]
        label = (longs or names)[0].lstrip("-").replace("-", "_")
    option = Option(takes, known, str(label))
    found.options |= dict.fromkeys(names, option)
    if isinstance(action, _External) and action.name.endswith("BooleanOptionalAction"):
        negated = [f"--no-{name[2:]}" for name in names if name.startswith("--")]
        found.options |= dict.fromkeys([*names, *negated], option._replace(takes="nothing"))


def _choices(value: Any) -> tuple[str, ...] | None:
    if (
        isinstance(value, _Known)
        and isinstance(value.value, tuple | dict)
        and all(isinstance(each, str) for each in value.value)
    ):
        return tuple(value.value)
    return None


def _click(name: str, given: list[Any], named: Mapping[str, Any]) -> Any:
    """What a function of click makes."""
    match name:
        case "command" | "group":
            said = given[0] if given else named.get("name")
            label = str(said.value) if isinstance(said, _Known) and said.value else None
            if said is not None and not isinstance(said, _Known):
                label = ""  # a name that is computed
            is_open = "it has settings of its own" if _sets(named) else ""
            return _Decorator(name, name=label, open=is_open)
        case "option":
            return _click_option(given, named)
        case "argument":
            is_many = "nargs" in named or "type" in named
            takes = "some" if is_many else "one"
            return _Decorator("argument", option=Option(takes))  # type: ignore[arg-type]
        case "version_option" | "help_option" | "password_option" | "confirmation_option":
            usual = {"confirmation_option": "--yes"}.get(name, f"--{name.partition('_')[0]}")
            said = [each.value for each in given if isinstance(each, _Known)]
            names = [n for n in said if isinstance(n, str) and n.startswith("-")]
            takes = "some" if name == "password_option" else "nothing"
            return _Decorator("option", (*(names or [usual]),), Option(takes))  # type: ignore[arg-type]
        case "pass_context" | "pass_obj":
            return _Decorator("plain")
        case "Choice":
            return ("click.Choice", _choices(given[0]) if given else None)
    return None


def _click_option(given: list[Any], named: Mapping[str, Any]) -> _Decorator:
    words = [each.value for each in given if isinstance(each, _Known)]
    if len(words) < len(given) or not all(isinstance(each, str) for each in words):
        return _Decorator("option", open="its options are made of what is not known")
    if "*" in named or "**" in named or "cls" in named:
        return _Decorator("option", open="its options are made of what is not known")
    names = [
        name.strip() for word in words if word.startswith("-") for name in re.split(r"[/;]", word)
    ]
    is_flag = any("/" in word for word in words) or _is(named.get("is_flag"), True)
    is_flag |= any(each in named for each in ("count", "flag_value"))
    takes: Takes = "nothing" if is_flag else "one"
    if not is_flag and any(each in named for each in ("nargs", "is_flag", "default")):
        takes = "some"  # a default that is a flag's makes the option one
    kind = named.get("type")
    choices = kind[1] if isinstance(kind, tuple) and kind[:1] == ("click.Choice",) else None
    return _Decorator("option", (*names,), Option(takes, choices))


def _sets(named: Mapping[str, Any]) -> bool:
    """Whether a command is made with something that may change what it takes."""
    return any(each in named for each in ("cls", "context_settings", "params", "**", "*"))


def _add_decorated(found: Interface, decorator: _Decorator) -> None:
    if decorator.open:
        found.open = decorator.open
    if decorator.kind == "argument":
        found.is_positional = True
    found.options |= dict.fromkeys(decorator.names, decorator.option)


def _command_names(name: str) -> tuple[str, ...]:
    """The names of the command that a function makes, in the versions of click and typer."""
    dashed = name.lower().replace("_", "-")
    short = re.sub(r"-(?:command|cmd|group|grp)$", "", dashed)
    return (dashed, short) if short != dashed else (dashed,)


def _of_signature(function: _Function) -> Interface:
    """What typer makes of a function's parameters."""
    found = Interface(options={"--help": Option("nothing")}, path=function.file.document.path)
    if isinstance(function.node, ast.Lambda):
        found.open = "a lambda makes it"
        return found
    arguments = function.node.args
    if arguments.vararg or arguments.kwarg:
        found.open = "it takes any arguments"
    names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: dict[str, ast.expr] = {}
    for each, value in zip(reversed(plain), reversed(arguments.defaults), strict=False):
        defaults[each.arg] = value
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            defaults[each.arg] = default
    for each in names:
        _add_parameter(found, each, defaults.get(each.arg))
    return found


def _add_parameter(found: Interface, parameter: ast.arg, default: ast.expr | None) -> None:
    annotation = parameter.annotation
    written = ast.unparse(annotation) if annotation is not None else ""
    if re.search(r"\bContext\b|CallbackParam", written):
        return
    calls = [default] if isinstance(default, ast.Call) else []
    if annotation is not None:
        calls += [each for each in ast.walk(annotation) if isinstance(each, ast.Call)]
    said = next(
        (c for c in calls if ast.unparse(c.func).rpartition(".")[2] in ("Option", "Argument")), None
    )
    if (said is None and (calls or isinstance(default, ast.Name | ast.Attribute))) or (
        said is None and re.search(r"Annotated|[A-Z]\w*(?:Option|Opt|Arg)\b", written)
    ):
        found.open = "a parameter is made of what is not known"
        return
    is_argument = default is None and said is None
    if said is not None:
        is_argument = ast.unparse(said.func).endswith("Argument")
    if is_argument:
        found.is_positional = True
        return
    names = [
        each.value
        for each in (said.args if said is not None else ())
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value[:1] == "-"
    ]
    dashed = f"--{parameter.arg.replace('_', '-')}"
    is_flag = "bool" in written or (
        isinstance(default, ast.Constant) and isinstance(default.value, bool)
    )
    if not names:
        names = [dashed, f"--no-{dashed[2:]}"] if is_flag else [dashed]
    names = [part for name in names for part in re.split(r"[/ ]+", name) if part]
    found.options |= dict.fromkeys(names, Option("nothing" if is_flag else "some"))
