"""What a rule is: its examples, its check, and how it speaks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from govcheck.finding import Finding, Fix, Related, Severity, Span

if TYPE_CHECKING:
    from govcheck.policy import Policy
    from govcheck.repo import Repo
    from govcheck.report import Outcome

Check = Callable[["Repo", "Policy"], Iterator[Finding]]
Mend = Callable[["Repo", "Policy", Sequence[Finding], bool], Iterator[Finding]]
Review = Callable[["Repo", "Policy", "Outcome"], Iterator[Finding]]


class Rule(NamedTuple):
    """One rule of the catalogue.

    `check` is a pure generator of findings over the repository and the policy. A rule about the
    run itself (an exception that nothing needed) has a `review` instead, which also sees what the
    other rules' findings became. `fix` says what `--fix` can do for its findings at best. Fixes
    that are costly to make are added by `mend`, which is only called to fix: it gives the findings
    back, with their fixes or with why there is none, and is told whether unsafe ones are wanted.
    """

    name: str
    family: str
    check: Check | None = None
    review: Review | None = None
    mend: Mend | None = None
    severity: Severity = "error"
    fix: Literal["safe", "unsafe"] | None = None

    def finding(
        self,
        span: Span,
        message: str,
        *,
        fix: Fix | None = None,
        related: tuple[Related, ...] = (),
        data: Mapping[str, object] | None = None,
        severity: Severity | None = None,
        on_demand: bool = False,
    ) -> Finding:
        """A finding of this rule."""
        return Finding(
            self.name, span, message, fix, related, data or {}, severity, self.family, on_demand
        )


@dataclass(frozen=True, slots=True)
class Example:
    """A small repository and what the rule says of it: documentation and test at once.

    `findings` are lines `path:line:column: message`, all that the rule reports. `fixed` holds the
    files that fixing changes (None: deleted), as they are afterwards; `unsafe` applies unsafe
    fixes too. The policy is `files["govcheck.toml"]`. `before` are the files of an earlier commit,
    for rules that ask git; `tracked` are files that git tracks although it ignores them.
    """

    title: str
    files: Mapping[str, str]
    findings: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    unsafe: bool = False
    today: str = "2026-01-01"
    before: Mapping[str, str] = field(default_factory=dict)
    tracked: tuple[str, ...] = ()
