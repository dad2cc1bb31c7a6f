"""Check the repository against its policy, and mend what can be mended.

The whole repository is always looked at; PATHS and --changed narrow what is reported.
"""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import date
from functools import partial

from govcheck import registry
from govcheck.api import check, fix
from govcheck.cli import COMMANDS, UsageError, root_here, uses_colour
from govcheck.finding import Finding
from govcheck.keys import nearest
from govcheck.output import FORMATS, render
from govcheck.output.escape import visible
from govcheck.policy.loading import load_policy
from govcheck.registry import RulePage
from govcheck.report import Report

EXAMPLES = """\
examples:
  govcheck                         everything that breaks the policy
  govcheck src docs/ops.md         the same, reported for these paths only
  govcheck --changed origin/main   only in files changed since the branch began
  govcheck --diff                  what --fix would change
  govcheck --fix                   mend what can be mended without changing behaviour
  govcheck --output-format sarif --output-file govcheck.sarif

exit codes: 0 nothing remains, 1 findings remain, 2 something could not be checked
"""

_IN_REPORT = ("text", "json", "sarif", "junit", "markdown")


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("paths", nargs="*", metavar="PATHS", help="report only these")
    add = parser.add_argument
    add("--fix", action="store_true", help="apply safe fixes")
    add("--unsafe-fixes", action="store_true", help="apply unsafe fixes, too")
    add("--diff", action="store_true", help="print what fixing would change; write nothing")
    add("--select", action="append", metavar="RULES", help="run only these rules or families")
    add("--ignore", action="append", metavar="RULES", help="do not run these rules or families")
    add(
        "--changed",
        nargs="?",
        const="HEAD",
        metavar="REV",
        help="report only files changed since REV (HEAD)",
    )
    add("--output-format", choices=FORMATS, default="text", metavar="FORMAT", help=_formats())
    add("--output-file", metavar="FILE", help="write the output there")
    add("--statistics", action="store_true", help="print how many findings each rule has")
    add("--exit-zero", action="store_true", help="exit with 0 even if findings remain")
    add("--today", type=_date, metavar="DATE", help="the day that decides what is overdue")
    add("--no-cache", action="store_true", help="read every file anew, and remember nothing")
    add("--color", choices=("auto", "always", "never"), default="auto", help="colour the output")
    noise = parser.add_mutually_exclusive_group()
    noise.add_argument("-q", "--quiet", action="store_true", help="print nothing but findings")
    noise.add_argument("-v", "--verbose", action="store_true", help="also what was silenced")


def run(options: Namespace) -> int:
    """Check, print, and tell by the exit code."""
    summary = "--diff" if options.diff else "--statistics" if options.statistics else ""
    if summary and (options.output_format != "text" or options.output_file):
        raise UsageError(f"{summary} prints text: it goes with no --output-format or --output-file")
    root = root_here()
    report = _report(root, options)
    if options.diff:
        _print_diff(report)
    elif options.statistics:
        print(_statistics(report.findings), end="")
    else:
        _print_report(report, options)
    if summary or options.output_format not in _IN_REPORT or options.output_file:
        _print_problems(report)
    if options.verbose:
        _print_details(report)
    code = max(report.exit_code, int(options.diff and bool(report.changes)))
    return 0 if options.exit_zero and code == 1 else code


def _report(root: str, options: Namespace) -> Report:
    from govcheck.cli.progress import progress

    select, ignore = _rules(options.select, root), _rules(options.ignore, root)
    paths = [_from_root(root, path) for path in options.paths]
    call = check
    if options.fix or options.unsafe_fixes or options.diff:
        call = partial(fix, unsafe=options.unsafe_fixes, write_files=not options.diff)
    with progress(enabled=not options.quiet) as tick:
        return call(
            root,
            select=select,
            ignore=ignore,
            paths=paths,
            changed=options.changed,
            today=options.today,
            progress=tick,
            cached=not options.no_cache,
        )


