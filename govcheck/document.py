"""One file of the repository: its bytes, its text, and every conversion between their offsets."""

import codecs
import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from io import StringIO
from itertools import accumulate
from typing import TypeVar, cast

from govcheck.finding import Span

View = TypeVar("View")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_STEP = 256
_CONTINUATION = bytes(range(0x80, 0xC0))

# The standard library knows codecs that run for ever or decode to something that is no text, so
# a cookie chosen by the repository is looked up here and nowhere else.
_COOKIE_CODECS = {
    "utf8": "utf-8",
    "ascii": "ascii",
    "usascii": "ascii",
    "latin1": "latin-1",
    "iso88591": "latin-1",
    "isolatin1": "latin-1",
    "iso885915": "iso8859-15",
    "cp1252": "cp1252",
    "windows1252": "cp1252",
    "koi8r": "koi8-r",
    "eucjp": "euc-jp",
    "shiftjis": "shift-jis",
    "gbk": "gbk",
    "big5": "big5",
}


MAX_DEPTH = 500


class TooDeepError(ValueError):
    """The text nests deeper than anything a person wrote (by default `MAX_DEPTH` levels)."""

    def __init__(self, levels: int = MAX_DEPTH) -> None:
        super().__init__(f"it nests deeper than {levels} levels")


class UndecodableError(ValueError):
    """The bytes are not text in the encoding that the file declares."""


class Document:
    """A snapshot of one file: the owner of its bytes, its text and all offsets into both.

    Columns and offsets are code points of `text`; byte offsets are those of `utf8`. The byte order
    mark belongs to neither. Views are computed on demand and remembered.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self._views: dict[object, object] = {}

    def view(self, make: Callable[["Document"], View]) -> View:
        """What `make` says of this document, computed once."""
        if make not in self._views:
            self._views[make] = make(self)
        return cast(View, self._views[make])

    @cached_property
    def bom(self) -> bytes:
        """The byte order mark that the file begins with, or nothing."""
        return next((bom for bom, _ in _BOMS if self.data.startswith(bom)), b"")

    @cached_property
    def encoding(self) -> str:
        """The codec of the bytes after the byte order mark.

        A mark decides; in Python files the coding cookie does (PEP 263); what is not UTF-8 and
        says nothing of itself is taken as Latin-1, in which every byte is one character.

        Raises:
            UndecodableError: a cookie names a codec that is not read here, or does not fit.
        """
        if self.bom:
            return dict(_BOMS)[self.bom]
        if self.path.endswith((".py", ".pyi")) and (cookie := _cookie(self.data)):
            return self._codec_of(cookie)
        try:
            text = self.data.decode("utf-8")
        except UnicodeDecodeError:
            return "latin-1"
        self.__dict__["text"] = text  # which is asked for next, and takes long
        return "utf-8"

    def _codec_of(self, cookie: str) -> str:
        codec = _COOKIE_CODECS.get(re.sub(r"[-_ ]", "", cookie.lower()))
        if codec is None:
            raise UndecodableError(f"its coding cookie names {cookie!r}, which is not read")
        try:
            self.data.decode(codec)
        except UnicodeDecodeError as error:
            raise UndecodableError(f"it is not {cookie}: {error.reason}") from error
        return codec

    @cached_property
    def text(self) -> str:
        """The decoded text, line endings as they stand.

        Raises:
            UndecodableError: the bytes are not text in the declared encoding.
        """
        try:
            return self.data[len(self.bom) :].decode(self.encoding)
        except UnicodeDecodeError as error:
            raise UndecodableError(f"it is not {self.encoding}: {error.reason}") from error

    @cached_property
    def utf8(self) -> bytes:
        """The text as UTF-8: what parsers read and byte offsets count in."""
        if self.encoding == "utf-8":
            return self.data[len(self.bom) :] if self.bom else self.data
        return self.text.encode("utf-8", "surrogatepass")

    def encode(self, text: str) -> bytes:
        """`text` as this file would hold it: its encoding, its byte order mark.

        Raises:
            UnicodeEncodeError: the encoding has no such character.
        """
        return self.bom + text.encode(self.encoding)

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of the first character of each line."""
        starts = [0, *accumulate(map(len, StringIO(self.text, newline="")))]
        return starts if self.text[-1:] in ("\r", "\n", "") else starts[:-1]

    @property
    def newline(self) -> str:
        """What ends its lines."""
        if "\n" in self.text:
            return "\r\n" if "\r\n" in self.text else "\n"
        return "\r" if "\r" in self.text else "\n"

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its end; nothing beyond the last one."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def line_span(self, number: int) -> Span:
        """The whole of a 1-based line, without its end."""
        start = self.line_starts[number - 1]
        return self.span(start, start + len(self.line(number)))

    def span(self, start: int, end: int) -> Span:
        """The span between two code-point offsets."""
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        return Span(self.path, line, column, end_line, end_column, start, end)

    def span_of_bytes(self, start: int, end: int) -> Span:
        """The span between two offsets of `utf8`."""
        return self.span(self.offset_of_byte(start), self.offset_of_byte(end))

    def offset_of_byte(self, byte: int) -> int:
        """The code-point offset of an offset of `utf8`."""
        if self._is_ascii:
            return byte
        step = byte // _STEP
        return self._offsets[step] + _characters(self.utf8[step * _STEP : byte])

    def byte_of_offset(self, offset: int) -> int:
        """The offset in `utf8` of a code-point offset."""
        if self._is_ascii:
            return offset
        step = offset // _STEP
        inside = self.text[step * _STEP : offset]
        return self._bytes[step] + len(inside.encode("utf-8", "surrogatepass"))

    @cached_property
    def _offsets(self) -> list[int]:
        """The code-point offset of every `_STEP`th byte: lines may be as long as the file."""
        steps = range(0, len(self.utf8), _STEP)
        return [0, *accumulate(_characters(self.utf8[at : at + _STEP]) for at in steps)]

    @cached_property
    def _bytes(self) -> list[int]:
        """The byte offset of every `_STEP`th character."""
        steps = (self.text[at : at + _STEP] for at in range(0, len(self.text), _STEP))
        return [0, *accumulate(len(each.encode("utf-8", "surrogatepass")) for each in steps)]

    @cached_property
    def _is_ascii(self) -> bool:
        return self.utf8.isascii()

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1


def _characters(utf8: bytes) -> int:
    """How many characters begin in the bytes."""
    return len(utf8.translate(None, _CONTINUATION))


def _cookie(data: bytes) -> str | None:
    second = data.find(b"\n", data.find(b"\n") + 1)
    for line in data[: second if second >= 0 else None].split(b"\n", 2)[:2]:
        if found := _COOKIE.match(line):
            return found.group(1).decode("ascii", "replace")
        if line.strip() and not line.lstrip().startswith(b"#"):
            return None
    return None
