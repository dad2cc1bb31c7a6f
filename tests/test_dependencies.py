"""Dependencies: whatever a repository states about versions, held against what is allowed."""

import json
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from govcheck import PolicyError, check, fix
from govcheck.cli import run
from tests.conftest import Repository, write

POLICY = """\
[dependencies]
python = ">=3.12,<3.13"
[dependencies.packages]
numpy = { allow = "<2" }
websockets = { allow = ">=12,<16" }
"""
RULES = ("pin", "locked-version", "python-version")


def _lines(root: Path, *rules: str) -> list[str]:
    """`LINE SUBJECT VERDICT` of each finding, `?` where a version is not known."""
    report = check(str(root), select=rules or RULES)
    assert not report.problems
    signs = {"violation": "", "unknown": " ?", "unsatisfiable": " none"}
    return [
        f"{f.span.line} {f.data['subject']}{signs[str(f.data['verdict'])]}" for f in report.findings
    ]


# What stands in a file, what is found in it, and what fixing makes of it (None: the same).
MANIFESTS: dict[str, tuple[str, str, list[str], str | None]] = {
    "extras, groups and build requirements of pyproject.toml": (
        "pyproject.toml",
        '[project]\noptional-dependencies.fast = ["NumPy[x] >= 1.20 ; os_name == \'nt\'"]\n'
        '[dependency-groups]\ndev = [{ include-group = "a" }, "websockets>=12"]\n'
        '[build-system]\nrequires = ["numpy>=2"]\n',
        ["2 numpy", "4 websockets", "6 numpy"],
        '[project]\noptional-dependencies.fast = ["NumPy[x] >= 1.20,<2 ; os_name == \'nt\'"]\n'
        '[dependency-groups]\ndev = [{ include-group = "a" }, "websockets>=12,<16"]\n'
        '[build-system]\nrequires = ["numpy>=2"]\n',
    ),
    "Poetry: tables, several constraints, and the caret": (
        "pyproject.toml",
        "[tool.poetry.dependencies]\npython = '^3.12'\nnumpy = { version = '>=1.2', extras = [] }\n"
        'websockets = [{ version = "^13", python = "<3.13" }, { version = "*" }]\n'
        '[tool.poetry.group.dev.dependencies]\nnumpy = "~1.26"\n',
        ["2 python", "3 numpy", "4 websockets"],
        "[tool.poetry.dependencies]\npython = '^3.12,<3.13'\n"
        "numpy = { version = '>=1.2,<2', extras = [] }\n"
        'websockets = [{ version = "^13", python = "<3.13" }, { version = ">=12,<16" }]\n'
        '[tool.poetry.group.dev.dependencies]\nnumpy = "~1.26"\n',
    ),
    "uv, PDM and Hatch": (
        "pyproject.toml",
        '[tool.uv]\nconstraint-dependencies = ["numpy>1"]\n'
        '[tool.pdm.dev-dependencies]\ntest = ["numpy>1"]\n'
        '[tool.hatch.envs.default]\ndependencies = ["numpy>1"]\npython = "3.11"\n',
        ["2 numpy", "4 numpy", "6 numpy", "7 python"],
        '[tool.uv]\nconstraint-dependencies = ["numpy>1,<2"]\n'
        '[tool.pdm.dev-dependencies]\ntest = ["numpy>1,<2"]\n'
        '[tool.hatch.envs.default]\ndependencies = ["numpy>1,<2"]\npython = "3.12"\n',
    ),
    "targets of tools": (
        "pyproject.toml",
        '[tool.ruff]\ntarget-version = "py311"\n[tool.black]\ntarget-version = ["py311", "py312"]\n'
        '[tool.mypy]\npython_version = "3.10"\n[tool.pyright]\npythonVersion = "3.12"\n',
        ["2 python", "4 python", "6 python"],
        '[tool.ruff]\ntarget-version = "py312"\n[tool.black]\ntarget-version = ["py311", "py312"]\n'
        '[tool.mypy]\npython_version = "3.12"\n[tool.pyright]\npythonVersion = "3.12"\n',
    ),
    "requirements: continuations, options, comments, Windows": (
        "requirements.txt",
        "numpy \\\r\n    >=1.20\r\nwebsockets >= 12  # why\r\n--no-binary numpy\r\n# numpy\r\n",
        ["1 numpy", "3 websockets"],
        "numpy \\\r\n    >=1.20\r\nwebsockets >= 12,<16  # why\r\n--no-binary numpy\r\n# numpy\r\n",
    ),
    "requirements: what a hash belongs to, a file, a repository, a variable": (
        "requirements.txt",
        "numpy==2.1.0 --hash=sha256:00\nnumpy @ https://x/numpy-1.26.4-cp312-none-any.whl\n"
        "websockets @ git+https://x/w.git@main\nnumpy${PIN}\n-e git+https://x/w.git#egg=websockets\n",
        ["1 numpy", "3 websockets ?", "4 numpy ?", "5 websockets ?"],
        None,
    ),
    "constraints": ("constraints.txt", "numpy\n", ["1 numpy"], "numpy<2\n"),
    "setup.cfg": (
        "setup.cfg",
        "[options]\npython_requires = >=3.9\ninstall_requires =\n    numpy>=1\n    # numpy>=2\n"
        "[options.extras_require]\nx = numpy>1\n",
        ["2 python", "4 numpy", "7 numpy"],
        "[options]\npython_requires = >=3.12,<3.13\ninstall_requires =\n    numpy>=1,<2\n"
        "    # numpy>=2\n[options.extras_require]\nx = numpy>1,<2\n",
    ),
    "setup.cfg: a requirement that goes on in the next line": (
        "setup.cfg",
        "[options]\ninstall_requires =\n    # numpy \\\n    numpy>=2; \\\n"
        "        python_version < '3.12'\n    websockets>=12 ; \\\n        os_name == 'nt'\n",
        ["6 websockets"],
        "[options]\ninstall_requires =\n    # numpy \\\n    numpy>=2; \\\n"
        "        python_version < '3.12'\n    websockets>=12,<16 ; \\\n        os_name == 'nt'\n",
    ),
    "TOML strings with escapes after the specifier": (
        "pyproject.toml",
        '[project]\ndependencies = ["numpy>=1; os_name == \\"nt\\"", "num\\u0070y>=1"]\n',
        ["2 numpy", "2 numpy"],
        '[project]\ndependencies = ["numpy>=1,<2; os_name == \\"nt\\"", "num\\u0070y>=1"]\n',
    ),
    "Pipfile: tables that tell no version": (
        "Pipfile",
        '[packages]\nnumpy = {extras = ["x"]}\nwebsockets = {path = "."}\n'
        "[dev-packages]\nnumpy = {extras = [], markers = \"python_version < '3.12'\"}\n",
        ["2 numpy", "3 websockets ?"],
        None,
    ),
    "an environment of conda of any name, and a variable": (
        "ci/py312.yaml",
        "channels: [conda-forge]\ndependencies:\n  - python=${{ matrix.python }}\n  - numpy>=1\n",
        ["3 python ?", "4 numpy"],
        "channels: [conda-forge]\ndependencies:\n  - python=${{ matrix.python }}\n"
        "  - numpy>=1,<2\n",
    ),
    "a template of Azure's pipelines of any name": (
        "ci/steps.yml",
        "steps:\n  - task: UsePythonVersion@0\n    inputs: { versionSpec: '3.11' }\n",
        ["3 python"],
        "steps:\n  - task: UsePythonVersion@0\n    inputs: { versionSpec: '3.12' }\n",
    ),
    "a configuration of App Engine": (
        "app.yaml",
        "runtime: python39\nimage: python:3.9\n",
        ["1 python"],
        "runtime: python312\nimage: python:3.9\n",
    ),
    "versions of a matrix that a command installs": (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    strategy:\n      matrix:\n        np: ['1.26', '2.0']\n        ws: ['']\n"
        "        include:\n          - np: '2.1'\n    steps:\n"
        "      - run: pip install numpy~=${{ matrix.np }}.0 'websockets${{ matrix.other }}'\n"
        "      - run: pip install numpy==${{ matrix.np }}.1\n",
        ["10 numpy", "10 numpy", "10 websockets ?", "11 numpy", "11 numpy"],
        None,
    ),
    "a matrix that writes versions without dots": (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    strategy: { matrix: { python: [39, 312] } }\n",
        ["3 python"],
        None,
    ),
    "interpreters that commands of uv and pyenv choose": (
        "setup.sh",
        "uv python install 3.11\nuv sync --python 3.12\nuvx -p python3.10 ruff\npyenv local 3.9.1\n"
        "uv python list 3.8\nuv run script --port 3.8\nuv python pin $V\n",
        ["1 python", "3 python", "4 python"],
        "uv python install 3.12\nuv sync --python 3.12\nuvx -p python3.12 ruff\npyenv local 3.12\n"
        "uv python list 3.8\nuv run script --port 3.8\nuv python pin $V\n",
    ),
    "images that are built for every version, and those that may not be": (
        "Dockerfile",
        "FROM docker.io/library/python:3.11\nFROM mirror.corp:5000/python:3.11\n"
        "FROM ghcr.io/astral-sh/uv:python3.11-alpine\nFROM gcr.io/google_appengine/python:3.7\n"
        "FROM someone/python:3.9\nFROM \\\n  python:3.11 \\\n  AS base\nFROM base\n",
        ["1 python", "2 python", "3 python", "4 python", "5 python", "7 python"],
        "FROM docker.io/library/python:3.12\nFROM mirror.corp:5000/python:3.12\n"
        "FROM ghcr.io/astral-sh/uv:python3.12-alpine\nFROM gcr.io/google_appengine/python:3.7\n"
        "FROM someone/python:3.9\nFROM \\\n  python:3.12 \\\n  AS base\nFROM base\n",
    ),
    "setup.py is read, not run": (
        "setup.py",
        "import os\nfrom setuptools import setup\nMORE = ['websockets']\n"
        "setup(install_requires=['numpy>=1'] + MORE, python_requires='>=3.12',\n"
        "      extras_require={'x': [f'numpy=={os.environ[\"N\"]}']})\nraise SystemExit\n",
        ["3 websockets", "4 numpy", "4 python", "5 numpy ?"],
        "import os\nfrom setuptools import setup\nMORE = ['websockets>=12,<16']\n"
        "setup(install_requires=['numpy>=1,<2'] + MORE, python_requires='>=3.12,<3.13',\n"
        "      extras_require={'x': [f'numpy=={os.environ[\"N\"]}']})\nraise SystemExit\n",
    ),
    "Pipfile": (
        "Pipfile",
        '[packages]\nnumpy = "*"\nwebsockets = {version = ">=12", extras = ["x"]}\n'
        '[requires]\npython_version = "3.11"\n',
        ["2 numpy", "3 websockets", "5 python"],
        '[packages]\nnumpy = "<2"\nwebsockets = {version = ">=12,<16", extras = ["x"]}\n'
        '[requires]\npython_version = "3.12"\n',
    ),
    "conda: one equals sign begins with, two are exact": (
        "environment.yml",
        "dependencies:\n  - python=3.11\n  - numpy=1.26\n  - conda-forge::websockets >=12\n"
        "  - pip:\n      - numpy>=1\n",
        ["2 python", "4 websockets", "6 numpy"],
        "dependencies:\n  - python=3.12\n  - numpy=1.26\n  - conda-forge::websockets >=12,<16\n"
        "  - pip:\n      - numpy>=1,<2\n",
    ),
    "tox.ini: environments, factors and commands": (
        "tox.ini",
        "[tox]\nenvlist = py{311,312}-x\n[testenv]\nbasepython = python3.11\n"
        "deps =\n    py312: numpy>=1\n    -r requirements.txt\n",
        ["2 python", "4 python", "6 numpy"],
        "[tox]\nenvlist = py{311,312}-x\n[testenv]\nbasepython = python3.12\n"
        "deps =\n    py312: numpy>=1,<2\n    -r requirements.txt\n",
    ),
    "a Dockerfile: stages, arguments, digests, here-documents": (
        "Dockerfile",
        "ARG PY=3.11\nFROM python:${PY}-slim AS base\nFROM base AS next\n"
        "FROM python@sha256:00\nRUN <<END\npip install 'numpy>=1'\nEND\n"
        'RUN ["pip", "install", "websockets>=12"]\nFROM python\n',
        ["2 python", "4 python ?", "6 numpy", "8 websockets", "9 python"],
        "ARG PY=3.11\nFROM python:${PY}-slim AS base\nFROM base AS next\n"
        "FROM python@sha256:00\nRUN <<END\npip install 'numpy>=1,<2'\nEND\n"
        'RUN ["pip", "install", "websockets>=12,<16"]\nFROM python:3.12\n',
    ),
    "a workflow: matrix, include, container, variables, commands": (
        ".github/workflows/ci.yml",
        "env: { PY: '3.11' }\njobs:\n  a:\n    container: python:3.13\n"
        "    strategy:\n      matrix:\n"
        "        python-version: ['3.12', 3.10]\n        include: [{ python-version: '3.9' }]\n"
        "    steps:\n      - uses: actions/setup-python@v5\n        with:\n"
        "          python-version: ${{ matrix.python-version }}\n"
        "      - uses: actions/setup-python@v5\n        with: { python-version: '${{ env.PY }}' }\n"
        "      - run: |\n          python -m pip install -U pip 'numpy>=1'\n"
        "          echo pip install numpy\n",
        ["4 python", "7 python", "8 python", "14 python", "16 numpy"],
        "env: { PY: '3.11' }\njobs:\n  a:\n    container: python:3.12\n"
        "    strategy:\n      matrix:\n"
        "        python-version: ['3.12', 3.10]\n        include: [{ python-version: '3.9' }]\n"
        "    steps:\n      - uses: actions/setup-python@v5\n        with:\n"
        "          python-version: ${{ matrix.python-version }}\n"
        "      - uses: actions/setup-python@v5\n        with: { python-version: '${{ env.PY }}' }\n"
        "      - run: |\n          python -m pip install -U pip 'numpy>=1,<2'\n"
        "          echo pip install numpy\n",
    ),
    "pre-commit: hooks of Python only": (
        ".pre-commit-config.yaml",
        "default_language_version:\n  python: python3.11\nrepos:\n  - hooks:\n      - id: mypy\n"
        "        additional_dependencies: [numpy>=1, 'websockets>=13']\n"
        "      - id: eslint\n        language: node\n        additional_dependencies: [numpy@2]\n",
        ["2 python", "6 numpy", "6 websockets"],
        "default_language_version:\n  python: python3.12\nrepos:\n  - hooks:\n      - id: mypy\n"
        "        additional_dependencies: [\"numpy>=1,<2\", 'websockets>=13,<16']\n"
        "      - id: eslint\n        language: node\n        additional_dependencies: [numpy@2]\n",
    ),
    "a script in shell: quotes are added where they are needed, redirections are none": (
        "setup.sh",
        "pip install numpy!=1.25.0 && pip install numpy>=2 websockets~=13.0\n"
        "pip uninstall numpy\npip install \"$PACKAGES\"\n",
        ["1 numpy", "1 numpy"],
        'pip install "numpy!=1.25.0,<2" && pip install numpy>=2 websockets~=13.0\n'
        "pip uninstall numpy\npip install \"$PACKAGES\"\n",
    ),
    "a Makefile: recipes, and what variables hold": (
        "Makefile",
        "NUMPY ?= numpy>=1.24\nSOCKETS = $(OTHER)\ni:\n\tpip install $(NUMPY) $(SOCKETS) ${NONE}\n"
        "\t@echo pip install numpy\n\tpip install websockets==$(V)\n",
        ["4 numpy ?", "6 websockets ?"],
        None,
    ),
    "Poetry: the keys python and platform are markers": (
        "pyproject.toml",
        "[tool.poetry.dependencies]\n"
        'numpy = [{ version = "^1.26", python = "<3.13" }, { version = "^2", python = ">=3.13" }]\n'
        'websockets = { version = "^16", python = "~3.11", platform = "linux" }\n',
        [],
        None,
    ),
    "the tables of uv, Rye, flit, ty, pyright and cibuildwheel": (
        "pyproject.toml",
        '[tool.uv]\npip.python-version = "3.11"\nextra-build-dependencies.a = ["numpy>=1"]\n'
        '[tool.rye]\ndev-dependencies = ["numpy>=1"]\n[tool.flit.metadata.requires-extra]\n'
        't = ["numpy>=1"]\n[tool.ty.environment]\npython-version = "3.11"\n[tool.pyright]\n'
        'executionEnvironments = [{ pythonVersion = "3.11" }]\n[tool.cibuildwheel]\n'
        'build = "cp311-* cp312-*"\n',
        ["2 python", "3 numpy", "5 numpy", "7 numpy", "9 python", "11 python", "13 python"],
        '[tool.uv]\npip.python-version = "3.12"\nextra-build-dependencies.a = ["numpy>=1,<2"]\n'
        '[tool.rye]\ndev-dependencies = ["numpy>=1,<2"]\n[tool.flit.metadata.requires-extra]\n'
        't = ["numpy>=1,<2"]\n[tool.ty.environment]\npython-version = "3.12"\n[tool.pyright]\n'
        'executionEnvironments = [{ pythonVersion = "3.12" }]\n[tool.cibuildwheel]\n'
        'build = "cp311-* cp312-*"\n',
    ),
    "a neighbour that nothing can read hides nothing": (
        "requirements.txt",
        "numpy==2.0.1\nnumpy=1.26\nwebsockets>=12,\n",
        ["1 numpy", "2 numpy ?", "3 websockets"],
        "numpy==2.0.1\nnumpy=1.26\nwebsockets>=12,<16\n",
    ),
    "archives tell their versions by their names": (
        "requirements.txt",
        "wheels/numpy-2.1.0-py3-none-any.whl\n./numpy-1.26.0.tar.gz\n"
        "numpy @ https://a.org/numpy-2.1.0%2Bcpu-cp312-cp312-linux_x86_64.whl\n",
        ["1 numpy", "3 numpy"],
        None,
    ),
    "setup.py: each extra is its own list, and may name a marker": (
        "setup.py",
        "from setuptools import setup\nMORE = {'python_requires': '>=3.12'}\n"
        "setup(extras_require={'a': ['numpy>=1'], 'b': ['numpy<2'],\n"
        "                      ':python_version<\"3.8\"': ['numpy>=2']},\n"
        '      install_requires="""\nnumpy>=2\n  websockets>=12\n""", **MORE)\n',
        ["2 python", "3 numpy", "6 numpy", "7 websockets"],
        "from setuptools import setup\nMORE = {'python_requires': '>=3.12,<3.13'}\n"
        "setup(extras_require={'a': ['numpy>=1,<2'], 'b': ['numpy<2'],\n"
        "                      ':python_version<\"3.8\"': ['numpy>=2']},\n"
        '      install_requires="""\nnumpy>=2\n  websockets>=12,<16\n""", **MORE)\n',
    ),
    "Pipfile: further categories, and markers as keys": (
        "Pipfile",
        "[docs]\nnumpy = \"*\"\n[packages]\n"
        "websockets = { version = \">=16\", python_version = \"< '3.9'\" }\n",
        ["2 numpy"],
        "[docs]\nnumpy = \"<2\"\n[packages]\n"
        "websockets = { version = \">=16\", python_version = \"< '3.9'\" }\n",
    ),
    "conda: builds, and lists in brackets": (
        "environment.yml",
        "dependencies: [numpy>=1, numpy 2.0.1 py311_0, numpy==2.0.1=py311_0]\n",
        ["1 numpy", "1 numpy", "1 numpy"],
        'dependencies: ["numpy>=1,<2", numpy 2.0.1 py311_0, numpy==2.0.1=py311_0]\n',
    ),
    "conda: keys in brackets": (
        "environment.yml",
        "dependencies:\n  - numpy[version='<2']\n  - numpy[version='>=2']\n",
        ["3 numpy"],
        None,
    ),
    "tox.ini: versions as environments, and interpreters that a name decides": (
        "tox.ini",
        "[tox]\nenvlist = 3.11, 3.12\n[testenv:py311]\nbase_python = py311\n",
        ["2 python", "4 python"],
        None,
    ),
    "a Dockerfile: options, comments, digests, pre-releases, late arguments": (
        "Dockerfile",
        "ARG PY=3.12\nFROM python:$PY\nARG PY=3.11\nFROM python:3.11-slim@sha256:00\n"
        "FROM python:3.13.0rc1\nRUN --mount=type=cache,target=/var/cache pip install \\\n"
        "    # why\n    'numpy>=1' \\\r\n    'websockets>=12'\n",
        ["4 python", "5 python", "8 numpy", "9 websockets"],
        "ARG PY=3.12\nFROM python:$PY\nARG PY=3.11\nFROM python:3.11-slim@sha256:00\n"
        "FROM python:3.13.0rc1\nRUN --mount=type=cache,target=/var/cache pip install \\\n"
        "    # why\n    'numpy>=1,<2' \\\r\n    'websockets>=12,<16'\n",
    ),
    "a workflow: any key of a matrix, services, folded commands, variables of jobs": (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    env: { PY: '3.11' }\n    services: { p: { image: 'python:3.11' } }\n"
        "    strategy: { matrix: { version: ['3.11'], python: \"${{ fromJSON('[]') }}\" } }\n"
        "    steps:\n      - uses: actions/setup-python@v5\n"
        "        with: { python-version: '${{ matrix.version }}' }\n"
        "      - run: >-\n          pip install\n          'numpy>=1'\n"
        "  b:\n    steps:\n      - uses: actions/setup-python@v5\n"
        "        with: { python-version: '${{ env.PY }}' }\n"
        "      - uses: actions/setup-python@v5\n        with: { python-version: 3.x }\n",
        ["4 python", "5 python", "5 python ?", "11 numpy", "15 python ?", "17 python"],
        "jobs:\n  a:\n    env: { PY: '3.11' }\n    services: { p: { image: 'python:3.12' } }\n"
        "    strategy: { matrix: { version: ['3.11'], python: \"${{ fromJSON('[]') }}\" } }\n"
        "    steps:\n      - uses: actions/setup-python@v5\n"
        "        with: { python-version: '${{ matrix.version }}' }\n"
        "      - run: >-\n          pip install\n          'numpy>=1,<2'\n"
        "  b:\n    steps:\n      - uses: actions/setup-python@v5\n"
        "        with: { python-version: '${{ env.PY }}' }\n"
        "      - uses: actions/setup-python@v5\n        with: { python-version: 3.12 }\n",
    ),
    "GitLab: an image by a variable": (
        ".gitlab-ci.yml",
        "variables:\n  IMAGE: python:3.11\nimage: $IMAGE\n",
        ["3 python"],
        None,
    ),
    "pre-commit: versions of other languages": (
        ".pre-commit-config.yaml",
        "repos:\n  - hooks:\n      - id: a\n        language_version: 1.22.0\n"
        "      - id: b\n        language_version: 3.11\n",
        ["6 python"],
        "repos:\n  - hooks:\n      - id: a\n        language_version: 1.22.0\n"
        "      - id: b\n        language_version: 3.12\n",
    ),
    "Read the Docs: jobs, and a major version": (
        ".readthedocs.yaml",
        "build:\n  tools: { python: '3' }\n  jobs:\n    post_install:\n"
        "      - pip install numpy==2.0.1\n",
        ["2 python", "5 numpy"],
        "build:\n  tools: { python: '3.12' }\n  jobs:\n    post_install:\n"
        "      - pip install numpy==2.0.1\n",
    ),
    "a script in shell: here-documents, options, constraints, other installers": (
        "setup.sh",
        "cat > a.txt <<END\npip install 'numpy>=1'\nEND\nsudo -H pip --quiet install numpy==2.0.1\n"
        "python3 -I -m pip install numpy==2.1\npipenv install numpy==2.2\nuv add numpy@2.3\n"
        "bash <<END\npip install 'numpy>=1.2'\nEND\n$(PIP) install 'numpy>=1.3'\n"
        "pip install numpy --no-index --find-links dist\n",
        ["4 numpy", "5 numpy", "6 numpy", "7 numpy", "9 numpy", "11 numpy"],
        "cat > a.txt <<END\npip install 'numpy>=1'\nEND\nsudo -H pip --quiet install numpy==2.0.1\n"
        "python3 -I -m pip install numpy==2.1\npipenv install numpy==2.2\nuv add numpy@2.3\n"
        "bash <<END\npip install 'numpy>=1.2,<2'\nEND\n$(PIP) install 'numpy>=1.3,<2'\n"
        "pip install numpy --no-index --find-links dist\n",
    ),
    "a justfile": (
        "justfile",
        "install:\n    pip install 'numpy>=1'\n",
        ["2 numpy"],
        "install:\n    pip install 'numpy>=1,<2'\n",
    ),
    "uv.toml": ("uv.toml", 'override-dependencies = ["numpy>=2"]\n', ["1 numpy"], None),
    "pyright's JSON": (
        "pyrightconfig.json",
        '{"executionEnvironments": [{"root": "a", "pythonVersion": "3.11"}]}\n',
        ["1 python"],
        '{"executionEnvironments": [{"root": "a", "pythonVersion": "3.12"}]}\n',
    ),
    "the header of a script": (
        "tool.py",
        '# /// script\n# requires-python = ">=3.12"\n# dependencies = ["numpy>=1"]\n# ///\n',
        ["2 python", "3 numpy"],
        '# /// script\n# requires-python = ">=3.12,<3.13"\n'
        '# dependencies = ["numpy>=1,<2"]\n# ///\n',
    ),
    ".python-version": (".python-version", "3.11.4\n", ["1 python"], None),
    ".tool-versions": (".tool-versions", "node 22\npython 3.11\n", ["2 python"],
                       "node 22\npython 3.12\n"),
    "mise": ("mise.toml", '[tools]\npython = "latest"\n', ["2 python"],
             '[tools]\npython = "3.12"\n'),
    "Read the Docs: 3.10 without quotes is 3.1": (
        ".readthedocs.yaml",
        "build:\n  tools:\n    python: 3.10\n",
        ["3 python"],
        "build:\n  tools:\n    python: 3.12\n",
    ),
    "devcontainer": (
        ".devcontainer/devcontainer.json",
        '{ // comment\n  "image": "mcr.microsoft.com/devcontainers/python:1-3.11-bookworm",\n}\n',
        ["2 python"],
        '{ // comment\n  "image": "mcr.microsoft.com/devcontainers/python:1-3.12-bookworm",\n}\n',
    ),
    "uv.lock": (
        "uv.lock",
        'version = 1\nrequires-python = ">=3.11"\n\n'
        '[[package]]\nname = "numpy"\nversion = "2.1.0"\n'
        'dependencies = [\n  { name = "websockets", specifier = ">=16" },\n]\n',
        ["2 python", "6 numpy"],
        None,
    ),
    "poetry.lock": (
        "poetry.lock",
        '[[package]]\nname = "numpy"\nversion = "1.26.4"\n\n[[package]]\nname = "websockets"\n'
        'version = "16.0"\nmarkers = "python_version < \\"3.12\\""\n\n'
        '[metadata]\npython-versions = "^3.12"\n',
        ["11 python"],
        None,
    ),
    "Pipfile.lock": (
        "Pipfile.lock",
        '{"default": {"numpy": {"version": "==2.0"}, "websockets": {"git": "x", "ref": "y"}}}\n',
        ["1 numpy", "1 websockets ?"],
        None,
    ),
    "pylock.toml": (
        "pylock.toml",
        '[[packages]]\nname = "numpy"\nversion = "2.0"\n',
        ["3 numpy"],
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MANIFESTS.values(), ids=MANIFESTS)
def test_manifests(case: tuple[str, str, list[str], str | None], repository: Repository) -> None:
    path, text, found, fixed = case
    root = repository({"govcheck.toml": POLICY, path: text})
    assert _lines(root) == found
    assert not fix(str(root), select=RULES).problems
    assert (root / path).read_bytes().decode() == (text if fixed is None else fixed)
    assert not fix(str(root), select=RULES).changes


def _judged(repository: Repository, declared: str, allow: str) -> list[str]:
    policy = f'[dependencies.packages]\na = {{ allow = "{allow}" }}\n'
    root = repository({"govcheck.toml": policy, "requirements.txt": f"a{declared}\n"})
    return [f.message for f in check(str(root), select=["pin"]).findings]


@pytest.mark.parametrize(
    ("declared", "allow", "says"),
    [
        (">=1.24", "<2", "admits 2.0.0"),
        (">=1,<2.0.0rc1", "<2", "admits 2.0.0a1"),
        ("!=1.25.*,>=1", "<2", "admits 2.0.0"),
        ("", ">=12,<16", "admits 11.0.0"),
        ("==2!1.0", "<2", "admits nothing that is allowed"),
        (">1,<1", "<2", "admits no version at all"),
        ("===2.0-custom", "<2", "admits nothing that is allowed"),
        (">=not-a-version", "<2", "cannot be told"),
        ("==1.0+cu118", "==1.0", ""),
        ("<2", "<2.0.0", ""),
        ("~=1.4.2", ">=1.4,<1.5", ""),
        (">=1.0.post1,<2", ">=1.0,<2", ""),
    ],
)
def test_containment(repository: Repository, declared: str, allow: str, says: str) -> None:
    found = _judged(repository, declared, allow)
    assert len(found) == bool(says)
    assert all(says in message for message in found)


def test_requirements_that_hold_together_are_judged_together(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": POLICY,
            "requirements.txt": "-c limits/constraints.txt\nnumpy>=1.24\n-r more.txt\n",
            "limits/constraints.txt": "numpy<2\n",
            "more.txt": "websockets\n-r requirements.txt\n",
        }
    )
    report = check(str(root), select=RULES)
    assert [f"{f.span.path}:{f.span.line}" for f in report.findings] == ["more.txt:1"]


