"""What a document says of its progress does not add up.

A percentage that is not that of the fraction beside it (`77% (19/27)`); a total that is not the sum
of the list above it, and the same total elsewhere in the document; in the last row of a table,
called a total, a number that is not the sum of its column, where another one is; a heading that
says how much of its section is complete, or that it is, over boxes that say otherwise. All else in
tables, code, and documents of the class history are left alone, and so are boxes that are called
optional or put off, percentages that are rough or that compare (`about 50% (2/5)`, `20% more`),
those of the rest (`1/4 failed (75% passed)`), and totals of marks (`4/5`).

## How to resolve

`--fix` writes the sum of the parts, and the percentage of the fraction; `--unsafe-fixes` writes the
percentage of ticked boxes. Whether a box is to be ticked or a heading to be changed, you decide.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[progress-sum] -- why -->`.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.document import Document
from govcheck.finding import Edit, Finding, Fix, Related
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.markdown.page import Page


_MAY = re.compile(r"\d\s?(?:%|/\s?\d)")


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Percentages, totals and headings that what stands beside them contradicts."""
    from govcheck.docs.documents import documents, told

    for doc in repo.view(documents, policy):
        text = doc.document.text
        if doc.kind == "history" or not ("[ ]" in text or doc.page.tables or _MAY.search(text)):
            continue
        yield from _check(doc.document, doc.page, told(doc))


def _check(document: Document, page: "Page", generator: str) -> Iterator[Finding]:
    from govcheck.docs.progress import claims, percentages, sums, totals

    text = document.text
    wrong_lines = set()
    for total in totals(document, page):
        span = document.span(total.start, total.end)
        wrong_lines.add(span.line)
        edit = Edit(document.path, total.start, total.end, total.right)
        what = "the total that is said here" if total.is_repeated else "the total"
        yield rule.finding(
            span,
            f"{what} is {total.written}, and the {total.parts} parts of the list give {total.right}"
            f"{generator}",
            fix=None if generator else Fix(f"write {total.right}", (edit,)),
        )
    for each in percentages(document, page):
        span = document.span(each.start, each.end)
        if span.line in wrong_lines:
            continue  # what it must be depends on what becomes of the fraction
        edit = Edit(document.path, each.start, each.end, each.right)
        yield rule.finding(
            span,
            f"{each.fraction} is {each.right}%, not {text[each.start : each.end]}%{generator}",
            fix=None if generator else Fix(f"write {each.right}%", (edit,)),
        )
    for column in sums(document, page):
        edit = Edit(document.path, column.start, column.end, column.right)
        yield rule.finding(
            document.span(column.start, column.end),
            f"the total is {column.written}, and the {column.parts} numbers of the column "
            f"{column.head!r} give {column.right}{generator}",
            fix=None if generator else Fix(f"write {column.right}", (edit,), safe=False),
        )
    for claim in claims(document, page):
        span = document.span(claim.start, claim.end)
        done = claim.boxes - len(claim.open)
        if claim.right is not None:
            edit = Edit(document.path, claim.start, claim.end, claim.right)
            yield rule.finding(
                span,
                f"{done} of the {claim.boxes} boxes below are ticked: that is {claim.right}%, not "
                f"{text[claim.start : claim.end]}%{generator}",
                fix=None if generator else Fix(f"write {claim.right}%", (edit,), safe=False),
            )
            continue
        first = document.span(claim.open[0].start, claim.open[0].end)
        number = (
            f"{len(claim.open)} of its {claim.boxes} boxes have"
            if claim.boxes > 1
            else ("its box has")
        )
        yield rule.finding(
            span,
            f"this is called {text[claim.start : claim.end].lower()}, and {number} no tick"
            f" (line {first.line}){generator}",
            related=(Related(first, "the first one without a tick"),),
        )


rule = Rule("progress-sum", "docs", check, severity="warning", fix="safe")

