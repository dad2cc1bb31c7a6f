"""One Markdown document as data: links, headings, code, tables, tasks, comments, front matter.

Read by pulldown-cmark, which tells the bytes of everything that it sees; here these become offsets
of the document's text. Nothing is rendered, and nothing is looked up.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import pyromark

from govcheck.document import Document, TooDeepError

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
)
_MAX_EVENTS = 2_000_000
_MAX_CONVERTED = 100_000
_PLAIN = ("Item", "Strong", "Paragraph", "Emphasis", "Strikethrough", "HtmlBlock", "Link", "Image")
_CONTINUATION = re.compile(rb"[\x80-\xbf]")

_FRONT = re.compile(rb"---[ \t]*\r?\n(?P<body>.*?)^(?:---|\.\.\.)[ \t]*\r?$", re.DOTALL | re.M)
_FRONT_WITHIN = 4000
_TITLED = re.compile(rb"\s*# ")
_FRONT_BELOW = re.compile(
    rb"\n[ \t]*\r?\n---[ \t]*\r?\n(?P<body>(?:[ \t]*(?:[\w-]+:|-[ \t]|#)[^\n]*\n)+)"
    rb"---[ \t]*\r?(?:\n|\Z)"
)
_FIELD = re.compile(rb"^(?P<key>[\w-]+):[ \t]*(?P<value>[^\n]*?)[ \t\r]*$", re.M)
_FOLDED = re.compile(rb"[|>][-+\d]*")
_INDENTED = re.compile(rb"(?:\r?\n(?:[ \t]+[^\r\n]*|(?=\r?\n)))*")
_REMARK = re.compile(rb"(?:^|[ \t]+)#.*$")
_ANCHOR = re.compile(
    rb"<[a-zA-Z][^<>]*?\s(?:id|name)\s*=\s*(?:\"([^\"<>]+)\"|'([^'<>]+)'|([^\s\"'<>]+))"
)
_HTML_LINK = re.compile(
    rb"<(?P<tag>a|img|source|video)\s[^<>]*?\b(?:href|src)\s*=\s*(?:\"(?P<a>[^\"<>]*)\""
    rb"|'(?P<b>[^'<>]*)')",
    re.IGNORECASE,
)
_WORD_END = re.compile(r"[\s,{:]")
_INLINE_TAIL = re.compile(
    rb"\]\(\s*(?:<(?P<angle>[^<>\n]*)>|(?P<plain>[^\s]*?))"
    rb"(?:\s+(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?\s*\)\Z",
    re.DOTALL,
)
_DEFINITION = re.compile(
    rb"\[(?P<label>(?:[^\[\]\\]|\\.)+)\]:\s*(?:<(?P<angle>[^<>\n]*)>|(?P<plain>\S+))", re.DOTALL
)


class Link(NamedTuple):
    """A link or an image; `target_start` to `target_end` is its destination as it is written.

    That of a reference stands in its definition, which `reference` names; an autolink, and one
    whose destination is not found as written, has none (both offsets are -1).
    """

    kind: Literal["link", "image"]
    target: str
    start: int
    end: int
    target_start: int
    target_end: int
    reference: str | None = None


class Definition(NamedTuple):
    """A link reference definition, `[label]: target`."""

    label: str
    target: str
    start: int
    end: int
    target_start: int
    target_end: int


class Heading(NamedTuple):
    """A heading: its level, and its text without marks."""

    level: int
    text: str
    start: int
    end: int


class Code(NamedTuple):
    """A code span; `start` to `end` is what stands between its backticks."""

    text: str
    start: int
    end: int


class Fence(NamedTuple):
    """A code block: a fence, or an indented one, which has no language.

    `text` is its content; `offset` tells where a character of it stands in the document, which
    differs where the block is quoted or stands in a list.
    """

    language: str
    info: str
    text: str
    start: int
    end: int
    pieces: tuple[tuple[int, int], ...]

    def offset(self, index: int) -> int:
        """The offset in the document's text of a character of `text`."""
        number = max(bisect_right(self.pieces, (index, 1 << 62)) - 1, 0)
        if not self.pieces:
            return self.end
        inside, outside = self.pieces[number]
        return outside + index - inside


