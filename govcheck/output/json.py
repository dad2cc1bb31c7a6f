"""The report for programs: versioned JSON, described by `report-v1.schema.json` beside it."""

import json
from collections.abc import Mapping

from govcheck.finding import Finding, Fix, Related, Span
from govcheck.output.summary import in_order, severity, summarise
from govcheck.report import Problem, Report

VERSION = 1

Json = dict[str, object]


def render(report: Report) -> str:
    """The report as JSON, in ASCII.

    Undecodable bytes of a file name stand as lone surrogates, as Python's `os.fsdecode` has them.
    """
    return dump(
        {
            "version": VERSION,
            "findings": [_finding(finding) for finding in in_order(report.findings)],
            "errors": [_problem(problem) for problem in report.problems],
            "summary": _summary(report),
        }
    )


def dump(value: object, *, indent: int | None = 2) -> str:
    """`value` as JSON that a log can show: ASCII, and no `##[`, which is a command to CI."""
    text = json.dumps(value, indent=indent, default=_plain)
    # Outside of strings JSON has neither character.
    return text.replace("\x7f", "\\u007f").replace("##", "#\\u0023") + "\n"


def _finding(finding: Finding) -> Json:
    return {
        "rule": finding.rule,
        "family": finding.family,
        **_span(finding.span),
        "severity": severity(finding),
        "message": finding.message,
        "fix": _fix(finding.fix) if finding.fix else None,
        "related": [_related(related) for related in finding.related],
        "data": dict(finding.data),
    }


def _span(span: Span) -> Json:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _fix(fix: Fix) -> Json:
    return {"title": fix.title, "safe": fix.safe}


def _related(related: Related) -> Json:
    return {**_span(related.span), "message": related.message}


def _problem(problem: Problem) -> Json:
    return {"message": problem.message, "path": problem.path, "rule": problem.rule}


def _summary(report: Report) -> Json:
    summary = summarise(report)
    return {
        "today": report.today.isoformat(),
        "exit_code": report.exit_code,
        "rules": summary.rules,
        "files": summary.files,
        "findings": {
            "error": summary.errors,
            "warning": summary.warnings,
            "info": summary.infos,
        },
        "fixable": {"safe": summary.fixable, "unsafe": summary.unsafe_fixable},
        "silenced": {
            "suppression": summary.suppressed,
            "exception": summary.excepted,
            "baseline": summary.baselined,
        },
        "fixed": {"findings": summary.fixed, "files": summary.changed_files},
    }


def _plain(value: object) -> object:
    """What rules put into `data` beyond JSON's own types: mappings, sets, dates, versions."""
    match value:
        case Mapping():
            return dict(value)
        case set() | frozenset():
            return sorted(map(str, value))
        case _:
            return str(value)
