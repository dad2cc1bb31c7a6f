"""The policy as a document for people who do not read TOML: what holds, and what is overdue."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from govcheck.docs.blocks import TABLES
from govcheck.docs.table import Column, Table, code, markdown, prose
from govcheck.keys import Key
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.retention.section import Hold


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
    yield from _section(
        "Retention", _table(repo, policy, "retention"), "The policy names no store."
    )
    yield from _section("Holds", _holds(policy), "Nothing is held back.")
    yield from _section("Rules of the policy's own", _checks(policy), "It has no rule of its own.")
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
    retention = policy.retention
    due.append(
        (
            retention.review,
            "review the retention policy",
            retention.owner or "",
            ("retention", "review"),
        )
    )
    for name, number, hold in _held(policy):
        at = ("retention", "stores", name, "holds", number)
        what = f"the hold on {_items(hold)} of {code(name)}"
        due.append((hold.review, f"review {what}", hold.owner or "", at))
        due.append((hold.until, f"release {what}", hold.owner or "", at))
    late = [each for each in due if each[0] is not None and each[0] < policy.today]
    rows = sorted(late, key=lambda each: (each[0] or policy.today, each[1]))
    return _of(
        ("since", "what is to be done", "owner", "policy"),
        [(_day(day), what, prose(owner), _where(policy, at)) for day, what, owner, at in rows],
    )


def _tests(policy: Policy) -> Table:
    markers = policy.markers
    rows = []
    for number, each in enumerate(markers.require):
        chosen = _said(
            {"in": each.paths, "calling": each.calls, "importing": each.imports,
             "using": each.fixtures}
        )  # fmt: skip
        asked = _said(
            {"all of": each.all, "any of": each.any, "one of": each.one_of, "none of": each.none}
        )
        where = _where(policy, ("markers", "require", number))
        rows.append((chosen, asked, prose(each.reason or ""), where))
    for name, marker in markers.marker.items():
        asked = _said({"all of": marker.requires, "none of": marker.excludes})
        most = f"at most {marker.max} of them" if marker.max is not None else ""
        if asked or most:
            where = _where(policy, ("markers", "marker", name))
            whole = "; ".join(filter(None, (asked, most)))
            rows.append((f"bearing {code(name)}", whole, prose(marker.reason or ""), where))
    for what, name, excuse in (
        ("skipped", "skip", markers.skip),
        ("expected to fail", "xfail", markers.xfail),
    ):
        demands = [
            "a reason" if excuse.reason == "required" else "",
            f"a reason with {code(excuse.pattern)}" if excuse.pattern else "",
            "`strict`" if excuse.strict == "required" else "",
            f"for {excuse.max_age} at most" if excuse.max_age else "",
        ]
        if any(demands):
            where = _where(policy, ("markers", name))
            rows.append((what, "; ".join(filter(None, demands)), "", where))
    if markers.assertions == "required":
        rows.append(("all", "an assertion", "", _where(policy, ("markers", "assertions"))))
    coverage = markers.coverage
    for key, least, what in (
        ("floor", coverage.floor, "% of coverage"),
        ("ratio", coverage.ratio, " files of tests for one of source"),
    ):
        if least is not None:
            where = _where(policy, ("markers", "coverage", key))
            rows.append(("all", f"at least {least:g}{what}", "", where))
    return _of(("tests", "asked", "reason", "policy"), rows)


def _documents(policy: Policy) -> Table:
    is_said = ("docs", "class") in policy.origins
    rows = [
        (
            each.name,
            _codes(each.paths),
            code(each.generator or ""),
            _where(policy, ("docs", "class", number)) if is_said else "by default",
        )
        for number, each in enumerate(policy.docs.class_)
    ]
    return _of(("class", "documents", "generator", "policy"), rows)


def _held(policy: Policy) -> Iterator[tuple[str, int, Hold]]:
    """The holds of all stores, with the names of these and their numbers there."""
    for name, store in policy.retention.stores.items():
        for number, hold in enumerate(store.holds):
            yield name, number, hold


def _items(hold: Hold) -> str:
    """Which items are held."""
    labelled = [f"what is labelled {code(hold.label)}"] if hold.label else []
    return " and ".join([*labelled, *map(code, hold.names)])


def _holds(policy: Policy) -> Table:
    rows = [
        (
            code(name),
            _items(hold),
            f"for {hold.keep}" if hold.keep else "",
            _day(hold.until),
            prose(hold.owner or ""),
            prose(", ".join(hold.approved_by)),
            prose(hold.reason or ""),
            _where(policy, ("retention", "stores", name, "holds", number)),
        )
        for name, number, hold in _held(policy)
    ]
    columns = ("store", "items", "kept", "until", "owner", "approved by", "reason", "policy")
    return _of(columns, rows)


def _checks(policy: Policy) -> Table:
    rows = [
        (
            code(name),
            check.kind,
            "" if check.paths == ("**",) else _codes(check.paths),
            prose(check.reason),
            _where(policy, ("checks", name)),
        )
        for name, check in policy.checks.items()
    ]
    return _of(("rule", "checks", "in", "reason", "policy"), rows)


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
    catalogue = policy.catalogue
    chosen = frozenset(catalogue.names())
    if policy.select is not None:
        chosen = catalogue.expand(policy.select)
    chosen -= catalogue.expand(policy.ignore)
    chosen -= {name for name, is_asked in _asked(policy).items() if not is_asked}
    rows = []
    for name in catalogue.names():
        page = catalogue.page(name)
        elsewhere = [
            f"{'not ' if name in catalogue.expand(each.ignore) else 'only '}in {_codes(each.paths)}"
            for each in policy.overrides
            if name in catalogue.expand(each.ignore)
            or (each.select is not None and name in catalogue.expand(each.select))
        ]
        if name in chosen or elsewhere:
            severity = policy.severity.get(name, page.severity)  # type: ignore[call-overload]
            where = "; ".join(elsewhere) or "everywhere"
            rows.append((code(name), severity, page.summary.rstrip("."), where))
    return _of(("rule", "severity", "finds", "where"), rows)


def _asked(policy: Policy) -> Mapping[str, bool]:
    """The rules that say nothing until a section of the policy asks for it."""
    docs = policy.docs
    return {
        "bound-value": bool(docs.bind),
        "empty-test": policy.markers.assertions == "required",
        "missing-metadata": bool(docs.metadata),
        "missing-path": docs.missing_paths,
        "review-overdue": bool(docs.dates.review),
        "stale-identifier": docs.identifiers,
        "stale-name": bool(docs.name_family),
        "stale-stamp": bool(docs.dates.updated),
        "twin-documents": docs.twins,
        "unreachable": bool(docs.entry_points),
    }


def _of(columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Table:
    return Table(tuple(map(Column, columns)), tuple(rows))


def _said(chosen: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{what} {_codes(names)}" for what, names in chosen.items() if names)


def _codes(names: Sequence[str]) -> str:
    return ", ".join(map(code, names))


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _where(policy: Policy, at: Key) -> str:
    return code(policy.origin(*at).source.label)
