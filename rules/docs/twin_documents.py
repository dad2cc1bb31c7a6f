"""Two documents have the same name, in two folders.

One of them is often a copy that was left behind when the other moved, and says what is no longer
so. Where the policy wants it (`[docs] twins = true`), documents of one name are reported, but for
READMEs, indexes and others that every folder may have. Documents of the class history are none.

## How to resolve

Keep one, and link to it from where the other was; or name them by what they tell apart.

## How to except

`[[exceptions]]` in the policy, for one of the paths.
"""

import posixpath
import re
from collections.abc import Iterator

from govcheck.finding import Finding, Related
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_EVERYWHERE = re.compile(
    r"(?i)(?:readme|_?index|changelog|changes|license|contributing|notes|todo|overview|summary"
    r"|about|quality_scale|pull_request_template|bug_report|feature_request)\."
)


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Documents whose name another one has."""
    if not policy.docs.twins:
        return
    from govcheck.docs.documents import Doc, documents

    named: dict[str, list[Doc]] = {}
    for doc in repo.view(documents, policy):
        name = posixpath.basename(doc.path).lower()
        if doc.kind != "history" and not _EVERYWHERE.match(name):
            named.setdefault(name, []).append(doc)
    for first, *others in named.values():
        for doc in others:
            yield rule.finding(
                doc.document.line_span(1),
                f"{first.path} has the same name",
                related=(Related(first.document.line_span(1), "the other one"),),
            )


rule = Rule("twin-documents", "docs", check, severity="warning")

_POLICY = "[docs]\ntwins = true\n"

examples = [
    Example(
        "In two folders",
        {"govcheck.toml": _POLICY, "docs/Guide.md": "# A\n", "docs/ops/guide.md": "# B\n"},
        ("docs/ops/guide.md:1:1: docs/Guide.md has the same name",),
    ),
    Example(
        "What every folder may have, and the past",
        {
            "govcheck.toml": _POLICY,
            "README.md": "",
            "docs/README.md": "",
            "docs/guide.md": "",
            "docs/archive/guide.md": "",
        },
    ),
    Example("Nothing is asked for", {"govcheck.toml": "", "a/guide.md": "", "b/guide.md": ""}),
]
