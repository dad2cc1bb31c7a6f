"""A document states a status or a default of a feature flag that is not the policy's.

Looked at are tables with a row for the flag and a column that is headed Status, State or Default,
and what stands in brackets behind the flag's name: `USE_MENU` (active, default=true). Words that
could mean something else, and documents of the class history, are left alone.

## How to resolve

`--fix` writes what the policy says. A table that is a managed block (`govcheck: flags`) cannot
become wrong.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[flag-drift] -- why -->`.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.finding import Edit, Finding, Fix
from govcheck.flags.section import Flag
from govcheck.flags.values import meaning
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.docs.documents import Doc

_STATUS = ("status", "state")
_DEFAULT = ("default", "default value", "defaults")
_NAMES = ("flag", "feature flag", "name", "variable", "setting", "feature", "environment variable")
_WORDS = {
    "active": re.compile(r"(?i)(?<!no longer )(?<!not )\b(?:active|live|in use)\b"),
    "retired": re.compile(r"(?i)(?<!not )\b(?:retired|removed|deleted|gone|obsolete)\b"),
}
_SAID_DEFAULT = re.compile(r"(?i)\bdefault(?:s to)?\s*[:=]?\s*[`'\"]?(?P<value>[\w.-]+)")
_OPPOSITES = (
    ("true", "false"), ("1", "0"), ("on", "off"), ("yes", "no"), ("enabled", "disabled"),
)  # fmt: skip


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """States and defaults of flags that differ from the policy's."""
    if not policy.flags:
        return
    from govcheck.docs.documents import documents
    from govcheck.markdown import ENDINGS

    naming = {document.path for document in repo.search(policy.flags, ENDINGS)}
    known = "|".join(re.escape(name) for name in sorted(policy.flags, key=len, reverse=True))
    names = re.compile(rf"(?<![\w-])(?P<name>{known})(?![\w-])")
    for doc in repo.view(documents, policy):
        if doc.kind != "history" and doc.path in naming and names.search(doc.document.text):
            yield from _in_tables(doc, policy)
            yield from _in_brackets(doc, policy, names)


def _in_tables(doc: "Doc", policy: Policy) -> Iterator[Finding]:
    from govcheck.docs.stated import inner, rows

    for row in rows(doc.page):
        named = row.cell(_NAMES) or (row.cells[0][1] if row.cells else None)
        flag = policy.flags.get(named.text.strip()) if named is not None else None
        if flag is None or named is None:
            continue
        if status := row.cell(_STATUS):
            yield from _status(
                doc, policy, named.text.strip(), flag, *inner(doc.document.text, status)
            )
        default = row.cell(_DEFAULT)
        if default is not None and flag.default is not None:
            start, end = inner(doc.document.text, default)
            word = re.match(r"[\w.-]+", doc.document.text[start:end])
            if word:
                place = start, start + word.end()
                yield from _default(doc, policy, named.text.strip(), flag, *place)


def _in_brackets(doc: "Doc", policy: Policy, names: re.Pattern[str]) -> Iterator[Finding]:
    text = doc.document.text
    behind = re.compile(rf"{names.pattern}[`*_]*\s*\((?P<said>[^()\n]{{1,120}})\)")
    for found in behind.finditer(text):
        name = found["name"]
        flag = policy.flags[name]
        if doc.page.fence_at(found.start()) is not None:
            continue
        yield from _status(doc, policy, name, flag, *found.span("said"))
        default = _SAID_DEFAULT.search(text, *found.span("said"))
        if default is not None and flag.default is not None:
            yield from _default(doc, policy, name, flag, *default.span("value"))


def _status(
    doc: "Doc", policy: Policy, name: str, flag: Flag, start: int, end: int
) -> Iterator[Finding]:
    said = {word: found for word, pattern in _WORDS.items()
            if (found := pattern.search(doc.document.text, start, end))}  # fmt: skip
    if len(said) != 1 or flag.status in said:
        return
    (found,) = said.values()
    new = flag.status.capitalize() if found[0][:1].isupper() else flag.status
    yield _finding(doc, policy, name, "status", found.span(), new)


