"""Which moments a keep-policy keeps: pure arithmetic over times, in our semantics or a peer's.

Times are nanoseconds since the epoch. The result is one number a time: the set of clauses that keep
it, a bit each in the order of `CLAUSES`; nothing keeps what has none.

Ours: clauses are independent, and what any of them keeps is kept. `within` is measured back from
now, an item of exactly that age is kept, a month ends where its day does not exist. A count is that
of filled hours, days, weeks, months or years in the zone of the policy; of each one item is kept,
of a month the oldest and otherwise the newest. While a count is not used up, the oldest item is
kept as well. So raising any number never keeps less, and what is once removed is never wanted back.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from govcheck.durations import Duration
from govcheck.retention.section import Count, Keep

PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
CLAUSES = (
    "within",
    "newest",
    "last",
    *PERIODS,
    *(f"within-{period}" for period in PERIODS),
    "labels",
)
BIT = {clause: 1 << number for number, clause in enumerate(CLAUSES)}
NS = 1_000_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Period = Callable[[datetime], tuple[int, ...]]


class Timeline(NamedTuple):
    """The moments to judge.

    `offsets` are those from UTC, in seconds, that single moments were recorded with; the others are
    told in the zone. `labels` are those that single moments bear. Moments after the `horizon` are
    in the future.
    """

    times: Sequence[int]
    now: datetime
    zone: tzinfo
    horizon: datetime
    offsets: Mapping[int, int] = {}
    labels: Mapping[int, frozenset[str]] = {}


class NothingKeptError(Exception):
    """A peer refuses a policy that would keep nothing of what is there."""


def kept(keep: Keep, line: Timeline) -> Sequence[int]:
    """The clauses that keep each moment.

    Raises:
        NothingKeptError: with the semantics of restic, nothing would be kept.
    """
    match keep.semantics:
        case "restic":
            return _restic(keep, line)
        case "borg":
            return _borg(keep, line)
        case "rotate-backups":
            return _rotate_backups(keep, line)
        case _:
            return _ours(keep, line)


def is_one_by_one(keep: object) -> bool:
    """Whether what becomes of an item is the same whichever others there are."""
    return not isinstance(keep, Keep) or (keep.semantics == "govcheck" and not _needs_order(keep))


def nanoseconds(moment: datetime) -> int:
    """A moment with a zone, in nanoseconds since the epoch."""
    return ((moment - _EPOCH) // timedelta(microseconds=1)) * 1000


def moment(time: int, zone: tzinfo = UTC) -> datetime:
    """A time in nanoseconds, in a zone; the first or last moment there is, where it is beyond."""
    try:
        return (_EPOCH + timedelta(microseconds=time // 1000)).astimezone(zone)
    except OverflowError:
        limit = datetime.min if time < 0 else datetime.max
        return limit.replace(tzinfo=UTC)


def _ours(keep: Keep, line: Timeline) -> Sequence[int]:
    if keep == Keep(within=keep.within) and keep.within is not None:
        since = nanoseconds(keep.within.before(line.now))
        return bytes([since <= time for time in line.times])  # the clause is the first bit
    result = [0] * len(line.times)
    _mark_labels(keep, line, result)
    if keep.within is not None:
        _mark_since(result, line.times, nanoseconds(keep.within.before(line.now)))
    if not _needs_order(keep):
        return result
    order = _newest_first(line.times)
    del order[: _in_future(order, line)]
    for clause in ("newest", "last"):
        count = _count(getattr(keep, clause))
        for index in order if count is None else order[:count]:
            result[index] |= BIT[clause]
    for period in PERIODS:
        count, window = _count(getattr(keep, period)), getattr(keep, f"within_{period}")
        if count == 0 and window is None:
            continue
        chosen = _chosen(order, line, period, keep.pick)
        for index in chosen if count is None else chosen[:count]:
            result[index] |= BIT[period]
        if count is not None and len(chosen) < count and order:
            result[order[-1]] |= BIT[period]
        if window is not None:
            since = nanoseconds(window.before(line.now))
            for index in chosen:
                if line.times[index] >= since:
                    result[index] |= BIT[f"within-{period}"]
    return result


def _chosen(order: Sequence[int], line: Timeline, period: str, pick: str | None) -> list[int]:
    """One of each period that has any, the latest period first."""
    pick = pick or ("oldest" if period == "monthly" else "newest")
    of: dict[tuple[int, ...], int] = {}
    key = _PERIOD[period]
    for index in order:
        at = key(moment(line.times[index], line.zone))
        if pick == "oldest" or at not in of:
            of[at] = index
    return list(of.values())


def _needs_order(keep: Keep) -> bool:
    return bool(keep.newest or keep.last) or any(
        getattr(keep, name) for period in PERIODS for name in (period, f"within_{period}")
    )


def _restic(keep: Keep, line: Timeline) -> list[int]:
    """As restic 0.19: `forget --keep-...`, one group.

    A period is that of the offset a moment was recorded with; `within` is measured back from the
    newest moment that is not in the future, is strict, and counts days as Go's `AddDate` does.
    """
    result = [0] * len(line.times)
    _mark_labels(keep, line, result)
    order = _newest_first(line.times)
    now = nanoseconds(line.horizon)
    latest = next((index for index in order if line.times[index] < now), None)

    def since(duration: Duration) -> int | None:
        return None if latest is None else _go_before(latest, duration, line)

    rules: list[tuple[str, int | None, int | None]] = [
        (clause, _count(getattr(keep, clause)), None) for clause in ("newest", "last", *PERIODS)
    ]
    for clause in ("within", *(f"within-{period}" for period in PERIODS)):
        window = getattr(keep, clause.replace("-", "_"))
        if window is not None:
            rules.append((clause, None, since(window)))
    for clause, count, begin in rules:
        if count == 0:
            continue
        key = _PERIOD.get(clause.removeprefix("within-"))
        before: tuple[int, ...] | None = None
        for index in order:
            if begin is not None and line.times[index] <= begin:
                break
            at = key(_recorded(index, line)) if key else (index,)
            is_oldest = index == order[-1] and clause != "within"
            if at != before or is_oldest:
                result[index] |= BIT[clause]
                before = at
                if count is not None:
                    count -= 1
                    if count == 0:
                        break
    if result and not any(result):
        raise NothingKeptError("restic refuses to remove the last one")
    return result


def _go_before(index: int, duration: Duration, line: Timeline) -> int:
    """A moment this long before another one, by Go's `Time.AddDate` and `Time.Add`.

    A day that does not exist runs over into the next month. A moment has the zone of the policy if
    its offset fits, and else its own offset: so Go reads RFC 3339.
    """
    recorded = _recorded(index, line)
    zone: tzinfo = timezone(recorded.utcoffset() or timedelta())
    if recorded.astimezone(line.zone).utcoffset() == recorded.utcoffset():
        zone = line.zone
    days, seconds = divmod(duration.span.seconds, 86_400)
    months = recorded.year * 12 + recorded.month - 1 - duration.span.months
    year, month = divmod(months, 12)
    if year < 1:
        return -(1 << 62)
    wall = datetime(year, month + 1, 1, tzinfo=UTC)
    try:
        wall += timedelta(days=recorded.day - 1 - days)
    except OverflowError:
        return -(1 << 62)
    wall = wall.replace(
        hour=recorded.hour,
        minute=recorded.minute,
        second=recorded.second,
        microsecond=recorded.microsecond,
    )
    offset = wall.astimezone(zone).utcoffset() or timedelta()
    offset = (wall - offset).astimezone(zone).utcoffset() or timedelta()
    return nanoseconds(wall - offset) - seconds * NS


def _borg(keep: Keep, line: Timeline) -> list[int]:
    """As borg 1.4: `prune --keep-...`.

    Clauses add up: what an earlier one keeps, a later one does not count. `within` is measured back
    from now, is strict, and counts 31 days a month and 365 a year.
    """
    result = [0] * len(line.times)
    _mark_labels(keep, line, result)
    order = _newest_first(line.times)
    if keep.within is not None:
        years, months = divmod(keep.within.span.months, 12)
        days = years * 365 + months * 31
        since = nanoseconds(line.now) - (days * 86_400 + keep.within.span.seconds) * NS
        _mark_since(result, line.times, since + 1)
    for clause in ("newest", "last", *PERIODS):
        count = _count(getattr(keep, clause))
        if count == 0:
            continue
        key = _PERIOD.get(clause, _second)
        before: tuple[int, ...] | None = None
        found = 0
        for index in order:
            at = key(moment(line.times[index], line.zone))
            if at == before:
                continue
            before = at
            if not result[index]:
                result[index] = BIT[clause]
                found += 1
                if found == count:
                    break
        if count is not None and found < count and order and not result[order[-1]]:
            result[order[-1]] = BIT[clause]
    return result


def _rotate_backups(keep: Keep, line: Timeline) -> list[int]:
    """As rotate-backups 8.1: `--hourly=...`, strict.

    Of each period the oldest is chosen, then dropped if it is older than so many periods before the
    newest of all. A week is that of ISO 8601 in the year of the calendar.
    """
    result = [0] * len(line.times)
    _mark_labels(keep, line, result)
    order = _newest_first(line.times)
    for index in order[: _count(keep.newest)] if keep.newest else ():
        result[index] |= BIT["newest"]
    for index in order[: _count(keep.last)] if keep.last else ():
        result[index] |= BIT["last"]
    for period, months, seconds in (
        ("hourly", 0, 3600),
        ("daily", 0, 86_400),
        ("weekly", 0, 7 * 86_400),
        ("monthly", 1, 0),
        ("yearly", 12, 0),
    ):
        count = _count(getattr(keep, period))
        if count == 0 or not order:
            continue
        key = _calendar_week if period == "weekly" else _PERIOD[period]
        of: dict[tuple[int, ...], int] = {}
        for index in order:
            at = key(moment(line.times[index], line.zone))
            if keep.pick != "newest" or at not in of:
                of[at] = index
        chosen = [of[at] for at in sorted(of, reverse=True)]
        if count is not None:
            least = _minimum(line.times[order[0]], months * count, seconds * count, line.zone)
            chosen = [index for index in chosen if line.times[index] >= least][:count]
        for index in chosen:
            result[index] |= BIT[period]
    return result


def _minimum(newest: int, months: int, seconds: int, zone: tzinfo) -> int:
    if not months:
        return newest - seconds * NS
    return nanoseconds(Duration(f"{months}m").before(moment(newest, zone)))


def _mark_labels(keep: Keep, line: Timeline, result: list[int]) -> None:
    for wanted in keep.labels:
        needed = frozenset(wanted.split(","))
        for index, borne in line.labels.items():
            if needed <= borne:
                result[index] |= BIT["labels"]


def _mark_since(result: list[int], times: Sequence[int], since: int) -> None:
    bit = BIT["within"]
    if any(result):
        result[:] = [m | bit if time >= since else m for m, time in zip(result, times, strict=True)]
    else:
        result[:] = [bit if time >= since else 0 for time in times]


def _newest_first(times: Sequence[int]) -> list[int]:
    return sorted(range(len(times)), key=times.__getitem__, reverse=True)


def _in_future(order: Sequence[int], line: Timeline) -> int:
    """How many of the moments, newest first, are in the future."""
    limit = -nanoseconds(line.horizon)
    return bisect_left(order, limit, key=lambda index: -line.times[index])


def _recorded(index: int, line: Timeline) -> datetime:
    offset = line.offsets.get(index)
    zone = line.zone if offset is None else timezone(timedelta(seconds=offset))
    return moment(line.times[index], zone)


def _count(count: Count) -> int | None:
    """How many; None: without limit."""
    return None if count == "all" else count


def _second(at: datetime) -> tuple[int, ...]:
    return at.year, at.month, at.day, at.hour, at.minute, at.second


def _calendar_week(at: datetime) -> tuple[int, ...]:
    return at.year, at.isocalendar().week


_PERIOD: Mapping[str, _Period] = {
    "hourly": lambda at: (at.year, at.month, at.day, at.hour),
    "daily": lambda at: (at.year, at.month, at.day),
    "weekly": lambda at: at.isocalendar()[:2],
    "monthly": lambda at: (at.year, at.month),
    "yearly": lambda at: (at.year,),
}


def clauses(mask: int) -> Iterator[str]:
    """The names of the clauses in a set of them."""
    return (clause for number, clause in enumerate(CLAUSES) if mask >> number & 1)
