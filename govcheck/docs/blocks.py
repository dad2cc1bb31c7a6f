"""Managed blocks: regions of documents that govcheck writes, between two comments.

`<!-- govcheck: NAME option=value ... -->` begins one and `<!-- /govcheck -->` ends it; in MDX,
`{/* ... */}`. On one line it holds a value, over several a table.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from govcheck.docs.section import Source
from govcheck.docs.table import Column, Table, code, markdown, prose
from govcheck.docs.values import UndecidedError, files, value
from govcheck.document import Document
from govcheck.keys import nearest
from govcheck.markdown.page import Comment, Page, page
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.retention.section import Keep

_BEGIN = re.compile(r"\s*govcheck:\s*(?P<name>[a-z][a-z-]*)(?!\S)(?P<rest>.*?)\s*\Z", re.DOTALL)
_FROM = "(the document)"
# What may stand before a block in its line: blanks, quotes, and the signs of items.
_MARKER = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?=[ \t])")
_CONTAINERS = re.compile(rf"(?:[ \t>]|{_MARKER.pattern})*")
_ALONE = re.compile(r"(?:<!--[^\r\n]*?-->|\{/\*[^\r\n]*?\*/\}|[ \t])*(?=[\r\n]|\Z)")
_BRACES = re.compile(r"(?P<kept>\\.|(?P<ticks>`+).*?(?P=ticks))|[{}]")
_COUNTED = ("flags", "markers", "tests", "rules")
_STATUSES = ("active", "retired")
_SIGNS = re.compile(r"<!--|-->|\{/\*|\*/\}")
_END = re.compile(r"\s*/govcheck\b[^>]*\Z")


class Block(NamedTuple):
    """A managed block; `start` to `end` is what it holds, `comment` what begins it."""

    name: str
    options: Mapping[str, str]
    start: int
    end: int
    comment: Comment
    mistake: str = ""


class BlockError(Exception):
    """The block cannot be rendered; the message says why."""


def blocks(document: Document) -> tuple[Block, ...]:
    """The managed blocks of a Markdown document, also those that nothing ends."""
    return tuple(_blocks(document.view(page)))


def _blocks(read: Page) -> Iterator[Block]:
    comments = iter(read.comments)
    begin: Comment | None = None
    for comment in comments:
        if _END.match(comment.text):
            if begin is not None:
                yield _block(begin, comment)
            begin = None
        elif (found := _BEGIN.match(comment.text)) and found["name"] != "ignore":
            if begin is not None:
                yield _block(begin, None)
            begin = comment
    if begin is not None:
        yield _block(begin, None)


def _block(begin: Comment, end: Comment | None) -> Block:
    found = _BEGIN.match(begin.text)
    name, rest = (found["name"], found["rest"]) if found else ("", "")
    mistake = "" if end is not None else "nothing ends it: write a comment '/govcheck' below"
    options: dict[str, str] = {}
    try:
        options = options_of(shlex.split(rest))
    except ValueError as error:
        return Block(name, options, begin.end, begin.end, begin, f"its options: {error}")
    except BlockError as error:
        mistake = mistake or str(error)
    return Block(name, options, begin.end, end.start if end else begin.end, begin, mistake)


def rendered(repo: Repo, policy: Policy, document: Document, block: Block) -> str:
    """What a block must hold.

    Raises:
        BlockError: it is none that can be rendered.
    """
    lines = content(repo, policy, document, block)
    if block.name in VALUES:
        return lines[0]
    lead = _lead(document, block)
    below = [f"{lead}{line}".rstrip() for line in ("", *lines, "")]
    return document.newline.join(["", *below, lead])


def content(repo: Repo, policy: Policy, document: Document, block: Block) -> Sequence[str]:
    """The lines of what a block must hold, without what begins each of them in the document.

    Raises:
        BlockError: it is none that can be rendered.
    """
    if block.mistake:
        raise BlockError(block.mistake)
    if block.name in VALUES:
        found = stated(repo, policy, block.name, block.options)
        is_html = _CONTAINERS.fullmatch(_before(document, block.comment.start)) is not None
        is_html = is_html and not document.path.endswith(".mdx")
        return [escape(found, quote=False) if is_html else prose(found)]
    table = tabled(repo, policy, block.name, block.options, document.path)
    if document.path.endswith(".mdx"):
        table = table._replace(rows=tuple(tuple(map(_in_mdx, row)) for row in table.rows))
    return [*markdown(table)]


def _in_mdx(cell: str) -> str:
    """A cell in which braces begin no expression, as they do in MDX outside of code."""
    return _BRACES.sub(lambda found: found["kept"] or f"\\{found[0]}", cell)


def _lead(document: Document, block: Block) -> str:
    """What begins each line of a block in a list or a quote.

    Raises:
        BlockError: the block does not stand in lines of its own, or begins here and ends there.
    """
    text = document.text
    before = _before(document, block.comment.start)
    if _CONTAINERS.fullmatch(before) is None or _ALONE.match(text, block.end) is None:
        raise BlockError("a table needs lines of its own: let nothing stand beside its comments")
    lead = _MARKER.sub(lambda found: " " * len(found[0]), before)
    held = text[block.start : block.end]
    if held.strip(" \t\r\n>") and "\n" in held.replace("\r", "\n"):
        ending = _before(document, block.end).expandtabs(4)
        is_inside = len(ending) + 1 >= len(lead.expandtabs(4))
        if ending.count(">") != lead.count(">") or not is_inside:
            raise BlockError("its end does not stand in the quote or list in which it begins")
    return lead


def _before(document: Document, offset: int) -> str:
    """What stands before an offset in its line."""
    place = document.span(offset, offset)
    return document.line(place.line)[: place.column - 1]


def options_of(words: Iterable[str]) -> dict[str, str]:
    """The options of a block, as `NAME=VALUE`.

    Raises:
        BlockError: a word is none.
    """
    options: dict[str, str] = {}
    for word in words:
        option, sign, given = word.partition("=")
        if not sign:
            raise BlockError(f"{word!r} is no option: write NAME=VALUE")
        options[option] = given
    return options


def tabled(
    repo: Repo, policy: Policy, name: str, options: Mapping[str, str], path: str = ""
) -> Table:
    """The table that a block of this name and these options holds, in the document at `path`.

    Raises:
        BlockError: there is no such table, option or column.
    """
    if name not in TABLES:
        raise BlockError(f"there is no block {name!r}{nearest(name, [*TABLES, *VALUES])}")
    make, taken = TABLES[name]
    for option in options:
        if option not in (*taken, "columns"):
            raise BlockError(f"{name} takes no {option!r}{nearest(option, [*taken, 'columns'])}")
    for option, choices in (("status", _STATUSES), ("family", _families())):
        chosen = options.get(option)
        if option in taken and chosen is not None and chosen not in choices:
            said = f"{option}={chosen}: it is one of {', '.join(choices)}"
            raise BlockError(f"{name} knows no {said}{nearest(chosen, choices)}")
    table = make(repo, policy, {**options, _FROM: path})
    wanted = re.split(r"[\s,]+", options.get("columns", "").strip())
    try:
        return table.only([each.replace("-", " ") for each in wanted if each])
    except KeyError as error:
        known = [each.name.replace(" ", "-") for each in table.columns]
        raise BlockError(
            f"{name} has no column {error.args[0]!r}: it has {', '.join(known)}"
        ) from error


def stated(repo: Repo, policy: Policy, name: str, options: Mapping[str, str]) -> str:
    """The value that a block of this name and these options holds.

    Raises:
        BlockError: nothing decides it, or it is none that can stand in a sentence.
    """
    known = {"files", "lines", "matches", "file", "key", "name", "locked", "of"}
    given = dict(options)
    for option in given:
        if option not in known:
            raise BlockError(f"{name} takes no {option!r}{nearest(option, sorted(known))}")
    arguments: dict[str, object] = {
        {"key": "key_", "of": "count"}.get(option, option): said for option, said in given.items()
    }
    if "files" in given:
        arguments["files"] = tuple(given["files"].split())
    source = Source(**arguments)  # type: ignore[arg-type]
    for mistake in source.mistakes():
        raise BlockError(mistake.message.replace(", count", ", of"))
    if source.count is not None and source.count not in _COUNTED:
        said = f"of={source.count}: it is one of {', '.join(_COUNTED)}"
        raise BlockError(f"{name} knows no {said}{nearest(source.count, _COUNTED)}")
    try:
        found = value(repo, policy, source)
    except UndecidedError as error:
        raise BlockError(str(error)) from error
    if not found.isprintable() or _SIGNS.search(found):
        raise BlockError(f"the value {found!r} does not fit into a line")
    return found


def _families() -> Sequence[str]:
    from govcheck import registry

    return sorted({registry.page(name).family for name in registry.names()})


def _flags(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    from govcheck.flags.values import show

    columns = ("flag", "status", "value", "default", "since", "remove by", "owner")
    rows = tuple(
        (
            code(name),
            flag.status,
            code(show(flag.value)) if flag.value is not None else "",
            code(show(flag.default)) if flag.default is not None else "",
            flag.since.isoformat() if flag.since else "",
            flag.remove_by.isoformat() if flag.remove_by else "",
            prose(flag.owner or ""),
        )
        for name, flag in policy.flags.items()
        if options.get("status") in (None, flag.status)
    )
    return Table(tuple(map(Column, columns)), rows)


def _dependencies(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    section = policy.dependencies
    columns = ("package", "allowed", "locked", "reason", "review")
    python = [(code("python"), code(section.python), "", "", "")] if section.python else []
    rows = tuple(
        (
            code(name),
            "none" if package.forbid else code(package.allow or ""),
            _locked(repo, name),
            prose(package.reason or ""),
            package.review.isoformat() if package.review else "",
        )
        for name, package in section.packages.items()
    )
    usual = ("package", "allowed", "reason", "review")
    return Table(tuple(map(Column, columns)), (*python, *rows), usual)


def _locked(repo: Repo, package: str) -> str:
    try:
        return code(value(repo, Policy(), Source(locked=package)))
    except UndecidedError:
        return ""


def _markers(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    from govcheck.markers import has_tests
    from govcheck.markers.registration import registrations
    from govcheck.markers.suite import suite

    columns = (Column("marker"), Column("meaning"), Column("tests", "right"))
    if not repo.view(has_tests):
        return Table(columns, ())
    borne: dict[str, int] = {}
    for test in repo.view(suite).tests:
        for name in test.names | {mark.name for mark in test.function.param_marks}:
            borne[name] = borne.get(name, 0) + 1
    rows = []
    for each in repo.view(registrations):
        document = repo.document(each.span.path)
        line = document.line(each.span.line) if document else ""
        meaning = _meaning(line[: each.span.column - 1], line[each.span.end_column - 1 :])
        rows.append((code(each.name), prose(meaning), str(borne.get(each.name, 0))))
    return Table(columns, tuple(sorted(rows)), ("marker", "meaning", "tests"))


def _meaning(before: str, behind: str) -> str:
    """What stands behind the name of a marker, up to the end of its string or line."""
    if (quote := before[-1:]) in ("'", '"'):
        found = re.match(rf"(?:[^{quote}\\]|\\.)*", behind)
        behind = re.sub(r"\\(?=[\"'\\])", "", found[0] if found else "")
    said = re.sub(r"^\s*(?:\([^)]*\))?\s*:?\s*", "", behind)
    return re.sub(r"\s*(?:\"\"\"|''')[\s,)]*$", "", said)


def _rules(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    from govcheck import registry

    fixes = {"safe": "`--fix`", "unsafe": "`--unsafe-fixes`", None: ""}
    pages = [registry.page(name) for name in registry.names()]
    rows = tuple(
        (code(each.name), each.family, each.severity, each.summary.rstrip("."), fixes[each.fix])
        for each in pages
        if options.get("family") in (None, each.family)
    )
    columns = ("rule", "family", "severity", "finds", "fix")
    return Table(tuple(map(Column, columns)), rows, ("rule", "finds", "fix"))


def _exceptions(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    rows = tuple(
        (
            code(each.rule),
            ", ".join(map(code, each.paths)),
            prose(each.reason),
            each.until.isoformat() if each.until else "",
        )
        for each in policy.exceptions
    )
    return Table(tuple(map(Column, ("rule", "paths", "reason", "until"))), rows)


def _index(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    """The documents that match `files`, with what their front matter says; `sort=-date`, say."""
    if "files" not in options:
        raise BlockError("index needs files=PATTERN")
    from govcheck.docs.linking import retarget

    here = options[_FROM]

    found = []
    keys: dict[str, None] = {}
    for path in files(repo, tuple(options["files"].split())):
        document = repo.document(path)
        if document is None or path == here:
            continue
        read = document.view(page)
        keys |= dict.fromkeys(read.front)
        title = next((each.text for each in read.headings if each.text), path)
        found.append((f"[{prose(title)}]({retarget(here, '', path)})", read.front))
    order = options.get("sort", "")
    if order:
        key = order.removeprefix("-")
        if key not in keys:
            raise BlockError(f"no document has a {key!r} to sort by{nearest(key, [*keys])}")
        found.sort(key=lambda each: each[1][key].value if key in each[1] else "",
                   reverse=order.startswith("-"))  # fmt: skip
    rows = tuple(
        (link, *(prose(front[key].value) if key in front else "" for key in keys))
        for link, front in found
    )
    return Table((Column("document"), *map(Column, keys)), rows)


def _retention(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    rows = tuple(
        (
            code(name),
            ", ".join(code(f"{path}/") for path in store.paths),
            _kept(store.keep),
            str(store.archive.after) if store.archive else "",
            str(store.size_cap.high) if store.size_cap else "",
            prose(store.purpose or ""),
            prose(store.owner or ""),
        )
        for name, store in policy.retention.stores.items()
    )
    columns = ("store", "path", "keep", "archive after", "size cap", "purpose", "owner")
    usual = tuple(
        column
        for number, column in enumerate(columns)
        if number < 3 or any(row[number] for row in rows)
    )
    return Table(tuple(map(Column, columns)), rows, usual)


def _kept(keep: Keep | str) -> str:
    """What a store keeps, in words."""
    if isinstance(keep, str):
        return {"forever": "for ever", "on-demand": "until it is cleared"}[keep]
    said = [str(keep.within)] if keep.within else []
    said += [f"the newest {keep.newest}"] if keep.newest else []
    said += [f"the last {keep.last}"] if keep.last else []
    said += [
        f"{count} {each}"
        for each in ("hourly", "daily", "weekly", "monthly", "yearly")
        if (count := getattr(keep, each))
    ]
    said += [
        f"{each} for {period}"
        for each in ("hourly", "daily", "weekly", "monthly", "yearly")
        if (period := getattr(keep, f"within_{each}"))
    ]
    return ", ".join((*said, *(f"all that bear {prose(label)}" for label in keep.labels)))


def _options(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    """What the program named by `program` takes, or its subcommand `command`."""
    if "program" not in options:
        raise BlockError("options needs program=NAME")
    from govcheck.programs.find import named

    interface = named(repo, policy, options["program"])
    for word in options.get("command", "").split():
        if interface is not None:
            interface = interface.commands.get(word)
    called = " ".join(filter(None, (options["program"], options.get("command"))))
    if interface is None:
        raise BlockError(f"what {called} takes cannot be read")
    if interface.open:
        raise BlockError(f"not all that {called} takes is known: {interface.open}")
    taken: dict[str, list[str]] = {}
    for name, option in interface.options.items():
        usual = "--help" if name == "-h" else name
        taken.setdefault(option.dest or usual, []).append(name)
    rows = tuple(
        (
            ", ".join(code(name) for name in sorted(names, key=lambda each: each.lstrip("-"))),
            "" if interface.options[names[0]].takes == "nothing" else "a value",
            ", ".join(map(code, interface.options[names[0]].choices or ())),
        )
        for names in taken.values()
    )
    shown = ("option", *(["choices"] if any(row[2] for row in rows) else []))
    return Table(tuple(map(Column, ("option", "takes", "choices"))), rows, shown)


def _environment(repo: Repo, policy: Policy, options: Mapping[str, str]) -> Table:
    """The variables that Python code reads by name, and where it does so first."""
    from govcheck.docs.environment import reads

    rows = tuple((code(name), code(span.path)) for name, span in sorted(repo.view(reads).items()))
    return Table((Column("variable"), Column("read in")), rows)


_Make = Callable[[Repo, Policy, Mapping[str, str]], Table]
TABLES: Mapping[str, tuple[_Make, tuple[str, ...]]] = {
    "flags": (_flags, ("status",)),
    "dependencies": (_dependencies, ()),
    "markers": (_markers, ()),
    "rules": (_rules, ("family",)),
    "exceptions": (_exceptions, ()),
    "index": (_index, ("files", "sort")),
    "retention": (_retention, ()),
    "options": (_options, ("program", "command")),
    "environment": (_environment, ()),
}
VALUES = ("count", "value")
