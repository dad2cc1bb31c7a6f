"""The section of the policy with rules of its own: generic checks and what they are given."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from govcheck.durations import Duration
from govcheck.finding import Severity
from govcheck.keys import Mistake, key, table, variant

_PLACE = re.compile(r"[^:]+(:[1-9]\d*){0,2}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_NAME = re.compile(r"(\w|[*?.]|\(\))+")
_MODULE = re.compile(r"[\w*?]+(\.[\w*?]+)*")


def _is_inside(path: str) -> bool:
    plain = posixpath.normpath(path)
    return bool(path) and not plain.startswith(("/", "../")) and "://" not in path and plain != ".."


@table
class CheckExample:
    """A small repository, and where the check finds something in it."""

    files: Mapping[str, str] = key("The text of each file, by its path.")
    findings: tuple[str, ...] = key(
        "Where there are findings, as PATH, PATH:LINE or PATH:LINE:COLUMN.", default=()
    )
    title: str | None = key("What it shows.", default=None)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        for path in self.files:
            parts = path.split("/")
            if not all(parts) or {".", "..", ".git"}.intersection(parts) or "\0" in path:
                yield Mistake(("files", path), f"{path!r} is no path of a file in a repository")
        for number, place in enumerate(self.findings):
            if not _PLACE.fullmatch(place):
                yield Mistake(
                    ("findings", number), f"{place!r} is not of the form PATH:LINE:COLUMN"
                )


@table
class FilesCheck:
    """Which files there may be, must be, and how large."""

    forbid: tuple[str, ...] = key("Patterns of paths that no file may have.", default=())
    allow: tuple[str, ...] = key("The only places that are allowed, as path patterns.", default=())
    require: tuple[str, ...] = key("Paths, or patterns of them, that must exist.", default=())
    name: str | None = key(
        "A regular expression that the whole name of a file must match.", default=None
    )
    max_lines: int | None = key("How many lines a file may have.", default=None)
    max_bytes: int | None = key("How many bytes a file may have.", default=None)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not any((self.forbid, self.allow, self.require, self.name)) and (
            self.max_lines is None and self.max_bytes is None
        ):
            known = "'forbid', 'allow', 'require', 'name', 'max-lines' or 'max-bytes'"
            yield Mistake((), f"a check of files needs {known}")
        if self.forbid and self.allow:
            message = "'allow' lists all that is allowed; say with 'exclude' what is not forbidden"
            yield Mistake(("allow",), message)
        if self.name is not None:
            try:
                re.compile(self.name)
            except re.error as error:
                yield Mistake(("name",), f"{self.name!r} is no regular expression: {error}")
        for name, limit in (("max-lines", self.max_lines), ("max-bytes", self.max_bytes)):
            if limit is not None and limit < 0:
                yield Mistake((name,), f"expected 0 or more, not {limit}")


@table
class CallsUnless:
    """What excuses a call."""

    fixtures: tuple[str, ...] = key(
        "The function around it takes one of these parameters, or uses one of these fixtures.",
        default=(),
    )
    names: tuple[str, ...] = key("Its file names one of these words.", default=())


@table
class CallsCheck:
    """What Python code may not call."""

    forbid: tuple[str, ...] = key(
        "What may not be called, as patterns of dotted names: 'time.sleep', 'requests.*'."
    )
    within: Literal["async def", "test", "module"] | None = key(
        "Only in asynchronous functions, in tests, or in what runs on import.", default=None
    )
    unless: CallsUnless = key("What excuses a call.", default_factory=CallsUnless)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not self.forbid:
            yield Mistake(("forbid",), "a check of calls without names is for nothing")
        for number, pattern in enumerate(self.forbid):
            if not _NAME.fullmatch(pattern):
                message = f"{pattern!r} is not a dotted name such as 'time.sleep' or 'requests.*'"
                yield Mistake(("forbid", number), message)
            elif not _WORD.search(pattern):
                yield Mistake(("forbid", number), f"{pattern!r} names nothing: every call is it")


@table
class ImportsCheck:
    """What Python modules may not import."""

    forbid: tuple[str, ...] = key(
        "What may not be imported, itself and all below it, as dotted names in which '*' stands "
        "for anything but a dot: 'requests', 'shop.features.*'.",
        default=(),
    )
    packages: tuple[str, ...] = key(
        "Only by the modules of these packages, as such names. A package may import itself.",
        default=(),
    )
    allow: tuple[str, ...] = key(
        "What may be imported although it is below something forbidden.", default=()
    )
    layers: tuple[str, ...] = key(
        "Packages from the top down: each imports only what is below it. 'shop.web | shop.cli' are "
        "beside each other, and import neither each other.",
        default=(),
    )
    except_: tuple[str, ...] = key(
        "Imports that may stay, as 'FROM -> TO'; one that nothing needs any more is reported.",
        default=(),
    )
    type_checking: bool = key(
        "Whether what is imported for type checkers alone counts.", default=True
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if bool(self.forbid) == bool(self.layers):
            yield Mistake((), "a check of imports needs either 'forbid' or 'layers'")
        if self.layers and not self.forbid:
            for name in ("packages", "allow"):
                if getattr(self, name):
                    yield Mistake((name,), f"{name!r} goes with 'forbid', not with 'layers'")
            if sum(layer.count("|") + 1 for layer in self.layers) < 2:
                yield Mistake(("layers",), "one layer alone is for nothing")
        named = [
            ((key_, number), name)
            for key_ in ("forbid", "packages", "allow")
            for number, name in enumerate(getattr(self, key_))
        ]
        layered = [
            (("layers", number), name.strip())
            for number, layer in enumerate(self.layers)
            for name in layer.split("|")
        ]
        named += layered
        for number, edge in enumerate(self.except_):
            ends = [name.strip() for name in edge.split("->")]
            if len(ends) == 2:
                named += [(("except", number), name) for name in ends]
            else:
                yield Mistake(("except", number), f"{edge!r} is not of the form 'FROM -> TO'")
        for at, name in named:
            if not _MODULE.fullmatch(name):
                yield Mistake(at, f"{name!r} is not a dotted name such as 'shop.features.*'")
            elif at[0] == "layers" and sum(each == name for _, each in layered) > 1:
                yield Mistake(at, f"{name!r} is there twice")


@table
class DataEach:
    """What holds of each of the mappings at some place of a file."""

    at: str = key("Where they are, as dotted keys: 'clusters.*', 'jobs.*.steps.*'.")
    when: Mapping[str, tuple[str, ...]] = key(
        "Only where these keys have one of these values, as patterns: '?*' is any at all.",
        default_factory=dict,
    )
    unless: Mapping[str, tuple[str, ...]] = key(
        "Not where one of these keys has one of these values.", default_factory=dict
    )
    paths: tuple[str, ...] = key(
        "Keys whose text, or the texts of whose list, are paths that exist.", default=()
    )
    max_age: Mapping[str, Duration] = key(
        "Keys whose date is not longer ago than this.", default_factory=dict
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not all(self.at.split(".")):
            yield Mistake(("at",), f"{self.at!r} is not of the form 'clusters.*'")
        if not self.paths and not self.max_age:
            yield Mistake((), "it needs 'paths' or 'max-age'")


@table
class DataCheck:
    """What files of data (JSON, TOML, YAML) must look like."""

    schema: str | None = key(
        "The path of a JSON Schema, from the root, that they must be valid by.", default=None
    )
    each: tuple[DataEach, ...] = key("What holds of the mappings in them.", default=())

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if self.schema is not None and not _is_inside(self.schema):
            yield Mistake(("schema",), f"{self.schema!r} is no path in the repository")


@table
class Listing:
    """What names there are: paths of files, matches of a pattern, or keys or values of data."""

    files: tuple[str, ...] = key("The files, as path patterns.")
    containing: tuple[str, ...] = key(
        "The names are the paths of the files that hold one of these texts.", default=()
    )
    pattern: str | None = key(
        "The names are what this regular expression matches in the files: its first group, if it "
        "has one.",
        default=None,
    )
    keys: str | None = key(
        "The names are the keys there in files of data, as dotted keys: 'tests.*'.", default=None
    )
    values: str | None = key(
        "The names are the texts there in files of data, as dotted keys: 'plugins.*.name'.",
        default=None,
    )
    when: Mapping[str, tuple[str, ...]] = key(
        "Only where these keys of the mapping there, or around the text, have one of these values.",
        default_factory=dict,
    )
    unless: Mapping[str, tuple[str, ...]] = key(
        "Not where one of these keys has one of these values.", default_factory=dict
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not self.files:
            yield Mistake(("files",), "without files there are no names")
        ways = [name for name in ("containing", "pattern", "keys", "values") if getattr(self, name)]
        for name in ("pattern", "keys", "values"):
            if getattr(self, name) == "":
                yield Mistake((name,), f"{name!r} is empty")
        if not all(self.containing):
            yield Mistake(("containing",), "every file holds an empty text")
        for name in ("keys", "values"):
            if not all((getattr(self, name) or "*").split(".")):
                said = f"{getattr(self, name)!r} is not of the form 'plugins.*.name'"
                yield Mistake((name,), said)
        if len(ways) > 1:
            yield Mistake((ways[1],), f"names are found by {ways[0]!r} or by {ways[1]!r}")
        if (self.when or self.unless) and not (self.keys or self.values):
            yield Mistake((), "'when' and 'unless' go with 'keys' or 'values'")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                message = f"{self.pattern!r} is no regular expression: {error}"
                yield Mistake(("pattern",), message)


@table
class RegistryCheck:
    """Names of one kind that must stand in a list."""

    every: Listing = key("The names that must be listed.")
    in_: Listing = key("The list.")
    both: bool = key("Whether what is listed must also be there.", default=False)
    ignore: tuple[str, ...] = key("Names that need not, as patterns.", default=())


@table
class TextCheck:
    """What files may not say."""

    words: tuple[str, ...] = key(
        "Words that no line may hold, between characters that are no letters or digits.", default=()
    )
    patterns: tuple[str, ...] = key(
        "Regular expressions that no line may match anywhere.", default=()
    )
    unless_line: tuple[str, ...] = key("Lines that hold one of these are excused.", default=())

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not self.words and not self.patterns:
            yield Mistake((), "a check of text needs 'words' or 'patterns'")
        for name in ("words", "unless_line"):
            for number, word in enumerate(getattr(self, name)):
                if not word.strip() or "\n" in word:
                    message = f"expected text of one line, not {word!r}"
                    yield Mistake((name.replace("_", "-"), number), message)
        for number, pattern in enumerate(self.patterns):
            try:
                is_empty = re.compile(pattern).fullmatch("") is not None
            except re.error as error:
                message = f"{pattern!r} is no regular expression: {error}"
                yield Mistake(("patterns", number), message)
            else:
                if is_empty:
                    message = f"{pattern!r} matches every line: it matches nothing at all, too"
                    yield Mistake(("patterns", number), message)


@table
class Check:
    """A rule of the policy's own: a generic check, and what it is given."""

    kind: Literal["calls", "data", "files", "imports", "registry", "text"] = key(
        "Which generic check it is."
    )
    reason: str = key("Why, and what to do instead: every finding says it.")
    given: CallsCheck | DataCheck | FilesCheck | ImportsCheck | RegistryCheck | TextCheck = variant(
        "What the check of that kind is given.",
        "kind",
        calls=CallsCheck,
        data=DataCheck,
        files=FilesCheck,
        imports=ImportsCheck,
        registry=RegistryCheck,
        text=TextCheck,
    )
    paths: tuple[str, ...] = key("Only these files, as path patterns.", default=("**",))
    exclude: tuple[str, ...] = key("But not these.", default=())
    severity: Severity = key("Its severity.", default="error")
    examples: tuple[CheckExample, ...] = key(
        "What it finds, and what not: 'govcheck test' tries them.", default=()
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if not self.reason.strip():
            yield Mistake(("reason",), "a check needs its reason")
        if not self.paths:
            yield Mistake(("paths",), "a check without paths is for nothing")
