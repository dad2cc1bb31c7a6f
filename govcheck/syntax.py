"""Syntax trees of the languages we read, by tree-sitter: tolerant of errors, never executed."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Literal, TypeVar

from tree_sitter import Language, Node, Parser, Tree

from govcheck.document import MAX_DEPTH, TooDeepError

__all__ = [
    "MAX_DEPTH",
    "MAX_YAML_LINES",
    "SyntaxName",
    "TooDeepError",
    "TooLongError",
    "ancestry",
    "fold",
    "parse",
    "walk",
]

Part = TypeVar("Part")

SyntaxName = Literal["bash", "json", "python", "toml", "yaml"]

# The scanner of tree-sitter-yaml counts lines in 16 bits, and reads nonsense beyond.
MAX_YAML_LINES = 2**15 - 1

# It also writes past its buffer, and crashes, once 254 block collections are open at a time. These
# begin in columns of their own, but for a list, which may begin in that of its key.
_MAX_YAML_COLUMNS = 100
_YAML_LEAD = re.compile(rb"[ \t]*+(?>(?:[-?:](?:[ \t]++|$))*)")
_YAML_RUN = re.compile(rb"(?>(?:[-?:](?:[ \t]++|$)){2,})")
_YAML_SUSPECT = re.compile(
    rb"(?m)(?:^|\r)[ \t?:-]{%d}|(?:[-?:][ \t]++){%d}"
    % (_MAX_YAML_COLUMNS // 2, _MAX_YAML_COLUMNS // 2)
)


class TooLongError(TooDeepError):
    """The text has more lines than its parser can count, and is left alone like one too deep."""

    def __init__(self, lines: int) -> None:
        ValueError.__init__(self, f"it has more than {lines} lines")


@cache
def _parser(name: SyntaxName) -> Parser:
    return Parser(Language(import_module(f"tree_sitter_{name}").language()))


def parse(name: SyntaxName, source: bytes) -> Tree:
    """The syntax tree of UTF-8 `source`; what does not parse stands in it as ERROR nodes.

    Raises:
        TooDeepError: it is YAML that nests so deep that its parser would crash.
    """
    if name == "yaml" and _YAML_SUSPECT.search(source) and _opens_too_much(source):
        raise TooDeepError(_MAX_YAML_COLUMNS)
    return _parser(name).parse(source)


def _opens_too_much(source: bytes) -> bool:
    """Whether more block collections may be open at once than tree-sitter-yaml survives."""
    columns: list[int] = []
    for line in source.splitlines():
        first = len(line) - len(line.lstrip(b" \t"))
        if first == len(line) or line.startswith(b"#", first):
            continue
        while columns and columns[-1] > first:
            columns.pop()
        lead = _YAML_LEAD.match(line)
        lead_end = lead.end() if lead else first
        runs = [(first, lead_end), *(run.span() for run in _YAML_RUN.finditer(line, lead_end))]
        for start, end in runs:
            opened = [at for at in range(start, end) if line[at] in b"-?:"]
            columns += [at for at in (*opened, end) if not columns or at > columns[-1]]
        if len(columns) > _MAX_YAML_COLUMNS:
            return True
    return False


def walk(tree: Tree) -> Iterator[Node]:
    """All nodes of the tree in the order of the text, each before its children.

    Raises:
        TooDeepError: the tree is deeper than `MAX_DEPTH`.
    """
    cursor = tree.walk()
    depth = 0
    while True:
        if cursor.node is not None:
            yield cursor.node
        if cursor.goto_first_child():
            depth += 1
            if depth > MAX_DEPTH:
                raise TooDeepError
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1


def fold(tree: Tree, visit: Callable[[Node, list[Part]], Part]) -> Part:
    """What `visit` makes of the root, given each node with what it made of the node's children.

    Raises:
        TooDeepError: the tree is deeper than `MAX_DEPTH`.
    """
    cursor = tree.walk()
    above: list[tuple[Node, list[Part]]] = []
    while True:
        node, parts = cursor.node or tree.root_node, list[Part]()
        if cursor.goto_first_child():
            above.append((node, parts))
            if len(above) > MAX_DEPTH:
                raise TooDeepError
            continue
        while True:
            part = visit(node, parts)
            if not above:
                return part
            above[-1][1].append(part)
            if cursor.goto_next_sibling():
                break
            cursor.goto_parent()
            node, parts = above.pop()


def ancestry(tree: Tree, start: int, end: int) -> list[Node]:
    """The nodes that enclose the byte range, from the root to the smallest.

    `Node.parent` searches from the root each time, so one descent is what keeps deep trees cheap.

    Raises:
        TooDeepError: the range stands deeper than `MAX_DEPTH`.
    """
    cursor = tree.walk()
    found: list[Node] = []
    while (node := cursor.node) is not None and node.start_byte <= start and end <= node.end_byte:
        found.append(node)
        if len(found) > MAX_DEPTH:
            raise TooDeepError
        if cursor.goto_first_child_for_byte(start) is None:
            break
    return found
