"""A test bears a marker that it must not.

The policy forbids it where the test is (`none` in `[[markers.require]]`), beside another one
(`one-of` there, `excludes` under `[markers.marker.NAME]`), or beyond the number of tests that may
bear it (`max`).

## How to resolve

Take the marker off, or move the test where it belongs.

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
    """Marks that are forbidden where they are."""
    is_asked = policy.markers.require or policy.markers.marker
    if not is_asked or not repo.view(has_tests):
        return
    from govcheck.markers.requiring import excesses  # only such a policy pays for it

    for each in repo.view(excesses, policy):
        test = each.test
        document = repo.document(test.home)
        if document is None:
            continue
        borne = [borne.mark for borne in test.marks if borne.path == test.home]
        marks = [mark for mark in (*borne, *test.function.param_marks) if mark.name == each.marker]
        start, end = (
            (marks[0].start, marks[0].end) if marks else (test.function.start, test.function.end)
        )
        message = (
            f"{test.function.name} must not bear the marker {each.marker}"
            f" ({policy.origin(*each.at)}), because {each.why}"
        )
        data = {"test": test.node, "marker": each.marker}
        yield rule.finding(document.span(start, end), message, data=data)


rule = Rule("forbidden-marker", "markers", check)

_POLICY = """\
[[markers.require]]
paths = ["tests/unit/**"]
none = ["integration"]
[markers.marker.slow]
max = 1
excludes = ["fast"]
"""

examples = [
    Example(
        "Where the test is, and on a single case",
        {
            "govcheck.toml": _POLICY,
            "tests/unit/test_a.py": (
                "import pytest\n\n\n@pytest.mark.integration\ndef test_a(): ...\n\n\n"
                "@pytest.mark.parametrize(\n"
                "    'a', [1, pytest.param(2, marks=pytest.mark.integration)]\n"
                ")\ndef test_b(a): ...\n"
            ),
        },
        (
            "tests/unit/test_a.py:4:2: test_a must not bear the marker integration"
            " (govcheck.toml:3), because of where it is",
            "tests/unit/test_a.py:9:36: test_b must not bear the marker integration"
            " (govcheck.toml:3), because of where it is",
        ),
    ),
    Example(
        "Two that exclude each other, and more than may be",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": (
                "import pytest\n\npytestmark = pytest.mark.slow\n\n\n"
                "@pytest.mark.fast\ndef test_a(): ...\n\n\ndef test_b(): ...\n"
            ),
        },
        (
            "test_a.py:3:14: test_b must not bear the marker slow (govcheck.toml:5), because 2"
            " tests bear it, and 1 may",
            "test_a.py:6:2: test_a must not bear the marker fast (govcheck.toml:6), because it"
            " bears 'slow', too",
        ),
    ),
    Example(
        "Elsewhere",
        {
            "govcheck.toml": _POLICY,
            "tests/test_a.py": "import pytest\n\n\n@pytest.mark.integration\ndef test_a(): ...\n",
        },
    ),
    Example(
        "In a file that holds no tests",
        {
            "govcheck.toml": _POLICY,
            "tests/unit/helpers.py": (
                "import pytest\n\n\n@pytest.mark.integration\ndef test_a(): ...\n"
            ),
        },
    ),
    Example(
        "As often as may be",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": "import pytest\n\n\n@pytest.mark.slow\ndef test_a(): ...\n",
        },
    ),
]
