"""The directory tree below a root: read, listed and written by directory handles only.

Every component of a path is opened with O_NOFOLLOW, so nothing outside the root is reached through
a symbolic link, not even one that appears during the run.
"""

import errno
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# What tells that a file may have changed: its size, its inode number, and when its contents and its
# inode changed last, in nanoseconds since the epoch. A list, since JSON holds no tuples.
Signature = list[int]

MAX_BYTES = 8 * 1024 * 1024

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_TEMPORARY = (".govcheck-", ".tmp")


class TooLargeError(Exception):
    """The file is larger than `MAX_BYTES`."""


class RefusedError(Exception):
    """The file is not replaced; the message says why and what was found instead."""


class Tree:
    """The files below one directory. Paths are relative to it, with forward slashes.

    `signatures` are those that files had when they were last opened to be read.
    """

    def __init__(self, root: str) -> None:
        # The handles of the directories that lead to the file last opened: paths come sorted, so
        # each directory is opened once.
        self._names: list[str] = []
        self._handles: list[int] = []
        self.signatures: dict[str, Signature] = {}
        self._handles = [os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]

    def close(self) -> None:
        """Give the directory handles back."""
        while self._handles:
            # Nothing was written by them, and Linux frees a descriptor that close(2) fails on.
            with suppress(OSError):
                os.close(self._handles.pop())

    def __del__(self) -> None:
        self.close()

    def exists(self, path: str) -> bool:
        """Whether there is anything at a path, a link included."""
        try:
            directory, name = self._parent(path)
            os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError:
            return False
        return True

    def target(self, path: str) -> str | None:
        """What a symbolic link says that it leads to; None where there is no link."""
        try:
            return os.readlink(path, dir_fd=self._handles[0])
        except OSError:
            return None

    def signature(self, path: str) -> Signature | None:
        """The signature of a regular file, now; None where there is none or it is a link.

        A directory on the way may be a link: the inode tells whether it leads to the same file.
        """
        try:
            status = os.stat(path, dir_fd=self._handles[0], follow_symlinks=False)
        except OSError:
            return None
        return _signature(status) if stat.S_ISREG(status.st_mode) else None

    def read(self, path: str) -> bytes | None:
        """The bytes of a regular file; None where there is none (any more) or it is a link.

        Raises:
            TooLargeError: it is larger than `MAX_BYTES`.
            OSError: it cannot be read.
        """
        try:
            handle = self._open(path)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return None
            self.signatures[path] = _signature(status)
            if status.st_size > MAX_BYTES:
                raise TooLargeError
            return _read(handle, status.st_size)
        finally:
            os.close(handle)

    @contextmanager
    def mapped(self, path: str) -> Iterator[mmap.mmap]:
        """A large file, mapped for searching.

        Raises:
            OSError: it cannot be opened or mapped.
        """
        handle = self._open(path)
        try:
            with mmap.mmap(handle, 0, prot=mmap.PROT_READ) as data:
                yield data
        finally:
            os.close(handle)

    def walk(self) -> Iterator[tuple[str, list[str], list[str]]]:
        """Each directory with the names of its directories and regular files, from the top.

        The caller may take names out of the list of directories to leave those alone. Links, and
        directories that cannot be listed, are passed over.
        """
        waiting = [""]
        while waiting:
            path = waiting.pop()
            try:
                with os.scandir(self._descend(path.split("/") if path else [])) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
                    directories = [e.name for e in listed if e.is_dir(follow_symlinks=False)]
                    files = [e.name for e in listed if e.is_file(follow_symlinks=False)]
            except OSError:
                continue
            yield path, directories, files
            prefix = f"{path}/" if path else ""
            waiting += [prefix + name for name in reversed(directories)]

    def replace(self, path: str, before: bytes, after: bytes) -> None:
        """Replace the contents of a file atomically, if they are still `before`.

        The new contents are written beside the file, synced, and renamed over it, so that at any
        moment the file is either old or new (POSIX rename); its mode and owner stay.

        Raises:
            RefusedError: it is no longer what was read, not a regular file, or has other names.
            OSError: it cannot be written; the file is untouched.
        """
        directory, name = self._parent(path)
        _sweep(directory)
        status = _unchanged(directory, name, before)
        temporary = _temporary()
        handle = os.open(temporary, _NEW, 0o600, dir_fd=directory)
        try:
            try:
                _write(handle, after)
                if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(handle, status.st_uid, status.st_gid)
                os.fchmod(handle, stat.S_IMODE(status.st_mode))
                os.fsync(handle)
            finally:
                os.close(handle)
            _unchanged(directory, name, before)
            os.replace(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
            raise
        os.fsync(directory)

    def create(self, path: str, data: bytes) -> None:
        """Write a new file; it appears whole or not at all.

        Raises:
            FileExistsError: there is one already.
            OSError: it cannot be written.
        """
        directory, name = self._parent(path)
        temporary = _temporary()
        handle = os.open(temporary, _NEW, 0o666, dir_fd=directory)
        try:
            try:
                _write(handle, data)
                os.fsync(handle)
            finally:
                os.close(handle)
            # A link, unlike a rename, does not replace a file that appeared meanwhile.
            os.link(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        finally:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
        os.fsync(directory)

    def _open(self, path: str) -> int:
        directory, name = self._parent(path)
        return os.open(name, _FILE, dir_fd=directory)

    def _parent(self, path: str) -> tuple[int, str]:
        *names, name = path.split("/")
        if name in ("", ".", ".."):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self._descend(names), name

    def _descend(self, names: list[str]) -> int:
        if names == self._names:
            return self._handles[-1]
        shared = 0
        while shared < min(len(names), len(self._names)) and names[shared] == self._names[shared]:
            shared += 1
        while len(self._handles) > shared + 1:
            os.close(self._handles.pop())
        del self._names[shared:]
        for name in names[shared:]:
            if name in ("", ".", ".."):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
            self._handles.append(os.open(name, _DIRECTORY, dir_fd=self._handles[-1]))
            self._names.append(name)
        return self._handles[-1]


def _signature(status: os.stat_result) -> Signature:
    return [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


def is_temporary(path: str) -> bool:
    """Whether a path is a file that `replace` writes before it renames it."""
    name = path.rpartition("/")[2]
    return name.startswith(_TEMPORARY[0]) and name.endswith(_TEMPORARY[1])


def _temporary() -> str:
    return f"{_TEMPORARY[0]}{os.getpid()}-{os.urandom(4).hex()}{_TEMPORARY[1]}"


def _read(handle: int, size: int) -> bytes:
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    # It shrank or grew since it was measured, or the system reads in pieces.
    pieces = [data]
    total = len(data)
    while piece := os.read(handle, 1 << 20):
        pieces.append(piece)
        total += len(piece)
        if total > MAX_BYTES:
            raise TooLargeError
    return b"".join(pieces)


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _unchanged(directory: int, name: str, before: bytes) -> os.stat_result:
    try:
        handle = os.open(name, _FILE, dir_fd=directory)
    except OSError as error:
        if error.errno in _GONE:
            raise RefusedError("it is gone, or a link has taken its place") from error
        raise
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError("it is not a regular file")
        if status.st_nlink > 1:
            raise RefusedError("it has other names (hard links), which would keep the old text")
        if status.st_size != len(before) or _read(handle, status.st_size) != before:
            raise RefusedError("it has changed since it was read")
        return status
    finally:
        os.close(handle)


def _sweep(directory: int) -> None:
    """Remove what a run that was killed left in a directory."""
    with os.scandir(directory) as entries:
        names = [entry.name for entry in entries if is_temporary(entry.name)]
    for name in names:
        owner = name.removeprefix(_TEMPORARY[0]).partition("-")[0]
        if not owner.isdecimal() or not _is_running(int(owner)):
            with suppress(OSError):
                os.unlink(name, dir_fd=directory)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
