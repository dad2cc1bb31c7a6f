"""Where the runner keeps what it must remember: `.govcheck/retention`, for one run at a time."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from govcheck.retention.audit import Audit
from govcheck.retention.directories import NEW, Chain, Mount, make_private, mount_of, write_all
from govcheck.retention.lock import locked

FOLDER = ".govcheck"


class Workspace(NamedTuple):
    """Open directories: the root of the repository, the runner's own, that of its journals.

    `chain` leads from the root on its own mount, and onto others at `points`; `far` onto any: to
    archives.
    """

    path: str
    root: int
    mount: Mount
    own: int
    runs: int
    chain: Chain
    far: Chain
    audit: Audit
    points: Collection[str]

    def another_chain(self) -> Chain:
        """One as `chain`, whose handles stay open when that one is asked for something else."""
        return Chain(self.root, self.mount, self.points)


@contextmanager
def workspace(path: str, audit_log: str, points: Collection[str] = ()) -> Iterator[Workspace]:
    """Open the runner's directory and hold its lock; it is made where there is none.

    Raises:
        BusyError: another run is at work.
        AuditError: the audit log does not end where it ended.
        OSError: something cannot be opened or made, or others may write to it.
    """
    handles = []
    try:
        handles.append(root := os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        handles.append(folder := make_private(FOLDER, root))
        _ignore(folder)
        handles.append(own := make_private("retention", folder))
        with locked(own):
            handles.append(runs := make_private("runs", own))
            mount = mount_of(root)
            chain, far = Chain(root, mount, points), Chain(root, None)
            try:
                directory, _, name = audit_log.rpartition("/")
                make_directories(far, directory)
                handles.append(logs := os.dup(far.enter(directory)))
                audit = Audit(logs, name)
                try:
                    yield Workspace(path, root, mount, own, runs, chain, far, audit, points)
                finally:
                    audit.close()
            finally:
                chain.close()
                far.close()
    finally:
        for handle in reversed(handles):
            os.close(handle)


def make_directories(chain: Chain, path: str) -> int:
    """The open directory at a path, made with all that lead to it.

    Raises:
        OutsideError: one on the way is a link.
        OSError: one cannot be made.
    """
    names = path.split("/") if path else []
    for depth, name in enumerate(names):
        parent = chain.enter("/".join(names[:depth]))
        try:
            os.mkdir(name, dir_fd=parent)
        except FileExistsError:
            continue
        os.fsync(parent)
    return chain.enter(path)


def _ignore(folder: int) -> None:
    """Keep git from seeing what is in a directory."""
    try:
        handle = os.open(".gitignore", NEW, 0o644, dir_fd=folder)
    except FileExistsError:
        return
    try:
        write_all(handle, b"*\n")
    finally:
        os.close(handle)
