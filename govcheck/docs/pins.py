"""The versions that documents state: in tables, and in TOML that is laid out like a manifest."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from govcheck.dependencies.section import normalized
from govcheck.docs.stated import inner, rows
from govcheck.document import Document, TooDeepError
from govcheck.manifests.statement import Dialect, UnreadableError
from govcheck.markdown.page import Fence, Page

_PACKAGE = ("package", "dependency", "library", "requirement", "distribution", "name")
_LIMIT = (
    *("constraint", "version constraint", "constraints", "allowed", "allowed versions", "pin"),
    *("specifier", "version range", "range", "version", "versions", "required version", "required"),
    "version requirement",
)
_SPECIFIER = re.compile(r"(?:[<>=!~^]=?=?\s*v?\d[\w.*+-]*)(?:\s*,\s*[<>=!~^]=?=?\s*v?\d[\w.*+-]*)*")
_HEADER = re.compile(r"^\s*\[", re.MULTILINE)
_PROJECT = re.compile(r"""(?m)^name\s*=\s*["']([^"']+)["']""")
_POETRY = "[tool.poetry.dependencies]\n"


class Pin(NamedTuple):
    """A limit that a document states; `start` to `end` is the specifier in its text.

    A table restates what the policy says where that says anything, TOML the manifest: that of
    `project`, where it names one.
    """

    package: str
    specifier: str
    dialect: Dialect
    start: int
    end: int
    restates: Literal["policy", "manifest"]
    project: str = ""


def pins(document: Document, page: Page) -> tuple[Pin, ...]:
    """The limits that a document states."""
    found = [*_in_tables(document, page)]
    for fence in page.fences:
        if fence.language == "toml":
            found += _in_fence(fence)
    return tuple(found)


def _in_tables(document: Document, page: Page) -> Iterator[Pin]:
    text = document.text
    for row in rows(page, _PACKAGE, _LIMIT):
        package, limit = row.cell(_PACKAGE), row.cell(_LIMIT)
        if package is None or limit is None:
            continue
        start, end = inner(text, limit)
        specifier = text[start:end]
        if not _SPECIFIER.fullmatch(specifier):
            continue
        dialect: Dialect = "poetry" if "^" in specifier else "pep440"
        yield Pin(normalized(package.text.strip()), specifier, dialect, start, end, "policy")


def _in_fence(fence: Fence) -> Iterator[Pin]:
    """The requirements of a fence: of a manifest, or of Poetry's table where it has no header."""
    from govcheck.manifests import toml_files

    lead = "" if _HEADER.search(fence.text) else _POETRY
    source = Document("pyproject.toml", (lead + fence.text).encode("utf-8", "replace"))
    try:
        said = [*toml_files.statements(source)]
    except (UnreadableError, TooDeepError, ValueError):
        return
    named = _PROJECT.search(fence.text)
    project = normalized(named[1]) if named else ""
    for each in said:
        if each.editable is None or each.specifier is None or each.form == "lock":
            continue
        start, end = (at - len(lead) for at in each.editable)
        if start >= 0 and fence.text[start:end].strip():
            place = fence.offset(start), fence.offset(end - 1) + 1
            yield Pin(
                each.subject, fence.text[start:end], each.dialect, *place, "manifest", project
            )
