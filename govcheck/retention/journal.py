"""The journal of a run: what it means to do, synced before it begins, and how far it has come.

One line a record: a checksum (CRC-32, as eight hexadecimal digits), a blank, and JSON. What a crash
tore off at the end does not bear its checksum and is not read.
"""

import json
import os
import zlib
from collections.abc import Generator, Iterable
from contextlib import suppress
from typing import Any

from govcheck.retention.directories import FILE, NEW, write_all

_CHUNK = 1 << 20


class Journal:
    """A journal that is being written; a record is whole or not there."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self._end = os.fstat(handle).st_size
        self._waiting: list[bytes] = []

    @classmethod
    def create(cls, directory: int, name: str) -> "Journal":
        """A new one.

        Raises:
            OSError: it cannot be made, or there is one already.
        """
        return cls(os.open(name, NEW, 0o600, dir_fd=directory))

    @classmethod
    def reopen(cls, directory: int, name: str) -> "Journal":
        """One that a run has left, cut behind its last whole record.

        Raises:
            OSError: it cannot be opened or cut.
        """
        handle = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        whole = sum(len(line) for line, _ in _lines(handle))
        os.ftruncate(handle, whole)
        os.lseek(handle, 0, os.SEEK_END)
        return cls(handle)

    def add(self, *records: str) -> None:
        """Keep records, which are JSON, to be written with the next `write`."""
        for record in records:
            data = record.encode("ascii")
            self._waiting.append(b"%08x %s\n" % (zlib.crc32(data), data))
        if len(self._waiting) >= 4096:
            self.write()

    def write(self) -> None:
        """Write what was added.

        Raises:
            OSError: it cannot be written; the journal is as it was.
        """
        data = b"".join(self._waiting)
        self._waiting.clear()
        try:
            write_all(self.handle, data)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self.handle, self._end)
                os.lseek(self.handle, self._end, os.SEEK_SET)
            raise
        self._end += len(data)

    def sync(self) -> None:
        """Write what was added, and see it on the disk.

        Raises:
            OSError: it cannot be written.
        """
        self.write()
        os.fsync(self.handle)

    def close(self) -> None:
        """Give the handle back."""
        os.close(self.handle)


def records(directory: int, name: str) -> Generator[dict[str, Any], None, None]:
    """The whole records of a journal, up to the first that is not.

    Raises:
        OSError: it cannot be read.
    """
    handle = os.open(name, FILE, dir_fd=directory)
    try:
        for _, record in _lines(handle):
            yield json.loads(record)
    finally:
        os.close(handle)


def _lines(handle: int) -> Iterable[tuple[bytes, bytes]]:
    position = 0
    rest = b""
    while piece := os.pread(handle, _CHUNK, position):
        position += len(piece)
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            check, _, record = line.partition(b" ")
            if check != b"%08x" % zlib.crc32(record):
                return
            yield line + b"\n", record
