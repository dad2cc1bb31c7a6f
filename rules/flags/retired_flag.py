"""A retired feature flag is still referenced.

The policy says that the flag is retired: it has one value for ever, and nothing should ask for it
any more. Every place that still names it is reported: reads of the environment under any alias,
settings and constants, calls of declared accessors, tests that set it, keys of configuration
files, Dockerfiles and workflows, and prose that still describes it.

Not reported are the policy itself, prose that says the flag is retired or removed, and prose in
the paths of `[flags-settings] history` or in documents of the class `history`. A longer name that
contains the flag's is no reference.

## How to resolve

Keep the live branch in the code and delete the other one. `--fix` does so in Python where every
read in a file is certain (look at `--diff` first): the value takes the place of reads, names and
conditions, and what became dead or unused goes. A file in which one read is not certain is left
alone, and the finding says why. Dead tests go with `--unsafe-fixes`.

`--fix` also takes the flag's line or key out of configuration files. Where code still reads the
flag and would see another value without that line, the fix is unsafe.

## How to except

`# govcheck: ignore[retired-flag] -- REASON` on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from govcheck.finding import Edit, Finding, Fix
from govcheck.flags.prose import calls_it_retired
from govcheck.flags.references import Reference, in_history, may_be_built, references
from govcheck.flags.section import Flag
from govcheck.flags.values import same, show
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.config import Entry

_BRANCH = "keep only the code for that value"
_SAYS_AND_TO_DO = {
    "env-read": ("reads", _BRANCH),
    "env-write": ("sets", "nothing should set it"),
    "setting": ("uses", _BRANCH),
    "constant": ("uses", _BRANCH),
    "accessor": ("asks for", _BRANCH),
    "decorator": ("is guarded by", _BRANCH),
    "string": ("names", "nothing should ask for it"),
    "config": ("sets", "take it out"),
    "text": ("names", "nothing should ask for it"),
    "prose": ("describes", "say that it is retired, or leave it out"),
}
_IN_CODE = ("env-read", "env-write", "setting", "constant", "accessor", "decorator", "string")
_DEFINES = {"setting": ("sets", "nothing should set it"), "constant": ("binds", "take it out")}


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Every reference to a retired flag."""
    retired = {name: flag for name, flag in policy.flags.items() if flag.status == "retired"}
    if not retired:
        return
    is_history = in_history(policy)
    found = repo.view(references, policy)
    removals = _removals(found[name] for name in retired)
    is_built = may_be_built(repo) if removals else None
    for name, flag in retired.items():
        for reference in found[name]:
            if reference.kind == "prose" and (
                is_history(reference.span.path)
                or calls_it_retired(reference.document, reference.span)
            ):
                continue
            edits = removals.get(reference, ())
            why = ""
            if edits and is_built is not None:
                why = _why_unsafe(reference, flag, found[name], is_built)
            yield _finding(reference, flag, policy, edits, why)


def mend(
    repo: Repo, policy: Policy, findings: Sequence[Finding], unsafe: bool
) -> Iterator[Finding]:
    """The findings with their files folded, or with what stands in the way."""
    if not any(finding.data["kind"] in _IN_CODE for finding in findings):
        yield from findings
        return
    from govcheck.flags.folding import folds  # only fixing pays for it

    made = folds(repo, policy, unsafe=unsafe)
    for finding in findings:
        fold = made.get(finding.span.path)
        if fold is None or finding.fix is not None or finding.data["kind"] not in _IN_CODE:
            yield finding
        elif fold.refusal is not None:
            path, line, why = fold.refusal
            message = f"{finding.message}; not folded: {path}:{line}: {why}"
            yield replace(finding, message=message, on_demand=False)
        elif fold.edits:
            fix = Fix(f"fold {finding.data['flag']}", fold.edits, safe=fold.is_safe)
            yield replace(finding, fix=fix)
        else:
            yield replace(finding, on_demand=False)


