"""How other programs write durations and sizes: each has units of its own.

`1M` is a month for systemd, `1m` a minute for Prometheus and a month for restic; `10m` is decimal
for Docker and binary for logrotate. So a text is read by the dialect of the program that reads it.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_DAY = 86_400
_COMMON = {"s": 1, "m": 60, "h": 3600, "d": _DAY, "w": 7 * _DAY}
_BINARY = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_DECIMAL = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_TERM = re.compile(r"\s*(\d+)\s*([A-Za-z]*)\s*")


class Lasting(NamedTuple):
    """A length of time, in seconds: from the shortest to the longest that it may mean."""

    least: int
    most: int


class Dialect(NamedTuple):
    """The units of a program; `bare` is that of a number without one, if it may stand alone."""

    times: Mapping[str, int | Lasting]
    sizes: Mapping[str, int]
    bare: str | None = None


_MONTH, _YEAR = Lasting(28 * _DAY, 31 * _DAY), Lasting(365 * _DAY, 366 * _DAY)
_CALENDAR: dict[str, int | Lasting] = {"h": 3600, "d": _DAY, "w": 7 * _DAY, "m": _MONTH, "y": _YEAR}

# time.unit(7) and parse_size of systemd; promql durations; go-units of Docker; config of logrotate.
DIALECTS: Mapping[str, Dialect] = {
    "plain": Dialect(
        {
            **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
            **dict.fromkeys(("min", "minute", "minutes"), 60),
            **dict.fromkeys(("h", "hour", "hours"), 3600),
            **dict.fromkeys(("d", "day", "days"), _DAY),
            **dict.fromkeys(("w", "week", "weeks"), 7 * _DAY),
            **dict.fromkeys(("month", "months"), _MONTH),
            **dict.fromkeys(("y", "year", "years"), _YEAR),
        },
        {f"{unit}{end}": n for unit, n in _DECIMAL.items() for end in ("b", "")}
        | {f"{unit}ib": n for unit, n in _BINARY.items() if unit},
    ),
    "systemd": Dialect(
        {
            **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
            **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
            **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
            **dict.fromkeys(("d", "day", "days"), _DAY),
            **dict.fromkeys(("w", "week", "weeks"), 7 * _DAY),
            **dict.fromkeys(("M", "month", "months"), _MONTH),
            **dict.fromkeys(("y", "year", "years"), _YEAR),
        },
        _BINARY,
        "s",
    ),
    "prometheus": Dialect({**_COMMON, "y": 365 * _DAY}, {f"{u}b": n for u, n in _BINARY.items()}),
    "docker": Dialect({}, _DECIMAL | {f"{unit}b": n for unit, n in _DECIMAL.items()}),
    "logrotate": Dialect({}, _BINARY),
    "peers": Dialect(_CALENDAR, {}),
}


def lasting(text: str, dialect: str) -> Lasting | None:
    """A length of time as a program reads it; None where it would not, or cannot be known."""
    units = DIALECTS[dialect].times
    least = most = 0
    for number, unit in _terms(text):
        unit = unit or DIALECTS[dialect].bare or ""
        size = units.get(unit, units.get(unit.lower()) if len(unit) > 1 else None)
        if size is None:
            return None
        low, high = (size, size) if isinstance(size, int) else size
        least, most = least + number * low, most + number * high
    return Lasting(least, most) if most else None


def amount(text: str, dialect: str) -> int | None:
    """A size in bytes as a program reads it; None where it would not."""
    match _terms(text):
        case [(number, unit)]:
            factor = DIALECTS[dialect].sizes.get(unit.lower())
            return None if factor is None else number * factor
    return None


def _terms(text: str) -> list[tuple[int, str]]:
    if not re.fullmatch(rf"(?:{_TERM.pattern}){{1,7}}", text):
        return []
    return [(int(number), unit) for number, unit in _TERM.findall(text)]
