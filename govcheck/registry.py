"""The rules there are: found by name in `rules/<family>/`, imported when they are selected."""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from inspect import cleandoc
from typing import Literal, NamedTuple, cast

from govcheck.finding import Severity
from govcheck.rule import Example, Rule

OWN = "checks"  # the family of the rules that a policy brings itself


class RulePage(NamedTuple):
    """What there is to read of a rule: its summary, and its explanation in Markdown."""

    name: str
    family: str
    severity: Severity
    fix: Literal["safe", "unsafe"] | None
    summary: str
    explanation: str


@cache
def modules() -> Mapping[str, str]:
    """The module of every rule, by rule name; nothing is imported."""
    found = {}
    for folder in import_module("govcheck.rules").__path__:
        for family in sorted(os.listdir(folder)):
            if family.startswith(("_", ".")) or not os.path.isdir(os.path.join(folder, family)):
                continue
            for file in sorted(os.listdir(os.path.join(folder, family))):
                stem, extension = os.path.splitext(file)
                if extension == ".py" and not stem.startswith("_"):
                    found[stem.replace("_", "-")] = f"govcheck.rules.{family}.{stem}"
    return found


def family_of(name: str) -> str:
    """The family of a rule, by the folder that it lives in."""
    return modules()[name].split(".")[-2]


def names() -> tuple[str, ...]:
    """The names of all rules, family by family."""
    return tuple(modules())


@cache
def families() -> tuple[str, ...]:
    """The names of all families."""
    return tuple(dict.fromkeys(family_of(name) for name in modules()))


def expand(selectors: Iterable[str]) -> frozenset[str]:
    """The rules that selectors name; a selector is a rule or a family.

    Raises:
        KeyError: a selector is neither.
    """
    chosen: set[str] = set()
    for selector in selectors:
        if selector in modules():
            chosen.add(selector)
        elif selector in families():
            chosen.update(name for name in modules() if family_of(name) == selector)
        else:
            raise KeyError(selector)
    return frozenset(chosen)


def load(name: str) -> Rule:
    """A rule, imported.

    Raises:
        Exception: whatever its module raises; a rule that cannot load is never passed over.
    """
    return cast(Rule, import_module(modules()[name]).rule)


def examples(name: str) -> tuple[Example, ...]:
    """The examples of a rule."""
    return tuple(import_module(modules()[name]).examples)


def page(name: str) -> RulePage:
    """What there is to read of a rule."""
    rule = load(name)
    summary, _, explanation = cleandoc(import_module(modules()[name]).__doc__ or "").partition("\n")
    return RulePage(name, rule.family, rule.severity, rule.fix, summary, explanation.strip())
