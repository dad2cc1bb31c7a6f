"""Directories opened by handles: a link, a mount or `..` on the way is refused, never followed."""

import errno
import os
import stat
from functools import cache

from govcheck.retention.plan import Identity, Kind

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class CrossingError(OSError):
    """Another mount begins on the way."""


def open_directory(parent: int, path: str) -> int:
    """A handle of a directory below another one: `path` is relative, with forward slashes.

    Every component is opened by itself with O_NOFOLLOW. The caller closes the handle.

    Raises:
        CrossingError: a component is where something else is mounted, be it of the same device.
        OSError: there is none, or a component is a link (ELOOP or ENOTDIR).
    """
    mount = mount_of(parent)
    handle = os.dup(parent)
    try:
        for name in path.split("/") if path not in ("", ".") else []:
            if name in ("", ".", ".."):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            inner = os.open(name, DIRECTORY, dir_fd=handle)
            os.close(handle)
            handle = inner
            if mount_of(handle) != mount:
                raise CrossingError(errno.EXDEV, "another file system is mounted there", path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def mount_of(handle: int) -> tuple[int, int]:
    """What tells the mount that a handle is on: its device, and on Linux its mount.

    A directory may be bound to another place of the same device: only the mount tells that.
    """
    device = os.fstat(handle).st_dev
    if not _has_mount_ids():
        return device, 0
    info = os.open(f"/proc/self/fdinfo/{handle}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _, _, tail = os.read(info, 512).partition(b"mnt_id:")
        return device, int(tail.split(None, 1)[0])
    finally:
        os.close(info)


def identity(parent: int, name: str) -> Identity:
    """The identity of what a directory holds under a name, a link itself where it is one.

    Raises:
        OSError: there is nothing, or it cannot be looked at.
    """
    return identity_of(os.stat(name, dir_fd=parent, follow_symlinks=False))


def identity_of(status: os.stat_result) -> Identity:
    """The identity that a status tells of."""
    return Identity(
        status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, _kind(status.st_mode)
    )


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"


@cache
def _has_mount_ids() -> bool:
    return os.path.isdir("/proc/self/fdinfo")
