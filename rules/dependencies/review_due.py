"""The review of a dependency is due.

Limits on versions outlive their reasons. `review` in an entry of `[dependencies.packages]` names
the day on which somebody must look at it again; once it has passed, the entry is reported.

## How to resolve

Find out whether the reason still holds, then loosen or remove the entry, or give it a later day,
in a commit that says why.

## How to except

`[[exceptions]]` in the policy, for the policy file, with `until`.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Entries whose day has passed."""
    for name, package in policy.dependencies.packages.items():
        if package.review is None or package.review >= policy.today:
            continue
        days = (policy.today - package.review).days
        ago = "1 day" if days == 1 else f"{days} days"
        reason = f"; its reason: {package.reason}" if package.reason else ""
        yield rule.finding(
            policy.origin("dependencies", "packages", name, "review").span,
            f"{name} was to be reviewed on {package.review}, {ago} ago{reason}",
            data={
                "subject": name,
                "declared": package.allow,
                "verdict": "violation",
                "witness": None,
            },
        )


rule = Rule("review-due", "dependencies", check, severity="warning")

examples = [
    Example(
        "The day has passed",
        {
            "govcheck.toml": (
                "[dependencies.packages.numpy]\n"
                'allow = "<2"\nreason = "pandas needs NumPy 1"\nreview = 2025-12-31\n'
            ),
        },
        (
            "govcheck.toml:4:1: numpy was to be reviewed on 2025-12-31, 1 day ago; its reason:"
            " pandas needs NumPy 1",
        ),
        today="2026-01-01",
    ),
    Example(
        "The day itself is still in time",
        {"govcheck.toml": '[dependencies.packages.numpy]\nallow = "<2"\nreview = 2026-01-01\n'},
        today="2026-01-01",
    ),
    Example(
        "No day was named",
        {"govcheck.toml": '[dependencies.packages.numpy]\nallow = "<2"\n'},
    ),
]
