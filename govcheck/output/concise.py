"""One line a finding, for other programs and for `grep`: `path:line:column: rule-name message`."""

from govcheck.finding import Finding, Span
from govcheck.output.escape import visible
from govcheck.output.summary import in_order
from govcheck.report import Problem, Report


def render(report: Report) -> str:
    """The findings of a report, one a line, and nothing else."""
    return "".join(f"{line(finding)}\n" for finding in in_order(report.findings))


def problems(report: Report) -> str:
    """What could not be checked or written, one a line."""
    return "".join(f"{problem_line(problem)}\n" for problem in report.problems)


def line(finding: Finding) -> str:
    """A finding in one line."""
    return f"{place(finding.span)}: {finding.rule} {visible(finding.message)}"


def problem_line(problem: Problem) -> str:
    """A problem in one line: `error: path: rule-name: message`, as far as these are known."""
    parts = (problem.path, problem.rule, problem.message)
    return "error: " + ": ".join(visible(part) for part in parts if part)


def place(span: Span) -> str:
    """Where a span begins: `path:line:column`.

    A path with a colon in front is written `./:path`, since a line that begins with `::` is a
    command to GitHub's runner.
    """
    path = visible(span.path)
    here = "./" if path.lstrip().startswith(":") else ""
    return f"{here}{path}:{span.line}:{span.column}"
