"""What lstat(2) tells of many files in a directory, as columns, with no object made of each file.

An `os.stat_result` takes a third of the time of a look at a file. Where there is statx(2), whose
answer has one layout on all machines, the answers lie one after the other in a buffer, and columns
are cut out of that; elsewhere `os.lstat` fills in the same buffer.
"""

import ctypes
import os
from array import array
from collections.abc import Callable, Sequence
from itertools import repeat
from struct import Struct
from typing import Literal

MOST = 256  # what is left of it stays in the processor's cache

# struct statx, <linux/stat.h>: nlink, mode, inode, size, blocks, atime, mtime, device
_SIZE = 256
_RECORD = Struct("=16xI8xH2xQQQ8xqI4x32xqI4x8xII112x")
_NLINK, _MODE, _INODE, _LENGTH, _BLOCKS, _DEVICE = 16, 28, 32, 40, 48, 136
_ATIME, _MTIME = Struct("=64xqI180x"), Struct("=112xqI132x")
_LIKE_LSTAT = 0x100 | 0x800  # AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT
_BASIC = 0x7FF  # STATX_BASIC_STATS
_NS = 1_000_000_000


def system_call() -> Callable[..., int] | None:
    """statx(2), where the system has it."""
    # PyDLL keeps the interpreter's lock: to give it away a million times costs a twentieth.
    call: Callable[..., int] | None = getattr(ctypes.PyDLL(None), "statx", None)
    return call


class Statuses:
    """The statuses of the files that were looked at last, no more than `MOST`."""

    def __init__(self) -> None:
        buffer = bytearray(MOST * _SIZE)
        self._bytes = memoryview(buffer)
        codes: tuple[Literal["H", "I", "Q", "q"], ...] = ("H", "I", "Q", "q")
        self._words = {code: self._bytes.cast(code) for code in codes}
        self._count = 0
        start = ctypes.addressof(ctypes.c_char.from_buffer(buffer))
        self._places = [ctypes.c_void_p(start + _SIZE * number) for number in range(MOST)]
        self._statx = system_call()

    def look(
        self, directory: int, names: Sequence[str], failed: Callable[[str, OSError], None]
    ) -> Sequence[str]:
        """Look at files of an open directory, but through no link; the names of those that were.

        What cannot be looked at is told to `failed`.
        """
        self._count = len(names)
        if self._statx is not None and names:
            paths = os.fsencode("\0".join(names)).split(b"\0")
            how = repeat(_LIKE_LSTAT), repeat(_BASIC)
            if not any(map(self._statx, repeat(directory), paths, *how, self._places)):
                return names
        # One by one, since some of them are gone or locked, or a sandbox knows no statx(2).
        left: list[str] = []
        for name in names:
            try:
                status = os.lstat(name, dir_fd=directory)
            except OSError as error:
                failed(name, error)
                continue
            self._fill(len(left), status)
            left.append(name)
        self._count = len(left)
        return left

    def keep(self, which: Sequence[int]) -> None:
        """Forget all but some, by their positions in order."""
        for new, old in enumerate(which):
            self._bytes[new * _SIZE :][:_SIZE] = self._bytes[old * _SIZE :][:_SIZE]
        self._count = len(which)

    @property
    def modes(self) -> "array[int]":
        """As `st_mode`."""
        return self._column("H", _MODE)

    @property
    def several(self) -> list[tuple[int, int]]:
        """The positions of those that have several names, and how many: `st_nlink`."""
        links = self._column("I", _NLINK)
        if links == array("I", [1]) * len(links):
            return []
        return [(position, count) for position, count in enumerate(links) if count > 1]

    @property
    def inodes(self) -> "array[int]":
        """As `st_ino`."""
        return self._column("Q", _INODE)

    @property
    def lengths(self) -> "array[int]":
        """As `st_size`."""
        return self._column("q", _LENGTH)

    @property
    def blocks(self) -> "array[int]":
        """As `st_blocks`."""
        return self._column("q", _BLOCKS)

    @property
    def devices(self) -> list[int]:
        """As `st_dev`."""
        majors, minors = self._column("I", _DEVICE), self._column("I", _DEVICE + 4)
        return [*map(os.makedev, majors, minors)]

    @property
    def written(self) -> list[int]:
        """As `st_mtime_ns`."""
        return self._times(_MTIME)

    @property
    def read(self) -> list[int]:
        """As `st_atime_ns`."""
        return self._times(_ATIME)

    def _column(self, code: Literal["H", "I", "Q", "q"], place: int) -> "array[int]":
        found = array(code)
        words = self._words[code]
        step, first = _SIZE // words.itemsize, place // words.itemsize
        found.frombytes(words[first : self._count * step : step].tobytes())
        return found

    def _times(self, part: Struct) -> list[int]:
        rows = part.iter_unpack(self._bytes[: self._count * _SIZE])
        return [seconds * _NS + rest for seconds, rest in rows]

    def _fill(self, number: int, status: os.stat_result) -> None:
        _RECORD.pack_into(
            self._bytes,
            number * _SIZE,
            status.st_nlink,
            status.st_mode,
            status.st_ino,
            status.st_size,
            status.st_blocks,
            *divmod(status.st_atime_ns, _NS),
            *divmod(status.st_mtime_ns, _NS),
            os.major(status.st_dev),
            os.minor(status.st_dev),
        )
