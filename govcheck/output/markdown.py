"""A summary in GitHub Markdown: for a job's summary page or a comment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from govcheck.finding import Finding
from govcheck.output.concise import place, problem_line
from govcheck.output.escape import visible
from govcheck.output.summary import counted, in_order, severity, summarise
from govcheck.report import Report

if TYPE_CHECKING:
    from govcheck.registry import RulePage

MOST_BYTES = 900 * 1024  # GitHub takes no summary of more than 1 MiB

_HARMLESS = frozenset(ascii_letters + digits + " ,-/")


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of the summary of which any number of rows may be shown."""

    opening: str
    rows: Sequence[str]
    closing: str


def render(report: Report, rules: "Sequence[RulePage]" = ()) -> str:
    """The report as a table of rules, and for each rule what it found.

    No more than `MOST_BYTES` are written; what is missing then is counted at the end.
    """
    summary = summarise(report)
    findings = sorted(in_order(report.findings), key=lambda finding: finding.rule)
    groups = {rule: list(group) for rule, group in groupby(findings, lambda found: found.rule)}
    if not findings and not report.problems:
        scope = f"{counted(summary.rules, 'rule')}, {counted(summary.files, 'file')}"
        return f"## govcheck: all clear\n\n{scope}.\n"
    head = f"## govcheck: {summary.headline}\n"
    sections = [*_problems(report), *_table(groups), *_details(groups, rules)]
    return head + _within(MOST_BYTES - len(head), sections)


def _problems(report: Report) -> Iterator[_Section]:
    if report.problems:
        rows = [f"- {escaped(problem_line(problem))}\n" for problem in report.problems]
        yield _Section("\n**Not everything could be checked:**\n\n", rows, "")


def _table(groups: dict[str, list[Finding]]) -> Iterator[_Section]:
    if groups:
        opening = "\n| rule | severity | findings | fixable |\n|---|---|--:|--:|\n"
        rows = [
            f"| {escaped(rule)} | {severity(found[0])} | {len(found):,} "
            f"| {sum(finding.fix is not None for finding in found):,} |\n"
            for rule, found in groups.items()
        ]
        yield _Section(opening, rows, "")


def _details(groups: dict[str, list[Finding]], rules: "Sequence[RulePage]") -> Iterator[_Section]:
    summaries = {page.name: f": {escaped(page.summary)}" for page in rules}
    for rule, found in groups.items():
        summary = f"<b>{escaped(rule)}</b>{summaries.get(rule, '')} ({len(found):,})"
        yield _Section(
            f"\n<details><summary>{summary}</summary>\n\n| place | message |\n|---|---|\n",
            [
                f"| <code>{escaped(place(finding.span))}</code> | {escaped(finding.message)} |\n"
                for finding in found
            ],
            "\n</details>\n",
        )


def _within(budget: int, sections: Sequence[_Section]) -> str:
    text, omitted = "", 0
    room = budget - 100  # for the last line
    for section in sections:
        frame = len(f"{section.opening}{section.closing}".encode())
        sizes = accumulate(len(row.encode()) for row in section.rows)
        kept = section.rows[: sum(frame + size <= room for size in sizes)]
        omitted += len(section.rows) - len(kept)
        if kept:
            part = f"{section.opening}{''.join(kept)}{section.closing}"
            text, room = text + part, room - len(part.encode())
    return text + (f"\n…and {omitted:,} more.\n" if omitted else "")


def escaped(text: str) -> str:
    """`text` as text of Markdown and of HTML: no mark-up, link, mention or end of a cell in it."""
    return "".join(map(_escaped_character, visible(text)))


def _escaped_character(char: str) -> str:
    if char in _HARMLESS or not char.isascii():
        return char
    # GitHub looks for mentions and mail addresses after it has resolved entities.
    return f"&#{ord(char)};" + ("\u200b" if char == "@" else "")
