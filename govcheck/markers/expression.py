"""The expressions of `pytest -m`: which marks they ask for ("Marker expressions")."""

import re
from collections.abc import Callable, Iterator, Set

_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])|(?P<name>(?:\w|[:+.\[\]\\/-])+)(?P<arguments>\([^()]*=[^()]*\))?)"
)
_MAX_LENGTH = 2_000

Selects = Callable[[Set[str]], bool]


def expression(text: str) -> Selects | None:
    """Whether a test with some marks is selected; None for what is no expression.

    Arguments of a marker, as in `device(serial="1")`, are taken to fit.
    """
    if not text.strip():
        return lambda names: True
    tokens = list(_tokens(text)) if len(text) <= _MAX_LENGTH else []
    if not tokens or "" in tokens:
        return None
    try:
        selects, rest = _either(tokens)
    except (IndexError, ValueError, RecursionError):
        return None
    return selects if not rest else None


def names(text: str) -> Iterator[str]:
    """The names of markers in an expression."""
    return (each for each in _tokens(text) if each not in ("", "(", ")", "and", "or", "not"))


def _tokens(text: str) -> Iterator[str]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            yield ""
            return
        yield found["bracket"] or found["name"]
        at = found.end()


def _either(tokens: list[str]) -> tuple[Selects, list[str]]:
    selects, tokens = _both(tokens)
    while tokens[:1] == ["or"]:
        other, tokens = _both(tokens[1:])
        selects = _or(selects, other)
    return selects, tokens


def _both(tokens: list[str]) -> tuple[Selects, list[str]]:
    selects, tokens = _one(tokens)
    while tokens[:1] == ["and"]:
        other, tokens = _one(tokens[1:])
        selects = _and(selects, other)
    return selects, tokens


def _one(tokens: list[str]) -> tuple[Selects, list[str]]:
    first, *rest = tokens
    if first == "not":
        selects, rest = _one(rest)
        return (lambda names: not selects(names)), rest
    if first == "(":
        selects, rest = _either(rest)
        if rest[0] != ")":
            raise IndexError(first)
        return selects, rest[1:]
    if first in (")", "and", "or"):
        raise IndexError(first)
    return (lambda names: first in names), rest


def _or(one: Selects, other: Selects) -> Selects:
    return lambda names: one(names) or other(names)


def _and(one: Selects, other: Selects) -> Selects:
    return lambda names: one(names) and other(names)
