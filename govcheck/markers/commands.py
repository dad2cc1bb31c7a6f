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
    r"(?<![\w./=-])(?:py\.test|pytest)(?![\w./=:-])(?P<rest>(?:[^\n;|&#`\\]|\\\r?\n|\\[\"']){0,2000})"
)
_SELECTION = re.compile(
    r"(?<!\S)-m(?:[ =]\s*|(?=[\"'\\]))(?:\\?(?P<quote>[\"'])(?P<quoted>[^\"'\n\\]*)\\?(?P=quote)"
    r"|(?P<word>[A-Za-z_]\w*)(?!\S))"
)
_WORD = re.compile(r"(?:[^\s\"']|\"[^\"]*\"|'[^']*')+")
_FLAG = re.compile(
    r"-[qvsxlh]+|-r\w+|-[nk]\S+|--(?:strict-markers|strict|verbose|quiet|lf|ff|sw|pdb)"
)
# What moves to another folder, from where the paths of a command begin.
_MOVES = re.compile(
    r"(?m)(?:^|[\s;&|(\"'])(?:cd|pushd)\s|\bworking-directory\b|changedir|WORKDIR|\schdir"
)
_INSTALLS = re.compile(r"\b(?:install|add|uninstall|remove|require|inject)\b[^;&|]*$")
_PROGRAMS = frozenset(
    {"python", "python2", "python3", "git", "commit", "pip", "pip3", "coverage", "uv", "poetry",
     "pdm", "hatch", "tox", "nox", "docker", "and", "or", "then", "before", "after", "with", "."}
)  # fmt: skip
_FOLDERS = frozenset({"tests", "test", "src", "testing", "unit", "integration", "e2e"})
_NOT_COMMANDS = (".py", ".lock", ".po", ".svg", ".csv", ".ipynb")


# What sessions of nox run: the name of the program and its arguments, as strings of Python.
_SESSION = re.compile(
    r"([\"'])(?:py\.test|pytest)\1(?P<rest>(?:\s*,\s*(?:\"[^\"\n]*\"|'[^'\n]*'|\*?[\w.]+)){0,200})"
)
_OPTION = re.compile(r"([\"'])-m\1\s*,\s*([\"'])(?P<expression>[^\"'\n]*)\2")
# A folded block of YAML, the lines of which are one; "Folded Style" of YAML 1.2.
_FOLDED = re.compile(
    r"(?m)(?::|^[ ]*-)[ \t]+>[-+\d]*[ \t]*(?:#[^\n]*)?\r?\n"
    r"(?P<body>(?P<pad>[ ]+)\S[^\n]*(?:\n(?:(?P=pad)[^\n]*|[ \t\r]*(?=\n)))*)"
)


class Selection(NamedTuple):
    """A `-m` expression of a command: its text, its place, and the paths that the command names."""

    text: str
    span: Span
    paths: tuple[str, ...]


def selections(repo: Repo) -> tuple[Selection, ...]:
    """The `-m` expressions of the configuration, of scripts, workflows, Makefiles and documents."""
    tests = repo.view(suite)
    found = [*repo.view(configured)]
    paths = {each.span.path for each in found}
    for document in repo.search(COMMANDS):
        if document.path.rpartition("/")[2] == "noxfile.py":
            found += _run(document)
        if document.path.endswith(_NOT_COMMANDS):
            continue
        is_configuration = document.path in paths
        for each in _written(tests, document):
            if not is_configuration or each.span not in {known.span for known in found}:
                found.append(each)
    return tuple(found)


def configured(repo: Repo) -> tuple[Selection, ...]:
    """The `-m` expressions of the configuration alone."""
    return tuple(_configured(repo, repo.view(suite)))


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
    is_elsewhere = _MOVES.search(document.text) is not None
    text = document.text
    if document.path.endswith((".yml", ".yaml")):
        text = _FOLDED.sub(_unfolded, text)
    for command in _COMMAND.finditer(text):
        line = text.rfind("\n", 0, command.start()) + 1
        if _INSTALLS.search(text, line, command.start()):
            continue
        rest, at = command["rest"], command.start("rest")
        for found in _SELECTION.finditer(rest):
            before = _words(rest[: found.start()])
            if before is None:
                break  # prose that names pytest, and another program's `-m`
            group = "quoted" if found["quote"] else "word"
            start = at + found.start(group)
            after = _words(rest[found.end() :])
            paths = () if is_elsewhere or after is None else _paths(tests, [*before, *after])
            yield Selection(found[group], document.span(start, start + len(found[group])), paths)


def _unfolded(block: re.Match[str]) -> str:
    """A folded block with a space for each end of a line that is none, at the same offsets."""
    head = block[0][: block.start("body") - block.start()]
    return head + re.sub(rf"(?m)(?<=\S)([ \t\r]*)\n(?={block['pad']}\S)", r"\1 ", block["body"])


def _run(document: Document) -> Iterator[Selection]:
    """The expressions in the sessions of nox; which paths they get is not read."""
    for command in _SESSION.finditer(document.text):
        for found in _OPTION.finditer(document.text, command.start("rest"), command.end("rest")):
            yield Selection(found["expression"], document.span(*found.span("expression")), ())


def _words(text: str) -> list[str] | None:
    """The words of a command, an option that has a value with it; None where it is none."""
    found: list[str] = []
    option = ""
    for word in _WORD.findall(text.replace("\\\n", " ").replace("\\\r\n", " ")):
        if word.rpartition("/")[2] in _PROGRAMS or word.endswith((",", ":", "(", ")")):
            return None
        if word.startswith("-"):
            option = "" if "=" in word or _FLAG.fullmatch(word) else word
            found.append(word)
        elif option:
            found[-1] = f"{found[-1]} {word}"
            option = ""
        elif word in _FOLDERS or not word.isalpha():
            found.append(word)
        else:
            return None
    return found


def _paths(tests: Suite, words: list[str]) -> tuple[str, ...]:
    """The paths that a command names; nothing where it may name others."""
    paths = []
    for word in words:
        option, _, value = word.partition(" ")
        if word.startswith("-"):
            if value and _has_tests(tests, value.rstrip("/")):
                return ()  # a path, or the value of the option
            continue
        path = option.partition("::")[0].removeprefix("./").rstrip("/")
        if not _has_tests(tests, path):
            return ()
        paths.append(path)
    return tuple(paths)


def _has_tests(tests: Suite, word: str) -> bool:
    return any(path == word or path.startswith(f"{word}/") for path in tests.test_files)
