"""The rules that a policy knows: those that come with govcheck, and those it brings itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import cleandoc
from types import ModuleType

from govcheck import registry
from govcheck.checks.section import Check
from govcheck.registry import OWN, RulePage
from govcheck.rule import Example, Rule


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All rules by name; the family of those that the policy brings itself is `checks`."""

    checks: Mapping[str, Check]

    def names(self) -> tuple[str, ...]:
        """The names of all rules, family by family, the policy's own last."""
        return (*registry.names(), *self.checks)

    def families(self) -> tuple[str, ...]:
        """The names of all families."""
        return (*registry.families(), OWN)

    def expand(self, selectors: Iterable[str]) -> frozenset[str]:
        """The rules that selectors name; a selector is a rule or a family.

        Raises:
            KeyError: a selector is neither.
        """
        wanted = list(selectors)
        own = {each for each in wanted if each in self.checks}
        if OWN in wanted:
            own |= self.checks.keys()
        others = (each for each in wanted if each not in self.checks and each != OWN)
        return registry.expand(others) | own

    def load(self, name: str) -> Rule:
        """A rule, imported or made.

        Raises:
            Exception: whatever its module raises; a rule that cannot load is never passed over.
        """
        if name not in self.checks:
            return registry.load(name)
        check = self.checks[name]
        make = _kind(check.kind).check
        return Rule(name, OWN, partial(make, name=name), severity=check.severity)

    def page(self, name: str) -> RulePage:
        """What there is to read of a rule."""
        if name not in self.checks:
            return registry.page(name)
        check = self.checks[name]
        about = cleandoc(_kind(check.kind).__doc__ or "")
        return RulePage(name, OWN, check.severity, None, " ".join(check.reason.split()), about)

    def examples(self, name: str) -> tuple[Example, ...]:
        """The examples of a rule."""
        if name not in self.checks:
            return registry.examples(name)
        return tuple(
            Example(each.title or f"Example {number}", each.files, each.findings)
            for number, each in enumerate(self.checks[name].examples, 1)
        )


def _kind(name: str) -> ModuleType:
    return import_module(f"govcheck.checks.{name}")
