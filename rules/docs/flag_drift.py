"""A document states a status or a default of a feature flag that is not the policy's.

Looked at are tables with a row for the flag and a column that is headed Status, State or Default,
and what stands in brackets behind the flag's name: `USE_MENU` (active, default=true). Words that
could mean something else or speak of another time (`removed soon`, `active until 2.0`), and
documents of the class history, are left alone.

## How to resolve

`--fix` writes what the policy says, where the cell or the bracket says no more. A table that is a
managed block (`govcheck: flags`) cannot become wrong.

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
_STATED = re.compile(
    r"(?is)[\W_]*(?:(?:now|currently|already)\s+)?(?P<word>(?P<active>active|live|in use)"
    r"|(?P<retired>retired|removed|deleted|gone|obsolete))(?![^\W_])(?P<rest>.*)"
)
# What may stand behind a status that is meant for the flag as it is now, and makes no other of it.
_REST = re.compile(r"(?is)[\W_]*|[\W_]*\ssince\s+\W*v?\d[\w.-]*[\W_]*|[\W_]*[,;:(\u2013\u2014-].*")
_OTHER_TIME = re.compile(
    r"(?i)\b(?:active|live|in use|retired|removed|deleted|gone|obsolete|until|till|soon|later"
    r"|will|was|were|before|formerly|previous(?:ly)?|old|planned|next|once|when|if|unless)\b|\?"
)
_PARTS = re.compile(r"(?:[^,;]|(?<=\d),(?=\d))+")
_SIGNS = {"active": "❌✗✘✖🔴⛔🚫🗑", "retired": "✅✓✔☑🟢"}  # which tell the opposite
_VALUE = re.compile(r"-?\d+(?:[.,_]\d+)*(?![\w.-])|[\w.-]*\w")
_SAID_DEFAULT = re.compile(r"(?i)\bdefault(?:s to)?\s*[:=]?\s*[`'\"*_]{0,3}(?=[\w-])")
_OPPOSITES = (
    ("true", "false"), ("1", "0"), ("on", "off"), ("yes", "no"), ("enabled", "disabled"),
    ("y", "n"), ("t", "f"),
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
        name = named.text.strip()
        if status := row.cell(_STATUS):
            place = inner(doc.document.text, status)
            said = _STATED.fullmatch(doc.document.text, *place)
            if said is not None and not _OTHER_TIME.search(said["rest"]):
                yield from _status(doc, policy, name, flag, said)
        default = row.cell(_DEFAULT)
        if default is not None and flag.default is not None:
            yield from _default(doc, policy, name, flag, *inner(doc.document.text, default))


def _in_brackets(doc: "Doc", policy: Policy, names: re.Pattern[str]) -> Iterator[Finding]:
    text = doc.document.text
    behind = re.compile(rf"{names.pattern}[`*_]*\s*\((?P<said>[^()\n]{{1,120}})\)")
    for found in behind.finditer(text):
        name = found["name"]
        flag = policy.flags[name]
        if doc.page.fence_at(found.start()) is not None:
            continue
        parts = [each.span() for each in _PARTS.finditer(text, *found.span("said"))]
        stated = [said for each in parts if (said := _STATED.fullmatch(text, *each))]
        if len(stated) == 1 and not _OTHER_TIME.search(stated[0]["rest"]):
            yield from _status(doc, policy, name, flag, stated[0])
        for start, end in parts if flag.default is not None else ():
            said = _SAID_DEFAULT.search(text, start, end)
            if said is not None and not _OTHER_TIME.search(text, start, end):
                yield from _default(doc, policy, name, flag, said.end(), end)


def _status(
    doc: "Doc", policy: Policy, name: str, flag: Flag, said: re.Match[str]
) -> Iterator[Finding]:
    if said[flag.status] or not _REST.fullmatch(said["rest"]):
        return
    new = flag.status.capitalize() if said["word"][:1].isupper() else flag.status
    is_all = not re.search(r"[^\W_]", said["rest"])
    is_all = is_all and not any(sign in said[0] for sign in _SIGNS[flag.status])
    yield _finding(doc, policy, name, "status", said.span("word"), new, is_all=is_all)


def _default(
    doc: "Doc", policy: Policy, name: str, flag: Flag, start: int, end: int
) -> Iterator[Finding]:
    text = doc.document.text
    found = _VALUE.match(text, start, end)
    if found is None:
        return
    word, place = found[0], found.span()
    is_all = not re.search(r"[^\W_]", text[found.end() : end])
    said, wanted = meaning(word), meaning(flag.default)
    if isinstance(said, bool) and isinstance(wanted, bool):
        if said != wanted:
            new = _opposite(word)
            yield _finding(doc, policy, name, "default", place, new, is_all=is_all)
        return
    is_number = isinstance(flag.default, int | float) and re.fullmatch(r"-?\d+(?:\.\d+)?", word)
    if is_number and float(word) != float(flag.default or 0):
        new = str(flag.default)
        yield _finding(doc, policy, name, "default", place, new, is_all=is_all)


def _finding(
    doc: "Doc",
    policy: Policy,
    name: str,
    key: str,
    place: tuple[int, int],
    new: str,
    *,
    is_all: bool,
) -> Finding:
    """What is wrong; words that stand beside it would no longer fit what a fix writes."""
    from govcheck.docs.documents import told

    written = doc.document.text[place[0] : place[1]]
    edit = Edit(doc.path, *place, new)
    return rule.finding(
        doc.document.span(*place),
        f"the {key} of {name} is {new}, not {written} ({policy.origin('flags', name, key)})"
        f"{told(doc)}",
        fix=Fix(f"write {new}", (edit,)) if is_all and doc.kind != "generated" else None,
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
    Example(
        "What is said besides",
        {
            "govcheck.toml": _POLICY,
            "app.py": _CODE,
            "a.md": (
                "| Flag | Status | Default |\n| --- | --- | --- |\n"
                "| USE_MENU | ❌ removed | false (off) |\n| USE_OLD | live since 2.0 | |\n\n"
                "USE_MENU (default: n, in short)\n"
            ),
        },
        (
            "a.md:3:16: the status of USE_MENU is active, not removed (govcheck.toml:2)",
            "a.md:3:26: the default of USE_MENU is true, not false (govcheck.toml:3)",
            "a.md:4:13: the status of USE_OLD is retired, not live (govcheck.toml:5)",
            "a.md:6:20: the default of USE_MENU is y, not n (govcheck.toml:3)",
        ),
        {
            "a.md": (
                "| Flag | Status | Default |\n| --- | --- | --- |\n"
                "| USE_MENU | ❌ removed | false (off) |\n| USE_OLD | live since 2.0 | |\n\n"
                "USE_MENU (default: y, in short)\n"
            ),
        },
    ),
    Example(
        "Of other times, and of something else",
        {
            "govcheck.toml": _POLICY + "[flags.USE_MANY]\nstatus = 'active'\ndefault = 3000\n",
            "app.py": _CODE + "os.getenv('USE_MANY')\n",
            "a.md": (
                "| Flag | Status |\n| --- | --- |\n| USE_MENU | retired soon |\n"
                "| USE_MENU | will be removed |\n| USE_OLD | active until 2.0 |\n"
                "| USE_OLD | was active |\n\nUSE_MENU (removed from the tour), USE_OLD (see the "
                "live demo)\nUSE_MENU (default false until 2.0; removed in 3.0), USE_MANY (default "
                "3,000)\n"
            ),
        },
    ),
]
