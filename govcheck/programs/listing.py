"""The words in documents, scripts and workflows that programs do not take."""

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import NamedTuple

from govcheck.docs.documents import Doc, class_of, documents, shows_old_code
from govcheck.finding import Span
from govcheck.markdown.page import Cell, Code
from govcheck.policy import Policy
from govcheck.programs.calls import Call, call_of
from govcheck.programs.checking import Refused, refused
from govcheck.programs.find import Found, candidates, declared, of_entry_point, program_of
from govcheck.programs.modules import console_scripts
from govcheck.programs.written import Written, written
from govcheck.repo import Repo

_OPTION = re.compile(r"--[a-z][\w-]+")
_HEAD = re.compile(r"(?i)\b(?:options?|flags?|arguments?|parameters?|switch(?:es)?|commands?)\b")
_MIN_LISTED = 3
_MANY_FILES = 6
_MANY_WORDS = 10
_LOADS = re.compile(r"\b(?:iter_)?entry_points\(")
_MAKES_COMMANDS = re.compile(r"\b(?:command|group|callback|add_parser|add_typer|add_command)\(")


class Unknown(NamedTuple):
    """A word that a program does not take; `source` is where it says what it takes."""

    span: Span
    program: str
    what: str
    text: str
    nearest: str
    source: str
    generator: str | None = None


def unknown_words(repo: Repo, policy: Policy) -> tuple[Unknown, ...]:
    """All such words: of commands, of tables of options, and where prose repeats them."""
    found: list[Unknown] = []
    called: dict[str, list[tuple[int, Found]]] = {}
    for each in repo.view(written, policy):
        call = call_of(each.command)
        if call is None or not (call.arguments or each.doc is not None):
            continue
        if each.doc is not None and shows_old_code(each.doc.path):
            continue
        program = program_of(repo, policy, each, call)
        if program is None:
            continue
        if each.doc is not None:
            called.setdefault(each.document.path, []).append((each.block, program))
        found += [
            _of_command(policy, each, program, said)
            for said in refused(program.interface, call.arguments)
            if said.what != "option" or not _is_of_script(repo, each, program, said)
            # What a plan is about may be a subcommand that is yet to come.
            if said.what != "subcommand"
            or not (
                each.kind == "plan"
                or (each.where == "span" and _is_phrase(repo, call, said))
                or _may_be_added(repo, said)
            )
        ]
    for doc in repo.view(documents, policy):
        if doc.kind != "history" and (doc.path in called or policy.docs.program):
            found += _of_tables(repo, policy, doc, called.get(doc.path, []))
    found = [*_told_seldom(found)]
    known = {each.span for each in found}
    found += [each for each in _repeated(repo, policy, found) if each.span not in known]
    return tuple(found)


def _told_seldom(found: list[Unknown]) -> Iterator[Unknown]:
    """What is found, but subcommands that many files give to a program, and many words of one.

    It is likelier that they are made in a way that cannot be read than that all are wrong.
    """
    files: dict[tuple[str, str], set[str]] = {}
    words: dict[str, set[str]] = {}
    for each in found:
        files.setdefault((each.program, each.text), set()).add(each.span.path)
        if not each.nearest:
            words.setdefault(each.source, set()).add(each.text)
    for each in found:
        is_many = len(files[each.program, each.text]) >= _MANY_FILES
        is_unread = (each.what == "subcommand" and is_many) or (
            len(words.get(each.source, ())) >= _MANY_WORDS
        )
        if each.nearest or not is_unread:
            yield each


def _is_phrase(repo: Repo, call: Call, said: Refused) -> bool:
    """Whether code says the same of something else: `import shop as s`, `# shop managed block`."""
    phrase = f"{call.name.text} {said.word.text}"
    return any(
        re.search(rf"\b{re.escape(phrase)}\b", document.text) for document in
        repo.search([phrase], (".py", ".ts", ".tsx", ".js", ".rs", ".go"))
    )  # fmt: skip


def _is_of_script(repo: Repo, each: Written, program: Found, said: Refused) -> bool:
    """Whether the script that is called has an option itself, and a parser is given elsewhere."""
    paths = [*candidates(each, program.name)] if program.name.endswith(".py") else []
    return any(
        re.search(rf"[\"']{re.escape(said.text)}[\"']", document.text) is not None
        for path in paths
        if path != said.interface.path and (document := repo.document(path)) is not None
    )


def _may_be_added(repo: Repo, said: Refused) -> bool:
    """Whether a subcommand may be made otherwise: by a plugin, or of its name in a string.

    Or in another file of the package which has its name, and makes commands.
    """
    own = repo.document(said.interface.path)
    quoted = rf"[\"']{re.escape(said.text)}[\"']"
    if own is not None and (_LOADS.search(own.text) or re.search(quoted, own.text)):
        return True
    folder = posixpath.dirname(said.interface.path)
    if f"{folder}/__init__.py" not in repo:
        return False
    name = said.text.replace("-", "_")
    names = re.compile(rf"{quoted}|\bdef {re.escape(name)}(?:_command)?\(")
    return any(
        document.path.startswith(f"{folder}/")
        and document.path != said.interface.path
        and _MAKES_COMMANDS.search(document.text) is not None
        and names.search(document.text) is not None
        for document in repo.search([said.text, name], (".py",))
    )


