"""Lists of paths that scripts, tests and plain files of lines keep: allowlists and the like."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from govcheck.docs.documents import class_of
from govcheck.document import Document
from govcheck.finding import Span
from govcheck.history import ignored
from govcheck.policy import Policy
from govcheck.programs import NAMES, PYTHON
from govcheck.repo import Repo

# Files of lines that are called lists. What tools ignore may well be what is made, and not there.
_LISTS = re.compile(
    r"(?i)(?:^|[/._-])(?:\w*list|baseline|skip(?:s|ped)?|excluded?s?|known[_-]?failures)(?:\.txt)?$"
)
_LINE = re.compile(r"(?m)^[ \t]*(\S+)[ \t]*(?:#[^\n]*)?\r?$")
_STRING = re.compile(r"""(?P<sign>["'])(?P<text>[^"'\n\\]*)(?P=sign)""")
_BETWEEN = re.compile(r"\s*,\s*(?:#[^\n]*\n\s*)*")
_PATH = re.compile(r"(?P<path>(?:\./)?[\w.@+-]+(?:/[\w.@+-]+)+/?)(?:::[\w:\[\]-]+)?")
# What a list is called whose paths need not be there.
_NAME = re.compile(r"(\w+)[\"']?(?:\s*:[^=\n]{0,60})?\s*[=:]\s*(?:\w+\()?[\[({]*[^\w\"']*$")
_OTHERWISE = re.compile(
    r"(?i)old|gone|former|previous|remov|delet|legacy|obsolete|deprecat|moved|renam|histor|never"
    r"|generat|output|creat|expect|made|build"
)
# Code of a package runs elsewhere, on files that are called alike; but not such code.
_AT_HOME = re.compile(
    r"(?:^|/)(?:tests?|testing|scripts?|tools?|ci|dev|utils?|hack|checks?|benchmarks?|\.\w+)/"
)
_RUNS = frozenset({"pytest", "python", "python3", "bash", "ruff", "mypy", "black"})
_REACH = 200
_ENOUGH = 2

_Run = list[tuple[str, int]]


class Listed(NamedTuple):
    """A path of a list whose other paths are there; `path` is it from the root."""

    span: Span
    text: str
    path: str
    how: Literal["list"] = "list"


def absent(repo: Repo, policy: Policy) -> tuple[Listed, ...]:
    """The paths of lists that are not there, and that git does not ignore."""
    found: list[Listed] = []
    for document in _holding(repo):
        if class_of(policy, document.path)[0] == "history":
            continue
        is_python = document.path.endswith(".py")
        for run in _runs(document.text) if is_python else [_lines(document.text)]:
            found += _of(repo, document, run)
    unknown = ignored(repo, frozenset(each.path for each in found))
    return tuple(each for each in found if each.path not in unknown)


def _holding(repo: Repo) -> Iterator[Document]:
    for document in repo.search(NAMES, PYTHON):
        folder = document.path.rpartition("/")[0]
        if f"{folder}/__init__.py" not in repo or _AT_HOME.search(document.path):
            yield document
    yield from filter(None, map(repo.document, filter(_LISTS.search, repo.files)))


def _lines(text: str) -> _Run:
    return [(line[1], line.start(1)) for line in _LINE.finditer(text) if line[1][0] != "#"]


def _runs(text: str) -> Iterator[_Run]:
    """The strings with nothing but commas and comments between them."""
    run: _Run = []
    end = 0
    for string in _STRING.finditer(text):
        if run and _BETWEEN.fullmatch(text, end, string.start()) is None:
            yield run
            run = []
        run.append((string["text"], string.start("text")))
        end = string.end()
    yield run


def _of(repo: Repo, document: Document, run: _Run) -> Iterator[Listed]:
    said = [(found["path"], start) for text, start in run if (found := _PATH.fullmatch(text))]
    there = [repo.exists(path.removeprefix("./").rstrip("/")) for path, _ in said]
    if all(there) or not any(there):
        return
    is_command = any(text in _RUNS for text, _ in run)
    if sum(there) < (1 if is_command else _ENOUGH):
        return
    first = run[0][1]
    name = _NAME.search(document.text, max(0, first - _REACH), first - 1)
    if name is not None and _OTHERWISE.search(name[1]):
        return
    for (path, start), is_there in zip(said, there, strict=True):
        if not is_there:
            span = document.span(start, start + len(path))
            yield Listed(span, path, path.removeprefix("./").rstrip("/"))
