"""Every example of every rule: what it finds, what fixing makes of it, and that it can be told."""

import ast
import inspect
import json
import re
import tokenize
import tomllib
from collections import defaultdict
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import cast, get_args, get_type_hints

import pytest

from govcheck import check, fix, registry
from govcheck.checks.section import Check
from govcheck.finding import Finding
from govcheck.registry import OWN
from govcheck.report import Report
from govcheck.rule import Example
from tests.conftest import Repository, commit, run_git, write

KINDS = {
    name: import_module(f"govcheck.checks.{name}")
    for name in ("calls", "data", "files", "imports", "registry", "text")
}
CASES = [
    pytest.param(name, example, id=f"{name}: {example.title}")
    for name in registry.names()
    for example in registry.examples(name)
]
CASES += [
    pytest.param(OWN, example, id=f"{name}: {example.title}")
    for name, kind in KINDS.items()
    for example in kind.examples
]


def _laid_out(repository: Repository, example: Example) -> Path:
    """The files of an example, and in git's memory those that were there before."""
    root = repository(example.before or example.files)
    if example.before:
        commit(root)
        for path in example.before:
            (root / path).unlink()
        write(root, example.files)
        commit(root)
    if example.tracked:
        run_git(root, "add", "-f", "--", *example.tracked)
    return root


def _lines(report: Report, rule: str) -> list[str]:
    return [
        f"{f.span.path}:{f.span.line}:{f.span.column}: {f.message}"
        for f in report.findings
        if f.rule == rule or f.family == rule
    ]


def _contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_example(rule: str, example: Example, repository: Repository) -> None:
    root = _laid_out(repository, example)
    today = date.fromisoformat(example.today)
    report = check(str(root), today=today)
    assert not report.problems
    assert _lines(report, rule) == list(example.findings)

    before = _contents(root)
    # A rule about the run has something to say only of a run of the others.
    select = [rule] if _is_about_files(rule) else []
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


def _is_about_files(rule: str) -> bool:
    return rule == OWN or registry.load(rule).check is not None


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


def _of(report: Report, rule: str) -> list[Finding]:
    return [each for each in report.findings if rule in (each.rule, each.family)]


SUPPRESSIBLE = [
    pytest.param(rule, example, id=case.id)
    for case in CASES
    for rule, example in [cast(tuple[str, Example], case.values)]
    if _is_about_files(rule) and example.findings
]


@pytest.mark.parametrize(("rule", "example"), SUPPRESSIBLE)
def test_an_exception_silences_the_example_and_its_removal_brings_it_back(
    rule: str, example: Example, repository: Repository
) -> None:
    root = _laid_out(repository, example)
    today = date.fromisoformat(example.today)
    policy = root / "govcheck.toml"
    original = policy.read_text()
    found = _of(check(str(root), today=today), rule)
    entries = [
        f'\n[[exceptions]]\nrule = "{name}"\npaths = {json.dumps(paths)}\nreason = "test"\n'
        for name in sorted({each.rule for each in found})
        if (paths := sorted({each.span.path for each in found if each.rule == name}))
    ]
    policy.write_text(original + "".join(entries))
    report = check(str(root), today=today)
    assert _lines(report, rule) == []
    assert [each.by for each in report.silenced] == ["exception"] * len(example.findings)
    assert _lines(report, "unused-exception") == []
    policy.write_text(original)
    assert _lines(check(str(root), today=today), rule) == list(example.findings)


def _said(path: Path) -> set[int]:
    """The lines of Python that are no code: a comment over them does not reach them."""
    if path.suffix != ".py":
        return set()
    with path.open("rb") as source:
        return {
            line
            for token in tokenize.tokenize(source.readline)
            if (token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip())
            or (token.type == tokenize.STRING and token.start[0] < token.end[0])
            for line in range(token.start[0], token.end[0] + 1)
        }


@pytest.mark.parametrize(("rule", "example"), SUPPRESSIBLE)
def test_a_comment_silences_each_finding_of_the_example_in_python_and_its_removal_brings_it_back(
    rule: str, example: Example, repository: Repository
) -> None:
    root = _laid_out(repository, example)
    today = date.fromisoformat(example.today)
    places: dict[tuple[str, int], list[str]] = defaultdict(list)
    for each in _of(check(str(root), today=today), rule):
        path = each.span.path
        if path.endswith((".py", ".toml", ".env", ".example")) and each.span.line not in _said(
            root / path
        ):
            places[each.span.path, each.span.line].append(each.rule)
    if not places:
        return
    for (path, line), names in sorted(places.items(), reverse=True):
        lines = (root / path).read_text().splitlines(keepends=True)
        indent = re.match(r"\s*", lines[line - 1])
        assert indent
        named = ", ".join(dict.fromkeys(names))
        lines.insert(line - 1, f"{indent[0]}# govcheck: ignore[{named}] -- an example\n")
        (root / path).write_text("".join(lines))
    report = check(str(root), today=today)
    commented = {path for path, _ in places}
    left = [each for each in _lines(report, rule) if each.split(":")[0] in commented]
    assert left == []
    silenced = sum(each.by == "suppression" for each in report.silenced)
    assert silenced == sum(map(len, places.values()))
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


@pytest.mark.parametrize("name", KINDS)
def test_every_generic_check_is_documented_and_shows_more_look_alikes_than_findings(
    name: str,
) -> None:
    page = inspect.cleandoc(KINDS[name].__doc__ or "")
    assert page.partition("\n")[0].endswith(".")
    assert "## How to resolve" in page
    failing = [each for each in KINDS[name].examples if each.findings]
    assert 1 <= len(failing) < len(KINDS[name].examples) - len(failing)


def test_the_kinds_of_checks_are_those_that_a_policy_may_name() -> None:
    folder = Path(KINDS["files"].__file__ or "").parent
    pages = {each.stem for each in folder.glob("*.py")} - {"__init__", "section"}
    assert pages == set(KINDS) == set(get_args(get_type_hints(Check)["kind"]))


def test_rule_names_are_unique_across_families() -> None:
    assert OWN not in {*registry.names(), *registry.families()}
    assert len(set(registry.names())) == len(registry.names())
    assert not set(registry.names()) & set(registry.families())