def _finding(
    reference: Reference,
    flag: Flag,
    policy: Policy,
    edits: tuple[Edit, ...],
    why_unsafe: str,
) -> Finding:
    """The finding; `edits` take the reference out, `why_unsafe` tells what speaks against it."""
    name = reference.name
    says, to_do = _SAYS_AND_TO_DO[reference.kind]
    if reference.defines:
        says, to_do = _DEFINES.get(reference.kind, (says, to_do))
    message = f"{says} the retired flag {name}: {_for_ever(flag)} "
    message += f"({policy.origin('flags', name)}); {to_do}"
    if why_unsafe:
        message += f"; {why_unsafe}"
    fix = Fix(f"remove {name}", edits, safe=not why_unsafe) if edits else None
    return rule.finding(
        reference.span,
        message,
        fix=fix,
        related=reference.carried,
        data={"flag": name, "kind": reference.kind},
        on_demand=reference.kind in _IN_CODE,
    )


def _for_ever(flag: Flag) -> str:
    if flag.value is not None:
        return f"it is {show(flag.value)} for ever"
    if flag.env_value is not None:
        return f"it is {flag.env_value!r} for ever"
    return "it is unset for ever"


def _why_unsafe(
    setting: Reference,
    flag: Flag,
    found: Iterable[Reference],
    is_built: Callable[[str], bool],
) -> str:
    """What may see another value once a setting is gone; nothing if all see the final one."""
    for reference in found:
        if not _keeps(reference, flag, setting):
            place = f"{reference.span.path}:{reference.span.line}"
            return f"{place} still reads it and would get another value without this line"
    if is_built(setting.name):
        return "code puts together names that begin like it, so it may still be read"
    return ""


def _keeps(reference: Reference, flag: Flag, setting: Reference) -> bool:
    """Whether a place sees the same value also where the setting is gone.

    A string that code compares is the same only to the letter: `"True"` is not `"true"`.
    """
    if not reference.reads or reference.kind == "constant" or flag.env_unset:
        return True
    if reference.default is None:
        return False
    default = reference.default[0]
    if not isinstance(default, str):
        return same(default, flag.value if flag.env_value is None else flag.env_value)
    final = flag.env_value
    if final is None and setting.entry is not None and setting.entry.value is not None:
        final = setting.entry.value if same(setting.entry.value, flag.value) else None
    return default == final


def _removals(
    found: Iterator[tuple[Reference, ...]],
) -> dict[Reference, tuple[Edit, ...]]:
    """The edits that take each configuration entry out, where all of a file's go together."""
    by_document: dict[str, list[Reference]] = {}
    for references_ in found:
        for reference in references_:
            if reference.entry is not None and _is_variable(reference.entry, reference.span.path):
                by_document.setdefault(reference.span.path, []).append(reference)
    removals: dict[Reference, tuple[Edit, ...]] = {}
    if not by_document:
        return removals
    from govcheck.config import removal  # only an entry to remove pays for it

    for group in by_document.values():
        entries = {r.entry: r for r in group if r.entry is not None}
        edits = removal(group[0].document, entries.keys())
        removals.update({entries[entry]: edit for entry, edit in edits.items()})
    return removals


def _is_variable(entry: "Entry", path: str) -> bool:
    """In workflows, only an `env` sets a variable: an input or a matrix has other users."""
    return not path.startswith(".github/") or entry.path[-2:-1] == ("env",)


rule = Rule("retired-flag", "flags", check, mend=mend, fix="safe")

_RETIRED = """\
[flags.USE_NEW_MENU]
status = "retired"
value = true
"""
_FOR_EVER = "the retired flag USE_NEW_MENU: it is true for ever (govcheck.toml:1); "
_KEEP = f"{_FOR_EVER}keep only the code for that value"
_TAKE_OUT = f"{_FOR_EVER}take it out"
_UNSET = f"{_FOR_EVER}nothing should set it"

