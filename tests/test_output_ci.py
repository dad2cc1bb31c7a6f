"""What CI systems read: workflow commands, code quality, JUnit, job summaries; the choice of it."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from govcheck import output
from govcheck.document import Document
from govcheck.finding import Finding, Fix, Severity, Span
from govcheck.output import github, gitlab, junit, markdown
from govcheck.output.escape import visible
from govcheck.registry import RulePage
from govcheck.repo import Repo
from govcheck.report import Problem, Report, Silenced

any_text = st.text(st.characters(exclude_categories=()))
COMMANDS = ["::", "##[", "error", "::error file=a,line=1::", "##vso[task.complete]", "]", "%0A"]
CONTROLS = ["\n", "\r", "\t", "\x00", "\x1b", "\u202e", "\udcff", "\ufffe", " ", ",", "=", ":", "%"]
MARKUP = ["]]>", "<b>", "&amp;", '"', "</code>", "<!--", "|", "`", "\\", "*", "__", "~~", "!["]
LINKS = ["@me", "[a](javascript:x)", "https://x.example", "www.x.example", "a@b.example"]

hostile_text = st.lists(st.sampled_from(COMMANDS + CONTROLS + MARKUP + LINKS)).map("".join)
untrusted = hostile_text | any_text


@dataclass(frozen=True)
class NoFiles:
    files: tuple[str, ...] = ("a.py", "b.py")

    def document(self, _: str) -> Document | None:
        return None


REPORT = Report(cast(Repo, NoFiles()), ("pin", "retired-flag"), date(2026, 1, 2))


def found(
    path: str = "a.py",
    line: int = 1,
    column: int = 1,
    *,
    rule: str = "pin",
    message: str = "m",
    severity: Severity = "error",
    fix: Fix | None = None,
) -> Finding:
    span = Span(path, line, column, line, column + 3, column, column + 3)
    return Finding(rule, span, message, fix, severity=severity)


def report(*findings: Finding, problems: Sequence[Problem] = ()) -> Report:
    return replace(REPORT, findings=findings, problems=tuple(problems))


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    data: str


def commands(log: str) -> list[Command]:
    """What GitHub's runner obeys in a log: TryParseV2, then TryParse, of ActionCommand.cs."""
    lines = re.split("\r\n|\r|\n", log)
    return [command for line in lines if (command := command_of(line) or old_command_of(line))]


REGISTERED = {"error", "warning", "notice", "debug", "add-mask", "stop-commands", "group"}


