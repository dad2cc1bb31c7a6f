"""List the rules: name, family, severity, what --fix can do, and what the rule finds."""

from argparse import ArgumentParser, Namespace

from govcheck import registry

EXAMPLES = """\
examples:
  govcheck rules
  govcheck explain retired-flag
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(options: Namespace) -> int:
    """Print one line a rule."""
    pages = [registry.page(name) for name in registry.names()]
    rows = [("rule", "family", "severity", "fix", "finds")]
    rows += [(p.name, p.family, p.severity, p.fix or "-", p.summary.rstrip(".")) for p in pages]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[4]]))
    return 0
