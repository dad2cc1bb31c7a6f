"""The tests of a repository as pytest would collect them, with the marks that each bears.

Read, never run: files by the configuration, classes with what they inherit across files, marks of
functions, classes in the order of resolution, and modules. What a hook or a wrapper may add is not
known, and a test that it may reach is never said to lack a mark.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatch
from functools import cached_property, partial
from itertools import islice
from typing import NamedTuple, TypeVar

from govcheck.document import Document, TooDeepError
from govcheck.markers import HOOKS, PYTHON
from govcheck.markers.collecting import Collecting
from govcheck.markers.configuration import Configuration, configuration_of, configurations
from govcheck.markers.outline import Class, Function, Mark, Outline, Skip, revived
from govcheck.markers.reading import outline
from govcheck.python.module import module
from govcheck.repo import Repo

Said = TypeVar("Said")

_UNITTEST = ("unittest.TestCase", "unittest.IsolatedAsyncioTestCase", "unittest.case.TestCase")
# Bases that bring neither marks nor a constructor.
_PLAIN_BASES = frozenset(
    {"object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol"}
)
# Packages whose decorators make tests, or mark them.
_MAKERS = frozenset(
    {"absl", "ddt", "genty", "nose2", "parameterized", "pytest_bdd", "pytest_cases"}
)
# Those whose decorators leave a class as it is but for its methods.
_HARMLESS = frozenset({"django", "freezegun", "mock", "time_machine", "typing", "unittest"})
# What it decorates, the plugin of Hypothesis marks as `hypothesis`.
_PROPERTY = "hypothesis.given"
_MAX_BASES = 50
_MAX_DEPTH = 40
_MAX_ROUNDS = 8
_IMPORT = re.compile(r"\b(?:from|import)\b(?:[^\n(#\\]|\\\r?\n)*(?:\((?:[^)#]|#[^\n]*)*)?")
_FROM_DOTS = re.compile(r"from\s*\.+\s*import\b")
_WORD = re.compile(r"\w+")
_IMPORTING = frozenset({"as", "from", "import", "as.", "import."})
_SIGNS = re.compile(r"[*?\[]")
_ADDS = re.compile(
    r"(?<!request\.node\.)\b(?:add_marker(?!\w)"
    r"(?:\s*\(\s*(?:pytest\.mark\.(?P<mark>\w+)|[\"'](?P<name>\w+)|(?P<local>[A-Za-z_]\w*)[ )]))?"
    r"|own_markers|pytest_pycollect_makeitem)"
    r"|(?<=\.)pytestmark\b(?=\s*(?:\+?=(?!=)|\.(?:append|extend|insert)\b))"
)
_OF_ALL = re.compile(r"\bpytest_collection_(?:modifyitems|finish)\b")


class Borne(NamedTuple):
    """A mark that a test bears, the file that it is written in, and at which level."""

    mark: Mark
    path: str
    level: str


class Test(NamedTuple):
    """One test function, or one method in one class.

    `home` is the file that holds the function, which for inherited methods is not `path`. `chain`
    are the classes around it. `is_opaque` tells that it may bear marks that cannot be read, or may
    not be there. `order` are the places of its class and of those that this inherits from.
    """

    path: str
    home: str
    chain: tuple[str, ...]
    function: Function
    marks: tuple[Borne, ...]
    is_opaque: bool
    order: tuple[tuple[str, int], ...] = ()

    @property
    def node(self) -> str:
        """Its node id, as pytest prints it, without parameters."""
        return "::".join((self.path, *self.chain, self.function.name))

    @property
    def names(self) -> frozenset[str]:
        """The names of the markers that it bears."""
        return frozenset(each.mark.name for each in self.marks)

    @property
    def fixtures(self) -> tuple[str, ...]:
        """The fixtures that it takes or asks for."""
        used = (mark.arguments for mark, *_ in self.marks if mark.name == "usefixtures")
        return (*self.function.parameters, *(name for names in used for name in names))


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
        self._heirs: dict[tuple[str, int], list[Test]] = {}
        self._sharers: dict[tuple[str, int], list[Test]] = {}
        self._followed: set[str] = set()
        self._sorted_in: set[str] = set()
        self._tests: dict[str, tuple[Test, ...]] = {}
        self._configured: dict[str, Configuration] = {}
        self._classes: dict[tuple[str, str], _Found | None] = {}
        self._orders: dict[tuple[str, int], tuple[list[_Found], bool]] = {}

    @cached_property
    def modules(self) -> Mapping[str, str]:
        """The path of each dotted name that only one file goes by; nothing where several do."""
        found: dict[str, str] = {}
        shared: set[str] = set()
        for path in self.paths:
            parts = path[: -len(".py")].removesuffix("/__init__").split("/")
            for start in range(len(parts)):
                name = ".".join(parts[start:])
                if found.setdefault(name, path) != path:
                    shared.add(name)
        return {**found, **dict.fromkeys(shared, "")}

    def outline(self, path: str) -> Outline | None:
        """The outline of a file; None where it cannot be read."""
        if path not in self._outlines:
            document = self.repo.document(path)
            self._outlines[path] = (
                revived(self.repo.learn(document, "outline", self._read)) if document else None
            )
        return self._outlines[path]

    def learn(self, document: Document, question: str, make: Callable[[Outline], Said]) -> Said:
        """What `make` says of the outline of a file: JSON, which later runs are told without it."""
        return self.repo.learn(document, question, lambda each: make(self._read(each)))

    def _read(self, document: Document) -> Outline:
        try:
            return document.view(outline)
        except TooDeepError as error:
            self.repo.unchecked[document.path] = str(error)
            return Outline(is_opaque=True)

    # Which files, classes and functions are collected.

    def configuration(self, path: str) -> Configuration:
        """The configuration that counts for a file."""
        folder = path.rpartition("/")[0]
        if folder not in self._configured:
            self._configured[folder] = configuration_of(path, self.configurations)
        return self._configured[folder]

    @cached_property
    def test_files(self) -> tuple[str, ...]:
        """The files that are named like tests, whether or not pytest gets to them."""
        return tuple(path for path in self.paths if self._is_named(path))

    def _is_named(self, path: str) -> bool:
        return self.configuration(path).is_named(path) or path in self._collecting.named

    @cached_property
    def _collecting(self) -> Collecting:
        return Collecting(self.repo, self.configurations, self.configuration)

    @cached_property
    def collected(self) -> tuple[str, ...]:
        """The test files that a plain `pytest` collects."""
        return tuple(path for path in self.test_files if self.cut_off(path) is None)

    def cut_off(self, path: str) -> str | None:
        """What keeps a plain `pytest` from a test file; None if nothing does for certain."""
        return self._collecting.cut_off(path)

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """The tests of all collected files."""
        return tuple(test for path in self.collected for test in self.tests_of(path))

    def tests_of(self, path: str) -> tuple[Test, ...]:
        """The tests of one file."""
        if path not in self._tests:
            self._tests[path] = tuple(
                {test.node: test for test in self._tests_in_file(path)}.values()
            )
        return self._tests[path]

    def heirs(self, path: str, start: int) -> tuple[Test, ...]:
        """The tests whose classes are, or inherit from, the one at an offset."""
        self._follow(path)
        return tuple(self._heirs.get((path, start), ()))

    def sharers(self, test: Test) -> tuple[Test, ...]:
        """The tests that are the same function as a test, itself among them."""
        self._follow(test.home)
        return tuple(self._sharers.get((test.home, test.function.start), (test,)))

    def bearers(self, path: str, start: int) -> Iterator[str]:
        """The node ids of the tests that bear the mark at an offset, or a case of which does."""
        for each in sorted(self._reaching(path).intersection(self.collected)):
            for test in self.tests_of(each):
                placed = ((borne.path, borne.mark.start) for borne in test.marks)
                cases = ((test.home, mark.start) for mark in test.function.param_marks)
                if (path, start) in (*placed, *cases):
                    yield test.node

    def _follow(self, path: str) -> None:
        """Get to know the tests that classes and functions of a file may be in."""
        if path in self._followed:
            return
        self._followed.add(path)
        new = self._reaching(path).intersection(self.collected) - self._sorted_in
        self._sorted_in |= new
        for test in (test for each in sorted(new) for test in self.tests_of(each)):
            self._sharers.setdefault((test.home, test.function.start), []).append(test)
            for place in test.order:
                self._heirs.setdefault(place, []).append(test)

    def _reaching(self, path: str) -> set[str]:
        """The files whose imports may lead to a file, over others too, and the file itself."""
        found = {path}
        waiting = [path]
        while waiting:
            here = waiting.pop()
            *folders, name = here.removesuffix(".py").removesuffix("/__init__").split("/")
            words = [name, *(f"{folder}." for folder in folders)]
            if here.endswith("__init__.py"):
                words.append(".")
            new = {p for word in words for p in self._importers.get(word, ())} - found
            found |= new
            waiting += new
        return found

    @cached_property
    def _importers(self) -> Mapping[str, set[str]]:
        """The files by the words of their imports."""
        found: dict[str, set[str]] = {}
        for path in self.paths:
            for word in self.imported_words(path):
                found.setdefault(word, set()).add(path)
        return found

    def imported_words(self, path: str) -> Iterable[str]:
        """The names in the imports of a file, those of packages with a dot."""
        return self.repo.learn_of(path, "imported words", _imported_words) or ()

    def is_partial(self, path: str) -> bool:
        """Whether a file may hold tests that cannot be read."""
        read = self.outline(path)
        return read is not None and (
            read.is_partial
            or read.is_opaque
            or any(self._module(path, f"{star}.x") is None for star in read.stars)
        )

    def _tests_in_file(self, path: str) -> Iterator[Test]:
        read = self.outline(path)
        if read is None or read.is_off:
            return
        configuration = self.configuration(path)
        own, own_opaque = self._resolved(path, read.marks)
        outer = tuple(Borne(mark, path, "module") for mark in own)
        opaque = (
            read.is_opaque or own_opaque or self._is_named_by_hook(path)
            or self._collecting.is_doubtful(path)
            or (bool(read.stars) and not any(mark.alias == "" for mark in read.marks)
                and any(self._exports(path, star, "pytestmark") for star in read.stars))
        )  # fmt: skip
        for home, function in self._functions(path, read, configuration):
            marks, unclear = self._resolved(home, function.marks)
            borne = (*(Borne(mark, home, "function") for mark in marks), *outer)
            yield Test(path, home, (), function, borne, opaque or unclear or function.is_opaque)
        for found in self._test_classes(path, read, configuration):
            yield from self._tests_in(found, path, (), outer, configuration, opaque=opaque)

    def _functions(
        self, path: str, read: Outline, configuration: Configuration
    ) -> Iterator[tuple[str, Function]]:
        """The test functions of a module, also those that it imports, with their files."""
        known = {each.name for each in read.functions}
        candidates = [(path, each) for each in read.functions]
        if configuration.collects_imported:
            for local, name in self._imported(path, read):
                if local not in known and _matches(local, configuration.functions):
                    found = self._defined(path, name)
                    if found is not None and isinstance(found[2], Function):
                        candidates.append((found[0], found[2]._replace(name=local)))
        for home, function in candidates:
            if not function.is_fixture and _matches(function.name, configuration.functions):
                yield home, function

    def _test_classes(
        self, path: str, read: Outline, configuration: Configuration
    ) -> Iterator[_Found]:
        """The classes of a module, also those that it imports under a name that may hold tests."""
        for definition in read.classes:
            yield _Found(path, read, definition)
        if not configuration.collects_imported:
            return
        known = {each.name for each in read.classes}
        for local, name in self._imported(path, read):
            if local in known or not (
                _matches(local, configuration.classes) or "Test" in local or "Case" in local
            ):
                continue
            found = self._class(path, name)
            if found is not None:
                renamed = found.definition._replace(name=local)
                yield found._replace(definition=renamed)

    def _imported(self, path: str, read: Outline) -> Iterator[tuple[str, str]]:
        yield from read.imports
        for star in read.stars:
            target = self._module(path, f"{star}.x")
            source = self.outline(target[0]) if target is not None and target[1] == "x" else None
            if source is None:
                continue
            for name in _public(source):
                yield name, f"{star}.{name}"

    def _exports(self, path: str, star: str, name: str) -> bool:
        """Whether what `from ... import *` brings may be a name, or cannot be known."""
        target = self._module(path, f"{star}.{name}")
        source = self.outline(target[0]) if target is not None and target[1] == name else None
        if source is None:
            return self._is_ours(path, star)
        return bool(source.marks or source.is_opaque or source.stars)

    def _tests_in(
        self,
        at: _Found,
        path: str,
        chain: tuple[str, ...],
        outer: tuple[Borne, ...],
        configuration: Configuration,
        *,
        opaque: bool,
    ) -> Iterator[Test]:
        order, is_known = self._order(at)
        is_unittest = self._is_unittest(order)
        name = at.definition.name
        said = next((each.definition.test for each in order if each.definition.test), "")
        is_wanted = is_unittest or said == "on" or _matches(name, configuration.classes)
        if not is_wanted or said == "off" or len(chain) > _MAX_ROUNDS or _is_abstract(order):
            return
        if not is_unittest and any(_has_constructor(each.definition) for each in order):
            return
        marks: list[Borne] = []
        for each in order:
            found, is_unclear = self._resolved(each.path, each.definition.marks, of_class=True)
            marks += (Borne(mark, each.path, "class") for mark in found)
            opaque = opaque or is_unclear or each.definition.is_opaque
        opaque = opaque or not is_known or said == "unclear"
        inside = (*chain, name)
        patterns = ("test",) if is_unittest else configuration.functions
        identity = tuple((each.path, each.definition.start) for each in order)
        seen: set[str] = set()
        for each in order:
            for function in each.definition.functions:
                if function.name in seen:
                    continue
                if function.is_fixture or not _matches(function.name, patterns):
                    continue
                own, is_unclear = self._resolved(each.path, function.marks)
                borne = (*(Borne(mark, each.path, "function") for mark in own), *marks, *outer)
                yield Test(
                    path, each.path, inside, function, borne,
                    opaque or is_unclear or function.is_opaque, identity,
                )  # fmt: skip
            for nested in each.definition.classes if not is_unittest else ():
                if nested.name not in seen:
                    yield from self._tests_in(
                        _Found(each.path, each.outline, nested), path, inside, (*marks, *outer),
                        configuration, opaque=opaque,
                    )  # fmt: skip
            seen.update(each.definition.hidden)
            seen.update(function.name for function in each.definition.functions)
            seen.update(nested.name for nested in each.definition.classes)

    def _order(self, at: _Found, depth: int = 0) -> tuple[list[_Found], bool]:
        """A class and those that it inherits from, in the order of resolution; is all known?"""
        key = (at.path, at.definition.start)
        if depth > _MAX_DEPTH:
            return [at], False
        if key not in self._orders:
            self._orders[key] = [at], False  # for a class that leads back to itself
            is_known = True
            lists: list[list[_Found]] = []
            for base in at.definition.bases:
                found = self._class(at.path, base)
                if found is not None:
                    above, is_above_known = self._order(found, depth + 1)
                    lists.append(above)
                    is_known = is_known and is_above_known
                elif not _is_plain(base) or self._is_ours(at.path, base):
                    is_known = False
            merged = islice(_merged([*lists, [each[0] for each in lists]]), _MAX_BASES)
            order = [at, *merged]
            self._orders[key] = order, is_known and len(order) <= _MAX_BASES
        order, is_known = self._orders[key]
        return [at, *order[1:]], is_known

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
            found = self._defined(path, name)
            is_class = found is not None and isinstance(found[2], Class)
            self._classes[path, name] = (
                _Found(*found) if found is not None and is_class else None  # type: ignore[arg-type]
            )
        return self._classes[path, name]

    def _defined(self, path: str, name: str) -> tuple[str, Outline, Class | Function] | None:
        """What a dotted name stands for in a file, where the repository defines it."""
        for _ in range(_MAX_ROUNDS):
            read = self.outline(path)
            if read is None or not name:
                return None
            definition = _inner(read, name)
            if definition is not None:
                return path, read, definition
            first, _, rest = name.partition(".")
            imported = dict(read.imports)
            if first in imported:
                name = f"{imported[first]}.{rest}" if rest else imported[first]
            elif len(read.stars) == 1 and self._module(path, name) is None:
                name = f"{read.stars[0]}.{name}"
            target = self._module(path, name)
            if target is None or target[0] == path:
                return None
            path, name = target
        return None

    def _module(self, path: str, name: str) -> tuple[str, str] | None:
        """The file that a dotted name leads into from another, and what is left of the name."""
        parts = _absolute(path, name).split(".")
        for end in range(len(parts) - 1, 0, -1):
            target = self.modules.get(".".join(parts[:end]))
            if target:
                return target, ".".join(parts[end:])
            if target == "":
                return None
        return None

    def _is_ours(self, path: str, name: str) -> bool:
        """Whether a dotted name leads into the repository, if not to one file for certain."""
        if not name or name.startswith("."):
            return True
        parts = name.split(".")
        return any(".".join(parts[:end]) in self.modules for end in range(len(parts) - 1, 0, -1))

    # Marks.

    def _resolved(
        self, path: str, marks: Iterable[Mark], *, of_class: bool = False
    ) -> tuple[list[Mark], bool]:
        """The marks with names for those that other modules tell, and whether one stays unclear.

        What an unclear one is put on may lose its marks, so those that follow are left out.
        """
        found: list[Mark] = []
        for mark in marks:
            if mark.name:
                found.append(mark)
                continue
            known = self._alias(path, mark.alias) if mark.alias else None
            if mark.alias == _PROPERTY:
                known = Mark("hypothesis", mark.start, mark.end)
            if known is not None:
                found.append(known._replace(start=mark.start, end=mark.end))
                continue
            # What another installed package decorates functions with adds no marks, as a rule.
            package = mark.alias.partition(".")[0]
            is_odd = package in _MAKERS or (of_class and package not in _HARMLESS)
            if is_odd or self._is_ours(path, mark.alias):
                return found, True
        return found, False

    def _alias(self, path: str, name: str) -> Mark | None:
        for _ in range(_MAX_ROUNDS):
            target = self._module(path, name)
            read = self.outline(target[0]) if target is not None else None
            if target is None or read is None:
                return None
            path, name = target
            if name == "pytestmark" and len(read.marks) == 1 and not read.is_opaque:
                (known,) = read.marks
            else:
                found = dict(read.aliases).get(name)
                if found is None:
                    imported = dict(read.imports).get(name)
                    if imported is None:
                        return None
                    name = imported
                    continue
                known = found
            if known.name:
                return known
            name = known.alias
        return None

    def _is_named_by_hook(self, path: str) -> bool:
        """Whether a hook marks tests of a folder with what it computes."""
        return any(None in names for folder, names in self.hooks if path.startswith(folder))

    @cached_property
    def hooks(self) -> tuple[tuple[str, frozenset[str | None]], ...]:
        """The folders whose conftest adds markers, and which; None for what it computes."""
        found = []
        for document in self.repo.search(HOOKS, PYTHON):
            folder = ""
            # The hooks of a conftest are given the tests below it, but for those of the session.
            if document.path.rpartition("/")[2] == "conftest.py" and not _OF_ALL.search(
                document.text
            ):
                folder = document.path.removesuffix("conftest.py")
            adding = filter(partial(is_code, document), _ADDS.finditer(document.text))
            names = {
                name
                for each in adding
                for name in (
                    _marks_of(document.text, each["local"])
                    if each["local"]
                    else (each["mark"] or each["name"],)
                )
            }
            if names:
                found.append((folder, frozenset(names)))
        return tuple(found)

    def added(self, path: str) -> frozenset[str | None]:
        """The markers that hooks may add to the tests of a file."""
        return frozenset(
            name for folder, names in self.hooks if path.startswith(folder) for name in names
        )

    def brought(self, test: Test) -> frozenset[str]:
        """The markers that cases of fixtures may bring a test; "" among them for any."""
        by_name, automatic = self._bringing
        return frozenset(
            [
                *(marker for name in test.fixtures for marker in by_name.get(name, ())),
                *(m for start, marks in automatic if test.path.startswith(start) for m in marks),
            ]
        )

    @cached_property
    def _bringing(self) -> tuple[Mapping[str, frozenset[str]], list[tuple[str, frozenset[str]]]]:
        """The markers on cases of fixtures, by way of other fixtures too.

        By the name of each, and by how the paths begin of tests that use one without asking.
        """
        found: dict[str, frozenset[str]] = {}
        if not self.repo.search(("marks=", "marks ="), PYTHON):
            return found, []
        paths = [document.path for document in self.repo.search(("fixture",), PYTHON)]
        outlines = [(path, read) for path in paths if (read := self.outline(path)) is not None]
        fixtures = [(path, each) for path, read in outlines for each in _fixtures(read)]
        for _ in range(_MAX_ROUNDS):
            for _, each in fixtures:
                own = {mark.name for mark in each.param_marks}
                new = own.union(*(found.get(name, ()) for name in each.parameters))
                if new:
                    found[each.name] = found.get(each.name, frozenset()) | new
        automatic = [(path, each.name) for path, each in fixtures if each.is_automatic]
        return found, [
            (path.removesuffix("conftest.py"), found[name])
            for path, name in automatic
            if name in found
        ]

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


def _marks_of(source: str, name: str) -> frozenset[str | None]:
    """The markers that a variable stands for, with None where it may be anything else."""
    uses = re.finditer(
        rf"(?P<added>\badd_marker\(\s*)?(?<![\w.]){re.escape(name)}\b"
        r"(?:\s*=\s*pytest\.mark\.(?P<mark>\w+))?",
        source,
    )
    found = [each["mark"] for each in uses if not each["added"]]
    return frozenset(found or [None])


def suite(repo: Repo) -> Suite:
    """The suite of a repository."""
    return Suite(repo)


def _imported_words(document: Document) -> list[str]:
    """The words of all imports; those that packages are imported by end in a dot, too.

    A dot alone stands for the package that a file is in.
    """
    found: set[str] = set()
    for statement in _IMPORT.findall(document.text):
        words = _WORD.findall(statement)
        found.update(words)
        if words[0] == "import":  # what a package holds is then named by what follows
            found.update(f"{word}." for word in words)
        if _FROM_DOTS.match(statement):
            found.add(".")
    return sorted(found - _IMPORTING)


def _inner(read: Outline, name: str) -> Class | Function | None:
    """What a dotted name stands for among the definitions of a file."""
    first, *more = name.split(".")
    here: Class | None = next((each for each in read.classes if each.name == first), None)
    for part in more:
        here = next((c for c in here.classes if c.name == part), None) if here else None
    if here is not None:
        return here
    return next((each for each in read.functions if each.name == name), None)


def _public(read: Outline) -> Iterator[str]:
    """The names that `from ... import *` brings, as far as they may be tests."""
    names = (
        *(each.name for each in read.functions), *(each.name for each in read.classes),
        *(local for local, _ in read.imports),
    )  # fmt: skip
    if read.exported is not None:
        return (name for name in read.exported if name in names)
    return (name for name in names if not name.startswith("_"))


def _fixtures(read: Outline | Class) -> Iterator[Function]:
    yield from (each for each in read.functions if each.is_fixture)
    for inner in read.classes:
        yield from _fixtures(inner)


def _merged(lists: list[list[_Found]]) -> Iterator[_Found]:
    """C3, "The Python 2.3 Method Resolution Order"; what it refuses comes in the order given."""
    while lists := [each for each in lists if each]:
        later = {(f.path, f.definition.start) for each in lists for f in each[1:]}
        heads = [each[0] for each in lists]
        best = next((h for h in heads if (h.path, h.definition.start) not in later), heads[0])
        yield best
        key = (best.path, best.definition.start)
        lists = [[f for f in each if (f.path, f.definition.start) != key] for each in lists]


def _is_plain(base: str) -> bool:
    return base in _PLAIN_BASES or base in _UNITTEST or base.endswith("TestCase")


def _has_constructor(definition: Class) -> bool:
    names = (*definition.hidden, *(each.name for each in definition.functions))
    return "__init__" in names or "__new__" in names


def _is_abstract(order: list[_Found]) -> bool:
    """Whether a method is left for a subclass to write."""
    if not any(each.definition.is_abstract for each in order):
        return False
    for number, each in enumerate(order):
        above = order[:number]
        for name in each.definition.abstract:
            if not any(name in _names(below.definition) for below in above):
                return True
    return False


def _names(definition: Class) -> Iterator[str]:
    yield from definition.hidden
    yield from (each.name for each in definition.functions)


def _absolute(path: str, name: str) -> str:
    if not name.startswith("."):
        return name
    level = len(name) - len(name.lstrip("."))
    return ".".join([*path.split("/")[:-level], name.lstrip(".")]).strip(".")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name begins with, or is matched by, any pattern, as `python_functions` says."""
    return name.startswith(patterns) or any(
        fnmatch(name, pattern) for pattern in patterns if _SIGNS.search(pattern)
    )
