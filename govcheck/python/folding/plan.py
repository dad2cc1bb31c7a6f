"""What folding decides to do with a module, in terms of places of its text.

It is made on Python's own syntax tree and carried out twice, on that tree and on LibCST's: the
two results must agree.
"""

import ast
from dataclasses import dataclass, field
from io import StringIO
from typing import Literal, NamedTuple


class Place(NamedTuple):
    """Where a node begins and ends: 1-based lines, and columns in code points from 0."""

    line: int
    column: int
    end_line: int
    end_column: int


Branch = Literal["body", "orelse", "none"]


@dataclass(frozen=True, slots=True)
class Splice:
    """A statement gives way to one of its blocks; `before` are expressions that still must run."""

    branch: Branch
    case: int = 0
    before: tuple[Place, ...] = ()


@dataclass(slots=True)
class Plan:
    """The decisions, by the place of the node they are about.

    `values` are expressions that become a literal, `takes` those that become a part of themselves.
    `drops` are operands, conditions, guards, decorators, aliases and elements that go. Of
    statements, `removed` go and `splices` are replaced. `unelse` are loops that lose their `else`.
    `first` and `last` are lines of code that a function gets at its beginning and end.
    """

    values: dict[Place, str] = field(default_factory=dict)
    takes: dict[Place, Place] = field(default_factory=dict)
    drops: set[Place] = field(default_factory=set)
    removed: set[Place] = field(default_factory=set)
    splices: dict[Place, Splice] = field(default_factory=dict)
    unelse: set[Place] = field(default_factory=set)
    first: dict[Place, tuple[str, ...]] = field(default_factory=dict)
    last: dict[Place, tuple[str, ...]] = field(default_factory=dict)

    @property
    def places(self) -> frozenset[Place]:
        """All places that something is done about."""
        decided = (self.values, self.takes, self.splices, self.first, self.last)
        return frozenset().union(self.drops, self.removed, self.unelse, *decided)


class Places:
    """The places of the nodes of a module: `ast` counts columns in bytes of UTF-8.

    `lines` are the lines as Python counts them, which no form feed ends.
    """

    def __init__(self, text: str) -> None:
        self.lines = list(StringIO(text, newline=""))
        numbered = enumerate(self.lines, 1)
        self._wide = {number: line for number, line in numbered if not line.isascii()}

    def of(self, node: ast.AST) -> Place:
        """The place of a node that has one."""
        line: int = node.lineno  # type: ignore[attr-defined]
        end_line: int = node.end_lineno  # type: ignore[attr-defined]
        return Place(
            line,
            self._column(line, node.col_offset),  # type: ignore[attr-defined]
            end_line,
            self._column(end_line, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def _column(self, line: int, column: int) -> int:
        wide = self._wide.get(line)
        if wide is None:
            return column
        return len(wide.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))
