"""INI: setup.cfg, tox.ini, mypy.ini: values over several lines, factors, `file:` directives."""

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from govcheck.document import Document
from govcheck.manifests.statement import (
    Role,
    Statement,
    in_role,
    of_python,
    of_requirement,
    within_folder,
)

_HEADER = re.compile(r"\[(?P<name>[^\]]+)\]")
_OPTION = re.compile(r"(?P<key>[^\s=:#;\[][^=:]*)[=:][ \t]*(?P<value>.*)")
_FACTOR = re.compile(r"^(?P<factors>[!\w.,{}-]+)\s*:(?!//)\s+(?P<rest>\S.*)$")
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d+\.\d+)$")
_INTERPRETER = re.compile(r"(?<![\w.])(?:py(?P<short>3\d*)|(?P<dotted>3\.\d+))(?![\w.])")
_REQUIREMENTS = frozenset({"install_requires", "setup_requires", "tests_require"})
_CONTINUED = re.compile(r"(?m)^[ \t]*[^#;\s](?:[^\n\\]|\\(?!\r?\n))*(?:\\\r?\n[^\n\\]*)+")
_MAX_ENVIRONMENTS = 200


class _Line(NamedTuple):
    """One line of the value of an option, and where it begins."""

    section: str
    key: str
    text: str
    start: int


def statements(document: Document) -> Iterator[Statement]:
    """What an INI file states."""
    yield from within(document, 0, len(document.text))


def includes(document: Document) -> Iterator[str]:
    """The requirements files that `file:` directives and `-r` name, as paths from the root."""
    yield from within_folder(document.path, _included(document))


def _included(document: Document) -> Iterator[str]:
    for line in _lines(document, 0, len(document.text)):
        if line.text.startswith("file:") and line.section.startswith("options"):
            yield from (each.strip() for each in line.text[len("file:") :].split(","))
        elif line.key == "deps" and (found := re.match(r"-[rc]\s*(\S+)", line.text)):
            yield found[1].replace("{toxinidir}/", "").replace("{tox_root}/", "")


def within(document: Document, start: int, end: int) -> Iterator[Statement]:
    """What a stretch of a document states that is INI."""
    for line in _lines(document, start, end):
        scope = f"{document.path} {line.section}"
        is_extra = line.section == "options.extras_require"
        if (line.section == "options" and line.key in _REQUIREMENTS) or is_extra:
            if not line.text.startswith("file:"):
                role: Role = "main" if line.key == "install_requires" else "extra"
                for at, text in _several(line):
                    name = f"{scope} {line.key}"
                    found = of_requirement(document, text, line.start + at, scope=name)
                    yield from in_role(role, [found] if found else [])
        elif line.section == "options" and line.key == "python_requires":
            stop = line.start + len(line.text)
            yield of_python(document, line.text, line.start, stop, "pep440")
        elif line.section == "metadata" and line.key == "classifiers":
            if (named := _CLASSIFIER.match(line.text)) is not None:
                at = line.start + named.start(1)
                yield of_python(document, named[1], at, at + len(named[1]), only=False)
        elif line.section == "mypy" and line.key == "python_version":
            yield of_python(document, line.text, line.start, line.start + len(line.text))
        elif line.section == "tox" and line.key in ("envlist", "env_list"):
            yield from _environments(document, line)
        elif line.section == "tox" and line.key == "requires":
            found = of_requirement(document, line.text, line.start, scope=scope)
            yield from [found] if found else []
        elif line.section.startswith("testenv"):
            yield from _tox(document, line)


def _tox(document: Document, line: _Line) -> Iterator[Statement]:
    if line.key == "deps" and not line.text.startswith("-"):
        text, start, scope = line.text, line.start, f"{document.path} {line.section}"
        if (factor := _FACTOR.match(text)) is not None:
            text, start = factor["rest"], start + factor.start("rest")
            scope = f"{scope} {factor['factors']}"
        if not text.startswith("-") and (
            found := of_requirement(document, text, start, scope=scope)
        ):
            yield found
    elif line.key in ("basepython", "base_python") and re.search(r"\d", line.text):
        if (factor := _FACTOR.match(line.text)) is not None:
            line = line._replace(text=factor["rest"], start=line.start + factor.start("rest"))
        # tox takes an interpreter that contradicts the name of its environment for a mistake.
        is_named = _INTERPRETER.search(line.section) is not None
        end = line.start + len(line.text)
        yield of_python(document, line.text, line.start, end, only=not is_named)


def _several(line: _Line) -> Iterator[tuple[int, str]]:
    """The requirements of a line and where they begin: setuptools splits one at semicolons."""
    at = 0
    is_marked = "'" in line.text or '"' in line.text
    for part in [line.text] if is_marked else line.text.split(";"):
        if part.strip():
            yield at + len(part) - len(part.lstrip()), part.strip()
        at += len(part) + 1


def _environments(document: Document, line: _Line) -> Iterator[Statement]:
    """The interpreters of an environment list; braces stand for all of their parts."""
    seen: set[str] = set()
    for item in re.finditer(r"[^\s,{]*(?:\{[^}]*\}[^\s,{]*)*", line.text):
        parts = [each.strip("{}").split(",") for each in re.findall(r"\{[^}]*\}|[^{}]+", item[0])]
        for number, chosen in enumerate(product(*parts)):
            if number > _MAX_ENVIRONMENTS:
                break
            found = _INTERPRETER.search("".join(each.strip() for each in chosen))
            if found is None or found[0] in seen or len(found["short"] or found["dotted"]) < 2:
                continue
            seen.add(found[0])
            at = line.start + item.start()
            yield Statement(
                "python", found[0], found[0], "python", document.span(at, at + len(item[0])),
                "interpreter",
            )  # fmt: skip


def _joined(found: re.Match[str]) -> str:
    """A line and those that it goes on in, as one; blanks keep the places."""
    return re.sub(r"\\\r?\n", lambda end: " " * len(end[0]), found[0])


def _lines(document: Document, start: int, end: int) -> Iterator[_Line]:
    section = key = ""
    at = start
    body = _CONTINUED.sub(_joined, document.text[start:end])
    for raw in body.splitlines(keepends=True):
        text = raw.strip()
        first = at + len(raw) - len(raw.lstrip())
        at += len(raw)
        if not text or text[0] in "#;":
            continue
        text = re.split(r"\s#", text)[0].rstrip()
        if raw[0] in " \t" and key:
            yield _Line(section, key, text, first)
        elif (header := _HEADER.match(text)) is not None:
            section, key = header["name"], ""
        elif (option := _OPTION.match(text)) is not None:
            key = option["key"].strip().replace("-", "_")
            if option["value"]:
                yield _Line(section, key, option["value"], first + option.start("value"))
