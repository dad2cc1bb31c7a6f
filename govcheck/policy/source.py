"""One TOML file of a policy: its data, and the place of every key in it."""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from govcheck.document import Document
from govcheck.finding import Span
from govcheck.keys import Key

MAX_BYTES = 1024 * 1024

_LONG_DOTTED_KEY = re.compile(rb"(?:[\w\"'-]+[ \t]*\.[ \t]*){64}")


class SourceError(ValueError):
    """The file is not TOML that we read; `line` is where, counted from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class Place(NamedTuple):
    """Where a key stands: the key, and all of the pair or table that it names, in code points."""

    key: tuple[int, int]
    whole: tuple[int, int]


@dataclass(frozen=True)
class Source:
    """A file that holds a policy, or a part of one below `prefix`.

    `label` is how it is named to the user: a path in the repository, or `builtin:NAME`, or
    `package:path`; only the first kind has a `path`.
    """

    label: str
    path: str | None
    document: Document
    prefix: tuple[str, ...] = ()

    @cached_property
    def data(self) -> dict[str, Any]:
        """The policy's part of the parsed file.

        Raises:
            SourceError: it is not TOML, or is built to be slow.
        """
        data: Any = parse(self.document)
        for name in self.prefix:
            data = data.get(name, {})
        return data if isinstance(data, dict) else {}

    def span(self, key: Key) -> Span:
        """Where a key of the policy stands, or else its nearest table, or the first line."""
        if place := self.place(key):
            return self.document.span(*place.key)
        return self.document.span(0, 0)

    def place(self, key: Key) -> Place | None:
        """The place of a key of the policy, or else of the nearest table around it."""
        full = (*self.prefix, *key)
        for end in range(len(full), 0, -1):
            if full[:end] in self._places:
                return self._places[full[:end]]
        return None

    @cached_property
    def _places(self) -> dict[Key, Place]:
        from govcheck.policy.places import places  # only a finding or a mistake asks for places

        return places(self.document)


def parse(document: Document) -> dict[str, Any]:
    """The data of a TOML file (TOML 1.0).

    Raises:
        SourceError: it is not TOML, or is built to be slow.
    """
    if len(document.data) > MAX_BYTES:
        raise SourceError(f"it is larger than {MAX_BYTES // 1024} KiB")
    if _LONG_DOTTED_KEY.search(document.utf8):
        raise SourceError("a key has more than 64 parts")
    try:
        return tomllib.loads(document.text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error))
        if found is None:
            raise SourceError(str(error)) from error
        line = int(found[2]) if found[2] else len(document.line_starts)
        raise SourceError(f"this is not TOML: {_lower(found[1])}", line) from error
    except (RecursionError, ValueError) as error:
        raise SourceError("it nests too deeply or holds a number that is too large") from error


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
