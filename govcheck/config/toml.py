"""TOML: keys at any depth, dotted or not, in tables, arrays of tables and inline tables (v1.0)."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from tree_sitter import Node

from govcheck.config import tree
from govcheck.config.cutting import Range
from govcheck.config.entry import Entry
from govcheck.config.tree import Container, Key, Member, Reading, Scalar, Tree
from govcheck.document import Document, TooDeepError
from govcheck.finding import Edit
from govcheck.syntax import fold, parse

# What a node becomes: a value, a pair or table, a key, the offset of a comma, or nothing.
_Part = Scalar | Container | Member | tuple[Key, ...] | int | None

_SCALARS = {
    "string", "integer", "float", "boolean",
    "offset_date_time", "local_date_time", "local_date", "local_time",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[ \t]*\r?\n\s*|(.))", re.DOTALL)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def entries(document: Document) -> tuple[Entry, ...]:
    """Every key, those within dotted keys and table headers too."""
    return tree.entries(document.view(read))


def removal(document: Document, doomed: Collection[Entry]) -> dict[Entry, tuple[Edit, ...]]:
    """A key goes with its pair, one of a header with its table; nothing if the file is broken."""
    return tree.removal(document, doomed, read)


def read(document: Document) -> Reading:
    """The tree of the file."""
    comments: list[Range] = []
    errors: list[Range] = []
    arrays: set[Member] = set()
    offset = document.offset_of_byte

    def visit(node: Node, parts: list[_Part]) -> _Part:
        start, end = offset(node.start_byte), offset(node.end_byte)
        if node.is_missing or node.type == "ERROR":
            errors.append((start, end))
        match node.type:
            case "bare_key":
                return (Key(document.text[start:end], start, end),)
            case "quoted_key":
                inner = document.text[start:end]
                return (Key(_unquoted(inner), start + 1, end - 1),)
            case "dotted_key":
                keys = tuple(key for part in parts if isinstance(part, tuple) for key in part)
                if len(keys) > tree.MAX_PATH:
                    raise TooDeepError(tree.MAX_PATH)
                return keys
            case "pair":
                return _pair(parts, start, end)
            case "table" | "table_array_element":
                brackets = (each for each in node.children if each.type in ("]", "]]"))
                table = _table(parts, start, offset(next(brackets, node).end_byte))
                if table is not None and node.type == "table_array_element":
                    arrays.add(table)
                return table
            case "inline_table":
                return tree.braces(parts, start, end)
            case "array":
                return tree.brackets(document, node, parts, start, end)
            case kind if kind in _SCALARS:
                return _scalar(document.text[start:end], start, end)
            case ",":
                return start
            case "comment":
                comments.append((start, end))
            case "document" | "ERROR":
                members = tuple(part for part in parts if isinstance(part, Member))
                return Container("mapping", "table", start, end, members)
        return None

    root = fold(parse("toml", document.utf8), visit)
    if not isinstance(root, Container):
        return tree.reading_of(document, Tree(()))
    root = replace(root, members=tuple(_numbered(root.members, arrays)))
    broken = ((0, len(document.text)),) if errors else ()
    return tree.reading_of(document, Tree((root,), tuple(comments), (), broken))


def _pair(parts: list[_Part], start: int, end: int) -> Member | None:
    keys = next((part for part in parts if isinstance(part, tuple)), ())
    value = next((part for part in parts if isinstance(part, Scalar | Container)), None)
    return Member(start, end, keys, value) if keys else None


def _table(parts: list[_Part], start: int, header_end: int) -> Member | None:
    """A table from its header to the end of its last pair."""
    keys = next((part for part in parts if isinstance(part, tuple)), ())
    pairs = tuple(part for part in parts if isinstance(part, Member))
    end = pairs[-1].end if pairs else header_end
    value = Container("mapping", "table", header_end, end, pairs)
    return Member(start, end, keys, value) if keys else None


def _numbered(members: Iterable[Member], arrays: Collection[Member]) -> list[Member]:
    """Tables with their places in the arrays of tables that their headers lead through.

    An element of such an array that later headers go on with cannot be taken out from under them.
    """
    lengths: Counter[tuple[str, ...]] = Counter()
    passed: set[tuple[str, ...]] = set()
    numbered: list[tuple[Member, tuple[str, ...]]] = []
    for member in members:
        if not isinstance(member.value, Container) or member.value.layout != "table":
            numbered.append((member, ()))
            continue
        path: tuple[str, ...] = ()
        keys: list[Key] = []
        for key in member.keys:
            if path in lengths or path[:-1] in lengths:
                passed.add(path)
            path = (*path, key.text)
            if key is member.keys[-1] and member in arrays:
                lengths[path] += 1
            indices = (str(lengths[path] - 1),) if path in lengths else ()
            path += indices
            keys.append(key._replace(indices=indices))
        numbered.append((replace(member, keys=tuple(keys)), path))
    return [replace(member, fixed=path in passed and path != ()) for member, path in numbered]


def _scalar(text: str, start: int, end: int) -> Scalar:
    for quotes in ('"""', "'''", '"', "'"):
        if text.startswith(quotes) and text.endswith(quotes):
            return Scalar(_unquoted(text), start + len(quotes), end - len(quotes))
    return Scalar(text, start, end)


def _unquoted(text: str) -> str:
    match text[:3]:
        case '"""':
            return _unescaped(_without_first_line_end(text[3:-3]))
        case "'''":
            return _without_first_line_end(text[3:-3])
        case _ if text.startswith("'"):
            return text[1:-1]
        case _:
            return _unescaped(text[1:-1])


def _without_first_line_end(text: str) -> str:
    return text.removeprefix("\r").removeprefix("\n")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    if code := found[1] or found[2]:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else found[0]
    return _ESCAPES.get(found[3], found[3]) if found[3] else ""
