"""A file of data (JSON, TOML, YAML) as plain values, and where each of them stands."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib import import_module
from typing import Any, NamedTuple

from govcheck.config import format_of
from govcheck.config.tree import Container, Reading, Scalar
from govcheck.document import Document, TooDeepError
from govcheck.finding import Span

Path = tuple[str, ...]

_MAX_VALUES = 500_000
_MAX_LEVELS = 100
_WITH_COMMENTS = re.compile(
    r"(?i)\.(?:jsonc|json5|code-workspace)\Z|(?:^|/)(?:[jt]sconfig(?:\.[^/]*)?|devcontainer)\.json\Z"
    r"|(?:^|/)\.vscode/[^/]*\Z"
)
_JSON_STRING = r'"(?>(?:[^"\\]|\\.)*)"?'
_JSONC_COMMENT = re.compile(rf"(?s){_JSON_STRING}|//[^\r\n]*|/\*(?:.*?\*/|.*)")
_JSONC_COMMA = re.compile(rf"(?s){_JSON_STRING}|,(?=\s*[\]}}])")
_JSON_WORD = re.compile(rf"(?s){_JSON_STRING}|(NaN|-?Infinity)")
_CORE = {  # the tags that plain scalars have in the core schema (YAML 1.2.2, 10.3.2)
    "tag:yaml.org,2002:null": (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "tag:yaml.org,2002:int": (
        r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$",
        list("-+0123456789"),
    ),
    "tag:yaml.org,2002:float": (
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"
        r"|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$",
        list("-+.0123456789"),
    ),
}


class BrokenError(ValueError):
    """The file is no data of its format; says why, and where, as far as that is told."""

    def __init__(self, why: str, line: int = 1) -> None:
        super().__init__(why)
        self.line = line


class TooMuchError(TooDeepError):
    """It holds more values, with what aliases repeat, than are looked at."""

    def __init__(self) -> None:
        ValueError.__init__(self, f"it holds more than {_MAX_VALUES} values")


class Places(NamedTuple):
    """Where the values of a document stand.

    `keys` are the spans of keys by their paths, and of the items of lists by their numbers,
    `scalars` those of values that are no mapping or list; `repeated` are those of keys that their
    mapping has already.
    """

    keys: Mapping[Path, Span]
    scalars: Mapping[Path, Span]
    repeated: Sequence[tuple[str, Span]]


@dataclass(frozen=True, eq=False)
class Data:
    """One document of a file: values as JSON has them, with dates as text (ISO 8601).

    `number` is that of the document in its file. Where things stand is found out on demand, since
    that takes ten times as long as to read the values.
    """

    value: Any
    document: Document
    number: int
    may_repeat: bool

    @cached_property
    def places(self) -> Places:
        """Where the values stand.

        Raises:
            TooDeepError: it nests too deep, or is too long, to tell.
        """
        form = format_of(self.document.path)
        reading: Reading = self.document.view(import_module(f"govcheck.config.{form}").read)
        return _places(self.document, next(iter(reading.tree.roots[self.number :]), None))

    @property
    def repeated(self) -> Sequence[tuple[str, Span]]:
        """The keys that their mapping has already."""
        return self.places.repeated if self.may_repeat else ()

    def place(self, path: Path) -> Span:
        """Where the value at a path is named, or the nearest one around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.places.keys:
                return self.places.keys[path[:end]]
        return self.document.line_span(1)

    def written(self, path: Path, value: Any) -> tuple[str, Span]:
        """What is written at the path of a value that is no mapping or list, and where.

        Text is as it reads, and all else as it stands: `3.10`, which is the number 3.1.
        """
        span = self.places.scalars.get(path)
        if span is None or isinstance(value, str):
            return str(value), span or self.place(path)
        said = self.document.text[span.start : span.end]
        return str(value) if said.startswith("*") else said, span


def data(document: Document) -> tuple[Data, ...]:
    """The documents of a file: one, but for YAML, which may hold several.

    A file of YAML without any, which is empty or all comments, is null.

    Raises:
        BrokenError: it does not parse, or is no file of data.
        TooDeepError: it nests deeper, or says more by aliases, than anything a person wrote.
    """
    repeats: list[Any] = []
    try:
        match format_of(document.path):
            case "json":
                values = [_json(document, repeats)]
            case "toml":
                values = [tomllib.loads(_unicode(document))]
            case "yaml":
                values = _yaml(document, repeats) or [None]
            case _:
                raise BrokenError("by its name it is neither JSON, TOML nor YAML")
    except RecursionError:
        raise TooDeepError from None
    except BrokenError:
        raise
    except json.JSONDecodeError as error:
        raise BrokenError(error.msg, error.lineno) from None
    except ValueError as error:  # of TOML, or a number with thousands of digits
        raise BrokenError(*_toml_place(str(error))) from None
    return tuple(
        Data(_Plain().of(value, 0), document, number, bool(repeats))
        for number, value in enumerate(values)
    )


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


