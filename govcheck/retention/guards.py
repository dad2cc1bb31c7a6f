"""What keeps the runner's hands off: files in use, files that git tracks, a clock that lies."""

import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from govcheck.durations import shown_age
from govcheck.git import NotARepositoryError, git
from govcheck.retention.directories import FILE, NEW, Mount, replace_file, walk
from govcheck.retention.errors import RunnerError

_LAST_RUN = "last-run"
_SKEW_SECONDS = 300
_JUMP_SECONDS = 3600
_BLOCK = 512  # POSIX: what st_blocks counts in


class ClockError(RunnerError):
    """The clock cannot be trusted; the message says why."""


class Contents(NamedTuple):
    """What an item holds, itself included: how many files and directories, how large they are.

    `size` is what they would take if they were copied, `links` the blocks of files with several
    names, by device and inode: how many names were seen, how many there are, and their bytes.
    `blocks` is what else they take on the disk. `newest_ns` is when one was last written to.
    """

    files: int
    directories: int
    size: int
    blocks: int
    links: dict[tuple[int, int], tuple[int, int, int]]
    newest_ns: int
    inodes: set[tuple[int, int]]


def check_clock(directory: int, now: float) -> None:
    """Compare the clock with that of the file system, and with where it stood at the last run.

    Raises:
        ClockError: it disagrees, or has jumped.
        OSError: nothing can be written in the directory.
    """
    name = ".govcheck-clock.tmp"
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)
    handle = os.open(name, NEW, 0o600, dir_fd=directory)
    try:
        written = os.fstat(handle).st_mtime
    finally:
        os.close(handle)
        os.unlink(name, dir_fd=directory)
    if abs(written - now) > _SKEW_SECONDS:
        raise ClockError(
            f"the clock is {shown_age(now - written)} {'ahead of' if now > written else 'behind'} "
            "that of the file system: set it, then run again"
        )
    last = _last_run(directory)
    if last is None:
        return
    if now < last["wall"] - _SKEW_SECONDS:
        raise ClockError(
            f"the clock is {shown_age(last['wall'] - now)} behind the last run: set it, or remove "
            f".govcheck/retention/{_LAST_RUN} if the last run was wrong"
        )
    boot, running = _uptime()
    ahead = (now - last["wall"]) - (running - last["running"])
    if boot and boot == last["boot"] and ahead > _JUMP_SECONDS:
        raise ClockError(
            f"the clock has jumped {shown_age(ahead)} ahead since the last run: set it, or remove "
            f".govcheck/retention/{_LAST_RUN} if it is right now"
        )


def remember_clock(directory: int, now: float) -> None:
    """Write down where the clock stands.

    Raises:
        OSError: it cannot be written.
    """
    boot, running = _uptime()
    known = {"wall": now, "boot": boot, "running": running}
    replace_file(_LAST_RUN, directory, json.dumps(known).encode())


def tracked(root: str) -> frozenset[str]:
    """The files that git tracks, relative to the root, and all directories that hold one.

    Raises:
        GitError: there is a repository, but git does not answer.
    """
    try:
        listed = git(root, "ls-files", "-z")
    except NotARepositoryError as error:
        if _is_in_repository(root):
            from govcheck.git import GitError

            raise GitError(f"cannot ask git which files it tracks: {error}") from error
        return frozenset()
    files = os.fsdecode(listed).split("\0")[:-1]
    found = set(files)
    for each in files:
        directory = each.rpartition("/")[0]
        while directory and directory not in found:
            found.add(directory)
            directory = directory.rpartition("/")[0]
    return frozenset(found)


def in_use() -> frozenset[tuple[int, int]]:
    """The device and inode of every file that a process has open, as far as we may look.

    What is locked (flock(2), fcntl(2)) is known of all processes, also those of other users.
    """
    return frozenset(_open_files()) | frozenset(_locked_files())


def contents(parent: int, name: str, mount: Mount) -> Contents:
    """Look at all that an item holds, without following a link or entering a mount.

    Raises:
        OutsideError: something in it is on another mount.
        OSError: something in it cannot be looked at, is no file, or lies too deep.
    """
    files = directories = size = blocks = newest = 0
    links: dict[tuple[int, int], tuple[int, int, int]] = {}
    inodes = set()
    for _, _, _, status in walk(parent, name, mount):
        link = (status.st_dev, status.st_ino)
        inodes.add(link)
        newest = max(newest, status.st_mtime_ns)
        if stat.S_ISDIR(status.st_mode):
            directories += 1
            blocks += status.st_blocks * _BLOCK
            continue
        files += 1
        size += status.st_size
        if status.st_nlink == 1:
            blocks += status.st_blocks * _BLOCK
        else:
            seen = links[link][0] if link in links else 0
            links[link] = (seen + 1, status.st_nlink, status.st_blocks * _BLOCK)
    return Contents(files, directories, size, blocks, links, newest, inodes)


def _last_run(directory: int) -> dict[str, Any] | None:
    try:
        handle = os.open(_LAST_RUN, FILE, dir_fd=directory)
    except FileNotFoundError:
        return None
    with open(handle, "rb") as stream:
        try:
            known = json.loads(stream.read(4096))
            return known if {"wall", "boot", "running"} <= known.keys() else None
        except (ValueError, AttributeError):
            return None


def _uptime() -> tuple[str, float]:
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    if clock is None:
        return "", 0.0
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip(), time.clock_gettime(clock)
    except OSError:
        return "", 0.0


def _is_in_repository(root: str) -> bool:
    directory = os.path.abspath(root)
    while True:
        if os.path.lexists(os.path.join(directory, ".git")):
            return True
        parent = os.path.dirname(directory)
        if parent == directory:
            return False
        directory = parent


def _open_files() -> Iterator[tuple[int, int]]:
    own = str(os.getpid())
    try:
        processes = [name for name in os.listdir("/proc") if name.isdecimal() and name != own]
    except OSError:
        return
    for process in processes:
        try:
            handles = os.listdir(f"/proc/{process}/fd")
        except OSError:
            continue
        for each in handles:
            with suppress(OSError):
                status = os.stat(f"/proc/{process}/fd/{each}")
                if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
                    yield status.st_dev, status.st_ino


def _locked_files() -> Iterator[tuple[int, int]]:
    try:
        with open("/proc/locks", encoding="ascii") as file:
            lines = file.readlines()
    except OSError:
        return
    for line in lines:
        fields = line.replace("->", "").split()
        if len(fields) < 6 or fields[4] == str(os.getpid()):
            continue
        with suppress(ValueError):
            major, minor, inode = fields[5].split(":")
            yield os.makedev(int(major, 16), int(minor, 16)), int(inode)
