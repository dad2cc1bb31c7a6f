"""The report for people: escaping, frames, the summary; and the concise format."""

import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from textwrap import dedent
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcheck.document import Document
from govcheck.finding import Finding, Fix, Related, Span
from govcheck.output import concise, text
from govcheck.output.escape import pictures, visible, well_formed
from govcheck.repo import Repo
from govcheck.report import Change, Problem, Report, Silenced

any_text = st.text(st.characters(exclude_categories=()))
hostile_text = st.text(
    st.sampled_from(["\x1b", "\r", "\n", "\t", "\x9b", "\u202e", "\u2028", "\udcff", "#", "[", "a"])
)


@dataclass(frozen=True)
class MemoryRepo:
    documents: dict[str, Document]

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self.documents)

    def document(self, path: str) -> Document | None:
        return self.documents.get(path)


def marked(path: str, source: str) -> tuple[Document, Span]:
    """A document, and the span that stands between « and » in its source."""
    start, end = source.index("«"), source.index("»") - 1
    document = Document(path, source.replace("«", "").replace("»", "").encode())
    return document, document.span(start, end)


def report(
    documents: Sequence[Document], findings: Sequence[Finding], rules: tuple[str, ...] = ("r",)
) -> Report:
    repo = MemoryRepo({document.path: document for document in documents})
    return Report(cast(Repo, repo), rules, date(2026, 1, 1), tuple(findings))


def shown(source: str, path: str = "app.py", **parts: object) -> str:
    """What the one finding over the marked source looks like."""
    document, span = marked(path, source)
    finding = Finding("retired-flag", span, "it is retired", **parts)  # type: ignore[arg-type]
    return text.render(report([document], [finding]), quiet=True)


def frame(source: str) -> str:
    return shown(source).split("\n", 1)[1]


def look(expected: str) -> str:
    return dedent(expected).lstrip("\n")


class TestVisible:
    @given(any_text | hostile_text)
    def test_leaves_nothing_that_a_terminal_obeys(self, said: str) -> None:
        result = visible(said)
        assert not {unicodedata.category(char) for char in result} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert "##[" not in result
        assert visible(result) == result
        result.encode()

    @given(any_text)
    def test_has_a_picture_for_each_character(self, said: str) -> None:
        assert len(pictures(said)) == len(said)
        assert "".join(pictures(said)) == visible(said)

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ("plain, é✓😀 日本 \u00a0", "plain, é✓😀 日本 \u00a0"),
            ("\x1b]8;;http://x\x07", "␛]8;;http://x␇"),
            ("a\tb\r\n\x7f", "a␉b␍␊␡"),
            ("\u202eevil\u2066", "<U+202E>evil<U+2066>"),
            ("\x9b31m\ufeff\u200b", "<U+009B>31m<U+FEFF><U+200B>"),
            ("\udcff.py", "<U+DCFF>.py"),
            ("##[error]x ##vso[task.x]", "##<U+005B>error]x ##vso<U+005B>task.x]"),
            ("## [1.0] and list[int]", "## [1.0] and list[int]"),
        ],
    )
    def test_shows(self, said: str, expected: str) -> None:
        assert visible(said) == expected

    def test_keeps_what_the_caller_can_place(self) -> None:
        assert visible("a\tb\x1b", keep="\t") == "a\tb␛"

    @given(any_text)
    def test_well_formed_text_can_be_encoded(self, said: str) -> None:
        assert len(well_formed(said).encode().decode()) == len(said)