def test_an_include_that_leaves_the_repository_is_not_followed(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "outside.txt").write_text("numpy>=2\n")
    root = repository(
        {"govcheck.toml": POLICY, "requirements.txt": "-r ../outside.txt\n-r /etc/passwd\n"}
    )
    assert _lines(root) == []


def test_a_message_names_the_package_and_what_a_variable_holds(repository: Repository) -> None:
    files = {
        "govcheck.toml": POLICY,
        "pyproject.toml": '[tool.poetry.dependencies]\nnumpy = "*"\n',
        "Dockerfile": "ARG V=3.11\nFROM python:${V}-slim\n",
        ".github/workflows/ci.yml": (
            "env:\n  PY: '3.10'\njobs:\n  a:\n    steps:\n      - uses: actions/setup-python@v5\n"
            "        with: { python-version: '${{ env.PY }}' }\n"
        ),
    }
    report = check(str(repository(files)), select=RULES)
    assert [f.message.split(";")[0] for f in report.findings] == [
        "'${{ env.PY }}' (3.10, line 2) is not allowed",
        "'python:${V}-slim' (python:3.11-slim) is not allowed",
        "numpy '*' admits 2.0.0",
    ]


def test_the_newest_python_is_measured_by_the_ceiling_alone(repository: Repository) -> None:
    files = {"Dockerfile": "FROM python:3\n", ".tool-versions": "python latest\n"}
    poetry = {"pyproject.toml": '[tool.poetry.dependencies]\npython = "*"\n'}
    root = repository({"govcheck.toml": '[dependencies]\npython = ">=3.11"\n', **files})
    assert _lines(root) == []
    write(root, poetry)
    assert _lines(root) == ["2 python"]
    write(
        root, {"pyproject.toml": "", "govcheck.toml": '[dependencies]\npython = ">=3.11,<3.14"\n'}
    )
    report = check(str(root), select=RULES)
    assert [f.data["witness"] for f in report.findings] == ["3.14.0", "3.14.0"]


