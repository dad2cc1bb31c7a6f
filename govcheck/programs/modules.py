"""The Python modules of a repository, by the names under which they are imported."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from govcheck.repo import Repo

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")
_SOURCES = re.compile(
    r"""(?x)(?:\bfrom|package-dir|pythonpath|mypy_path|where|package_dir)["']?\s*[=:]\s*
    [\[{(]*\s*(?:["']{2}\s*[=:]\s*)?["']([\w./-]+)["']"""
)


@dataclass(frozen=True, eq=False)
class Modules:
    """Where modules are looked for: below each of the `roots`, which end in a slash if any."""

    roots: tuple[str, ...]
    files: frozenset[str]

    @cached_property
    def folders(self) -> frozenset[str]:
        """All directories with Python files somewhere below them."""
        found: set[str] = set()
        for path in self.files:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def find(self, name: str, *roots: str) -> str | None:
        """The path of a module by its dotted name: a file, or the folder of a namespace."""
        below = name.replace(".", "/")
        namespace = None
        for root in (*roots, *self.roots):
            for path in (f"{root}{below}/__init__.py", f"{root}{below}.py"):
                if path in self.files:
                    return path
            if f"{root}{below}" in self.folders:
                namespace = namespace or f"{root}{below}"
        return namespace

    def find_all(self, name: str) -> tuple[str, ...]:
        """The paths of all files that a dotted name is the module of: of several projects, say."""
        below = name.replace(".", "/")
        paths = (
            f"{root}{below}{ending}" for root in self.roots for ending in ("/__init__.py", ".py")
        )
        return tuple(dict.fromkeys(path for path in paths if path in self.files))

    def owns(self, name: str) -> bool:
        """Whether the first part of a dotted name is a package or module of the repository."""
        return self.find(name.partition(".")[0]) is not None

    def name_of(self, path: str) -> str:
        """The dotted name of a module file, from the longest root that it is below."""
        return self.names_of(path)[0]

    def names_of(self, path: str) -> tuple[str, ...]:
        """The dotted names of a module file, from each of the roots, the longest one first."""
        above = sorted((each for each in self.roots if path.startswith(each)), key=len)[::-1]
        below = (path[len(root) :].removesuffix(".py") for root in above)
        return tuple(each.removesuffix("/__init__").replace("/", ".") for each in below)


def is_alias(repo: Repo, path: str, name: str) -> bool:
    """Whether a package hands its own name to a function, which may put others in its place.

    `path` is that of its `__init__.py`, `name` its dotted name.
    """
    document = repo.document(path) if path.endswith("__init__.py") else None
    if document is None:
        return False
    handed = rf"(?m)^[\w.]+\([^)\n]*[\"']{re.escape(name)}[\"'][^\n]*$"
    return any("ogger(" not in found[0] for found in re.finditer(handed, document.text))


def modules(repo: Repo) -> Modules:
    """The modules of a repository, below the folders that its manifests name, or usage."""
    python = frozenset(path for path in repo.files if path.endswith(".py") and path in repo)
    return Modules(tuple(dict.fromkeys(("", *sorted(_roots(repo), key=len)))), python)


def console_scripts(repo: Repo) -> Mapping[str, str]:
    """The console scripts that manifests declare: their names, and `module:function`.

    Those of projects that tests are tried on stand for others.
    """
    found: dict[str, str] = {}
    for path in _manifests(repo):
        document = repo.document(path)
        if document is None or _TRIED.search(path):
            continue
        if path.endswith(".toml"):
            from govcheck.config import entries

            for entry in entries(document):
                if entry.value is not None and entry.path[:-1] in _SCRIPT_TABLES:
                    found.setdefault(entry.path[-1], entry.value)
        else:
            for section in _CONSOLE.finditer(document.text):
                for each in _SCRIPT.finditer(section[1]):
                    found.setdefault(each[1], each[2])
    return found


def project_names(repo: Repo) -> frozenset[str]:
    """What the projects that manifests declare are called."""
    said = filter(None, map(repo.document, _manifests(repo)))
    return frozenset(name for each in said for name in _PROJECT.findall(each.text))


_PROJECT = re.compile(r"""(?m)^[ \t]*name[ \t]*=[ \t]*["']?([\w.-]+)""")
_TRIED = re.compile(r"(?:^|/)(?:tests?|fixtures|testdata|test_data|mocks?)/")
_SCRIPT_TABLES = {
    ("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts"),
}  # fmt: skip
_CONSOLE = re.compile(
    r"console_scripts[\"']?\s*[=:]\s*[\[(]?((?:\s*[\"']?[\w.-]+\s*=\s*[\w.]+(?::[\w.]+)?[\"',]*)+)"
)
_SCRIPT = re.compile(r"([\w.-]+)\s*=\s*([\w.]+(?::[\w.]+)?)")


def _manifests(repo: Repo) -> Iterator[str]:
    files = set(repo.files)
    for path in repo.files:
        if posixpath.basename(path) in _MANIFESTS:
            beside = posixpath.join(posixpath.dirname(path), "__init__.py")
            if not path.endswith(".py") or beside not in files:
                yield path


def _roots(repo: Repo) -> Iterator[str]:
    yield "src/"
    for path in _manifests(repo):
        folder = posixpath.dirname(path)
        base = f"{folder}/" if folder else ""
        yield base
        for usual in ("src", "lib", "python"):
            yield f"{base}{usual}/"
        document = repo.document(path)
        for found in _SOURCES.finditer(document.text) if document is not None else ():
            root = posixpath.normpath(f"{base}{found[1]}")
            if not root.startswith("."):
                yield f"{root}/"
