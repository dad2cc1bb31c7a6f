"""Fixing: merge the edits of findings, apply them, look again; write once, at the end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from govcheck.disk import RefusedError
from govcheck.document import Document
from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy, PolicyError
from govcheck.repo import Repo
from govcheck.report import Change, Problem, Report
from govcheck.wellformed import is_wellformed

MAX_ROUNDS = 8

Check = Callable[[Repo, Policy], Report]
Reload = Callable[[Repo], Policy]


@dataclass(frozen=True, slots=True)
class Merged:
    """The findings whose fixes go together, and the edits of each file, in order."""

    findings: tuple[Finding, ...]
    edits: Mapping[str, tuple[Edit, ...]]


def merge(findings: Iterable[Finding]) -> Merged:
    """As many of the findings' fixes as do not clash, the earlier ones first.

    Two edits clash if they overlap or touch, unless they are the same edit, or both only delete and
    merely abut: these say the same in either order. A fix goes in whole or not at all.
    """
    taken: dict[str, list[Edit]] = {}
    chosen = []
    for finding in sorted(findings, key=lambda each: each.sort_key):
        fix = finding.fix
        if fix is None or not fix.edits:
            continue
        new = [edit for edit in fix.edits if edit not in taken.get(edit.path, ())]
        if any(_clash(edit, other) for edit in new for other in taken.get(edit.path, ())):
            continue
        for edit in new:
            taken.setdefault(edit.path, []).append(edit)
        chosen.append(finding)
    return Merged(tuple(chosen), {path: tuple(sorted(edits)) for path, edits in taken.items()})


def _clash(one: Edit, other: Edit) -> bool:
    if one.end < other.start or other.end < one.start:
        return False
    overlap = one.start < other.end and other.start < one.end
    return overlap or bool(one.text or other.text) or one.start == one.end == other.start


def apply(document: Document, edits: Sequence[Edit]) -> bytes:
    """The bytes of the document with the edits made; edits are sorted and do not overlap.

    Raises:
        UnicodeEncodeError: the file's encoding has no such character.
    """
    pieces = []
    position = 0
    for edit in edits:
        pieces += [document.text[position : edit.start], edit.text]
        position = edit.end
    pieces.append(document.text[position:])
    return document.encode("".join(pieces))


def settle(repo: Repo, policy: Policy, check: Check, reload: Reload, *, unsafe: bool) -> Report:
    """Fix in memory until nothing more can be: the last report, with what was changed.

    What stops a file from being fixed is a problem of the report, and the file stays as it was: a
    fix that would break its syntax or the policy, or fixes that never settle.
    """
    original, problems = repo, list[Problem]()
    refused: set[Fix] = set()
    fixed: list[Finding] = []
    changed: set[str] = set()
    report = check(repo, policy)
    for _ in range(MAX_ROUNDS):
        merged = merge(f for f in report.findings if _is_wanted(f, unsafe, refused))
        if not merged.findings:
            break
        try:
            next_repo = _applied(repo, merged)
            next_policy = reload(next_repo)
        except (_BreaksError, PolicyError) as error:
            culprits = _culprits(merged, error, policy)
            refused |= {f.fix for f in culprits if f.fix}
            problems += [_refusal(finding, error) for finding in culprits]
            continue
        repo, policy = next_repo, next_policy
        fixed += merged.findings
        changed |= merged.edits.keys()
        report = check(repo, policy)
    else:
        unsettled = merge(f for f in report.findings if _is_wanted(f, unsafe, refused))
        if unsettled.findings:
            names = ", ".join(sorted({finding.rule for finding in unsettled.findings}))
            message = f"its fixes ({names}) do not settle, so nothing was changed"
            problems += [Problem(message, path) for path in sorted(unsettled.edits)]
            return replace(check(original, policy), problems=tuple(problems))
    changes = [_change(original, repo, path) for path in sorted(changed)]
    return replace(
        report,
        fixed=tuple(sorted(fixed, key=lambda finding: finding.sort_key)),
        changes=tuple(change for change in changes if change.before != change.after),
        problems=(*report.problems, *problems),
    )


def write(report: Report) -> tuple[list[Change], list[Problem]]:
    """Write the changes of a report, each file atomically: what was written, and what was not."""
    written = []
    problems = []
    for change in report.changes:
        try:
            report.repo.tree.replace(change.path, change.before, change.after)
            written.append(change)
        except RefusedError as error:
            problems.append(Problem(f"not changed: {error}", change.path))
        except OSError as error:
            problems.append(Problem(f"not changed: {error.strerror or error}", change.path))
    return written, problems


class _BreaksError(Exception):
    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


def _is_wanted(finding: Finding, unsafe: bool, refused: set[Fix]) -> bool:
    fix = finding.fix
    return fix is not None and (fix.safe or unsafe) and fix not in refused


def _applied(repo: Repo, merged: Merged) -> Repo:
    changes = {}
    for path, edits in merged.edits.items():
        document = repo.document(path)
        if document is None:
            raise _BreaksError(path, "the file cannot be read")
        if document.encode(document.text) != document.data:
            raise _BreaksError(path, "its bytes cannot be kept")
        try:
            after = apply(document, edits)
        except UnicodeEncodeError as error:
            raise _BreaksError(path, "its encoding cannot hold the new text") from error
        if is_wellformed(document) and not is_wellformed(Document(path, after)):
            raise _BreaksError(path, "the result would no longer parse")
        changes[path] = after
    return repo.with_changes(changes)


def _culprits(merged: Merged, error: Exception, policy: Policy) -> list[Finding]:
    """The findings whose fixes touch the file that broke."""
    own = {source.path for source in policy.sources}
    broken = {error.path} if isinstance(error, _BreaksError) else own
    return [
        finding
        for finding in merged.findings
        if finding.fix and any(edit.path in broken for edit in finding.fix.edits)
    ]


def _refusal(finding: Finding, error: Exception) -> Problem:
    title = finding.fix.title if finding.fix else ""
    message = f"line {finding.span.line}: not fixed ({title}): {error}"
    return Problem(message, finding.span.path, finding.rule)


def _change(original: Repo, repo: Repo, path: str) -> Change:
    before, after = original.document(path), repo.document(path)
    return Change(path, before.data if before else b"", after.data if after else b"")
