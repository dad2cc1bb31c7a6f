"""The report for programs, held against its published schema."""

import json
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from govcheck.document import Document
from govcheck.finding import Finding, Fix, Related, Span
from govcheck.output import json as json_output
from govcheck.repo import Repo
from govcheck.report import Change, Problem, Report, Silenced

SCHEMA = json.loads(files("govcheck.output").joinpath("report-v1.schema.json").read_bytes())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)

any_text = st.text(st.characters(exclude_categories=()))


@dataclass(frozen=True)
class NoFiles:
    files: tuple[str, ...] = ("a.py", "b.py")

    def document(self, _: str) -> Document | None:
        return None


SPAN = Span("a.py", 2, 3, 2, 7, 12, 16)
FOUND = Finding(
    "pin",
    SPAN,
    "numpy may be 3",
    Fix("narrow it", (), safe=False),
    (Related(SPAN._replace(path="govcheck.toml"), "allowed here"),),
    {"subject": "numpy", "witness": None},
    "warning",
    "dependencies",
)
REPORT = Report(cast(Repo, NoFiles()), ("pin", "retired-flag"), date(2026, 1, 2))


def rendered(report: Report) -> dict[str, Any]:
    """The output, read back, and held against the schema."""
    text = json_output.render(report)
    result = json.loads(text)
    VALIDATOR.validate(result)
    assert text.isascii()
    assert text.endswith("}\n")
    return cast(dict[str, Any], result)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_finding_has_every_key_that_is_promised() -> None:
    assert rendered(replace(REPORT, findings=(FOUND,)))["findings"] == [
        {
            "rule": "pin",
            "family": "dependencies",
            "path": "a.py",
            "line": 2,
            "column": 3,
            "end_line": 2,
            "end_column": 7,
            "severity": "warning",
            "message": "numpy may be 3",
            "fix": {"title": "narrow it", "safe": False},
            "related": [
                {
                    "path": "govcheck.toml",
                    "line": 2,
                    "column": 3,
                    "end_line": 2,
                    "end_column": 7,
                    "message": "allowed here",
                }
            ],
            "data": {"subject": "numpy", "witness": None},
        }
    ]


def test_a_clean_report_states_its_scope() -> None:
    assert rendered(REPORT) == {
        "version": 1,
        "findings": [],
        "errors": [],
        "summary": {
            "today": "2026-01-02",
            "exit_code": 0,
            "rules": 2,
            "files": 2,
            "findings": {"error": 0, "warning": 0, "info": 0},
            "fixable": {"safe": 0, "unsafe": 0},
            "silenced": {"suppression": 0, "exception": 0, "baseline": 0},
            "fixed": {"findings": 0, "files": 0},
        },
    }


def test_the_summary_counts() -> None:
    report = replace(
        REPORT,
        findings=(FOUND, replace(FOUND, fix=Fix("t", ()), severity="error")),
        silenced=(Silenced(FOUND, "baseline", "old"),),
        fixed=(FOUND,),
        changes=(Change("a.py", b"", b"x"),),
        problems=(Problem("no", "b.py"), Problem("failed", rule="pin")),
    )
    result = rendered(report)
    assert result["errors"] == [
        {"message": "no", "path": "b.py", "rule": None},
        {"message": "failed", "path": None, "rule": "pin"},
    ]
    assert result["summary"] == {
        "today": "2026-01-02",
        "exit_code": 2,
        "rules": 2,
        "files": 2,
        "findings": {"error": 1, "warning": 1, "info": 0},
        "fixable": {"safe": 1, "unsafe": 1},
        "silenced": {"suppression": 0, "exception": 0, "baseline": 1},
        "fixed": {"findings": 1, "files": 1},
    }


def test_findings_stand_as_they_do_in_files() -> None:
    spans = [Span(path, 1, 1, 1, 1, at, at) for path, at in (("b", 0), ("a", 9), ("a", 0))]
    report = replace(REPORT, findings=tuple(replace(FOUND, span=span) for span in spans))
    places = [found["path"] for found in rendered(report)["findings"]]
    assert places == ["a", "a", "b"]


def test_data_may_hold_more_than_json_knows() -> None:
    data = {"since": date(2025, 5, 6), "names": {"b", "a"}, "kind": ("env",), "map": {"k": 1}}
    found = replace(FOUND, data=data)
    assert rendered(replace(REPORT, findings=(found,)))["findings"][0]["data"] == {
        "since": "2025-05-06",
        "names": ["a", "b"],
        "kind": ["env"],
        "map": {"k": 1},
    }


@pytest.mark.parametrize("said", ["##[error]x", "\x7f\x1b[1m\u202e", "###[x", "\udcff.py"])
def test_nothing_in_it_is_a_command_to_a_terminal_or_a_log(said: str) -> None:
    report = replace(REPORT, findings=(replace(FOUND, message=said),))
    text = json_output.render(report)
    assert "##" not in text
    assert text.replace("\n", "").isprintable()
    assert rendered(report)["findings"][0]["message"] == said


@given(any_text.filter(bool), any_text)
def test_every_text_comes_back_as_it_was(path: str, said: str) -> None:
    found = replace(FOUND, span=SPAN._replace(path=path), message=said, data={"said": said})
    report = replace(REPORT, findings=(found,), problems=(Problem(said, path),))
    result = rendered(report)
    assert (result["findings"][0]["path"], result["findings"][0]["message"]) == (path, said)
    assert result["findings"][0]["data"] == {"said": said}
    assert result["errors"][0] == {"message": said, "path": path, "rule": None}