examples = [
    Example(
        "Percentages, a total, and where it is said again",
        {
            "govcheck.toml": "",
            "a.md": (
                "**Progress:** 64% complete (14/22 major tasks)\n\n"
                "Passing: 5,001/5,200 tests (95%)\n\n"
                "- **Week 1:** 100% (7/7 tasks)\n- **Week 2:** 60% (4/6 tasks)\n"
                "- **Week 3:** 0% (0/5 tasks)\n- **Total:** 64% (14/22 major tasks)\n"
            ),
        },
        (
            "a.md:1:29: the total that is said here is 14/22, and the 3 parts of the list give "
            "11/18",
            "a.md:3:29: 5001/5200 is 96%, not 95%",
            "a.md:6:15: 4/6 is 67%, not 60%",
            "a.md:8:19: the total is 14/22, and the 3 parts of the list give 11/18",
        ),
        {
            "a.md": (
                "**Progress:** 61% complete (11/18 major tasks)\n\n"
                "Passing: 5,001/5,200 tests (96%)\n\n"
                "- **Week 1:** 100% (7/7 tasks)\n- **Week 2:** 67% (4/6 tasks)\n"
                "- **Week 3:** 0% (0/5 tasks)\n- **Total:** 61% (11/18 major tasks)\n"
            ),
        },
    ),
    Example(
        "Headings over boxes",
        {
            "govcheck.toml": "",
            "a.md": (
                "## Week 1 ✅ **COMPLETE**\n- [x] a\n\n## Week 2: 60% COMPLETE\n- [x] a\n- [ ] b\n"
                "- [ ] c\n\n## Release (done)\n- [x] a\n### Docs\n- [ ] b\n\n"
                "## Week 1 Completion Criteria\n- [ ] c\n"
            ),
        },
        (
            "a.md:1:15: this is called complete, and 1 of its 2 boxes have no tick (line 15)",
            "a.md:4:12: 1 of the 3 boxes below are ticked: that is 33%, not 60%",
            "a.md:9:13: this is called done, and 1 of its 2 boxes have no tick (line 12)",
        ),
        {
            "a.md": (
                "## Week 1 ✅ **COMPLETE**\n- [x] a\n\n## Week 2: 33% COMPLETE\n- [x] a\n- [ ] b\n"
                "- [ ] c\n\n## Release (done)\n- [x] a\n### Docs\n- [ ] b\n\n"
                "## Week 1 Completion Criteria\n- [ ] c\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "A row of totals",
        {
            "govcheck.toml": "",
            "a.md": (
                "| Part | Tests | Lines |\n| --- | --- | --- |\n| a | 20 | 1,128 |\n"
                "| b | 18 | 285 |\n"
                "| c | 20 | 178 |\n| **Total** | **177** | **1,591** |\n"
            ),
        },
        ("a.md:6:17: the total is 177, and the 3 numbers of the column 'Tests' give 58",),
        {
            "a.md": (
                "| Part | Tests | Lines |\n| --- | --- | --- |\n| a | 20 | 1,128 |\n"
                "| b | 18 | 285 |\n"
                "| c | 20 | 178 |\n| **Total** | **58** | **1,591** |\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "Rows of other totals",
        {
            "govcheck.toml": "",
            "a.md": (
                "| Part | Before | After |\n| --- | --- | --- |\n| a | 20 | 10 |\n| b | 18 | 28 |\n"
                "| c | 2 | 78 |\n| Total | 41 | 105 |\n\n"
                "| Week | Users | Average | Share | All |\n| --- | --- | --- | --- | --- |\n"
                "| 1 | 5 | 2 | 50% | ~1 |\n| 2 | 4 | 2 | 40% | ~2 |\n| 3 | 1 | 2 | 10% | ~3 |\n"
                "| Total | 10 | 2 | 99% | ~9 |\n"
            ),
        },
    ),
    Example(
        "Rounded, cut off, upside down, and other fractions",
        {
            "govcheck.toml": "",
            "a.md": (
                "66% (2/3), 67% (2/3), 66.7% (2/3), 102% (215/220 lines), 8 of 8 (100%)\n\n"
                "85% on 2026 (10/05), 24/7 (50%), >80% (3/5 files), 20-30% (1/5), 0% (0/0)\n\n"
                "| 50% (1/3) |\n| --- |\n| 10% (1/3) |\n\n    50% (1/3)\n"
            ).replace("24/7 (50%)", "v1/2 of it"),
        },
    ),
    Example(
        "Lists without a sum",
        {
            "govcheck.toml": "",
            "a.md": (
                "- a: 1/2\n- b\n- Total: 5/9\n\n- c: 1/2\n- Total: 7/9 of all\n\nTotal: 5/6\n\n"
                "- d: 1/2\n- e: 2/3\n- Total: 3/5\n"
            ),
        },
    ),
    Example(
        "Headings that say something else, and what is put off",
        {
            "govcheck.toml": "",
            "a.md": (
                "# Complete guide\n- [ ] a\n## Before it is done\n- [ ] b\n## Definition of Done\n"
                "- [ ] c\n## Phase 1: Done\n- [x] d\n- [ ] e (deferred)\n### Next steps\n- [ ] f\n"
                "### Completed\n- [x] g\n## Not complete ✅\n- [ ] h\n"
            ),
        },
    ),
    Example(
        "In a history",
        {"govcheck.toml": "", "CHANGELOG.md": "77% (19/27)\n"},
    ),
    Example(
        "What is set beside a fraction, and is not its share",
        {
            "govcheck.toml": "",
            "a.md": (
                "Down by 20% (4/5). 1 of 1000 failed (99.9%). 16/9 (50%). 10% off (3/4 price).\n"
                "At least 80% (3/5), about 50% (2/5), v2/4 (10%), 1 234 of 2468 (40%), 75% "
                "(3/40.5).\n\n`10% (1/4)`\n\nSince 10% (2025/11).\n"
            ),
        },
    ),
    Example(
        "Marks, totals of other lists, and parts of a list that are said again",
        {
            "govcheck.toml": "",
            "a.md": (
                "# Status\n\nWeek 1 status: 1/2 main tasks.\n\n- Week 1: 1/2 main tasks\n"
                "- Week 2: 1/3 main tasks\n- Total: 2/5 main tasks\n\n## Release\n\n"
                "Progress: 4/9 main tasks.\n\n- Design: 4/5\n- Code: 3/5\n- Overall: 4/5\n"
            ),
        },
    ),
    Example(
        "As the numbers are written",
        {
            "govcheck.toml": "",
            "a.md": (
                "> - A: 900 of 1,000\n> - B: 200 of 200\n> - Total: 1,000 of 1,200\n\n"
                "| a | b | c |\n| - | - | - |\n| x | 1 | 1 |\n| y | 2 | 2 |\n| z | 3 | 3 |\n"
                "| Total | 6 | 7&#48; |\n"
            ),
        },
        (
            "a.md:3:12: the total is 1,000 of 1,200, and the 2 parts of the list give 1,100 of "
            "1,200",
        ),
        {
            "a.md": (
                "> - A: 900 of 1,000\n> - B: 200 of 200\n> - Total: 1,100 of 1,200\n\n"
                "| a | b | c |\n| - | - | - |\n| x | 1 | 1 |\n| y | 2 | 2 |\n| z | 3 | 3 |\n"
                "| Total | 6 | 7&#48; |\n"
            ),
        },
    ),
    Example(
        "A rule of shares",
        {"govcheck.toml": "", "a.md": "That gives 80% (80/20) of what is asked for.\n"},
    ),
    Example(
        "A summary that says another total than the list of a later section",
        {
            "govcheck.toml": "",
            "a.md": (
                "# Report\n\n## Executive summary\n\n"
                "**Progress:** 64% complete (7/11 main tasks)\n\n"
                "## Metrics\n\n- Week 1: 4/4 tasks\n- Week 2: 4/8 tasks\n- Total: 8/12 main tasks\n"
            ),
        },
        ("a.md:5:29: the total that is said here is 7/11, and the 2 parts of the list give 8/12",),
        {
            "a.md": (
                "# Report\n\n## Executive summary\n\n"
                "**Progress:** 67% complete (8/12 main tasks)\n\n"
                "## Metrics\n\n- Week 1: 4/4 tasks\n- Week 2: 4/8 tasks\n- Total: 8/12 main tasks\n"
            ),
        },
    ),
]
