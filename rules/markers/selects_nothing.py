"""A `-m` expression selects no test.

Looked at are the commands in workflows, Makefiles, justfiles, scripts, documents and docstrings, in
sessions of nox, and the configuration itself. A step of CI that runs no test is green; a reader who
types the command of a page gets "deselected". Where a command names folders or files, only their
tests count.

What a hook, a plugin or a decorator may add is not known, nor are the marks of single cases that
are made in a loop: an expression that such a mark could meet is left alone.

## How to resolve

Mark the tests that were meant, or take the command out.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.markers import has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Expressions that no test meets."""
    if not repo.view(has_tests):
        return
    from govcheck.markers.commands import selections
    from govcheck.markers.selecting import selects_nothing

    for each in repo.view(selections):
        if selects_nothing(repo, policy, each):
            yield rule.finding(
                each.span,
                f"-m '{each.text}' selects no test",
                data={"test": each.span.path, "marker": each.text},
            )


rule = Rule("selects-nothing", "markers", check)

_TEST = "import pytest\n\n\n@pytest.mark.slow\ndef test_a(): ...\n"

examples = [
    Example(
        "A step of CI, and a page",
        {
            "govcheck.toml": "",
            ".github/workflows/ci.yml": (
                'jobs:\n  a:\n    steps:\n      - run: pytest tests/unit -m "slow and not fast"\n'
            ),
            "README.md": "Run `pytest -m soak` at night, and `pytest -m slow` before.\n",
            "tests/test_a.py": _TEST,
            "tests/unit/test_b.py": "def test_b(): ...\n",
        },
        (
            ".github/workflows/ci.yml:4:36: -m 'slow and not fast' selects no test",
            "README.md:1:16: -m 'soak' selects no test",
        ),
    ),
    Example(
        "Some test is selected",
        {
            "govcheck.toml": "",
            "Makefile": "test:\n\tpytest -q -m 'not soak' && python -m pytest -m slow\n",
            "test_a.py": _TEST,
        },
    ),
    Example(
        "A module, not an expression; and a placeholder",
        {
            "govcheck.toml": "",
            "README.md": "`python -m pytest` runs all, `pytest -m <marker>` some.\n",
            "test_a.py": _TEST,
        },
    ),
    Example(
        "Tests elsewhere than a plain pytest looks, and the value of an option",
        {
            "govcheck.toml": "",
            "pytest.ini": "[pytest]\ntestpaths = tests/unit\n",
            "Makefile": ("a:\n\tpytest tests/slow -m slow\n\tpytest --cov tests/unit -m slow\n"),
            "tests/slow/test_a.py": _TEST,
            "tests/unit/test_b.py": "def test_b(): ...\n",
        },
    ),
    Example(
        "Another program's -m, and a placeholder",
        {
            "govcheck.toml": "",
            "README.md": (
                "Install pytest, then python -m build; run pytest before git commit -m fix.\n"
                "`pytest -m MARKEXPR`, `pytest -m my_marker`\n"
            ),
            "test_a.py": _TEST,
        },
    ),
    Example(
        "Marks of cases that are made elsewhere",
        {
            "govcheck.toml": "",
            "Makefile": "test:\n\tpytest -m network\n",
            "cases.py": (
                "import pytest as pt\n\n"
                "CASES = [pt.param(n, marks=pt.mark.network) for n in (1, 2)]\n"
            ),
            "test_a.py": (
                "import pytest\nfrom cases import CASES\n\n\n"
                "@pytest.mark.parametrize('a', CASES)\ndef test_a(a): ...\n"
            ),
        },
    ),
    Example(
        "What a hook adds",
        {
            "govcheck.toml": "",
            "Makefile": "test:\n\tpytest -m unit\n",
            "conftest.py": (
                "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
                "    for item in items:\n        item.add_marker(pytest.mark.unit)\n"
            ),
            "test_a.py": "def test_a(): ...\n",
        },
    ),
]
