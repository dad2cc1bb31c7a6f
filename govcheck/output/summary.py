"""What a report amounts to: the counts that every format states, and the order of severity."""

from collections.abc import Iterable
from typing import NamedTuple

from govcheck.finding import Finding, Severity
from govcheck.report import Report

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


class Summary(NamedTuple):
    """The numbers of a report.

    `errors`, `warnings` and `infos` count what remains; `fixable` and `unsafe_fixable`, which do
    not overlap, what of it has a safe or an unsafe fix, and `on_demand` what may have one if it is
    asked for; `changed_files` the files that fixing
    changed. `rules` ran over `files`.
    """

    errors: int
    warnings: int
    infos: int
    fixable: int
    unsafe_fixable: int
    on_demand: int
    suppressed: int
    excepted: int
    baselined: int
    fixed: int
    changed_files: int
    problems: int
    rules: int
    files: int

    @property
    def findings(self) -> int:
        """How many findings remain."""
        return self.errors + self.warnings + self.infos

    @property
    def silenced(self) -> int:
        """How many findings are not reported."""
        return self.suppressed + self.excepted + self.baselined

    @property
    def headline(self) -> str:
        """The findings and their severities in words, such as `3 findings (2 errors, 1 info)`."""
        counts = ((self.errors, "error"), (self.warnings, "warning"), (self.infos, "info"))
        severities = ", ".join(counted(number, noun) for number, noun in counts if number)
        return counted(self.findings, "finding") + (f" ({severities})" if severities else "")


def summarise(report: Report) -> Summary:
    """The counts of a report."""
    severities = [severity(finding) for finding in report.findings]
    safe = [finding.fix.safe for finding in report.findings if finding.fix]
    silenced = [silenced.by for silenced in report.silenced]
    return Summary(
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        infos=severities.count("info"),
        fixable=safe.count(True),
        unsafe_fixable=safe.count(False),
        on_demand=sum(each.on_demand and each.fix is None for each in report.findings),
        suppressed=silenced.count("suppression"),
        excepted=silenced.count("exception"),
        baselined=silenced.count("baseline"),
        fixed=len(report.fixed),
        changed_files=len(report.changes),
        problems=len(report.problems),
        rules=len(report.rules),
        files=len(report.repo.files),
    )


def severity(finding: Finding) -> Severity:
    """The severity of a finding; "error" where nobody said."""
    return finding.severity or "error"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings as they stand in files."""
    return sorted(findings, key=lambda finding: finding.sort_key)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by severity, those of one severity as they stand in files."""
    return sorted(in_order(findings), key=lambda finding: SEVERITIES.index(severity(finding)))


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 file`, `2,000 files`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
