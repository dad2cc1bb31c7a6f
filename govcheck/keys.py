"""The keys of the policy: declared once as dataclass fields, read strictly, told as a schema."""

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, NewType, Union, cast, get_args, get_origin

from govcheck import registry

Key = tuple[str | int, ...]

RuleName = NewType("RuleName", str)
Selector = NewType("Selector", str)

_KINDS: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    date: "a date such as 2026-01-31, without quotes",
}


class Mistake(NamedTuple):
    """What is wrong with the value at a key, and what would be right.

    A mistake of the `whole` is one only if no other layer of the policy mends it.
    """

    key: Key
    message: str
    whole: bool = False


def key(doc: str, **default: Any) -> Any:
    """A dataclass field that is a key of the policy; `doc` is what the schema says of it."""
    return field(metadata={"doc": doc}, **default)


def read(kind: Any, value: object, at: Key = ()) -> tuple[Any, list[Mistake]]:
    """A value of the policy as its type: a pair of it and all mistakes found on the way.

    The value is complete only if there are no mistakes.
    """
    mistakes: list[Mistake] = []
    return _read(kind, value, at, mistakes), mistakes


def nearest(word: str, words: Sequence[str]) -> str:
    """` (did you mean 'x'?)` where one of the words is close to a wrong one, else nothing."""
    from difflib import get_close_matches  # only a mistake pays for the import

    close = get_close_matches(word, words, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _read(kind: Any, value: object, at: Key, mistakes: list[Mistake]) -> Any:
    if kind in (RuleName, Selector):
        return _read_rule(kind, value, at, mistakes)
    if is_dataclass(kind):
        return _read_table(kind, value, at, mistakes)
    origin = get_origin(kind)
    if origin is Literal:
        if value not in get_args(kind):
            words = [str(choice) for choice in get_args(kind)]
            hint = nearest(value, words) if isinstance(value, str) else ""
            mistakes.append(Mistake(at, f"expected {_or(words)}, not {_show(value)}{hint}"))
        return value
    if origin in (Union, types.UnionType):
        return _read_union(kind, value, at, mistakes)
    if origin is tuple:
        if not isinstance(value, list):
            mistakes.append(Mistake(at, f"expected {_name(kind)}, not {_show(value)}"))
            return ()
        (item, _) = get_args(kind)
        return tuple(_read(item, each, (*at, n), mistakes) for n, each in enumerate(value))
    if origin is Mapping:
        if not isinstance(value, dict):
            mistakes.append(Mistake(at, f"expected {_name(kind)}, not {_show(value)}"))
            return {}
        name, item = get_args(kind)
        if name is RuleName:
            for each in value:
                _read_rule(RuleName, each, (*at, each), mistakes)
        return {each: _read(item, inner, (*at, each), mistakes) for each, inner in value.items()}
    if not _is_a(kind, value):
        mistakes.append(Mistake(at, f"expected {_name(kind)}, not {_show(value)}"))
    return value


def _read_rule(kind: Any, value: object, at: Key, mistakes: list[Mistake]) -> Any:
    known = list(registry.names())
    what = "rule"
    if kind is Selector:
        known += registry.families()
        what = "rule or family"
    if not isinstance(value, str):
        mistakes.append(Mistake(at, f"expected the name of a {what}, not {_show(value)}"))
    elif value not in known:
        mistakes.append(Mistake(at, f"unknown {what} {value!r}{nearest(value, known)}"))
    return value


def _read_union(kind: Any, value: object, at: Key, mistakes: list[Mistake]) -> Any:
    choices = [choice for choice in get_args(kind) if choice is not types.NoneType]
    for choice in choices:
        tried: list[Mistake] = []
        result = _read(choice, value, at, tried)
        if not tried:
            return result
        if len(choices) == 1 or (get_origin(choice) is tuple and isinstance(value, list)):
            mistakes += tried
            return result
    mistakes.append(Mistake(at, f"expected {_name(kind)}, not {_show(value)}"))
    return value


def _read_table(kind: Any, value: object, at: Key, mistakes: list[Mistake]) -> Any:
    if not isinstance(value, dict):
        mistakes.append(Mistake(at, f"expected a table, not {_show(value)}"))
        return None
    declared = {_toml_name(each): each for each in keys_of(kind)}
    found = len(mistakes)
    arguments = {}
    for name, inner in value.items():
        if name not in declared:
            what = f"unknown key {name!r}" if at else f"unknown section or key {name!r}"
            mistakes.append(Mistake((*at, name), what + nearest(name, list(declared))))
        else:
            arguments[declared[name].name] = _read(
                declared[name].type, inner, (*at, name), mistakes
            )
    for name, each in declared.items():
        if name not in value and each.default is MISSING and each.default_factory is MISSING:
            message = f"the key {name!r} is missing: {each.metadata['doc']}"
            mistakes.append(Mistake(at, message, whole=True))
    if len(mistakes) > found:
        return None
    result = kind(**arguments)
    if hasattr(result, "mistakes"):
        mistakes += (Mistake((*at, *m.key), m.message, whole=True) for m in result.mistakes())
    return result


def keys_of(kind: Any) -> Iterator[Field[Any]]:
    """The fields of a dataclass that are keys of the policy."""
    return (each for each in fields(kind) if "doc" in each.metadata)


def _toml_name(each: Field[Any]) -> str:
    return each.name.replace("_", "-")


def _is_a(kind: Any, value: object) -> bool:
    if kind is date:
        return isinstance(value, date) and not isinstance(value, datetime)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is kind


def _name(kind: Any) -> str:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _or([_name(choice) for choice in get_args(kind) if choice is not types.NoneType])
    if origin is tuple:
        return "a list"
    if origin is Literal:
        return _or([str(choice) for choice in get_args(kind)])
    if origin is Mapping or is_dataclass(kind):
        return "a table"
    return _KINDS.get(kind, "a string")


def _or(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _show(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value) if len(value) < 60 else "a long string"
        case dict():
            return "a table"
        case list():
            return "a list"
        case datetime():
            return f"a date with a time, {value.isoformat()}"
        case _:
            return str(value)


def schema(kind: Any) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a type of the policy."""
    if kind in (RuleName, Selector):
        known = [*registry.names(), *(registry.families() if kind is Selector else ())]
        return {"type": "string", "enum": known}
    if is_dataclass(kind):
        return _table_schema(kind)
    match get_origin(kind):
        case origin if origin is Literal:
            return {"enum": list(get_args(kind))}
        case origin if origin in (Union, types.UnionType):
            choices = [schema(c) for c in get_args(kind) if c is not types.NoneType]
            return choices[0] if len(choices) == 1 else {"anyOf": choices}
        case origin if origin is tuple:
            return {"type": "array", "items": schema(get_args(kind)[0])}
        case origin if origin is Mapping:
            name, item = get_args(kind)
            names = {"propertyNames": schema(RuleName)} if name is RuleName else {}
            return {"type": "object", **names, "additionalProperties": schema(item)}
    if kind is date:
        return {"type": "string", "format": "date"}
    scalars = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": scalars[kind]}


def _table_schema(kind: Any) -> dict[str, Any]:
    declared = list(keys_of(kind))
    properties = {
        _toml_name(each): {"description": each.metadata["doc"], **schema(each.type)}
        for each in declared
    }
    required = [
        _toml_name(each)
        for each in declared
        if each.default is MISSING and each.default_factory is MISSING
    ]
    return {
        "type": "object",
        "description": cast(str, kind.__doc__).partition("\n")[0],
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }
