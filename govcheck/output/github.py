"""GitHub workflow commands: annotations on the lines of a pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions; how the runner
reads them: actions/runner, src/Runner.Common/ActionCommand.cs.
"""

from collections.abc import Iterator

from govcheck.finding import Finding, Severity, Span
from govcheck.output.concise import line, problem_line
from govcheck.output.escape import visible
from govcheck.output.summary import counted, severity, summarise, worst_first
from govcheck.report import Report

_MOST_OF_A_LEVEL = 10  # GitHub shows no more of a step
_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report) -> str:
    """The worst findings as annotations, and a line that says how many there are."""
    commands = list(_commands(report))
    kept = [
        text
        for level in _COMMANDS.values()
        for text in [text for of, text in commands if of == level][:_MOST_OF_A_LEVEL]
    ]
    omitted = len(commands) - len(kept)
    return "".join(f"{text}\n" for text in (*kept, _last_line(report, omitted)))


def _commands(report: Report) -> Iterator[tuple[str, str]]:
    for problem in report.problems:
        # The runner trims the last property, so that is none of the repository's.
        properties = ({"file": problem.path} if problem.path else {}) | {"title": "govcheck"}
        yield "error", _command("error", properties, problem_line(problem))
    for finding in worst_first(report.findings):
        level = _COMMANDS[severity(finding)]
        yield level, _command(level, _properties(finding), line(finding))


def _properties(finding: Finding) -> dict[str, str]:
    return {
        "title": f"govcheck: {finding.rule}",
        "file": finding.span.path,
        **_position(finding.span),
    }


def _position(span: Span) -> dict[str, str]:
    """Lines, and columns where the span is of one line: GitHub drops an annotation otherwise."""
    lines = {"line": str(span.line), "endLine": str(span.end_line)}
    if span.line != span.end_line:
        return lines
    return lines | {"col": str(span.column), "endColumn": str(span.end_column)}


def _command(name: str, properties: dict[str, str], data: str) -> str:
    stated = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {stated}::{_data(data)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _last_line(report: Report, omitted: int) -> str:
    summary = summarise(report)
    parts = [f"govcheck: {summary.headline}"]
    if summary.problems:
        parts.append(f"{counted(summary.problems, 'problem')}")
    if omitted:
        parts.append(f"{omitted:,} of them not annotated")
    return ", ".join(parts)
