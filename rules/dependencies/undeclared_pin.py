"""A manifest caps or pins a package, and no policy entry says why.

A ceiling such as `numpy<2` is a decision: somebody found that version 2 does not work. Without its
reason nobody dares to lift it. Where the policy has a `[dependencies]` section, every package that
a manifest of the project limits from above needs an entry there, and every entry a reason.

A range that ends with the next major version after its floor (`>=2.31,<3`, `~=2.31`, Poetry's
`^2.31`) is what tools write by themselves and counts as none. So do exact versions of development
tools, and manifests nine in ten of whose requirements are exact, as pip-compile and `conda env
export` write them: these are locks.

## How to resolve

Say in `[dependencies.packages]` what is allowed and why. `--unsafe-fixes` adds the entries with
what the manifest says and an empty reason for you to fill.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from govcheck.dependencies.section import normalized
from govcheck.finding import Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.manifests.statement import Statement

_SHOWN = 3


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Packages that are limited without an entry, and entries without a reason."""
    section = policy.dependencies
    if not section.packages and section.python is None:
        return
    from govcheck.dependencies.judging import capped  # only such a policy pays for it

    known = frozenset(map(normalized, section.packages))
    found = {n: each for n, each in capped(repo, section).items() if n not in known}
    fix = _declaration(repo, policy, found) if found else None
    for subject, (first, *others) in found.items():
        also = f" (also in {len(others)} other {'place' if len(others) == 1 else 'places'})"
        yield rule.finding(
            first.span,
            f"{first.quoted}{also if others else ''} limits {subject}, and the policy does"
            f" not say why: declare it in {policy.sources[-1].label}",
            fix=fix,
            data=_data(subject, first.declared),
        )
    for name, package in section.packages.items():
        origin = policy.origin("dependencies", "packages", name)
        if not (package.reason or "").strip() and origin.source.path is not None:
            yield rule.finding(
                origin.span,
                f"the entry of {name} has no reason: say why its versions are limited",
                data=_data(normalized(name), package.allow or ""),
            )


def _declaration(
    repo: Repo, policy: Policy, found: Mapping[str, Sequence["Statement"]]
) -> Fix | None:
    from govcheck.manifests.versions import translate
    from govcheck.policy.addition import addition

    allowed = {
        subject: translate(first.specifier or "", first.dialect)
        for subject, (first, *_) in found.items()
    }
    tables = {
        subject: {"allow": alternatives[0].replace(" ", ""), "reason": ""}
        for subject, alternatives in allowed.items()
        if len(alternatives) == 1
    }
    edit = addition(repo, policy, "dependencies.packages", tables)
    names = sorted(tables)
    title = ", ".join(names) if len(names) <= _SHOWN else f"these {len(names)} packages"
    return Fix(f"declare {title}", (edit,), safe=False) if edit else None


def _data(subject: str, declared: str) -> dict[str, object]:
    return {"subject": subject, "declared": declared, "verdict": "violation", "witness": None}


rule = Rule("undeclared-pin", "dependencies", check, severity="warning", fix="unsafe")

_POLICY = '[dependencies]\npython = ">=3.12"\n'

examples = [
    Example(
        "A ceiling that nobody explains",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": (
                '[project]\nrequires-python = ">=3.12"\n'
                'dependencies = ["numpy>=1.24,<1.27", "rich>=13"]\n'
            ),
        },
        (
            "pyproject.toml:3:18: 'numpy>=1.24,<1.27' limits numpy, and the policy does not say"
            " why: declare it in govcheck.toml",
        ),
        {
            "govcheck.toml": _POLICY
            + '\n[dependencies.packages.numpy]\nallow = ">=1.24,<1.27"\nreason = ""\n'
        },
        unsafe=True,
    ),
    Example(
        "An entry without a reason",
        {"govcheck.toml": '[dependencies.packages]\nnumpy = { allow = "<2", reason = "" }\n'},
        ("govcheck.toml:2:1: the entry of numpy has no reason: say why its versions are limited",),
    ),
    Example(
        "A reason is given",
        {
            "govcheck.toml": (
                '[dependencies.packages]\nnumpy = { allow = "<2", reason = "pandas" }\n'
            ),
            "requirements.txt": "numpy<2\n",
        },
    ),
    Example(
        "A list of exact versions is a lock",
        {
            "govcheck.toml": _POLICY,
            "requirements.txt": "numpy==1.26.4\nrich==13.7.0\n",
        },
    ),
    Example(
        "The next major version, development tools, and other environments",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": (
                '[project]\ndependencies = ["rich>=13.2,<14", "flask~=3.1", "tqdm>=0.4.1,<0.5"]\n'
                '[dependency-groups]\ndev = ["ruff==0.14.1"]\n'
                '[tool.poetry.dependencies]\nhttpx = "^0.28"\n'
            ),
            "tox.ini": "[testenv]\ndeps = pytest<9\n",
        },
    ),
    Example(
        "No section about dependencies: nothing to declare there",
        {"govcheck.toml": "", "requirements.txt": "numpy<2\nrich\n"},
    ),
]
