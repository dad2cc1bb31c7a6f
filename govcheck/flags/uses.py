"""What a Python file does with names of other modules: takes them, changes them, names them."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from govcheck.python.folding.flags import Elsewhere
from govcheck.python.names import dotted

_DOTTED = re.compile(r"[\w.{}%]*[.:](\w+)")
_FORMATTED = re.compile(r"\{\w*(?:\[\w+\])?[\w.]*\.(\w+)[^{}]*\}")
# What looks an attribute up by its name, and what does so with variables.
_LOOKS_UP = frozenset(
    {"getattr", "setattr", "delattr", "hasattr", "object", "multiple", "attrgetter", "patch"}
)
_SETS = frozenset({"multiple", "update", "dict", "setattr", "__init__", "replace", "_replace"})
_LOADS = frozenset(
    {"from_object", "config_from_object", "from_pyfile", "import_module", "import_string",
     "__import__", "run_path", "run_module", "load_module", "find_spec", "open", "execfile"}
)  # fmt: skip
# What starts a program, with an environment that it is given.
_STARTS = frozenset(
    {"run", "Popen", "call", "check_call", "check_output", "execve", "execvpe", "spawn",
     "create_subprocess_exec", "create_subprocess_shell", "dict"}
)  # fmt: skip
_BUILT = re.compile(r"""["']([A-Za-z_]\w*_)(?:["'{%])""")
_ENVIRONMENT = frozenset({"getenv", "get", "setenv", "delenv", "pop", "setdefault", "putenv"})


@dataclass(frozen=True, slots=True)
class Uses:
    """The names that a file uses, by how.

    `taken` are (module, name) of `from module import name`, where a module that is relative has its
    leading dots, `starred` the modules of `from module import *`. `pairs` are (owner, attribute),
    the owner by its last name. `is_open` tells that attributes are looked up by variables, and
    `opened` and `overwritten` of what that is imported, by its last name, they are read or set so.
    `loaded` are the modules that are loaded by their names.
    """

    taken: set[tuple[str, str]] = field(default_factory=set)
    starred: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    overwritten: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    is_open: bool = False


def use(text: str, parts: Collection[str], lasts: Collection[str], name: str, *, is_flag: bool) -> (
    Elsewhere
):  # fmt: skip
    """What a file does with a name of a module: read it, nothing, or something else.

    `parts` are the parts of the dotted names of all modules of the repository, `lasts` the last
    parts of those of the module. A plain string may be anything's name, so where a flag goes by the
    same name it only counts in a file that looks attributes up.
    """
    found = uses(text)
    if found is None:
        return "other"
    if name in found.changed or name in found.looked_up:
        return "other"
    if name in found.strings and (found.is_open or not is_flag):
        return "other"
    if any(_last(module) in (*lasts, "") for module in found.starred):
        return "other"
    if name.startswith("__") and any(each.endswith(name) for each in found.read | found.changed):
        return "other"  # what is private to a class goes by a longer name outside of it
    is_taken = any(
        each == name and (module.startswith(".") or module.partition(".")[0] in parts)
        for module, each in found.taken
    )
    return "read" if is_taken or name in found.read else "absent"


def opens(text: str, lasts: Collection[str]) -> Elsewhere:
    """Whether a file looks into a module, or sets its names, without naming them."""
    found = uses(text)
    if found is None or found.overwritten.intersection(lasts):
        return "other"
    return "read" if found.opened.intersection(lasts) else "absent"


def reaches(text: str, module: str) -> bool:
    """Whether a file reaches a submodule, such as `logging.handlers`, that it does not import."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    package, _, last = module.rpartition(".")
    is_reached = False
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if any(each.name == module for each in names):
                return False
            case ast.ImportFrom(module=source, names=names) if source == module or (
                source == package and any(each.name == last for each in names)
            ):
                return False
            case ast.Attribute():
                is_reached = is_reached or dotted(node) == module
    return is_reached


def takes(text: str, lasts: Collection[str], name: str) -> bool:
    """Whether a file takes a name that another module merely imported."""
    found = uses(text)
    if found is None:
        return True
    return (
        any((last, name) in found.pairs for last in lasts)
        or any(each == name and _last(module) in (*lasts, "") for module, each in found.taken)
        or (name in found.names and any(_last(each) in (*lasts, "") for each in found.starred))
        or any(re.search(rf"(?<!\w){re.escape(last)}\.{name}(?!\w)", each)
               for last in lasts for each in found.strings)
    )  # fmt: skip


def built_names(text: str) -> frozenset[str]:
    """The beginnings of names that a file puts together to look something up: `"_on_" + kind`."""
    return frozenset(found[1] for found in _BUILT.finditer(text))


def loads(text: str, names: Collection[str], paths: Collection[str]) -> bool:
    """Whether a Python file has strings that are the dotted names, or paths, of a module.

    A name without a dot may be anything, and counts only where it is given to what loads modules.
    """
    found = uses(text)
    if found is None:
        return True
    dotted_names = {name for name in names if "." in name}
    if any(each in dotted_names or each.endswith(tuple(paths)) for each in found.strings):
        return True
    return not found.loaded.isdisjoint(names)


def set_at_run_time(text: str, flag: str, finals: Collection[str]) -> int | None:
    """The line in which a program gives a variable another value than the final ones, if any."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = {flag} | {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _string(node.value) == flag
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def is_flag(node: ast.AST | None) -> bool:
        return _string(node) == flag or (isinstance(node, ast.Name) and node.id in names)

    def is_other(node: ast.AST | None) -> bool:
        return _string(node) not in finals

    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Subscript() as target], value=value) if (
                _name(target.value) == "environ" and is_flag(target.slice) and is_other(value)
            ):
                return node.lineno
            case ast.Delete(targets=[ast.Subscript() as target]) if _name(
                target.value
            ) == "environ" and is_flag(target.slice):
                return node.lineno
            case ast.Call(args=[first, value, *_]) if _name(node.func) in ("putenv", "setdefault"):
                if is_flag(first) and is_other(value):
                    return node.lineno
            case ast.Call():
                said = [each for each in node.keywords if each.arg == flag and is_other(each.value)]
                if said and _name(node.func) in ("update", "dict"):
                    return node.lineno
                given = [*node.args, *(each.value for each in node.keywords if each.arg == "env")]
                if _name(node.func) in (*_STARTS, "update") and any(
                    _sets(each, is_flag, is_other) for each in given
                ):
                    return node.lineno
            case ast.AugAssign(op=ast.BitOr(), target=target, value=value):
                if _name(target) == "environ" and _sets(value, is_flag, is_other):
                    return node.lineno
    return None


