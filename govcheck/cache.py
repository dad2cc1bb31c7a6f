"""What earlier runs learnt about files that are as they were, kept in the user's cache directory.

A file is as it was if its size, inode and the times of its contents and of its inode are: what git
trusts for its index, and nobody can set the second time. As there ("Use of index and Racy Git
problem", git's technical documentation), what changed just now is not remembered, since another
change may leave the same times. Nothing here is needed: a cache that cannot be read is empty, and
one that cannot be written is forgotten.
"""

import json
import os
import stat
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from govcheck.disk import Signature

UNKNOWN: Final = object()

_Table = dict[str, tuple[Signature, Any]]

_MAX_BYTES = 64 * 1024 * 1024
_MAX_QUESTIONS = 8
_MAX_SECONDS = 30 * 24 * 60 * 60
_RACY_NS = 2_000_000_000


class Cache:
    """Answers to questions about single files; a question is any text, an answer is JSON.

    Only questions that were asked lately, and files that still exist, stay in it.
    """

    def __init__(self, root: str) -> None:
        """Open the cache of the checkout at `root`."""
        root = os.path.abspath(root)
        self._path = _path(root)
        self._head = {"root": root, "program": _program()}
        self._settled_ns = time.time_ns() - _RACY_NS
        self._tables = self._load()
        self._kept: dict[str, _Table] = {}
        self._learnt = False

    def recall(self, question: str, path: str, signature: Signature | None) -> Any:
        """What an earlier run said of a file with the same signature; otherwise `UNKNOWN`."""
        known = self._tables.get(question, {}).get(path)
        if known is None or known[0] != signature:
            return UNKNOWN
        self._kept.setdefault(question, {})[path] = known
        return known[1]

    def recall_all(
        self, question: str, paths: Iterable[str], signature: Callable[[str], Signature | None]
    ) -> Mapping[str, Any]:
        """What an earlier run said of files that still have that signature, as far as it did."""
        kept = self._kept.setdefault(question, {})
        if table := self._tables.get(question):
            for path in paths:
                known = table.get(path)
                if known is not None and known[0] == signature(path):
                    kept[path] = known
        return {path: answer for path, (_, answer) in kept.items()}

    def remember(self, question: str, path: str, signature: Signature, answer: Any) -> None:
        """Keep what was said of a file that had this signature before it was read."""
        if max(signature[2:]) < self._settled_ns:
            self._kept.setdefault(question, {})[path] = (signature, answer)
            self._learnt = True

    def save(self) -> None:
        """Write what was learnt, whole or not at all."""
        if not self._learnt or not self._path:
            return
        tables = {q: table for q, table in self._tables.items() if q not in self._kept}
        tables |= self._kept
        lately = dict(list(tables.items())[-_MAX_QUESTIONS:])
        body = json.dumps(lately, separators=(",", ":")).encode()
        head = json.dumps({**self._head, "check": zlib.crc32(body)}).encode()
        temporary = f"{self._path}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            if not os.path.lexists(self._path):
                _sweep(os.path.dirname(self._path))
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(handle, "wb") as file:
                file.write(head + b"\n" + body)
            os.replace(temporary, self._path)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)

    def _load(self) -> dict[str, _Table]:
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(handle, "rb") as file:
                status = os.fstat(handle)
                is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
                if not is_ours or status.st_size > _MAX_BYTES:
                    return {}
                head, _, body = file.read().partition(b"\n")
            if json.loads(head) != {**self._head, "check": zlib.crc32(body)}:
                return {}
            tables: dict[str, _Table] = json.loads(body)
            return tables
        except (OSError, ValueError, RecursionError):
            return {}


def _path(root: str) -> str:
    """Where the cache of a checkout is; nowhere if it would be in the checkout itself."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):  # XDG Base Directory Specification: then it is to be ignored
        home = os.path.expanduser("~/.cache")
    if not os.path.isabs(home) or f"{os.path.realpath(home)}/".startswith(
        f"{os.path.realpath(root)}/"
    ):
        return ""
    name = os.path.basename(root)[:40]
    return os.path.join(home, "govcheck", f"{name}-{zlib.crc32(os.fsencode(root)):08x}.json")


def _sweep(directory: str) -> None:
    """Remove the caches of checkouts that are no longer used, or no longer there."""
    with os.scandir(directory) as entries:
        old = [each.path for each in entries if time.time() - each.stat().st_mtime > _MAX_SECONDS]
    for path in old:
        os.unlink(path)


def _program() -> list[object]:
    """What tells this copy of govcheck from another, also from one under development."""
    package = os.path.dirname(__file__)
    return [package, max(_changes(package))]


def _changes(directory: str) -> Iterator[int]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _changes(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.stat(follow_symlinks=False).st_ctime_ns
