"""A link leads to a heading that is not there.

The fragment of a link (`guide.md#install`) must be the anchor of a heading of its document, or of
one that it includes, or the `id` or `name` of a tag; in a file of code, `#L10-L20` must be lines
that it has. Anchors are made as GitHub makes them; in the documents of a site generator, and below
a folder `content`, as the others do, too. Documents to whose headings a template, a component, tabs
or a plugin may add are left alone, and so are, on sites, those of Sphinx, those with headings in
other letters than ASCII, anchors that look like those of documented code (`shop.cart.Cart`), and
parts of pages (`_part.md`, those without any heading); elsewhere, anchors that differ from a
heading's in hyphens only, as some sites split `FastAPI`, or in underscores for them, or that lack
its letters beyond ASCII; and everywhere fragments without a letter (`##`), which carry a title, and
what a bot writes of contributors.

## How to resolve

`--unsafe-fixes` takes the anchor that is nearest. Or correct the link by hand.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[broken-anchor] -- why -->`.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Fragments that no heading of the linked document has."""
    from govcheck.docs.documents import documents, told

    docs = repo.view(documents, policy)
    links = (each.target for doc in docs for each in doc.page.links)
    definitions = (each.target for doc in docs for each in doc.page.definitions)
    if not any("#" in target for target in chain(links, definitions)):
        return
    from govcheck.docs.linking import resolved
    from govcheck.docs.links import anchors, has_anchor
    from govcheck.markdown import ENDINGS

    for doc, link, to in resolved(repo, policy):
        if not to.fragment or has_anchor(repo, to) is not False:
            continue
        if _OF_CONTRIBUTOR.match(to.fragment + doc.document.text[link.end : link.end + _REACH]):
            continue
        document = repo.document(to.path)
        start = link.start + doc.document.text[link.start : link.end].find("#") + 1
        place = doc.document.span(start, link.end)
        where = "this document" if to.path == doc.path else to.path
        if document is None or not to.path.endswith(ENDINGS):
            yield rule.finding(place, f"{where} has no line {to.fragment}{told(doc)}")
            continue
        near = _near(to.fragment, sorted(document.view(anchors)[0]))
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        fix = None
        if near and doc.kind != "generated":
            edit = Edit(doc.path, start, link.end, near[0])
            fix = Fix(f"link to #{near[0]}", (edit,), safe=False)
        yield rule.finding(
            place, f"{where} has no heading '{to.fragment}'{hint}{told(doc)}", fix=fix
        )


# What the all-contributors bot writes of what somebody did: `href="#ideas-name" title="Ideas`.
_OF_CONTRIBUTOR = re.compile(
    r"(?:a11y|blog|bug|code|content|data|design|doc|example|financial|ideas|infra|maintenance"
    r"|mentoring|platform|plugin|projectManagement|promotion|question|research|review|security"
    r"|talk|test|tool|translation|tutorial|userTesting|video)-[\w.-]+[\"'] title="
)
_REACH = 10


def _near(fragment: str, known: Sequence[str]) -> list[str]:
    from difflib import get_close_matches  # only a finding pays for the import

    return get_close_matches(fragment, known, 1)


rule = Rule("broken-anchor", "docs", check, fix="unsafe")