def _rules(given: Sequence[str] | None, root: str) -> list[str]:
    """The names in `--select a,b --select c`.

    Raises:
        UsageError: a name is neither a rule nor a family.
    """
    names = [name.strip() for each in given or () for name in each.split(",") if name.strip()]
    known = (*registry.names(), *registry.families())
    if not set(known).issuperset(names):
        catalogue = load_policy(root).catalogue
        known = (*catalogue.names(), *catalogue.families())
    for name in names:
        if name not in known:
            raise UsageError(f"unknown rule or family {name!r}{nearest(name, known)}")
    return names


def _from_root(root: str, path: str) -> str:
    if not os.path.lexists(path):
        if path in COMMANDS:
            raise UsageError(f"the command comes first: 'govcheck {path} ...'")
        is_bare = os.sep not in path
        hint = nearest(path, tuple(COMMANDS)) if is_bare else ""
        raise UsageError(f"{path!r} is neither a file nor a command{hint}")
    relative = os.path.relpath(os.path.abspath(path), root)
    if relative.split(os.sep)[0] == "..":
        raise UsageError(f"{path!r} is outside the repository at {root!r}")
    return relative.replace(os.sep, "/")


def _print_report(report: Report, options: Namespace) -> None:
    def pages() -> list[RulePage]:
        catalogue = load_policy(report.repo.root).catalogue
        return [catalogue.page(name) for name in report.rules]

    to_file = bool(options.output_file)
    text = render(
        options.output_format,
        report,
        rules=pages,
        colour=not to_file and uses_colour(options.color),
        quiet=not to_file and options.quiet,
        # GitHub's code scanning opens an alert for a suppressed result, too.
        silenced=options.verbose or os.environ.get("GITHUB_ACTIONS") != "true",
    )
    if to_file:
        with open(options.output_file, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        if not options.quiet:
            print(_plural(len(report.findings), "finding"), file=sys.stderr)
    else:
        sys.stdout.write(text)


def _print_problems(report: Report) -> None:
    sys.stdout.flush()
    for problem in report.problems:
        where = "".join(f"{part}: " for part in (problem.path, problem.rule) if part)
        print(f"error: {visible(where + problem.message)}", file=sys.stderr)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _print_diff(report: Report) -> None:
    from difflib import unified_diff

    for change in report.changes:
        path = visible(change.path)
        before, after = (
            data.decode("utf-8", "backslashreplace").splitlines(keepends=True)
            for data in (change.before, change.after)
        )
        for line in unified_diff(before, after, f"a/{path}", f"b/{path}"):
            ending = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
            sys.stdout.write(visible(line.rstrip("\r\n"), keep="\t") + (ending or "\n"))
    fixed, files = len(report.fixed), len(report.changes)
    message = f"would fix {_plural(fixed, 'finding')} in {_plural(files, 'file')}"
    print(message if files else "there is nothing to fix", file=sys.stderr)


def _statistics(findings: Sequence[Finding]) -> str:
    rules = sorted({each.rule for each in findings})
    rows = [(sum(each.rule == rule for each in findings), rule) for rule in rules]
    rows.sort(key=lambda row: (-row[0], row[1]))
    fixable = {
        rule: sum(each.rule == rule and each.fix is not None for each in findings) for rule in rules
    }
    return "".join(
        f"{count:>6}  {rule}" + (f"  ({fixable[rule]} fixable)" if fixable[rule] else "") + "\n"
        for count, rule in rows
    )


def _print_details(report: Report) -> None:
    files = len(report.repo.files)
    print(f"{len(report.rules)} rules, {files} files, {report.today}", file=sys.stderr)
    for each in report.silenced:
        span = each.finding.span
        place = f"{visible(span.path)}:{span.line}:{span.column}"
        reason = visible(each.reason)
        print(f"{place}: {each.finding.rule} silenced by {each.by}: {reason}", file=sys.stderr)


def _formats() -> str:
    return f"one of {', '.join(FORMATS)}"


def _date(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ArgumentTypeError(f"{value!r} is not a date such as 2026-01-31") from error
