"""What configs and code state of retention: the value under a key, wherever it is written.

A key is a dotted name, as far up as needed: `retention.days` in YAML, TOML, JSON and INI (items of
lists are passed over, or chosen by a value that stands in them: `Rules[logs/].Expiration.Days`);
`NAME`, `Class.name`, `function.parameter` in Python; a variable in a shell script or Makefile; an
option, with its dashes, in any text: `--keep-within`, `-mtime`.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from tree_sitter import Node

from govcheck.config import Entry, entries, format_of
from govcheck.document import Document
from govcheck.finding import Span
from govcheck.python.module import text as source
from govcheck.repo import Repo
from govcheck.retention.dialects import Lasting, amount, lasting

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_MONTH = Lasting(28 * 86_400, 31 * 86_400)
_YEAR = Lasting(365 * 86_400, 366 * 86_400)
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_SUFFIXES = (
    (r"(sec|secs|second|seconds|_s|ttl)$", "s"),
    (r"(min|mins|minute|minutes)$", "min"),
    (r"(hour|hours|_h)$", "h"),
    (r"(week|weeks)$", "w"),
    (r"(month|months)$", "m"),
    (r"(year|years)$", "y"),
    (r"(_mb|megabytes)$", "MB"),
    (r"(_gb|gigabytes)$", "GB"),
    (r"(_kb|kilobytes)$", "kB"),
    (r"(bytes)$", "B"),
    (r"(count|_num|copies)$", "count"),
    (r"repo\d*_retention_(full|diff|archive)$", "count"),
)
# What makes a rule of a lifecycle one for some objects only, which those of a run need not be.
_SOME = {"Tag", "Tags", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"}
_TYPED = re.compile(r"(?:--|PGBACKREST_)?repo\d*[-_]retention[-_]full", re.IGNORECASE)
# Documents, manual pages and programs that only speak of a config.
_PROSE = re.compile(
    r"\.(?:md|rst|adoc|html?|[1-9](?:\.in)?|py|sh|service|timer|cron|spec(?:\.in)?)$"
)
_PYTHON_UNITS = {
    "seconds": 1,
    "minutes": 60,
    "hours": 3600,
    "days": 86_400,
    "weeks": 7 * 86_400,
}


class Stated(NamedTuple):
    """A value that is stated somewhere.

    It is a length of time, a size in bytes or a number, by what its unit says; all are None where
    it cannot be told (a variable, an expression). `unit` is that of a bare number which an edit may
    replace, and `dialect` that of a text.
    """

    span: Span
    text: str
    time: Lasting | None = None
    size: int | None = None
    number: int | None = None
    unit: str | None = None
    dialect: str | None = None


def stated(document: Document, key: str, unit: str | None) -> Iterator[Stated]:
    """All that a file states under a key.

    Raises:
        TooDeepError: it nests too deeply.
    """
    name = document.path.rpartition("/")[2]
    if key.startswith("-"):
        yield from _options(document, key, unit)
    elif document.path.endswith((".py", ".pyi")):
        yield from _python(document, key, unit)
    elif _is_logrotate(document):
        yield from _logrotate(document, key)
    elif (form := format_of(document.path)) and form not in ("dockerfile", "env"):
        yield from _config(document, key, unit)
    elif name.lower().startswith(("makefile", "gnumakefile")) or name.endswith(".mk"):
        yield from _assignments(document, key, unit, r"[ \t]*(?:[:?]|::|:::)?=[ \t]*")
    else:
        yield from _assignments(document, key, unit, "=")


def implied(repo: Repo, paths: Collection[str]) -> Iterator[Stated]:
    """What the configs that name a directory of a store state of it, without any mirror.

    Those are blocks of logrotate for files in it, artifacts of workflows made of it, and
    repositories of pgBackRest in it.

    Raises:
        TooDeepError: a config nests too deeply.
    """
    for path in repo.files:
        name = path.lower()
        if "logrotate" in name and not _PROSE.search(name):
            state = _implied_by_logrotate
        elif name.startswith(".github/workflows/") and name.endswith((".yml", ".yaml")):
            state = _implied_by_artifacts
        elif "pgbackrest" in name and format_of(path) == "ini":
            state = _implied_by_pgbackrest
        else:
            continue
        document = repo.document(path)
        if document is not None:
            yield from state(document, paths)


def expirations(repo: Repo, target: str) -> Iterator[Stated]:
    """After how long the lifecycle of a bucket, written down as JSON, throws away what is there.

    `target` is `s3://bucket/prefix`. A rule is for it if it has the same prefix; one without any is
    if the file names the bucket.
    """
    bucket, _, prefix = target.removeprefix("s3://").partition("/")
    for document in repo.search(['"Expiration"'], (".json",)):
        found = entries(document)
        for entry in found:
            if entry.path[-2:] != ("Expiration", "Days") or "Rules" not in entry.path:
                continue
            rule = entry.path[: entry.path.index("Rules") + 2]
            prefixes = [
                e.value for e in found if e.name == "Prefix" and e.path[: len(rule)] == rule
            ]
            if any(e.path[: len(rule)] == rule and _SOME & {*e.path} for e in found):
                continue
            own = (prefixes[0] or "") if prefixes else ""
            names_it = bucket in document.path or f'"{bucket}"' in document.text
            is_meant = own.strip("/") == prefix.strip("/") and (own.strip("/") or names_it)
            if is_meant and entry.value and entry.value_span and not _is_off(entry, found):
                yield _read(entry.value_span, entry.value, entry.name, "d", "plain")


def _implied_by_logrotate(document: Document, paths: Collection[str]) -> Iterator[Stated]:
    for block in _BLOCK.finditer(document.text):
        for pattern in block[1].split():
            directory = pattern.strip("\"'").rpartition("/")[0]
            if _is_deployed(directory, paths):
                ages = [*_logrotate(document, f"{pattern} maxage")]
                yield from ages or _logrotate(document, f"{pattern} rotate")
                break


def _implied_by_artifacts(document: Document, paths: Collection[str]) -> Iterator[Stated]:
    if "retention-days" not in document.text:
        return
    found = entries(document)
    for entry in found:
        if entry.name != "retention-days" or entry.value is None or entry.value_span is None:
            continue
        uploaded = (_sibling(entry, "path", found) or "").split()
        if uploaded and all(_is_in(each, paths) for each in uploaded):
            yield _read(entry.value_span, entry.value, entry.name, "d", "plain")


def _implied_by_pgbackrest(document: Document, paths: Collection[str]) -> Iterator[Stated]:
    found = entries(document)
    for entry in found:
        named = re.fullmatch(r"(repo\d*)-retention-full", entry.name)
        if named is None or entry.value is None or entry.value_span is None:
            continue
        kind = _given(entry, f"{named[1]}-type", found) or {"posix"}
        is_here = kind == {"posix"} and not _given(entry, f"{named[1]}-host", found)
        places = _given(entry, f"{named[1]}-path", found)
        is_meant = is_here and places and all(_is_deployed(p.rstrip("/"), paths) for p in places)
        if is_meant and _given(entry, f"{entry.name}-type", found) == {"time"}:
            yield _read(entry.value_span, entry.value, entry.name, "d", "plain")


def _given(entry: Entry, name: str, found: tuple[Entry, ...]) -> set[str]:
    """The values of another option of pgBackRest that one may stand beside.

    It is looked up in the section itself; then, since a stanza takes from `global` what it does not
    say, in that; an option of `global` may stand beside those of any stanza.
    """
    given = [(e.path[0], e.value) for e in found if e.name == name and e.value is not None]
    section = entry.path[0].partition(":")[0]
    if section == "global":
        return {value for _, value in given}
    if (own := _sibling(entry, name, found)) is not None:
        return {own}
    for near in (section, "global"):
        if values := {value for at, value in given if at.partition(":")[0] == near}:
            return values
    return set()


# Where a system keeps what is its own: no checkout is there, and no store of one.
_OF_THE_SYSTEM = re.compile(
    r"(?:/(?:var|srv|opt|home|root|usr|mnt|data|tmp)?|/var/log/.*|/var/\w+)/?"
)


def _is_deployed(directory: str, paths: Collection[str]) -> bool:
    """Whether a directory is one of a store, from the root or where the project is installed."""
    return any(
        directory == path
        or (
            directory.endswith(f"/{path}")
            and not _OF_THE_SYSTEM.fullmatch(directory[: -len(path)])
            and directory.startswith("/")
        )
        for path in paths
    )


def _is_in(pattern: str, paths: Collection[str]) -> bool:
    pattern = pattern.removeprefix("./")
    return any(pattern.rstrip("/") == path or pattern.startswith(f"{path}/") for path in paths)


def _read(span: Span, text: str, key: str, unit: str | None, dialect: str) -> Stated:
    """What a text says: a bare number in a unit, or a number with its own."""
    text = text.strip()
    if re.fullmatch(r"\d{1,15}", text) and (unit or dialect not in ("systemd", "docker")):
        return _number(span, text, int(text), unit or _unit_of(key))
    time, size = lasting(text, dialect), amount(text, dialect)
    if time is not None and size is not None:  # '1m': a name tells what is meant
        is_size = unit in _BYTES or re.search(r"size|use|free|bytes", key, re.IGNORECASE)
        time, size = (None, size) if is_size else (time, None)
    return Stated(span, text, time, size, dialect=dialect)


def _number(span: Span, text: str, number: int, unit: str) -> Stated:
    if unit in _BYTES:
        return Stated(span, text, size=number * _BYTES[unit], unit=unit)
    if unit == "count":
        return Stated(span, text, number=number, unit=unit)
    if unit in _SECONDS:
        seconds = number * _SECONDS[unit]
        return Stated(span, text, Lasting(seconds, seconds), unit=unit)
    each = _MONTH if unit == "m" else _YEAR
    return Stated(span, text, Lasting(number * each.least, number * each.most), unit=unit)


def _unit_of(key: str) -> str:
    """The unit that the name of a number tells; days, unless it does."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key.rpartition(".")[2]).lower().replace("-", "_")
    return next((unit for pattern, unit in _SUFFIXES if re.search(pattern, name)), "d")


