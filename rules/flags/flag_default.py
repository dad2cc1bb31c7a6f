"""Call sites disagree on the default of a feature flag, or differ from the policy.

Where nothing sets the flag, each place that reads it falls back to its own default. If these
differ, half of the program takes one branch and half the other. Compared are defaults that are
written out; spellings of the same value, such as `"true"`, `"1"` and `True`, agree, and `None` is
no default.

## How to resolve

Give all call sites one default, best by reading the flag in one place, and lay it down as
`default` in the policy.

## How to except

`# govcheck: ignore[flag-default] -- REASON` on the line.
"""

from collections.abc import Iterator

from govcheck.finding import Finding, Related
from govcheck.flags.references import Reference, references
from govcheck.flags.values import same, show
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_READ = ("env-read", "accessor")


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Reads whose default is not the flag's."""
    for name, places in repo.view(references, policy).items():
        flag = policy.flags.get(name)
        if flag is not None and flag.status == "retired":
            continue
        reads = [r for r in places if r.default not in (None, (None,)) and _falls_back(r)]
        if flag is not None and flag.default is not None:
            yield from _against_policy(name, reads, policy)
        else:
            yield from _against_each_other(name, reads)


def _falls_back(reference: Reference) -> bool:
    """A read with its own default; a field of a settings class is one by its definition."""
    return reference.kind in (*_READ, "setting")


def _against_policy(name: str, reads: list[Reference], policy: Policy) -> Iterator[Finding]:
    wanted = policy.flags[name].default
    for read in reads:
        default = read.default[0] if read.default else None
        if not same(default, wanted):
            yield rule.finding(
                read.span,
                f"the default of {name} is {show(default)} here and {show(wanted)} in the policy "
                f"({policy.origin('flags', name, 'default')})",
                data={"flag": name, "kind": read.kind},
            )


def _against_each_other(name: str, reads: list[Reference]) -> Iterator[Finding]:
    for read in reads[1:]:
        first = reads[0].default[0] if reads[0].default else None
        default = read.default[0] if read.default else None
        if not same(default, first):
            place = f"{reads[0].span.path}:{reads[0].span.line}"
            yield rule.finding(
                read.span,
                f"the default of {name} is {show(default)} here and {show(first)} at {place}",
                related=(Related(reads[0].span, f"here it is {show(first)}"),),
                data={"flag": name, "kind": read.kind},
            )


rule = Rule("flag-default", "flags", check)

examples = [
    Example(
        "Two call sites disagree",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\n',
            "a.py": 'import os\nos.getenv("USE_MENU", "1")\n',
            "b.py": 'import os\nos.environ.get("USE_MENU", "false")\n',
        },
        ("b.py:2:17: the default of USE_MENU is 'false' here and '1' at a.py:2",),
    ),
    Example(
        "The code disagrees with the policy",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\ndefault = true\n',
            "a.py": 'import os\nos.getenv("USE_MENU", default="no")\n',
        },
        (
            "a.py:2:12: the default of USE_MENU is 'no' here and true in the policy"
            " (govcheck.toml:3)",
        ),
    ),
    Example(
        "Other spellings of the same value",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\ndefault = true\n',
            "a.py": 'import os\nos.getenv("USE_MENU", "True")\nos.getenv("USE_MENU", "1")\n',
        },
    ),
    Example(
        "A retired flag has its value, not a default",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "retired"\nvalue = true\n',
            "a.py": 'import os\nos.getenv("USE_MENU", "1")\nos.getenv("USE_MENU", "0")\n',
        },
    ),
    Example(
        "A default that is not written out, or none",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\ndefault = true\n',
            "a.py": 'import os\nos.getenv("USE_MENU", DEFAULT)\nos.environ.pop("USE_MENU", None)\n',
        },
    ),
]
