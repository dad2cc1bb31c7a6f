"""`.env` files: `NAME=value` lines, as python-dotenv and Docker read them; `.envrc` likewise.

A value in quotes may span lines; `#` after white space begins a comment behind a bare value.
"""

import re
from collections.abc import Collection
from dataclasses import replace

from govcheck.config import flat
from govcheck.config.cutting import Range
from govcheck.config.entry import Entry
from govcheck.config.flat import Listing, Setting
from govcheck.document import Document
from govcheck.finding import Edit

_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?:"
    r"(?P<comment>\#[^\r\n]*)"
    r"|(?P<export>export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)(?P<equals>[ \t]*=[ \t]*)?)?"
)
_QUOTED = {
    '"': re.compile(r'"([^"\\]*(?>(?:\\.[^"\\]*)*))"', re.DOTALL),
    "'": re.compile(r"'([^'\\]*(?>(?:\\.[^'\\]*)*))'", re.DOTALL),
    "`": re.compile(r"`([^`]*)`"),
}
_BARE = re.compile(r"(?>(?:[^ \t\r\n#]|(?<![ \t])#|[ \t]++(?![#\r\n]|\Z))*)")
_REST = re.compile(r"[ \t]*(?P<comment>#[^\r\n]*)?(?P<end>\r\n|\r|\n|\Z)|(?P<junk>[^\r\n]*)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def entries(document: Document) -> tuple[Entry, ...]:
    """The variables that the file sets."""
    return flat.entries(document.view(read))


def comments(document: Document) -> tuple[Range, ...]:
    """The comments, each from its `#` to the end of the line."""
    return document.view(read).comments


def removal(document: Document, doomed: Collection[Entry]) -> dict[Entry, tuple[Edit, ...]]:
    """The lines of the doomed; in an `.envrc`, which is a shell script, only plain exports."""
    return flat.removal(document, doomed, read, flat.by_lines)


def read(document: Document) -> Listing:
    """The variables and comments of the file."""
    text = document.text
    is_script = document.path.rpartition("/")[2].lower().startswith(".envrc")
    has_here_document = is_script and "<<" in text
    settings: list[Setting] = []
    comments: list[Range] = []
    position = 0
    while position < len(text):
        line = _LINE.match(text, position)
        if line is None:
            break
        if line["comment"]:
            comments.append(line.span("comment"))
        end = line.end()
        if line["name"]:
            setting, end = _setting(document, line, is_script)
            if setting is not None:
                sure = setting.removable and not has_here_document
                settings.append(replace(setting, removable=sure))
        rest = _REST.match(text, end)
        while rest is not None and rest["junk"]:
            rest = _REST.match(text, rest.end())
        if rest is None:
            break
        if rest["comment"]:
            comments.append(rest.span("comment"))
        position = rest.end()
    return Listing(tuple(settings), tuple(comments))


def _setting(
    document: Document, line: re.Match[str], is_script: bool
) -> tuple[Setting | None, int]:
    """The variable that the line sets, and where reading goes on."""
    text = document.text
    name = line["name"]
    name_span = document.span(*line.span("name"))
    if not line["equals"]:
        rest = _REST.match(text, line.end("name"))
        if rest is None or rest["junk"] or (is_script and not line["export"]):
            return None, line.end()
        entry = Entry((name,), name, name_span)
        return Setting(entry, line.start("name"), line.end("name")), line.end("name")
    at = line.end()
    plain = not is_script or not (line["indent"] or _continues(text, line.start()))
    quoted = _QUOTED[text[at]].match(text, at) if text[at : at + 1] in _QUOTED else None
    if quoted is not None:
        rest = _REST.match(text, quoted.end())
        if rest is not None and not rest["junk"]:
            value = _unescaped(quoted[1]) if text[at] == '"' else quoted[1]
            entry = Entry((name,), name, name_span, value, document.span(*quoted.span(1)))
            sure = plain and not (text[at] == "'" and "\\'" in quoted[0])
            return Setting(entry, line.start("name"), quoted.end(), sure), quoted.end()
    bare = _BARE.match(text, at)
    start, end = bare.span() if bare else (at, at)
    value = text[start:end]
    entry = Entry((name,), name, name_span, value, document.span(start, end))
    sure = (
        plain and value[:1] not in _QUOTED and not (is_script and re.search(r"[\s;&|`(\\<]", value))
    )
    return Setting(entry, line.start("name"), end, sure), end


def _continues(text: str, start: int) -> bool:
    """Whether the line before runs on into the one that starts here."""
    return text.endswith(("\\\n", "\\\r\n"), max(0, start - 3), start)


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), value)
