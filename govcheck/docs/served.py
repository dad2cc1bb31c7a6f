"""Links to what is not in the repository, and may well be where the document is read.

What each of these asks for is evidence: that git knew the file, that the folder exists, or that a
reader of the file itself, and not of some site, meets the link.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from govcheck.docs.links import Tree, originals
from govcheck.docs.paths import enclosing, in_code, named
from govcheck.history import gone
from govcheck.programs.written import is_own_name
from govcheck.repo import Repo

# What programs serve files from, by their paths below it.
_SERVED = frozenset({"public", "static"})
_MANIFESTS = ("Cargo.toml", "package.json", "pyproject.toml", "setup.cfg", "setup.py")
_HOME = re.compile(
    r"(?i)\b(?:home-?page|repository|url)[\"']?\s*[=:]\s*\{?[^\n]{0,40}?"
    r"(?:github|gitlab)\.com[/:][\w.-]+/([\w.-]+?)(?:\.git)?[/#\"'\s]"
)
_MANY = 5
_SEVERAL = 3


class Vain(NamedTuple):
    """A link in a document to a path that is not there; `is_page` if that may be one of a site."""

    document: str
    target: str
    path: str
    is_page: bool


def elsewhere(repo: Repo, known: Tree, links: Sequence[Vain]) -> frozenset[Vain]:
    """Those of the links of which one cannot tell that they lead nowhere."""
    found = {each for each in links if each.is_page and _is_served(known, each.target)}
    found |= {each for each in links if each.is_page and _has_stem(repo, each)}
    found |= {*_into_unknown_folders(repo, known, links)}
    found |= {*_made(repo, links)}
    found |= {*_stand_ins(repo, links)}
    copied = {each for each in links if each not in found and _is_copied(repo, each.document)}
    past = gone(repo, frozenset(each.path for each in copied))
    return frozenset(found | {each for each in copied if each.path not in past})


def _is_served(known: Tree, target: str) -> bool:
    """Whether a file has the path of a link below a folder that is served."""
    plain = re.sub(r"^(?:\.{0,2}/)+", "", target.partition("#")[0].partition("?")[0])
    return "/" in plain and any(
        folder.rpartition("/")[2] in _SERVED and f"{folder}/{plain}" in known.files
        for folder in known.folders
    )


def _has_stem(repo: Repo, link: Vain) -> bool:
    """Whether a page without an ending may be made of a file: `start` of `start.py`."""
    folder, name = posixpath.split(link.path)
    if not name or posixpath.splitext(name)[1]:
        return False
    inside = f"{folder}/" if folder else ""
    return any(
        path.startswith(f"{inside}{name}.") and "/" not in path[len(inside) :]
        for path in repo.files
    )


def _into_unknown_folders(repo: Repo, known: Tree, links: Sequence[Vain]) -> Iterator[Vain]:
    """Links of several pages into a folder that there is not, and never was.

    A site puts it there, or it is a stand-in for an address, unless a file is called like what is
    linked, with its folder: then it is the way to it that is wrong.
    """
    by_folder: dict[str, list[Vain]] = defaultdict(list)
    for each in links:
        folder = _first_missing(known, each.path)
        if folder and not _is_known_end(repo, each.path):
            by_folder[folder].append(each)
    many = {
        folder: inside
        for folder, inside in by_folder.items()
        if len({each.document for each in inside}) > 1 and any(each.is_page for each in inside)
    }
    past = gone(repo, frozenset(many))
    for folder, inside in many.items():
        if folder not in past:
            yield from (each for each in inside if each.is_page)


def _first_missing(known: Tree, path: str) -> str:
    """The highest folder of a path that there is not; empty if they all are there."""
    folder = posixpath.dirname(path)
    missing = ""
    while folder and folder not in known.folders:
        folder, missing = posixpath.dirname(folder), folder
    return missing


def _is_known_end(repo: Repo, path: str) -> bool:
    """Whether a file is called like one, with the folder that it is in, but for small letters."""
    folder, name = posixpath.split(path.rstrip("/"))
    end = f"/{posixpath.basename(folder)}/{name}".lower()
    return any(f"/{each}".lower().endswith(end) for each in named(repo, name))


def _made(repo: Repo, links: Sequence[Vain]) -> Iterator[Vain]:
    """Links to many files of one name that stand in as many folders, and that code writes."""
    by_name: dict[str, list[Vain]] = defaultdict(list)
    for each in links:
        by_name[posixpath.basename(each.path)].append(each)
    many = {
        name: said
        for name, said in by_name.items()
        if len({each.path for each in said}) >= _MANY and posixpath.splitext(name)[1]
    }
    for name in in_code(repo, many):
        yield from many[name]


def _stand_ins(repo: Repo, links: Sequence[Vain]) -> Iterator[Vain]:
    """Links that pages of several folders write in the same way, to what no file is called like."""
    by_target: dict[str, list[Vain]] = defaultdict(list)
    for each in links:
        plain = each.target.partition("#")[0].partition("?")[0]
        if each.is_page and not plain.startswith(("/", "../")):
            by_target[plain].append(each)
    many = [
        said
        for said in by_target.values()
        if len({each.path for each in said}) >= _SEVERAL and not _is_like_any(repo, said[0].path)
    ]
    meant = {id(said): frozenset(_pages(each.path for each in said)) for said in many}
    past = gone(repo, frozenset[str]().union(*meant.values())) if meant else {}
    for said in many:
        if past.keys().isdisjoint(meant[id(said)]):
            yield from said


def _pages(paths: Iterable[str]) -> Iterator[str]:
    """The paths that links may mean, those of originals of translations, too."""
    for path in paths:
        for each in (path, *originals(path)):
            yield each
            yield from (f"{each}{ending}" for ending in (".md", ".mdx"))


def _is_like_any(repo: Repo, path: str) -> bool:
    """Whether anything has the name of a path, or one with another ending."""
    name = posixpath.basename(path)
    stem = posixpath.splitext(name)[0]
    return bool(named(repo, name)) or any(
        posixpath.splitext(posixpath.basename(each))[0] == stem for each in repo.files
    )


def _is_copied(repo: Repo, document: str) -> bool:
    """Whether a document came with the sources of another project, whose manifest is near."""
    for folder in enclosing(document):
        for name in _MANIFESTS:
            manifest = repo.document(f"{folder}{name}")
            if manifest is not None and (homes := _HOME.findall(manifest.text)):
                return not any(is_own_name(repo, home) for home in homes)
    return False
