"""What a document says of progress: fractions with their percentage, totals, and boxes.

Only what one document states twice is compared: a percentage with the fraction beside it, a total
with the parts above it, a heading with the boxes below it.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from govcheck.document import Document
from govcheck.markdown.page import Heading, Page, Task

Part = TypeVar("Part", Heading, Task)

_MAX_SAME = 20
_MAX_REPEATED = 200
_WHOLE = r"(?>\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
# Blanks and apostrophes group digits, too: what follows or precedes them is but a part of a number.
_GROUP = r"[ '’\u00a0\u2009\u202f]"
_FRACTION = (
    rf"(?<![\d./,-])(?<![^\W_])(?:(?<!\d{_GROUP})|(?!\d{{3}}(?!\d)))(?P<a>{_WHOLE})"
    rf"(?P<sign>\s?/\s?|\s(?:out\s)?of\s)(?P<b>{_WHOLE})(?![./,%-]\d|{_GROUP}\d{{3}}(?!\d)|[^\W\d_])"
)
# What tells that a percentage is none of a share, or but a rough one: `grew by 20%`, `about 75%`,
# `20% more`.
_NO_SHARE = re.compile(
    r"(?i)(?:\b(?:by|up|up to|at least|at most|under|over|above|below|than|about|around|roughly"
    r"|approx\w*|nearly|almost|min|minimum|max|maximum|target|goal|grows?|grew|falls?|fell|rises?"
    r"|rose|drops?|dropped|down|\w+creased?|reduced)\b[\s.:]*|[-+±])[*_`]*$"
)
_COMPARES = re.compile(
    r"(?i)\s?%[*_`]*\s+(?:off|more|less|fewer|faster|slower|higher|lower|larger|smaller|better|worse"
    r"|cheaper|growth|increase|decrease|reduction|discount|confidence|chance|remaining|left)\b"
)
_REACH = 40
_BOTH_SHARES = 100  # what two shares make: the rule of 80/20
_PERCENT = r"(?P<percent>\d{1,3}(?:\.\d{1,2})?)\s?%"
_BETWEEN = r"[^\n|()%\d]{0,40}\("
# `64% complete (14/22 tasks)`, and `14/22 tasks (64%)`.
_WITH_FRACTION = re.compile(rf"(?<![\d.,/<>≥≤~≈-]){_PERCENT}{_BETWEEN}{_FRACTION}")
_WITH_PERCENT = re.compile(rf"{_FRACTION}(?!\s?/){_BETWEEN}(?:[=~≈]\s?)?{_PERCENT}")
_ANY_FRACTION = re.compile(_FRACTION)
_TOTAL = re.compile(
    r"^[\s>]*(?:[-*+]|\d+[.)])?\s*[*_]{0,3}(?:grand |overall )?(?:total|sum|overall)\b",
    re.IGNORECASE,
)
_SAYS_TOTAL = re.compile(
    r"(?:[Tt]otal|TOTAL|[Ss]um|SUM|[Oo]verall|OVERALL)\b[^\n]*?\d\s?(?:/|of|out of)\s?\d"
)
_TOTALS = ("otal", "OTAL", "sum", "Sum", "SUM", "verall", "VERALL")
_TOTAL_ROW = re.compile(r"(?i)\W*(?:(?:grand|overall) )?(?:total|sum)s?\W*")
_NOT_SUMMED = re.compile(
    r"(?i)\b(?:cumulative|running|average|avg|mean|median|max(?:imum)?|min(?:imum)?|peak|unique"
    r"|distinct|rate|id|no|year|rank|priority|line|version|port)\b|[%#]"
)
_COUNT = re.compile(rf"[+-]?(?:{_WHOLE})")
_CRITERIA = re.compile(r"(?i)\b(?:completion|acceptance|exit) criteria\b")
_SUMS_UP = re.compile(r"(?i)\b(?:at a glance|overview|progress|status|summary|tl;?dr)\b")
_OVERALL = re.compile(r"\b(?:overall|total|progress|status|summary)\b", re.IGNORECASE)
_ITEM = re.compile(r"^(?P<indent>[\s>]*)(?:[-*+]|\d+[.)])\s")
_NOUN = re.compile(r"\s+((?:[a-z]+\s){1,2}[a-z]+)\b")
_DONE_PERCENT = re.compile(
    r"(?P<percent>\d{1,3}(?:\.\d)?)\s?%\s*(?:complete|done|finished)\b", re.IGNORECASE
)
_DONE = re.compile(r"\b(?P<word>COMPLETED?|DONE|FINISHED|(?i:completed?|done|finished))\b")
_TICK = re.compile(r"[✅☑✔]|:white_check_mark:|:heavy_check_mark:")
_NOT_DONE = re.compile(
    r"(?i)\b(?:not|never|isn't|incomplete|partial(?:ly)?|criteria|checklist|definition|when|before"
    r"|until|after|if|once|to be|remaining|tracking|target|must|should|will|can|guide|reference"
    r"|almost|nearly|mostly)\b|%|\?"
)
_LATER = re.compile(
    r"(?i)\b(?:later|deferred?|defer|future|next|optional(?:ly)?|follow-?ups?|stretch|backlog"
    r"|nice[- ]to[- ]have|out of scope|postponed|moved to|skipped|pending|n/a|won't|wontfix"
    r"|todo|planned|upcoming|blocked|enhancements?|ideas?|recommend\w*)\b|~~"
)
_PART = (
    r"(?:week|phase|milestone|stage|sprint|step|part|tier|priority|iteration|task|epic|release"
    r"|version|v)\s?\d+(?:\.\d+)*[a-z]?"
)
_LABEL = re.compile(rf"^(?:[^\w\n]*)(?P<label>{_PART})\b", re.IGNORECASE)
_OF_PART = re.compile(rf"\b{_PART}\b", re.IGNORECASE)


class Percentage(NamedTuple):
    """A percentage that the fraction beside it does not give; `right` is what it gives."""

    start: int
    end: int
    right: str
    fraction: str


class Total(NamedTuple):
    """A fraction that its parts do not add up to; `right` is their sum."""

    start: int
    end: int
    written: str
    right: str
    parts: int
    is_repeated: bool


class Sum(NamedTuple):
    """A number in the total row of a table that is not the sum of its column, `right`."""

    start: int
    end: int
    written: str
    right: str
    parts: int
    head: str


class Claim(NamedTuple):
    """A heading that calls done what has boxes without a tick."""

    start: int
    end: int
    heading: Heading
    open: tuple[Task, ...]
    boxes: int
    right: str | None


def percentages(document: Document, page: Page) -> Iterator[Percentage]:
    """The percentages that do not agree with the fraction beside them, outside tables and code."""
    seen: set[int] = set()
    for first, last in _lines_with(document.text, "%"):
        if document.text.find("(", first, last) < 0:
            continue
        for found in chain(
            _WITH_FRACTION.finditer(document.text, first, last),
            _WITH_PERCENT.finditer(document.text, first, last),
        ):
            start, end = found.span("percent")
            if start in seen or not _is_prose(page, start):
                continue
            seen.add(start)
            a, b = _whole(found["a"]), _whole(found["b"])
            if (
                (a > b and a + b == _BOTH_SHARES)
                or _agrees(found["percent"], a, b)
                or _is_date(found["a"], found["b"])
            ):
                continue
            if a > b and float(found["percent"]) <= 100:
                continue  # a ratio, and no share
            is_done = _DONE_PERCENT.match(document.text, start) is not None
            if not is_done and _agrees(found["percent"], b - a, b):
                continue  # it is that of the rest: `1/4 failed (75% passed)`
            if _NO_SHARE.search(document.text, max(first, start - _REACH), start):
                continue
            if _COMPARES.match(document.text, end):
                continue
            yield Percentage(start, end, _percent(found["percent"], a, b), f"{a}/{b}")


def _lines_with(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the lines stand that hold any of the words: few do, and they are quickly found."""
    for word in words:
        at = text.find(word)
        while at >= 0:
            first, last = text.rfind("\n", 0, at) + 1, text.find("\n", at)
            last = len(text) if last < 0 else last
            yield first, last
            at = text.find(word, last)


