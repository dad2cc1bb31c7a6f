"""A document says that it was last changed before it was.

Where the policy names what stands before such a date (`[docs.dates] updated = ["Last Updated"]`),
the dates behind it are held against the last commit that touched the file, as precisely as they are
written: `September 2025` is right for all of that month. A clone without its history tells nothing,
and a file without a commit neither.

## How to resolve

`--fix` writes today, the day on which the fix is committed, unless a time or a name stands behind
the date; or drop the stamp, since git knows.

## How to except

`[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Stamps that are older than the last commit of their files."""
    labels = policy.docs.dates.updated
    if not labels:
        return
    from govcheck.docs.documents import documents, told
    from govcheck.docs.stamps import stamps
    from govcheck.history import is_shallow, last_changes

    found = [
        (doc, stamp)
        for doc in repo.view(documents, policy)
        if doc.kind != "history"
        for stamp in stamps(doc.document, doc.page, labels)
    ]
    if not found or is_shallow(repo):
        return
    changes = last_changes(repo, frozenset(doc.path for doc, _ in found))
    for doc, stamp in found:
        changed = changes.get(doc.path)
        if changed is None or stamp.last >= changed:
            continue
        written = doc.document.text[stamp.start : stamp.end]
        is_mended = stamp.is_all and doc.kind != "generated"
        new = stamp.like(max(policy.today, changed), written)
        edit = Edit(doc.path, stamp.start, stamp.end, new)
        yield rule.finding(
            doc.document.span(stamp.start, stamp.end),
            f"this was last changed on {changed}, not {written}{told(doc)}",
            fix=Fix(f"write {new}", (edit,)) if is_mended else None,
        )


rule = Rule("stale-stamp", "docs", check, severity="warning", fix="safe")

_POLICY = "[docs.dates]\nupdated = ['Last Updated']\n"

examples = [
    Example(
        "In prose and in front matter",
        {
            "govcheck.toml": _POLICY,
            "a.md": "**Last Updated**: 2025-09-29\n",
            "b.md": "---\nlast-updated: 2025-08-01\n---\n\n*Last updated: Sep 1, 2025*\n",
        },
        (
            "a.md:1:19: this was last changed on 2025-12-31, not 2025-09-29",
            "b.md:2:15: this was last changed on 2025-12-31, not 2025-08-01",
            "b.md:5:16: this was last changed on 2025-12-31, not Sep 1, 2025",
        ),
        {
            "a.md": "**Last Updated**: 2026-01-01\n",
            "b.md": "---\nlast-updated: 2026-01-01\n---\n\n*Last updated: Jan 1, 2026*\n",
        },
        before={"a.md": ""},
    ),
    Example(
        "As precise as it is written",
        {
            "govcheck.toml": _POLICY,
            "a.md": "Last Updated: 2025-12-31\n",
            "b.md": "Last Updated: December 2025\nLast Updated: 2026-01\nLast updated: lately\n",
        },
        before={"a.md": ""},
    ),
    Example(
        "Without a commit",
        {"govcheck.toml": _POLICY, "a.md": "Last Updated: 2020-01-01\n"},
    ),
    Example(
        "Nothing is asked for",
        {"govcheck.toml": "", "a.md": "Last Updated: 2020-01-01\n"},
        before={"a.md": ""},
    ),
    Example(
        "With a time, a name, an end, and in the manner of the date",
        {
            "govcheck.toml": _POLICY,
            "a.md": (
                "Last Updated: 2025-09-29 by Ann\nLast Updated: 2025-09-29T10:00Z\n"
                "| Last Updated | **01 SEP 2025** |\r\nLast Updated: 1 Sep 2025 – 2 Sep 2025\n"
                "\n`Last Updated: 2025-09-29`\n"
            ),
        },
        (
            "a.md:1:15: this was last changed on 2025-12-31, not 2025-09-29",
            "a.md:2:15: this was last changed on 2025-12-31, not 2025-09-29",
            "a.md:3:20: this was last changed on 2025-12-31, not 01 SEP 2025",
            "a.md:4:15: this was last changed on 2025-12-31, not 1 Sep 2025",
        ),
        {
            "a.md": (
                "Last Updated: 2025-09-29 by Ann\nLast Updated: 2025-09-29T10:00Z\n"
                "| Last Updated | **01 JAN 2026** |\r\nLast Updated: 1 Sep 2025 – 2 Sep 2025\n"
                "\n`Last Updated: 2025-09-29`\n"
            ),
        },
        before={"a.md": ""},
    ),
    Example(
        "In code, and of later",
        {
            "govcheck.toml": _POLICY,
            "a.md": "`Last Updated: 2025-09-29`\n\n```\nLast Updated: 2025-09-29\n```\n",
            "b.md": "Last Updated: January 2026\n",
        },
        before={"a.md": "", "b.md": ""},
    ),
]
