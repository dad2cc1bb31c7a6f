"""Check the audit log, that each archive is what was put into it, and how far copies lag behind."""

import time
from argparse import ArgumentParser, Namespace

from govcheck.cli import UsageError, root_here
from govcheck.cli.progress import progress
from govcheck.output.escape import visible
from govcheck.policy.loading import load_policy
from govcheck.retention.errors import RunnerError
from govcheck.retention.inspection import inspect
from govcheck.retention.sync import behind

EXAMPLES = """\
examples:
  govcheck retention verify
  govcheck retention verify --live    also ask the buckets for their lifecycle rules

exit codes: 0 all is whole, 1 something is not, 2 something could not be looked at
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--live",
        action="store_true",
        help="also ask the object storage for the lifecycle rules of the policy's buckets",
    )


def run(options: Namespace) -> int:
    """Look at everything, and tell what is wrong."""
    root = root_here()
    policy = load_policy(root)
    try:
        with progress(enabled=True) as tick:
            found = inspect(root, policy, tick)
            mistakes = [*found.mistakes, *behind(root, policy, time.time())]
            if options.live:
                from govcheck.retention.lifecycle import disagreements

                mistakes += disagreements(policy)
    except RunnerError as error:
        raise UsageError(str(error)) from error
    for mistake in mistakes:
        print(visible(mistake))
    print(f"{found.records} records, {found.archives} archives: ", end="")
    print(f"{len(mistakes)} wrong" if mistakes else "all whole")
    return int(bool(mistakes))
