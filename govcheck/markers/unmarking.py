"""Taking out what marks or skips: a decorator, a place in `pytestmark` or `marks=`, a call."""

import re

from tree_sitter import Node

from govcheck.document import Document, TooDeepError
from govcheck.finding import Edit, Fix
from govcheck.python.module import module, text

_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z)")
_REST_OF_ROW = re.compile(r"[ \t]*,[ \t]*(?:#[^\r\n]*)?\r?\n")
_BLANK_ABOVE = re.compile(r"\n((?:[ \t]*\r?\n)+)\Z")
_BLANK = re.compile(r"[ \t]*(?:\r?\n|\Z)")


def unmarking(document: Document, start: int, end: int, name: str) -> Fix | None:
    """The fix that takes off the mark at these offsets; None where it is written otherwise."""
    edit = _taking_off(document, start, end)
    return Fix(f"take the marker {name} off", (edit,), safe=False) if edit is not None else None


def _taking_off(document: Document, start: int, end: int) -> Edit | None:
    node = _node(document, start, end)
    parent = node.parent if node is not None else None
    if node is None or parent is None:
        return None
    if parent.type == "list":
        if parent.named_child_count > 1:
            return _out_of_row(document, node)
        node, parent = parent, parent.parent
    match parent.type if parent is not None else "":
        case "decorator":
            return _line(document, parent)
        case "assignment" | "augmented_assignment" if _is_pytestmark(parent):
            return _line(document, parent)
        case "keyword_argument" if text(parent and parent.child_by_field_name("name")) == "marks":
            return _out_of_row(document, parent)
    return None


def without_statement(document: Document, start: int, end: int) -> Edit | None:
    """The edit that takes out a statement; None where there is none at these offsets."""
    node = _node(document, start, end)
    statement = node.parent if node is not None else None
    if statement is None or statement.type != "expression_statement":
        return None
    return _line(document, node) or Edit(document.path, start, end, "pass")


def _node(document: Document, start: int, end: int) -> Node | None:
    """The expression at these offsets."""
    span = (document.byte_of_offset(start), document.byte_of_offset(end))
    try:
        around = document.view(module).around(*span)
    except TooDeepError:
        return None
    exact = (each for each in reversed(around) if (each.start_byte, each.end_byte) == span)
    return next(exact, None)


def _is_pytestmark(assignment: Node | None) -> bool:
    return assignment is not None and text(assignment.child_by_field_name("left")) == "pytestmark"


def _line(document: Document, node: Node | None) -> Edit | None:
    """All lines of a decorator or statement, with a blank line that would be one too many.

    None where something else stands on them, or where it is all that a block holds.
    """
    if node is None:
        return None
    block = node.parent.parent if node.parent is not None else None
    if block is not None and block.type == "block" and block.named_child_count == 1:
        return None
    source = document.text
    first = document.offset_of_byte(node.start_byte)
    start = source.rfind("\n", 0, first) + 1
    rest = _REST.match(source, document.offset_of_byte(node.end_byte))
    if rest is None or source[start:first].strip():
        return None
    blank = _BLANK_ABOVE.search(source, max(0, start - 200), start)
    if node.type != "decorator" and blank is not None and _BLANK.match(source, rest.end()):
        start = blank.start(1)
    return Edit(document.path, start, rest.end(), "")


def _out_of_row(document: Document, node: Node | None) -> Edit | None:
    """An element with the comma behind it, or else the one before it."""
    if node is None:
        return None
    source = document.text
    first, last = document.offset_of_byte(node.start_byte), document.offset_of_byte(node.end_byte)
    line, rest = source.rfind("\n", 0, first) + 1, _REST_OF_ROW.match(source, last)
    if rest is not None and not source[line:first].strip():
        return Edit(document.path, line, rest.end(), "")
    after, before = node.next_sibling, node.prev_sibling
    if after is not None and after.type == "," and after.next_named_sibling is not None:
        last = document.offset_of_byte(after.next_named_sibling.start_byte)
    elif before is not None and before.type == ",":
        first = document.offset_of_byte(before.start_byte)
    else:
        return None
    return Edit(document.path, first, last, "") if "#" not in source[first:last] else None
