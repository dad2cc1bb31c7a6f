"""What git remembers of paths that are gone."""

from datetime import date
from pathlib import Path

import pytest

from govcheck.history import gone, ignored, is_shallow, last_changes
from govcheck.repo import Repo
from tests.conftest import Repository, run_git

BODY = "".join(f"line {n}\n" for n in range(40))


def _commit(root: Path, message: str) -> None:
    run_git(root, "add", "-A")
    run_git(root, "commit", "-q", "-m", message)


@pytest.fixture
def moved(repository: Repository) -> Path:
    root = repository(
        {"a.md": BODY, "old/é.md": BODY + "x\n", "old/c.md": BODY + "y\n", "z": "1\n"}
    )
    _commit(root, "one")
    (root / "a.md").rename(root / "b.md")
    (root / "old").rename(root / "new")
    (root / "z").unlink()
    _commit(root, "two")
    (root / "b.md").rename(root / "c.md")
    _commit(root, "three")
    return root


def test_a_file_that_was_renamed_twice_is_where_it_is_now(moved: Path) -> None:
    found = gone(Repo(str(moved)), frozenset({"a.md", "old", "old/é.md", "z", "never.md"}))
    assert {path: each.moved_to for path, each in found.items()} == {
        "a.md": "c.md",
        "old": "new",
        "old/é.md": "new/é.md",
        "z": None,
    }


def test_a_folder_below_the_top_of_git_has_paths_of_its_own(moved: Path) -> None:
    (moved / "new" / "c.md").rename(moved / "new" / "d.md")
    _commit(moved, "four")
    found = gone(Repo(str(moved / "new")), frozenset({"c.md"}))
    assert found["c.md"].moved_to == "d.md"


def test_what_is_staged_has_moved_already(moved: Path) -> None:
    (moved / "c.md").rename(moved / "d.md")
    run_git(moved, "add", "-A")
    found = gone(Repo(str(moved)), frozenset({"a.md", "c.md"}))
    assert {path: each.moved_to for path, each in found.items()} == {"a.md": "d.md", "c.md": "d.md"}


def test_without_commits_or_git_nothing_is_known(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.md": ""})
    assert gone(Repo(str(root)), frozenset({"b.md"})) == {}
    assert last_changes(Repo(str(root)), frozenset({"a.md"})) == {}
    (tmp_path / "plain").mkdir()
    plain = Repo(str(tmp_path / "plain"))
    assert gone(plain, frozenset({"b.md"})) == {}
    assert is_shallow(plain)


def test_the_day_of_the_last_commit(moved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2025-03-04T23:30:00-0500")
    (moved / "c.md").write_text("changed\n")
    _commit(moved, "four")
    assert last_changes(Repo(str(moved)), frozenset({"c.md"})) == {"c.md": date(2025, 3, 4)}


def test_what_git_would_ignore_need_not_exist(repository: Repository) -> None:
    root = repository({".gitignore": "logs/\n*.db\n!keep.db\n", "a/.gitignore": "/out\n"})
    paths = {"logs/x", "logs", "a.db", "keep.db", "a/out/x", "out", "logs2"}
    assert ignored(Repo(str(root)), frozenset(paths)) == {"logs/x", "logs", "a.db", "a/out/x"}
