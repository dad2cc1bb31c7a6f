"""The keys of the policy: declared once as dataclass fields, read strictly, told as a schema."""

import re
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NewType,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
)

from govcheck import registry

Key = tuple[str | int, ...]

# What a rule of the policy's own may be called; comments name it, separated by commas.
OWN_NAME = "[a-z][a-z0-9]*(-[a-z0-9]+)*"

RuleName = NewType("RuleName", str)
Selector = NewType("Selector", str)
_Table = TypeVar("_Table")
OwnName = Annotated[str, "a rule of the policy's own"]

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


def variant(doc: str, by: str, **kinds: type) -> Any:
    """A dataclass field whose own keys stand in the table itself.

    Which dataclass it is, and so which keys, is decided by the value of the key `by`.
    """
    return field(metadata={"doc": doc, "by": by, "kinds": kinds})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(key, variant))
def table(kind: type[_Table]) -> type[_Table]:
    """A table of the policy: a frozen dataclass whose fields are its keys.

    Each run makes all tables there are, and most of what that costs would be methods made for each
    of them. So the type checker sees to it that nothing changes one, and they share a few methods.
    """
    made = dataclass(eq=False, repr=False, kw_only=True)(kind)
    made.__eq__ = _is_equal  # type: ignore[method-assign]
    made.__hash__ = _hash  # type: ignore[method-assign, assignment]
    return made


def _is_equal(one: object, other: object) -> bool:
    return type(one) is type(other) and vars(one) == vars(other)


def _hash(one: object) -> int:
    return hash(tuple(vars(one).values()))


def read(
    kind: Any, value: object, at: Key = (), own: Collection[str] = ()
) -> tuple[Any, list[Mistake]]:
    """A value of the policy as its type: a pair of it and all mistakes found on the way.

    `own` are the names of the policy's own rules. The value is complete only if there are no
    mistakes.
    """
    reading = _Reading([], tuple(own))
    return _read(kind, value, at, reading), reading.mistakes


class _Reading(NamedTuple):
    mistakes: list[Mistake]
    own: tuple[str, ...]