def command_of(line: str) -> Command | None:
    line = line.lstrip()
    if not line.startswith("::") or (end := line.find("::", 2)) < 0:
        return None
    name, _, stated = line[2:end].partition(" ")
    if name.lower() not in REGISTERED:
        return None
    pairs = [pair.split("=", 1) for pair in stated.strip().split(",") if "=" in pair]
    escapes = (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25"))
    properties = {key: unescaped(value, escapes) for key, value in pairs}
    return Command(
        name, properties, unescaped(line[end + 2 :], (escapes[0], escapes[1], escapes[4]))
    )


def old_command_of(line: str) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, _ = line[start + 3 : end].partition(" ")
    return Command(name, {}, line[end + 1 :]) if name.lower() in REGISTERED else None


def unescaped(text: str, escapes: Iterable[tuple[str, str]]) -> str:
    for token, replacement in escapes:
        text = text.replace(replacement, token)
    return text


class TestGitHub:
    def test_a_finding_is_an_annotation(self) -> None:
        assert github.render(report(found("src/a.py", 3, 5, message="100% wrong: a, b"))) == (
            "::error title=govcheck%3A pin,file=src/a.py,line=3,endLine=3,col=5,endColumn=8"
            "::src/a.py:3:5: pin 100%25 wrong: a, b\n"
            "govcheck: 1 finding (1 error)\n"
        )

    def test_a_span_of_several_lines_has_no_columns(self) -> None:
        finding = found()
        long = replace(finding, span=finding.span._replace(end_line=2))
        (command,) = commands(github.render(report(long)))
        assert command.properties == {
            "title": "govcheck: pin",
            "file": "a.py",
            "line": "1",
            "endLine": "2",
        }

    def test_severities_are_the_three_commands(self) -> None:
        findings = (found(severity="info"), found(severity="warning"), found(severity="error"))
        names = [command.name for command in commands(github.render(report(*findings)))]
        assert names == ["error", "warning", "notice"]

    def test_problems_come_first(self) -> None:
        log = github.render(report(found(), problems=[Problem("no text", "b.py"), Problem("x")]))
        assert [(each.properties.get("file"), each.data) for each in commands(log)] == [
            ("b.py", "error: b.py: no text"),
            (None, "error: x"),
            ("a.py", "a.py:1:1: pin m"),
        ]
        assert log.endswith("govcheck: 1 finding (1 error), 2 problems\n")

    def test_ten_of_each_severity_are_annotated_and_the_rest_is_counted(self) -> None:
        findings = [
            found(line=line, severity=severity)
            for line in range(1, 15)
            for severity in ("warning", "error", "info")
        ]
        log = github.render(report(*findings))
        names = [command.name for command in commands(log)]
        assert names == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
        assert log.splitlines()[-1] == (
            "govcheck: 42 findings (14 errors, 14 warnings, 14 infos), 12 of them not annotated"
        )

    def test_a_clean_run_says_so(self) -> None:
        assert github.render(REPORT) == "govcheck: 0 findings\n"

    @given(untrusted.filter(bool), untrusted, untrusted)
    def test_the_runner_finds_the_commands_that_we_meant(
        self, path: str, message: str, rule: str
    ) -> None:
        log = github.render(
            report(found(path, rule=rule, message=message), problems=[Problem(message, path, rule)])
        )
        problem, finding = commands(log)
        assert problem.properties == {"title": "govcheck", "file": visible(path)}
        assert finding.properties == {
            "title": f"govcheck: {visible(rule)}",
            "file": visible(path),
            "line": "1",
            "endLine": "1",
            "col": "1",
            "endColumn": "4",
        }
        assert finding.data.endswith(visible(message))

    @given(st.sampled_from(output.FORMATS), untrusted.filter(bool), untrusted)
    def test_the_runner_obeys_no_other_format(
        self, name: output.Format, path: str, message: str
    ) -> None:
        full = replace(
            report(found(path, message=message), problems=[Problem(message, path)]),
            silenced=(Silenced(found(path), "suppression", message),),
        )
        log = output.render(name, full, rules=lambda: ())
        assert len(commands(log)) == (2 if name == "github" else 0)


class TestGitLab:
    def issues(self, report: Report) -> list[dict[str, Any]]:
        text = gitlab.render(report)
        assert text.isascii()
        return cast(list[dict[str, Any]], json.loads(text))

    def test_an_issue_has_what_gitlab_requires(self) -> None:
        (issue,) = self.issues(report(found("src/a.py", 3, severity="warning")))
        fingerprint = issue.pop("fingerprint")
        assert re.fullmatch("[0-9a-f]{32}", fingerprint)
        assert issue == {
            "description": "pin: m",
            "check_name": "pin",
            "severity": "minor",
            "location": {"path": "src/a.py", "lines": {"begin": 3, "end": 3}},
        }

    def test_a_clean_run_is_an_empty_list(self) -> None:
        assert self.issues(REPORT) == []

    def test_fingerprints_are_unique(self) -> None:
        findings = [found(), found(), found(line=2), found("b.py"), found(rule="r")]
        problems = [Problem("x"), Problem("x"), Problem("x", "a.py")]
        issues = self.issues(report(*findings, problems=problems))
        assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 8

    def test_a_problem_blocks_and_has_a_path(self) -> None:
        first, second = self.issues(report(problems=[Problem("x", "a.py"), Problem("y")]))
        assert (first["severity"], first["location"]["path"]) == ("blocker", "a.py")
        assert second["location"] == {"path": "govcheck.toml", "lines": {"begin": 1}}

    @given(untrusted.filter(bool), untrusted)
    def test_is_unicode_whatever_files_are_called(self, path: str, message: str) -> None:
        full = report(found(path, message=message), problems=[Problem(message, path)])
        json.dumps(self.issues(full), ensure_ascii=False).encode()


class TestJUnit:
    def suites(self, report: Report) -> list[ElementTree.Element]:
        root = ElementTree.fromstring(junit.render(report).encode())
        assert root.tag == "testsuites"
        return list(root)

    def test_a_finding_is_a_failed_case_in_the_suite_of_its_file(self) -> None:
        findings = [found("b.py"), found("a.py", 3, 5, message='<wrong> & "bad"'), found("a.py")]
        first, second = self.suites(report(*findings))
        assert first.attrib == {
            "name": "a.py",
            "tests": "2",
            "failures": "2",
            "errors": "0",
            "skipped": "0",
        }
        assert [case.get("name") for case in first] == ["pin (1:1)", "pin (3:5)"]
        (failure,) = first[1]
        assert failure.attrib == {"type": "error", "message": '<wrong> & "bad"'}
        assert failure.text == 'a.py:3:5: pin <wrong> & "bad"'
        assert second.get("name") == "b.py"

    def test_a_clean_run_is_one_case_that_passes(self) -> None:
        ((case,),) = self.suites(REPORT)
        assert case.get("name") == "All clear: 2 rules, 2 files"
        assert list(case) == []

    def test_info_is_skipped_and_problems_are_errors(self) -> None:
        problems, suite = self.suites(report(found(severity="info"), problems=[Problem("x")]))
        assert (problems.get("errors"), problems[0][0].tag) == ("1", "error")
        assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")
        assert suite[0][0].tag == "skipped"

    @given(untrusted.filter(bool), untrusted, untrusted)
    def test_is_well_formed_whatever_it_says(self, path: str, message: str, rule: str) -> None:
        full = report(
            found(path, rule=rule, message=message), problems=[Problem(message, path, rule)]
        )
        problems, suite = self.suites(full)
        assert problems[0][0].get("message") == visible(message)
        assert suite.get("name") == visible(path)
        assert suite[0][0].get("message") == visible(message)


class TestMarkdown:
    PAGE = RulePage("pin", "dependencies", "error", "safe", "A version is not allowed.", "")

    def test_a_summary_has_a_table_and_details_of_each_rule(self) -> None:
        findings = [found("b.py", 2), found(fix=Fix("t", ())), found(rule="zz", severity="info")]
        assert markdown.render(report(*findings), [self.PAGE]) == (
            "## govcheck: 3 findings (2 errors, 1 info)\n"
            "\n"
            "| rule | severity | findings | fixable |\n"
            "|---|---|--:|--:|\n"
            "| pin | error | 2 | 1 |\n"
            "| zz | info | 1 | 0 |\n"
            "\n"
            "<details><summary><b>pin</b>: A version is not allowed&#46; (2)</summary>\n"
            "\n"
            "| place | message |\n"
            "|---|---|\n"
            "| <code>a&#46;py&#58;1&#58;1</code> | m |\n"
            "| <code>b&#46;py&#58;2&#58;1</code> | m |\n"
            "\n"
            "</details>\n"
            "\n"
            "<details><summary><b>zz</b> (1)</summary>\n"
            "\n"
            "| place | message |\n"
            "|---|---|\n"
            "| <code>a&#46;py&#58;1&#58;1</code> | m |\n"
            "\n"
            "</details>\n"
        )

    def test_a_clean_run_says_so(self) -> None:
        assert markdown.render(REPORT) == "## govcheck: all clear\n\n2 rules, 2 files.\n"

    def test_problems_are_named(self) -> None:
        said = markdown.render(report(problems=[Problem("no text", "a")]))
        assert "**Not everything could be checked:**\n\n- error&#58; a&#58; no text\n" in said

    def test_what_github_would_not_take_is_cut_and_counted(self) -> None:
        findings = [found(line=line, message="wrong " * 30) for line in range(1, 6001)]
        said = markdown.render(report(*findings, found(rule="zz")))
        size = len(said.encode())
        assert markdown.MOST_BYTES - 1000 < size <= markdown.MOST_BYTES
        omitted = re.search(r"…and ([\d,]+) more\.\n$", said)
        assert omitted
        shown = said.count("| <code>")
        assert shown + int(omitted[1].replace(",", "")) == 6001
        assert said.count("<details>") == said.count("</details>")

    @given(untrusted.filter(bool), untrusted)
    def test_no_text_is_markup_a_link_or_a_mention(self, path: str, message: str) -> None:
        plain = self.structure(markdown.render(report(found("a", message="m"))))
        said = markdown.render(report(found(path, message=message)))
        assert self.structure(said) == plain
        row = re.search(r"\| <code>(.*)</code> \| (.*) \|\n", said)
        assert row
        assert not re.search(r"[@:|`\[\]*~_\\<>.]", row[1] + row[2])
        assert not re.search("&#64;[^\u200b]", row[1] + row[2])
        said.encode()

    def structure(self, said: str) -> list[str]:
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(said)
        inner = [child for token in tokens for child in token.children or []]
        return [token.type for token in tokens] + [
            child.content if child.type == "html_inline" else child.type
            for child in inner
            if child.type not in ("text", "text_special")
        ]


@pytest.mark.parametrize("name", output.FORMATS)
def test_every_format_renders_and_only_some_ask_for_the_rules(name: output.Format) -> None:
    asked = []

    def rules() -> list[RulePage]:
        asked.append(name)
        return [TestMarkdown.PAGE]

    said = output.render(name, report(found()), rules=rules)
    assert said.endswith("\n")
    assert "pin" in said
    assert bool(asked) == (name in ("sarif", "markdown"))
