"""Explain a rule: what it finds, why, what to do, and examples that are also its tests."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from govcheck import registry
from govcheck.cli import UsageError, uses_colour
from govcheck.keys import nearest
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
    if options.rule not in registry.names():
        hint = nearest(options.rule, registry.names())
        raise UsageError(f"unknown rule {options.rule!r}{hint}; 'govcheck rules' lists them")
    text = "\n".join(_page(options.rule)) + "\n"
    if not uses_colour("auto"):
        sys.stdout.write(text)
        return 0
    from rich.console import Console
    from rich.markdown import Markdown

    Console(highlight=False).print(Markdown(text))
    return 0


def _page(name: str) -> Iterator[str]:
    page = registry.page(name)
    fixes = {"safe": "`--fix`", "unsafe": "`--unsafe-fixes`", None: "no"}[page.fix]
    yield f"# {page.name}"
    yield ""
    yield page.summary
    yield ""
    yield f"Family: {page.family}. Severity: {page.severity}. Fix: {fixes}."
    yield ""
    yield page.explanation
    yield ""
    yield "## Examples"
    for example in registry.examples(name):
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
