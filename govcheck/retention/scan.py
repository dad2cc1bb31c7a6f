"""What is in a store: its items with their times, looked at by directory handles only.

A million items must fit into memory, so they are columns, and told as paths only when asked for.
"""

import gc
import os
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import compress
from operator import itemgetter
from stat import S_IFDIR, S_IFLNK, S_IFREG
from typing import NamedTuple

from govcheck.globs import matcher
from govcheck.retention.directories import Chain, OutsideError, mount_of
from govcheck.retention.naming import Reader, Told
from govcheck.retention.statuses import MOST, Statuses

MAX_DEPTH = 200
OWN = ".govcheck-"
_is_link, _is_file = os.DirEntry.is_symlink, os.DirEntry.is_file
_FILES = {S_IFREG}
_TYPE = 0o170000  # POSIX: S_IFMT
_EARLIEST, _LATEST = -(1 << 63), (1 << 63) - 1
BLOCK = 512  # POSIX: what st_blocks counts in


class Scope(NamedTuple):
    """What to look for in a directory.

    `reads` tells whether a name is that of an item and its time, and `from_name` whether that is
    the one that counts; `reads_all` tells the times of many names at once. `outside` are paths in
    it that belong to something else. With `details`, the size and last use of all items are wanted,
    also of those that a name tells enough of. The items of a directory are in the order of their
    names, unless they are in `any_order`. With `identities`, what tells a file from another one
    that takes its place is remembered wherever a file is looked at.
    """

    kind: str
    reads: Reader | None
    from_name: bool
    labels: Collection[str] = ()
    exclude: Collection[str] = ()
    outside: Collection[str] = ()
    details: bool = False
    any_order: bool = False
    identities: bool = False
    reads_all: Callable[[str, int], list[int] | None] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether each file is an item, and its time is when it was last written to."""
        asks = self.exclude or self.outside or self.details
        return self.kind == "file" and self.reads is None and not asks


class Columns:
    """The items of one directory, as columns; the directories in it are in a stable order.

    `times` are in nanoseconds, and those beyond what 64 bits hold (the years 1677 to 2262) are the
    first or last that they do; `earliest` and `latest` are among them. `blocks` (of `BLOCK` bytes,
    on disk) are known of all items or of none, and so is `used` (the last use, in nanoseconds), and
    `inodes`, `lengths` (`st_size`) and the one `device` that they are on, but for the items
    `apart`. `links` has the inode and the number of names of items that have several. `others` are
    what is no item, and why; `errors` what could not be looked at. `statuses` are those of the
    files that were looked at last.
    """

    def __init__(self) -> None:
        self.times = array("q")
        self.earliest, self.latest = _LATEST, _EARLIEST
        self.blocks = array("q")
        self.used = array("q")
        self.inodes = array("Q")
        self.lengths = array("q")
        self.device = 0
        self.apart: set[int] = set()
        self.directories: set[int] = set()
        self.links: dict[int, tuple[int, int]] = {}
        self.offsets: dict[int, int] = {}
        self.labels: dict[int, frozenset[str]] = {}
        self.others: list[tuple[str, str]] = []
        self.errors: list[tuple[str, str]] = []
        self.statuses = Statuses()
        self._starts: list[int] = []
        self._prefixes: list[str] = []
        self._packed: list[str] = []

    def __len__(self) -> int:
        return len(self.times)

    @property
    def prefix(self) -> str:
        """What the path of an item begins with, in the directory that was begun last."""
        return self._prefixes[-1]

    def paths(self) -> Iterator[str]:
        """The paths of all items."""
        for prefix, _, names in self.parts():
            for name in names:
                yield prefix + name

    def chosen(self, which: Sequence[int]) -> Iterator[tuple[int, str]]:
        """The positions and paths of the items for which it is not 0, in a stable order."""
        for prefix, start, names in self.parts():
            found = compress(enumerate(names, start), which[start : start + len(names)])
            for number, name in sorted(found, key=itemgetter(1)):
                yield number, prefix + name

    def parts(self) -> Iterator[tuple[str, int, list[str]]]:
        """Each directory: what the paths of its items begin with, the first one, their names."""
        for prefix, start, packed in zip(self._prefixes, self._starts, self._packed, strict=True):
            if packed:
                yield prefix, start, packed.split("\0")

    def begin(self, prefix: str) -> None:
        """What follows is in this directory."""
        self._starts.append(len(self.times))
        self._prefixes.append(prefix)
        self._packed.append("")

    def failed(self, name: str, error: OSError) -> None:
        """Something in the directory that was begun last cannot be looked at."""
        if not isinstance(error, FileNotFoundError):  # what is gone needs no decision
            self.errors.append((self.prefix + name, error.strerror or str(error)))

    def add(self, packed: str, times: Sequence[int]) -> int:
        """Add items of the directory that was begun last, by their names with a NUL between them.

        The position of the first.
        """
        first = len(self.times)
        self.times.extend(fitting(times))
        if times:
            self.earliest = min(self.earliest, min(times))
            self.latest = max(self.latest, max(times))
        before = self._packed[-1]
        self._packed[-1] = f"{before}\0{packed}" if before and packed else before or packed
        return first


def scan(root: int, scope: Scope) -> Columns:
    """The items in the directory that is open as `root`. Links and mounts are never followed."""
    # A million results of stat(2) make no cycles, and looking for some takes a tenth of the time.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _scan(root, scope)
    finally:
        if collects:
            gc.enable()


def _scan(root: int, scope: Scope) -> Columns:
    columns = Columns()
    chain = Chain(root, mount_of(root))
    is_excluded = matcher(scope.exclude)
    outside = frozenset(scope.outside)
    waiting = [""]
    try:
        while waiting:
            path = waiting.pop()
            prefix = f"{path}/" if path else ""
            try:
                handle = chain.enter(path)
                if scope.is_plain:
                    columns.begin(prefix)
                    directories = _add_all(columns, handle, _names(handle, scope), scope)
                    waiting += _inner(columns, prefix, directories)
                    continue
                names, directories = _listed(handle, prefix, columns, scope)
            except OutsideError:
                columns.others.append((path, "another file system is mounted there"))
                continue
            except OSError as error:
                columns.errors.append((path or ".", error.strerror or str(error)))
                continue
            if scope.exclude:
                names = [n for n in names if not is_excluded(prefix + n)]
                directories = [n for n in directories if not is_excluded(prefix + n)]
            if outside:
                names = [n for n in names if prefix + n not in outside]
                directories = [n for n in directories if prefix + n not in outside]
            columns.begin(prefix)
            marks = _marks(names, scope.labels) if scope.labels else {}
            if marks:
                names = [name for name in names if _marked(name, scope.labels) is None]
            if scope.kind == "file":
                _add(columns, handle, names, scope, marks)
                waiting += _inner(columns, prefix, directories)
                continue
            if scope.kind == "any":
                directories = sorted([*names, *directories])
            else:
                columns.others += [(name, "it is no directory") for name in names]
            of_directories = frozenset(directories).difference(names)
            _add(columns, handle, directories, scope, marks, of_directories)
    finally:
        chain.close()
    return columns


def size_of(root: int, columns: Columns, wanted: Sequence[int]) -> int:
    """How many bytes those of the items that are wanted take on disk, as far as can be told.

    A file with several names counts where all of them are wanted.
    """
    total = 0
    links: dict[int, int] = {}
    found = columns.statuses
    chain = Chain(root, mount_of(root))
    try:
        for prefix, start, names in columns.parts():
            which = wanted[start : start + len(names)]
            chosen = [*compress(names, which)]
            if not chosen:
                continue
            try:
                handle = chain.enter(prefix.rstrip("/"))
            except OSError:
                continue
            if columns.directories:
                numbers = compress(range(start, start + len(names)), which)
                trees = {
                    name
                    for name, number in zip(chosen, numbers, strict=True)
                    if number in columns.directories
                }
                total += sum(tree_size(handle, name) or 0 for name in trees)
                chosen = [name for name in chosen if name not in trees]
            for begin in range(0, len(chosen), MOST):
                found.look(handle, chosen[begin : begin + MOST], lambda name, error: None)
                blocks = found.blocks
                total += sum(blocks) * BLOCK
                for position, count in found.several:
                    inode = found.inodes[position]
                    links[inode] = links.get(inode, 0) + 1
                    if links[inode] < count:
                        total -= blocks[position] * BLOCK
    finally:
        chain.close()
    return total


def tree_size(parent: int, name: str) -> int | None:
    """How many bytes a directory and all in it take on disk; None where that cannot be told.

    A file with several names in it counts once; what is mounted in it does not count.
    """
    total = 0
    seen: set[int] = set()
    chain = Chain(parent, mount_of(parent))
    waiting = [name]
    try:
        while waiting:
            path = waiting.pop()
            if path.count("/") > MAX_DEPTH:
                return None
            try:
                handle = chain.enter(path)
                total += os.fstat(handle).st_blocks * BLOCK
                with os.scandir(handle) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(f"{path}/{entry.name}")
                            continue
                        status = entry.stat(follow_symlinks=False)
                        if status.st_nlink > 1 and status.st_ino in seen:
                            continue
                        seen.add(status.st_ino)
                        total += status.st_blocks * BLOCK
            except OutsideError:
                continue
            except OSError:
                return None
    finally:
        chain.close()
    return total


def packed(names: Iterable[str]) -> str:
    """Names in one string: none has a NUL in it."""
    return "\0".join(names)


def fitting(times: Sequence[int]) -> "array[int]":
    """Times in nanoseconds, as a column."""
    try:
        return array("q", times)
    except OverflowError:
        return array("q", [min(max(time, _EARLIEST), _LATEST) for time in times])


def allocated(status: os.stat_result) -> int:
    """How many bytes a file takes on disk; a sparse one takes fewer than it holds."""
    return status.st_blocks * BLOCK


def _inner(columns: Columns, prefix: str, directories: Sequence[str]) -> list[str]:
    """The directories to go on with, the last one first."""
    if directories and prefix.count("/") >= MAX_DEPTH:
        columns.errors += [(prefix + name, "it is nested too deeply") for name in directories]
        return []
    return [prefix + name for name in reversed(directories)]


def _names(handle: int, scope: Scope) -> list[str]:
    names = os.listdir(handle)
    if not scope.any_order:
        names.sort()
    return names


def _add_all(columns: Columns, handle: int, names: list[str], scope: Scope) -> list[str]:
    """Every file of an open directory, as one question a name and no more; its directories."""
    directories: list[str] = []
    found = columns.statuses
    for start in range(0, len(names), MOST):
        some = found.look(handle, names[start : start + MOST], columns.failed)
        modes = found.modes
        text = packed(some)
        if {mode & _TYPE for mode in {*modes}} != _FILES or OWN in text:
            kinds = [mode & _TYPE for mode in modes]
            which = []
            for position, (name, kind) in enumerate(zip(some, kinds, strict=True)):
                if name.startswith(OWN):
                    continue
                if kind == S_IFREG:
                    which.append(position)
                elif kind == S_IFDIR:
                    directories.append(name)
                else:
                    what = "a link" if kind == S_IFLNK else "no file and no directory"
                    columns.others.append((columns.prefix + name, f"it is {what}"))
            found.keep(which)
            text = packed(some[position] for position in which)
        first = columns.add(text, found.written)
        _measure(columns, first, found, scope)
    directories.sort()
    return directories


def _measure(columns: Columns, first: int, found: Statuses, scope: Scope) -> None:
    columns.blocks.extend(found.blocks)
    several = found.several
    if several:
        inodes, modes = found.inodes, found.modes
        for position, count in several:
            if modes[position] & _TYPE == S_IFREG:
                columns.links[first + position] = (inodes[position], count)
    if scope.identities:
        columns.inodes.extend(found.inodes)
        columns.lengths.extend(found.lengths)
        devices = found.devices
        columns.device = columns.device or next(iter(devices), 0)
        if {*devices} - {columns.device}:  # as on an overlay
            for index, device in enumerate(devices, first):
                if device != columns.device:
                    columns.apart.add(index)


def _listed(
    handle: int, prefix: str, columns: Columns, scope: Scope
) -> tuple[list[str], list[str]]:
    """The names of the files and of the directories in an open directory."""
    directories: list[str] = []
    with os.scandir(handle) as entries:
        found = [*entries]
        # Both follow no link, since there is none, and without an argument they are twice as fast.
        if any(map(_is_link, found)) or not all(map(_is_file, found)):
            names = [e.name for e in found if e.is_file(follow_symlinks=False)]
            found = [e for e in found if not e.is_file(follow_symlinks=False)]
        else:
            names, found = [e.name for e in found], []
    for entry in found:
        if entry.name.startswith(OWN):
            continue
        if entry.is_dir(follow_symlinks=False):
            directories.append(entry.name)
        else:
            what = "a link" if entry.is_symlink() else "no file and no directory"
            columns.others.append((prefix + entry.name, f"it is {what}"))
    if not scope.any_order:
        names.sort()
    directories.sort()
    if OWN in packed(names):
        names = [name for name in names if not name.startswith(OWN)]
    return names, directories


def _add(
    columns: Columns,
    handle: int,
    names: list[str],
    scope: Scope,
    marks: dict[str, frozenset[str]],
    directories: frozenset[str] = frozenset(),
) -> None:
    """Those of the names that are items."""
    if scope.reads is not None:
        _add_told(columns, handle, names, scope, scope.reads, marks, directories)
        return
    found = columns.statuses
    for begin in range(0, len(names), MOST):
        some = found.look(handle, names[begin : begin + MOST], columns.failed)
        written = found.written
        first = columns.add(packed(some), written)
        if scope.kind == "file" or scope.details:
            _measure(columns, first, found, scope)
        if scope.details:
            columns.used.extend(fitting([*map(max, found.read, written)]))
        if directories or marks:
            for index, name in enumerate(some, first):
                _note(columns, handle, index, name, Told(), scope, marks, directories)


def _add_told(
    columns: Columns,
    handle: int,
    names: list[str],
    scope: Scope,
    reads: Reader,
    marks: dict[str, frozenset[str]],
    directories: frozenset[str],
) -> None:
    """Those of the names that a pattern matches."""
    prefix = columns.prefix
    simple = not (directories or marks or scope.labels)
    if simple and scope.from_name and scope.reads_all is not None and not scope.details:
        text = packed(names)
        times = scope.reads_all(text, len(names)) if names else None
        if times is not None:
            columns.add(text, times)
            return
    items: list[str] = []
    moments: list[int] = []
    notes: list[tuple[int, str, Told]] = []
    for name in names:
        told = reads(name)
        if told is None:
            columns.others.append((prefix + name, "its name is not that of an item"))
            continue
        time = told.time if scope.from_name else None
        if time is None or scope.details:
            try:
                status = os.lstat(name, dir_fd=handle)
            except OSError as error:
                columns.failed(name, error)
                continue
            time = status.st_mtime_ns if time is None else time
            if scope.details:
                columns.blocks.append(status.st_blocks)
                columns.used.extend(fitting([max(status.st_atime_ns, status.st_mtime_ns)]))
        if not simple or told.offset is not None:
            notes.append((len(items), name, told))
        items.append(name)
        moments.append(time)
    start = columns.add(packed(items), moments)
    for number, name, told in notes:
        _note(columns, handle, start + number, name, told, scope, marks, directories)


def _note(
    columns: Columns,
    handle: int,
    index: int,
    name: str,
    told: Told,
    scope: Scope,
    marks: dict[str, frozenset[str]],
    directories: frozenset[str],
) -> None:
    """What only few items have: an offset, labels, that it is a directory."""
    if told.offset is not None:
        columns.offsets[index] = told.offset
    labels = told.labels | marks.get(name, frozenset())
    if name in directories:
        columns.directories.add(index)
        if scope.labels:
            labels |= _marks_inside(handle, name, scope.labels)
        if scope.details:
            size = tree_size(handle, name)
            if size is not None:
                columns.blocks[index] = size // BLOCK
    if labels:
        columns.labels[index] = labels


def _marks(names: Collection[str], labels: Collection[str]) -> dict[str, frozenset[str]]:
    """The labels that marks beside the items give them: `.NAME.critical`."""
    found: dict[str, frozenset[str]] = {}
    for name in names:
        if (mark := _marked(name, labels)) is not None:
            item, label = mark
            found[item] = found.get(item, frozenset()) | {label}
    return found


def _marked(name: str, labels: Collection[str]) -> tuple[str, str] | None:
    item, dot, label = name[1:].rpartition(".")
    return (item, label) if name[:1] == "." and dot and item and label in labels else None


def _marks_inside(handle: int, name: str, labels: Collection[str]) -> frozenset[str]:
    found = set()
    for label in labels:
        try:
            os.stat(f"{name}/.{label}", dir_fd=handle, follow_symlinks=False)
        except OSError:
            continue
        found.add(label)
    return frozenset(found)
