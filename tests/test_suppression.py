"""Suppressions: one grammar in every comment syntax, and each is used, or told."""

from datetime import date
from pathlib import Path

import pytest

from govcheck import check
from govcheck.report import Report
from tests.conftest import RETIRED, Repository

IGNORE = "govcheck: ignore[retired-flag] -- an example"

SYNTAXES = [
    ("app.py", "x = 'USE_MENU'  # {}\n"),
    ("app.py", "# {}\nx = 'USE_MENU'\n"),
    ("app.py", "# {}\n# another comment\n\nx = 'USE_MENU'\n"),
    ("app.py", "def f():\n    # {}\n    return 'USE_MENU'\n"),
    ("app.py", "x = 'USE_MENU'  # noqa  # {}\n"),
    ("a.yaml", "a:\n  # {}\n  USE_MENU: 1\n"),
    ("a.yaml", "a:\n  USE_MENU: 1  # {}\n"),
    ("a.yaml", "run: |\n  # {}\n  echo $USE_MENU\n"),
    ("a.toml", "USE_MENU = 1  # {}\n"),
    ("a.ini", "[a]\n; {}\nUSE_MENU = 1\n"),
    (".env", "# {}\nUSE_MENU=1\n"),
    ("Dockerfile", "FROM a\n# {}\nENV USE_MENU=1\n"),
    ("Makefile", "a:\n\techo $(USE_MENU)  # {}\n"),
    ("run.sh", "echo $USE_MENU # {}\n"),
    ("app.js", "on(USE_MENU); // {}\n"),
    ("app.js", "/* {} */\non(USE_MENU);\n"),
    ("app.sql", "-- {}\nselect USE_MENU;\n"),
    ("README.md", "<!-- {} -->\nSet `USE_MENU`.\n"),
    ("README.md", "Set `USE_MENU`. <!-- {} -->\n"),
    ("README.md", "<!--\n{}\n-->\n\nSet `USE_MENU`.\n"),
    ("docs/a.rst", ".. {}\n\nSet USE_MENU.\n"),
]


@pytest.mark.parametrize(("path", "text"), SYNTAXES)
def test_a_comment_silences_in_every_syntax(path: str, text: str, repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED, path: text.format(IGNORE)})
    report = check(str(root))
    assert report.findings == ()
    assert [(each.by, each.reason) for each in report.silenced] == [("suppression", "an example")]
    (root / path).write_text(text.format("nothing"))
    assert [each.rule for each in check(str(root)).findings] == ["retired-flag"]


NOT_COMMENTS = [
    ("app.py", "x = '# {}', 'USE_MENU'\n"),
    ("README.md", "Set `USE_MENU`, or write `<!-- {} -->`.\n"),
    ("a.yaml", "a: 'USE_MENU # {}'\n"),
]


@pytest.mark.parametrize(("path", "text"), NOT_COMMENTS)
def test_what_only_looks_like_a_comment_silences_nothing(
    path: str, text: str, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED, path: text.format(IGNORE)})
    assert [each.rule for each in check(str(root)).findings] == ["retired-flag"]


def _rules(report: Report) -> list[str]:
    return [each.rule for each in report.findings]


def _checked(repository: Repository, comment: str, today: date | None = None) -> Report:
    root = repository({"govcheck.toml": RETIRED, "app.py": f"x = 'USE_MENU'  # {comment}\n"})
    return check(str(root), today=today)


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        ("govcheck: ignore[retired-flag, unused-flag] -- two", ["unused-suppression"]),
        ("govcheck:ignore[retired-flag] -- close", []),
        ("govcheck: ignore[flags] -- a family", ["retired-flag", "unknown-suppression"]),
        ("govcheck: ignore[*] -- all", ["retired-flag", "unknown-suppression"]),
        ("govcheck: ignore -- all", ["retired-flag", "malformed-suppression"]),
        ("govcheck: ignore[] -- none", ["retired-flag", "malformed-suppression"]),
        ("govcheck: ignore[retired-flag]", ["retired-flag", "malformed-suppression"]),
        ("govcheck: ignore[retired-flag] --", ["retired-flag", "malformed-suppression"]),
        ("govcheck: ignore[retired-flag] - why", ["retired-flag", "malformed-suppression"]),
        ("govcheck: ignroe[retired-flag] -- x", ["retired-flag", "malformed-suppression"]),
        ("govcheck: ignore[retired-flag] until 2026-02-30 -- x", ["retired-flag", "malformed"]),
        ("govcheck: ignore[retired-flag] until 1.1.2026 -- x", ["retired-flag", "malformed"]),
        ("see govcheck: ignore is for comments", ["retired-flag"]),
    ],
)
def test_the_grammar_is_strict(comment: str, rules: list[str], repository: Repository) -> None:
    found = _rules(_checked(repository, comment))
    assert sorted(found) == sorted(
        "malformed-suppression" if rule == "malformed" else rule for rule in rules
    )


@pytest.mark.parametrize(
    ("today", "rules"),
    [
        (date(2026, 5, 1), []),
        (date(2026, 5, 2), ["expired-exception", "retired-flag"]),
    ],
)
def test_the_last_day_is_included(today: date, rules: list[str], repository: Repository) -> None:
    comment = "govcheck: ignore[retired-flag] until 2026-05-01 -- the demo"
    assert sorted(_rules(_checked(repository, comment, today))) == rules


def test_rules_about_suppressions_cannot_be_suppressed(repository: Repository) -> None:
    comment = "govcheck: ignore[unused-suppression, malformed-suppression] -- quiet"
    root = repository({"govcheck.toml": "", "app.py": f"x = 1  # {comment}\n"})
    assert _rules(check(str(root))) == ["unused-suppression"] * 2


def test_a_rule_that_does_not_run_makes_no_suppression_unused(repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED, "app.py": f"x = 1  # {IGNORE}\n"})
    assert _rules(check(str(root))) == ["unused-suppression"]
    assert _rules(check(str(root), ignore=["retired-flag"])) == []


def test_a_locked_rule_is_not_silenced_by_a_comment(repository: Repository) -> None:
    root = repository(
        {
            "base.toml": 'locked = ["retired-flag"]\n',
            "govcheck.toml": 'extends = ["base.toml"]\n' + RETIRED,
            "app.py": f"x = 'USE_MENU'  # {IGNORE}\n",
        }
    )
    assert sorted(_rules(check(str(root)))) == ["retired-flag", "unused-suppression"]


def test_severity_and_selection_follow_the_path(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": RETIRED
            + '[[overrides]]\npaths = ["scripts/**"]\nignore = ["retired-flag"]\n'
            + '[[overrides]]\npaths = ["docs"]\n[overrides.severity]\nretired-flag = "info"\n',
            "app.py": "x = 'USE_MENU'\n",
            "scripts/a.py": "x = 'USE_MENU'\n",
            "docs/a.md": "Set USE_MENU.\n",
        }
    )
    report = check(str(root))
    assert [(f.span.path, f.severity) for f in report.findings] == [
        ("app.py", "error"),
        ("docs/a.md", "info"),
    ]
    assert report.exit_code == 1
    (Path(root) / "app.py").unlink()
    assert check(str(root)).exit_code == 0