# Configuration ------------------------------------------------------------------------------------


def _config(document: Document, key: str, unit: str | None) -> Iterator[Stated]:
    found = entries(document)
    parts = [*_parts(key)]
    name = document.path.rpartition("/")[2]
    dialect = "plain"
    if "journald" in document.path or "Journal" in key:
        dialect = "systemd"
    elif "max-size" in key and re.search(r"compose|docker|daemon\.json", document.path):
        dialect = "docker"
    elif "prometheus" in name or "retention.time" in key or "retention.size" in key:
        dialect = "prometheus"
    for entry in found:
        if entry.value is None or entry.value_span is None:
            continue
        if not _matches(entry, parts, found) or _is_off(entry, found):
            continue
        if unit is None and _TYPED.fullmatch(entry.name):
            # pgBackRest: a number of backups, unless its type says that it is one of days.
            other = f"{entry.name}_TYPE" if "_" in entry.name else f"{entry.name}-type"
            kinds = _given(entry, other, found) or {"count"}
            if len(kinds) == 1:
                given = "d" if kinds == {"time"} else "count"
                yield _read(entry.value_span, entry.value, entry.name, given, dialect)
            else:
                yield Stated(entry.value_span, entry.value)
        elif entry.name == "max-size" and (dialect == "docker" or _is_of_docker(entry)):
            yield _docker(entry, found)
        else:
            yield _read(entry.value_span, entry.value, entry.name, unit, dialect)


