"""Narrowing a statement to what the policy allows: as few characters as that takes."""

import re

from govcheck.dependencies.judging import Judged
from govcheck.finding import Edit, Fix
from govcheck.manifests.versions import judge, minors, narrowed, translate
from govcheck.repo import Repo

_INTERPRETER = re.compile(
    r"(?P<lead>(?:cpython|python|py|cp)?[-@]?|==?)(?P<version>\d+(?:\.\d+)*)(?:\.[xX*])?$"
)
_SHELL_SAFE = re.compile(r"[\w.=~+,@:/\[\]-]+")

# Which command makes each lock anew, and which one moves a single package.
LOCKERS = {
    "uv.lock": ("uv lock", "uv lock --upgrade-package {}"),
    "poetry.lock": ("poetry lock", "poetry update {}"),
    "pdm.lock": ("pdm lock --update-reuse", "pdm update {}"),
    "Pipfile.lock": ("pipenv lock", "pipenv upgrade {}"),
}
_LOCKED_BY = {
    "pyproject.toml": ("uv.lock", "poetry.lock", "pdm.lock"),
    "Pipfile": ("Pipfile.lock",),
}


def fix(repo: Repo, judged: Judged) -> Fix | None:
    """The fix that narrows a statement in place, if there is one that leaves anything."""
    statement = judged.statement
    if statement.editable is None or judged.judgement.verdict != "violation":
        return None
    start, end = statement.editable
    document = repo.document(statement.path)
    if document is None:
        return None
    old = document.text[start:end]
    new = _replacement(old, judged)
    if new is None:
        return None
    edits = [Edit(statement.path, start, end, new)]
    place = statement.span
    if statement.quoting and not _may_be_bare(document.text, place.start, place.end, edits[0]):
        quote = '"'
        edits = [
            Edit(statement.path, place.start, place.start, quote),
            *edits,
            Edit(statement.path, place.end, place.end, quote),
        ]
        if statement.quoting == "flow" and quote in document.text[place.start : place.end]:
            return None
        if place.start == start or place.end == end:
            whole = document.text[place.start : start] + new + document.text[end : place.end]
            edits = [Edit(statement.path, place.start, place.end, quote + whole + quote)]
    elif _reads_as_number(document.path, document.text, start, end, new):
        edits = [Edit(statement.path, start, end, f'"{new}"')]
    again = _after(repo, statement.path)
    verb = "set" if statement.dialect == "python" else "narrow"
    title = f"{verb} it to {new.strip()}" + (f" (then run '{again}')" if again else "")
    return Fix(title, tuple(edits))


def _replacement(old: str, judged: Judged) -> str | None:
    statement = judged.statement
    if statement.subject != "python":
        return narrowed(old, statement.dialect, judged.allowed, finals=False)
    named = _INTERPRETER.match(old.strip())
    is_one = named is not None or old.strip() in ("", "latest")
    if not is_one or statement.dialect in ("pep440", "poetry"):
        return narrowed(old, statement.dialect, judged.allowed, finals=True)
    # A place that names one interpreter goes to the only one that the policy allows.
    allowed = minors(judged.allowed)
    if len(allowed) != 1:
        return None
    if named is None:
        return f":{allowed[0]}" if not old else allowed[0]
    is_short = "." not in named["version"] and len(named["version"]) > 1
    new = named["lead"] + (allowed[0].replace(".", "") if is_short else allowed[0])
    verdict = judge([translate(new, statement.dialect)], judged.allowed, finals=True).verdict
    return new if verdict == "ok" else None


def _may_be_bare(text: str, start: int, end: int, edit: Edit) -> bool:
    after = text[start : edit.start] + edit.text + text[edit.end : end]
    return _SHELL_SAFE.fullmatch(after) is not None and "," not in after


def _reads_as_number(path: str, text: str, start: int, end: int, new: str) -> bool:
    """Whether YAML would read a version without quotes as another number: 3.10 is 3.1."""
    if not path.endswith((".yml", ".yaml")) or not re.fullmatch(r"\d+\.\d*0", new):
        return False
    return text[start - 1 : start] not in ("'", '"') and text[end : end + 1] not in ("'", '"')


def _after(repo: Repo, path: str) -> str | None:
    """What makes the lock anew that goes with a manifest."""
    folder, slash, name = path.rpartition("/")
    for lock in _LOCKED_BY.get(name, ()):
        if f"{folder}{slash}{lock}" in repo:
            return LOCKERS[lock][0]
    if name.endswith(".in") and f"{path.removesuffix('.in')}.txt" in repo:
        return f"pip-compile {path}"
    return None


def lock_command(path: str) -> str | None:
    """What makes a lock anew, after its manifest changed."""
    found = LOCKERS.get(path.rpartition("/")[2])
    return found[0] if found else None


def upgrade_command(path: str, name: str) -> str | None:
    """What moves one package of a lock to a version that the manifest allows."""
    lock = path.rpartition("/")[2]
    if lock in LOCKERS:
        return LOCKERS[lock][1].format(name)
    return None
