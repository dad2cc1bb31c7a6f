"""A test never runs: every way through it reaches `pytest.skip`, or a `skip` mark is on it.

A skip on the way out, after everything else, passes for a test that has run; one on the first line
is a note, not a test. Skips on a condition, `skipif`, and what stands behind a `return` are none.

## How to resolve

Finish the test, or take it out. A mark with a reason, `@pytest.mark.skip(reason="...")`, at least
shows in the list of tests without running fixtures.

## How to except

A suppression comment on the line with the reason and a date, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.markers import PYTHON, SKIPS, has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Tests that are skipped whatever happens."""
    if not repo.view(has_tests) or not repo.search(SKIPS, PYTHON):
        return
    from govcheck.markers.excuses import skipping
    from govcheck.markers.suite import suite  # only a repository with skips pays for them

    tests = repo.view(suite)
    told: set[tuple[str, int]] = set()
    found_in = repo.view(skipping)
    names = {name for _, skips in found_in for name in skips.names}
    may_skip = {
        document.path
        for document, skips in found_in
        if skips.is_always or not names.isdisjoint(skips.others)
    }
    paths = [path for path in tests.collected if path in may_skip]
    for test in (test for path in paths for test in tests.tests_of(path)):
        name = test.function.name
        found = [
            (each.path, each.mark.start, each.mark.end, f"{name} is marked to be skipped, always")
            for each in test.marks
            if each.mark.name == "skip"
        ]
        found += [
            (
                test.home,
                skip.start,
                skip.end,
                f"every way through {name} ends here: it is always skipped",
            )
            for skip in test.function.skips
            if skip.always and skip.kind == "skip"
        ]
        for path, start, end, message in found[:1]:
            document = repo.document(path)
            if document is None or (path, start) in told:
                continue
            told.add((path, start))
            yield rule.finding(
                document.span(start, end), message, data={"test": test.node, "marker": "skip"}
            )


rule = Rule("always-skipped-test", "markers", check, severity="warning")

examples = [
    Example(
        "At first, at last, and by a mark",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\ndef test_a():\n    '''Later.'''\n    pytest.skip('later')\n\n\n"
                "def test_b(tmp_path):\n    with open(tmp_path):\n        a = 1\n"
                "        pytest.skip('later')\n\n\n"
                "@pytest.mark.skip(reason='later')\ndef test_c(): ...\n"
            ),
        },
        (
            "test_a.py:6:5: every way through test_a ends here: it is always skipped",
            "test_a.py:12:9: every way through test_b ends here: it is always skipped",
            "test_a.py:15:2: test_c is marked to be skipped, always",
        ),
    ),
    Example(
        "On a condition",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\ndef test_a(a):\n    if a:\n        pytest.skip('not here')\n\n"
                "\n"
                "@pytest.mark.skipif('a', reason='not here')\ndef test_b(): ...\n"
            ),
        },
    ),
    Example(
        "Where the skip is what is tested, or the test fails before",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\ndef test_a():\n    with pytest.raises(BaseException):\n"
                "        pytest.skip('x')\n\n\ndef test_b():\n    try:\n"
                "        pytest.skip('x')\n    except pytest.skip.Exception:\n        pass\n\n\n"
                "def test_c():\n    pytest.fail('soon')\n    pytest.skip('x')\n"
            ),
        },
    ),
    Example(
        "By a mark of the module that a condition decides",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import sys\n\nimport pytest\n\nif sys.platform == 'win32':\n"
                "    pytestmark = pytest.mark.skip(reason='not here')\n\n\n"
                "def test_a(): ...\n"
            ),
        },
    ),
    Example(
        "Behind a return",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\ndef test_a(a):\n    if a:\n        return\n"
                "    pytest.skip('not here')\n"
            ),
        },
    ),
    Example(
        "Where something is caught that comes before",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\ndef test_a(a):\n    try:\n        with open(a):\n"
                "            pytest.skip('runs as root')\n"
                "    except PermissionError:\n        pass\n"
            ),
        },
    ),
    Example(
        "Where something fails",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\ndef test_a(a):\n    try:\n        a()\n    except OSError:\n"
                "        pytest.skip('no network')\n"
            ),
        },
    ),
]
