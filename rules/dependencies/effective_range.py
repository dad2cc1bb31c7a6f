"""A locked package narrows another one further than the policy says.

The policy allows websockets `<16`, but the locked coinbase-advanced-py needs `<14`: versions 14 and
15 are allowed and can never be installed. Whoever reads the policy plans with a range that is not
there. Reported are ranges in the lock that end below the policy's own end, or that leave nothing
of what it allows. A higher floor is no contradiction. uv.lock tells ranges only of the packages of
the workspace, poetry.lock and pdm.lock of all.

## How to resolve

Narrow the entry of the policy and give the package that needs it as the reason, or move that
package to a version that needs less.

## How to except

`[[exceptions]]` in the policy, for the policy file.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.dependencies.section import normalized
from govcheck.document import Document
from govcheck.finding import Finding, Related
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.manifests.locks import Need


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Needs of locked packages that end below the policy's end, or leave nothing of it."""
    allowed = {
        normalized(name): (name, package.allow)
        for name, package in policy.dependencies.packages.items()
        if package.allow is not None
    }
    if not allowed:
        return
    from govcheck.dependencies.judging import stated  # only such a policy pays for it

    for document, need in repo.view(stated, policy).needs:
        name, allow = allowed.get(need.needs, ("", None))
        if allow is not None and need.range and (says := _contradiction(need, allow)):
            yield _finding(policy, name, allow, document, need, says)


def _contradiction(need: "Need", allow: str) -> str | None:
    from govcheck.manifests.versions import judge, lowers_ceiling, translate

    try:
        alternatives = translate(need.range, need.dialect)
    except ValueError:
        return None
    if judge([alternatives], allow, finals=False).is_disjoint:
        return "which leaves nothing of it"
    version = lowers_ceiling(alternatives, allow)
    return f"so {version} cannot be installed" if version else None


def _finding(
    policy: Policy, name: str, allow: str, document: Document, need: "Need", says: str
) -> Finding:
    origin = policy.origin("dependencies", "packages", name, "allow")
    here = need.span(document)
    by = f"{need.package} {need.version}".rstrip()
    return rule.finding(
        origin.span if origin.source.path else here,
        f"{name} is allowed at {allow} ({origin}), but {by} needs {need.range} "
        f"({document.path}:{here.line}), {says}",
        related=(Related(here, f"what {by} needs"),),
        data={"subject": need.needs, "declared": need.range, "verdict": "violation",
              "witness": None},
    )  # fmt: skip


rule = Rule("effective-range", "dependencies", check, severity="warning")

_POLICY = '[dependencies.packages]\nwebsockets = { allow = ">=12,<16" }\n'


def _lock(range_: str) -> str:
    return (
        '[[package]]\nname = "coinbase-advanced-py"\nversion = "1.8.2"\n\n'
        f'[package.dependencies]\nwebsockets = "{range_}"\n'
    )


examples = [
    Example(
        "The lock ends before the policy does",
        {"govcheck.toml": _POLICY, "poetry.lock": _lock(">=12.0,<14.0")},
        (
            "govcheck.toml:2:16: websockets is allowed at >=12,<16 (govcheck.toml:2), but"
            " coinbase-advanced-py 1.8.2 needs >=12.0,<14.0 (poetry.lock:6), so 14.0.0 cannot be"
            " installed",
        ),
    ),
    Example(
        "A higher floor",
        {"govcheck.toml": _POLICY, "poetry.lock": _lock(">=13")},
    ),
    Example(
        "The same end, in other words",
        {"govcheck.toml": _POLICY, "poetry.lock": _lock("!=13.1,<16.0.0")},
    ),
    Example(
        "The policy has no end",
        {
            "govcheck.toml": '[dependencies.packages]\nwebsockets = { allow = ">=12" }\n',
            "poetry.lock": _lock("<14"),
        },
    ),
]