examples = [
    Example(
        "Reads, under any import alias, and everything that is set in tests",
        {
            "govcheck.toml": _RETIRED,
            "app.py": (
                "from os import environ as env\n"
                "import os as system\n"
                "\n"
                'if env.get("USE_NEW_MENU") == "1":\n'
                "    print(1)\n"
                'MENU = system.environ["USE_NEW_MENU"]\n'
                'print("USE_NEW_MENU" in env, MENU)\n'
            ),
            "tests/test_app.py": (
                "def test_menu(monkeypatch):\n"
                '    monkeypatch.setenv("USE_NEW_MENU", "1")\n'
                '    with patch.dict("os.environ", {"USE_NEW_MENU": "1"}):\n'
                "        pass\n"
            ),
        },
        (
            f"app.py:4:13: reads {_KEEP}",
            f"app.py:6:24: reads {_KEEP}",
            f"app.py:7:8: reads {_KEEP}",
            f"tests/test_app.py:2:25: sets {_UNSET}",
            f"tests/test_app.py:3:37: sets {_UNSET}",
        ),
    ),
    Example(
        "Settings, constants and declared accessors",
        {
            "govcheck.toml": _RETIRED + '[flags-settings]\naccessors = ["client.variation"]\n',
            "app.py": (
                "from django.conf import settings\n"
                "from flags import USE_NEW_MENU\n"
                "\n"
                'if settings.USE_NEW_MENU or client.variation("USE_NEW_MENU", False):\n'
                "    print(USE_NEW_MENU)\n"
            ),
        },
        (
            f"app.py:2:19: binds {_TAKE_OUT}",
            f"app.py:4:13: uses {_KEEP}",
            f"app.py:4:47: asks for {_KEEP}",
            f"app.py:5:11: uses {_KEEP}",
        ),
    ),
    Example(
        "Configuration loses the key, and nothing else",
        {
            "govcheck.toml": _RETIRED,
            ".env": "# settings\nUSE_NEW_MENU=true\nPORT=80  # keep\n",
            "compose.yaml": (
                "services:\n"
                "  web:\n"
                "    environment:\n"
                "      USE_NEW_MENU: 'true'  # rolled out\n"
                "      PORT: 80\n"
            ),
            "Dockerfile": "FROM scratch\nENV USE_NEW_MENU=1 PORT=80\n",
        },
        (
            f".env:2:1: sets {_TAKE_OUT}",
            f"Dockerfile:2:5: sets {_TAKE_OUT}",
            f"compose.yaml:4:7: sets {_TAKE_OUT}",
        ),
        {
            ".env": "# settings\nPORT=80  # keep\n",
            "compose.yaml": "services:\n  web:\n    environment:\n      PORT: 80\n",
            "Dockerfile": "FROM scratch\nENV PORT=80\n",
        },
    ),
    Example(
        "A line that code depends on goes only with --unsafe-fixes",
        {
            "govcheck.toml": _RETIRED,
            ".env": "USE_NEW_MENU=true\n",
            "app.py": 'import os\nprint(os.getenv("USE_NEW_MENU", "false"))\n',
        },
        (
            f".env:1:1: sets {_TAKE_OUT}; app.py:2 still reads it and would get another value"
            " without this line",
            f"app.py:2:18: reads {_KEEP}",
        ),
        {".env": ""},
        unsafe=True,
    ),
    Example(
        "Folding comes first where a default is spelled otherwise",
        {
            "govcheck.toml": _RETIRED,
            ".env": "USE_NEW_MENU=true\n",
            "app.py": 'import os\non = os.getenv("USE_NEW_MENU", "True") == "true"\nprint(1)\n',
        },
        (
            f".env:1:1: sets {_TAKE_OUT}; app.py:2 still reads it and would get another value"
            " without this line",
            f"app.py:2:17: reads {_KEEP}",
        ),
        {".env": "", "app.py": "on = True\nprint(1)\n"},
    ),
    Example(
        "The live branch stays, and what only the dead one used goes",
        {
            "govcheck.toml": _RETIRED,
            "app.py": (
                "import os\n"
                "\n"
                '_NEW_MENU = os.getenv("USE_NEW_MENU", "false").lower() in ("1", "true")\n'
                "\n"
                "\n"
                "def _old_menu(user):\n"
                "    return [user.name]\n"
                "\n"
                "\n"
                "def menu(user):\n"
                "    # Guests see nothing.\n"
                "    if user.is_guest:\n"
                "        return []\n"
                "    if not _NEW_MENU:\n"
                "        return _old_menu(user)\n"
                '    return [user.name, "settings"]\n'
            ),
        },
        (f"app.py:3:24: reads {_KEEP}",),
        {
            "app.py": (
                "def menu(user):\n"
                "    # Guests see nothing.\n"
                "    if user.is_guest:\n"
                "        return []\n"
                '    return [user.name, "settings"]\n'
            ),
        },
    ),
    Example(
        "Prose that describes the flag as live misleads",
        {
            "govcheck.toml": _RETIRED,
            "README.md": "Set `USE_NEW_MENU=1` to see the new menu. It will be removed later.\n",
        },
        (f"README.md:1:6: describes {_FOR_EVER}say that it is retired, or leave it out",),
    ),
    Example(
        "A longer name is another name",
        {
            "govcheck.toml": _RETIRED,
            "app.py": 'import os\nos.getenv("USE_NEW_MENU_COLOURS")\nMY_USE_NEW_MENU = 1\n',
            ".env": "USE_NEW_MENU2=1\n",
        },
    ),
    Example(
        "Prose may say that the flag is gone, also over the end of a line",
        {
            "govcheck.toml": _RETIRED,
            "README.md": "The flag `USE_NEW_MENU` was removed in 2.0.\n",
            "app.py": '"""The menu; the flag USE_NEW_MENU has\nbeen retired."""\n',
            "run.sh": "# USE_NEW_MENU no longer does anything\n",
        },
    ),
    Example(
        "A table below a heading that calls its flags retired",
        {
            "govcheck.toml": _RETIRED,
            "README.md": (
                "## Retired flags\n\n| flag | since |\n|---|---|\n| USE_NEW_MENU | May |\n"
            ),
        },
    ),
    Example(
        "History may name it as it was",
        {
            "govcheck.toml": (
                _RETIRED + '[flags-settings]\nhistory = ["CHANGELOG.md"]\n'
                '[[docs.class]]\nname = "history"\npaths = ["docs/releases/**"]\n'
            ),
            "CHANGELOG.md": "Set `USE_NEW_MENU=1` to see the new menu.\n",
            "docs/releases/1.0.md": "Set `USE_NEW_MENU=1` to see the new menu.\n",
        },
    ),
    Example(
        "A flag whose name is a common word is found only where its kind says",
        {
            "govcheck.toml": (
                '[flags.beta]\nstatus = "retired"\nvalue = false\nkind = "callable"\n'
                '[flags-settings]\naccessors = ["is_enabled"]\n'
            ),
            "app.py": 'beta = 1\nprint("beta", beta)\n',
            "README.md": "This is a beta version.\n",
        },
    ),
    Example(
        "An active flag is nobody's business here",
        {
            "govcheck.toml": '[flags.USE_NEW_MENU]\nstatus = "active"\n',
            "app.py": 'import os\nos.getenv("USE_NEW_MENU")\n',
        },
    ),
    Example(
        "Neither a pattern of names in prose nor a value is the flag",
        {
            "govcheck.toml": _RETIRED,
            "README.md": "All of `USE_NEW_*` are described elsewhere.\n",
            "app.py": 'print("use new menu")\n',
        },
    ),
    Example(
        "A file that only looks like text",
        {"govcheck.toml": _RETIRED, "menu.bin": "\0USE_NEW_MENU"},
    ),
]
