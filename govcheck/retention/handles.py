"""What tells an item of a store from another one that has taken its place."""

import os
import stat

from govcheck.retention.plan import Identity, Kind


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
