"""Taking names out of configuration files in tests, and what parsers should read afterwards."""

from collections.abc import Collection
from itertools import pairwise
from typing import Any

from govcheck.config import Entry, entries, removal
from govcheck.document import Document

DOOMED = ("USE_A", "USE_B")


def without(path: str, text: str, *names: str) -> str:
    """The text less all entries of these names; whatever cannot be removed stays."""
    return cut(path, text, names or DOOMED)[0]


def refused(path: str, text: str, *names: str) -> list[Entry]:
    """The entries of these names that cannot be removed."""
    return cut(path, text, names or DOOMED)[1]


def cut(path: str, text: str, names: Collection[str]) -> tuple[str, list[Entry]]:
    document = Document(path, text.encode())
    doomed = [entry for entry in entries(document) if entry.name in names]
    found = removal(document, doomed)
    assert set(found) <= set(doomed)
    edits = sorted({edit for each in found.values() for edit in each})
    assert all(one.end <= other.start for one, other in pairwise(edits))
    assert all(
        not (one.text or other.text) for one, other in pairwise(edits) if one.end == other.start
    )
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text, [entry for entry in doomed if entry not in found]


def spelled(path: str, text: str) -> list[tuple[str, str, str | None, str | None]]:
    """Path, name as it stands in the text, value, and value as it stands in the text."""
    document = Document(path, text.encode())
    return [
        (
            ".".join(entry.path),
            text[entry.span.start : entry.span.end],
            entry.value,
            text[entry.value_span.start : entry.value_span.end] if entry.value_span else None,
        )
        for entry in entries(document)
    ]


def less(value: Any, key: str = "") -> Any:
    """Parsed data less the doomed names; None where an emptied `env` goes itself."""
    kept: Any
    if isinstance(value, dict):
        kept = {
            name: rest
            for name, inner in value.items()
            if name not in DOOMED and (rest := _less_inside(inner, name)) is not None
        }
    elif isinstance(value, list):
        kept = [less(item) for item in value if not _is_doomed_item(item, key)]
    else:
        return value
    is_emptied = bool(value) and not kept
    return None if is_emptied and key in ("env", "environment") else kept


def _less_inside(value: Any, key: str) -> Any:
    return "" if value is None else less(value, key)


def _is_doomed_item(item: Any, key: str) -> bool:
    match item:
        case str():
            return key in ("env", "environment") and item.partition("=")[0] in DOOMED
        case {"name": name, "value": _, **others}:
            return name in DOOMED and not others
        case _:
            return False
