"""What items are called: patterns of names with a date in them, and what a name tells."""

import re
from calendar import timegm
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from struct import Struct
from typing import NamedTuple

from govcheck.retention.keeping import NS

_FIELDS = {
    "Y": r"(?P<Y>[0-9]{4})",
    "m": r"(?P<m>0[1-9]|1[0-2])",
    "d": r"(?P<d>0[1-9]|[12][0-9]|3[01])",
    "H": r"(?P<H>[01][0-9]|2[0-3])",
    "M": r"(?P<M>[0-5][0-9])",
    "S": r"(?P<S>[0-5][0-9])",
    "y": r"(?P<y>[0-9]{2})",
    "j": r"(?P<j>[0-3][0-9]{2})",
    "G": r"(?P<G>[0-9]{4})",
    "V": r"(?P<V>0[1-9]|[1-4][0-9]|5[0-3])",
    "u": r"(?P<u>[1-7])",
    "b": r"(?P<b>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
    "f": r"(?P<f>[0-9]{1,6})",
    "s": r"(?P<s>[0-9]{1,11})",
    "z": r"(?P<z>Z|[+-][01][0-9]:?[0-5][0-9])",
}
_LONG = {"F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TOKEN = re.compile(r"%(.)|\*|\?|\[[!^]?\]?[^\]]*\]|.", re.DOTALL)
_DATES = (
    {"Y", "m", "d"},
    {"y", "m", "d"},
    {"Y", "b", "d"},
    {"Y", "j"},
    {"G", "V"},
    {"s"},
    {"Y", "m"},
)


_MOST = 50_000  # pieces of names that are remembered


class Told(NamedTuple):
    """What a name tells of an item: its time, if the pattern has one, and its labels.

    `offset` is that from UTC, in seconds, where the name gives one.
    """

    time: int | None = None
    offset: int | None = None
    labels: frozenset[str] = frozenset()


Reader = Callable[[str], Told | None]


def mistake_in(pattern: str) -> str | None:
    """What is wrong with a pattern of names, if anything is."""
    try:
        fields = re.compile(_regex(pattern)).groupindex.keys()
    except (ValueError, re.error) as error:
        return f"{pattern!r} is no pattern of names: {error}"
    if fields and not any(needed <= fields for needed in _DATES):
        return f"{pattern!r} names no day: it needs %Y, %m and %d, or %s"
    if "/" in pattern:
        return f"{pattern!r} is the pattern of a name, and a name has no '/'"
    return None


def has_time(pattern: str) -> bool:
    """Whether a pattern has a date in it."""
    return bool(re.compile(_regex(pattern)).groupindex)


def reader(
    patterns: Collection[str], labels: Collection[str], suffixes: Collection[str], zone: tzinfo
) -> Reader:
    """What tells of a name whether it is that of an item, and what it says.

    A name may end with labels (`.critical`), and then with one of the suffixes. Without patterns,
    every name is that of an item.
    """
    tail = rf"(?P<labels>(?:\.(?:{_any(labels)}))*)" if labels else ""
    if suffixes:
        tail += f"(?:{_any(suffixes)})"
    matches = [
        (re.compile(f"{_regex(pattern)}{tail}", re.DOTALL).fullmatch, *_parsing(pattern, zone))
        for pattern in patterns or ("*",)
    ]
    if len(matches) == 1 and not labels:
        match, parse, _ = matches[0]
        if parse is None:
            nothing = Told()
            return lambda name: nothing if match(name) else None

    def read(name: str) -> Told | None:
        for match, parse, offset in matches:
            if (found := match(name)) is None:
                continue
            groups = found.groupdict()
            borne = groups.pop("labels", None)
            if parse is None:
                return Told(labels=_labels(name, labels, suffixes))
            if (time := parse(groups)) is not None:
                return Told(time, offset(groups), frozenset((borne or "")[1:].split(".")) - {""})
        return None

    return read