def _unicode(document: Document) -> str:
    """The text of a file in a format that is always UTF-8 (RFC 8259, 8.1; TOML 1.0)."""
    if document.encoding != "utf-8":
        raise BrokenError("it is not UTF-8")
    return document.text


def _json(document: Document, repeats: list[Any]) -> Any:
    text = _unicode(document)
    if _WITH_COMMENTS.search(document.path):
        text = _JSONC_COMMA.sub(_blank, _JSONC_COMMENT.sub(_blank, text))

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            repeats.append(None)
        return made

    def no_number(name: str) -> None:
        place = next(found.start() for found in _JSON_WORD.finditer(text) if found[1])
        raise BrokenError(f"{name} is no JSON", text.count("\n", 0, place) + 1)

    return json.loads(text, object_pairs_hook=mapping, parse_constant=no_number)


def _blank(found: re.Match[str]) -> str:
    """Spaces instead of what is no string, so that all else stays where it is."""
    said = found[0]
    return said if said[0] == '"' else re.sub(r"[^\r\n]", " ", said)


def _toml_place(said: str) -> tuple[str, int]:
    why, _, where = said.partition(" (at line ")
    line = where.partition(",")[0]
    return why, int(line) if line.isdecimal() else 1


def _yaml(document: Document, repeats: list[Any]) -> list[Any]:
    import yaml

    def made() -> Iterator[Any]:
        loader = _loader()(document.text)
        loader.repeats = repeats
        try:
            while loader.check_data():
                yield loader.get_data()
        finally:
            loader.dispose()

    try:
        return [*made()]
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
        yaml_constructors: dict[str | None, Any] = {}  # noqa: RUF012
        repeats: list[Any]

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            """A mapping whose keys are text, as they are written: `on`, `1.10`, `31e5`."""
            written = [key.value for key, _ in node.value if key.id == "scalar"]
            if len(set(written)) < len(written):
                self.repeats.append(None)
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
    Loader.add_constructor("tag:yaml.org,2002:null", lambda loader, node: None)
    Loader.add_constructor("tag:yaml.org,2002:bool", _boolean)
    Loader.add_constructor("tag:yaml.org,2002:int", _integer)
    Loader.add_constructor("tag:yaml.org,2002:float", safe.construct_yaml_float)
    Loader.add_constructor(None, _other)
    return Loader


def _boolean(loader: Any, node: Any) -> bool:
    said = loader.construct_scalar(node)
    if said.lower() not in loader.bool_values:
        raise BrokenError(f"{said!r} is neither true nor false", node.start_mark.line + 1)
    return bool(loader.bool_values[said.lower()])


def _integer(loader: Any, node: Any) -> int:
    """An integer of YAML 1.2, where a leading zero means nothing."""
    said = loader.construct_scalar(node)
    return int(said, 0 if said[1:2] in ("o", "x") else 10)


def _other(loader: Any, node: Any) -> Any:
    """Text, a mapping or list: also under a tag that programs give a meaning to (`!Ref`)."""
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
        if depth > _MAX_LEVELS:
            raise TooDeepError(_MAX_LEVELS)
        if self.count > _MAX_VALUES:
            raise TooMuchError
        match value:
            case dict():
                return {key: self.of(each, depth + 1) for key, each in value.items()}
            case list():
                return [self.of(each, depth + 1) for each in value]
            case date() | time():  # a datetime is a date
                return value.isoformat()
        return value


def _places(document: Document, root: Scalar | Container | None) -> Places:
    keys: dict[Path, Span] = {}
    scalars: dict[Path, Span] = {}
    repeated: list[tuple[str, Span]] = []
    waiting: list[tuple[Path, Container]] = [((), root)] if isinstance(root, Container) else []
    while waiting:
        base, container = waiting.pop()
        for number, member in enumerate(container.members):
            path = base if member.keys else (*base, str(number))
            for key in member.keys:
                path = (*path, key.text)
                span = document.span(key.start, key.end)
                if key.indices:  # the first of the tables stands for their array
                    keys.setdefault(path, span)
                    path = (*path, *key.indices)
                if keys.setdefault(path, span) is not span and container.layout != "table":
                    repeated.append((key.text, span))
            if not member.keys:
                keys[path] = document.span(member.start, member.end)
            if isinstance(member.value, Scalar):
                scalars[path] = document.span(member.value.start, member.value.end)
            elif isinstance(member.value, Container):
                waiting.append((path, member.value))
    return Places(keys, scalars, repeated)


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
