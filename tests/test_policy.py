"""The policy: strict, with every mistake at once and every value's origin."""

import json
import tomllib
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from govcheck import PolicyError, load_policy
from govcheck.cli.policy import policy_schema
from tests.conftest import RETIRED, Repository, write


def _mistakes(root: Path) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_policy(str(root))
    return [str(mistake) for mistake in caught.value.mistakes]


def test_all_mistakes_are_told_at_once_each_with_its_line_and_the_nearest_right_name(
    repository: Repository,
) -> None:
    root = repository(
        {
            "govcheck.toml": (
                'extend = ["builtin:recommended"]\n'
                'ignore = ["retired-flg"]\n'
                "\n"
                "[flags.A]\n"
                'status = "retierd"\n'
                "valeu = true\n"
                "\n"
                "[flags.B]\n"
                'since = "2025-10-05"\n'
                "\n"
                "[[exceptions]]\n"
                'rule = "retired-flag"\n'
                "paths = []\n"
            )
        }
    )
    assert _mistakes(root) == [
        "govcheck.toml:1: unknown section or key 'extend' (did you mean 'extends'?)",
        "govcheck.toml:2: unknown rule or family 'retired-flg' (did you mean 'retired-flag'?)",
        "govcheck.toml:5: flags.A.status: expected active or retired, not 'retierd' "
        "(did you mean 'retired'?)",
        "govcheck.toml:6: unknown key 'valeu' (did you mean 'value'?)",
        "govcheck.toml:8: flags.B: the key 'status' is missing: Is the flag in use, "
        "or retired for good?",
        "govcheck.toml:9: flags.B.since: expected a date such as 2026-01-31, without quotes, "
        "not '2025-10-05'",
        "govcheck.toml:11: exceptions: the key 'reason' is missing: Why this is allowed.",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flags = 3\n", "govcheck.toml:1: flags: expected a table, not 3"),
        ("ignore = 'x'\n", "govcheck.toml:1: ignore: expected a list, not 'x'"),
        ("[flags.A]\nstatus = true\n", "flags.A.status: expected active or retired, not true"),
        ("[flags.A]\nstatus = 'retired'\n", "govcheck.toml:2: flags.A.status: a retired flag"),
        ("[severity]\nretired-flag = 'fatal'\n", "expected error, warning or info, not 'fatal'"),
        ("[severity]\nnope = 'error'\n", "govcheck.toml:2: unknown rule 'nope'"),
        ("a = [\n", "govcheck.toml:2: this is not TOML: "),
        ("a = 1\na = 2\n", "govcheck.toml:2: this is not TOML: cannot overwrite a value"),
        ("x = " + "[" * 100_000, "it nests too deeply"),
        (".".join(["a"] * 20_000) + " = 1", "a key has more than 64 parts"),
        ('extends = ["builtin:recomended"]\n', "(did you mean 'recommended'?)"),
        ('extends = ["../other.toml"]\n', "'../other.toml' is outside the repository"),
        ('extends = ["/etc/passwd"]\n', "'/etc/passwd' is outside the repository"),
        ('extends = ["missing.toml"]\n', "'missing.toml' does not exist"),
        ('extends = ["govcheck.toml"]\n', "'govcheck.toml' extends itself"),
        ('extends = ["no_such_package:a.toml"]\n', "package 'no_such_package' is not installed"),
        ('extends = ["rich:../x.toml"]\n', "'../x.toml' is outside the package"),
        ('[flags.""]\nstatus = "active"\n', "govcheck.toml:1: flags.: a flag needs a name"),
        ('[flags-settings]\naccessors = ["on:one"]\n', "'on:one' is not of the form"),
        ('[flags-settings]\nnames = ["*"]\n', "'*' looks like too much"),
    ],
)
def test_a_mistake_says_what_is_wrong(text: str, message: str, repository: Repository) -> None:
    mistakes = _mistakes(repository({"govcheck.toml": text}))
    assert len(mistakes) == 1
    assert message in mistakes[0]


