"""Paths that documents name: where they may be meant from, and whether anything is there."""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from govcheck.repo import Repo

# A path that is written alike in prose, code and commands.
IS_PLAIN = re.compile(r"(?!-)[\w./@+=:,-]+")
_CODE = (".py", ".sh", ".js", ".mjs", ".ts")


def lineage(path: str) -> Iterator[str]:
    """A path, and the folders that it is in, the innermost first; not the root."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def enclosing(path: str) -> Iterator[str]:
    """The folders that a path is in, each with a slash at its end; not the root."""
    return (f"{folder}/" for folder in lineage(path.rpartition("/")[0]))


def is_somewhere(repo: Repo, plain: str) -> bool:
    """Whether a path without `./` is there below any folder, where the reader may well be."""
    plain = plain.rstrip("/")
    if repo.exists(plain):
        return True
    return any(path.endswith(f"/{plain}") for path in named(repo, posixpath.basename(plain)))


def named(repo: Repo, name: str) -> Sequence[str]:
    """The files and folders with a last name."""
    return repo.view(_by_name).get(name, ())


def in_code(repo: Repo, names: Collection[str]) -> frozenset[str]:
    """Those names of files that a string of code has, alone or at the end of a path.

    A program that is run may write such a file.
    """
    found: set[str] = set()
    for document in repo.search(names, _CODE) if names else ():
        found.update(
            name
            for name in names
            if re.search(rf"[\"'/]{re.escape(name)}[\"'`]", document.text) is not None
        )
    return frozenset(found)


def _by_name(repo: Repo) -> Mapping[str, list[str]]:
    """All files and folders, by their last names."""
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for path in repo.files:
        while path and path not in seen:
            seen.add(path)
            above, _, name = path.rpartition("/")
            found.setdefault(name, []).append(path)
            path = above
    return found
