"""What a run found: findings, what was silenced and by what, errors, and what fixing changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from govcheck.finding import Finding

if TYPE_CHECKING:
    from govcheck.repo import Repo


class Silenced(NamedTuple):
    """A finding that is not reported, and why: the comment, the exception or the baseline."""

    finding: Finding
    by: Literal["suppression", "exception", "baseline"]
    reason: str


class Problem(NamedTuple):
    """Why something could not be checked or written; any problem makes the exit code 2."""

    message: str
    path: str | None = None
    rule: str | None = None


class Change(NamedTuple):
    """What fixing makes of one file."""

    path: str
    before: bytes
    after: bytes


class Outcome(NamedTuple):
    """What a rule about the run itself may look at: the other rules' findings and their fate."""

    rules: frozenset[str]
    findings: Sequence[Finding]
    silenced: Sequence[Silenced]
    used: frozenset[object]


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one run over one repository.

    `findings` are what remains; `fixed` are the findings that fixing removed and `changes` the
    files it changed, empty after a mere check. `repo` is the repository as it is now and gives
    the text that findings point at. `rules` are the names of the rules that ran.
    """

    repo: "Repo"
    rules: tuple[str, ...]
    today: date
    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    fixed: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: nothing remains, 1: findings remain, 2: something could not be checked.

        Findings of severity "info" do not count.
        """
        if self.problems:
            return 2
        return int(any(finding.severity != "info" for finding in self.findings))
