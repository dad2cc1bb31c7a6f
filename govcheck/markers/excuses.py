"""What the skips and expected failures of a suite say, wherever they are written."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from govcheck.document import Document
from govcheck.finding import Span
from govcheck.markers import PYTHON, SKIPS
from govcheck.markers.outline import Class, Function, Mark, Outline
from govcheck.markers.suite import suite
from govcheck.repo import Repo

_KINDS = {"skip": "skip", "skipif": "skip", "xfail": "xfail"}


class Said(NamedTuple):
    """One skip or expected failure, as a mark or a call.

    `reason` is empty where it is computed, and None where there is none; `is_strict` tells that an
    expected failure that passes fails the run, `is_always` that no condition decides it.
    """

    kind: str
    span: Span
    reason: str | None
    is_strict: bool
    is_call: bool
    is_always: bool


class Skips(NamedTuple):
    """What skips tests, or expects failures, in one file.

    `said` are the kind, the offsets, the reason and the strictness of each, whether it is a call,
    and whether no condition decides it; strictness is "true", "false", or nothing. `is_always`
    tells that one depends on nothing; `names` stand for a mark that skips always, `others` are
    names that other modules say what for.
    """

    said: Sequence[tuple[str, int, int, str | None, str, bool, bool]]
    is_always: bool
    names: Sequence[str]
    others: Sequence[str]


def excuses(repo: Repo) -> tuple[Said, ...]:
    """The skips and expected failures of all test files and conftests."""
    return tuple(_excuses(repo))


def _excuses(repo: Repo) -> Iterator[Said]:
    tests = repo.view(suite)
    paths = {*tests.test_files, *(p for p in tests.paths if p.rpartition("/")[2] == "conftest.py")}
    for document, skips in repo.view(skipping):
        if document.path not in paths or not skips.said:
            continue
        is_strict = tests.configuration(document.path).is_xfail_strict
        for kind, start, end, reason, strict, is_call, is_always in skips.said:
            is_said = strict == "true" or (is_strict and strict != "false")
            yield Said(kind, document.span(start, end), reason, is_said, is_call, is_always)


def skipping(repo: Repo) -> tuple[tuple[Document, Skips], ...]:
    """The files in which something may skip, and what."""
    tests = repo.view(suite)
    return tuple(
        (document, Skips(*tests.learn(document, "skips", _skips)))
        for document in repo.search(SKIPS, PYTHON)
    )


def _skips(read: Outline) -> Skips:
    marks = [*_marks(read)]
    functions = [*_functions(read)]
    calls = [skip for each in functions for skip in each.skips]
    return Skips(
        [
            *((_KINDS[mark.name], mark.start, mark.end, mark.reason, mark.strict, False,
               mark.name != "skipif" and not mark.is_conditional)
              for mark in marks if mark.name in _KINDS),
            *((each.kind, each.start, each.end, each.reason, "true", True, each.always)
              for each in (*read.skips, *calls)),
        ],
        any(mark.name == "skip" for mark in marks) or any(each.always for each in calls),
        [name for name, mark in read.aliases if mark.name == "skip"],
        sorted({mark.alias.rpartition(".")[2] for mark in marks if not mark.name}),
    )  # fmt: skip


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
