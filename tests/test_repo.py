"""The repository: its files as git sees them, whatever it holds, and none of its code run."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from govcheck import GitError
from govcheck.disk import MAX_BYTES
from govcheck.git import git
from govcheck.repo import Repo
from tests.conftest import Repository, commit, run_git, write


def _paths(root: Path, *needles: str) -> list[str]:
    return [document.path for document in Repo(str(root)).search(needles)]


def test_files_are_those_that_are_tracked_or_untracked_and_not_ignored(
    repository: Repository,
) -> None:
    root = repository({".gitignore": "*.log\n!keep.log\nbuild/\n", "a.py": "", "sub/b.py": ""})
    commit(root)
    write(root, {"new.py": "", "x.log": "", "keep.log": "", "build/c.py": "", "sub/d.py": ""})
    expected = (".gitignore", "a.py", "keep.log", "new.py", "sub/b.py", "sub/d.py")
    assert Repo(str(root)).files == expected


def test_without_git_a_walk_honours_gitignore_files_the_same_way(
    repository: Repository, tmp_path: Path
) -> None:
    files = {
        ".gitignore": "*.log\n!keep.log\n!\n/build/\n**/cache\n",  # '!' is no pattern
        "a.py": "",
        "x.log": "",
        "sub/keep.log": "",
        "sub/.gitignore": "keep.log\n*.tmp\n",
        "sub/x.tmp": "",
        "sub/build/c.py": "",
        "build/d.py": "",
        "sub/cache/e": "",
    }
    inside = Repo(str(repository(files))).files
    plain = tmp_path / "plain"
    write(plain, files)
    outside = Repo(str(plain))
    assert not outside.uses_git
    assert outside.files == inside


def test_a_sub_directory_with_its_own_policy_is_a_root_of_its_own(repository: Repository) -> None:
    root = repository({"a.py": "", "service/govcheck.toml": "", "service/b.py": ""})
    assert Repo(str(root / "service")).files == ("b.py", "govcheck.toml")


def test_submodules_and_nested_repositories_are_not_entered(
    repository: Repository, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    write(other, {"inner.py": "USE_MENU"})
    run_git(other, "init", "-q")
    commit(other)
    root = repository({"a.py": "USE_MENU"})
    run_git(root, "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(other), "sub")
    write(root / "nested", {"b.py": "USE_MENU"})
    run_git(root / "nested", "init", "-q")
    assert _paths(root, "USE_MENU") == ["a.py"]


def test_a_work_tree_of_another_checkout_is_read(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": ""})
    commit(root)
    run_git(root, "worktree", "add", "-q", str(tmp_path / "tree"))
    assert Repo(str(tmp_path / "tree")).files == ("a.py",)


def test_a_shallow_clone_is_read(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": ""})
    commit(root)
    commit(root)
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    assert Repo(str(tmp_path / "shallow")).files == ("a.py",)


def test_an_empty_repository_has_no_files(repository: Repository) -> None:
    assert Repo(str(repository({}))).files == ()


def test_a_bare_repository_is_refused_in_one_line(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "--bare", "bare.git")
    with pytest.raises(GitError, match="bare repository"):
        Repo(str(tmp_path / "bare.git"))


def test_a_corrupt_index_is_told_in_one_line(repository: Repository) -> None:
    root = repository({"a.py": ""})
    commit(root)
    (root / ".git" / "index").write_bytes(b"nonsense")
    with pytest.raises(GitError, match=r"git ls-files: .*index"):
        Repo(str(root))


def test_under_pre_commit_only_what_is_in_the_index_counts(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({"a.py": "", "b.py": ""})
    run_git(root, "add", "a.py")
    monkeypatch.setenv("PRE_COMMIT", "1")
    assert Repo(str(root)).files == ("a.py",)
    index = root / ".git" / "next-index"
    monkeypatch.setenv("GIT_INDEX_FILE", str(index))
    run_git(root, "add", "b.py")
    assert Repo(str(root)).files == ("b.py",)


def test_elsewhere_the_index_of_another_repository_is_not_looked_at(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = repository({"a.py": ""})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert Repo(str(root)).files == ("a.py",)


def test_a_hostile_repository_cannot_run_code(repository: Repository, tmp_path: Path) -> None:
    """Row 14 of the threats: every setting of a repository that names a program."""
    root = repository({"a.py": "USE_MENU", ".gitattributes": "* filter=x diff=x\n"})
    commit(root)
    touched = tmp_path / "pwned"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {touched}\ncat\n")
    program.chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.x.textconv",
        "filter.x.clean",
        "filter.x.smudge",
        "core.sshCommand",
        "core.askPass",
        "pager.ls-files",
    ):
        run_git(root, "config", name, str(program))
    hooks = root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "pre-commit", "fsmonitor-watchman"):
        (hooks / hook).write_bytes(program.read_bytes())
        (hooks / hook).chmod(0o755)
    os.utime(root / "a.py", (1, 1))
    touched.unlink(missing_ok=True)

    from govcheck import check

    write(root, {"govcheck.toml": '[flags.USE_MENU]\nstatus = "retired"\nvalue = true\n'})
    assert check(str(root), changed="HEAD").findings == ()
    assert check(str(root)).findings
    assert not touched.exists()
    # The trap works: a command that compares the work tree springs it.
    subprocess.run(["git", "status"], cwd=root, check=False, capture_output=True, timeout=60)
    assert touched.exists()


def test_git_has_no_other_caller() -> None:
    root = Path(__file__).parent.parent
    sources = [*root.glob("govcheck/**/*.py"), *root.glob("rules/**/*.py")]
    callers = {
        path.name
        for path in sources
        if "import subprocess" in path.read_text() or "os.system" in path.read_text()
    }
    assert callers == {"git.py", "pool.py"}
    assert '"git' not in (root / "govcheck/python/folding/pool.py").read_text()


def test_no_pattern_repeats_a_group_possessively() -> None:
    """Python matches such patterns wrongly up to 3.11.4 (gh-106052); an atomic group does not."""
    root = Path(__file__).parent.parent
    sources = [*root.glob("govcheck/**/*.py"), *root.glob("rules/**/*.py")]
    possessive = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+")
    assert [path.name for path in sources if possessive.search(path.read_text())] == []


def test_git_has_its_say_when_it_distrusts_a_directory(repository: Repository) -> None:
    root = repository({"a.py": ""})
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    os.chown(root, 12345, 12345)
    with pytest.raises(GitError, match="another user owns it"):
        git(str(root), "ls-files")


def test_searching_finds_text_in_every_encoding_and_no_binary(repository: Repository) -> None:
    root = repository(
        {
            "plain.txt": "USE_MENU",
            "utf16.txt": "USE_MENU".encode("utf-16"),
            "utf32.txt": "USE_MENU".encode("utf-32"),
            "bom.txt": b"\xef\xbb\xbfUSE_MENU",
            "latin.txt": b"caf\xe9 USE_MENU",
            "binary.bin": b"\0\1\2USE_MENU",
            "other.txt": "USE_OTHER",
        }
    )
    expected = ["bom.txt", "latin.txt", "plain.txt", "utf16.txt", "utf32.txt"]
    assert _paths(root, "USE_MENU") == expected


@pytest.mark.parametrize(
    "needles",
    [["USE_A"], ["USE_A", "USE_B"], ["USE_A", "other"], ["USE_A", "USE_AB", "x"], ["é✓😀"]],
)
def test_searching_for_several_needles_is_searching_for_each(
    needles: list[str], repository: Repository
) -> None:
    texts = ["USE_A", "USE_B", "other", "USE_AB", "nothing", "é✓😀", "x"]
    root = repository({f"{number}.txt": text for number, text in enumerate(texts)})
    expected = [f"{n}.txt" for n, text in enumerate(texts) if any(each in text for each in needles)]
    assert _paths(root, *needles) == expected


def test_a_huge_file_is_noted_only_if_it_matters(repository: Repository) -> None:
    root = repository({"a.txt": "", "b.txt": ""})
    for name, end in (("a.txt", b"USE_MENU"), ("b.txt", b"nothing")):
        with (root / name).open("wb") as file:
            for _ in range(MAX_BYTES // 2**20 + 1):
                file.write(b"x" * 2**20)
            file.write(end)
    repo = Repo(str(root))
    assert repo.search(["USE_MENU"]) == ()
    assert repo.unchecked == {"a.txt": "it is larger than 8 MiB"}


def test_a_huge_binary_file_is_left_alone(repository: Repository) -> None:
    root = repository({"a.bin": ""})
    with (root / "a.bin").open("wb") as file:
        file.write(b"\0USE_MENU")
        file.truncate(200 * 2**20)
    repo = Repo(str(root))
    assert repo.search(["USE_MENU"]) == ()
    assert repo.unchecked == {}


def test_what_is_no_regular_file_or_disappears_is_no_file(repository: Repository) -> None:
    root = repository({"a.py": "USE_MENU", "gone.py": "USE_MENU", "x.py/inner.txt": "USE_MENU"})
    os.mkfifo(root / "pipe.py")
    (root / "link.py").symlink_to("a.py")
    (root / "loop.py").symlink_to("loop.py")
    (root / "broken.py").symlink_to("nowhere.py")
    (root / "around").symlink_to("..")
    repo = Repo(str(root))
    (root / "gone.py").unlink()
    found = [document.path for document in repo.search(["USE_MENU"])]
    assert found == ["a.py", "x.py/inner.txt"]
    assert repo.unchecked == {}


def test_a_link_that_replaces_a_directory_during_the_run_leads_nowhere(
    repository: Repository, tmp_path: Path
) -> None:
    root = repository({"sub/a.py": "USE_MENU"})
    write(tmp_path / "outside", {"a.py": "USE_MENU"})
    repo = Repo(str(root))
    (root / "sub" / "a.py").unlink()
    (root / "sub").rmdir()
    (root / "sub").symlink_to(tmp_path / "outside")
    assert repo.search(["USE_MENU"]) == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_noted(repository: Repository) -> None:
    root = repository({"a.py": "USE_MENU"})
    (root / "a.py").chmod(0)
    repo = Repo(str(root))
    assert repo.search(["USE_MENU"]) == ()
    assert repo.unchecked == {"a.py": "Permission denied"}


def test_an_error_of_the_disk_is_noted(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(str(repository({"a.py": "USE_MENU", "b.py": "USE_MENU"})))
    read = os.read

    def fail(handle: int, size: int) -> bytes:
        if os.readlink(f"/proc/self/fd/{handle}").endswith("a.py"):
            raise OSError(5, "Input/output error")
        return read(handle, size)

    monkeypatch.setattr(os, "read", fail)
    assert [document.path for document in repo.search(["USE_MENU"])] == ["b.py"]
    assert repo.unchecked == {"a.py": "Input/output error"}


def test_many_directories_do_not_use_up_the_handles(repository: Repository) -> None:
    deep = "/".join(["d"] * 60)
    files = {f"{number}/{deep}/a.py": "USE_MENU" for number in range(40)}
    root = repository(files)
    assert len(_paths(root, "USE_MENU")) == 40
    assert len(os.listdir("/proc/self/fd")) < 200
