"""Names of a declared family: those that documents say, and those that code defines."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from govcheck.docs.documents import Doc, documents
from govcheck.docs.section import NameFamily
from govcheck.document import Document
from govcheck.finding import Span
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.repo import Repo


class Stale(NamedTuple):
    """A name that only one side has: documents, or, where `doc` is None, the code."""

    family: int
    name: str
    span: Span
    doc: Doc | None
    near: tuple[str, ...]


def stale_names(repo: Repo, policy: Policy) -> tuple[Stale, ...]:
    """The names of all declared families that one side lacks."""
    return tuple(
        each
        for number, family in enumerate(policy.docs.name_family)
        for each in _of_family(repo, policy, number, family)
    )


def _of_family(repo: Repo, policy: Policy, number: int, family: NameFamily) -> Iterator[Stale]:
    pattern = re.compile(family.pattern)
    defined = _defined(repo, family, pattern)
    known = matcher(family.known)
    said: set[str] = set()
    near = tuple(sorted(defined))
    for doc in repo.view(documents, policy):
        if doc.kind == "history":
            continue
        for name, start in _named(doc, family, pattern):
            said.add(name)
            # `bot_orders_*` names all that begin so, and a prefix alone is no name.
            after = doc.document.text[start + len(name) : start + len(name) + 1]
            if name in defined or known(name) or doc.kind == "plan" or after in "*<{…":
                continue
            if any(name.startswith(prefix) for prefix in family.prefixes):
                continue
            if any(name.removesuffix(suffix) in defined for suffix in family.suffixes):
                continue
            if name.endswith("_") and any(other.startswith(name) for other in defined):
                continue
            span = doc.document.span(start, start + len(name))
            yield Stale(number, name, span, doc, near)
    for name, (path, start) in defined.items() if family.both else ():
        if name not in said and not known(name) and (document := repo.document(path)):
            span = document.span(start, start + len(name))
            yield Stale(number, name, span, None, tuple(sorted(said)))


def _defined(
    repo: Repo, family: NameFamily, pattern: re.Pattern[str]
) -> Mapping[str, tuple[str, int]]:
    """The names in the files that define them, each with its first place: a path and an offset."""
    found: dict[str, tuple[str, int]] = {}
    for path in repo.matching(*family.defined_in):
        question = f"names {family.pattern}"
        for name, start in repo.learn_of(path, question, partial(_names, pattern)) or ():
            found.setdefault(name, (path, start))
    return found


def _names(pattern: re.Pattern[str], document: Document) -> list[tuple[str, int]]:
    """The names in a file, each with where it stands first; the cache makes lists of pairs."""
    first: dict[str, int] = {}
    for name, start in _matches(document.text, pattern):
        first.setdefault(name, start)
    return [*first.items()]


def _named(doc: Doc, family: NameFamily, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    if family.in_ == "text":
        yield from _matches(doc.document.text, pattern)
        return
    document: Document = doc.document
    for code in doc.page.codes:
        if pattern.search(code.text) and document.text[code.start : code.end] == code.text:
            for name, start in _matches(code.text, pattern):
                yield name, code.start + start
    for fence in doc.page.fences:
        for name, start in _matches(fence.text, pattern):
            yield name, fence.offset(start)


def _matches(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """The names in a text: the first group of the pattern, if it has one."""
    group = 1 if pattern.groups else 0
    for found in pattern.finditer(text):
        if found[group]:
            yield found[group], found.start(group)
