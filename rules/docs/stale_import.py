"""A Python block of a document imports from the repository what is not there.

Looked at are the imports at the left margin of Python blocks, sessions, too, from packages that the
repository holds, in Markdown and in the `code-block`s of reStructuredText. A module offers what its
statements define, also in `if` and `try`, what it imports, and its submodules, in any of the
projects that have a module of its name. Of a module that computes its names (`__getattr__`,
`globals()`, a star from elsewhere), or that has a native twin, nothing is said, nor of a package
that hands its own name to a function, which may put another in its place, and neither is it of
modules that git never had in a package which holds nothing itself: plugins may be installed there.

Nor is anything said where the line above the block, the heading, or a comment at the import speak
of what was or will be (old, legacy, deprecated, removed, previous, former, no longer, instead of,
wrong, avoid, bad, migrate, rename, proposed, planned, "before", arrows), in documents of the
classes `plan` and `history`, in those called after migrating or upgrading, in those that say above
their first section that they are deprecated or out of date, of what a warning there names, in a
translation of what the original shows so, of packages in folders of examples, samples, demos,
fixtures and resources, and of what the reader is to write (`new_part`, `part_a`, `MyPart`,
`ThingAdded`, a package that a command such as `tool create` makes, what a block defines that is
called like the module's file).

## How to resolve

Import what there is. With `--unsafe-fixes` the module is written that alone defines the name.

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
    """Imports that fail."""
    if not repo.view(has_code, policy):
        return
    from govcheck.docs.documents import told
    from govcheck.docs.imports import stale_imports  # only a run of the rule pays for it

    for each in repo.view(stale_imports, policy):
        if each.name:
            message = f"{each.module} has no {each.name}"
        else:
            message = f"there is no module {each.module}"
        fix = None
        if each.home is not None and each.home != each.module:
            message += f": {each.home} defines it" if each.name else f": see {each.home}"
            at = each.module_span
            edit = Edit(at.path, at.start, at.end, each.home)
            fix = Fix(f"import from {each.home}", (edit,), safe=False)
        if each.doc.generator:
            fix = None
        data = {"module": each.module, "name": each.name}
        yield rule.finding(each.span, f"{message}{told(each.doc)}", fix=fix, data=data)


rule = Rule("stale-import", "docs", check, fix="unsafe")

_PACKAGE = {
    "shop/__init__.py": (
        "from importlib.metadata import version\nfrom shop.cart import Cart\n\n"
        "__version__ = version('shop')\n"
    ),
    "shop/cart.py": "class Cart: ...\n\n\nif True:\n    LIMIT, *REST = 1, 2\n",
    "shop/tax/vat.py": "def rate(): ...\n",
}

examples = [
    Example(
        "A module that is gone, a name that is elsewhere, and one in a session",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "README.md": (
                "```python\nfrom shop.basket import Cart\nfrom shop import Cart, rate\n```\n\n"
                "- Or:\n\n  ```pycon\n  >>> from shop.cart import rate\n  ```\n\n"
                "```py\nimport shop.orders\n```\n"
            ),
        },
        (
            "README.md:2:6: there is no module shop.basket: see shop.cart",
            "README.md:3:24: shop has no rate",
            "README.md:9:29: shop.cart has no rate: shop.tax.vat defines it",
            "README.md:13:8: there is no module shop.orders",
        ),
        {
            "README.md": (
                "```python\nfrom shop.cart import Cart\nfrom shop import Cart, rate\n```\n\n"
                "- Or:\n\n  ```pycon\n  >>> from shop.tax.vat import rate\n  ```\n\n"
                "```py\nimport shop.orders\n```\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "In reStructuredText",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "docs/a.rst": (
                "Use\n===\n\n.. code-block:: python\n   :linenos:\n\n"
                "   from shop import Cart, rate\n\n"
                "Old\n===\n\n.. code-block:: python\n\n   from shop import gone\n"
            ),
        },
        ("docs/a.rst:7:27: shop has no rate",),
    ),
    Example(
        "A module that sets attributes of what it is given",
        {
            "govcheck.toml": "",
            "shop/__init__.py": "",
            "shop/load.py": "def fill(cart, name):\n    setattr(cart, name, 1)\n",
            "README.md": "```python\nfrom shop.load import Gone\n```\n",
        },
        ("README.md:2:23: shop.load has no Gone",),
    ),
    Example(
        "What is no block of Python, what was, and a project that tests are tried on",
        {
            "govcheck.toml": '[[docs.class]]\nname = "history"\npaths = ["NEWS.rst"]\n',
            **_PACKAGE,
            "docs/a.rst": (
                "::\n\n   from shop import rate\n\n.. code-block:: text\n\n"
                "   from shop import rate\n\n.. code-block:: python\n\n"
                "   from shop import Cart\n\nfrom shop import rate\n"
            ),
            "NEWS.rst": ".. code:: python\n\n   from shop import rate\n",
            "README.md": "```python\nfrom service import Menu\n```\n",
            "tests/tried/pyproject.toml": "",
            "tests/tried/service.py": "",
        },
    ),
    Example(
        "Modules that set names of their own, or of others",
        {
            "govcheck.toml": "",
            "shop/__init__.py": "import shop.load as this\nsetattr(this, 'Gone', 1)\n",
            "shop/load.py": (
                "import importlib\nsetattr(importlib.import_module(__name__), 'Gone', 1)\n"
            ),
            "shop/more.py": "def add(module):\n    setattr(module, 'Gone', 1)\n",
            "README.md": (
                "```python\nfrom shop import Gone\nfrom shop.load import Gone\n"
                "from shop.more import Gone\n```\n"
            ),
        },
    ),
    Example(
        "What a module defines, imports, or has below it; namespaces, and other packages",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "README.md": (
                "```python\nfrom shop import Cart, cart, tax\nfrom shop.cart import LIMIT\n"
                "import shop.tax.vat\nfrom shop.tax.vat import rate\nfrom django.db import gone\n"
                "from shop import my_plugin\n\ndef late():\n    from shop import x\n```\n"
            ),
        },
    ),
    Example(
        "Modules that compute their names, take all of another, or have a native twin",
        {
            "govcheck.toml": "",
            "a/__init__.py": "def __getattr__(name): ...\n",
            "b/__init__.py": "from numpy import *\n",
            "c/__init__.py": "from .d import *\n",
            "c/d.py": "x = 1\n",
            "c/fast.pyx": "",
            "README.md": (
                "```python\nfrom a import x\nfrom b import x\nfrom c import x, fast\n"
                "from c.fast import y\n```\n"
            ),
        },
    ),
    Example(
        "Before and after, plans and history",
        {
            "govcheck.toml": (
                '[[docs.class]]\nname = "history"\npaths = ["CHANGELOG.md"]\n'
                '[[docs.class]]\nname = "plan"\npaths = ["PLAN.md"]\n'
            ),
            **_PACKAGE,
            "UPGRADE.md": (
                "Before:\n\n```python\nfrom shop import Basket\n```\n\nThis:\n\n"
                "```python\n# old\nfrom shop import Basket\n```\n"
            ),
            "CHANGELOG.md": "```python\nfrom shop import Basket\n```\n",
            "PLAN.md": "```python\nfrom shop import Basket\n```\n",
        },
    ),
    Example(
        "Samples, and what the reader is to write",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "examples/pyproject.toml": "[project]\nname = 'toy'\n",
            "examples/toy/__init__.py": "",
            "UPGRADE.md": (
                "Before (1.x), it was set\nup by hand:\n\n```python\nfrom shop import Basket\n```\n"
            ),
            "README.md": (
                "```python\nfrom toy import car\nfrom shop.new_part import Part\n"
                "from shop.part_a import part\nfrom shop.parts import MyPart\n"
                "from shop.user.NAME_OF_USER import part\n"
                "from shop.thing_parts import part\nfrom shop import ThingAdded\n```\n"
            ),
        },
    ),
    Example(
        "A document that says that it holds no more, and a warning of what is gone",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "basket.md": (
                "# Baskets\n\nThe content below is deprecated.\n\n## Use\n\n"
                "```python\nfrom shop import Basket\n```\n"
            ),
            "tool.md": (
                "# Basket\n\n<Warning>\n`Basket` is not part of `shop`.\n</Warning>\n\n## Use\n\n"
                "```python\nfrom shop import Basket\n```\n"
            ),
        },
    ),
    Example(
        "A translation of what the original shows as old, and of what it shows as it is",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "docs/en/a.md": (
                "```python\n# Old\nfrom shop import Basket\n```\n\n"
                "```python\nfrom shop import Trolley\n```\n"
            ),
            "docs/ko/a.md": (
                "```python\n# 이전\nfrom shop import Basket\n```\n\n"
                "```python\nfrom shop import Trolley\n```\n"
            ),
        },
        (
            "docs/en/a.md:7:18: shop has no Trolley",
            "docs/ko/a.md:7:18: shop has no Trolley",
        ),
    ),
    Example(
        "The package that the reader is told to make",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "guide.md": (
                "```sh\nuv run tool create --name shop\n```\n\n"
                "```python\nfrom shop import Basket\n```\n"
            ),
        },
    ),
    Example(
        "A package into which plugins are installed, and a module that it had",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "shop/adapters/__init__.py": "class Base: ...\n",
            "README.md": (
                "```python\nfrom shop.adapters.console import Adapter\n"
                "from shop.adapters.old import Adapter\n```\n"
            ),
        },
        ("README.md:3:6: there is no module shop.adapters.old",),
        before={"shop/adapters/old.py": "Adapter = 1\n"},
    ),
    Example(
        "What the module of that name in another project has",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "next/pyproject.toml": "[project]\nname = 'shop'\n",
            "next/shop/__init__.py": "Shelf = 1\n",
            "README.md": (
                "```python\nfrom shop import Cart, Shelf\n\n"
                "# Before (v1)\nfrom shop import Till\n```\n\n"
                '```python title="shop/__init__.py"\nclass Basket: ...\n```\n\n'
                "```python\nfrom shop import Basket\n```\n"
            ),
        },
    ),
    Example(
        "The folder of a project that is called like the package that it is made for",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['packages']\n",
            "packages/till/pyproject.toml": "[project]\nname = 'shop-till'\n",
            "packages/till/shop_till/__init__.py": "",
            "packages/till/README.md": "```python\nfrom till.server import Server\n```\n",
        },
    ),
    Example(
        "A package that another is put in the place of, and what a block's title says",
        {
            "govcheck.toml": "",
            **_PACKAGE,
            "shop/till/__init__.py": (
                "from shop.shim import alias\n\nalias('shop.till', 'shop_till')\n"
            ),
            "shop/shim.py": "def alias(old, new): ...\n",
            "README.md": (
                "```python\nfrom shop.till.desk import Desk\nfrom shop.till import Till\n```\n\n"
                "```python Python (previous)\nfrom shop import Shelf\n```\n\n"
                "```sh\npython -m shop.till.desk\n```\n"
            ),
            "MIGRATION.md": "```python\nfrom shop import Shelf\n```\n",
            "skill.md": "```python\nfrom shop import Cart, NewPartParameters\n```\n",
        },
    ),
    Example(
        "A class that stands for any",
        {
            "govcheck.toml": "",
            "shop/__init__.py": "",
            "shop/tills.py": "class Till: ...\n",
            "README.md": "```python\nfrom shop.tills import ChosenTill\n\nChosenTill(...)\n```\n",
        },
    ),
]
