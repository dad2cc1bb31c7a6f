"""A package is used that the policy forbids.

`forbid = true` in `[dependencies.packages]` rules a package out, be it declared in any manifest,
installed by a command, or locked because another package needs it.

## How to resolve

Take it out of the manifest. Where only a lock holds it, the package that needs it has to go, or
needs another version; the lock tells which one that is.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.dependencies.section import normalized
from govcheck.finding import Finding, Related
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_SHOWN = 3


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Statements about forbidden packages."""
    forbidden = {normalized(n) for n, each in policy.dependencies.packages.items() if each.forbid}
    if not forbidden:
        return
    from govcheck.dependencies.judging import stated  # only such a policy pays for it
    from govcheck.dependencies.telling import limit

    found = repo.view(stated, policy)
    for statement in found.statements:
        if statement.subject not in forbidden:
            continue
        is_locked = statement.form == "lock"
        needed = [
            (document, need)
            for document, need in found.needs
            if need.needs == statement.subject and document.path == statement.path and is_locked
        ]
        by = ", ".join(dict.fromkeys(need.package for _, need in needed))
        says = f"is locked at {statement.quoted}" if is_locked else "is declared here"
        because = f", since {by} needs it" if by else ""
        yield rule.finding(
            statement.span,
            f"{statement.subject} {says}{because}; {limit(policy, statement.subject)}",
            related=tuple(
                Related(need.span(document), f"{need.package} needs it here")
                for document, need in needed[:_SHOWN]
            ),
            data={
                "subject": statement.subject,
                "declared": statement.declared,
                "verdict": "violation",
                "witness": None,
            },
        )


rule = Rule("forbidden-package", "dependencies", check)

_POLICY = """\
[dependencies.packages]
left-pad = { forbid = true, reason = "abandoned" }
"""

examples = [
    Example(
        "Declared, in any spelling, and locked",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": '[project]\ndependencies = ["Left_Pad>=1"]\n',
            "poetry.lock": (
                '[[package]]\nname = "left-pad"\nversion = "1.3"\n\n'
                '[[package]]\nname = "shop"\nversion = "2"\n\n'
                '[package.dependencies]\nleft-pad = ">=1"\n'
            ),
        },
        (
            "poetry.lock:3:12: left-pad is locked at '1.3', since shop needs it; the policy forbids"
            " it (govcheck.toml:2): abandoned",
            "pyproject.toml:2:18: left-pad is declared here; the policy forbids it"
            " (govcheck.toml:2): abandoned",
        ),
    ),
    Example(
        "Packages with longer names",
        {
            "govcheck.toml": _POLICY,
            "requirements.txt": "left-pad-2\nnot-left-pad\n",
        },
    ),
    Example(
        "A command that takes it away, and one that is only shown",
        {
            "govcheck.toml": _POLICY,
            "clean.sh": "pip uninstall -y left-pad\necho pip install left-pad\n",
        },
    ),
]
