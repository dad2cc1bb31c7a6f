"""Marking and registering: after a fix, pytest collects the same tests with the marker."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from govcheck import check, fix
from tests.conftest import write
from tests.test_markers import DRIVER, PARTS, dumped

# Files of tests that all are to bear a marker.
MARKABLE: Mapping[str, str | bytes] = {
    "docstring": ('"""Doc."""\ndef test_a(): ...\n'),
    "docstring no blank + class": (
        '"""Doc."""\nclass TestA:\n    def test_a(self): ...\n    def test_b(self): ...\n'
    ),
    "docstring semicolon": ('"""Doc."""; x = 1\ndef test_a(): ...\n'),
    "future": ("from __future__ import annotations\ndef test_a(): ...\n"),
    "shebang": ("#!/usr/bin/env python\ndef test_a(): ...\n"),
    "shebang coding": (
        b"#!/usr/bin/env python\n# -*- coding: latin-1 -*-\n# \xe9\ndef test_a(): ...\n"
    ),
    "coding": (b'# coding: latin-1\nX="\xe9"\ndef test_a(): ...\n'),
    "license": ("# Copyright\n# more\n\ndef test_a(): ...\n"),
    "license attached": ("# about test_a\ndef test_a(): ...\n"),
    "parenthesised": ("from os import (\n    path,  # x\n    sep,\n)\ndef test_a(): ...\n"),
    "parenthesised pytest": (
        "from pytest import (\n    mark,\n    fixture,\n)\ndef test_a(): ...\n"
    ),
    "backslash": ("from os import path, \\\n    sep\ndef test_a(): ...\n"),
    "semicolon import": ("import os; import sys\ndef test_a(): ...\n"),
    "semicolon import stmt": ("import os; x = 1\ndef test_a(): ...\n"),
    "import cont": ("import os; y = (\n 1)\ndef test_a(): ...\n"),
    "type checking": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    import pytest\n"
        "def test_a(): ...\n"
    ),
    "late import": ("import os\n\n\ndef helper(): ...\n\n\nimport pytest\n\n\ndef test_a(): ...\n"),
    "late import2": ("def helper(): ...\nimport pytest\ndef test_a(): ...\n"),
    "local import": ("import os\ndef helper():\n    import pytest\ndef test_a(): ...\n"),
    "as pt": ("import pytest as pt\ndef test_a(): ...\n"),
    "from mark": ("from pytest import mark\ndef test_a(): ...\n"),
    "from mark as": ("from pytest import mark as m\ndef test_a(): ...\n"),
    "pytest named otherwise": ("import os as pytest\ndef test_a(): ...\n"),
    "pytest assigned": ("import os\npytest = 3\ndef test_a(): ...\n"),
    "pytest imported then assigned": ("import pytest\npytest = 3\ndef test_a(): ...\n"),
    "pytest try": (
        "try:\n    import pytest\nexcept ImportError:\n    pytest = None\ndef test_a(): ...\n"
    ),
    "crlf": (b"import os\r\n\r\ndef test_a(): ...\r\n"),
    "crlf docstring": (b'"""D."""\r\ndef test_a(): ...\r\n'),
    "crlf decorator": (
        b"import pytest\r\n"
        b"class TestX:\r\n"
        b"    @pytest.mark.integration\r\n"
        b"    def test_z(self): ...\r\n"
        b"    def test_a(self):\r\n"
        b"        pass\r\n"
    ),
    "bom": (b"\xef\xbb\xbfdef test_a(): ...\n"),
    "bom docstring": (b'\xef\xbb\xbf"""D."""\ndef test_a(): ...\n'),
    "no final newline": ("import os\ndef test_a(): pass"),
    "only def no newline": ("def test_a(): pass"),
    "form feed": ("import os\n\x0c\ndef test_a(): ...\n"),
    "form feed def": (
        "import pytest\n\x0cdef test_a(): ...\n\x0c@pytest.mark.integration\ndef test_b(): ...\n"
    ),
    "tabs": (
        "import pytest\n"
        "class TestA:\n"
        "\t@pytest.mark.integration\n"
        "\tdef test_a(self): ...\n"
        "\tdef test_b(self): ...\n"
    ),
    "decorators with comments": (
        "import pytest\n"
        "@pytest.mark.integration\n"
        "def test_0(): ...\n"
        "# c\n"
        "@pytest.mark.x  # y\n"
        "# z\n"
        "@pytest.mark.y\n"
        "def test_a(): ...\n"
    ),
    "one line class": (
        "import pytest\n"
        "class TestA: pytestmark = pytest.mark.integration; x = 1\n"
        "class TestB(TestA):\n"
        "    def test_b(self): ...\n"
        "def test_c(): ...\n"
    ),
    "pytestmark single": ("import pytest\npytestmark = pytest.mark.x\ndef test_a(): ...\n"),
    "pytestmark call multi": (
        "import pytest\n"
        "pytestmark = pytest.mark.skipif(\n"
        "    False,\n"
        '    reason="x",\n'
        ")\n"
        "def test_a(): ...\n"
    ),
    "pytestmark list": ("import pytest\npytestmark = [pytest.mark.x]\ndef test_a(): ...\n"),
    "pytestmark empty": ("import pytest\npytestmark = []\ndef test_a(): ...\n"),
    "pytestmark list trailing": (
        "import pytest\npytestmark = [pytest.mark.x,]\ndef test_a(): ...\n"
    ),
    "pytestmark list multi": (
        "import pytest\n"
        "pytestmark = [\n"
        "    pytest.mark.x,\n"
        "    pytest.mark.y,\n"
        "]\n"
        "def test_a(): ...\n"
    ),
    "pytestmark list multi no trailing": (
        "import pytest\n"
        "pytestmark = [\n"
        "    pytest.mark.x,\n"
        "    pytest.mark.y\n"
        "]\n"
        "def test_a(): ...\n"
    ),
    "pytestmark list multi hang": (
        "import pytest\n"
        "pytestmark = [pytest.mark.x,\n"
        "              pytest.mark.y]\n"
        "def test_a(): ...\n"
    ),
    "pytestmark list comment": (
        "import pytest\npytestmark = [\n    pytest.mark.x,  # why\n]\ndef test_a(): ...\n"
    ),
    "pytestmark list comment2": (
        "import pytest\npytestmark = [\n    pytest.mark.x  # why\n]\ndef test_a(): ...\n"
    ),
    "pytestmark list hash string": (
        'import pytest\npytestmark = [pytest.mark.x("#")]\ndef test_a(): ...\n'
    ),
    "pytestmark paren": ("import pytest\npytestmark = (pytest.mark.x)\ndef test_a(): ...\n"),
    "pytestmark +=": (
        "import pytest\n"
        "pytestmark = [pytest.mark.x]\n"
        "pytestmark += [pytest.mark.y]\n"
        "def test_a(): ...\n"
    ),
    "pytestmark annotated": (
        "import pytest\npytestmark: list = [pytest.mark.x]\ndef test_a(): ...\n"
    ),
    "pytestmark in if": (
        "import pytest\nif True:\n    pytestmark = [pytest.mark.x]\ndef test_a(): ...\n"
    ),
    "pytestmark twice": (
        "import pytest\npytestmark = pytest.mark.x\npytestmark = pytest.mark.y\ndef test_a(): ...\n"
    ),
    "pytestmark alias": (
        "import pytest\nneeds = pytest.mark.x\npytestmark = needs\ndef test_a(): ...\n"
    ),
    "pytestmark alias list": (
        "import pytest\nMARKS = [pytest.mark.x]\npytestmark = MARKS\ndef test_a(): ...\n"
    ),
    "pytestmark sum": (
        "import pytest\n"
        "MARKS = [pytest.mark.x]\n"
        "pytestmark = MARKS + [pytest.mark.y]\n"
        "def test_a(): ...\n"
    ),
    "pytestmark at the end": ("import pytest\ndef test_a(): ...\npytestmark = pytest.mark.x\n"),
    "pytestmark before import": (
        "from pytest import mark\npytestmark = mark.x\nimport pytest\ndef test_a(): ...\n"
    ),
    "pytestmark comment after": (
        "import pytest\npytestmark = pytest.mark.x  # why\ndef test_a(): ...\n"
    ),
    "pytestmark chained": ("import pytest\nx = pytestmark = pytest.mark.x\ndef test_a(): ...\n"),
    "class pytestmark": (
        "import pytest\n"
        "class TestA:\n"
        "    pytestmark = [pytest.mark.x]\n"
        "    def test_a(self): ...\n"
        "    def test_b(self): ...\n"
        "@pytest.mark.integration\n"
        "def test_c(): ...\n"
    ),
    "mixed class": (
        "import pytest\n"
        "class TestA:\n"
        "    def test_a(self): ...\n"
        "    @pytest.mark.integration\n"
        "    def test_b(self): ...\n"
    ),
    "inherit in file": (
        "import pytest\n"
        "class TestA:\n"
        "    def test_a(self): ...\n"
        "    def test_b(self): ...\n"
        "@pytest.mark.integration\n"
        "class TestB(TestA):\n"
        "    def test_c(self): ...\n"
    ),
    "nested": (
        "import pytest\n"
        "@pytest.mark.integration\n"
        "def test_0(): ...\n"
        "class TestA:\n"
        "    class TestB:\n"
        "        class TestC:\n"
        "            def test_a(self): ...\n"
    ),
    "async": (
        "import pytest\n@pytest.mark.integration\ndef test_0(): ...\nasync def test_a(): ...\n"
    ),
    "unittest": (
        "import unittest\n"
        "class A(unittest.TestCase):\n"
        "    def test_a(self): ...\n"
        "    def test_b(self): ...\n"
    ),
    "unittest partial": (
        "import pytest\n"
        "import unittest\n"
        "class A(unittest.TestCase):\n"
        "    def test_a(self): ...\n"
        "    @pytest.mark.integration\n"
        "    def test_b(self): ...\n"
    ),
    "in if": (
        "import pytest\n"
        "@pytest.mark.integration\n"
        "def test_0(): ...\n"
        "if True:\n"
        "    def test_a(): ...\n"
    ),
    "in if before import": (
        "if True:\n"
        "    def test_a(): ...\n"
        "import pytest\n"
        "@pytest.mark.integration\n"
        "def test_0(): ...\n"
    ),
    "try import": (
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None\ndef test_a(): ...\n"
    ),
    "if import": ("import sys\nif sys.version_info > (3,):\n    import json\ndef test_a(): ...\n"),
    "string first not doc": ('x = 1\n"""not doc"""\nimport os\ndef test_a(): ...\n'),
    "sys.path": ('import sys\nsys.path.insert(0, ".")\nimport json\ndef test_a(): ...\n'),
    "param": (
        "import pytest\n"
        '@pytest.mark.parametrize("a", [1,2])\n'
        "def test_a(a): ...\n"
        "@pytest.mark.integration\n"
        "def test_b(): ...\n"
    ),
    "mock patch": (
        "import pytest\n"
        "from unittest import mock\n"
        '@mock.patch("os.getcwd")\n'
        "def test_a(m): ...\n"
        "@pytest.mark.integration\n"
        "def test_b(): ...\n"
    ),
    "given": (
        "import pytest\n"
        "from hypothesis import given, strategies as st\n"
        "@given(st.integers())\n"
        "def test_a(m): ...\n"
        "@pytest.mark.integration\n"
        "def test_b(): ...\n"
    ),
    "alias test": (
        "import pytest\n"
        "def test_a(): ...\n"
        "test_b = test_a\n"
        "@pytest.mark.integration\n"
        "def test_c(): ...\n"
    ),
    "exec elsewhere": ("NAMES = {'a': 1}\nexec('def test_b(): ...', NAMES)\ndef test_a(): ...\n"),
    "star": ("from helpers_x import *\ndef test_a(): ...\n"),
    "comment trailing import": ("import os  # noqa\ndef test_a(): ...\n"),
    "docstring single quotes multi": ("'''\nDoc\n'''\n\nimport os\n\ndef test_a(): ...\n"),
    "raw doc": ('r"""Doc \\d"""\ndef test_a(): ...\n'),
    "only comments at top then import": ("# a\n# b\nimport os\ndef test_a(): ...\n"),
    "unicode": ('import os\nÄ = "😀"\ndef test_a(): ...\n'),
    "unicode2": (
        'import pytest\nÄ = "😀"\n@pytest.mark.integration\ndef test_0(): ...\ndef test_a(): ...\n'
    ),
    "if main": ('import pytest\ndef test_a(): ...\nif __name__ == "__main__":\n    test_a()\n'),
    "mark shadow": ("from pytest import mark\ndef f(mark): ...\ndef test_a(): ...\n"),
}

# What registers markers.
REGISTERING: Mapping[str, Mapping[str, str | bytes]] = {
    "none": {},
    "ini multi": {"pytest.ini": ("[pytest]\nmarkers =\n    x: a\n    y: b\n")},
    "ini multi no final newline": {"pytest.ini": ("[pytest]\nmarkers =\n    x: a\n    y: b")},
    "ini multi more": {
        "pytest.ini": (
            "[pytest]\nmarkers =\n    x: a\n    # comment\n    y: b\n\ntestpaths = tests\n"
        )
    },
    "ini single": {"pytest.ini": ("[pytest]\nmarkers = x: a\n")},
    "ini single then more": {"pytest.ini": ("[pytest]\nmarkers = x: a\n    y: b\naddopts = -q\n")},
    "ini crlf": {
        "pytest.ini": ("[pytest]\r\nmarkers =\r\n    x: a\r\n    y: b\r\naddopts = -q\r\n")
    },
    "ini no markers": {"pytest.ini": ("[pytest]\naddopts = -q\n")},
    "ini continued description": {
        "pytest.ini": ("[pytest]\nmarkers =\n    x: a\n    y: b\n      and more\naddopts = -q\n")
    },
    "tox": {
        "tox.ini": ("[tox]\nenvlist=a\n[pytest]\nmarkers =\n\tx: a\n\ty: b\n[flake8]\nmax=1\n")
    },
    "setup.cfg": {"setup.cfg": ("[tool:pytest]\nmarkers =\n    x: a\n    y: b\n")},
    "toml one line": {
        "pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = ["x: a", "y: b"]\n')
    },
    "toml one line trailing": {
        "pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = ["x: a", "y: b",]\n')
    },
    "toml multi": {
        "pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = [\n    "x: a",\n    "y: b",\n]\n')
    },
    "toml multi no trailing": {
        "pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = [\n    "x: a",\n    "y: b"\n]\n')
    },
    "toml multi comments": {
        "pyproject.toml": (
            "[tool.pytest.ini_options]\n"
            "markers = [\n"
            '    "x: a",  # one\n'
            '    "y: b",  # two\n'
            "    # end\n"
            "]\n"
        )
    },
    "toml multi comment no comma": {
        "pyproject.toml": (
            '[tool.pytest.ini_options]\nmarkers = [\n    "x: a",  # one\n    "y: b"  # two\n]\n'
        )
    },
    "toml hang": {
        "pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = ["x: a",\n           "y: b"]\n')
    },
    "toml literal": {
        "pyproject.toml": ("[tool.pytest.ini_options]\nmarkers = [\n    'x: a',\n    'y: b',\n]\n")
    },
    "toml space before comma": {
        "pyproject.toml": (
            '[tool.pytest.ini_options]\nmarkers = [\n    "x: a" ,\n    "y: b" ,\n]\n'
        )
    },
    "toml inline": {"pyproject.toml": ('tool.pytest.ini_options = { markers = ["x: a", "y"] }\n')},
    "toml empty": {"pyproject.toml": ("[tool.pytest.ini_options]\nmarkers = []\n")},
    "toml no markers": {"pyproject.toml": ('[tool.pytest.ini_options]\naddopts = "-q"\n')},
    "toml string": {
        "pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = """\n    x: a\n    y: b\n"""\n')
    },
    "toml string one": {"pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = "x: a"\n')},
    "toml two on a line": {
        "pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = [\n  "x: a", "y: b",\n]\n')
    },
    "toml multi item string": {
        "pyproject.toml": ('[tool.pytest.ini_options]\nmarkers = [\n  "x: a",\n  """y: b""",\n]\n')
    },
    "native": {"pytest.toml": ('[pytest]\nmarkers = [\n  "x: a",\n  "y: b",\n]\n')},
    "native tool": {"pyproject.toml": ('[tool.pytest]\nmarkers = ["x: a", "y: b"]\n')},
    "conftest": {
        "conftest.py": (
            "def pytest_configure(config):\n"
            '    config.addinivalue_line("markers", "x: a")\n'
            '    config.addinivalue_line("markers", "y: b")\n'
        )
    },
    "conftest multi": {
        "conftest.py": (
            "def pytest_configure(config):\n"
            "    config.addinivalue_line(\n"
            '        "markers",\n'
            '        "x: a",\n'
            "    )\n"
            "    config.addinivalue_line(\n"
            '        "markers",\n'
            '        "y: b",\n'
            "    )\n"
            "    print()\n"
        )
    },
    "conftest kw": {
        "conftest.py": (
            "def pytest_configure(config):\n"
            '    config.addinivalue_line(name="markers", line="x: a")\n'
            '    config.addinivalue_line(name="markers", line="y: b")\n'
        )
    },
    "conftest crlf": {
        "conftest.py": (
            b"def pytest_configure(config):\r\n"
            b'\tconfig.addinivalue_line("markers", "x: a")\r\n'
            b'\tconfig.addinivalue_line("markers", "y: b")\r\n'
        )
    },
    "conftest if": {
        "conftest.py": (
            "def pytest_configure(config):\n"
            "    add = config.addinivalue_line\n"
            '    add("markers", "x: a"); add("markers", "y: b")\n'
        )
    },
}

# Where there is no place that is right for certain, nothing is written.
LEFT = frozenset(
    {"docstring semicolon", "semicolon import stmt", "import cont", "pytest named otherwise",
     "pytest assigned", "pytest imported then assigned", "pytest try", "only def no newline",
     "in if before import"}
)  # fmt: skip
UNREGISTRABLE = frozenset({"none", "toml string one", "conftest if"})
POLICY = '[[markers.require]]\npaths = ["tests/**"]\nall = ["integration"]\n'
RULES = ["missing-marker", "unregistered-marker"]
MARKED = "import pytest\n\n\n@pytest.mark.first\n@pytest.mark.second\ndef test_marked(): ...\n"


def _collected(roots: Mapping[str, Path], options: str = "") -> dict[str, dict[str, list[str]]]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": options,
    }
    subprocess.run(
        [sys.executable, "-c", DRIVER, *map(str, roots.values())],
        env=environment, capture_output=True, timeout=300, check=True,
    )  # fmt: skip
    return {name: dumped(root) for name, root in roots.items()}


def _files(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != "dumped.json")
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("part", range(PARTS))
def test_a_fix_marks_the_tests_that_must_bear_the_marker_and_no_others(
    part: int, tmp_path: Path
) -> None:
    markable = dict([*MARKABLE.items()][part::PARTS])
    roots = {name: tmp_path / str(number) for number, name in enumerate(markable)}
    for name, text in markable.items():
        files = {
            "govcheck.toml": POLICY,
            "tests/test_a.py": text,
            "test_other.py": "def test_o(): ...\n",
            "helpers_x.py": "def helper(): ...\n",
            "pytest.ini": "[pytest]\nmarkers =\n    x: a\n    y: b\n",
        }
        write(roots[name], files)
    before = _collected(roots)
    for name, root in roots.items():
        old = _files(root)
        fix(str(root), select=RULES)
        new = _files(root)
        fix(str(root), select=RULES)
        assert _files(root) == new, name
        is_left = bool(check(str(root), select=RULES).findings)
        assert is_left == (name in LEFT), name
        if b"\r\n" in old["tests/test_a.py"]:
            assert b"\n" not in new["tests/test_a.py"].replace(b"\r\n", b""), name
    after = _collected(roots, "--strict-markers")
    for name, tests in before.items():
        added = frozenset[str]() if name in LEFT else {"integration"}
        wanted = {
            node: sorted({*marks, *(added if node.startswith("tests/") else ())})
            for node, marks in tests.items()
        }
        assert after[name] == wanted, name


@pytest.mark.parametrize("part", range(PARTS))
def test_a_marker_is_registered_where_and_as_the_others_are(part: int, tmp_path: Path) -> None:
    registering = dict([*REGISTERING.items()][part::PARTS])
    roots = {name: tmp_path / str(number) for number, name in enumerate(registering)}
    for name, files in registering.items():
        own = {"tests/test_a.py": "def test_a(): ...\n", "tests/test_b.py": MARKED}
        write(roots[name], {"govcheck.toml": POLICY, **own, **files})
    before = _collected(roots)
    for name, root in roots.items():
        fix(str(root), select=RULES)
        new = _files(root)
        fix(str(root), select=RULES)
        assert _files(root) == new, name
    after = _collected(roots, "--strict-markers")
    for name, tests in before.items():
        marked = {node: sorted([*marks, "integration"]) for node, marks in tests.items()}
        assert after[name] == ({} if name in UNREGISTRABLE else marked), name


def test_a_mark_that_strict_pytest_would_refuse_is_not_written(tmp_path: Path) -> None:
    ini = "[pytest]\naddopts = --strict-markers\n[pytest]\n"
    write(tmp_path, {"govcheck.toml": POLICY, "tests/test_a.py": "def test_a(): ...\n"})
    write(tmp_path, {"pytest.ini": ini})
    fix(str(tmp_path), select=["missing-marker"])
    assert (tmp_path / "tests/test_a.py").read_text() == "def test_a(): ...\n"


HEIRS: Mapping[str, Mapping[str, str]] = {
    "by name": {
        "tests/test_c.py": "from tests.test_a import TestA as Base\n\n\nclass TestC(Base): ...\n"
    },
    "by module": {"tests/test_c.py": "import tests.test_a as a\n\n\nclass TestC(a.TestA): ...\n"},
    "by a module of the package": {
        "tests/test_c.py": "from . import test_a\n\n\nclass TestC(test_a.TestA): ...\n"
    },
    "by a list in brackets": {
        "tests/test_c.py": (
            "from tests.test_a import (  # (what)\n    TestA as Base,\n)\n\n\n"
            "class TestC(Base): ...\n"
        )
    },
    "over the lines": {
        "tests/test_c.py": (
            "from tests.test_a \\\n    import TestA as Base\n\n\nclass TestC(Base): ...\n"
        )
    },
    "all names": {
        "tests/test_c.py": (
            "from tests.test_a import *\n\n\ndef test_0(): ...\n\n\nclass TestC(TestA): ...\n"
        )
    },
    "by another module": {
        "tests/other.py": "from tests.test_a import TestA as Other\n",
        "tests/test_c.py": "from tests.other import Other\n\n\nclass TestC(Other): ...\n",
    },
    "by the package": {
        "tests/__init__.py": "from .test_a import TestA as Own\n",
        "tests/test_c.py": "from . import Own\n\n\nclass TestC(Own): ...\n",
    },
    "by the package above": {
        "tests/__init__.py": "from .test_a import TestA as Own\n",
        "tests/deep/test_c.py": "from .. import Own\n\n\nclass TestC(Own): ...\n",
    },
    "by the package as a whole": {
        "tests/test_c.py": (
            "import tests\nimport tests.test_a\n\n\nclass TestC(tests.test_a.TestA): ...\n"
        )
    },
}


@pytest.mark.parametrize("heirs", HEIRS.values(), ids=HEIRS)
def test_a_class_is_not_marked_if_one_that_must_not_bear_the_mark_inherits_it(
    heirs: Mapping[str, str], tmp_path: Path
) -> None:
    base = "class TestA:\n    def test_a(self): ...\n\n    def test_b(self): ...\n"
    files = {
        "govcheck.toml": POLICY.replace("tests/**", "tests/test_a.py"),
        "tests/__init__.py": "",
        "tests/test_a.py": base + "\n\ndef test_0(): ...\n\n\ntest_1 = lambda: 0\n",
        **heirs,
    }
    write(tmp_path, files)
    fix(str(tmp_path), select=["missing-marker"])
    text = (tmp_path / "tests/test_a.py").read_text()
    assert text.count("@pytest.mark.integration") == 1
    assert "@pytest.mark.integration\ndef test_0" in text
