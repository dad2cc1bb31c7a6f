"""No link leads to a document from where readers begin.

Where the policy names documents to begin from (`[docs] entry-points = ["docs/README.md"]`), every
document below their folders must be reached from one of them by links; a link to a folder leads to
its README or index. Documents of the class history, and what hosting services read by themselves
(`.github`), need not be.

## How to resolve

Link to the document from where its readers look for it, or delete it.

## How to except

`[[exceptions]]` in the policy, for its path.
"""

import posixpath
from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_INDEXES = ("README.md", "index.md", "readme.md", "_index.md", "README.rst", "index.rst")


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Documents that cannot be reached."""
    begin = policy.docs.entry_points
    if not begin:
        return
    from govcheck.docs.documents import documents
    from govcheck.docs.linking import resolved

    links: dict[str, set[str]] = {}
    for doc, _, to in resolved(repo, policy):
        links.setdefault(doc.path, set()).update(_read_at(repo, to.path))
    waiting = [*repo.matching(*begin)]
    folders = {posixpath.dirname(path) for path in waiting}
    if not waiting:
        yield rule.finding(
            policy.origin("docs", "entry-points").span, "there is no such document to begin from"
        )
    reached = set(waiting)
    while waiting:
        new = links.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    for doc in repo.view(documents, policy):
        inside = any(not folder or doc.path.startswith(f"{folder}/") for folder in folders)
        if not inside or doc.path in reached or doc.kind == "history" or ".github/" in doc.path:
            continue
        yield rule.finding(
            doc.document.line_span(1),
            f"no link leads here from {' or '.join(begin)}",
        )


def _read_at(repo: Repo, path: str) -> Iterator[str]:
    """The documents that a reader sees at a path: itself, or the index of a folder."""
    yield path
    yield from (index for name in _INDEXES if (index := posixpath.join(path, name)) in repo)


rule = Rule("unreachable", "docs", check)

_POLICY = "[docs]\nentry-points = ['docs/README.md']\n"

examples = [
    Example(
        "A document that only another such one links to, and one that only code names",
        {
            "govcheck.toml": _POLICY,
            "docs/README.md": "[a](a.md) `c.md`\n",
            "docs/a.md": "",
            "docs/b.md": "# B\n[c](c.md)\n",
            "docs/c.md": "# C\n[b](b.md)\n",
        },
        (
            "docs/b.md:1:1: no link leads here from docs/README.md",
            "docs/c.md:1:1: no link leads here from docs/README.md",
        ),
    ),
    Example(
        "Through others, definitions, tags and folders",
        {
            "govcheck.toml": _POLICY,
            "docs/README.md": "[a][a]\n\n[a]: a.md#x\n\n<a href='b/'>b</a>\n",
            "docs/a.md": "# X\n[c](../docs/c.md)\n",
            "docs/b/README.md": "",
            "docs/c.md": "",
        },
    ),
    Example(
        "Elsewhere, and in the past",
        {
            "govcheck.toml": _POLICY,
            "docs/README.md": "",
            "docs/CHANGELOG.md": "",
            "CONTRIBUTING.md": "",
        },
    ),
    Example("Nothing is asked for", {"govcheck.toml": "", "docs/a.md": ""}),
]
