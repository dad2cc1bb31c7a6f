"""The documents of a repository, each with its class and what it says."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from govcheck.docs.section import DocumentClass
from govcheck.document import Document, TooDeepError
from govcheck.globs import matcher
from govcheck.markdown import ENDINGS
from govcheck.policy import Policy
from govcheck.repo import Repo

if TYPE_CHECKING:
    from govcheck.markdown.page import Page


_PAST = re.compile(
    r"(?i)\b(?:this|the) (?:(?:content|page|document|documentation|guide|tutorial|runbook)\b)"
    r"[^.\n]{0,30}? (?:is|are|was|were|has been|have been) (?:\w+ ){0,2}?"
    r"(?:deprecated|obsolete|outdated|out of date|archived|superseded"
    r"|no longer (?:maintained|valid|accurate|current|supported|updated|relevant))\b"
)
_MIGRATES = re.compile(r"(?i)(?:^|[/_-])(?:migrat|upgrad|porting)[^/]*$|[-_]migration[^/]*$")
_POST = re.compile(r"(?:^|/)\d{4}-\d{2}-\d{2}-[^/]+$")
_REACH = 1_500


class Doc(NamedTuple):
    """A document; `generator` is the file that writes it, if a program does."""

    document: Document
    page: "Page"
    kind: DocumentClass
    generator: str | None

    @property
    def path(self) -> str:
        """The document's path."""
        return self.document.path


def documents(repo: Repo, policy: Policy) -> tuple[Doc, ...]:
    """The Markdown documents that the policy includes."""
    return tuple(_read(repo, policy))


def with_blocks(repo: Repo, policy: Policy) -> tuple[Doc, ...]:
    """The documents that may have blocks of code: Markdown, and reStructuredText with any.

    Of the latter, no more is known than its titles and its blocks.
    """
    return (*repo.view(documents, policy), *repo.view(_restructured, policy))


def _restructured(repo: Repo, policy: Policy) -> tuple[Doc, ...]:
    named = {path for path in repo.view(paths, policy) if path.endswith(".rst")}
    if not named:
        return ()
    from govcheck.markdown import restructured  # only a repository with such documents pays for it

    found = []
    for document in repo.search([restructured.NEEDLE], (restructured.ENDING,)):
        if document.path in named:
            kind, generator = class_of(policy, document.path)
            found.append(Doc(document, document.view(restructured.page), kind, generator))
    return tuple(found)


def paths(repo: Repo, policy: Policy) -> tuple[str, ...]:
    """The paths of all documents that the policy includes, Markdown or not."""
    is_left_out = matcher(policy.docs.exclude)
    return tuple(path for path in repo.matching(*policy.docs.include) if not is_left_out(path))


def told(doc: Doc) -> str:
    """What a finding in a generated document says at its end: where it is to be mended."""
    if doc.kind != "generated":
        return ""
    return (
        f"; {doc.generator} writes this document: mend it there"
        if doc.generator
        else ("; a program writes this document: mend it there")
    )


def class_of(policy: Policy, path: str) -> tuple[DocumentClass, str | None]:
    """How the document at a path is read, and the file that generates it, if any.

    A post, whose name begins with its day, tells of that day unless the policy says otherwise.
    """
    for each in policy.docs.class_:
        if matcher(each.paths)(path):
            return each.name, each.generator
    return ("history" if _POST.search(path) else "reference"), None


def shows_old_code(path: str) -> bool:
    """Whether a document tells, by its name, how to get from an old version to a new one."""
    return _MIGRATES.search(path) is not None


def above_sections(document: Document, said: "Page") -> str:
    """What stands between the title of a document and its first section, if that is near."""
    end = said.headings[1].start if len(said.headings) > 1 else len(document.text)
    return document.text[: min(end, _REACH)]


def _is_past(document: Document, said: "Page") -> bool:
    """Whether a document says of itself, above its first section, that it holds no more."""
    return _PAST.search(above_sections(document, said)) is not None


def _read(repo: Repo, policy: Policy) -> Iterator[Doc]:
    found = [path for path in repo.view(paths, policy) if path.endswith(ENDINGS)]
    if not found:
        return
    # Only a repository with documents pays for the parser.
    from govcheck.markdown.page import page, page_of_links

    for path in found:
        if (document := repo.document(path)) is None:
            continue
        kind, generator = class_of(policy, path)
        try:
            # Of history links are checked, and nothing else.
            said = page_of_links(document) if kind == "history" else document.view(page)
            if kind == "reference" and _is_past(document, said):
                kind = "history"
            yield Doc(document, said, kind, generator)
        except TooDeepError as error:
            repo.unchecked[path] = str(error)
