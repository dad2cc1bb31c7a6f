"""Directories by handle: reached, moved and emptied without a link, a mount or a path in between.

A path is walked one component at a time with O_NOFOLLOW, which alone guards only the last one. The
device number does not tell a bind mount of the same file system, so the mount is compared as well.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

MAX_DEPTH = 200

_RENAME_NOREPLACE = 1  # renameat2(2)
_RENAME_EXCL = 4  # renameatx_np(2) of macOS


class OutsideError(OSError):
    """The way leads over a link, onto another mount, or to a directory that others may write."""


class Mount(NamedTuple):
    """Where a directory is mounted: its device, and the mount's number where the system tells."""

    device: int
    number: bytes


def mount_of(handle: int) -> Mount:
    """The mount that an open directory is on."""
    return Mount(os.fstat(handle).st_dev, _mount_number(handle))


class Chain:
    """The directories from a root down to where the last path led, open.

    Paths are relative to the root, with forward slashes; those that share a beginning share its
    handles, so it pays to ask in sorted order. With `mount`, no directory on another is entered,
    but for the paths in `points`: there another one may begin.
    """

    def __init__(self, root: int, mount: Mount | None, points: Collection[str] = ()) -> None:
        self._mounts = [mount]
        self._points = points
        self._names: list[str] = []
        self._handles = [os.dup(root)]

    def close(self) -> None:
        """Give the handles back."""
        while self._handles:
            os.close(self._handles.pop())

    def parent(self, path: str) -> tuple[int, str]:
        """The open directory that holds the last component of a path, and that component.

        Raises:
            OutsideError: a directory on the way is a link or on another mount.
            OSError: it cannot be entered.
        """
        directory, _, name = path.rpartition("/")
        return self.enter(directory), _checked(name, path)

    def enter(self, path: str) -> int:
        """The open directory at a path; "" is the root. It stays open until another is asked for.

        Raises:
            OutsideError: a directory on the way is a link or on another mount.
            OSError: it cannot be entered.
        """
        names = path.split("/") if path else []
        if names == self._names:
            return self._handles[-1]
        shared = 0
        while shared < min(len(names), len(self._names)) and names[shared] == self._names[shared]:
            shared += 1
        self._leave(shared)
        for name in names[shared:]:
            self._handles.append(open_directory(_checked(name, path), self._handles[-1]))
            self._names.append(name)
            mount = self._mounts[-1]
            self._mounts.append(mount)
            if mount and (found := mount_of(self._handles[-1])) != mount:
                where = "/".join(self._names)
                if where not in self._points:
                    self._leave(len(self._names) - 1)
                    raise OutsideError(errno.EXDEV, "it is on another mount", where)
                self._mounts[-1] = found
        return self._handles[-1]

    def forget(self) -> None:
        """Walk from the root again at the next question."""
        self._leave(0)

    def _leave(self, depth: int) -> None:
        while len(self._handles) > depth + 1:
            os.close(self._handles.pop())
        del self._names[depth:]
        del self._mounts[depth + 1 :]


