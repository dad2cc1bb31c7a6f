"""Registering a marker: in the file, and in the style, in which the others are."""

import re

from govcheck.document import Document
from govcheck.finding import Edit, Fix
from govcheck.markers.configuration import Configuration, Line
from govcheck.markers.registration import Registration, is_open, known, registrations
from govcheck.markers.suite import suite
from govcheck.policy import Policy
from govcheck.repo import Repo

_REST_OF_LINE = re.compile(r"[ \t]*(?P<comma>,)?[ \t]*(?:#[^\n]*)?(?=\r?\n)")
_EMPTY_ARRAY = re.compile(r"(?m)^[ \t]*markers[ \t]*=[ \t]*\[(?=[ \t]*\])")
_STATEMENT = re.compile(
    r"(?m)^(?P<lead>[ \t]*[\w.]+\.addinivalue_line\()[^()]*(?:\([^()]*\)[^()]*)*\)"
    r"[ \t]*(?:#[^\r\n]*)?\r?$"
)
_HEADERS = {
    "pyproject.toml": r"\[tool\.pytest(?:\.ini_options)?\]",
    "setup.cfg": r"\[tool:pytest\]",
}  # fmt: skip


def registering(repo: Repo, path: str, name: str) -> Fix | None:
    """The fix that registers a marker for the tests of a file; None where there is no place."""
    configuration = repo.view(suite).configuration(path)
    if "markers" in configuration.overridden:
        return None
    document = repo.document(configuration.path) if configuration.path else None
    lines = [line for _, line in configuration.registered()]
    edits: tuple[Edit, ...] | None = None
    where = configuration.path
    if document is not None and lines:
        edits = _beside(document, configuration, lines[-1], name)
    else:
        hooks = [each for each in repo.view(registrations) if not each.is_configured]
        if hooks:
            edits = _in_hook(repo, hooks[-1], name)
            where = hooks[-1].span.path
        elif document is not None:
            edits = _first(document, configuration, name)
    return Fix(f"register {name} in {where}", edits) if edits else None


def with_registration(repo: Repo, policy: Policy, path: str, name: str, mended: Fix) -> Fix | None:
    """A fix that marks tests, and registers the marker if need be; None where it cannot."""
    if name in repo.view(known, policy) or repo.view(is_open):
        return mended
    found = registering(repo, path, name)
    return Fix(mended.title, (*mended.edits, *found.edits)) if found is not None else None


def _beside(
    document: Document, configuration: Configuration, last: Line, name: str
) -> tuple[Edit, ...] | None:
    text, path = document.text, document.path
    start = text.rfind("\n", 0, last.start) + 1
    lead = text[start : last.start]
    if not path.endswith(".toml") or (not lead.strip() and "markers" not in configuration.lists):
        indent = lead if not lead.strip() else "    "
        if path.endswith(".toml") and lead.strip():
            is_basic = text[last.start - 1] == '"' and text[last.end : last.end + 1] == '"'
            new = f"\\n{name}"
            return (Edit(path, last.end, last.end, new),) if is_basic else None
        return (Edit(path, last.end, last.end, f"{_ending(text)}{indent}{name}"),)
    quote = text[last.start - 1]
    length = 3 if text[last.start - 3 : last.start] == quote * 3 else 1
    end = last.end + length
    item = f"{quote}{name}{quote}"
    rest = _REST_OF_LINE.match(text, end)
    if rest is None:
        comma = re.compile(r"[ \t]*,").match(text, end)
        if comma is not None:
            return (Edit(path, comma.end(), comma.end(), f" {item},"),)
        return (Edit(path, end, end, f", {item}"),)
    indent = lead[: len(lead) - len(lead.lstrip())]
    if lead.strip() != quote * length:
        indent = " " * len(lead.removesuffix(quote * length)) if "[" in lead else indent
    tail = "," if rest["comma"] else ""
    new = f"{_ending(text)}{indent}{item}{tail}"
    if rest["comma"]:
        return (Edit(path, rest.end(), rest.end(), new),)
    if rest.end() == end:
        return (Edit(path, end, end, f",{new}"),)
    return (Edit(path, end, end, ","), Edit(path, rest.end(), rest.end(), new))


def _in_hook(repo: Repo, last: Registration, name: str) -> tuple[Edit, ...] | None:
    """A call below the last one that registers, where this is a statement with its own lines."""
    document = repo.document(last.span.path)
    for found in _STATEMENT.finditer(document.text) if document is not None else ():
        if found.start() <= last.span.start < found.end() and document is not None:
            ending = _ending(document.text)
            new = f'{ending}{found["lead"]}"markers", "{name}")'
            end = found.end() - (1 if found[0].endswith("\r") else 0)
            return (Edit(document.path, end, end, new),)
    return None


def _first(document: Document, configuration: Configuration, name: str) -> tuple[Edit, ...] | None:
    """The option itself, in the section that is there."""
    text, path = document.text, document.path
    ending = _ending(text)
    if "markers" in configuration.options:
        empty = _EMPTY_ARRAY.search(text)
        return (Edit(path, empty.end(), empty.end(), f'"{name}"'),) if empty else None
    header = _HEADERS.get(path.rpartition("/")[2], r"\[pytest\]")
    sections = list(re.finditer(rf"(?m)^{header}[ \t]*(?:[#;][^\n]*)?\r?\n", text))
    if len(sections) != 1:
        return None
    at = sections[0].end()
    if path.endswith(".toml"):
        return (Edit(path, at, at, f'markers = ["{name}"]{ending}'),)
    return (Edit(path, at, at, f"markers ={ending}    {name}{ending}"),)


def _ending(text: str) -> str:
    return "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