class Cell(NamedTuple):
    """A cell of a table: its text without marks; `start` to `end` is what it holds, trimmed."""

    text: str
    start: int
    end: int


class Table(NamedTuple):
    """A table: the cells of its head, and those of each row below."""

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    start: int
    end: int


class Task(NamedTuple):
    """An item of a task list; `start` to `end` are its brackets."""

    done: bool
    start: int
    end: int
    depth: int


class Comment(NamedTuple):
    """A comment of HTML, or of MDX (`{/* ... */}`); `text` is what stands between its signs."""

    text: str
    start: int
    end: int


class Field(NamedTuple):
    """A line `key: value` of the front matter; the offsets are those of the value."""

    value: str
    start: int
    end: int


class Page(NamedTuple):
    """What one document says; offsets are code points of its text, each tuple in its order.

    `anchors` are the names that tags in the document have, as they are written. `front` is the
    front matter, at the top or, as some write it, below the title: in the first lines.
    """

    links: tuple[Link, ...]
    definitions: tuple[Definition, ...]
    headings: tuple[Heading, ...]
    codes: tuple[Code, ...]
    fences: tuple[Fence, ...]
    tables: tuple[Table, ...]
    tasks: tuple[Task, ...]
    comments: tuple[Comment, ...]
    anchors: tuple[str, ...]
    front: Mapping[str, Field]
    front_start: int
    front_end: int

    def heading_above(self, offset: int) -> Heading | None:
        """The last heading that begins before an offset."""
        number = bisect_right(self.headings, offset, key=lambda each: each.start)
        return self.headings[number - 1] if number else None

    def headings_above(self, offset: int) -> tuple[Heading, ...]:
        """The headings of the sections that an offset is in, the innermost first."""
        found: list[Heading] = []
        number = bisect_right(self.headings, offset, key=lambda each: each.start)
        for heading in reversed(self.headings[:number]):
            if not found or heading.level < found[-1].level:
                found.append(heading)
        return tuple(found)

    def code_at(self, offset: int) -> Code | None:
        """The code span around an offset."""
        number = bisect_right(self.codes, offset, key=lambda each: each.start)
        inside = number and offset < self.codes[number - 1].end
        return self.codes[number - 1] if inside else None

    def fence_at(self, offset: int) -> Fence | None:
        """The code block around an offset."""
        number = bisect_right(self.fences, offset, key=lambda each: each.start)
        inside = number and offset < self.fences[number - 1].end
        return self.fences[number - 1] if inside else None

    def table_at(self, offset: int) -> Table | None:
        """The table around an offset."""
        number = bisect_right(self.tables, offset, key=lambda each: each.start)
        inside = number and offset < self.tables[number - 1].end
        return self.tables[number - 1] if inside else None


_EMPTY = Page((), (), (), (), (), (), (), (), (), {}, 0, 0)
# What a link, the definition of one, a tag and a comment have.
_SIGNS = (b"](", b"]:", b"<", b"{/*")


class TooManyPartsError(TooDeepError):
    """The document has more parts than anybody wrote, and is left alone."""

    def __init__(self) -> None:
        ValueError.__init__(self, f"it has more than {_MAX_EVENTS} parts")


def page(document: Document) -> Page:
    """What a Markdown document says.

    Raises:
        TooManyPartsError: it was made to take long.
    """
    return _Reader(document).read()


def page_of_links(document: Document) -> Page:
    """What a document says, or nothing where it has no link, tag, comment or front matter."""
    source = document.utf8
    has_some = any(sign in source for sign in _SIGNS) or _front(source) is not None
    return document.view(page) if has_some else _EMPTY


