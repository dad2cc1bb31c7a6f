"""INI files: sections of `key = value` or `key: value`, as Python's configparser reads them.

A line indented deeper than its option goes on with the value. The lines of a value under `env`,
`setenv` and the like set variables of their own (tox, pytest-env).
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from govcheck.config import flat
from govcheck.config.cutting import Cut, Page, Range
from govcheck.config.entry import Entry
from govcheck.config.flat import Listing, Setting
from govcheck.document import Document
from govcheck.finding import Edit

_SECTION = re.compile(r"\[(.+)\]")
_OPTION = re.compile(
    r"(?P<name>[^=:\s](?:[^=:]*[^=:\s])?)\s*+(?:[=:]\s*+(?P<value>.*))?$", re.DOTALL
)
_VARIABLE = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*)$", re.DOTALL)
_VARIABLE_LISTS = {"env", "environment", "setenv", "set_env"}
_DISSOLVED = {"env", "environment"}


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is neither blank nor a comment, without the white space around it."""

    start: int
    text: str
    indent: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Option:
    """An option with the lines that go on with its value; `section` is the path to it."""

    section: tuple[str, ...]
    name: str
    value: str | None
    first: _Line
    more: tuple[_Line, ...]
    removable: bool


def entries(document: Document) -> tuple[Entry, ...]:
    """The options of all sections, and the variables that lists of variables set."""
    return flat.entries(document.view(read))


def removal(document: Document, doomed: Collection[Entry]) -> dict[Entry, tuple[Edit, ...]]:
    """The lines of the doomed; a list of variables that is left empty goes if named `env`."""
    return flat.removal(document, doomed, read, _cuts)


def read(document: Document) -> Listing:
    """The options and comments of the file; nothing if a `.conf` file turns out to be no INI."""
    extension = document.path.rpartition(".")[2].lower()
    lines, comments = _lines(document, "#!" if extension == "properties" else "#;")
    options = tuple(_options(lines, may_run_on=extension in ("conf", "properties")))
    if extension == "conf" and any(option.value is None for option in options):
        return Listing()
    settings = [setting for option in options for setting in _settings(document, option)]
    return Listing(tuple(settings), comments)


def _lines(document: Document, introducers: str) -> tuple[list[_Line], tuple[Range, ...]]:
    lines: list[_Line] = []
    comments: list[Range] = []
    for number, start in enumerate(document.line_starts, 1):
        line = document.line(number)
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if text.startswith(tuple(introducers)):
            comments.append((start + indent, start + indent + len(text)))
        elif text:
            lines.append(_Line(start + indent, text, indent))
    return lines, tuple(comments)


def _options(lines: list[_Line], *, may_run_on: bool) -> Iterator[_Option]:
    section: tuple[str, ...] = ()
    position = 0
    while position < len(lines):
        first = position
        position += 1
        if header := _SECTION.match(lines[first].text):
            section = (header[1],)
            continue
        while position < len(lines) and lines[position].indent > lines[first].indent:
            position += 1
        option = _OPTION.match(lines[first].text)
        if option is None:
            continue
        nearby = lines[max(0, first - 1) : position]
        runs_on = may_run_on and any(line.text.endswith("\\") for line in nearby)
        more = tuple(lines[first + 1 : position])
        yield _Option(section, option["name"], option["value"], lines[first], more, not runs_on)


def _settings(document: Document, option: _Option) -> Iterator[Setting]:
    path = (*option.section, option.name)
    first, last = option.first, option.more[-1] if option.more else option.first
    name = document.span(first.start, first.start + len(option.name))
    if option.value is None:
        yield Setting(Entry(path, option.name, name), first.start, last.end, option.removable)
        return
    is_list = option.name.lower() in _VARIABLE_LISTS and not option.value
    value = "\n".join([option.value, *(line.text for line in option.more)]).strip()
    start = (
        first.end - len(option.value) if option.value or not option.more else option.more[0].start
    )
    entry = Entry(
        path, option.name, name, None if is_list else value, document.span(start, last.end)
    )
    holds = len(option.more) if is_list else 0
    yield Setting(entry, first.start, last.end, option.removable, holds)
    for line in option.more if is_list else ():
        if variable := _VARIABLE.match(line.text):
            yield Setting(
                Entry(
                    (*path, variable["name"]),
                    variable["name"],
                    document.span(line.start, line.start + variable.end("name")),
                    variable["value"],
                    document.span(line.start + variable.start("value"), line.end),
                ),
                line.start,
                line.end,
                option.removable,
            )


def _cuts(page: Page, listing: Listing, going: Collection[Entry]) -> dict[Entry, tuple[Cut, ...]]:
    """Each with its lines; a list with its variables, and with all of them gone an `env` too."""
    cuts = flat.by_lines(page, listing, going)
    for position, option in enumerate(listing.settings):
        if not option.holds:
            continue
        following = listing.settings[position + 1 : position + 1 + option.holds]
        variables = [each.entry for each in following if each.end <= option.end]
        is_empty = len(variables) == option.holds and all(each in cuts for each in variables)
        if option.entry in cuts:
            cuts |= dict.fromkeys(variables, cuts[option.entry])
        elif is_empty and option.entry.name.lower() in _DISSOLVED:
            names = [each.name for each in variables]
            lines = page.whole_lines(option.start, option.end, names)
            cuts |= dict.fromkeys([option.entry, *variables], (lines,))
    return cuts
