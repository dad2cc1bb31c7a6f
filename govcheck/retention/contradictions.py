"""What in a retention policy contradicts itself, or waits for people."""

from collections.abc import Iterator
from itertools import combinations

from govcheck.durations import Duration
from govcheck.keys import Mistake, nearest
from govcheck.policy import Policy
from govcheck.retention.section import RETRIEVAL, Hold, Keep, Retention, Store

_PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")


def contradictions(policy: Policy) -> Iterator[Mistake]:
    """All of them, each with its key."""
    retention = policy.retention
    yield from _overlaps(retention)
    for name, store in retention.stores.items():
        for mistake in (
            *_of_store(store),
            *_of_holds(store, policy),
            *_approvals(name, store, retention),
        ):
            yield mistake._replace(key=("stores", name, *mistake.key))
    for number, name in enumerate(retention.runner.without_trash):
        if name not in retention.stores:
            hint = nearest(name, list(retention.stores))
            yield Mistake(("runner", "without-trash", number), f"unknown store {name!r}{hint}")
    if retention.review is not None and retention.review < policy.today:
        yield Mistake(("review",), f"the policy was to be reviewed by {retention.review}")


def _overlaps(retention: Retention) -> Iterator[Mistake]:
    """Directories of two stores, one in the other, where the outer one does not leave it out."""
    stores = retention.stores
    places = [(path, name) for name, store in stores.items() for path in store.paths]
    for one, other in combinations(places, 2):
        (outer, name), (inner, inner_name) = sorted((one, other), key=lambda place: len(place[0]))
        if outer == inner:
            message = f"{inner} is a directory of the stores {one[1]} and {other[1]}"
            yield Mistake(("stores", other[1], "path"), message)
        elif inner.startswith(f"{outer}/") and not _leaves_out(stores[name], outer, inner):
            yield Mistake(
                ("stores", inner_name, "path"),
                f"{inner} lies in {outer}, which the store {name} governs: name it in the "
                f"'exclude' of {name} if it is a store of its own",
            )


def _leaves_out(store: Store, outer: str, inner: str) -> bool:
    from govcheck.globs import matcher

    targets = [extract.to.partition("{")[0].rstrip("/") for extract in store.extract]
    if store.archive is not None:
        targets.append(store.archive.to.rstrip("/"))
    below = inner.removeprefix(f"{outer}/")
    return inner in targets or matcher(store.exclude)(f"{below}/x") or matcher(store.exclude)(below)


def _of_recovery(store: Store) -> Iterator[Mistake]:
    """A target that what is in cold storage cannot meet."""
    if store.recovery is None or store.recovery.target is None or store.archive is None:
        return
    longest = RETRIEVAL.get(store.archive.storage_class or "", 0)
    if longest > store.recovery.target.most_seconds:
        yield Mistake(
            ("recovery", "target"),
            f"objects take up to {longest // 3600} h out of {store.archive.storage_class}, so that "
            f"what is archived is not there within {store.recovery.target}",
        )


def _of_store(store: Store) -> Iterator[Mistake]:
    yield from _of_recovery(store)
    if store.keep == "forever":
        for name in ("size-cap", "clear-on", "max-silence", "extract"):
            if getattr(store, name.replace("-", "_")):
                yield Mistake((name,), f"a store that is kept for ever has no use for {name!r}")
        if store.holds:
            yield Mistake(("holds",), "a store that is kept for ever needs no holds")
    if not isinstance(store.keep, Keep):
        return
    longest = _longest(store.keep)
    archive = store.archive
    if archive is not None and longest is not None:
        is_kept_later = archive.keep is not None
        limit = longest.most_seconds + (1 if is_kept_later else 0)
        if archive.after.seconds >= limit:
            yield Mistake(
                ("archive", "after"),
                f"items are removed after {longest}, so none is ever {archive.after} old",
            )
    if store.size_cap is not None and store.keep.within is None and not store.keep.last:
        yield Mistake(
            ("size-cap",),
            "a cap takes only what nothing but 'within' or 'last' keeps: this one takes nothing",
        )
    silence = store.max_silence
    if (
        silence is not None
        and store.keep.within
        and silence.seconds > store.keep.within.most_seconds
    ):
        yield Mistake(
            ("max-silence",),
            f"after {store.keep.within} all is removed, long before {silence} of silence",
        )


def _longest(keep: Keep) -> Duration | None:
    """The age after which nothing is kept; None: there is no such age."""
    if keep.newest or keep.last or keep.labels or any(getattr(keep, name) for name in _PERIODS):
        return None
    given = [keep.within, *(getattr(keep, f"within_{name}") for name in _PERIODS)]
    windows: list[Duration] = [each for each in given if each is not None]
    return max(windows, key=lambda each: each.most_seconds)


def _of_holds(store: Store, policy: Policy) -> Iterator[Mistake]:
    within = store.keep.within if isinstance(store.keep, Keep) else None
    for number, hold in enumerate(store.holds):
        if hold.keep and within and hold.keep.most_seconds <= within.seconds:
            message = f"it holds for {hold.keep}, and the store keeps all for {within} anyway"
            yield Mistake(("holds", number), message)
        if hold.until is not None and hold.until < policy.today:
            yield Mistake(("holds", number), f"it has held until {hold.until}: take it out")
        elif hold.review is not None and hold.review < policy.today:
            yield Mistake(("holds", number), f"it was to be reviewed by {hold.review}")


def _approvals(name: str, store: Store, retention: Retention) -> Iterator[Mistake]:
    """Holds by name, which are exceptions, and who has not approved them."""
    for number, hold in enumerate(store.holds):
        if hold.label is not None:
            continue
        missing = [
            each.by
            for each in retention.approvals
            if (not each.stores or name in each.stores)
            and (each.over is None or _is_longer(hold, each.over))
            and each.by not in hold.approved_by
        ]
        if missing:
            yield Mistake(("holds", number), f"it needs the approval of {' and '.join(missing)}")


def _is_longer(hold: Hold, limit: Duration) -> bool:
    return hold.keep is None or hold.keep.most_seconds > limit.most_seconds
