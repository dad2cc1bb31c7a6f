"""What reStructuredText says that rules for blocks of code need: its titles and code blocks."""

import re
from collections.abc import Iterator

from govcheck.document import Document
from govcheck.markdown.page import Fence, Heading, Page

ENDING = ".rst"
NEEDLE = ".. code"

_BLOCK = re.compile(
    r"(?m)^(?P<indent>[ \t]*)\.\. (?:code-block|code|sourcecode)::"
    r"[ \t]*(?P<language>[\w-]*)[ \t]*\r?\n"
)
_OPTION = re.compile(r"[ \t]+:(?P<name>[\w-]+):(?P<value>[^\n]*)\n")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_TITLE = re.compile(
    r"(?m)^(?P<title>\S[^\n]*)\n(?P<sign>[=~^\"'`#*+.:_<>-])(?P=sign){2,}[ \t]*\r?$"
)


def page(document: Document) -> Page:
    """The titles and the code blocks of a document; of all else the page says nothing.

    What is known of a block besides its language is its caption, which may be a file's name.
    """
    text = document.text
    fences = tuple(_fences(text))
    return Page(
        links=(), definitions=(), headings=tuple(_headings(text)), codes=(), fences=fences,
        tables=(), tasks=(), comments=(), anchors=(), front={}, front_start=0, front_end=0,
    )  # fmt: skip


def _headings(text: str) -> Iterator[Heading]:
    signs: list[str] = []
    for found in _TITLE.finditer(text):
        if found["sign"] not in signs:
            signs.append(found["sign"])
        level = signs.index(found["sign"]) + 1
        yield Heading(level, found["title"].rstrip(), found.start("title"), found.end())


def _fences(text: str) -> Iterator[Fence]:
    end = 0
    for block in _BLOCK.finditer(text):
        if block.start() < end:
            continue  # an example of a directive, in a block
        at = block.end()
        language = block["language"].lower()
        info = language
        while option := _OPTION.match(text, at):
            at = option.end()
            if option["name"] in ("caption", "name"):
                info += f" {option['value'].strip()}"
        outside = len(block["indent"].expandtabs())
        lines: list[tuple[int, int]] = []
        for line in _LINE.finditer(text, at):
            said = line[0].strip()
            if said and len(line[0].expandtabs()) - len(line[0].expandtabs().lstrip()) <= outside:
                break
            if said or lines:
                lines.append(line.span())
        while lines and not text[slice(*lines[-1])].strip():
            lines.pop()
        if not lines:
            continue
        end = lines[-1][1]
        margin = min(
            len(said) - len(said.lstrip()) for span in lines if (said := text[slice(*span)]).strip()
        )
        pieces: list[tuple[int, int]] = []
        parts: list[str] = []
        length = 0
        for start, stop in lines:
            start = min(start + margin, stop - 1) if text[start:stop].strip() else stop - 1
            pieces.append((length, start))
            parts.append(text[start:stop])
            length += stop - start
        yield Fence(language, info, "".join(parts), block.start(), end, tuple(pieces))
