"""The section of the policy about dependencies."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from govcheck.finding import Severity
from govcheck.keys import Mistake, key, table

_SEPARATORS = re.compile(r"[-_.]+")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PLAIN = re.compile(r"\s*(?:<=?|>=?|!=|==)\s*\d+(?:\.\d+)*\s*")


def normalized(name: str) -> str:
    """The name of a package as packages are compared by (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


@table
class Package:
    """What the policy says of one package."""

    allow: str | None = key(
        "The versions that are allowed, as a specifier of PEP 440, such as '<2' or '>=12,<16'.",
        default=None,
    )
    forbid: bool = key("No version of it is allowed, be it declared or locked.", default=False)
    reason: str | None = key("Why.", default=None)
    review: date | None = key("When somebody must look at this entry again.", default=None)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if self.allow is None and not self.forbid:
            yield Mistake((), "a package needs 'allow', or 'forbid = true'")
        if self.allow is not None and self.forbid:
            yield Mistake(("forbid",), "a package is either forbidden or has an 'allow'")
        if self.allow is not None and (wrong := _specifier_mistake(self.allow)):
            yield Mistake(("allow",), wrong)


@table
class Dependencies:
    """Which versions the repository may use."""

    python: str | None = key(
        "The versions of Python that are allowed, as a specifier of PEP 440.", default=None
    )
    packages: Mapping[str, Package] = key("The packages, by name.", default_factory=dict)
    projects: tuple[str, ...] = key(
        "The projects that this section binds: folders that hold manifests, as path patterns. "
        "All of them, where it is missing; '.' is the root.",
        default=(),
    )
    unknown: Severity = key(
        "How a version is reported that the files do not tell, such as that of a git URL; "
        "'info' does not fail a run.",
        default="info",
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if self.python is not None and (wrong := _specifier_mistake(self.python)):
            yield Mistake(("python",), wrong)
        seen: dict[str, str] = {}
        for name in self.packages:
            if not _NAME.fullmatch(name):
                yield Mistake(("packages", name), f"{name!r} is not the name of a package")
            elif (other := seen.setdefault(normalized(name), name)) != name:
                yield Mistake(("packages", name), f"{name!r} and {other!r} are the same package")

    def find(self, subject: str) -> tuple[str, Package] | None:
        """The entry of a package, and the name as the policy writes it, by the normalized name."""
        for name, package in self.packages.items():
            if normalized(name) == subject:
                return name, package
        return None


def _specifier_mistake(text: str) -> str | None:
    if all(map(_PLAIN.fullmatch, text.split(","))):
        return None
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # a plain one needs no parser

    try:
        if text.strip() and "===" not in text:
            SpecifierSet(text).to_range()
            return None
    except (InvalidSpecifier, ValueError):
        pass
    return f"{text!r} is not a specifier of PEP 440, such as '<2' or '>=12,<16'"
