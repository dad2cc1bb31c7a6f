"""All statements about versions in a repository: which files make them, and who reads which."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from govcheck.document import Document, TooDeepError
from govcheck.finding import Span
from govcheck.manifests.statement import Statement, UnreadableError
from govcheck.repo import Repo

if TYPE_CHECKING:
    from govcheck.manifests.locks import Need

Reader = Callable[[Document], Iterator[Statement]]

_REQUIREMENTS = "requirements_txt"

# The module that reads the files of a name, imported when there is one.
_READERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), module)
    for pattern, module in (
        (r"(pyproject|pixi|hatch|tox|uv|\.?mise(\.local)?|\.?ruff)\.toml|pipfile", "toml_files"),
        (r".*(requirements|constraints?|-reqs).*\.(txt|in)|requirements.*\.lock", _REQUIREMENTS),
        (r"setup\.cfg|tox\.ini|\.?mypy\.ini", "ini_files"),
        (r"(setup|noxfile)\.py", "setup_py"),
        (r"\.python-versions?|runtime\.txt|\.tool-versions", "plain"),
        (r"pyrightconfig\.json|\.?devcontainer\.json", "json_files"),
        (r"(docker|container)file(\..+)?|.+\.(docker|container)file", "docker"),
        (
            r"(\.pre-commit-config|\.?readthedocs|action|app|\.travis|appveyor|bitbucket-pipelines"
            r"|.*(environment|conda-?env|gitlab-ci|azure-pipelines|cloudbuild).*"
            r"|(docker-)?compose.*)\.ya?ml",
            "yaml_files",
        ),
        (r"(gnu)?makefile.*|\.?justfile|.+\.(mk|sh|bash|just)", "shell"),
    )
)
# The same for folders in which any file of a kind counts.
_FOLDERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (r"\.(github|gitlab|circleci)/", (".yml", ".yaml"), "yaml_files"),
    (r"(.*/)?\.devcontainer/", (".json",), "json_files"),
    (r"(.*/)?(\.config/)?mise/config\.toml", (".toml",), "toml_files"),
    (r"(.*/)?(requirements|reqs)/[^/]+$", (".txt", ".in", ".pip"), _REQUIREMENTS),
)
_LOCKS = re.compile(
    r"(poetry|uv|pdm|pipfile)\.lock|pylock(\..+)?\.toml|conda-lock\.ya?ml", re.IGNORECASE
)
_IGNORED = re.compile(
    r"(^|/)(\.venv|venv|node_modules|site-packages|\.tox|\.nox|__pypackages__|build/lib)/"
)
_SCRIPT = "# /// script"
# Environments of conda, and templates of Azure's pipelines, have any name.
_TOLD_BY = ("channels:", "UsePythonVersion@")
_TOLD = re.compile(r"UsePythonVersion@|(?m:^dependencies:)")


_PROJECT_FILES = frozenset(
    {"pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "requirements.txt", "pixi.toml"}
)


class Found(NamedTuple):
    """What locks say of the wanted packages: the pins, what packages need, and which locks."""

    statements: tuple[Statement, ...]
    needs: "tuple[tuple[Document, Need], ...]"
    locks: tuple[str, ...]


def declared(repo: Repo) -> tuple[Statement, ...]:
    """All statements of manifests and configuration, in the order of the files."""
    statements: list[Statement] = []
    known = {path: module for path in _readable(repo) if (module := _reader(path)) is not None}
    repo.expect([_SCRIPT], (".py",))
    for found in repo.search(_TOLD_BY, (".yml", ".yaml")):
        if _TOLD.search(found.text) and not _IGNORED.search(found.path):
            known.setdefault(found.path, "yaml_files")
    queue = list(known)
    while queue:
        path = queue.pop()
        document = repo.document(path)
        if document is None:
            if repo.read(path) is not None:
                repo.unchecked.setdefault(path, "it is no text")
            continue
        module = known[path]
        stated, includes = repo.learn(document, "versions", partial(_said, repo, module))
        statements += map(_statement, stated)
        for included in includes:
            if included in repo and included not in known:
                known[included] = _REQUIREMENTS
                queue.append(included)
    for document in repo.search([_SCRIPT], (".py",)):
        from govcheck.manifests import toml_files  # only such scripts pay for it

        try:
            statements += toml_files.script(document)
        except (TooDeepError, UnreadableError) as error:
            repo.unchecked[document.path] = str(error)
    return tuple(sorted(statements, key=lambda s: (s.path, s.span.start)))


def declared_in(repo: Repo, path: str) -> tuple[Statement, ...]:
    """The statements of one file, without those that it includes."""
    module, document = _reader(path), repo.document(path)
    if module is None or document is None:
        return ()
    stated, _ = repo.learn(document, "versions", partial(_said, repo, module))
    return tuple(map(_statement, stated))


def _said(repo: Repo, module: str, document: Document) -> tuple[list[Statement], list[str]]:
    """What a file states and which requirements files it includes; the cache makes lists of it."""
    reader = import_module(f"govcheck.manifests.{module}")
    try:
        includes = list(reader.includes(document)) if hasattr(reader, "includes") else []
        return list(reader.statements(document)), includes
    except (TooDeepError, UnreadableError) as error:
        repo.unchecked[document.path] = str(error)
        return [], []


def _statement(said: Iterable[Any]) -> Statement:
    """A statement, also from the lists that the cache makes of it."""
    statement = Statement(*said)
    return statement._replace(
        span=Span(*statement.span),
        editable=cast(tuple[int, int], tuple(statement.editable)) if statement.editable else None,
        bound_by=tuple(statement.bound_by),
    )


def locked(repo: Repo, wanted: frozenset[str]) -> Found:
    """What lock files say of the wanted packages, and of Python."""
    from govcheck.manifests.locks import Need  # only a question about locks pays for it

    statements: list[Statement] = []
    needs: list[tuple[Document, Need]] = []
    paths = [path for path in _readable(repo) if _LOCKS.fullmatch(path.rpartition("/")[2])]
    question = f"locked {' '.join(sorted(wanted))}"
    for document in filter(None, map(repo.document, paths)):
        pins, edges = repo.learn(document, question, partial(_locked, repo, wanted))
        statements += map(_statement, pins)
        needs += ((document, Need(*edge)) for edge in edges)
    return Found(tuple(statements), tuple(needs), tuple(paths))


def _locked(
    repo: Repo, wanted: frozenset[str], document: Document
) -> "tuple[list[Statement], list[Need]]":
    from govcheck.manifests import locks

    try:
        return list(locks.statements(document, wanted)), list(locks.needs(document, wanted))
    except (TooDeepError, UnreadableError) as error:
        repo.unchecked[document.path] = str(error)
        return [], []


def _readable(repo: Repo) -> Iterator[str]:
    return (path for path in repo.files if not _IGNORED.search(path))


def _reader(path: str) -> str | None:
    name = path.rpartition("/")[2]
    for pattern, module in _READERS:
        if pattern.fullmatch(name):
            return module
    for folder, endings, module in _FOLDERS:
        if path.endswith(endings) and re.match(folder, path):
            return module
    return None


def project_folders(repo: Repo) -> frozenset[str]:
    """The folders that hold a project: a manifest of their own; the root always is one."""
    paths = (path.rpartition("/") for path in repo.files)
    return frozenset({"", *(folder for folder, _, name in paths if name in _PROJECT_FILES)})


def project_of(path: str, projects: frozenset[str]) -> str:
    """The folder of the nearest project that a file belongs to; nothing for the root."""
    folder = posixpath.dirname(path)
    while folder not in projects:
        folder = posixpath.dirname(folder)
    return folder