class TestFrame:
    def test_a_finding_with_all_its_parts(self) -> None:
        app, read = marked(
            "src/app.py", 'import os\n\nif «os.getenv("NEW_CLI")» == "1":\n    go()\n'
        )
        policy, entry = marked("govcheck.toml", '[flags]\n«NEW_CLI = { status = "retired" }»\n')
        related = Related(entry, "the policy retires it here")
        fix = Fix("replace the read by its value", ())
        finding = Finding("retired-flag", read, "NEW_CLI is retired", fix, (related,))
        assert text.render(report([app, policy], [finding]), quiet=True) == look(
            """
            src/app.py:3:4: error[retired-flag]: NEW_CLI is retired
              |
            3 | if os.getenv("NEW_CLI") == "1":
              |    ^^^^^^^^^^^^^^^^^^^^
              |
              = note: govcheck.toml:2:1: the policy retires it here
              |
            2 | NEW_CLI = { status = "retired" }
              | --------------------------------
              |
              = fix: replace the read by its value
            """
        )

    def test_an_unsafe_fix_is_called_unsafe(self) -> None:
        assert "= unsafe fix: declare it\n" in shown("«x»", fix=Fix("declare it", (), safe=False))

    def test_carets_stand_under_wide_and_combining_characters(self) -> None:
        assert frame("é✓😀 e\u0301 日本 = «名😀e\u0301»!\n") == look(
            """
              |
            1 | é✓😀 e\u0301 日本 = 名😀e\u0301!
              |               ^^^^^
            """
        )

    def test_tabs_are_four_columns_apart(self) -> None:
        assert frame("\tif\t«x\ty»:\n") == look(
            """
              |
            1 |     if  x   y:
              |         ^^^^^
            """
        )

    def test_what_the_line_hides_is_shown_and_underlined_whole(self) -> None:
        assert frame("a \x1b[31m «b\u202ec» d\n") == look(
            """
              |
            1 | a ␛[31m b<U+202E>c d
              |         ^^^^^^^^^^
            """
        )

    def test_line_ends_of_any_kind_are_no_part_of_a_line(self) -> None:
        assert frame("one\r\ntwo «three»\r\nfour\r\n") == look(
            """
              |
            2 | two three
              |     ^^^^^
            """
        )

    def test_an_empty_span_is_one_caret(self) -> None:
        assert frame("abc«»\n") == look(
            """
              |
            1 | abc
              |    ^
            """
        )

    def test_the_gutter_fits_the_largest_line_number(self) -> None:
        document, span = marked("a.py", "\n" * 99 + "«here»\n")
        _, other = marked("a.py", "«»")
        finding = Finding("r", span, "m", None, (Related(other._replace(line=1), "see"),))
        assert text.render(report([document], [finding]), quiet=True) == look(
            """
            a.py:100:1: error[r]: m
                |
            100 | here
                | ^^^^
                |
                = note: a.py:1:1: see
                |
              1 |
                | -
            """
        )

    def test_a_span_of_several_lines_is_bracketed(self) -> None:
        assert frame("def f():\n    «if x:\n        y()\n\n    else:\n        z()»\n") == look(
            """
              |
            2 | /     if x:
            3 | |         y()
            4 | |
            5 | |     else:
            6 | |         z()
              | |___________^
            """
        )

    def test_a_long_span_that_begins_inside_a_line_is_bracketed_and_abridged(self) -> None:
        source = "x = «call(\n" + "".join(f"    {name},\n" for name in "abcdefgh") + ")»\n"
        assert frame(source) == look(
            """
               |
             1 |   x = call(
               |  _____^
             2 | |     a,
             3 | |     b,
             4 | |     c,
             … | |
             9 | |     h,
            10 | | )
               | |_^
            """
        )

    def test_a_span_that_ends_with_a_line_end_does_not_reach_the_next_line(self) -> None:
        assert frame("«import os\n»import re\n") == look(
            """
              |
            1 | import os
              | ^^^^^^^^^
            """
        )

    def test_a_long_line_is_cropped_around_the_span(self) -> None:
        _, source, carets = frame("x" * 100_000 + "«RETIRED»" + "y" * 100_000).splitlines()
        assert len(source) < 130
        assert source.startswith("1 | …x")
        assert source.endswith("y…")
        assert source[carets.index("^") : carets.rindex("^") + 1] == "RETIRED"

    def test_a_span_longer_than_the_frame_is_cropped(self) -> None:
        _, source, carets = frame("x = «" + "y" * 100_000 + "»").splitlines()
        assert source == f"1 | x = {'y' * 116}…"
        assert carets == f"  |     {'^' * 116}"

    def test_without_the_file_there_is_no_frame(self) -> None:
        _, span = marked("gone.py", "«x»")
        finding = Finding("r", span, "m", Fix("t", ()), (Related(span, "see"),))
        assert text.render(report([], [finding]), quiet=True) == look(
            """
            gone.py:1:1: error[r]: m
             = note: gone.py:1:1: see
             = fix: t
            """
        )

    @given(any_text | hostile_text | st.text("ab\t 日", min_size=100, max_size=400), st.data())
    def test_any_span_of_any_text_is_shown_in_bounds(
        self, source: str, data: st.DataObject
    ) -> None:
        document = Document("a.txt", well_formed(source).encode())
        size = len(document.text)
        start = data.draw(st.integers(0, size))
        span = document.span(start, data.draw(st.integers(start, size)))
        lines = text.render(report([document], [Finding("r", span, "m")]), quiet=True).splitlines()
        assert any("^" in line for line in lines[1:])
        assert all(len(line) < 150 + 7 * 120 for line in lines)
        assert all(visible(line) == line for line in lines)

    @given(st.text("ab日😀e\u0301\t\x1b", max_size=60), st.text("x日\t", min_size=1, max_size=60))
    def test_carets_begin_where_the_span_does(self, before: str, inside: str) -> None:
        document = Document("a.txt", f"{before}{inside}".encode())
        span = document.span(len(before), len(before) + len(inside))
        shown = text.render(report([document], [Finding("r", span, "m")]), quiet=True)
        alone = text.render(report([document], [Finding("r", document.span(0, len(before)), "m")]))
        if before and unicodedata.category(before[0]) != "Mn" and "…" not in shown:
            width = alone.splitlines()[3].count("^")
            assert shown.splitlines()[3].index("^") == len("  | ") + width


