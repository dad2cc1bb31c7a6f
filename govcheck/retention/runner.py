"""The runner: carries a plan out, so that at any moment whatever the policy keeps is whole.

First the whole plan is written to the journal and synced. Then each item is looked at again, and
moved to the trash by one rename; if it is to be archived, its archive is written, synced, read back
and compared, and only then the item removed. What a crash has left is settled by `recovery`.
"""

import json
import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from govcheck.durations import Duration, shown_age, shown_size
from govcheck.policy import Policy
from govcheck.retention import guards
from govcheck.retention.archive import archive_name, pack
from govcheck.retention.audit import is_own
from govcheck.retention.directories import OutsideError, mount_of, move_new
from govcheck.retention.errors import RunnerError
from govcheck.retention.extract import directory_of, extract
from govcheck.retention.guards import check_clock, contents, remember_clock
from govcheck.retention.handles import identity_of
from govcheck.retention.journal import Journal, records
from govcheck.retention.keeping import moment
from govcheck.retention.plan import Batch, Decision, Identity, Kind
from govcheck.retention.section import Archive, Store
from govcheck.retention.trash import open_trash, purge
from govcheck.retention.workspace import Workspace, make_directories

BATCH = 1000

_FEW = 5
_PATIENCE = 3
_SKEW_NS = 300 * 10**9
_BLOCK = 512  # POSIX: what st_blocks counts in
_FREED = {"removed": "freed", "trashed": "size"}

# What becomes of an item. `failed` and `refused` change the exit code: somebody must look.
OUTCOMES = ("removed", "trashed", "archived", "skipped", "refused", "failed", "stranded")


class RefusedError(RunnerError):
    """The run as a whole is refused, before anything was done; the message says why."""


class StoppedError(RunnerError):
    """The run has stopped on its way; the message says why."""


class Skipped(Exception):  # noqa: N818 - it is no error
    """An item is left alone this time; the message says why."""


class Refused(Exception):  # noqa: N818
    """An item must never be touched; the message says why."""


class Options(NamedTuple):
    """How to carry a plan out; `older_than` can only keep more than the policy does."""

    mode: str = "auto"
    backup_first: bool = False
    exclude: Sequence[str] = ()
    older_than: Duration | None = None
    max_delete: int | None = None


class Group(NamedTuple):
    """Items of the plan that lie in one directory, and that one clause is about.

    It is one record of the journal. The items are numbered from `first`; `names` has a NUL between
    them, and `prefix` is what their paths begin with. `written` is as in `Batch`; `times`, in
    seconds, is empty where it says the same.
    """

    store: str
    root: str
    act: str
    extracts: Sequence[int]
    why: str
    first: int
    device: int
    kind: Kind
    prefix: str
    names: str
    inodes: Sequence[int]
    written: Sequence[int]
    sizes: Sequence[int]
    times: Sequence[int]

    @property
    def last(self) -> int:
        """The number of the last item."""
        return self.first + len(self.inodes) - 1


class Task(NamedTuple):
    """One item of the plan, as the journal has it; paths as in `Decision`."""

    number: int
    store: str
    root: str
    path: str
    archive: bool
    identity: Identity
    reason: str
    time: float
    extracts: tuple[int, ...]


