"""Print the markers of the repository: what registers them, which tests bear them, who asks."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from govcheck.cli import root_here
from govcheck.markers import has_tests
from govcheck.output.escape import visible
from govcheck.policy import Policy
from govcheck.policy.loading import load_policy
from govcheck.repo import Repo

EXAMPLES = """\
examples:
  govcheck markers
  govcheck markers --output-format markdown > docs/markers.md
"""

_HEADER = ("marker", "registered", "tests", "asked for by")
_SHOWN = 3


class _Row(NamedTuple):
    """What there is to say of one marker; `tests` counts functions, not cases."""

    marker: str
    registered: str
    tests: int
    commands: tuple[str, ...]


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--output-format",
        choices=("text", "markdown", "json"),
        default="text",
        help="how to print the table (default: text)",
    )


def run(options: Namespace) -> int:
    """Print the table; it is no check, so findings do not change the exit code."""
    root = root_here()
    policy = load_policy(root)
    repo = Repo(root, policy.exclude)
    rows = [*_rows(repo, policy)] if repo.view(has_tests) else []
    match options.output_format:
        case "json":
            print(json.dumps([row._asdict() for row in rows], indent=2, ensure_ascii=False))
        case "markdown":
            print("\n".join(_markdown(rows)))
        case _ if not rows:
            print("No test of this repository bears a marker, and none is registered.")
        case _:
            print("\n".join(_text(rows)))
    return 0


def _rows(repo: Repo, policy: Policy) -> Iterator[_Row]:
    from govcheck.markers.commands import selections
    from govcheck.markers.expression import names
    from govcheck.markers.registration import BUILT_IN, known, registrations
    from govcheck.markers.suite import suite

    where = {each.name: f"{each.span.path}:{each.span.line}" for each in repo.view(registrations)}
    borne: dict[str, int] = {}
    for test in repo.view(suite).tests:
        for name in test.names | {mark.name for mark in test.function.param_marks}:
            borne[name] = borne.get(name, 0) + 1
    asked: dict[str, list[str]] = {}
    for each in repo.view(selections):
        for name in names(each.text):
            asked.setdefault(name, []).append(f"{each.span.path}:{each.span.line}")
    registered = repo.view(known, policy)
    for name in [*where, *sorted(borne.keys() - where.keys())]:
        given = "pytest" if name in BUILT_IN else "a plugin" if name in registered else "nothing"
        commands = tuple(dict.fromkeys(asked.get(name, ())))
        yield _Row(name, where.get(name, given), borne.get(name, 0), commands)


def _asked(row: _Row) -> str:
    shown = ", ".join(row.commands[:_SHOWN])
    more = len(row.commands) - _SHOWN
    return visible(f"{shown} and {more} more" if more > 0 else shown)


def _text(rows: Sequence[_Row]) -> Iterator[str]:
    cells = [(visible(r.marker), visible(r.registered), str(r.tests), _asked(r)) for r in rows]
    rows_of_text = [_HEADER, *cells]
    widths = [max(len(each[column]) for each in rows_of_text) for column in range(3)]
    for marker, registered, tests, asked in rows_of_text:
        line = f"{marker:<{widths[0]}}  {registered:<{widths[1]}}  {tests:>{widths[2]}}  {asked}"
        yield line.rstrip()


def _markdown(rows: Sequence[_Row]) -> Iterator[str]:
    yield f"| {' | '.join(_HEADER)} |"
    yield "| --- | --- | ---: | --- |"
    for row in rows:
        cells = (f"`{row.marker}`", visible(row.registered), str(row.tests), _asked(row))
        yield f"| {' | '.join(each.replace('|', '&#124;') for each in cells)} |"
