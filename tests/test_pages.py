"""The pages say what is true: their tables, their examples and their commands."""

import re
import shlex
from pathlib import Path

import pytest

from govcheck import check, registry
from govcheck.cli import COMMANDS, run
from govcheck.registry import OWN

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOP = ROOT / "examples" / "shop"
_AGE = re.compile(r"\d+ days ago")


def _block(name: str) -> str:
    found = re.search(rf"<!-- {name}(?:: [^>]*)? -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert found, f"the README has no block '{name}'"
    return found[1]


def test_the_blocks_that_govcheck_writes_hold_what_they_must() -> None:
    assert "<!-- govcheck: rules -->" in README
    assert not check(str(ROOT), select=["managed-block"]).findings


@pytest.mark.parametrize(
    "block",
    [
        "example",
        "fold",
        "dependencies",
        "dependencies-table",
        "markers",
        "checks",
        "checks-test",
        "documents",
        "retention",
    ],
)
def test_the_output_that_the_readme_shows_is_that_of_the_example(
    block: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command, _, shown = _block(block).removeprefix("```console\n$ ").partition("\n")
    monkeypatch.chdir(SHOP)
    run(shlex.split(command)[1:])
    out, shown = capsys.readouterr().out, shown.removesuffix("```\n")
    # How long ago a day was depends on the day on which one reads.
    assert _AGE.sub("", out) == _AGE.sub("", shown)


def test_the_example_breaks_every_rule_of_each_family_that_speaks_of_a_repository() -> None:
    report = check(str(SHOP))
    assert not report.problems
    assert {each.family for each in report.findings} == {*registry.families(), OWN} - {"repo"}
    rules = {name for name in registry.names() if registry.family_of(name) != "repo"}
    # What only git's memory tells is not known where the clone is shallow, or no clone, and what is
    # overdue are files that no repository holds.
    elsewhere = {"moved-path", "stale-stamp", "retention-overdue"}
    assert {each.rule for each in report.findings} >= rules - elsewhere


def test_every_command_and_option_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["--help"])
    options = set(re.findall(r"(--[a-z][a-z-]+)", capsys.readouterr().out))
    options -= {"--help", "--version"}
    assert {option for option in options if f"`{option}" not in README} == set()
    assert {command for command in COMMANDS if command not in README} == set()


def test_every_option_in_the_readme_exists(capsys: pytest.CaptureFixture[str]) -> None:
    mentioned = set()
    for line in re.findall(r"govcheck( --[^`\n]*)", README):
        mentioned |= set(re.findall(r"--[a-z][a-z-]+", line))
    with pytest.raises(SystemExit):
        run(["--help"])
    assert mentioned <= set(re.findall(r"(--[a-z][a-z-]+)", capsys.readouterr().out))


def test_the_documents_of_this_repository_are_true() -> None:
    report = check(str(ROOT), select=["docs"])
    assert not report.problems
    assert [f"{f.span.path}:{f.span.line} {f.message}" for f in report.findings] == []


def test_the_changelog_names_every_rule() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert {name for name in registry.names() if f"`{name}`" not in changelog} == set()
