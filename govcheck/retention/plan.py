"""What would become of each item of the stores, and which clause of the policy says so."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

Action = Literal["keep", "archive", "remove", "hold", "error"]
Kind = Literal["file", "directory", "link", "other"]


class Identity(NamedTuple):
    """What tells an item from another one that has taken its place.

    `size` is that of the inode itself (`st_size`), also for a directory.
    """

    device: int
    inode: int
    mtime_ns: int
    size: int
    kind: Kind


class Decision(NamedTuple):
    """What is to become of one item.

    `root` is the directory of the store, from the root of the repository; `path` is relative to it.
    Both are as `os.fsdecode` gives them. `time` has a zone. `size` is how many bytes the item
    takes on disk, with all that is in it; None where nobody needed to know. `reasons` name the
    clauses. `identity` is known of whatever is not simply kept. `extracts` are the positions in
    the store's `extract` that apply before a removal. An item is `archived` if it is an archive
    already, and then `root` is the directory of archives.
    """

    store: str
    root: str
    path: str
    time: datetime | None
    size: int | None
    action: Action
    reasons: tuple[str, ...]
    identity: Identity | None = None
    extracts: tuple[int, ...] = ()
    archived: bool = False


class Batch(NamedTuple):
    """Plain files of one directory that are to be removed for one reason, as columns.

    `names` has a NUL between them, `prefix` is what their paths begin with, from `root`. `times`
    are their times in nanoseconds, `written` when they were last written to, `sizes` as in
    `Identity`.
    """

    store: str
    root: str
    prefix: str
    reasons: tuple[str, ...]
    device: int
    names: str
    inodes: Sequence[int]
    times: Sequence[int]
    written: Sequence[int]
    sizes: Sequence[int]

    def identities(self) -> Iterator[tuple[str, int, Identity]]:
        """The path of each file, its time, and its identity."""
        columns = (self.names.split("\0"), self.inodes, self.times, self.written, self.sizes)
        for name, inode, time, written, size in zip(*columns, strict=True):
            yield self.prefix + name, time, Identity(self.device, inode, written, size, "file")