def _default(
    doc: "Doc", policy: Policy, name: str, flag: Flag, start: int, end: int
) -> Iterator[Finding]:
    word = doc.document.text[start:end]
    said, wanted = meaning(word), meaning(flag.default)
    if isinstance(said, bool) and isinstance(wanted, bool):
        if said != wanted:
            yield _finding(doc, policy, name, "default", (start, end), _opposite(word))
        return
    is_number = isinstance(flag.default, int | float) and re.fullmatch(r"-?\d+(?:\.\d+)?", word)
    if is_number and float(word) != float(flag.default or 0):
        yield _finding(doc, policy, name, "default", (start, end), str(flag.default))


def _finding(
    doc: "Doc", policy: Policy, name: str, key: str, place: tuple[int, int], new: str
) -> Finding:
    from govcheck.docs.documents import told

    written = doc.document.text[place[0] : place[1]]
    edit = Edit(doc.path, *place, new)
    return rule.finding(
        doc.document.span(*place),
        f"the {key} of {name} is {new}, not {written} ({policy.origin('flags', name, key)})"
        f"{told(doc)}",
        fix=None if doc.kind == "generated" else Fix(f"write {new}", (edit,)),
        data={"flag": name, "kind": key},
    )


def _opposite(word: str) -> str:
    for one, other in (*_OPPOSITES, *((b, a) for a, b in _OPPOSITES)):
        if word.lower() == one:
            return (
                other.upper()
                if word.isupper() and len(word) > 1
                else (other.capitalize() if word[0].isupper() else other)
            )
    return word


rule = Rule("flag-drift", "docs", check, fix="safe")

_POLICY = (
    "[flags.USE_MENU]\nstatus = 'active'\ndefault = true\n"
    "[flags.USE_OLD]\nstatus = 'retired'\nvalue = true\n"
)
_CODE = "import os\n\nos.getenv('USE_MENU', 'true')\n"

examples = [
    Example(
        "In a table, and in brackets",
        {
            "govcheck.toml": _POLICY,
            "app.py": _CODE,
            "a.md": (
                "| Flag | Status | Default |\n| --- | --- | --- |\n"
                "| `USE_MENU` | ✅ Retired | `False` |\n| `USE_OLD` | **active** | `true` |\n\n"
                "`USE_MENU` (removed, default=0)\n"
            ),
        },
        (
            "a.md:3:18: the status of USE_MENU is Active, not Retired (govcheck.toml:2)",
            "a.md:3:29: the default of USE_MENU is True, not False (govcheck.toml:3)",
            "a.md:4:17: the status of USE_OLD is retired, not active (govcheck.toml:5)",
            "a.md:6:13: the status of USE_MENU is active, not removed (govcheck.toml:2)",
            "a.md:6:30: the default of USE_MENU is 1, not 0 (govcheck.toml:3)",
        ),
        {
            "a.md": (
                "| Flag | Status | Default |\n| --- | --- | --- |\n"
                "| `USE_MENU` | ✅ Active | `True` |\n| `USE_OLD` | **retired** | `true` |\n\n"
                "`USE_MENU` (active, default=1)\n"
            ),
        },
    ),
    Example(
        "As it is, and in words that may mean something else",
        {
            "govcheck.toml": _POLICY,
            "app.py": _CODE,
            "a.md": (
                "| Flag | Status | Default |\n| --- | --- | --- |\n| USE_MENU | live | on |\n"
                "| USE_MENU | not removed, active | see below |\n| USE_MENU | enabled in tests | "
                "|\n"
                "| USE_OLD | no longer active: retired | |\n\nUSE_MENU (default: true)\n"
            ),
        },
    ),
    Example(
        "In the past, and in code",
        {
            "govcheck.toml": _POLICY,
            "app.py": _CODE,
            "CHANGELOG.md": "`USE_MENU` (removed)\n",
            "a.md": "```\nUSE_MENU (removed)\n```\n",
        },
    ),
    Example(
        "Of flags that the policy does not know",
        {"govcheck.toml": _POLICY, "app.py": _CODE, "a.md": "`USE_MENU_BAR` (removed)\n"},
    ),
]
