"""What every manifest, lock file and configuration is read into: statements about versions."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple
from urllib.parse import unquote

from govcheck.dependencies.section import normalized
from govcheck.document import Document
from govcheck.finding import Span

Dialect = Literal["pep440", "poetry", "conda", "npm", "python"]
Form = Literal["requirement", "lock", "interpreter"]
Quoting = Literal["", "flow", "shell"]
Role = Literal["main", "extra", "other"]

_SHOWN = 100
_REQUIREMENT = re.compile(
    r"""\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)
    (?P<extras>\s*\[[^\]]*\])?
    \s*(?:@\s*(?P<url>[^\s;]+(?:\s(?!;)\S*)*)|(?P<specifier>\(?[^;@]*?\)?))
    \s*(?:;\s*(?P<marker>.*))?""",
    re.VERBOSE | re.DOTALL,
)
_FILE = re.compile(
    r"(?:^|/)(?P<name>[A-Za-z0-9_.]+?)-(?P<version>\d[^-/]*?)(?:-[^/]*\.whl|\.tar\.gz|\.zip)(?:[#?]|$)"
)
_VARIABLE = re.compile(r"\$\{|\$\(|\{\{|\$[A-Za-z_]|%\(|<%|\{[A-Za-z_]")


def is_variable(text: str) -> bool:
    """Whether a variable, of a shell, a workflow or a template, is a part of a text."""
    return _VARIABLE.search(text) is not None


class UnreadableError(Exception):
    """A manifest that its own tool could not read either; the message says why."""


class Statement(NamedTuple):
    """One place that states which versions of a package, or of Python, it takes.

    `subject` is the normalized name of the package, or "python". `specifier` is what it says in
    its dialect, None where the files do not tell; `why` says why not, or why it is not mended.
    `declared` is the text as a person would quote it, at `span`. `editable` are the offsets of the
    specifier within the text, where it may be replaced. Statements of one `scope` hold at once, as
    do those of the scopes in `bound_by`; `marker` says where it applies (PEP 508). In its `role` it
    is a dependency of a project, of an extra or group that is installed along, or of another
    environment. `resolved` is what the text comes to, where variables are part of it.
    """

    subject: str
    declared: str
    specifier: str | None
    dialect: Dialect
    span: Span
    form: Form = "requirement"
    editable: tuple[int, int] | None = None
    quoting: Quoting = ""
    marker: str = ""
    scope: str = ""
    bound_by: tuple[str, ...] = ()
    why: str = ""
    role: Role = "other"
    resolved: str = ""

    @property
    def path(self) -> str:
        """The path of the file that it stands in."""
        return self.span.path

    @property
    def quoted(self) -> str:
        """The declared text in one line, as a message quotes it, and what it comes to."""
        line = " ".join(self.declared.split())
        shown = line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "..."
        return f"'{shown}'" + (f" ({self.resolved})" if self.resolved else "")

    @property
    def named(self) -> str:
        """The same, after the package that it is about where the text itself does not say that."""
        is_said = self.subject == "python" or self.subject in normalized(self.declared)
        return self.quoted if is_said else f"{self.subject} {self.quoted}"


def within_folder(path: str, names: Iterable[str]) -> Iterator[str]:
    """The files that a file names, as paths from the root of the repository."""
    folder = posixpath.dirname(path)
    return (posixpath.normpath(posixpath.join(folder, name)) for name in names if name)


def in_role(role: Role, statements: Iterable[Statement]) -> Iterator[Statement]:
    """The statements, in a role."""
    return (each._replace(role=role) for each in statements)


class Requirement(NamedTuple):
    """A PEP 508 requirement, with the places of its parts within its text."""

    name: str
    specifier: str | None
    start: int
    end: int
    marker: str = ""
    why: str = ""


def requirement(text: str) -> Requirement | None:
    """The parts of a requirement; None where not even the name can be read.

    A direct reference tells its version by the name of a wheel or source archive, if at all.
    """
    found = _REQUIREMENT.fullmatch(text)
    if found is None:
        return None
    marker = (found["marker"] or "").strip()
    if found["url"] is not None:
        file = _FILE.search(unquote(found["url"]))
        version = f"=={file['version']}" if file else None
        why = "" if file else "what it points at has no version in its name"
        return Requirement(found["name"], version, -1, -1, marker, why or "it is a file")
    start, end = found.span("specifier")
    specifier = found["specifier"]
    end -= len(specifier) - len(specifier.rstrip())
    if specifier.startswith("(") and specifier.rstrip().endswith(")"):
        start, end = start + 1, end - 1
    if start == end:
        start = end = found.end("extras") if found["extras"] else found.end("name")
    said = text[start:end]
    if _VARIABLE.search(said):
        kept = [each for each in said.split(",") if not _VARIABLE.search(each)]
        return Requirement(
            found["name"], ",".join(kept) or None, -1, -1, marker, "a variable decides"
        )
    return Requirement(found["name"], said, start, end, marker)


def of_requirement(
    document: Document,
    text: str,
    at: int,
    *,
    scope: str = "",
    form: Form = "requirement",
    quoting: Quoting = "",
    span: Span | None = None,
) -> Statement | None:
    """The statement of a requirement that stands at an offset.

    It may be edited there where the document reads so, without escapes, to where its specifier
    ends.
    """
    said = requirement(text)
    if said is None:
        return None
    place = span or document.span(at, at + len(text.rstrip()))
    is_verbatim = said.start >= 0 and document.text.startswith(text[: said.end], at)
    return Statement(
        normalized(said.name),
        text.strip(),
        said.specifier,
        "pep440",
        place,
        form,
        (at + said.start, at + said.end) if is_verbatim else None,
        quoting,
        said.marker,
        scope,
        why=said.why,
    )


def of_python(
    document: Document,
    text: str,
    start: int,
    end: int,
    dialect: Dialect = "python",
    *,
    only: bool = True,
    form: Form = "interpreter",
    why: str = "",
) -> Statement:
    """The statement of a version of Python; one of several on a list is not mended alone."""
    is_computed = is_variable(text)
    return Statement(
        "python",
        text,
        None if is_computed or why else text,
        dialect,
        document.span(start, end),
        form,
        (start, end) if only and not is_computed else None,
        why=why or ("a variable decides" if is_computed else ""),
    )
