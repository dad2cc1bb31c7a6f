"""An exception in the policy, or an entry of the baseline, silences nothing.

What it allowed is gone. Left standing, it would silently allow the next case of the same kind.

## How to resolve

Remove it. `--fix` takes entries that are no longer needed out of the baseline.
"""

from collections.abc import Iterator

from govcheck import baseline
from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.report import Outcome
from govcheck.rule import Example, Rule


def review(repo: Repo, policy: Policy, outcome: Outcome) -> Iterator[Finding]:
    """Exceptions and entries of the baseline that no finding needed in this run."""
    for number, entry in enumerate(policy.exceptions):
        is_over = entry.until is not None and entry.until < policy.today
        if number in outcome.used or entry.rule not in outcome.rules or is_over:
            continue
        yield rule.finding(
            policy.origin("exceptions", number).span,
            f"the exception from {entry.rule} for {', '.join(entry.paths)} allows nothing",
        )
    yield from _unused_entries(repo, outcome)


def _unused_entries(repo: Repo, outcome: Outcome) -> Iterator[Finding]:
    try:
        known = repo.view(baseline.entries)
    except baseline.BaselineError:
        return  # the engine has reported it
    unused = [e for e in known if e not in outcome.used and e.rule in outcome.rules]
    document = repo.document(baseline.BASELINE_FILE)
    if not unused or document is None:
        return
    rest = baseline.render(entry for entry in known if entry not in unused)
    edit = Edit(document.path, 0, len(document.text), rest)
    fix = Fix("remove what is gone from the baseline", (edit,))
    lines = {line.strip().rstrip(","): n for n, line in enumerate(document.text.split("\n"), 1)}
    for entry in unused:
        line = lines.get(baseline.render([entry]).split("\n")[1].strip(), 1)
        yield rule.finding(
            document.line_span(line),
            f"the baseline allows a {entry.rule} in {entry.path} that is gone",
            fix=fix,
        )


rule = Rule("unused-exception", "repo", review=review, severity="warning", fix="safe")

_POLICY = """\
[flags.USE_MENU]
status = "retired"
value = true
[[exceptions]]
rule = "retired-flag"
paths = ["old/**"]
reason = "goes with 2.0"
"""

examples = [
    Example(
        "Nothing in its paths needs it",
        {"govcheck.toml": _POLICY, "app.py": "print(1)\n"},
        ("govcheck.toml:4:3: the exception from retired-flag for old/** allows nothing",),
    ),
    Example(
        "The baseline only shrinks",
        {
            "govcheck.toml": _POLICY.partition("[[")[0],
            ".govcheck-baseline.json": (
                '{"version": 1, "entries": [\n'
                '  {"path": "app.py", "rule": "retired-flag", "text": "x", "ordinal": 1}\n'
                "]}\n"
            ),
        },
        (".govcheck-baseline.json:2:1: the baseline allows a retired-flag in app.py that is gone",),
        {".govcheck-baseline.json": '{"version": 1, "entries": []}\n'},
    ),
    Example(
        "A finding needs it",
        {"govcheck.toml": _POLICY, "old/app.py": 'import os\nos.getenv("USE_MENU")\n'},
    ),
    Example(
        "It has expired, which is told already",
        {"govcheck.toml": _POLICY + "until = 2025-12-31\n"},
    ),
    Example(
        "Its rule does not run",
        {"govcheck.toml": 'ignore = ["retired-flag"]\n' + _POLICY},
    ),
]