@pytest.mark.parametrize(
    ("path", "text"),
    {
        "docs/requirements.txt": "sphinx==8.1.3\nfuro\n",
        "environment.yml": "dependencies:\n  - numpy=1.26.4=py312_0\n  - scipy=1.14\n",
        "requirements.txt": "".join(f"a{n}==1.{n}\n" for n in range(9)) + "b<2\n",
        "setup.cfg": "[options]\ninstall_requires =\n  a<2; python_version < '3.10'\n  b\n",
    }.items(),
)
def test_locks_and_tools_and_other_pythons_need_no_entry(
    path: str, text: str, repository: Repository
) -> None:
    root = repository({"govcheck.toml": '[dependencies]\npython = ">=3.12"\n', path: text})
    assert check(str(root), select=["undeclared-pin"]).findings == ()


def test_a_fix_tells_how_to_lock_again(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": POLICY,
            "pyproject.toml": '[project]\ndependencies = ["numpy"]\n',
            "uv.lock": "version = 1\n",
        }
    )
    (finding,) = check(str(root), select=["pin"]).findings
    assert finding.fix is not None
    assert finding.fix.title == "narrow it to <2 (then run 'uv lock')"


def test_the_policy_says_which_projects_it_binds(repository: Repository) -> None:
    files = {
        f"{folder}pyproject.toml": '[project]\ndependencies = ["numpy>=2"]\n'
        for folder in ("", "api/", "old/")
    }
    policy = POLICY.replace("[dependencies]\n", '[dependencies]\nprojects = [".", "api"]\n')
    root = repository({"govcheck.toml": policy, **files, "old/Dockerfile": "FROM python:3.9\n"})
    report = check(str(root), select=RULES)
    assert [f.span.path for f in report.findings] == ["api/pyproject.toml", "pyproject.toml"]


