"""What modules import, and the checks of it that a policy brings."""

import importlib.util
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcheck import PolicyError, check, load_policy
from govcheck.cli import run
from govcheck.document import Document
from govcheck.python.imports import absolute, imports
from tests.conftest import Repository

LAYERS = """\
[checks.layers]
kind = "imports"
layers = ["shop.web", "shop.core"]
reason = "core knows nothing of the web"
"""


def _found(root: Path) -> list[str]:
    report = check(str(root))
    assert not report.problems
    return [f"{f.span.path}:{f.span.line}:{f.span.column}: {f.message}" for f in report.findings]


_WORDS = st.sampled_from(["a", "b", "c"])
_DOTTED = st.lists(_WORDS, min_size=1, max_size=4).map(".".join)


@given(_DOTTED, st.integers(0, 5), st.lists(_WORDS, max_size=2).map(".".join), st.booleans())
def test_relative_names_mean_what_python_makes_of_them(
    importer: str, dots: int, plain: str, is_package: bool
) -> None:
    name = "." * dots + plain
    if not name:
        return
    package = importer if is_package else importer.rpartition(".")[0]
    try:
        expected = importlib.util.resolve_name(name, package)
    except ImportError:
        expected = ""
    assert absolute(name, importer, is_package=is_package) == expected


def test_imports_are_found_wherever_they_stand_with_the_place_of_each_name() -> None:
    text = (
        "import a.b as c, d\n"
        'é = """\nimport no\n"""\n'
        "from . import (e,  # one\n    f as g)\n"
        "from ..h.i import *\n"
        "def k():\n    if TYPE_CHECKING:\n        import l\n    else:\n        import m\n"
        "import importlib; importlib.import_module('n')\n"
    )
    document = Document("a.py", text.encode())
    said = [
        (each.module, [name for name, _, _ in each.names], each.is_for_types)
        for each in imports(document)
    ]
    assert said == [
        ("a.b", [], False),
        ("d", [], False),
        (".", ["e", "f"], False),
        ("..h.i", [], False),
        ("l", [], True),
        ("m", [], False),
        ("importlib", [], False),
    ]
    for each in imports(document):
        assert text[each.start : each.end] == each.module
        assert all(text[start:end] == name for name, start, end in each.names)


@pytest.mark.parametrize(
    ("text", "for_types"),
    [
        ("if TYPE_CHECKING:\n    #\nelse:\n    #\n", [True, False]),
        ("if not TYPE_CHECKING:\n    #\nelse:\n    #\n", [False, True]),
        ("import typing as t\nif (t.TYPE_CHECKING): #\n", [True]),
        ("from typing import TYPE_CHECKING as TC\nif TC: #\n", [True]),
        ("if TYPE_CHECKING and a: #\nelse: #\n", [True, False]),
        ("if TYPE_CHECKING or a: #\nelse: #\n", [False, False]),
        ("if not TYPE_CHECKING or a: #\nelse: #\n", [False, True]),
        ("if a: #\nelif TYPE_CHECKING: #\nelse: #\n", [False, True, False]),
        ("if a: #\nelif not TYPE_CHECKING: #\nelif b: #\nelse: #\n", [False, False, True, True]),
        ("if TYPE_CHECKING:\n    if a:\n        #\n    else:\n        #\n", [True, True]),
        ("if TYPE_CHECKING:\n    pass\n#\n", [False]),
        ("if TYPE_CHECKING2: #\nif a(TYPE_CHECKING): #\nwhile TYPE_CHECKING: #\n", [False] * 3),
        (f"if {'(' * 500}TYPE_CHECKING{')' * 500}: #\n", [False]),
    ],
)
def test_what_never_runs_is_for_type_checkers(text: str, for_types: list[bool]) -> None:
    document = Document("a.py", text.replace("#", "import q").encode())
    assert [each.is_for_types for each in imports(document) if each.module == "q"] == for_types


def test_dotted_names_may_stand_with_blanks_and_over_lines() -> None:
    text = "import a . b\nfrom . c import d\nfrom .\\\n  e import f\nfrom . . g import (\n*)\n"
    said = [each.module for each in imports(Document("a.py", text.encode()))]
    assert said[:3] == ["a.b", ".c", ".e"]


def test_a_tree_that_is_broken_or_large_takes_no_longer_than_it_is_long() -> None:
    branches = "elif TYPE_CHECKING:\n    import b\n" * 5_000
    for text in ("x = " + "(" * 50_000 + "\nimport b\n", f"if a:\n    import b\n{branches}"):
        start = time.process_time()
        assert {each.module for each in imports(Document("a.py", text.encode()))} <= {"b"}
        assert time.process_time() - start < 5


@pytest.mark.parametrize("top", ["shop", "src.shop"])
@pytest.mark.parametrize("beside", ["README.md", "pyproject.toml", "src/__init__.py"])
def test_a_module_has_the_name_by_which_a_check_speaks_of_it(
    top: str, beside: str, repository: Repository
) -> None:
    root = repository(
        {
            "govcheck.toml": LAYERS.replace('"shop', f'"{top}'),
            beside: "",
            "src/shop/web.py": "",
            "src/shop/core.py": "from . import web\n",
        }
    )
    assert [each.partition(",")[0] for each in _found(root)] == [
        f"src/shop/core.py:1:15: imports {top}.web"
    ]