def totals(document: Document, page: Page) -> Iterator[Total]:
    """The totals that are not the sum of the list above, and where they are said again."""
    numbers = {
        bisect_right(document.line_starts, first) - 1
        for first, last in _lines_with(document.text, _TOTALS)
        if _SAYS_TOTAL.search(document.text, first, last)
    }
    numbers = {each for each in numbers if _TOTAL.match(document.line(each + 1))}
    if not numbers:
        return
    lines = [document.line(number) for number in range(1, len(document.line_starts) + 1)]
    lists = {number: _parts(lines, number) for number in sorted(numbers)}
    lists = {number: parts for number, parts in lists.items() if len(parts) > 1}
    for number, parts in lists.items():
        found = _ANY_FRACTION.search(lines[number])
        start = document.line_starts[number]
        if found is None or not _is_prose(page, start + found.start()):
            continue
        written = _whole(found["a"]), _whole(found["b"])
        if {written[1]} == {b for _, b in parts}:
            continue  # marks out of so many, and their mean
        right = sum(a for a, _ in parts), sum(b for _, b in parts)
        if written != right:
            place = start + found.start("a"), start + found.end("b")
            yield Total(*place, found[0], _like(found, right), len(parts), is_repeated=False)
        if len(lists) > _MAX_REPEATED:
            continue
        noun = _NOUN.match(lines[number], found.end()) if len(lists) == 1 else None
        above = page.headings_above(start)
        for again in _ANY_FRACTION.finditer(document.text):
            value = _whole(again["a"]), _whole(again["b"])
            if value == right or value in parts or not _is_prose(page, again.start()):
                continue
            line_number = document.span(*again.span()).line - 1
            said = lines[line_number]
            if line_number in lists or not _OVERALL.search(said) or _OF_PART.search(said):
                continue
            same = noun is not None and document.text.startswith(noun[0], again.end())
            # The same words in another section may be about something else, if it sums up nothing.
            heading = page.heading_above(again.start())
            is_of_all = heading is None or heading in above or _SUMS_UP.search(heading.text)
            if value == written or (same and is_of_all):
                place = again.start("a"), again.end("b")
                yield Total(*place, again[0], _like(again, right), len(parts), is_repeated=True)


