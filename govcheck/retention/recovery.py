"""After a run: what a crash has left is settled, the trash emptied in time, or brought back."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from govcheck.policy import Policy
from govcheck.retention import audit as log
from govcheck.retention.directories import OutsideError, mount_of, move_new
from govcheck.retention.errors import RunnerError
from govcheck.retention.extract import directory_of, temporary_name
from govcheck.retention.handles import identity_of
from govcheck.retention.journal import Journal, records
from govcheck.retention.runner import BATCH, Task, audit_body, began, day_of, shown, tasks
from govcheck.retention.trash import find_trash, finish_purging, purge, tidy
from govcheck.retention.workspace import Workspace, make_directories, workspace

_SUFFIX = ".jsonl"


class NoRunError(RunnerError):
    """There is no such run to undo; the message says which there are."""


class Undone(NamedTuple):
    """What `undo` has brought back, and notes on what it could not."""

    run: str
    restored: int
    notes: tuple[str, ...]


class _Past(NamedTuple):
    """What the journal of an earlier run says of it; `outcomes` by the number of the item."""

    run: str
    header: Mapping[str, Any]
    outcomes: dict[int, str]
    is_planned: bool
    is_over: bool


@contextmanager
def settled(path: str, policy: Policy, tell: Callable[[str], None]) -> Iterator[Workspace]:
    """The runner's workspace, once all that earlier runs have left is settled and told.

    Raises:
        RunnerError: another run is at work, or the audit log is not whole.
        OSError: something cannot be opened or recorded.
    """
    retention = policy.retention
    with workspace(path, retention.runner.audit_log, retention.mount_points) as here:
        for line in [*recover(here, policy), *empty_trash(here, policy, time.time())]:
            tell(line)
        yield here


def recover(here: Workspace, policy: Policy) -> list[str]:
    """Settle the runs that did not come to their end; what was done about them, for people.

    Raises:
        OSError: what was done cannot be recorded.
    """
    told = []
    if here.audit.torn:
        told.append(f"the audit log ended with {here.audit.torn} bytes of a torn record: cut off")
    for root in dict.fromkeys(path for s in policy.retention.stores.values() for path in s.paths):
        with suppress(FileNotFoundError, OutsideError):
            store = here.chain.enter(root)
            if wrong := finish_purging(store, mount_of(store)):
                told.append(f"{root}: left in the trash: {wrong}")
    for past in _past(here):
        if past.is_over:
            continue
        if not past.is_planned:
            os.unlink(past.run + _SUFFIX, dir_fd=here.runs)
            told.append(f"run {past.run} was interrupted before it did anything")
            continue
        told.append(_settle(here, policy, past))
    return told


def empty_trash(here: Workspace, policy: Policy, now: float) -> list[str]:
    """Remove for good what has been in the trash for as long as the policy says; what is wrong.

    Raises:
        OSError: it cannot be recorded.
    """
    notes = []
    keep = policy.retention.runner.trash_keep.most_seconds
    for past in _past(here):
        if not past.is_over or began(past.run) + keep > now:
            continue
        bodies = []
        with _Trashes(here, past.run) as trashes:
            for task in tasks(here.runs, past.run + _SUFFIX):
                if past.outcomes.get(task.number) == "trashed" and trashes.holds(task):
                    wrong = trashes.purge(task)
                    outcome = "failed" if wrong else "emptied"
                    rest = {"error": wrong} if wrong else {}
                    bodies.append(_body(policy, past, task, outcome, rest))
                    notes += [f"{shown(task)}: left in the trash: {wrong}"] * bool(wrong)
                if len(bodies) >= BATCH:
                    here.audit.append(bodies)
                    bodies.clear()
            here.audit.append(bodies)
            here.audit.seal()
            if not trashes.are_left():
                os.unlink(past.run + _SUFFIX, dir_fd=here.runs)
    return notes


def undo(here: Workspace, policy: Policy, run: str | None) -> Undone:
    """Bring back what a run has moved to the trash; by default the last one that has.

    Raises:
        NoRunError: there is none.
        OSError: it cannot be recorded.
    """
    candidates = [each for each in _past(here) if "trashed" in each.outcomes.values()]
    names = [each.run for each in candidates]
    if run is None and names:
        run = names[-1]
    if run not in names:
        known = ", ".join(names)
        raise NoRunError(
            f"nothing of run {run} is in the trash (of these: {known})"
            if run and known
            else "the trash is empty: there is nothing to undo"
        )
    past = candidates[names.index(run)]
    notes = []
    bodies = []
    restored = 0
    archived = removed = 0
    with _Trashes(here, past.run) as trashes:
        for task in tasks(here.runs, past.run + _SUFFIX):
            archived += past.outcomes.get(task.number) == "archived"
            removed += past.outcomes.get(task.number) == "removed"
            if not trashes.holds(task):
                continue
            try:
                trashes.put_back(task)
            except OSError as error:
                notes.append(f"{shown(task)}: not brought back: {error.strerror}")
                continue
            restored += 1
            bodies.append(_body(policy, past, task, "restored", {}))
            if len(bodies) >= BATCH:
                trashes.sync()
                here.audit.append(bodies)
                bodies.clear()
        trashes.sync()
        here.audit.append(bodies)
        here.audit.seal()
        if not trashes.are_left():
            os.unlink(past.run + _SUFFIX, dir_fd=here.runs)
    if archived:
        notes.append(f"{archived} are in archives: 'govcheck retention restore PATH' unpacks one")
    if removed:
        notes.append(f"{removed} were removed at once, without the trash")
    return Undone(past.run, restored, tuple(notes))


class _Trashes:
    """The trash of one run, in all stores."""

    def __init__(self, here: Workspace, run: str) -> None:
        self._here = here
        self._run = run
        self._stores: dict[str, int] = {}
        self._handles: dict[str, int | None] = {}
        self._chain = here.another_chain()
        self._target: tuple[str, int] | None = None

    def __enter__(self) -> "_Trashes":
        return self

    def __exit__(self, *_: object) -> None:
        self.sync()
        for root, store in self._stores.items():
            handle = self._handles[root]
            if handle is not None:
                os.fsync(handle)
                os.close(handle)
            tidy(store, self._run)
            os.close(store)
        self._chain.close()

    def holds(self, task: Task) -> bool:
        """Whether an item is in the trash, as it was."""
        handle = self._open(task.root)
        if handle is None:
            return False
        try:
            status = os.stat(str(task.number), dir_fd=handle, follow_symlinks=False)
        except FileNotFoundError:
            return False
        found = identity_of(status)
        return (found.device, found.inode) == (task.identity.device, task.identity.inode)

    def purge(self, task: Task) -> str | None:
        """Remove an item for good; what is wrong if it cannot be."""
        handle, number = self._handles[task.root], str(task.number)
        try:
            if handle is not None and task.identity.kind != "directory":
                os.unlink(number, dir_fd=handle)
                return None
            store = self._stores[task.root]
            return purge(store, self._run, number, mount_of(store))
        except OSError as error:
            return error.strerror

    def put_back(self, task: Task) -> None:
        """Move an item to where it was; on the disk it is so after `sync`.

        Raises:
            FileExistsError: something else is there.
            OSError: it cannot be moved.
        """
        handle = self._handles[task.root]
        directory, _, name = shown(task).rpartition("/")
        if self._target is None or self._target[0] != directory:
            self.sync()
            self._target = directory, os.dup(make_directories(self._here.chain, directory))
        if handle is not None:
            move_new(str(task.number), handle, name, self._target[1])

    def sync(self) -> None:
        """See on the disk what was moved back.

        Raises:
            OSError: it cannot be written.
        """
        if self._target is not None:
            target, self._target = self._target[1], None
            try:
                os.fsync(target)
            finally:
                os.close(target)
            self._here.chain.forget()

    def finish(self, root: str) -> None:
        """Go on with what was being removed."""
        if self._open(root) is not None or root in self._stores:
            finish_purging(self._stores[root], mount_of(self._stores[root]))

    def are_left(self) -> bool:
        """Whether anything is in the trash."""
        return any(handle is not None and os.listdir(handle) for handle in self._handles.values())

    def _open(self, root: str) -> int | None:
        if root not in self._handles:
            try:
                store = os.dup(self._chain.enter(root))
            except (FileNotFoundError, OutsideError):
                self._handles[root] = None
                return None
            self._stores[root] = store
            self._handles[root] = None
            self._handles[root] = find_trash(store, self._run)
        return self._handles[root]


def _past(here: Workspace) -> list[_Past]:
    names = sorted(each for each in os.listdir(here.runs) if each.endswith(_SUFFIX))
    return [_read(here, name) for name in names]


def _read(here: Workspace, name: str) -> _Past:
    header: Mapping[str, Any] = {}
    outcomes: dict[int, str] = {}
    is_planned = is_over = False
    for record in records(here.runs, name):
        if "o" in record:
            numbers = record["s"]
            for number in numbers if isinstance(numbers, list) else [numbers]:
                outcomes[number] = record["o"]
        elif "planned" in record:
            is_planned = True
        elif "end" in record:
            is_over = True
        elif "run" in record:
            header = record
    return _Past(name.removesuffix(_SUFFIX), header, outcomes, is_planned, is_over)


def _settle(here: Workspace, policy: Policy, past: _Past) -> str:
    recorded = dict(_recorded(here, policy, past.run))
    bodies: list[str] = []
    outcomes: list[str] = []
    finished = returned = missing = 0
    stranded: list[str] = []
    with _Trashes(here, past.run) as trashes:
        for root in {task.root for task in tasks(here.runs, past.run + _SUFFIX)}:
            trashes.finish(root)
        for task in tasks(here.runs, past.run + _SUFFIX):
            known = recorded.get(task.number)
            _sweep(here, policy, past.run, task)
            outcome = known
            if trashes.holds(task):
                match known:
                    case "archived" | "removed":
                        trashes.purge(task)
                        finished += 1
                    case None if _is_decided(policy, task):
                        outcome = "trashed"
                        finished += 1
                    case None:
                        try:
                            trashes.put_back(task)
                            outcome = "put back"
                            returned += 1
                        except OSError as error:
                            outcome = "stranded"
                            stranded.append(f"{shown(task)} ({error.strerror})")
            elif known is None and not _is_at_its_place(here, task):
                outcome = (
                    "removed" if task.store in policy.retention.runner.without_trash else "missing"
                )
                finished += outcome == "removed"
                missing += outcome == "missing"
            if outcome is None:
                continue
            if known is None:
                bodies.append(_body(policy, past, task, outcome, {"recovered": True}))
            outcomes.append(f'{{"s":{task.number},"o":"{outcome}"}}')
        trashes.sync()
        here.audit.append(bodies)
        here.audit.seal()
        journal = Journal.reopen(here.runs, past.run + _SUFFIX)
        try:
            journal.add(*outcomes, '{"end":"recovered"}')
            journal.sync()
        finally:
            journal.close()
        if not trashes.are_left():
            os.unlink(past.run + _SUFFIX, dir_fd=here.runs)
    parts = [f"{finished} of its items finished", f"{returned} put back"]
    parts += [f"{missing} gone, and not by it"] * bool(missing)
    parts += [f"kept in the trash, since their place is taken: {', '.join(stranded)}"] * bool(
        stranded
    )
    return f"run {past.run} was interrupted: {', '.join(parts)}"


def _is_decided(policy: Policy, task: Task) -> bool:
    """Whether the move to the trash was all that was to be done."""
    at_once = task.store in policy.retention.runner.without_trash
    return not (task.archive or task.extracts or at_once)


def _is_at_its_place(here: Workspace, task: Task) -> bool:
    try:
        parent, name = here.chain.parent(shown(task))
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == (task.identity.device, task.identity.inode)


def _recorded(here: Workspace, policy: Policy, run: str) -> Iterator[tuple[int, str]]:
    for each in _log_records(here, policy):
        if each.get("run") == run and "seq" in each:
            yield each["seq"], each["outcome"]


def _log_records(here: Workspace, policy: Policy) -> Iterator[dict[str, Any]]:
    directory, _, name = policy.retention.runner.audit_log.rpartition("/")
    return log.records(here.far.enter(directory), name)


def _sweep(here: Workspace, policy: Policy, run: str, task: Task) -> None:
    """Remove what was written for an archive or a copy that did not come to be."""
    store = policy.retention.stores.get(task.store)
    temporary = f".govcheck-{run}-{task.number}.tmp"
    if store is None:
        return
    if task.archive and store.archive is not None:
        holder = task.path.rpartition("/")[0]
        with suppress(OSError):
            if store.archive.is_remote:
                os.unlink(temporary, dir_fd=here.own)
            else:
                to = store.archive.to.removeprefix("./").rstrip("/")
                directory = here.far.enter(f"{to}/{holder}".rstrip("/"))
                os.unlink(temporary, dir_fd=directory)
    for number in task.extracts:
        if number < len(store.extract):
            with suppress(OSError):
                to = directory_of(store.extract[number].to, day_of(run))
                os.unlink(temporary_name(run), dir_fd=here.far.enter(to))


def _body(policy: Policy, past: _Past, task: Task, outcome: str, rest: Mapping[str, Any]) -> str:
    operator = policy.retention.runner.operator
    return audit_body(past.run, operator, str(past.header.get("mode")), task, outcome, rest)
