"""Commands that install packages: pip, uv, pipx, conda, poetry and pdm, in any text of shell."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from govcheck.dependencies.section import normalized
from govcheck.document import Document
from govcheck.manifests.statement import Dialect, Quoting, Statement, of_requirement

_TOKEN = re.compile(
    r"""(?P<operator>&&|\|\||[;|&()]|\n)
    |(?P<redirect>\d?(?:>>|>|<<-?|<)&?\s*[^\s;&|]*)
    |(?P<word>(?:\$\{\{.*?\}\}|\$\([^)]*\)|\$\{[^}]*\}|'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s;&|()<>'"\\])+)""",
    re.VERBOSE | re.DOTALL,
)
_HINT = re.compile(r"\b(?:pip3?|uv|uvx|pipx|conda|mamba|micromamba|poetry|pdm)\b")
_CONTINUED = re.compile(r"\\\r?\n")
_WITH_VALUE = frozenset(
    {"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-t", "--target", "-i",
     "--index-url", "--extra-index-url", "-f", "--find-links", "--prefix", "--root", "--src",
     "--platform", "--python-version", "--python", "--implementation", "--abi", "--no-binary",
     "--only-binary", "--config-settings", "--progress-bar", "--cache-dir", "--proxy", "--cert",
     "--timeout", "--retries", "--trusted-host", "--log", "--index", "--default-index", "--group",
     "--extra", "-p", "-n", "--name", "-C", "--channel", "--file", "--upgrade-package", "-P",
     "--suffix", "--pip-args", "-G", "--source", "--optional", "--with-requirements"}
)  # fmt: skip
_CONDA_VALUES = frozenset({"-c", "-n", "-p", "--name", "--prefix", "--channel", "--file", "-f"})
_INTERPRETER = re.compile(r"python[\d.]*|py|\$\{?\w*(?:PYTHON|python)\w*\}?|\$\(\w*PYTHON\w*\)")
_PREFIXES = frozenset(
    {"sudo", "env", "exec", "time", "command", "nice", "!", "then", "do", "else", "if", "&&"}
)
_VARIABLE = re.compile(r"\$[({]?(?P<name>[A-Za-z_]\w*)[)}]?")
_ASSIGNMENT = re.compile(
    r"^[ ]*(?:export[ ]+)?(?P<name>[A-Za-z_]\w*)[ ]*[:?]?=[ ]*"
    r"""(?P<quote>["']?)(?P<word>[^"'\s$]+)(?P=quote)[ ]*$""",
    re.MULTILINE,
)
_CONDA_SPEC = re.compile(r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9][\w.-]*)(?P<rest>\s*[=<>!~ \[].*)?$")


class _Word(NamedTuple):
    """A word of a command, its text without quotes and where that begins."""

    text: str
    start: int
    end: int
    quote: str


def commands(document: Document, start: int, end: int) -> Iterator[Statement]:
    """What the commands in a stretch of a document install."""
    text = document.text
    if not _HINT.search(text, start, end):
        return
    # A continued line is one: the same number of characters, so that places agree.
    body = _CONTINUED.sub(lambda found: " " * len(found[0]), text[start:end])
    body = re.sub(
        r"(?m)(^|\s)#.*$", lambda found: found[1] + " " * (len(found[0]) - len(found[1])), body
    )
    command: list[_Word] = []
    for found in _TOKEN.finditer(body):
        if found["operator"] is not None:
            yield from _command(document, command)
            command = []
        elif (word := found["word"]) is not None:
            quoted = (
                len(word) > 1
                and word[0] == word[-1]
                and word[0] in "'\""
                and word[0] not in word[1:-1]
            )
            at = start + found.start() + quoted
            inner = word[1:-1] if quoted else word
            command.append(_Word(inner, at, at + len(inner), word[0] if quoted else ""))
    yield from _command(document, command)


def _command(document: Document, words: Sequence[_Word]) -> Iterator[Statement]:
    rest = list(words)
    while rest and (rest[0].text.lstrip("@-+") in _PREFIXES or re.match(r"\w+=", rest[0].text)):
        rest.pop(0)
    if not rest:
        return
    names = [word.text for word in rest]
    tool = names[0].lstrip("@-+").rpartition("/")[2]
    scope = f"{document.path} {rest[0].start}"
    if _INTERPRETER.fullmatch(tool) and names[1:3] == ["-m", "pip"]:
        tool, rest, names = "pip", rest[2:], names[2:]
    elif tool == "uv" and names[1:2] == ["pip"]:
        tool, rest, names = "pip", rest[1:], names[1:]
    elif tool == "uv" and names[1:3] == ["tool", "install"]:
        tool, rest, names = "pipx", rest[1:], names[1:]
    if re.fullmatch(r"pip[\d.]*|\$\{?PIP\}?", tool) and "install" in names[:4]:
        at = names.index("install") + 1
        yield from _requirements(document, rest[at:], scope)
    elif tool in ("pipx", "uv", "pdm") and names[1:2] in (["install"], ["add"], ["inject"]):
        skip = 3 if names[1] == "inject" else 2
        yield from _requirements(document, rest[skip:], scope)
    elif tool in ("uv", "uvx"):
        for option, word in pairwise(rest):
            if option.text in ("--with", "--from"):
                yield from _requirements(document, [word], scope)
    elif tool in ("conda", "mamba", "micromamba") and names[1:2] in (["install"], ["create"]):
        yield from _conda(document, rest[2:], scope)
    elif tool == "poetry" and names[1:2] == ["add"]:
        yield from _poetry(document, rest[2:], scope)


def _arguments(words: Sequence[_Word], with_value: frozenset[str]) -> Iterator[_Word]:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.text.startswith("-"):
            skip = word.text in with_value
        else:
            yield word


def _requirements(document: Document, words: Sequence[_Word], scope: str) -> Iterator[Statement]:
    for word in _arguments(words, _WITH_VALUE):
        if (variable := _VARIABLE.fullmatch(word.text)) is not None:
            assigned = document.view(_assignments).get(variable["name"], "")
            span = document.span(word.start, word.end)
            found = of_requirement(document, assigned, word.start, scope=scope, span=span)
            if found is not None and found.specifier:
                yield found._replace(
                    declared=f"{word.text} ({assigned})",
                    specifier=None,
                    editable=None,
                    why="a variable decides",
                )
            continue
        if re.match(r"[./~]|\w+\+?\w*://|git\+", word.text) or not re.match(
            r"[A-Za-z0-9]", word.text
        ):
            continue
        quoting: Quoting = "" if word.quote else "shell"
        span = document.span(word.start, word.end)
        found = of_requirement(
            document, word.text, word.start, scope=scope, quoting=quoting, span=span
        )
        if found is None:
            continue
        # Without quotes, `numpy>=2` is the package and a file that its output goes to; and a mere
        # name states no version that could be narrowed.
        is_plain = not word.quote and found.specifier == ""
        yield found._replace(editable=None) if is_plain else found


def _assignments(document: Document) -> dict[str, str]:
    """The words that variables of a script or Makefile are given."""
    return {found["name"]: found["word"] for found in _ASSIGNMENT.finditer(document.text)}


def _conda(document: Document, words: Sequence[_Word], scope: str) -> Iterator[Statement]:
    for word in _arguments(words, _CONDA_VALUES):
        found = match_spec(document, word.text, word.start, scope)
        if found is not None:
            yield found._replace(quoting="" if word.quote else "shell")


def match_spec(document: Document, text: str, at: int, scope: str) -> Statement | None:
    """The statement of a conda MatchSpec: a name, a version, perhaps a build string."""
    found = _CONDA_SPEC.match(text.strip())
    if found is None:
        return None
    lead = len(text) - len(text.lstrip())
    rest = found["rest"] or ""
    start = at + lead + (found.start("rest") if found["rest"] else found.end("name"))
    said = rest.partition("[")[0]
    build = re.match(r"\s*=?(?P<version>[^=\s<>!~][^=\s]*)=(?P<build>[^=\s]+)$", said)
    if build is not None:
        said = f"={build['version']}"
    start += len(said) - len(said.lstrip())
    editable = None if build or "[" in rest else (start, start + len(said.strip()))
    name = normalized(found["name"])
    dialect: Dialect = "conda"
    span = document.span(at + lead, at + lead + len(text.strip()))
    form = "interpreter" if name == "python" else "requirement"
    return Statement(
        name, text.strip(), said.strip() or "*", dialect, span, form, editable,  # type: ignore[arg-type]
        scope="" if name == "python" else scope,
    )  # fmt: skip


def _poetry(document: Document, words: Sequence[_Word], scope: str) -> Iterator[Statement]:
    for word in _arguments(words, _WITH_VALUE):
        name, mark, version = word.text.partition("@")
        if not mark:
            yield from _requirements(document, [word], scope)
        elif version != "latest" and re.fullmatch(r"[A-Za-z0-9][\w.-]*(\[.*\])?", name):
            start = word.start + len(name) + 1
            yield Statement(
                normalized(name.partition("[")[0]), word.text, version, "poetry",
                document.span(word.start, word.end), "requirement", (start, word.end),
                "" if word.quote else "shell", scope=scope,
            )  # fmt: skip


def statements(document: Document) -> Iterator[Statement]:
    """What a shell script, or the recipes of a Makefile, install."""
    if re.search(r"(?i)(^|/)(gnu)?makefile[^/]*$|\.mk$", document.path):
        for number, start in enumerate(document.line_starts, 1):
            line = document.line(number)
            if line.startswith("\t") and not (
                number > 1 and document.line(number - 1).endswith("\\")
            ):
                stop = number
                while document.line(stop).endswith("\\") and stop < len(document.line_starts):
                    stop += 1
                end = document.line_starts[stop - 1] + len(document.line(stop))
                yield from commands(document, start, end)
    else:
        yield from commands(document, 0, len(document.text))
