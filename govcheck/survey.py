"""What a repository holds that a policy could speak of, for `govcheck init`."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from govcheck.dependencies.judging import capped
from govcheck.dependencies.section import Dependencies
from govcheck.flags.references import READS, references
from govcheck.flags.section import FlagsSettings
from govcheck.flags.values import Value, meaning
from govcheck.git import GitError, git
from govcheck.manifests.find import declared
from govcheck.manifests.statement import Statement
from govcheck.manifests.versions import judge, translate
from govcheck.markers import has_tests
from govcheck.markers.registration import registrations
from govcheck.markers.suite import suite
from govcheck.policy import Policy
from govcheck.repo import Repo

FLAG_NAMES = ("USE_*", "ENABLE_*", "DISABLE_*", "FEATURE_*", "FF_*", "*_ENABLED")

_TOOL_DIRECTORIES = re.compile(
    r"(^|/)(\.[^/]*|__pycache__|node_modules|build|dist|venv|env|htmlcov|[^/]*\.egg-info)/$"
)


@dataclass(frozen=True, slots=True)
class FoundFlag:
    """A name that code reads as a flag, its default where the call sites agree, and one place."""

    name: str
    default: Value
    place: str


@dataclass(frozen=True, slots=True)
class FoundLimit:
    """A package that a manifest limits from above, where, and the comment beside it."""

    name: str
    allow: str
    place: str
    reason: str


def found_flags(repo: Repo) -> tuple[FoundFlag, ...]:
    """What code reads whose name looks like a flag's: all that undeclared-flag would report."""
    policy = Policy(flags_settings=FlagsSettings(names=FLAG_NAMES))
    found = []
    for name, places in repo.view(references, policy).items():
        reads = [place for place in places if place.kind in READS and not place.defines]
        if not reads:
            continue
        defaults = [meaning(read.default[0]) for read in reads if read.default]
        agree = bool(defaults) and all(default == defaults[0] for default in defaults)
        place = f"{reads[0].span.path}:{reads[0].span.line}"
        found.append(FoundFlag(name, defaults[0] if agree else None, place))
    return tuple(sorted(found, key=lambda flag: flag.name))


def found_folders(repo: Repo) -> tuple[tuple[str, str], ...]:
    """The folders named like a marker that most of their tests bear: (folder, marker)."""
    if not repo.view(has_tests):
        return ()
    tests = repo.view(suite).tests
    found = []
    for name in dict.fromkeys(each.name for each in repo.view(registrations)):
        inside = [test for test in tests if f"/{name}/" in f"/{test.path}"]
        bearing = [test for test in inside if name in test.names]
        if bearing and 2 * len(bearing) >= len(inside):
            folder = f"/{bearing[0].path}".partition(f"/{name}/")[0]
            found.append((f"{folder}/{name}".lstrip("/"), name))
    return tuple(found)


def found_limits(repo: Repo) -> tuple[str | None, tuple[FoundLimit, ...]]:
    """The range of Pythons that the project is for, and the packages that it limits, with places.

    Limits are those of the root project that no other manifest contradicts. A comment beside a
    requirement is taken for its reason.
    """
    said = repo.view(declared)
    pythons = [
        each.specifier
        for each in said
        if each.subject == "python" and each.path == "pyproject.toml" and each.dialect == "pep440"
    ]
    limits = []
    for name, places in sorted(capped(repo, Dependencies()).items()):
        first = next((each for each in places if "/" not in each.path), None)
        document = repo.document(first.path) if first is not None else None
        if first is None or document is None:
            continue
        alternatives = translate(first.specifier or "", first.dialect)
        allow = alternatives[0].replace(" ", "")
        if len(alternatives) > 1 or not _all_within(said, name, allow):
            continue
        rest = document.line(first.span.end_line)[first.span.end_column - 1 :]
        _, _, reason = rest.partition("# ")
        limits.append(FoundLimit(name, allow, f"{first.path}:{first.span.line}", reason.strip()))
    return next(iter(pythons), None), tuple(limits)


def _all_within(said: Sequence[Statement], name: str, allow: str) -> bool:
    try:
        return all(
            judge([translate(each.specifier or "", each.dialect)], allow, finals=False).verdict
            in ("ok", "unknown")
            for each in said
            if each.subject == name
        )
    except ValueError:
        return False


def ignored_directories(repo: Repo) -> tuple[str, ...]:
    """The directories that exist and git ignores, less those that tools make for themselves."""
    if not repo.uses_git:
        return ()
    try:
        listing = git(repo.root, "ls-files", "-z", "-o", "-i", "--exclude-standard", "--directory")
    except GitError:
        return ()
    paths = os.fsdecode(listing).split("\0")
    return tuple(p for p in paths if p.endswith("/") and not _TOOL_DIRECTORIES.search(p))
