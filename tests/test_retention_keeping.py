"""The keep-policy: peers' verdicts on golden cases, and what holds of ours on any timeline."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcheck.durations import Duration, Size
from govcheck.keys import read
from govcheck.retention.keeping import NothingKeptError, Timeline, kept, nanoseconds
from govcheck.retention.section import Keep

GOLDEN: dict[str, Any] = json.loads(
    Path(__file__).with_name("retention_cases.json").read_text(encoding="utf-8")
)


class Case(NamedTuple):
    """What a peer said: the positions in the timeline that it keeps; None where it refused."""

    peer: str
    timeline: str
    options: dict[str, Any]
    zone: str
    now: str | None
    kept: list[int] | None


def _cases() -> Iterator[Any]:
    for name, *rest in GOLDEN["cases"]:
        yield pytest.param(Case(*rest), id=name)


def _keep(**keys: Any) -> Keep:
    policy, mistakes = read(Keep, {name.replace("_", "-"): value for name, value in keys.items()})
    assert not mistakes
    assert isinstance(policy, Keep)
    return policy


@pytest.mark.parametrize("case", [*_cases()])
def test_a_peer_keeps_the_same(case: Case) -> None:
    lines = [line.split() for line in GOLDEN["timelines"][case.timeline]]
    moments = [datetime.fromisoformat(line[0]) for line in lines]
    now = datetime.fromisoformat(case.now or "2026-11-25T00:00:00+00:00")
    line = Timeline(
        [nanoseconds(moment) for moment in moments],
        now,
        ZoneInfo(case.zone),
        now,
        {n: int((m.utcoffset() or timedelta()).total_seconds()) for n, m in enumerate(moments)},
        {n: frozenset(labels) for n, (_, *labels) in enumerate(lines) if labels},
    )
    keep = _keep(semantics=case.peer, **case.options)
    if case.kept is None:
        with pytest.raises(NothingKeptError):
            kept(keep, line)
    else:
        assert [n for n, clauses in enumerate(kept(keep, line)) if clauses] == case.kept


NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DURATIONS = ("1h", "1d", "7d", "30d", "1m", "6m", "1y", "5y")
_COUNTS = st.integers(0, 4) | st.just("all")
_WINDOWS = st.none() | st.sampled_from(DURATIONS)
_MOMENTS = st.lists(
    st.integers(-4 * 365 * 24 * 60, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    max_size=40,
    unique=True,
).map(lambda ages: [NOW + age for age in ages])
COUNTS = ("newest", "last", "hourly", "daily", "weekly", "monthly", "yearly")
WINDOWS = ("within", *(f"within_{n}" for n in ("hourly", "daily", "weekly", "monthly", "yearly")))


@st.composite
def _policies(draw: st.DrawFn) -> dict[str, Any]:
    counts = st.dictionaries(st.sampled_from(COUNTS), st.integers(1, 4) | st.just("all"))
    windows = st.dictionaries(st.sampled_from(WINDOWS), st.sampled_from(DURATIONS))
    said: dict[str, Any] = draw(counts) | draw(windows)
    said = said or {"within": "30d"}
    if pick := draw(st.sampled_from([None, "newest", "oldest"])):
        said["pick"] = pick
    return said


def _kept(policy: dict[str, Any], moments: Sequence[datetime], now: datetime) -> set[datetime]:
    zone = ZoneInfo("Europe/Berlin")
    line = Timeline([nanoseconds(each) for each in moments], now, zone, now)
    masks = kept(_keep(**policy), line)
    return {moment for moment, mask in zip(moments, masks, strict=True) if mask}


@given(_policies(), _MOMENTS, st.randoms())
def test_the_order_of_items_does_not_matter(
    policy: dict[str, Any], moments: Any, random: Any
) -> None:
    shuffled = [*moments]
    random.shuffle(shuffled)
    assert _kept(policy, shuffled, NOW) == _kept(policy, moments, NOW)


@given(_policies(), _MOMENTS, st.sampled_from((*COUNTS, *WINDOWS)), st.data())
def test_keeping_more_never_keeps_less(
    policy: dict[str, Any], moments: list[datetime], raised: str, data: st.DataObject
) -> None:
    before = policy.get(raised)
    if raised in WINDOWS:
        at = DURATIONS.index(before) if before else 0
        more: Any = data.draw(st.sampled_from(DURATIONS[at:]))
    else:
        more = "all" if before == "all" else (before or 0) + data.draw(st.integers(1, 5))
    assert _kept(policy, moments, NOW) <= _kept(policy | {raised: more}, moments, NOW)


@given(_policies(), _MOMENTS, st.timedeltas(timedelta(), timedelta(days=800)))
def test_what_is_once_removed_is_never_wanted_back(
    policy: dict[str, Any], moments: list[datetime], later: timedelta
) -> None:
    there = [moment for moment in moments if moment <= NOW]
    gone = set(there) - _kept(policy, there, NOW)
    fuller = [*there, *(moment for moment in moments if NOW < moment <= NOW + later)]
    assert not gone & _kept(policy, fuller, NOW + later)
    assert _kept(policy, there, NOW + later) <= _kept(policy, there, NOW)


@given(_policies(), _MOMENTS)
def test_a_second_plan_after_the_first_removes_nothing_more(
    policy: dict[str, Any], moments: list[datetime]
) -> None:
    left = _kept(policy, moments, NOW)
    assert _kept(policy, sorted(left), NOW) == left


@given(_MOMENTS, st.integers(1, 5), st.sampled_from(("newest", "last")))
def test_the_newest_are_kept_and_what_is_in_the_future_counts_for_nothing(
    moments: list[datetime], count: int, name: str
) -> None:
    there = sorted(moment for moment in moments if moment <= NOW)
    assert _kept({name: count}, moments, NOW) == set(there[-count:])


def test_the_first_of_each_month_is_kept_and_a_month_ago_is_the_end_of_february() -> None:
    moments = [datetime(2025, month, day, 2, tzinfo=UTC) for month in (4, 5) for day in (1, 2, 30)]
    assert _kept({"within_monthly": "1y"}, moments, datetime(2026, 4, 1, tzinfo=UTC)) == {
        moments[0],
        moments[3],
    }
    february = [datetime(2026, 2, 28, 12, tzinfo=UTC), datetime(2026, 2, 28, 11, 59, tzinfo=UTC)]
    assert _kept({"within": "1m"}, february, NOW) == {february[0]}


def test_an_item_of_exactly_the_age_is_kept_and_one_of_a_second_more_is_not() -> None:
    month_ago = NOW - timedelta(days=30)
    moments = [month_ago, month_ago - timedelta(seconds=1)]
    assert _kept({"within": "30d"}, moments, NOW) == {month_ago}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90min", 5400), ("24h", 86_400), ("2w", 1_209_600), ("30 days", 2_592_000), ("1d1h", 90_000)],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert Duration(text).seconds == seconds
    assert Duration(text).before(NOW) == NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "d", "0d", "-1d", "1x", "1d 2d", "99999y", "1.5h"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|twice|longer"):
        Duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("500", 500), ("80GB", 80 * 10**9), ("5 GiB", 5 * 2**30), ("1.5k", 1500), ("2tb", 2 * 10**12)],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert Size(text).bytes == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "5 apples", "1ib"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        Size(text)
