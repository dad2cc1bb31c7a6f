"""Runs of the retention runner that fail or are killed at one call of the system, each in turn.

`python -m tests.faults` goes through all calls of a run, and tells how many points there were and
at which something was lost; the tests go through some. A run is a forked process in which every
function of `os` that calls the system is counted: the call with the number of the point fails with
an error, or the process is killed (SIGKILL) before it or after it. Then a second run settles what
is left, and what the policy keeps must be there byte for byte.
"""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NamedTuple

from govcheck import cli
from govcheck.cli import retention_run, retention_verify
from govcheck.retention import archive, directories, statuses

POLICY = """\
[retention.stores.backups]
path = "backups"
items = { kind = "directory", name = "%Y%m%d_%H%M%S" }
keep = { within = "30d", newest = 1 }
archive = { after = "7d", to = "backups/archive" }

[retention.stores.logs]
path = "logs"
items = { name = ["app_%Y%m%d.log"] }
keep = { within = "14d" }
extract = [{ to = "errors", severity = "ERROR" }]

[retention.stores.errors]
path = "errors"
keep = { within = "400d" }

[retention.stores.reports]
path = "reports"
keep = { within = "14d", newest = 1 }

[retention.stores.cache]
path = "cache"
keep = { within = "7d" }

[retention.stores.trees]
path = "trees"
items = { kind = "directory" }
keep = { within = "7d" }

[retention.stores.data]
path = "data"
keep = "forever"

[retention.runner]
without-trash = ["cache", "trees"]
"""

FAULTS = ("kill", "kill-after", errno.EIO, errno.ENOSPC, errno.EACCES)

# Imported here, so that the processes that are forked need not.
_PROGRAM = (retention_run, retention_verify)
_RUN = ["retention", "run", "--auto", "--max-delete", "100"]
_COUNTED = (
    *("open", "close", "dup", "read", "pread", "write", "lseek", "ftruncate", "fsync", "fdatasync"),
    *("stat", "lstat", "fstat", "scandir", "listdir", "readlink", "utime", "fchmod"),
    *("mkdir", "rmdir", "unlink", "rename", "replace", "link", "symlink"),
)
_DAY = 86_400


class Point(NamedTuple):
    """Where a run is hit: at which call, and how."""

    call: int
    fault: str | int


class Repo(NamedTuple):
    """A repository to run in, and what must not be lost: contents by path."""

    root: Path
    kept: dict[str, bytes]
    due: dict[str, bytes]


def build(root: Path) -> Repo:
    """A repository with stores of every kind, and things outside of them."""
    now = time.time()
    kept: dict[str, bytes] = {}
    due: dict[str, bytes] = {}

    def write(path: str, days: float, into: dict[str, bytes], data: bytes | None = None) -> None:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        data = f"{path} ".encode() * 50 if data is None else data
        file.write_bytes(data)
        os.utime(file, (now - days * _DAY,) * 2)
        into[path] = data

    (root / "govcheck.toml").write_text(POLICY)
    for days in (1, 10, 20, 40, 50):
        name = f"backups/{time.strftime('%Y%m%d_%H%M%S', time.gmtime(now - days * _DAY))}"
        into = kept if days == 1 else due
        for inner in ("a.bin", "sub/b.bin"):
            write(f"{name}/{inner}", days, into)
        for directory in (f"{name}/sub", name):
            os.utime(root / directory, (now - days * _DAY,) * 2)
    for days in (2, 20, 30):
        name = time.strftime("app_%Y%m%d.log", time.gmtime(now - days * _DAY))
        lines = f"INFO fine {days}\nERROR broken {days}\n  Traceback\nINFO again\n"
        write(f"logs/{name}", days, kept if days == 2 else due, lines.encode())
    for number in range(4):
        write(f"reports/{number}.csv", number * 10, kept if number < 2 else due)
        write(f"cache/{number % 2}/{number}", number * 3, kept if number < 3 else due)
        write(f"trees/{number}/deep/er/file", number * 3, kept if number < 3 else due)
        for directory in ("deep/er", "deep", ""):
            os.utime(root / f"trees/{number}" / directory, (now - number * 3 * _DAY,) * 2)
    write("data/for-ever", 4000, kept)
    write("backups/notes.txt", 4000, kept)
    write("src/module.py", 4000, kept)
    return Repo(root, kept, due)


def run(
    root: Path, *, at: Point | None = None, arguments: list[str] = _RUN
) -> tuple[int, int, str]:
    """A run in a process of its own: its exit code or -9, how many calls it made, what it said."""
    with tempfile.TemporaryFile() as output:
        return _run(root, at, arguments, output)


