"""The programs of a repository: where they are called, what they are, and what they take."""

import re

from govcheck.policy import Policy
from govcheck.repo import Repo

WORKFLOWS = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$|(?:^|/)action\.ya?ml$")
SCRIPTS = re.compile(r"\.(?:sh|bash|zsh)$")
MAKEFILES = re.compile(r"(?i)(?:^|/)(?:gnu)?makefile[^/]*$|\.mk$")
JUSTFILES = re.compile(r"(?i)(?:^|/)\.?justfile$|\.just$")
CONFIGURATIONS = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|mypy\.ini|\.coveragerc|\.flake8"
    r"|\.?ruff\.toml|\.pre-commit-config\.yaml|dependabot\.yml)$"
    r"|(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$"
)

IMAGES = re.compile(
    r"(?i)(?:^|/)(?:(?:docker|container)file(?:\.[\w-]+)?|(?:docker-)?compose[^/]*\.ya?ml)$"
    r"|\.dockerfile$"
)
PYTHON = (".py",)
# What stands in Python files that name a file, or tell how a module is run.
NAMES = (".py", ".md", "python -m ")

_HOLD_COMMANDS = (WORKFLOWS, SCRIPTS, MAKEFILES, JUSTFILES, IMAGES)


def has_commands(repo: Repo, policy: Policy) -> bool:
    """Whether any file may hold a command; told without reading more than documents."""
    return repo.view(has_code, policy) or any(
        kind.search(path) for path in repo.files for kind in _HOLD_COMMANDS
    )


def has_code(repo: Repo, policy: Policy) -> bool:
    """Whether any document has a code span or a block of code."""
    from govcheck.docs.documents import documents, with_blocks

    found = any(doc.page.codes or doc.page.fences for doc in repo.view(documents, policy))
    return found or any(doc.page.fences for doc in repo.view(with_blocks, policy))


def has_settings(repo: Repo, policy: Policy) -> bool:
    """Whether there are workflows, or files of settings of tools."""
    return any(WORKFLOWS.search(path) or CONFIGURATIONS.search(path) for path in repo.files)
