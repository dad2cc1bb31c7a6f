"""What the repository states about versions, and what the policy says of each statement."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from govcheck.dependencies.section import Dependencies, normalized
from govcheck.globs import matcher
from govcheck.manifests.find import Found, declared, locked, project_folders, project_of
from govcheck.manifests.statement import Dialect, Statement
from govcheck.manifests.versions import Judgement, caps, judge, minors, translate
from govcheck.policy import Policy
from govcheck.repo import Repo

_NEWEST = (("*",), ("==3.*",))
_MINOR = re.compile(r"(?:cpython|python|py|cp)?[-@]?3\.?\d{1,2}")

_LOCK = 0.9


class Judged(NamedTuple):
    """A statement, and what the policy says of it.

    `allowed` is the policy's specifier. `why` says of an unknown version why it is unknown.
    """

    statement: Statement
    allowed: str
    judgement: Judgement
    why: str = ""


def stated(repo: Repo, policy: Policy) -> Found:
    """What the projects that the policy binds state about its packages and Python."""
    wanted = frozenset({*map(normalized, policy.dependencies.packages), "python"})
    locks = repo.view(locked, wanted)
    about = [*(s for s in repo.view(declared) if s.subject in wanted), *locks.statements]
    needs = locks.needs
    if policy.dependencies.projects:
        projects, binds = project_folders(repo), matcher(policy.dependencies.projects)
        about = [s for s in about if binds(project_of(s.path, projects) or ".")]
        needs = tuple(n for n in needs if binds(project_of(n[0].path, projects) or "."))
    return Found(tuple(sorted(about, key=lambda s: (s.path, s.span.start))), needs, locks.locks)


def judged(repo: Repo, policy: Policy) -> tuple[Judged, ...]:
    """The policy's word on every statement about a package that it limits, or about Python."""
    section = policy.dependencies
    limits = {
        normalized(name): package.allow
        for name, package in section.packages.items()
        if package.allow is not None
    }
    if section.python is not None:
        limits["python"] = section.python
    if not limits:
        return ()
    statements = [s for s in repo.view(stated, policy).statements if s.subject in limits]
    together = _Together(statements)
    return tuple(
        each
        for statement in statements
        if (each := _judged(statement, limits[statement.subject], together, section.python))
    )


class _Together:
    """The statements about one subject that hold at once, and what the policy says of them all."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.found: dict[tuple[str, str], list[Statement]] = {}
        self.known: dict[tuple[tuple[str, ...], str, str], Judgement] = {}
        for each in statements:
            if each.scope and each.specifier is not None:
                self.found.setdefault((each.scope, each.subject), []).append(each)

    def judged(self, statement: Statement, allowed: str) -> Judgement:
        """What the policy says of all that holds wherever a statement does, this one included."""
        scopes = (statement.scope, *statement.bound_by)
        key = (scopes, statement.subject, statement.marker)
        if key not in self.known:
            beside = {
                (each.specifier or "", each.dialect)
                for scope in filter(None, scopes)
                for each in self.found.get((scope, statement.subject), ())
                if each.marker in ("", statement.marker)
            }
            readable = [said for each in sorted(beside) if (said := _readable(*each)) is not None]
            self.known[key] = (
                judge(readable, allowed, finals=False) if readable else Judgement("unknown")
            )
        return self.known[key]


def _readable(specifier: str, dialect: Dialect) -> tuple[str, ...] | None:
    """The alternatives of a specifier; None for one that cannot be read, as others may well be."""
    try:
        alternatives = translate(specifier, dialect)
        meets = judge([alternatives], "", finals=False).verdict
    except ValueError:
        return None
    return alternatives if meets != "unknown" else None


def _judged(
    statement: Statement,
    allowed: str,
    together: "_Together",
    python: str | None,
) -> Judged | None:
    if statement.specifier is None:
        return Judged(statement, allowed, Judgement("unknown"), statement.why)
    if statement.marker and python and not _is_possible(statement.marker, python):
        return Judged(statement, allowed, Judgement("ok"))
    is_python = statement.subject == "python"
    try:
        own = translate(statement.specifier, statement.dialect)
    except ValueError:
        return Judged(statement, allowed, Judgement("unknown"), "it is no specifier that is known")
    names_one = statement.form == "interpreter" and statement.dialect not in ("pep440", "poetry")
    if names_one and own in _NEWEST and (first := minors(allowed)):
        own = (f">={first[0]}",)  # `python:3` is the newest that there is, so no floor is missed
    judgement = judge([own], allowed, finals=is_python)
    if is_python and not judgement.is_disjoint and _MINOR.fullmatch(statement.specifier):
        return Judged(statement, allowed, Judgement("ok"))  # it goes with the latest patch
    if judgement.verdict == "violation" and not is_python:
        joint = together.judged(statement, allowed)
        judgement = joint if joint.verdict not in ("unsatisfiable", "unknown") else judgement
    why = "it is no specifier of PEP 440" if judgement.verdict == "unknown" else ""
    return Judged(statement, allowed, judgement, why)


def _is_possible(marker: str, python: str) -> bool:
    from govcheck.manifests.environment import is_possible  # only markers pay for their parser

    return is_possible(marker, python)


def capped(repo: Repo, section: Dependencies) -> Mapping[str, Sequence[Statement]]:
    """The packages that manifests of the policy's projects limit from above, and where, by name.

    Manifests nearly all of whose requirements are exact count as locks.
    """
    by_file: dict[str, list[Statement]] = {}
    projects, binds = project_folders(repo), matcher(section.projects)
    for each in repo.view(declared):
        if section.projects and not binds(project_of(each.path, projects) or "."):
            continue
        if each.marker and section.python and not _is_possible(each.marker, section.python):
            continue
        if each.role != "other" and each.subject != "python" and each.form == "requirement":
            by_file.setdefault(each.path, []).append(each)
    found: dict[str, list[Statement]] = {}
    for statements in by_file.values():
        if len(statements) > 1 and sum(map(_is_exact, statements)) >= _LOCK * len(statements):
            continue
        for each in statements:
            if _is_capped(each):
                found.setdefault(each.subject, []).append(each)
    return found


def _is_exact(statement: Statement) -> bool:
    """Whether a statement names one release, as locks and exported environments do."""
    said = statement.specifier or ""
    if statement.dialect == "conda":
        return re.match(r"={0,2}\s*\d+(\.\d+){2}|={1,2}\s*\d", said) is not None
    return said.startswith("==") and not said.endswith("*")


def _is_capped(statement: Statement) -> bool:
    try:
        alternatives = translate(statement.specifier or "", statement.dialect)
        is_exact = all(each.startswith("==") for each in alternatives)
        return caps(alternatives) and not (is_exact and statement.role == "extra")
    except ValueError:
        return False