def test_a_later_policy_overrides_an_earlier_one_key_by_key_and_keeps_the_origins(
    repository: Repository,
) -> None:
    root = repository(
        {
            "base/a.toml": (
                'ignore = ["overdue-flag"]\n'
                '[flags.A]\nstatus = "active"\nowner = "web"\n'
                '[[exceptions]]\nrule = "retired-flag"\npaths = ["a"]\nreason = "a"\n'
            ),
            "govcheck.toml": (
                'extends = ["base/a.toml"]\n'
                '[flags.A]\nstatus = "retired"\nvalue = true\n'
                '[[exceptions]]\nrule = "unused-flag"\npaths = ["b"]\nreason = "b"\n'
            ),
        }
    )
    policy = load_policy(str(root))
    flag = policy.flags["A"]
    assert (flag.status, flag.value, flag.owner) == ("retired", True, "web")
    assert policy.ignore == ("overdue-flag",)
    assert [entry.reason for entry in policy.exceptions] == ["a", "b"]
    assert str(policy.origin("flags", "A", "owner")) == "base/a.toml:4"
    assert str(policy.origin("flags", "A", "status")) == "govcheck.toml:3"
    assert str(policy.origin("exceptions", 0)) == "base/a.toml:5"
    assert str(policy.origin("exceptions", 1)) == "govcheck.toml:5"


def test_what_a_layer_leaves_out_another_may_say(repository: Repository) -> None:
    root = repository(
        {
            "base.toml": '[flags.A]\nstatus = "retired"\n',
            "govcheck.toml": 'extends = ["base.toml"]\n[flags.A]\nvalue = true\n',
        }
    )
    assert load_policy(str(root)).flags["A"].value is True
    write(root, {"govcheck.toml": 'extends = ["base.toml"]\n[flags.A]\nowner = "web"\n'})
    assert _mistakes(root) == [
        "base.toml:2: flags.A.status: a retired flag needs its final 'value'"
    ]


def test_the_policy_may_stand_in_pyproject_but_not_in_both(repository: Repository) -> None:
    table = '[project]\nname = "x"\n\n[tool.govcheck.flags.A]\nstatus = "active"\n'
    root = repository({"pyproject.toml": table})
    policy = load_policy(str(root))
    assert str(policy.origin("flags", "A", "status")) == "pyproject.toml:5"
    write(root, {"govcheck.toml": ""})
    assert "keep one of the two" in _mistakes(root)[0]