@dataclass(slots=True)
class Summary:
    """What a run has done: how many items had which outcome, and notes on single ones.

    `freed` and `trashed` are bytes on the disk, `packed` those of the archives.
    """

    run: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    freed: int = 0
    trashed: int = 0
    packed: int = 0
    notes: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether all was done that can be done."""
        return not any(self.counts[each] for each in ("refused", "failed", "stranded"))


def carry_out(
    here: Workspace,
    policy: Policy,
    due: Iterable[Decision | Batch],
    counts: Mapping[str, int],
    options: Options,
    progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Carry out what is due, except for what the options keep; tell what could not be judged.

    `counts` is how many items each store has.

    Raises:
        RefusedError: too much would be removed; nothing was done.
        ClockError: the clock cannot be trusted; nothing was done.
        GitError: git does not say what it tracks; nothing was done.
        StoppedError: the audit log cannot be written; what was done is recorded by the next run.
        OSError: the plan cannot be written; nothing was done.
    """
    now = time.time()
    check_clock(here.own, now)
    run = new_run(now)
    summary = Summary(run)
    name = f"{run}.jsonl"
    journal = Journal.create(here.runs, name)
    try:
        try:
            chosen = _chosen(due, options, policy, now, summary)
            planned, removals = _write_plan(journal, run, chosen, policy, options)
            _check_share(removals, counts, policy, options)
            if not planned:
                os.unlink(name, dir_fd=here.runs)
                remember_clock(here.own, now)
                return summary
            journal.add(f'{{"planned":{planned}}}')
            journal.sync()
            os.fsync(here.runs)
        except BaseException:
            with suppress(OSError):
                os.unlink(name, dir_fd=here.runs)
            raise
        hands = _Hands(here, policy, options, journal, summary, now)
        try:
            for group in groups(here.runs, name):
                for task in hands.sweep(group):
                    hands.take(task)
                    if progress is not None:
                        progress(task.store, task.number, planned)
                if progress is not None:
                    progress(group.store, group.last, planned)
            hands.finish()
        finally:
            hands.close()
        runner = policy.retention.runner
        here.audit.seal()
        here.audit.rotate(runner.audit_rotate.bytes)
        if runner.audit_keep is not None:
            oldest = now - runner.audit_keep.most_seconds
            here.audit.drop(lambda changed: changed < oldest)
            here.audit.seal()
        journal.add('{"end":"done"}')
        journal.sync()
        remember_clock(here.own, now)
    finally:
        journal.close()
    if not summary.counts["trashed"] and not summary.counts["stranded"]:
        os.unlink(name, dir_fd=here.runs)
    return summary