def _parts(key: str) -> Iterator[tuple[str, str | None]]:
    """The parts of a key, each with what chooses one of a list: `Rules[logs/].Days`."""
    for part in re.finditer(r"([^.\[\]]+)(?:\[([^\]]*)\])?", key):
        yield part[1], part[2]


def _matches(entry: Entry, parts: list[tuple[str, str | None]], found: tuple[Entry, ...]) -> bool:
    names = [(number, name) for number, name in enumerate(entry.path) if not name.isdecimal()]
    if len(parts) == 1 and "." in entry.name and parts[0][0] == entry.name:
        return True
    tail = names[-len(parts) :]
    if [name for _, name in tail] != [name for name, _ in parts]:
        joined = ".".join(name for name, _ in parts)
        return joined == entry.name and all(chosen is None for _, chosen in parts)
    for (at, _), (_, chosen) in zip(tail, parts, strict=True):
        if chosen is None:
            continue
        item = entry.path[: at + 2]
        if not any(e.path[: at + 2] == item and e.value == chosen for e in found):
            return False
    return True


def _is_off(entry: Entry, found: tuple[Entry, ...]) -> bool:
    """Whether a rule of the lifecycle of a bucket is switched off."""
    if "Rules" not in entry.path:
        return False
    rule = entry.path[: entry.path.index("Rules") + 2]
    return any(e.path == (*rule, "Status") and e.value == "Disabled" for e in found)


def _sibling(entry: Entry, name: str, found: tuple[Entry, ...]) -> str | None:
    path = (*entry.path[:-1], name)
    return next((each.value for each in found if each.path == path), None)


def _is_of_docker(entry: Entry) -> bool:
    """Whether an option is one of how a container's log is kept, in Compose or the daemon's own."""
    return entry.path[-3:-1] == ("logging", "options") or "log-opts" in entry.path[:-1]


