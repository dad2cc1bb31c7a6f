"""The baseline: findings that were there when govcheck came, kept in a generated file.

An entry is keyed by rule, path, the text of the line, and which of the equal ones it is, so that
edits elsewhere in the file do not matter. It follows a renamed file, and it only shrinks.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from govcheck.finding import Finding
from govcheck.repo import BASELINE_FILE, Repo

__all__ = [
    "BASELINE_FILE",
    "BaselineEntry",
    "BaselineError",
    "entries",
    "keyed",
    "match",
    "render",
    "shrunk",
]

_VERSION = 1


class BaselineError(ValueError):
    """The baseline file is not one that govcheck wrote."""


class BaselineEntry(NamedTuple):
    """One finding that is put up with; `ordinal` counts equal lines of the file from 1."""

    path: str
    rule: str
    text: str
    ordinal: int


def entries(repo: Repo) -> tuple[BaselineEntry, ...]:
    """The entries of the repository's baseline; none where there is no such file.

    Raises:
        BaselineError: the file is not a baseline.
    """
    document = repo.document(BASELINE_FILE)
    if document is None:
        return ()
    import json  # only a repository with a baseline pays for it

    try:
        data = json.loads(document.text)
        if data["version"] != _VERSION:
            raise BaselineError(f"its version is {data['version']!r}, and this govcheck reads 1")
        return tuple(
            BaselineEntry(str(e["path"]), str(e["rule"]), str(e["text"]), int(e["ordinal"]))
            for e in data["entries"]
        )
    except BaselineError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BaselineError("it is not a baseline that govcheck wrote") from error


def render(entries: Iterable[BaselineEntry]) -> str:
    """The text of a baseline file: one entry a line, sorted, so that it merges well."""
    import json

    lines = [json.dumps(entry._asdict(), ensure_ascii=False) for entry in sorted(entries)]
    body = "\n  " + ",\n  ".join(lines) + "\n" if lines else ""
    return f'{{"version": {_VERSION}, "entries": [{body}]}}\n'


def keyed(repo: Repo, findings: Sequence[Finding]) -> Mapping[BaselineEntry, Finding]:
    """The entries that findings would be, each with its finding."""
    counts: Counter[tuple[str, str, str]] = Counter()
    found = {}
    for finding in sorted(findings, key=lambda each: each.sort_key):
        document = repo.document(finding.span.path)
        text = " ".join(document.line(finding.span.line).split()) if document else ""
        counts[finding.span.path, finding.rule, text] += 1
        ordinal = counts[finding.span.path, finding.rule, text]
        found[BaselineEntry(finding.span.path, finding.rule, text, ordinal)] = finding
    return found


def match(
    repo: Repo, findings: Sequence[Finding], baseline: Sequence[BaselineEntry]
) -> Mapping[BaselineEntry, Finding]:
    """The entries of the baseline that stand for a finding, each with it."""
    if not baseline:
        return {}
    current = keyed(repo, findings)
    matched = {entry: current[entry] for entry in baseline if entry in current}
    moved = [entry for entry in baseline if entry.path not in repo]
    if moved:
        # A file that has entries of its own is not the one that another was renamed to.
        known = {entry.path for entry in baseline}
        elsewhere = defaultdict(list)
        for entry in current.keys() - matched.keys():
            if entry.path not in known:
                elsewhere[entry.rule, entry.text].append(entry)
        for entry in sorted(moved):
            candidates = sorted(elsewhere[entry.rule, entry.text])
            if candidates:
                elsewhere[entry.rule, entry.text].remove(candidates[0])
                matched[entry] = current[candidates[0]]
    return matched


def shrunk(
    repo: Repo, findings: Sequence[Finding], allowed: Sequence[Finding]
) -> Iterable[BaselineEntry]:
    """The entries of the allowed ones among all findings, as they are keyed now."""
    wanted = {id(finding) for finding in allowed}
    current = keyed(repo, findings)
    return [entry for entry, finding in current.items() if id(finding) in wanted]
