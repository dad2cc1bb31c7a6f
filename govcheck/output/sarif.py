"""SARIF 2.1.0, as GitHub code scanning and other dashboards take it.

Specification: https://docs.oasis-open.org/sarif/sarif/v2.1.0/; what GitHub reads of it and its
limits: "SARIF support for code scanning" in GitHub's documentation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

from govcheck.document import Document
from govcheck.finding import Edit, Finding, Fix, Related, Severity, Span
from govcheck.output.escape import visible
from govcheck.output.fingerprint import fingerprints, line_hashes
from govcheck.output.json import Json, dump
from govcheck.output.summary import SEVERITIES, counted, severity
from govcheck.repo import Repo
from govcheck.report import Problem, Report, Silenced

if TYPE_CHECKING:
    from govcheck.registry import RulePage

MOST_RESULTS = 5000  # GitHub keeps no more of one run

_HOME = "https://github.com/govcheck/govcheck"
_MOST_DESCRIPTION = 1024
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_URGENCIES: dict[Severity, str] = {
    "error": "error",
    "warning": "warning",
    "info": "recommendation",
}


@dataclass(frozen=True, slots=True)
class _Result:
    """A finding on its way out, and what silences it."""

    finding: Finding
    fingerprint: str
    silenced: Silenced | None = None

    @property
    def sort_key(self) -> tuple[bool, int, tuple[str, int, int, str, str]]:
        """Reported ones first, then the worst: what the limit cuts off matters least."""
        rank = SEVERITIES.index(severity(self.finding))
        return (self.silenced is not None, rank, self.finding.sort_key)


def render(
    report: Report,
    rules: "Sequence[RulePage]",
    *,
    version: str,
    silenced: bool = False,
) -> str:
    """The report as SARIF, at most `MOST_RESULTS` results.

    `silenced` adds the findings that are not reported, as suppressed results; GitHub opens alerts
    for these all the same, so it is for other dashboards. `version` is that of govcheck.
    """
    results = sorted(_results(report, silenced), key=lambda result: result.sort_key)
    kept, omitted = results[:MOST_RESULTS], len(results) - MOST_RESULTS
    return dump(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": _driver(rules, version)},
                    "automationDetails": {"id": "govcheck/"},
                    "originalUriBaseIds": {
                        "SRCROOT": {
                            "description": {"text": "The root of the repository."},
                        }
                    },
                    "columnKind": "utf16CodeUnits",
                    "newlineSequences": ["\r\n", "\n", "\r"],
                    "invocations": [_invocation(report, omitted)],
                    "results": _located(kept, report.repo, rules),
                }
            ],
        },
        indent=None,
    )


def _results(report: Report, silenced: bool) -> list[_Result]:
    reported, unreported = fingerprints(report)
    results = [_Result(*pair) for pair in zip(report.findings, reported, strict=True)]
    if silenced:
        pairs = zip(report.silenced, unreported, strict=True)
        results += [_Result(silenced.finding, print_, silenced) for silenced, print_ in pairs]
    return results


def _driver(rules: "Sequence[RulePage]", version: str) -> Json:
    return {
        "name": "govcheck",
        "version": version,
        "informationUri": _HOME,
        "rules": [_rule(page) for page in rules],
    }


def _rule(page: "RulePage") -> Json:
    explanation = page.explanation or page.summary
    return {
        "id": page.name,
        "name": "".join(word.capitalize() for word in page.name.split("-")),
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": _cut(explanation.split("\n\n")[0])},
        "help": {"text": explanation, "markdown": explanation},
        "defaultConfiguration": {"level": _LEVELS[page.severity]},
        "properties": {
            "tags": [page.family],
            "precision": "high",
            "problem.severity": _URGENCIES[page.severity],
        },
    }


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_DESCRIPTION else text[: _MOST_DESCRIPTION - 1] + "…"


def _invocation(report: Report, omitted: int) -> Json:
    notifications = [_notification(problem) for problem in report.problems]
    if omitted > 0:
        text = f"{counted(omitted, 'result')} beyond the worst {MOST_RESULTS:,} were left out."
        notifications.append({"level": "warning", "message": {"text": text}})
    return {
        "executionSuccessful": not report.problems,
        "toolExecutionNotifications": notifications,
    }


def _notification(problem: Problem) -> Json:
    return {
        "level": "error",
        "message": _message(problem.message),
        **({"locations": [_location(problem.path)]} if problem.path else {}),
        **({"associatedRule": {"id": problem.rule}} if problem.rule else {}),
    }


def _located(results: Sequence[_Result], repo: Repo, rules: "Sequence[RulePage]") -> list[Json]:
    indices = {page.name: index for index, page in enumerate(rules)}
    hashes = {
        path: line_hashes(document.data)
        for path in {result.finding.span.path for result in results}
        if (document := repo.document(path))
    }
    return [
        _result(result, repo, indices, hashes.get(result.finding.span.path, []))
        for result in results
    ]


def _result(result: _Result, repo: Repo, indices: dict[str, int], hashes: list[str]) -> Json:
    finding, fix = result.finding, result.finding.fix
    hashed = hashes[finding.span.line - 1 : finding.span.line]
    related = [
        _related(number, related, repo) for number, related in enumerate(finding.related, start=1)
    ]
    written = _fix(fix, repo) if fix else None
    return {
        "ruleId": finding.rule,
        **({"ruleIndex": indices[finding.rule]} if finding.rule in indices else {}),
        "level": _LEVELS[severity(finding)],
        "message": _message(finding.message),
        "locations": [_place(finding.span, repo)],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {
            **({"primaryLocationLineHash": hashed[0]} if hashed else {}),
            "govcheck/v1": result.fingerprint,
        },
        **({"fixes": [written]} if written else {}),
        # The specification wants them on all results or on none.
        "suppressions": [_suppression(result.silenced)] if result.silenced else [],
    }


def _suppression(silenced: Silenced) -> Json:
    return {
        "kind": "inSource" if silenced.by == "suppression" else "external",
        **({"justification": visible(silenced.reason)} if silenced.reason else {}),
    }


def _message(text: str) -> Json:
    """A message whose brackets are no links (section 3.11.6)."""
    shown = visible(text)
    return {"text": shown.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")}


def _place(span: Span, repo: Repo) -> Json:
    return _location(span.path, _region(span, repo.document(span.path)))


def _location(path: str, region: Json | None = None) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(path), "uriBaseId": "SRCROOT"},
            **({"region": region} if region else {}),
        }
    }


def _related(number: int, related: Related, repo: Repo) -> Json:
    return {"id": number, **_place(related.span, repo), "message": _message(related.message)}


def _uri(path: str) -> str:
    """A path relative to the root as a relative URI; undecodable bytes stay what they are."""
    try:
        return quote(path.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # a lone surrogate in a Windows name
        return quote(path.encode("utf-8", "surrogatepass"))


def _region(span: Span, document: Document | None) -> Json:
    return {
        "startLine": span.line,
        "startColumn": _utf16_column(document, span.line, span.column),
        "endLine": span.end_line,
        "endColumn": _utf16_column(document, span.end_line, span.end_column),
    }


def _utf16_column(document: Document | None, line: int, column: int) -> int:
    before = document.line(line)[: column - 1] if document else ""
    if before.isascii():
        return column
    return column + sum(char > "\uffff" for char in before)


def _fix(fix: Fix, repo: Repo) -> Json | None:
    """The fix as replacements; nothing where it touches a file that cannot be read."""
    groups = groupby(sorted(fix.edits), key=lambda edit: edit.path)
    changes = [_artifact_change(path, list(edits), repo) for path, edits in groups]
    if not changes or None in changes:
        return None
    return {
        "description": _message(fix.title),
        "artifactChanges": changes,
        "properties": {"safe": fix.safe},
    }


def _artifact_change(path: str, edits: Sequence[Edit], repo: Repo) -> Json | None:
    document = repo.document(path)
    if document is None:
        return None
    return {
        "artifactLocation": {"uri": _uri(path), "uriBaseId": "SRCROOT"},
        "replacements": [
            {
                "deletedRegion": _region(document.span(edit.start, edit.end), document),
                **({"insertedContent": {"text": edit.text}} if edit.text else {}),
            }
            for edit in edits
        ],
    }