def gives(text: str, owner: str, name: str) -> Iterator[tuple[int, str | None]]:
    """The lines that give a field of a class a value, and its text where it is written out.

    `Class(**values)`, and a class that has its own `__init__`, may give it any; one whose
    `__init__` names the field gives it another, which is an empty text.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield 1, None
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call() if _name(node.func) == owner:
                for each in node.keywords:
                    if each.arg in (None, name):
                        is_written = isinstance(each.value, ast.Constant)
                        yield node.lineno, str(each.value.value) if is_written else None  # type: ignore[attr-defined]
            case ast.ClassDef(name=each, body=body) if each == owner:
                for function in body:
                    if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                        yield function.lineno, "" if _names(function, name) else None


def _names(function: ast.FunctionDef, name: str) -> bool:
    return any(
        _string(node) == name or (isinstance(node, ast.arg | ast.keyword) and node.arg == name)
        for node in ast.walk(function)
    )


def _sets(
    node: ast.AST, is_flag: Callable[[ast.AST | None], bool], is_other: Callable[[ast.AST], bool]
) -> bool:
    if not isinstance(node, ast.Dict):
        return False
    return any(is_flag(k) and is_other(v) for k, v in zip(node.keys, node.values, strict=True))


def _string(node: ast.AST | None) -> str | None:
    is_string = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_string else None  # type: ignore[union-attr]


@lru_cache(maxsize=4096)
def uses(text: str) -> Uses | None:
    """The names that a file uses; None where Python cannot parse it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = Uses()
    is_open = False
    renamed: dict[str, str] = {}
    imported: set[str] = set()
    nodes = list(ast.walk(tree))
    opened: list[ast.expr] = []
    overwritten: list[ast.expr] = []
    for node in nodes:
        match node:
            case ast.Import():
                renamed.update((a.asname, _last(a.name)) for a in node.names if a.asname)
                imported.update(a.asname or a.name.partition(".")[0] for a in node.names)
            case ast.ImportFrom():
                module = "." * node.level + (node.module or "")
                for alias in node.names:
                    if alias.name == "*":
                        found.starred.add(module)
                    found.taken.add((module, alias.name))
                    renamed[alias.asname or alias.name] = alias.name
                    imported.add(alias.asname or alias.name)
            case ast.Name():
                found.names.add(node.id)
            case ast.Attribute():
                kind = found.read if isinstance(node.ctx, ast.Load) else found.changed
                kind.add(node.attr)
                found.pairs.add((_name(node.value), node.attr))
                if node.attr == "__dict__":
                    is_open = True
                    opened.append(node.value)
            case ast.ClassDef():
                found.changed.update(_bound(node))
            case ast.Call():
                is_open = _calls(node, found, opened, overwritten) or is_open
            case ast.Constant(value=str(string)):
                found.strings.add(string)
                if (path := _DOTTED.fullmatch(string)) is not None:
                    found.looked_up.add(path[1])
                found.looked_up.update(_FORMATTED.findall(string))
    for names, owners in ((found.opened, opened), (found.overwritten, overwritten)):
        for name in map(dotted, owners):
            if name.partition(".")[0] in imported:
                names.update({_last(name), renamed.get(name, "")} - {""})
    found.pairs.update((renamed[owner], name) for owner, name in [*found.pairs] if owner in renamed)
    found.strings.difference_update(_variables(nodes))
    return Uses(**{**{name: getattr(found, name) for name in Uses.__slots__}, "is_open": is_open})


