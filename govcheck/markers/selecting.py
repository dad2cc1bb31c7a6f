"""Whether an expression of `-m` selects a test, as far as all marks are known."""

import re
from itertools import combinations

from govcheck.markers.commands import Selection
from govcheck.markers.expression import Selects, expression, names
from govcheck.markers.outline import Class, Mark, Outline
from govcheck.markers.registration import BUILT_IN, known, registrations, uses
from govcheck.markers.suite import suite
from govcheck.policy import Policy
from govcheck.repo import Repo

_PLACEHOLDER = re.compile(
    r"(?i:(?:my_?|your_?|some_?|the_?)?mark(?:er)?s?(?:_?(?:name|expr|expression)s?)?|foo|bar|name)"
    r"|(?:my|your|some)_\w+|[A-Z_\d]+"
)
_MAX_UNCLEAR = 8


def selects_nothing(repo: Repo, policy: Policy, selection: Selection) -> bool:
    """Whether no test can meet the expression of a command, for certain."""
    selects = expression(selection.text)
    wanted = frozenset(names(selection.text))
    used = repo.view(_used)
    if selects is None or not wanted or "" in used:
        return False
    own = {each.name for each in repo.view(registrations)}
    if all(_PLACEHOLDER.fullmatch(each) and each not in used | own for each in wanted):
        return False
    hooks = repo.view(suite).hooks
    added = {name for _, each in hooks for name in each}
    added |= {name for hook in policy.markers.hooks for name in hook.adds}
    if None in added or added & wanted:
        return False
    brought = repo.view(known, policy) - own - BUILT_IN
    kinds = repo.view(_kinds, wanted, selection.paths)
    return bool(kinds) and not any(
        _may_select(selects, fixed, unclear | (brought & wanted)) for fixed, unclear in kinds
    )


def _kinds(
    repo: Repo, wanted: frozenset[str], paths: tuple[str, ...]
) -> frozenset[tuple[frozenset[str], frozenset[str]]]:
    """Of the tests below the paths, which of the wanted marks they bear, and may bear."""
    tests = repo.view(suite)
    used = repo.view(_used) & wanted
    floating = repo.view(_floating) & wanted
    found = set()
    for path in tests.test_files:
        if paths and not any(path == each or path.startswith(f"{each}/") for each in paths):
            continue
        if tests.is_partial(path):
            found.add((frozenset[str](), used))
        for test in tests.tests_of(path):
            cases = {mark.name for mark in test.function.param_marks}
            unclear = used if test.is_opaque else floating | (cases & wanted)
            found.add((test.names & wanted, frozenset(unclear - test.names)))
    return frozenset(found)


def _may_select(selects: Selects, fixed: frozenset[str], unclear: frozenset[str]) -> bool:
    return len(unclear) > _MAX_UNCLEAR or any(
        selects(fixed.union(chosen))
        for count in range(len(unclear) + 1)
        for chosen in combinations(sorted(unclear), count)
    )


def _used(repo: Repo) -> frozenset[str]:
    """The markers that Python code names anywhere; an empty name for one that is computed."""
    return frozenset(use.name for use in repo.view(uses))


def _floating(repo: Repo) -> frozenset[str]:
    """The markers that are named elsewhere than on a test, a class or a module of tests."""
    tests = repo.view(suite)
    is_test = frozenset(tests.test_files)
    places: dict[str, list[tuple[int, int]]] = {}
    found = set()
    for use in repo.view(uses):
        path = use.span.path
        if path not in places:
            read = tests.outline(path) if path in is_test else None
            marks = _placed(read) if read is not None else []
            places[path] = [(mark.start, mark.end) for mark in marks]
        if not any(start <= use.span.start < end for start, end in places[path]):
            found.add(use.name)
    return frozenset(found)


def _placed(read: Outline | Class) -> list[Mark]:
    marks = [*read.marks, *(mark for each in read.functions for mark in each.marks)]
    # What stands within the cases of `parametrize` is a mark of these alone.
    marks = [mark for mark in marks if mark.name != "parametrize"]
    tests = (each for each in read.functions if not each.is_fixture)
    marks += (mark for each in tests for mark in each.param_marks)
    for inner in read.classes:
        marks += _placed(inner)
    return marks
