"""Put up with the findings of today, and only with these.

The first call writes all of them to a file that belongs under version control. Later calls only
take out what is gone; new findings are never added. To begin anew, delete the file.
"""

import sys
from argparse import ArgumentParser, Namespace

from govcheck.api import update_baseline
from govcheck.baseline import BASELINE_FILE, BaselineError
from govcheck.cli import UsageError, root_here

EXAMPLES = """\
examples:
  govcheck baseline
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(options: Namespace) -> int:
    """Write or shrink the baseline and say what it holds."""
    try:
        report = update_baseline(root_here())
    except BaselineError as error:
        raise UsageError(f"{BASELINE_FILE}: {error}") from error
    for problem in report.problems:
        print(f"error: {problem.path or problem.rule}: {problem.message}", file=sys.stderr)
    if report.problems:
        return 2
    allowed = sum(each.by == "baseline" for each in report.silenced)
    print(f"{BASELINE_FILE} allows {allowed} {'finding' if allowed == 1 else 'findings'}")
    if report.findings:
        print(f"{len(report.findings)} more remain as findings, since a baseline only shrinks")
    return report.exit_code
