"""Git tracks a file in a directory whose contents are thrown away in the end.

Such a file is kept for ever in the history, shows up as deleted when the policy removes it, and is
never removed by `govcheck retention`, which leaves alone what git tracks. What only keeps the
directory (`.gitkeep`, `.gitignore`, a README) may be there. The other way round, nothing is told of
a store that is kept for ever, or says `git = "tracked"` or `"either"`.

## How to resolve

`git rm --cached` takes a file out of git and leaves it on disk; the finding names the command.
Or move what is no artifact to where it belongs.

## How to except

`git = "either"` in the store, or `[[exceptions]]` in the policy.
"""

import os
from collections.abc import Iterator
from shlex import quote

from govcheck.finding import Finding, Span
from govcheck.git import NotARepositoryError, git
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Tracked files in stores that git is to ignore."""
    if not policy.retention.stores or not repo.uses_git:
        return
    from govcheck.retention.disposal import disposable, is_placeholder  # few policies pay for it

    known = frozenset(repo.files)
    for name, store in disposable(policy):
        inner = tuple(
            f"{path}/"
            for other in policy.retention.stores.values()
            if other is not store
            for path in other.paths
        )
        origin = policy.origin("retention", "stores", name, "path")
        for path in _tracked(repo, store.paths):
            is_other = any(path.startswith(each) for each in inner if _is_in(each, store.paths))
            if path not in known or is_placeholder(path) or is_other:
                continue
            yield rule.finding(
                Span(path, 1, 1, 1, 1, 0, 0),
                f"git tracks this in {name} ({origin}), whose items are thrown away: run"
                f" 'git rm --cached -- {quote(path)}'",
            )


def _is_in(path: str, roots: tuple[str, ...]) -> bool:
    return any(path.startswith(f"{root}/") for root in roots)


def _tracked(repo: Repo, paths: tuple[str, ...]) -> Iterator[str]:
    try:
        listing = git(repo.root, "ls-files", "-z", "--", *paths)
    except NotARepositoryError:
        return
    yield from (path for path in os.fsdecode(listing).split("\0") if path)


rule = Rule("tracked-artifact", "retention", check)

_POLICY = """\
[retention.stores.backups]
path = "backups"
keep = { within = "30d" }
"""

examples = [
    Example(
        "A backup was committed",
        {
            "govcheck.toml": _POLICY,
            ".gitignore": "backups/\n",
            "backups/20260101/a b.yaml": "a: 1\n",
            "backups/20260102/b.yaml": "a: 1\n",
        },
        (
            "backups/20260101/a b.yaml:1:1: git tracks this in backups (govcheck.toml:2), whose"
            " items are thrown away: run 'git rm --cached -- 'backups/20260101/a b.yaml''",
        ),
        tracked=("backups/20260101/a b.yaml",),
    ),
    Example(
        "What keeps the directory",
        {
            "govcheck.toml": _POLICY,
            "backups/.gitkeep": "",
            "backups/.gitignore": "*\n",
            "backups/README.md": "What is here.\n",
        },
        tracked=("backups/.gitkeep", "backups/.gitignore", "backups/README.md"),
    ),
    Example(
        "Kept for ever, also inside of what is not; and said not to matter",
        {
            "govcheck.toml": (
                '[retention.stores.data]\npath = "data"\nkeep = "forever"\n'
                '[retention.stores.cache]\npath = "cache"\nkeep = { within = "1d" }\n'
                'exclude = ["seed/**"]\n'
                '[retention.stores.seed]\npath = "cache/seed"\nkeep = "forever"\n'
                '[retention.stores.old]\npath = "old"\nkeep = { last = 9 }\ngit = "either"\n'
            ),
            "data/a.json": "{}\n",
            "cache/seed/a.json": "{}\n",
            "old/a.json": "{}\n",
        },
        tracked=("data/a.json", "cache/seed/a.json", "old/a.json"),
    ),
    Example(
        "In a directory that is called alike, and on disk only",
        {"govcheck.toml": _POLICY, "backups.py": "", "src/backups/a.py": "", "backups/x": ""},
        tracked=("backups.py", "src/backups/a.py"),
    ),
]
