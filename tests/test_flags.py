"""References to flags: what a name is doing, at every kind of place."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcheck import check, fix
from govcheck.document import Document
from govcheck.flags.prose import calls_it_retired
from govcheck.flags.values import meaning, same
from tests.conftest import RETIRED, Repository, commit, run_git

IMPORTS = """\
import os
import os as system
from os import environ, getenv
from os import environ as env, getenv as g
from django.conf import settings
from decouple import config
from environs import Env
from unittest import mock
from unittest.mock import patch
import flags
reader = Env()
read = os.getenv
"""

PLACES = [
    # The environment, under every alias.
    ('os.getenv("USE_MENU")', "env-read"),
    ('system.getenv(key="USE_MENU")', "env-read"),
    ('getenv("USE_MENU", "1")', "env-read"),
    ('g("USE_MENU")', "env-read"),
    ('read("USE_MENU")', "env-read"),
    ('os.environ["USE_MENU"]', "env-read"),
    ('env["USE_MENU"]', "env-read"),
    ('environ.get("USE_MENU")', "env-read"),
    ('x = environ.pop("USE_MENU", None)', "env-read"),
    ('environ.pop("USE_MENU", None)', "env-write"),
    ('environ.setdefault("USE_MENU", "1")', "env-read"),
    ('"USE_MENU" in os.environ', "env-read"),
    ('"USE_MENU" not in env', "env-read"),
    ('config("USE_MENU", default=False, cast=bool)', "env-read"),
    ('reader.bool("USE_MENU")', "env-read"),
    ('reader("USE_MENU")', "env-read"),
    ("f\"{getenv('USE_MENU')}\"", "env-read"),
    ('os.getenv(\n    "USE_MENU",  # comment\n    "1",\n)', "env-read"),
    # What sets it.
    ('os.environ["USE_MENU"] = "1"', "env-write"),
    ('del env["USE_MENU"]', "env-write"),
    ('os.putenv("USE_MENU", "1")', "env-write"),
    ('monkeypatch.setenv("USE_MENU", "1")', "env-write"),
    ('monkeypatch.delenv("USE_MENU", raising=False)', "env-write"),
    ('patch.dict(os.environ, {"USE_MENU": "1"})', "env-write"),
    ('mock.patch.dict("os.environ", {"USE_MENU": "1"})', "env-write"),
    ('patch.dict(os.environ, USE_MENU="1")', "env-write"),
    ('os.environ.update({"USE_MENU": "1"})', "env-write"),
    ('os.environ.update(USE_MENU="1")', "env-write"),
    ('dict(os.environ, USE_MENU="1")', "env-write"),
    ('{**os.environ, "USE_MENU": "1"}', "env-write"),
    # Settings and constants.
    ("settings.USE_MENU", "setting"),
    ('getattr(settings, "USE_MENU", False)', "setting"),
    ("override_settings(USE_MENU=True)", "setting"),
    ('monkeypatch.setattr(settings, "USE_MENU", True)', "setting"),
    ("class C:\n    USE_MENU: bool = True", "setting"),
    ("USE_MENU = True", "constant"),
    ("from flags import USE_MENU", "constant"),
    ("flags.USE_MENU", "constant"),
    ("if USE_MENU: pass", "constant"),
    ("def f(x=USE_MENU): pass", "constant"),
    # Declared accessors and decorators.
    ('is_enabled("USE_MENU")', "accessor"),
    ('api.is_enabled("USE_MENU", user)', "accessor"),
    ('client.variation("USE_MENU", context, False)', "accessor"),
    ('is_enabled(flag="USE_MENU")', "accessor"),
    ('waffle.flag_is_active(request, "USE_MENU")', "accessor"),
    ('@flag_required("USE_MENU")\ndef f(): pass', "decorator"),
    # Strings that are not understood still name it.
    ('FLAGS = ["USE_MENU"]', "string"),
    ('run(env={"USE_MENU": "1"})', "string"),
    ('run("USE_MENU=1")', "string"),
    ('other.variation("x", "USE_MENU")', "string"),
    ('data["USE_MENU"]', "string"),
    # Prose.
    ("# USE_MENU switches the menu", "prose"),
    ('"""USE_MENU switches the menu."""', "prose"),
    ('raise ValueError("set USE_MENU first")', "prose"),
    # No reference at all.
    ('os.getenv("USE_MENU_2")', None),
    ('os.getenv("MY_USE_MENU")', None),
    ("use_menu = 1", None),
    ("XUSE_MENU = 1", None),
]

POLICY = RETIRED + (
    "[flags-settings]\n"
    'accessors = ["is_enabled", "client.variation", "waffle.flag_is_active:1"]\n'
    'decorators = ["flag_required"]\n'
)


@pytest.mark.parametrize(("code", "kind"), PLACES)
def test_python_is_understood(code: str, kind: str | None, repository: Repository) -> None:
    root = repository({"govcheck.toml": POLICY, "app.py": f"{IMPORTS}{code}\n"})
    found = [each for each in check(str(root)).findings if each.rule == "retired-flag"]
    assert [each.data["kind"] for each in found] == ([kind] if kind else [])
    for each in found:
        text = f"{IMPORTS}{code}\n".splitlines()[each.span.line - 1]
        assert text[each.span.column - 1 : each.span.end_column - 1] == "USE_MENU"


OTHER_FILES = [
    (".env", "USE_MENU=1\n", "config"),
    ("deploy/prod.env", "export USE_MENU='1'\n", "config"),
    ("a.yaml", "flags:\n  USE_MENU: true\n", "config"),
    ("compose.yml", "services:\n  a:\n    environment:\n      - USE_MENU=1\n", "config"),
    ("compose.yml", "services:\n  a:\n    environment:\n      - USE_MENU\n", "config"),
    ("k8s.yaml", "env:\n  - name: USE_MENU\n    value: 'true'\n", "config"),
    (".github/workflows/a.yml", "jobs:\n  a:\n    env:\n      USE_MENU: 1\n", "config"),
    (".github/workflows/a.yml", "steps:\n  - run: echo $USE_MENU\n", "text"),
    (".github/workflows/a.yml", "steps:\n  - run: |\n      # USE_MENU\n      true\n", "prose"),
    ("a.toml", "[flags]\nUSE_MENU = true\n", "config"),
    ("a.json", '{"USE_MENU": true}\n', "config"),
    ("a.ini", "[flags]\nUSE_MENU = 1\n", "config"),
    ("tox.ini", "[testenv]\nsetenv =\n    USE_MENU = 1\n", "config"),
    ("Dockerfile", "FROM a\nENV USE_MENU=1\n", "config"),
    ("Dockerfile", "FROM a\nARG USE_MENU=1\n", "config"),
    ("Dockerfile", "FROM a\nRUN test $USE_MENU\n", "text"),
    ("run.sh", 'if [ "$USE_MENU" = 1 ]; then true; fi\n', "text"),
    ("run.sh", "export USE_MENU=1\n", "config"),
    ("Makefile", "run:\n\tUSE_MENU=1 ./run\n", "config"),
    ("Makefile", "# USE_MENU\n", "prose"),
    ("app.js", "if (process.env.USE_MENU) {}\n", "text"),
    ("app.js", "// USE_MENU\n", "prose"),
    ("README.md", "Set `USE_MENU`.\n", "prose"),
    ("docs/a.rst", "Set ``USE_MENU``.\n", "prose"),
    ("LICENSE", "USE_MENU\n", "text"),
]


@pytest.mark.parametrize(("path", "text", "kind"), OTHER_FILES)
def test_other_files_are_understood(
    path: str, text: str, kind: str, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED, path: text})
    found = [each for each in check(str(root)).findings if each.rule == "retired-flag"]
    assert [(each.span.path, each.data["kind"]) for each in found] == [(path, kind)]
    line = text.splitlines()[found[0].span.line - 1]
    assert line[found[0].span.column - 1 :].startswith("USE_MENU")


def test_a_settings_class_reads_the_variable_under_its_prefix_and_case(
    repository: Repository,
) -> None:
    root = repository(
        {
            "govcheck.toml": '[flags.SHOP_USE_MENU]\nstatus = "retired"\nvalue = true\n',
            "shop/config.py": (
                "from pydantic_settings import BaseSettings, SettingsConfigDict\n"
                "class Settings(BaseSettings):\n"
                '    model_config = SettingsConfigDict(env_prefix="SHOP_")\n'
                "    use_menu: bool = True\n"
                "    use_other: bool = True\n"
                "config = Settings()\n"
            ),
            "shop/app.py": (
                "from shop.config import config\n"
                "def menu(settings, item):\n"
                "    return config.use_menu and settings.use_menu and item.use_menu\n"
            ),
        }
    )
    found = [(f.span.path, f.span.line, f.span.column) for f in check(str(root)).findings]
    assert found == [("shop/app.py", 3, 19), ("shop/app.py", 3, 41), ("shop/config.py", 4, 5)]


def test_where_a_value_flows_on_is_told(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": RETIRED,
            "app.py": (
                "import os\n"
                'menu = os.getenv("USE_MENU") == "1"\n'
                "if menu:\n"
                '    print("menu", x.menu)\n'
            ),
        }
    )
    (finding,) = check(str(root)).findings
    assert [(each.span.line, each.span.column) for each in finding.related] == [(3, 4)]


def test_a_flag_with_a_dash_ends_at_no_dash_and_a_variable_does(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": RETIRED + '[flags.new-menu]\nstatus = "retired"\nvalue = true\n',
            "a.sh": 'echo "${USE_MENU-1}" "${USE_MENU:-1}"\n',
            "b.js": 'on("new-menu"); on("new-menu-2"); on("my-new-menu")\n',
        }
    )
    found = [(f.span.path, f.span.column) for f in check(str(root)).findings]
    assert found == [("a.sh", 9), ("a.sh", 25), ("b.js", 5)]


def test_the_policy_in_pyproject_is_no_reference_but_the_rest_of_the_file_is(
    repository: Repository,
) -> None:
    root = repository(
        {
            "pyproject.toml": (
                '[tool.govcheck.flags.USE_MENU]\nstatus = "retired"\nvalue = true\n'
                '[tool.pytest_env]\nUSE_MENU = "1"\n'
            )
        }
    )
    assert [f.span.line for f in check(str(root)).findings] == [5]


SENTENCES = [
    ("The flag `USE_MENU` was removed in 2.0.", True),
    ("`USE_MENU` (retired)", True),
    ("~~`USE_MENU`~~", True),
    ("| `USE_MENU` *(retired Oct 2025)* | - |", True),
    ("USE_MENU no longer does anything.", True),
    ("`USE_MENU` has\nbeen retired.", True),
    ("## Removed flags\n\n- `USE_MENU`", True),
    ("## Removed flags\n\n- `USE_MENU` is active again", False),
    ("## Removed flags\n\n## Flags\n\n- `USE_MENU`", False),
    ("`USE_MENU` will be removed.", False),
    ("`USE_MENU` is not yet retired.", False),
    ("`USE_MENU` must not be removed.", False),
    ("Set `USE_MENU`. The old menu was removed.", True),
    ("The old menu was removed.\nSet `USE_MENU` now.", False),
    ("Set `USE_MENU` to see the menu.", False),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_prose_may_call_a_flag_retired(text: str, expected: bool) -> None:
    document = Document("a.md", text.encode())
    start = document.text.index("USE_MENU")
    assert calls_it_retired(document, document.span(start, start + 8)) is expected


@given(st.sampled_from(["1", "true", "TRUE", " yes ", "on", True, 1]))
def test_every_spelling_of_true_is_true(value: bool | int | str) -> None:
    assert meaning(value) is True
    assert same(value, True)
    assert not same(value, "false")


def test_a_default_of_one_reader_is_compared_however_it_is_read(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\ndefault = false\n',
            "a.py": (
                "from decouple import config\nimport os\n"
                'config("USE_MENU", default=True, cast=bool)\n'
                'os.environ.get("USE_MENU", "no")\n'
            ),
        }
    )
    (finding,) = check(str(root)).findings
    assert (finding.rule, finding.span.line) == ("flag-default", 3)


def test_an_owner_and_a_day_are_told_of_an_overdue_flag(repository: Repository) -> None:
    flag = '[flags.USE_MENU]\nstatus = "active"\nowner = "web"\nremove-by = 2026-01-01\n'
    root = repository({"govcheck.toml": flag, "a.py": 'import os\nos.getenv("USE_MENU")\n'})
    (finding,) = check(str(root), today=date(2026, 3, 1)).findings
    assert "59 days ago, owner web" in finding.message
    assert [related.span.path for related in finding.related] == ["a.py"]


def test_every_line_that_git_grep_finds_is_reported(repository: Repository) -> None:
    """Git is the oracle of where the name stands; nothing here says that the flag is gone."""
    files = {f"{number}/{path}": text for number, (path, text, _) in enumerate(OTHER_FILES)}
    files |= {f"py/{n}.py": f"{IMPORTS}{code}\n" for n, (code, _) in enumerate(PLACES)}
    root = repository({"govcheck.toml": POLICY, **files})
    commit(root)
    listing = run_git(root, "grep", "-nIw", "USE_MENU", "--", ".", ":!govcheck.toml")
    expected = {tuple(line.split(":")[:2]) for line in listing.splitlines()}
    found = {(f.span.path, str(f.span.line)) for f in check(str(root)).findings}
    assert found == expected


SETTINGS = "from pydantic_settings import BaseSettings\n"

POSSIBLE_READS = [
    ("os.getenv(f'USE_{name}')\n", "import os\n"),
    ("os.environ['USE_' + name]\n", "import os\n"),
    ("os.environ.get('USE_%s' % name)\n", "import os\n"),
    ("with env.prefixed('USE_'):\n    env.bool('MENU')\n", "env = Env()\n"),
    ("class S(Base):\n    use_menu: bool = False\n", SETTINGS + "class Base(BaseSettings): ...\n"),
    ("for name in ['USE_MENU']: os.getenv(name)\n", "import os\n"),
    ("flag('USE_MENU')\n", "from x import flag\n"),
]


@pytest.mark.parametrize(("code", "before"), POSSIBLE_READS)
def test_what_may_be_read_is_neither_phantom_nor_unused_nor_safe_to_remove(
    code: str, before: str, repository: Repository
) -> None:
    active = '[flags.USE_MENU]\nstatus = "active"\n'
    files = {"app.py": before + code, ".env": "USE_MENU=true\n", "a.md": "Set `USE_MENU`.\n"}
    root = repository({"govcheck.toml": active, **files})
    assert check(str(root)).findings == ()
    (root / "govcheck.toml").write_text(RETIRED)
    fix(str(root))
    assert (root / ".env").read_text() == "USE_MENU=true\n"


DEFAULTS = [
    ("os.getenv('USE_MENU', 'true') == 'true'", "true", True),
    ("os.getenv('USE_MENU', 'True') == 'true'", "true", False),
    ("os.getenv('USE_MENU', '1') == 'true'", "true", False),
    ("os.getenv('USE_MENU')", "true", False),
    ("os.getenv('USE_MENU', DEFAULT)", "true", False),
    ("os.getenv('USE_MENU', 'false') != 'false'", "false", False),
    ("config('USE_MENU', default=True, cast=bool)", "true", True),
    ("config('USE_MENU', default=False, cast=bool)", "true", False),
]


@pytest.mark.parametrize(("read", "value", "removed"), DEFAULTS)
def test_a_setting_goes_only_if_every_read_sees_the_same_without_it(
    read: str, value: str, removed: bool, repository: Repository
) -> None:
    code = f"import os\nfrom decouple import config\nx = {read}\n"
    root = repository({"govcheck.toml": RETIRED, "app.py": code, ".env": f"USE_MENU={value}\n"})
    [setting] = [f for f in check(str(root)).findings if f.span.path == ".env"]
    assert setting.fix is not None
    assert setting.fix.safe == removed


def test_a_workflow_loses_variables_but_neither_inputs_nor_a_matrix(
    repository: Repository,
) -> None:
    text = (
        "on:\n  workflow_call:\n    inputs:\n      USE_MENU: {type: boolean}\n"
        "jobs:\n  a:\n    strategy:\n      matrix:\n        USE_MENU: [1, 0]\n"
        "    env:\n      USE_MENU: 1\n      B: 1\n"
    )
    root = repository({"govcheck.toml": RETIRED, ".github/workflows/a.yml": text})
    fix(str(root))
    expected = text.replace("      USE_MENU: 1\n", "")
    assert (root / ".github/workflows/a.yml").read_text() == expected


def test_the_uses_of_a_settings_object_are_followed(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": RETIRED,
            "config.py": (
                f"{SETTINGS}class Settings(BaseSettings):\n    use_menu: bool = False\n"
                "def get_settings() -> Settings:\n    return Settings()\n"
            ),
            "app.py": (
                "from config import get_settings\n"
                "a = get_settings().use_menu\n"
                "conf = get_settings()\n"
                "b = conf.use_menu\n"
                "def f(s: Annotated[Settings, Depends(get_settings)]): return s.use_menu\n"
                "c = other.use_menu\n"
            ),
        }
    )
    found = [(f.span.path, f.span.line) for f in check(str(root)).findings]
    assert found == [("app.py", 2), ("app.py", 4), ("app.py", 5), ("config.py", 3)]


def test_a_constant_is_the_flag_only_where_it_holds_what_was_read(
    repository: Repository,
) -> None:
    policy = (
        '[flags.beta]\nstatus = "retired"\nvalue = true\nkind = "callable"\n'
        '[flags-settings]\naccessors = ["is_enabled"]\n'
    )
    root = repository(
        {
            "govcheck.toml": policy,
            "a.py": 'def f(x):\n    beta = 0.5\n    return x * beta\nis_enabled("beta")\n',
            "b.py": 'beta = is_enabled("beta")\nif beta: pass\n',
            "c.py": "from b import beta\nprint(beta)\n",
        }
    )
    found = [(f.span.path, f.span.line, f.data["kind"]) for f in check(str(root)).findings]
    assert found == [
        ("a.py", 4, "accessor"),
        ("b.py", 1, "constant"),
        ("b.py", 1, "accessor"),
        ("b.py", 2, "constant"),
        ("c.py", 1, "constant"),
        ("c.py", 2, "constant"),
    ]


def test_a_prefix_of_environs_is_put_before_the_names_below_it(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": RETIRED,
            "app.py": (
                "from environs import Env\n"
                "env = Env()\n"
                "with env.prefixed('USE_'):\n"
                "    a = env.bool('MENU', True)\n"
                "    b = env.bool('OTHER')\n"
                "c = env.bool('MENU')\n"
                "with env.prefixed('U'):\n"
                "    with env.prefixed('SE_'):\n"
                "        d = env('MENU')\n"
            ),
        }
    )
    found = [(f.span.line, f.span.column, f.data["kind"]) for f in check(str(root)).findings]
    assert found == [(4, 19, "env-read"), (9, 18, "env-read")]


def test_a_prefix_that_is_computed_leaves_the_variable_unknown(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": '[flags-settings]\nnames = ["*_ENABLED"]\n',
            "app.py": (
                f"{SETTINGS}class A(BaseSettings):\n"
                '    model_config = build("a")\n    out_enabled: bool = True\n'
                "class B(BaseSettings):\n"
                '    model_config = build("b")\n    out_enabled: bool = False\n'
            ),
            "docs/a.md": "Set `APP_A_OUT_ENABLED=1`.\n",
        }
    )
    assert check(str(root)).findings == ()
