"""The day until which a test was skipped, or expected to fail, has passed.

A reason may end on a day: `skip(reason="until 2026-05-01: the sandbox is rebuilt")`. From the day
after, the test is to run again, or somebody must decide anew. `--today` says which day it is.

## How to resolve

Take the skip off, or say a new day and why.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

import re
from collections.abc import Iterator
from datetime import date

from govcheck.finding import Finding
from govcheck.markers import PYTHON, SKIPS, has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_UNTIL = re.compile(r"\buntil (\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Skips and expected failures past their day."""
    if not repo.view(has_tests) or not repo.search(SKIPS, PYTHON):
        return
    from govcheck.markers.excuses import excuses  # only a repository with skips pays for it

    for said in repo.view(excuses):
        found = _UNTIL.search(said.reason or "")
        if found is None:
            continue
        try:
            day = date.fromisoformat(found[1])
        except ValueError:
            continue
        if day < policy.today:
            what = "skip" if said.kind == "skip" else "expected failure"
            late = (policy.today - day).days
            yield rule.finding(
                said.span,
                f"this {what} ended on {day}, {late} days ago",
                data={"test": said.span.path, "marker": said.kind},
            )


rule = Rule("expired-skip", "markers", check)

examples = [
    Example(
        "Of a mark and a call",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.skip(reason='Until 2025-12-30: rebuilt')\n"
                "def test_a(): ...\n\n\ndef test_b(a):\n    if a:\n"
                "        pytest.skip('until 2025-12-31')\n"
            ),
        },
        (
            "test_a.py:4:2: this skip ended on 2025-12-30, 2 days ago",
            "test_a.py:10:9: this skip ended on 2025-12-31, 1 days ago",
        ),
    ),
    Example(
        "Today is the last day",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.skip(reason='until 2026-01-01')\n"
                "def test_a(): ...\n"
            ),
        },
    ),
    Example(
        "A date that is no end",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.skip(reason='since 2020-01-01, until fixed')\n"
                "def test_a(): ...\n"
            ),
        },
    ),
]
