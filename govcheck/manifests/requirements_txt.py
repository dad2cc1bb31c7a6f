"""Requirements and constraints files, as pip reads them ("Requirements File Format")."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from govcheck.dependencies.section import normalized
from govcheck.document import Document
from govcheck.manifests.statement import Role, Statement, of_requirement

_INCLUDE = re.compile(
    r"(?P<option>-r|--requirement|-c|--constraint)(?:\s+|=|(?<=-[rc]))(?P<path>\S+)"
)
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)(?P<rest>.+)")
_OPTIONS = re.compile(r"\s--?[A-Za-z][\w-]*(?:[= ]|$)")
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9][\w.-]*)")
_WHEEL = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>\d[^-/]*)-[^/]+\.whl$")
_SDIST = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)-(?P<version>\d[^-/]*)(?:\.tar\.gz|\.zip)$")
_REFERENCE = re.compile(r"[\w+.-]{1,100}:|\.|/|[^\s;=<>~!@]+\.(?:whl|tar\.gz|zip)(?:$|[\s;#])")
_ALONG = re.compile(r"(^|[-_.])(dev|develop|development|test|tests|testing|docs?|lint)([-_.]|$)")
# A name with extras, and then its end, or what a specifier, a marker or an option begins with.
_LIKELY = re.compile(
    r"-|[\w.+-]{1,100}:\S|[./]|[^\s;=<>~!@]+\.(?:whl|tar\.gz|zip)\b"
    r"|[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*(?:$|[=<>!~;@(#,]|--)|[$%{]"
)
_COMMENT = re.compile(r"(?:^|\s)#")


class _Line(NamedTuple):
    """A logical line: its first physical line may be continued by backslashes."""

    text: str
    start: int
    is_whole: bool


def statements(document: Document) -> Iterator[Statement]:
    """What a requirements file states, its includes left to themselves."""
    bound_by = tuple(path for kind, path in _included(document) if kind == "c")
    lines = [*_lines(document)]
    if sum(map(_is_prose, lines)) * 2 > len(lines):
        return  # `constraints.txt` may be a chapter of a manual
    for line in lines:
        found = _statement(document, line)
        if found is not None:
            yield found._replace(bound_by=bound_by, role=_role(document.path))


def _is_prose(line: _Line) -> bool:
    return _LIKELY.match(line.text) is None


def _role(path: str) -> Role:
    folder, _, name = path.rpartition("/")
    if _ALONG.search(name) or (folder and _ALONG.search(folder.rpartition("/")[2])):
        return "extra"
    return "main" if name in ("requirements.txt", "requirements.in") else "other"


def includes(document: Document) -> Iterator[str]:
    """The files that it includes, as paths from the root of the repository."""
    yield from (path for _, path in _included(document))


def _included(document: Document) -> Iterator[tuple[str, str]]:
    for line in _lines(document):
        if (found := _INCLUDE.match(line.text)) is not None:
            kind = "r" if "r" in found["option"].lstrip("-")[:1] else "c"
            yield (
                kind,
                posixpath.normpath(posixpath.join(posixpath.dirname(document.path), found["path"])),
            )


def _lines(document: Document) -> Iterator[_Line]:
    starts = document.line_starts
    number = 0
    while number < len(starts):
        first = number
        parts = [document.line(number + 1)]
        while parts[-1].endswith("\\") and number + 1 < len(starts):
            number += 1
            parts[-1] = parts[-1][:-1].rstrip()
            parts.append(document.line(number + 1).strip())
        number += 1
        text = " ".join(parts)
        if (comment := _COMMENT.search(text)) is not None:
            text = text[: comment.start()]
        lead = len(text) - len(text.lstrip())
        if text.strip():
            yield _Line(text.strip(), starts[first] + lead, number == first + 1)


def _statement(document: Document, line: _Line) -> Statement | None:
    text = line.text
    if (editable := _EDITABLE.match(text)) is not None:
        return _by_reference(document, line, editable["rest"])
    if text.startswith("-"):
        return None
    if _REFERENCE.match(text):
        return _by_reference(document, line, text)
    options = _OPTIONS.search(text)
    said = text[: options.start()].rstrip() if options else text
    end = line.start + len(document.line(document.span(line.start, line.start).line).strip())
    span = document.span(line.start, min(line.start + len(said), end))
    found = of_requirement(document, said, line.start, scope=document.path, span=span)
    if found is None:
        name = re.match(r"[A-Za-z0-9][\w.-]*", said)
        if name is None:
            return None
        return Statement(normalized(name[0]), said, None, "pep440", span, scope=document.path,
                         why="it is no requirement that pip could read")  # fmt: skip
    if "--hash" in text:
        return found._replace(editable=None, why="its hashes belong to that version")
    return found


def _by_reference(document: Document, line: _Line, text: str) -> Statement | None:
    """A URL or path, which tells a name at best, and a version by the name of an archive."""
    path = unquote(re.split(r"[#?;\s]", text.strip())[0])
    file = path.rpartition("/")[2]
    egg, wheel = _EGG.search(text), _WHEEL.match(file) or _SDIST.match(file)
    if egg is None and wheel is None:
        return None
    name = egg["name"] if egg else wheel["name"] if wheel else ""
    return Statement(
        normalized(name), line.text, f"=={wheel['version']}" if wheel else None, "pep440",
        document.span(line.start, line.start + len(line.text)) if line.is_whole
        else document.line_span(document.span(line.start, line.start).line),
        scope=document.path, why="what it points at has no version in its name",
    )  # fmt: skip