def columnar(patterns: Collection[str], zone: tzinfo) -> Callable[[str, int], list[int] | None]:
    """What tells the times of so many names at once: of all, or None if one of them is no item's.

    The names have a NUL between them. It knows patterns in which a date, and perhaps a time after
    it, stands at a fixed place.
    """
    pattern = next(iter(patterns), "")
    found = _FIXED.fullmatch(pattern)
    if len(patterns) != 1 or found is None or zone is not UTC:
        return lambda packed, count: None
    before, day, between, clock, after = (part or "" for part in found.groups())
    if not (before + between + after).isascii():
        return lambda packed, count: None
    # In two pieces, of which a store has a few hundred and at most an hour's worth.
    head, rest = (f"{day}{between}%H", clock.removeprefix("%H")) if clock else (day, "")
    heads: dict[bytes, int] = {}
    rests: dict[bytes, int] = {}
    learn_heads, learn_rests = _learning(heads, head, _plain), _learning(rests, rest, _clock)
    widths = [len(before), _width(head), _width(rest), len(after) + 1]
    width = sum(widths)
    rows = Struct("{}x{}s{}s{}x".format(*widths)).iter_unpack
    fixed = [*enumerate(before), *enumerate(after + "\0", width - widths[3])]
    letters = [(place, ord(letter)) for place, letter in fixed]

    def read(packed: str, count: int) -> list[int] | None:
        data = f"{packed}\0".encode() if packed.isascii() else b""
        if not count or len(data) != width * count or data.count(0) != count:
            return None
        if any(data[place::width].count(letter) != count for place, letter in letters):
            return None
        try:
            return [heads[head] + rests[rest] for head, rest in rows(data)]
        except KeyError:
            pieces = [*zip(*rows(data), strict=True)]
        if learn_heads(pieces[0]) and learn_rests(pieces[1]):
            return [heads[head] + rests[rest] for head, rest in rows(data)]
        return None

    return read


def _width(pattern: str) -> int:
    """How long what a pattern of fixed width matches is."""
    return len(re.sub("%[mdHMS]", "00", pattern.replace("%Y", "0000")))


_FIXED = re.compile(
    r"([^%*?\[\n]*)(%Y[^%*?\[\w\n]?%m[^%*?\[\w\n]?%d)"
    r"(?:([^%*?\[\n]*)(%H[^%*?\[\w\n]?%M(?:[^%*?\[\w\n]?%S)?))?([^%*?\[\n]*)"
)


def _learning(
    known: dict[bytes, int], pattern: str, tell: Callable[["_Groups"], int | None]
) -> Callable[[Iterable[bytes]], bool]:
    """What learns the nanoseconds that pieces of names tell, unless one of them tells none."""
    match = re.compile(_regex(pattern)).fullmatch

    def learn(pieces: Iterable[bytes]) -> bool:
        if len(known) > _MOST:
            known.clear()
        for piece in {*pieces} - known.keys():
            found = match(piece.decode())
            time = tell(found.groupdict()) if found else None
            if time is None:
                return False
            known[piece] = time
        return True

    return learn


def _labels(name: str, labels: Collection[str], suffixes: Collection[str]) -> frozenset[str]:
    """The labels at the end of a name whose pattern, being open, has swallowed them."""
    for suffix in suffixes:
        name = name.removesuffix(suffix)
    borne: set[str] = set()
    while (last := name.rpartition(".")[2]) in labels and "." in name:
        borne.add(last)
        name = name.rpartition(".")[0]
    return frozenset(borne)


def _any(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words))


