"""Text that was UTF-8 and was read as something else: where, and what it was.

Whoever reads UTF-8 as an encoding of single bytes gets two to four characters for each one, which
give the bytes back that they came from. Where the encoding knows no character for a byte, some
programs drop it; then what remains tells only some of the bytes.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from govcheck.document import Document

# The encodings that text is read as by mistake, the usual ones first: of Windows (western,
# Turkish, central European, Cyrillic), Latin-1, of old Macs and of DOS.
_CODECS = ("cp1252", "cp1254", "cp1250", "cp1251", "latin-1", "mac_roman", "cp437", "cp850")

_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_BLANKED = b" " * 0x80 + bytes(range(0x80, 0x100))  # leaves what is not ASCII, in pieces
# What the first byte of a character of several is read as.
_LEADS = {bytes([lead]).decode(each, "ignore") for each in _CODECS for lead in range(0xC2, 0xF5)}
_SEQUENCE = re.compile(
    r"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    r"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    r"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_BEGIN = re.compile(r"[\xc2-\xf4][\x80-\xbf]")
_LEFT = re.compile(r"[\xe2\xe3\xef][\x80-\xbf]|\xf0[\x80-\xbf]{2}")
# What is left of the four bytes of a symbol looks like nothing else.
_TELLING = 3
_NO_CHARACTER = "\uffff"
# The beginning of a character, and in the place of its next byte one that the encoding lacks.
_REFUTED = re.compile(
    f"[\xc2-\xdf]{_NO_CHARACTER}|[\xe1-\xef][\x80-\xbf]?{_NO_CHARACTER}"
    f"|\xf0[\x80-\xbf]{{0,2}}{_NO_CHARACTER}"
)
_LOST = "\ufffd"
_MARK = "\ufeff"

# The symbols that documents of repositories use, the commonest first: where a lost byte leaves a
# choice, it is one of these.
_SYMBOLS = (
    "✅❌⚠\ufe0f✓✗✔✖→←↑↓⇒↔—–…•“”‘’™🚀📝📊🎯🔧🔍📚💡🐛📦🔄🟢🟡🔴⏳🧪🔒🔐✨🎉📁📋📈🏗🛠⚡"
    "♻🤖🔥⭐🌟💻🔑🔗📖📄🚨🟠🛡🗂📌🏁👍👉⏱⏰⏸▶️⏭🧹🌐🎨💰📉📅📍📞📎📐🗑🚧🚫⛔❓❗ℹ🙏🤝🧠🏆💬📢📣🔔🐍🐳🐧"
)  # fmt: skip


class Garbled(NamedTuple):
    """Text that was read as `codec`; `certain` if its bytes tell what it was."""

    start: int
    end: int
    meant: str
    codec: str
    certain: bool


def garbled(document: Document) -> tuple[Garbled, ...]:
    """The places of a document that were read in a wrong encoding."""
    text = document.text
    rare = {*document.utf8.translate(_BLANKED).split()}
    runs = {run for run in (each.decode("utf-8", "surrogatepass") for each in rare) if run[1:]}
    pairs = {pair for run in runs for pair in pairwise(run) if pair[0] in _LEADS}
    if not any(_may_begin(*pair) for pair in pairs):
        return ()
    codec = _codec(runs)
    if codec is None:
        return ()
    found = []
    for run in _RUN.finditer(text):
        start, end = run.span()
        around = text[start - 1 : start], text[end : end + 1]
        for first, last, meant, certain in _read(run[0], codec, *around):
            meant = meant.replace(_MARK, "")
            found.append(Garbled(start + first, start + last, meant, codec, certain))
    tells = any(each.certain or each.end - each.start >= _TELLING for each in found)
    return tuple(found) if tells else ()


@lru_cache(maxsize=4096)
def _may_begin(first: str, second: str) -> bool:
    """Whether two characters may be the first bytes of one."""
    pair = first + second
    return any(_BEGIN.match(pair.translate(_octets(codec))) for codec in _CODECS)


def _codec(runs: set[str]) -> str | None:
    """The encoding that explains most of the runs."""
    together = "\n".join(sorted(runs))
    explained = {
        codec: sum(
            last - first
            for run in (runs if _may_be_read(together, codec) else ())
            for first, last, _, certain in _read(run, codec, "", "")
            if certain or last - first >= _TELLING
        )
        for codec in _CODECS
    }
    for codec in sorted(_CODECS, key=lambda each: -explained[each]):
        if explained[codec] and not _is_refuted(runs, codec):
            return codec
    return None


def _is_refuted(runs: set[str], codec: str) -> bool:
    """Whether what would begin characters stands, as well, before what is not in the encoding."""
    begin: set[str] = set()
    fail: set[str] = set()
    for run in runs:
        octets = run.translate(_octets(codec))
        begin.update(found[0][0] for found in _SEQUENCE.finditer(octets))
        fail.update(
            found[0][0] for found in _REFUTED.finditer(octets) if run[found.end() - 1] != _LOST
        )
    return not begin.isdisjoint(fail)


def _may_be_read(run: str, codec: str) -> bool:
    octets = run.translate(_octets(codec))
    return _SEQUENCE.search(octets) is not None or _LEFT.search(octets) is not None


def _read(run: str, codec: str, before: str, behind: str) -> Iterator[tuple[int, int, str, bool]]:
    """The pieces of a run that were UTF-8: from, to, what was meant, whether that is certain."""
    octets = run.translate(_octets(codec))
    if _SEQUENCE.search(octets) is None and _LEFT.search(octets) is None:
        return
    position = 0
    while (begin := _BEGIN.search(octets, position)) is not None:
        end = position = begin.start()
        while found := _SEQUENCE.match(octets, end):
            end = found.end()
        if end > position:
            lead = before if position == 0 else run[position - 1]
            after = run[end : end + 1] or behind
            meant = octets[position:end].encode("latin-1").decode("utf-8")
            is_inside = _is_of_word(run[position:end], lead, run[end : end + 1])
            if _is_plausible(meant, run[position], (lead, after), codec) and not (
                len(meant) == 1 and is_inside
            ):
                yield position, end, meant, True
        elif left := _LEFT.match(octets, position):
            end = left.end()
            if meant := _completed(left[0], codec):
                end += run[end : end + 1] == _LOST  # which stands for the byte
                yield position, end, meant, _choices(left[0], codec) == 1
        position = max(end, position + 1)


@cache
def _octets(codec: str) -> Mapping[int, str | None]:
    """The bytes that characters stand for, as characters; what has no byte becomes none."""
    return _Octets(codec)


class _Octets(dict[int, str | None]):
    def __init__(self, codec: str) -> None:
        for byte in range(0x80, 0x100):
            try:
                self[ord(bytes([byte]).decode(codec))] = chr(byte)
            except UnicodeDecodeError:
                self[byte] = chr(byte)  # programs that keep such bytes make control characters

    def __missing__(self, character: int) -> str:
        return _NO_CHARACTER


@cache
def _holes(codec: str) -> tuple[int, ...]:
    """The bytes for which an encoding has no character."""
    holes = []
    for byte in range(0x80, 0xC0):
        try:
            bytes([byte]).decode(codec)
        except UnicodeDecodeError:
            holes.append(byte)
    return tuple(holes)


@cache
def _candidates(octets: str, codec: str) -> tuple[str, ...]:
    """The common symbols that lack one byte that was dropped, the commonest first."""
    plain = octets.encode("latin-1")
    found = set()
    for hole in _holes(codec):
        for at in range(1, len(plain) + 1):
            whole = plain[:at] + bytes([hole]) + plain[at:]
            try:
                found.add(whole.decode("utf-8"))
            except UnicodeDecodeError:
                continue
    return tuple(sorted((each for each in found if each in _SYMBOLS), key=_SYMBOLS.index))


def _completed(octets: str, codec: str) -> str:
    return next(iter(_candidates(octets, codec)), "")


def _choices(octets: str, codec: str) -> int:
    return len(_candidates(octets, codec))


def _is_of_word(piece: str, before: str, after: str) -> bool:
    """Whether a piece is a part of a word in a script that is not Latin."""
    neighbours = before + after
    return piece.isalpha() and any(each > "\u024f" and each.isalpha() for each in neighbours)


def _is_plausible(meant: str, first: str, around: tuple[str, str], codec: str) -> bool:
    """Whether somebody wrote this, rather than the characters that its bytes look like.

    One letter with a sign behind it may be right as it is: «CAFÉ», É…; but not inside of a word. A
    control character is no more than a byte of what was read in a wrong encoding twice.
    """
    before, after = around
    is_inside = before.isascii() and after.islower()
    if any(unicodedata.category(each) in ("Cn", "Co", "Cs", "Cc") for each in meant):
        octets = meant.translate(_octets(codec))
        return re.fullmatch(f"(?:{_SEQUENCE.pattern})+", octets) is not None
    if len(meant) > 1 or meant == _MARK:
        return True
    code = ord(meant)
    if code < 0x100:
        return meant != "\xad" and (not before.isupper() or (is_inside and meant.islower()))
    if code < 0x800:
        return code < 0x250 and is_inside and before.islower() and not first.islower()
    return code >= 0x10000 or 0x2000 <= code < 0x2C00 or 0xFE00 <= code < 0xFF00
