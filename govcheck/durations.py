"""Durations and sizes as the policy writes them: `30d`, `1y6m`, `12 months`; `80GB`, `5GiB`."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_MONTHS = {"m": 1, "y": 12}
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
    **dict.fromkeys(("m", "mo", "month", "months"), "m"),
    **dict.fromkeys(("y", "year", "years"), "y"),
}
_TERM = re.compile(r"\s*(\d{1,9})\s*([A-Za-z]+)")
_MAX_YEARS = 9999

_SIZE = re.compile(r"\s*(\d{1,15})(?:\.(\d{1,6}))?\s*([A-Za-z]*)\s*")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


class Span(NamedTuple):
    """A length of time: calendar months, and seconds on top."""

    months: int
    seconds: int


class Duration(str):
    """A length of time: numbers with units, from years down to seconds, such as `1y6m` or `30d`.

    Months (`m`, `mo`) and years (`y`) are those of the calendar; minutes are written `min`.

    Raises:
        ValueError: the text is none.
    """

    __slots__ = ("span",)
    span: Span

    def __new__(cls, text: str) -> "Duration":
        """Read the text."""
        self = super().__new__(cls, text)
        self.span = _span(text)
        return self

    @property
    def seconds(self) -> int:
        """How long it is at least: a month counts 28 days, a year 365."""
        years, months = divmod(self.span.months, 12)
        return years * 365 * 86_400 + months * 28 * 86_400 + self.span.seconds

    @property
    def most_seconds(self) -> int:
        """How long it is at most: a month counts 31 days, a year 366."""
        years, months = divmod(self.span.months, 12)
        return years * 366 * 86_400 + months * 31 * 86_400 + self.span.seconds

    def before(self, moment: datetime) -> datetime:
        """The moment this long before another one, which has a time zone; the result is in UTC.

        Months are those of that zone, and end where the day does not exist: a month before March
        31st is the last of February. Before the year 1 there is its beginning.
        """
        years, months = divmod(self.span.months, 12)
        year, month = moment.year - years, moment.month - months
        if month < 1:
            year, month = year - 1, month + 12
        try:
            day = min(moment.day, monthrange(year, month)[1])
            earlier = moment.replace(year=year, month=month, day=day).astimezone(UTC)
            return earlier - timedelta(seconds=self.span.seconds)
        except (ValueError, OverflowError):
            return datetime.min.replace(tzinfo=UTC)


class Size(str):
    """An amount of bytes: `80GB` is decimal, `80GiB` is binary (IEC 80000-13).

    Raises:
        ValueError: the text is none.
    """

    __slots__ = ("bytes",)
    bytes: int

    def __new__(cls, text: str) -> "Size":
        """Read the text."""
        self = super().__new__(cls, text)
        self.bytes = _bytes(text)
        return self


def shown_size(size: int) -> str:
    """An amount of bytes for people: two digits or three, and a decimal unit."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5:
            return (
                f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.5 else f"{amount:.3g} {unit}"
            )
        amount /= 1000
    return f"{amount:.3g} PB"


def shown_age(seconds: float) -> str:
    """A length of time for people: its two largest units."""
    left = int(abs(seconds))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0s"


def _span(text: str) -> Span:
    months = seconds = position = 0
    seen: set[str] = set()
    while position < len(text):
        term = _TERM.match(text, position)
        unit = _UNITS.get(term[2].lower() if len(term[2]) > 1 else term[2]) if term else None
        if term is None or unit is None:
            raise ValueError(
                f"{text!r} is no duration: write '30d', '12h', '2w', '6m' (months), '1y' or '15min'"
            )
        if unit in seen:
            raise ValueError(f"{text!r} names a unit twice")
        seen.add(unit)
        if unit in _MONTHS:
            months += int(term[1]) * _MONTHS[unit]
        else:
            seconds += int(term[1]) * _SECONDS[unit]
        position = term.end()
        if not text[position:].strip():
            break
    if not months and not seconds:
        raise ValueError(f"{text!r} is no duration: it must be longer than nothing")
    if months > _MAX_YEARS * 12 or seconds > _MAX_YEARS * 366 * 86_400:
        raise ValueError(f"{text!r} is longer than {_MAX_YEARS} years")
    return Span(months, seconds)


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text)
    unit = found[3].lower() if found else ""
    base = 1024 if unit.endswith("ib") else 1000
    power = _POWERS.get(unit.removesuffix("ib").removesuffix("b")) if found else None
    if found is None or power is None or unit == "ib":
        raise ValueError(f"{text!r} is no size: write '80GB' (decimal), '80GiB' (binary) or '500B'")
    scale: int = base**power
    fraction = found[2] or ""
    return int(found[1]) * scale + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0)
