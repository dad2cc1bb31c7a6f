"""What `govcheck retention run` does to what is on the disk, and what it never does."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from govcheck import cli
from govcheck.retention import guards, statuses
from tests import faults
from tests.conftest import run_git

DAY = 86_400

BACKUPS = """\
[retention.stores.backups]
path = "backups"
items = { kind = "directory", name = "%Y%m%d_%H%M%S" }
keep = { within = "30d" }
"""
CACHE = """\
[retention.stores.cache]
path = "cache"
keep = { within = "7d" }
"""
LOGS = """\
[retention.stores.logs]
path = "logs"
items = { name = ["*.log", "*.log.*", "*.jsonl"] }
keep = { within = "14d" }
"""
ARCHIVE = 'archive = { after = "7d", to = "backups/archive" }\n'
AT_ONCE = '[retention.runner]\nwithout-trash = ["backups", "cache", "logs"]\n'

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it mounts or chattrs")


class Place:
    """A repository with stores, and the command line in it."""

    def __init__(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capfd = capfd
        self.said = ""

    def policy(self, text: str) -> None:
        (self.root / "govcheck.toml").write_text(text)

    def put(self, path: str | bytes, days: float, data: bytes = b"data\n") -> Path:
        """A file that was last written to some days ago, and so were its directories."""
        file = self.root / os.fsdecode(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        moment = time.time() - days * DAY
        os.utime(file, (moment, moment))
        above = file.parent
        while above != self.root:
            os.utime(above, (moment, moment))
            above = above.parent
        return file

    def backup(self, days: float, suffix: str = "") -> Path:
        """A backup of two files that bears its time in its name, and a fresh one beside it."""
        fresh = time.strftime("%Y%m%d_000000", time.gmtime())
        self.put(f"backups/{fresh}/fresh", 0.1)
        name = time.strftime("%Y%m%d_%H%M%S", time.gmtime(time.time() - days * DAY)) + suffix
        self.put(f"backups/{name}/sub/b.bin", days, b"b" * 5000)
        return self.put(f"backups/{name}/a.bin", days, b"a" * 5000).parent

    def run(self, *options: str, code: int = 0) -> str:
        return self.govcheck("run", "--auto", *options, code=code)

    def govcheck(self, *arguments: str, code: int = 0) -> str:
        self._capfd.readouterr()
        found = cli.run(["retention", *arguments])
        out, err = self._capfd.readouterr()
        self.said = out + err
        assert found == code, self.said
        return self.said

    def records(self) -> list[dict[str, object]]:
        log = self.root / ".govcheck/retention/audit.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()]

    def listing(self) -> dict[str, object]:
        """Everything there is, with what it holds, but for the runner's own files."""
        return {
            str(path.relative_to(self.root)): path.is_dir()
            or path.is_symlink()
            or path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if not str(path.relative_to(self.root)).startswith((".govcheck", ".git"))
        }


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Place:
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    return Place(root, capfd)


@pytest.fixture
def mounted() -> Iterator[Callable[[Path, Path | None], None]]:
    """Mount a fresh file system, or bind another directory."""
    points: list[Path] = []

    def mount(at: Path, other: Path | None = None, size: str = "2m") -> None:
        how = ["--bind", str(other)] if other else ["-t", "tmpfs", "-o", f"size={size}", "none"]
        if subprocess.run(["mount", *how, str(at)], capture_output=True, check=False).returncode:
            pytest.skip("this machine lets nobody mount")
        points.append(at)

    yield mount
    for point in reversed(points):
        subprocess.run(["umount", str(point)], check=True)


# H01, H15
def test_summary_and_audit_log_tell_of_every_decision(place: Place) -> None:
    place.policy(BACKUPS + CACHE + LOGS)
    backup = place.backup(40)
    place.put("cache/old", 10)
    place.put("logs/old.log", 20)
    said = place.run()
    assert "3 in the trash for 7d" in said
    assert not backup.exists()
    records = place.records()
    assert {r["path"] for r in records} == {f"backups/{backup.name}", "cache/old", "logs/old.log"}
    assert all(r["outcome"] == "trashed" and r["reason"] and r["operator"] for r in records)


# H02
def test_older_than_keeps_more_and_never_less(place: Place) -> None:
    place.policy(BACKUPS)
    old, older = place.backup(35), place.backup(400)
    young = place.backup(2)
    place.run("--older-than", "365d")
    assert old.exists()
    assert not older.exists()
    place.run("--older-than", "1d")
    assert young.exists()


# H02b, H02c, H11, H11b, H12, H12b
@pytest.mark.parametrize(
    "options",
    [
        ["--auto", "--older-than", "banana"],
        ["--auto", "--older-than"],
        ["--auto", "--age-threshold-days", "30"],
        [],
        ["--auto", "--confirm"],
        ["--auto", "--dry-run"],
        ["--auto", "--max-delete", "-1"],
        ["--auto", "--store", "nosuch"],
    ],
)
def test_what_is_not_understood_changes_nothing(place: Place, options: list[str]) -> None:
    place.policy(BACKUPS)
    place.backup(400)
    before = place.listing()
    place.govcheck("run", *options, code=2)
    assert place.said.startswith("error: ")
    assert place.listing() == before


