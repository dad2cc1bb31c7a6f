"""How tests set flags: what sets the final value does nothing any more, another value is dead."""

import ast
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from typing import Literal

from govcheck.python.folding.facts import Facts
from govcheck.python.folding.flags import Retired

Verdict = Literal["final", "other"]
_WRITES = ("update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__")
_SETS = ("putenv", "unsetenv", "load_dotenv")
_OVERRIDES = ("override_settings", "modify_settings", "settings")


def verdict(facts: Facts, call: ast.Call) -> tuple[str, Verdict] | None:
    """The flag that `monkeypatch.setenv` or `delenv` sets, and whether to its final value."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("setenv", "delenv"):
        return None
    if not call.args or not isinstance(call.args[0], ast.Constant):
        return None
    name = call.args[0].value
    if not isinstance(name, str) or not facts.is_flag(name):
        return None
    flag = facts.setting.flags[name]
    if call.func.attr == "delenv":
        # Without the variable a read gives its default, which other files decide.
        is_final = flag.spelling == (None,) or facts.setting.unsafe
        return (name, "final") if is_final else None
    if len(call.args) < 2:
        return None
    return (name, found) if (found := _sets(flag, call.args[1])) else None


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a parametrised test that sets a flag to a parameter: all, and the dead ones.

    `call` is what sets the flag, `listed` the list of cases.
    """

    flag: str
    call: ast.Call
    listed: ast.List | ast.Tuple
    dead: tuple[ast.expr, ...]


def cases(facts: Facts, test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Cases]:
    """The cases of `monkeypatch.setenv("FLAG", parameter)` under `parametrize`."""
    for node in ast.walk(test):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="setenv"),
                args=[ast.Constant(value=str(name)), ast.Name(id=parameter), *_],
            ) if facts.is_flag(name):
                for decorator in test.decorator_list:
                    found = _parametrised(decorator, parameter)
                    if found is None:
                        continue
                    listed, values = found
                    verdicts = [_sets(facts.setting.flags[name], each) for each in values]
                    if None not in verdicts:
                        pairs = zip(listed.elts, verdicts, strict=True)
                        dead = tuple(case for case, verdict in pairs if verdict == "other")
                        yield Cases(name, node, listed, dead)


def _parametrised(
    decorator: ast.expr, parameter: str
) -> tuple[ast.List | ast.Tuple, list[ast.expr]] | None:
    """The cases of `parametrize`, and what each gives for a parameter."""
    match decorator:
        case ast.Call(
            func=ast.Attribute(attr="parametrize"),
            args=[ast.Constant(value=str(text)), (ast.List() | ast.Tuple()) as listed],
            keywords=[],
        ):
            names = [each.strip() for each in text.split(",")]
        case _:
            return None
    if parameter not in names:
        return None
    values: list[ast.expr] = []
    for case in listed.elts:
        given = [case] if len(names) == 1 else []
        match case:
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if len(names) > 1:
                given = elements
            case ast.Call(func=ast.Attribute(attr="param"), args=elements):
                given = elements
        if len(given) != len(names):
            return None
        values.append(given[names.index(parameter)])
    return listed, values


def _sets(flag: Retired, node: ast.expr) -> Verdict | None:
    if not isinstance(node, ast.Constant):
        return None
    value = str(node.value)
    if value in map(str, flag.spellings):
        return "final"
    known = not flag.others or value in ("", *flag.others)
    return "other" if known else None


def settings(facts: Facts, call: ast.Call) -> Iterator[tuple[str, Verdict, ast.expr]]:
    """The flags that `patch.dict(os.environ, ...)` or `override_settings(...)` sets.

    The expression is the key of a dictionary, or the value of a keyword.
    """
    if _name(facts, call).rpartition(".")[2] in _OVERRIDES:
        yield from _keywords(facts, call, "settings")
    elif sets_environment(facts, call):
        yield from _keywords(facts, call, "env")
        if len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
            for key, value in zip(call.args[1].keys, call.args[1].values, strict=True):
                flag = _flag(facts, key, "env")
                if flag is not None and key is not None and (found := _sets(flag[1], value)):
                    yield flag[0], found, key


@dataclass(frozen=True, slots=True)
class Parts:
    """Whether a test, or a class of them, sets a flag to another value, and what it tests besides.

    `live` is something in it that is tested with the flag's final value; none where all is dead.
    """

    is_other: bool
    live: ast.stmt | ast.expr | None