def new_run(now: float) -> str:
    """A name for a run that sorts by time."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{moment}-{os.urandom(3).hex()}"


def began(run: str) -> float:
    """When a run of this name began, in seconds since the epoch.

    Raises:
        ValueError: it is no name of a run.
    """
    moment, _, _ = run.partition("-")
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def groups(runs: int, name: str) -> Iterator[Group]:
    """The plan that a journal holds."""
    with closing(records(runs, name)) as found:
        for record in found:
            if "planned" in record:
                return
            if "names" in record:
                yield Group(**record)


def tasks(runs: int, name: str) -> Iterator[Task]:
    """The plan that a journal holds, item by item."""
    for group in groups(runs, name):
        yield from _tasks(group)


def _tasks(group: Group, which: Collection[int] | None = None) -> Iterator[Task]:
    columns = (group.names.split("\0"), group.inodes, group.written, group.sizes)
    for position, (name, inode, written, size) in enumerate(zip(*columns, strict=True)):
        if which is None or position in which:
            yield Task(
                group.first + position,
                group.store,
                group.root,
                group.prefix + name,
                group.act == "archive",
                Identity(group.device, inode, written, size, group.kind),
                group.why,
                group.times[position] if group.times else written // 10**9,
                tuple(group.extracts),
            )


def shown(task: Task) -> str:
    """The path of an item from the root of the repository."""
    return f"{task.root}/{task.path}" if task.root else task.path


def audit_body(
    run: str, operator: str, mode: str, task: Task, outcome: str, rest: Mapping[str, Any]
) -> str:
    """The inside of the audit record of an item; `rest` is what else there is to say."""
    more = "".join(f',"{key}":{json.dumps(value)}' for key, value in rest.items())
    act = "archive" if task.archive else "remove"
    start = _audit_start(run, operator, mode, act, outcome, task.store, task.reason)
    identity = task.identity
    return (
        f'{start}"seq":{task.number},"path":{quoted(shown(task))},"device":{identity.device},'
        f'"inode":{identity.inode},"mtime_ns":{identity.mtime_ns}{more}'
    )


def _audit_start(
    run: str, operator: str, mode: str, act: str, outcome: str, store: str, reason: str
) -> str:
    return (
        f'"run":"{run}","operator":{quoted(operator)},"mode":"{mode}","action":"{act}",'
        f'"outcome":"{outcome}","store":{quoted(store)},"reason":{quoted(reason)},'
    )


def _chosen(
    due: Iterable[Decision | Batch], options: Options, policy: Policy, now: float, summary: Summary
) -> Iterator[Decision | Batch]:
    excluded = Exclusion(options.exclude)
    youngest = now
    if options.older_than is not None:
        youngest = options.older_than.before(datetime.fromtimestamp(now, UTC)).timestamp()
    log = policy.retention.runner.audit_log
    is_whole = not (options.exclude or options.older_than or options.backup_first)
    for each in _singles(due, log, is_whole=is_whole):
        if isinstance(each, Batch):
            yield each
            continue
        if each.action == "error":
            summary.counts["failed"] += 1
            path = f"{each.root}/{each.path}"
            summary.notes.append(f"{path}: cannot be judged: {'; '.join(each.reasons)}")
            continue
        if each.identity is None or each.action not in ("archive", "remove"):
            continue
        if options.exclude and excluded(each):
            continue
        if options.older_than and (each.time is None or each.time.timestamp() > youngest):
            continue
        if log.startswith(each.root) and is_own(f"{each.root}/{each.path}".lstrip("/"), log):
            continue
        if ".govcheck" in each.path and "/.govcheck" in f"{each.root}/{each.path}":
            continue
        yield each
    summary.unused += excluded.unused()


def _singles(
    due: Iterable[Decision | Batch], log: str, *, is_whole: bool
) -> Iterator[Decision | Batch]:
    """What is due, one by one where some of a batch may stay."""
    for each in due:
        if isinstance(each, Decision):
            yield each
            continue
        where = f"{each.root}/{each.prefix}"
        is_ours = ".govcheck" in where or ".govcheck" in each.names
        if is_whole and not is_ours and log.rpartition("/")[0] != where.strip("/"):
            yield each
            continue
        for path, when, identity in each.identities():
            at = moment(when)
            made = Decision(each.store, each.root, path, at, None, "remove", each.reasons)
            yield made._replace(identity=identity)


def day_of(run: str) -> str:
    """The day on which a run began, in UTC."""
    return f"{run[:4]}-{run[4:6]}-{run[6:8]}"


class Exclusion:
    """What the command line keeps: patterns as git's, and literal names and paths."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = dict.fromkeys(patterns, False)
        self._specs: list[tuple[str, Any]] = []
        if patterns:
            from govcheck.gitignore import gitignore

            self._specs = [(each, gitignore([each])) for each in self._patterns]

    def __call__(self, item: Decision) -> bool:
        """Whether a pattern keeps an item, by its path from the root or in its store."""
        path = f"{item.root}/{item.path}" if item.root else item.path
        slash = "/" if item.identity and item.identity.kind == "directory" else ""
        tried = (path, item.path, item.path.rpartition("/")[2])
        hit = False
        for pattern, spec in self._specs:
            literal = pattern.strip("/")
            if (
                literal in tried
                or path.startswith(f"{literal}/")
                or any(spec.match_file(each + slash) for each in tried)
            ):
                self._patterns[pattern] = hit = True
        return hit

    def unused(self) -> list[str]:
        """The patterns that have kept nothing."""
        return [pattern for pattern, used in self._patterns.items() if not used]


def _write_plan(
    journal: Journal,
    run: str,
    chosen: Iterable[Decision | Batch],
    policy: Policy,
    options: Options,
) -> tuple[int, dict[str, int]]:
    roots = {name: [*each.paths] for name, each in policy.retention.stores.items()}
    header = {
        "run": run,
        "operator": policy.retention.runner.operator,
        "mode": options.mode,
        "process": os.getpid(),
        "stores": roots,
    }
    journal.add(json.dumps(header))
    number = 0
    removals: dict[str, int] = {}
    for group in _groups(chosen, backup_first=options.backup_first):
        journal.add(json.dumps(group._replace(first=number + 1)._asdict()))
        number += len(group.inodes)
        if group.act == "remove":
            removals[group.store] = removals.get(group.store, 0) + len(group.inodes)
    return number, removals


