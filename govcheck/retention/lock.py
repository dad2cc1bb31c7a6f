"""One run at a time: a lock that its owner's death releases."""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from govcheck.retention.directories import write_all
from govcheck.retention.errors import RunnerError

_NAME = "lock"
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class BusyError(RunnerError):
    """Another run is at work; the message says which."""


@contextmanager
def locked(directory: int) -> Iterator[None]:
    """Hold the lock in an open directory; the system releases it when the process ends.

    Raises:
        BusyError: another process holds it.
        OSError: it cannot be opened.
    """
    handle = os.open(_NAME, _OPEN, 0o600, dir_fd=directory)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise BusyError(_owner(handle)) from error
        owner = {
            "process": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(handle, 0)
        write_all(handle, json.dumps(owner).encode())
        yield
    finally:
        os.close(handle)


def _owner(handle: int) -> str:
    try:
        owner = json.loads(os.pread(handle, 4096, 0))
        process = f"process {owner['process']} on {owner['host']}, since {owner['since']}"
    except (ValueError, KeyError, TypeError):
        process = "another process"
    return f"another run is at work ({process}): wait for it, or end it"
