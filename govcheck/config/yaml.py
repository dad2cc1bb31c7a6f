"""YAML 1.2: mappings at any depth, and the lists of variables that Compose and Kubernetes know.

Aliases are not followed, so no file can grow by being read.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from tree_sitter import Node

from govcheck.config import tree
from govcheck.config.cutting import Range
from govcheck.config.entry import Entry
from govcheck.config.tree import Container, Key, Member, Reading, Scalar, Tree
from govcheck.document import Document
from govcheck.finding import Edit
from govcheck.syntax import MAX_YAML_LINES, TooLongError, fold, parse

# What a node becomes: a value, a pair or item, the offset of a comma, a sign, or nothing.
_Part = Scalar | Container | Member | int | str | None

_LINE_FOLD = re.compile(r"[ \t]*(\r\n|\r|\n)[ \t]*((?:(?:\r\n|\r|\n)[ \t]*)*)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[ \t]*(?:\r\n|\r|\n)[ \t]*|(.))"
)
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
    "e": "\x1b", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEADER = re.compile(r"[|>](?P<sign>[^\r\n#]*)[^\r\n]*(?:\r\n|\r|\n|\Z)")
_BLANK_LINES = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*")


def entries(document: Document) -> tuple[Entry, ...]:
    """The keys of all mappings, and the variables of lists of variables."""
    return tree.entries(document.view(read))


def removal(document: Document, doomed: Collection[Entry]) -> dict[Entry, tuple[Edit, ...]]:
    """The doomed keys and items.

    Kept are those of a document that does not parse, explicit (`?`) keys, and what holds an anchor.
    """
    return tree.removal(document, doomed, read)


def read(document: Document) -> Reading:
    """The trees of all documents of the file.

    Raises:
        TooDeepError: it nests too deep, or (TooLongError) has more than `MAX_YAML_LINES` lines.
    """
    if len(document.line_starts) > MAX_YAML_LINES:
        raise TooLongError(MAX_YAML_LINES)
    comments: list[Range] = []
    comment_starts: dict[int, int] = {}
    anchors: list[int] = []
    broken: list[Range] = []
    roots: list[Scalar | Container | None] = []
    text = document.text
    offset = document.offset_of_byte

    def visit(node: Node, parts: list[_Part]) -> _Part:
        kind = node.type
        if kind in _PASSED_ON:
            return next((part for part in parts if isinstance(part, Scalar | Container)), None)
        if kind in _SIGNS:
            return kind
        start, end = offset(node.start_byte), offset(node.end_byte)
        if kind in _BLOCKS:
            end = _content_end(text, start, end, comment_starts)
        match kind:
            case "plain_scalar":
                return Scalar(_folded(text[start:end]), start, end)
            case "single_quote_scalar":
                inner = _folded(text[start + 1 : end - 1]).replace("''", "'")
                return Scalar(inner, start + 1, end - 1)
            case "double_quote_scalar":
                return Scalar(_unescaped(text[start + 1 : end - 1]), start + 1, end - 1)
            case "block_scalar":
                return Scalar(_block_text(text, start, end), start, end)
            case "alias":
                return Scalar(None, start, end)
            case "block_mapping_pair" | "flow_pair":
                return _pair(parts, start, end)
            case "block_sequence_item":
                return Member(start, end, (), _value(parts))
            case "block_mapping" | "block_sequence":
                members = tuple(part for part in parts if isinstance(part, Member))
                is_mapping = kind == "block_mapping"
                return Container(
                    "mapping" if is_mapping else "sequence", "block", start, end, members
                )
            case "flow_mapping":
                members = tuple(_flow_members(document, node, parts))
                return Container("mapping", "flow", start, end, members, _commas(parts))
            case "flow_sequence":
                members = tuple(_flow_items(document, node, parts))
                return Container("sequence", "flow", start, end, members, _commas(parts))
            case ",":
                return start
            case "comment":
                comments.append((start, end))
                comment_starts[end] = start
            case "anchor":
                anchors.append(start)
            case "document":
                roots.append(_value(parts))
                if node.has_error:
                    broken.append((start, end))
            case "stream":
                if "ERROR" in parts:
                    broken[:] = [(0, len(text))]
            case "ERROR":
                return kind
        return None

    fold(parse("yaml", document.utf8), visit)
    return tree.reading_of(
        document, Tree(tuple(roots), tuple(comments), tuple(anchors), tuple(broken))
    )


_PASSED_ON = {"flow_node", "block_node"}
_SIGNS = {":", "?", "-", "{", "}", "[", "]"}
_BLOCKS = {"block_mapping_pair", "block_sequence_item", "block_mapping", "block_sequence"}


def _content_end(text: str, start: int, end: int, comment_starts: Mapping[int, int]) -> int:
    """Where a block really ends: its node may take in the comments and blank lines after it."""
    while True:
        while end > start and text[end - 1].isspace():
            end -= 1
        if comment_starts.get(end, start) <= start:
            return end
        end = comment_starts[end]


def _value(parts: list[_Part]) -> Scalar | Container | None:
    return next((part for part in parts if isinstance(part, Scalar | Container)), None)


def _commas(parts: list[_Part]) -> tuple[int, ...]:
    return tuple(part for part in parts if isinstance(part, int))


def _pair(parts: list[_Part], start: int, end: int) -> Member:
    """A pair, whose key stands before the colon; without a plain key it stays where it is."""
    colon = parts.index(":") if ":" in parts else len(parts)
    key, value = _value(parts[:colon]), _value(parts[colon:])
    keys = _keys(key)
    return Member(start, end, keys, value, fixed="?" in parts or not keys)


def _keys(key: Scalar | Container | None) -> tuple[Key, ...]:
    match key:
        case Scalar(text=str(text), start=start, end=end):
            return (Key(text, start, end),)
        case _:
            return ()


def _flow_members(document: Document, node: Node, parts: list[_Part]) -> Iterator[Member]:
    for child, part in zip(node.children, parts, strict=True):
        match part:
            case Member():
                yield part
            case Scalar() | Container():
                start = document.offset_of_byte(child.start_byte)
                end = document.offset_of_byte(child.end_byte)
                keys = _keys(part if isinstance(part, Scalar) else None)
                yield Member(start, end, keys, None, fixed=not keys)


def _flow_items(document: Document, node: Node, parts: list[_Part]) -> Iterator[Member]:
    for child, part in zip(node.children, parts, strict=True):
        start = document.offset_of_byte(child.start_byte)
        end = document.offset_of_byte(child.end_byte)
        match part:
            case Scalar() | Container():
                yield Member(start, end, (), part)
            case Member():  # a mapping of one pair without braces
                pair = replace(part, fixed=True)
                yield Member(start, end, (), Container("mapping", "flow", start, end, (pair,)))


def _folded(text: str) -> str:
    """Line folding of flow scalars: one line end is a space, more are one less."""
    return _LINE_FOLD.sub(_fold, text) if "\n" in text or "\r" in text else text


def _fold(found: re.Match[str]) -> str:
    return "\n" * len(_LINE_END.findall(found[2])) or " "


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return _folded(text)
    pieces = []
    position = 0
    for escape in _ESCAPE.finditer(text):
        pieces += [_folded(text[position : escape.start()]), _character(escape)]
        position = escape.end()
    return "".join([*pieces, _folded(text[position:])])


def _character(found: re.Match[str]) -> str:
    if code := found[1] or found[2] or found[3]:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else found[0]
    return _ESCAPES.get(found[4], found[4]) if found[4] else ""


def _block_text(text: str, start: int, end: int) -> str:
    """What a literal (`|`) or folded (`>`) block says."""
    header = _HEADER.match(text, start)
    if header is None:
        return text[start:end]
    blank = _BLANK_LINES.match(text, end)
    tail = blank.end() if blank else end
    lines = [line.rstrip("\r\n") for line in text[header.end() : max(end, tail)].splitlines(True)]
    filled = [line for line in lines if line.strip(" ")]
    indent = min((len(line) - len(line.lstrip(" ")) for line in filled), default=0)
    lines = [line[indent:] for line in lines]
    joiner = "\n" if text[start] == "|" else " "
    kept = [*lines]
    while kept and not kept[-1]:
        kept.pop()
    said = joiner.join(kept)
    match next((sign for sign in header["sign"] if sign in "+-"), ""):
        case "-":
            return said
        case "+":
            return said + "\n" * (len(lines) - len(kept) + bool(kept))
        case _:
            return said + "\n" * bool(said)
