"""Commands that install packages: pip, uv, pipx, conda, poetry and pdm, in any text of shell."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from govcheck.dependencies.section import normalized
from govcheck.document import Document
from govcheck.manifests.statement import (
    Dialect,
    Form,
    Quoting,
    Statement,
    is_variable,
    of_python,
    of_requirement,
)

_TOKEN = re.compile(
    r"""(?P<operator>&&|\|\||[;|&()]|\n)
    |(?P<redirect>\d?(?:>>|>|<<-?|<)&?\s*[^\s;&|]*)
    |(?P<word>(?:\$\{\{.{0,200}?\}\}|\$\([^()]{0,200}\)|\$\{[^{}]{0,200}\}
        |'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s;&|()<>'"\\])+)""",
    re.VERBOSE | re.DOTALL,
)
_HINT = re.compile(
    r"\b(?:pip3?|uv|uvx|pipx|pipenv|pyenv|conda|mamba|micromamba|poetry|pdm)\b", re.IGNORECASE
)
_CONTINUED = re.compile(r"\\\r?\n")
# The builder of images drops lines that are comments, also between those of one command.
_COMMENTED = re.compile(r"(?<=\\\n)(?:[ \t]*#[^\n]*\n)+")
_HERE = re.compile(r"(?<!<)<<-?[ \t]*(?P<quote>['\"]?)(?P<word>\w+)(?P=quote)")
_RUNS_IT = re.compile(r"\b(?:bash|sh|zsh|ssh|su|sudo|docker|podman|chroot)\b")
_REFERENCE = re.compile(r"[./~]|[A-Za-z]\w{0,20}(?:\+\w{1,20})?://|git\+")
_AT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)@(?P<version>\d[\w.]*)")
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
_INTERPRETER = re.compile(
    r"python[\d.]*|py|\$[({]?\w*(?:PY|python)\w*[)}]?|\$\((?:which|command -v) python[\d.]*\)"
)
_PREFIXES = frozenset(
    {"sudo", "env", "exec", "time", "command", "nice", "!", "then", "do", "else", "if", "&&"}
)
# A version and the build of it: `=1.26=py312_0`, `1.26 py312_0`, `>=1.20 py312_0`.
_BUILD = re.compile(
    r"\s*(?:==?(?P<exact>[^=\s<>!~]+)=(?P<one>[^=\s]+)"
    r"|(?P<version>[^\s\[]*[^\s\[,|<>=!~])\s+(?P<other>[A-Za-z_*][\w.*]*))\s*"
)
_RELEASE = re.compile(r"(cpython|python)?[@-]?3\.\d+(\.\d+)?")
_MAX_OPTIONS = 8
_MAX_DOCUMENTS = 1_000
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


def commands(
    document: Document,
    start: int,
    end: int,
    *,
    is_folded: bool = False,
    drops_comments: bool = False,
) -> Iterator[Statement]:
    """What the commands in a stretch of a document install.

    In a stretch that `is_folded` lines are one, as in YAML's `>`; `drops_comments` tells that
    comments do not end a command that goes on in the next line.
    """
    text = document.text
    if not _HINT.search(text, start, end):
        return
    # Whatever is no command becomes as many blanks, so that places agree.
    body = _without_documents(text[start:end])
    if drops_comments:
        body = _COMMENTED.sub(_blank, body.replace("\\\r\n", " \\\n"))
    body = _CONTINUED.sub(_blank, body)
    if is_folded:
        body = re.sub(r"(?<=\S)\r?\n(?=[ \t]*\S)", _blank, body)
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


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _without_documents(body: str) -> str:
    """Shell text without the here-documents that are handed to something that is no shell."""
    parts: list[str] = []
    done = at = 0
    for _ in range(_MAX_DOCUMENTS):
        found = _HERE.search(body, at)
        if found is None:
            break
        at = found.end()
        line = body.rfind("\n", 0, found.start()) + 1
        first = body.find("\n", at) + 1
        closing = re.compile(rf"(?m)^[ \t]*{found['word']}[ \t]*\r?$").search(body, first)
        if not first or closing is None or _RUNS_IT.search(body, line, found.start()):
            continue
        parts += (body[done:first], re.sub(r"[^\r\n]", " ", body[first : closing.end()]))
        done = at = closing.end()
    return "".join([*parts, body[done:]])


