"""A file that matters could not be checked.

It mentions something that the policy speaks of, or it would have to be read as a whole, and it is
too large, nests too deeply, cannot be decoded or may not be read. Limits are never a silent pass.

## How to resolve

Mend the file, or leave it out with `exclude` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding, Span
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.report import Outcome
from govcheck.rule import Example, Rule


def review(repo: Repo, policy: Policy, outcome: Outcome) -> Iterator[Finding]:
    """Files that were given up on during the run, with the reason."""
    for path, reason in sorted(repo.unchecked.items()):
        yield rule.finding(Span(path, 1, 1, 1, 1, 0, 0), f"this file is not checked: {reason}")


rule = Rule("unchecked-file", "repo", review=review)

_POLICY = """\
[flags.USE_MENU]
status = "retired"
value = true
"""

examples = [
    Example(
        "It nests too deeply",
        {"govcheck.toml": _POLICY, "a.py": "x = " + "(" * 600 + "USE_MENU" + ")" * 600 + "\n"},
        ("a.py:1:1: this file is not checked: it nests deeper than 500 levels",),
    ),
    Example(
        "It names nothing that the policy speaks of",
        {"govcheck.toml": _POLICY, "a.py": "x = " + "(" * 600 + "1" + ")" * 600 + "\n"},
    ),
    Example("It is not Python that parses", {"govcheck.toml": _POLICY, "a.py": "def (:\n"}),
]
