"""Print what would become of each item of the stores, and which clause of the policy says so.

Nothing is changed.
"""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from json import dumps
from typing import NamedTuple

from govcheck.cli import UsageError, root_here
from govcheck.durations import shown_size
from govcheck.keys import nearest
from govcheck.output.escape import visible
from govcheck.policy import Policy
from govcheck.policy.loading import load_policy
from govcheck.retention.plan import Action, Decision
from govcheck.retention.planning import Plan, Tally, plan, when, zone_of

EXAMPLES = """\
examples:
  govcheck retention                            what is due today
  govcheck retention plan --all                 also what is kept, and why
  govcheck retention plan --check               the same as a test: exit code 1 if anything is due
  govcheck retention plan --store logs --today 2026-03-31

exit codes: 0 nothing is wrong, 1 with --check: something is due, 2 something could not be looked at
"""

_SHOWN = 200
_WORDS: dict[Action, str] = {
    "remove": "to remove",
    "archive": "to archive",
    "hold": "held",
    "keep": "kept",
    "error": "in error",
}


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--store", action="append", default=[], metavar="NAME", help="only this store")
    add("--event", metavar="NAME", help="as on this event: 'clear-on' of the stores")
    add("--all", action="store_true", help="list also what is kept")
    add("--check", action="store_true", help="exit with 1 if anything is due")
    add("--today", type=moment_of, metavar="TIME", help="a day or a time (ISO 8601) that is now")
    add("--output-format", choices=("text", "json"), default="text", help="(default: text)")


def run(options: Namespace) -> int:
    """Print the plan."""
    root = root_here()
    policy = load_policy(root)
    check_stores(policy, options.store, options.event)
    made = plan(
        root,
        policy,
        when(options.today, zone_of(policy)),
        stores=options.store,
        event=options.event,
    )
    if options.output_format == "json":
        _print_json(made)
    else:
        _print_text(made, everything=options.all)
    if made.errors or any(tally.counts["error"] for tally in made.tallies().values()):
        return 2
    return int(options.check and made.is_anything_due())


def moment_of(text: str) -> date | datetime:
    """A day or a time in ISO 8601.

    Raises:
        ArgumentTypeError: the text is neither.
    """
    try:
        return (
            datetime.fromisoformat(text)
            if len(text) > len("2026-01-31")
            else (date.fromisoformat(text))
        )
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is neither a day such as 2026-01-31 nor a time such as 2026-01-31T12:00:00Z"
        ) from None


def check_stores(policy: Policy, names: Iterable[str], event: str | None = None) -> None:
    """Whether the policy has these stores, and one that is cleared on the event.

    Raises:
        UsageError: it lacks one, or has none at all.
    """
    known = list(policy.retention.stores)
    if not known:
        raise UsageError("the policy has no stores: [retention.stores.NAME] declares one")
    for name in names:
        if name not in known:
            raise UsageError(f"unknown store {name!r}{nearest(name, known)}")
    events = [each for store in policy.retention.stores.values() for each in store.clear_on]
    if event is not None and event not in events:
        raise UsageError(f"no store is cleared on {event!r}{nearest(event, events)}")


def _print_json(made: Plan) -> None:
    """All decisions, one a line, as they come."""
    write = sys.stdout.write
    write(f'{{"version": 1, "today": {dumps(made.now.isoformat())},\n"items": [')
    separator = "\n"
    reasons: dict[tuple[str, ...], str] = {}
    for each in made.decisions():
        if each.reasons not in reasons:
            if len(reasons) > _SHOWN:
                reasons.clear()
            reasons[each.reasons] = dumps(each.reasons)
        time = f'"{each.time.isoformat()}"' if each.time is not None else "null"
        archived = ', "archived": true' if each.archived else ""
        size = f', "size": {each.size}' if each.size is not None else ""
        path = dumps(f"{each.root}/{each.path}")
        write(
            f'{separator}{{"store": {dumps(each.store)}, "path": {path}, "time": {time},'
            f' "action": "{each.action}", "reasons": {reasons[each.reasons]}{size}{archived}}}'
        )
        separator = ",\n"
    stores = {name: {**each.counts, "freed": each.freed} for name, each in made.tallies().items()}
    rest = {"summary": {"stores": stores}, "warnings": made.warnings, "errors": made.errors}
    write(f"],\n{dumps(rest)[1:]}\n")


class _Row(NamedTuple):
    action: str
    size: str
    time: str
    path: str
    why: str


def _print_text(made: Plan, *, everything: bool) -> None:
    tallies = made.tallies()
    rows: dict[str, list[_Row]] = {name: [] for name in tallies}
    for each in made.decisions() if everything else made.first(_SHOWN):
        rows[each.store].append(_row(each))
    for name, tally in tallies.items():
        print(f"{visible(name)}: {_told(tally)}")
        for line in _lines(rows[name]):
            print(f"  {line}".rstrip())
        more = sum(tally.counts.values()) - tally.counts["keep"] - len(rows[name])
        if more > 0 and not everything:
            print(f"  and {more} more (--all lists them)")
    for warning in made.warnings:
        print(f"warning: {visible(warning)}")
    sys.stdout.flush()
    for error in made.errors:
        print(f"error: {visible(error)}", file=sys.stderr)
    due = sum(tally.due for tally in tallies.values())
    freed = sum(tally.freed for tally in tallies.values())
    print(f"{due} due, {shown_size(freed)} to be freed." if due else "Nothing is due.")


def _told(tally: Tally) -> str:
    """A store in a line."""
    counts = [(action, tally.counts[action]) for action in _WORDS if tally.counts[action]]
    said = [f"{count} {_WORDS[action]}" for action, count in counts]
    freed = f"; {shown_size(tally.freed)} to be freed" if tally.freed else ""
    return (", ".join(said) or "empty") + freed


def _row(each: Decision) -> _Row:
    time = each.time.strftime("%Y-%m-%d %H:%M") if each.time is not None else "-"
    size = shown_size(each.size) if each.size is not None else "-"
    path = visible(f"{each.root}/{each.path}")
    bare = path.rstrip(" ")
    path = bare + "␠" * (len(path) - len(bare))  # the column would hide it
    return _Row(each.action, size, time, path, visible("; ".join(each.reasons)))


def _lines(rows: list[_Row]) -> Iterator[str]:
    if not rows:
        return
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 0
    longest = max(len(row.path) for row in rows)
    path_width = min(longest, max(20, width // 3)) if width else min(longest, 60)
    for row in rows:
        yield f"{row.action:<8}{row.size:>8}  {row.time:<16}  {row.path:<{path_width}}  {row.why}"
