"""A feature flag is documented or set, but no code reads it.

Who follows the document and sets the flag changes nothing, and believes to have changed something:
that is worst in the runbook for an emergency. Looked at are the active flags of the policy and,
in code spans of documents and in `.env` files, the names that look like a flag by
`[flags-settings] names`, unless they begin like no variable that the code reads. A name that
appears in any code, also where a read is only possible, is not reported; nor is prose that says the
flag is gone, nor the paths of `[flags-settings] history` and documents of the class `history`.

## How to resolve

Remove the flag from the documents and the configuration, or mend the name. `--fix` removes the
line or key of a declared flag from configuration files; a name that is not declared might be read
by a library.

## How to except

A suppression comment in the document, or `[[exceptions]]` in the policy: for a variable that
another program reads.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.flags.prose import calls_it_retired
from govcheck.flags.references import (
    PROSE,
    Reference,
    in_history,
    is_in_code_span,
    looks_like_flag,
    may_be_built,
    references,
)
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_COMMON = ("USE", "ENABLE", "DISABLE", "FEATURE")


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Mentions of flags that nothing reads."""
    is_history = in_history(policy)
    looks = looks_like_flag(policy)
    found = repo.view(references, policy)
    read = {name for name, places in found.items() if any(place.reads for place in places)}
    ours = {*_COMMON, *(name.partition("_")[0] for name in read)}
    for name, places in found.items():
        flag = policy.flags.get(name)
        if name in read or (flag and flag.status == "retired"):
            continue
        if flag is None and name.partition("_")[0] not in ours:
            continue
        if places and may_be_built(repo)(name):
            continue
        for place in places:
            if flag is None and not (looks(name) and _is_ours(place)):
                continue
            if place.kind == "prose" and (
                is_history(place.span.path) or calls_it_retired(place.document, place.span)
            ):
                continue
            says = "describes" if place.kind == "prose" else "sets"
            declared = f" ({policy.origin('flags', name)})" if flag else ""
            yield rule.finding(
                place.span,
                f"{says} the flag {name}{declared}, which no code reads",
                fix=_fix(place) if flag else None,
                data={"flag": name, "kind": place.kind},
            )


def _is_ours(place: Reference) -> bool:
    """Whether an undeclared name is meant for this program: other files feed other programs too."""
    if place.kind == "prose":
        return place.span.path.lower().endswith(PROSE) and is_in_code_span(place)
    from govcheck.config import format_of

    return format_of(place.span.path) == "env"


def _fix(place: Reference) -> Fix | None:
    if place.entry is None:
        return None
    from govcheck.config import removal  # only an entry to remove pays for it

    edits: tuple[Edit, ...] = removal(place.document, [place.entry]).get(place.entry, ())
    return Fix(f"remove {place.name}", edits) if edits else None


rule = Rule("phantom-flag", "flags", check, fix="safe")

_ACTIVE = '[flags.USE_HANDLERS]\nstatus = "active"\n'

examples = [
    Example(
        "Documented and set, but read nowhere",
        {
            "govcheck.toml": _ACTIVE,
            "docs/runbook.md": "Set `USE_HANDLERS=false` to roll back.\n",
            ".env.example": "PORT=80\nUSE_HANDLERS=true\n",
        },
        (
            ".env.example:2:1: sets the flag USE_HANDLERS (govcheck.toml:1), which no code reads",
            "docs/runbook.md:1:6: describes the flag USE_HANDLERS (govcheck.toml:1), which no code"
            " reads",
        ),
        {".env.example": "PORT=80\n"},
    ),
    Example(
        "A name that only looks like a flag, in the program's own settings: a library may read it",
        {"govcheck.toml": '[flags-settings]\nnames = ["USE_*"]\n', ".env": "USE_COLOUR=1\n"},
        (".env:1:1: sets the flag USE_COLOUR, which no code reads",),
    ),
    Example(
        "A pass-through in a workflow reads nothing, but its condition does",
        {
            "govcheck.toml": _ACTIVE,
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    env:\n      USE_HANDLERS: ${{ vars.USE_HANDLERS }}\n"
                "    steps:\n      - if: env.USE_HANDLERS == '1'\n        run: make\n"
            ),
        },
    ),
    Example(
        "Code reads it",
        {
            "govcheck.toml": _ACTIVE,
            "docs/runbook.md": "Set `USE_HANDLERS=false` to roll back.\n",
            "app.py": 'import os\nos.getenv("USE_HANDLERS")\n',
        },
    ),
    Example(
        "History, and prose that says it is gone",
        {
            "govcheck.toml": _ACTIVE + '[flags-settings]\nhistory = ["docs/archive/**"]\n',
            "docs/archive/2024.md": "Set `USE_HANDLERS=false` to roll back.\n",
            "docs/runbook.md": "| `USE_HANDLERS` *(retired in May)* | - |\n",
        },
    ),
    Example(
        "An undeclared name counts only where it is meant for this program",
        {
            "govcheck.toml": '[flags-settings]\nnames = ["USE_*", "*_USE_*"]\n',
            "compose.yaml": "services:\n  db:\n    environment:\n      USE_TLS: 1\n",
            "README.md": "Many programs know USE_TLS.\n",
            "docs/other.md": "Another program reads `MARVIN_USE_COLOUR`.\n",
            "app.py": '"""Prints `USE_COLOUR`, as an example."""\n',
        },
    ),
]