def parts(facts: Facts, test: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Parts:
    """What a test sets flags to: by its decorators, in its body, or for a part of this."""
    is_dead = is_other = any("other" in _verdicts(facts, each) for each in test.decorator_list)
    live: ast.stmt | ast.expr | None = None
    for statement in test.body:
        match statement:
            case ast.With() | ast.AsyncWith():
                given = {v for e in statement.items for v in _verdicts(facts, e.context_expr)}
                is_own = "other" in given
            case ast.Expr():
                is_own = "other" in _verdicts(facts, statement.value)
                is_dead = is_dead or is_own
            case _:
                is_own = False
        is_other = is_other or is_own
        if live is None and not (is_dead or is_own) and not isinstance(test, ast.ClassDef):
            live = next(filter(_is_assertion, ast.walk(statement)), None)  # type: ignore[assignment]
    final = (
        node
        for node in ast.walk(test)
        if isinstance(node, ast.Call) and "final" in _verdicts(facts, node)
    )
    return Parts(is_other, live or next(final, None))


def _verdicts(facts: Facts, node: ast.expr) -> set[Verdict]:
    if not isinstance(node, ast.Call):
        return set()
    found = verdict(facts, node)
    return {each for _, each, _ in settings(facts, node)} | ({found[1]} if found else set())


def _is_assertion(node: ast.AST) -> bool:
    match node:
        case ast.Assert():
            return True
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name.startswith(("assert", "raises", "fail"))
        case _:
            return False


def final_writes(facts: Facts, tree: ast.AST) -> Iterator[ast.expr]:
    """The names of flags in `os.environ["FLAG"] = "1"`, where that is the final value."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=owner, slice=key)], value=value):
                pass
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=owner, attr="setdefault"), args=[key, value]
                )
            ):
                pass
            case _:
                continue
        flag = _flag(facts, key, "env")
        if facts.qualified(owner) == "os.environ" and flag and _sets(flag[1], value) == "final":
            yield key


def sets_environment(facts: Facts, call: ast.Call) -> bool:
    """Whether a call is `patch.dict(os.environ, ...)`."""
    is_patch = _name(facts, call).endswith("patch.dict")
    return is_patch and bool(call.args) and _is_environment(facts, call.args[0])


def _name(facts: Facts, call: ast.Call) -> str:
    written = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return facts.qualified(call.func) or written


def _keywords(facts: Facts, call: ast.Call, kind: str) -> Iterator[tuple[str, Verdict, ast.expr]]:
    for keyword in call.keywords:
        flag = facts.setting.flags.get(keyword.arg or "")
        if flag is None or keyword.arg is None or not flag.is_kind(kind):
            continue
        if kind == "env":
            found = _sets(flag, keyword.value)
        elif isinstance(keyword.value, ast.Constant):
            found = "final" if keyword.value.value == flag.value else "other"
        else:
            found = None
        if found is not None:
            yield keyword.arg, found, keyword.value


def _flag(facts: Facts, key: ast.expr | None, kind: str) -> tuple[str, Retired] | None:
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
        return None
    flag = facts.setting.flags.get(key.value)
    return (key.value, flag) if flag is not None and flag.is_kind(kind) else None


def _is_environment(facts: Facts, node: ast.expr) -> bool:
    named = isinstance(node, ast.Constant) and node.value == "os.environ"
    return named or facts.qualified(node) == "os.environ"


def writes_environment(facts: Facts, body: Iterable[ast.AST]) -> bool:
    """Whether code sets variables itself, which leaving `patch.dict` takes back."""
    for node in (part for each in body for part in ast.walk(each)):
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                if facts.qualified(node.value) == "os.environ":
                    return True
            case ast.Call():
                owner, _, method = facts.qualified(node.func).rpartition(".")
                if (owner == "os.environ" and method in _WRITES) or method in _SETS:
                    return True
    return False


def without(call: ast.Call, doomed: set[ast.expr]) -> tuple[ast.Call, bool]:
    """The call without some keys and keywords, and whether it sets nothing any more."""
    new = copy(call)
    new.keywords = [each for each in call.keywords if each.value not in doomed]
    emptied = not new.keywords
    if len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
        mapping = copy(call.args[1])
        pairs = zip(mapping.keys, mapping.values, strict=True)
        kept = [(key, value) for key, value in pairs if key not in doomed]
        mapping.keys, mapping.values = [key for key, _ in kept], [value for _, value in kept]
        new.args = [call.args[0], mapping, *call.args[2:]]
        emptied = emptied and not kept
    return new, emptied
