"""A document states versions of a package that the policy, or the manifest, does not allow.

Looked at are tables with a column for packages and one for their constraint, and TOML in documents
of the class reference that is laid out like the project's own manifest: most of the packages that
it names are in there. What the document says must be inside of what the policy allows, and of what
the project's manifest says; a version without an operator says what is, and is left alone.

## How to resolve

`--fix` writes what is allowed. A table that is a managed block (`govcheck: dependencies`) cannot
become wrong.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[pin-drift] -- why -->`.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.docs.pins import Pin
    from govcheck.manifests.statement import Statement

_NEEDLES = ("```toml", "~~~toml", "ackage", "ependenc", "ibrary", "equirement")
_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py")
_ENOUGH = 3


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Stated versions that are not allowed."""
    from govcheck.docs.documents import documents, told

    docs = [
        doc
        for doc in repo.view(documents, policy)
        if doc.kind in ("reference", "generated")
        and (doc.page.tables or any(each.language == "toml" for each in doc.page.fences))
        and any(needle in doc.document.text for needle in _NEEDLES)
    ]
    if not docs:
        return
    from govcheck.docs.pins import pins

    for doc in docs:
        stated = [
            each
            for each in pins(doc.document, doc.page)
            if not each.project or each.project in repo.view(_own_names)
        ]
        if not stated:
            continue
        manifest = repo.view(_manifest)
        packages = {each.package for each in stated}
        ours = packages & (manifest.keys() | set(policy.dependencies.packages))
        # A few packages are in any project: only its name tells that they are this one's.
        is_named = any(each.project or each.restates == "policy" for each in stated)
        needed = min(_ENOUGH, len(packages)) if is_named else _ENOUGH
        is_ours = len(ours) >= needed and 2 * len(ours) >= len(packages)
        for pin in stated if is_ours else ():
            wrong = _wrong(policy, manifest, pin)
            if wrong is None:
                continue
            wanted, limit, witness = wrong
            edit = Edit(doc.path, pin.start, pin.end, wanted)
            admits = f" admits {witness}" if witness else " is something else"
            yield rule.finding(
                doc.document.span(pin.start, pin.end),
                f"{pin.package}: '{pin.specifier}'{admits}; {limit}{told(doc)}",
                fix=None if doc.kind == "generated" else Fix(f"write {wanted}", (edit,)),
                data={"subject": pin.package, "declared": pin.specifier},
            )


def _own_names(repo: Repo) -> frozenset[str]:
    """What the project at the root is called."""
    from govcheck.dependencies.section import normalized

    found = re.compile(r"""(?m)^\s*name\s*=\s*["']?([\w.-]+)""")
    said = filter(None, map(repo.document, _MANIFESTS))
    return frozenset(normalized(name) for each in said for name in found.findall(each.text))


def _manifest(repo: Repo) -> "dict[str, Statement]":
    """What the manifest at the root says of packages, where it says it once."""
    from govcheck.manifests.find import declared_in

    found: dict[str, list[Statement]] = {}
    for each in (said for path in _MANIFESTS for said in declared_in(repo, path)):
        is_limit = each.specifier is not None and each.dialect in ("pep440", "poetry")
        if is_limit and not each.marker:
            found.setdefault(each.subject, []).append(each)
    return {name: said[0] for name, said in found.items() if len({s.specifier for s in said}) == 1}


def _wrong(
    policy: Policy, manifest: "dict[str, Statement]", pin: "Pin"
) -> tuple[str, str, str | None] | None:
    """What is allowed instead, a sentence about it, and a version that is not allowed."""
    from govcheck.dependencies.section import normalized
    from govcheck.manifests.versions import judge, translate

    section = policy.dependencies
    limits = [
        (package.allow, policy.origin("dependencies", "packages", name))
        for name, package in section.packages.items()
        if package.allow and normalized(name) == pin.package
    ]
    if section.python and pin.package == "python":
        limits = [(section.python, policy.origin("dependencies", "python"))]
    allowed = [(wanted, f"the policy allows {wanted} ({origin})") for wanted, origin in limits]
    said = manifest.get(pin.package)
    restated = pin.restates == "manifest" or not allowed
    if said is not None and said.specifier is not None and restated:
        place = f"{said.path}:{said.span.line}"
        allowed.append((said.specifier, f"{place} says '{said.specifier}'"))
    for wanted, limit in allowed:
        try:
            is_own = said is not None and wanted == said.specifier
            ranges = translate(wanted, said.dialect if is_own and said is not None else "pep440")
            if len(ranges) != 1:
                continue
            verdict = judge([translate(pin.specifier, pin.dialect)], ranges[0],
                            finals=pin.package == "python")  # fmt: skip
        except ValueError:
            continue
        if verdict.verdict == "violation":
            return wanted, limit, verdict.witness
    return None


