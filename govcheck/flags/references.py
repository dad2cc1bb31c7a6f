"""Every reference to a flag, in every file of the repository."""

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from govcheck.docs.documents import class_of
from govcheck.document import Document, TooDeepError
from govcheck.finding import Related, Span
from govcheck.flags.section import Kind
from govcheck.globs import literal_chunk, matcher
from govcheck.policy import Policy
from govcheck.repo import Repo

if TYPE_CHECKING:
    from govcheck.config import Entry

ReferenceKind = Literal[
    "env-read",
    "env-write",
    "setting",
    "constant",
    "accessor",
    "decorator",
    "string",
    "config",
    "text",
    "prose",
]

PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".asciidoc", ".org")

READS: tuple[ReferenceKind, ...] = ("env-read", "setting", "accessor", "decorator")
PREFIXED = ".prefixed("
SETTINGS_BASE = "BaseSettings"
_BUILDS = ("getenv", "environ", PREFIXED)
_NESTS = "env_nested_delimiter"

PYTHON = (".py", ".pyi", ".pyw")
_MAY_READ: frozenset[ReferenceKind] = frozenset({*READS, "constant", "string", "text"})
_KINDS: Mapping[Kind, frozenset[ReferenceKind]] = {
    "env": frozenset({"env-read", "env-write", "config"}),
    "settings": frozenset({"setting"}),
    "constant": frozenset({"constant"}),
    "callable": frozenset({"accessor", "decorator"}),
}


