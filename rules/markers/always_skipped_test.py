"""A test never runs: every way through it reaches `pytest.skip`, or a `skip` mark is on it.

A skip on the way out, after everything else, passes for a test that has run; one on the first line
is a note, not a test. Skips on a condition, `skipif`, and what stands behind a `return` are none.

## How to resolve

Finish the test, or take it out. A mark with a reason, `@pytest.mark.skip(reason="...")`, at least
shows in the list of tests without running fixtures: `--unsafe-fixes` writes it for a call of
`pytest.skip` whose reason is a plain string. It stays a finding: the test still never runs.

## How to except

A suppression comment on the line with the reason and a date, or `[[exceptions]]` in the policy.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.document import Document
from govcheck.finding import Finding, Fix
from govcheck.markers import PYTHON, SKIPS, has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.markers.outline import Outline, Skip
    from govcheck.markers.suite import Test

_CALL = re.compile(
    r"pytest\.skip\(\s*(?:(?:reason|msg)\s*=\s*)?"
    r"(?P<reason>\"[^\"\\\n]*\"|'[^'\\\n]*')?\s*,?\s*\)"
)


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
        found: list[tuple[str, int, int, str, Skip | None]] = [
            (
                each.path,
                each.mark.start,
                each.mark.end,
                f"{name} is marked to be skipped, always",
                None,
            )
            for each in test.marks
            if each.mark.name == "skip"
        ]
        found += [
            (
                test.home,
                skip.start,
                skip.end,
                f"every way through {name} ends here: it is always skipped",
                skip,
            )
            for skip in test.function.skips
            if skip.always and skip.kind == "skip"
        ]
        for path, start, end, message, call in found[:1]:
            document = repo.document(path)
            if document is None or (path, start) in told:
                continue
            told.add((path, start))
            fix = _fix(document, tests.outline(path), test, call) if call else None
            data = {"test": test.node, "marker": "skip"}
            yield rule.finding(document.span(start, end), message, fix=fix, data=data)


def _fix(document: Document, read: "Outline | None", test: "Test", call: "Skip") -> Fix | None:
    """A mark above the test instead of the call; None where the call is more than a statement."""
    from govcheck.markers.marking import decorating
    from govcheck.markers.unmarking import without_statement  # only a finding pays for them

    written = _CALL.fullmatch(document.text, call.start, call.end)
    if read is None or written is None:
        return None
    mark = f"skip(reason={written['reason']})" if written["reason"] else "skip"
    above = decorating(document.path, document.text, read, test.function, mark)
    gone = without_statement(document, call.start, call.end)
    return Fix("skip by a mark", (*above, gone), safe=False) if above and gone else None


rule = Rule("always-skipped-test", "markers", check, severity="warning", fix="unsafe")

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
        {
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.skip(reason='later')\ndef test_a():\n"
                "    '''Later.'''\n\n\n"
                "@pytest.mark.skip(reason='later')\ndef test_b(tmp_path):\n"
                "    with open(tmp_path):\n        a = 1\n\n\n"
                "@pytest.mark.skip(reason='later')\ndef test_c(): ...\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "As all that a test does, and for a reason that only the test knows",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\nclass TestA:\n    def test_a(self):\n"
                "        pytest.skip()\n\n    def test_b(self, a):\n"
                "        pytest.skip(f'no {a}')\n"
            ),
        },
        (
            "test_a.py:6:9: every way through test_a ends here: it is always skipped",
            "test_a.py:9:9: every way through test_b ends here: it is always skipped",
        ),
        {
            "test_a.py": (
                "import pytest\n\n\nclass TestA:\n    @pytest.mark.skip\n"
                "    def test_a(self):\n        pass\n\n    def test_b(self, a):\n"
                "        pytest.skip(f'no {a}')\n"
            ),
        },
        unsafe=True,
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
