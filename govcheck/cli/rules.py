"""List the rules: name, family, severity, what --fix can do, and what the rule finds."""

import os
from argparse import ArgumentParser, Namespace

from govcheck.catalogue import Catalogue
from govcheck.output.escape import visible
from govcheck.policy import PolicyError
from govcheck.policy.loading import find_root, load_policy

EXAMPLES = """\
examples:
  govcheck rules
  govcheck explain retired-flag
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(options: Namespace) -> int:
    """Print one line a rule, those of the policy last.

    Raises:
        PolicyError: there is a policy and it cannot be read; the other rules are printed all the
            same.
    """
    root = find_root(os.getcwd())
    try:
        _print(load_policy(root).catalogue if root is not None else Catalogue({}))
    except PolicyError:
        _print(Catalogue({}))
        raise
    return 0


def _print(catalogue: Catalogue) -> None:
    pages = [catalogue.page(name) for name in catalogue.names()]
    rows = [("rule", "family", "severity", "fix", "finds")]
    rows += [(p.name, p.family, p.severity, p.fix or "-", p.summary.rstrip(".")) for p in pages]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, visible(row[4])]))