def test_an_unknown_version_fails_a_run_only_if_the_policy_says_so(
    repository: Repository,
) -> None:
    files = {"govcheck.toml": POLICY, "requirements.txt": "numpy @ git+https://x/n.git\n"}
    root = repository(files)
    assert check(str(root), select=RULES).exit_code == 0
    write(root, {"govcheck.toml": POLICY.replace("]\n", ']\nunknown = "error"\n', 1)})
    assert check(str(root), select=RULES).exit_code == 1


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ('[dependencies]\npython = "3.12"\n', "dependencies.python: '3.12' is not a specifier"),
        ('[dependencies.packages]\na = { allow = "^1" }\n', "'^1' is not a specifier of PEP 440"),
        ("[dependencies.packages]\na = {}\n", "a package needs 'allow', or 'forbid = true'"),
        ('[dependencies.packages]\na = { allow = "<2", forbid = true }\n', "either forbidden or"),
        (
            '[dependencies.packages]\nMy_A = { allow = "<2" }\nmy-a = { allow = "<2" }\n',
            "'my-a' and 'My_A' are the same package",
        ),
        ('[dependencies.packages]\n"a b" = { allow = "<2" }\n', "'a b' is not the name of"),
        ('[dependencies.packages]\na = { alow = "<2" }\n', "did you mean 'allow'?"),
    ],
)
def test_mistakes_of_the_policy(repository: Repository, section: str, message: str) -> None:
    root = repository({"govcheck.toml": section})
    with pytest.raises(PolicyError) as caught:
        check(str(root))
    assert message in str(caught.value)


