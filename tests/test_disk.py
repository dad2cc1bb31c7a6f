"""The disk: nothing outside the root, and every file either old or new."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govcheck.disk import MAX_BYTES, RefusedError, TooLargeError, Tree, is_temporary

OLD, NEW = b"old\n" * 1000, b"new\n" * 2000


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "root" / "a" / "b").mkdir(parents=True)
    return Tree(str(tmp_path / "root"))


def test_files_are_read_wherever_they_are(tree: Tree, tmp_path: Path) -> None:
    paths = ["x", "a/x", "a/b/x", "a/y", "z"]
    for path in paths:
        (tmp_path / "root" / path).write_text(path)
    assert [tree.read(path) for path in paths] == [path.encode() for path in paths]
    assert tree.read("a/b/x") == b"a/b/x"


@pytest.mark.parametrize("path", ["missing", "a/missing/x", "x/y", "a", "", ".", "..", "a/../x"])
def test_what_is_no_file_is_nothing(path: str, tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "root" / "x").write_text("x")
    assert tree.read(path) is None


def test_links_are_not_followed_whether_to_files_or_directories(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("secret")
    root = tmp_path / "root"
    (root / "link").symlink_to(outside / "x")
    (root / "directory").symlink_to(outside)
    (root / "loop").symlink_to("loop")
    (root / "broken").symlink_to("nowhere")
    for path in ("link", "directory/x", "loop", "broken"):
        assert tree.read(path) is None
        with pytest.raises((RefusedError, OSError)):
            tree.replace(path, b"secret", b"overwritten")
    assert (outside / "x").read_text() == "secret"


def test_a_pipe_does_not_block(tree: Tree, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "root" / "pipe.py")
    assert tree.read("pipe.py") is None


def test_a_large_file_is_not_read(tree: Tree, tmp_path: Path) -> None:
    with (tmp_path / "root" / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(TooLargeError):
        tree.read("large")


def test_replacing_keeps_the_mode(tree: Tree, tmp_path: Path) -> None:
    file = tmp_path / "root" / "a" / "run.sh"
    file.write_bytes(OLD)
    file.chmod(0o754)
    tree.replace("a/run.sh", OLD, NEW)
    assert file.read_bytes() == NEW
    assert stat.S_IMODE(file.stat().st_mode) == 0o754


def test_a_file_that_changed_since_it_was_read_is_left_alone(tree: Tree, tmp_path: Path) -> None:
    file = tmp_path / "root" / "x"
    file.write_bytes(b"edited meanwhile")
    with pytest.raises(RefusedError, match="changed since"):
        tree.replace("x", OLD, NEW)
    assert file.read_bytes() == b"edited meanwhile"


def test_a_file_with_another_name_is_left_alone(tree: Tree, tmp_path: Path) -> None:
    file = tmp_path / "root" / "x"
    file.write_bytes(OLD)
    os.link(file, tmp_path / "other")
    with pytest.raises(RefusedError, match="hard links"):
        tree.replace("x", OLD, NEW)
    assert (tmp_path / "other").read_bytes() == OLD


FAULTS = [
    (name, code)
    for name in ("write", "fsync", "fchmod", "replace", "open")
    for code in (errno.ENOSPC, errno.EIO, errno.EACCES)
]


@pytest.mark.parametrize(("name", "code"), FAULTS)
def test_a_failure_at_any_step_leaves_the_old_file_and_no_other(
    name: str, code: int, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    (root / "x").write_bytes(OLD)
    monkeypatch.setattr(os, name, _failing(getattr(os, name), code, writes_only=name == "open"))
    with pytest.raises(OSError, match=os.strerror(code)):
        tree.replace("x", OLD, NEW)
    monkeypatch.undo()
    assert (root / "x").read_bytes() == OLD
    assert sorted(entry.name for entry in root.iterdir()) == ["a", "x"]


def test_a_write_in_small_pieces_is_whole(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root" / "x").write_bytes(OLD)
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    tree.replace("x", OLD, NEW)
    assert (tmp_path / "root" / "x").read_bytes() == NEW


def _failing(call: Callable[..., Any], code: int, *, writes_only: bool) -> Callable[..., Any]:
    def fail(*arguments: Any, **keywords: Any) -> Any:
        if writes_only and not arguments[1] & os.O_CREAT:
            return call(*arguments, **keywords)
        raise OSError(code, os.strerror(code))

    return fail


def test_killing_it_at_any_moment_leaves_the_file_old_or_new(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from govcheck.disk import Tree\n"
        "tree = Tree(sys.argv[1])\n"
        f"old, new = {OLD!r}, {NEW!r}\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    before = tree.read('x')\n"
        "    tree.replace('x', before, new if before == old else old)\n"
    )
    file = tmp_path / "x"
    file.write_bytes(OLD)
    for attempt in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.003 * attempt)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert file.read_bytes() in (OLD, NEW)
    # What the killed ones left behind goes with the next write.
    before = file.read_bytes()
    Tree(str(tmp_path)).replace("x", before, b"last")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_creating_never_overwrites(tree: Tree, tmp_path: Path) -> None:
    tree.create("x", NEW)
    with pytest.raises(FileExistsError):
        tree.create("x", OLD)
    assert (tmp_path / "root" / "x").read_bytes() == NEW
    assert not [entry for entry in (tmp_path / "root").iterdir() if is_temporary(entry.name)]
