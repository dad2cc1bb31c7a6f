"""Print what documents must say: the blocks that govcheck writes, or a page about the policy."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import date

from govcheck.cli import UsageError, root_here
from govcheck.output.escape import visible
from govcheck.policy import Policy
from govcheck.policy.loading import load_policy
from govcheck.repo import Repo

EXAMPLES = """\
examples:
  govcheck docs
  govcheck docs flags --columns flag,default,owner
  govcheck docs index files='docs/decisions/*.md'
  govcheck docs --fix
  govcheck docs --governance > GOVERNANCE.md
"""

_RULES = ("managed-block", "bound-value")


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "block",
        nargs="*",
        metavar="BLOCK",
        help="a block to print, and its options; all blocks of all documents, where it is missing",
    )
    parser.add_argument("--columns", metavar="NAMES", help="the columns of the block")
    parser.add_argument(
        "--today",
        type=date.fromisoformat,
        metavar="DATE",
        help="the day that decides what is overdue",
    )
    parser.add_argument("--fix", action="store_true", help="write the blocks of all documents")
    parser.add_argument(
        "--governance",
        action="store_true",
        help="print the policy as a document for people who do not read TOML",
    )


def run(options: Namespace) -> int:
    """Print the blocks, or write them; it is no check, so findings do not change the exit code."""
    root = root_here()
    what = " ".join(options.block)
    if (options.fix or options.governance) and (options.block or options.columns):
        flag = "--fix" if options.fix else "--governance"
        raise UsageError(f"{flag} is about all blocks: it takes no {what or '--columns'}")
    if options.fix and options.governance:
        raise UsageError("--governance prints a document, and --fix writes blocks: ask for one")
    if options.columns and not options.block:
        raise UsageError("--columns are those of one block: name it, as in 'govcheck docs flags'")
    if options.fix:
        return _fix(root)
    policy = load_policy(root, today=options.today)
    repo = Repo(root, policy.exclude)
    if options.governance:
        from govcheck.docs.governance import governance

        sys.stdout.write("\n".join(governance(repo, policy)) + "\n")
        return 0
    if options.block:
        print("\n".join(_one(repo, policy, options.block, options.columns)))
        return 0
    for line in _all(repo, policy):
        print(line)
    return 0


def _one(repo: Repo, policy: Policy, words: list[str], columns: str | None) -> Iterator[str]:
    from govcheck.docs.blocks import VALUES, BlockError, options_of, stated, tabled
    from govcheck.docs.table import markdown

    name, *rest = words
    try:
        given = options_of(rest)
        if columns is not None:
            given["columns"] = columns
        if name in VALUES:
            yield visible(stated(repo, policy, name, given))
            return
        yield from map(visible, markdown(tabled(repo, policy, name, given)))
    except BlockError as error:
        meant = all(os.path.exists(word) for word in words)
        hint = f"; 'govcheck check docs {' '.join(words)}' checks these paths" if meant else ""
        raise UsageError(f"{error}{hint}") from error


def _all(repo: Repo, policy: Policy) -> Iterator[str]:
    from govcheck.docs.blocks import TABLES, BlockError, blocks, content
    from govcheck.docs.documents import documents

    found = False
    for doc in repo.view(documents, policy):
        for block in doc.document.view(blocks):
            found = True
            line = doc.document.span(block.comment.start, block.comment.end).line
            yield f"{visible(doc.path)}:{line}: {visible(' '.join(block.comment.text.split()))}"
            yield ""
            try:
                lines = content(repo, policy, doc.document, block)
            except BlockError as error:
                lines = [f"(it cannot be written: {error})"]
            yield from map(visible, lines)
            yield ""
    if not found:
        yield "No document has a block that govcheck writes. A block is one of these:"
        yield f"  {', '.join(TABLES)}, count, value"
        yield "'govcheck docs flags' prints one; 'govcheck explain managed-block' tells the rest."


def _fix(root: str) -> int:
    from govcheck.api import fix
    from govcheck.output import render

    report = fix(root, select=_RULES)
    sys.stdout.write(render("text", report, rules=list, colour=False))
    return report.exit_code
