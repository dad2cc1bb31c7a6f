"""The section of the policy about documents."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from govcheck.keys import Mistake, key, table

DocumentClass = Literal["reference", "plan", "history", "generated"]

_NO_DOCUMENTS = (
    "**/fixtures/**",
    "**/testdata/**",
    "**/test_data/**",
    "**/test_files/**",
    "**/tests/**/data/**",
    "**/snapshots/**",
    "**/__snapshots__/**",
    "**/node_modules/**",
    "**/vendor/**",
    "**/third_party/**",
)
_HISTORY = (
    "**/CHANGELOG*",
    "**/CHANGES*",
    "**/HISTORY*",
    "**/NEWS*",
    "**/*RELEASE_NOTES*",
    "**/RELEASE.md",
    "**/RELEASES.md",
    "**/changelog.d/**",
    "**/release-notes/**",
    "**/releases/**",
    "docs/archive/**",
)


PLACEHOLDER = re.compile(r"\{(\w+)\}")


@table
class Class:
    """Documents that are read alike."""

    name: DocumentClass = key(
        "What they say: 'reference', how things are; 'plan', how they will be; 'history', how they "
        "were; 'generated', what a program writes."
    )
    paths: tuple[str, ...] = key("The documents, as path patterns.")
    generator: str | None = key(
        "The file that writes them, where they are generated.", default=None
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if self.generator is not None and self.name != "generated":
            yield Mistake(("generator",), "only a 'generated' class has a generator")


@table
class Options:
    """Where a program declares its options, if not where we read them from by ourselves."""

    file: str = key("The Python file.")
    call: str = key("The function or class that is called for each option: 'ArgumentSpec'.")
    argument: str = key("The argument of the call that names the option.", default="name")


@table
class Program:
    """A program that documents call."""

    name: str = key("The command.")
    paths: tuple[str, ...] = key("The scripts that are this program.", default=())
    options: Options | tuple[str, ...] | None = key(
        "Its options: a list, or where they are declared.", default=None
    )
    reference: str | None = key("The document that lists all of its options.", default=None)


@table
class NameFamily:
    """Names of one kind (metrics, events, error codes) that documents and code share."""

    name: str = key("What they are called: 'metric'.")
    pattern: str = key("What they look like, as a regular expression.")
    defined_in: tuple[str, ...] = key("The files that define them, as path patterns.")
    in_: Literal["code", "text"] = key(
        "Where documents name them: in code spans and blocks, or anywhere.", default="code"
    )
    prefixes: tuple[str, ...] = key("What names begin with that code composes.", default=())
    suffixes: tuple[str, ...] = key(
        "What may stand behind a name that code defines: '_bucket'.", default=()
    )
    known: tuple[str, ...] = key("Names that something else defines, as patterns.", default=())
    both: bool = key("Must documents name all that code defines?", default=False)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with single keys."""
        yield from _bad_expression("pattern", self.pattern)


@table
class Environment:
    """Variables of the environment that documents name."""

    known: tuple[str, ...] = key("Names that other programs read, as patterns.", default=())
    prefixes: tuple[str, ...] = key("What names begin with that code composes.", default=())
    templates: tuple[str, ...] = key(
        "The files that list all variables, and no other, as path patterns.", default=()
    )
    documented: bool = key("Must every variable that code reads be documented?", default=False)


@table
class Moved:
    """Paths in prose that existed once."""

    words: tuple[str, ...] = key(
        "Words besides the known ones that tell of a line that it speaks of the past or the "
        "future.",
        default=(),
    )
    known: tuple[str, ...] = key("Paths that documents may name, as path patterns.", default=())


