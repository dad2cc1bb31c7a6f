"""Path patterns of the policy: `*`, `?` and `[...]` within a name, `**` across directories."""

import re
from collections.abc import Callable, Iterable
from functools import cache

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]/]*\]")


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test of paths relative to the root: does any of the patterns match?

    A pattern is anchored at the root. One that names a directory (`docs/archive`, with or without
    a final slash) matches everything below it. No patterns match nothing.
    """
    return _matcher(tuple(patterns))


@cache
def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    if not patterns:
        return lambda path: False
    pattern = re.compile("|".join(map(_translate, patterns)), re.DOTALL)
    return lambda path: pattern.fullmatch(path) is not None


def literal_chunk(pattern: str) -> str:
    """The longest piece of a name pattern that stands in every name it matches."""
    return max(re.split(r"\*+|\?|\[[!^]?\]?[^\]]*\]", pattern), key=len)


def _translate(pattern: str) -> str:
    pattern = pattern.removeprefix("./").removesuffix("/")
    pieces = []
    position = 0
    for token in _TOKEN.finditer(pattern):
        pieces += [re.escape(pattern[position : token.start()]), _token(token.group())]
        position = token.end()
    pieces.append(re.escape(pattern[position:]))
    return f"(?:{''.join(pieces)}(?:/.*)?)"


def _token(token: str) -> str:
    match token:
        case "**/":
            return "(?:[^/]+/)*"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _:
            negated = token[1] in "!^"
            inner = token[2:-1] if negated else token[1:-1]
            inner = inner.replace("\\", r"\\").replace("]", r"\]").replace("[", r"\[")
            return f"(?!/)[{'^' if negated else ''}{inner}]"
