"""A document names a path of the repository that is not there, and that git does not know.

Of such paths about seven in ten are wrong; the rest are to be made yet, or are made at run time. So
this rule waits for the policy to ask:

```toml
[docs]
missing-paths = true
```

A path counts if the repository has its first folder, or if a package, or the folder of the document
or one above it, has the folder that it names. Nothing is said behind "e.g.", "for example" and
"such as". All else is as in `moved-path`: the words around, what git ignores, placeholders, what
the document tells to make, and the classes.

## How to resolve

Write the path that is meant, or take it out.

## How to except

`[docs.moved] known`, a suppression comment, or `[[exceptions]]` in the policy.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.programs import has_code
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_FOR_EXAMPLE = re.compile(
    r"(?i)(?:\be\.g\.|\bfor (?:example|instance)\b|\bsuch as\b)(?:[^\n.;]|\.(?!\s))*$"
)
_LEAD = 100


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Paths that were never there."""
    if not policy.docs.missing_paths or not repo.view(has_code, policy):
        return
    from govcheck.docs.documents import told
    from govcheck.docs.moved import absent, moved  # only such a policy pays for them

    known = {each.absent.span for each in repo.view(moved, policy)}
    for each in repo.view(absent, policy):
        if each.span in known or each.is_bare or each.is_loose:
            continue
        text = each.doc.document.text
        if _FOR_EXAMPLE.search(text, max(0, each.span.start - _LEAD), each.span.start):
            continue
        first = each.text.removeprefix("./").partition("/")[0]
        if not repo.exists(first) and not any(map(repo.exists, _folders(each.paths))):
            continue
        message = f"there is no {each.text}{told(each.doc)}"
        yield rule.finding(each.span, message, data={"path": each.paths[0]})


def _folders(paths: Iterable[str]) -> Iterator[str]:
    """The folders that a path names below that of a package or of the document."""
    return (posixpath.dirname(path.rstrip("/")) for path in islice(paths, 1, None))


rule = Rule("missing-path", "docs", check, severity="warning")

_POLICY = "[docs]\nmissing-paths = true\n"

examples = [
    Example(
        "A file below a folder that the repository has, or a package of it",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": "[project]\nname = 'shop'\n",
            "src/shop/__init__.py": "",
            "src/shop/cart/items.py": "",
            "README.md": (
                "See `src/b.py`, and `src/shop/cart/items.py`.\n\n"
                "`cart/prices.py` holds them; `cart/tax/vat.py` is another's.\n"
            ),
        },
        ("README.md:1:6: there is no src/b.py", "README.md:3:2: there is no cart/prices.py"),
    ),
    Example(
        "Not asked for",
        {"govcheck.toml": "", "src/a.py": "", "README.md": "See `src/b.py`.\n"},
    ),
    Example(
        "To be made, a placeholder, somebody else's, and what is no path of here",
        {
            "govcheck.toml": _POLICY,
            "src/a.py": "",
            "README.md": (
                "Create `src/b.py`.\n\n`src/your_file.py`, `app/main.py`, `and/or`\n\n"
                "Group them (e.g., `src/tax.py`, `src/vat.py`).\n"
            ),
        },
    ),
]
