"""The day on which a document was to be reviewed has passed.

Where the policy names what stands before such a day (`[docs.dates] review = ["Next Review"]`), the
dates behind it, in front matter or prose, are held against today. A month is over after its last
day. What is no date (`monthly`) is nothing to hold anybody to, and documents of the class history
are not reviewed any more.

## How to resolve

Review the document, correct what has changed, and set the next day.

## How to except

`[[exceptions]]` in the policy, with `until`.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Days of review that have passed."""
    labels = policy.docs.dates.review
    if not labels:
        return
    from govcheck.docs.documents import documents, told
    from govcheck.docs.stamps import stamps

    for doc in repo.view(documents, policy):
        for stamp in stamps(doc.document, doc.page, labels) if doc.kind != "history" else ():
            if stamp.last < policy.today:
                days = (policy.today - stamp.last).days
                ago = "1 day" if days == 1 else f"{days} days"
                yield rule.finding(
                    doc.document.span(stamp.start, stamp.end),
                    f"this was to be reviewed by {stamp.last}, {ago} ago{told(doc)}",
                )


rule = Rule("review-overdue", "docs", check, severity="warning")

_POLICY = "[docs.dates]\nreview = ['Next Review', 'review']\n"

examples = [
    Example(
        "In prose, in front matter and in a table",
        {
            "govcheck.toml": _POLICY,
            "a.md": "**Next Review:** 2025-12-31 (later)\n",
            "b.md": "# B\n\n---\nreview: '2025-11-30'\n---\n",
            "c.md": "| a | b |\n| --- | --- |\n| Next review | November 2025 |\n",
        },
        (
            "a.md:1:18: this was to be reviewed by 2025-12-31, 1 day ago",
            "b.md:4:10: this was to be reviewed by 2025-11-30, 32 days ago",
            "c.md:3:17: this was to be reviewed by 2025-11-30, 32 days ago",
        ),
    ),
    Example(
        "Today, this month, and no date",
        {
            "govcheck.toml": _POLICY,
            "a.md": "Next Review: 2026-01-01\nNext-Review: Jan 2026\nNext Review: monthly, 2025\n",
        },
    ),
    Example(
        "Other labels, code, and history",
        {
            "govcheck.toml": _POLICY,
            "a.md": "Last Review: 2020-01-01\npreview: 2020-01-01\n```\nreview: 2020-01-01\n```\n",
            "CHANGELOG.md": "Next Review: 2020-01-01\n",
        },
    ),
    Example("Nothing is asked for", {"govcheck.toml": "", "a.md": "Next Review: 2020-01-01\n"}),
]
