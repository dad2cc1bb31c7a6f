"""What runners of tasks know: targets, scripts, sessions, environments, extras, groups, hooks."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

from govcheck.config import entries
from govcheck.document import Document
from govcheck.repo import Repo

# Stands among names of which not all are known.
ANY = "*"
_OPEN = frozenset({ANY})
_MAX_INCLUDES = 8

_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_TARGET = re.compile(r"^(?P<names>[^\s:=#][^:=#\n]*?)\s*&?::?(?!=)(?P<rest>.*)$", re.MULTILINE)
_INCLUDE = re.compile(r"^\s*[-s]?include\s+(?P<files>.+)$", re.MULTILINE)
_RECIPE = re.compile(
    r"^@?(?P<name>[A-Za-z_][\w-]*)(?:(?![ \t]*:=)[ \t]+[^:\n]*)?:(?!=)"
    r"|^alias[ \t]+(?P<alias>[\w-]+)",
    re.M,
)


def make_targets(repo: Repo, folder: str, file: str | None) -> frozenset[str] | None:
    """The targets of the Makefile of a folder; None where there is none."""
    names = (file,) if file else _MAKEFILES
    paths = (posixpath.normpath(posixpath.join(folder, name)) for name in names)
    path = next((each for each in paths if each in repo), None)
    return repo.view(_targets, path, 0) if path else None


def _targets(repo: Repo, path: str, depth: int) -> frozenset[str] | None:
    document = repo.document(path)
    if document is None or depth > _MAX_INCLUDES:
        return None
    text = re.sub(r"\\\r?\n", " ", document.text)
    found: set[str] = set()
    for target in _TARGET.finditer(text):
        names = target["names"].split()
        if target["names"].startswith(("\t", ".PHONY")):
            found.update(target["rest"].split() if target["names"].startswith(".PHONY") else ())
            continue
        if any("%" in name or "$" in name for name in names):
            return _OPEN
        found.update(names)
    if re.search(r"\$\(eval\b|\$\(foreach\b.*\$\(eval|^\s*\.DEFAULT\s*:", text, re.M):
        return _OPEN
    for include in _INCLUDE.finditer(text):
        for name in include["files"].split():
            below = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            known = repo.view(_targets, below, depth + 1) if "$" not in name else None
            if known is None:
                return _OPEN
            found |= known
    return frozenset(found)


def recipes(repo: Repo, folder: str) -> frozenset[str] | None:
    """The recipes of the justfile of a folder; None where there is none."""
    for name in ("justfile", "Justfile", ".justfile"):
        document = repo.document(posixpath.join(folder, name))
        if document is not None:
            if re.search(r"^\s*(?:import|mod)\b|^set\s+fallback", document.text, re.MULTILINE):
                return _OPEN
            return frozenset(
                each["name"] or each["alias"] for each in _RECIPE.finditer(document.text)
            )
    return None


def node_scripts(repo: Repo, folder: str) -> frozenset[str] | None:
    """The scripts of the package.json of a folder; None where there is none."""
    document = repo.document(posixpath.join(folder, "package.json"))
    if document is None:
        return None
    try:
        said = json.loads(document.text)
    except (ValueError, RecursionError):
        return None
    scripts = said.get("scripts", {}) if isinstance(said, dict) else {}
    return frozenset(scripts) if isinstance(scripts, dict) else None


def sessions(repo: Repo, folder: str) -> frozenset[str] | None:
    """The sessions of the noxfile of a folder; None where there is none."""
    document = repo.document(posixpath.join(folder, "noxfile.py"))
    if document is None:
        return None
    text = document.text
    if re.search(r"nox\.session\s*\(\s*\w+\s*\)\s*$|nox_poetry|^\s+@(?:nox\.)?session", text, re.M):
        return _OPEN
    found = set()
    for each in re.finditer(r"@(?:nox\.)?session\b(?P<said>(?:[^\n]|\n(?!\s*(?:async )?def))*)"
                            r"\n(?:@[^\n]*\n|\s*\n)*\s*def\s+(?P<name>\w+)", text):  # fmt: skip
        named = re.search(r"\bname\s*=\s*[\"']([^\"']+)", each["said"])
        found.add(named[1] if named else each["name"])
    return frozenset(found) or _OPEN


def tox_environments(repo: Repo, folder: str) -> frozenset[str] | None:
    """The environments of the tox.ini of a folder; None where there is none."""
    document = repo.document(posixpath.join(folder, "tox.ini"))
    if document is None:
        return None
    text = document.text
    found = set(re.findall(r"^\[testenv:([^\]]+)\]", text, re.MULTILINE))
    listed = re.search(r"^env_?list\s*=(?P<list>.*(?:\n[ \t]+.*)*)", text, re.MULTILINE)
    if (listed and re.search(r"[{}\[]", listed["list"])) or any("{" in each for each in found):
        return _OPEN
    found |= set(re.split(r"[\s,]+", listed["list"])) if listed else set()
    factors = set(re.findall(r"^\s*!?([\w.-]+):\s", text, re.MULTILINE))
    return frozenset(found | factors) - {""}


class _Project:
    """Tables of a manifest that name extras and groups."""

    EXTRAS = (("project", "optional-dependencies"), ("tool", "poetry", "extras"))
    GROUPS = (
        ("dependency-groups",),
        ("tool", "poetry", "group"),
        ("tool", "pdm", "dev-dependencies"),
    )


def extras(repo: Repo, folder: str) -> frozenset[str] | None:
    """The extras of the project in a folder; None where they are not all known."""
    found = _keys(repo, folder, _Project.EXTRAS)
    if found is None or posixpath.join(folder, "setup.py") in repo:
        return None
    document = repo.document(posixpath.join(folder, "pyproject.toml"))
    if document is not None and re.search(
        r"^dynamic\s*=[^\]]*optional-dependencies|hatch-|tool\.hatch\.metadata\.hooks",
        document.text, re.M,
    ):  # fmt: skip
        return None
    return found


def groups(repo: Repo, folder: str) -> frozenset[str] | None:
    """The dependency groups of the project in a folder; None where there is no pyproject.toml.

    Of a workspace of uv that is no project itself (no table `project`), those of all below it.
    """
    found = _keys(repo, folder, _Project.GROUPS)
    if found is None:
        return None
    document = repo.document(posixpath.join(folder, "pyproject.toml"))
    text = document.text if document is not None else ""
    if "[tool.uv.workspace]" in text and re.search(r"(?m)^\[project\]", text) is None:
        inside = f"{folder}/" if folder else ""
        for path in repo.files:
            if path.startswith(inside) and path.endswith("/pyproject.toml"):
                found |= _keys(repo, posixpath.dirname(path), _Project.GROUPS) or frozenset()
    return found | {"dev"} if "tool.poetry.dev-dependencies" in text else found


def _keys(repo: Repo, folder: str, tables: tuple[tuple[str, ...], ...]) -> frozenset[str] | None:
    document = repo.document(posixpath.join(folder, "pyproject.toml"))
    if document is None:
        return None
    said = document.view(_all_entries)
    return frozenset(
        path[len(table)]
        for path in said
        for table in tables
        if path[: len(table)] == table and len(path) > len(table)
    )


def _all_entries(document: Document) -> tuple[tuple[str, ...], ...]:
    return tuple(entry.path for entry in entries(document))


def hooks(repo: Repo) -> frozenset[str] | None:
    """The ids and aliases of pre-commit's hooks; None where there is no configuration."""
    document = repo.document(".pre-commit-config.yaml")
    if document is None:
        return None
    return frozenset(
        entry.value
        for entry in entries(document)
        if entry.name in ("id", "alias") and entry.value is not None
    )


def locked(repo: Repo) -> frozenset[str]:
    """The packages that the locks at the root hold; none where there is no lock."""
    found: set[str] = set()
    for path in ("poetry.lock", "uv.lock", "pdm.lock"):
        document = repo.document(path)
        if document is not None:
            names = re.findall(r'^name = "([^"]+)"', document.text, re.MULTILINE)
            found.update(re.sub(r"[-_.]+", "-", name.lower()) for name in names)
    return frozenset(found)


def composed(text: str) -> Iterator[str]:
    """The names in a list with commas or spaces."""
    yield from filter(None, re.split(r"[\s,]+", text))


def workspaces(repo: Repo) -> Mapping[str, frozenset[str]]:
    """The scripts of all package.json files, by their folders."""
    found = {}
    for path in repo.files:
        if posixpath.basename(path) == "package.json":
            said = node_scripts(repo, posixpath.dirname(path))
            if said is not None:
                found[posixpath.dirname(path)] = said
    return found
