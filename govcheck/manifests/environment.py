"""Environment markers: whether a requirement can apply to any Python that is allowed (PEP 508)."""

import re
from collections.abc import Sequence
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.version import Version

from govcheck.manifests.versions import admits, minors

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'[^']*'|"[^"]*")|(?P<word>[A-Za-z_.]+)|(?P<sign>[<>=!~]+)|(?P<bracket>[()]))"""
)
_PYTHON = frozenset({"python_version", "python_full_version", "implementation_version"})
_FULL = re.compile(r"\d+\.\d+\.(\d+)")
_MAX_TEXT = 10_000
_MAX_DEPTH = 50


def is_possible(marker: str, allowed: str) -> bool:
    """Whether a marker can be true for any Python that is allowed, whatever else it asks for.

    Only the version of Python counts: a platform, an implementation or an extra may be anything.
    A marker that cannot be read is taken for possible.
    """
    if not marker or len(marker) > _MAX_TEXT:
        return True
    try:
        atoms = _parse(marker)
        return any(_holds(atoms, each) is not False for each in _interpreters(marker, allowed))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError, IndexError):
        return True


@lru_cache(maxsize=256)
def _interpreters(marker: str, allowed: str) -> tuple[str, ...]:
    """Full versions of Python that the policy allows, all that the marker could tell apart."""
    patches = {0, 1, 40}
    for found in _FULL.finditer(marker):
        patches |= {max(int(found[1]) + step, 0) for step in (-1, 0, 1)}
    return tuple(
        full
        for minor in minors(allowed)
        for patch in sorted(patches)
        if admits(allowed, full := f"{minor}.{patch}")
    )


_Node = str | tuple[str, "list[_Node]"]


def _parse(marker: str) -> _Node:
    """A marker as its comparisons, joined by `and` and `or`.

    Raises:
        ValueError: it is no marker.
    """
    tokens: list[str] = []
    at = 0
    text = marker.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(text)
        tokens.append(found[0].strip())
        at = found.end()
    node, rest = _joined("or", tokens, 0)
    if rest:
        raise ValueError(text)
    return node


def _joined(word: str, tokens: Sequence[str], depth: int) -> tuple[_Node, Sequence[str]]:
    if depth > _MAX_DEPTH:
        raise ValueError("it nests too deeply")
    parts: list[_Node] = []
    while True:
        part, tokens = (
            _joined("and", tokens, depth + 1) if word == "or" else _atom(tokens, depth + 1)
        )
        parts.append(part)
        if not tokens or tokens[0] != word:
            return (parts[0] if len(parts) == 1 else (word, parts)), tokens
        tokens = tokens[1:]


def _atom(tokens: Sequence[str], depth: int) -> tuple[_Node, Sequence[str]]:
    if tokens[0] == "(":
        node, rest = _joined("or", tokens[1:], depth + 1)
        if not rest or rest[0] != ")":
            raise ValueError("a bracket is open")
        return node, rest[1:]
    size = 4 if tokens[1] == "not" else 3
    return " ".join(tokens[:size]), tokens[size:]


def _holds(node: _Node, interpreter: str) -> bool | None:
    """Whether a marker holds for an interpreter; None where something else decides."""
    if isinstance(node, str):
        return _compares(node, interpreter)
    word, parts = node
    found = [_holds(each, interpreter) for each in parts]
    decisive = word == "or"
    if decisive in found:
        return decisive
    return None if None in found else not decisive


@lru_cache(maxsize=4096)
def _compares(atom: str, interpreter: str) -> bool | None:
    if not any(word in _PYTHON for word in atom.replace("'", " ").replace('"', " ").split()):
        return None
    minor = ".".join(map(str, Version(interpreter).release[:2]))
    environment = {
        "python_version": minor,
        "python_full_version": interpreter,
        "implementation_version": interpreter,
    }
    return Marker(atom).evaluate(environment)
