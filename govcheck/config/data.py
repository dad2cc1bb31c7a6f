"""A file of data (JSON, TOML, YAML) as plain values, and where each of them stands."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from govcheck.config import format_of
from govcheck.config.tree import Container, Reading, Scalar
from govcheck.document import Document, TooDeepError
from govcheck.finding import Span

Path = tuple[str, ...]

_MAX_VALUES = 200_000
_CORE = {  # the tags that plain scalars have in the core schema (YAML 1.2.2, 10.3.2)
    "tag:yaml.org,2002:null": (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "tag:yaml.org,2002:int": (
        r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$",
        list("-+0123456789"),
    ),
    "tag:yaml.org,2002:float": (
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|nan)$",
        list("-+.0123456789"),
    ),
}


class BrokenError(ValueError):
    """The file is no data of its format; says why, and where, as far as that is told."""

    def __init__(self, why: str, line: int = 1) -> None:
        super().__init__(why)
        self.line = line


class Data(NamedTuple):
    """One document of a file: values as JSON has them, with dates as text (ISO 8601).

    `keys` are the spans of keys by their paths, and of the items of lists by their numbers,
    `scalars` those of values that are no mapping or list; `repeated` are those of keys that their
    mapping has already.
    """

    value: Any
    keys: Mapping[Path, Span]
    scalars: Mapping[Path, Span]
    repeated: Sequence[tuple[str, Span]]

    def place(self, document: Document, path: Path) -> Span:
        """Where the value at a path is named, or the nearest one around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.keys:
                return self.keys[path[:end]]
        return document.line_span(1)


def data(document: Document) -> tuple[Data, ...]:
    """The documents of a file: one, but for YAML, which may hold several.

    Raises:
        BrokenError: it does not parse, or is no file of data.
        TooDeepError: it nests deeper, or says more by aliases, than anything a person wrote.
    """
    form = format_of(document.path)
    try:
        match form:
            case "json":
                values = [json.loads(document.text)]
            case "toml":
                values = [tomllib.loads(document.text)]
            case "yaml":
                values = _yaml(document)
            case _:
                raise BrokenError("it is neither JSON, TOML nor YAML")
    except RecursionError:
        raise TooDeepError from None
    except BrokenError:
        raise
    except json.JSONDecodeError as error:
        raise BrokenError(error.msg, error.lineno) from None
    except ValueError as error:  # of TOML, or a number with thousands of digits
        raise BrokenError(*_toml_place(str(error))) from None
    found = []
    for value, root in zip(values, _roots(document, form), strict=False):
        plain = _Plain().of(value, 0)
        found.append(Data(plain, *_places(document, root)))
    return tuple(found)


def matching(value: Any, pattern: str) -> Iterator[tuple[Path, Any]]:
    """The values at the paths that a pattern of dotted keys matches: `clusters.*.files.*`.

    `*` stands for anything within a key, or the number of an item.
    """
    found: list[tuple[Path, Any]] = [((), value)]
    for part in pattern.split("."):
        found = [
            ((*path, key), each)
            for path, outer in found
            for key, each in _inside(outer)
            if fnmatchcase(key, part)
        ]
    yield from found


def _inside(value: Any) -> Iterable[tuple[str, Any]]:
    match value:
        case dict():
            return value.items()
        case list():
            return ((str(number), each) for number, each in enumerate(value))
    return ()


def _toml_place(said: str) -> tuple[str, int]:
    why, _, where = said.partition(" (at line ")
    line = where.partition(",")[0]
    return why, int(line) if line.isdecimal() else 1


def _yaml(document: Document) -> list[Any]:
    import yaml

    try:
        return list(yaml.load_all(document.text, _loader()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BrokenError(error.problem or "broken YAML", mark.line + 1 if mark else 1) from None
    except yaml.YAMLError as error:
        raise BrokenError(str(error).partition("\n")[0]) from None


@cache
def _loader() -> Any:
    """A loader of nothing but plain data, whose scalars mean what they do in YAML 1.2."""
    import yaml

    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(safe):  # type: ignore[misc]
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            """A mapping whose keys are text, as they are written: `on`, `1.10`, `31e5`."""
            self.flatten_mapping(node)
            return {
                str(key.value)
                if key.id == "scalar"
                else str(self.construct_object(key, deep=True)): self.construct_object(
                    value, deep=deep
                )
                for key, value in node.value
            }

    for tag, (pattern, first) in _CORE.items():
        Loader.add_implicit_resolver(tag, re.compile(pattern), first)
    Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("^<<$"), ["<"])
    Loader.add_constructor("tag:yaml.org,2002:int", _integer)
    Loader.add_constructor(None, _untagged)
    return Loader


def _integer(loader: Any, node: Any) -> int:
    """An integer of YAML 1.2, where a leading zero means nothing."""
    return int(node.value, 0 if node.value[1:2] in ("o", "x") else 10)


def _untagged(loader: Any, node: Any) -> Any:
    """The plain value under a tag that some program gives a meaning to: `!Ref`, `!vault`."""
    match node.id:
        case "mapping":
            return loader.construct_mapping(node, deep=True)
        case "sequence":
            return loader.construct_sequence(node, deep=True)
    return node.value


class _Plain:
    """Makes values of JSON, as many as a person writes: aliases may say one thing over and over."""

    def __init__(self) -> None:
        self.count = 0

    def of(self, value: Any, depth: int) -> Any:
        self.count += 1
        if self.count > _MAX_VALUES or depth > 100:
            raise TooDeepError
        match value:
            case dict():
                return {str(key): self.of(each, depth + 1) for key, each in value.items()}
            case list() | tuple() | set():
                return [self.of(each, depth + 1) for each in value]
            case date() | datetime() | time():
                return value.isoformat()
            case None | bool() | int() | float() | str():
                return value
        return str(value)


def _roots(document: Document, form: str | None) -> tuple[Scalar | Container | None, ...]:
    reading: Reading = document.view(import_module(f"govcheck.config.{form}").read)
    return reading.tree.roots


def _places(
    document: Document, root: Scalar | Container | None
) -> tuple[Mapping[Path, Span], Mapping[Path, Span], Sequence[tuple[str, Span]]]:
    keys: dict[Path, Span] = {}
    scalars: dict[Path, Span] = {}
    repeated: list[tuple[str, Span]] = []
    waiting: list[tuple[Path, Container]] = [((), root)] if isinstance(root, Container) else []
    while waiting:
        base, container = waiting.pop()
        for number, member in enumerate(container.members):
            path = base if member.keys else (*base, str(number))
            for key in member.keys:
                path = (*path, key.text, *key.indices)
                span = document.span(key.start, key.end)
                if keys.setdefault(path, span) is not span and container.layout != "table":
                    repeated.append((key.text, span))
            if not member.keys:
                keys[path] = document.span(member.start, member.end)
            if isinstance(member.value, Scalar):
                scalars[path] = document.span(member.value.start, member.value.end)
            elif isinstance(member.value, Container):
                waiting.append((path, member.value))
    return keys, scalars, repeated


def applies(
    mapping: Any, when: Mapping[str, Sequence[str]], unless: Mapping[str, Sequence[str]]
) -> bool:
    """Whether the keys of a mapping have the values that are wanted, by patterns, and no others."""
    return all(_has(mapping, *each) for each in when.items()) and not any(
        _has(mapping, *each) for each in unless.items()
    )


def _has(mapping: Any, key: str, patterns: Sequence[str]) -> bool:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    if value is None or isinstance(value, dict | list):
        return False
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return any(fnmatchcase(said, pattern) for pattern in patterns)
