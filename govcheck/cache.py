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

_MAX_BYTES = 64 * 1024 * 1024
_MAX_QUESTIONS = 64  # a run asks about twenty
_MAX_SECONDS = 30 * 24 * 60 * 60
_RACY_NS = 2_000_000_000


class Cache:
    """Answers to questions about single files; a question is any text, an answer JSON but null.

    Only questions that were asked lately stay in it. On disk it is lines of JSON: what it is of,
    the files with their signatures, and each question before its answers, in the order of the
    files. A file that changes becomes another one at the end, so that questions that are not asked
    in a run need not be read in it, and their answers stay as they are.
    """

    def __init__(self, root: str) -> None:
        """Open the cache of the checkout at `root`."""
        root = os.path.abspath(root)
        self._path = _path(root)
        self._head = {"root": root, "program": _program()}
        self._settled_ns = time.time_ns() - _RACY_NS
        self._files, self._unread = self._load()
        self._numbers = {path: number for number, (path, _) in enumerate(self._files)}
        self._current: dict[str, int | None] = {}
        self._asked: dict[str, list[Any]] = {}
        self._learnt = False

    def recall(self, question: str, path: str, signature: Signature | None) -> Any:
        """What an earlier run said of a file with the same signature; otherwise `UNKNOWN`."""
        number = self._number(path, signature)
        answers = self._answers(question)
        if number is None or number >= len(answers) or answers[number] is None:
            return UNKNOWN
        return answers[number]

    def recall_all(
        self, question: str, paths: Iterable[str], signature: Callable[[str], Signature | None]
    ) -> Mapping[str, Any]:
        """What an earlier run said of files that still have that signature, as far as it did.

        A file is asked for its signature once in a run.
        """
        answers = self._answers(question)
        found: dict[str, Any] = {}
        for path in paths if answers else ():
            if path in self._current:
                number = self._current[path]
            else:
                number = self._number(path, signature(path))
            if number is not None and number < len(answers) and answers[number] is not None:
                found[path] = answers[number]
        return found

    def remember(self, question: str, path: str, signature: Signature, answer: Any) -> None:
        """Keep what was said of a file that had this signature before it was read."""
        if max(signature[2:], default=0) >= self._settled_ns:
            return
        number = self._number(path, signature)
        if number is None:
            number = self._numbers[path] = self._current[path] = len(self._files)
            self._files.append((path, signature))
        answers = self._answers(question)
        answers += [None] * (number + 1 - len(answers))
        answers[number] = answer
        self._learnt = True

    def save(self) -> None:
        """Write what was learnt, whole or not at all."""
        if not self._learnt or not self._path:
            return
        body = b"\n".join(self._lines())
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

    def _number(self, path: str, signature: Signature | None) -> int | None:
        """Which of the files one with this signature is, and that it is so in this run."""
        number = self._numbers.get(path)
        if number is not None and self._files[number][1] != signature:
            number = None
        self._current[path] = number
        return number

    def _answers(self, question: str) -> list[Any]:
        if question not in self._asked:
            self._asked[question] = json.loads(self._unread.pop(question, b"[]"))
        return self._asked[question]

    def _lines(self) -> list[bytes]:
        """The files and the questions asked last, as many as there is room for."""
        files, unread = self._files, self._unread
        current = sorted(number for number in self._current.values() if number is not None)
        if len(files) > 2 * len(current):
            files, unread = [files[number] for number in current], {}
            for answers in self._asked.values():
                answers += [None] * (len(self._files) - len(answers))
                answers[:] = [answers[number] for number in current]
        asked = {question: _dumped(answers) for question, answers in self._asked.items() if answers}
        lines = [_dumped(files)]
        room = _MAX_BYTES - len(lines[0])
        for question, written in [*reversed((unread | asked).items())][:_MAX_QUESTIONS]:
            room -= len(question) + len(written)
            if room < 0:
                break
            lines[1:1] = [_dumped(question), written]
        return lines

    def _load(self) -> tuple[list[tuple[str, Signature]], dict[str, bytes]]:
        """The files that are known, and the answers to each question, as they are written."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(handle, "rb") as file:
                status = os.fstat(handle)
                is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
                if not is_ours or status.st_size > 2 * _MAX_BYTES:
                    return [], {}
                head, _, body = file.read().partition(b"\n")
            if json.loads(head) != {**self._head, "check": zlib.crc32(body)}:
                return [], {}
            files, *lines = body.split(b"\n")
            questions = map(json.loads, lines[::2])
            return json.loads(files), dict(zip(questions, lines[1::2], strict=True))
        except (OSError, ValueError, RecursionError):
            return [], {}


def _dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


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
