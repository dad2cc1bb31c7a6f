"""Which tests the policy asks for markers, and which of these they lack."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from typing import NamedTuple

from govcheck.document import Document, TooDeepError
from govcheck.globs import matcher
from govcheck.markers.section import Requirement
from govcheck.markers.suite import Suite, Test, suite
from govcheck.policy import Policy
from govcheck.python.module import module
from govcheck.repo import Repo


class Lack(NamedTuple):
    """A test that lacks markers: all of `markers`, or any one of them.

    `at` is the key of the policy that asks for them; `because` says what chose the test.
    """

    test: Test
    markers: tuple[str, ...]
    is_choice: bool
    at: tuple[str | int, ...]
    because: str
    reason: str | None


class Excess(NamedTuple):
    """A mark that a test must not bear, and why, with the key of the policy that says so.

    `is_budget` tells that any other test might lose the mark instead.
    """

    test: Test
    marker: str
    why: str
    at: tuple[str | int, ...]
    is_budget: bool = False


def lacks(repo: Repo, policy: Policy) -> tuple[Lack, ...]:
    """The tests that lack a marker for certain."""
    return tuple(_lacks(repo, policy))


def _lacks(repo: Repo, policy: Policy) -> Iterator[Lack]:
    tests = repo.view(suite)
    for number, requirement in enumerate(policy.markers.require):
        wanted = (requirement.all, requirement.any, requirement.one_of)
        at, reason = ("markers", "require", number), requirement.reason
        for test, because in _chosen(repo, policy, tests, requirement) if any(wanted) else ():
            borne = _known(tests, policy, test)
            if borne is None:
                continue
            missing = tuple(name for name in requirement.all if name not in borne)
            if missing and not _may_bring(tests, test, missing):
                yield Lack(test, missing, False, at, because, reason)
            for choice in (requirement.any, requirement.one_of):
                if (
                    choice
                    and not borne.intersection(choice)
                    and not _may_bring(tests, test, choice)
                ):
                    yield Lack(test, choice, True, at, because, reason)
    for name, marker in policy.markers.marker.items():
        key = ("markers", "marker", name, "requires")
        for test in tests.tests if marker.requires else ():
            borne = _known(tests, policy, test) if name in test.names else None
            missing = tuple(n for n in marker.requires if borne is not None and n not in borne)
            if missing and not _may_bring(tests, test, missing):
                yield Lack(test, missing, False, key, f"it bears {name!r}", marker.reason)


def coverable(repo: Repo, policy: Policy) -> Mapping[str, frozenset[str]]:
    """By marker, the node ids of the tests that lack it, and of those that may, and must bear it.

    A mark that covers just these, on their module or class, marks no test that must not have it.
    """
    tests = repo.view(suite)
    found: dict[str, set[str]] = {}
    for lack in repo.view(lacks, policy):
        for name in () if lack.is_choice else lack.markers:
            found.setdefault(name, set()).add(lack.test.node)
    for requirement in policy.markers.require:
        wanted = found.keys() & set(requirement.all)
        for test, _ in _chosen(repo, policy, tests, requirement) if wanted else ():
            for name in wanted if test.is_opaque else ():
                found[name].add(test.node)
    return {name: frozenset(nodes) for name, nodes in found.items()}


def _known(tests: Suite, policy: Policy, test: Test) -> frozenset[str | None] | None:
    """The markers that a test bears or may bear by a hook; None where that cannot be known."""
    added = tests.added(test.path)
    if test.is_opaque or None in added:
        return None
    return test.names | _declared(policy, test.path) | added


def _may_bring(tests: Suite, test: Test, markers: tuple[str, ...]) -> bool:
    """Whether the cases of a fixture may bring one of the markers."""
    return not {"", *markers}.isdisjoint(tests.brought(test))


def excesses(repo: Repo, policy: Policy) -> tuple[Excess, ...]:
    """The marks that tests bear and must not."""
    return tuple(_excesses(repo, policy))


def _excesses(repo: Repo, policy: Policy) -> Iterator[Excess]:
    tests = repo.view(suite)
    for number, requirement in enumerate(policy.markers.require):
        key = ("markers", "require", number)
        for test, because in (
            _chosen(repo, policy, tests, requirement)
            if requirement.none or requirement.one_of
            else ()
        ):
            for name in requirement.none:
                if name in _borne(test):
                    yield Excess(test, name, because, (*key, "none"))
            both = [name for name in requirement.one_of if name in test.names]
            for name in both[1:]:
                why = f"{because}, and it bears {both[0]!r} already"
                yield Excess(test, name, why, (*key, "one-of"))
    for name, marker in policy.markers.marker.items():
        bearing = [test for test in tests.tests if name in _borne(test)]
        for test in bearing:
            for other in marker.excludes:
                if other in test.names:
                    why = f"it bears {name!r}, too"
                    yield Excess(test, other, why, ("markers", "marker", name, "excludes"))
        if marker.max is not None:
            for test in bearing[marker.max :]:
                why = f"{len(bearing)} tests bear it, and {marker.max} may"
                yield Excess(test, name, why, ("markers", "marker", name, "max"), is_budget=True)


def _borne(test: Test) -> frozenset[str]:
    return test.names | {mark.name for mark in test.function.param_marks}


def _declared(policy: Policy, path: str) -> frozenset[str]:
    """The markers that hooks add to the tests of a file, as the policy declares."""
    return frozenset(
        name for hook in policy.markers.hooks if matcher(hook.paths)(path) for name in hook.adds
    )


def _chosen(
    repo: Repo, policy: Policy, tests: Suite, requirement: Requirement
) -> Iterator[tuple[Test, str]]:
    """The tests that a requirement is about, and what makes it so."""
    is_inside = matcher(requirement.paths) if requirement.paths else None
    paths = [path for path in tests.collected if is_inside is None or is_inside(path)]
    for path in paths:
        document = repo.document(path)
        if document is None:
            continue
        if requirement.imports and not _imports(tests, path, requirement.imports):
            continue
        if any(re.search(rf"\b{re.escape(n)}\b", document.text) for n in requirement.unless.names):
            continue
        calls = _calls(repo, policy, path, requirement.calls) if requirement.calls else ()
        if requirement.calls and not calls:
            continue
        for test in tests.tests_of(path):
            if test.home != path and requirement.calls:
                continue
            because = _because(requirement, test, calls)
            if because is not None and not _is_excused(requirement, test):
                yield test, because


def _because(requirement: Requirement, test: Test, calls: Sequence[tuple[str, int]]) -> str | None:
    if requirement.calls:
        inside = (name for name, at in calls if test.function.first <= at < test.function.stop)
        called = next(inside, None)
        return f"it calls {called}" if called is not None else None
    if requirement.fixtures:
        used = next((each for each in test.fixtures if each in requirement.fixtures), None)
        return f"it uses the fixture {used}" if used is not None else None
    if requirement.imports:
        return f"its file imports {', '.join(requirement.imports)}"
    return "of where it is"


def _is_excused(requirement: Requirement, test: Test) -> bool:
    unless = requirement.unless
    return bool(
        set(unless.fixtures).intersection(test.fixtures) or test.names.intersection(unless.markers)
    )


def _imports(tests: Suite, path: str, wanted: Sequence[str]) -> bool:
    read = tests.outline(path)
    imported = [name for _, name in read.imports] if read is not None else []
    return any(name == each or name.startswith(f"{each}.") for name in imported for each in wanted)


def _calls(repo: Repo, policy: Policy, path: str, patterns: Sequence[str]) -> list[tuple[str, int]]:
    """The calls in a file that the patterns name, with the offsets of their names."""
    return [
        (name, at)
        for name, at in repo.view(_known_calls, policy, path)
        if any(fnmatch(name, pattern) for pattern in patterns)
    ]


def _known_calls(repo: Repo, policy: Policy, path: str) -> list[tuple[str, int]]:
    """The calls in a file that any requirement is about."""
    document = repo.document(path)
    if document is None:
        return []
    patterns = sorted({each for asked in policy.markers.require for each in asked.calls})
    question = f"calls {' '.join(patterns)}"
    return repo.learn(document, question, lambda each: _find_calls(repo, each, patterns))


def _find_calls(repo: Repo, document: Document, patterns: Sequence[str]) -> list[tuple[str, int]]:
    lasts = {pattern.rpartition(".")[2] for pattern in patterns}
    firsts = {pattern.partition(".")[0] for pattern in patterns if pattern.endswith("*")}
    if not any(word in document.text for word in (*(x for x in lasts if "*" not in x), *firsts)):
        return []
    parsed = document.view(module)
    found: list[tuple[str, int]] = []
    try:
        for place in re.finditer(r"(?<![\w])([A-Za-z_]\w*)\s*\(", document.text):
            start = document.byte_of_offset(place.start(1))
            *_, outer, leaf = [parsed.tree.root_node, *parsed.around(start, start + 1)]
            called = outer if outer.type == "attribute" else leaf
            call = called.parent
            if (
                call is None
                or call.type != "call"
                or call.child_by_field_name("function") != called
            ):
                continue
            name = parsed.qualified(called)
            if any(fnmatch(name, pattern) for pattern in patterns):
                found.append((name, place.start(1)))
    except TooDeepError as error:
        repo.unchecked[document.path] = str(error)
    return found
