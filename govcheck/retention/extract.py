"""What is copied out of an item before it goes: whole, or the lines of a log that matter."""

import gzip
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import IO, Any, Literal

from govcheck.retention.directories import FILE, NEW, move_new, write_all

Severity = Literal["WARNING", "ERROR", "CRITICAL"]

_LEVELS = {
    b"DEBUG": 0,
    b"TRACE": 0,
    b"INFO": 0,
    b"NOTICE": 0,
    b"WARN": 1,
    b"WARNING": 1,
    b"ERROR": 2,
    b"CRITICAL": 3,
    b"FATAL": 3,
}
_LEAST = {"WARNING": 1, "ERROR": 2, "CRITICAL": 3}
_LEVEL = re.compile(rb"\b(DEBUG|TRACE|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b", re.I)


def extract(
    source: int, name: str, target: int, new: str, severity: Severity | None, run: str
) -> str | None:
    """Copy a file of one directory into another, synced and read back; what it is called there.

    With a severity, only the lines of records that are at least so severe are copied, uncompressed,
    and nothing if there are none. What has the name already is never replaced.

    Raises:
        OSError: it cannot be read or copied.
    """
    temporary = temporary_name(run)
    try:
        with open(os.open(name, FILE, dir_fd=source), "rb") as plain:
            status = os.fstat(plain.fileno())
            is_packed = severity is not None and plain.peek(2)[:2] == b"\x1f\x8b"
            stream: Any = gzip.GzipFile(fileobj=plain) if is_packed else plain
            pieces = _severe(stream, _LEAST[severity]) if severity else _pieces(stream)
            digest, size = _write(target, temporary, pieces)
        if size == 0 and severity is not None:
            os.unlink(temporary, dir_fd=target)
            return None
        if digest != _read(target, temporary):
            raise OSError(5, "the copy was read back otherwise than it was written", new)
        times = (status.st_atime_ns, status.st_mtime_ns)
        os.utime(temporary, ns=times, dir_fd=target, follow_symlinks=False)
        new = new.removesuffix(".gz") if is_packed else new
        called = _place(target, temporary, new, run, digest)
        os.fsync(target)
        return called
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=target)
        raise


def temporary_name(run: str) -> str:
    """What a copy is called until it is whole."""
    return f".govcheck-{run}-extract.tmp"


def directory_of(to: str, day: str) -> str:
    """The directory that 'to' means on a day."""
    return to.removeprefix("./").rstrip("/").replace("{today}", day)


def _place(target: int, temporary: str, new: str, run: str, digest: str) -> str:
    stem, dot, suffix = new.rpartition(".")
    for name in (new, f"{stem}.{run}.{suffix}" if dot else f"{new}.{run}"):
        try:
            move_new(temporary, target, name, target)
        except FileExistsError:
            if _read(target, name) == digest:
                os.unlink(temporary, dir_fd=target)
                return name
            continue
        return name
    raise FileExistsError(17, "there is a copy of that name already", new)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(1 << 20):
        yield piece


def _severe(stream: IO[bytes], least: int) -> Iterator[bytes]:
    """The lines that say a level that is high enough, each with those after it that say none."""
    wanted = False
    for line in stream:
        if found := _LEVEL.search(line):
            wanted = _LEVELS[found[1].upper()] >= least
        if wanted:
            yield line


def _write(target: int, name: str, pieces: Iterator[bytes]) -> tuple[str, int]:
    digest = sha256()
    size = 0
    handle = os.open(name, NEW, 0o600, dir_fd=target)
    try:
        for piece in pieces:
            write_all(handle, piece)
            digest.update(piece)
            size += len(piece)
        os.fsync(handle)
    finally:
        os.close(handle)
    return digest.hexdigest(), size


def _read(target: int, name: str) -> str:
    digest = sha256()
    handle = os.open(name, FILE, dir_fd=target)
    with open(handle, "rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