def test_a_locked_parent_keeps_its_limits(repository: Repository) -> None:
    parent = 'locked = ["pin"]\n[dependencies.packages]\nnumpy = { allow = "<2" }\n'
    child = 'extends = ["base.toml"]\n[dependencies.packages]\nnumpy = { allow = "<3" }\n'
    root = repository({"base.toml": parent, "govcheck.toml": child})
    with pytest.raises(PolicyError) as caught:
        check(str(root))
    assert "pin is locked by base.toml and may not be loosened here" in str(caught.value)


HOSTILE: dict[str, Mapping[str, str | bytes]] = {
    "deep nesting": {"pyproject.toml": "a = " + "[" * 100_000},
    "a huge line": {"requirements.txt": "numpy" + ">=1," * 300_000 + ">=1\n"},
    "a huge specifier": {"pyproject.toml": f'[project]\ndependencies = ["numpy{">=1," * 9999}"]\n'},
    "duplicate keys": {
        "pyproject.toml": '[project]\ndependencies = ["numpy"]\ndependencies = []\n'
    },
    "invalid UTF-8": {"requirements.txt": b"numpy\xff>=1\n"},
    "an include loop": {"requirements.txt": "-r a.txt\n", "a.txt": "-r requirements.txt\n"},
    "thousands of markers": {
        "requirements.txt": "numpy; " + " or ".join(["python_version < '3.9'"] * 3000) + "\n"
    },
    "a marker of brackets": {"requirements.txt": f"numpy; {'(' * 5000}os_name == 'a'\n"},
    "a braced list of environments": {"tox.ini": "[tox]\nenvlist = " + "{a,b}" * 40 + "\n"},
    "continuations without end": {"requirements.txt": "numpy \\\n" * 50_000},
    "quotes in shell": {"a.sh": "pip install '" + "\\" * 100_000},
    "a Dockerfile of variables": {"Dockerfile": "FROM ${A:-" * 10_000},
    "blocks of a lock": {"uv.lock": "[[package]]\n" * 100_000},
    "blank lines of a lock": {"conda-lock.yml": "\n" * 30_000},
    "one package over and over": {"requirements.txt": "numpy>=1\n" * 2_000},
    "one package at many versions": {
        "requirements.txt": "".join(f"numpy=={n}\n" for n in range(1_500))
    },
    "hashes without end": {"requirements.txt": "numpy \\\n" + "  --hash=a:0 \\\n" * 100_000},
    "a huge word in shell": {"a.sh": "pip install " + "a" * 200_000},
    "open brackets in shell": {"a.sh": "pip install " + "$(" * 50_000 + "${{" * 50_000},
    "blanks in INI": {"setup.cfg": "[options]\nx" + " " * 60_000 + "y\n"},
    "variables of workflows": {
        ".github/workflows/a.yml": "env: { PY: '3.12' }\njobs:\n  a:\n    steps:\n"
        + "      - uses: actions/setup-python@v5\n"
        "        with: { python-version: '${{ env.PY }}' }\n" * 1_500
    },
    "a name that many calls share": {
        "setup.py": f"A = {['a'] * 3_000}\n" + "setup(install_requires=A)\n" * 300
    },
}


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_hostile_manifests_neither_crash_nor_hang(
    files: Mapping[str, str | bytes], repository: Repository
) -> None:
    root = repository({"govcheck.toml": POLICY, **files})
    started = time.process_time()
    report = check(str(root))
    assert not report.problems
    assert time.process_time() - started < 10
    assert not fix(str(root), write_files=False).problems