def _of_command(policy: Policy, each: Written, program: Found, said: Refused) -> Unknown:
    start = said.word.start + said.start
    span = each.document.span(start, start + len(said.text))
    if each.document.text[span.start : span.end] != said.text:  # quoted in the middle, say
        span = each.span(said.word)
        nearest = ""
    else:
        nearest = _nearest(said)
    generator = class_of(policy, each.document.path)[1] if each.doc is not None else None
    source = said.interface.path
    return Unknown(span, program.name, said.what, said.text, nearest, source, generator)


def _nearest(said: Refused) -> str:
    """The one name that is meant, as likely as not."""
    from difflib import get_close_matches  # only a finding pays for the import

    if said.what == "option":
        plain = said.text.lstrip("-").replace("-", "_")
        meant = {
            name
            for name, option in said.interface.options.items()
            if option.dest == plain and name.startswith("--")
        }
        if len(meant) == 1:
            return meant.pop()
    candidates = [name for name in said.taken if not name.startswith("-") or len(name) > 2]
    close = get_close_matches(said.text, candidates, 2, 0.8)
    if not close:
        begins = [
            name
            for name in candidates
            if len(name) > 5 and (said.text.startswith(f"{name}-") or name.startswith(said.text))
        ]
        return begins[0] if len(begins) == 1 else ""
    return close[0]


def _of_tables(
    repo: Repo, policy: Policy, doc: Doc, called: list[tuple[int, Found]]
) -> Iterator[Unknown]:
    """The options in the tables of a document that its program does not take."""
    bound = _bound(repo, policy, doc)
    for table in doc.page.tables:
        if not table.head or not _HEAD.search(table.head[0].text):
            continue
        spans = [
            code for row in table.rows if row for code in _codes(doc, row[0]) if code is not None
        ]
        named = [
            (code, option)
            for code in spans
            if (option := _OPTION.match(code.text))
            and not code.text[option.end() :].startswith("=[")
        ]
        before = [program for start, program in called if start < table.start]
        program = bound or (before[-1] if before else None)
        if program is None or not named:
            continue
        options = program.interface
        unknown = [(code, name) for code, name in named if options.find(name[0]) is None]
        # A table of another program's options has few of ours.
        if not bound and (
            len(named) < _MIN_LISTED or len(unknown) * 2 > len(named) or options.commands
        ):
            continue
        for code, name in unknown:
            yield _listed(doc, program, code, name[0])


def _bound(repo: Repo, policy: Policy, doc: Doc) -> Found | None:
    """The program whose options the document lists, by the policy."""
    for program in policy.docs.program:
        if program.reference == doc.path:
            found = repo.view(declared, policy).get(program.name)
            entry = repo.view(console_scripts).get(program.name)
            if found is None and entry:
                interface = repo.view(of_entry_point, entry)
                found = Found(program.name, interface) if interface is not None else None
            return found if found is not None and not found.interface.open else None
    return None


def _codes(doc: Doc, cell: Cell) -> Iterator[Code]:
    first = bisect_left(doc.page.codes, cell.start, key=lambda code: code.start)
    yield from takewhile(lambda code: code.end <= cell.end, islice(doc.page.codes, first, None))


def _listed(doc: Doc, program: Found, code: Code, name: str) -> Unknown:
    taken = tuple(sorted(program.interface.options))
    word = Refused(None, 0, name, "option", taken, program.interface)  # type: ignore[arg-type]
    start = code.start + code.text.index(name)
    span = doc.document.span(start, start + len(name))
    nearest = _nearest(word)
    source = program.interface.path
    return Unknown(span, program.name, "option", name, nearest, source, doc.generator)


def _repeated(repo: Repo, policy: Policy, found: list[Unknown]) -> Iterator[Unknown]:
    """Where prose names an option that a command gives in vain, and that no code knows."""
    vain = {each.text: each for each in found if each.what == "option" and len(each.text) > 6}
    repeated = [
        (doc, code)
        for doc in (repo.view(documents, policy) if vain else ())
        if doc.kind not in ("history", "plan")
        for code in doc.page.codes
        if code.text in vain
    ]
    known = _in_code(repo, frozenset(code.text for _, code in repeated))
    for doc, code in repeated:
        if code.text not in known:
            span = doc.document.span(code.start, code.end)
            yield vain[code.text]._replace(span=span, generator=doc.generator)


def _in_code(repo: Repo, names: frozenset[str]) -> frozenset[str]:
    """Those of the options that some code may take."""
    if not names:
        return frozenset()
    found = repo.search(names, (".py", ".sh", ".toml", ".js", ".ts", ".go", ".rs"))
    written_out = re.compile(r"(?:[\"']|^\s*|\|)(--[\w-]+)(?=[\"')|=])", re.MULTILINE)
    return names.intersection(
        name for document in found for name in written_out.findall(document.text)
    )
