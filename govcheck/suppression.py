"""Suppressions: comments that allow one finding, for a reason, perhaps until a day.

The grammar is the same in every comment syntax, and there is no blanket form:
`govcheck: ignore[RULE, RULE] until YYYY-MM-DD -- REASON`, where `until ...` may be missing.
"""

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from govcheck.document import Document, TooDeepError
from govcheck.finding import Span
from govcheck.keys import nearest
from govcheck.repo import Repo

if TYPE_CHECKING:
    from govcheck.comments import Comment

NEEDLE = "govcheck:"

_DIRECTIVE = re.compile(r"(?:^|#\s*)govcheck:\s*([\w-]*)(.*)", re.DOTALL)
_IGNORE = re.compile(r"\s*\[([^\]]*)\](?:\s+until\s+(\S+))?\s+--\s+(\S.*)", re.DOTALL)
_MARKUP = (".md", ".markdown", ".html", ".htm", ".rst")


class Suppression(NamedTuple):
    """A comment that allows findings of `rules` on one line; `span` is the comment's own place.

    `until` is the last day on which it does.
    """

    span: Span
    line: int
    rules: tuple[str, ...]
    reason: str
    until: date | None = None


class Malformed(NamedTuple):
    """A comment that was meant as a suppression and is none, and why."""

    span: Span
    message: str


class Directives(NamedTuple):
    """All that comments say to govcheck."""

    suppressions: tuple[Suppression, ...] = ()
    malformed: tuple[Malformed, ...] = ()


def directives(repo: Repo) -> Directives:
    """What the comments of the whole repository say."""
    found = [document.view(_directives) for document in repo.search([NEEDLE])]
    return Directives(
        tuple(each for one in found for each in one.suppressions),
        tuple(each for one in found for each in one.malformed),
    )


def _directives(document: Document) -> Directives:
    from govcheck.comments import comments  # only a file with a directive pays for it

    try:
        said = comments(document)
    except TooDeepError:
        return Directives()
    suppressions: list[Suppression] = []
    malformed: list[Malformed] = []
    for comment in said:
        directive = _DIRECTIVE.search(comment.text)
        if directive is None or not _is_meant(directive[1], document.path):
            continue
        match _parse(directive[1], directive[2]):
            case str() as message:
                malformed.append(Malformed(comment.span, message))
            case rules, until, reason:
                line = _target(document, comment, said)
                suppressions.append(Suppression(comment.span, line, rules, reason, until))
    return Directives(tuple(suppressions), tuple(malformed))


def _is_meant(word: str, path: str) -> bool:
    """In markup, `govcheck: WORD` also begins blocks that the tool renders."""
    return not path.endswith(_MARKUP) or nearest(word.lower(), ["ignore"]) != ""


def _parse(word: str, rest: str) -> tuple[tuple[str, ...], date | None, str] | str:
    if word != "ignore":
        return f"unknown directive {word!r}: write 'govcheck: ignore[RULE] -- REASON'"
    found = _IGNORE.fullmatch(rest.rstrip())
    if found is None:
        if not rest.lstrip().startswith("["):
            return "it names no rule: write 'govcheck: ignore[RULE] -- REASON'"
        if "--" not in rest:
            return "it gives no reason: add ' -- REASON' at its end"
        return "it is not of the form 'ignore[RULE] until YYYY-MM-DD -- REASON'"
    rules = tuple(name.strip() for name in found[1].split(","))
    if not all(rules):
        return "it names no rule: write 'govcheck: ignore[RULE] -- REASON'"
    try:
        until = _date(found[2]) if found[2] else None
    except ValueError:
        return f"{found[2]!r} is not a date: write 'until YYYY-MM-DD'"
    return rules, until, " ".join(found[3].split())


def _date(text: str) -> date:
    if len(text) != len("YYYY-MM-DD"):
        raise ValueError(text)  # ISO 8601 knows other forms, too
    return date.fromisoformat(text)


def _target(document: Document, comment: "Comment", said: "tuple[Comment, ...]") -> int:
    """The line that a comment is about: its own, or the next one where it stands alone."""
    before = document.line(comment.span.line)[: comment.span.column - 1]
    if before.strip():
        return comment.span.line
    after = document.line(comment.span.end_line)[comment.span.end_column - 1 :]
    if after.strip():
        return comment.span.end_line
    lines = {
        line
        for each in said
        if not document.line(each.span.line)[: each.span.column - 1].strip()
        for line in range(each.span.line, each.span.end_line + 1)
    }
    line = comment.span.end_line + 1
    while line < len(document.line_starts) and (line in lines or not document.line(line).strip()):
        line += 1
    return line
