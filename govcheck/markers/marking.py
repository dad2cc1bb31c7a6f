"""Adding a mark to tests: where it covers most with the least text."""

import re

from govcheck.finding import Edit, Fix
from govcheck.markers.outline import Class, Outline
from govcheck.markers.suite import Suite, Test
from govcheck.repo import Repo


def fix(repo: Repo, tests: Suite, test: Test, marker: str, covers: frozenset[str]) -> Fix | None:
    """The fix that marks a test: on its module or class where all tests there are to be marked.

    `covers` are the node ids of the tests that must bear the mark and are not known to.
    """
    document = repo.document(test.home)
    read = tests.outline(test.home)
    if document is None or read is None or test.home != test.path:
        return None
    if all(each.node in covers for each in tests.tests_of(test.path)):
        return _on_module(document.text, test.path, read, marker)
    if len(test.chain) == 1:
        definition = next((each for each in read.classes if each.name == test.chain[0]), None)
        mates = [each for each in tests.tests_of(test.path) if each.chain[:1] == test.chain]
        if definition is not None and all(each.node in covers for each in mates) and len(mates) > 1:
            return _above(test.path, document.text, read, definition, marker)
    return _above(test.path, document.text, read, test.function, marker)


def _on_module(text: str, path: str, read: Outline, marker: str) -> Fix | None:
    pytest = read.pytest or "pytest"
    mark = f"{pytest}.mark.{marker}"
    title = f"mark the module with {marker}"
    ending = "\r\n" if "\r\n" in text else "\n"
    if read.pytestmark is not None:
        start, end = read.pytestmark
        value = text[start:end]
        if value.startswith("["):
            inner = value[1:-1].rstrip()
            if "\n" in value or "#" in value:
                return None
            separator = "" if not inner.strip() else " " if inner.endswith(",") else ", "
            new = f"[{inner}{separator}{mark}]"
        elif value.startswith("("):
            return None
        else:
            new = f"[{value}, {mark}]"
        return Fix(title, (Edit(path, start, end, new),))
    if re.search(r"(?m)^pytestmark\b", text):
        return None
    needs = "" if read.pytest else f"import pytest{ending}"
    if read.body == 0:
        lead = f"{needs}{ending}" if needs else ""
        return Fix(title, (Edit(path, 0, 0, f"{lead}pytestmark = {mark}{ending}{ending}"),))
    line = text.find("\n", read.body)
    at = len(text) if line < 0 else line + 1
    lead = ending if line < 0 else ""
    added = f"{lead}{needs}{ending}pytestmark = {mark}{ending}"
    return Fix(title, (Edit(path, at, at, added),))


def _above(path: str, text: str, read: Outline, where: object, marker: str) -> Fix | None:
    """A decorator above those that are there."""
    at: int = where.first  # type: ignore[attr-defined]
    indent: str = where.indent  # type: ignore[attr-defined]
    ending = "\r\n" if "\r\n" in text else "\n"
    pytest = read.pytest or "pytest"
    edits = [Edit(path, at, at, f"@{pytest}.mark.{marker}{ending}{indent}")]
    if not read.pytest:
        line = text.find("\n", read.body) + 1 if read.body else 0
        edits.insert(0, Edit(path, line, line, f"import pytest{ending}"))
    kind = "class" if isinstance(where, Class) else "test"
    return Fix(f"mark the {kind} with {marker}", tuple(edits))
