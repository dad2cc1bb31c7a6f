"""Git does not ignore a directory whose contents are thrown away in the end.

Sooner or later somebody commits a log, a cache or a backup, and then it is kept for ever. Looked at
are the `.gitignore` files of the repository, nested ones too; what a user's own configuration
ignores does not count. A store that is kept for ever, or says `git = "tracked"` or `"either"`,
need not be ignored. `ignored` under `[retention]` names further patterns that must be.

## How to resolve

`--fix` adds the line to `.gitignore` at the root; where there is none, write it.

## How to except

`git = "either"` in the store, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Origin, Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Directories and patterns that no `.gitignore` covers."""
    if not policy.retention.stores and not policy.retention.ignored:
        return
    from govcheck.retention.disposal import (
        disposable,
        ignores,
        line_to_add,
        pattern_probe,
        probes,
    )  # few policies pay for it

    is_ignored = repo.view(ignores)
    for name, store in disposable(policy):
        for path in store.paths:
            if not all(map(is_ignored, probes(store, path))):
                origin = policy.origin("retention", "stores", name, "path")
                message = f"no .gitignore covers {path}/, the store {name}"
                yield _finding(repo, origin, message, line_to_add(path))
    for pattern in policy.retention.ignored:
        if not is_ignored(pattern_probe(pattern)):
            origin = policy.origin("retention", "ignored")
            message = f"no .gitignore covers {pattern}"
            yield _finding(repo, origin, message, pattern)


def _finding(repo: Repo, origin: Origin, message: str, line: str) -> Finding:
    from govcheck.retention.disposal import end_of

    document = repo.document(".gitignore")
    if document is None:
        return rule.finding(origin.span, f"{message} ({origin})")
    at, before = end_of(document)
    newline = "\r\n" if "\r\n" in document.text else "\n"
    edit = Edit(document.path, at, at, f"{before}{line}{newline}")
    span = document.span(0, 0)
    return rule.finding(span, f"{message} ({origin})", fix=Fix(f"add {line}", (edit,)))


rule = Rule("not-ignored", "retention", check, fix="safe")

_POLICY = """\
[retention.stores.logs]
path = "logs"
keep = { within = "14d" }
"""

examples = [
    Example(
        "A line is missing",
        {"govcheck.toml": _POLICY, ".gitignore": "*.pyc"},
        (".gitignore:1:1: no .gitignore covers logs/, the store logs (govcheck.toml:2)",),
        {".gitignore": "*.pyc\nlogs/\n"},
    ),
    Example(
        "Some of it is ignored, but not all",
        {"govcheck.toml": _POLICY, ".gitignore": "logs/*.log\n!logs/keep.log\n"},
        (".gitignore:1:1: no .gitignore covers logs/, the store logs (govcheck.toml:2)",),
        {".gitignore": "logs/*.log\n!logs/keep.log\nlogs/\n"},
    ),
    Example(
        "There is no such file yet; and a pattern",
        {"govcheck.toml": '[retention]\nignored = ["__pycache__/"]\n' + _POLICY},
        (
            "govcheck.toml:2:1: no .gitignore covers __pycache__/ (govcheck.toml:2)",
            "govcheck.toml:4:1: no .gitignore covers logs/, the store logs (govcheck.toml:4)",
        ),
    ),
    Example("By its name", {"govcheck.toml": _POLICY, ".gitignore": "/logs\n"}),
    Example("At any depth", {"govcheck.toml": _POLICY, ".gitignore": "logs/\n"}),
    Example(
        "From within, but for what keeps the directory",
        {"govcheck.toml": _POLICY, "logs/.gitignore": "*\n!.gitignore\n"},
    ),
    Example(
        "What its items are called is covered",
        {
            "govcheck.toml": _POLICY + 'items = { name = "app_%Y%m%d.log" }\n',
            ".gitignore": "*.log\n",
        },
    ),
    Example(
        "Kept for ever, or said not to matter; and patterns that are covered by others",
        {
            "govcheck.toml": (
                '[retention]\nignored = ["__pycache__/", "*.pyc"]\n'
                '[retention.stores.data]\npath = "data"\nkeep = "forever"\n'
                '[retention.stores.logs]\npath = "logs"\nkeep = { within = "1d" }\ngit = "either"\n'
            ),
            ".gitignore": "__pycache__\n*.py[cod]\n",
        },
    ),
]
