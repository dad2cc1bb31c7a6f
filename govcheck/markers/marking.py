"""Adding a mark to tests: where it covers most with the least text."""

import re
from collections.abc import Iterable, Set

from govcheck.finding import Edit, Fix
from govcheck.markers.outline import Class, Function, Outline
from govcheck.markers.suite import Suite, Test
from govcheck.repo import Repo

_PREFIX = re.compile(r"(?<![\w.])(?:\w+\.)?mark(?=\.\w)")
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=]")


class Marking:
    """The fixes that mark tests: on a module or class where all tests are to be marked.

    `covers` are the node ids of the tests that must bear the mark and are not known to; no other
    test is marked along with them, also none that inherits from a class of theirs.
    """

    def __init__(self, repo: Repo, tests: Suite, marker: str, covers: Set[str]) -> None:
        self._repo = repo
        self._tests = tests
        self._marker = marker
        self._covers = covers
        self._shared: dict[tuple[str, str], Fix | None] = {}

    def fix(self, test: Test) -> Fix | None:
        """The fix that marks a test; None where there is no place that is right for certain."""
        document = self._repo.document(test.home)
        read = self._tests.outline(test.home)
        if document is None or read is None or test.home != test.path or read.body < 0:
            return None
        if "\n" not in document.text or not (read.mark or read.may_import):
            return None
        # Large suites have many tests in a module, or a class, that is decided once.
        for place in ("", "::".join(test.chain)):
            key = (test.path, place)
            if key not in self._shared:
                self._shared[key] = (
                    self._of_class(document.text, read, test)
                    if place
                    else self._of_module(document.text, read, test.path)
                )
            if (found := self._shared[key]) is not None:
                return found
        if self._may_bear(self._tests.sharers(test)):
            return _above(test.path, document.text, read, test.function, self._marker)
        return None

    def _of_module(self, text: str, read: Outline, path: str) -> Fix | None:
        is_whole = all(each.node in self._covers for each in self._tests.tests_of(path))
        if not is_whole or self._tests.is_partial(path):
            return None
        return _on_module(text, path, read, self._marker)

    def _of_class(self, text: str, read: Outline, test: Test) -> Fix | None:
        top = next((each for each in read.classes if test.chain == (each.name,)), None)
        if top is None:
            return None
        mates = [each for each in self._tests.tests_of(test.path) if each.chain[:1] == test.chain]
        is_whole = len(mates) > 1 and all(each.node in self._covers for each in mates)
        if not is_whole or not self._may_bear(self._tests.heirs(test.path, top.start)):
            return None
        return _above(test.path, text, read, top, self._marker)

    def _may_bear(self, tests: Iterable[Test]) -> bool:
        return all(each.node in self._covers or self._marker in each.names for each in tests)


def decorating(
    path: str, text: str, read: Outline, where: Class | Function, marker: str
) -> tuple[Edit, ...]:
    """A decorator above those that are there, with the import; nothing where there is no place."""
    at, ending = where.first, _ending(text)
    if at < read.body or not (read.mark or read.may_import):
        return ()
    decorator = f"@{read.mark or 'pytest.mark'}.{marker}{ending}{where.indent}"
    if read.mark:
        return (Edit(path, at, at, decorator),)
    line = text.find("\n", read.body) + 1 if read.body else _top(text)
    imported = f"import pytest{ending}" if read.body else f"import pytest{ending * 3}"
    if line == at:
        return (Edit(path, at, at, f"{imported}{decorator}"),)
    return (Edit(path, line, line, imported), Edit(path, at, at, decorator))


def _on_module(text: str, path: str, read: Outline, marker: str) -> Fix | None:
    title = f"mark the module with {marker}"
    if read.pytestmark is not None:
        edit = _extended(text, path, read, read.pytestmark, marker)
        return Fix(title, (edit,)) if edit is not None else None
    if read.marks or re.search(r"(?m)^pytestmark\b", text):
        return None
    ending = _ending(text)
    needs = "" if read.mark else f"import pytest{ending}"
    line = f"pytestmark = {read.mark or 'pytest.mark'}.{marker}{ending}"
    if read.body == 0:
        lead = f"{needs}{ending}" if needs else ""
        at = _top(text)
        return Fix(title, (Edit(path, at, at, f"{lead}{line}{ending}"),))
    at = text.find("\n", read.body) + 1
    return Fix(title, (Edit(path, at, at, f"{needs}{ending}{line}"),)) if at else None


def _extended(
    text: str, path: str, read: Outline, place: tuple[int, int], marker: str
) -> Edit | None:
    """The value of `pytestmark` with one mark more; None where it is no plain mark or list."""
    start, end = place
    value = text[start:end]
    prefix = _PREFIX.search(value)
    mark = f"{prefix[0] if prefix else read.mark}.{marker}"
    if not prefix and (not read.mark or start < read.body):
        return None
    if not value.startswith("["):
        is_single = [(each.start, each.end) for each in read.marks[:1]] == [place]
        return Edit(path, start, end, f"[{value}, {mark}]") if is_single else None
    inner = value[1:-1].rstrip()
    if "#" in value or not value.endswith("]"):
        return None
    at = start + 1 + len(inner)
    *_, last = inner.split("\n")
    if "\n" not in value:
        separator = "" if not inner.strip() else " " if inner.endswith(",") else ", "
        return Edit(path, at, end - 1, f"{separator}{mark}")
    indent = last[: len(last) - len(last.lstrip())] if "\n" in inner else "    "
    comma = "" if inner.endswith(",") or not inner.strip() else ","
    return Edit(path, at, at, f"{comma}{_ending(text)}{indent}{mark},")


def _above(path: str, text: str, read: Outline, where: Class | Function, marker: str) -> Fix | None:
    edits = decorating(path, text, read, where, marker)
    kind = "class" if isinstance(where, Class) else "test"
    return Fix(f"mark the {kind} with {marker}", edits) if edits else None


def _ending(text: str) -> str:
    return "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"


def _top(text: str) -> int:
    """Where the first statement can stand: below what the first two lines, or a notice, say."""
    lines = text.splitlines(keepends=True)
    number = 1 if text.startswith("#!") else 0
    if any(_COOKIE.match(line) for line in lines[number:2]):
        number = 2 if number or not _COOKIE.match(lines[0]) else 1
    notice = number
    while notice < len(lines) and lines[notice].startswith("#"):
        notice += 1
    if notice < len(lines) and notice > number and not lines[notice].strip():
        number = notice + 1
    return sum(map(len, lines[:number]))
