"""The command line, as a person or a job calls it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from govcheck.cli import run
from tests.conftest import RETIRED, Repository, commit, write

APP = 'import os\nif os.getenv("USE_MENU"):\n    print(1)\n'
FOUND = "app.py:2:15: retired-flag reads the retired flag USE_MENU"


@pytest.fixture
def here(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one finding, as the current directory."""
    root = repository({"govcheck.toml": RETIRED, "app.py": APP, "docs/a.md": "nothing\n"})
    monkeypatch.chdir(root)
    return root


Captured = pytest.CaptureFixture[str]


def _out(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    code = run(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_without_a_command_it_checks(here: Path, capsys: Captured) -> None:
    assert _out(capsys) == _out(capsys, "check")
    code, out, _ = _out(capsys)
    assert code == 1
    assert "retired-flag" in out
    assert '2 | if os.getenv("USE_MENU"):' in out


def test_a_clean_repository_exits_with_0(here: Path, capsys: Captured) -> None:
    (here / "app.py").unlink()
    code, out, err = _out(capsys)
    assert (code, err) == (0, "")
    assert out.startswith("All clear")
    assert _out(capsys, "--quiet") == (0, "", "")


def test_concise_is_one_line_a_finding(here: Path, capsys: Captured) -> None:
    code, out, err = _out(capsys, "--output-format", "concise")
    assert (code, err) == (1, "")
    assert out == (
        f"{FOUND}: it is true for ever (govcheck.toml:1); keep only the code for that value\n"
    )


def test_it_works_from_a_directory_below_the_policy(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here / "docs")
    assert _out(capsys, "--output-format", "concise")[1].startswith(FOUND)
    assert _out(capsys, "../app.py")[0] == 1
    assert _out(capsys, ".")[0] == 0


def test_paths_narrow_what_is_reported(here: Path, capsys: Captured) -> None:
    assert _out(capsys, "docs/")[0] == 0
    assert _out(capsys, "docs/", "app.py")[0] == 1
    assert _out(capsys, "check", "docs")[0] == 0


def test_a_command_that_is_named_like_a_folder_tells_how_to_check_the_folder(
    here: Path, capsys: Captured
) -> None:
    code, _, err = _out(capsys, "docs", "app.py")
    assert code == 2
    assert "'govcheck check docs app.py'" in err


def test_select_and_ignore_narrow_the_rules(here: Path, capsys: Captured) -> None:
    assert _out(capsys, "--ignore", "retired-flag")[0] == 0
    assert _out(capsys, "--ignore", "flags")[0] == 0
    assert _out(capsys, "--select", "repo,unused-flag")[0] == 0
    assert _out(capsys, "--select", "repo", "--select", "flags")[0] == 1


def test_changed_reports_only_what_differs_from_the_revision(here: Path, capsys: Captured) -> None:
    commit(here)
    assert _out(capsys, "--changed")[0] == 0
    write(here, {"new.py": APP})
    code, out, _ = _out(capsys, "--changed", "HEAD", "--output-format", "concise")
    assert (code, [line.split(":")[0] for line in out.splitlines()]) == (1, ["new.py"])
    assert _out(capsys, "--changed", "nowhere") == (
        2,
        "",
        "error: there is no revision 'nowhere' to compare with\n",
    )


def test_changed_compares_with_where_a_branch_began(here: Path, capsys: Captured) -> None:
    commit(here)
    subprocess.run(["git", "checkout", "-qb", "branch"], check=True, timeout=60)
    write(here, {"app.py": APP + "# more\n"})
    commit(here)
    assert _out(capsys, "--changed")[0] == 0
    assert _out(capsys, "--changed", "main")[0] == 1


def test_today_decides_what_is_overdue(here: Path, capsys: Captured) -> None:
    flag = '[flags.USE_MENU]\nstatus = "active"\nremove-by = 2026-05-01\n'
    write(here, {"govcheck.toml": flag})
    assert _out(capsys, "--today", "2026-05-01")[0] == 0
    assert _out(capsys, "--today", "2026-05-02")[0] == 1
    code, _, err = _out(capsys, "--today", "tomorrow")
    assert (code, "'tomorrow' is not a date such as 2026-01-31" in err) == (2, True)


def test_exit_zero_hides_findings_but_no_errors(here: Path, capsys: Captured) -> None:
    assert _out(capsys, "--exit-zero")[0] == 0
    write(here, {"govcheck.toml": "nonsense = 1\n"})
    assert _out(capsys, "--exit-zero")[0] == 2


def test_statistics_count_by_rule(here: Path, capsys: Captured) -> None:
    write(here, {".env": "USE_MENU=1\n", "b.py": APP})
    code, out, _ = _out(capsys, "--statistics")
    assert (code, out) == (1, "     3  retired-flag  (1 fixable)\n")


def test_the_output_goes_to_a_file(here: Path, capsys: Captured, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    code, out, err = _out(capsys, "--output-format", "json", "--output-file", str(target))
    assert (code, out, err) == (1, "", "1 finding\n")
    assert json.loads(target.read_text())["findings"][0]["data"] == {
        "flag": "USE_MENU",
        "kind": "env-read",
    }


def test_sarif_tells_what_was_silenced_except_where_that_would_open_an_alert(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, {"app.py": APP.replace(":\n", ":  # govcheck: ignore[retired-flag] -- a demo\n")})

    def suppressed(*options: str) -> list[object]:
        _, out, _ = _out(capsys, "--output-format", "sarif", *options)
        return [each.get("suppressions") for each in json.loads(out)["runs"][0]["results"]]

    assert suppressed() == [[{"kind": "inSource", "justification": "a demo"}]]
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert suppressed() == []
    assert len(suppressed("--verbose")) == 1


def test_diff_shows_what_fix_would_do_and_writes_nothing(here: Path, capsys: Captured) -> None:
    (here / "app.py").unlink()
    write(here, {".env": "A=1\nUSE_MENU=1\nB=é✓😀\n"})
    code, out, err = _out(capsys, "--diff")
    assert (code, err) == (1, "would fix 1 finding in 1 file\n")
    assert out == "--- a/.env\n+++ b/.env\n@@ -1,3 +1,2 @@\n A=1\n-USE_MENU=1\n B=é✓😀\n"
    assert "USE_MENU" in (here / ".env").read_text()


def test_fix_mends_and_a_second_run_has_nothing_to_do(here: Path, capsys: Captured) -> None:
    (here / "app.py").unlink()
    write(here, {".env": "USE_MENU=1\nB=1\n"})
    code, out, _ = _out(capsys, "--fix")
    assert (code, "fixed 1 finding in 1 file" in out.lower()) == (0, True)
    assert (here / ".env").read_text() == "B=1\n"
    code, out, _ = _out(capsys, "--fix")
    assert (code, "fixed" in out.lower()) == (0, False)


def test_verbose_tells_what_was_silenced(here: Path, capsys: Captured) -> None:
    write(here, {"app.py": APP.replace(":\n", ":  # govcheck: ignore[retired-flag] -- a demo\n")})
    code, _, err = _out(capsys, "--verbose")
    assert code == 0
    assert "app.py:2:15: retired-flag silenced by suppression: a demo" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--slect", "x"], "unknown option '--slect' (did you mean '--select'?)"),
        (["--select", "retired-flags"], "unknown rule or family 'retired-flags' (did you mean"),
        (["chekc"], "'chekc' is neither a file nor a command (did you mean 'check'?)"),
        (["/"], "'/' is outside the repository"),
        (["explain", "retired"], "unknown rule 'retired'"),
        (["explain"], "the following arguments are required: RULE"),
        (["--output-format", "xml"], "invalid choice: 'xml'"),
        (["--quiet", "--verbose"], "not allowed with argument"),
        (["--statistics", "--output-format", "json"], "--statistics prints text"),
        (["--diff", "--output-file", "x"], "--diff prints text"),
        (["--today", "2026-01-01", "policy"], "the command comes first: 'govcheck policy ...'"),
        (["--output-file", "/nowhere/x"], "/nowhere/x: No such file or directory"),
    ],
)
def test_a_wrong_call_is_answered_in_one_line(
    arguments: list[str], message: str, here: Path, capsys: Captured
) -> None:
    code, out, err = _out(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: ")
    assert message in err


def test_without_a_policy_it_says_how_to_get_one(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = _out(capsys)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "'govcheck init' writes one" in err


def test_all_mistakes_of_the_policy_are_printed(here: Path, capsys: Captured) -> None:
    write(here, {"govcheck.toml": "a = 1\nb = 2\n"})
    code, out, err = _out(capsys)
    assert (code, out) == (2, "")
    assert [line.split(" unknown")[0] for line in err.splitlines()] == [
        "error: govcheck.toml:1:",
        "error: govcheck.toml:2:",
    ]


def test_a_rule_that_crashes_is_told_and_the_others_still_run(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    from govcheck import registry
    from govcheck.rule import Rule

    load = registry.load

    def check(repo: object, policy: object) -> None:
        raise ZeroDivisionError("boom")

    def broken(name: str) -> Rule:
        return Rule(name, "flags", check) if name == "unused-flag" else load(name)  # type: ignore[arg-type]

    monkeypatch.setattr(registry, "load", broken)
    code, out, err = _out(capsys, "--output-format", "concise")
    assert code == 2
    assert out.startswith(FOUND)
    assert "the rule failed (ZeroDivisionError: boom" in err


def test_rules_lists_every_rule(here: Path, capsys: Captured) -> None:
    code, out, _ = _out(capsys, "rules")
    assert code == 0
    assert re.search(r"^retired-flag +flags +error +safe +A retired feature flag", out, re.M)


def test_explain_is_markdown_when_piped(here: Path, capsys: Captured) -> None:
    code, out, _ = _out(capsys, "explain", "retired-flag")
    assert code == 0
    assert out.startswith("# retired-flag\n\nA retired feature flag is still referenced.\n")
    assert "## Examples" in out


def test_policy_prints_every_value_with_its_origin(here: Path, capsys: Captured) -> None:
    write(here, {"govcheck.toml": 'extends = ["builtin:recommended"]\n' + RETIRED})
    code, out, _ = _out(capsys, "policy")
    assert code == 0
    assert re.search(r'^status = "retired" +# govcheck.toml:3$', out, re.M)
    assert re.search(r"^history = .*# builtin:recommended:4$", out, re.M)
    assert re.search(r"^names = \[\] +# default$", out, re.M)


def test_what_policy_prints_is_a_policy(here: Path, capsys: Captured) -> None:
    write(
        here,
        {
            "govcheck.toml": (
                'extends = ["builtin:recommended"]\nignore = ["repo"]\n'
                '[flags."a.b"]\nstatus = "retired"\nvalue = "é\\"✓"\nsince = 2025-01-01\n'
                '[[exceptions]]\nrule = "unused-flag"\npaths = ["a"]\nreason = "r"\n'
                '[[overrides]]\npaths = ["b"]\n[overrides.severity]\nunused-flag = "info"\n'
            )
        },
    )
    _, first, _ = _out(capsys, "policy")
    write(here, {"govcheck.toml": first.replace('extends = ["builtin:recommended"]', "")})
    code, second, _ = _out(capsys, "policy")
    assert code == 0

    def without_origins(text: str) -> list[str]:
        lines = [line.partition("  #")[0].rstrip() for line in text.splitlines()]
        return [line for line in lines if line and not line.startswith("extends")]

    assert without_origins(first) == without_origins(second)
    assert {"[[exceptions]]", 'reason = "r"', "[[overrides]]"} <= set(without_origins(first))


def test_the_baseline_holds_todays_findings_follows_a_rename_and_only_shrinks(
    here: Path, capsys: Captured
) -> None:
    write(here, {"b.py": APP})
    commit(here)
    code, out, _ = _out(capsys, "baseline")
    assert (code, out) == (0, ".govcheck-baseline.json allows 2 findings\n")
    assert _out(capsys)[0] == 0
    # Lines move, and a file is renamed: the same findings are still known.
    write(here, {"b.py": "# a comment\n\n" + APP})
    (here / "app.py").rename(here / "renamed.py")
    assert _out(capsys)[0] == 0
    # A new one of the same kind is not.
    write(here, {"b.py": APP + APP})
    assert _out(capsys)[0] == 1
    assert _out(capsys, "baseline")[0] == 1
    # What is gone goes.
    write(here, {"b.py": ""})
    code, out, _ = _out(capsys, "--output-format", "concise")
    assert (code, "unused-exception the baseline allows a retired-flag in b.py" in out) == (1, True)
    assert _out(capsys, "baseline")[:2] == (0, ".govcheck-baseline.json allows 1 finding\n")
    assert '"path": "renamed.py"' in (here / ".govcheck-baseline.json").read_text()


@pytest.mark.parametrize("option", ["--output-format=concise", "--statistics", "--diff"])
def test_a_broken_baseline_is_an_error(option: str, here: Path, capsys: Captured) -> None:
    write(here, {".govcheck-baseline.json": "[]"})
    code, _, err = _out(capsys, option)
    assert code == 2
    assert "error: .govcheck-baseline.json: it is not a baseline that govcheck wrote" in err


def test_a_policy_above_the_repository_is_not_its_policy(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = here / "inner"
    inner.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=inner, check=True, timeout=60)
    monkeypatch.chdir(inner)
    assert _out(capsys)[0] == 2


def test_a_policy_from_elsewhere_checks_but_is_not_edited(here: Path, tmp_path: Path) -> None:
    from datetime import date

    from govcheck import check, fix, load_policy

    other = tmp_path / "other"
    write(other, {"govcheck.toml": '# longer\n[flags.UNUSED]\nstatus = "active"\n' + RETIRED})
    policy = load_policy(str(other))
    report = check(str(here), policy, today=date(2020, 1, 1))
    assert report.today == date(2020, 1, 1)
    assert "retired-flag" in {each.rule for each in report.findings}
    assert [change.path for change in fix(str(here), policy).changes] == ["app.py"]


def test_init_knows_the_documents_of_old_versions_by_those_of_the_present_one(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    pages = ("start.md", "use.md", "api.md")
    root = repository(
        {
            **{f"docs/{page}": "" for page in pages},
            **{f"docs/v2/{page}": "" for page in pages},
            **{f"api/v1/{page}": "" for page in pages},
            **{f"api/v2/{page}": "" for page in pages},
            "site/api_versioned_docs/version-1.2/a.md": "",
            **{f"web/v1/{page}": "" for page in pages},
            **{f"web/v2/{name}.md": "" for name in "abc"},
            **{f"help/v2/{page}": "" for page in pages},
            **{f"help/v3/{name}.md": "" for name in "abc"},
            "python/pyproject.toml": "[project]\nname = 'a'\nversion = '3.1.0'\n",
        }
    )
    monkeypatch.chdir(root)
    assert _out(capsys, "init")[0] == 0
    found = tomllib.loads((root / "govcheck.toml").read_text())["docs"]["class"]
    assert found == [
        {
            "name": "history",
            "paths": [
                *("api/v1/**", "api/v2/**", "docs/v2/**", "help/v2/**"),
                *("site/api_versioned_docs/**", "web/v1/**", "web/v2/**"),
            ],
        }
    ]


def test_init_writes_a_policy_that_says_what_it_saw_and_what_does_not_pass(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    root = repository(
        {
            "app.py": (
                "import os\n"
                'MENU = os.getenv("USE_MENU", "false") == "true"\n'
                'A = os.getenv("ENABLE_A", "1")\n'
                'B = os.getenv("ENABLE_A", "0")\n'
            ),
            "pyproject.toml": (
                '[project]\nname = "x"\nrequires-python = ">=3.11"\n'
                'dependencies = [\n  "numpy<2",  # built against NumPy 1\n  "httpx",\n]\n'
                '[tool.pytest.ini_options]\nmarkers = ["slow: takes long"]\n'
            ),
            "tests/slow/test_a.py": (
                "import pytest\n\npytestmark = pytest.mark.slow\n\n\ndef test_a(): ...\n"
            ),
            "tests/conftest.py": (
                "import os\n\nos.environ.setdefault('ENABLE_B', 'false')\n"
                "os.getenv('USE_MENU', 'true') == 'true'\n"
            ),
            ".gitignore": "logs/\n.venv/\n",
            "logs/a.log": "",
            ".venv/x": "",
        }
    )
    monkeypatch.chdir(root)
    code, out, err = _out(capsys, "init")
    text = (root / "govcheck.toml").read_text()
    assert (code, err) == (1, "")
    assert "flag-default" in out
    assert '[flags.USE_MENU]  # read at app.py:2\nstatus = "active"\ndefault = false\n' in text
    assert '[flags.ENABLE_A]  # read at app.py:3\nstatus = "active"\n\n' in text
    assert '[flags.ENABLE_B]  # read at tests/conftest.py:3\nstatus = "active"\n\n' in text
    assert (
        '[dependencies]\npython = ">=3.11"\n\n[dependencies.packages.numpy]  # pyproject.toml:5\n'
        'allow = "<2"\nreason = "built against NumPy 1"\n'
    ) in text
    assert '[[markers.require]]\npaths = ["tests/slow/**"]\nall = ["slow"]\n' in text
    assert '# [retention.stores.logs]\n# path = "logs"\n# keep = ' in text
    assert "# [checks.no-print]\n# kind = " in text
    assert "httpx" not in text
    assert ".venv" not in text
    assert _out(capsys, "init")[0] == 2
    assert (root / "govcheck.toml").read_text() == text


def test_init_sums_up_what_is_too_much_to_read(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    links = "".join(f"[a{number}](gone{number}.md)\n\n" for number in range(60))
    monkeypatch.chdir(repository({"README.md": f"# A\n\n{links}[b](#gone)\n"}))
    code, out, _ = _out(capsys, "init")
    assert code == 1
    assert out.splitlines()[2:] == [
        "    60  broken-link    README.md:3: the link leads nowhere: there is no gone0.md",
        "     1  broken-anchor  README.md:123: this document has no heading 'gone'",
        "",
        "61 findings; 'govcheck' lists them all.",
        "",
        "'govcheck explain RULE' tells more; 'govcheck baseline' puts up with these.",
    ]


@pytest.mark.parametrize(
    "command", ["", "rules", "explain", "policy", "dependencies", "baseline", "init"]
)
def test_help_has_examples(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        run([command, "--help"] if command else ["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "examples:\n  govcheck" in out


def test_no_colour_when_piped_and_never_with_no_color(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b" not in _out(capsys)[1]
    assert "\x1b[" in _out(capsys, "--color", "always")[1]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in _out(capsys)[1]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in _out(capsys)[1]


HOSTILE = [
    "a\nb.py",
    "a%0Ab.py",
    "<script>.py",
    "a\x1b]8;;http:x\x07b.py",
    "-rf.py",
    "--fix",
    "a\u202eb.py",
    "::warning::x.py",
]


@pytest.mark.parametrize("form", ["text", "concise", "github", "markdown", "junit", "gitlab"])
def test_hostile_file_names_are_shown_and_not_obeyed(
    form: str, here: Path, capsys: Captured
) -> None:
    (here / "app.py").unlink()
    names = [name if name.endswith(".py") else f"{name}" for name in HOSTILE]
    write(here, dict.fromkeys(names, APP))
    write(here, {os.fsdecode(b"caf\xe9.py"): APP})
    code, out, _ = _out(capsys, "--output-format", form)
    assert code == 1
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert form not in ("markdown", "junit") or "<script>" not in out
    if form == "concise":
        assert len(out.splitlines()) == len(HOSTILE) + 1
    if form == "github":
        commands = [line for line in out.splitlines() if line.startswith("::")]
        assert all(line.startswith("::error title=govcheck") for line in commands)
        assert len(commands) == len(HOSTILE) + 1


def test_a_modules_name_in_the_repository_is_not_imported(here: Path) -> None:
    write(here, dict.fromkeys(["json.py", "tomllib.py", "argparse.py"], "raise SystemExit(99)\n"))
    for command in ([sys.executable, "-m", "govcheck"], [_script()]):
        done = subprocess.run(
            [*command, "--output-format", "json"], capture_output=True, check=False, timeout=60
        )
        assert done.returncode == 1, done.stderr
        assert json.loads(done.stdout)["version"] == 1


def test_a_long_run_shows_its_progress_on_a_terminal_only(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govcheck.cli.progress._PATIENCE_SECONDS", 0)
    assert _out(capsys)[2] == ""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert "%" in _out(capsys)[2]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert _out(capsys, "--quiet")[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("PRE_COMMIT", "1")
    assert _out(capsys)[2] == ""


def test_a_reader_that_leaves_early_is_no_crash(here: Path) -> None:
    write(here, {f"{number}.py": APP * 50 for number in range(100)})
    done = subprocess.run(
        f"{_script()} | head -n 1", shell=True, capture_output=True, check=False, timeout=60
    )
    assert b"Traceback" not in done.stderr


def _script() -> str:
    return str(Path(sys.executable).parent / "govcheck")


def test_a_run_imports_only_what_it_needs(here: Path) -> None:
    """A clean flags run must not pay for parsers, fixers or renderers (DESIGN.md, Speed)."""
    (here / "app.py").unlink()
    program = (
        "import sys\n"
        "from govcheck.cli import run\n"
        "assert run(['--quiet']) == 0\n"
        "print('\\n'.join(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=60
    )
    modules = set(done.stdout.split())
    unwanted = {
        "libcst", "tomlkit", "rich", "yaml", "tree_sitter", "pathspec", "packaging", "asyncio",
        "importlib.metadata", "difflib", "concurrent.futures", "xml", "govcheck.output.sarif",
        "govcheck.flags.python", "govcheck.fixing", "govcheck.comments", "govcheck.config",
    }  # fmt: skip
    assert not unwanted & modules
    rules = {name for name in modules if name.startswith("govcheck.rules.")}
    assert len(modules - rules) < 190
