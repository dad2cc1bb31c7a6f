"""One run: the selected rules over the repository, and what becomes of their findings."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from govcheck import baseline
from govcheck.finding import Finding, Severity
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.repo import Progress, Repo
from govcheck.report import Outcome, Problem, Report, Silenced
from govcheck.rule import Rule
from govcheck.suppression import NEEDLE, Suppression, directives

_MAX_FINDINGS_OF_A_RULE = 10_000


class Selection(NamedTuple):
    """What a run is narrowed to: rules, on top of the policy, and the paths that are reported.

    `select` and `ignore` are names of rules or families; no `select` means all that the policy
    selects. `reports` tells of a path whether findings in it are reported.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    reports: Callable[[str], bool] = lambda path: True
    mends: bool = False
    unsafe: bool = False


def run(
    repo: Repo,
    policy: Policy,
    selection: Selection | None = None,
    progress: Progress | None = None,
) -> Report:
    """The report of one run. A rule that crashes becomes a problem, the others still run."""
    selection = selection or Selection()
    chosen = sorted(_chosen(policy, selection), key=policy.catalogue.names().index)
    problems: list[Problem] = []
    rules: list[Rule] = []
    found: list[Finding] = []
    repo.expect([NEEDLE])
    for number, name in enumerate(chosen):
        if progress is not None:
            progress(name, number, len(chosen))
        try:
            rule = policy.catalogue.load(name)
            rules.append(rule)
            if rule.check is not None:
                said = [*_bounded(rule, rule.check(repo, policy), problems)]
                if rule.mend is not None and said and selection.mends:
                    said = [*rule.mend(repo, policy, said, selection.unsafe)]
                found += said
        except Exception as error:
            problems.append(_crash(name, error))
    found = [f for each in found if (f := _judged(each, policy, rules)) is not None]
    kept, silenced, used = _silenced(repo, policy, found, problems)
    outcome = Outcome(frozenset(chosen), tuple(found), tuple(silenced), frozenset(used))
    for rule in rules:
        if rule.review is None:
            continue
        try:
            reviewed = _bounded(rule, rule.review(repo, policy, outcome), problems)
            kept += [f for each in reviewed if (f := _judged(each, policy, rules)) is not None]
        except Exception as error:
            problems.append(_crash(rule.name, error))
    reported = [finding for finding in kept if selection.reports(finding.span.path)]
    return Report(
        repo=repo,
        rules=tuple(chosen),
        today=policy.today,
        findings=tuple(sorted(reported, key=lambda finding: finding.sort_key)),
        silenced=tuple(each for each in silenced if selection.reports(each.finding.span.path)),
        problems=tuple(problems),
    )


def _chosen(policy: Policy, selection: Selection) -> frozenset[str]:
    names = frozenset(policy.catalogue.names())
    if selection.select:
        wanted = policy.catalogue.expand(selection.select)
    else:
        wanted = names if policy.select is None else policy.catalogue.expand(policy.select)
        for override in policy.overrides:
            wanted |= policy.catalogue.expand(override.select or ())
        wanted -= policy.catalogue.expand(policy.ignore)
    return wanted - policy.catalogue.expand(selection.ignore)


def _bounded(rule: Rule, findings: Iterator[Finding], problems: list[Problem]) -> Iterator[Finding]:
    """The findings of a rule, up to a number that nobody reads and memory still holds."""
    for number, finding in enumerate(findings):
        if number == _MAX_FINDINGS_OF_A_RULE:
            message = f"over {number} findings: only these are listed"
            problems.append(Problem(message, rule=rule.name))
            return
        yield finding


def _crash(name: str, error: Exception) -> Problem:
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    message = f"the rule failed ({type(error).__name__}: {error}, at {where}): please report this"
    return Problem(message, rule=name)


def _judged(finding: Finding, policy: Policy, rules: Sequence[Rule]) -> Finding | None:
    """The finding with its severity; nothing where the policy does not want it at its path."""
    severity: Severity = next(rule.severity for rule in rules if rule.name == finding.rule)
    severity = finding.severity or severity
    wanted = True
    if finding.severity != "info":
        severity = policy.severity.get(finding.rule, severity)  # type: ignore[call-overload]
    for override in policy.overrides:
        if not matcher(override.paths)(finding.span.path):
            continue
        if override.select is not None:
            wanted = finding.rule in policy.catalogue.expand(override.select)
        if finding.rule in policy.catalogue.expand(override.ignore):
            wanted = False
        if finding.severity != "info":
            severity = override.severity.get(finding.rule, severity)  # type: ignore[call-overload]
    return replace(finding, severity=severity) if wanted else None


def _silenced(
    repo: Repo, policy: Policy, found: Sequence[Finding], problems: list[Problem]
) -> tuple[list[Finding], list[Silenced], set[object]]:
    """The findings that remain, those that are silenced, and what silenced them."""
    locked = policy.catalogue.expand(policy.locked)
    comments = {
        (each.span.path, each.line, rule): each
        for each in repo.view(directives).suppressions
        if not _is_over(each, policy)
        for rule in each.rules
        if rule not in locked
    }
    kept: list[Finding] = []
    silenced: list[Silenced] = []
    used: set[object] = set()
    for finding in found:
        comment = comments.get((finding.span.path, finding.span.line, finding.rule))
        if comment is not None:
            used.add((comment, finding.rule))
            silenced.append(Silenced(finding, "suppression", comment.reason))
            continue
        allowed = [
            (number, entry)
            for number, entry in enumerate(policy.exceptions)
            if entry.rule == finding.rule
            and not (entry.until and entry.until < policy.today)
            and matcher(entry.paths)(finding.span.path)
        ]
        if allowed:
            used.update(number for number, _ in allowed)
            silenced.append(Silenced(finding, "exception", allowed[0][1].reason))
        else:
            kept.append(finding)
    try:
        known = repo.view(baseline.entries)
    except baseline.BaselineError as error:
        problems.append(Problem(str(error), path=baseline.BASELINE_FILE))
        known = ()
    matched = baseline.match(repo, kept, known)
    used |= matched.keys()
    old = {id(finding) for finding in matched.values()}
    silenced += [Silenced(each, "baseline", "in the baseline") for each in kept if id(each) in old]
    return [each for each in kept if id(each) not in old], silenced, used


def _is_over(suppression: Suppression, policy: Policy) -> bool:
    return suppression.until is not None and suppression.until < policy.today


def reporting(paths: Collection[str]) -> Callable[[str], bool]:
    """A test of paths: is it one of these files, or below one of these directories?"""
    wanted = {path.rstrip("/") for path in paths}
    if "" in wanted or "." in wanted:
        return lambda path: True
    below = tuple(f"{path}/" for path in wanted)
    return lambda path: path in wanted or path.startswith(below)
