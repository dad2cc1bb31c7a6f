"""What asserts: the functions of tests and their helpers, by what they hold and what they call.

Calls are followed by name alone, over all files that may hold helpers: of two helpers of one name,
one that asserts is enough. That is silent where it might be wrong, and needs no types.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

from tree_sitter import Language, Node, Query, QueryCursor

from govcheck.document import Document, TooDeepError
from govcheck.markers.outline import Mark
from govcheck.markers.suite import Suite, Test, suite
from govcheck.python.module import module, text
from govcheck.repo import Repo

_QUERY = """
(function_definition) @function
(assert_statement) @assert
(raise_statement) @raise
(yield) @yield
(call function: (_) @called)
(with_item value: (identifier) @entered)
(assignment left: (identifier) @bound)
(for_statement left: (identifier) @bound)
(as_pattern_target (identifier) @bound)
((keyword_argument name: (identifier) @key value: (true)) @checked (#eq? @key "check"))
"""
# pytest, unittest and mock; numpy and pandas; pytester; what says that a program or a request was
# in order, and what waits for something to be so.
_ASSERTS = re.compile(
    r"_*(?:.*assert.*|(?:check|verify|expect).*|\w+_(?:check|verify|expect)|raises|warns|fail|fail(?:If|Unless)\w*"
    r"|deprecated_call|(?:no_)?(?:fn|re_)match_lines?\w*|raise_for_status|wait_(?:for|until)\w*"
    r"|simplefilter|importorskip)",
    re.IGNORECASE,
)
_RAISES = re.compile(r"raise\s+(?:AssertionError|\w+\.fail|pytest\.fail)")
_HELPING = re.compile(r"(?i)test|fixture|helper|support|mock|fake|stub|util|assert|check")
_AFTER = frozenset(
    {"tearDown", "asyncTearDown", "tearDownClass", "teardown", "teardown_method",
     "teardown_function", "teardown_class", "teardown_module", "doCleanups"}
)  # fmt: skip
# Fixtures and marks of plugins that compare, or measure.
_JUDGES = re.compile(r"(?i)snapshot|regression|golden|approv|benchmark|compare|image|assert|check")
# Decorators of packages that judge nothing.
_HARMLESS = frozenset(
    {"django", "freezegun", "hypothesis", "mock", "moto", "pytest", "respx", "responses",
     "time_machine", "typing", "unittest"}
)  # fmt: skip
_OPAQUE = "~"


class Facts(NamedTuple):
    """What is known of one function.

    `start` is the offset of its name, `names` are all that it may be called by. `asserts` tells
    that it does so itself, `raises` that it raises something. `calls` are the last names of what
    it calls, with the dotted ones; "~" stands for a value that is called.
    """

    start: int
    names: tuple[str, ...]
    asserts: bool
    raises: bool
    is_generator: bool
    is_automatic: bool
    calls: tuple[str, ...]


class Asserting:
    """Which tests assert something, or may."""

    def __init__(self, repo: Repo, patterns: Sequence[str]) -> None:
        """Read all files of tests and helpers; `patterns` name what asserts besides."""
        self._tests = repo.view(suite)
        self._patterns = patterns
        self._facts = {path: tuple(_known(repo, path)) for path in _paths(self._tests)}
        self._functions = {
            (path, each.start): each for path, listed in self._facts.items() for each in listed
        }
        self._all = frozenset(
            name for listed in self._facts.values() for each in listed for name in each.names
        )
        self._names = self._closed()
        self._automatic = frozenset(
            path
            for path, listed in self._facts.items()
            for each in listed
            if each.is_automatic and self._is_asserting(each)
        )

    def is_empty(self, test: Test) -> bool:
        """Whether a test asserts nothing, for certain."""
        facts = self._functions.get((test.home, test.function.start))
        if facts is None or test.is_opaque or facts.is_generator or facts.raises:
            return False
        return not (
            self._is_asserting(facts)
            or any(self._is_unknown(name, test) for name in facts.calls)
            or any(name in self._names or _JUDGES.search(name) for name in test.fixtures)
            or any(_JUDGES.search(each.mark.name) for each in test.marks)
            or any(_may_judge(each) for each in test.function.marks)
            or self._is_judged(test)
        )

    def _is_asserting(self, facts: Facts) -> bool:
        return facts.asserts or any(map(self._asserts, facts.calls))

    def _asserts(self, name: str) -> bool:
        return name in self._names or any(fnmatchcase(name, each) for each in self._patterns)

    def _is_unknown(self, name: str, test: Test) -> bool:
        """Whether a call is one of a value that may be anything: no fixture of the repository."""
        return name == _OPAQUE or (
            name.startswith(_OPAQUE) and not (name[1:] in test.fixtures and name[1:] in self._all)
        )

    def _is_judged(self, test: Test) -> bool:
        """Whether what runs by itself around a test asserts something."""
        files = {test.path, test.home, *(path for path, _ in test.order)}
        return any(
            path in files
            or (path.endswith("conftest.py") and test.path.startswith(path[: -len("conftest.py")]))
            for path in self._automatic
        )

    def _closed(self) -> frozenset[str]:
        """The names of all functions that assert, by way of others too."""
        callers: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        waiting: list[str] = []
        for listed in self._facts.values():
            for each in listed:
                for name in each.calls:
                    callers[name].add(each.names)
                is_named = any(
                    fnmatchcase(name, pattern) for name in each.calls for pattern in self._patterns
                )
                if each.asserts or is_named:
                    waiting += each.names
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += (caller for each in callers.pop(name, ()) for caller in each)
        return frozenset(found)


def asserting(repo: Repo, patterns: tuple[str, ...]) -> Asserting:
    """What asserts in a repository."""
    return Asserting(repo, patterns)


def _paths(tests: Suite) -> Iterator[str]:
    named = frozenset(tests.test_files)
    return (path for path in tests.paths if path in named or _HELPING.search(path))


def _known(repo: Repo, path: str) -> Iterator[Facts]:
    said: Any = repo.learn_of(path, "asserting", _read)
    for start, names, asserts, raises, is_generator, is_automatic, calls in said or ():
        yield Facts(
            start, tuple(names), asserts, raises, is_generator, is_automatic, tuple(calls)
        )  # fmt: skip


def _may_judge(decorator: Mark) -> bool:
    return not decorator.name and decorator.alias.partition(".")[0] not in _HARMLESS


def _read(document: Document) -> list[Facts]:
    """The facts of all functions of a file; nothing of one that cannot be read."""
    if b"def " not in document.utf8:
        return []
    try:
        tree = document.view(module).tree
        captured = QueryCursor(_query()).captures(tree.root_node)
    except TooDeepError:
        return []
    items = sorted(
        ((node, kind) for kind, nodes in captured.items() for node in nodes if kind != "key"),
        key=lambda each: (each[0].start_byte, -each[0].end_byte),
    )
    found: list[_Reading] = []
    around: list[_Reading] = []
    for node, kind in items:
        while around and node.start_byte >= around[-1].end:
            around.pop()
        if kind == "function":
            reading = _Reading(node)
            if around:  # what it asserts, it does for the function around it
                around[-1].calls.add(reading.name)
            found.append(reading)
            around.append(reading)
        elif around:
            around[-1].meet(node, kind)
    return [each.facts(document) for each in found]


class _Reading:
    """A function while its file is read."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.end = node.end_byte
        self.name = text(node.child_by_field_name("name"))
        self.calls: set[str] = set()
        self.bound: set[str] = set(_parameters(node))
        self.kinds: set[str] = set()

    def meet(self, node: Node, kind: str) -> None:
        if kind == "called":
            self.calls.update(_called(node))
        elif kind == "bound":
            self.bound.add(text(node))
        elif kind == "entered":  # what is entered may be `pytest.raises`
            self.calls.add(text(node) if text(node) in self.bound else _OPAQUE)
        elif kind == "raise" and _RAISES.match(text(node)[:100]):
            self.kinds.add("assert")
        else:
            self.kinds.add(kind)

    def facts(self, document: Document) -> Facts:
        name = self.node.child_by_field_name("name") or self.node
        names = {self.name}
        whole = self.node.parent
        decorators = ""
        if whole is not None and whole.type == "decorated_definition":
            decorators = " ".join(text(each)[:500] for each in whole.named_children[:-1])
            names.update(re.findall(r"\bname\s*=\s*[\"'](\w+)", decorators))
        if self.name.startswith("__"):
            names.add(_class_around(self.node))
        is_automatic = self.name in _AFTER or "autouse=True" in decorators.replace(" ", "")
        calls = {
            f"{_OPAQUE}{each}" if each in self.bound and each != self.name else each
            for each in self.calls
        }
        return Facts(
            document.offset_of_byte(name.start_byte),
            tuple(sorted(names - {""})),
            bool({"assert", "checked"} & self.kinds) or any(map(_ASSERTS.fullmatch, self.calls)),
            "raise" in self.kinds,
            "yield" in self.kinds,
            is_automatic,
            tuple(sorted(calls)),
        )


def _called(node: Node) -> Iterator[str]:
    if node.type == "identifier":
        yield text(node)
    elif node.type == "attribute":
        yield text(node.child_by_field_name("attribute"))
        dotted = text(node)
        if len(dotted) < 200 and re.fullmatch(r"[\w.]+", dotted):
            yield dotted
    else:
        yield _OPAQUE


def _parameters(node: Node) -> Iterator[str]:
    given = node.child_by_field_name("parameters")
    for each in given.named_children if given is not None else ():
        inner = [each] if each.type == "identifier" else each.named_children[:1]
        yield from (text(name) for name in inner if name.type == "identifier")


def _class_around(node: Node) -> str:
    for _ in range(3):
        node = node.parent or node
        if node.type == "class_definition":
            return text(node.child_by_field_name("name"))
    return ""


@cache
def _query() -> Query:
    import tree_sitter_python  # only such a policy pays for the import

    return Query(Language(tree_sitter_python.language()), _QUERY)
