"""A feature flag has outlived its date.

The policy gives a flag a day, `remove-by`, by which it must be gone. Flags that stay double the
states of a program that nobody tests.

## How to resolve

Decide for one side, set the status to `retired` with its final `value`, and let govcheck show
what is left; or give it a later day, in a commit that says why.

## How to except

`[[exceptions]]` in the policy, for the policy file, with `until`.
"""

from collections.abc import Iterator

from govcheck.finding import Finding, Related
from govcheck.flags.references import references
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_SHOWN = 3


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Active flags whose day has passed, and retired ones that are still referenced after it."""
    for name, flag in policy.flags.items():
        if flag.remove_by is None or flag.remove_by >= policy.today:
            continue
        reads = [r for r in repo.view(references, policy)[name] if r.reads]
        if flag.status == "retired" and not reads:
            continue
        days = (policy.today - flag.remove_by).days
        owner = f", owner {flag.owner}" if flag.owner else ""
        yield rule.finding(
            policy.origin("flags", name, "remove-by").span,
            f"the flag {name} was to be gone by {flag.remove_by}, {_days(days)} ago{owner}; "
            f"{_times(len(reads))} in the code",
            related=tuple(Related(read.span, "it is read here") for read in reads[:_SHOWN]),
            data={"flag": name, "kind": "policy"},
        )


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _times(reads: int) -> str:
    return "it is read once" if reads == 1 else f"it is read {reads} times"


rule = Rule("overdue-flag", "flags", check)

examples = [
    Example(
        "The day has passed",
        {
            "govcheck.toml": (
                '[flags.USE_MENU]\nstatus = "active"\nowner = "web"\nremove-by = 2025-12-31\n'
            ),
            "app.py": 'import os\nos.getenv("USE_MENU")\n',
        },
        (
            "govcheck.toml:4:1: the flag USE_MENU was to be gone by 2025-12-31, 1 day ago,"
            " owner web; it is read once in the code",
        ),
        today="2026-01-01",
    ),
    Example(
        "The last day is still in time",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\nremove-by = 2026-01-01\n',
            "app.py": 'import os\nos.getenv("USE_MENU")\n',
        },
        today="2026-01-01",
    ),
    Example(
        "Retired in time and gone",
        {
            "govcheck.toml": (
                '[flags.USE_MENU]\nstatus = "retired"\nvalue = true\nremove-by = 2025-01-01\n'
            ),
        },
    ),
]