def test_what_names_a_minor_version_goes_with_its_latest_patch(repository: Repository) -> None:
    policy = '[dependencies]\npython = ">=3.12.4,<3.13"\n'
    files = {
        "Dockerfile": "FROM python:3.12\nFROM python:3.12.3\n",
        ".python-version": "3.12\n",
        "pyproject.toml": '[tool.ruff]\ntarget-version = "py312"\n[project]\n'
        'requires-python = ">=3.12"\n',
    }
    assert _lines(repository({"govcheck.toml": policy, **files})) == ["2 python", "4 python"]


def test_a_command_that_names_no_version_is_told_and_fails_nothing(repository: Repository) -> None:
    root = repository({"govcheck.toml": POLICY, "tox.ini": "[testenv]\nbasepython = python3\n"})
    (finding,) = check(str(root), select=RULES).findings
    assert finding.severity == "info"
    assert "'python3' is whichever version a machine calls so" in finding.message


def test_a_chapter_of_a_manual_is_no_constraints_file(repository: Repository) -> None:
    chapter = (
        "Constraints\n===========\n\nnumpy is a package that has constraints.\nSee numpy docs.\n"
    )
    files = {"docs/constraints.txt": chapter, "a/constraints.txt": "numpy\n"}
    assert _lines(repository({"govcheck.toml": POLICY, **files})) == ["1 numpy"]