def _groups(chosen: Iterable[Decision | Batch], *, backup_first: bool) -> Iterator[Group]:
    waiting: list[Decision] = []
    last: Group | None = None
    for each in chosen:
        if isinstance(each, Batch):
            if last is not None:
                yield _filled(last, waiting)
            last, waiting = None, []
            about = (each.store, each.root, "remove", (), "; ".join(each.reasons), 0)
            columns = (each.names, each.inodes, each.written, each.sizes, ())
            yield Group(*about, each.device, "file", each.prefix, *columns)
            continue
        if each.identity is None:
            continue
        directory, slash, _ = each.path.rpartition("/")
        act = "archive" if each.action == "archive" or backup_first else "remove"
        why = "; ".join(each.reasons)
        where = (each.store, each.root, act, each.extracts, why, 0, each.identity.device)
        group = Group(*where, each.identity.kind, directory + slash, "", (), (), (), ())
        if last is not None and (group != last or len(waiting) >= BATCH):
            yield _filled(last, waiting)
            waiting = []
        last = group
        waiting.append(each)
    if last is not None:
        yield _filled(last, waiting)


def _filled(group: Group, items: Sequence[Decision]) -> Group:
    identities = [each.identity for each in items if each.identity is not None]
    written = [each.mtime_ns for each in identities]
    times = [
        when // 10**9 if each.time is None else int(each.time.timestamp())
        for each, when in zip(items, written, strict=True)
    ]
    return group._replace(
        names="\0".join(each.path.rpartition("/")[2] for each in items),
        inodes=[each.inode for each in identities],
        written=written,
        sizes=[each.size for each in identities],
        times=times,
    )


def _check_share(
    removals: Mapping[str, int], counts: Mapping[str, int], policy: Policy, options: Options
) -> None:
    for name, count in removals.items():
        if options.max_delete is not None:
            if count > options.max_delete:
                raise RefusedError(
                    f"{name}: {count} items would be removed, more than the {options.max_delete} "
                    "that --max-delete allows; nothing was done"
                )
            continue
        share = policy.retention.runner.max_delete
        total = max(counts.get(name, 0), count)
        if policy.retention.stores[name].keep == "on-demand" or count <= _FEW:
            continue
        if count * 100 > share * total:
            raise RefusedError(
                f"{name}: {count} of {total} items would be removed, more than {share} %; nothing "
                f"was done (look at 'govcheck retention plan --store {name}', then say "
                f"'--max-delete {count}' if that is right)"
            )


