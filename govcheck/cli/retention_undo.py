"""Bring back what a run has moved to the trash, by default the last one that has."""

from argparse import ArgumentParser, Namespace

from govcheck.cli import UsageError, root_here
from govcheck.output.escape import visible
from govcheck.policy.loading import load_policy
from govcheck.retention.errors import RunnerError
from govcheck.retention.recovery import settled, undo

EXAMPLES = """\
examples:
  govcheck retention undo
  govcheck retention undo 20260131T040000Z-1f9a3c
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run", nargs="?", metavar="RUN", help="the run, as it was told")


def run(options: Namespace) -> int:
    """Bring it back, and tell what could not be."""
    root = root_here()
    policy = load_policy(root)
    try:
        with settled(root, policy, lambda line: print(visible(line), flush=True)) as here:
            undone = undo(here, policy, options.run)
    except RunnerError as error:
        raise UsageError(str(error)) from error
    for note in undone.notes:
        print(visible(note))
    print(f"run {undone.run}: {undone.restored} brought back")
    if undone.restored:
        print("The policy has not changed: the next run removes them again, unless they are held.")
    return 0 if all("not brought back" not in note for note in undone.notes) else 2
