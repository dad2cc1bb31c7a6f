"""How tests set flags: what sets the final value does nothing any more, another value is dead."""

import ast
from collections.abc import Iterator
from copy import copy
from typing import Literal

from govcheck.python.folding.facts import Facts
from govcheck.python.folding.flags import Retired

Verdict = Literal["final", "other"]
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


def without(call: ast.Call, doomed: set[ast.expr]) -> ast.Call | None:
    """The call without some keys and keywords; None if it sets nothing any more."""
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
    return None if emptied else new
