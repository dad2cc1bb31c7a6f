"""The policy: what the repository's maintainers laid down, typed, validated, with its origins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from govcheck.catalogue import Catalogue
from govcheck.checks.section import Check
from govcheck.dependencies.section import Dependencies
from govcheck.docs.section import Docs
from govcheck.finding import Severity, Span
from govcheck.flags.section import Flag, FlagsSettings
from govcheck.keys import Key, Mistake, OwnName, RuleName, Selector, key, table, toml_name
from govcheck.markers.section import Markers
from govcheck.policy.source import Source
from govcheck.retention.section import Retention

__all__ = ["ExceptionEntry", "Origin", "Override", "Policy", "PolicyError", "PolicyMistake"]


class PolicyMistake(NamedTuple):
    """One thing wrong with a policy, and where."""

    label: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.label}:{self.line}: {self.message}"


class PolicyError(Exception):
    """There is no usable policy; `mistakes` says everything that is wrong with it."""

    def __init__(self, *mistakes: PolicyMistake) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(map(str, mistakes)))


@table
class Override:
    """Other rules, or other severities, for some paths; the last one that matches decides."""

    paths: tuple[str, ...] = key("The paths it is for, as patterns.")
    select: tuple[Selector, ...] | None = key("Only these rules or families.", default=None)
    ignore: tuple[Selector, ...] = key("All but these rules or families.", default=())
    severity: Mapping[RuleName, Severity] = key("The severity of rules.", default_factory=dict)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not self.paths:
            yield Mistake(("paths",), "an override without paths is for nothing")


@table
class ExceptionEntry:
    """Findings of one rule that are allowed, in some paths, for a reason."""

    rule: RuleName = key("The rule.")
    paths: tuple[str, ...] = key("The paths it is for, as patterns.")
    reason: str = key("Why this is allowed.")
    until: date | None = key("The last day on which it is allowed.", default=None)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not self.paths:
            yield Mistake(("paths",), "an exception without paths is for nothing")
        if not self.reason.strip():
            yield Mistake(("reason",), "an exception needs its reason")


class Origin(NamedTuple):
    """Which file, and which key in it, a value of the policy comes from."""

    source: Source
    key: Key

    @property
    def span(self) -> Span:
        """The place of the key in its file."""
        return self.source.span(self.key)

    def __str__(self) -> str:
        return f"{self.source.label}:{self.span.line}"


@dataclass(frozen=True, eq=False)
class Policy:
    """The policy of a repository."""

    extends: tuple[str, ...] = key(
        "Policies that this one builds on: a file, 'builtin:NAME', or 'package:path' of an "
        "installed package.",
        default=(),
    )
    select: tuple[Selector, ...] | None = key(
        "The rules or families to run; all, where it is missing.", default=None
    )
    ignore: tuple[Selector, ...] = key("Rules or families not to run.", default=())
    severity: Mapping[RuleName, Severity] = key("The severity of rules.", default_factory=dict)
    exclude: tuple[str, ...] = key("Files not to look at, as path patterns.", default=())
    locked: tuple[Selector, ...] = key(
        "Rules or families that a policy which extends this one may not loosen.", default=()
    )
    overrides: tuple[Override, ...] = key("Other rules for some paths.", default=())
    exceptions: tuple[ExceptionEntry, ...] = key("What is allowed, where and why.", default=())
    flags: Mapping[str, Flag] = key("The feature flags, by name.", default_factory=dict)
    flags_settings: FlagsSettings = key("How flags are recognised.", default_factory=FlagsSettings)
    dependencies: Dependencies = key(
        "Which versions of packages and of Python may be used.", default_factory=Dependencies
    )
    markers: Markers = key("Which marks tests must bear.", default_factory=Markers)
    docs: Docs = key("What documents say about the repository.", default_factory=Docs)
    retention: Retention = key("How long each store keeps its items.", default_factory=Retention)
    checks: Mapping[OwnName, Check] = key(
        "Rules of the policy's own, by name.", default_factory=dict
    )

    today: date = field(default_factory=date.today)
    sources: tuple[Source, ...] = ()
    origins: Mapping[Key, Origin] = field(default_factory=dict)

    @property
    def path(self) -> str | None:
        """The path of the repository's own policy file."""
        return self.sources[-1].path if self.sources else None

    @cached_property
    def catalogue(self) -> Catalogue:
        """The rules there are, with the policy's own."""
        return Catalogue(self.checks)

    def origin(self, *at: str | int) -> Origin:
        """Where the value of a key was laid down; for a missing key, its nearest table."""
        for end in range(len(at), 0, -1):
            if found := self.origins.get(at[:end]):
                return Origin(found.source, (*found.key, *at[end:]))
        return Origin(self.sources[-1], ())

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        for name in self.flags:
            if not name.strip():
                yield Mistake(("flags", name), "a flag needs a name")

    def section(self) -> Mapping[str, Any]:
        """The values of all keys, by their names in TOML."""
        return {
            toml_name(each): getattr(self, each.name)
            for each in fields(self)
            if "doc" in each.metadata
        }