def test_what_is_no_module_of_a_package_is_the_package(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": (
                '[checks.apart]\nkind = "imports"\npackages = ["shop.*"]\n'
                'forbid = ["shop.*", "shop.secret"]\nallow = ["shop.a.api"]\nreason = "apart"\n'
                '[checks.libraries]\nkind = "imports"\nforbid = ["yaml.*"]\nreason = "json"\n'
            ),
            "shop/__init__.py": "registry = secret = 1\n",
            "shop/a/__init__.py": "api = 1\n",
            "shop/b/c.py": "from shop import registry, a\nfrom .. import registry\n",
            "shop/b/d.py": "from shop import secret\nfrom shop.a import api, b\nimport yaml\n",
            "shop/b/e.py": "from yaml import load\n",
        }
    )
    assert [each.partition(" (")[0] for each in _found(root)] == [
        "shop/b/c.py:1:28: imports shop.a",
        "shop/b/d.py:1:18: imports shop.secret",
        "shop/b/d.py:2:25: imports shop.a",
        "shop/b/e.py:1:18: imports yaml.load",
    ]


def test_all_mistakes_of_a_check_of_imports_are_told(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": (
                '[checks.none]\nkind = "imports"\nreason = "a"\n'
                '[checks.both]\nkind = "imports"\nforbid = ["a"]\nlayers = ["b", "c"]\n'
                'reason = "a"\n'
                '[checks.one]\nkind = "imports"\nlayers = ["shop"]\nallow = ["a"]\nreason = "a"\n'
                '[checks.names]\nkind = "imports"\nforbid = ["a..b"]\npackages = ["a/b"]\n'
                'except = ["a", "a -> b c"]\nreason = "a"\n'
                '[checks.beside]\nkind = "imports"\nlayers = ["a |"]\nreason = "a"\n'
                '[checks.twice]\nkind = "imports"\nlayers = ["a", "b | a"]\nreason = "a"\n'
            )
        }
    )
    with pytest.raises(PolicyError) as caught:
        load_policy(str(root))
    assert [str(each) for each in caught.value.mistakes] == [
        "govcheck.toml:1: checks.none: a check of imports needs either 'forbid' or 'layers'",
        "govcheck.toml:4: checks.both: a check of imports needs either 'forbid' or 'layers'",
        "govcheck.toml:11: checks.one.layers: one layer alone is for nothing",
        "govcheck.toml:12: checks.one.allow: 'allow' goes with 'forbid', not with 'layers'",
        "govcheck.toml:16: checks.names.forbid: 'a..b' is not a dotted name such as "
        "'shop.features.*'",
        "govcheck.toml:17: checks.names.packages: 'a/b' is not a dotted name such as "
        "'shop.features.*'",
        "govcheck.toml:18: checks.names.except: 'a' is not of the form 'FROM -> TO'",
        "govcheck.toml:18: checks.names.except: 'b c' is not a dotted name such as "
        "'shop.features.*'",
        "govcheck.toml:22: checks.beside.layers: '' is not a dotted name such as 'shop.features.*'",
        "govcheck.toml:26: checks.twice.layers: 'a' is there twice",
        "govcheck.toml:26: checks.twice.layers: 'a' is there twice",
    ]


def test_a_statement_is_one_finding_unless_only_some_of_its_names_are_wrong(
    repository: Repository,
) -> None:
    root = repository(
        {
            "govcheck.toml": LAYERS,
            "shop/web.py": "",
            "shop/core.py": (
                "from shop.web import (\n    a,\n    b,\n)\n"
                "from shop import (\n    x,\n    web,\n)\n"
            ),
        }
    )
    above = ", which is above shop.core (govcheck.toml:3): core knows nothing of the web"
    assert _found(root) == [
        f"shop/core.py:1:6: imports shop.web{above}",
        f"shop/core.py:7:5: imports shop.web{above}",
    ]


def test_only_some_files_are_held_to_a_check(repository: Repository) -> None:
    policy = LAYERS + 'paths = ["shop/**"]\nexclude = ["shop/core/old.py"]\n'
    root = repository(
        {
            "govcheck.toml": policy,
            "shop/web.py": "",
            "shop/core/old.py": "import shop.web\n",
            "shop/core/new.py": "import shop.web as w\n",
        }
    )
    assert [each.partition(":")[0] for each in _found(root)] == ["shop/core/new.py"]


def test_broken_and_hostile_modules_are_read_as_far_as_they_can_be(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": LAYERS,
            "shop/web.py": "",
            "shop/core/a.py": "def (:\nimport shop.web\n",
            "shop/core/b.py": "x = " + "(" * 3000 + "\nif TYPE_CHECKING:\n    import shop.web\n",
            "shop/core/c.py": "from ....... import web\nfrom .. import web\n" + "import a\n" * 2000,
        }
    )
    report = check(str(root))
    places = {f"{each.span.path}:{each.span.line}" for each in report.findings}
    assert {"shop/core/a.py:2", "shop/core/c.py:2"} <= places
    assert not any(each.rule for each in report.problems)


def test_an_example_need_not_have_all_that_the_check_speaks_of(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = (
        '[checks.layers]\nkind = "imports"\nlayers = ["shop.web", "shop.core", "shop.db"]\n'
        'except = ["shop.db -> shop.core"]\nreason = "down"\n'
        '[[checks.layers.examples]]\nfindings = ["src/shop/core.py:1:18"]\n'
        'files = { "src/shop/core.py" = "from shop import web", "src/shop/web.py" = "" }\n'
    )
    root = repository({"govcheck.toml": policy})
    monkeypatch.chdir(root)
    assert run(["test"]) == 0
    assert capsys.readouterr().out == "layers: 1 of 1 examples pass\n"
    assert len(_found(root)) == 4