def _like(found: re.Match[str], right: tuple[int, int]) -> str:
    """Another fraction, as this one is written."""
    form = "," if "," in found["a"] + found["b"] else ""
    return f"{right[0]:{form}}{found['sign']}{right[1]:{form}}"


def sums(document: Document, page: Page) -> Iterator[Sum]:
    """The totals of tables that are wrong, in rows that are shown to be totals by another column.

    Many a row that is called a total sums up something else, or in another way: one of its numbers
    has to be the sum of three others at least before the rest of them are taken for sums.
    """
    for table in page.tables:
        if len(table.rows) < 4 or not _TOTAL_ROW.fullmatch(table.rows[-1][0].text):
            continue
        *parts, last = table.rows
        if any(not row or _TOTAL_ROW.match(row[0].text) for row in parts):
            continue
        wrong: list[Sum] = []
        is_total = False
        for number, (head, cell) in enumerate(zip(table.head, last, strict=False)):
            told = _count(cell.text)
            counts = [_count(row[number].text) if number < len(row) else None for row in parts]
            values = [each for each in counts if each is not None]
            if told is None or len(values) < len(parts) or _NOT_SUMMED.search(head.text):
                continue
            if told != sum(values):
                start = document.text.find(cell.text, cell.start, cell.end)
                if start < 0:
                    continue  # it is written otherwise
                sign, comma = "+" if "+" in cell.text else "", "," if "," in cell.text else ""
                right = format(sum(values), f"{sign}{comma}")
                place = start, start + len(cell.text)
                wrong.append(Sum(*place, cell.text, right, len(parts), head.text))
            elif sum(each != 0 for each in values) > 2:
                is_total = True
        if is_total:
            yield from wrong


def _count(text: str) -> int | None:
    """The whole number that a cell is, if it is no more than that."""
    plain = text.strip().replace("−", "-")
    return _whole(plain) if _COUNT.fullmatch(plain) else None


def claims(document: Document, page: Page) -> Iterator[Claim]:
    """The headings that say more, or other, than the boxes of their sections; the innermost."""
    told: set[Task] = set()
    found = sorted(_claims(document, page), key=lambda each: -each.heading.level)
    for claim in found:
        if claim.right is not None or not told.issuperset(claim.open):
            told.update(claim.open)
            yield claim


def _claims(document: Document, page: Page) -> Iterator[Claim]:
    said = [(heading, document.text[heading.start : heading.end]) for heading in page.headings]
    said = [each for each in said if page.tasks and _DONE.search(each[1])]
    criteria = _criteria(page) if said else {}
    for heading, text in said:
        own = _within(page.tasks, *_section(page, heading, len(document.text)))
        done = [each for each in own if each.done]
        if (found := _DONE_PERCENT.search(text)) and len(own) >= 3:
            if not _agrees(found["percent"], len(done), len(own)):
                right = _percent(found["percent"], len(done), len(own))
                place = heading.start + found.start("percent"), heading.start + found.end("percent")
                undone = tuple(each for each in own if not each.done)
                yield Claim(*place, heading, undone, len(own), right)
            continue
        word = _claims_done(text)
        if word is None:
            continue
        boxes = [*_boxes(document, page, heading, criteria.get(_label(heading), ()))]
        undone = tuple(each for each in boxes if not each.done and not _is_later(document, each))
        if undone:
            place = heading.start + word[0], heading.start + word[1]
            yield Claim(*place, heading, undone, len(boxes), None)


