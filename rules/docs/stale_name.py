r"""A document names a metric, an event, an error code or the like that no code defines.

Which names are meant is declared, a family at a time:

```toml
[[docs.name-family]]
name = "metric"
pattern = '\b(?:shop|cart)_[a-z0-9_]+_(?:total|seconds)\b'   # or its first group
defined-in = ["src/**/*.py"]
prefixes = ["shop_queue_"]          # what names begin with that the code composes
suffixes = ["_bucket", "_count"]    # what may stand behind a name
known = ["shop_proxy_*"]            # defined by something else
both = true                         # what code defines, documents must name, too
```

Looked at are code spans and blocks (`in = "text"`: all of the text) of documents but those of the
classes `plan` and `history`. A name is defined where it stands in one of the files, whole.

## How to resolve

Write the name that the code has, or declare what composes it.

## How to except

`known` in the family, a suppression comment, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Names that one side lacks."""
    if not policy.docs.name_family:
        return
    from govcheck.docs.documents import told  # only such a policy pays for them
    from govcheck.docs.names import stale_names
    from govcheck.keys import nearest

    for each in repo.view(stale_names, policy):
        family = policy.docs.name_family[each.family]
        origin = policy.origin("docs", "name-family", each.family)
        data = {"family": family.name, "name": each.name}
        if each.doc is None:
            message = f"no document names the {family.name} {each.name} ({origin})"
            yield rule.finding(each.span, message, data=data)
            continue
        hint = nearest(each.name, each.near)
        message = f"no code defines the {family.name} {each.name}{hint} ({origin})"
        yield rule.finding(each.span, f"{message}{told(each.doc)}", data=data)


rule = Rule("stale-name", "docs", check)

_FAMILY = (
    '[[docs.name-family]]\nname = "metric"\npattern = \'\\bshop_[a-z_]+\'\ndefined-in = ["*.py"]\n'
)

examples = [
    Example(
        "In a span and a block",
        {
            "govcheck.toml": _FAMILY,
            "app.py": "ORDERS = Counter('shop_orders_total')\n",
            "README.md": "`shop_order_total` and\n\n```promql\nrate(shop_carts[5m])\n```\n",
        },
        (
            "README.md:1:2: no code defines the metric shop_order_total (did you mean"
            " 'shop_orders_total'?) (govcheck.toml:1)",
            "README.md:4:6: no code defines the metric shop_carts (govcheck.toml:1)",
        ),
    ),
    Example(
        "What code defines, documents must name",
        {
            "govcheck.toml": f"{_FAMILY}both = true\n",
            "app.py": "A = 'shop_orders'\nB = 'shop_carts'\n",
            "README.md": "`shop_orders`\n",
        },
        ("app.py:2:6: no document names the metric shop_carts (govcheck.toml:1)",),
    ),
    Example(
        "What code defines, composes, and what something else does; in plain prose",
        {
            "govcheck.toml": (
                f'{_FAMILY}prefixes = ["shop_queue_"]\nknown = ["shop_proxy_*"]\n'
                'suffixes = ["_sum"]\n'
            ),
            "app.py": "A = 'shop_orders'\nB = f'shop_queue_{name}'\n",
            "README.md": (
                "`shop_orders`, `shop_orders_sum`, `shop_queue_len`, `shop_proxy_up`, `shop_ord*`,"
                " shop_x\n"
            ),
        },
    ),
    Example(
        "A plan, and history",
        {
            "govcheck.toml": (
                f'{_FAMILY}[[docs.class]]\nname = "history"\npaths = ["CHANGELOG.md"]\n'
                '[[docs.class]]\nname = "plan"\npaths = ["PLAN.md"]\n'
            ),
            "app.py": "",
            "CHANGELOG.md": "`shop_carts`\n",
            "PLAN.md": "`shop_carts`\n",
        },
    ),
    Example(
        "No family, no finding",
        {"govcheck.toml": "", "README.md": "`shop_carts`\n"},
    ),
]
