"""The hooks under pre-commit and prek, in real repositories and mostly by real commits.

An environment is built once for each runner, and shared by all tests.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RETIRED, Repository, commit, run_git, write
from tests.test_packaging import CHECKOUT, copy_checkout, once

APP = 'import os\nif os.getenv("USE_MENU"):\n    print(1)\n'
FOUND = "app.py:2:15: error[retired-flag]"


class Runner:
    """pre-commit or prek, as the environment of the tests has it."""

    def __init__(self, name: str, hooks: tuple[Path, str]) -> None:
        """Use `hooks`: a repository of hooks and a commit in it."""
        self.command = str(Path(sys.executable).parent / name)
        self.hooks, self.revision = hooks

    def run(self, root: Path, *arguments: str) -> tuple[int, str]:
        """Its exit code, and what it prints."""
        return _run(root, self.command, *arguments)

    def install(self, root: Path, hook: str = "govcheck") -> None:
        """Commit a configuration with this hook, and let git run it at every commit from now on."""
        config = f"repos:\n- repo: {self.hooks}\n  rev: {self.revision}\n  hooks:\n  - id: {hook}\n"
        write(root, {".pre-commit-config.yaml": config})
        commit(root)
        assert self.run(root, "install")[0] == 0


@pytest.fixture(params=["pre-commit", "prek"])
def runner(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Runner:
    name: str = request.param
    with once(tmp_path_factory, f"hooks-of-{name}") as (shared, fresh):
        revision = shared / "revision"
        if fresh:
            revision.write_text(copy_checkout(shared / "checkout"))
    monkeypatch.setenv("PRE_COMMIT_HOME", str(shared / "home"))
    monkeypatch.setenv("PREK_HOME", str(shared / "home"))
    # prek installs with uv: the one beside it, or one that pip gets from where pip gets packages.
    monkeypatch.setenv("PREK_UV_SOURCE", "pip")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    return Runner(name, (shared / "checkout", revision.read_text()))


def test_the_manifest_and_our_own_configuration_are_valid(runner: Runner) -> None:
    assert runner.run(CHECKOUT, "validate-manifest", ".pre-commit-hooks.yaml")[0] == 0
    assert runner.run(CHECKOUT, "validate-config", ".pre-commit-config.yaml")[0] == 0


def test_both_hooks_can_be_tried_without_a_configuration(
    runner: Runner, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED, ".env": "A=1\nUSE_MENU=true\nB=2\n"})
    run_git(root, "add", "-A")
    code, out = runner.run(root, "try-repo", str(runner.hooks), "--all-files")
    assert code == 1
    assert ".env:2:1: error[retired-flag]" in out
    assert "Fixed 1 finding in 1 file." in out
    assert (root / ".env").read_text() == "A=1\nB=2\n"


def test_a_commit_that_breaks_the_policy_is_refused_with_the_finding(
    runner: Runner, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED})
    runner.install(root)
    write(root, {"app.py": APP})
    run_git(root, "add", "app.py")
    out = _refused(root)
    assert out is not None
    assert FOUND in out
    write(root, {"app.py": "print(1)\n"})
    run_git(root, "add", "app.py")
    assert _refused(root) is None


def test_a_commit_that_only_deletes_is_refused_for_what_the_deletion_breaks(
    runner: Runner, repository: Repository
) -> None:
    policy = '[flags.USE_MENU]\nstatus = "active"\n'
    root = repository({"govcheck.toml": policy, "app.py": APP, "notes.md": "nothing\n"})
    runner.install(root)
    run_git(root, "rm", "-q", "notes.md")
    assert _refused(root) is None
    run_git(root, "rm", "-q", "app.py")
    out = _refused(root)
    assert out is not None
    assert "govcheck.toml:1:8: warning[unused-flag]" in out


def test_the_fixing_hook_fails_once_and_passes_when_its_fixes_are_staged(
    runner: Runner, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED})
    runner.install(root, "govcheck-fix")
    write(root, {".env": "# ours\nA=1\nUSE_MENU=true\nB=é\n"})
    run_git(root, "add", ".env")
    out = _refused(root)
    assert out is not None
    assert "files were modified by this hook" in out
    assert (root / ".env").read_text(encoding="utf-8") == "# ours\nA=1\nB=é\n"
    run_git(root, "add", ".env")
    assert _refused(root) is None
    assert run_git(root, "status", "--porcelain") == ""


def test_the_fixing_hook_shows_what_it_cannot_fix(runner: Runner, repository: Repository) -> None:
    root = repository({"govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\ndefault = true\n'})
    runner.install(root, "govcheck-fix")
    write(root, {"app.py": APP.replace('"USE_MENU"', '"USE_MENU", "0"')})
    run_git(root, "add", "app.py")
    out = _refused(root)
    assert out is not None
    assert "error[flag-default]" in out


def test_an_untracked_file_is_not_looked_at_and_a_staged_one_is(
    runner: Runner, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED})
    runner.install(root)
    write(root, {"app.py": APP, "b.py": "print(1)\n"})
    run_git(root, "add", "b.py")
    assert _refused(root) is None
    run_git(root, "add", "app.py")
    out = _refused(root)
    assert out is not None
    assert FOUND in out


def test_of_a_partially_staged_file_only_what_is_staged_counts(
    runner: Runner, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED})
    runner.install(root)
    write(root, {"app.py": APP})
    run_git(root, "add", "app.py")
    write(root, {"app.py": "print(1)\n"})
    out = _refused(root)
    assert out is not None
    assert FOUND in out
    assert (root / "app.py").read_text() == "print(1)\n"
    run_git(root, "add", "app.py")
    write(root, {"app.py": APP})
    assert _refused(root) is None
    assert (root / "app.py").read_text() == APP


def test_a_commit_of_some_paths_is_checked_as_that_commit(
    runner: Runner, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED, "b.py": "\n"})
    runner.install(root)
    write(root, {"app.py": APP, "b.py": "print(1)\n"})
    run_git(root, "add", "-A")
    assert _refused(root, "b.py") is None
    out = _refused(root, "app.py")
    assert out is not None
    assert FOUND in out


def test_a_commit_in_a_linked_work_tree_is_checked(runner: Runner, repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED})
    runner.install(root)
    linked = root.parent / "linked"
    run_git(root, "worktree", "add", "-q", str(linked))
    write(linked, {"app.py": APP})
    write(root, {"other.py": APP})
    run_git(linked, "add", "-A")
    out = _refused(linked)
    assert out is not None
    assert FOUND in out
    assert "other.py" not in out


def test_hostile_file_names_do_no_harm(runner: Runner, repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED})
    runner.install(root)
    hostile = ["--fix", "-rf.py", "a\nb.py", "--output-file=stolen", "$(touch stolen).py"]
    write(root, dict.fromkeys(hostile, APP))
    run_git(root, "add", "-A")
    out = _refused(root)
    assert out is not None
    assert out.count("error[retired-flag]") == len(hostile)
    assert "a␊b.py:2:15: " in out
    assert not (root / "stolen").exists()
    assert {(root / name).read_text() for name in hostile} == {APP}


def _refused(root: Path, *paths: str) -> str | None:
    """What git prints when it refuses to commit; None where it commits."""
    code, out = _run(root, "git", "commit", "--allow-empty", "-q", "-m", "change", *paths)
    return out if code else None


def _run(root: Path, *command: str) -> tuple[int, str]:
    done = subprocess.run(
        command,
        cwd=root,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )
    return done.returncode, done.stdout
