"""How much CPU time and memory a plan and a run take, against find in the same run.

`python benchmarks/retention.py` makes stores of 10,000, 100,000 and 1,000,000 files, a thousand in
each directory, and prints a table as Markdown: `find -mtime` over them, the plan where the time of
an item is when it was last written to (half of them are due), and the plan where its name carries
it (one in twenty is due). The plan prints every store with its sums and the first items. Then all
of a store is removed: by `find -delete`, by a run that removes at once (with its journal, a second
look at each file and the audit log), and by one that moves to the trash.

It is a measurement, not a test. Commands take turns and the least of their times counts, since what
others do on the machine only ever adds. Run it with the Python of an environment that has govcheck.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

IN_A_DIRECTORY = 1000
POLICY = """\
[retention.stores.files]
path = "files"
items = {items}
keep = {{ within = "14d" }}
"""


class Measured(NamedTuple):
    """CPU and wall time in seconds, and the most memory in MB."""

    cpu: float
    wall: float
    memory: float


def main() -> int:
    """Make the stores, measure, print."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5, help="runs of each command (5)")
    parser.add_argument("--removals", type=int, default=2, help="rounds of removals (2)")
    parser.add_argument("--directory", help="where to make the stores")
    options = parser.parse_args()
    print("| files | command | CPU s | wall s | MB | to find |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for count in options.files:
        with tempfile.TemporaryDirectory(dir=options.directory) as directory:
            _measure_all(Path(directory), count, options.runs)
        for number in range(options.removals):
            with tempfile.TemporaryDirectory(dir=options.directory) as directory:
                _measure_removal(Path(directory), count, number + 1)
    return 0


def _measure_all(root: Path, count: int, runs: int) -> None:
    by_time, by_name = root / "time", root / "name"
    now = datetime.now(UTC)
    _make(by_time, count, "{}", now, lambda number: 30 if number % 2 else 3)
    _make(by_name, count, "f_%Y%m%d_%H%M%S.log", now, lambda number: 30 if number % 20 == 0 else 3)
    find = [shutil.which("find") or "find", "files", "-type", "f", "-mtime", "+13"]
    plan = [sys.executable, "-m", "govcheck", "retention", "plan"]
    commands = {
        "find -mtime, last written": (find, by_time),
        "plan, last written": (plan, by_time),
        "find -mtime, dated names": (find, by_name),
        "plan, dated names": (plan, by_name),
    }
    best: dict[str, Measured] = {}
    for _ in range(runs + 1):  # the first one warms up
        for name, (command, place) in commands.items():
            measured = _timed(command, place)
            if name not in best or measured.cpu < best[name].cpu:
                best[name] = measured
    for name, each in best.items():
        peer = best[f"find -mtime, {name.partition(', ')[2]}"]
        print(
            f"| {count:,} | {name} | {each.cpu:.2f} | {each.wall:.2f} | {each.memory:.0f} |"
            f" {each.cpu / peer.cpu:.2f} |",
            flush=True,
        )


def _measure_removal(root: Path, count: int, number: int) -> None:
    """Each command has a store of its own, since none leaves anything for the next."""
    run = [sys.executable, "-m", "govcheck", "retention", "run", "--auto"]
    run += ["--max-delete", str(count)]
    find = [shutil.which("find") or "find", "files", "-type", "f", "-mtime", "+13", "-delete"]
    at_once = '[retention.runner]\nwithout-trash = ["files"]\n'
    peer = 0.0
    for name, command, more in (
        ("find -delete", find, ""),
        ("run, at once", run, at_once),
        ("run, to the trash", run, ""),
    ):
        place = root / name.replace(" ", "-")
        _make(place, count, "{}", datetime.now(UTC), lambda number: 30)
        with (place / "govcheck.toml").open("a") as policy:
            policy.write(more)
        os.sync()
        each = _timed(command, place)
        peer = peer or each.cpu
        print(
            f"| {count:,} | {name} ({number}) | {each.cpu:.2f} | {each.wall:.2f} |"
            f" {each.memory:.0f} | {each.cpu / peer:.2f} |",
            flush=True,
        )
        shutil.rmtree(place)


def _make(root: Path, count: int, pattern: str, now: datetime, days: Callable[[int], int]) -> None:
    items = "{ name = '" + pattern + "' }" if "%" in pattern else "{ kind = 'file' }"
    for number in range(count):
        if number % IN_A_DIRECTORY == 0:
            directory = root / "files" / f"d{number // IN_A_DIRECTORY:04}"
            directory.mkdir(parents=True)
        moment = now - timedelta(days=days(number), seconds=number % 80_000)
        name = moment.strftime(pattern).format(f"f{number:07}")
        handle = os.open(directory / name, os.O_CREAT | os.O_WRONLY)
        os.utime(handle, (moment.timestamp(), moment.timestamp()))
        os.close(handle)
    (root / "govcheck.toml").write_text(POLICY.format(items=items))


def _timed(command: list[str], place: Path) -> Measured:
    with tempfile.TemporaryFile() as output:  # find prints less to /dev/null
        begin = perf_counter()
        process = subprocess.Popen(command, cwd=place, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed")
    scale = 1024 if sys.platform == "linux" else 1024 * 1024
    return Measured(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / scale)


if __name__ == "__main__":
    sys.exit(main())
