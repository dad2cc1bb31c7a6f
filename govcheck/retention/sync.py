"""Copies of whole stores: each file that is new or has changed is copied and read back.

Nothing is ever removed at the other end; a file that was replaced there is the bucket's to keep, as
a version.
"""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import NamedTuple

from govcheck.durations import shown_age
from govcheck.policy import Policy
from govcheck.retention.directories import (
    FILE,
    NEW,
    Chain,
    mount_of,
    read_all,
    replace_file,
    walk,
    write_all,
)
from govcheck.retention.errors import RunnerError
from govcheck.retention.section import Store
from govcheck.retention.workspace import Workspace, make_directories

_MEMORY = "synced.json"
_CHUNK = 1 << 20


class Synced(NamedTuple):
    """How many files were copied, of how many bytes, and what could not be."""

    files: int
    size: int
    notes: tuple[str, ...]


def sync(here: Workspace, name: str, store: Store) -> Synced:
    """Bring the copy of a store up to date.

    Raises:
        OSError: what was copied cannot be remembered.
    """
    if store.sync is None:
        return Synced(0, 0, ())
    to = store.sync.to.rstrip("/")
    memory = _remembered(here.own)
    known = memory.get(f"{name} {to}", {})
    files = size = 0
    notes: list[str] = []
    now_known = {}
    for path, status in _files(here.chain, store, notes):
        signature = [status.st_size, status.st_mtime_ns]
        if known.get(path) != signature:
            try:
                _copy(here, path, to, status)
            except (OSError, RunnerError) as error:
                why = error.strerror if isinstance(error, OSError) else str(error)
                notes.append(f"{path}: not copied: {why}")
                continue
            files += 1
            size += status.st_size
        now_known[path] = signature
    if files:
        memory[f"{name} {to}"] = now_known
        replace_file(_MEMORY, here.own, json.dumps(memory).encode())
    return Synced(files, size, tuple(notes))


def behind(root: str, policy: Policy, now: float) -> Iterator[str]:
    """Stores whose copy lags further behind than `sync.max-lag` says, and how far.

    A file counts from when it last changed in any way: when it came to be there, nobody knows.

    Raises:
        OSError: the root cannot be opened.
    """
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    chain = Chain(handle, mount_of(handle), policy.retention.mount_points)
    try:
        try:
            memory = _remembered(chain.enter(".govcheck/retention"))
        except FileNotFoundError:
            memory = {}
        for name, store in policy.retention.stores.items():
            if store.sync is None or store.sync.max_lag is None:
                continue
            to = store.sync.to.rstrip("/")
            notes: list[str] = []
            known = memory.get(f"{name} {to}", {})
            since = [
                max(status.st_mtime, status.st_ctime)
                for path, status in _files(chain, store, notes)
                if known.get(path) != [status.st_size, status.st_mtime_ns]
            ]
            clause = policy.origin("retention", "stores", name, "sync", "max-lag")
            if since and now - min(since) > store.sync.max_lag.most_seconds:
                yield (
                    f"{name}: {to} lacks {len(since)} of its files, one for "
                    f"{shown_age(now - min(since))}: max-lag = {store.sync.max_lag} ({clause})"
                )
            yield from (f"{name}: {note}" for note in notes)
    finally:
        chain.close()
        os.close(handle)


def _files(chain: Chain, store: Store, notes: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    for root in store.paths:
        try:
            # A second handle: the chain gives its own away when it is asked for another directory.
            handle = os.dup(chain.enter(root))
        except FileNotFoundError:
            continue
        except OSError as error:
            notes.append(f"{root}: not copied: {error.strerror}")
            continue
        try:
            mount = mount_of(handle)
            for name in sorted(os.listdir(handle)):
                for path, _, _, status in walk(handle, name, mount):
                    inner = f"{root}/{name}/{path}" if path else f"{root}/{name}"
                    if stat.S_ISREG(status.st_mode) and ".govcheck-" not in inner:
                        yield inner, status
        except OSError as error:
            notes.append(f"{root}: not copied whole: {error.strerror}")
        finally:
            os.close(handle)


def _copy(here: Workspace, path: str, to: str, status: os.stat_result) -> None:
    chain = here.another_chain()
    try:
        parent, name = chain.parent(path)
        if to.startswith("s3://"):
            from govcheck.retention.objects import put

            digest = _digest(parent, name)
            put(parent, name, to, path.partition("/")[2], digest, status.st_size)
            return
        holder = f"{to}/{path}".rpartition("/")[0]
        target = make_directories(here.far, holder)
        _copy_file(parent, name, target)
    finally:
        chain.close()


def _copy_file(parent: int, name: str, target: int) -> None:
    temporary = f".govcheck-sync-{os.getpid()}.tmp"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=target)
    source = os.open(name, FILE, dir_fd=parent)
    try:
        before = os.fstat(source)
        handle = os.open(temporary, NEW, 0o600, dir_fd=target)
        digest = sha256()
        try:
            while piece := os.read(source, _CHUNK):
                write_all(handle, piece)
                digest.update(piece)
            os.fchmod(handle, stat.S_IMODE(before.st_mode))
            os.utime(handle, ns=(before.st_atime_ns, before.st_mtime_ns))
            os.fsync(handle)
        finally:
            os.close(handle)
        if _digest(target, temporary) != digest.hexdigest():
            raise OSError(5, "the copy was read back otherwise than it was written", name)
        os.replace(temporary, name, src_dir_fd=target, dst_dir_fd=target)
        os.fsync(target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=target)
        raise
    finally:
        os.close(source)


def _digest(directory: int, name: str) -> str:
    handle = os.open(name, FILE, dir_fd=directory)
    digest = sha256()
    try:
        while piece := os.read(handle, _CHUNK):
            digest.update(piece)
    finally:
        os.close(handle)
    return digest.hexdigest()


def _remembered(directory: int) -> dict[str, dict[str, list[int]]]:
    try:
        handle = os.open(_MEMORY, FILE, dir_fd=directory)
    except FileNotFoundError:
        return {}
    try:
        memory = json.loads(read_all(handle))
    except ValueError:
        return {}
    finally:
        os.close(handle)
    return memory if isinstance(memory, dict) else {}