class _Hands:
    """What carries out one task after the other."""

    def __init__(
        self,
        here: Workspace,
        policy: Policy,
        options: Options,
        journal: Journal,
        summary: Summary,
        now: float,
    ) -> None:
        self._here = here
        self._stores = policy.retention.stores
        self._runner = policy.retention.runner
        self._options = options
        self._journal = journal
        self._summary = summary
        self._now_ns = int(now * 1e9)
        self._idle_ns = self._runner.idle.seconds * 10**9
        self._tracked = guards.tracked(here.path)
        self._in_use = guards.in_use()
        self._inodes_in_use = {inode for _, inode in self._in_use}
        self._bodies: list[str] = []
        self._outcomes: list[str] = []
        self._links: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._trash_root: str | None = None
        self._trash = -1
        self._touched: set[str] = set()
        self._deaf = 0
        self._keep_directories = _needed_directories(self._stores, self._runner.audit_log)

    def close(self) -> None:
        """Give the trash's handle back."""
        if self._trash >= 0:
            os.close(self._trash)
            self._trash = -1

    def sweep(self, group: Group) -> Iterator[Task]:
        """Remove plain files, as fast as may be; the items that need more than that."""
        if group.act != "remove" or group.extracts or group.kind != "file":
            yield from _tasks(group)
            return
        above = f"{group.root}/{group.prefix}".strip("/")
        at_once = group.store in self._runner.without_trash
        try:
            trash = None if at_once else self._open_trash(group.root)
            # From the root again, so that a directory that was moved away is noticed.
            self._here.chain.forget()
            # A second handle, since the chain may be asked for another directory on the way.
            handle = os.dup(self._here.chain.enter(above))
        except OSError:
            yield from _tasks(group)
            return
        if self._stores[group.store].items.kind == "file" and above != group.root:
            self._touched.add(above)
        try:
            left, numbers, size = self._sweep(group, above, handle, trash)
        finally:
            os.close(handle)
        outcome = "removed" if at_once else "trashed"
        if at_once:
            self._summary.freed += size
        else:
            self._summary.trashed += size
        if numbers:
            self._summary.counts[outcome] += len(numbers)
            self._outcomes.append(f'{{"s":{numbers},"o":"{outcome}"}}')
        if len(self._bodies) >= BATCH:
            self._flush()
        if left:
            yield from _tasks(group, left)

    def _sweep(
        self, group: Group, above: str, handle: int, trash: int | None
    ) -> tuple[set[int], list[int], int]:
        """The positions of what is left, the numbers of what went, and its bytes."""
        outcome = "removed" if trash is None else "trashed"
        run, operator, mode = self._summary.run, self._runner.operator, self._options.mode
        start = _audit_start(run, operator, mode, "remove", outcome, group.store, group.why)
        device, latest = group.device, self._now_ns - self._idle_ns
        in_use, tracked = self._inodes_in_use, self._tracked
        look, remove = os.lstat, os.unlink
        left, numbers, total = set(), [], 0
        names, columns = group.names.split("\0"), (group.inodes, group.written, group.sizes)
        for position, (name, inode, written, size) in enumerate(zip(names, *columns, strict=True)):
            try:
                status = look(name, dir_fd=handle)
                if (
                    status[1] != inode
                    or status.st_mtime_ns != written
                    or status[6] != size
                    or status[2] != device
                    or status[3] != 1
                    or status[0] & 0o170000 != stat.S_IFREG
                    or written > latest
                    or inode in in_use
                    or (tracked and f"{above}/{name}" in tracked)
                ):
                    left.add(position)
                    continue
                if trash is None:
                    remove(name, dir_fd=handle)
                elif not self._throw_away(group, position, handle, name, trash):
                    continue
            except OSError:
                left.add(position)
                continue
            taken = status.st_blocks * _BLOCK
            total += taken
            number = group.first + position
            numbers.append(number)
            self._bodies.append(
                f'{start}"seq":{number},"path":{quoted(f"{above}/{name}")},"device":{device},'
                f'"inode":{inode},"mtime_ns":{written},"{_FREED[outcome]}":{taken}'
            )
        return left, numbers, total

    def _throw_away(self, group: Group, position: int, handle: int, name: str, trash: int) -> bool:
        """Move a file to the trash; whether it is the one that was meant, else it is put back."""
        number = str(group.first + position)
        move_new(name, handle, number, trash)
        status = os.lstat(number, dir_fd=trash)
        if status[1] == group.inodes[position] and status.st_mtime_ns == group.written[position]:
            return True
        (task,) = _tasks(group, {position})
        reason = Skipped("it has changed since the plan was made")
        self._put_back(task, handle, name, trash, reason)
        rest: dict[str, Any] = {}
        self._record(task, self._left("skipped", task, str(reason), rest), rest)
        return False

    def take(self, task: Task) -> None:
        """Carry one task out; whatever goes wrong with the item is told and recorded."""
        rest: dict[str, Any] = {}
        try:
            outcome = self._do(task, rest)
        except Skipped as reason:
            outcome = self._left("skipped", task, str(reason), rest)
        except (Refused, OutsideError) as reason:
            why = reason.strerror if isinstance(reason, OSError) else str(reason)
            outcome = self._left("refused", task, str(why), rest)
        except FileNotFoundError:
            outcome = self._left("skipped", task, "it is gone", rest)
        except StoppedError:
            raise
        except (OSError, RunnerError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            outcome = self._left("failed", task, str(why), rest)
        self._record(task, outcome, rest)

    def finish(self) -> None:
        """Record what is not yet recorded, and tidy up.

        Raises:
            OSError: it cannot be recorded.
        """
        self._flush()
        for path in sorted(self._touched, key=len, reverse=True):
            self._remove_empty(path)
        self.close()
        self._summary.freed += sum(
            size for seen, names, size in self._links.values() if seen == names
        )

    def _do(self, task: Task, rest: dict[str, Any]) -> str:
        store = self._stores[task.store]
        path = shown(task)
        if path in self._tracked:
            raise Refused("git tracks it")
        if task.archive and self._deaf >= _PATIENCE and store.archive and store.archive.is_remote:
            raise RefusedError("not tried, since the object storage has failed before")
        parent, name = self._here.chain.parent(path)
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        self._check(task, status)
        is_directory = stat.S_ISDIR(status.st_mode)
        size = status.st_blocks * _BLOCK
        if is_directory:
            size = self._check_contents(task, parent, name, rest)
        elif status.st_nlink > 1:
            link = (status.st_dev, status.st_ino)
            seen = self._links.get(link, (0, 0, 0))[0] + 1
            self._links[link] = (seen, status.st_nlink, size)
            size = 0
        if not is_directory and "/" in task.path and store.items.kind == "file":
            self._touched.add(path.rpartition("/")[0])
        at_once = task.store in self._runner.without_trash
        if at_once and not is_directory and not task.archive and not task.extracts:
            os.unlink(name, dir_fd=parent)
            self._summary.freed += size
            rest["freed"] = size
            return "removed"
        trash = self._open_trash(task.root)
        number = str(task.number)
        move_new(name, parent, number, trash)
        try:
            self._check(task, os.stat(number, dir_fd=trash, follow_symlinks=False))
            if task.extracts:
                self._extract(task, store, trash, rest)
            if task.archive:
                self._flush()
                rest |= self._archive(task, store, trash)
        except BaseException as error:
            self._put_back(task, parent, name, trash, error)
            raise
        if task.archive:
            os.fsync(trash)
            self._record(task, "archived", rest | {"freed": size})
            self._flush()
            self._purge(task, size)
            return ""
        if at_once:
            self._record(task, "removed", {"freed": size})
            self._flush()
            self._purge(task, size)
            return ""
        self._summary.trashed += size
        rest["size"] = size
        return "trashed"

    def _check(self, task: Task, status: os.stat_result) -> None:
        found = identity_of(status)
        if found != task.identity:
            raise Skipped("it has changed since the plan was made")
        if found.kind == "other":
            raise Refused("it is no file, directory or link")
        if (status.st_dev, status.st_ino) in self._in_use:
            raise Skipped("a process has it open")
        self._check_age(status.st_mtime_ns)

    def _check_age(self, mtime_ns: int) -> None:
        age = self._now_ns - mtime_ns
        if age < -_SKEW_NS:
            raise Skipped("its time lies in the future")
        if age < self._idle_ns:
            raise Skipped(f"it was written to {shown_age(max(age, 0) / 1e9)} ago")

    def _check_contents(self, task: Task, parent: int, name: str, rest: dict[str, Any]) -> int:
        found = contents(parent, name, mount_of(parent))
        self._check_age(found.newest_ns)
        if not self._in_use.isdisjoint(found.inodes):
            raise Skipped("a process has something in it open")
        rest["files"] = found.files
        for link, (seen, names, size) in found.links.items():
            before = self._links.get(link, (0, 0, 0))[0]
            self._links[link] = (before + seen, names, size)
        return found.blocks

    def _open_trash(self, root: str) -> int:
        if self._trash_root != root:
            self._flush()
            self.close()
            self._trash_root = None
            store = self._here.another_chain()
            try:
                self._trash = open_trash(store.enter(root), self._summary.run)
            finally:
                store.close()
            self._trash_root = root
        return self._trash

    def _extract(self, task: Task, store: Store, trash: int, rest: dict[str, Any]) -> None:
        name = task.path.rpartition("/")[2]
        day = day_of(self._summary.run)
        copies = []
        for number in task.extracts:
            each = store.extract[number]
            directory = directory_of(each.to, day)
            target = make_directories(self._here.far, directory)
            copied = extract(
                trash, str(task.number), target, name, each.severity, self._summary.run
            )
            if copied:
                copies.append(f"{directory}/{copied}")
        if copies:
            rest["extracted"] = copies

    def _archive(self, task: Task, store: Store, trash: int) -> dict[str, Any]:
        if store.archive is None:
            raise Refused("the policy says no place to archive it to ('archive.to')")
        if store.archive.is_remote:
            return self._upload(task, store.archive, trash)
        kind = task.identity.kind
        compression = store.archive.compression
        final = archive_name(task.path, is_directory=kind == "directory", compression=compression)
        to = store.archive.to.removeprefix("./").rstrip("/")
        holder, _, final = f"{to}/{final}".rpartition("/")
        directory = make_directories(self._here.far, holder)
        temporary = f".govcheck-{self._summary.run}-{task.number}.tmp"
        packed = pack(
            trash, str(task.number), task.path.rpartition("/")[2], directory, temporary, compression
        )
        try:
            holder, directory = self._place(
                task, directory, holder, temporary, final, packed.digest
            )
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
            raise
        self._summary.packed += packed.size
        return {
            "archive": f"{holder}/{final}",
            "sha256": packed.digest,
            "packed": packed.size,
            "members": packed.members,
        }

    def _place(
        self, task: Task, directory: int, holder: str, temporary: str, final: str, digest: str
    ) -> tuple[str, int]:
        """Give an archive its name; one that is there already is never replaced."""
        when = int(task.time * 1e9)
        # A second handle: the chain gives its own away when it is asked for another directory.
        directory = os.dup(directory)
        try:
            os.utime(temporary, ns=(when, when), dir_fd=directory, follow_symlinks=False)
            try:
                move_new(temporary, directory, final, directory)
            except FileExistsError:
                if _digest(directory, final) == digest:
                    os.unlink(temporary, dir_fd=directory)
                else:
                    holder = f"{holder}/{self._summary.run}"
                    other = make_directories(self._here.far, holder)
                    move_new(temporary, directory, final, other)
                    os.fsync(other)
            os.fsync(directory)
        finally:
            os.close(directory)
        return holder, self._here.far.enter(holder)

    def _upload(self, task: Task, archive: Archive, trash: int) -> dict[str, Any]:
        from govcheck.retention.objects import upload

        temporary = f".govcheck-{self._summary.run}-{task.number}.tmp"
        name = archive_name(
            "", is_directory=task.identity.kind == "directory", compression=archive.compression
        )
        packed = pack(
            trash,
            str(task.number),
            task.path.rpartition("/")[2],
            self._here.own,
            temporary,
            archive.compression,
        )
        self._deaf += 1
        try:
            stored = upload(
                self._here.own,
                temporary,
                archive.to,
                f"{task.path}-{packed.digest[:12]}{name}",
                packed.digest,
                packed.size,
                archive.storage_class,
            )
        finally:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=self._here.own)
        self._deaf = 0
        self._summary.packed += packed.size
        return {
            "archive": stored.url,
            "version": stored.version,
            "checksum": stored.checksum,
            "sha256": packed.digest,
            "packed": packed.size,
            "members": packed.members,
        }

    def _put_back(
        self, task: Task, parent: int, name: str, trash: int, error: BaseException
    ) -> None:
        # The chain may have closed the handle that the name was found in.
        try:
            parent, name = self._here.chain.parent(shown(task))
            move_new(str(task.number), trash, name, parent)
        except OSError as other:
            where = f"{task.root}/.govcheck-trash/{self._summary.run}/{task.number}".lstrip("/")
            self._summary.notes.append(
                f"{shown(task)}: it cannot be put back ({other.strerror}) and is kept as {where}"
            )
            self._record(task, "stranded", {"error": str(error), "kept": where})

    def _purge(self, task: Task, size: int) -> None:
        store = self._here.another_chain()
        try:
            handle = store.enter(task.root)
            wrong = purge(handle, self._summary.run, str(task.number), mount_of(handle))
        except OSError as error:
            wrong = str(error.strerror)
        finally:
            store.close()
        if wrong is None:
            self._summary.freed += size
            return
        self._summary.counts["failed"] += 1
        self._summary.notes.append(f"{shown(task)}: left in the trash: {wrong}")

    def _left(self, outcome: str, task: Task, why: str, rest: dict[str, Any]) -> str:
        rest.clear()
        rest["error"] = why
        self._summary.notes.append(f"{shown(task)}: {outcome}: {why}")
        return outcome

    def _record(self, task: Task, outcome: str, rest: Mapping[str, Any]) -> None:
        if not outcome:
            return
        self._summary.counts[outcome] += 1
        self._bodies.append(
            audit_body(
                self._summary.run, self._runner.operator, self._options.mode, task, outcome, rest
            )
        )
        self._outcomes.append(f'{{"s":{task.number},"o":"{outcome}"}}')
        if len(self._bodies) >= BATCH:
            self._flush()
            # Walk from the root again, so that a directory that was moved away is noticed.
            self._here.chain.forget()

    def _flush(self) -> None:
        bodies, outcomes = self._bodies, self._outcomes
        self._bodies, self._outcomes = [], []
        if not bodies:
            return
        try:
            if self._trash >= 0:
                os.fsync(self._trash)
            self._here.audit.append(bodies)
            self._journal.add(*outcomes)
            self._journal.write()
        except OSError as error:
            raise StoppedError(
                f"the run has stopped, since it cannot record what it does ({error.strerror}); the "
                "next run settles and records what was done"
            ) from error

    def _remove_empty(self, path: str) -> None:
        """Remove the directories that the run has emptied, but none that the policy names."""
        while path and path not in self._keep_directories:
            try:
                parent, name = self._here.chain.parent(path)
                os.rmdir(name, dir_fd=parent)
            except OSError:
                return
            self._here.chain.forget()
            path = path.rpartition("/")[0]


