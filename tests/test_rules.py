"""Every example of every rule: what it finds, what fixing makes of it, and that it can be told."""

import ast
import json
import re
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from govcheck import check, fix, registry
from govcheck.report import Report
from govcheck.rule import Example
from tests.conftest import Repository

CASES = [
    pytest.param(name, example, id=f"{name}: {example.title}")
    for name in registry.names()
    for example in registry.examples(name)
]


def _lines(report: Report, rule: str) -> list[str]:
    return [
        f"{f.span.path}:{f.span.line}:{f.span.column}: {f.message}"
        for f in report.findings
        if f.rule == rule
    ]


def _contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_example(rule: str, example: Example, repository: Repository) -> None:
    root = repository(example.files)
    today = date.fromisoformat(example.today)
    report = check(str(root), today=today)
    assert not report.problems
    assert _lines(report, rule) == list(example.findings)

    before = _contents(root)
    # A rule about the run has something to say only of a run of the others.
    select = [rule] if registry.load(rule).check is not None else []
    fixed = fix(str(root), unsafe=example.unsafe, select=select, today=today)
    assert not fixed.problems
    assert _contents(root) == before | {p: t.encode() for p, t in example.fixed.items()}
    for path, data in _contents(root).items():
        _assert_parses(path, data, before[path])
    again = fix(str(root), unsafe=example.unsafe, select=select, today=today)
    assert not again.changes
    expected = registry.load(rule).fix if example.fixed else None
    if expected is not None:
        assert example.unsafe or expected == "safe"


def _assert_parses(path: str, data: bytes, before: bytes) -> None:
    match path.rpartition(".")[2]:
        case "py" if _is_python(before):
            assert _is_python(data)
        case "toml":
            tomllib.loads(data.decode())
        case "json":
            json.loads(data)


def _is_python(data: bytes) -> bool:
    try:
        ast.parse(data)
    except (SyntaxError, MemoryError, RecursionError):
        return False
    return True


SUPPRESSIBLE = [
    pytest.param(name, example, id=f"{name}: {example.title}")
    for name in registry.names()
    for example in registry.examples(name)
    if registry.load(name).check is not None and example.findings
]


@pytest.mark.parametrize(("rule", "example"), SUPPRESSIBLE)
def test_an_exception_silences_the_example_and_its_removal_brings_it_back(
    rule: str, example: Example, repository: Repository
) -> None:
    root = repository(example.files)
    today = date.fromisoformat(example.today)
    paths = sorted({line.split(":")[0] for line in example.findings})
    policy = root / "govcheck.toml"
    original = policy.read_text()
    entry = f'\n[[exceptions]]\nrule = "{rule}"\npaths = {json.dumps(paths)}\nreason = "test"\n'
    policy.write_text(original + entry)
    report = check(str(root), today=today)
    assert _lines(report, rule) == []
    assert [each.by for each in report.silenced] == ["exception"] * len(example.findings)
    assert _lines(report, "unused-exception") == []
    policy.write_text(original)
    assert _lines(check(str(root), today=today), rule) == list(example.findings)


@pytest.mark.parametrize(("rule", "example"), SUPPRESSIBLE)
def test_a_comment_silences_each_finding_of_the_example_in_python_and_its_removal_brings_it_back(
    rule: str, example: Example, repository: Repository
) -> None:
    places = Counter(
        (path, int(line))
        for path, line in (each.split(":")[:2] for each in example.findings)
        if path.endswith((".py", ".toml", ".env", ".example"))
    )
    if not places:
        return
    root = repository(example.files)
    today = date.fromisoformat(example.today)
    for (path, line), _ in sorted(places.items(), reverse=True):
        lines = (root / path).read_text().splitlines(keepends=True)
        indent = re.match(r"\s*", lines[line - 1])
        assert indent
        lines.insert(line - 1, f"{indent[0]}# govcheck: ignore[{rule}] -- an example\n")
        (root / path).write_text("".join(lines))
    report = check(str(root), today=today)
    commented = {path for path, _ in places}
    left = [each for each in _lines(report, rule) if each.split(":")[0] in commented]
    assert left == []
    assert sum(each.by == "suppression" for each in report.silenced) == places.total()
    assert _lines(report, "unused-suppression") == []


@pytest.mark.parametrize("name", registry.names())
def test_every_rule_is_documented_and_shows_more_look_alikes_than_findings(name: str) -> None:
    rule, page = registry.load(name), registry.page(name)
    assert (rule.name, rule.family) == (name, registry.family_of(name))
    assert (rule.check is None) != (rule.review is None)
    assert page.summary.endswith(".")
    assert len(page.summary) <= 100
    assert "## How to resolve" in page.explanation
    failing = [each for each in registry.examples(name) if each.findings]
    passing = [each for each in registry.examples(name) if not each.findings]
    assert failing
    assert len(passing) >= 2
    assert len(passing) > len(failing)
    assert rule.fix is None or any(each.fixed for each in failing)


def test_rule_names_are_unique_across_families() -> None:
    assert len(set(registry.names())) == len(registry.names())
    assert not set(registry.names()) & set(registry.families())