def test_a_policy_of_an_installed_package_is_read_from_its_files(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "acme_policy"
    write(
        package,
        {
            "__init__.py": "raise SystemExit('a policy must not be imported')\n",
            "team/base.toml": '[flags.A]\nstatus = "active"\n',
        },
    )
    monkeypatch.syspath_prepend(str(package.parent))
    root = repository({"govcheck.toml": 'extends = ["acme_policy:team/base.toml"]\n'})
    policy = load_policy(str(root))
    assert str(policy.origin("flags", "A")) == "acme_policy:team/base.toml:1"


@pytest.mark.parametrize(
    "loosening",
    [
        'ignore = ["retired-flag"]\n',
        'ignore = ["flags"]\n',
        'select = ["repo"]\n',
        'exclude = ["**"]\n',
        '[flags-settings]\nhistory = ["**"]\n',
        '[flags.SETTLED]\nstatus = "active"\n',
        '[severity]\nretired-flag = "info"\n',
        '[[overrides]]\npaths = ["x"]\nignore = ["retired-flag"]\n',
        '[[overrides]]\npaths = ["x"]\n[overrides.severity]\nretired-flag = "warning"\n',
        '[[exceptions]]\nrule = "retired-flag"\npaths = ["x"]\nreason = "x"\n',
    ],
)
def test_a_locked_rule_may_not_be_loosened(loosening: str, repository: Repository) -> None:
    root = repository(
        {
            "base.toml": (
                'locked = ["retired-flag"]\n[flags.SETTLED]\nstatus = "retired"\nvalue = true\n'
            ),
            "govcheck.toml": 'extends = ["base.toml"]\n' + loosening,
        }
    )
    mistakes = _mistakes(root)
    assert len(mistakes) == 1
    assert "retired-flag is locked by base.toml and may not be loosened here" in mistakes[0]


def test_a_locked_rule_may_be_tightened(repository: Repository) -> None:
    root = repository(
        {
            "base.toml": 'locked = ["overdue-flag"]\n[severity]\noverdue-flag = "warning"\n',
            "govcheck.toml": 'extends = ["base.toml"]\n[severity]\noverdue-flag = "error"\n',
        }
    )
    assert load_policy(str(root)).severity["overdue-flag"] == "error"  # type: ignore[index]


def test_extending_in_a_circle_or_too_deeply_is_a_mistake(repository: Repository) -> None:
    root = repository(
        {
            "a.toml": 'extends = ["b.toml"]\n',
            "b.toml": 'extends = ["a.toml"]\n',
            "govcheck.toml": 'extends = ["a.toml"]\n',
        }
    )
    assert _mistakes(root) == ["b.toml:1: 'a.toml' extends itself"]


def test_a_link_out_of_the_repository_is_not_followed(
    repository: Repository, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text('ignore = ["flags"]\n')
    root = repository({"govcheck.toml": 'extends = ["link.toml"]\n'})
    (root / "link.toml").symlink_to(outside)
    assert _mistakes(root) == ["govcheck.toml:1: 'link.toml' does not exist, or is a link"]


POLICIES = [
    RETIRED,
    'extends = ["builtin:recommended"]\nselect = ["flags"]\n[severity]\nretired-flag = "info"\n',
    '[flags.A]\nstatus = "active"\nkind = ["env", "settings"]\nremove-by = 2026-01-31\n',
    '[[overrides]]\npaths = ["a"]\nselect = []\n[overrides.severity]\nunused-flag = "error"\n',
    'ignore = ["no-sleep"]\n[checks.no-sleep]\nkind = "calls"\nforbid = ["a"]\nreason = "a"\n'
    '[checks.b]\nkind = "files"\nmax-lines = 3\nreason = "a"\n',
]


@pytest.mark.parametrize("text", POLICIES)
def test_the_schema_accepts_what_the_reader_accepts(text: str, repository: Repository) -> None:
    load_policy(str(repository({"govcheck.toml": text})))
    assert _schema_errors(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "extend = []\n",
        '[checks.a]\nkind = "calls"\nforbid = ["a"]\nmax-lines = 3\nreason = "a"\n',
        '[checks.a]\nkind = "cals"\nforbid = ["a"]\nreason = "a"\n',
        '[checks."A b"]\nkind = "calls"\nforbid = ["a"]\nreason = "a"\n',
        'ignore = ["no rule"]\n',
        "[flags.A]\nvalue = true\n",
        '[flags.A]\nstatus = "dead"\n',
        '[severity]\nNOPE = "error"\n',
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(text: str, repository: Repository) -> None:
    assert _mistakes(repository({"govcheck.toml": text}))
    assert _schema_errors(text)


def test_the_policies_of_this_repository_and_its_pages_fit_the_schema() -> None:
    root = Path(__file__).parent.parent
    texts = [
        path.read_text()
        for path in [root / "govcheck.toml", *root.glob("examples/*/govcheck.toml")]
    ]
    for page in ("README.md",):
        blocks = (root / page).read_text().split("```toml\n")[1:]
        texts += [block.partition("```")[0] for block in blocks]
    for text in texts:
        assert _schema_errors(text) == []


def _schema_errors(text: str) -> list[str]:
    data = json.loads(json.dumps(tomllib.loads(text), default=date.isoformat))
    validator = jsonschema.Draft202012Validator(
        policy_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator.check_schema(policy_schema())
    return [error.message for error in validator.iter_errors(data)]