def _docker(entry: Entry, found: tuple[Entry, ...]) -> Stated:
    """The size of all files of a container's log: each may be so large, and there are so many."""
    assert entry.value is not None and entry.value_span is not None  # noqa: PT018, S101
    drivers = {(*entry.path[:-2], name) for name in ("driver", "log-driver")}
    is_local = any(each.path in drivers and each.value == "local" for each in found)
    files = _sibling(entry, "max-file", found) or ("5" if is_local else "1")
    size = amount(entry.value, "docker")
    if size is None or not files.isdecimal():
        return Stated(entry.value_span, entry.value)
    text = entry.value if files == "1" else f"{entry.value} in {files} files"
    return Stated(entry.value_span, text, size=size * int(files))


# logrotate ----------------------------------------------------------------------------------------

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 7 * 86_400}
_CALENDAR = {"monthly": _MONTH, "yearly": _YEAR}
_WHEN = {*_PERIODS, *_CALENDAR, "size"}
_DIRECTIVE = re.compile(r"^[ \t]*([a-z]+)(?:[ \t=]+([^\s#{}]+))?[ \t]*(?:#.*)?$", re.MULTILINE)
_BLOCK = re.compile(r"^[ \t]*([^\s#{}][^#{}]*?)\s*\{([^{}]*)\}", re.MULTILINE)


def _is_logrotate(document: Document) -> bool:
    return "logrotate" in document.path and bool(_BLOCK.search(document.text))


def _logrotate(document: Document, key: str) -> Iterator[Stated]:
    """`maxage`, `rotate` (so many periods), `size`; of a block, after its path: `PATH.rotate`."""
    where, _, name = key.rpartition(".") if " " not in key else key.rpartition(" ")
    text = document.text
    outside = _BLOCK.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)
    for block in _BLOCK.finditer(text):
        if where and where not in block[1].split():
            continue
        common = [each[1] for each in _DIRECTIVE.finditer(outside, 0, block.start())]
        own = [*_DIRECTIVE.finditer(text, block.start(2), block.end(2))]
        said = [*common, *(each[1] for each in own)]
        # Of directives that exclude each other, the last one counts.
        given = [each for each in own if each[1] == name]
        if given and given[-1][2]:
            span = document.span(*given[-1].span(2))
            yield _rotated(span, name, given[-1][2], said)


def _rotated(span: Span, name: str, value: str, said: list[str]) -> Stated:
    if name in ("size", "maxsize", "minsize"):
        return Stated(span, value, size=amount(value, "logrotate"))
    if not value.isdecimal():
        return Stated(span, value)
    if name == "maxage":
        return _number(span, value, int(value), "d")
    period = next((each for each in reversed(said) if each in _WHEN), None)
    if name == "rotate" and "minsize" not in said:
        if period in _PERIODS:
            long = int(value) * _PERIODS[period]
            return Stated(span, f"{value} x {period}", Lasting(long, long))
        if period in _CALENDAR:
            each = _CALENDAR[period]
            long_ = Lasting(int(value) * each.least, int(value) * each.most)
            return Stated(span, f"{value} x {period}", long_)
    return Stated(span, value)


# Command lines and assignments --------------------------------------------------------------------


def _options(document: Document, key: str, unit: str | None) -> Iterator[Stated]:
    """An option of a command, in any text."""
    dialect = "prometheus" if "storage.tsdb" in key else "peers" if "keep" in key else "plain"
    pattern = (
        rf"(?<![\w-]){re.escape(key)}(?:=|[ \t]+|\",[ \t]*\"|',[ \t]*')[\"']?\+?([^\s\"',\\;)]+)"
    )
    for each in re.finditer(pattern, document.text):
        line = document.line(document.span(*each.span()).line)
        if line.lstrip().startswith(("#", "//")):
            continue
        name = "days" if key == "-mtime" else key.lstrip("-").replace("-", "_")
        if unit is None and _is_typed_apart(document, key):
            yield Stated(document.span(*each.span(1)), each[1])
            continue
        is_count = re.fullmatch(r"--keep-(last|hourly|daily|weekly|monthly|yearly)", key)
        yield _read(
            document.span(*each.span(1)), each[1], name, unit or ("count" if is_count else None),
            dialect,
        )  # fmt: skip


def _assignments(document: Document, key: str, unit: str | None, operator: str) -> Iterator[Stated]:
    """A variable of a shell script, an env file or a Makefile."""
    pattern = (
        rf"^[ \t]*(?:export[ \t]+|readonly[ \t]+|local[ \t]+|declare[ \t]+-\w+[ \t]+|:[ \t]+)?"
        rf"(?:{re.escape(key)}{operator}(?:[\"']?\$\{{{re.escape(key)}:?[-=])?"
        rf"|[\"']?\$\{{{re.escape(key)}:?=)[\"']?([^\s\"'}}#;$]+)"
    )
    for each in re.finditer(pattern, document.text, re.MULTILINE):
        if unit is None and _is_typed_apart(document, key):
            yield Stated(document.span(*each.span(1)), each[1])
            continue
        yield _read(document.span(*each.span(1)), each[1], key, unit, "plain")


