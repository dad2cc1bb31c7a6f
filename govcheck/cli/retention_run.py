"""Carry the plan out: archive and remove what the stores no longer keep.

What is removed lies in the trash first ('govcheck retention undo' brings it back), what is archived
is read back and compared before it goes, and every decision is in the audit log.
"""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from io import BufferedReader, TextIOWrapper
from typing import TextIO

from govcheck.cli import UsageError, root_here
from govcheck.cli.progress import progress
from govcheck.cli.retention_plan import check_stores
from govcheck.durations import Duration, shown_size
from govcheck.output.escape import visible
from govcheck.policy.loading import load_policy
from govcheck.retention.errors import RunnerError
from govcheck.retention.plan import Decision
from govcheck.retention.planning import plan, when, zone_of
from govcheck.retention.recovery import settled
from govcheck.retention.runner import Options, carry_out, told
from govcheck.retention.sync import sync

EXAMPLES = """\
examples:
  govcheck retention run --confirm              ask on the terminal, store by store
  govcheck retention run --auto                 from a timer
  govcheck retention run --auto --store logs --older-than 60d --exclude 'logs/audit/*'

exit codes: 0 done, or nothing to do; 2 something was refused or failed, and is told
"""

_SHOWN = 20


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--confirm", action="store_true", help="ask on the terminal first")
    mode.add_argument("--auto", action="store_true", help="ask nobody")
    add = parser.add_argument
    add("--store", action="append", default=[], metavar="NAME", help="only this store")
    add("--event", metavar="NAME", help="as on this event: 'clear-on' of the stores")
    add(
        "--exclude",
        action="append",
        default=[],
        type=_pattern,
        metavar="PATTERN",
        help="keep what a pattern names, as .gitignore has them; a path or name also literally",
    )
    add("--older-than", type=_duration, metavar="AGE", help="keep what is younger, in any case")
    add("--backup-first", action="store_true", help="archive all that would be removed")
    add(
        "--max-delete",
        type=_count,
        metavar="N",
        help="how many items of a store may be removed (by default a share: 'max-delete')",
    )


def run(options: Namespace) -> int:
    """Carry the plan out, and tell what was done."""
    root = root_here()
    policy = load_policy(root)
    check_stores(policy, options.store, options.event)
    runner = policy.retention.runner
    chosen = Options(
        mode="confirm" if options.confirm else "auto",
        backup_first=options.backup_first or runner.backup_first,
        exclude=options.exclude,
        older_than=options.older_than,
        max_delete=options.max_delete,
    )
    try:
        with settled(root, policy, lambda line: print(visible(line), flush=True)) as here:
            made = plan(
                root,
                policy,
                when(None, zone_of(policy)),
                stores=options.store,
                event=options.event,
                identities=not options.confirm,
            )
            due = iter(_confirmed([*made.notable()])) if options.confirm else made.due()
            totals = {name: sum(each.counts.values()) for name, each in made.tallies().items()}
            with progress(enabled=True) as tick:
                summary = carry_out(here, policy, due, totals, chosen, tick)
            copied = [
                (name, sync(here, name, store))
                for name, store in policy.retention.stores.items()
                if store.sync is not None and (not options.store or name in options.store)
            ]
    except RunnerError as error:
        raise UsageError(str(error)) from error
    notes = [*summary.notes, *(note for _, each in copied for note in each.notes)]
    for note in notes[:_SHOWN]:
        print(visible(note))
    if len(notes) > _SHOWN:
        print(f"and {len(notes) - _SHOWN} more: 'govcheck retention log --run {summary.run}'")
    for pattern in summary.unused:
        print(f"warning: --exclude {visible(pattern)} has kept nothing")
    for warning in made.warnings:
        print(f"warning: {visible(warning)}")
    for name, each in copied:
        if each.files:
            print(f"{visible(name)}: {each.files} files copied ({shown_size(each.size)})")
    print(f"run {summary.run}: {told(summary, runner.trash_keep)}")
    sys.stdout.flush()
    for error_of_plan in made.errors:
        print(f"error: {visible(error_of_plan)}", file=sys.stderr)
    is_whole = summary.is_whole and not any(each.notes for _, each in copied)
    return 0 if is_whole and not made.errors else 2


def _confirmed(due: Sequence[Decision]) -> Iterator[Decision]:
    """What somebody at the terminal agrees to; and what could not be judged."""
    yield from (each for each in due if each.action == "error")
    stores: dict[str, list[Decision]] = {}
    for each in due:
        if each.action in ("archive", "remove"):
            stores.setdefault(each.store, []).append(each)
    if not stores:
        return
    # Standard input may be a pipe, and what comes through it must not answer.
    try:
        handle = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError("there is no terminal to ask on: --auto asks nobody") from error
    with (
        open(handle, "rb", buffering=0) as raw,
        TextIOWrapper(BufferedReader(raw), encoding="utf-8", errors="replace") as terminal,
    ):
        everything = False
        for name, items in stores.items():
            if everything:
                yield from items
                continue
            answer = _ask(terminal, f"{visible(name)}: {_counted(items)}?", "y/n/items/all/quit")
            if answer == "quit":
                raise UsageError("quit: nothing was done")
            everything = answer == "all"
            if answer in ("yes", "all"):
                yield from items
            elif answer == "items":
                yield from _item_by_item(terminal, items)


def _item_by_item(terminal: TextIO, items: Sequence[Decision]) -> Iterator[Decision]:
    rest = False
    for each in items:
        if not rest:
            path = visible(f"{each.root}/{each.path}")
            size = f", {shown_size(each.size)}" if each.size is not None else ""
            why = visible("; ".join(each.reasons))
            question = f"{each.action} {path}{size} ({why})?"
            answer = _ask(terminal, question, "y/n/all/quit")
            if answer == "quit":
                raise UsageError("quit: nothing was done")
            if answer == "no":
                continue
            rest = answer == "all"
        yield each


def _ask(terminal: TextIO, question: str, answers: str) -> str:
    known = {"y": "yes", "n": "no", "a": "all", "q": "quit", "i": "items"}
    while True:
        os.write(terminal.fileno(), os.fsencode(f"{question} [{answers}] "))
        line = terminal.readline()
        if not line:
            return "quit"
        given = line.strip().lower()
        answer = known.get(given, given)
        if answer in known.values() and (answer != "items" or "items" in answers):
            return answer


def _counted(items: Sequence[Decision]) -> str:
    parts = []
    for action in ("remove", "archive"):
        count = sum(each.action == action for each in items)
        parts += [f"{action} {count}"] * bool(count)
    size = sum(each.size or 0 for each in items)
    return ", ".join(parts) + (f" ({shown_size(size)})" if size else "")


def _pattern(text: str) -> str:
    from govcheck.gitignore import is_pattern

    if not is_pattern(text):
        raise ArgumentTypeError(f"{visible(text)} is no pattern of .gitignore")
    return text


def _duration(text: str) -> Duration:
    try:
        return Duration(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no number of items")
    return int(text)
