"""What the skips and expected failures of a suite say, wherever they are written."""

from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from govcheck.finding import Span
from govcheck.markers import PYTHON, SKIPS
from govcheck.markers.outline import Class, Function, Mark, Outline
from govcheck.markers.suite import suite
from govcheck.repo import Repo

_KINDS = {"skip": "skip", "skipif": "skip", "xfail": "xfail"}


class Said(NamedTuple):
    """One skip or expected failure, as a mark or a call.

    `reason` is empty where it is computed, and None where there is none; `is_strict` tells that an
    expected failure that passes fails the run.
    """

    kind: str
    span: Span
    reason: str | None
    is_strict: bool
    is_call: bool


def excuses(repo: Repo) -> tuple[Said, ...]:
    """The skips and expected failures of all test files and conftests."""
    return tuple(_excuses(repo))


def _excuses(repo: Repo) -> Iterator[Said]:
    tests = repo.view(suite)
    paths = {*tests.test_files, *(p for p in tests.paths if p.rpartition("/")[2] == "conftest.py")}
    for document in repo.search(SKIPS, PYTHON):
        if document.path not in paths:
            continue
        read = tests.outline(document.path)
        if read is None:
            continue
        is_strict = tests.configuration(document.path).is_xfail_strict
        for mark in _marks(read):
            if mark.name in _KINDS:
                strict = mark.strict == "true" or (is_strict and mark.strict != "false")
                span = document.span(mark.start, mark.end)
                yield Said(_KINDS[mark.name], span, mark.reason, strict, is_call=False)
        for skip in (*read.skips, *(s for f in _functions(read) for s in f.skips)):
            span = document.span(skip.start, skip.end)
            yield Said(skip.kind, span, skip.reason, is_strict=True, is_call=True)


def skipping(reads: Iterable[Outline | None]) -> frozenset[str]:
    """The names that stand for a mark which skips always, in any of some files."""
    return frozenset(
        name
        for read in reads
        if read is not None
        for name, mark in read.aliases
        if mark.name == "skip"
    )


def may_skip(read: Outline | None, names: Set[str]) -> bool:
    """Whether a file may skip a test always: by a mark, one of the names, or a call."""
    if read is None:
        return False
    by_mark = any(
        mark.name == "skip" or (not mark.name and mark.alias.rpartition(".")[2] in names)
        for mark in _marks(read)
    )
    return by_mark or any(skip.always for each in _functions(read) for skip in each.skips)


def _functions(read: Outline | Class) -> Iterator[Function]:
    yield from read.functions
    for each in read.classes:
        yield from _functions(each)


def _marks(read: Outline | Class) -> Iterator[Mark]:
    yield from read.marks
    if isinstance(read, Outline):
        yield from (mark for _, mark in read.aliases)
    for function in read.functions:
        yield from (*function.marks, *function.param_marks)
    for each in read.classes:
        yield from _marks(each)
