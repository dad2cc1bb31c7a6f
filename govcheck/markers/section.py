"""The section of the policy about tests and their markers."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from govcheck.durations import Duration
from govcheck.keys import Mistake, key, table

_NAME = re.compile(r"[A-Za-z_]\w*")


@table
class Unless:
    """What excuses a test from a requirement."""

    fixtures: tuple[str, ...] = key("It uses one of these fixtures.", default=())
    markers: tuple[str, ...] = key("It bears one of these markers.", default=())
    names: tuple[str, ...] = key("Its file names one of these words.", default=())


@table
class Requirement:
    """Which markers some tests must bear, or must not.

    Tests are chosen by all that is given of `paths`, `calls`, `imports` and `fixtures` together.
    """

    paths: tuple[str, ...] = key("Tests in these files, as path patterns.", default=())
    calls: tuple[str, ...] = key(
        "Tests that call one of these, as patterns of dotted names: 'requests.*', 'time.sleep'.",
        default=(),
    )
    imports: tuple[str, ...] = key("Tests whose file imports one of these modules.", default=())
    fixtures: tuple[str, ...] = key("Tests that use one of these fixtures.", default=())
    unless: Unless = key("What excuses a test.", default_factory=Unless)
    all: tuple[str, ...] = key("The markers that such a test must bear.", default=())
    any: tuple[str, ...] = key("Of these it must bear at least one.", default=())
    one_of: tuple[str, ...] = key("Of these it must bear exactly one.", default=())
    none: tuple[str, ...] = key("The markers that it must not bear.", default=())
    reason: str | None = key("Why.", default=None)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not (self.paths or self.calls or self.imports or self.fixtures):
            message = "a requirement needs 'paths', 'calls', 'imports' or 'fixtures'"
            yield Mistake((), message)
        if not (self.all or self.any or self.one_of or self.none):
            yield Mistake((), "a requirement needs 'all', 'any', 'one-of' or 'none'")
        for where in ("all", "any", "one_of", "none"):
            for number, name in enumerate(getattr(self, where)):
                if not _NAME.fullmatch(name):
                    at = (where.replace("_", "-"), number)
                    yield Mistake(at, f"{name!r} is not the name of a marker")


@table
class Hook:
    """The markers that a hook adds to tests, which no reading of the tests can know."""

    paths: tuple[str, ...] = key("To tests in these files, as path patterns.")
    adds: tuple[str, ...] = key("The markers that it adds.")


@table
class Marker:
    """What holds of one marker."""

    may_be_unused: bool = key("No test need bear it.", default=False)
    reason: str | None = key("Why.", default=None)
    until: date | None = key("Until when it may be unused.", default=None)
    requires: tuple[str, ...] = key("The markers that a test with it must bear, too.", default=())
    excludes: tuple[str, ...] = key("The markers that a test with it must not bear.", default=())
    max: int | None = key("How many tests may bear it.", default=None)


@table
class Excuse:
    """What skips, or expected failures, must say."""

    reason: Literal["required", "optional"] = key("Must they say why?", default="optional")
    pattern: str | None = key(
        "What the reason must contain, as a regular expression: a ticket, say.", default=None
    )
    strict: Literal["required", "optional"] = key(
        "Must an expected failure be strict, so that a fixed test is noticed?", default="optional"
    )
    max_age: Duration | None = key(
        "How old it may be, by the commit that its line is from: '90d', '6m'.", default=None
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with single keys."""
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                yield Mistake(("pattern",), f"{self.pattern!r} is no regular expression: {error}")


@table
class Coverage:
    """How much of the sources tests must cover, or how many tests there must be."""

    floor: float | None = key(
        "The least percentage that a threshold of coverage may ask for.", default=None
    )
    ratio: float | None = key(
        "How many test files there must be for a file of source.", default=None
    )
    sources: tuple[str, ...] = key("The files of source, as path patterns.", default=())
    tests: tuple[str, ...] = key(
        "The files of tests, as path patterns.", default=("**/test_*.py", "**/*_test.py")
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if self.floor is not None and not 0 <= self.floor <= 100:
            yield Mistake(("floor",), f"expected a percentage, from 0 to 100, not {self.floor}")
        if self.ratio is not None and self.ratio < 0:
            yield Mistake(("ratio",), f"a ratio is 0 or more, not {self.ratio}")
        if self.ratio is not None and not self.sources:
            yield Mistake((), "'ratio' needs 'sources', as path patterns")


@table
class Markers:
    """Which marks tests must bear, and what skips must say."""

    require: tuple[Requirement, ...] = key("Which tests must bear which markers.", default=())
    plugins: tuple[str, ...] = key(
        "Markers that plugins register which the manifests do not name.", default=()
    )
    hooks: tuple[Hook, ...] = key("Markers that hooks add.", default=())
    marker: Mapping[str, Marker] = key("What holds of single markers.", default_factory=dict)
    skip: Excuse = key("What skips must say.", default_factory=Excuse)
    xfail: Excuse = key("What expected failures must say.", default_factory=Excuse)
    coverage: Coverage = key("How much tests must cover.", default_factory=Coverage)
    assertions: Literal["required", "optional"] = key(
        "Must a test assert something?", default="optional"
    )
    asserts: tuple[str, ...] = key(
        "What asserts besides what is known to, as patterns of the names of what is called.",
        default=(),
    )