def _is_typed_apart(document: Document, key: str) -> bool:
    """Whether another option says if this one of pgBackRest counts backups or days."""
    return bool(_TYPED.fullmatch(key)) and bool(
        re.search(rf"{re.escape(key)}[-_]type", document.text, re.IGNORECASE)
    )


# Python -------------------------------------------------------------------------------------------


def _python(document: Document, key: str, unit: str | None) -> Iterator[Stated]:
    """Constants, attributes of classes, and defaults of parameters."""
    from govcheck.python.module import module

    *scopes, name = key.split(".")
    root = document.view(module).tree.root_node
    for scope in _scopes(root, scopes):
        for node in _values(scope, name, is_inner=bool(scopes)):
            span = document.span_of_bytes(node.start_byte, node.end_byte)
            yield _expression(span, node, name, unit)


def _scopes(node: Node, names: list[str]) -> Iterator[Node]:
    """The classes and functions that a chain of names leads to."""
    if not names:
        yield node
        return
    for child in _statements(node):
        is_scope = child.type in ("class_definition", "function_definition")
        if is_scope and source(child.child_by_field_name("name")) == names[0]:
            yield from _scopes(child, names[1:])


def _statements(scope: Node) -> Iterator[Node]:
    body = scope.child_by_field_name("body") or scope
    waiting = [*body.named_children][::-1]
    while waiting:
        node = waiting.pop()
        match node.type:
            case "decorated_definition":
                waiting.append(node.named_children[-1])
            case "if_statement" | "try_statement" | "else_clause" | "except_clause" | "block":
                waiting += [*node.named_children][::-1]
            case "expression_statement":
                yield from node.named_children
            case _:
                yield node


def _values(scope: Node, name: str, *, is_inner: bool) -> Iterator[Node]:
    if scope.type == "function_definition":
        parameters = scope.child_by_field_name("parameters")
        for each in parameters.named_children if parameters is not None else ():
            value = each.child_by_field_name("value")
            if value is not None and source(each.child_by_field_name("name")) == name:
                yield value
    for node in _statements(scope):
        if node.type != "assignment" or (is_inner and scope.type == "function_definition"):
            continue
        value = node.child_by_field_name("right")
        if value is not None and source(node.child_by_field_name("left")) == name:
            yield value


def _expression(span: Span, node: Node, name: str, unit: str | None) -> Stated:
    text = source(node)
    if node.type == "string":
        content = [child for child in node.named_children if child.type == "string_content"]
        if len(content) != 1:
            return Stated(span, text)
        offset = len(source(node.children[0]))
        inner = span._replace(
            column=span.column + offset,
            end_column=span.end_column - offset,
            start=span.start + offset,
            end=span.end - offset,
        )
        return _read(inner, source(content[0]), name, unit, "plain")
    if node.type == "integer" and text.isdecimal():
        return _read(span, text, name, unit, "plain")
    if node.type == "call" and source(node.child_by_field_name("function")).rpartition(".")[2] == (
        "timedelta"
    ):
        return _timedelta(span, node)
    number = _product(node)
    if number is None:
        return Stated(span, text)
    return _number(span, text, number, unit or _unit_of(name))._replace(unit=None)


def _timedelta(span: Span, node: Node) -> Stated:
    seconds = 0
    arguments = node.child_by_field_name("arguments")
    for each in arguments.named_children if arguments is not None else ():
        if each.type != "keyword_argument":
            return Stated(span, source(node))
        unit = _PYTHON_UNITS.get(source(each.child_by_field_name("name")))
        number = _product(each.child_by_field_name("value"))
        if unit is None or number is None:
            return Stated(span, source(node))
        seconds += unit * number
    return Stated(span, source(node), Lasting(seconds, seconds))


def _product(node: Node | None) -> int | None:
    """The value of a product of whole numbers."""
    factors, waiting = 1, [node]
    while waiting:
        each = waiting.pop()
        if each is None:
            return None
        if each.type == "parenthesized_expression" and each.named_child_count == 1:
            waiting.append(each.named_children[0])
        elif each.type == "binary_operator" and source(each.child_by_field_name("operator")) == "*":
            waiting += [each.child_by_field_name("left"), each.child_by_field_name("right")]
        elif each.type == "integer" and source(each).replace("_", "").isdecimal():
            factors *= int(source(each).replace("_", ""))
        else:
            return None
    return factors