def _run(
    root: Path, at: Point | None, arguments: list[str], output: IO[bytes]
) -> tuple[int, int, str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.close(reading)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            os.chdir(root)
            code = _counted(arguments, at, writing)
        except BaseException:
            import traceback

            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as pipe:
        calls = int(pipe.read() or b"0")
    _, status = os.waitpid(child, 0)
    output.seek(0)
    text = output.read().decode(errors="replace")
    return os.waitstatus_to_exitcode(status), calls, text


def _counted(arguments: list[str], at: Point | None, report: int) -> int:
    real_kill, real_write, process = os.kill, os.write, os.getpid()
    calls = 0

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*positional: Any, **named: Any) -> Any:
            nonlocal calls
            if positional and _is_of_others(positional[0]):
                return function(*positional, **named)
            calls += 1
            if at is None or calls != at.call:
                return function(*positional, **named)
            if at.fault == "kill":
                real_kill(process, signal.SIGKILL)
            if isinstance(at.fault, int):
                if name == "close":
                    function(*positional, **named)
                raise OSError(at.fault, os.strerror(at.fault))
            result = function(*positional, **named)
            real_kill(process, signal.SIGKILL)
            return result

        return call

    rename = directories._exclusive_rename()
    assert rename is not None

    def exclusive(*arguments: Any) -> int:
        try:
            return int(counting("renameat2", rename)(*arguments))
        except OSError as error:
            return error.errno or errno.EIO

    directories._exclusive_rename = lambda: exclusive  # type: ignore[assignment]
    statuses.system_call = lambda: None  # so that files are looked at by os.lstat, which is counted
    for name in _COUNTED:
        setattr(os, name, counting(name, getattr(os, name)))
    try:
        code = cli.run(arguments)
        sys.stdout.flush()
        return code
    finally:
        real_write(report, str(calls).encode())


def _is_of_others(path: object) -> bool:
    """Whether a call asks what other processes have open, as often as there are any."""
    return isinstance(path, str) and path.startswith("/proc/") and path[6:7].isdecimal()


def losses(repo: Repo, root: Path) -> Iterator[str]:
    """What is not as it must be, after a run that was hit and one that was not."""
    for path, data in repo.kept.items():
        yield from _differs(root / path, data)
    journals = [*root.glob(".govcheck/retention/runs/*.jsonl")]
    for journal in journals:
        if b'"end"' not in journal.read_bytes().rstrip().rpartition(b"\n")[2]:
            yield f"{journal.name} is not settled"
    for left in root.rglob(".govcheck-*.tmp"):
        yield f"{left} is left over"
    code, _, said = run(root, arguments=["retention", "verify"])
    if code:
        yield f"verify: {said}"
    stored = {sha256(p.read_bytes()).hexdigest() for p in _files(root)}
    packed = {digest for each in root.glob("backups/archive/*") for digest in _inside(each)}
    logged = b"".join(p.read_bytes() for p in root.glob(".govcheck/retention/audit.jsonl"))
    for path, data in repo.due.items():
        digest = sha256(data).hexdigest()
        if digest in stored or digest in packed:
            continue
        if path.startswith(("cache/", "trees/")):
            item = "/".join(path.split("/")[:2]) if path.startswith("trees/") else path
            if f'"path":"{item}"'.encode() in logged:
                continue
            yield f"{path} was removed and not recorded"
        else:
            yield f"{path} is lost"
    for number, day in enumerate((20, 30)):
        text = f"ERROR broken {day}\n  Traceback\n"
        copies = [p for p in root.glob("errors/*") if text in p.read_text()]
        logs = [p for p in _files(root) if f"ERROR broken {day}".encode() in p.read_bytes()]
        if not copies and not any(b"INFO fine" in p.read_bytes() for p in logs):
            yield f"the errors of log {number} are lost"


def _differs(path: Path, data: bytes) -> Iterator[str]:
    try:
        if path.read_bytes() != data:
            yield f"{path} is not what it was"
    except OSError:
        yield f"{path} is gone"


def _files(root: Path) -> Iterator[Path]:
    return (each for each in root.rglob("*") if each.is_file())


def _inside(path: Path) -> Iterator[str]:
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        _, members = archive.look_at(directory, path.name)
        yield from (member.digest for member in members)
    finally:
        os.close(directory)


def examine(repo: Repo, point: Point, second: Point | None = None) -> list[str]:
    """Hit a run at a point, and perhaps the one that settles it, too; what is lost."""
    root = repo.root.parent / f"{point.call}-{point.fault}"
    subprocess.run(["cp", "-a", str(repo.root), str(root)], check=True)
    try:
        code, _, said = run(root, at=point)
        wrong = ["a traceback: " + said] if "Traceback (most" in said or code == 70 else []
        for path, data in repo.kept.items():
            wrong += _differs(root / path, data)
        if second is not None:
            run(root, at=second)
        code, _, said = run(root)
        wrong += [f"the next run: {said}"] if code or "Traceback (most" in said else []
        return [*wrong, *losses(repo, root)]
    finally:
        shutil.rmtree(root)


def main() -> int:
    """Go through all points, and tell what was lost at which."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every n-th call")
    parser.add_argument("--first", type=int, default=1, help="the first call that is hit")
    parser.add_argument("--settling", action="store_true", help="hit also the run that settles")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "repository"
        root.mkdir()
        repo = build(root)
        whole = root.parent / "whole"
        subprocess.run(["cp", "-a", str(root), str(whole)], check=True)
        code, calls, said = run(whole)
        print(f"a whole run: exit code {code}, {calls} calls: {said.splitlines()[-1]}")
        points = lost = 0
        for call in range(options.first, calls + 1, options.every):
            for fault in FAULTS:
                second = Point(1 + call * 7 % calls, "kill") if options.settling else None
                points += 1
                wrong = examine(repo, Point(call, fault), second)
                if wrong:
                    lost += 1
                    print(f"call {call}, {fault}: {wrong[0]}", flush=True)
        print(f"{points} points, {lost} at which something was wrong")
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
