"""Git, asked for facts only, and so that a hostile repository cannot run code.

Configuration inside a repository can name programs: file system monitors, hooks, pagers, diff and
filter drivers. All but filters are switched off below; filters run whenever git compares the work
tree, so no command here ever does.
"""

import os
import subprocess

_HARDENED = (
    "git",
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.pager=cat"),
    *("-c", "diff.external="),
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "protocol.allow=never"),
)
_TIMEOUT_SECONDS = 120


class GitError(Exception):
    """Git refused or failed; the message is one line for the user."""


class NotARepositoryError(GitError):
    """The directory belongs to no git work tree."""


def git(root: str, *arguments: str) -> bytes:
    """What a git command prints, run in `root`.

    Raises:
        NotARepositoryError: `root` is in no repository, or git is not installed.
        GitError: git failed otherwise.
    """
    try:
        done = subprocess.run(  # noqa: S603
            [*_HARDENED, *arguments],
            cwd=root,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise NotARepositoryError("git is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git {arguments[0]} took over {_TIMEOUT_SECONDS} s") from error
    if done.returncode == 0:
        return done.stdout
    raise _error(done.stderr.decode("utf-8", "replace"), arguments[0])


def _error(stderr: str, command: str) -> GitError:
    if "not a git repository" in stderr:
        return NotARepositoryError("not a git repository")
    if "dubious ownership" in stderr:
        return GitError(
            "git does not trust this repository, since another user owns it: "
            "run 'git config --global --add safe.directory' with its path if you do"
        )
    if "must be run in a work tree" in stderr or "cannot use bare repository" in stderr:
        return GitError("this is a bare repository, which holds no files to check")
    line = next(iter(stderr.splitlines()), "no message").removeprefix("fatal: ")
    return GitError(f"git {command}: {line}")


def _environment() -> dict[str, str]:
    # Variables of git would silently point us at another repository. Only in a hook, one tells
    # which index is about to be committed, from the top of the work tree, where hooks run.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")
    }
    if os.environ.get("PRE_COMMIT") == "1" and (index := os.environ.get("GIT_INDEX_FILE")):
        kept["GIT_INDEX_FILE"] = os.path.abspath(index)
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_OPTIONAL_LOCKS": "0"}
    return kept | quiet | {"LC_ALL": "C"}