class Reference(NamedTuple):
    """One place that names a flag.

    `default` is what the place falls back to, where it is written out: (value,). `defines` marks
    the definition of a constant or setting, which by itself reads nothing. `entry` is the
    configuration entry that sets the flag.
    """

    name: str
    kind: ReferenceKind
    span: Span
    document: Document
    default: tuple[bool | int | float | str | None] | None = None
    defines: bool = False
    entry: "Entry | None" = None
    carried: tuple[Related, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether the place may read the flag's value; what is unclear counts as a read."""
        return self.kind in _MAY_READ and not self.defines


_Default = tuple[bool | int | float | str | None]
_Place = tuple[int, int, int, int, int, int]
_Stored = tuple[str, ReferenceKind, _Place, _Default | None, bool, bool, list[tuple[_Place, str]]]

References = Mapping[str, tuple[Reference, ...]]


def references(repo: Repo, policy: Policy) -> References:
    """All references to flags, by name: to those of the policy, and to what looks like one.

    The policy's own files are left out, and so is what `kind` in the policy rules out.
    """
    found: dict[str, list[Reference]] = {name: [] for name in policy.flags}
    for reference in _scan(repo, policy):
        found.setdefault(reference.name, []).append(reference)
    for name, flag in policy.flags.items():
        if flag.kinds:
            holders = _holders(found[name])
            found[name] = [
                reference
                for reference in found[name]
                if _is_of(reference, flag.kinds)
                or (reference.kind == "constant" and reference.span.path in holders)
            ]
    return {name: tuple(sorted(each, key=lambda r: r.span)) for name, each in found.items()}


def looks_like_flag(policy: Policy) -> Callable[[str], bool]:
    """A test of names by the patterns of `[flags-settings]`."""
    if not policy.flags_settings.names:
        return lambda name: False
    pattern = re.compile("|".join(map(_name_pattern, policy.flags_settings.names)))
    return lambda name: pattern.fullmatch(name) is not None


def may_be_built(repo: Repo) -> Callable[[str], bool]:
    """A test of names: does code put together names of variables that could be this one?

    `os.getenv(f"USE_{name}")` may read any flag that begins with `USE_`, and so may what stands
    below `with env.prefixed("USE_")` of environs. A settings class may read whatever ends with the
    name of a field: its prefix can be computed, and nested models have names of their own.
    """
    for needles in (_BUILDS, [SETTINGS_BASE], [_NESTS]):
        repo.expect(needles, PYTHON)
    prefixes = tuple(repo.view(_prefixes))
    endings: tuple[str, ...] = ()
    if repo.search([SETTINGS_BASE], PYTHON):
        from govcheck.flags.settings import field_names

        endings = tuple(f"_{name}" for name in repo.view(field_names))
    nests = bool(repo.search([_NESTS], PYTHON))
    return lambda name: (
        name.startswith(prefixes) or name.upper().endswith(endings) or (nests and "__" in name)
    )


def _prefixes(repo: Repo) -> frozenset[str]:
    # One after the other, each with what it begins with: that is what makes the searches quick.
    built = re.compile(
        r"""env(?:(?<=getenv)|iron(?:\.\w+)?)\s*[\[(]\s*f?["'](\w+)(?:[{%]|["']\s*\+)"""
    )
    prefixed = re.compile(r"""\.prefixed\(\s*["'](\w+)["']""")
    return frozenset(
        found[1]
        for document in repo.search(_BUILDS, PYTHON)
        for pattern in (built, prefixed)
        for found in pattern.finditer(document.text)
    )


def in_history(policy: Policy) -> Callable[[str], bool]:
    """A test of paths: is it prose about the past, by `[flags-settings] history` or its class?"""
    is_listed = matcher(policy.flags_settings.history)
    return lambda path: is_listed(path) or class_of(policy, path)[0] == "history"


def _scan(repo: Repo, policy: Policy) -> Iterator[Reference]:
    patterns = policy.flags_settings.names
    needles = {*policy.flags, *filter(None, map(literal_chunk, patterns))}
    if not needles:
        return
    repo.expect([SETTINGS_BASE], PYTHON)
    repo.expect([PREFIXED], PYTHON)
    own = {source.path for source in policy.sources}
    for document in repo.search(needles):
        if document.path not in own:
            try:
                yield from _learnt(repo, document, policy)
            except TooDeepError as error:
                repo.unchecked[document.path] = str(error)
        elif document.path == "pyproject.toml":
            yield from _in_pyproject(document, policy)
    for document in repo.search([PREFIXED], PYTHON):
        from govcheck.flags.python import prefixed_references

        try:
            yield from prefixed_references(document, policy)
        except TooDeepError as error:
            repo.unchecked[document.path] = str(error)
    if repo.search([SETTINGS_BASE], PYTHON):
        from govcheck.flags.settings import settings_fields

        yield from settings_fields(repo, policy, looks_like_flag(policy))


def _learnt(repo: Repo, document: Document, policy: Policy) -> Iterator[Reference]:
    places = policy.flags_settings
    names, patterns = sorted(policy.flags), sorted(places.names)
    known_as = (places.accessors, places.decorators, places.settings_objects)
    learnt = repo.learn(
        document,
        f"references {names} {patterns} {known_as}",
        lambda document: [_stored(each) for each in _in_document(document, policy)],
    )
    return (_restored(document, stored) for stored in learnt)


def _stored(reference: Reference) -> _Stored:
    return (
        reference.name,
        reference.kind,
        reference.span[1:],
        reference.default,
        reference.defines,
        reference.entry is not None,
        [(each.span[1:], each.message) for each in reference.carried],
    )


def _restored(document: Document, stored: _Stored) -> Reference:
    name, kind, place, default, defines, is_entry, carried = stored
    return Reference(
        name,
        kind,
        span=Span(document.path, *place),
        document=document,
        default=default and (default[0],),
        defines=defines,
        entry=document.view(_entries)[place[4]] if is_entry else None,
        carried=tuple(Related(Span(document.path, *at), message) for at, message in carried),
    )


def _entries(document: Document) -> "Mapping[int, Entry]":
    """The configuration entries by the offset of their names."""
    from govcheck.config import entries, format_of

    if format_of(document.path) is None:
        return {}
    return {entry.span.start: entry for entry in entries(document)}


def _in_document(document: Document, policy: Policy) -> Iterator[Reference]:
    pattern = _pattern(frozenset(policy.flags), frozenset(policy.flags_settings.names))
    hits = [(each.group(), each.start(), each.end()) for each in pattern.finditer(document.text)]
    if not hits:
        return
    if is_python(document):
        from govcheck.flags.python import python_references

        yield from python_references(document, hits, policy)
    elif document.path.lower().endswith(PROSE):
        for name, start, end in hits:
            yield Reference(name, "prose", document.span(start, end), document)
    else:
        yield from _in_text(document, hits)


def _in_text(document: Document, hits: Iterable[tuple[str, int, int]]) -> Iterator[Reference]:
    from govcheck.comments import comments

    set_here = document.view(_entries)
    by_name: dict[str, list[Entry]] = {}
    for each in set_here.values():
        by_name.setdefault(each.name, []).append(each)
    commented = sorted((said.span.start, said.span.end) for said in comments(document))
    for name, start, end in hits:
        span = document.span(start, end)
        entry = set_here.get(start)
        if entry is not None and entry.name == name:
            yield Reference(name, "config", span, document, entry=entry)
        elif (above := bisect_left(commented, (start + 1, 0))) and start < commented[above - 1][1]:
            yield Reference(name, "prose", span, document)
        elif _is_passed_through(start, by_name.get(name, ())) or _is_set(document, start, end):
            yield Reference(name, "config", span, document)
        else:
            yield Reference(name, "text", span, document)


def _in_pyproject(document: Document, policy: Policy) -> Iterator[Reference]:
    """The references in a file that also holds the policy: those outside its table."""
    from govcheck.config import entries

    inside = [
        (entry.span.start, (entry.value_span or entry.span).end)
        for entry in entries(document)
        if entry.path[:2] == ("tool", "govcheck")
    ]
    table = re.compile(r"^\s*\[+\s*tool\s*\.\s*govcheck\b.*$", re.MULTILINE)
    inside += [(each.start(), each.end()) for each in table.finditer(document.text)]
    for reference in _in_document(document, policy):
        if not any(first <= reference.span.start < last for first, last in inside):
            yield reference


def _is_passed_through(start: int, entries: "Collection[Entry]") -> bool:
    """`USE_X: ${USE_X}` hands a variable on; nothing reads it there."""
    return any(
        entry.value_span is not None and entry.value_span.start <= start < entry.value_span.end
        for entry in entries
    )


def _is_set(document: Document, start: int, end: int) -> bool:
    """An assignment in a shell: `export USE_X=1`, `USE_X=1 command`, `-e USE_X=1`."""
    before = document.text[max(0, start - 1) : start]
    after = document.text[end : end + 2]
    return (
        before in ("", " ", "\t", "\n", '"', "'", ";", "(", "&")
        and after[:1] == "="
        and after != "=="
    )


def is_python(document: Document) -> bool:
    """Whether a document is Python, by its name or its interpreter line."""
    if document.path.endswith(PYTHON):
        return True
    first = document.text[:80].partition("\n")[0]
    return first.startswith("#!") and "python" in first


def _is_of(reference: Reference, kinds: tuple[Kind, ...]) -> bool:
    if reference.kind == "prose":
        return _is_distinctive(reference.name) or _is_quoted(reference)
    if reference.kind in ("string", "text"):
        return _is_distinctive(reference.name) and {"env", "callable"} & set(kinds) != set()
    return any(reference.kind in _KINDS[kind] for kind in kinds)


def _holders(found: list[Reference]) -> set[str]:
    """The files in which a constant of the flag's own name holds, or imports, what was read."""
    holding = {
        bound.span.path
        for bound in found
        if bound.kind == "constant" and bound.defines and bound.span.column == 1
        for read in found
        if read.kind in ("env-read", "accessor") and _is_bound(bound, read)
    }
    if not holding:
        return set()
    imported = re.compile(r"^\s*(?:from|import)\b")
    importing = {
        each.span.path
        for each in found
        if each.kind == "constant"
        and each.defines
        and imported.match(each.document.line(each.span.line))
    }
    return holding | importing


def _is_bound(name: Reference, read: Reference) -> bool:
    """Whether a name and a read stand on the two sides of one assignment."""
    if name.span.path != read.span.path or name.span.end > read.span.start:
        return False
    between = name.document.text[name.span.end : read.span.start]
    if not re.match(r"\s*(?::[^=\n]*)?=", between):
        return False
    return "\n" not in between or between.count("(") > between.count(")")


def _is_distinctive(name: str) -> bool:
    """Whether a name can hardly be a word of a language."""
    return any(not letter.isalpha() for letter in name) or not (name.islower() or name.istitle())


def is_in_code_span(reference: Reference) -> bool:
    """Whether a mention in prose is set as code: in backticks, or in a block of code."""
    document, start = reference.document, reference.span.start
    line = document.line_starts[reference.span.line - 1]
    if document.text.count("`", line, start) % 2 == 1:
        return True
    return bisect_left(document.view(_fences), start) % 2 == 1


def _fences(document: Document) -> list[int]:
    fence = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
    return [each.start() for each in fence.finditer(document.text)]


def _is_quoted(reference: Reference) -> bool:
    text, span = reference.document.text, reference.span
    around = text[max(0, span.start - 1) : span.start], text[span.end : span.end + 1]
    return around in (("`", "`"), ("'", "'"), ('"', '"'))


@cache
def _pattern(names: frozenset[str], patterns: frozenset[str]) -> re.Pattern[str]:
    # A dash ends an environment variable (`${USE_X-1}`), but goes on in a key such as `new-menu`.
    dashed = sorted((name for name in names if "-" in name), key=len, reverse=True)
    plain = sorted(names.difference(dashed), key=len, reverse=True)
    words = [*map(re.escape, plain), *map(_name_pattern, sorted(patterns))]
    choices = [rf"(?<![\w-])(?:{'|'.join(map(re.escape, dashed))})(?![\w-])"] if dashed else []
    choices += [rf"(?:{'|'.join(map(_whole, words))})(?!\w)"] if words else []
    return re.compile("|".join(choices))


def _whole(word: str) -> str:
    """A pattern with nothing of a word before it, told after its first letter.

    A regular expression is only quick if it begins with letters: 6 ns a character, not 36.
    """
    first = word[0]
    if not (first.isalnum() or first == "_"):
        return rf"(?<!\w){word}"
    return rf"{first}(?<!\w{first}){word[1:]}"


def _name_pattern(pattern: str) -> str:
    # `USE_*` itself, in a document, is not a name that it matches.
    return re.escape(pattern).replace(r"\*", r"\w*[^\W_]").replace(r"\?", r"\w")
