"""The dates that documents bear: `**Last Updated:** 2025-10-05`, `review: 2026-01-31`."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

from govcheck.document import Document
from govcheck.markdown.page import Page

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})\b"
_FORMS = (
    ("iso", re.compile(r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?!\d)")),
    ("iso month", re.compile(r"(?P<year>\d{4})-(?P<number>\d{2})(?![\d-])")),
    ("month first", re.compile(rf"(?i){_MONTH}\s{_DAY},?\s{_YEAR}")),
    ("day first", re.compile(rf"(?i){_DAY}\s{_MONTH},?\s{_YEAR}")),
    ("month", re.compile(rf"(?i){_MONTH},?\s{_YEAR}")),
)  # fmt: skip
_BEFORE_LABEL = re.compile(r"(?:^[ \t>]*(?:[-*+][ \t]+)?|[|(•·—–][ \t]*)[*_`]{0,3}$")
_AFTER_LABEL = r"[*_`]*\s*(?::[*_`]*|\|)\s*[*_`]*"
# What may stand behind a date: marks, and what is not of it: a cell, a remark, a sentence.
_NOTHING = re.compile(r"[*_`\"'.)\]]*[ \t]*(?:$|[|<#·•]|\\$)", re.MULTILINE)


class Stamp(NamedTuple):
    """A date in a document; `last` is the last day of it, which a month has many of.

    `is_all` if nothing stands behind it that another day would make untrue: a time, a name, an end.
    """

    first: date
    last: date
    form: str
    start: int
    end: int
    is_all: bool

    def like(self, day: date, written: str) -> str:
        """Another day, as this one is written."""
        long = _MONTHS[day.month - 1].capitalize()
        word = re.sub(r"[^A-Za-z]|(?<=\d)(?:st|nd|rd|th)", "", written)
        month = long if len(word) > 3 else long[:3]
        month = month.upper() if word.isupper() else month
        number = f"{day.day:02}" if re.search(r"(?<!\d)0\d(?!\d)", written) else day.day
        match self.form:
            case "iso":
                return day.isoformat()
            case "iso month":
                return f"{day:%Y-%m}"
            case "month first":
                return f"{month} {number}{',' if ',' in written else ''} {day.year}"
            case "day first":
                return f"{number} {month} {day.year}"
        return f"{month} {day.year}"


def stamps(document: Document, page: Page, labels: Sequence[str]) -> Iterator[Stamp]:
    """The dates that stand right behind one of the labels, in front matter or prose.

    Blanks, hyphens and underscores in labels are alike, and so are small and large letters.
    """
    alike = {"".join(map(_alike, each)) + _AFTER_LABEL: each for each in labels}
    matches = (_labelled(document, label, pattern) for pattern, label in alike.items())
    for found in sorted(chain.from_iterable(matches), key=re.Match.start):
        line = document.text.rfind("\n", 0, found.start()) + 1
        before = document.text[line : found.start()]
        is_code = page.fence_at(found.start()) or page.code_at(found.start())
        if _BEFORE_LABEL.search(before) and not is_code:
            quote = document.text[found.end() : found.end() + 1] in "\"'"
            if stamp := _stamp(document.text, found.end() + quote):
                yield stamp


def _labelled(document: Document, label: str, alike: str) -> Iterator[re.Match[str]]:
    pattern = re.compile(alike)
    word = max(re.finditer("[A-Za-z]+", label), key=lambda each: len(each[0]), default=None)
    if word is None:
        yield from pattern.finditer(document.text)
        return
    # Many times quicker than to search for the pattern: where its longest word stands.
    plain, needle = document.utf8.lower(), word[0].lower().encode()
    at = plain.find(needle)
    while at >= 0:
        start = document.offset_of_byte(at) - word.start()
        if start >= 0 and (found := pattern.match(document.text, start)):
            yield found
        at = plain.find(needle, at + 1)


def _alike(character: str) -> str:
    """A pattern of what counts as this character; with a flag for that, searches are slow."""
    if character in "-_" or character.isspace():
        return r"[\s_-]"
    both = character.lower() + character.upper()
    return f"[{both}]" if character.isalpha() and len(both) == 2 else re.escape(character)


def _stamp(text: str, start: int) -> Stamp | None:
    for form, pattern in _FORMS:
        found = pattern.match(text, start)
        if found is None:
            continue
        parts = found.groupdict()
        number = parts.get("number")
        month = int(number) if number else _month(parts["month"])
        try:
            first = date(int(parts["year"]), month, int(parts.get("day") or 1))
        except ValueError:
            return None
        last = first if parts.get("day") else _last_day(first)
        is_all = _NOTHING.match(text, found.end()) is not None
        return Stamp(first, last, form, *found.span(), is_all)
    return None


def _month(name: str) -> int:
    plain = name.lower().rstrip(".")
    return next((n for n, each in enumerate(_MONTHS, 1) if each.startswith(plain[:3])), 0)


def _last_day(first: date) -> date:
    following = first.replace(day=28) + timedelta(days=4)
    return following - timedelta(days=following.day)
