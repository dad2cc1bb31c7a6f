"""Small repositories on disk, which is how the tests see govcheck: through its public seams."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

Repository = Callable[[Mapping[str, str | bytes]], Path]

# A machine that others use is slow now and then, which is not what is tested.
_SLOW = [HealthCheck.too_slow]
settings.register_profile("default", deadline=None, suppress_health_check=_SLOW)
settings.register_profile("many", max_examples=20_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile("default")

_GIT = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_COMMITTER_DATE": "2025-12-31T12:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    # A checkout that is mounted into a container is not owned by the user in it.
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": str(Path(__file__).resolve().parent.parent),
}

_OTHERS = ("PRE_COMMIT", "NO_COLOR", "FORCE_COLOR", "CI", "GITHUB_ACTIONS")

RETIRED = """\
[flags.USE_MENU]
status = "retired"
value = true
"""


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("GIT_") or name in _OTHERS:
            monkeypatch.delenv(name)
    for name, value in _GIT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Write files into a new git repository and give its root."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "repository"
        root.mkdir()
        run_git(root, "init", "-q", "-b", "main")
        write(root, files)
        return root

    return make


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a root."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        target.write_bytes(data)


def run_git(root: Path, *arguments: str) -> str:
    """Run git in a repository."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def commit(root: Path, message: str = "change") -> None:
    """Commit everything."""
    run_git(root, "add", "-A")
    run_git(root, "commit", "-q", "--allow-empty", "-m", message)