# H03
def test_name_is_the_time_of_a_backup_and_not_its_directory(place: Place) -> None:
    place.policy(BACKUPS)
    place.put("backups/20200101_000000/a", 0.5)
    place.put("backups/21000101_000000/a", 400)
    place.run()
    assert [p.name for p in (place.root / "backups").glob("2*")] == ["21000101_000000"]


# H04, H04d, H04e
@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("cache/keep/x.bin", "cache/keep"),
        ("cache/keep/x.bin", "cache/keep/*"),
        ("cache/keep/x.bin", "keep/"),
        ("cache/keep/x.bin", "*.bin"),
        ("cache/keep/x.bin", "/cache/keep/**"),
        ("cache/ok[1].log", "ok[1].log"),
        ("cache/a, b", "a, b"),
        ("cache/.mypy_cache/x", ".mypy_cache"),
    ],
)
def test_exclude_keeps_paths_patterns_and_literal_names(
    place: Place, path: str, pattern: str
) -> None:
    place.policy(CACHE)
    kept = place.put(path, 30)
    gone = place.put("cache/other", 30)
    place.run("--exclude", pattern)
    assert kept.exists()
    assert not gone.exists()


def test_exclude_that_keeps_nothing_is_told(place: Place) -> None:
    place.policy(CACHE)
    place.put("cache/old", 30)
    assert "--exclude cahce/* has kept nothing" in place.run("--exclude", "cahce/*")


# H05, H20d, H19c
def test_monthly_snapshots_and_held_labels_stay_for_their_own_time(place: Place) -> None:
    place.policy(
        BACKUPS.replace('within = "30d"', 'within = "30d", within-monthly = "1y"')
        + 'holds = [{ label = "critical", keep = "90d" }]\n'
    )
    now = time.gmtime()
    month = f"{now.tm_year - 1 if now.tm_mon < 4 else now.tm_year}{(now.tm_mon - 4) % 12 + 1:02}"
    for day in ("01", "02", "15"):
        place.put(f"backups/{month}{day}_000000/a", 100)
    critical, released = place.backup(60, ".critical"), place.backup(61)
    place.run()
    left = {p.name for p in (place.root / "backups").glob("2*")}
    assert f"{month}01_000000" in left
    assert not {f"{month}02_000000", f"{month}15_000000"} & left
    assert critical.exists()
    del released


# H06
def test_directory_that_only_looks_like_a_backup_is_no_item(place: Place) -> None:
    place.policy(BACKUPS)
    kept = [
        place.put(f"backups/{name}/a", 400)
        for name in ("research_models", "20251301_000000", "20250101_999999", "x20250101_000000")
    ]
    place.run()
    assert all(path.exists() for path in kept)


# H07, H07b
def test_store_that_is_a_link_is_refused_aloud(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (place.root / "backups").symlink_to(outside)
    place.policy(BACKUPS)
    old = place.backup(400)
    said = place.run(code=2)
    assert "backups" in said
    assert old.exists()


@pytest.mark.parametrize("runner", ["", AT_ONCE])
def test_link_goes_and_what_it_leads_to_stays(place: Place, tmp_path: Path, runner: str) -> None:
    place.policy(CACHE + runner)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("x")
    place.put("cache/new", 0.5)
    for name, target in (("live", outside), ("dangling", tmp_path / "nothing")):
        link = place.root / "cache" / name
        link.symlink_to(target)
        os.utime(link, (time.time() - 30 * DAY,) * 2, follow_symlinks=False)
    said = place.run() + place.govcheck("plan", "--all")
    gone = not (place.root / "cache/live").is_symlink()
    assert gone or "live" in said
    assert (outside / "file").exists()


# H08, H09
@pytest.mark.parametrize("runner", ["", AT_ONCE])
@pytest.mark.parametrize(
    "name",
    [
        b"a\n/abs/path/victim.txt",
        b"-rf",
        b" lead",
        b"trail ",
        b"\r",
        b"\xff\xfe",
        b"x" * 255,
        b"$(touch pwned)",
        b"*",
        b'"quoted\\',
        b"\x1b[31mred",
    ],
)
def test_any_name_is_the_name_of_one_file(place: Place, name: bytes, runner: str) -> None:
    place.policy(CACHE + runner)
    old = place.put(b"cache/" + name, 30, b"old")
    fresh = [place.put(path, 0.5) for path in ("cache/trail", "cache/lead", "abs/path/victim.txt")]
    said = place.run()
    assert not old.exists()
    assert all(path.exists() for path in fresh)
    assert "\x1b" not in said
    (record,) = place.records()
    assert os.fsencode(str(record["path"])) == b"cache/" + name


# H10, H10b, H10c
def _on_terminal(root: Path, typed: str, *options: str) -> tuple[int, str]:
    """Run with a terminal on which somebody types, and a pipe full of 'y' as standard input."""
    child, terminal = pty.fork()
    if child == 0:
        reading, writing = os.pipe()
        os.write(writing, b"y\n" * 100)
        os.dup2(reading, 0)
        os.chdir(root)
        arguments = [sys.executable, "-m", "govcheck", "retention", "run", "--confirm", *options]
        os.execv(sys.executable, arguments)
    os.write(terminal, typed.encode())
    said = b""
    try:
        while piece := os.read(terminal, 4096):
            said += piece
    except OSError:
        pass
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), said.decode()


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("n\nn\n", {"1", "2", "3", "old.log"}),
        ("y\nn\n", {"old.log"}),
        ("bogus\ny\ny\n", set()),
        ("all\n", set()),
        ("items\ny\nn\ny\nn\n", {"2", "old.log"}),
        ("items\nn\nall\nn\n", {"1", "old.log"}),
        ("y\nquit\n", {"1", "2", "3", "old.log"}),
    ],
)
def test_confirm_asks_the_terminal_and_nobody_else(
    place: Place, typed: str, left: set[str]
) -> None:
    place.policy(CACHE + LOGS)
    for number in (1, 2, 3):
        place.put(f"cache/{number}", 34 - number)
    place.put("logs/old.log", 30)
    code, said = _on_terminal(place.root, typed)
    assert code == (2 if "quit" in typed else 0), said
    assert {p.name for d in ("cache", "logs") for p in (place.root / d).glob("[!.]*")} == left


