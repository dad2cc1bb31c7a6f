"""Drawn trees of folders in documents: the paths that they name."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from govcheck.docs.documents import Doc
from govcheck.docs.paths import enclosing
from govcheck.docs.wording import stands_under, tells_otherwise
from govcheck.markdown.page import Fence
from govcheck.programs.written import is_own_name
from govcheck.repo import Repo

_NODE = re.compile(
    r"(?P<lead>[ \t\u00a0│|]*)(?:[├└╰|+`]|\\)[─━-]+[ \u00a0]*(?P<name>[\w.@+-]+(?:/[\w.@+-]+)*/?)"
    r"(?P<rest>$|[ \t\u00a0].*)"
)
_ROOT = re.compile(r"\s*(?:\./)?(?P<name>[\w.@+-]+(?:/[\w.@+-]+)*)/?\s*(?:#|$)")
_FEWEST = 3
_SHARE = 0.6


class Node(NamedTuple):
    """A path that a tree draws and that is not there; `start` is where its name stands.

    `others` are paths that git must know, too, for the tree to be one of the repository.
    """

    name: str
    start: int
    path: str
    others: tuple[str, ...] = ()


class _Drawn(NamedTuple):
    name: str
    start: int
    path: str
    rest: str


def missing_nodes(repo: Repo, doc: Doc, more: tuple[str, ...]) -> Iterator[Node]:
    """What the trees of a document draw and is not there, where most of the tree is.

    Or nothing of it is, below a folder that is: then all of it must have been there once. `more`
    are words that tell of past or future, besides the usual ones.
    """
    for fence in doc.page.fences:
        if "──" not in fence.text and "|--" not in fence.text:
            continue
        for root, drawn in _trees(fence):
            base, there = _base(repo, doc, root, drawn)
            absent = [each for each in drawn if not repo.exists(f"{base}{each.path}")]
            if not absent or stands_under(doc.document.text, doc.page, fence.start, more):
                continue
            others: tuple[str, ...] = ()
            if there < _FEWEST or there < _SHARE * len(drawn):
                if there or not root or not repo.exists(base.rstrip("/")):
                    continue
                others = tuple(f"{base}{each.path}" for each in absent)
            for each in absent:
                is_inside = posixpath.dirname(each.path) in {other.path for other in absent}
                if not is_inside and not tells_otherwise(each.rest, each.path, more):
                    yield Node(each.name, each.start, f"{base}{each.path}", others)


def _trees(fence: Fence) -> Iterator[tuple[str, list[_Drawn]]]:
    """The trees of a block, each with the name over it, if there is one."""
    above, root = "", ""
    drawn: list[_Drawn] = []
    stack: list[tuple[int, str]] = []
    at = 0
    for line in fence.text.splitlines(keepends=True):
        said = line.rstrip("\r\n")
        node = _NODE.fullmatch(said)
        if node is None and said.strip(" \t\u00a0│|"):
            if drawn:
                yield root, drawn
            above, drawn, stack = said, [], []
        if node is not None:
            if not drawn:
                named = _ROOT.match(above)
                root = named["name"].strip(".") if named else ""
            depth = len(node["lead"])
            while stack and stack[-1][0] >= depth:
                stack.pop()
            name = node["name"].rstrip("/")
            path = posixpath.normpath("/".join((*(each for _, each in stack), name)))
            stack.append((depth, name))
            drawn.append(_Drawn(name, fence.offset(at + node.start("name")), path, node["rest"]))
        at += len(line)
    if drawn:
        yield root, drawn


def _base(repo: Repo, doc: Doc, root: str, drawn: list[_Drawn]) -> tuple[str, int]:
    """The folder below which most of a tree is, and how much of it."""
    above = ["", *enclosing(doc.path)]
    bases = [f"{each}{root}/" for each in above] if root else []
    # What stands over a tree may be the name of the repository, or of the document's folder.
    bases += [
        each for each in above if not root or is_own_name(repo, root) or each.endswith(f"/{root}/")
    ]
    counted = [(sum(repo.exists(f"{base}{each.path}") for each in drawn), base) for base in bases]
    there, base = max(counted, key=lambda each: each[0])
    return base, there
