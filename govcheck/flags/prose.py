"""Whether a sentence that names a flag says that it is gone."""

import re

from govcheck.document import Document
from govcheck.finding import Span

_GONE = re.compile(
    r"\b(?:retired?|removed|deleted|dropped|obsolete|defunct|decommissioned|no longer"
    r"|formerly|historic(?:al|ally)?)\b"
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


def calls_it_retired(document: Document, span: Span) -> bool:
    """Whether the line, the sentence or the heading above calls what stands at `span` retired."""
    line = document.line(span.line)
    if _says_gone(line) or _says_gone(_sentence(document, span)):
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
    window = max(0, span.start - 400)
    start = window
    for end in _BREAK.finditer(text, window, span.start):
        start = end.end()
    found = _BREAK.search(text, span.end, span.end + 400)
    return " ".join(text[start : found.start() if found else span.end].split())


def _heading(document: Document, span: Span) -> str:
    headings = _HEADING.findall(document.text, 0, span.start)
    return str(headings[-1]) if headings else ""
