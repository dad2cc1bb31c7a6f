"""The commands that Dockerfiles and Docker Compose start containers with."""

import re
from collections.abc import Iterator, Sequence

from govcheck.config import yaml
from govcheck.document import Document
from govcheck.manifests.tree import Value, at, is_verbatim, scalars
from govcheck.shell import Command, Word, commands, snippet

_INSTRUCTION = re.compile(
    r"(?im)^[ \t]*(?P<name>FROM|CMD|ENTRYPOINT)[ \t]+(?P<rest>(?:[^\\\n]|\\[\s\S])*)"
)
_ITEMS = re.compile(r'\[(?:\s|\\\n)*(?:"[^"\\\n]*"(?:[\s,]|\\\n)*)*\]')
_ITEM = re.compile(r'"([^"\\\n]*)"')


def of_dockerfile(document: Document) -> Iterator[tuple[int, Command]]:
    """What each stage of a Dockerfile starts, with its place: its entry point, and its command."""
    entry: tuple[int, int] | None = None
    command: tuple[int, int] | None = None
    for each in _INSTRUCTION.finditer(document.text):
        match each["name"].upper():
            case "FROM":
                yield from _started(document, entry, command)
                entry, command = None, None
            case "ENTRYPOINT":
                entry = each.span("rest")
            case _:
                command = each.span("rest")
    yield from _started(document, entry, command)


def of_compose(document: Document) -> Iterator[tuple[int, Command]]:
    """What the services of a Docker Compose file start, with the place."""
    for root in document.view(yaml.read).tree.roots:
        for service in at(root, "services", "*"):
            if not any(at(service, "entrypoint")):
                for value in at(service, "command"):
                    yield from _of_value(document, value)


def _started(
    document: Document, entry: tuple[int, int] | None, command: tuple[int, int] | None
) -> Iterator[tuple[int, Command]]:
    """The words of an entry point, to which those of a command are added where both are lists."""
    first = entry or command
    if first is None:
        return
    words = _words(document, *first)
    if words is None:
        said = snippet(document, [first])
        yield from ((first[0], each) for each in commands(said))
        return
    more = _words(document, *command) if entry is not None and command is not None else ()
    if words and more is not None:
        yield first[0], Command((*words, *more))


def _words(document: Document, start: int, end: int) -> tuple[Word, ...] | None:
    """The words of a list; None where it is no list but a line for the shell."""
    items = _ITEMS.match(document.text, start, end)
    if items is None:
        return None
    return tuple(
        Word(item[1], item.start(1), item.end(1), item[1], is_quoted=True)
        for item in _ITEM.finditer(document.text, start, items.end())
    )


def _of_value(document: Document, value: Value) -> Sequence[tuple[int, Command]]:
    said = scalars(value)
    if not said or not all(is_verbatim(document.text, each) for each in said):
        return ()
    first = said[0].start
    if value is said[0]:
        return [(first, each) for each in commands(snippet(document, [(first, said[0].end)]))]
    words = tuple(
        Word(each.text or "", each.start, each.end, each.text or "", is_quoted=True)
        for each in said
    )
    return ((first, Command(words)),)
