"""A suppression comment silences nothing.

The finding that it allowed is gone, or it never stood on the right line, or its rule is locked by
the policy that this one extends. Left standing, it would silently allow the next case.

## How to resolve

Remove the comment. A comment stands on the line of the finding, or alone on the line above.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.report import Outcome
from govcheck.rule import Example, Rule
from govcheck.suppression import directives


def review(repo: Repo, policy: Policy, outcome: Outcome) -> Iterator[Finding]:
    """Suppressions of rules that ran and found nothing there."""
    locked = policy.catalogue.expand(policy.locked)
    for suppression in repo.view(directives).suppressions:
        if suppression.until and suppression.until < policy.today:
            continue
        for name in suppression.rules:
            if name not in outcome.rules or (suppression, name) in outcome.used:
                continue
            why = f"{name} is locked" if name in locked else f"there is no {name} to silence"
            yield rule.finding(
                suppression.span, f"this suppression does nothing: {why} on line {suppression.line}"
            )


rule = Rule("unused-suppression", "repo", review=review, severity="warning")

_POLICY = """\
[flags.USE_MENU]
status = "retired"
value = true
"""

examples = [
    Example(
        "Nothing to silence on its line",
        {
            "govcheck.toml": _POLICY,
            "app.py": "print(1)  # govcheck: ignore[retired-flag] -- the old menu\n",
        },
        (
            "app.py:1:11: this suppression does nothing: there is no retired-flag to silence on"
            " line 1",
        ),
    ),
    Example(
        "It silences a finding",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import os\n"
                "# govcheck: ignore[retired-flag] -- the old menu\n"
                'os.getenv("USE_MENU")\n'
            ),
        },
    ),
    Example(
        "Its text stands in a string, or in a block of code in a document",
        {
            "govcheck.toml": _POLICY,
            "app.py": 'HELP = "write # govcheck: ignore[retired-flag] -- why"\n',
            "README.md": "```html\n<!-- govcheck: ignore[retired-flag] -- why -->\n```\n",
        },
    ),
]
