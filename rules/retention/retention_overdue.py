"""What should have been removed long ago is still there.

The policy says how long each store keeps its items, but nothing carries it out: the timer is off,
the run fails, or it was never set up. Told is a store with items that were due `overdue-after` ago
(by default 7 days), as `govcheck retention plan` says. Nothing is told where a store has no items:
a checkout of the repository alone holds none.

## How to resolve

Look at `govcheck retention plan`, then `govcheck retention run`; `govcheck retention schedule`
prints what runs it every day.

## How to except

`[[exceptions]]` in the policy, or a suppression comment on the line.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Stores with items that a run should have removed or archived."""
    if not policy.retention.stores:
        return
    from govcheck.retention.keeping import moment, nanoseconds
    from govcheck.retention.planning import plan, when, zone_of  # few policies pay for it

    zone = zone_of(policy)
    now = when(policy.today, zone).now
    then = moment(nanoseconds(policy.retention.overdue_after.before(now)), zone)
    made = plan(repo.root, policy, when(then, zone))
    for error in made.errors:
        yield rule.finding(policy.origin("retention", "stores").span, f"not looked at: {error}")
    for name, tally in made.tallies().items():
        if not tally.due:
            continue
        origin = policy.origin("retention", "stores", name)
        if origin.source.path is None:
            continue
        items = "1 item was" if tally.due == 1 else f"{tally.due} items were"
        yield rule.finding(
            origin.span,
            f"{items} due in the store {name} by {then:%Y-%m-%d}: does anything run"
            " 'govcheck retention run'?",
        )


rule = Rule("retention-overdue", "retention", check, severity="warning")

_POLICY = """\
[retention.stores.logs]
path = "logs"
items = { name = "app_%Y%m%d.log" }
keep = { within = "14d" }
"""

examples = [
    Example(
        "Nothing has run for weeks",
        {
            "govcheck.toml": _POLICY,
            "logs/app_20251201.log": "",
            "logs/app_20251205.log": "",
            "logs/app_20251225.log": "",
        },
        (
            "govcheck.toml:1:19: 2 items were due in the store logs by 2025-12-25: does anything"
            " run 'govcheck retention run'?",
        ),
    ),
    Example("Due since yesterday", {"govcheck.toml": _POLICY, "logs/app_20251217.log": ""}),
    Example("Nothing there", {"govcheck.toml": _POLICY, "app.py": ""}),
    Example(
        "What is no item",
        {"govcheck.toml": _POLICY, "logs/README.md": "", "logs/app_20251301.log": ""},
    ),
]
