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

from govcheck.finding import Finding, Fix
from govcheck.flags.references import may_be_built, references
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
        if any(reference.reads for reference in found[name]) or may_be_built(repo)(name):
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
    """Take the flag out of the file that declares it, unless no policy would be left in it."""
    from govcheck.config import entries, removal  # only an unused flag pays for it

    source = policy.origin("flags", name).source
    document = repo.document(source.path or "")
    if document is None or document.data != source.document.data:
        return None
    if source.prefix and source.data.keys() == {"flags"} and len(source.data["flags"]) == 1:
        return None
    path = (*source.prefix, "flags", name)
    doomed = [entry for entry in entries(document) if entry.path == path][:1]
    edits = removal(document, doomed)
    if not edits:
        return None
    return Fix(f"remove {name} from the policy", next(iter(edits.values())))


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
        {"govcheck.toml": '# flags\n\n# the menu\n[flags.USE_MENU]\nstatus = "active"\n'},
    ),
    Example(
        "A shell script reads it",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\n',
            "run.sh": 'if [ "$USE_MENU" = 1 ]; then true; fi\n',
        },
    ),
    Example(
        "A name that code puts together may be this one",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\n',
            "app.py": 'import os\ndef on(name):\n    return os.getenv(f"USE_{name}")\n',
        },
    ),
    Example(
        "A field of a settings class reads it",
        {
            "govcheck.toml": '[flags.USE_MENU]\nstatus = "active"\n',
            "base.py": "class Base(BaseSettings):\n    pass\n",
            "app.py": "class Settings(Base):\n    use_menu: bool = False\n",
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
