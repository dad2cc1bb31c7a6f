"""The day until which a test was skipped, or expected to fail, has passed; or it is too old.

A reason may end on a day: `skip(reason="until 2026-05-01: the sandbox is rebuilt")`. From the day
after, the test is to run again, or somebody must decide anew. `--today` says which day it is.

Where the policy says how old they may be (`[markers.skip] max-age = "90d"`, the same of `xfail`),
git tells since when a line is there, white space and renames aside. What is not committed has no
age, and one that a condition decides is for good. Where the history that git has begins after that
day, as in a shallow clone, an age cannot be known, and a note says so.

## How to resolve

Take the skip off, or say a new day and why.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from govcheck.finding import Finding
from govcheck.markers import PYTHON, SKIPS, has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.durations import Duration
    from govcheck.markers.excuses import Said

_UNTIL = re.compile(r"\buntil (\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)
_WORDS = {"skip": "skip", "xfail": "expected failure"}


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Skips and expected failures past their day, or their age."""
    if not repo.view(has_tests) or not repo.search(SKIPS, PYTHON):
        return
    from govcheck.markers.excuses import excuses  # only a repository with skips pays for it

    ageing: dict[str, list[Said]] = {}
    for said in repo.view(excuses):
        day = _end(said.reason or "")
        if day is None:
            ageing.setdefault(said.span.path, []).append(said)
        elif day < policy.today:
            yield rule.finding(
                said.span,
                f"this {_WORDS[said.kind]} ended on {day}, {(policy.today - day).days} days ago",
                data={"test": said.span.path, "marker": said.kind},
            )
    yield from _old(repo, policy, ageing)


def _end(reason: str) -> date | None:
    found = _UNTIL.search(reason)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _old(repo: Repo, policy: Policy, ageing: dict[str, list["Said"]]) -> Iterator[Finding]:
    """Those that are older than they may be, and a note of those whose age git cannot know."""
    limits = {
        kind: (each, _first_day(policy.today, each))
        for kind, each in (
            ("skip", policy.markers.skip.max_age),
            ("xfail", policy.markers.xfail.max_age),
        )
        if each is not None
    }
    if not limits or not repo.uses_git:
        return
    from govcheck.history import is_shallow, line_ages  # only such a policy pays for git

    unknown = []
    for path, listed in ageing.items():
        asked = [each for each in listed if each.is_always and each.kind in limits]
        document = repo.document(path) if asked else None
        if document is None:
            continue
        ages = line_ages(repo, document, frozenset(each.span.line for each in asked))
        for said in asked:
            age = ages.get(said.span.line)
            allowed, first = limits[said.kind]
            if age is None:
                continue
            if age.since >= first:
                unknown += [said] if age.is_oldest else []
                continue
            days = (policy.today - age.since).days
            origin = policy.origin("markers", said.kind, "max-age")
            yield rule.finding(
                said.span,
                f"this {_WORDS[said.kind]} has been there since {age.since}, {days} days"
                f" ({origin} allows {allowed})",
                data={"test": path, "marker": said.kind},
            )
    if unknown and is_shallow(repo):
        message = f"{len(unknown)} skips, this one first, may be too old; the clone is shallow, so"
        yield rule.finding(
            unknown[0].span, f"{message} that git cannot tell their age", severity="info"
        )


def _first_day(today: date, age: "Duration") -> date:
    """The first day from which on nothing is too old."""
    return age.before(datetime.combine(today, time(), UTC)).date()


rule = Rule("expired-skip", "markers", check)

_AGES = "[markers]\nskip = { max-age = '90d' }\nxfail = { max-age = '6m' }\n"
_CONDITIONS = """\
import sys

import pytest


@pytest.mark.skipif(sys.platform == 'win32', reason='no fork')
@pytest.mark.xfail(sys.version_info < (3, 12), reason='a bug of Python')
def test_a(a):
    if not a:
        pytest.skip('no network')
"""

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
    Example(
        "Of an age, whatever was indented or moved since",
        {
            "govcheck.toml": _AGES,
            "test_b.py": (
                "import pytest\n\n\nclass TestA:\n    @pytest.mark.skip(reason='slow')\n"
                "    def test_a(self): ...\n\n\n@pytest.mark.skip(reason='new')\n"
                "def test_b():\n    pytest.xfail('broken')\n"
            ),
        },
        (
            "test_b.py:5:6: this skip has been there since 2025-12-31, 91 days (govcheck.toml:2"
            " allows 90d)",
            "test_b.py:9:2: this skip has been there since 2025-12-31, 91 days (govcheck.toml:2"
            " allows 90d)",
        ),
        before={
            "govcheck.toml": _AGES,
            "test_a.py": "import pytest\n\n\n@pytest.mark.skip(reason='slow')\ndef test_a(): ...\n",
        },
        today="2026-04-01",
    ),
    Example(
        "As old as it may be, one that says its day, and no age at all",
        {
            "govcheck.toml": _AGES,
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.skip(reason='slow')\ndef test_a(): ...\n\n\n"
                "def test_b():\n    pytest.xfail('broken until 2027-01-01')\n"
            ),
        },
        before={"govcheck.toml": _AGES},
        today="2026-03-31",
    ),
    Example(
        "On a condition",
        {
            "govcheck.toml": _AGES,
            "test_a.py": _CONDITIONS,
        },
        before={
            "govcheck.toml": _AGES,
            "test_a.py": _CONDITIONS,
        },
        today="2027-04-01",
    ),
    Example(
        "Not committed yet",
        {
            "govcheck.toml": _AGES,
            "test_a.py": "import pytest\n\n\n@pytest.mark.skip(reason='slow')\ndef test_a(): ...\n",
        },
        today="2027-04-01",
    ),
]
