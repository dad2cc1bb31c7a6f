"""The front matter of a document lacks what the policy asks for.

`[[docs.metadata]]` says of which documents (`paths`) which keys are `required`, which `values` a
key may have, and which keys are `dates`. Front matter stands at the top of a document or right
below its title, between lines of three hyphens.

## How to resolve

Write what is missing; what it must be, you decide.

## How to except

`[[exceptions]]` in the policy, for its path.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from govcheck.docs.section import Metadata
from govcheck.finding import Finding
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.docs.documents import Doc


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Keys that are missing, and values that are not allowed."""
    if not policy.docs.metadata:
        return
    from govcheck.docs.documents import documents

    for number, asked in enumerate(policy.docs.metadata):
        wanted = matcher(asked.paths)
        where = policy.origin("docs", "metadata", number)
        for doc in filter(lambda doc: wanted(doc.path), repo.view(documents, policy)):
            yield from _check(doc, asked, str(where))


def _check(doc: "Doc", asked: Metadata, where: str) -> Iterator[Finding]:
    front, document = doc.page.front, doc.document
    missing = [key for key in asked.required if key not in front or not front[key].value]
    if missing:
        place = (
            document.span(doc.page.front_start, doc.page.front_start + 3)
            if front
            else (document.line_span(1))
        )
        said = "the front matter lacks" if front else "there is no front matter with"
        yield rule.finding(place, f"{said} {', '.join(missing)} ({where})")
    for key, field in front.items():
        place = document.span(field.start, field.end)
        allowed = asked.values.get(key)
        if allowed is not None and field.value and field.value not in allowed:
            yield rule.finding(
                place, f"{key} is {field.value!r}, and may be {', '.join(allowed)} ({where})"
            )
        if key in asked.dates and field.value and not _is_date(field.value):
            yield rule.finding(place, f"{key} is no date such as 2026-01-31 ({where})")


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text) is not None
    except ValueError:
        return False


rule = Rule("missing-metadata", "docs", check)

_POLICY = (
    "[[docs.metadata]]\npaths = ['docs/**']\nrequired = ['status', 'owner']\ndates = ['review']\n"
    "values = { status = ['current', 'draft'] }\n"
)

examples = [
    Example(
        "None, too little, and what is not allowed",
        {
            "govcheck.toml": _POLICY,
            "docs/a.md": "# A\n",
            "docs/b.md": "---\nstatus: done\nowner:\nreview: May\n---\n# B\n",
        },
        (
            "docs/a.md:1:1: there is no front matter with status, owner (govcheck.toml:1)",
            "docs/b.md:1:1: the front matter lacks owner (govcheck.toml:1)",
            "docs/b.md:2:9: status is 'done', and may be current, draft (govcheck.toml:1)",
            "docs/b.md:4:9: review is no date such as 2026-01-31 (govcheck.toml:1)",
        ),
    ),
    Example(
        "At the top, and below the title",
        {
            "govcheck.toml": _POLICY,
            "docs/a.md": "---\nstatus: current\nowner: 'web'\nreview: 2026-01-31\n---\n",
            "docs/b.md": "# B\n\n---\nstatus: draft\nowner: web\n---\n\nText.\n",
        },
    ),
    Example("Other documents", {"govcheck.toml": _POLICY, "README.md": "# A\n"}),
    Example("Nothing is asked for", {"govcheck.toml": "", "docs/a.md": "# A\n"}),
]
