"""What a Python file does with names of other modules: takes them, changes them, names them."""

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from govcheck.python.folding.flags import Elsewhere

_DOTTED = re.compile(r"[\w.]*\w[.:](\w+)")
# What looks an attribute up by its name, and what does so with variables.
_LOOKS_UP = frozenset(
    {"getattr", "setattr", "delattr", "hasattr", "object", "multiple", "attrgetter", "patch"}
)
_SETS = frozenset({"multiple", "update", "dict", "setattr", "__init__", "replace", "_replace"})
_ENVIRONMENT = frozenset({"getenv", "get", "setenv", "delenv", "pop", "setdefault", "putenv"})


@dataclass(frozen=True, slots=True)
class Uses:
    """The names that a file uses, by how.

    `taken` are (module, name) of `from module import name`, where a module that is relative has its
    leading dots, `starred` the modules of `from module import *`. `pairs` are (owner, attribute),
    the owner by its last name. `is_open` tells that attributes are looked up by variables.
    """

    taken: set[tuple[str, str]] = field(default_factory=set)
    starred: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
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


@lru_cache(maxsize=512)
def uses(text: str) -> Uses | None:
    """The names that a file uses; None where Python cannot parse it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = Uses()
    is_open = False
    renamed: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                renamed.update((a.asname, _last(a.name)) for a in node.names if a.asname)
            case ast.ImportFrom():
                module = "." * node.level + (node.module or "")
                for alias in node.names:
                    if alias.name == "*":
                        found.starred.add(module)
                    found.taken.add((module, alias.name))
                    renamed[alias.asname or alias.name] = alias.name
            case ast.Name():
                found.names.add(node.id)
            case ast.Attribute():
                kind = found.read if isinstance(node.ctx, ast.Load) else found.changed
                kind.add(node.attr)
                found.pairs.add((_name(node.value), node.attr))
                is_open = is_open or node.attr == "__dict__"
            case ast.ClassDef():
                found.changed.update(_bound(node))
            case ast.Call():
                is_open = is_open or _calls(node, found)
            case ast.Constant(value=str(string)):
                found.strings.add(string)
                if (dotted := _DOTTED.fullmatch(string)) is not None:
                    found.looked_up.add(dotted[1])
    found.pairs.update((renamed[owner], name) for owner, name in [*found.pairs] if owner in renamed)
    found.strings.difference_update(_variables(tree))
    return Uses(**{**{name: getattr(found, name) for name in Uses.__slots__}, "is_open": is_open})


def _calls(node: ast.Call, found: Uses) -> bool:
    """Note what a call looks up or sets; whether it looks up by a variable."""
    called = _name(node.func)
    if called in _SETS:
        found.changed.update(each.arg for each in node.keywords if each.arg)
    if called in ("vars", "globals", "locals"):
        return True
    if called not in _LOOKS_UP:
        return False
    strings = [
        each.value
        for each in node.args
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    found.looked_up.update(strings)
    return not strings and called != "object"


def _variables(tree: ast.Module) -> Iterator[str]:
    """Strings that name environment variables, and nothing else here."""
    counts: dict[str, int] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(string)):
                counts[string] = counts.get(string, 0) + 1
    for node in ast.walk(tree):
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
