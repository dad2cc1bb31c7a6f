"""A call in a Python block gives an argument that the function does not take.

Looked at are calls with keywords in the Python blocks of documents of the class `reference`, of
functions and classes that the block, or one above it, imports from the repository's own packages,
by `from ... import`; in Markdown and in the `code-block`s of reStructuredText. What they take is
read from their one definition: functions without decorators, classes with an `__init__`,
dataclasses and named tuples, without bases that may add to it, and methods of what such a class has
just made; also across the modules that import them from others.

Nothing is said where `**kwargs` or a decorator may take more, where a name is bound twice, or
again in the document, and where the lines around a call, or the heading, tell of errors, or of old
or other times.

## How to resolve

Write the argument that there is. `--unsafe-fixes` writes the one that is called nearly alike.

## How to except

A suppression comment, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.programs import has_code
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Arguments that calls in documents give in vain."""
    if not repo.view(has_code, policy):
        return
    from difflib import get_close_matches

    from govcheck.docs.arguments import unknown_arguments  # only a run of the rule pays for it
    from govcheck.docs.documents import told

    for each in repo.view(unknown_arguments, policy):
        near = get_close_matches(each.name, sorted(each.taken), 2, 0.8)
        hint = f" (did you mean {near[0]!r}?)" if len(near) == 1 else ""
        fix = None
        if hint and each.doc.kind != "generated":
            edit = Edit(each.span.path, each.span.start, each.span.end, near[0])
            fix = Fix(f"write {near[0]}", (edit,), safe=False)
        message = f"{each.function} takes no argument {each.name}{hint}, see {each.path}"
        data = {"function": each.function, "argument": each.name}
        yield rule.finding(each.span, f"{message}{told(each.doc)}", fix=fix, data=data)


rule = Rule("unknown-argument", "docs", check, fix="unsafe")

_SHOP = {
    "govcheck.toml": "",
    "shop/__init__.py": "from shop.cart import Cart\nfrom .tax import rate\n",
    "shop/cart.py": (
        "from dataclasses import dataclass, field\nfrom typing import ClassVar, NamedTuple\n\n\n"
        "@dataclass(frozen=True)\nclass Cart:\n    items: list\n    limit: int = 3\n"
        "    total: int = field(default=0, init=False)\n    kind: ClassVar[str] = 'x'\n\n\n"
        "class Item(NamedTuple):\n    name: str\n\n\n"
        "class Client:\n    def __init__(self, url, *, timeout: int = 3): ...\n\n"
        "    async def get(self, path, cached=True): ...\n\n"
        "    @wrapped\n    def put(self, path): ...\n\n\n"
        "class Open:\n    def __init__(self, url, **options): ...\n\n\n"
        "class Child(Client): ...\n"
    ),
    "shop/tax.py": (
        "import functools\n\n\nasync def rate(country, /, year: int = 1, *more): ...\n\n\n"
        "@functools.cache\ndef cached(country): ...\n\n\n"
        "def twice(a): ...\ndef twice(a, b): ...\n"
    ),
}

examples = [
    Example(
        "Of a dataclass, a function, a class with a constructor, and a named tuple",
        {
            **_SHOP,
            "README.md": (
                "```python\nfrom shop import Cart, rate\n\n"
                "Cart(items=[], limits=3, total=1, kind='y')\nrate('de', year=1, country='de')\n"
                "```\n\n```python\n>>> from shop.cart import Client, Item\n"
                ">>> with Client('x', time_out=3) as client:\n...     Item(title='x')\n```\n\n"
                "```python\nClient('y', retries=2)\nshop = Client('z')\n```\n\n"
                "```python\nawait shop.get('a', cache=False)\n```\n"
            ),
        },
        (
            "README.md:4:16: Cart takes no argument limits (did you mean 'limit'?),"
            " see shop/cart.py",
            "README.md:4:26: Cart takes no argument total, see shop/cart.py",
            "README.md:4:35: Cart takes no argument kind, see shop/cart.py",
            "README.md:5:20: rate takes no argument country, see shop/tax.py",
            "README.md:10:22: Client takes no argument time_out (did you mean 'timeout'?),"
            " see shop/cart.py",
            "README.md:11:14: Item takes no argument title, see shop/cart.py",
            "README.md:15:13: Client takes no argument retries, see shop/cart.py",
            "README.md:20:21: Client.get takes no argument cache (did you mean 'cached'?),"
            " see shop/cart.py",
        ),
        {
            "README.md": (
                "```python\nfrom shop import Cart, rate\n\n"
                "Cart(items=[], limit=3, total=1, kind='y')\nrate('de', year=1, country='de')\n"
                "```\n\n```python\n>>> from shop.cart import Client, Item\n"
                ">>> with Client('x', timeout=3) as client:\n...     Item(title='x')\n```\n\n"
                "```python\nClient('y', retries=2)\nshop = Client('z')\n```\n\n"
                "```python\nawait shop.get('a', cached=False)\n```\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "What may take more, or is not known",
        {
            **_SHOP,
            "README.md": (
                "```python\nfrom shop.cart import Child, Open\nfrom shop.tax import cached, twice\n"
                "from other import Cart\n\nOpen('x', retries=2)\nChild('x', retries=2)\n"
                "cached(land='de')\ntwice(c=1)\nCart(boxes=3)\n```\n\n"
                "```python\nfrom shop.cart import Client\n\na = Client('x')\na.put(x=1)\n"
                "b = Client('x')\nb = c\nb.get(x=1)\na.d.get(x=1)\nclass E:\n"
                "    def get(self, a): a.get(x=1)\n```\n"
            ),
        },
    ),
    Example(
        "What is right, what is bound again, what fails, and what was",
        {
            **_SHOP,
            "README.md": (
                "```python\nfrom shop import Cart, rate\n\nCart(items=[], limit=3)\n"
                "Cart(boxes=3)  # TypeError: there are no boxes\n\n\ndef rate(land): ...\n\n\n"
                "rate(land='de')\n```\n\n## Before 2.0\n\n```python\nCart(boxes=3)\n```\n"
            ),
            "CHANGELOG.md": "```python\nfrom shop import Cart\nCart(boxes=3)\n```\n",
        },
    ),
]