rule = Rule("pin-drift", "docs", check, fix="safe")

_PROJECT = (
    "[project]\nrequires-python = '>=3.12,<3.13'\n"
    "dependencies = ['numpy>=1.26.4,<2.0.0', 'websockets>=12,<16', 'pandas>=2']\n"
)
_POLICY = "[dependencies.packages]\nnumpy = { allow = '<2', reason = 'pandas' }\n"

examples = [
    Example(
        "In a table, and in TOML like the manifest's",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": _PROJECT,
            "a.md": (
                "| Package | Constraint |\n| --- | --- |\n| `numpy` | `<3` |\n| pandas | >=2.1 |\n"
            ),
            "b.md": (
                "- ```toml\n  python = '^3.12'\n  numpy = '^1.24.0'\n  websockets = '^12.0'\n  "
                "```\n"
            ),
        },
        (
            "a.md:3:14: numpy: '<3' admits 2.0.0; the policy allows <2 (govcheck.toml:2)",
            "b.md:2:13: python: '^3.12' admits 3.13.0; pyproject.toml:2 says '>=3.12,<3.13'",
            "b.md:3:12: numpy: '^1.24.0' admits 1.24.0; pyproject.toml:3 says '>=1.26.4,<2.0.0'",
        ),
        {
            "a.md": (
                "| Package | Constraint |\n| --- | --- |\n| `numpy` | `<2` |\n| pandas | >=2.1 |\n"
            ),
            "b.md": (
                "- ```toml\n  python = '>=3.12,<3.13'\n  numpy = '>=1.26.4,<2.0.0'\n"
                "  websockets = '^12.0'\n  ```\n"
            ),
        },
    ),
    Example(
        "Narrower, a single version, and other columns",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": _PROJECT,
            "a.md": (
                "| Package | Version | Latest |\n| --- | --- | --- |\n| numpy | 2.1.0 | 2.3 |\n"
                "| websockets | ==13.0 | >=20 |\n| pandas | any | |\n"
            ),
        },
    ),
    Example(
        "A manifest of somebody else",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": _PROJECT,
            "a.md": (
                "```toml\n[tool.poetry.dependencies]\npython = '^3.9'\nshop = '^1'\nflask = '^3'\n"
                "django = '^5'\nnumpy = '^2'\n```\n"
            ),
        },
    ),
    Example(
        "In plans, in the past, and in other code",
        {
            "govcheck.toml": _POLICY + "[[docs.class]]\nname = 'plan'\npaths = ['PLAN.md']\n",
            "pyproject.toml": _PROJECT,
            "PLAN.md": "```toml\npython = '^3.13'\nnumpy = '^2'\nwebsockets = '^16'\n```\n",
            "a.md": "```ini\nnumpy = '^2'\n```\n",
        },
    ),
    Example(
        "The manifest of another project",
        {
            "govcheck.toml": "[dependencies]\npython = '>=3.10'\n",
            "pyproject.toml": "[project]\nname = 'shop'\nrequires-python = '>=3.10'\n",
            "a.md": "```toml\n[project]\nname = 'shop-plugin'\nrequires-python = '>3.7'\n```\n",
        },
    ),
    Example(
        "A few packages, of any project",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'shop'\ndependencies = ['django>=5', 'a>=2']\n",
            "a.md": "```toml\n[project]\ndependencies = ['django>=4', 'a']\n```\n",
        },
    ),
]
