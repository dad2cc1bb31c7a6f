"""Which test modules never touch the project: neither they nor their helpers name any of it."""

import re
from collections.abc import Iterator

from govcheck.markers.outline import Class, Function, Outline
from govcheck.markers.suite import Suite, suite
from govcheck.repo import Repo

# What no test imports: tests, and scripts by names that are words of every test.
_APART = frozenset({"__init__", "conftest", "setup", "test", "testing", "tests"})
_SOURCES = frozenset({"lib", "python", "src"})
_FAKES = re.compile(r"(?i)mock|fake|stub|patch|dummy")
# What leads to code that no name tells of: programs, files, other hosts, and imports at run time.
_LEADS_OUT = re.compile(
    r"\b(?:subprocess|Popen|os\.system|runpy|importlib|__import__|exec|eval|open|Path|read_text"
    r"|__file__|pytester|testdir|runner|requests|httpx|aiohttp|urllib|socket|getfixturevalue"
    r"|call_command|settings|django)\b"
)
_AUTOUSE = re.compile(r"\bautouse\s*=\s*True")
# Fixtures of pytest itself and its common plugins, which know nothing of a project.
_NEUTRAL = frozenset(
    {"benchmark", "cache", "caplog", "capfd", "capfdbinary", "capsys", "capsysbinary",
     "event_loop", "faker", "freezer", "mocker", "monkeypatch", "record_property", "recwarn",
     "self", "subtests", "tmp_path", "tmp_path_factory", "tmpdir"}
)  # fmt: skip
_MAX_HELPERS = 200


def untouching(repo: Repo) -> tuple[str, ...]:
    """The collected test modules that use fakes and touch nothing of the project, for certain."""
    tests = repo.view(suite)
    own = frozenset(name for path in tests.paths for name in _tops(tests, path))
    if not own:
        return ()
    known = _Touching(repo, tests, re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(own)))})\b"))
    return tuple(path for path in tests.collected if known.is_apart(path))


def _tops(tests: Suite, path: str) -> Iterator[str]:
    """The names by which a file of the project itself is imported, first parts only."""
    parts = path.removesuffix(".py").split("/")
    if path not in tests.test_files and not _APART.intersection(parts):
        yield parts[0]
        if parts[0] in _SOURCES and len(parts) > 1:
            yield parts[1]


class _Touching:
    def __init__(self, repo: Repo, tests: Suite, own: re.Pattern[str]) -> None:
        self._repo = repo
        self._tests = tests
        self._own = own
        self._helpers: dict[str, list[str]] = {}
        for path in tests.paths:
            *_, folder, name = ("", *path.removesuffix(".py").split("/"))
            self._helpers.setdefault(folder if name == "__init__" else name, []).append(path)
        self._touches: dict[str, bool] = {}

    def is_apart(self, path: str) -> bool:
        document = self._repo.document(path)
        if document is None or not _FAKES.search(document.text) or self._reaches(path):
            return False
        tests, read = self._tests.tests_of(path), self._tests.outline(path)
        if not tests or read is None or any(test.is_opaque or test.home != path for test in tests):
            return False
        conftests = self._conftests(path)
        if any(self._reaches(each) and self._finds(_AUTOUSE, each) for each in conftests):
            return False
        local = {each.name for each in _functions(read) if each.is_fixture} | _NEUTRAL
        asked = {name for test in tests for name in test.fixtures} - local
        return all(self._is_neutral(name, document.text, conftests) for name in asked)

    def _is_neutral(self, name: str, text: str, conftests: list[str]) -> bool:
        """Whether a parameter is one of the cases, or a fixture that touches nothing either."""
        word = re.escape(name)
        if re.search(rf"parametrize\(\s*[\[(]?\s*[\"'][^\n]*\b{word}\b", text):
            return True
        defined = re.compile(rf"\bdef {word}\(|[\"']{word}[\"']")
        holding = [path for path in conftests if self._finds(defined, path)]
        return bool(holding) and not any(map(self._reaches, holding))

    def _reaches(self, path: str) -> bool:
        """Whether a file names something of the project, or leads out, by way of helpers too."""
        if path in self._touches:
            return self._touches[path]
        self._touches[path] = len(self._touches) > _MAX_HELPERS
        document = self._repo.document(path)
        self._touches[path] = (
            document is None
            or self._own.search(document.text) is not None
            or _LEADS_OUT.search(document.text) is not None
            or any(map(self._reaches, self._imported(path)))
        )
        return self._touches[path]

    def _imported(self, path: str) -> Iterator[str]:
        """All files whose name is a word of the imports of a file."""
        for word in self._tests.imported_words(path):
            yield from self._helpers.get(word.removesuffix("."), ())

    def _finds(self, pattern: re.Pattern[str], path: str) -> bool:
        document = self._repo.document(path)
        return document is not None and pattern.search(document.text) is not None

    def _conftests(self, path: str) -> list[str]:
        folders = path.split("/")[:-1]
        paths = ("/".join([*folders[:n], "conftest.py"]) for n in range(len(folders) + 1))
        return [each for each in paths if each in self._repo]


def _functions(read: Outline | Class) -> Iterator[Function]:
    yield from read.functions
    for each in read.classes:
        yield from _functions(each)
