"""The audit log: a record a decision, each bound to the one before by its SHA-256.

One JSON object a line: `n` counts from 1, and `prev` is the digest of the line before, so that no
line is changed, left out or put in without a trace. `NAME.head` holds the last number and digest,
so that lines taken off the end are missed. Full files are renamed to `NAME.` and the number of
their first line; the chain goes on in the new one.
"""

import errno
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from govcheck.retention.directories import FILE, replace_file, write_all
from govcheck.retention.errors import RunnerError

_NONE = "0" * 64
_LOG = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_START = re.compile(rb'\{"n":(\d+),"prev":"([0-9a-f]{64})",')
_TAIL = 1 << 20


class AuditError(RunnerError):
    """The audit log is not whole; the message says where, and what can be done."""


class Verdict(NamedTuple):
    """What a look at the whole chain has found: how many lines, and what is wrong with which."""

    lines: int
    mistakes: tuple[str, ...]


class Audit:
    """The log, open to be continued.

    Raises:
        AuditError: it does not end where it ended.
        OSError: it cannot be opened, or is a link.
    """

    def __init__(self, directory: int, name: str) -> None:
        self._directory = directory
        self._name = name
        self._handle = os.open(name, _LOG | os.O_CREAT, 0o600, dir_fd=directory)
        status = os.fstat(self._handle)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            os.close(self._handle)
            raise OSError(errno.EINVAL, "the audit log is no plain file", name)
        self.torn = 0
        self._end = status.st_size
        self.number, self._digest = self._last()
        self._check_head()

    def close(self) -> None:
        """Give the handle back."""
        os.close(self._handle)

    def append(self, bodies: Sequence[str]) -> None:
        """Record decisions; each is the inside of a JSON object, in ASCII. They are on the disk.

        Raises:
            OSError: they cannot be written; the log is as it was.
        """
        if not bodies:
            return
        number, digest = self.number, self._digest
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = []
        for body in bodies:
            number += 1
            line = f'{{"n":{number},"prev":"{digest}","time":"{moment}",{body}}}\n'.encode("ascii")
            digest = sha256(line).hexdigest()
            lines.append(line)
        data = b"".join(lines)
        try:
            write_all(self._handle, data)
            os.fdatasync(self._handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._handle, self._end)
            raise
        self._end += len(data)
        self.number, self._digest = number, digest

    def seal(self) -> None:
        """Write down where the log ends.

        Raises:
            OSError: it cannot be written.
        """
        os.fsync(self._directory)
        head = json.dumps({"n": self.number, "digest": self._digest})
        replace_file(f"{self._name}.head", self._directory, head.encode())

    def rotate(self, size: int) -> None:
        """Go on in a new file if this one has reached a size in bytes.

        Raises:
            OSError: it cannot be renamed.
        """
        if self._end < size:
            return
        start = _START.match(os.pread(self._handle, 200, 0))
        first = int(start[1]) if start else self.number
        old = f"{self._name}.{first:09d}"
        os.rename(self._name, old, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        os.close(self._handle)
        self._handle = os.open(
            self._name, _LOG | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self._directory
        )
        self._end = 0
        os.fsync(self._directory)

    def drop(self, is_old: Callable[[float], bool]) -> None:
        """Remove full files whose last change, in seconds since the epoch, is old; say so.

        Raises:
            OSError: one cannot be removed.
        """
        for name in _full(self._directory, self._name):
            status = os.stat(name, dir_fd=self._directory, follow_symlinks=False)
            last = _last_line(self._directory, name)
            start = _START.match(last)
            if not is_old(status.st_mtime) or start is None:
                return
            digest = sha256(last).hexdigest()
            self.append([f'"action":"rotated-out","through":{int(start[1])},"digest":"{digest}"'])
            os.unlink(name, dir_fd=self._directory)

    def _last(self) -> tuple[int, str]:
        tail = os.pread(self._handle, _TAIL, max(0, self._end - _TAIL))
        if tail and not tail.endswith(b"\n"):
            whole = tail.rfind(b"\n") + 1
            self.torn = len(tail) - whole
            self._end -= self.torn
            os.ftruncate(self._handle, self._end)
            tail = tail[:whole]
        if not tail:
            full = _full(self._directory, self._name)
            tail = _last_line(self._directory, full[-1]) if full else b""
        if not tail:
            return 0, _NONE
        line = tail[tail.rfind(b"\n", 0, -1) + 1 :]
        start = _START.match(line)
        if start is None:
            raise AuditError(
                f"{self._name}: its last line is no record; run 'govcheck retention verify'"
            )
        return int(start[1]), sha256(line).hexdigest()

    def _check_head(self) -> None:
        number, digest = _head(self._directory, self._name)
        if number > self.number or (number == self.number and digest != self._digest):
            raise AuditError(
                f"{self._name}: it ended with record {number} and now ends with record "
                f"{self.number}, so records were taken away or changed; restore it, or move it and "
                f"{self._name}.head away to begin a new one"
            )


def verify(directory: int, name: str) -> Verdict:
    """Look at the whole chain, through all files.

    Raises:
        OSError: a file cannot be read.
    """
    mistakes = []
    number, digest = 0, _NONE
    head = _head(directory, name)
    head_seen = head[0] == 0
    gone: dict[int, str] = {}
    first: tuple[int, str] | None = None
    for file, line in lines(directory, name):
        start = _START.match(line)
        if start is None or not line.endswith(b"\n"):
            mistakes.append(f"{file}: the line after record {number} is no record")
            number += 1
        elif first is None:
            first = int(start[1]) - 1, start[2].decode()
            number = int(start[1])
        else:
            if int(start[1]) != number + 1:
                mistakes.append(f"{file}: record {number} is followed by record {int(start[1])}")
            elif start[2].decode() != digest:
                mistakes.append(f"{file}: record {number} is not what record {number + 1} follows")
            number = int(start[1])
        digest = sha256(line).hexdigest()
        try:
            record = json.loads(line)
        except ValueError:
            mistakes.append(f"{file}: record {number} is no JSON")
        else:
            if isinstance(record, dict) and record.get("action") == "rotated-out":
                gone[record.get("through", 0)] = record.get("digest", "")
        if number == head[0]:
            head_seen = True
            if digest != head[1]:
                mistakes.append(f"{file}: record {number} is not what {name}.head says")
    if first and first != (0, _NONE) and gone.get(first[0]) != first[1]:
        mistakes.append(f"{name}: the records before {first[0] + 1} are missing")
    if not head_seen:
        mistakes.append(f"{name}: it ended with record {head[0]} and now ends with record {number}")
    return Verdict(number, tuple(mistakes))


def lines(directory: int, name: str) -> Iterator[tuple[str, bytes]]:
    """The lines of all files of a log, in order, each with the name of its file.

    Raises:
        OSError: a file cannot be read.
    """
    for file in [*_full(directory, name), name]:
        try:
            handle = os.open(file, FILE, dir_fd=directory)
        except FileNotFoundError:
            continue
        with open(handle, "rb") as stream:
            for line in stream:
                yield file, line


def records(directory: int, name: str) -> Iterator[dict[str, Any]]:
    """The records of all files of a log, in order; lines that are none are passed over.

    Raises:
        OSError: a file cannot be read.
    """
    for _, line in lines(directory, name):
        with suppress(ValueError):
            record = json.loads(line)
            if isinstance(record, dict):
                yield record


def is_own(path: str, log: str) -> bool:
    """Whether a path is that of the log, or of what is kept beside it."""
    rest = path.removeprefix(log)
    return path.startswith(log) and (rest in ("", ".head") or rest[1:].isdecimal())


def _head(directory: int, name: str) -> tuple[int, str]:
    try:
        handle = os.open(f"{name}.head", FILE, dir_fd=directory)
    except FileNotFoundError:
        return 0, _NONE
    with open(handle, "rb") as stream:
        try:
            head = json.loads(stream.read(4096))
            return int(head["n"]), str(head["digest"])
        except (ValueError, KeyError, TypeError) as error:
            raise AuditError(f"{name}.head: it is not what was written") from error


def _full(directory: int, name: str) -> list[str]:
    return sorted(
        each
        for each in os.listdir(directory)
        if each.startswith(f"{name}.") and each[len(name) + 1 :].isdecimal()
    )


def _last_line(directory: int, name: str) -> bytes:
    handle = os.open(name, FILE, dir_fd=directory)
    try:
        size = os.fstat(handle).st_size
        tail = os.pread(handle, _TAIL, max(0, size - _TAIL))
    finally:
        os.close(handle)
    return tail[tail.rfind(b"\n", 0, -1) + 1 :]
