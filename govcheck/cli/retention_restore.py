"""Bring back what a run has archived: unpacked, compared, and put where it was or elsewhere."""

from argparse import ArgumentParser, Namespace

from govcheck.cli import UsageError, root_here
from govcheck.output.escape import visible
from govcheck.policy import Policy
from govcheck.policy.loading import load_policy
from govcheck.retention.errors import RunnerError
from govcheck.retention.inspection import restore
from govcheck.retention.recovery import settled

EXAMPLES = """\
examples:
  govcheck retention restore backups/20250101_120000
  govcheck retention restore backups/archive/20250101_120000.tar.gz --to /tmp/look
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("path", metavar="PATH", help="the item or its archive, from the root")
    add("--to", metavar="DIRECTORY", help="where to put it (default: where it was)")


def run(options: Namespace) -> int:
    """Unpack it; the archive stays."""
    root = root_here()
    policy = load_policy(root)
    try:
        with settled(root, policy, lambda line: print(visible(line), flush=True)) as here:
            where = restore(here, policy, options.path.rstrip("/"), options.to)
    except RunnerError as error:
        raise UsageError(str(error)) from error
    print(f"restored as {visible(where)}")
    _tell_what_to_do(policy, where)
    if options.to is None:
        print("The policy has not changed: the next run archives it again, unless it is held.")
    return 0


def _tell_what_to_do(policy: Policy, where: str) -> None:
    """The procedure that the policy has for the store of what was restored."""
    for store in policy.retention.stores.values():
        is_meant = any(where.startswith(f"{path}/") for path in store.paths)
        if is_meant and store.recovery is not None and store.recovery.procedure:
            print("The policy says how to go on (recovery.procedure):")
            for number, step in enumerate(store.recovery.procedure, 1):
                print(f"  {number}. {visible(step)}")
