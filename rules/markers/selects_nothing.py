"""A `-m` expression selects no test.

Looked at are the commands in workflows, Makefiles, scripts, documents and docstrings, and the
configuration itself. A step of CI that runs no test is green; a reader who types the command of a
page gets "deselected". Where a command names folders or files, only their tests count.

What a hook may add is not known: an expression that asks for such a marker is left alone.

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
    from govcheck.markers.expression import expression, names
    from govcheck.markers.suite import suite  # only a repository with tests pays for them

    tests = repo.view(suite)
    found = repo.view(selections)
    if not found or not tests.tests:
        return
    added = {name for _, each in tests.hooks for name in each}
    added |= {name for hook in policy.markers.hooks for name in hook.adds}
    known: dict[tuple[str, tuple[str, ...]], bool] = {}
    for each in found:
        selects = expression(each.text)
        if selects is None or None in added or added.intersection(names(each.text)):
            continue
        key = (each.text, each.paths)
        if key not in known:
            known[key] = any(
                test.is_opaque
                or selects(test.names)
                or selects(test.names | {mark.name for mark in test.function.param_marks})
                for test in tests.tests
                if not each.paths
                or any(test.path == p or test.path.startswith(f"{p}/") for p in each.paths)
            )
        if not known[key]:
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
