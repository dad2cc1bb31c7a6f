"""The retention policy contradicts itself, or waits for a review or an approval.

Two stores that govern the same directory would each remove what the other keeps; items cannot be
archived after they are removed; a hold that is shorter than what the store keeps anyway, or a cap
that has nothing to take, does not do what its author thinks; what is in cold storage is not back
within a `recovery.target` that is shorter than its retrieval takes. A store inside another one is
fine where the outer one leaves it out (`exclude`), or copies and archives to it.

Also told: a policy or a hold whose `review` has passed, a hold whose `until` has, and a hold by
name that lacks the approval of somebody whom `approvals` name.

## How to resolve

Change the clause that the finding points at.

## How to except

`[[exceptions]]` in the policy, or a suppression comment on the line.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Contradictions, each at its clause."""
    if not policy.retention.stores and policy.retention.review is None:
        return
    from govcheck.retention.contradictions import contradictions  # few policies pay for it

    for key, message, _ in contradictions(policy):
        *outer, last = ("retention", *key)
        if isinstance(last, int):
            origin = policy.origin(*outer)
            origin = origin._replace(key=(*origin.key, last))
        else:
            origin = policy.origin(*outer, last)
        if origin.source.path is None:
            continue
        yield rule.finding(origin.span, message)


rule = Rule("retention-policy", "retention", check)

examples = [
    Example(
        "Two stores, one directory; and one in the other",
        {
            "govcheck.toml": (
                '[retention.stores.a]\npath = "logs"\nkeep = { within = "14d" }\n'
                '[retention.stores.b]\npath = "logs/"\nkeep = { within = "30d" }\n'
                '[retention.stores.c]\npath = "logs/errors"\nkeep = { within = "30d" }\n'
            )
        },
        (
            "govcheck.toml:5:1: logs is a directory of the stores a and b",
            "govcheck.toml:8:1: logs/errors lies in logs, which the store a governs: name it in"
            " the 'exclude' of a if it is a store of its own",
            "govcheck.toml:8:1: logs/errors lies in logs, which the store b governs: name it in"
            " the 'exclude' of b if it is a store of its own",
        ),
    ),
    Example(
        "Clauses that can do nothing",
        {
            "govcheck.toml": (
                '[retention.stores.a]\npath = "a"\nkeep = { within = "30d" }\n'
                'archive = { after = "30d", to = "b" }\n'
                'holds = [{ label = "critical", keep = "7d" }]\n'
                '[retention.stores.c]\npath = "c"\nkeep = "forever"\n'
                'size-cap = { high = "1GB" }\n'
                '[retention.stores.d]\npath = "d"\nkeep = { daily = 7 }\n'
                'size-cap = { high = "1GB" }\n'
                '[retention.stores.e]\npath = "e"\nkeep = "forever"\n'
                'archive = { after = "90d", to = "s3://b", storage-class = "DEEP_ARCHIVE" }\n'
                'recovery = { target = "6h" }\n'
            )
        },
        (
            "govcheck.toml:4:13: items are removed after 30d, so none is ever 30d old",
            "govcheck.toml:5:10: it holds for 7d, and the store keeps all for 30d anyway",
            "govcheck.toml:9:1: a store that is kept for ever has no use for 'size-cap'",
            "govcheck.toml:13:1: a cap takes only what nothing but 'within' or 'last' keeps: this"
            " one takes nothing",
            "govcheck.toml:18:14: objects take up to 12 h out of DEEP_ARCHIVE, so that what is"
            " archived is not there within 6h",
        ),
    ),
    Example(
        "People are waited for",
        {
            "govcheck.toml": (
                "[retention]\nreview = 2025-12-31\n"
                'approvals = [{ by = "ops" }, { by = "trading", over = "90d" }]\n'
                '[retention.stores.a]\npath = "a"\nkeep = { within = "30d" }\n'
                "holds = [\n"
                '    { names = ["x"], keep = "1y", approved-by = ["ops"] },\n'
                '    { names = ["y"], keep = "60d", approved-by = ["ops"], review = 2025-11-30 },\n'
                "]\n"
            )
        },
        (
            "govcheck.toml:2:1: the policy was to be reviewed by 2025-12-31",
            "govcheck.toml:8:5: it needs the approval of trading",
            "govcheck.toml:9:5: it was to be reviewed by 2025-11-30",
        ),
    ),
    Example(
        "Stores inside another one that leaves them out",
        {
            "govcheck.toml": (
                '[retention.stores.logs]\npath = "logs"\nkeep = { within = "14d" }\n'
                'exclude = ["audit/**"]\n'
                'extract = [{ to = "logs/errors", severity = "ERROR" }]\n'
                '[retention.stores.errors]\npath = "logs/errors"\nkeep = { within = "30d" }\n'
                '[retention.stores.audit]\npath = "logs/audit"\nkeep = "forever"\n'
            )
        },
    ),
    Example(
        "Archived before it is removed, and for ever after",
        {
            "govcheck.toml": (
                '[retention.stores.a]\npath = "a"\nkeep = { within = "30d", monthly = 12 }\n'
                'archive = { after = "31d", to = "a/old" }\n'
                '[retention.stores.b]\npath = "b"\nkeep = { within = "90d" }\n'
                'archive = { after = "90d", to = "s3://b", keep = "forever", '
                'storage-class = "GLACIER" }\nrecovery = { target = "48h" }\n'
            )
        },
    ),
    Example(
        "Names that begin alike",
        {
            "govcheck.toml": (
                '[retention.stores.a]\npath = "data"\nkeep = "forever"\n'
                '[retention.stores.b]\npath = "data_storage"\nkeep = { within = "90d" }\n'
            )
        },
    ),
    Example(
        "What is approved, and reviewed later",
        {
            "govcheck.toml": (
                '[retention]\napprovals = [{ by = "ops", stores = ["a"] }]\n'
                "review = 2026-01-01\n"
                '[retention.stores.a]\npath = "a"\nkeep = { within = "30d" }\n'
                'holds = [{ names = ["x"], keep = "1y", approved-by = ["ops"] }]\n'
                '[retention.stores.b]\npath = "b"\nkeep = { within = "30d" }\n'
                'holds = [{ names = ["x"], keep = "1y" }]\n'
            )
        },
    ),
]
