"""Whether a program takes the words that it is called with."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from govcheck.programs.interface import Interface
from govcheck.shell import Word

_OPTION = re.compile(r"--?[A-Za-z][\w.-]*")
_VALUE = re.compile(r"[\w.@:/+-]+")


class Refused(NamedTuple):
    """A word, or a part of one, that a program does not take, and what it takes there."""

    word: Word
    start: int
    text: str
    what: str
    taken: tuple[str, ...]
    interface: Interface


def refused(interface: Interface, words: Sequence[Word]) -> Iterator[Refused]:
    """The options, choices and subcommands among the words that the program does not take."""
    levels = [interface]
    at = 0
    may_be_value = -1  # where the value of an option may stand of which nothing is known
    while at < len(words):
        word = words[at]
        at += 1
        if word.text == "--" or any(level.open for level in levels):
            return
        if not word.fixed:
            if not word.is_quoted and word.text[:1] in "$`[{":
                # What it becomes may be options, or what they take.
                continue
            continue
        if word.fixed == "-" or re.match(r"-[\d.]", word.fixed):
            continue
        if not word.fixed.startswith("-"):
            if at - 1 == may_be_value:
                continue
            at = _positional(levels, word, words, at)
            if levels[-1] is _UNKNOWN:
                return
            if at < 0:
                yield _refused_command(levels[-1], word)
                return
            continue
        name, equals, value = word.text.partition("=")
        if len(name) > len(word.fixed) or not _OPTION.fullmatch(name):
            continue
        option = next((o for level in levels if (o := level.find(name)) is not None), None)
        if option is None and _is_cluster(levels, name):
            continue
        if option is None:
            if len(name) > 2 and not name.startswith("--") and not _has_long_single(levels):
                continue  # a cluster of short options, one of which may take the rest
            taken = tuple(sorted({each for level in levels for each in level.options}))
            yield Refused(word, 0, name, "option", taken, interface)
            may_be_value = -1 if equals else at
            continue
        if option.takes != "nothing" and option.choices is not None and equals:
            yield from _refused_choice(interface, word, len(name) + 1, value, option.choices)
        if option.takes == "one" and not equals and at < len(words):
            given = words[at]
            if option.choices is not None and not given.text.startswith("-"):
                yield from _refused_choice(interface, given, 0, given.text, option.choices)
            at += 1
        elif option.takes == "some" and not equals:
            while at < len(words) and not words[at].text.startswith("-"):
                if levels[-1].commands and words[at].text in levels[-1].commands:
                    break
                at += 1


_UNKNOWN = Interface(open="unknown")


def _positional(levels: list[Interface], word: Word, words: Sequence[Word], at: int) -> int:
    """The place after a word that is no option; -1 where it is a subcommand that there is not."""
    last = levels[-1]
    if not last.commands and not last.open_commands:
        return at
    if word.text in last.commands:
        levels.append(last.commands[word.text])
        return at
    if last.open_commands or last.is_positional:
        if last.open_commands or not last.is_positional:
            levels.append(_UNKNOWN)
        return at
    if not word.is_literal or not re.fullmatch(r"[a-z][\w-]*", word.text):
        levels.append(_UNKNOWN)
        return at
    return -1


def _refused_command(interface: Interface, word: Word) -> Refused:
    taken = tuple(sorted(interface.commands))
    return Refused(word, 0, word.text, "subcommand", taken, interface)


def _refused_choice(
    interface: Interface, word: Word, start: int, value: str, choices: tuple[str, ...]
) -> Iterator[Refused]:
    is_stand_in = value.isupper() and not any(each.isupper() for each in choices)
    if word.is_literal and value not in choices and _VALUE.fullmatch(value) and not is_stand_in:
        yield Refused(word, start, value, "choice", choices, interface)


def _is_cluster(levels: Sequence[Interface], name: str) -> bool:
    """Whether a word is short options together, or one with its value behind it."""
    return (
        len(name) > 2
        and not name.startswith("--")
        and any(level.find(name[:2]) is not None for level in levels)
    )


def _has_long_single(levels: Sequence[Interface]) -> bool:
    """Whether the program has long options with a single dash."""
    return any(
        len(each) > 2 and not each.startswith("--") for level in levels for each in level.options
    )
