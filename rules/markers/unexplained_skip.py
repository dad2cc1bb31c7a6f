"""A skip or an expected failure does not say what the policy asks for.

`[markers.skip]` and `[markers.xfail]` may require a `reason`, what it must contain (`pattern`, a
ticket say), and that an expected failure is `strict`: then a test that begins to pass is noticed.
Looked at are marks, also on single cases, and the calls of `pytest.skip` and `pytest.xfail`. A
reason that is computed is taken for one.

## How to resolve

Say why, and until when: "until 2026-05-01" in the reason is held to.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

import re
from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.markers import has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Skips and expected failures that say too little."""
    wanted = {"skip": policy.markers.skip, "xfail": policy.markers.xfail}
    defaults = ("optional", None, "optional")
    if all((each.reason, each.pattern, each.strict) == defaults for each in wanted.values()):
        return
    if not repo.view(has_tests):
        return
    from govcheck.markers.excuses import excuses  # only such a policy pays for it

    for said in repo.view(excuses):
        excuse = wanted[said.kind]
        what = "skip" if said.kind == "skip" else "expected failure"
        data = {"test": said.span.path, "marker": said.kind}
        if excuse.reason == "required" and said.reason is None:
            yield rule.finding(said.span, f"this {what} says no reason", data=data)
        elif (
            excuse.pattern is not None
            and said.reason != ""
            and not re.search(excuse.pattern, said.reason or "")
        ):
            shown = excuse.pattern
            yield rule.finding(
                said.span, f"the reason of this {what} names nothing like {shown!r}", data=data
            )
        if excuse.strict == "required" and not said.is_strict:
            yield rule.finding(
                said.span, f"this {what} is not strict: nobody notices when it passes", data=data
            )


rule = Rule("unexplained-skip", "markers", check)

_POLICY = """\
[markers.skip]
reason = "required"
[markers.xfail]
pattern = '#\\d+|[A-Z]+-\\d+'
strict = "required"
"""

examples = [
    Example(
        "Without a reason, a ticket, and not strict",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.skip\ndef test_a(): ...\n\n\n"
                "@pytest.mark.xfail(reason='broken')\ndef test_b():\n    pytest.skip()\n"
            ),
        },
        (
            "test_a.py:4:2: this skip says no reason",
            "test_a.py:8:2: the reason of this expected failure names nothing like"
            " '#\\\\d+|[A-Z]+-\\\\d+'",
            "test_a.py:8:2: this expected failure is not strict: nobody notices when it passes",
            "test_a.py:10:5: this skip says no reason",
        ),
    ),
    Example(
        "All that is asked for",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.skip(reason='slow')\ndef test_a(): ...\n\n\n"
                "@pytest.mark.xfail(strict=True, reason='see #12')\ndef test_b(): ...\n"
            ),
        },
    ),
    Example(
        "A reason that is computed, and one by position",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": (
                "import pytest\n\n\ndef test_a(a):\n    if a:\n        pytest.skip(f'no {a}')\n"
                "    pytest.skip('no b')\n"
            ),
        },
    ),
    Example(
        "Strict by the configuration",
        {
            "govcheck.toml": _POLICY,
            "pytest.ini": "[pytest]\nxfail_strict = true\n",
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.xfail(reason='ABC-3')\ndef test_b(): ...\n"
            ),
        },
    ),
]
