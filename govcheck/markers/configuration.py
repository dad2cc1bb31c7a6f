"""pytest's configuration: where it is, and what it says of collection and of markers.

"Initialization: determining rootdir and configfile" and "Configuration Options" of pytest 9.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch, translate
from functools import cached_property
from typing import NamedTuple

from govcheck.config import ini, toml
from govcheck.config.tree import Container, Scalar
from govcheck.document import Document
from govcheck.manifests.tree import at, named, scalars
from govcheck.repo import Repo

# In the order of precedence within a folder.
FILES = (
    "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini",
    "setup.cfg",
)  # fmt: skip
_NORECURSE = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")
_NAME = re.compile(r"[^:(]+")


class Line(NamedTuple):
    """One line, or one item, of an option, and its offsets in the file."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Configuration:
    """What one configuration file says; `path` is empty where there is none.

    `folder` is the one that its paths begin from. `options` are the lines of each option, `lists`
    the names of those that TOML gives as arrays, whose items are words as they stand, and
    `overridden` of those that `-o` in addopts says instead.
    """

    path: str
    folder: str
    options: dict[str, tuple[Line, ...]]
    lists: frozenset[str] = frozenset()
    overridden: frozenset[str] = frozenset()

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The words of an option of the type `args`."""
        if name not in self.options:
            return default
        if name in self.lists:
            return tuple(line.text for line in self.options[name])
        try:
            return tuple(word for line in self.options[name] for word in shlex.split(line.text))
        except ValueError:
            return default

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The words of `addopts`."""
        return self.words("addopts")

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The patterns of test files."""
        return self.words("python_files", ("test_*.py", "*_test.py"))

    def is_named(self, path: str) -> bool:
        """Whether a file is named like a test file."""
        if self._names.match(path.rpartition("/")[2]):
            return True
        return any(fnmatch(f"/{path}", f"*/{each}") for each in self.files if "/" in each)

    @cached_property
    def _names(self) -> re.Pattern[str]:
        patterns = [translate(each) for each in self.files if "/" not in each]
        return re.compile("|".join(patterns or [r"(?!)"]))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The prefixes and patterns of test classes."""
        return self.words("python_classes", ("Test",))

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The prefixes and patterns of test functions."""
        return self.words("python_functions", ("test",))

    @cached_property
    def collects_imported(self) -> bool:
        """Whether tests that a module imports are collected in it."""
        said = self.options.get("collect_imported_tests", ())
        return not any(line.text.lower() in ("false", "0", "no", "off") for line in said)

    @cached_property
    def skipped_folders(self) -> tuple[str, ...]:
        """The patterns of the names of folders that are not looked into."""
        return self.words("norecursedirs", _NORECURSE)

    @cached_property
    def is_strict(self) -> bool:
        """Whether a marker that is not registered is an error."""
        return "--strict-markers" in self.arguments or "--strict" in self.arguments or any(
            line.text.lower() in ("true", "1", "yes", "on")
            for name in ("strict_markers", "strict")
            for line in self.options.get(name, ())
        )  # fmt: skip

    @cached_property
    def is_xfail_strict(self) -> bool:
        """Whether a test that is expected to fail must do so."""
        return any(
            line.text.lower() in ("true", "1", "yes", "on")
            for name in ("xfail_strict", "strict_xfail", "strict")
            for line in self.options.get(name, ())
        )

    def registered(self) -> Iterator[tuple[str, Line]]:
        """The markers that it registers, and their lines."""
        for line in self.options.get("markers", ()):
            found = _NAME.match(line.text)
            if found is not None and not line.text.startswith("#"):
                yield found[0].strip(), line


def configurations(repo: Repo) -> dict[str, Configuration]:
    """The configurations of pytest in the repository, by their folders; the root has one."""
    found: dict[str, Configuration] = {"": Configuration("", "", {})}
    ranks: dict[str, int] = {}
    for path in repo.files:
        folder, _, name = path.rpartition("/")
        if name not in FILES or FILES.index(name) >= ranks.get(folder, len(FILES)):
            continue
        document = repo.document(path)
        said = _options(document) if document is not None else None
        if said is not None:
            found[folder] = _with_overrides(Configuration(path, folder, *said))
            ranks[folder] = FILES.index(name)
    return found


def _with_overrides(configuration: Configuration) -> Configuration:
    """What counts where addopts has `-o NAME=VALUE`, or `--override-ini`."""
    overrides: dict[str, tuple[Line, ...]] = {}
    lines = configuration.options.get("addopts", ())
    words = iter(configuration.arguments)
    for word in words:
        if word in ("-o", "--override-ini"):
            said = next(words, "")
        elif word.startswith("--override-ini="):
            said = word.partition("=")[2]
        elif word.startswith("-o") and "=" in word:
            said = word[2:]
        else:
            continue
        name, equals, value = said.partition("=")
        if equals and lines:
            given = [each for each in value.split("\n") if each.strip()]
            overrides[name] = tuple(Line(e.strip(), lines[0].start, lines[0].end) for e in given)
    if not overrides:
        return configuration
    return replace(
        configuration,
        options=configuration.options | overrides,
        lists=configuration.lists - overrides.keys(),
        overridden=frozenset(overrides),
    )


def configuration_of(path: str, found: dict[str, Configuration]) -> Configuration:
    """The configuration that counts for a file: the nearest one above it."""
    folder = path.rpartition("/")[0]
    while folder not in found:
        folder = folder.rpartition("/")[0]
    return found[folder]


_Said = tuple[dict[str, tuple[Line, ...]], frozenset[str]]


def _options(document: Document) -> _Said | None:
    """The options of a file, and which of them are arrays; None if it is none of pytest's."""
    name = document.path.rpartition("/")[2]
    if name.endswith(".toml"):
        is_own = name != "pyproject.toml"
        paths = [("pytest",)] if is_own else [("tool", "pytest", "ini_options"), ("tool", "pytest")]
        return _toml(document, paths) or (({}, frozenset()) if is_own else None)
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    found = _ini(document, section)
    is_there = re.search(rf"(?m)^\[{section}\]", document.text)
    return (found, frozenset()) if is_there or name.endswith("pytest.ini") else None