examples = [
    Example(
        "In this document, in another one, and in code",
        {
            "govcheck.toml": "",
            "a.md": "[a](#instal) [b](b.md#c-d)\n\n[e]: b.md#two-1\n\n## Install\n[f](c.py#L3)\n",
            "b.md": "# C & D\n## Two\n",
            "c.py": "one\n",
        },
        (
            "a.md:1:6: this document has no heading 'instal' (did you mean 'install'?)",
            "a.md:1:23: b.md has no heading 'c-d' (did you mean 'c--d'?)",
            "a.md:3:11: b.md has no heading 'two-1' (did you mean 'two'?)",
            "a.md:6:10: c.py has no line L3",
        ),
        {"a.md": ("[a](#install) [b](b.md#c--d)\n\n[e]: b.md#two\n\n## Install\n[f](c.py#L3)\n")},
        unsafe=True,
    ),
    Example(
        "Headings of all kinds, and tags",
        {
            "govcheck.toml": "",
            "a.md": (
                "[a](#über--co) [b](#x_y-1) [c](#set) [d](#Here) [e](b.md#%C3%BCber) [f](#fn-1) "
                "[g](#)\n"
                "[h](#top) [i](#L2) [j](#-done)\n\n# Über & `co`\n## x_y\n## x_y\nSet\n---\n"
                "<a id='here'></a>\n## ✅ Done\n"
            ),
            "b.md": "## Über\n",
        },
    ),
    Example(
        "Where a plugin makes anchors",
        {
            "govcheck.toml": "",
            "a.md": (
                "[a](b.md#shop.Cart) [c](c.md#given) [d](c.rst#x) [e](e.md#shop.Tax) "
                '[f](f.md#fields) [l](## "Kilobits") [g](f.md#cart-is-gone) [h](g.md#api) '
                '[i](h.md#android) <a href="#ideas-joe" title="Ideas">x</a> '
                "[j](h.md#parts) [k](h.md#berblick-ok)\n"
            ),
            "b.md": "# API\n\n::: shop.Cart\n",
            "c.md": "# Other {#given}\n",
            "e.md": "# Tax\n\n[[autodoc]] Tax\n",
            "f.md": '# All fields {id="fields"}\n## [`Cart`][shop.Cart] is gone\n',
            "h.md": "# Android {: .wide }\n## 부품 [[parts]]\n## Überblick, ok\n",
            "i.md": "A part of a page. See [below](#android).\n",
            "g.md": "# G\n\n```python demo\nshow()\n```\n",
            "c.rst": "Text\n",
        },
    ),
    Example(
        "On a site that numbers and squeezes otherwise",
        {
            "govcheck.toml": "",
            "mkdocs.yml": "",
            "docs/a.md": (
                "[a](#c-d) [b](#install) [c](#shop.cart.Cart) [d](b.md#tab-one) [e](_c.md#x) "
                "[f](d.md#part) [g](e.md#other) [h](f.md#x)\n\n# C & D\n## 2. Install\n"
            ),
            "docs/e.md": '# E\n\n--8<-- "parts/c.md"\n',
            "docs/f.md": '# F\n\n--8<-- "parts/made.md"\n',
            "docs/parts/c.md": "# Other\n",
            "docs/b.md": '# B\n\n=== "Tab one"\n\n    x\n',
            "docs/_c.md": "C\n",
            "docs/d.md": "```{figure} a.png\n:name: part\n```\n",
        },
    ),
    Example(
        "On a site",
        {
            "govcheck.toml": "",
            "mkdocs.yml": "",
            "docs/a.md": "See [below](#pairlist), and [b](b.md#instal).\n\n# Pairlists\n",
            "docs/b.md": '# Install\n\n--8<-- "parts/c.md"\n\n```python\nimport shop\n```\n',
            "docs/parts/c.md": "# Other\n",
        },
        (
            "docs/a.md:1:14: this document has no heading 'pairlist' (did you mean 'pairlists'?)",
            "docs/a.md:1:38: docs/b.md has no heading 'instal' (did you mean 'install'?)",
        ),
        {"docs/a.md": "See [below](#pairlists), and [b](b.md#install).\n\n# Pairlists\n"},
        unsafe=True,
    ),
    Example(
        "Words that a site splits, labels of Sphinx, and headings in other letters",
        {
            "govcheck.toml": "",
            "a.md": "[a](#fast-api)\n\n# FastAPI\n",
            "docs/conf.py": "",
            "docs/b.md": "[b](#a-label)\n\n# B\n",
            "site/mkdocs.yml": "",
            "site/c.md": "[c](#ubersicht-2)\n\n# Übersicht\n",
        },
    ),
    Example(
        "On a site whose configuration is elsewhere",
        {"govcheck.toml": "", "docs/a.md": "[a](#c-d)\n\n# C & D\n\n!!! note\n    x\n"},
    ),
    Example(
        "On a site of the project's own making",
        {
            "govcheck.toml": "",
            "guide/content/a.md": "[a](b.md#keep-alive)\n",
            "guide/content/b.md": "# KEEP_ALIVE\n",
        },
    ),
    Example(
        "A tag's id with blanks in it",
        {"govcheck.toml": "", "a.md": "[a](#Quick%20Start)\n\n<span id='Quick Start'/>\n"},
    ),
]
