"""A manifest admits versions of a package that the policy does not allow.

Every place that states which versions of a package it takes is held against
`[dependencies.packages]`: pyproject.toml in all its dialects, requirements and constraints files,
setup.cfg and setup.py, Pipfile, conda environments, tox, pre-commit's additional dependencies,
`pip install` in Dockerfiles, workflows, Makefiles and scripts, and the headers of scripts.

What is declared must be contained in what is allowed, decided exactly over the versions of PEP 440,
not by comparing strings: `numpy>=1.24` admits 2.0.0 where the policy says `<2`, and
`numpy~=1.26` does not. Requirements of one list hold together, so `numpy>=1.24` is fine beside
`numpy<2`. A requirement whose marker excludes every Python that the policy allows is none. Where
the files do not tell the version, as for a git URL, the finding is of severity `info`, or what
`[dependencies] unknown` says.

## How to resolve

`--fix` narrows the specifier in place: the author's clauses, quotes and spacing stay. Where nothing
would be left, choose a version by hand, or change the policy and its reason.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Requirements that are not inside of what is allowed."""
    if policy.dependencies.packages:
        from govcheck.dependencies.telling import findings  # only such a policy pays for it

        yield from findings(rule, repo, policy, frozenset({"requirement"}), python=False)


rule = Rule("pin", "dependencies", check, fix="safe")

_POLICY = """\
[dependencies.packages]
numpy = { allow = "<2", reason = "pandas is built against NumPy 1" }
"""

examples = [
    Example(
        "A lower bound alone admits the next major version",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": '[project]\ndependencies = ["numpy>=1.24"]\n',
        },
        (
            "pyproject.toml:2:18: 'numpy>=1.24' admits 2.0.0; the policy allows <2"
            " (govcheck.toml:2): pandas is built against NumPy 1",
        ),
        {"pyproject.toml": '[project]\ndependencies = ["numpy>=1.24,<2"]\n'},
    ),
    Example(
        "Poetry's caret, a Dockerfile and a workflow",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": '[tool.poetry.dependencies]\nnumpy = "^2.1"\n',
            "Dockerfile": "FROM scratch\nRUN pip install --no-cache-dir numpy!=1.25.0\n",
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - run: pip install 'numpy >=1.20, !=1.25.0'\n"
            ),
        },
        (
            ".github/workflows/ci.yml:4:27: 'numpy >=1.20, !=1.25.0' admits 2.0.0; the policy"
            " allows <2 (govcheck.toml:2): pandas is built against NumPy 1",
            "Dockerfile:2:32: 'numpy!=1.25.0' admits 2.0.0; the policy allows <2 (govcheck.toml:2):"
            " pandas is built against NumPy 1",
            "pyproject.toml:2:10: numpy '^2.1' admits nothing that is allowed; the policy allows <2"
            " (govcheck.toml:2): pandas is built against NumPy 1",
        ),
        {
            "Dockerfile": 'FROM scratch\nRUN pip install --no-cache-dir "numpy!=1.25.0,<2"\n',
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - run: pip install 'numpy >=1.20, !=1.25.0, <2'\n"
            ),
        },
    ),
    Example(
        "Contained, in other words",
        {
            "govcheck.toml": _POLICY,
            "requirements.txt": "numpy~=1.26  # ~= ends below 2\nNumPy==1.26.4\nnumpy-quaternion\n",
            "environment.yml": "dependencies:\n  - numpy=1.26\n",
        },
    ),
    Example(
        "What holds together is judged together",
        {
            "govcheck.toml": _POLICY,
            "requirements.txt": "-c constraints.txt\nnumpy>=1.24\n",
            "constraints.txt": "numpy<2\n",
        },
    ),
    Example(
        "A marker that no allowed Python meets",
        {
            "govcheck.toml": '[dependencies]\npython = ">=3.12"\n' + _POLICY,
            "requirements.txt": "numpy>=2; python_version < '3.12'\nnumpy<2\n",
        },
    ),
    Example(
        "Prose and other packages",
        {
            "govcheck.toml": _POLICY,
            "README.md": "    pip install 'numpy>=2'\n",
            "requirements.txt": "numpydoc>=1.6\n# numpy>=2\n",
        },
    ),
]