def _calls(
    node: ast.Call, found: Uses, opened: list[ast.expr], overwritten: list[ast.expr]
) -> bool:
    """Note what a call looks up or sets; whether it looks up by a variable."""
    called = _name(node.func)
    if called in _SETS:
        found.changed.update(each.arg for each in node.keywords if each.arg)
    if called in ("vars", "dir", "getmembers", "from_object") and node.args:
        opened.append(node.args[0])
    if called in ("vars", "globals", "locals"):
        return True
    if called in _LOADS:
        found.loaded.update(text for text in map(_string, node.args) if text is not None)
    if called not in _LOOKS_UP:
        return False
    strings = [
        each.value
        for each in node.args
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    found.looked_up.update(strings)
    if not strings and len(node.args) > 1:
        (overwritten if called in ("setattr", "delattr") else opened).append(node.args[0])
    return not strings and called != "object"


def _variables(nodes: Collection[ast.AST]) -> Iterator[str]:
    """Strings that name environment variables, and nothing else here."""
    counts = Counter(string for node in nodes if (string := _string(node)) is not None)
    for node in nodes:
        key: ast.AST | None = None
        match node:
            case ast.Call(args=[first, *_]) if _name(node.func) in _ENVIRONMENT:
                key = first
            case ast.Subscript() if _name(node.value) == "environ":
                key = node.slice
            case ast.Compare(left=left, comparators=[right]) if _name(right) == "environ":
                key = left
            case ast.Dict():
                for each in node.keys:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        counts[each.value] -= 1
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            counts[key.value] -= 1
    return (string for string, count in counts.items() if count <= 0)


def _bound(definition: ast.ClassDef) -> Iterator[str]:
    """The names that a class body binds, which may override those of a base."""
    waiting: list[ast.AST] = [*definition.body]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Lambda():
                pass
            case _:
                waiting += ast.iter_child_nodes(node)


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case ast.Call():
            return _name(node.func)
        case _:
            return ""


def _last(module: str) -> str:
    return module.rpartition(".")[2]
