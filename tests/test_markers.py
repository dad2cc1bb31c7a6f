"""Markers: what is read of a suite is what pytest itself collects and selects."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcheck import check, fix
from govcheck.cli import run
from govcheck.markers.expression import expression
from govcheck.markers.suite import suite
from govcheck.repo import Repo
from tests.conftest import Repository, commit, run_git, write

# What pytest says: the marks of each test, those of all its cases together.
DUMP = """\
import json, sys

def pytest_collection_finish(session):
    found = {}
    for item in session.items:
        marks = found.setdefault(item.nodeid.partition("[")[0], set())
        marks.update(mark.name for mark in item.iter_markers())
    print("@@" + json.dumps({node: sorted(marks) for node, marks in found.items()}))
"""


def _theirs(root: Path, *arguments: str) -> dict[str, list[str]]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{root}{os.pathsep}{root / 'dumping'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "dump", "-p",
         "no:cacheprovider", *arguments],
        cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    line = next((each for each in done.stdout.splitlines() if each.startswith("@@")), None)
    assert line is not None, done.stdout + done.stderr
    said: dict[str, list[str]] = json.loads(line[2:])
    return said


def _ours(root: Path) -> dict[str, list[str]]:
    return {
        test.node: sorted(test.names | {mark.name for mark in test.function.param_marks})
        for test in suite(Repo(str(root), ("dumping/**",))).tests
    }


FORMS: Mapping[str, str] = {
    "conftest.py": "collect_ignore = ['test_ignored.py']\ncollect_ignore_glob = ['*_left.py']\n",
    "test_ignored.py": "def test_a(): ...\n",
    "test_left.py": "def test_a(): ...\n",
    "build/test_built.py": "def test_a(): ...\n",
    "test_functions.py": (
        "import pytest\nfrom pytest import mark\nimport pytest as p\nfast = pytest.mark.fast\n"
        "slow = mark.slow('why')\n\n\ndef test_none(): ...\n\n\n@mark.a\n@pytest.mark.b(1)\n"
        "@fast\n@slow\n@p.mark.c\nasync def test_many(): ...\n\n\n"
        "@pytest.mark.parametrize('x', [1, pytest.param(2, marks=mark.d),\n"
        "    pytest.param(3, marks=[mark.e, pytest.mark.f])])\ndef test_cases(x): ...\n\n\n"
        "@pytest.fixture\ndef test_fixture(): ...\n\n\nif True:\n    def test_inside(): ...\n\n\n"
        "try:\n    def test_tried(): ...\nexcept OSError:\n    pass\n\n\ndef nothing(): ...\n"
    ),
    "test_modules.py": (
        "import pytest\npytestmark = [pytest.mark.a, pytest.mark.b(2)]\n"
        "pytestmark += [pytest.mark.c]\n"
        "pytestmark.append(pytest.mark.d)\n\n\ndef test_a(): ...\n\n\n"
        "class TestOne:\n    pytestmark = pytest.mark.e\n\n    def test_b(self): ...\n\n"
        "    class TestInner:\n        def test_c(self): ...\n\n        @pytest.mark.f\n"
        "        def test_d(self): ...\n"
    ),
    "test_classes.py": (
        "import pytest, unittest\nfrom bases import Base, Mixin as M, TestImported, needs\n\n\n"
        "@pytest.mark.a\nclass TestPlain:\n    def test_a(self): ...\n\n"
        "    def helper(self): ...\n\n\n"
        "class TestInit:\n    def __init__(self): ...\n\n    def test_a(self): ...\n\n\n"
        "class TestOff:\n    __test__ = False\n\n    def test_a(self): ...\n\n\n"
        "class Other:\n    def test_a(self): ...\n\n\n"
        "class TestBelow(TestPlain):\n    @pytest.mark.b\n    def test_b(self): ...\n\n\n"
        "class TestOver(TestPlain):\n    def test_a(self): ...\n\n\n"
        "@needs\nclass TestFar(M, Base):\n    def test_c(self): ...\n\n\n"
        "class Cases(unittest.TestCase):\n    @pytest.mark.c\n    def test_d(self): ...\n\n"
        "    def testCamel(self): ...\n\n\n@pytest.mark.d\nclass MoreCases(Cases):\n"
        "    def test_e(self): ...\n"
    ),
    "bases.py": (
        "import pytest\nneeds = pytest.mark.needs\n\n\n@pytest.mark.base\nclass Base:\n"
        "    @pytest.mark.deep\n    def test_base(self): ...\n\n\nclass Mixin:\n"
        "    pytestmark = [pytest.mark.mixin]\n\n    def test_mixed(self): ...\n\n\n"
        "class TestImported:\n    @pytest.mark.far\n    def test_far(self): ...\n"
    ),
    "deep/a_test.py": "from bases import needs as n\npytestmark = n\n\n\ndef test_a(): ...\n",
}  # fmt: skip

CONFIGURATIONS: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "pytest.ini before all": {
        "pytest.ini": "[pytest]\n",
        "pyproject.toml": "[tool.pytest.ini_options]\npython_files = ['nothing.py']\n",
    },
    "names of files, classes and functions": {
        "pyproject.toml": (
            "[tool.pytest.ini_options]\npython_files = 'test_c*.py a_*.py'\n"
            "python_classes = ['Other', '*Plain']\npython_functions = 'test_a'\n"
        )
    },
    "folders": {"tox.ini": "[pytest]\ntestpaths = deep build\nnorecursedirs = nothing\n"},
    "folders that are left out": {
        "setup.cfg": (
            "[tool:pytest]\nnorecursedirs = de* build\naddopts = --ignore=test_modules.py\n"
        )
    },
}


@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_suite_is_read_as_pytest_collects_it(
    configuration: Mapping[str, str], repository: Repository
) -> None:
    root = repository({**FORMS, **configuration, "dumping/dump.py": DUMP})
    ours = _ours(root)
    assert ours == _theirs(root)
    assert len(ours) > 1


# Collects each suite in a process of its own, forked so that pytest is imported once.
DRIVER = """\
import json, os, sys
import pytest