class TestReport:
    def test_a_hostile_path_and_message_stay_on_their_line(self) -> None:
        document, span = marked("\x1b[2J\n::error::\udcff.py", "«x»")
        shown = text.render(report([document], [Finding("r", span, "a\r\x1b[1mb")]), quiet=True)
        assert shown.splitlines()[0] == "␛[2J␊::error::<U+DCFF>.py:1:1: error[r]: a␍␛[1mb"

    def test_findings_stand_by_file_and_place_with_an_empty_line_between(self) -> None:
        a, last = marked("a.py", "x\n«y»\n")
        b, other = marked("b.py", "«z»\n")
        first = a.span(0, 1)
        findings = [Finding("r", other, "3"), Finding("r", last, "2"), Finding("r", first, "1")]
        blocks = text.render(report([a, b], findings), quiet=True).split("\n\n")
        assert [block.splitlines()[0] for block in blocks] == [
            "a.py:1:1: error[r]: 1",
            "a.py:2:1: error[r]: 2",
            "b.py:1:1: error[r]: 3",
        ]

    def test_a_clean_run_is_one_line(self) -> None:
        clean = report([marked("a.py", "«»")[0]], [], rules=("a", "b"))
        assert text.render(clean) == "All clear: 2 rules, 1 file.\n"
        assert text.render(clean, quiet=True) == ""

    def test_the_summary_counts_severities_fixes_and_what_is_silenced(self) -> None:
        document, span = marked("a.py", "«x»")
        found = Finding("r", span, "m", severity="error")
        findings = (
            found,
            replace(found, fix=Fix("t", ())),
            replace(found, severity="warning", fix=Fix("t", (), safe=False)),
            replace(found, severity="info", on_demand=True),
        )
        full = replace(
            report([document], findings),
            silenced=(
                Silenced(found, "suppression", "r"),
                Silenced(found, "exception", "r"),
                Silenced(found, "exception", "r"),
                Silenced(found, "baseline", "r"),
            ),
            fixed=(found, found),
            changes=(Change("a.py", b"", b"x"),),
        )
        assert text.render(full).rpartition("\n\n")[2] == look(
            """
            Fixed 2 findings in 1 file.
            4 findings (2 errors, 1 warning, 1 info).
            1 fixable with --fix (1 more with --unsafe-fixes).
            1 may be fixable: --diff tells.
            4 silenced (1 by suppression, 2 by exception, 1 by baseline).
            """
        )

    def test_only_unsafe_fixes(self) -> None:
        document, span = marked("a.py", "«x»")
        found = Finding("r", span, "m", Fix("t", (), safe=False))
        shown = text.render(report([document], [found]))
        assert shown.endswith("1 finding (1 error).\n1 fixable with --unsafe-fixes.\n")

    def test_problems_are_named_and_nothing_is_called_clear(self) -> None:
        problems = (Problem("it is not UTF-8", "a\x1b.py"), Problem("the rule failed", rule="pin"))
        assert text.render(replace(report([], []), problems=problems)) == look(
            """
            error: a␛.py: it is not UTF-8
            error: pin: the rule failed

            Not everything could be checked: 2 problems.
            """
        )

    def test_colour_adds_escapes_and_nothing_else(self) -> None:
        document, span = marked("a.py", "if x:\n    y = «[\n1,\n]»\n")
        found = Finding("r", span, "m", Fix("t", ()), (Related(span, "n"),), severity="warning")
        plain = replace(report([document], [found]), problems=(Problem("p"),))
        coloured = text.render(plain, colour=True)
        assert "\x1b[1;33mwarning[r]\x1b[0m" in coloured
        for style in ("0", "1", "1;31", "1;32", "1;33", "1;34"):
            coloured = coloured.replace(f"\x1b[{style}m", "")
        assert coloured == text.render(plain)

    def test_takes_no_import_that_the_engine_does_not_need(self) -> None:
        code = (
            "import sys, govcheck.report, govcheck.repo; before = set(sys.modules); "
            "from govcheck.output import FORMATS, concise, text; "
            "print(*sorted(set(sys.modules) - before))"
        )
        run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        modules = ("", ".concise", ".escape", ".summary", ".text")
        assert run.stdout.decode().split() == [f"govcheck.output{name}" for name in modules]


