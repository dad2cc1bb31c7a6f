"""Making the plan: every item of every store, judged by the policy at one moment."""

import errno
import os
import re
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import compress, islice
from typing import Any, NamedTuple

from govcheck.durations import shown_size
from govcheck.git import NotARepositoryError, git
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.retention.directories import Chain, OutsideError, mount_of
from govcheck.retention.handles import identity_of
from govcheck.retention.keeping import (
    BIT,
    CLAUSES,
    NothingKeptError,
    Timeline,
    clauses,
    is_one_by_one,
    kept,
    moment,
    nanoseconds,
)
from govcheck.retention.naming import columnar, has_time, reader
from govcheck.retention.plan import Action, Batch, Decision
from govcheck.retention.scan import (
    BLOCK,
    Columns,
    Scope,
    allocated,
    packed,
    scan,
    size_of,
    tree_size,
)
from govcheck.retention.section import Hold, Keep, Store

# What the runner calls an archive: the name of the item, and one of these.
_SUFFIXES = (".tar.gz", ".tar.zst", ".tar", ".gz", ".zst")

_ACTIONS: tuple[Action, ...] = ("keep", "archive", "remove", "hold", "error")
_KEEP, _ARCHIVE, _REMOVE, _HOLD, _ERROR = range(5)
_GOES = bytes(action in (_ARCHIVE, _REMOVE) for action in range(256))
_IS_REMOVED = bytes(action == _REMOVE for action in range(256))
_UNLESS_KEPT = bytes(_KEEP if mask else _REMOVE for mask in range(256))
_BATCH = 1000
_MAX_SKEW = timedelta(hours=1)
# What a machine without a clock, an archive without times and a build that has none say.
_FIRST_PLAUSIBLE = nanoseconds(datetime(1980, 1, 2, tzinfo=UTC))
# What a cap on the size may take: what nothing but its age, or its place in the row, keeps.
_SPENDABLE = BIT["within"] | BIT["last"]


class When(NamedTuple):
    """The moment of a plan; what is later than the horizon is in the future."""

    now: datetime
    horizon: datetime


def when(today: date | datetime | None, zone: tzinfo) -> When:
    """The moment that a day or a time names: of a day its beginning, in the zone of the policy."""
    match today:
        case None:
            now = datetime.now(zone)
            return When(now, now + _MAX_SKEW)
        case datetime():
            now = today if today.tzinfo else today.replace(tzinfo=zone)
            return When(now, now)
        case _:
            now = datetime.combine(today, time(), zone)
            return When(now, now + timedelta(days=1))


class Tally(NamedTuple):
    """How many items of a store there are of each action, and how many bytes go."""

    counts: Mapping[Action, int]
    freed: int

    @property
    def due(self) -> int:
        """How many are to be archived or removed."""
        return self.counts["remove"] + self.counts["archive"]


class Plan:
    """What would become of each item, at one moment.

    `warnings` are for people; `errors` are what could not be looked at, so that the plan is not
    whole.
    """

    def __init__(self, moment: When, zone: tzinfo) -> None:
        self.now = moment.now
        self.zone = zone
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self._verdicts: list[_Verdicts] = []

    def decisions(self) -> Iterator[Decision]:
        """Every item, and what is none, in a stable order."""
        for verdicts in self._verdicts:
            yield from verdicts.decisions(bytes([1]) * len(verdicts.actions))
            yield from verdicts.rest()

    def notable(self) -> Iterator[Decision]:
        """Whatever is not simply kept."""
        for verdicts in self._verdicts:
            yield from verdicts.decisions(verdicts.actions)
            yield from (each for each in verdicts.rest() if each.action != "keep")

    def first(self, most: int) -> Iterator[Decision]:
        """The same, but of each store no more than so many items."""
        for verdicts in self._verdicts:
            yield from islice(verdicts.decisions(verdicts.actions), most)
            rest = (each for each in verdicts.rest() if each.action != "keep")
            yield from islice(rest, most)

    def due(self) -> Iterator[Decision | Batch]:
        """Whatever is not simply kept; plain files that are removed by the directory."""
        for verdicts in self._verdicts:
            yield from verdicts.due()
            yield from (each for each in verdicts.rest() if each.action != "keep")

    def is_anything_due(self) -> bool:
        """Whether there is anything to archive or remove."""
        return any(tally.due for tally in self.tallies().values())

    def counts(self) -> Mapping[str, int]:
        """How many items of each store there are."""
        return {each.name: len(each.actions) for each in self._verdicts}

    def tallies(self) -> Mapping[str, "Tally"]:
        """How many items of each store there are of each action, and how many bytes go."""
        return {each.name: each.tally() for each in self._verdicts}


