"""Tests and their marks: what pytest would collect and select, without running anything."""

import re

from govcheck.repo import Repo

PYTHON = (".py",)
MARKS = ("mark.", ".mark", "mark as ", "add_marker")
COMMANDS = ("pytest", "py.test")
SKIPS = ("skip", "xfail")
HOOKS = ("add_marker", "own_markers", "pytest_pycollect_makeitem", ".pytestmark")
REGISTERS = ("addinivalue_line",)
IGNORES = ("collect_ignore", "pytest_ignore_collect", "pytest_collect_")

_TEST = re.compile(r"(^|/)(test[^/]*|[^/]*tests?|conftest)\.py$")


def is_tested(repo: Repo) -> bool:
    """Whether any file is named like a test."""
    return any(_TEST.search(path) for path in repo.files)


def has_tests(repo: Repo) -> bool:
    """The same; if so, one pass does all searches of the family."""
    found = repo.view(is_tested)
    if found:
        for needles in (MARKS, SKIPS, HOOKS, REGISTERS):
            repo.expect(needles, PYTHON)
        repo.expect(IGNORES, ("conftest.py",))
        repo.expect(COMMANDS)
    return found
