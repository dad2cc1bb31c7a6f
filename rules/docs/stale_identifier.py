"""A document names a class or function that no code has.

Looked at are code spans that look like a class (`OrderRouter`) or a name of several words
(`run_once`, `run_once()`), in documents of the class `reference`. It counts as known if it stands,
whole, in any file but prose. Some of what is not known is of other programs, so that this rule
waits for the policy to ask:

```toml
[docs]
identifiers = true
```

Nothing is said of names that an example of code in the document has, of files and folders that are
called so, of what Python has by itself, of placeholders, and where the words around tell of the
past or the future, as in `moved-path`.

## How to resolve

Write the name that the code has, or take it out.

## How to except

A suppression comment, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.programs import has_code
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Identifiers of documents that no code has."""
    if not policy.docs.identifiers or not repo.view(has_code, policy):
        return
    from govcheck.docs.documents import told
    from govcheck.docs.identifiers import unknown_identifiers  # only such a policy pays for it

    for each in repo.view(unknown_identifiers, policy):
        message = f"no code has {each.name}{told(each.doc)}"
        yield rule.finding(each.span, message, data={"name": each.name})


rule = Rule("stale-identifier", "docs", check, severity="warning")

_POLICY = "[docs]\nidentifiers = true\n"
_CODE = "class OrderRouter:\n    def route_all(self): ...\n"

examples = [
    Example(
        "A class and a function",
        {
            "govcheck.toml": _POLICY,
            "app.py": _CODE,
            "README.md": "`RiskEngine` asks `OrderRouter`, whose `run_once()` is a `route_all`.\n",
        },
        ("README.md:1:2: no code has RiskEngine", "README.md:1:41: no code has run_once"),
    ),
    Example(
        "Not asked for",
        {"govcheck.toml": "", "app.py": _CODE, "README.md": "`RiskEngine`\n"},
    ),
    Example(
        "Known, of an example, of a file, and no identifier",
        {
            "govcheck.toml": _POLICY,
            "app.py": _CODE,
            "order_book.yaml": "",
            "README.md": (
                "`OrderRouter`, `order_book`, `Path`, `some words`, `your_name`, `MAX_SIZE`, "
                "`my_bot`\n\n```python\nclass MyBot: ...\n```\n\nThen `MyBot`.\n"
            ),
        },
    ),
    Example(
        "It was, or will be",
        {
            "govcheck.toml": _POLICY,
            "app.py": _CODE,
            "README.md": "`RiskEngine` was removed.\n\nWe will add `RiskGate`.\n",
            "CHANGELOG.md": "`RiskEngine`\n",
        },
    ),
]
