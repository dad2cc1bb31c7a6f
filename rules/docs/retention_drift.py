"""A document states a retention period that is not the policy's.

Looked at are tables with a row for a store, by its path or its name in `[retention.stores]`, and a
column that is headed Retention, Keep or Archive after; sentences that say of a path in a code span
for how long it is kept: `backups/` is kept for 30 days; and lines such as "Retention period: 30
days" in a section whose title has the path: "1. backups/ - copies of the state". A store that
keeps its items by more than an age, cells with more than one period, bounds (`at least 30 days`),
code, and documents of the class history are left alone. Periods are compared as lengths of time: 4
weeks are 28 days.

## How to resolve

`--fix` writes what the policy says, in a table where the cell says no more. Where the document is
right, correct the policy.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[retention-drift] -- why -->`.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.durations import Duration
from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.retention.section import Keep, Store
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.docs.documents import Doc

_STORE = (
    *("store", "directory", "folder", "path", "location", "name", "what", "artifact", "artifacts"),
    "artefact",
)
_KEEP = (
    *("retention", "retention period", "retention policy", "retention time", "keep", "kept"),
    *("keep for", "kept for", "retain for", "retained for", "max age", "maximum age"),
)
_ARCHIVE = ("archive after", "archived after", "archive age")
_PERIOD = re.compile(
    r"(?i)(?<![\w.,])(?P<number>\d{1,5})(?P<gap>[ -]?)(?P<unit>days?|weeks?|months?|years?|d|w|y)\b"
)
_KEPT = re.compile(
    r"(?i)(?:[^.`\n]|\n(?![ \t]*(?:\n|[-*+|#>]|\d+[.)]))){0,80}?"
    r"\b(?:kept|keeps|retained|retains|retention(?: period)?(?: of| is|:))"
    r""
    r"(?:\s+for)?\s(?P<period>\d{1,5}[ -]?(?:day|week|month|year)s?)\b"
)
_LABEL = re.compile(
    r"(?im)^[ \t]*(?:[-*+][ \t]+)?[*_]*retention(?: period| time)?(?:[*_]*:|:[*_]*)[ \t]+(?=\d)"
)
# What makes a bound of a period, or one of something else.
_ROUGHLY = re.compile(
    r"(?i)(?:\b(?:at least|at most|up to|more than|less than|over|under|min(?:imum)?|max(?:imum)?"
    r"|about|around|approx\w*|roughly|every|each|after)\b[\s:]*|[<>≤≥~≈])\s*[*_`]*$"
)
_OF_OTHERS = re.compile(
    r"(?i)\b(?:not|never|which|where|that|than|was|were|used to|but|if|unless|except|until)\b|n't|;"
)
_MORE = re.compile(r"(?i)\b(?:rolling|window|retention|kept|keep|for)\b")
_BEYOND = re.compile(r"(?i)\s+(?:after|until|before|past|beyond|or|then)\b")
_FOR_EVER = re.compile(r"(?i)\b(?:for ?ever|permanent(?:ly)?|indefinite(?:ly)?|never)\b")
_NAMES = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Periods that differ from those of the stores."""
    stores = policy.retention.stores
    if not stores:
        return
    from govcheck.docs.documents import documents

    named = {path: name for name, store in stores.items() for path in store.paths}
    named |= {name: name for name in stores if name not in named}
    for doc in repo.view(documents, policy):
        if doc.kind != "history" and any(name in doc.document.text for name in named):
            yield from _in_tables(doc, policy, named)
            yield from _in_sentences(doc, policy, named)
            yield from _in_sections(doc, policy, named)


def _in_tables(doc: "Doc", policy: Policy, named: dict[str, str]) -> Iterator[Finding]:
    from govcheck.docs.stated import inner, rows

    text = doc.document.text
    for row in rows(doc.page):
        cell = row.cell(_STORE) or (row.cells[0][1] if row.cells else None)
        name = named.get(_plain(text[slice(*inner(text, cell))])) if cell is not None else None
        if name is None:
            continue
        for headings, key in ((_KEEP, "keep"), (_ARCHIVE, "archive")):
            said = row.cell(headings)
            wanted = _wanted(policy.retention.stores[name], key)
            if said is not None and wanted is not None:
                yield from _in_place(doc, policy, name, key, wanted, said.start, said.end)


def _in_sentences(doc: "Doc", policy: Policy, named: dict[str, str]) -> Iterator[Finding]:
    text = doc.document.text
    for code in doc.page.codes:
        name = named.get(_plain(code.text)) if "/" in code.text else None
        if name is None or doc.page.table_at(code.start) is not None:
            continue
        wanted = _wanted(policy.retention.stores[name], "keep")
        if wanted is not None and (said := _KEPT.match(text, code.end + 1)):
            period = _PERIOD.match(text, said.start("period"))
            if period is None or _BEYOND.match(text, period.end()):
                continue
            if not _OF_OTHERS.search(text, code.end, period.start()):
                yield from _compared(doc, policy, name, "keep", wanted, period, is_all=True)


