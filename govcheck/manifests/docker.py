"""Dockerfiles: the images that stages begin from, and what their commands install."""

import re
from collections.abc import Iterator

from govcheck.document import Document
from govcheck.manifests import images, shell
from govcheck.manifests.statement import Statement

_FROM = re.compile(
    r"(?im)^[ \t]*FROM(?:\s|\\\r?\n)+(?:--\S+(?:\s|\\\r?\n)+)*(?P<image>[^\s\\]+)"
    r"(?:(?:\s|\\\r?\n)+AS\s+(?P<stage>\S+))?[ \t]*\r?$"
)
_ARG = re.compile(
    r"(?im)^[ \t]*ARG\s+(?P<name>\w+)=(?P<quote>['\"]?)(?P<value>[^\s'\"]*)(?P=quote)"
)
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::?-(?P<default>[^}]*))?\}|\$(?P<bare>\w+)")
_RUN = re.compile(
    r"(?im)^[ \t]*RUN\s+(?:--\S+\s+(?:\\\r?\n\s*)?)*"
    r"(?P<body>(?:[^\n\\]|\\(?!\r?\n)|\\\r?\n(?:[ \t]*#[^\n]*\n)*)*)"
)
_HERE = re.compile(r"<<-?\s*['\"]?(?P<word>\w+)['\"]?")


def statements(document: Document) -> Iterator[Statement]:
    """What a Dockerfile states."""
    text = document.text
    # Only arguments above the first stage are known to the names of images.
    first = _FROM.search(text)
    head = first.start() if first else 0
    given = {found["name"]: found["value"] for found in _ARG.finditer(text, 0, head)}
    stages: set[str] = set()
    for found in _FROM.finditer(text):
        image = found["image"]
        if image.lower() not in stages:
            full = _VARIABLE.sub(lambda each: _value(each, given), image)
            yield from images.statement(document, full, found.start("image"), shown=image)
        if found["stage"]:
            stages.add(found["stage"].lower())
    for run in _RUN.finditer(text):
        start, end = run.span("body")
        here = _HERE.search(run["body"])
        if here is not None:
            closing = re.compile(rf"(?m)^\t*{here['word']}\s*$").search(text, end)
            end = closing.start() if closing else end
            start = text.find("\n", start) + 1
        if run["body"].lstrip().startswith("["):
            words = [
                shell._Word(each[1], start + each.start(1), start + each.end(1), '"')
                for each in re.finditer(r'"((?:[^"\\]|\\.)*)"', run["body"])
            ]
            yield from shell._command(document, words)
        else:
            yield from shell.commands(document, start, end, drops_comments=True)


def _value(found: re.Match[str], given: dict[str, str]) -> str:
    name = found["name"] or found["bare"]
    return given.get(name) or found["default"] or found[0]
