"""The tests of a repository as pytest would collect them, with the marks that each bears.

Read, never run: files by the configuration, classes with what they inherit across files, marks of
functions, classes in the order of resolution, and modules. What a hook or a wrapper may add is not
known, and a test that it may reach is never said to lack a mark.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from functools import cached_property, partial
from typing import NamedTuple

from govcheck.document import Document, TooDeepError
from govcheck.markers import HOOKS, IGNORES, PYTHON
from govcheck.markers.configuration import Configuration, configuration_of, configurations
from govcheck.markers.outline import Class, Function, Mark, Outline, Skip, outline, revived
from govcheck.python.module import module
from govcheck.repo import Repo

_UNITTEST = ("unittest.TestCase", "unittest.IsolatedAsyncioTestCase", "unittest.case.TestCase")
_MAX_BASES = 200
_MAX_ROUNDS = 8
_ADDS = re.compile(r"add_marker\s*\(\s*(?:pytest\.mark\.(?P<mark>\w+)|[\"'](?P<name>\w+))?")
_IGNORES = re.compile(
    r"^collect_ignore(?P<glob>_glob)?\b[^\[\n]*\[(?P<listed>[^\]]*)\]", re.MULTILINE
)
_STRING = re.compile(r"[\"']([^\"'\n]+)[\"']")


class Borne(NamedTuple):
    """A mark that a test bears, the file that it is written in, and at which level."""

    mark: Mark
    path: str
    level: str


class Test(NamedTuple):
    """One test function, or one method in one class.

    `home` is the file that holds the function, which for inherited methods is not `path`. `chain`
    are the classes around it. `is_opaque` tells that it may bear marks that cannot be read.
    """

    path: str
    home: str
    chain: tuple[str, ...]
    function: Function
    marks: tuple[Borne, ...]
    is_opaque: bool

    @property
    def node(self) -> str:
        """Its node id, as pytest prints it, without parameters."""
        return "::".join((self.path, *self.chain, self.function.name))

    @property
    def names(self) -> frozenset[str]:
        """The names of the markers that it bears."""
        return frozenset(each.mark.name for each in self.marks)


class _Found(NamedTuple):
    """A class with the file and the outline that it is in."""

    path: str
    outline: Outline
    definition: Class


class Suite:
    """The tests of a repository."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.configurations = configurations(repo)
        self.paths = [path for path in repo.files if path.endswith(".py")]
        self._outlines: dict[str, Outline | None] = {}
        self._tests: dict[str, tuple[Test, ...]] = {}
        self._folders: dict[str, str | None] = {}
        self._configured: dict[str, Configuration] = {}
        self._classes: dict[tuple[str, str], _Found | None] = {}

    @cached_property
    def modules(self) -> Mapping[str, str]:
        """The path of each dotted name that only one file goes by."""
        found: dict[str, str] = {}
        shared: set[str] = set()
        for path in self.paths:
            parts = path[: -len(".py")].removesuffix("/__init__").split("/")
            for start in range(len(parts)):
                name = ".".join(parts[start:])
                if found.setdefault(name, path) != path:
                    shared.add(name)
        return {name: path for name, path in found.items() if name not in shared}

    def outline(self, path: str) -> Outline | None:
        """The outline of a file; None where it cannot be read."""
        if path not in self._outlines:
            document = self.repo.document(path)
            self._outlines[path] = (
                revived(self.repo.learn(document, "outline", self._read)) if document else None
            )
        return self._outlines[path]

    def _read(self, document: Document) -> Outline:
        try:
            return outline(document)
        except TooDeepError as error:
            self.repo.unchecked[document.path] = str(error)
            return Outline(is_opaque=True)

    # Which files, classes and functions are collected.

    def configuration(self, path: str) -> Configuration:
        """The configuration that counts for a file."""
        folder = posixpath.dirname(path)
        if folder not in self._configured:
            self._configured[folder] = configuration_of(path, self.configurations)
        return self._configured[folder]

    @cached_property
    def test_files(self) -> tuple[str, ...]:
        """The files that are named like tests, whether or not pytest gets to them."""
        return tuple(path for path in self.paths if self._is_named(path))

    def _is_named(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        return any(
            fnmatch(path if "/" in pattern else name, f"*{pattern}" if "/" in pattern else pattern)
            for pattern in self.configuration(path).files
        )

    @cached_property
    def collected(self) -> tuple[str, ...]:
        """The test files that a plain `pytest` collects."""
        return tuple(path for path in self.test_files if self.cut_off(path) is None)

    def cut_off(self, path: str) -> str | None:
        """What keeps a plain `pytest` from a test file; None if nothing does."""
        folder = posixpath.dirname(path)
        if folder not in self._folders:
            # A folder is decided once, unless a path of the configuration names single files.
            self._folders[folder] = self._cut_off(f"{folder}/_" if folder else "_")
        configuration = self.configuration(path)
        is_single = any(start.endswith(".py") for start in configuration.test_folders)
        cut = self._cut_off(path) if is_single else self._folders[folder]
        return cut or self._left_out(path) or self._ignored(path)

    def _cut_off(self, path: str) -> str | None:
        configuration = self.configuration(path)
        starts = [
            start
            for start in configuration.test_folders
            if path == start
            or not start
            or path.startswith(f"{start}/")
            or fnmatch(path, f"{start}/*")
        ]
        if not starts:
            listed = ", ".join(configuration.words("testpaths"))
            return f"it is outside of testpaths ({listed})"
        start = max(starts, key=len)
        inside = path[len(start) :].strip("/").split("/")[:-1] if path != start else []
        for folder in inside:
            for pattern in configuration.skipped_folders:
                if fnmatch(folder, pattern):
                    return f"norecursedirs has {pattern!r}"
        return None

    def _left_out(self, path: str) -> str | None:
        configuration = self.configuration(path)
        for argument in configuration.arguments:
            option, _, value = argument.partition("=")
            ignored = posixpath.normpath(posixpath.join(configuration.folder, value))
            if option == "--ignore" and (path == ignored or path.startswith(f"{ignored}/")):
                return f"addopts has '{argument}'"
            if option == "--ignore-glob" and fnmatch(path, ignored):
                return f"addopts has '{argument}'"
        return None

    def _ignored(self, path: str) -> str | None:
        for folder, names, globs in self._ignore_lists:
            if not path.startswith(folder):
                continue
            rest = path[len(folder) :]
            if any(rest == name or rest.startswith(f"{name}/") for name in names):
                return f"{folder}conftest.py has it in collect_ignore"
            if any(fnmatch(rest, pattern) for pattern in globs):
                return f"{folder}conftest.py has it in collect_ignore_glob"
        return None

    @cached_property
    def _ignore_lists(self) -> list[tuple[str, list[str], list[str]]]:
        found = []
        for document in self.repo.search(IGNORES, ("conftest.py",)):
            names: list[str] = []
            globs: list[str] = []
            for listed in _IGNORES.finditer(document.text):
                (globs if listed["glob"] else names).extend(_STRING.findall(listed["listed"]))
            folder = document.path.removesuffix("conftest.py")
            found.append((folder, [name.rstrip("/") for name in names], globs))
        return found

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """The tests of all collected files."""
        return tuple(test for path in self.collected for test in self.tests_of(path))

    def tests_of(self, path: str) -> tuple[Test, ...]:
        """The tests of one file."""
        if path not in self._tests:
            self._tests[path] = self._tests_read(path)
        return self._tests[path]

    def _tests_read(self, path: str) -> tuple[Test, ...]:
        read = self.outline(path)
        if read is None:
            return ()
        configuration = self.configuration(path)
        own, own_opaque = self._resolved(path, read.marks)
        module = tuple(Borne(mark, path, "module") for mark in own)
        is_opaque = read.is_opaque or own_opaque or self._is_named_by_hook(path)
        found: dict[str, Test] = {}
        for function in read.functions:
            if function.is_fixture or not _matches(function.name, configuration.functions):
                continue
            marks, opaque = self._resolved(path, function.marks)
            borne = (*(Borne(mark, path, "function") for mark in marks), *module)
            test = Test(path, path, (), function, borne, is_opaque or opaque or function.is_opaque)
            found[test.node] = test
        for definition in (*read.classes, *self._imported_classes(path, read)):
            for test in self._tests_in(
                _Found(path, read, definition), (), module, configuration, opaque=is_opaque
            ):
                found[test.node] = test
        return tuple(found.values())

    def _imported_classes(self, path: str, read: Outline) -> Iterator[Class]:
        """Test classes that a module imports are collected in it, too."""
        configuration = self.configuration(path)
        for local, name in read.imports:
            if not _matches(local, configuration.classes) and not local.endswith("TestCase"):
                continue
            found = self._class(path, name)
            if found is not None:
                yield found.definition._replace(name=local, bases=(name,), functions=(), classes=())

    def _tests_in(
        self,
        at: _Found,
        chain: tuple[str, ...],
        outer: tuple[Borne, ...],
        configuration: Configuration,
        *,
        opaque: bool,
    ) -> Iterator[Test]:
        order, is_known = self._order(at)
        is_unittest = self._is_unittest(order)
        name = at.definition.name
        is_wanted = is_unittest or _matches(name, configuration.classes)
        is_off = any(each.definition.is_off for each in order[:1])
        has_init = not is_unittest and any(each.definition.has_init for each in order)
        if not is_wanted or is_off or has_init or len(chain) > _MAX_ROUNDS:
            return
        marks: list[Borne] = []
        for each in order:
            found, is_unclear = self._resolved(each.path, each.definition.marks)
            marks += (Borne(mark, each.path, "class") for mark in found)
            opaque = opaque or is_unclear or each.definition.is_opaque
        opaque = opaque or not is_known
        inside = (*chain, name)
        patterns = ("test",) if is_unittest else configuration.functions
        seen: set[str] = set()
        for each in order:
            for function in reversed(each.definition.functions):
                if function.name in seen:
                    continue
                seen.add(function.name)
                if function.is_fixture or not _matches(function.name, patterns):
                    continue
                own, is_unclear = self._resolved(each.path, function.marks)
                borne = (*(Borne(mark, each.path, "function") for mark in own), *marks, *outer)
                yield Test(
                    at.path, each.path, inside, function, borne,
                    opaque or is_unclear or function.is_opaque,
                )  # fmt: skip
        if not is_unittest:
            for nested in at.definition.classes:
                yield from self._tests_in(
                    _Found(at.path, at.outline, nested), inside, (*marks, *outer), configuration,
                    opaque=opaque,
                )  # fmt: skip

    def _order(self, at: _Found) -> tuple[list[_Found], bool]:
        """A class and those that it inherits from, in order, and whether none is unknown."""
        order = [at]
        is_known = True
        waiting = [at]
        while waiting and len(order) < _MAX_BASES:
            here = waiting.pop(0)
            bases: list[_Found] = []
            for base in here.definition.bases:
                found = self._class(here.path, base)
                if found is not None and found not in order:
                    bases.append(found)
                elif found is None and not base:
                    is_known = False
            # Close to C3 for what test suites do: left to right, what is shared comes last.
            order += bases
            waiting += bases
        return order, is_known

    def _is_unittest(self, order: Iterable[_Found]) -> bool:
        for each in order:
            for base in each.definition.bases:
                last = base.rpartition(".")[2]
                if base in _UNITTEST or (
                    last.endswith("TestCase") and self._class(each.path, base) is None
                ):
                    return True
        return False

    def _class(self, path: str, name: str) -> _Found | None:
        """The class of the repository that a dotted name stands for in a file."""
        if (path, name) not in self._classes:
            self._classes[path, name] = self._class_read(path, name)
        return self._classes[path, name]

    def _class_read(self, path: str, name: str) -> _Found | None:
        for _ in range(_MAX_ROUNDS):
            read = self.outline(path)
            if read is None or not name:
                return None
            definition = next((each for each in read.classes if each.name == name), None)
            if definition is not None:
                return _Found(path, read, definition)
            first, _, rest = name.partition(".")
            imported = dict(read.imports)
            if first in imported:
                name = f"{imported[first]}.{rest}" if rest else imported[first]
            target = self._module(path, name)
            if target is None or target[0] == path:
                return None
            path, name = target
        return None

    def _module(self, path: str, name: str) -> tuple[str, str] | None:
        """The file that a dotted name leads into from another, and what is left of the name."""
        if name.startswith("."):
            level = len(name) - len(name.lstrip("."))
            folder = path.split("/")[:-level]
            name = ".".join([*folder, name.lstrip(".")]).strip(".")
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            target = self.modules.get(".".join(parts[:end]))
            if target is not None:
                return target, ".".join(parts[end:])
        return None

    # Marks.

    def _resolved(self, path: str, marks: Iterable[Mark]) -> tuple[list[Mark], bool]:
        """The marks with names for those that other modules tell, and whether one stays unclear."""
        found: list[Mark] = []
        is_unclear = False
        for mark in marks:
            if mark.name:
                found.append(mark)
                continue
            known = self._alias(path, mark.alias)
            if known is None:
                # What an installed package decorates with adds no marks, as a rule.
                is_unclear = is_unclear or self._module(path, mark.alias) is not None
            else:
                found.append(known._replace(start=mark.start, end=mark.end))
        return found, is_unclear

    def _alias(self, path: str, name: str) -> Mark | None:
        for _ in range(_MAX_ROUNDS):
            target = self._module(path, name)
            read = self.outline(target[0]) if target is not None else None
            if target is None or read is None:
                return None
            path, name = target
            known = dict(read.aliases).get(name)
            if known is not None:
                if known.name:
                    return known
                name = known.alias
                continue
            imported = dict(read.imports).get(name)
            if imported is None:
                return None
            name = imported
        return None

    def _is_named_by_hook(self, path: str) -> bool:
        """Whether a hook marks tests of a folder with what it computes."""
        return any(None in names for folder, names in self.hooks if path.startswith(folder))

    @cached_property
    def hooks(self) -> tuple[tuple[str, frozenset[str | None]], ...]:
        """The folders whose conftest adds markers, and which; None for what it computes."""
        found = []
        for document in self.repo.search(HOOKS, PYTHON):
            if document.path.rpartition("/")[2] != "conftest.py":
                folder = ""
            else:
                folder = document.path.removesuffix("conftest.py")
            adding = filter(partial(is_code, document), _ADDS.finditer(document.text))
            names = {each["mark"] or each["name"] for each in adding}
            if not names:
                continue
            found.append((folder, frozenset(names)))
        return tuple(found)

    def added(self, path: str) -> frozenset[str | None]:
        """The markers that hooks may add to the tests of a file."""
        return frozenset(
            name for folder, names in self.hooks if path.startswith(folder) for name in names
        )

    def skips(self, test: Test) -> tuple[Skip, ...]:
        """The calls of a test that skip it, those of its module first."""
        read = self.outline(test.path)
        return (*(read.skips if read is not None else ()), *test.function.skips)


def is_code(document: Document, found: re.Match[str]) -> bool:
    """Whether what was found in a file of Python begins in code, not in a string or comment."""
    start = document.byte_of_offset(found.start())
    try:
        around = document.view(module).around(start, start + 1)
    except TooDeepError:
        return False
    return bool(around) and around[-1].type == "identifier"


def suite(repo: Repo) -> Suite:
    """The suite of a repository."""
    return Suite(repo)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name begins with, or is matched by, any pattern, as `python_functions` says."""
    return any(
        name.startswith(pattern)
        or (any(sign in pattern for sign in "*?[") and fnmatch(name, pattern))
        for pattern in patterns
    )