class Dump:
    def __init__(self):
        self.found = {}
        self.of_all = {}

    def pytest_collection_finish(self, session):
        for item in session.items:
            node = item.nodeid.partition("[")[0]
            marks = {mark.name for mark in item.iter_markers()}
            self.found.setdefault(node, set()).update(marks)
            self.of_all.setdefault(node, marks).intersection_update(marks)

OPTIONS = ["--collect-only", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
for root in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        os.chdir(root)
        sys.path.insert(0, root)
        dump = Dump()
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
        pytest.main(OPTIONS, plugins=[dump])
        for name, found in (("dumped.json", dump.found), ("of_all.json", dump.of_all)):
            with open(name, "w") as file:
                json.dump({node: sorted(marks) for node, marks in found.items()}, file)
        os._exit(0)
    os.waitpid(child, 0)
"""


def _suites() -> dict[str, dict[str, str]]:
    """The suites of suites.txt: `=== name`, and the files of each, `--- path`."""
    text = (Path(__file__).parent / "suites.txt").read_text()
    found = {}
    for suite_text in text.split("=== ")[1:]:
        name, _, files = suite_text.partition("\n")
        parts = (part.partition("\n") for part in f"\n{files}".split("\n--- ")[1:])
        found[name] = {path: f"{body}\n" if body else "" for path, _, body in parts}
    return found


PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_said_of_odd_suites_is_what_pytest_collects(part: int, tmp_path: Path) -> None:
    suites = dict([*_suites().items()][part::PARTS])
    roots = {name: tmp_path / str(number) for number, name in enumerate(suites)}
    for name, files in suites.items():
        write(roots[name], files)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    subprocess.run(
        [sys.executable, "-c", DRIVER, *map(str, roots.values())],
        env=environment, capture_output=True, timeout=300, check=True,
    )  # fmt: skip
    wrong = {name: said for name, root in roots.items() if (said := [*_untrue(root)])}
    assert wrong == {}
    assert len(suites) * PARTS > 150


def dumped(root: Path, name: str = "dumped.json") -> dict[str, list[str]]:
    """What pytest collected: the marks of each test, on any of its cases."""
    said: dict[str, list[str]] = json.loads((root / name).read_text())
    return said


def _untrue(root: Path) -> Iterator[str]:
    """What is said of the suite and is not so; what is not known is not said."""
    theirs, of_all = dumped(root), dumped(root, "of_all.json")
    tests = suite(Repo(str(root), ("dumped.json", "of_all.json")))
    ours = {test.node: test for test in tests.tests}
    for node, test in ours.items():
        if test.is_opaque or None in tests.added(test.path):
            continue
        if node not in theirs:
            yield f"{node} is no test"
            continue
        cases = {mark.name for mark in test.function.param_marks}
        lacking = set(theirs[node]) - test.names - cases - tests.added(test.path)
        brought = tests.brought(test)
        if ("" not in brought and lacking - brought) or test.names - set(of_all[node]):
            yield f"{node} bears {theirs[node]}, not {sorted(test.names)}"
    collected = {node.partition("::")[0] for node in theirs}
    yield from (f"{path} is collected" for path in tests.test_files
                if tests.cut_off(path) and path in collected)  # fmt: skip


_MARKS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=2)


@st.composite
def _modules(draw: st.DrawFn) -> str:
    """A module of classes that inherit from each other, with marks wherever they may be."""
    lines = ["import pytest, unittest"]
    if marks := draw(_MARKS):
        lines.append(f"pytestmark = [{', '.join(f'pytest.mark.{m}' for m in marks)}]")
    known: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        above = draw(st.lists(st.sampled_from(known), max_size=1)) if known else []
        kind = draw(st.sampled_from(["Test", "Base"]))
        bases = above or draw(st.sampled_from([[], ["unittest.TestCase"]]))
        lines += [f"@pytest.mark.{mark}" for mark in draw(_MARKS)]
        lines.append(f"class {kind}{number}({', '.join(bases)}):")
        for name in draw(st.sets(st.sampled_from(["test_a", "test_b", "helper"]), min_size=1)):
            lines += [f"    @pytest.mark.{mark}" for mark in draw(_MARKS)]
            lines.append(f"    def {name}(self): ...")
        known.append(f"{kind}{number}")
    return "\n".join((*lines, "def test_last(): ...\n"))


@settings(max_examples=12, deadline=None)
@given(modules=st.lists(_modules(), min_size=3, max_size=6))
def test_random_suites_are_read_as_pytest_collects_them(
    modules: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("suite")
    write(root, {f"test_{n}.py": text for n, text in enumerate(modules)})
    write(root, {"dumping/dump.py": DUMP})
    assert _ours(root) == _theirs(root)


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "c"]),
    lambda inner: st.one_of(
        st.builds("not {}".format, inner),
        st.builds("({})".format, inner),
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.sets(st.sampled_from(["a", "b", "c"])))
def test_expressions_select_as_those_of_python_do(text: str, names: set[str]) -> None:
    selects = expression(text)
    assert selects is not None
    assert selects(names) == eval(text, {name: name in names for name in "abc"})


@pytest.mark.parametrize("text", ["a and", "not", "(a", "a b", "<marker>", "a &", "()"])
def test_what_is_no_expression_is_none(text: str) -> None:
    assert expression(text) is None


REQUIRING = '[[markers.require]]\npaths = ["tests/**"]\nall = ["integration"]\n'
# Files before and after `--fix`.
FIXES: Mapping[str, tuple[str, str]] = {
    "after the imports": (
        '"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\n\n\ndef test_a(): ...\n',
        '"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\nimport pytest\n\n'
        "pytestmark = pytest.mark.integration\n\n\ndef test_a(): ...\n",
    ),
    "without imports": (
        "def test_a(): ...\n",
        "import pytest\n\npytestmark = pytest.mark.integration\n\ndef test_a(): ...\n",
    ),
    "a single mark becomes a list": (
        "import pytest\n\npytestmark = pytest.mark.slow\n\n\ndef test_a(): ...\n",
        "import pytest\n\npytestmark = [pytest.mark.slow, pytest.mark.integration]\n\n\n"
        "def test_a(): ...\n",
    ),
    "a list grows": (
        "import pytest\n\npytestmark = [pytest.mark.slow]\n\n\ndef test_a(): ...\n",
        "import pytest\n\npytestmark = [pytest.mark.slow, pytest.mark.integration]\n\n\n"
        "def test_a(): ...\n",
    ),
    "another name for pytest, and a nested method": (
        "import pytest as p\n\n\n@p.mark.integration\ndef test_a(): ...\n\n\n"
        "class TestA:\n    class TestB:\n        @p.mark.slow\n        def test_b(self): ...\n",
        "import pytest as p\n\n\n@p.mark.integration\ndef test_a(): ...\n\n\n"
        "class TestA:\n    class TestB:\n        @p.mark.integration\n        @p.mark.slow\n"
        "        def test_b(self): ...\n",
    ),
    "line endings": (
        "import os\r\n\r\n\r\ndef test_a(): ...\r\n",
        "import os\r\nimport pytest\r\n\r\npytestmark = pytest.mark.integration\r\n\r\n\r\n"
        "def test_a(): ...\r\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), FIXES.values(), ids=FIXES)
def test_a_mark_is_added_where_it_covers_most(
    before: str, after: str, repository: Repository
) -> None:
    root = repository({"govcheck.toml": REQUIRING, "tests/test_a.py": before})
    fix(str(root), select=["missing-marker"])
    assert (root / "tests/test_a.py").read_bytes().decode() == after
    assert check(str(root), select=["missing-marker"]).findings == ()


def test_fixing_many_files_marks_what_pytest_then_selects(repository: Repository) -> None:
    files = {
        f"tests/test_{n}.py": "import os\n\n\ndef test_a(): ...\n\n\ndef test_b(): ...\n"
        for n in range(300)
    }
    root = repository({"govcheck.toml": REQUIRING, "dumping/dump.py": DUMP, **files})
    before = _theirs(root)
    fix(str(root), select=["missing-marker"])
    after = _theirs(root, "-m", "integration", "-W", "ignore")
    assert before.keys() == after.keys()


def test_folders_that_one_project_leaves_out_are_not_those_of_another(
    repository: Repository,
) -> None:
    test = "def test_a(): ...\n"
    root = repository(
        {"govcheck.toml": "", "pytest.ini": "[pytest]\nnorecursedirs = e\n", "d/e/test_b.py": test,
         "d/e/a/pytest.ini": "[pytest]\naddopts = ../..\nnorecursedirs = x\n",
         "d/e/a/test_c.py": test}
    )  # fmt: skip
    (found,) = check(str(root), select=["uncollected-test"]).findings
    assert found.span.path == "d/e/test_b.py"


@pytest.mark.parametrize(
    "said", [" = [pytest.mark.integration]", ".append(pytest.mark.x)", " += M"]
)
def test_a_class_that_another_module_marks_is_not_said_to_lack_a_mark(
    said: str, repository: Repository
) -> None:
    test = "class TestA:\n    def test_a(self): ...\n"
    conftest = f"import pytest\nfrom tests.test_a import TestA\n\nTestA.pytestmark{said}\n"
    files = {"govcheck.toml": REQUIRING, "tests/test_a.py": test, "tests/conftest.py": conftest}
    assert check(str(repository(files)), select=["missing-marker"]).findings == ()


def test_reading_the_marks_of_a_class_adds_none(repository: Repository) -> None:
    test = "class TestA:\n    def test_a(self): ...\n"
    conftest = "from tests.test_a import TestA\n\nassert TestA.pytestmark == []\n"
    files = {"govcheck.toml": REQUIRING, "tests/test_a.py": test, "tests/conftest.py": conftest}
    assert len(check(str(repository(files)), select=["missing-marker"]).findings) == 1


COMMANDS: Mapping[str, tuple[str, str, list[str]]] = {
    "sessions of nox": (
        "noxfile.py",
        "import nox\n\n\n@nox.session\ndef tests(session):\n"
        "    session.run('pytest', '-q', '-m', 'one or two', *session.posargs)\n"
        '    session.run("python", "-m", "pytest", "tests", "-m", "three")\n'
        "    session.run('pytest', '-m', 'slow')\n    session.run('python', '-m', 'build')\n",
        ["one or two", "three"],
    ),
    "recipes of just": (
        "justfile", "a:\n    pytest -m one\n    @pytest tests -m 'two'\n    pytest -m slow {{b}}\n",
        ["one", "two"],
    ),
    "folded lines of YAML": (
        ".github/workflows/a.yml",
        "jobs:\n  a:\n    steps:\n      - run: >\n          pytest\n          -m 'one'\n"
        "          tests\n        env: {}\n      - run: >-  # why\n          pytest -q\n"
        "          -m two\n",
        ["one", "two"],
    ),
    "lines of YAML that are not folded": (
        ".github/workflows/a.yml",
        "jobs:\n  a:\n    steps:\n      - run: |\n          pytest\n          -m one\n"
        "      - run: >\n          pytest\n\n          python -m build\n      - run: >\n"
        "          pytest\n        with:\n          -m one\n",
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text", "wanted"), COMMANDS.values(), ids=COMMANDS)
def test_expressions_are_read_wherever_commands_are_written(
    path: str, text: str, wanted: list[str], repository: Repository
) -> None:
    test = "import pytest\n\n\n@pytest.mark.slow\ndef test_a(): ...\n"
    root = repository({"govcheck.toml": "", "tests/test_a.py": test, path: text})
    found = check(str(root), select=["selects-nothing"]).findings
    assert [each.data["marker"] for each in found] == wanted


def test_a_marker_that_addopts_registers_is_registered(repository: Repository) -> None:
    ini = "[pytest]\naddopts = -q -o markers=slow -p no:cacheprovider\n"
    test = "import pytest\n\n\n@pytest.mark.{}\ndef test_a(): ...\n"
    root = repository(
        {"govcheck.toml": "", "pytest.ini": ini, "test_a.py": test.format("slow"),
         "test_b.py": test.format("soak")}
    )  # fmt: skip
    (found,) = check(str(root), select=["unregistered-marker"]).findings
    assert (found.data["marker"], found.fix) == ("soak", None)
    ini = "[pytest]\naddopts =\n    -q\n    -o\n    markers=none\n"
    write(root, {"pytest.ini": ini})
    (found,) = check(str(root), select=["unused-marker"]).findings
    assert (found.data["marker"], found.fix) == ("none", None)


PLUGINS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "of no plugin": ({}, "error"),
    "known": ({"requirements.txt": "pytest-mock\nallure_pytest==2.1\npytest==8\n"}, "error"),
    "unknown": ({"requirements.txt": "Pytest_Our.Lab\n"}, "info"),
    "unknown, by another name": ({"requirements.txt": "our-pytest==1\n"}, "info"),
    "of pyproject.toml": (
        {"pyproject.toml": "[dependency-groups]\ndev = ['pytest', 'pytest-our-lab>=1']\n"}, "info"
    ),
    "of poetry.lock": (
        {"poetry.lock": '[[package]]\nname = "pytest-our-lab"\nversion = "1.0"\n'}, "info"
    ),
    "of Pipfile.lock": (
        {"Pipfile.lock": '{\n  "develop": {\n    "pytest-our-lab": {"version": "==1"}\n  }\n}\n'},
        "info",
    ),
    "of conda-lock.yml": (
        {"conda-lock.yml": "package:\n- name: pytest-our-lab\n  version: '1'\n"}, "info"
    ),
    "known, of a lock": (
        {"uv.lock": '[[package]]\nname = "pytest"\n[[package]]\nname = "pytest-mock"\n'}, "error"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "severity"), PLUGINS.values(), ids=PLUGINS)
def test_what_an_unknown_plugin_may_register_is_no_error(
    files: Mapping[str, str], severity: str, repository: Repository
) -> None:
    test = "import pytest\n\n\n@pytest.mark.bench\ndef test_a(): ...\n"
    root = repository({"govcheck.toml": "", "pytest.ini": "[pytest]\n", "test_a.py": test, **files})
    (found,) = check(str(root), select=["unregistered-marker"]).findings
    assert found.severity == severity
    assert (found.fix is None) == (severity == "info")


def test_the_table_of_markers(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(
        {
            "govcheck.toml": "",
            "pytest.ini": "[pytest]\nmarkers =\n    slow: takes long\n    soak\n",
            "Makefile": "a:\n\tpytest -m 'slow or soak'\n",
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.slow\n@pytest.mark.new\ndef test_a(): ...\n"
            ),
        }
    )
    monkeypatch.chdir(root)
    assert run(["markers"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "marker  registered    tests  asked for by",
        "slow    pytest.ini:3      1  Makefile:2",
        "soak    pytest.ini:4      0  Makefile:2",
        "new     nothing           1",
    ]
    assert run(["markers", "--output-format", "markdown"]) == 0
    assert "| `slow` | pytest.ini:3 | 1 | Makefile:2 |" in capsys.readouterr().out
    assert run(["markers", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[1]["tests"] == 0


HOSTILE: Mapping[str, Mapping[str, str]] = {
    "many cases": {
        "test_a.py": "import pytest\n@pytest.mark.parametrize('a', ["
        + "pytest.param(1, marks=pytest.mark.skip)," * 50_000
        + "])\ndef test_a(a): ...\n"
    },
    "a long line": {"test_a.py": "a = [" + "1," * 2_500_000 + "]\ndef test_a(): ...\n"},
    "deep classes": {
        "test_a.py": "".join(f"{' ' * n}class Test{n}:\n" for n in range(3_000))
        + f"{' ' * 3_000}x = 1\n"
    },
    "a class that inherits from itself": {
        "test_a.py": "class TestA(TestA):\n    def test_a(self): ...\n"
    },
    "imports in a ring": {
        "a.py": "from b import TestA\n",
        "b.py": "from a import TestA\n",
        "test_a.py": "from a import TestA, x\n\n\n@x\nclass TestB(TestA): ...\n",
    },
    "many methods that lack a mark": {
        "test_a.py": "class TestA:\n"
        + "".join(f"    def test_{n}(self): ...\n" for n in range(3000))
    },
    "an assignment to many names": {
        "test_a.py": f"import pytest\n{'a = ' * 5_000}pytest.mark.x\ndef test_a(): ...\n"
    },
    "marks that double": {
        "test_a.py": "import pytest\npytestmark = [pytest.mark.x]\n"
        + "pytestmark += pytestmark\n" * 40 + "def test_a(): ...\n"
    },
    "diamonds": {
        "test_a.py": "class T0:\n    def test_a(self): ...\nclass U0: ...\n"
        + "".join(f"class T{n}(T{n - 1}, U{n - 1}): ...\nclass U{n}(T{n - 1}): ...\n"
                  for n in range(1, 60)) + "class TestZ(T59, U59): ...\n"
    },
    "a glob of many stars": {
        "pytest.ini": f"[pytest]\ntestpaths = {'*/' * 50}x {'**/' * 30}x\n",
        **{f"{'b/' * n}test_{n}.py": "def test_a(): ...\n" for n in range(40)},
    },
    "a command of many words": {
        "test_a.py": "def test_a(): ...\n",
        "run.sh": f"pytest {'word ' * 50_000}-m x\npytest {'-m x ' * 20_000}\npytest -m "
        + "\"'" * 50_000,
    },
    "an expression of brackets": {
        "test_a.py": "def test_a(): ...\n", "Makefile": f"a:\n\tpytest -m '{'(' * 50_000}'\n"
    },
}  # fmt: skip


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_hostile_suites_neither_crash_nor_hang(
    files: Mapping[str, str], repository: Repository
) -> None:
    root = repository({"govcheck.toml": REQUIRING, **files})
    started = time.process_time()
    assert not check(str(root)).problems
    assert time.process_time() - started < 20


def test_a_test_that_cannot_be_read_does_not_keep_the_mark_off_its_module(
    repository: Repository,
) -> None:
    test = (
        "from helpers import wrapped\n\n\ndef test_a():\n    pass\n\n\n"
        "@wrapped\ndef test_b():\n    pass\n"
    )
    helpers = "def wrapped(function):\n    return function\n"
    root = repository({"govcheck.toml": REQUIRING, "tests/test_a.py": test, "helpers.py": helpers})
    report = fix(str(root), select=["missing-marker"])
    assert report.findings == ()
    text = (root / "tests/test_a.py").read_text()
    assert "pytestmark = pytest.mark.integration\n" in text
    assert "@pytest" not in text


def test_the_age_of_skips_is_a_note_where_the_clone_is_shallow(
    repository: Repository, tmp_path: Path
) -> None:
    skipped = "import pytest\n\n\n@pytest.mark.skip(reason='slow')\ndef test_a(): ...\n"
    root = repository({"govcheck.toml": "[markers.skip]\nmax-age = '90d'\n", "test_a.py": skipped})
    commit(root)
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    whole, shallow = (
        [
            (each.severity, each.message)
            for each in check(
                str(at), select=["expired-skip"], today=date.fromisoformat(day)
            ).findings
        ]
        for at, day in ((root, "2026-04-01"), (tmp_path / "shallow", "2026-03-01"))
    )
    assert whole == [
        ("error", "this skip has been there since 2025-12-31, 91 days (govcheck.toml:2 allows 90d)")
    ]
    (said,) = shallow
    assert said[0] == "info"
    assert "may be too old" in said[1]
