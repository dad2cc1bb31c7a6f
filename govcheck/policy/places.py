"""Where the keys of a TOML file stand, by its syntax tree."""

from collections.abc import Iterator

from tree_sitter import Node

from govcheck.document import Document
from govcheck.keys import Key
from govcheck.policy.source import Place
from govcheck.syntax import parse


def places(document: Document) -> dict[Key, Place]:
    """The place of every key and table of a TOML file; a table ends where the next one begins.

    Items of arrays are keyed by their index. The first place of a table defined in several counts.
    """
    found: dict[Key, Place] = {}
    counts: dict[Key, int] = {}
    root = parse("toml", document.utf8).root_node

    def note(path: Key, key: Node, whole: Node) -> None:
        place = Place(
            (document.offset_of_byte(key.start_byte), document.offset_of_byte(key.end_byte)),
            (document.offset_of_byte(whole.start_byte), document.offset_of_byte(whole.end_byte)),
        )
        found.setdefault(path, place)

    def pair(node: Node, around: Key) -> None:
        key, value = node.named_children[0], node.named_children[-1]
        path = around
        for part, name in _parts(key):
            path = (*path, name)
            note(path, part, node)
        inside(value, path)

    def inside(value: Node, path: Key) -> None:
        match value.type:
            case "inline_table":
                for each in value.named_children:
                    if each.type == "pair":
                        pair(each, path)
            case "array":
                items = [each for each in value.named_children if each.type != "comment"]
                for number, item in enumerate(items):
                    note((*path, number), item, item)
                    inside(item, (*path, number))

    for node in root.named_children:
        match node.type:
            case "pair":
                pair(node, ())
            case "table" | "table_array_element":
                header = node.named_children[0]
                path: Key = ()
                for part, name in _parts(header):
                    path = (*path, name)
                    if path in counts and part.end_byte != header.end_byte:
                        path = (*path, counts[path] - 1)
                    note(path, part, node)
                if node.type == "table_array_element":
                    counts[path] = counts.get(path, 0) + 1
                    path = (*path, counts[path] - 1)
                    note(path, header, node)
                for each in node.named_children[1:]:
                    if each.type == "pair":
                        pair(each, path)
    return found


def _parts(key: Node) -> Iterator[tuple[Node, str]]:
    if key.type == "dotted_key":
        for part in key.named_children:
            yield from _parts(part)
    else:
        text = (key.text or b"").decode()
        yield key, text[1:-1] if key.type == "quoted_key" else text