def _needed_directories(stores: Mapping[str, Store], log: str) -> Collection[str]:
    paths = [path for store in stores.values() for path in store.paths]
    paths += [each.archive.to for each in stores.values() if each.archive]
    paths += [extract.to for each in stores.values() for extract in each.extract]
    paths.append(log.rpartition("/")[0])
    needed = set()
    for path in paths:
        path = path.removeprefix("./").rstrip("/")
        while path:
            needed.add(path)
            path = path.rpartition("/")[0]
    return needed


def _digest(directory: int, name: str) -> str:
    from hashlib import sha256

    from govcheck.retention.directories import FILE

    handle = os.open(name, FILE, dir_fd=directory)
    try:
        digest = sha256()
        for piece in iter(partial(os.read, handle, 1 << 20), b""):
            digest.update(piece)
        return digest.hexdigest()
    finally:
        os.close(handle)


def told(summary: Summary, keep: Duration) -> str:
    """What a run has done, in one line that fits a chat message."""
    counts = summary.counts
    parts = []
    if counts["removed"] or counts["archived"]:
        parts.append(f"freed {shown_size(summary.freed)}")
    if counts["archived"]:
        parts.append(f"{counts['archived']} archived ({shown_size(summary.packed)})")
    if counts["removed"]:
        parts.append(f"{counts['removed']} removed")
    if counts["trashed"]:
        size = shown_size(summary.trashed)
        parts.append(f"{counts['trashed']} in the trash for {keep} ({size})")
    parts += [f"{counts[each]} {each}" for each in OUTCOMES[3:] if counts[each]]
    return ", ".join(parts) or "nothing to do"
