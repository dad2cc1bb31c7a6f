"""What a command runs, behind whatever it is wrapped in: `sudo`, `poetry run`, `python -m`."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from govcheck.shell import Command, Word

Kind = Literal["file", "module", "program"]


class Call(NamedTuple):
    """A program that is run: a file, a module, or a program by its name.

    `name` is the word that tells which, `through` the names of what runs it (`poetry`, `python`).
    """

    kind: Kind
    name: Word
    arguments: tuple[Word, ...]
    through: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """The program and its arguments."""
        return (self.name, *self.arguments)


PYTHON = re.compile(r"(?:.*/)?(?:python(?:3|3\.\d+)?|py|pypy3?)(?:\.exe)?")
_SHELLS = frozenset({"bash", "sh", "zsh", "dash"})
_PLAIN = frozenset(
    {"sudo", "time", "env", "exec", "command", "nohup", "nice", "stdbuf", "xvfb-run", "timeout",
     "builtin", "doas", "ionice", "setsid", "caffeinate", "chronic", "unbuffer", "then", "do",
     "else", "watch"}
)  # fmt: skip
# What runs a program in the environment of the project, and its options that take a value.
_RUNNERS: dict[str, frozenset[str]] = {
    "poetry": frozenset({"-C", "--directory", "-P", "--project"}),
    "uv": frozenset(
        {"--with", "--python", "-p", "--extra", "--group", "--env-file", "--directory", "--project",
         "--package", "--with-requirements", "--with-editable", "--only-group", "--no-group",
         "--index", "--index-url", "--no-extra", "--refresh-package", "--reinstall-package"}
    ),
    "pdm": frozenset({"-p", "--project", "--venv"}),
    "pipenv": frozenset(),
    "rye": frozenset({"-p", "--pyproject"}),
    "hatch": frozenset({"-e", "--env"}),
    "pixi": frozenset({"-e", "--environment", "--manifest-path"}),
    "conda": frozenset({"-n", "--name", "-p", "--prefix"}),
    "mamba": frozenset({"-n", "--name", "-p", "--prefix"}),
    "micromamba": frozenset({"-n", "--name", "-p", "--prefix"}),
    "dotenv": frozenset({"-f", "--file"}),
}  # fmt: skip
_ELSEWHERE = frozenset({"-C", "--directory", "--project", "-P", "--manifest-path"})
_PYTHON_VALUES = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_SCRIPT = re.compile(r"(?:\.{0,2}/)?[\w.@+-]+(?:/[\w.@+-]+)*")
_MAX_WRAPPERS = 8


def call_of(command: Command) -> Call | None:
    """What a command runs; None where that is not written out."""
    words: Sequence[Word] = command.words
    through: list[str] = []
    for _ in range(_MAX_WRAPPERS):
        if not words or not words[0].is_literal:
            return None
        name = words[0].text
        if name in _PLAIN:
            words = _after_options(words[1:])
            if name == "timeout" and words:
                words = words[1:]
            continue
        if name in _RUNNERS and (rest := _run(words, _RUNNERS[name])) is not None:
            through.append(name)
            if rest and rest[0].text in ("-m", "--module"):
                return _module(rest[1:], through)
            if rest and rest[0].text.endswith(".py") and rest[0].is_literal:
                return Call("file", rest[0], tuple(rest[1:]), tuple(through))
            words = rest
            continue
        if PYTHON.fullmatch(name):
            return _python(words[1:], [*through, "python"])
        if name == "coverage" and len(words) > 1 and words[1].text == "run":
            return _python(_after_options(words[2:], {"-m"}), [*through, "python"])
        if name in _SHELLS or name in ("source", "."):
            rest = [*words[1:]]
            while rest and re.fullmatch(r"-[euxvlo]+|pipefail|\+[eux]", rest[0].text):
                rest = rest[1:]
            if not rest or not _is_path(rest[0]):
                return None
            return Call("file", rest[0], tuple(rest[1:]), (*through, name))
        if "/" in name:
            if not _is_path(words[0]):
                return None
            return Call("file", words[0], tuple(words[1:]), tuple(through))
        return Call("program", words[0], tuple(words[1:]), tuple(through))
    return None


def _run(words: Sequence[Word], with_value: frozenset[str]) -> Sequence[Word] | None:
    """What follows `run`; None where it is another subcommand, nothing where it runs elsewhere."""
    rest = _after_options(words[1:], {}, with_value)
    if not rest or rest[0].text != "run":
        return None
    between = words[1 : len(words) - len(rest) + 1]
    after = _after_options(rest[1:], {"-m", "--module"}, with_value)
    between = [*between, *rest[1 : len(rest) - len(after)]]
    if any(each.text.partition("=")[0] in _ELSEWHERE for each in between):
        return ()
    return after


def _after_options(
    words: Sequence[Word],
    stop: Sequence[str] | set[str] | dict[str, str] = (),
    with_value: frozenset[str] = frozenset({"-n", "-u"}),
) -> Sequence[Word]:
    """The words behind the options of a wrapper, and the variables that it sets."""
    at = 0
    while at < len(words):
        text = words[at].text
        if text in stop or not (text.startswith("-") or re.match(r"[A-Za-z_]\w*=", text)):
            break
        if text == "--":
            return words[at + 1 :]
        at += 2 if text in with_value else 1
    return words[at:]


def _python(words: Sequence[Word], through: list[str]) -> Call | None:
    rest = [*words]
    while rest and rest[0].text.startswith("-"):
        text = rest[0].text
        if text == "-m":
            return _module(rest[1:], through)
        if text == "-c" or text == "-":
            return None
        if text.startswith("-m") and re.fullmatch(r"-m[\w.]+", text):
            return None
        rest = rest[2:] if text in _PYTHON_VALUES else rest[1:]
    if not rest or not _is_path(rest[0]):
        return None
    return Call("file", rest[0], tuple(rest[1:]), tuple(through))


def _module(words: Sequence[Word], through: list[str]) -> Call | None:
    if not words or not words[0].is_literal or not re.fullmatch(r"[\w.]+", words[0].text):
        return None
    if words[0].text in ("coverage", "pdb", "cProfile", "trace", "debugpy", "memory_profiler"):
        return None
    return Call("module", words[0], tuple(words[1:]), tuple(through))


def _is_path(word: Word) -> bool:
    return word.is_literal and _SCRIPT.fullmatch(word.text) is not None