def zone_of(policy: Policy) -> tzinfo:
    """The time zone of the policy."""
    name = policy.retention.timezone
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # it imports much, and few policies name a zone

    return ZoneInfo(name)


def plan(
    root: str,
    policy: Policy,
    moment: When,
    *,
    stores: Collection[str] = (),
    event: str | None = None,
    identities: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Plan:
    """The plan of the repository at `root`, for all stores or for some.

    A store whose items are removed on demand is cleared where it is named, or on an event that it
    names. With `identities`, it is remembered which files were judged, so that it is these and no
    others that are removed.

    Raises:
        OSError: the root cannot be opened.
    """
    zone = zone_of(policy)
    result = Plan(moment, zone)
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name, store in policy.retention.stores.items():
            if stores and name not in stores:
                continue
            if event is not None and event not in store.clear_on and not stores:
                continue
            if progress is not None:
                progress(name)
            is_cleared = event is not None and event in store.clear_on
            is_cleared |= store.keep == "on-demand" and name in stores
            job = _Job(root, handle, policy, name, store, moment, zone, is_cleared, identities)
            verdicts = _judge(job, result)
            if verdicts is not None:
                result._verdicts.append(verdicts)
    finally:
        os.close(handle)
    return result


class _Job(NamedTuple):
    """One store to judge."""

    root: str
    handle: int
    policy: Policy
    name: str
    store: Store
    moment: When
    zone: tzinfo
    is_cleared: bool
    identities: bool

    def clause(self, *at: str) -> str:
        """A clause of the store as the policy has it, with its place."""
        value: Any = self.store
        for part in at:
            value = getattr(value, part.replace("-", "_"))
        origin = self.policy.origin("retention", "stores", self.name, *at)
        shown = f" = {value}" if isinstance(value, (str, int)) else ""
        return f"{'.'.join(at)}{shown} ({origin})"


class _Part(NamedTuple):
    """One directory of a store, and its items."""

    root: str
    columns: Columns
    first: int
    archived: bool
    from_name: bool


class _Verdicts:
    """What becomes of the items of one store."""

    def __init__(self, job: _Job, parts: Sequence[_Part]) -> None:
        self.name = job.name
        self.actions = bytearray(sum(len(part.columns) for part in parts))
        self.masks: Sequence[int] = ()
        self.said: dict[int, tuple[str, ...]] = {}  # of items that the mask does not tell all of
        self.no_clause: tuple[str, ...] = ()
        self.tracked: frozenset[str] = frozenset()
        self._job = job
        self._parts = parts
        self._texts: dict[int, tuple[str, ...]] = {}
        self._tally: Tally | None = None

    def decisions(self, which: Sequence[int]) -> Iterator[Decision]:
        """The decisions on the items for which it is not 0; an action is 0 if it is to keep."""
        job = self._job
        with suppress(FileNotFoundError):
            handle = os.open(job.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            chain = Chain(handle, mount_of(handle), job.policy.retention.mount_points)
            os.close(handle)
            try:
                for part in self._parts:
                    chosen = which[part.first : part.first + len(part.columns)]
                    for number, path in part.columns.chosen(chosen):
                        made = self._decision(chain, part, number, path)
                        if made is not None:
                            yield made
            finally:
                chain.close()

    def due(self) -> Iterator[Decision | Batch]:
        """Whatever is not simply kept; plain files that are removed by the directory."""
        rest = bytearray(self.actions)
        for part in self._parts:
            columns, first = part.columns, part.first
            if self._job.store.extract or len(columns.inodes) != len(columns):
                continue
            alone = columns.directories | columns.apart | columns.links.keys()
            bulk = self.actions[first : first + len(columns)].translate(_IS_REMOVED)
            for number in alone:
                bulk[number] = 0
            for index in self.said:
                if first <= index < first + len(columns):
                    bulk[index - first] = 0
            for prefix, start, names in columns.parts():
                yield from self._batches(part, prefix, start, names, bulk)
            for number in compress(range(len(columns)), bulk):
                rest[first + number] = _KEEP
        yield from self.decisions(rest)

    def _batches(
        self, part: _Part, prefix: str, start: int, names: Sequence[str], bulk: Sequence[int]
    ) -> Iterator[Batch]:
        columns = part.columns
        for begin in range(0, len(names), _BATCH):
            some = names[begin : begin + _BATCH]
            here = slice(start + begin, start + begin + len(some))
            which = bulk[here]
            if any(which):
                times = [*compress(columns.times[here], which)]
                yield Batch(
                    self.name,
                    part.root,
                    prefix,
                    self._reasons(0),
                    columns.device,
                    packed(compress(some, which)),
                    [*compress(columns.inodes[here], which)],
                    times,
                    times,
                    [*compress(columns.lengths[here], which)],
                )

    def rest(self) -> Iterator[Decision]:
        """What is no item, or could not be looked at."""
        for part in self._parts:
            for path, why in part.columns.others:
                reasons = (f"no item: {why}",)
                yield Decision(self.name, part.root, path, None, None, "keep", reasons)
            for path, why in part.columns.errors:
                yield Decision(self.name, part.root, path, None, None, "error", (why,))

    def tally(self) -> Tally:
        """The sums of all items. A file with several names frees its bytes with the last one."""
        if self._tally is None:
            self._tally = self._sum()
        return self._tally

    def _sum(self) -> Tally:
        counts = {action: self.actions.count(n) for n, action in enumerate(_ACTIONS)}
        counts["error"] += sum(len(part.columns.errors) for part in self._parts)
        freed = 0
        for part in self._parts if counts["remove"] or counts["archive"] else ():
            actions = self.actions[part.first : part.first + len(part.columns)]
            goes = actions.translate(_GOES)
            if not part.columns.blocks:
                freed += self._size_of(part, goes)
                continue
            freed += sum(compress(part.columns.blocks, goes)) * BLOCK
            names: dict[int, list[int]] = {}
            for index, (inode, links) in part.columns.links.items():
                if goes[index]:
                    names.setdefault(inode, []).append(index)
                    if len(names[inode]) < links:
                        freed -= part.columns.blocks[index] * BLOCK
        return Tally(counts, freed)

    def _size_of(self, part: _Part, goes: Sequence[int]) -> int:
        handle = os.open(self._job.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        chain = Chain(handle, mount_of(handle), self._job.policy.retention.mount_points)
        os.close(handle)
        try:
            return size_of(chain.enter(part.root), part.columns, goes)
        except OSError:
            return 0
        finally:
            chain.close()

    def _decision(self, chain: Chain, part: _Part, number: int, path: str) -> Decision | None:
        index = part.first + number
        action = self.actions[index]
        at = moment(part.columns.times[number], self._job.zone)
        reasons = self.said.get(index) or self._reasons(self.masks[index])
        made = Decision(
            self.name, part.root, path, at, None, _ACTIONS[action], reasons, archived=part.archived
        )
        if action not in (_ARCHIVE, _REMOVE):
            return made
        try:
            parent, name = chain.parent(f"{part.root}/{path}")
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            return made._replace(action="error", reasons=(error.strerror or str(error),))
        found = identity_of(status)
        expected = "directory" if number in part.columns.directories else "file"
        if found.kind != expected:
            return made._replace(action="error", reasons=("something else has taken its place",))
        if not part.from_name and found.mtime_ns != part.columns.times[number]:
            return made._replace(action="keep", reasons=("it was written to just now",))
        size = tree_size(parent, name) if found.kind == "directory" else allocated(status)
        labels = part.columns.labels.get(number, frozenset())
        extracts = () if action == _ARCHIVE else _extracts(self._job.store, labels)
        reasons = (*reasons, *map(self._copied, extracts))
        return made._replace(identity=found, size=size, extracts=extracts, reasons=reasons)

    def _copied(self, number: int) -> str:
        """What is copied out before a removal, in words."""
        each = self._job.store.extract[number]
        listed = self._job.policy.origin("retention", "stores", self.name, "extract")
        place = listed._replace(key=(*listed.key, number))
        what = f"lines of {each.severity} and above" if each.severity else "all of it"
        to = each.to.replace("{today}", f"{self._job.moment.now:%Y-%m-%d}")
        return f"first copied to {to}: {what} ({place})"

    def _reasons(self, mask: int) -> tuple[str, ...]:
        """What a set of clauses says, in words."""
        if mask not in self._texts:
            said = tuple(self._job.clause("keep", name) for name in clauses(mask))
            self._texts[mask] = said or self.no_clause
        return self._texts[mask]


def _extracts(store: Store, labels: Collection[str]) -> tuple[int, ...]:
    return tuple(
        number
        for number, each in enumerate(store.extract)
        if each.label is None or each.label in labels
    )


def _judge(job: _Job, result: Plan) -> _Verdicts | None:
    """The verdicts on the items of a store; nothing where it is not there."""
    parts = [*_parts(job, result)]
    if not parts:
        return None
    verdicts = _Verdicts(job, parts)
    times = parts[0].columns.times if len(parts) == 1 else array("q")
    offsets: dict[int, int] = {}
    labels: dict[int, frozenset[str]] = {}
    for part in parts:
        if len(parts) > 1:
            times += part.columns.times
        offsets |= {part.first + n: offset for n, offset in part.columns.offsets.items()}
        labels |= {part.first + n: borne for n, borne in part.columns.labels.items()}
    line = Timeline(times, job.moment.now, job.zone, job.moment.horizon, offsets, labels)
    if job.is_cleared:
        verdicts.actions = bytearray([_REMOVE]) * len(times)
        verdicts.masks = [0] * len(times)
        verdicts.no_clause = ("cleared, as asked for",)
    elif isinstance(job.store.keep, Keep):
        _apply(job, job.store.keep, verdicts, line, parts, result)
    else:
        verdicts.masks = [0] * len(times)
        verdicts.no_clause = (job.clause("keep"),)
        if job.store.keep == "forever" and job.store.archive:
            _archive(job, verdicts, line, parts)
    _hold_implausible(job, verdicts, line, parts)
    _hold_by_policy(job, verdicts, line, parts)
    if job.store.size_cap is not None and not job.is_cleared:
        _cap(job, verdicts, line, parts, result)
    _hold_silent(job, verdicts, line, result)
    _hold_tracked(job, verdicts, parts)
    if job.store.max_items is not None and len(times) > job.store.max_items:
        result.warnings.append(
            f"{job.name}: there are {len(times)} items, more than {job.clause('max-items')}"
        )
    return verdicts


def _parts(job: _Job, result: Plan) -> Iterator[_Part]:
    """The directories of a store that are there, with their items; then those of its archives."""
    store, first = job.store, 0
    labels = {hold.label for hold in store.holds if hold.label}
    labels |= {each.label for each in store.extract if each.label}
    if isinstance(store.keep, Keep):
        labels |= {label for each in store.keep.labels for label in each.split(",")}
    names = store.items.names
    wanted = store.items.time or ("name" if any(map(has_time, names)) else "mtime")
    roots = [(path, False) for path in store.paths]
    archive = store.archive
    if archive is not None and not archive.is_remote and archive.keep != "forever":
        roots.append((archive.to.rstrip("/"), True))
    taken = [*_outside(job)]
    for path, archived in roots:
        suffixes = (*_SUFFIXES, "") if archived else ()
        scope = Scope(
            kind="file" if store.items.kind == "file" else "any" if archived else store.items.kind,
            reads=reader(names, labels, suffixes, job.zone) if names or labels else None,
            from_name=wanted == "name",
            labels=labels,
            exclude=(*_audit_log(job, path), *(() if archived else store.exclude)),
            outside=[
                other.removeprefix(f"{path}/")
                for other in taken
                if other.startswith(f"{path}/") and other != path
            ]
            + (["MANIFEST.json"] if archived else []),
            details=store.size_cap is not None,
            identities=job.identities,
            any_order=store.items.kind == "file"
            and store.size_cap is None
            and is_one_by_one(store.keep),
            reads_all=columnar(names, job.zone) if not (labels or suffixes) else None,
        )
        try:
            chain = Chain(job.handle, mount_of(job.handle), job.policy.retention.mount_points)
            try:
                columns = scan(chain.enter(path), scope)
            finally:
                chain.close()
        except FileNotFoundError:
            continue
        except OSError as error:
            what = error.strerror
            if isinstance(error, OutsideError):
                is_mount = error.errno == errno.EXDEV
                what = "is on another mount ('mounted = true')" if is_mount else "is a link"
            result.errors.append(f"{job.name}: {path} {what}: it is not entered")
            continue
        yield _Part(path, columns, first, archived, scope.from_name)
        first += len(columns)


def _outside(job: _Job) -> Iterator[str]:
    """What lies in a store but belongs to another one, or to what govcheck itself writes."""
    for name, store in job.policy.retention.stores.items():
        if name != job.name:
            yield from store.paths
        if store.archive is not None and not store.archive.is_remote:
            yield store.archive.to.rstrip("/")
        for extract in store.extract:
            yield extract.to.partition("{")[0].rstrip("/")


def _audit_log(job: _Job, path: str) -> tuple[str, ...]:
    """The audit log, its head and its full files, as patterns, if they are in a directory."""
    log = job.policy.retention.runner.audit_log
    if not log.startswith(f"{path}/"):
        return ()
    literal = re.sub(r"([*?\[])", r"[\1]", log.removeprefix(f"{path}/"))
    return literal, f"{literal}.*"


def _apply(
    job: _Job,
    keep: Keep,
    verdicts: _Verdicts,
    line: Timeline,
    parts: Sequence[_Part],
    result: Plan,
) -> None:
    try:
        masks = kept(keep, line)
    except NothingKeptError as error:
        verdicts.masks = [0] * len(line.times)
        verdicts.no_clause = (f"refused: {error}",)
        verdicts.actions = bytearray([_ERROR]) * len(line.times)
        return
    verdicts.masks = masks
    if isinstance(masks, bytes):
        verdicts.actions = bytearray(masks.translate(_UNLESS_KEPT))
    else:
        verdicts.actions = bytearray([_KEEP if mask else _REMOVE for mask in masks])
    verdicts.no_clause = (f"kept by no clause of {job.clause('keep')}: {_summary(keep)}",)
    if job.store.archive is not None:
        _archive(job, verdicts, line, parts)
    is_ours = keep.semantics == "govcheck"
    if is_ours and job.store.items.kind != "file" and line.times and not any(masks):
        newest = max(range(len(line.times)), key=line.times.__getitem__)
        verdicts.actions[newest] = _KEEP
        verdicts.said[newest] = ("the newest item of a store of backups is never removed",)


def _summary(keep: Keep) -> str:
    """The clauses of a keep-policy in a line."""
    said = [(name, getattr(keep, name.replace("-", "_"))) for name in CLAUSES]
    return ", ".join(f"{name} {_shown(value)}" for name, value in said if value)


def _shown(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _archive(job: _Job, verdicts: _Verdicts, line: Timeline, parts: Sequence[_Part]) -> None:
    """Items old enough to be packed away, if what they would become is kept."""
    archive = job.store.archive
    if archive is None:
        return
    before = nanoseconds(archive.after.before(line.now))
    clause = job.clause("archive", "after")
    for part in parts:
        if part.archived:
            continue
        for index in range(part.first, part.first + len(part.columns)):
            action = verdicts.actions[index]
            if line.times[index] >= before or action == _ERROR:
                continue
            if action == _REMOVE and archive.keep is None:
                continue
            verdicts.actions[index] = _ARCHIVE
            verdicts.said[index] = (
                (clause, *verdicts._reasons(verdicts.masks[index]))
                if (action == _KEEP)
                else (clause,)
            )


def _hold_implausible(
    job: _Job, verdicts: _Verdicts, line: Timeline, parts: Sequence[_Part]
) -> None:
    """Items whose time cannot be true are left to people."""
    if isinstance(job.store.keep, Keep) and job.store.keep.semantics != "govcheck":
        return
    latest = nanoseconds(line.horizon)
    if all(
        part.columns.earliest >= _FIRST_PLAUSIBLE and part.columns.latest <= latest
        for part in parts
    ):
        return
    for index, at in enumerate(line.times):
        if _FIRST_PLAUSIBLE <= at <= latest:
            continue
        if verdicts.actions[index] in (_ARCHIVE, _REMOVE) or at > latest:
            what = "in the future" if at > latest else "too long ago to be true"
            _hold(verdicts, index, f"its time is {what}")


def _hold_by_policy(job: _Job, verdicts: _Verdicts, line: Timeline, parts: Sequence[_Part]) -> None:
    for number, hold in enumerate(job.store.holds):
        if hold.until is not None and _end(hold.until, job.zone) < line.now:
            continue
        since = None if hold.keep is None else nanoseconds(hold.keep.before(line.now))
        listed = job.policy.origin("retention", "stores", job.name, "holds")
        reason = f"{_told(hold)} ({listed._replace(key=(*listed.key, number))})"
        for index in _held(hold, line, parts):
            if since is None or line.times[index] >= since:
                _hold(verdicts, index, reason)


def _end(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone) + timedelta(days=1)


def _told(hold: Hold) -> str:
    what = f"label {hold.label}" if hold.label else f"names {', '.join(hold.names)}"
    limit = f" keep = {hold.keep}" if hold.keep else f" until {hold.until}" if hold.until else ""
    owner = f", by {hold.owner}" if hold.owner else ""
    return f"holds: {what}{limit}{owner}"


def _held(hold: Hold, line: Timeline, parts: Sequence[_Part]) -> Iterator[int]:
    if hold.label is not None:
        yield from (index for index, borne in line.labels.items() if hold.label in borne)
    if hold.names:
        matches = matcher(hold.names)
        for part in parts:
            for index, path in enumerate(part.columns.paths(), part.first):
                names = {path, path.rpartition("/")[2]}
                if part.archived:
                    names |= {name.removesuffix(each) for name in names for each in _SUFFIXES}
                if any(map(matches, names)):
                    yield index


def _hold(verdicts: _Verdicts, index: int, reason: str) -> None:
    is_held = verdicts.actions[index] == _HOLD
    verdicts.said[index] = (*(verdicts.said[index] if is_held else ()), reason)
    verdicts.actions[index] = _HOLD


def _cap(
    job: _Job,
    verdicts: _Verdicts,
    line: Timeline,
    parts: Sequence[_Part],
    result: Plan,
) -> None:
    cap = job.store.size_cap
    if cap is None:
        return
    sizes = [count * BLOCK for part in parts for count in part.columns.blocks]
    going = (_REMOVE, _ARCHIVE) if _leaves(job.store) else (_REMOVE,)
    total = sum(size for size, act in zip(sizes, verdicts.actions, strict=True) if act not in going)
    if total <= cap.high.bytes:
        return
    used = [at for part in parts for at in part.columns.used]
    key = line.times if cap.order == "oldest" else used
    floor = nanoseconds(cap.floor.before(line.now))
    clause = job.clause("size-cap", "high")
    action = _ARCHIVE if cap.action == "archive" else _REMOVE
    archived = {n for p in parts if p.archived for n in range(p.first, p.first + len(p.columns))}
    for index in sorted(range(len(sizes)), key=key.__getitem__):
        if total <= cap.target:
            break
        mask = verdicts.masks[index]
        is_spendable = mask and not mask & ~_SPENDABLE and line.times[index] < floor
        stays = verdicts.actions[index] in (_KEEP, _ARCHIVE)
        if not is_spendable or not stays or (action == _ARCHIVE and index in archived):
            continue
        if verdicts.actions[index] in going:
            continue
        verdicts.actions[index] = action
        verdicts.said[index] = (f"{clause}: {shown_size(total)} are there",)
        total -= sizes[index]
    if total > cap.target:
        result.warnings.append(
            f"{job.name}: {shown_size(total)} would be left, more than the low mark of {clause}:"
            " holds and other clauses keep the rest"
        )


def _leaves(store: Store) -> bool:
    """Whether what is archived leaves the disk, and so counts no more."""
    return store.archive is not None and store.archive.is_remote


def _hold_silent(job: _Job, verdicts: _Verdicts, line: Timeline, result: Plan) -> None:
    silence = job.store.max_silence
    if silence is None or not line.times:
        return
    latest = nanoseconds(line.horizon)
    newest = max((at for at in line.times if at <= latest), default=0)
    if newest >= nanoseconds(silence.before(line.now)):
        return
    reason = f"nothing is newer than {job.clause('max-silence')}: nothing is removed"
    result.warnings.append(f"{job.name}: {reason}")
    for index, action in enumerate(verdicts.actions):
        if action in (_ARCHIVE, _REMOVE):
            _hold(verdicts, index, reason)


def _hold_tracked(job: _Job, verdicts: _Verdicts, parts: Sequence[_Part]) -> None:
    """What git tracks is never removed: it would be a change of the work tree."""
    if not (verdicts.actions.count(_ARCHIVE) or verdicts.actions.count(_REMOVE)):
        return
    try:
        listing = git(job.root, "ls-files", "-z", "--", *(part.root for part in parts))
    except NotARepositoryError:
        return
    tracked = frozenset(os.fsdecode(listing).split("\0")) - {""}
    if not tracked:
        return
    above = {path[:at] for path in tracked for at in _slashes(path)} | tracked
    for part in parts:
        for number, path in enumerate(part.columns.paths()):
            index = part.first + number
            if verdicts.actions[index] in (_ARCHIVE, _REMOVE) and f"{part.root}/{path}" in above:
                _hold(verdicts, index, "git tracks it, or something in it")


def _slashes(path: str) -> Iterator[int]:
    return (number for number, character in enumerate(path) if character == "/")
