"""A comment was meant as a suppression and is none.

The form is `govcheck: ignore[RULE] until YYYY-MM-DD -- REASON`, where `until YYYY-MM-DD` may be
missing and several rules are separated by commas. There is no form that silences every rule, and
none without a reason.

## How to resolve

Write it in that form, or remove it.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.report import Outcome
from govcheck.rule import Example, Rule
from govcheck.suppression import directives


def review(repo: Repo, policy: Policy, outcome: Outcome) -> Iterator[Finding]:
    """Comments that begin as a suppression and do not parse as one."""
    for malformed in repo.view(directives).malformed:
        yield rule.finding(malformed.span, malformed.message)


rule = Rule("malformed-suppression", "repo", review=review)

examples = [
    Example(
        "No reason, no rule, no date, no such directive",
        {
            "govcheck.toml": "",
            "a.py": "print(1)  # govcheck: ignore[retired-flag]\n",
            "b.py": "print(1)  # govcheck: ignore -- all of it\n",
            "c.py": "print(1)  # govcheck: ignore[retired-flag] until May -- a demo\n",
            "d.py": "print(1)  # govcheck: skip-file\n",
        },
        (
            "a.py:1:11: it gives no reason: add ' -- REASON' at its end",
            "b.py:1:11: it names no rule: write 'govcheck: ignore[RULE] -- REASON'",
            "c.py:1:11: 'May' is not a date: write 'until YYYY-MM-DD'",
            "d.py:1:11: unknown directive 'skip-file': write 'govcheck: ignore[RULE] -- REASON'",
        ),
    ),
    Example(
        "Prose that begins with the name of the tool elsewhere",
        {"govcheck.toml": "", "a.py": "# run govcheck: it is quick\nprint(1)\n"},
    ),
    Example(
        "A block in a document that the tool renders",
        {
            "govcheck.toml": 'ignore = ["docs"]\n',
            "a.md": "<!-- govcheck: rules -->\n<!-- /govcheck -->\n",
        },
    ),
]