def _command(document: Document, words: Sequence[_Word]) -> Iterator[Statement]:
    rest = list(words)
    while rest and (rest[0].text.lstrip("@-+") in _PREFIXES or re.match(r"\w+=", rest[0].text)):
        rest.pop(0)
        while len(rest) < len(words) and rest and rest[0].text.startswith("-"):
            rest.pop(0)
    if not rest:
        return
    yield from _interpreters(document, rest)
    names = [word.text for word in rest]
    tool = names[0].lstrip("@-+").rpartition("/")[2]
    scope = f"{document.path} {rest[0].start}"
    if _INTERPRETER.fullmatch(names[0].lstrip("@-+") if "$" in tool else tool):
        at = next((n for n, pair in enumerate(pairwise(names)) if pair == ("-m", "pip")), -1)
        if 0 < at < _MAX_OPTIONS:
            tool, rest, names = "pip", rest[at + 1 :], names[at + 1 :]
    elif tool == "uv" and names[1:2] == ["pip"]:
        tool, rest, names = "pip", rest[1:], names[1:]
    elif tool == "uv" and names[1:3] == ["tool", "install"]:
        tool, rest, names = "pipx", rest[1:], names[1:]
    if re.fullmatch(r"pip[\d.]*|\$[({]?PIP3?[)}]?", tool):
        at = next((n for n, each in enumerate(rest) if each.text == "install"), len(rest))
        if all(each.text.startswith("-") or before.text.startswith("-")
               for before, each in pairwise(rest[:at])):  # fmt: skip
            yield from _requirements(document, rest[at + 1 :], scope)
    elif tool in ("pipx", "uv", "pdm", "pipenv") and names[1:2] in (
        ["install"],
        ["add"],
        ["inject"],
    ):
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


def _interpreters(document: Document, words: Sequence[_Word]) -> Iterator[Statement]:
    """The versions of Python that commands of uv and pyenv get, make or choose."""
    match [word.text for word in words[:3]]:
        case ["uv", "python", "install" | "pin"]:
            chosen = [*_arguments(words[3:], _WITH_VALUE)]
        case ["pyenv", "install" | "local" | "global" | "shell", _]:
            chosen = [*_arguments(words[2:], frozenset())]
        case ["uv" | "uvx", *_]:
            options = pairwise(words)
            chosen = [word for option, word in options if option.text in ("-p", "--python")]
        case _:
            return
    for word in chosen:
        if _RELEASE.fullmatch(word.text):
            yield of_python(document, word.text, word.start, word.end, only=len(chosen) == 1)


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
    bound_by = tuple(
        posixpath.normpath(word.text)
        for option, word in pairwise(words)
        if option.text in ("-c", "--constraint")
    )
    for found in _installed(document, words, scope):
        yield found._replace(bound_by=bound_by)


def _installed(document: Document, words: Sequence[_Word], scope: str) -> Iterator[Statement]:
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
        if _REFERENCE.match(word.text) or not re.match(r"[A-Za-z0-9]", word.text):
            continue
        if (exact := _AT.fullmatch(word.text)) is not None:  # how uv and pipx write a version
            span = document.span(word.start, word.end)
            yield Statement(
                normalized(exact["name"].partition("[")[0]), word.text, f"=={exact['version']}",
                "pep440", span, scope=scope,
            )  # fmt: skip
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
        if found.specifier == "" and any(each.text == "--no-index" for each in words):
            continue  # what lies in a folder, which was built just before
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
    said, bracket, keys = rest.partition("[")
    build = _BUILD.fullmatch(said)
    if build is not None:
        said = f"={build['exact']}" if build["exact"] else build["version"]
    if (version := re.search(r"version\s*=\s*['\"]?([^'\"\]]+)", keys)) is not None:
        said = version[1]
    start += len(said) - len(said.lstrip())
    editable = None if build or bracket else (start, start + len(said.strip()))
    name = normalized(found["name"])
    dialect: Dialect = "conda"
    span = document.span(at + lead, at + lead + len(text.strip()))
    form: Form = "interpreter" if name == "python" else "requirement"
    is_computed = is_variable(said)
    return Statement(
        name, text.strip(), None if is_computed else said.strip() or "*", dialect, span, form,
        None if is_computed else editable, scope="" if name == "python" else scope,
        why="a variable decides" if is_computed else "",
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
    if re.search(r"(?i)(^|/)\.?justfile$|\.just$", document.path):
        for number, start in enumerate(document.line_starts, 1):
            if document.line(number)[:1] in (" ", "\t"):
                yield from commands(document, start, start + len(document.line(number)))
    elif re.search(r"(?i)(^|/)(gnu)?makefile[^/]*$|\.mk$", document.path):
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