def open_directory(name: str, parent: int) -> int:
    """Open a directory inside another one, but not through a link.

    Raises:
        OutsideError: it is a link, or no directory.
        OSError: it cannot be opened.
    """
    try:
        return os.open(name, DIRECTORY, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise OutsideError(error.errno, "it is a link or no directory", name) from error
        raise


def make_private(name: str, parent: int) -> int:
    """Open a directory that only its owner may enter, and make it where there is none.

    Raises:
        OutsideError: it is a link, or another user's, or others may write to it.
        OSError: it cannot be made.
    """
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        pass
    else:
        os.fsync(parent)
    handle = open_directory(name, parent)
    status = os.fstat(handle)
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        os.close(handle)
        raise OutsideError(errno.EPERM, "others than you may write to it", name)
    return handle


def move_new(name: str, source: int, new: str, target: int) -> None:
    """Rename atomically, but never over something that is there.

    Raises:
        FileExistsError: something has the new name.
        OSError: it cannot be renamed, as onto another device.
    """
    call = _exclusive_rename()
    if call is None:
        _move_by_link(name, source, new, target)
        return
    code = call(source, os.fsencode(name), target, os.fsencode(new))
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        _move_by_link(name, source, new, target)
    elif code:
        raise OSError(code, os.strerror(code), name)


def empty(directory: int, mount: Mount, failed: Callable[[str, OSError], None]) -> None:
    """Remove all that is in a directory of ours; what cannot be removed is told and stays.

    Directories are moved up into it before they are emptied in turn, so that no depth needs more
    than two handles, and so that a mount (which cannot be renamed) is never entered.
    """
    waiting = [""]
    number = 0
    while waiting:
        name = waiting.pop()
        try:
            handle = open_directory(name, directory) if name else os.dup(directory)
        except OSError as error:
            failed(name, error)
            continue
        try:
            if mount_of(handle) != mount:
                failed(name, OutsideError(errno.EXDEV, "it is on another mount"))
                continue
            for entry, is_directory in [*listed(handle)]:
                try:
                    if not is_directory:
                        os.unlink(entry, dir_fd=handle)
                    elif name:
                        number += 1
                        new = f".{number}"
                        while _exists(new, directory):
                            number += 1
                            new = f".{number}"
                        os.rename(entry, new, src_dir_fd=handle, dst_dir_fd=directory)
                        waiting.append(new)
                    else:
                        waiting.append(entry)
                except OSError as error:
                    failed(entry, error)
        except OSError as error:
            failed(name, error)
        finally:
            os.close(handle)
        if name:
            # What it still holds has been told; the directories that went up come next.
            with suppress(OSError):
                os.rmdir(name, dir_fd=directory)


def walk(parent: int, name: str, mount: Mount) -> Iterator[tuple[str, int, str, os.stat_result]]:
    """An item and all that is in it, a directory before what it holds, in order of names.

    Each with its path from the item ("" is the item itself), the open directory that holds it, its
    name there and its status.

    Raises:
        OutsideError: something is mounted in it, lies too deep, or is no file, directory or link.
        OSError: something cannot be looked at.
    """
    pending: list[tuple[str, int, Iterator[str]]] = []
    path, holder = "", parent
    try:
        while True:
            status = os.stat(name, dir_fd=holder, follow_symlinks=False)
            is_directory = stat.S_ISDIR(status.st_mode)
            if not is_directory and not (
                stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)
            ):
                raise OutsideError(errno.EINVAL, "it holds a socket, pipe or device", path)
            if status.st_dev != mount.device:
                raise OutsideError(errno.EXDEV, "something is mounted in it", path)
            yield path, holder, name, status
            if is_directory:
                if len(pending) >= MAX_DEPTH:
                    raise OutsideError(errno.ENAMETOOLONG, "it is too deep", path)
                handle = open_directory(name, holder)
                pending.append((path, handle, iter(())))
                if mount_of(handle) != mount:
                    raise OutsideError(errno.EXDEV, "something is mounted in it", path)
                pending[-1] = (path, handle, iter(sorted(os.listdir(handle))))
            while pending:
                following = next(pending[-1][2], None)
                if following is not None:
                    break
                os.close(pending.pop()[1])
            else:
                return
            above, holder, _ = pending[-1]
            name = following
            path = f"{above}/{name}" if above else name
    finally:
        for _, handle, _ in pending:
            os.close(handle)


def listed(directory: int) -> Iterator[tuple[str, bool]]:
    """The names in an open directory, and whether each is a directory itself.

    Raises:
        OSError: it cannot be read.
    """
    with os.scandir(directory) as entries:
        for entry in entries:
            yield entry.name, entry.is_dir(follow_symlinks=False)


def write_all(handle: int, data: bytes) -> None:
    """Write all of it, in as many pieces as the system wants.

    Raises:
        OSError: it cannot be written.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def read_all(handle: int, most: int = 1 << 30) -> bytes:
    """The rest of an open file.

    Raises:
        OSError: it cannot be read, or is larger than `most` bytes.
    """
    pieces = []
    while piece := os.read(handle, 1 << 20):
        pieces.append(piece)
        most -= len(piece)
        if most < 0:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return b"".join(pieces)


def replace_file(name: str, directory: int, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        OSError: it cannot be written; what was there is untouched.
    """
    temporary = f".govcheck-{name}.tmp"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=directory)
    handle = os.open(temporary, NEW, 0o600, dir_fd=directory)
    try:
        write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    os.fsync(directory)


def _checked(name: str, path: str) -> str:
    if name in ("", ".", ".."):
        raise OutsideError(errno.EINVAL, "no name of a file", path)
    return name


def _exists(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _mount_number(handle: int) -> bytes:
    if sys.platform != "linux":
        return b""
    info = os.open(f"/proc/self/fdinfo/{handle}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _, _, rest = os.read(info, 4096).partition(b"mnt_id:")
    finally:
        os.close(info)
    return rest.split(b"\n", 1)[0].strip()


@cache
def _exclusive_rename() -> Callable[[int, bytes, int, bytes], int] | None:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    darwin = sys.platform == "darwin"
    function: Any = getattr(library, "renameatx_np" if darwin else "renameat2", None)
    if function is None:
        return None
    flags = ctypes.c_uint(_RENAME_EXCL if darwin else _RENAME_NOREPLACE)
    path = ctypes.c_char_p
    function.argtypes = (ctypes.c_int, path, ctypes.c_int, path, ctypes.c_uint)

    def rename(source: int, name: bytes, target: int, new: bytes) -> int:
        return ctypes.get_errno() if function(source, name, target, new, flags) else 0

    return rename


def _move_by_link(name: str, source: int, new: str, target: int) -> None:
    """Where the system cannot rename exclusively: a link is exclusive, for all but directories."""
    if stat.S_ISDIR(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode):
        if _exists(new, target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)
        return
    os.link(name, new, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    os.unlink(name, dir_fd=source)
