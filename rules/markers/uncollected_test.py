"""A plain `pytest` never collects a test file.

It is named like one and holds tests, but lies outside of `testpaths`, in a folder that
`norecursedirs` names (`build`, `dist` and `venv` are among its defaults), or is left out by
`--ignore` or `collect_ignore`. Its tests look as if they ran, and rot.

## How to resolve

Move it, or change the configuration. A file that is no test should not be named like one.

## How to except

A suppression comment on its first test, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.markers import has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Test files that are cut off."""
    if not repo.view(has_tests):
        return
    from govcheck.markers.suite import suite  # only a repository with tests pays for it

    tests = repo.view(suite)
    for path in tests.test_files:
        why = tests.cut_off(path)
        document = repo.document(path) if why is not None else None
        held = tests.tests_of(path) if document is not None else ()
        if document is None or not held:
            continue
        first = min(
            (f for f in held if f.home == path), key=lambda f: f.function.start, default=None
        )
        yield rule.finding(
            document.span(first.function.start, first.function.end)
            if first
            else document.span(0, 0),
            f"a plain pytest never collects this file: {why}",
            data={"test": path, "marker": None},
        )


rule = Rule("uncollected-test", "markers", check)

_INI = "[pytest]\ntestpaths = tests\nnorecursedirs = archived\naddopts = --ignore=tests/slow\n"
_TEST = "def test_a(): ...\n"

examples = [
    Example(
        "Outside, in a folder that is left out, and ignored",
        {
            "govcheck.toml": "",
            "pytest.ini": _INI,
            "test_a.py": _TEST,
            "tests/archived/test_b.py": _TEST,
            "tests/slow/test_c.py": _TEST,
        },
        (
            "test_a.py:1:5: a plain pytest never collects this file: it is outside of testpaths"
            " (tests)",
            "tests/archived/test_b.py:1:5: a plain pytest never collects this file: norecursedirs"
            " has 'archived'",
            "tests/slow/test_c.py:1:5: a plain pytest never collects this file: addopts has"
            " '--ignore=tests/slow'",
        ),
    ),
    Example(
        "Where pytest looks",
        {"govcheck.toml": "", "pytest.ini": _INI, "tests/unit/test_a.py": _TEST},
    ),
    Example(
        "No tests in it",
        {"govcheck.toml": "", "pytest.ini": _INI, "src/test_data.py": "LIMIT = 3\n"},
    ),
    Example(
        "A project of its own",
        {
            "govcheck.toml": "",
            "pytest.ini": _INI,
            "other/pytest.ini": "[pytest]\n",
            "other/test_a.py": _TEST,
        },
    ),
]