def _criteria(page: Page) -> dict[str, list[Heading]]:
    """The sections about what is to be done, by what they are labelled as.

    A label of very many headings tells nothing.
    """
    found: dict[str, list[Heading]] = {}
    labels = Counter(map(_label, page.headings))
    for heading in page.headings:
        label = _label(heading)
        if label and labels[label] <= _MAX_SAME and _CRITERIA.search(heading.text):
            found.setdefault(label, []).append(heading)
    return found


def _label(heading: Heading) -> str:
    found = _LABEL.match(heading.text)
    return " ".join(found["label"].lower().split()) if found is not None else ""


def _boxes(
    document: Document, page: Page, heading: Heading, criteria: Sequence[Heading]
) -> Iterator[Task]:
    """The boxes of a heading's section, and of other sections about what it is labelled as."""
    inside = _section(page, heading, len(document.text))
    ranges = [inside]
    for other in criteria:
        if not inside[0] <= other.start < inside[1]:
            ranges.append(_section(page, other, len(document.text)))
    for start, end in ranges:
        later = False
        level = 7
        headings = deque(_within(page.headings, start + 1, end))
        for task in _within(page.tasks, start, end):
            while headings and headings[0].start < task.start:
                if headings[0].level <= level:
                    later = _LATER.search(headings[0].text) is not None
                    level = headings[0].level if later else 7
                headings.popleft()
            if not later:
                yield task


def _section(page: Page, heading: Heading, end: int) -> tuple[int, int]:
    """From where to where a section goes, with all below it."""
    first = bisect_right(page.headings, heading.start, key=_start)
    below = (page.headings[number] for number in range(first, len(page.headings)))
    return heading.start, next((each.start for each in below if each.level <= heading.level), end)


def _within(parts: Sequence[Part], start: int, end: int) -> Sequence[Part]:
    """Those of the headings or boxes that begin within a range."""
    return parts[bisect_left(parts, start, key=_start) : bisect_left(parts, end, key=_start)]


def _start(part: Heading | Task) -> int:
    return part.start


def _claims_done(text: str) -> tuple[int, int] | None:
    """Where a heading says that all of it is done, if it does."""
    if _NOT_DONE.search(text):
        return None
    for found in _DONE.finditer(text):
        around = text[: found.start()].rstrip("*_ "), text[found.end() :].lstrip("*_ ")
        is_last = re.match(r"[\W\d]*$", around[1]) is not None
        is_set_off = bool(_TICK.search(text)) or found["word"].isupper()
        is_set_off = is_set_off or around[0].endswith(("-", "–", "—", ":", "(", "[", "|"))
        if is_last and is_set_off and re.search(r"\w", around[0]):
            return found.span("word")
    return None


def _is_later(document: Document, task: Task) -> bool:
    line = document.line(document.span(task.start, task.end).line)
    return _LATER.search(line) is not None


def _parts(lines: Sequence[str], total: int) -> list[tuple[int, int]]:
    """The fractions of the items above a total; none unless each item has exactly one."""
    own = _ITEM.match(lines[total])
    parts: list[tuple[int, int]] = []
    for line in reversed(lines[max(0, total - 100) : total]):
        item = _ITEM.match(line)
        if own is None or item is None:
            if not line.strip() and not parts:
                continue
            break
        if len(item["indent"]) != len(own["indent"]):
            return []
        found = [*_ANY_FRACTION.finditer(line)]
        if len(found) != 1 or _TOTAL.match(line):
            return []
        parts.append((_whole(found[0]["a"]), _whole(found[0]["b"])))
    return parts


def _is_prose(page: Page, offset: int) -> bool:
    return not (page.table_at(offset) or page.fence_at(offset) or page.code_at(offset))


def _whole(number: str) -> int:
    return int(number.replace(",", ""))


def _is_date(a: str, b: str) -> bool:
    if (a.startswith("0") and len(a) == 2) or (b.startswith("0") and len(b) > 1):
        return True
    small, large = sorted((_whole(a), _whole(b)))
    return small <= 12 and 1900 <= large < 2100


def _agrees(percent: str, a: int, b: int) -> bool:
    """Whether a percentage is that of a fraction, or of its reverse, rounded in any direction."""
    scale = 10 ** len(percent.partition(".")[2])
    told = int(percent.replace(".", ""))  # in units of the last digit
    return any(
        below == 0 or abs(100 * above * scale - told * below) < below
        for above, below in ((a, b), (b, a))
        if (above, below) == (a, b) or told > 100 * scale
    )


def _percent(like: str, a: int, b: int) -> str:
    """A fraction in percent, rounded half up, with as many decimals as another percentage."""
    decimals = len(like.partition(".")[2])
    whole, rest = divmod((200 * a * 10**decimals + b) // (2 * b), 10**decimals)
    return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)
