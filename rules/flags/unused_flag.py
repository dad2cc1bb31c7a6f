"""The policy declares an active flag that nothing reads.

A flag that no code reads switches nothing. Either its last read was removed and the policy was
forgotten, or its name is misspelt.

## How to resolve

Remove it from the policy (`--fix` does so where no document or configuration names it either), or
set its status to `retired` so that it cannot come back.

## How to except

`[[exceptions]]` in the policy, for the policy file: a flag that only another repository reads.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.flags.references import references
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Active flags without a read."""
    active = [name for name, flag in policy.flags.items() if flag.status == "active"]
    if not active:
        return
    found = repo.view(references, policy)
    for name in active:
        if any(reference.reads for reference in found[name]):
            continue
        origin = policy.origin("flags", name)
        if origin.source.path is None:
            continue
        fix = _removal(repo, policy, name) if not found[name] else None
        yield rule.finding(
            origin.span,
            f"the flag {name} is declared active, but nothing reads it",
            fix=fix,
            data={"flag": name, "kind": "policy"},
        )


def _removal(repo: Repo, policy: Policy, name: str) -> Fix | None:
    """Take the table out, where its header stands alone and says all that there is of the flag."""
    origin = policy.origin("flags", name)
    place = origin.source.place(origin.key)
    document = repo.document(origin.source.path or "")
    if place is None or document is None:
        return None
    start, end = place.whole
    if not document.text.startswith("[", start):
        return None
    # Comments after the last key may belong to the next table, so the end is the last key's.
    lines = document.text[start:end].splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    end = start + len("".join(lines))
    line_end = document.text.find("\n", end - 1)
    end = len(document.text) if line_end < 0 else line_end + 1
    if document.text[end : end + 1] == "\n":
        end += 1
    return Fix(f"remove {name} from the policy", (Edit(document.path, start, end, ""),))


rule = Rule("unused-flag", "flags", check, severity="warning", fix="safe")

examples = [
    Example(
        "Nothing reads the flag, and nothing names it",
        {
            "govcheck.toml": (
                "# flags\n"
                "[flags.USE_OLD]\n"
                'status = "active"\n'
                "\n"
                "# the menu\n"
                "[flags.USE_MENU]\n"
                'status = "active"\n'
            ),
            "app.py": 'import os\nos.getenv("USE_MENU")\n',
        },
        ("govcheck.toml:2:8: the flag USE_OLD is declared active, but nothing reads it",),
        {"govcheck.toml": '# flags\n# the menu\n[flags.USE_MENU]\nstatus = "active"\n'},
    ),
    Example(
        "A shell script reads it",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\n',
            "run.sh": 'if [ "$USE_MENU" = 1 ]; then true; fi\n',
        },
    ),
    Example(
        "A list of names is taken for a read",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\n',
            "app.py": 'import os\nfor name in ["USE_MENU"]:\n    os.getenv(name)\n',
        },
    ),
]
