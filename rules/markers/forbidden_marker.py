"""A test bears a marker that it must not.

The policy forbids it where the test is (`none` in `[[markers.require]]`), beside another one
(`one-of` there, `excludes` under `[markers.marker.NAME]`), or beyond the number of tests that may
bear it (`max`).

## How to resolve

Take the marker off, or move the test where it belongs. `--unsafe-fixes` takes it off where no other
test bears it by the same mark: from a test, a class, a module, or a single case.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator, Set
from typing import TYPE_CHECKING

from govcheck.finding import Finding, Fix
from govcheck.markers import has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.markers.outline import Mark
    from govcheck.markers.requiring import Excess


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Marks that are forbidden where they are."""
    is_asked = policy.markers.require or policy.markers.marker
    if not is_asked or not repo.view(has_tests):
        return
    from govcheck.markers.requiring import excesses  # only such a policy pays for it

    found = repo.view(excesses, policy)
    forbidden = {(each.test.node, each.marker) for each in found if not each.is_budget}
    for each in found:
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
        fix = _fix(repo, forbidden, each, marks[0]) if marks and not each.is_budget else None
        data = {"test": test.node, "marker": each.marker}
        yield rule.finding(document.span(start, end), message, fix=fix, data=data)


def _fix(repo: Repo, forbidden: Set[tuple[str, str]], excess: "Excess", mark: "Mark") -> Fix | None:
    """The mark taken off, where no test bears it that may."""
    from govcheck.markers.suite import suite
    from govcheck.markers.unmarking import unmarking  # only a finding pays for it

    bearers = repo.view(suite).bearers(excess.test.home, mark.start)
    document = repo.document(excess.test.home)
    if document is None or any((node, excess.marker) not in forbidden for node in bearers):
        return None
    return unmarking(document, mark.start, mark.end, excess.marker)


rule = Rule("forbidden-marker", "markers", check, fix="unsafe")

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
        {
            "tests/unit/test_a.py": (
                "import pytest\n\n\ndef test_a(): ...\n\n\n"
                "@pytest.mark.parametrize(\n    'a', [1, pytest.param(2)]\n)\n"
                "def test_b(a): ...\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "On a module, and on a class of which a test elsewhere inherits that may bear it",
        {
            "govcheck.toml": _POLICY,
            "tests/unit/test_a.py": (
                "import pytest\n\npytestmark = [\n    pytest.mark.asyncio,\n"
                "    pytest.mark.integration,  # with the bank\n]\n\n\n"
                "def test_a(): ...\n"
            ),
            "tests/unit/test_b.py": (
                "import pytest\n\n\n@pytest.mark.integration\nclass TestB:\n"
                "    def test_b(self): ...\n"
            ),
            "tests/test_c.py": (
                "from unit.test_b import TestB\n\n\nclass TestC(TestB):\n"
                "    def test_c(self): ...\n"
            ),
        },
        (
            "tests/unit/test_a.py:5:5: test_a must not bear the marker integration"
            " (govcheck.toml:3), because of where it is",
            "tests/unit/test_b.py:4:2: test_b must not bear the marker integration"
            " (govcheck.toml:3), because of where it is",
        ),
        {
            "tests/unit/test_a.py": (
                "import pytest\n\npytestmark = [\n    pytest.mark.asyncio,\n]\n\n\n"
                "def test_a(): ...\n"
            ),
        },
        unsafe=True,
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
        "A name that is no marker, and one that excludes nothing",
        {
            "govcheck.toml": _POLICY,
            "tests/unit/test_a.py": (
                "import pytest\n\nfrom app import mark\n\n\n@mark.integration\n"
                "@pytest.mark.fast\ndef test_a(integration): ...\n"
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