def _toml(document: Document, paths: Sequence[tuple[str, ...]]) -> _Said | None:
    if b"pytest" not in document.data:
        return None
    roots = document.view(toml.read).tree.roots
    root = roots[0] if roots else None
    for path in paths:
        options: dict[str, tuple[Line, ...]] = {}
        lists = set()
        for pair in named(root, *path):
            if len(pair.keys) == 1 and pair.keys[0] != "ini_options":
                listed = scalars(pair.value)
                if isinstance(pair.value, Container):
                    lists.add(pair.keys[0])
                options[pair.keys[0]] = tuple(
                    line for each in listed for line in _lines(document, each)
                )
        if options or any(True for _ in at(root, *path)):
            return options, frozenset(lists)
    return None


def _lines(document: Document, each: Scalar) -> Iterator[Line]:
    """The lines of a value: a text of several lines is a list."""
    shown = document.text[each.start : each.end]
    if "\n" not in shown:
        yield Line(each.text or "", each.start, each.end)
        return
    for found in re.finditer(r"[^\n]+", shown):
        text = found[0].strip().rstrip("\\").strip()
        if text:
            start = each.start + found.start() + len(found[0]) - len(found[0].lstrip())
            yield Line(text, start, start + len(text))


def _ini(document: Document, section: str) -> dict[str, tuple[Line, ...]]:
    options: dict[str, tuple[Line, ...]] = {}
    for entry in ini.entries(document):
        if entry.path[:1] != (section,) or len(entry.path) != 2 or entry.value_span is None:
            continue
        start, end = entry.value_span.start, entry.value_span.end
        lines = []
        for found in re.finditer(r"[^\n]+", document.text[start:end]):
            text = found[0].strip()
            if text and text[0] not in "#;":
                begin = start + found.start() + len(found[0]) - len(found[0].lstrip())
                lines.append(Line(text, begin, begin + len(text)))
        options[entry.name] = tuple(lines)
    return options
