"""Code reads a feature flag that the policy does not know.

A name that looks like a flag by the patterns in `[flags-settings] names`, or that a declared
accessor is asked for, is a switch that somebody will have to retire one day. The policy should say
who owns it and what its default is.

## How to resolve

Declare it under `[flags.NAME]`. `--unsafe-fixes` declares all undeclared flags as active, with the
default that the code uses.

## How to except

`# govcheck: ignore[undeclared-flag] -- REASON` on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.document import TooDeepError
from govcheck.finding import Finding, Fix, Related
from govcheck.flags.references import READS, Reference, is_python, looks_like_flag, references
from govcheck.flags.values import Value
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_SHOWN = 3


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Flags that are read and not in the policy, each at its first read outside the tests."""
    found = sorted(
        {(r.span.path, r.span.start): r for r in _undeclared(repo, policy)}.values(),
        key=lambda reference: (_is_test(reference.span.path), reference.span),
    )
    fix = _declaration(repo, policy, found) if found else None
    by_name: dict[str, list[Reference]] = {}
    for reference in found:
        by_name.setdefault(reference.name, []).append(reference)
    for name, (first, *others) in by_name.items():
        also = f" (also read in {_places(len(others))})" if others else ""
        yield rule.finding(
            first.span,
            f"reads the flag {name}{also}, which the policy does not know: declare it in "
            f"{policy.sources[-1].label}",
            fix=fix,
            related=tuple(Related(each.span, "it is also read here") for each in others[:_SHOWN]),
            data={"flag": name, "kind": first.kind},
        )


def _is_test(path: str) -> bool:
    return "test" in path


def _places(number: int) -> str:
    return "1 other place" if number == 1 else f"{number} other places"


def _undeclared(repo: Repo, policy: Policy) -> Iterator[Reference]:
    looks = looks_like_flag(policy)
    for name, places in repo.view(references, policy).items():
        if name not in policy.flags and looks(name):
            yield from (each for each in places if each.kind in READS and not each.defines)
    accessors = [each.partition(":")[0] for each in policy.flags_settings.accessors]
    if not accessors:
        return
    from govcheck.flags.python import accessor_names  # only accessors need the parser here

    for document in repo.search({each.rpartition(".")[2] for each in accessors}):
        if is_python(document):
            try:
                for name, start, end in accessor_names(document, policy):
                    if name not in policy.flags:
                        yield Reference(name, "accessor", document.span(start, end), document)
            except TooDeepError as error:
                repo.unchecked[document.path] = str(error)


def _declaration(repo: Repo, policy: Policy, found: list[Reference]) -> Fix | None:
    from govcheck.policy.addition import addition  # only an undeclared flag pays for it

    defaults: dict[str, Value] = {}
    for reference in found:
        known = defaults.get(reference.name)
        default = reference.default[0] if reference.default else None
        defaults[reference.name] = default if known is None else known
    tables = {
        name: {"status": "active", **({} if default is None else {"default": default})}
        for name, default in defaults.items()
    }
    edit = addition(repo, policy, "flags", tables)
    names = sorted(defaults)
    title = ", ".join(names) if len(names) <= _SHOWN else f"this and {len(names) - 1} other flags"
    return Fix(f"declare {title}", (edit,), safe=False) if edit else None


rule = Rule("undeclared-flag", "flags", check, severity="warning", fix="unsafe")

_SETTINGS = """\
[flags-settings]
names = ["USE_*"]
accessors = ["is_enabled"]
"""

examples = [
    Example(
        "A read of what looks like a flag",
        {
            "govcheck.toml": _SETTINGS,
            "app.py": (
                "import os\n"
                'new = os.getenv("USE_NEW_MENU", "false") == "true"\n'
                'if is_enabled("dark-mode"):\n'
                "    print(new)\n"
            ),
        },
        (
            "app.py:2:18: reads the flag USE_NEW_MENU, which the policy does not know: declare it"
            " in govcheck.toml",
            "app.py:3:16: reads the flag dark-mode, which the policy does not know: declare it"
            " in govcheck.toml",
        ),
        {
            "govcheck.toml": _SETTINGS
            + '\n[flags.USE_NEW_MENU]\nstatus = "active"\ndefault = "false"\n'
            + '\n[flags.dark-mode]\nstatus = "active"\n'
        },
        unsafe=True,
    ),
    Example(
        "One finding a flag, however often it is read",
        {
            "govcheck.toml": _SETTINGS,
            "app.py": 'import os\nos.getenv("USE_MENU")\nos.environ["USE_MENU"]\n',
            "a_test.py": 'import os\nos.getenv("USE_MENU")\n',
        },
        (
            "app.py:2:12: reads the flag USE_MENU (also read in 2 other places), which the policy"
            " does not know: declare it in govcheck.toml",
        ),
    ),
    Example(
        "Declared flags, and names that do not look like one",
        {
            "govcheck.toml": _SETTINGS + '[flags.USE_NEW_MENU]\nstatus = "active"\n',
            "app.py": 'import os\nos.getenv("USE_NEW_MENU")\nos.getenv("PATH")\n',
        },
    ),
    Example(
        "No pattern and no accessor: nothing looks like a flag",
        {"govcheck.toml": "", "app.py": 'import os\nos.getenv("USE_MENU")\n'},
    ),
    Example(
        "A name that is only mentioned",
        {
            "govcheck.toml": _SETTINGS,
            "app.py": '# os.getenv("USE_NEW_MENU") is planned\nNAMES = ["USE_OTHER"]\n',
        },
    ),
]
