"""What the repository states about versions, and what the policy says of each statement."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from govcheck.dependencies.section import normalized
from govcheck.globs import matcher
from govcheck.manifests.find import Found, declared, locked, project_folders, project_of
from govcheck.manifests.statement import Statement
from govcheck.manifests.versions import Judgement, caps, judge, translate
from govcheck.policy import Policy
from govcheck.repo import Repo


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
    together = _together(statements)
    return tuple(
        each
        for statement in statements
        if (each := _judged(statement, limits[statement.subject], together, section.python))
    )


def _together(statements: Sequence[Statement]) -> dict[tuple[str, str], list[Statement]]:
    """The statements about one subject that hold at once, by scope and subject."""
    found: dict[tuple[str, str], list[Statement]] = {}
    for each in statements:
        if each.scope:
            found.setdefault((each.scope, each.subject), []).append(each)
    return found


def _judged(
    statement: Statement,
    allowed: str,
    together: dict[tuple[str, str], list[Statement]],
    python: str | None,
) -> Judged | None:
    if statement.specifier is None:
        return Judged(statement, allowed, Judgement("unknown"), statement.why)
    if statement.marker and python and not _is_possible(statement.marker, python):
        return Judged(statement, allowed, Judgement("ok"))
    is_python = statement.subject == "python"
    beside = [] if is_python else [*_beside(statement, together)]
    try:
        own = translate(statement.specifier, statement.dialect)
        others = [translate(each.specifier or "", each.dialect) for each in beside]
    except ValueError:
        return Judged(statement, allowed, Judgement("unknown"), "it is no specifier that is known")
    judgement = judge([own], allowed, finals=is_python)
    if judgement.verdict == "violation" and others:
        joint = judge([own, *others], allowed, finals=is_python)
        judgement = joint if joint.verdict != "unsatisfiable" else judgement
    why = "it is no specifier of PEP 440" if judgement.verdict == "unknown" else ""
    return Judged(statement, allowed, judgement, why)


def _is_possible(marker: str, python: str) -> bool:
    from govcheck.manifests.environment import is_possible  # only markers pay for their parser

    return is_possible(marker, python)


def _beside(
    statement: Statement, together: dict[tuple[str, str], list[Statement]]
) -> Iterator[Statement]:
    """The other statements that hold wherever this one does."""
    for scope in (statement.scope, *statement.bound_by):
        for each in together.get((scope, statement.subject), ()) if scope else ():
            applies = each.marker in ("", statement.marker)
            if each is not statement and applies and each.specifier is not None:
                yield each


def capped(repo: Repo) -> Mapping[str, Sequence[Statement]]:
    """The packages that manifests of projects limit from above, and where, by name."""
    by_file: dict[str, list[Statement]] = {}
    for each in repo.view(declared):
        if each.role != "other" and each.subject != "python" and each.form == "requirement":
            by_file.setdefault(each.path, []).append(each)
    found: dict[str, list[Statement]] = {}
    for statements in by_file.values():
        if len(statements) > 1 and all((s.specifier or "").startswith("==") for s in statements):
            continue
        for each in statements:
            if _is_capped(each):
                found.setdefault(each.subject, []).append(each)
    return found


def _is_capped(statement: Statement) -> bool:
    try:
        alternatives = translate(statement.specifier or "", statement.dialect)
        is_exact = all(each.startswith("==") for each in alternatives)
        return caps(alternatives) and not (is_exact and statement.role == "extra")
    except ValueError:
        return False