@cache
def _regex(pattern: str) -> str:
    for directive, meaning in _LONG.items():
        pattern = pattern.replace(f"%{directive}", meaning)
    pieces = []
    for token in _TOKEN.finditer(pattern):
        text = token.group()
        match text[0]:
            case "%" if token[1] == "%":
                pieces.append("%")
            case "%" if token[1] in _FIELDS:
                pieces.append(_FIELDS[token[1]])
            case "%":
                raise ValueError(f"{text!r} is not read (there are {_directives()})")
            case "*":
                pieces.append("[^/]*")
            case "?":
                pieces.append("[^/]")
            case "[" if len(text) > 1:
                negated = text[1] in "!^"
                inner = text[2:-1] if negated else text[1:-1]
                inner = re.sub(r"([\\\[\]^~&|])", r"\\\1", inner)
                pieces.append(f"[{'^' if negated else ''}{inner}]")
            case _:
                pieces.append(re.escape(text))
    return "".join(pieces)


def _directives() -> str:
    return ", ".join(f"%{name}" for name in (*_FIELDS, *_LONG))


_Groups = Mapping[str, str | None]


def _parsing(
    pattern: str, zone: tzinfo
) -> tuple[Callable[[_Groups], int | None] | None, Callable[[_Groups], int | None]]:
    """How the fields of a pattern become a time, and an offset."""
    fields = re.compile(_regex(pattern)).groupindex.keys()
    if not fields:
        return None, lambda groups: None
    if zone is UTC and fields <= {"Y", "m", "d", "H", "M", "S"} and {"Y", "m", "d"} <= fields:
        return _plain, lambda groups: None
    return (lambda groups: _time(groups, zone)), _offset


@cache
def _day(year: str | None, month: str | None, day: str | None) -> int | None:
    """The seconds at which a day begins, in UTC; nothing where there is no such day."""
    try:
        return timegm(date(int(year or 0), int(month or 0), int(day or 0)).timetuple())
    except ValueError:
        return None


def _plain(groups: _Groups) -> int | None:
    get = groups.get
    seconds = _day(get("Y"), get("m"), get("d"))
    if seconds is None:
        return None
    return seconds * NS + _clock(groups)


def _clock(groups: _Groups) -> int:
    get = groups.get
    return (int(get("H") or 0) * 3600 + int(get("M") or 0) * 60 + int(get("S") or 0)) * NS


def _offset(groups: _Groups) -> int | None:
    text = groups.get("z")
    if text is None:
        return None
    if text == "Z":
        return 0
    seconds = int(text[1:3]) * 3600 + int(text[-2:]) * 60
    return -seconds if text[0] == "-" else seconds


def _time(groups: _Groups, zone: tzinfo) -> int | None:
    if (epoch := groups.get("s")) is not None:
        return int(epoch) * NS
    numbers = {name: int(text) for name, text in groups.items() if text and text.isdecimal()}
    try:
        return _moment(numbers, groups, zone)
    except (ValueError, OverflowError):
        return None


def _moment(numbers: Mapping[str, int], groups: _Groups, zone: tzinfo) -> int:
    day = _date(numbers, groups)
    offset = _offset(groups)
    moment = datetime(
        day.year,
        day.month,
        day.day,
        numbers.get("H", 0),
        numbers.get("M", 0),
        numbers.get("S", 0),
        tzinfo=zone if offset is None else UTC,
    )
    fraction = int((groups.get("f") or "0").ljust(6, "0")) * 1000
    # The zone must be asked before seconds are counted, since its offset depends on the moment.
    seconds = timegm(moment.astimezone(UTC).timetuple()) - (offset or 0)
    return seconds * NS + fraction


def _date(numbers: Mapping[str, int], groups: _Groups) -> date:
    if "G" in numbers:
        return date.fromisocalendar(numbers["G"], numbers["V"], numbers.get("u", 1))
    year = numbers["Y"] if "Y" in numbers else _century(numbers["y"])
    if "j" in numbers:
        day = date(year, 1, 1) + timedelta(days=numbers["j"] - 1)
        if day.year != year:
            raise ValueError
        return day
    name = groups.get("b")
    month = numbers["m"] if name is None else _MONTHS.index(name.lower()) + 1
    return date(year, month, numbers.get("d", 1))


def _century(year: int) -> int:
    return year + (1900 if year > 68 else 2000)  # POSIX strptime
