"""JSON, with the comments and trailing commas that its dialects allow."""

import re
from collections.abc import Collection

from tree_sitter import Node

from govcheck.config import tree
from govcheck.config.cutting import Range
from govcheck.config.entry import Entry
from govcheck.config.tree import Container, Key, Member, Reading, Scalar, Tree
from govcheck.document import Document
from govcheck.finding import Edit
from govcheck.syntax import fold, parse

# What a node becomes: a value, a pair, the offset of a comma, or nothing of interest.
_Part = Scalar | Container | Member | int | None

_ESCAPE = re.compile(
    r"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL
)
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def entries(document: Document) -> tuple[Entry, ...]:
    """The members of all objects, and the variables of lists under `env` and the like."""
    return tree.entries(document.view(read))


def removal(document: Document, doomed: Collection[Entry]) -> dict[Entry, tuple[Edit, ...]]:
    """The doomed members with a comma each; nothing in a file that does not parse."""
    return tree.removal(document, doomed, read)


def read(document: Document) -> Reading:
    """The tree of the file (RFC 8259)."""
    comments: list[Range] = []
    errors: list[Range] = []
    offset = document.offset_of_byte

    def visit(node: Node, parts: list[_Part]) -> _Part:
        start, end = offset(node.start_byte), offset(node.end_byte)
        text = document.text
        if node.is_missing:
            errors.append((start, end))
        match node.type:
            case "object":
                return tree.braces(parts, start, end)
            case "array":
                return tree.brackets(document, node, parts, start, end)
            case "pair":
                return _pair(parts, start, end)
            case "string":
                return Scalar(_unescaped(text[start + 1 : end - 1]), start + 1, end - 1)
            case "number" | "true" | "false" | "null":
                return Scalar(text[start:end], start, end)
            case ",":
                return start
            case "comment":
                comments.append((start, end))
            case "ERROR" if _TRAILING_COMMA.match(text, start):
                return start
            case "document":
                return next((part for part in parts if isinstance(part, Scalar | Container)), None)
            case "ERROR":
                errors.append((start, end))
        return None

    root = fold(parse("json", document.utf8), visit)
    value = root if isinstance(root, Scalar | Container) else None
    broken = ((0, len(document.text)),) if errors else ()
    return tree.reading_of(document, Tree((value,), tuple(comments), (), broken))


def _pair(parts: list[_Part], start: int, end: int) -> Member | None:
    match [part for part in parts if isinstance(part, Scalar | Container)]:
        case [Scalar(text=str(text)) as key, *rest]:
            value = rest[0] if rest else None
            return Member(start, end, (Key(text, key.start, key.end),), value)
    return None


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    escape = found[1]
    if escape[0] != "u" or len(escape) == 1:
        return _ESCAPES.get(escape, escape)
    units = [int(each, 16) for each in re.findall(r"[0-9a-fA-F]{4}", escape)]
    packed = b"".join(unit.to_bytes(2, "big") for unit in units)
    return packed.decode("utf-16-be", "replace")
