"""The commands of a repository that select tests by their marks, wherever they are written."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from govcheck.document import Document
from govcheck.finding import Span
from govcheck.markers import COMMANDS
from govcheck.markers.suite import Suite, suite
from govcheck.repo import Repo

_COMMAND = re.compile(
    r"(?<![\w./=-])(?:py\.test|pytest)(?![\w./=:-])(?P<rest>(?:[^\n;|&#`\\]|\\\r?\n|\\[\"'])*)"
)
_SELECTION = re.compile(
    r"(?<!\S)-m(?:[ =]\s*|(?=[\"'\\]))(?:\\?(?P<quote>[\"'])(?P<quoted>[^\"'\n\\]*)\\?(?P=quote)"
    r"|(?P<word>[A-Za-z_]\w*)(?!\S))"
)
_WORD = re.compile(r"[^\s\"'=]+")
_NOT_COMMANDS = (".py", ".lock", ".po", ".svg", ".csv", ".ipynb")


class Selection(NamedTuple):
    """A `-m` expression of a command: its text, its place, and the paths that the command names."""

    text: str
    span: Span
    paths: tuple[str, ...]


def selections(repo: Repo) -> tuple[Selection, ...]:
    """The `-m` expressions of the configuration, of scripts, workflows, Makefiles and documents."""
    tests = repo.view(suite)
    found = [*_configured(repo, tests)]
    configured = {each.span.path for each in found}
    for document in repo.search(COMMANDS):
        if document.path.endswith(_NOT_COMMANDS):
            continue
        is_configuration = document.path in configured
        for each in _written(tests, document):
            if not is_configuration or each.span not in {known.span for known in found}:
                found.append(each)
    return tuple(found)


def _configured(repo: Repo, tests: Suite) -> Iterator[Selection]:
    for configuration in tests.configurations.values():
        document = repo.document(configuration.path) if configuration.path else None
        for line in configuration.options.get("addopts", ()) if document is not None else ():
            for found in _SELECTION.finditer(line.text):
                text = found["quoted"] if found["quote"] else found["word"]
                start = line.start + found.start("quoted" if found["quote"] else "word")
                if document is not None:
                    yield Selection(text, document.span(start, start + len(text)), ())


def _written(tests: Suite, document: Document) -> Iterator[Selection]:
    for command in _COMMAND.finditer(document.text):
        rest, at = command["rest"], command.start("rest")
        paths = tuple(
            word[0].rstrip("/")
            for word in _WORD.finditer(_SELECTION.sub(" ", rest))
            if not word[0].startswith("-") and _has_tests(tests, word[0].rstrip("/"))
        )
        for found in _SELECTION.finditer(rest):
            group = "quoted" if found["quote"] else "word"
            start = at + found.start(group)
            yield Selection(found[group], document.span(start, start + len(found[group])), paths)


def _has_tests(tests: Suite, word: str) -> bool:
    return any(path == word or path.startswith(f"{word}/") for path in tests.test_files)
