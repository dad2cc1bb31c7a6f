"""JUnit XML: a suite a file, a failed case a finding; what most CI systems can show."""

from collections.abc import Sequence
from itertools import groupby

from govcheck.finding import Finding
from govcheck.output.concise import line, problem_line
from govcheck.output.escape import visible
from govcheck.output.summary import counted, in_order, severity, summarise
from govcheck.report import Problem, Report

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def render(report: Report) -> str:
    """The report as JUnit XML.

    Findings of severity "info" are skipped cases, since they do not fail a run; problems are
    errors. A clean run is one case that passes, as CI systems take an empty file for a fault.
    """
    groups = groupby(in_order(report.findings), key=lambda finding: finding.span.path)
    suites = [_suite(path, list(findings)) for path, findings in groups]
    if report.problems:
        suites.insert(0, _problems(report.problems))
    if not suites:
        suites = [_all_clear(report)]
    return "".join(
        f"{text}\n"
        for text in (
            '<?xml version="1.0" encoding="utf-8"?>',
            '<testsuites name="govcheck">',
            *suites,
            "</testsuites>",
        )
    )


def _suite(path: str, findings: Sequence[Finding]) -> str:
    skipped = sum(severity(finding) == "info" for finding in findings)
    failures = len(findings) - skipped
    counts = f'tests="{len(findings)}" failures="{failures}" errors="0" skipped="{skipped}"'
    cases = "\n".join(_case(finding) for finding in findings)
    return f"  <testsuite name={_quoted(path)} {counts}>\n{cases}\n  </testsuite>"


def _case(finding: Finding) -> str:
    span, message = finding.span, _quoted(finding.message)
    name = _quoted(f"{finding.rule} ({span.line}:{span.column})")
    where = f'classname={_quoted(span.path)} file={_quoted(span.path)} line="{span.line}"'
    outcome = (
        f"<skipped message={message}/>"
        if severity(finding) == "info"
        else f'<failure type="{severity(finding)}" message={message}>'
        f"{_escaped(line(finding))}</failure>"
    )
    return f"    <testcase name={name} {where}>{outcome}</testcase>"


def _problems(problems: Sequence[Problem]) -> str:
    count = len(problems)
    cases = "\n".join(
        f'    <testcase name={_quoted(problem.rule or "check")} classname="govcheck">'
        f"<error message={_quoted(problem.message)}>{_escaped(problem_line(problem))}</error>"
        f"</testcase>"
        for problem in problems
    )
    counts = f'tests="{count}" failures="0" errors="{count}" skipped="0"'
    return f'  <testsuite name="govcheck" {counts}>\n{cases}\n  </testsuite>'


def _all_clear(report: Report) -> str:
    summary = summarise(report)
    name = f"All clear: {counted(summary.rules, 'rule')}, {counted(summary.files, 'file')}"
    return (
        '  <testsuite name="govcheck" tests="1" failures="0" errors="0" skipped="0">\n'
        f'    <testcase name={_quoted(name)} classname="govcheck"/>\n'
        "  </testsuite>"
    )


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """`text` as XML; the characters that XML 1.0 cannot hold are among those made visible."""
    return visible(text).translate(_ENTITIES)