class TestConcise:
    def test_is_one_line_a_finding_and_nothing_else(self) -> None:
        document, span = marked("a.py", "x\n  «y»\n")
        findings = [Finding("b", span, "two"), Finding("a", document.span(0, 1), "one")]
        full = replace(report([document], findings), problems=(Problem("no", "z"),))
        assert concise.render(full) == "a.py:1:1: a one\na.py:2:3: b two\n"
        assert concise.problems(full) == "error: z: no\n"

    def test_of_a_clean_run_is_empty(self) -> None:
        assert concise.render(report([], [])) == ""

    @pytest.mark.parametrize("path", ["::error::x.py", " ::error file=a::x", "\u3000::debug::"])
    def test_no_line_begins_like_a_workflow_command(self, path: str) -> None:
        document, span = marked(path, "«x»")
        for shown in (concise.render, text.render):
            line = shown(report([document], [Finding("r", span, "m")])).splitlines()[0]
            assert line.startswith(f"./{path}:1:1: ")

    @given(any_text.filter(bool), any_text)
    def test_has_a_line_for_each_finding_whatever_it_says(self, path: str, message: str) -> None:
        finding = Finding("r", Span(path, 1, 1, 1, 1, 0, 0), message)
        said = concise.render(report([], [finding, finding]))
        assert len(said.split("\n")) == 3
        assert not any(line.lstrip().startswith("::") for line in said.split("\n"))
