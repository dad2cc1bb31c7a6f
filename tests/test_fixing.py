"""Fixing: fixes never fight, files never break, and a second run has nothing to do."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcheck import fix
from govcheck.document import Document
from govcheck.finding import Edit, Finding, Fix
from govcheck.fixing import MAX_ROUNDS, apply, merge, settle
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.report import Report
from tests.conftest import RETIRED, Repository

TEXT = "0123456789"


def _finding(path: str, *edits: Edit, rule: str = "rule", safe: bool = True) -> Finding:
    span = Document(path, TEXT.encode()).span(edits[0].start, edits[0].end)
    return Finding(rule, span, "", Fix("fix", edits, safe))


@st.composite
def _findings(draw: st.DrawFn) -> list[Finding]:
    findings = []
    for number in range(draw(st.integers(1, 6))):
        edits = []
        for path in draw(st.sets(st.sampled_from(["a", "b"]), min_size=1)):
            start = draw(st.integers(0, 9))
            end = draw(st.integers(start, 10))
            edits.append(Edit(path, start, end, draw(st.sampled_from(["", "x", "yy"]))))
        findings.append(_finding("a", *edits, rule=f"rule-{number}"))
    return findings


@given(_findings())
def test_what_is_merged_does_not_overlap_and_goes_in_whole_or_not_at_all(
    findings: list[Finding],
) -> None:
    merged = merge(findings)
    for edits in merged.edits.values():
        for one, other in pairwise(edits):
            assert one.end <= other.start
            assert one.end < other.start or not (one.text or other.text)
    applied = {edit for edits in merged.edits.values() for edit in edits}
    for finding in merged.findings:
        assert finding.fix is not None
        assert set(finding.fix.edits) <= applied
    assert applied == {e for f in merged.findings if f.fix for e in f.fix.edits}


@given(_findings(), st.randoms())
def test_the_order_in_which_rules_report_does_not_matter(
    findings: list[Finding], random: object
) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge(findings) == merge(shuffled)


@given(_findings())
def test_applying_merged_edits_is_the_same_as_applying_them_one_by_one_from_the_end(
    findings: list[Finding],
) -> None:
    for path, edits in merge(findings).edits.items():
        text = TEXT
        for edit in reversed(edits):
            text = text[: edit.start] + edit.text + text[edit.end :]
        assert apply(Document(path, TEXT.encode()), edits) == text.encode()


def test_the_same_edit_of_two_findings_is_made_once() -> None:
    edit = Edit("a", 2, 4, "")
    merged = merge([_finding("a", edit, rule="one"), _finding("a", edit, rule="two")])
    assert len(merged.findings) == 2
    assert merged.edits == {"a": (edit,)}


def test_deletions_that_abut_go_together_but_an_insertion_between_them_waits() -> None:
    one, two = Edit("a", 0, 2, ""), Edit("a", 2, 4, "")
    insertion = Edit("a", 2, 2, "x")
    assert merge([_finding("a", one), _finding("a", two)]).edits == {"a": (one, two)}
    assert len(merge([_finding("a", one), _finding("a", insertion)]).findings) == 1


@pytest.mark.parametrize(
    "data",
    [
        "USE_MENU=1\r\nNAME=é✓😀\r\n".encode(),
        b"\xef\xbb\xbfUSE_MENU=1\nPORT=80",
        b"USE_MENU=1\nNAME=caf\xe9\n",
        "USE_MENU=1\nPORT=80\n".encode("utf-16"),
    ],
)
def test_line_endings_encoding_and_byte_order_mark_stay(
    data: bytes, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED, ".env": data})
    report = fix(str(root))
    document = Document(".env", data)
    line = "USE_MENU=1\r\n" if b"\r\n" in data else "USE_MENU=1\n"
    expected = document.encode(document.text.replace(line, ""))
    assert (root / ".env").read_bytes() == expected
    assert [change.path for change in report.changes] == [".env"]


def _report(repo: Repo, findings: Iterator[Finding] | list[Finding]) -> Report:
    return Report(repo, ("rule",), date(2026, 1, 1), tuple(findings))


def _settled(root: Path, files_to_edits: dict[str, str]) -> Report:
    """Settle a rule that puts a text in front of files, whenever they do not begin with it."""

    def check(repo: Repo, policy: Policy) -> Report:
        findings = []
        for path, text in files_to_edits.items():
            document = repo.document(path)
            if document is not None and not document.text.startswith("done"):
                findings.append(_finding(path, Edit(path, 0, 0, text)))
        return _report(repo, findings)

    policy = Policy()
    return settle(Repo(str(root)), policy, check, lambda repo: policy, unsafe=False)


def test_a_fix_that_breaks_a_file_is_rolled_back_and_told_and_others_go_on(
    repository: Repository,
) -> None:
    root = repository({"bad.py": "x = 1\n", "good.py": "x = 1\n", "a.json": "{}", "a.toml": ""})
    report = _settled(
        root, {"bad.py": "done (", "good.py": "done = 1\n", "a.json": "done", "a.toml": "done ="}
    )
    assert [change.path for change in report.changes] == ["good.py"]
    assert [(p.path, p.message) for p in report.problems] == [
        (path, "line 1: not fixed (fix): the result would no longer parse")
        for path in ("a.json", "a.toml", "bad.py")
    ]
    assert report.exit_code == 2


def test_a_file_that_never_parsed_may_still_be_fixed(repository: Repository) -> None:
    root = repository({"bad.py": "def (\n"})
    assert [c.path for c in _settled(root, {"bad.py": "done\n"}).changes] == ["bad.py"]


def test_fixes_that_never_settle_change_nothing_and_are_told(repository: Repository) -> None:
    root = repository({"a.txt": "x"})
    report = _settled(root, {"a.txt": "again "})
    assert report.changes == ()
    assert [(p.path, p.message) for p in report.problems] == [
        ("a.txt", "its fixes (rule) do not settle, so nothing was changed")
    ]


def test_fixes_that_wait_for_each_other_settle_within_the_rounds(repository: Repository) -> None:
    root = repository({"a.txt": "x" * MAX_ROUNDS})

    def check(repo: Repo, policy: Policy) -> Report:
        document = repo.document("a.txt")
        assert document is not None
        count = document.text.count("x")
        return _report(repo, [_finding("a.txt", Edit("a.txt", 0, 1, ""))] if count else [])

    policy = Policy()
    report = settle(Repo(str(root)), policy, check, lambda repo: policy, unsafe=False)
    assert not report.problems
    assert [change.after for change in report.changes] == [b""]


def test_a_character_that_the_encoding_lacks_is_no_crash(repository: Repository) -> None:
    root = repository({"a.py": "# coding: latin-1\n"})
    report = _settled(root, {"a.py": "done = '😀'\n"})
    assert report.changes == ()
    assert "its encoding cannot hold the new text" in report.problems[0].message
