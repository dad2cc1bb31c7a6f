"""The lifecycle rules of buckets, as the object storage has them now, held to the policy.

A store that is archived to a bucket is kept there by nothing but these rules: no run removes an
object.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from govcheck.durations import Duration
from govcheck.policy import Policy
from govcheck.retention.objects import ObjectError, lifecycle_rules
from govcheck.retention.section import RETRIEVAL, Keep, Store

_DAY = 86_400


class _Rule(NamedTuple):
    """A rule that is enabled, and for objects without tags, as all of ours are."""

    name: str
    prefix: str
    days: int | None
    date: str | None
    classes: tuple[str, ...]

    def covers(self, prefix: str) -> bool:
        """Whether it is for all that lies below a prefix."""
        return prefix.startswith(self.prefix)

    def touches(self, prefix: str) -> bool:
        """Whether it is for some of it."""
        return self.covers(prefix) or self.prefix.startswith(prefix)


def disagreements(policy: Policy) -> Iterator[str]:
    """What the rules of the policy's buckets say that the policy does not, or the other way."""
    known: dict[str, list[_Rule] | str] = {}
    for name, store in policy.retention.stores.items():
        for key, url in _targets(store):
            bucket, _, prefix = url.removeprefix("s3://").partition("/")
            if bucket not in known:
                try:
                    known[bucket] = [*_rules(lifecycle_rules(bucket))]
                except ObjectError as error:
                    known[bucket] = str(error)
                    yield str(error)
            rules = known[bucket]
            if isinstance(rules, str):
                continue
            prefix = f"{prefix.strip('/')}/".lstrip("/")
            clause = policy.origin("retention", "stores", name, *key.split("."))
            for wrong in _wrong(name, store, key, prefix, rules):
                yield f"s3://{bucket}: {wrong} ({clause})"


def _targets(store: Store) -> Iterator[tuple[str, str]]:
    if store.archive is not None and store.archive.is_remote:
        yield "archive.to", store.archive.to
    if store.sync is not None and store.sync.to.startswith("s3://"):
        yield "sync.to", store.sync.to


def _wrong(name: str, store: Store, key: str, prefix: str, rules: list[_Rule]) -> Iterator[str]:
    wanted = _kept(store) if key == "archive.to" else "forever"
    ends = [rule for rule in rules if rule.days is not None or rule.date is not None]
    for rule in ends:
        when = f"after {rule.days} days" if rule.days is not None else f"on {rule.date}"
        said = f"rule {rule.name!r} removes objects {when}, and those of the store {name}"
        if wanted == "forever" and rule.touches(prefix):
            yield f"{said} are to stay"
        elif isinstance(wanted, Duration) and rule.touches(prefix) and not _agrees(rule, wanted):
            yield f"{said} are to be kept for {wanted}"
    if isinstance(wanted, Duration) and not any(rule.covers(prefix) for rule in ends):
        yield f"no rule removes objects below {prefix!r}, and the store {name} keeps {wanted}"
    target = store.recovery.target if store.recovery is not None else None
    if target is None:
        return
    for rule in rules:
        for each in rule.classes if rule.touches(prefix) else ():
            if RETRIEVAL.get(each, 0) > target.most_seconds:
                hours = RETRIEVAL[each] // 3600
                yield (
                    f"rule {rule.name!r} moves objects to {each}, out of which those of the store "
                    f"{name} take up to {hours} h, more than recovery.target = {target}"
                )


def _kept(store: Store) -> Duration | str | None:
    """How long what is archived is kept; None where it is more than an age that says it."""
    if store.archive is None:
        return None
    keep = store.archive.keep
    if keep is None and store.keep == "forever":
        return "forever"
    if isinstance(keep, Keep):
        return keep.within if keep == Keep(within=keep.within) else None
    return keep


def _agrees(rule: _Rule, wanted: Duration) -> bool:
    days = rule.days
    return days is not None and wanted.seconds <= days * _DAY <= wanted.most_seconds


def _rules(told: list[Mapping[str, Any]]) -> Iterator[_Rule]:
    for number, rule in enumerate(told, 1):
        chosen = rule.get("Filter", {})
        both = chosen.get("And", {})
        if rule.get("Status") != "Enabled" or "Tag" in chosen or both.get("Tags"):
            continue
        prefix = chosen.get("Prefix") or both.get("Prefix") or rule.get("Prefix") or ""
        end = rule.get("Expiration", {})
        moves = [each.get("StorageClass", "") for each in rule.get("Transitions", ())]
        date = end.get("Date")
        yield _Rule(
            rule.get("ID") or f"number {number}",
            prefix,
            end.get("Days"),
            None if date is None else str(date)[:10],
            tuple(moves),
        )
