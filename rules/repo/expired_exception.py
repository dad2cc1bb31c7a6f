"""An exception or a suppression has run out.

It allowed something until a day, and that day has passed: it allows nothing any more, and the
findings that it silenced are reported again.

## How to resolve

Do what was put off, and remove the exception; or give it a later day, in a commit that says why.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.report import Outcome
from govcheck.rule import Example, Rule
from govcheck.suppression import directives


def review(repo: Repo, policy: Policy, outcome: Outcome) -> Iterator[Finding]:
    """Exceptions of the policy and suppressions in comments whose last day has passed."""
    for number, entry in enumerate(policy.exceptions):
        if entry.until and entry.until < policy.today:
            yield rule.finding(
                policy.origin("exceptions", number).span,
                f"the exception from {entry.rule} expired on {entry.until} ({entry.reason})",
            )
    for suppression in repo.view(directives).suppressions:
        if suppression.until and suppression.until < policy.today:
            yield rule.finding(
                suppression.span,
                f"the suppression of {', '.join(suppression.rules)} expired on "
                f"{suppression.until} ({suppression.reason})",
            )


rule = Rule("expired-exception", "repo", review=review)

_POLICY = """\
[flags.USE_MENU]
status = "retired"
value = true
"""

examples = [
    Example(
        "A suppression after its last day",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import os\n"
                "# govcheck: ignore[retired-flag] until 2025-12-31 -- until the demo\n"
                'os.getenv("USE_MENU")\n'
            ),
        },
        ("app.py:2:1: the suppression of retired-flag expired on 2025-12-31 (until the demo)",),
    ),
    Example(
        "An exception after its last day",
        {
            "govcheck.toml": _POLICY
            + '[[exceptions]]\nrule = "retired-flag"\npaths = ["app.py"]\n'
            + 'reason = "demo"\nuntil = 2025-12-31\n',
        },
        ("govcheck.toml:4:3: the exception from retired-flag expired on 2025-12-31 (demo)",),
    ),
    Example(
        "The last day itself is allowed",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import os\n"
                'os.getenv("USE_MENU")  # govcheck: ignore[retired-flag] until 2026-01-01 -- demo\n'
            ),
        },
    ),
    Example(
        "An exception on its last day",
        {
            "govcheck.toml": _POLICY
            + '[[exceptions]]\nrule = "retired-flag"\npaths = ["app.py"]\n'
            + 'reason = "demo"\nuntil = 2026-01-01\n',
            "app.py": 'import os\nos.getenv("USE_MENU")\n',
        },
    ),
    Example(
        "Without a day it never runs out",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                'import os\nos.getenv("USE_MENU")  # govcheck: ignore[retired-flag] -- a demo\n'
            ),
        },
    ),
]
