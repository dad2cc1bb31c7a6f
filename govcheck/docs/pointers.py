"""Comments and docstrings of Python that send the reader to a file that is gone."""

import re
from typing import NamedTuple

from govcheck.docs.documents import class_of
from govcheck.docs.paths import is_somewhere
from govcheck.docs.wording import is_sent_to
from govcheck.finding import Span
from govcheck.history import Gone, gone, ignored, written_later
from govcheck.policy import Policy
from govcheck.programs import NAMES, PYTHON
from govcheck.programs.dead import PLACEHOLDERS
from govcheck.repo import Repo

_SEE = re.compile(
    r"[Ss]ee (?:also )?(?:the |file )?[`*_\"'(\[]*"
    r"(?P<path>(?:\.?/)?[\w.-]+(?:/[\w.-]+)+\.(?:md|py))\b"
)
# In a past of the repository, or in another one.
_ELSEWHERE = re.compile(
    r"[^\n]{0,40}?\b(?:at|in|of|from|on) (?:(?:the )?(?:commit|revision|history)|[0-9a-f]{7,40}\b"
    r"|[^\n.;]{0,40}\brepo)"
)


class Pointer(NamedTuple):
    """A path that code sends its reader to, which was there once."""

    span: Span
    text: str
    path: str
    gone: Gone


def pointers(repo: Repo, policy: Policy) -> tuple[Pointer, ...]:
    """The files that Python code says to see, that git knows, and that are gone."""
    found: list[tuple[Span, str, str]] = []
    for document in repo.search(NAMES, PYTHON):
        text = document.text
        for see in _SEE.finditer(text):
            start, end = see.span("path")
            plain = see["path"].removeprefix("./").removeprefix("/")
            if is_somewhere(repo, plain) or PLACEHOLDERS.search(plain):
                continue
            if not is_sent_to(text, start, end) or _ELSEWHERE.match(text, end):
                continue
            if class_of(policy, document.path)[0] != "history":
                found.append((document.span(start, end), see["path"], plain))
    paths = frozenset(path for _, _, path in found)
    known = gone(repo, paths - ignored(repo, paths))
    later = written_later(repo, {(span.path, path) for span, _, path in found if path in known})
    return tuple(
        Pointer(span, said, path, known[path])
        for span, said, path in found
        if path in known and (span.path, path) not in later
    )
