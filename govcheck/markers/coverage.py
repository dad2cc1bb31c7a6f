"""The thresholds of coverage that a repository sets: in configuration, and in commands."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from govcheck.config import entries
from govcheck.document import Document, TooDeepError
from govcheck.finding import Span
from govcheck.repo import Repo

_NEEDLES = ("fail_under", "fail-under")
# "Configuration reference" of coverage.py 7.
_SECTIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "pyproject.toml": (("tool", "coverage", "report"),),
    ".coveragerc.toml": (("tool", "coverage", "report"), ("report",)),
    ".coveragerc": (("report",),),
    "setup.cfg": (("coverage:report",),),
    "tox.ini": (("coverage:report",),),
}
# pytest-cov's option, and that of what coverage itself reports; others have one of that name, too.
_OPTION = re.compile(
    r"(?:(?<![\w-])--cov-fail-under|"
    r"(?<![\w./-])coverage3?(?:[\"',]|[ \t])+(?:report|html|xml|json|lcov)\b"
    r"(?:[^\n;|&\\]|\\\r?\n){0,500}?(?<![\w-])--fail-under)"
    r"(?:=|[ \t]+|[\"'],\s*)[\"']?(?P<value>[^\s\"',;|&)\]]+)"
)
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|;\s)")
_SCRIPT = re.compile(
    r"(?i)(?:^|/)(?:[^/]*\.(?:ya?ml|toml|ini|cfg|sh|bash|mk|json|just)|(?:gnu)?makefile|justfile"
    r"|dockerfile[^/]*|tox\.ini|noxfile\.py|\.coveragerc)$"
)
# What else may hold coverage to something, out of sight.
_SERVICES = re.compile(r"(?:^|/)(?:\.?codecov\.ya?ml|sonar-project\.properties|\.coveralls\.yml)$")


class Threshold(NamedTuple):
    """What coverage must reach, in percent, where it is said; None where that is computed."""

    span: Span
    percent: float | None


def thresholds(repo: Repo) -> tuple[Threshold, ...]:
    """What configuration and commands ask of coverage; a command that asks for 0 asks nothing."""
    return tuple(
        each
        for document in repo.search(_NEEDLES)
        for each in (*_configured(repo, document), *_commanded(document))
    )


def has_service(repo: Repo) -> bool:
    """Whether a service that is set up may hold coverage to something."""
    return any(_SERVICES.search(path) for path in repo.files)


def _configured(repo: Repo, document: Document) -> Iterator[Threshold]:
    sections = _SECTIONS.get(document.path.rpartition("/")[2], ())
    try:
        said = entries(document) if sections else ()
    except TooDeepError as error:
        repo.unchecked[document.path] = str(error)
        return
    for entry in said:
        is_it = entry.name == "fail_under" and entry.path[:-1] in sections
        if is_it and entry.value_span is not None:
            yield Threshold(entry.value_span, _number(entry.value or ""))


def _commanded(document: Document) -> Iterator[Threshold]:
    if not (_SCRIPT.search(document.path) or document.text.startswith("#!")):
        return
    for found in _OPTION.finditer(document.text):
        line = document.text.rfind("\n", 0, found.start()) + 1
        if _COMMENT.search(document.text[line : found.start()]):
            continue
        percent = _number(found["value"])
        if percent != 0:
            yield Threshold(document.span(*found.span("value")), percent)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,9}(?:\.\d{0,9})?", text) else None