def test_projects_that_the_policy_does_not_bind_are_left_alone(repository: Repository) -> None:
    files = {
        "govcheck.toml": '[dependencies]\npython = ">=3.12"\nprojects = ["."]\n',
        "a/pyproject.toml": '[project]\ndependencies = ["numpy>=2", "scipy<1.9"]\n',
        "a/requirements.txt": "numpy<2\n",
    }
    rules = ("undeclared-pin", "pins-disagree")
    root = repository(files)
    assert check(str(root), select=rules).findings == ()
    write(root, {"govcheck.toml": '[dependencies]\npython = ">=3.12"\n'})
    assert {f.rule for f in check(str(root), select=rules).findings} == {*rules}


UNREADABLE = {
    "setup.py": "setup(install_requires=['numpy>=2'",
    "pyproject.toml": '[project]\ndependencies = ["numpy>=2"\n',
    "Pipfile.lock": '{"default": {"numpy": {"version": "==2.0"',
    "environment.yml": "dependencies:\n  - numpy=2\n bad: [\n",
    "a.py": '# /// script\n# dependencies = ["numpy\n# ///\n',
    "requirements.txt": "numpy>=2\0\n",
    "deep/Pipfile.lock": "[" * 600,
}


def test_a_manifest_that_cannot_be_read_is_told_and_hides_no_other(repository: Repository) -> None:
    root = repository({"govcheck.toml": POLICY, "constraints.txt": "numpy>=2\n", **UNREADABLE})
    report = check(str(root), select=[*RULES, "unchecked-file"])
    assert {f.span.path for f in report.findings if f.rule == "unchecked-file"} == {*UNREADABLE}
    assert [f.span.path for f in report.findings if f.rule == "pin"] == ["constraints.txt"]


