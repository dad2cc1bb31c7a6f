"""Whether the words around a place in a document tell of the past or the future."""

import re
from functools import lru_cache

from govcheck.markdown.page import Page

PAST_OR_FUTURE = (
    "add", "archiv", "avoid", "became", "before", "consolidat", "copy", "creat", "delet",
    "deprecat", "drop", "eliminat", "extract", "former", "future", "gone", "histor", "instead",
    "introduc", "legacy", "merg", "migrat", "missing", "mov", "new", "no longer", "not exist",
    "obsolete", "old", "optional", "original", "planned", "previous", "propos", "refactor", "remov",
    "renam", "replac", "restructur", "retir", "should", "split", "supersed", "to be", "todo",
    "used to", "was", "were", "will", "would",
)  # fmt: skip

_REACH = 300
_FAR = 1_500
_LEAD = 60
_STEP = 100

# What tells that a name is none any more, or none yet.
RETIRED = re.compile(
    r"(?i)\b(?:archiv|deprecat|former|histor|legacy|no longer"
    r"|not (?:yet )?(?:implement|support|read|used)|obsolete|planned|previous|propos|remov|renam"
    r"|replaced|recommend|retir|suggest|supersed|future)|~~|❌"
)
# What sends the reader to the path that follows, and the rest of its sentence.
_SENDS = re.compile(
    r"(?i)(?<![\w-])(?:see(?: also)?|refer to|consult|restore(?:d)?(?: \w+)? from"
    r"|(?:documented|described|explained|listed|defined|implemented|covered|tracked) in"
    r"|(?:lives?|resides?|located|kept) (?:in|at|under))(?: the| file| document)?\s+[`*_\"'(\[]*/?$"
)
# A section that a reader may skip speaks of what is there all the same.
_OPTIONAL = re.compile(r"(?i)[(\[]optional[)\]]")
_SENTENCE = re.compile(r"(?:[^.;)\n|]|\.(?!\s|$)|\n(?!\s*(?:\n|[-*+#|]|\d+\.|```)))*")
_WORDS = re.compile(rf"\b(?:{'|'.join(PAST_OR_FUTURE)})|→|->|❌|~~")


def speaks_otherwise(text: str, page: Page, start: int, more: tuple[str, ...] = ()) -> bool:
    """Whether the words around an offset tell of past or future."""
    return _speaks(_around(text, page, start), more)


@lru_cache(maxsize=64)  # on a long line, the words around many places are the same
def _speaks(words: str, more: tuple[str, ...]) -> bool:
    # Expressions that do not look at the case are several times slower.
    return _WORDS.search(words.lower()) is not None or any(
        re.search(rf"(?i)\b{re.escape(word)}", words) for word in more
    )


def stands_under(text: str, page: Page, start: int, more: tuple[str, ...] = ()) -> bool:
    """Whether the heading over a block, or the line above it, tells of past or future."""
    over = page.heading_above(start)
    said = [line_above(text, start), "" if over is None else _OPTIONAL.sub("", over.text)]
    return _speaks("\n".join(map(_without_code, said)), more)


def tells_otherwise(words: str, path: str, more: tuple[str, ...] = ()) -> bool:
    """Whether words about a path tell of past or future, but for those that it is called by."""
    called = path.lower()
    left = _WORDS.sub(lambda found: "" if found[0] in called else found[0], words.lower())
    return _speaks(left, more)


def is_sent_to(text: str, start: int, end: int) -> bool:
    """Whether a reader is sent to a place, which is to be there, whatever else the line tells."""
    above = text[max(0, start - _LEAD) : start]
    sent = _SENDS.search(above)
    if sent is None or "\n\n" in sent[0]:
        return False
    rest = _SENTENCE.match(text, end, min(len(text), end + _REACH))
    said = sent[0] + (rest[0] if rest else "")
    return _WORDS.search(_without_code(said).lower()) is None


def says(pattern: re.Pattern[str], text: str, page: Page, start: int) -> bool:
    """Whether a pattern is found in the words around an offset, or in those that begin its list."""
    return (
        pattern.search(_around(text, page, start)) is not None
        or pattern.search(_leading(text, page, start)) is not None
    )


def _leading(text: str, page: Page, start: int) -> str:
    """The line that leads to the list of an item, if that is near: it ends in a colon."""
    begin = text.rfind("\n", 0, start) + 1
    if not _ITEM.match(text, begin) or page.fence_at(start) is not None:
        return ""
    for line in reversed(text[max(0, begin - _FAR) : begin].splitlines()):
        if line.rstrip().endswith(":") and not _ITEM.match(line):
            return _without_code(line)
        if line.strip() and not _ITEM.match(line):
            return ""
    return ""


def _around(text: str, page: Page, start: int) -> str:
    """The line of an offset, its neighbours in the paragraph, and what stands over all of it."""
    # A line can be a whole file: nothing is looked at that is far.
    begin = max(0, start - _REACH) // _STEP * _STEP
    end = (start + _REACH) // _STEP * _STEP + _STEP
    first = text.rfind("\n", begin, start) + 1 or begin
    last = text.find("\n", start, end)
    last = last if last >= 0 else min(end, len(text))
    said = [text[first:last]]
    above = _line_before(text, first)
    if not _BEGINS.match(said[0]) or above.rstrip().endswith(":") or _HEADS.match(above):
        said.append(above)
    end = text.find("\n", last + 1, last + _REACH)
    below = text[last + 1 : end if end >= 0 else last + _REACH]
    if not _BEGINS.match(below):
        said.append(below)
    if (fence := page.fence_at(start)) is not None:
        said.append(line_above(text, fence.start))
    if (over := page.heading_above(start)) is not None:
        said.append(_OPTIONAL.sub("", over.text))
    return "\n".join(map(_without_code, said))


def line_above(text: str, offset: int) -> str:
    """The line above a block, of those that hold anything, if it is near."""
    return text[max(0, offset - _REACH) : offset].rstrip().rpartition("\n")[2]


def _line_before(text: str, first: int) -> str:
    end = max(first - 1, 0)
    far = max(0, end - _REACH)
    return text[text.rfind("\n", far, end) + 1 or far : end]


# What begins an item, a heading, a row or a block; and a line that is the title of what follows.
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_BEGINS = re.compile(r"\s*(?:[-*+]\s|\d+[.)]\s|#|\||```|~~~|>|$)")
_CODE = re.compile(r"`[^`]*`|(?<=\])\([^()\s]*\)")
_HEADS = re.compile(r"\s*(?:\*\*|__|#)")


def _without_code(line: str) -> str:
    """A line without backticks and where links lead to: a word there is part of a name."""
    return _CODE.sub("``", line) if "`" in line or "](" in line else line
