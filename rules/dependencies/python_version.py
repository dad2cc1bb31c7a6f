"""A version of Python is stated that the policy does not allow.

The version of Python is written in more places than any other: `requires-python`, Poetry's
`python`, classifiers, .python-version, runtime.txt, .tool-versions, mise, images of Dockerfiles and
services, `python-version` of workflows and their matrices, tox and nox, pre-commit, the targets of
ruff, black, mypy and pyright, Read the Docs, devcontainers, and the headers of scripts. Each is
held against `[dependencies] python`.

A range must be contained in what is allowed; a place that names one interpreter, such as
`python:3.12-slim` or `py312`, means any release of that minor version. Only final releases count.
In YAML, 3.10 without quotes is the number 3.1, and is taken for it.

## How to resolve

`--fix` narrows ranges, and where the policy allows one minor version only, sets places that name
one interpreter to it. Lists, such as matrices and classifiers, are left to you.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_FORMS = frozenset({"requirement", "interpreter", "lock"})


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Versions of Python outside of what is allowed."""
    if policy.dependencies.python is not None:
        from govcheck.dependencies.telling import findings  # only such a policy pays for it

        yield from findings(rule, repo, policy, _FORMS, python=True)


rule = Rule("python-version", "dependencies", check, fix="safe")

_POLICY = '[dependencies]\npython = ">=3.12,<3.13"\n'

examples = [
    Example(
        "Ranges and single interpreters",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": (
                '[project]\nrequires-python = ">=3.12"\n\n[tool.ruff]\ntarget-version = "py311"\n'
            ),
            "Dockerfile": "FROM python:3.11-slim AS base\n",
        },
        (
            "Dockerfile:1:6: 'python:3.11-slim' is not allowed; the policy allows >=3.12,<3.13"
            " (govcheck.toml:2)",
            "pyproject.toml:2:20: '>=3.12' admits 3.13.0; the policy allows >=3.12,<3.13"
            " (govcheck.toml:2)",
            "pyproject.toml:5:19: 'py311' is not allowed; the policy allows >=3.12,<3.13"
            " (govcheck.toml:2)",
        ),
        {
            "pyproject.toml": (
                '[project]\nrequires-python = ">=3.12,<3.13"\n\n'
                '[tool.ruff]\ntarget-version = "py312"\n'
            ),
            "Dockerfile": "FROM python:3.12-slim AS base\n",
        },
    ),
    Example(
        "The one minor version, in every spelling",
        {
            "govcheck.toml": _POLICY,
            ".python-version": "3.12.4\n",
            "pyproject.toml": (
                '[project]\nrequires-python = "==3.12.*"\n'
                'classifiers = ["Programming Language :: Python :: 3.12"]\n'
                '\n[tool.black]\ntarget-version = ["py312"]\n'
            ),
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    strategy: { matrix: { python-version: ['3.12'] } }\n"
                "    steps:\n      - uses: actions/setup-python@v5\n"
                "        with: { python-version: '${{ matrix.python-version }}' }\n"
            ),
        },
    ),
    Example(
        "Images and packages of other names",
        {
            "govcheck.toml": _POLICY,
            "Dockerfile": "FROM debian:12\nFROM pypy:3.10\n",
            "requirements.txt": "python-dateutil==2.9\n",
        },
    ),
]
