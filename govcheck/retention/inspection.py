"""What is left of earlier runs: their records, and the archives that these name."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from govcheck.policy import Policy
from govcheck.retention import audit
from govcheck.retention.archive import ArchiveError, look_at, unpack
from govcheck.retention.directories import Chain, empty, mount_of, move_new
from govcheck.retention.errors import RunnerError
from govcheck.retention.workspace import Workspace, make_directories

_REMOTE = "s3://"


class RestoreError(RunnerError):
    """It cannot be restored; the message says why."""


class Inspection(NamedTuple):
    """How many records and archives were looked at, and what is wrong with which."""

    records: int
    archives: int
    mistakes: tuple[str, ...]


def inspect(
    root: str, policy: Policy, progress: Callable[[str, int, int], None] | None = None
) -> Inspection:
    """Look at the whole audit log, and read every archive that it names and that was not removed.

    Raises:
        OSError: something cannot be looked at.
    """
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    chain = Chain(handle, None)
    try:
        directory, _, name = policy.retention.runner.audit_log.rpartition("/")
        try:
            logs = os.dup(chain.enter(directory))
        except FileNotFoundError:
            return Inspection(0, 0, ())
        try:
            verdict = audit.verify(logs, name)
            kept = _archives(audit.records(logs, name))
        finally:
            os.close(logs)
        mistakes = list(verdict.mistakes)
        for number, (path, record) in enumerate(kept.items()):
            if progress is not None:
                progress(path, number, len(kept))
            wrong = _wrong(chain, path, record)
            mistakes += [f"{path}: {wrong}"] * bool(wrong)
        return Inspection(verdict.lines, len(kept), tuple(mistakes))
    finally:
        chain.close()
        os.close(handle)


def history(root: str, policy: Policy) -> Iterator[dict[str, Any]]:
    """The records of the audit log.

    Raises:
        OSError: it cannot be read.
    """
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    chain = Chain(handle, None)
    try:
        directory, _, name = policy.retention.runner.audit_log.rpartition("/")
        with suppress(FileNotFoundError):
            yield from audit.records(chain.enter(directory), name)
    finally:
        chain.close()
        os.close(handle)


def restore(here: Workspace, policy: Policy, path: str, to: str | None) -> str:
    """Unpack the archive of an item, or one that is named itself; where it has been put.

    Raises:
        RestoreError: no archive of it is known, it is not what was archived, or something is in
            its place.
        ArchiveError: it is damaged.
        OSError: it cannot be written.
    """
    directory, _, log = policy.retention.runner.audit_log.rpartition("/")
    kept = _archives(audit.records(here.far.enter(directory), log))
    found = [(a, r) for a, r in kept.items() if path in (a, r["path"])]
    if not found:
        raise RestoreError(f"{path}: the audit log knows of no archive of it")
    archive, record = found[-1]
    holder, _, name = str(record["path"]).rpartition("/")
    packed, packed_name = _fetched(here, archive, record)
    try:
        digest, members = look_at(packed, packed_name)
        if digest != record["sha256"]:
            raise RestoreError(f"{archive}: it is not what was archived (its SHA-256 differs)")
        if to is None:
            target = os.dup(make_directories(here.chain, holder))
        else:
            os.makedirs(to, exist_ok=True)
            target = os.open(to, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            is_tree = bool(members[0].path)
            _unpack(packed, packed_name, target, name, is_tree=is_tree)
        finally:
            os.close(target)
    finally:
        if archive.startswith(_REMOTE):
            os.unlink(packed_name, dir_fd=packed)
        os.close(packed)
    here.audit.append(
        [
            f'"run":"restore","operator":{quoted(policy.retention.runner.operator)},'
            f'"action":"restore","outcome":"restored","path":{quoted(record["path"])},'
            f'"from":{quoted(archive)}'
        ]
    )
    here.audit.seal()
    return os.path.join(to, name) if to else str(record["path"])


def _unpack(packed: int, packed_name: str, target: int, name: str, *, is_tree: bool) -> None:
    temporary = f".govcheck-restore-{os.getpid()}.tmp"
    try:
        unpack(packed, packed_name, target, temporary, is_tree=is_tree)
        try:
            move_new(temporary, target, name, target)
        except FileExistsError as error:
            raise RestoreError(f"{name}: there is something in its place; see --to") from error
        os.fsync(target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=target)
        with suppress(OSError):
            handle = os.open(temporary, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=target)
            empty(handle, mount_of(handle), lambda name, error: None)
            os.close(handle)
            os.rmdir(temporary, dir_fd=target)
        raise


def _fetched(here: Workspace, archive: str, record: dict[str, Any]) -> tuple[int, str]:
    """An archive as a local file, in an open directory."""
    if not archive.startswith(_REMOTE):
        parent, name = here.far.parent(archive)
        return os.dup(parent), name
    from govcheck.retention.objects import download

    name = f".govcheck-restore-{os.getpid()}-{archive.rpartition('/')[2][-60:]}"
    download(here.own, name, archive, record.get("version"))
    return os.dup(here.own), name


def _archives(records: Iterator[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The archives that were made and not removed since, each with its record."""
    kept: dict[str, dict[str, Any]] = {}
    gone: dict[str, dict[str, Any]] = {}
    for record in records:
        match record:
            case {"outcome": "archived", "archive": str(path), "sha256": str(), "path": str()}:
                kept[path] = record
            case {"outcome": "removed" | "trashed", "path": str(path)} if path in kept:
                gone[path] = kept.pop(path)
            case {"outcome": "restored" | "put back", "path": str(path)} if path in gone:
                kept[path] = gone.pop(path)
    return kept


def _wrong(chain: Chain, path: str, record: dict[str, Any]) -> str | None:
    if path.startswith(_REMOTE):
        from govcheck.retention.objects import ObjectError, confirm

        try:
            confirm(
                path,
                record["sha256"],
                record["packed"],
                record.get("version"),
                record.get("checksum"),
            )
        except ObjectError as error:
            return str(error)
        return None
    try:
        parent, name = chain.parent(path)
        digest, members = look_at(parent, name)
    except ArchiveError as error:
        return str(error)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if digest != record["sha256"]:
        return "it is not what was archived (its SHA-256 differs)"
    if len(members) != record["members"]:
        return f"it has {len(members)} members, and {record['members']} were archived"
    return None
