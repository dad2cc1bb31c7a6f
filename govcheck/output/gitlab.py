"""GitLab Code Quality: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from collections import Counter
from collections.abc import Iterator

from govcheck.finding import Finding, Severity
from govcheck.output.escape import visible, well_formed
from govcheck.output.fingerprint import digest, fingerprints
from govcheck.output.json import Json, dump
from govcheck.output.summary import severity
from govcheck.report import Problem, Report

_SEVERITIES: dict[Severity, str] = {"error": "major", "warning": "minor", "info": "info"}
_POLICY = "govcheck.toml"  # where a problem of no file is shown: GitLab wants a path


def render(report: Report) -> str:
    """The findings and the problems as a list of issues, each with a fingerprint of its own."""
    reported, _ = fingerprints(report)
    pairs = sorted(zip(report.findings, reported, strict=True), key=lambda pair: pair[0].sort_key)
    return dump([*_problems(report.problems), *(_issue(*pair) for pair in pairs)])


def _problems(problems: tuple[Problem, ...]) -> Iterator[Json]:
    seen: Counter[Problem] = Counter()
    for problem in problems:
        key = (problem.path or "", problem.rule or "", problem.message, str(seen[problem]))
        seen[problem] += 1
        yield {
            "description": f"govcheck: {visible(problem.message)}",
            "check_name": problem.rule or "govcheck",
            "fingerprint": digest("problem", *key),
            "severity": "blocker",
            "location": {"path": well_formed(problem.path or _POLICY), "lines": {"begin": 1}},
        }


def _issue(finding: Finding, fingerprint: str) -> Json:
    span = finding.span
    return {
        # GitLab does not show the check's name.
        "description": f"{finding.rule}: {visible(finding.message)}",
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[severity(finding)],
        "location": {
            "path": well_formed(span.path),
            "lines": {"begin": span.line, "end": span.end_line},
        },
    }
