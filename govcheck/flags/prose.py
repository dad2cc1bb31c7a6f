"""Whether a sentence that names a flag says that it is gone."""

import re
from bisect import bisect_left

from govcheck.document import Document
from govcheck.finding import Span

_GONE = re.compile(
    r"\b(?:retired?|removed|deleted|dropped|obsolete|defunct|decommissioned|no longer"
    r"|formerly|historic(?:al|ally)?)\b(?!-flag)"
    r"|~~",
    re.IGNORECASE,
)
_LIVE = re.compile(r"\b(?:active|live|enabled|in use)\b", re.IGNORECASE)
_NOT_YET = re.compile(
    r"\b(?:not(?: yet)?|never|will(?: be)?|to be|should be|must be|can be|may be|until|before"
    r"|if|once|when|after)(?: \w+)?$",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^#{1,6} (.*)$", re.MULTILINE)
_BREAK = re.compile(r"[.!?:;](?=\s)|\n\s*(?=\n|[-*+|#>]|\d+[.)] )|\n\s*$")
_MARKDOWN = (".md", ".markdown", ".mdx")


_REACH = 400


def calls_it_retired(document: Document, span: Span) -> bool:
    """Whether the line, the sentence or the heading above calls what stands at `span` retired.

    Looked at are at most `_REACH` characters on either side: a line can be a whole file.
    """
    start = max(document.line_starts[span.line - 1], span.start - _REACH)
    line = document.text[start : span.end + _REACH].partition("\n")[0]
    is_near = _GONE.search(document.text, max(0, span.start - _REACH), span.end + _REACH)
    if is_near and (_says_gone(line) or _says_gone(_sentence(document, span))):
        return True
    if _LIVE.search(line) or not document.path.lower().endswith(_MARKDOWN):
        return False
    return _says_gone(_heading(document, span))


def _says_gone(text: str) -> bool:
    return any(
        not _NOT_YET.search(text[: found.start()].rstrip()) for found in _GONE.finditer(text)
    )


def _sentence(document: Document, span: Span) -> str:
    """The sentence around a place, which may run over the end of its line."""
    text = document.text
    start = max(0, span.start - _REACH)
    for end in _BREAK.finditer(text, start, span.start):
        start = end.end()
    found = _BREAK.search(text, span.end, span.end + _REACH)
    return " ".join(text[start : found.start() if found else span.end + _REACH].split())


def _heading(document: Document, span: Span) -> str:
    headings = document.view(_headings)
    above = bisect_left(headings, (span.start, ""))
    return headings[above - 1][1] if above else ""


def _headings(document: Document) -> list[tuple[int, str]]:
    return [(each.start(), each[1]) for each in _HEADING.finditer(document.text)]