def _in_sections(doc: "Doc", policy: Policy, named: dict[str, str]) -> Iterator[Finding]:
    text = doc.document.text
    for label in _LABEL.finditer(text):
        if doc.page.fence_at(label.start()) is not None:
            continue
        titles = (
            {_plain(word) for word in re.findall(r"[\w./-]*/[\w./-]*", heading.text)}
            for heading in doc.page.headings_above(label.start())
        )
        told = next(filter(None, titles), set())
        end = text.find("\n", label.end())
        end = end if end >= 0 else len(text)
        wanted = (
            _wanted(policy.retention.stores[named[name]], "keep")
            if len(told) == 1 and (name := told.pop()) in named
            else None
        )
        if wanted is not None:
            yield from _in_place(doc, policy, named[name], "keep", wanted, label.end(), end)


def _in_place(
    doc: "Doc", policy: Policy, name: str, key: str, wanted: Duration, start: int, end: int
) -> Iterator[Finding]:
    """The only period between two offsets, if it is no bound."""
    text = doc.document.text
    periods = [*_PERIOD.finditer(text, start, end)]
    if len(periods) != 1 or _FOR_EVER.search(text, start, end):
        return
    period = periods[0]
    if not _ROUGHLY.search(text, start, period.start()):
        beside = text[start : period.start()] + text[period.end() : end]
        is_all = not re.search(r"[^\W_]", _MORE.sub("", beside))
        yield from _compared(doc, policy, name, key, wanted, period, is_all=is_all)


def _wanted(store: Store, key: str) -> Duration | None:
    """The one length of time that a store states, if that is all that it does."""
    if key == "archive":
        return store.archive.after if store.archive is not None else None
    keep = store.keep
    if not isinstance(keep, Keep) or keep.within is None or store.holds:
        return None
    is_all = keep == Keep(within=keep.within, newest=keep.newest, semantics=keep.semantics)
    return keep.within if is_all else None


def _compared(
    doc: "Doc",
    policy: Policy,
    name: str,
    key: str,
    wanted: Duration,
    said: re.Match[str],
    *,
    is_all: bool,
) -> Iterator[Finding]:
    from govcheck.docs.documents import told

    stated = Duration(said["number"] + said["unit"][0].lower())
    if stated.seconds <= wanted.most_seconds and wanted.seconds <= stated.most_seconds:
        return
    new = _as_written(wanted, said)
    what = "is archived after" if key == "archive" else "keeps"
    edit = Edit(doc.path, said.start(), said.end(), new)
    yield rule.finding(
        doc.document.span(said.start(), said.end()),
        f"the store {name} {what} {new}, not {said[0]}"
        f" ({policy.origin('retention', 'stores', name, key)}){told(doc)}",
        fix=Fix(f"write {new}", (edit,)) if is_all and doc.kind != "generated" else None,
        data={"store": name},
    )


def _as_written(wanted: Duration, said: re.Match[str]) -> str:
    """The policy's period in the manner of the document: `90 days`, `90-day`, `90d`."""
    term = re.fullmatch(r"\s*(\d+)\s*([A-Za-z]+)\s*", wanted)
    unit = _NAMES.get(term[2][0].lower()) if term and term[2].lower() != "min" else None
    if term is None or unit is None or len(said["unit"]) == 1:
        return str(wanted)
    is_plural = said["unit"].lower().endswith("s") if said["gap"] == "-" else int(term[1]) != 1
    plural = "s" if is_plural else ""
    return f"{term[1]}{said['gap']}{unit}{plural}"


def _plain(text: str) -> str:
    return text.strip(" `*_").removeprefix("./").rstrip("/")


rule = Rule("retention-drift", "docs", check, fix="safe")

_POLICY = (
    "[retention.stores.backups]\npath = 'backups'\nkeep = { within = '90d', newest = 3 }\n"
    "archive = { after = '7d', to = 'backups-archive' }\ngit = 'either'\n"
    "[retention.stores.logs]\npath = 'var/logs'\nkeep = { within = '28d', monthly = 12 }\n"
    "git = 'either'\n"
)

