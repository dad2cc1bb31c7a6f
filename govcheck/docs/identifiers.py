"""The identifiers that documents name as code, and that no code has."""

import builtins
import re
from collections.abc import Iterator
from typing import NamedTuple

from govcheck.docs.documents import Doc, documents
from govcheck.docs.wording import speaks_otherwise
from govcheck.finding import Span
from govcheck.policy import Policy
from govcheck.programs.dead import PLACEHOLDERS
from govcheck.repo import Repo

# Of classes, with two humps at least, and of functions and names, with an underscore.
_IDENTIFIER = re.compile(
    r"(?P<name>[A-Z]+[a-z0-9]+(?:[A-Z]+[a-z0-9]*)+|_{0,2}[a-z][a-z0-9]*(?:_[a-z0-9]+)+_{0,2})"
    r"(?:\(\))?"
)
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc")
_MAX_NAMES = 20_000


class Unknown(NamedTuple):
    """An identifier that a document names and that no file but prose has."""

    doc: Doc
    name: str
    span: Span


def unknown_identifiers(repo: Repo, policy: Policy) -> tuple[Unknown, ...]:
    """The identifiers in code spans of reference documents that stand in no code."""
    said = [*_named(repo, policy)]
    names = frozenset(name for _, name, _ in said)
    if not names or len(names) > _MAX_NAMES:
        return ()
    unknown = set(names)
    for document in repo.search(names, but=_PROSE):
        if not document.path.lower().endswith(_PROSE):
            unknown -= {name for name in unknown if _has(document.text, name)}
    return tuple(
        Unknown(doc, name, doc.document.span(start, start + len(name)))
        for doc, name, start in said
        if name in unknown
        and not speaks_otherwise(doc.document.text, doc.page, start, policy.docs.moved.words)
    )


def _named(repo: Repo, policy: Policy) -> Iterator[tuple[Doc, str, int]]:
    known = {part.partition(".")[0] for path in repo.files for part in path.split("/")}
    for doc in repo.view(documents, policy):
        if doc.kind in ("history", "plan"):
            continue
        shown = {fence.text for fence in doc.page.fences if fence.language not in ("", "text")}
        for code in doc.page.codes:
            found = _IDENTIFIER.fullmatch(code.text)
            if found is None or doc.document.text[code.start : code.end] != code.text:
                continue
            name = found["name"]
            # An example of the document may define it; a file may be called so.
            if name in known or hasattr(builtins, name) or PLACEHOLDERS.search(name):
                continue
            if not any(name in text for text in shown):
                yield doc, name, code.start + found.start("name")


def _has(text: str, name: str) -> bool:
    """Whether a name stands in a text, whole."""
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
