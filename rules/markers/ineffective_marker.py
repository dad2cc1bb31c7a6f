"""A mark stands where pytest takes no notice of it.

`pytestmark` in a conftest.py, or in the `__init__.py` of a package, marks nothing: it counts in the
module that holds the tests. A mark on a fixture has no effect either, and is an error since
pytest 9.

## How to resolve

Mark the tests: in their modules, or by a hook, `pytest_collection_modifyitems`. `--unsafe-fixes`
takes the mark off, after which as before it marks nothing.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.document import Document
from govcheck.finding import Finding, Fix
from govcheck.markers import MARKS, PYTHON, has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.markers.outline import Mark


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Marks without an effect."""
    documents = repo.search(MARKS, PYTHON) if repo.view(has_tests) else ()
    if not documents:
        return
    from govcheck.markers.suite import suite  # only a repository with marks pays for it

    tests = repo.view(suite)
    for document in documents:
        name = document.path.rpartition("/")[2]
        is_quiet = name in ("conftest.py", "__init__.py") and not tests.tests_of(document.path)
        if not is_quiet and "fixture" not in document.text:
            continue
        read = tests.outline(document.path)
        if read is None:
            continue
        if is_quiet:
            for mark in read.marks:
                yield rule.finding(
                    document.span(mark.start, mark.end),
                    f"pytestmark marks nothing in {name}",
                    fix=_fix(document, mark),
                    data={"test": document.path, "marker": mark.name},
                )
        functions = [*read.functions, *(f for each in read.classes for f in each.functions)]
        for function in functions:
            for mark in function.marks if function.is_fixture else ():
                if mark.name:
                    yield rule.finding(
                        document.span(mark.start, mark.end),
                        f"a mark on the fixture {function.name} marks nothing",
                        fix=_fix(document, mark),
                        data={"test": document.path, "marker": mark.name},
                    )


def _fix(document: Document, mark: "Mark") -> Fix | None:
    from govcheck.markers.unmarking import unmarking  # only a finding pays for it

    return unmarking(document, mark.start, mark.end, mark.name or mark.alias)


rule = Rule("ineffective-marker", "markers", check, fix="unsafe")

examples = [
    Example(
        "In conftest.py, and on a fixture",
        {
            "govcheck.toml": "",
            "conftest.py": (
                "import pytest\n\npytestmark = [pytest.mark.skip(reason='a')]\n\n\n"
                "@pytest.mark.usefixtures('a')\n@pytest.fixture\ndef b(): ...\n"
            ),
        },
        (
            "conftest.py:3:15: pytestmark marks nothing in conftest.py",
            "conftest.py:6:2: a mark on the fixture b marks nothing",
        ),
        {"conftest.py": "import pytest\n\n\n@pytest.fixture\ndef b(): ...\n"},
        unsafe=True,
    ),
    Example(
        "In a module of tests",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\npytestmark = pytest.mark.usefixtures('a')\n\n\n"
                "@pytest.fixture\ndef a(): ...\n\n\ndef test_b(): ...\n"
            ),
        },
    ),
    Example(
        "Of a hook in conftest.py",
        {
            "govcheck.toml": "",
            "conftest.py": (
                "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
                "    items[0].add_marker(pytest.mark.skip(reason='a'))\n"
            ),
        },
    ),
]
