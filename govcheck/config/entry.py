"""What every configuration format is read into: named values with their places."""

from collections.abc import Collection
from typing import NamedTuple, Protocol

from govcheck.document import Document
from govcheck.finding import Edit, Span


class Entry(NamedTuple):
    """One name that a configuration file sets, or a key under which it groups others.

    `path` leads from the root to it, list items by their index. `span` is the name alone, without
    quotes. `value` is the text of a scalar, unquoted; mappings, lists and nothing at all have none.
    `value_span` is the value as written between its quotes.
    """

    path: tuple[str, ...]
    name: str
    span: Span
    value: str | None = None
    value_span: Span | None = None


class Reader(Protocol):
    """What the module of a format offers."""

    def entries(self, document: Document) -> tuple[Entry, ...]:
        """See `govcheck.config.entries`."""

    def removal(
        self, document: Document, doomed: Collection[Entry]
    ) -> dict[Entry, tuple[Edit, ...]]:
        """See `govcheck.config.removal`."""
