"""Trying the examples of the rules that a policy brings: what each finds, and what it should."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace

from govcheck.checks.section import CheckExample
from govcheck.engine import Selection, run
from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo


def mistaken(policy: Policy, name: str, example: CheckExample) -> Iterator[str]:
    """What is not as an example of a rule says, a line each.

    The rule runs alone, over the example's files in a directory of their own.

    Raises:
        OSError: the files cannot be written.
    """
    alone = replace(policy, select=None, ignore=(), exclude=(), overrides=(), exceptions=())
    with tempfile.TemporaryDirectory(prefix="govcheck-") as root:
        for path, text in example.files.items():
            target = os.path.join(root, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        report = run(Repo(root), alone, Selection(select=(name,)))
    yield from (problem.message for problem in report.problems)
    yield from _differences(example.findings, report.findings)


def _differences(expected: Sequence[str], found: Sequence[Finding]) -> Iterator[str]:
    left = list(found)
    # The most exact places first, so that none takes the finding of another.
    for place in sorted(expected, key=lambda each: -each.count(":")):
        matching = (each for each in left if f"{_place(each)}:".startswith(f"{place}:"))
        finding = next(matching, None)
        if finding is None:
            yield f"it finds nothing at {place}"
        else:
            left.remove(finding)
    for each in left:
        if "unused" not in each.data:  # an example need not have all that the policy speaks of
            yield f"it finds at {_place(each)}: {each.message}"


def _place(finding: Finding) -> str:
    return f"{finding.span.path}:{finding.span.line}:{finding.span.column}"
