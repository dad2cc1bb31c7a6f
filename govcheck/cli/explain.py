"""Explain a rule: what it finds, why, what to do, and examples that are also its tests."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from govcheck.catalogue import Catalogue
from govcheck.cli import UsageError, uses_colour
from govcheck.keys import nearest
from govcheck.output.escape import visible
from govcheck.policy.loading import find_root, load_policy
from govcheck.rule import Example

EXAMPLES = """\
examples:
  govcheck explain retired-flag
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("rule", metavar="RULE", help="the name of a rule")


def run(options: Namespace) -> int:
    """Print the page: rendered on a terminal, as Markdown elsewhere."""
    catalogue = Catalogue({})
    root = find_root(os.getcwd())
    if options.rule not in catalogue.names() and root is not None:
        catalogue = load_policy(root).catalogue
    if options.rule not in catalogue.names():
        hint = nearest(options.rule, catalogue.names())
        raise UsageError(f"unknown rule {options.rule!r}{hint}; 'govcheck rules' lists them")
    text = visible("\n".join(_page(catalogue, options.rule)) + "\n", keep="\n\t")
    if not uses_colour("auto"):
        sys.stdout.write(text)
        return 0
    from rich.console import Console
    from rich.markdown import Markdown

    Console(highlight=False).print(Markdown(text))
    return 0


def _page(catalogue: Catalogue, name: str) -> Iterator[str]:
    page = catalogue.page(name)
    fixes = {"safe": "`--fix`", "unsafe": "`--unsafe-fixes`", None: "no"}[page.fix]
    yield f"# {page.name}"
    yield ""
    yield page.summary
    yield ""
    yield f"Family: {page.family}. Severity: {page.severity}. Fix: {fixes}."
    yield ""
    yield page.explanation
    yield ""
    examples = catalogue.examples(name)
    if examples:
        yield "## Examples"
    for example in examples:
        yield from _example(example)


def _example(example: Example) -> Iterator[str]:
    yield ""
    yield f"### {example.title}"
    for path, text in example.files.items():
        yield ""
        yield f"`{path}`:"
        yield ""
        lines = text.splitlines()
        yield from (f"    {line[:100]}" for line in lines or ["(empty)"])
    yield ""
    if example.findings:
        yield "Findings:"
        yield ""
        yield from (f"    {finding}" for finding in example.findings)
    else:
        yield "No findings."
    for path, text in example.fixed.items():
        yield ""
        yield f"`{path}` after fixing:"
        yield ""
        yield from (f"    {line}" for line in text.splitlines() or ["(empty)"])