def nearest(word: str, words: Sequence[str]) -> str:
    """` (did you mean 'x'?)` where one of the words is close to a wrong one, else nothing."""
    from difflib import get_close_matches  # only a mistake pays for the import

    close = get_close_matches(word, words, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _read(kind: Any, value: object, at: Key, reading: _Reading) -> Any:
    if kind in (RuleName, Selector):
        return _read_rule(kind, value, at, reading)
    if is_dataclass(kind):
        return _read_table(kind, value, at, reading)
    origin = get_origin(kind)
    if origin is Literal:
        if value not in get_args(kind):
            words = [str(choice) for choice in get_args(kind)]
            hint = nearest(value, words) if isinstance(value, str) else ""
            reading.mistakes.append(Mistake(at, f"expected {_or(words)}, not {_show(value)}{hint}"))
        return value
    if origin in (Union, types.UnionType):
        return _read_union(kind, value, at, reading)
    if origin is tuple:
        if not isinstance(value, list):
            reading.mistakes.append(Mistake(at, f"expected {_name(kind)}, not {_show(value)}"))
            return ()
        (item, _) = get_args(kind)
        return tuple(_read(item, each, (*at, n), reading) for n, each in enumerate(value))
    if origin is Mapping:
        if not isinstance(value, dict):
            reading.mistakes.append(Mistake(at, f"expected {_name(kind)}, not {_show(value)}"))
            return {}
        name, item = get_args(kind)
        if name is RuleName:
            for each in value:
                _read_rule(RuleName, each, (*at, each), reading)
        if name == OwnName:
            reading.mistakes.extend(_wrong_names(value, at))
        return {each: _read(item, inner, (*at, each), reading) for each, inner in value.items()}
    if _is_written(kind) and isinstance(value, str):
        try:
            return kind(value)
        except ValueError as error:
            reading.mistakes.append(Mistake(at, str(error)))
            return value
    if not _is_a(kind, value):
        reading.mistakes.append(Mistake(at, f"expected {_name(kind)}, not {_show(value)}"))
    return value


def _is_written(kind: Any) -> bool:
    """Whether a kind is a string of a certain form, which its constructor reads or refuses."""
    return isinstance(kind, type) and issubclass(kind, str) and kind is not str


def _read_rule(kind: Any, value: object, at: Key, reading: _Reading) -> Any:
    known = [*registry.names(), *reading.own]
    what = "rule"
    if kind is Selector:
        known += (*registry.families(), registry.OWN)
        what = "rule or family"
    if not isinstance(value, str):
        reading.mistakes.append(Mistake(at, f"expected the name of a {what}, not {_show(value)}"))
    elif value not in known:
        reading.mistakes.append(Mistake(at, f"unknown {what} {value!r}{nearest(value, known)}"))
    return value


def _wrong_names(names: Collection[str], at: Key) -> Iterator[Mistake]:
    """What is wrong with what a policy calls rules of its own."""
    taken = (*registry.names(), *registry.families(), registry.OWN)
    for name in names:
        if name in taken:
            message = f"{name!r} is the name of a rule or family that comes with govcheck"
            yield Mistake((*at, name), message)
        elif not re.fullmatch(OWN_NAME, name):
            message = f"a rule is called by words such as 'no-sleep', not {name!r}"
            yield Mistake((*at, name), message)


def _read_union(kind: Any, value: object, at: Key, reading: _Reading) -> Any:
    choices = [choice for choice in get_args(kind) if choice is not types.NoneType]
    for choice in choices:
        tried = _Reading([], reading.own)
        result = _read(choice, value, at, tried)
        if not tried.mistakes:
            return result
        is_meant = (get_origin(choice) is tuple and isinstance(value, list)) or (
            is_dataclass(choice) and isinstance(value, dict)
        )
        if len(choices) == 1 or is_meant:
            reading.mistakes.extend(tried.mistakes)
            return result
    reading.mistakes.append(Mistake(at, f"expected {_name(kind)}, not {_show(value)}"))
    return value


def _read_table(
    kind: Any, value: object, at: Key, reading: _Reading, beside: Collection[str] = ()
) -> Any:
    """A table, or what one holds beside the keys that are named."""
    if not isinstance(value, dict):
        reading.mistakes.append(Mistake(at, f"expected a table, not {_show(value)}"))
        return None
    declared = {toml_name(each): each for each in keys_of(kind)}
    varying = next((each for each in declared.values() if "by" in each.metadata), None)
    found = len(reading.mistakes)
    arguments = {}
    if varying is not None:
        del declared[toml_name(varying)]
        rest = {name: inner for name, inner in value.items() if name not in declared}
        value = {name: inner for name, inner in value.items() if name in declared}
        choice = varying.metadata["kinds"].get(str(value.get(varying.metadata["by"])))
        if choice is not None:
            arguments[varying.name] = _read_table(choice, rest, at, reading, tuple(declared))
        else:
            every = {n for one in varying.metadata["kinds"].values() for n in _names_of(one)}
            reading.mistakes.extend(
                _unknown(name, at, [*declared, *every]) for name in rest if name not in every
            )
    for name, inner in value.items():
        if name not in declared:
            reading.mistakes.append(_unknown(name, at, [*declared, *beside]))
        else:
            arguments[declared[name].name] = _read(declared[name].type, inner, (*at, name), reading)
    for name, each in declared.items():
        if name not in value and each.default is MISSING and each.default_factory is MISSING:
            message = f"the key {name!r} is missing: {each.metadata['doc']}"
            reading.mistakes.append(Mistake(at, message, whole=True))
    if len(reading.mistakes) > found:
        return None
    result = kind(**arguments)
    if hasattr(result, "mistakes"):
        reading.mistakes.extend(
            Mistake((*at, *m.key), m.message, whole=True) for m in result.mistakes()
        )
    return result


def _unknown(name: str, at: Key, known: Sequence[str]) -> Mistake:
    what = f"unknown key {name!r}" if at else f"unknown section or key {name!r}"
    return Mistake((*at, name), what + nearest(name, known))


def _names_of(kind: Any) -> Iterator[str]:
    return map(toml_name, keys_of(kind))


def values(table: Any) -> dict[str, Any]:
    """The values of a table of the policy by the names of their keys."""
    found: dict[str, Any] = {}
    for each in keys_of(table):
        inner = getattr(table, each.name)
        found |= values(inner) if "by" in each.metadata else {toml_name(each): inner}
    return found


def keys_of(kind: Any) -> Iterator[Field[Any]]:
    """The fields of a dataclass that are keys of the policy."""
    return (each for each in fields(kind) if "doc" in each.metadata)


def toml_name(each: Field[Any]) -> str:
    """The key of the policy that a field is: `class_` and `in_` are words of Python without it."""
    return each.name.rstrip("_").replace("_", "-")


def _is_a(kind: Any, value: object) -> bool:
    if kind is date:
        return isinstance(value, date) and not isinstance(value, datetime)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is kind


def _name(kind: Any) -> str:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        choices = [choice for choice in get_args(kind) if choice is not types.NoneType]
        words = [
            get_args(each) if get_origin(each) is Literal else [_name(each)] for each in choices
        ]
        return _or([str(word) for each in words for word in each])
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
        families = (*registry.families(), registry.OWN) if kind is Selector else ()
        known = {"enum": [*registry.names(), *families]}
        return {"type": "string", "anyOf": [known, {"pattern": f"^{OWN_NAME}$"}]}
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
            names: dict[str, Any] = {}
            if name is RuleName:
                names = {"propertyNames": schema(RuleName)}
            elif name == OwnName:
                names = {"propertyNames": {"pattern": f"^{OWN_NAME}$"}}
            return {"type": "object", **names, "additionalProperties": schema(item)}
    if kind is date:
        return {"type": "string", "format": "date"}
    scalars = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": "string" if _is_written(kind) else scalars[kind]}


def _table_schema(kind: Any) -> dict[str, Any]:
    declared = [each for each in keys_of(kind) if "by" not in each.metadata]
    properties = {
        toml_name(each): {"description": each.metadata["doc"], **schema(each.type)}
        for each in declared
    }
    required = [
        toml_name(each)
        for each in declared
        if each.default is MISSING and each.default_factory is MISSING
    ]
    described: dict[str, Any] = {
        "type": "object",
        "description": cast(str, kind.__doc__).partition("\n")[0],
        "properties": properties,
        **({"required": required} if required else {}),
    }
    for each in keys_of(kind):
        if "by" in each.metadata:
            by = each.metadata["by"]
            choices = {name: _table_schema(one) for name, one in each.metadata["kinds"].items()}
            for name, choice in choices.items():
                choice["properties"] = {by: {"const": name}, **choice["properties"]}
                del choice["additionalProperties"]
            return {**described, "oneOf": [*choices.values()], "unevaluatedProperties": False}
    return {**described, "additionalProperties": False}
