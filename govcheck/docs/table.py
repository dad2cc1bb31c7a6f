"""Tables as data, and as Markdown that formatters leave as it is."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

# What begins markup where it stands: emphasis not between blanks, tags, links, code, escapes.
_MARKUP = re.compile(
    r"\*(?<!\s\*(?=\s))|_(?<![^\W_]_(?=[^\W_]))(?<!\s_(?=\s))|[`|\\]"
    r"|~(?=~)(?<!~~)|&(?=#\w+;|[A-Za-z]\w*;)"
)
_BEFORE_TAG = re.compile(r"<(?=[^ ])|(?<!<)<\Z")
# A pair of brackets that is no link, or a single one.
_BRACKETS = re.compile(r"(?P<pair>\[[^\[\]]*\](?![:(]))|[\[\]]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
# What is shown as one: two letters of a flag, and symbols with a colour, a keycap, or joined ones.
_TONE = "[\U0001f3fb-\U0001f3ff]"
_TAG = "[\U000e0020-\U000e007f]"
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_SYMBOL = f"[#*0-9\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff](?:\ufe0f\u20e3?|{_TONE}|{_TAG}+)?"
_CLUSTER = re.compile(f"{_FLAG.pattern}|{_SYMBOL}(?:\u200d{_SYMBOL})*|.", re.DOTALL)
_JOINED = re.compile(f"\ufe0f|\u200d|{_TONE}|{_TAG}")

Align = Literal["left", "right"]


class Column(NamedTuple):
    """A column: its heading, and the side that its cells keep to."""

    name: str
    align: Align = "left"


class Table(NamedTuple):
    """Rows of cells, each as wide as there are columns; cells are Markdown.

    `usual` are the columns that are shown unless others are asked for; all, where it is empty.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    usual: tuple[str, ...] = ()

    def only(self, names: Sequence[str]) -> "Table":
        """The same table with these columns, in this order.

        Raises:
            KeyError: there is no such column.
        """
        known = [each.name for each in self.columns]
        wanted = [*names] or [*self.usual] or known
        unknown = next((each for each in wanted if each not in known), None)
        if unknown is not None:
            raise KeyError(unknown)
        places = [known.index(name) for name in wanted]
        return Table(
            tuple(self.columns[place] for place in places),
            tuple(tuple(row[place] for place in places) for row in self.rows),
        )


def markdown(table: Table) -> Iterator[str]:
    """The lines of a table as prettier and mdformat write it: cells padded to the widest."""
    widths = [
        max(3, *(_width(row[number]) for row in table.rows), _width(column.name))
        if table.rows
        else max(3, _width(column.name))
        for number, column in enumerate(table.columns)
    ]

    def line(cells: Sequence[str]) -> str:
        padded = (
            f"{' ' * (width - _width(cell))}{cell}" if column.align == "right" else
            f"{cell}{' ' * (width - _width(cell))}"
            for cell, width, column in zip(cells, widths, table.columns, strict=True)
        )  # fmt: skip
        return f"| {' | '.join(padded)} |"

    yield line([column.name for column in table.columns])
    dashes = ("-" * (width - 1) + ":" if column.align == "right" else "-" * width
              for width, column in zip(widths, table.columns, strict=True))  # fmt: skip
    yield f"| {' | '.join(dashes)} |"
    yield from map(line, table.rows)


def code(text: str) -> str:
    """Text as a code span of a cell, or nothing of nothing."""
    plain = _plain(text)
    if not plain:
        return ""
    ticks = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    pad = " " if "`" in plain else ""
    return f"{ticks}{pad}{plain.replace('|', chr(92) + '|')}{pad}{ticks}"


def prose(text: str) -> str:
    """Text for a cell, in which nothing is markup; only what would be is escaped."""
    escaped = _MARKUP.sub(r"\\\g<0>", _plain(text))
    escaped = _BRACKETS.sub(lambda found: found["pair"] or f"\\{found[0]}", escaped)
    return _BEFORE_TAG.sub(r"\\\g<0>", escaped)


def _plain(text: str) -> str:
    """Text in one line, without what only a terminal would take notice of."""
    return " ".join(_CONTROL.sub("", text).split())


def _width(text: str) -> int:
    """How many columns a text takes where what is put together is shown as one character."""
    if text.isascii():
        return len(text)
    return sum(_wide(found) for found in _CLUSTER.findall(text))


def _wide(cluster: str) -> int:
    if len(cluster) > 1 and (_JOINED.search(cluster) or _FLAG.fullmatch(cluster)):
        return 2
    first = cluster[0]
    if unicodedata.category(first) in ("Mn", "Me", "Cf") and first != "\xad":
        return 0
    return 2 if unicodedata.east_asian_width(first) in "WF" else 1