def test_confirm_without_a_terminal_does_nothing(place: Place) -> None:
    place.policy(CACHE)
    old = place.put("cache/z\ny", 30)
    done = subprocess.run(
        [sys.executable, "-m", "govcheck", "retention", "run", "--confirm"],
        input=b"y\n" * 10,
        capture_output=True,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: there is no terminal to ask on")
    assert old.exists()


# H13, H13b, H34b
def test_plan_writes_nothing(place: Place) -> None:
    place.policy(BACKUPS + LOGS + 'extract = [{ to = "incidents/{today}", severity = "ERROR" }]\n')
    place.backup(40)
    place.put("logs/bot.log", 40, b"ERROR\n")

    def tree() -> dict[Path, tuple[int, ...]]:
        found = {path: path.lstat() for path in place.root.rglob("*")}
        return {p: (s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for p, s in found.items()}

    before = tree()
    place.govcheck("plan")
    assert tree() == before


def test_audit_log_is_never_written_through_a_link(place: Place, tmp_path: Path) -> None:
    place.policy(CACHE + '[retention.runner]\naudit-log = "audit.jsonl"\n')
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    (place.root / "audit.jsonl").symlink_to(victim)
    old = place.put("cache/old", 30)
    place.run(code=2)
    assert victim.read_text() == "mine\n"
    assert old.exists()


# H14, H14b, H14c
def test_names_cannot_forge_records(place: Place) -> None:
    place.policy(CACHE)
    place.put('cache/x","action":"approve","operator":"ceo', 30)
    place.put("cache/back\\slash\ttab", 30)
    said = place.run() + place.govcheck("log") + place.govcheck("plan", "--all")
    assert all(r["action"] == "remove" and r["operator"] == "govcheck" for r in place.records())
    assert "\t" not in said


# H16, H17, H29 and what a crash leaves
@pytest.mark.parametrize("fault", faults.FAULTS)
def test_run_that_is_hit_loses_nothing(tmp_path: Path, fault: str | int) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    repo = faults.build(root)
    whole = tmp_path / "whole"
    subprocess.run(["cp", "-a", str(root), str(whole)], check=True)
    code, calls, said = faults.run(whole)
    assert (code, [*faults.losses(repo, whole)]) == (0, []), said
    for call in range(calls - 7, 1, -calls // 7):
        assert faults.examine(repo, faults.Point(call, fault)) == []


def test_interrupted_run_is_told_by_the_next(place: Place) -> None:
    place.policy(BACKUPS + CACHE)
    place.backup(40)
    place.put("cache/old", 30)
    _, calls, _ = faults.run(place.root)
    place.govcheck("undo")
    said = ""
    for call in range(calls - 1, 1, -11):
        if faults.run(place.root, at=faults.Point(call, "kill"))[0] == -signal.SIGKILL:
            said = place.run()
        if "was interrupted: " in said:
            break
        place.govcheck("undo")
    assert "was interrupted: " in said
    place.govcheck("verify")


def test_half_removed_directory_never_bears_the_name_of_a_backup(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.policy(BACKUPS + AT_ONCE)
    backup = place.backup(40)
    unlink = os.unlink

    def failing(name: str, *, dir_fd: int | None = None) -> None:
        if name == "b.bin":
            raise PermissionError(1, "Operation not permitted")
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", failing)
    said = place.run(code=2)
    assert "left in the trash" in said
    assert not backup.exists()
    monkeypatch.undo()
    os.chdir(place.root)
    assert "Nothing is due" in place.govcheck("plan")


# H18
@needs_root
def test_file_that_cannot_be_removed_is_told_and_its_backup_not_called_fresh(place: Place) -> None:
    place.policy(BACKUPS + AT_ONCE)
    backup = place.backup(40)
    stuck = backup / "a.bin"
    if subprocess.run(["chattr", "+i", str(stuck)], capture_output=True, check=False).returncode:
        pytest.skip("this file system knows no immutable files")
    try:
        said = place.run(code=2)
        assert not backup.exists()
        assert "left in the trash" in said
        assert "Nothing is due" in place.govcheck("plan")
    finally:
        for path in (place.root / "backups").rglob("a.bin"):
            subprocess.run(["chattr", "-i", str(path)], check=True)
    place.run()
    assert not [*(place.root / "backups").rglob("a.bin")]


# H19, H19b, H38, H39
def test_archive_is_read_back_before_the_original_goes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.policy(BACKUPS + ARCHIVE)
    backup = place.backup(10)
    fsync = os.fsync

    def corrupting(handle: int) -> None:
        name = os.readlink(f"/proc/self/fd/{handle}")
        if name.endswith("-1.tmp"):
            os.ftruncate(handle, 20)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", corrupting)
    said = place.run(code=2)
    assert "damaged" in said
    assert (backup / "a.bin").read_bytes() == b"a" * 5000
    assert not [*(place.root / "backups/archive").iterdir()]


def test_archive_appears_whole_with_the_time_of_its_item(place: Place) -> None:
    place.policy(BACKUPS + ARCHIVE)
    backup = place.backup(10)
    before = {p.name: p.read_bytes() for p in backup.rglob("*") if p.is_file()}
    assert "1 archived (" in place.run()
    (archive,) = (place.root / "backups/archive").iterdir()
    assert archive.name == f"{backup.name}.tar.gz"
    assert abs(archive.stat().st_mtime - (time.time() - 10 * DAY)) < 60
    assert not backup.exists()
    place.govcheck("verify")
    place.govcheck("restore", f"backups/{backup.name}")
    assert {p.name: p.read_bytes() for p in backup.rglob("*") if p.is_file()} == before
    assert os.path.getmtime(backup / "a.bin") == pytest.approx(time.time() - 10 * DAY, abs=60)


def test_archives_expire_with_what_they_hold(place: Place) -> None:
    place.policy(BACKUPS + ARCHIVE)
    for days in (10, 29):
        place.backup(days)
    place.run()
    for archive in (place.root / "backups/archive").iterdir():
        day = time.strftime("%Y%m%d", time.gmtime(time.time() - 40 * DAY))
        if archive.name < time.strftime("%Y%m%d", time.gmtime(time.time() - 20 * DAY)):
            archive.rename(archive.with_name(f"{day}_000000.tar.gz"))
    place.run()
    assert len([*(place.root / "backups/archive").glob("2*")]) == 1


def test_archive_of_the_same_name_is_never_replaced(place: Place) -> None:
    place.policy(
        LOGS.replace('within = "14d"', 'within = "90d"')
        + 'archive = { after = "14d", to = "packed" }\n'
    )
    for text in (b"day one", b"day two"):
        place.put("logs/app.log", 20, text)
        place.run()
    packed = [*(place.root / "packed").rglob("*.gz")]
    contents = {subprocess.check_output(["gzip", "-dc", str(p)]) for p in packed}
    assert contents == {b"day one", b"day two"}
    place.govcheck("verify")


def test_damaged_archive_is_found(place: Place) -> None:
    place.policy(BACKUPS + ARCHIVE)
    place.backup(10)
    place.run()
    (archive,) = (place.root / "backups/archive").iterdir()
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    assert archive.name in place.govcheck("verify", code=1)
    assert archive.name in place.govcheck("restore", f"backups/archive/{archive.name}", code=2) or (
        "damaged" in place.said
    )


# H20, H20b, H38
@pytest.mark.parametrize("obstacle", ["file", "full"])
def test_log_stays_where_its_errors_cannot_be_copied(
    place: Place, obstacle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.policy(LOGS + 'extract = [{ to = "errors", severity = "ERROR" }]\n' + CACHE)
    log = place.put("logs/bot.log", 20, b"INFO a\nERROR b\n")
    other = place.put("cache/old", 20)
    if obstacle == "file":
        place.put("errors", 0.5)
    else:
        write = os.write

        def full(handle: int, data: bytes) -> int:
            if os.readlink(f"/proc/self/fd/{handle}").endswith("-extract.tmp"):
                raise OSError(28, "No space left on device")
            return write(handle, data)

        monkeypatch.setattr(os, "write", full)
    place.run(code=2)
    assert log.read_bytes() == b"INFO a\nERROR b\n"
    assert not other.exists()


# H20c, H20f
def test_severe_lines_outlive_their_log_whatever_it_is_called(place: Place) -> None:
    place.policy(
        LOGS
        + 'extract = [{ to = "errors", severity = "ERROR" }]\n'
        + '[retention.stores.errors]\npath = "errors"\nkeep = { within = "30d" }\n'
    )
    text = b"INFO a\nERROR b\n  Traceback\nINFO c\nCRITICAL d\n"
    place.put("logs/bot.log", 20, text)
    place.put("logs/quiet.log", 20, b"INFO nothing\n")
    place.run()
    assert not (place.root / "logs/bot.log").exists()
    (copy,) = (place.root / "errors").iterdir()
    assert copy.read_bytes() == b"ERROR b\n  Traceback\nCRITICAL d\n"
    assert copy.stat().st_mtime < time.time() - 19 * DAY
    place.run()
    assert copy.exists()


# H20e, H41
def test_rotated_nested_and_single_files_are_items(place: Place) -> None:
    place.policy(LOGS + BACKUPS.replace('"directory"', '"any"').replace('S"', 'S*"', 1))
    gone = [
        place.put(f"logs/{name}", 40)
        for name in ("a.log.1", "a.log.gz", "e.jsonl", "deep/er/n.log")
    ]
    place.backup(1)
    day = time.strftime("%Y%m%d_%H%M%S", time.gmtime(time.time() - 40 * DAY))
    gone.append(place.put(f"backups/{day}.backup", 40))
    place.run()
    assert not any(path.exists() for path in gone)


# H21
def test_item_that_cannot_be_looked_at_is_an_error_and_stays(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.policy(CACHE + AT_ONCE)
    files = [place.put(f"cache/{n}", 0.5 if n else 30) for n in range(3)]

    def failing(look: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def fail(path: str, **named: object) -> os.stat_result:
            if path in ("0", "1", "2"):
                raise OSError(5, "Input/output error")
            return look(path, **named)

        return fail

    monkeypatch.setattr(statuses, "system_call", lambda: None)
    monkeypatch.setattr(os, "stat", failing(os.stat))
    monkeypatch.setattr(os, "lstat", failing(os.lstat))
    try:
        assert cli.run(["retention", "run", "--auto"]) in (0, 2)
    finally:
        monkeypatch.undo()
    assert all(path.exists() for path in files)


# H22
def test_newest_stay_however_old_they_are(place: Place) -> None:
    place.policy(BACKUPS.replace('within = "30d"', 'within = "30d", newest = 3'))
    backups = [place.backup(days) for days in (36, 37, 38, 39)]
    place.run()
    assert [b.exists() for b in backups] == [True, True, False, False]  # and the fresh one


def test_run_that_would_remove_too_much_is_refused_unless_told_the_number(place: Place) -> None:
    place.policy(CACHE)
    for number in range(10):
        place.put(f"cache/{number}", 30)
    before = place.listing()
    assert "10 of 10 items would be removed" in place.run(code=2)
    assert place.listing() == before
    place.run("--max-delete", "9", code=2)
    assert place.listing() == before
    place.run("--max-delete", "10")
    assert "Nothing is due" in place.govcheck("plan")


# H23, H23b
def test_clock_that_disagrees_with_the_file_system_stops_the_run(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.policy(BACKUPS)
    backup = place.backup(2)
    ahead = time.time() + 400 * DAY
    monkeypatch.setattr("time.time", lambda: ahead)
    assert "ahead of that of the file system" in place.run(code=2)
    assert backup.exists()


def test_clock_behind_the_last_run_stops_the_run(place: Place) -> None:
    place.policy(BACKUPS)
    place.run()
    state = place.root / ".govcheck/retention/last-run"
    known = json.loads(state.read_text())
    state.write_text(json.dumps({**known, "wall": known["wall"] + 10 * DAY}))
    backup = place.backup(40)
    assert "behind the last run" in place.run(code=2)
    assert backup.exists()
    state.write_text(json.dumps({**known, "wall": known["wall"] - 10 * DAY}))
    assert "has jumped" in place.run(code=2)
    assert backup.exists()


def test_implausible_times_are_held(place: Place) -> None:
    place.policy(CACHE)
    kept = [place.put("cache/zero", time.time() / DAY), place.put("cache/future", -400)]
    place.govcheck("plan")
    place.run()
    assert all(path.exists() for path in kept)


# H24
@needs_root
@pytest.mark.parametrize("runner", ["", AT_ONCE])
@pytest.mark.parametrize("bound", [True, False])
def test_nothing_that_is_mounted_in_an_item_is_touched(
    place: Place,
    tmp_path: Path,
    mounted: Callable[[Path, Path | None], None],
    runner: str,
    bound: bool,
) -> None:
    place.policy(BACKUPS + runner)
    backup = place.backup(40)
    inside = backup / "mnt"
    inside.mkdir()
    other = tmp_path / "other"
    other.mkdir()
    mounted(inside, other if bound else None)
    (inside / "precious").write_text("x")
    for path in (backup / "mnt", backup):
        os.utime(path, (time.time() - 40 * DAY,) * 2)
    place.run(code=2)
    assert (inside / "precious").exists()
    assert (backup / "a.bin").exists()


@needs_root
@pytest.mark.parametrize("runner", ["", AT_ONCE])
def test_store_on_a_file_system_of_its_own_is_entered_where_the_policy_says_so(
    place: Place, mounted: Callable[[Path], None], runner: str
) -> None:
    policy = BACKUPS + CACHE.replace("cache", "disk/cache")
    place.policy(policy.replace("[retention.stores.disk/cache]", "[retention.stores.cache]"))
    for at in ("disk", "backups"):
        (place.root / at).mkdir()
        mounted(place.root / at)
    backup, old = place.backup(40), place.put("disk/cache/old", 30)
    (place.root / "disk/cache/inner").mkdir()
    mounted(place.root / "disk/cache/inner")
    inner = place.put("disk/cache/inner/old", 30)
    said = place.run(code=2)
    assert "backups is on another mount ('mounted = true')" in said
    assert backup.exists()
    assert old.exists()
    allowed = policy.replace("keep =", "mounted = true\nkeep =") + runner
    place.policy(allowed.replace("[retention.stores.disk/cache]", "[retention.stores.cache]"))
    place.run()
    assert not backup.exists()
    assert not old.exists()
    assert inner.exists()
    if not runner:
        place.govcheck("undo")
        assert (backup / "sub/b.bin").exists()
        assert old.exists()


# H25, H25b
@needs_root
def test_unreadable_directory_and_item_are_told_and_the_rest_is_done(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.policy(BACKUPS + CACHE + LOGS)
    hidden = place.put("cache/locked/x", 30)
    other = place.put("cache/other", 30)
    log = place.put("logs/old.log", 30)
    backup = place.backup(40)
    function = os.open

    def failing(path: str, *rest: Any, **named: Any) -> int:
        if path in ("locked", backup.name):
            raise PermissionError(13, "Permission denied")
        return function(path, *rest, **named)

    monkeypatch.setattr(os, "open", failing)
    said = place.run(code=2)
    assert f"{backup.name}: failed: Permission denied" in said
    assert "cache/locked" in said
    assert hidden.exists()
    assert (backup / "a.bin").exists()
    assert not log.exists()
    assert not other.exists()


# H26
def test_what_git_tracks_is_never_touched(place: Place) -> None:
    place.policy(BACKUPS + CACHE)
    backup = place.backup(40)
    tracked = place.put("cache/tracked", 30)
    other = place.put("cache/other", 30)
    run_git(place.root, "init", "-q")
    run_git(place.root, "add", f"backups/{backup.name}/sub/b.bin", "cache/tracked")
    cli.run(["retention", "run", "--auto"])
    assert (backup / "a.bin").exists()
    assert tracked.exists()
    assert not other.exists()


# H27
@pytest.mark.parametrize("runner", ["", AT_ONCE])
def test_file_that_a_process_has_open_is_left_alone(place: Place, runner: str) -> None:
    place.policy(LOGS + BACKUPS + runner)
    log = place.put("logs/app.log", 30)
    backup = place.backup(40)
    script = (
        "import sys,time; f=[open(p) for p in sys.argv[1:]]; print('ok',flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(log), str(backup / "sub/b.bin")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        said = place.run()
        writer.kill()
    assert "open" in said
    assert log.exists()
    assert (backup / "sub/b.bin").exists()


# H28, H28b
def test_bytes_that_other_names_still_hold_are_not_called_freed(place: Place) -> None:
    place.policy(BACKUPS + AT_ONCE)
    old, new = place.backup(40), place.backup(2)
    (new / "a.bin").unlink()
    os.link(old / "a.bin", new / "a.bin")
    for path in (old / "a.bin", new, old):
        os.utime(path, (time.time() - 40 * DAY,) * 2)
    place.run()
    freed = sum(int(str(r.get("freed", 0))) for r in place.records())
    assert 5000 < freed < 30_000
    assert (new / "a.bin").read_bytes() == b"a" * 5000


def test_sparse_file_stays_sparse_through_its_archive(place: Place) -> None:
    place.policy(BACKUPS + ARCHIVE)
    backup = place.backup(10)
    with open(backup / "a.bin", "wb") as file:
        file.truncate(64 << 20)
        file.seek(32 << 20)
        file.write(b"middle")
    for path in (backup / "a.bin", backup):
        os.utime(path, (time.time() - 10 * DAY,) * 2)
    place.run()
    place.govcheck("restore", f"backups/{backup.name}")
    status = (backup / "a.bin").stat()
    assert status.st_size == 64 << 20
    assert status.st_blocks * 512 < 8 << 20


# H29
def test_second_run_is_refused_while_the_first_is_at_work(place: Place) -> None:
    place.policy(CACHE)
    place.put("cache/old", 30)
    script = (
        "import sys, time\nfrom govcheck.retention.workspace import workspace\n"
        "with workspace('.', 'audit.jsonl'):\n    print('ok', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert f"process {other.pid}" in place.run(code=2)
        other.kill()
    place.run()
    assert not (place.root / "cache/old").exists()


# H30
@pytest.mark.parametrize("runner", ["", AT_ONCE])
def test_hostile_process_gets_nothing_outside_removed(
    place: Place, tmp_path: Path, runner: str
) -> None:
    place.policy(BACKUPS + CACHE + runner)
    outside = tmp_path / "outside"
    backups = [place.backup(40 + number).name for number in range(30)]
    for number in range(30):
        place.put(f"cache/{number}/file", 30)
        place.put(f"cache/{number}/other", 30)
    for store in ("backups", "cache"):
        shutil.copytree(place.root / store, outside / store, copy_function=shutil.copy2)
    before = {p: (p.read_bytes(), p.stat().st_ino) for p in outside.rglob("*") if p.is_file()}
    paths = ["backups", "cache", f"backups/{backups[7]}", "cache/3", "cache/5/file", "cache/6/file"]
    command = [sys.executable, "-m", "tests.swapping", str(place.root), str(outside), *paths]
    here = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE) as hostile:
        assert hostile.stdout is not None
        assert hostile.stdout.readline() == b"swapped\n"
        for _ in range(5):
            cli.run(["retention", "run", "--auto", "--max-delete", "1000"])
        assert hostile.poll() is None
        hostile.kill()
    cli.run(["retention", "run", "--auto", "--max-delete", "1000"])
    after = {p: (p.read_bytes(), p.stat().st_ino) for p in outside.rglob("*") if p.is_file()}
    assert after == before
    assert any(each.get("outcome") in ("removed", "trashed") for each in place.records())
    assert "all whole" in place.govcheck("verify")


def test_store_that_a_link_replaces_after_the_plan_is_refused(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.policy(CACHE + AT_ONCE)
    place.put("cache/old", 30)
    outside = tmp_path / "outside"
    tracked = guards.tracked

    def swap(root: str) -> frozenset[str]:
        shutil.copytree(place.root / "cache", outside, copy_function=shutil.copy2)
        (place.root / "cache").rename(place.root / "moved")
        (place.root / "cache").symlink_to(outside)
        return tracked(root)

    monkeypatch.setattr(guards, "tracked", swap)
    place.run(code=2)
    assert (outside / "old").exists()
    assert (place.root / "moved/old").exists()


# H30b
@pytest.mark.parametrize("runner", ["", AT_ONCE])
def test_item_that_is_written_to_after_the_plan_stays(
    place: Place, monkeypatch: pytest.MonkeyPatch, runner: str
) -> None:
    place.policy(BACKUPS + CACHE + runner)
    backup = place.backup(40)
    file = place.put("cache/old", 30)
    tracked = guards.tracked

    def write(root: str) -> frozenset[str]:
        (backup / "sub/b.bin").write_bytes(b"new")
        file.write_bytes(b"new")
        return tracked(root)

    monkeypatch.setattr(guards, "tracked", write)
    said = place.run()
    assert "2 skipped" in said
    assert (backup / "sub/b.bin").read_bytes() == b"new"
    assert file.read_bytes() == b"new"


def test_what_was_written_within_the_hour_stays_whatever_its_name_says(place: Place) -> None:
    place.policy(BACKUPS)
    backup = place.backup(40)
    (backup / "sub/b.bin").write_bytes(b"just now")
    assert "was written to" in place.run()
    assert (backup / "sub/b.bin").exists()


# H31b
def test_size_cap_removes_the_oldest_down_to_its_low_mark(place: Place) -> None:
    place.policy(
        CACHE.replace('"7d"', '"90d"') + 'size-cap = { high = "50kB", low = "20kB" }\n' + AT_ONCE
    )
    files = [place.put(f"cache/{n}", 10 + n, b"x" * 8192) for n in range(10)]
    place.run("--max-delete", "10")
    assert [f.exists() for f in files] == [n < 2 for n in range(10)]


# H32, H32b
def test_an_age_is_exact_to_the_second(place: Place) -> None:
    place.policy(CACHE)
    kept, gone = place.put("cache/kept", 6.99), place.put("cache/gone", 7.01)
    place.run()
    assert kept.exists()
    assert not gone.exists()


# H33, H33b
def test_root_is_where_the_policy_is_and_not_where_the_program_is(
    place: Place, tmp_path: Path
) -> None:
    place.policy(CACHE)
    old = place.put("cache/old", 30)
    elsewhere = tmp_path / "usr_local"
    (elsewhere / "cache").mkdir(parents=True)
    (elsewhere / "cache/old").write_text("x")
    os.utime(elsewhere / "cache/old", (time.time() - 30 * DAY,) * 2)
    (elsewhere / "bin").mkdir()
    (elsewhere / "bin/cleanup").symlink_to(Path(sys.executable).with_name("govcheck"))
    done = subprocess.run(
        [elsewhere / "bin/cleanup", "retention", "run", "--auto"],
        env={**os.environ, "CDPATH": "/tmp"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "cache/old").exists()
    assert not old.exists()


# H34
def test_directories_that_a_run_empties_go_but_none_that_the_policy_names(place: Place) -> None:
    place.policy(CACHE + LOGS)
    place.put("cache/a/b/old", 30)
    place.put("cache/c/new", 0.5)
    place.put("logs/old.log", 30)
    place.run()
    assert not (place.root / "cache/a").exists()
    assert (place.root / "cache/c/new").exists()
    assert (place.root / "logs").is_dir()
    place.govcheck("undo")
    assert (place.root / "cache/a/b/old").exists()


# H35
def test_what_is_removed_on_demand_is_never_removed_by_itself(place: Place) -> None:
    place.policy(
        '[retention.stores.tools]\npath = [".mypy_cache", ".ruff_cache"]\nkeep = "on-demand"\n'
    )
    cache = place.put(".mypy_cache/x", 30)
    place.run()
    assert cache.exists()
    place.run("--store", "tools")
    assert not cache.exists()


# H36, H36b
def test_source_packages_called_cache_are_no_store_and_dot_files_are_items(place: Place) -> None:
    place.policy(CACHE)
    kept = [place.put("src/app/cache/__init__.py", 400), place.put("src/mycache/x.py", 400)]
    hidden = place.put("cache/.hidden", 30)
    place.run()
    assert all(path.exists() for path in kept)
    assert not hidden.exists()


# H37, H40
@pytest.mark.parametrize("call", ["write", "open"])
def test_audit_log_that_cannot_be_written_stops_the_run_before_it_removes(
    place: Place, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    place.policy(CACHE)
    old = place.put("cache/old", 30)
    function = getattr(os, call)

    def failing(first: object, *rest: object, **named: object) -> object:
        target = os.readlink(f"/proc/self/fd/{first}") if call == "write" else str(first)
        if target.endswith("audit.jsonl"):
            raise OSError(28, "No space left on device")
        return function(first, *rest, **named)

    monkeypatch.setattr(os, call, failing)
    assert "No space left on device" in place.run(code=2)
    monkeypatch.undo()
    os.chdir(place.root)
    trash = [*(place.root / "cache/.govcheck-trash").rglob("1")]
    assert old.exists() or trash
    place.run()
    place.govcheck("verify")
    assert old.exists() or [r for r in place.records() if r["path"] == "cache/old"]


# H31, D1 are in test_retention_objects.


@needs_root
def test_full_disk_is_survived(place: Place, mounted: Callable[..., None], tmp_path: Path) -> None:
    place.policy(BACKUPS + 'archive = { after = "7d", to = "packed" }\n' + CACHE)
    (place.root / "packed").mkdir()
    mounted(place.root / "packed", None, "32k")
    backup = place.backup(10)
    noise = place.put(f"backups/{backup.name}/noise", 10, os.urandom(200_000))
    old = place.put("cache/old", 30)
    said = place.run(code=2)
    assert "No space left on device" in said
    assert noise.stat().st_size == 200_000
    assert not old.exists()
    assert not [*(place.root / "packed").iterdir()]
    place.govcheck("verify")


def test_undo_brings_back_what_the_trash_holds_and_replaces_nothing(place: Place) -> None:
    place.policy(BACKUPS + CACHE)
    backup = place.backup(40)
    file = place.put("cache/deep/old", 30, b"old")
    place.run()
    place.put("cache/deep/old", 0.5, b"new")
    said = place.govcheck("undo", code=2)
    assert "1 brought back" in said
    assert (backup / "a.bin").read_bytes() == b"a" * 5000
    assert file.read_bytes() == b"new"
    file.unlink()
    place.govcheck("undo")
    assert file.read_bytes() == b"old"
    assert "nothing to undo" in place.govcheck("undo", code=2)
    place.govcheck("verify")


def test_trash_is_emptied_when_its_time_is_over(place: Place) -> None:
    place.policy(CACHE + '[retention.runner]\ntrash-keep = "2s"\n')
    place.put("cache/old", 30)
    place.run()
    assert [*(place.root / "cache").rglob("1")]
    time.sleep(3)
    place.run()
    assert not [*(place.root / "cache").iterdir()]
    assert [r["outcome"] for r in place.records()] == ["trashed", "emptied"]
    assert not [*(place.root / ".govcheck/retention/runs").iterdir()]


def test_backup_first_archives_what_would_be_removed(place: Place) -> None:
    place.policy(BACKUPS + 'archive = { after = "7d", to = "packed" }\n' + CACHE)
    place.backup(40)
    cache = place.put("cache/old", 30)
    said = place.run("--backup-first", code=2)
    assert "no place to archive it to" in said
    assert cache.exists()
    assert len([*(place.root / "packed").iterdir()]) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[:1] + lines[2:],
        lambda lines: [*lines[:-1]],
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        lambda lines: [lines[0].replace(b'"trashed"', b'"archive"'), *lines[1:]],
        lambda lines: [*lines, lines[-1]],
    ],
)
def test_changed_audit_log_is_found(
    place: Place, damage: Callable[[list[bytes]], list[bytes]]
) -> None:
    place.policy(CACHE)
    for number in range(4):
        place.put(f"cache/{number}", 30)
    place.run()
    place.govcheck("verify")
    log = place.root / ".govcheck/retention/audit.jsonl"
    log.write_bytes(b"".join(damage(log.read_bytes().splitlines(keepends=True))))
    place.govcheck("verify", code=1)


def test_audit_log_is_rotated_by_its_own_rule_and_stays_one_chain(place: Place) -> None:
    place.policy(CACHE + '[retention.runner]\naudit-rotate = "100B"\naudit-keep = "30d"\n')
    for number in range(5):
        place.put(f"cache/{number}", 30)
        place.run()
    folder = place.root / ".govcheck/retention"
    full = sorted(p for p in folder.iterdir() if p.name[len("audit.jsonl.") :].isdecimal())
    assert len(full) >= 3
    place.govcheck("verify")
    os.utime(full[0], (time.time() - 40 * DAY,) * 2)
    place.put("cache/again", 30)
    place.run()
    assert not full[0].exists()
    place.govcheck("verify")
    full[1].unlink()
    place.govcheck("verify", code=1)


def test_deep_tree_neither_crashes_nor_is_half_removed(place: Place) -> None:
    place.policy(BACKUPS + AT_ONCE)
    backup = place.backup(40)
    deep = "/".join(["d"] * 150)
    file = place.put(f"backups/{backup.name}/{deep}/x", 40)
    place.run()
    assert not backup.exists()
    del file