class _Reader:
    """The parts that have been seen, and what is open: kept while the events go by."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.offset = _converter(document)
        self.source = document.utf8
        self.links: list[Link] = []
        self.codes: list[Code] = []
        self.fences: list[Fence] = []
        self.headings: list[tuple[int, str, int, int]] = []
        self.tables: list[Table] = []
        self.tasks: list[Task] = []
        self.html: list[tuple[int, int]] = []

    def read(self) -> Page:
        front, front_span = self._front()
        source = self.source
        text = self.document.text
        if front_span != (0, 0):
            start, end = front_span
            blank = re.sub(rb"[^\r\n]", b" ", source[start:end])
            source = source[:start] + blank + source[end:]
            text = source.decode("utf-8", "replace" if b"\xed" in source else "strict")
        self._walk(pyromark.events_with_range(text, options=_OPTIONS))
        comments = self._comments()
        self._html_links(comments)
        offset = self.offset
        return Page(
            links=tuple(sorted(self.links, key=_start)),
            definitions=self._definitions(text),
            headings=self._headings(),
            codes=tuple(self.codes),
            fences=tuple(self.fences),
            tables=tuple(self.tables),
            tasks=tuple(self.tasks),
            comments=tuple(comments),
            anchors=tuple(
                found[found.lastindex or 0].decode("utf-8", "replace")
                for start, end in self.html
                for found in _ANCHOR.finditer(self.source, start, end)
            ),
            front=front,
            front_start=offset(front_span[0]),
            front_end=offset(front_span[1]),
        )

    def _front(self) -> tuple[dict[str, Field], tuple[int, int]]:
        found = _front(self.source)
        if found is None:
            return {}, (0, 0)
        fields = {}
        for each in _FIELD.finditer(self.source, *found.span("body")):
            start, end = each.span("value")
            value = _REMARK.sub(b"", self.source[start:end])
            end = start + len(value)
            if _FOLDED.fullmatch(value):
                below = _INDENTED.match(self.source, each.end())
                value = b" ".join(below[0].split()) if below else b""
            if len(value) > 1 and value[:1] in b"\"'" and value[-1:] == value[:1]:
                start, end, value = start + 1, end - 1, value[1:-1]
            key = each["key"].decode()
            text = value.decode("utf-8", "replace")
            fields[key] = Field(text, self.offset(start), self.offset(end))
        begin = found.start("body")
        return fields, (self.source.rfind(b"---", 0, begin), found.end())

    def _walk(self, events: Iterator[Any]) -> None:
        """One pass: what is inline belongs to whatever is open around it.

        This is the inner loop of the whole family, so the most frequent events are asked for first.
        An event is a mapping with one key, or the name of a break.
        """
        offset, codes = self.offset, self.codes
        words: list[str] | None = None  # the text of the open heading or cell
        code: list[Any] | None = None
        info: str | None = None
        head: tuple[Cell, ...] = ()
        cells: list[Cell] = []
        rows: list[tuple[Cell, ...]] = []
        depth = 0
        for pair in islice(events, _MAX_EVENTS):
            event, span = pair
            if "Text" in event:
                if code is not None:
                    code.append(pair)
                elif words is not None:
                    words.append(event["Text"])
            elif "End" in event:
                value = event["End"]
                if value.__class__ is str:
                    if value in _PLAIN:
                        continue
                    if value == "TableCell":
                        inside = self._trimmed(span["start"], span["end"])
                        cells.append(Cell("".join(words or ()).strip(), *inside))
                        words = None
                    elif value == "TableRow":
                        rows.append(tuple(cells))
                    elif value == "CodeBlock":
                        self._fence(info, code or [], span["start"], span["end"])
                        code = None
                    elif value == "TableHead":
                        head = tuple(cells)
                    elif value == "Table":
                        whole = offset(span["start"]), offset(span["end"])
                        self.tables.append(Table(head, tuple(rows), *whole))
                elif "Heading" in value:
                    text = "".join(words or ()).strip()
                    level = int(value["Heading"][1:])
                    self.headings.append((level, text, span["start"], span["end"]))
                    words = None
                elif "List" in value:
                    depth -= 1
            elif "Start" in event:
                value = event["Start"]
                if value.__class__ is str:
                    if value in _PLAIN:
                        continue
                    if value == "TableCell":
                        words = []
                    elif value in ("TableRow", "TableHead"):
                        cells = []
                elif "List" in value:
                    depth += 1
                elif "Heading" in value:
                    words = []
                elif "CodeBlock" in value:
                    said = value["CodeBlock"]
                    code = []
                    info = said["Fenced"] if isinstance(said, dict) else None
                elif "Link" in value or "Image" in value:
                    kind: Literal["link", "image"] = "link" if "Link" in value else "image"
                    self._link(kind, value[kind.title()], span["start"], span["end"])
                elif "Table" in value:
                    rows = []
            elif "Code" in event:
                value = event["Code"]
                if words is not None:
                    words.append(value)
                start, end = span["start"], span["end"]
                if end - start - 2 == len(value) and value == value.strip() and value.isascii():
                    first = offset(start + 1)
                    codes.append(Code(value, first, first + len(value)))
                    continue
                ticks = end - start - len(self.source[start:end].lstrip(b"`"))
                codes.append(Code(value, *self._trimmed(start + ticks, end - ticks)))
            elif "InlineHtml" in event or "Html" in event:
                if self.html and self.html[-1][1] == span["start"] and "Html" in event:
                    self.html[-1] = (self.html[-1][0], span["end"])
                else:
                    self.html.append((span["start"], span["end"]))
            elif "TaskListMarker" in event:
                place = offset(span["start"]), offset(span["end"])
                self.tasks.append(Task(event["TaskListMarker"], *place, depth))
            elif words is not None and isinstance(event, str):  # a break
                words.append(" ")
        if next(events, None) is not None:
            raise TooManyPartsError

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        inside = self.source[start:end].lstrip()
        first = end - len(inside)
        last = first + len(inside.rstrip())
        return self.offset(first), self.offset(last)

    def _link(
        self, kind: Literal["link", "image"], said: Mapping[str, str], start: int, end: int
    ) -> None:
        target, form = said["dest_url"], said["link_type"]
        place = (-1, -1)
        reference = None
        if form == "Inline":
            place = self._destination(target, start, end)
        elif form in ("Reference", "Collapsed", "Shortcut"):
            reference = said["id"]
        whole = self.offset(start), self.offset(end)
        self.links.append(Link(kind, target, *whole, *place, reference))

    def _destination(self, target: str, start: int, end: int) -> tuple[int, int]:
        """Where an inline destination is written: the last thing in the link but for a title."""
        written = self.source[start:end]
        wanted = target.encode("utf-8", "replace")
        at = written.rfind(b"](")
        if at < 0:
            return -1, -1
        while at >= 0:
            if found := _INLINE_TAIL.match(written, at):
                first, last = found.span("angle" if found["angle"] is not None else "plain")
                if written[first:last] == wanted or len(written[first:last]) >= len(wanted):
                    return self.offset(start + first), self.offset(start + last)
            if end - start > 4096:
                break
            at = written.rfind(b"](", 0, at)
        return -1, -1

    def _fence(self, info: str | None, parts: Sequence[Any], start: int, end: int) -> None:
        text = "".join([event["Text"] for event, _ in parts])
        pieces: list[tuple[int, int]] = []
        if parts:
            begin, behind = parts[0][1]["start"], parts[-1][1]["end"]
            if self.source[begin:behind] == text.encode():
                pieces.append((0, self.offset(begin)))
            else:
                pieces += self._pieces(parts)
        language = _WORD_END.split(info.strip().lstrip("{."), maxsplit=1)[0] if info else ""
        self.fences.append(
            Fence(
                language.lower().rstrip("}"),
                info or "",
                text,
                self.offset(start),
                self.offset(end),
                tuple(pieces),
            )
        )

    def _pieces(self, parts: Sequence[Any]) -> Iterator[tuple[int, int]]:
        """Where the text of a block stands that is quoted, or whose lines end in two characters."""
        length = 0
        behind = -1
        for event, span in parts:
            first, last = span["start"], span["end"]
            if first != behind:
                yield length, self.offset(first)
            behind = last if last > first else -1  # what is left of a tab stands nowhere
            length += len(event["Text"])

    def _headings(self) -> tuple[Heading, ...]:
        return tuple(
            Heading(level, text, *self._trimmed(start, end))
            for level, text, start, end in self.headings
        )

    def _comments(self) -> list[Comment]:
        found = [
            comment
            for start, end in self.html
            for comment in self._commented(b"<!--", b"-->", start, end)
        ]
        if self.document.path.endswith(".mdx"):
            spans = [(each.start, each.end) for each in self.codes]
            code = sorted([*spans, *((each.start, each.end) for each in self.fences)])
            for comment in self._commented(b"{/*", b"*/}", 0, len(self.source)):
                behind = bisect_right(code, comment.start, key=lambda span: span[0])
                if not behind or code[behind - 1][1] <= comment.start:
                    found.append(comment)
            found.sort(key=lambda each: each.start)
        return found

    def _commented(self, begin: bytes, close: bytes, start: int, end: int) -> Iterator[Comment]:
        while (first := self.source.find(begin, start, end)) >= 0:
            last = self.source.find(close, first + len(begin), end)
            if last < 0:
                return
            start = last + len(close)
            text = self.source[first + len(begin) : last].decode("utf-8", "replace")
            yield Comment(text, self.offset(first), self.offset(start))

    def _html_links(self, comments: Sequence[Comment]) -> None:
        hidden = [(each.start, each.end) for each in comments]
        for start, end in self.html:
            for each in _HTML_LINK.finditer(self.source, start, end):
                group = "a" if each["a"] is not None else "b"
                kind: Literal["link", "image"] = "link" if each["tag"].lower() == b"a" else "image"
                target = each[group].decode("utf-8", "replace")
                whole = self.offset(each.start()), self.offset(each.end())
                place = self.offset(each.start(group)), self.offset(each.end(group))
                behind = bisect_right(hidden, whole[0], key=lambda span: span[0])
                if not behind or hidden[behind - 1][1] <= whole[0]:
                    self.links.append(Link(kind, target, *whole, *place))

    def _definitions(self, text: str) -> tuple[Definition, ...]:
        if b"]:" not in self.source:
            return ()
        found = []
        for label, each in pyromark.reference_definitions(text, options=_OPTIONS).items():
            start, end = each["span"]["start"], each["span"]["end"]
            place = (-1, -1)
            if written := _DEFINITION.match(self.source, start, end):
                group = "angle" if written["angle"] is not None else "plain"
                place = self.offset(written.start(group)), self.offset(written.end(group))
            whole = self.offset(start), self.offset(end)
            found.append(Definition(label, each["dest"], *whole, *place))
        return tuple(sorted(found, key=lambda each: each.start))


def _front(source: bytes) -> re.Match[bytes] | None:
    found = _FRONT.match(source)
    if found is None and _TITLED.match(source):
        found = _FRONT_BELOW.search(source, 0, _FRONT_WITHIN)
    return found


def _start(each: Link) -> int:
    return each.start


def _converter(document: Document) -> Callable[[int], int]:
    """What makes offsets of bytes: much is asked of it, and most texts are nearly ASCII."""
    source = document.utf8
    if source.isascii():
        return int
    found = islice(_CONTINUATION.finditer(source), _MAX_CONVERTED + 1)
    surplus = [each.start() for each in found]
    if len(surplus) > _MAX_CONVERTED:
        return document.offset_of_byte
    return lambda byte: byte - bisect_left(surplus, byte)
