"""Print what the repository declares and locks, against what the policy allows."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from govcheck.cli import root_here
from govcheck.dependencies.judging import Judged, judged, stated
from govcheck.dependencies.section import Package, normalized
from govcheck.output.escape import visible
from govcheck.policy import Policy
from govcheck.policy.loading import load_policy
from govcheck.repo import Repo

EXAMPLES = """\
examples:
  govcheck dependencies
  govcheck dependencies --output-format markdown > docs/dependencies.md
"""

_HEADER = ("package", "allowed", "declared", "locked", "reason", "review")
_SHOWN = 2
_SIGNS = {"violation": "✗", "unsatisfiable": "✗", "unknown": "?", "ok": ""}


class _Place(NamedTuple):
    """One statement: its text, where it stands, and the policy's word on it."""

    text: str
    path: str
    line: int
    verdict: str


class _Row(NamedTuple):
    """What the policy and the repository say of one package, or of Python."""

    package: str
    allowed: str
    declared: tuple[_Place, ...]
    locked: tuple[_Place, ...]
    reason: str
    review: str


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
    rows = [*_rows(repo, policy)]
    match options.output_format:
        case "json":
            print(json.dumps([_plain(row) for row in rows], indent=2, ensure_ascii=False))
        case "markdown":
            print("\n".join(_markdown(rows)))
        case _ if not rows:
            print("The policy limits no package: there is no [dependencies] in it.")
        case _:
            print("\n".join(_text(rows)))
    return 0


def _rows(repo: Repo, policy: Policy) -> Iterator[_Row]:
    section = policy.dependencies
    verdicts: dict[str, list[Judged]] = {}
    for each in judged(repo, policy):
        verdicts.setdefault(each.statement.subject, []).append(each)
    forbidden = [s for s in stated(repo, policy).statements if s.subject not in verdicts]
    if section.python is not None:
        found = verdicts.get("python", ())
        yield _Row("python", section.python, *_places(found), "", "")
    for name, package in section.packages.items():
        places = _places(verdicts.get(normalized(name), ()))
        if package.forbid:
            about = [s for s in forbidden if s.subject == normalized(name)]
            all_ = [_Place(s.declared, s.path, s.span.line, "violation") for s in about]
            locks = {(s.path, s.span.line) for s in about if s.form == "lock"}
            places = (
                tuple(each for each in all_ if (each.path, each.line) not in locks),
                tuple(each for each in all_ if (each.path, each.line) in locks),
            )
        review = package.review.isoformat() if package.review else ""
        if package.review and package.review < policy.today:
            review += " (due)"
        yield _Row(name, _allowed(package), *places, package.reason or "", review)


def _allowed(package: Package) -> str:
    return "none" if package.forbid else package.allow or ""


def _places(found: Sequence[Judged]) -> tuple[tuple[_Place, ...], tuple[_Place, ...]]:
    places = [
        (
            each.statement.form == "lock",
            _Place(
                " ".join(each.statement.declared.split()),
                each.statement.path,
                each.statement.span.line,
                each.judgement.verdict,
            ),
        )
        for each in found
    ]
    return (
        tuple(place for is_lock, place in places if not is_lock),
        tuple(place for is_lock, place in places if is_lock),
    )


def _plain(row: _Row) -> dict[str, object]:
    declared, locked = ([each._asdict() for each in them] for them in (row.declared, row.locked))
    return {**row._asdict(), "declared": declared, "locked": locked}


def _groups(places: Sequence[_Place]) -> list[tuple[tuple[str, str], list[_Place]]]:
    """The places that say the same, by the verdict and the text; what breaks the policy first."""
    groups: dict[tuple[str, str], list[_Place]] = {}
    for each in places:
        groups.setdefault((each.verdict, each.text), []).append(each)
    return sorted(groups.items(), key=lambda group: group[0][0] == "ok")


def _grouped(places: Sequence[_Place]) -> Iterator[tuple[str, str, str]]:
    """What is said, the sign of its verdict, and where: the same once, with its first places."""
    for (verdict, text), found in _groups(places):
        shown = found if verdict != "ok" else found[:_SHOWN]
        where = ", ".join(f"{each.path}:{each.line}" for each in shown)
        more = len(found) - len(shown)
        yield text, _SIGNS[verdict], f"{where} and {more} more" if more else where


def _markdown(rows: Sequence[_Row]) -> Iterator[str]:
    yield f"| {' | '.join(_HEADER)} |"
    yield f"|{' --- |' * len(_HEADER)}"
    for row in rows:
        cells = (
            f"`{_cell(row.package)}`",
            f"`{_cell(row.allowed)}`" if row.allowed else "",
            _in_markdown(row.declared),
            _in_markdown(row.locked),
            _cell(row.reason).replace("<", "&lt;"),
            row.review,
        )
        yield f"| {' | '.join(cells)} |"


def _in_markdown(places: Sequence[_Place]) -> str:
    return "<br>".join(
        f"`{_cell(text)}` ({_cell(where)}){sign and ' ' + sign}"
        for text, sign, where in _grouped(places)
    )


def _cell(text: str) -> str:
    """Text for a cell: within a code span nothing but its end and that of the cell counts."""
    return visible(text).replace("|", "\\|").replace("`", "'")


def _text(rows: Sequence[_Row]) -> Iterator[str]:
    """A line for each statement: places do not wrap, so that a terminal can open them."""
    lines: list[tuple[str, str, str, str]] = [("package", "allowed", "declared or locked", "where")]
    for row in rows:
        first = (visible(row.package), visible(row.allowed))
        stated = [*_stated(row.declared, ""), *_stated(row.locked, "locked ")] or [("-", "")]
        for text, where in stated:
            lines.append((*first, text, where))
            first = ("", "")
        notes = [visible(row.reason), f"review {row.review}" if row.review else ""]
        if any(notes):
            lines.append(("", "", f"  {'; '.join(filter(None, notes))}", ""))
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    widths.append(max(len(line[2]) for line in lines if line[3]) if len(lines) > 1 else 0)
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, (*widths, 0), strict=True))
        yield "  ".join(cells).rstrip()


def _stated(places: Sequence[_Place], kind: str) -> Iterator[tuple[str, str]]:
    for (verdict, text), found in _groups(places):
        said = f"{_SIGNS[verdict] or ' '} {kind}{visible(text)}"
        first, *others = (f"{visible(each.path)}:{each.line}" for each in found)
        if verdict == "ok":
            yield said, f"{first} and {len(others)} more" if others else first
            continue
        yield said, first
        yield from (("", other) for other in others)