LOCKS = {
    "pylock.toml": "[[packages]]\nname = 'numpy'\nversion = '2.1'\n"
    "marker = 'python_version < \"3.10\"'\n",
    "poetry.lock": '[[package]]\nname = "numpy"\nversion = "2.1"\n'
    'markers = { main = "python_version < \\"3.10\\"", dev = "python_version > \\"3.12\\"" }\n',
}


@pytest.mark.parametrize(("path", "lock"), LOCKS.items(), ids=LOCKS)
def test_what_a_lock_holds_for_other_pythons_is_no_finding(
    path: str, lock: str, repository: Repository
) -> None:
    root = repository({"govcheck.toml": POLICY, path: lock})
    assert _lines(root) == []
    write(root, {path: lock.replace("3.10", "3.13")})
    assert _lines(root) == ["3 numpy"]


def test_a_constraints_file_counts_for_the_command_that_names_it(repository: Repository) -> None:
    script = "pip install -c constraints.txt 'numpy>=1'\npip install 'numpy>=1.1'\n"
    files = {"govcheck.toml": POLICY, "constraints.txt": "numpy<2\n", "a.sh": script}
    assert _lines(repository(files)) == ["2 numpy"]


def test_the_table_of_dependencies(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = (
        '[dependencies.packages]\nnumpy = { allow = "<2", reason = "a | b", review = 2020-01-01 }\n'
        "left-pad = { forbid = true }\n"
    )
    root = repository(
        {
            "govcheck.toml": policy,
            "pyproject.toml": '[project]\ndependencies = ["numpy>=1", "left_pad"]\n',
            "uv.lock": '[[package]]\nname = "numpy"\nversion = "1.26.4"\n',
        }
    )
    monkeypatch.chdir(root)
    assert run(["dependencies", "--output-format", "markdown"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "| package | allowed | declared | locked | reason | review |",
        "| --- | --- | --- | --- | --- | --- |",
        "| `numpy` | `<2` | `numpy>=1` (pyproject.toml:2) ✗ | `1.26.4` (uv.lock:3) | a \\| b "
        "| 2020-01-01 (due) |",
        "| `left-pad` | `none` | `left_pad` (pyproject.toml:2) ✗ |  |  |  |",
    ]
    assert run(["dependencies", "--output-format", "json"]) == 0
    (numpy, _) = json.loads(capsys.readouterr().out)
    assert numpy["locked"] == [{"text": "1.26.4", "path": "uv.lock", "line": 3, "verdict": "ok"}]
    assert run(["dependencies"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "package   allowed  declared or locked  where",
        "numpy     <2       ✗ numpy>=1          pyproject.toml:2",
        "                     locked 1.26.4     uv.lock:3",
        "                     a | b; review 2020-01-01 (due)",
        "left-pad  none     ✗ left_pad          pyproject.toml:2",
    ]


def test_what_was_learnt_of_a_manifest_is_forgotten_when_it_changes(
    repository: Repository,
) -> None:
    root = repository({"govcheck.toml": POLICY, "requirements.txt": "numpy<2\n"})
    for text, count in (("numpy<2\n", 0), ("numpy<3\n", 1), ("numpy<1\n", 0)):
        write(root, {"requirements.txt": text})
        for _ in range(2):
            report = check(str(root), select=RULES, cached=True, today=date(2026, 1, 1))
            assert len(report.findings) == count
