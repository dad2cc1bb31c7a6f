"""What a rule says: a place, a message, and the edits that would mend it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]


class Span(NamedTuple):
    """A half-open stretch of one file's text.

    `start` and `end` count code points from the beginning of the text; lines and columns are
    1-based and columns count code points, the end column pointing one past the last one.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


class Edit(NamedTuple):
    """Replace the text of `path` between two code-point offsets of one snapshot by `text`."""

    path: str
    start: int
    end: int
    text: str


class Fix(NamedTuple):
    """Edits that belong together: all are applied or none; they may span files.

    `safe` means that behaviour is proved to stay; unsafe fixes need `--unsafe-fixes`.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Related(NamedTuple):
    """Another place that helps to understand a finding."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that breaks the policy.

    `family` and, unless the rule decides it, `severity` are filled in by the engine from the rule
    and the policy. `data` is what machines read of it (see the JSON output). `on_demand` tells that
    a fix is costly to make, so that there is none yet where nobody asked for it.
    """

    rule: str
    span: Span
    message: str
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    severity: Severity | None = None
    family: str = ""
    on_demand: bool = False

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Where the finding stands in every output: by path, place, rule and message."""
        return (self.span.path, self.span.start, self.span.end, self.rule, self.message)
