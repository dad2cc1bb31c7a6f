"""The report for people: each finding with the code that it is about, then the sum of it all."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from govcheck.document import Document
from govcheck.finding import Finding, Severity, Span
from govcheck.output.concise import place, problem_line
from govcheck.output.escape import pictures, visible
from govcheck.output.summary import Summary, counted, in_order, severity, summarise
from govcheck.repo import Repo
from govcheck.report import Report

_WIDTH = 120  # columns of source in a frame
_TAB = 4
_MOST_LINES = 6  # of a span; what is between the first and the last of a longer one is left out

Paint = Callable[[str, str], str]

_BOLD, _GUTTER, _FIX = "1", "1;34", "1;32"
_COLOURS: dict[Severity, str] = {"error": "1;31", "warning": "1;33", "info": "1;36"}


class _Row(NamedTuple):
    """One line of a frame: what stands in the gutter, what ends the gutter, what follows."""

    gutter: str
    edge: str
    text: str


def render(report: Report, *, colour: bool = False, quiet: bool = False) -> str:
    """The report as a terminal shows it; `quiet` leaves the summary out."""
    paint = _ansi if colour else _plain
    findings = [_finding(finding, report.repo, paint) for finding in in_order(report.findings)]
    problems = [_problem(problem_line(problem), paint) for problem in report.problems]
    summary = [] if quiet else list(_summary(summarise(report), paint))
    blocks = [*findings, "".join(problems), "".join(f"{line}\n" for line in summary)]
    return "\n".join(block for block in blocks if block)


def _finding(finding: Finding, repo: Repo, paint: Paint) -> str:
    level = severity(finding)
    title = (
        f"{paint(_BOLD, place(finding.span))}: "
        f"{paint(_COLOURS[level], f'{level}[{finding.rule}]')}: {visible(finding.message)}"
    )
    rows = list(_body(finding, repo, paint, _COLOURS[level]))
    width = max((len(row.gutter) for row in rows), default=0)
    return "".join(f"{line}\n" for line in (title, *(_gutter(row, width, paint) for row in rows)))


def _problem(line: str, paint: Paint) -> str:
    label, rest = line.split(":", 1)
    return f"{paint(_COLOURS['error'], label)}:{rest}\n"


def _summary(summary: Summary, paint: Paint) -> Iterator[str]:
    if summary.fixed:
        fixed = counted(summary.fixed, "finding")
        yield paint(_FIX, f"Fixed {fixed} in {counted(summary.changed_files, 'file')}.")
    if summary.findings:
        yield paint(_BOLD, f"{summary.headline}.")
    if summary.problems:
        yield f"Not everything could be checked: {counted(summary.problems, 'problem')}."
    if not summary.findings and not summary.problems:
        rules, files = counted(summary.rules, "rule"), counted(summary.files, "file")
        yield f"{paint(_FIX, 'All clear')}: {rules}, {files}."
    if summary.fixable:
        more = f" ({summary.unsafe_fixable:,} more with --unsafe-fixes)"
        yield f"{summary.fixable:,} fixable with --fix{more if summary.unsafe_fixable else ''}."
    elif summary.unsafe_fixable:
        yield f"{summary.unsafe_fixable:,} fixable with --unsafe-fixes."
    if summary.on_demand:
        yield f"{summary.on_demand:,} may be fixable: --diff tells."
    if summary.silenced:
        ways = (
            (summary.suppressed, "suppression"),
            (summary.excepted, "exception"),
            (summary.baselined, "baseline"),
        )
        by = ", ".join(f"{number:,} by {way}" for number, way in ways if number)
        yield f"{summary.silenced:,} silenced ({by})."


def _body(finding: Finding, repo: Repo, paint: Paint, colour: str) -> Iterator[_Row]:
    blank = _Row("", "|", "")
    if frame := _frame(finding.span, repo, "^", lambda mark: paint(colour, mark)):
        yield from (blank, *frame)
    for related in finding.related:
        if frame:
            yield blank
        note = paint(_BOLD, "note")
        yield _Row("", "=", f"{note}: {place(related.span)}: {visible(related.message)}")
        if frame := _frame(related.span, repo, "-", lambda mark: paint(_GUTTER, mark)):
            yield from (blank, *frame)
    if fix := finding.fix:
        if frame:
            yield blank
        label = paint(_FIX, "fix" if fix.safe else "unsafe fix")
        yield _Row("", "=", f"{label}: {visible(fix.title)}")


def _gutter(row: _Row, width: int, paint: Paint) -> str:
    edge = paint(_GUTTER, f"{row.gutter:>{width}} {row.edge}")
    return f"{edge} {row.text}" if row.text else edge


def _frame(span: Span, repo: Repo, mark: str, paint: Callable[[str], str]) -> list[_Row]:
    """The lines of a span, marked; nothing where they cannot be had."""
    document = repo.document(span.path)
    if document is None or span.line > len(document.line_starts):
        return []
    last, end = _end(span, document)
    if last > span.line:
        return list(_several_lines(span, last, end, document, mark, paint))
    line = _line(document.line(span.line), span.column - 1, end)
    underline = " " * line.start + paint(mark * max(1, line.end - line.start))
    return [_Row(str(span.line), "|", line.text), _Row("", "|", underline)]


def _end(span: Span, document: Document) -> tuple[int, int]:
    """The line and 0-based column where a span ends; not the line after one that it ends with."""
    if span.end_line > span.line and span.end_column == 1:
        return span.end_line - 1, len(document.line(span.end_line - 1))
    return span.end_line, span.end_column - 1


def _several_lines(
    span: Span, last: int, end: int, document: Document, mark: str, paint: Callable[[str], str]
) -> Iterator[_Row]:
    first = _line(document.line(span.line), span.column - 1, span.column - 1, cropped_left=False)
    if document.line(span.line)[: span.column - 1].strip():
        yield _Row(str(span.line), "|", f"  {first.text}")
        yield _Row("", "|", paint(f" {'_' * (first.start + 1)}{mark}"))
    else:
        yield _Row(str(span.line), "|", f"{paint('/')} {first.text}")
    numbers = range(span.line + 1, last + 1)
    omitted = range(0) if len(numbers) < _MOST_LINES else numbers[_MOST_LINES // 2 : -2]
    for number in numbers:
        if number not in omitted:
            line = _line(document.line(number), 0, 0, cropped_left=False)
            yield _Row(str(number), "|", f"{paint('|')} {line.text}".rstrip())
        elif number == omitted[0]:
            yield _Row("…", "|", paint("|"))
    closing = _line(document.line(last), max(0, end - 1), end, cropped_left=False)
    yield _Row("", "|", paint(f"|{'_' * (closing.start + 1)}{mark}"))


class _Line(NamedTuple):
    """A line as it is shown, and the 0-based display columns between which it is marked."""

    text: str
    start: int
    end: int


def _line(line: str, start: int, end: int, *, cropped_left: bool = True) -> _Line:
    """A line of source fit for a frame, marked between two 0-based code points."""
    # No more of a line is looked at than can be shown: it may be a minified file of megabytes.
    skipped = max(0, start - _WIDTH) if cropped_left else 0
    source = line[skipped : (start if cropped_left else 0) + 2 * _WIDTH]
    cells, columns = _cells(source)
    start, end = min(start - skipped, len(source)), min(end - skipped, len(source))
    low, high = 0, len(source)
    if columns[-1] > _WIDTH:
        if cropped_left and columns[end] > _WIDTH:
            room = max(_WIDTH // 4, _WIDTH - (columns[end] - columns[start]))
            low = bisect_left(columns, columns[start] - room // 2)
        high = bisect_right(columns, columns[low] + _WIDTH) - 1
    before = "…" if skipped or low else ""
    after = "…" if skipped + high < len(line) else ""
    shift = len(before) - columns[low]
    return _Line(
        before + "".join(cells[low:high]).rstrip() + after,
        columns[min(start, high)] + shift,
        columns[min(end, high)] + shift,
    )


def _cells(source: str) -> tuple[list[str], list[int]]:
    """What each code point shows as, and the display column of each and of the end."""
    if source.isascii() and source.isprintable() and "##" not in source:
        return list(source), list(range(len(source) + 1))
    cells, columns = pictures(source, keep="\t"), [0]
    for index, cell in enumerate(cells):
        if cell == "\t":
            cells[index] = " " * (_TAB - columns[-1] % _TAB)
        columns.append(columns[-1] + _width(cells[index]))
    return cells, columns


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    from unicodedata import category, east_asian_width  # only lines beyond ASCII pay for it

    if category(cell) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(cell) in "WF" else 1


def _ansi(style: str, text: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


def _plain(_: str, text: str) -> str:
    return text