examples = [
    Example(
        "In a table and in sentences",
        {
            "govcheck.toml": _POLICY,
            "a.md": (
                "| Directory | Retention | Archive after |\n| --- | --- | --- |\n"
                "| `backups/` | **30 days** rolling | 2w |\n\n"
                "All in `backups/` is\nkept for 1 month, and `./backups` has a retention of 30-day"
                " snapshots.\n"
            ),
        },
        (
            "a.md:3:18: the store backups keeps 90 days, not 30 days (govcheck.toml:3)",
            "a.md:3:38: the store backups is archived after 7d, not 2w (govcheck.toml:4)",
            "a.md:6:10: the store backups keeps 90 days, not 1 month (govcheck.toml:3)",
            "a.md:6:54: the store backups keeps 90-day, not 30-day (govcheck.toml:3)",
        ),
        {
            "a.md": (
                "| Directory | Retention | Archive after |\n| --- | --- | --- |\n"
                "| `backups/` | **90 days** rolling | 7d |\n\n"
                "All in `backups/` is\nkept for 90 days, and `./backups` has a retention of 90-day"
                " snapshots.\n"
            ),
        },
    ),
    Example(
        "In the section of a store",
        {
            "govcheck.toml": _POLICY,
            "a.md": (
                "# Stores\n\n## 1. backups/ - copies\n\n### Rules\n\n"
                "**Retention Period:** 30 days rolling window\n- Retention: 90 days\n\n"
                "```\nRetention: 30 days\n```\n"
            ),
        },
        ("a.md:7:23: the store backups keeps 90 days, not 30 days (govcheck.toml:3)",),
        {
            "a.md": (
                "# Stores\n\n## 1. backups/ - copies\n\n### Rules\n\n"
                "**Retention Period:** 90 days rolling window\n- Retention: 90 days\n\n"
                "```\nRetention: 30 days\n```\n"
            ),
        },
    ),
    Example(
        "In sections of others, of several, and for more than a time",
        {
            "govcheck.toml": _POLICY,
            "a.md": (
                "## backups/\n\nRetention: 30 days, monthly ones 1 year\n"
                "Retention: 30 days, or for ever\n\n## other/\n\nRetention: 30 days\n"
                "\n## backups/ and other/\n\nRetention: 30 days\n"
                "\n## Backups\n\nRetention: 30 days\n\n## backups/\n\n### other/\n\nRetention: 3 d"
            ),
        },
    ),
    Example(
        "The same in other units, more than one period, and a store that keeps by more than age",
        {
            "govcheck.toml": _POLICY,
            "a.md": (
                "| Directory | Retention | Archive after |\n| --- | --- | --- |\n"
                "| backups | 3 months | 1 week |\n| `backups/` | 30 days, then 1 year | - |\n"
                "| `var/logs/` | 14 days | |\n| `other/` | 1 day | |\n"
            ),
        },
    ),
    Example(
        "Sentences about something else",
        {
            "govcheck.toml": _POLICY,
            "a.md": (
                "`backups/` is full. Mails are kept for 3 days. Within 30 days, `backups/` fills.\n"
                "- `backups/`\n- Mails are kept for 3 days\n\n"
                "The word backups is kept for 3 days. `backups/`: permanent\n\n"
                "```\nbackups/ is kept for 3 days\n```\n"
            ),
        },
    ),
    Example(
        "In the past",
        {"govcheck.toml": _POLICY, "CHANGELOG.md": "`backups/` was kept for 30 days.\n"},
    ),
    Example(
        "In a cell that says more, and in hours",
        {
            "govcheck.toml": _POLICY
            + "[retention.stores.tmp]\npath = 'tmp'\nkeep = { within = '36h' }\ngit = 'either'\n",
            "a.md": (
                "| Store | Retention |\n| --- | --- |\n| backups | 30 days, then tape |\n"
                "| tmp | **2 days** |\n"
            ),
        },
        (
            "a.md:3:13: the store backups keeps 90 days, not 30 days (govcheck.toml:3)",
            "a.md:4:11: the store tmp keeps 36 hours, not 2 days (govcheck.toml:12)",
        ),
        {
            "a.md": (
                "| Store | Retention |\n| --- | --- |\n| backups | 30 days, then tape |\n"
                "| tmp | **36 hours** |\n"
            ),
        },
    ),
    Example(
        "Bounds, parts of numbers, and sentences about something else",
        {
            "govcheck.toml": _POLICY,
            "a.md": (
                "| Store | Retention |\n| --- | --- |\n| backups | at least 30 days |\n"
                "| backups | 1,030 days |\n| backups | 1.5 years |\n| backups | every 7 days |\n\n"
                "`backups/` is not kept for 30 days. `backups/` were kept for 30 days.\n"
                "`backups/` is where logs kept for 30 days go. `backups/` is kept for 30 days "
                "after a release.\n"
            ),
        },
    ),
]