@table
class Place:
    """A place in documents."""

    file: str = key("The file, or a path pattern.")
    pattern: str = key(
        "A regular expression whose one group without a name is the value; groups with names may "
        "say whose value it is."
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with single keys."""
        yield from _bad_expression("pattern", self.pattern)
        try:
            expression = re.compile(self.pattern)
        except re.error:
            return
        if expression.groups - len(expression.groupindex) != 1:
            yield Mistake(("pattern",), "the pattern needs one group without a name: the value")


@table
class Source:
    """Where a value comes from: exactly one kind of place.

    `{name}` in it stands for what the group `name` of the pattern has matched.
    """

    files: tuple[str, ...] = key("How many files match these path patterns.", default=())
    lines: str | None = key(
        "How many lines this file has; with '{name}', the one file that a path pattern matches.",
        default=None,
    )
    matches: str | None = key(
        "How often this regular expression matches in the file or files.", default=None
    )
    file: str | None = key(
        "The file that holds the key, the Python name, or the matches.", default=None
    )
    key_: str | None = key(
        "A key of a TOML, YAML, JSON, INI or env file, with dots: 'project.version'.", default=None
    )
    name: str | None = key(
        "A Python constant, or a field of a class: 'Backup.retention'.", default=None
    )
    locked: str | None = key("A package whose locked version it is.", default=None)
    count: Literal["flags", "markers", "tests", "rules"] | None = key(
        "How many of these the repository or its policy has.", default=None
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        kinds = ("files", "lines", "matches", "key", "name", "locked", "count")
        given = [each for each in kinds if getattr(self, "key_" if each == "key" else each)]
        if self.matches is not None:
            yield from _bad_expression("matches", self.matches)
            given = [each for each in given if each != "files"]
        if len(given) != 1:
            yield Mistake((), f"a value comes from exactly one of {', '.join(kinds)}")
        if (self.key_ or self.name) and not self.file:
            yield Mistake((), "'key' and 'name' need the 'file' that they stand in")

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of groups of the pattern that it is filled with."""
        texts = (self.lines, self.file, self.key_, self.name, self.locked)
        return frozenset(name for text in texts for name in PLACEHOLDER.findall(text or ""))


@table
class Bind:
    """A value in a document that something else decides."""

    at: Place = key("Where documents state it.")
    equals: Source = key("What it must be.")
    reason: str | None = key("Why.", default=None)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        try:
            named = re.compile(self.at.pattern).groupindex
        except re.error:
            return
        for each in sorted(self.equals.placeholders - named.keys()):
            yield Mistake(("equals",), f"the pattern has no group {each!r}: '(?P<{each}>...)'")


@table
class Metadata:
    """What front matter must say."""

    paths: tuple[str, ...] = key("In these documents, as path patterns.")
    required: tuple[str, ...] = key("The keys that it must have.", default=())
    values: Mapping[str, tuple[str, ...]] = key(
        "The values that a key may have.", default_factory=dict
    )
    dates: tuple[str, ...] = key("The keys that are dates: 2026-01-31.", default=())


@table
class Dates:
    """The dates that documents bear, by what stands before them; no such demand without them."""

    review: tuple[str, ...] = key(
        "What stands before the day of the next review: 'Next Review'.", default=()
    )
    updated: tuple[str, ...] = key(
        "What stands before the day of the last change: 'Last Updated'.", default=()
    )


@table
class Docs:
    """What documents say about the repository."""

    include: tuple[str, ...] = key(
        "The documents, as path patterns.",
        default=("**/*.md", "**/*.markdown", "**/*.mdx", "**/*.rst"),
    )
    exclude: tuple[str, ...] = key(
        "What looks like a document and is none, as path patterns.", default=_NO_DOCUMENTS
    )
    class_: tuple[Class, ...] = key(
        "Which documents are read how; the first class that matches counts, 'reference' where none "
        "does.",
        default=(Class(name="history", paths=_HISTORY),),
    )
    program: tuple[Program, ...] = key("Programs that documents call.", default=())
    name_family: tuple[NameFamily, ...] = key("Names that documents and code share.", default=())
    environment: Environment = key(
        "Variables of the environment that documents name.", default_factory=Environment
    )
    missing_paths: bool = key("Must every path that documents name exist?", default=False)
    identifiers: bool = key(
        "Must every class and function that documents name as code exist?", default=False
    )
    moved: Moved = key("Paths in prose that existed once.", default_factory=Moved)
    bind: tuple[Bind, ...] = key("Values that something else decides.", default=())
    entry_points: tuple[str, ...] = key(
        "The documents from which every other one must be reached; no such demand, where there is "
        "none.",
        default=(),
    )
    dates: Dates = key("The dates that documents bear.", default_factory=Dates)
    twins: bool = key(
        "Are two documents of one name, in two folders, to be reported?", default=False
    )
    metadata: tuple[Metadata, ...] = key("What front matter must say.", default=())


def _bad_expression(at: str, pattern: str) -> Iterator[Mistake]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield Mistake((at,), f"{pattern!r} is no regular expression: {error}")
