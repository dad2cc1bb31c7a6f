"""Check the audit log, and that each archive is still what was put into it."""

from argparse import ArgumentParser, Namespace

from govcheck.cli import UsageError, root_here
from govcheck.cli.progress import progress
from govcheck.output.escape import visible
from govcheck.policy.loading import load_policy
from govcheck.retention.errors import RunnerError
from govcheck.retention.inspection import inspect

EXAMPLES = """\
examples:
  govcheck retention verify

exit codes: 0 all is whole, 1 something is not, 2 something could not be looked at
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""


def run(options: Namespace) -> int:
    """Look at everything, and tell what is wrong."""
    root = root_here()
    policy = load_policy(root)
    try:
        with progress(enabled=True) as tick:
            found = inspect(root, policy, tick)
    except RunnerError as error:
        raise UsageError(str(error)) from error
    for mistake in found.mistakes:
        print(visible(mistake))
    print(f"{found.records} records, {found.archives} archives: ", end="")
    print(f"{len(found.mistakes)} wrong" if found.mistakes else "all whole")
    return int(bool(found.mistakes))
