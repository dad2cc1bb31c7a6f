"""Two manifests of one project cannot be met together.

pyproject.toml asks for numpy `>=2`, requirements.txt for `numpy==1.26.4`: whichever is installed
last wins, or nothing can be installed at all. Compared is what belongs into one environment: the
dependencies of a project, wherever its manifests state them, and each of its extras and groups with
these. Environments of their own, such as those of tox, pre-commit and build systems, are not.
Requirements with a marker may be meant for different environments and are left alone.

## How to resolve

Decide for one range, and state it once: the other manifest can be generated, or refer to it.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from govcheck.finding import Finding, Related
from govcheck.globs import matcher
from govcheck.manifests.find import declared, project_folders, project_of
from govcheck.manifests.statement import Statement
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Pairs of requirements of one environment that no version meets."""
    projects = project_folders(repo)
    binds = matcher(policy.dependencies.projects)
    groups: dict[tuple[str, str], list[Statement]] = {}
    for each in repo.view(declared):
        project = project_of(each.path, projects)
        is_bound = not policy.dependencies.projects or binds(project or ".")
        if is_bound and each.specifier and not each.marker and each.role != "other":
            groups.setdefault((project, each.subject), []).append(each)
    for statements in groups.values():
        if len({each.specifier for each in statements}) > 1:
            yield from _among(statements)


def _among(statements: Sequence[Statement]) -> Iterator[Finding]:
    from govcheck.manifests.versions import meet, translate  # only a pair pays for it

    told: set[Statement] = set()
    distinct = {(each.specifier, each.dialect, each.role): each for each in reversed(statements)}
    for one, other in combinations([*reversed(distinct.values())][:_MAX_COMPARED], 2):
        together = "main" in (one.role, other.role)
        if not together or one.specifier == other.specifier or other in told:
            continue
        try:
            ranges = [translate(each.specifier or "", each.dialect) for each in (one, other)]
        except ValueError:
            continue
        if meet(ranges):
            continue
        told.add(other)
        yield rule.finding(
            other.span,
            f"{other.named} and {one.quoted} "
            f"({one.path}:{one.span.line}) cannot both be met",
            related=(Related(one.span, "the other one"),),
            data={"subject": other.subject, "declared": other.declared,
                  "verdict": "unsatisfiable", "witness": None},
        )  # fmt: skip


# Where more are stated, enough is found among these.
_MAX_COMPARED = 200

rule = Rule("pins-disagree", "dependencies", check)

examples = [
    Example(
        "A requirements file that was forgotten",
        {
            "govcheck.toml": "",
            "pyproject.toml": '[project]\ndependencies = ["numpy>=2"]\n',
            "requirements.txt": "numpy==1.26.4\n",
        },
        (
            "requirements.txt:1:1: 'numpy==1.26.4' and 'numpy>=2' (pyproject.toml:2) cannot both"
            " be met",
        ),
    ),
    Example(
        "Different, but there are versions for both",
        {
            "govcheck.toml": "",
            "pyproject.toml": '[project]\ndependencies = ["numpy>=1.24"]\n',
            "requirements.txt": "numpy==1.26.4\n",
        },
    ),
    Example(
        "Environments of their own, and markers",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[project]\ndependencies = [\"numpy>=2; python_version > '3.9'\"]\n"
                '[project.optional-dependencies]\nold = ["scipy<1"]\nnew = ["scipy>1"]\n'
            ),
            "requirements.txt": "numpy==1.26.4; python_version <= '3.9'\n",
            "tox.ini": "[testenv:old]\ndeps = numpy<2\n",
        },
    ),
    Example(
        "Two projects of one repository",
        {
            "govcheck.toml": "",
            "a/pyproject.toml": '[project]\ndependencies = ["numpy>=2"]\n',
            "b/pyproject.toml": '[project]\ndependencies = ["numpy<2"]\n',
        },
    ),
]
