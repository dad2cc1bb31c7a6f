"""Statuses as columns are what lstat(2) says, whichever way they are read."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from govcheck.retention import statuses as module
from govcheck.retention.statuses import MOST, Statuses


@pytest.fixture(params=["statx", "lstat"])
def statuses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Statuses:
    """Read by statx(2) where the system has it, and without it."""
    if request.param == "lstat":
        monkeypatch.setattr(module, "system_call", lambda: None)
    return Statuses()


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    """An open directory with all kinds of files, written to at all kinds of times."""
    for number, name in enumerate((b"a", b" b ", b"\xff\n", b"-c", "é".encode())):
        path = os.fsencode(tmp_path) + b"/" + name
        with open(path, "wb") as file:
            file.write(b"x" * number * 3000)
        os.utime(path, ns=(-5 - number, (number - 2) * 10**18 + 123_456_789))
    (tmp_path / "hard").hardlink_to(tmp_path / "a")
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "directory").mkdir(mode=0o751)
    os.mkfifo(tmp_path / "pipe")
    handle = os.open(tmp_path, os.O_RDONLY)
    yield handle
    os.close(handle)


def failed(name: str, error: OSError) -> None:
    raise AssertionError(name) from error


def rows(found: Statuses) -> list[tuple[int, ...]]:
    """All columns, by file."""
    links = [1] * len(found.modes)
    for position, count in found.several:
        links[position] = count
    columns = (
        found.modes, links, found.inodes, found.lengths, found.blocks, found.devices,
        found.written, found.read,
    )  # fmt: skip
    return [*zip(*columns, strict=True)]


def looked_at(directory: int, names: list[str]) -> list[tuple[int, ...]]:
    """The same by lstat(2)."""
    return [
        (
            s.st_mode, s.st_nlink, s.st_ino, s.st_size, s.st_blocks, s.st_dev, s.st_mtime_ns,
            s.st_atime_ns,
        )
        for s in (os.lstat(name, dir_fd=directory) for name in names)
    ]  # fmt: skip


def test_columns_are_what_lstat_says(statuses: Statuses, directory: int) -> None:
    names = os.listdir(directory)
    assert statuses.look(directory, names, failed) == names
    assert rows(statuses) == looked_at(directory, names)


def test_as_many_as_fit_are_looked_at_in_one_go(statuses: Statuses, directory: int) -> None:
    names = ["a", "hard", "directory", "link"] * (MOST // 4)
    statuses.look(directory, names, failed)
    assert rows(statuses) == looked_at(directory, names)
    statuses.look(directory, [], failed)
    assert rows(statuses) == []


def test_what_cannot_be_looked_at_is_told_and_the_rest_is_there(
    statuses: Statuses, directory: int
) -> None:
    told: list[tuple[str, str]] = []

    def failed(name: str, error: OSError) -> None:
        told.append((name, type(error).__name__))

    names = ["gone", "a", "a/below", "link", "x" * 256]
    assert statuses.look(directory, names, failed) == ["a", "link"]
    assert rows(statuses) == looked_at(directory, ["a", "link"])
    assert told == [("gone", "FileNotFoundError"), ("a/below", "NotADirectoryError"),
                    ("x" * 256, "OSError")]  # fmt: skip


def test_some_are_kept(statuses: Statuses, directory: int) -> None:
    names = sorted(os.listdir(directory))
    statuses.look(directory, names, failed)
    statuses.keep([1, 4, 5])
    assert rows(statuses) == looked_at(directory, [names[1], names[4], names[5]])
