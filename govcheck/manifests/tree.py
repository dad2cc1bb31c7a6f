"""Walking what TOML, YAML and JSON files say, with the place of every value."""

from collections.abc import Iterator
from typing import NamedTuple

from govcheck.config.tree import Container, Scalar

Value = Scalar | Container | None


class Pair(NamedTuple):
    """Keys of a mapping, several where they are dotted, and what they hold."""

    keys: tuple[str, ...]
    start: int
    end: int
    value: Value


def pairs(value: Value, first: str = "*") -> Iterator[Pair]:
    """The pairs of a mapping as they are written, or those whose (first) key is that."""
    if not isinstance(value, Container) or value.kind != "mapping":
        return
    for member in value.members:
        if member.keys and first in ("*", member.keys[0].text):
            keys = tuple(part for key in member.keys for part in (key.text, *key.indices))
            yield Pair(keys, member.keys[0].start, member.keys[-1].end, member.value)


def named(value: Value, *path: str) -> Iterator[Pair]:
    """The pairs of the mapping at a path, where `*` stands for any key.

    TOML may write a table in parts; a dotted key is given from where the path ends.
    """
    for pair in pairs(value, *path[:1]):
        if not all(p in ("*", key) for key, p in zip(pair.keys, path, strict=False)):
            continue
        if len(pair.keys) > len(path):
            yield pair._replace(keys=pair.keys[len(path) :])
        else:
            yield from named(pair.value, *path[len(pair.keys) :])


def at(value: Value, *path: str) -> Iterator[Value]:
    """The values at a path."""
    *above, last = path
    for pair in named(value, *above):
        if len(pair.keys) == 1 and last in ("*", pair.keys[0]):
            yield pair.value


def items(value: Value) -> list[Value]:
    """The items of a list; nothing for anything else."""
    if isinstance(value, Container) and value.kind == "sequence":
        return [member.value for member in value.members]
    return []


def scalars(value: Value) -> list[Scalar]:
    """A scalar itself, or the scalars of a list."""
    return [each for each in (value, *items(value)) if isinstance(each, Scalar)]


def is_verbatim(text: str, scalar: Scalar) -> bool:
    """Whether a scalar stands in the text as it reads, without escapes."""
    return text[scalar.start : scalar.end] == scalar.text
