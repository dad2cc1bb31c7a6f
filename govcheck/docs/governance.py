"""The policy as a document for people who do not read TOML: what holds, and what is overdue."""

from collections.abc import Iterator, Sequence
from datetime import date

from govcheck import registry
from govcheck.docs.blocks import TABLES
from govcheck.docs.table import Column, Table, code, markdown, prose
from govcheck.keys import Key
from govcheck.policy import Policy
from govcheck.repo import Repo


def governance(repo: Repo, policy: Policy) -> Iterator[str]:
    """The lines of the document, as Markdown that formatters leave as it is."""
    yield "# Governance"
    yield ""
    yield (
        f"What the policy of this repository ({code(policy.path or 'the policy')}) asks for, as of "
        f"{policy.today}. This page is made by `govcheck docs --governance`."
    )
    yield from _section("Overdue", _overdue(policy), "Nothing is overdue.")
    yield from _section("Feature flags", _flags(repo, policy), "The policy names no flag.")
    yield from _section(
        "Dependencies", _table(repo, policy, "dependencies"), "The policy limits no package."
    )
    yield from _section("Tests", _tests(policy), "The policy asks nothing of tests.")
    yield from _section("Documents", _documents(policy), "All documents are read as reference.")
    yield from _section("Exceptions", _exceptions(policy), "Nothing is excepted.")
    yield from _section("What is enforced", _enforced(policy), "Nothing is enforced.")


def _section(title: str, table: Table, otherwise: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    if table.rows:
        yield from markdown(table)
    else:
        yield otherwise


def _table(repo: Repo, policy: Policy, name: str) -> Table:
    make, _ = TABLES[name]
    return make(repo, policy, {}).only(())


def _flags(repo: Repo, policy: Policy) -> Table:
    """The flags, less the columns in which none of them has anything."""
    table = _table(repo, policy, "flags")
    used = [
        column.name
        for number, column in enumerate(table.columns)
        if any(row[number] for row in table.rows)
    ]
    return table.only(used)


def _overdue(policy: Policy) -> Table:
    """All of the policy whose day has passed, the longest ago first."""
    due: list[tuple[date | None, str, str, Key]] = [
        (flag.remove_by, f"remove the flag {code(name)}", flag.owner or "", ("flags", name))
        for name, flag in policy.flags.items()
    ]
    due += [
        (
            package.review,
            f"review the limit of {code(name)}",
            "",
            ("dependencies", "packages", name),
        )
        for name, package in policy.dependencies.packages.items()
    ]
    due += [
        (each.until, f"end the exception from {code(each.rule)}", "", ("exceptions", number))
        for number, each in enumerate(policy.exceptions)
    ]
    due += [
        (
            marker.until,
            f"use the marker {code(name)}, or take it out",
            "",
            ("markers", "marker", name),
        )
        for name, marker in policy.markers.marker.items()
    ]
    late = [each for each in due if each[0] is not None and each[0] < policy.today]
    rows = sorted(late, key=lambda each: (each[0] or policy.today, each[1]))
    return _of(
        ("since", "what is to be done", "owner", "policy"),
        [(_day(day), what, prose(owner), _where(policy, at)) for day, what, owner, at in rows],
    )


def _tests(policy: Policy) -> Table:
    rows = []
    for number, each in enumerate(policy.markers.require):
        chosen = [
            f"{what} {_codes(names)}"
            for what, names in (
                ("in", each.paths),
                ("calling", each.calls),
                ("importing", each.imports),
                ("using", each.fixtures),
            )
            if names
        ]
        asked = [
            f"{what} {_codes(names)}"
            for what, names in (
                ("all of", each.all),
                ("any of", each.any),
                ("one of", each.one_of),
                ("none of", each.none),
            )
            if names
        ]
        where = _where(policy, ("markers", "require", number))
        rows.append(("; ".join(chosen), "; ".join(asked), prose(each.reason or ""), where))
    return _of(("tests", "markers", "reason", "policy"), rows)


def _documents(policy: Policy) -> Table:
    rows = [
        (
            each.name,
            _codes(each.paths),
            code(each.generator or ""),
            _where(policy, ("docs", "class", number)),
        )
        for number, each in enumerate(policy.docs.class_)
        if policy.docs.class_ and ("docs", "class") in policy.origins
    ]
    return _of(("class", "documents", "generator", "policy"), rows)


def _exceptions(policy: Policy) -> Table:
    rows = [
        (
            code(each.rule),
            _codes(each.paths),
            prose(each.reason),
            _day(each.until),
            _where(policy, ("exceptions", number)),
        )
        for number, each in enumerate(policy.exceptions)
    ]
    return _of(("rule", "where", "reason", "until", "policy"), rows)


def _enforced(policy: Policy) -> Table:
    """The rules that the policy selects, and what it changes of them in some paths."""
    names = frozenset(registry.names())
    chosen = names if policy.select is None else registry.expand(policy.select)
    chosen -= registry.expand(policy.ignore)
    rows = []
    for name in registry.names():
        page = registry.page(name)
        elsewhere = [
            f"{'not ' if name in registry.expand(each.ignore) else 'only '}in {_codes(each.paths)}"
            for each in policy.overrides
            if name in registry.expand(each.ignore)
            or (each.select is not None and name in registry.expand(each.select))
        ]
        if name in chosen or elsewhere:
            severity = policy.severity.get(name, page.severity)  # type: ignore[call-overload]
            where = "; ".join(elsewhere) or "everywhere"
            rows.append((code(name), severity, page.summary.rstrip("."), where))
    return _of(("rule", "severity", "finds", "where"), rows)


def _of(columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Table:
    return Table(tuple(map(Column, columns)), tuple(rows))


def _codes(names: Sequence[str]) -> str:
    return ", ".join(map(code, names))


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _where(policy: Policy, at: Key) -> str:
    return code(policy.origin(*at).source.label)
