"""A suppression names a rule that does not exist.

It silences nothing, whatever was meant.

## How to resolve

Write the name of the rule as the finding shows it; `govcheck rules` lists them all.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.keys import nearest
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.report import Outcome
from govcheck.rule import Example, Rule
from govcheck.suppression import directives


def review(repo: Repo, policy: Policy, outcome: Outcome) -> Iterator[Finding]:
    """Names in suppressions that no rule has."""
    known = policy.catalogue.names()
    for suppression in repo.view(directives).suppressions:
        for name in suppression.rules:
            if name not in known:
                yield rule.finding(suppression.span, f"unknown rule {name!r}{nearest(name, known)}")


rule = Rule("unknown-suppression", "repo", review=review)

examples = [
    Example(
        "A misspelt name",
        {
            "govcheck.toml": "",
            "app.py": "print(1)  # govcheck: ignore[retired-flags] -- the old menu\n",
        },
        ("app.py:1:11: unknown rule 'retired-flags' (did you mean 'retired-flag'?)",),
    ),
    Example(
        "A rule that exists but does not run",
        {
            "govcheck.toml": 'ignore = ["retired-flag"]\n',
            "app.py": "print(1)  # govcheck: ignore[retired-flag] -- the old menu\n",
        },
    ),
    Example("No suppression at all", {"govcheck.toml": "", "app.py": "print(1)  # nosec\n"}),
]
