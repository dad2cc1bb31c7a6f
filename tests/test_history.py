"""What git remembers of paths that are gone."""

from datetime import date
from pathlib import Path

import pytest

from govcheck import history
from govcheck.cache import Cache
from govcheck.git import git
from govcheck.history import gone, ignored, is_shallow, last_changes, line_ages, written_later
from govcheck.repo import Repo
from tests.conftest import Repository, commit, run_git, write

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
    asked = {"a.md", "old", "old/é.md", "z", "never.md", "//a.example/b.md", "../a.md"}
    found = gone(Repo(str(moved)), frozenset(asked))
    assert {path: each.moved_to for path, each in found.items()} == {
        "a.md": "c.md",
        "old": "new",
        "old/é.md": "new/é.md",
        "z": None,
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What git is asked for."""
    commands: list[str] = []

    def recorded(root: str, *arguments: str) -> bytes:
        commands.append(arguments[0])
        return git(root, *arguments)

    monkeypatch.setattr(history, "git", recorded)
    return commands


def _gone(root: Path, *paths: str) -> dict[str, str | None]:
    cache = Cache(str(root))
    found = gone(Repo(str(root), cache=cache), frozenset(paths))
    cache.save()
    return {path: each.moved_to for path, each in found.items()}


def test_a_later_run_asks_git_only_for_what_is_new(moved: Path, asked: list[str]) -> None:
    cold = _gone(moved, "a.md", "old", "z", "never.md")
    assert cold == {"a.md": "c.md", "old": "new", "z": None}
    assert "log" in asked
    asked.clear()
    assert _gone(moved, "a.md", "old", "z", "never.md") == cold
    assert "log" not in asked
    assert _gone(moved, "a.md", "old/c.md") == {"a.md": "c.md", "old/c.md": "new/c.md"}
    asked.clear()
    assert _gone(moved, "a.md", "old", "z", "old/c.md") == {**cold, "old/c.md": "new/c.md"}
    assert "log" not in asked


def test_a_later_run_sees_what_was_committed_or_staged_since(moved: Path) -> None:
    assert _gone(moved, "a.md", "new/c.md") == {"a.md": "c.md"}
    run_git(moved, "mv", "new/c.md", "new/d.md")
    assert _gone(moved, "a.md", "new/c.md") == {"a.md": "c.md", "new/c.md": "new/d.md"}
    run_git(moved, "mv", "new/d.md", "new/c.md")
    assert _gone(moved, "a.md", "new/c.md") == {"a.md": "c.md"}
    (moved / "c.md").unlink()
    _commit(moved, "four")
    assert _gone(moved, "a.md", "c.md") == {"a.md": None, "c.md": None}


def test_what_a_shallow_clone_does_not_know_is_not_remembered(moved: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{moved}", "clone")
    assert _gone(clone, "a.md") == {}
    run_git(clone, "fetch", "-q", "--unshallow")
    assert _gone(clone, "a.md") == {"a.md": "c.md"}


def test_a_folder_below_the_top_of_git_has_paths_of_its_own(moved: Path) -> None:
    (moved / "new" / "c.md").rename(moved / "new" / "d.md")
    _commit(moved, "four")
    found = gone(Repo(str(moved / "new")), frozenset({"c.md"}))
    assert found["c.md"].moved_to == "d.md"


def test_a_file_that_may_have_gone_to_several_places_has_gone_to_none(
    repository: Repository,
) -> None:
    root = repository({"a.md": BODY, "x/b.md": BODY + "b\n"})
    _commit(root, "one")
    for path, homes in {"a.md": ("c.md", "d.md"), "x/b.md": ("y/b.md", "z.md")}.items():
        text = (root / path).read_text()
        (root / path).unlink()
        for home in homes:
            (root / home).parent.mkdir(exist_ok=True)
            (root / home).write_text(text)
    _commit(root, "two")
    assert _gone(root, "a.md", "x/b.md") == {"a.md": None, "x/b.md": "y/b.md"}


def test_a_file_is_where_git_says_though_one_is_asked_for_of_several_alike(
    repository: Repository,
) -> None:
    root = repository({"a.md": BODY + "a\n", "b.md": BODY + "b\nc\n", "d.md": "1\n" * 40})
    _commit(root, "one")
    for name in ("a.md", "b.md", "d.md"):
        (root / name).unlink()
    (root / "c.md").write_text(BODY + "b\nd\n")
    _commit(root, "two")
    said = {
        name: gone(Repo(str(root)), frozenset({name}))[name].moved_to
        for name in ("a.md", "b.md", "d.md")
    }
    assert said == {"a.md": None, "b.md": "c.md", "d.md": None}


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


def _commit_on(root: Path, day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T23:30:00-0930")
    _commit(root, day)


def _ages(root: Path, path: str, *lines: int) -> dict[int, str]:
    repo = Repo(str(root))
    document = repo.document(path)
    assert document is not None
    found = line_ages(repo, document, frozenset(lines))
    return {number: each.since.isoformat() for number, each in found.items()}


def test_a_line_is_as_old_as_its_words_whatever_was_moved_indented_or_renamed(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "".join(f"x{number} = {number}\n" for number in range(20))
    root = repository({"a.py": f"skip = 'é'\n{body}same\nsame\n"})
    _commit_on(root, "2025-01-31", monkeypatch)
    (root / "a.py").unlink()
    (root / "b.py").write_text(f"new\n  skip = 'é'\n{body}same\nsame\nsame\n", encoding="utf-8")
    _commit_on(root, "2025-02-28", monkeypatch)
    assert _ages(root, "b.py", 1, 2, 24) == {1: "2025-02-28", 2: "2025-01-31", 24: "2025-01-31"}
    # What is not committed moves lines, and has no age; which of several alike is new is not known.
    text = (root / "b.py").read_text(encoding="utf-8")
    (root / "b.py").write_text(f"one\ntwo\n{text}same\n", encoding="utf-8")
    assert _ages(root, "b.py", 1, 3, 4, 25) == {3: "2025-02-28", 4: "2025-01-31"}
    (root / "c.py").write_text("one\n")
    assert _ages(root, "c.py", 1) == {}


def test_asking_for_the_age_of_lines_runs_no_program_that_the_repository_names(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({"a.py": "skip\n", ".gitattributes": "*.py diff=evil filter=evil\n"})
    _commit_on(root, "2025-01-31", monkeypatch)
    for program in ("diff.evil.textconv", "diff.evil.command", "filter.evil.clean"):
        run_git(root, "config", program, f"touch {root}/ran; cat")
    assert _ages(root, "a.py", 1) == {1: "2025-01-31"}
    assert not (root / "ran").exists()


def test_a_shallow_clone_says_that_a_line_may_be_older(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = repository({"a.py": "skip\n"})
    _commit_on(root, "2025-01-31", monkeypatch)
    (root / "a.py").write_text("skip\nnew\n")
    _commit_on(root, "2025-02-28", monkeypatch)
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    repo = Repo(str(tmp_path / "shallow"))
    document = repo.document("a.py")
    assert document is not None
    (line,) = line_ages(repo, document, frozenset({1})).values()
    assert line.is_oldest
    assert line.since.isoformat() == "2025-02-28"


def test_a_document_is_younger_than_the_end_of_a_path(repository: Repository) -> None:
    root = repository({"a/old.py": "x\n", "early.md": "x\n"})
    commit(root)
    (root / "a/old.py").unlink()
    write(root, {"same.md": "x\n"})
    commit(root)
    write(root, {"late.md": "x\n"})
    commit(root)
    pairs = {
        (page, path) for page in ("early.md", "same.md", "late.md") for path in ("a/old.py", "a/")
    }
    assert written_later(Repo(str(root)), pairs) == {("late.md", "a/old.py"), ("late.md", "a/")}
    assert not written_later(Repo(str(root)), {("late.md", "never.py")})
