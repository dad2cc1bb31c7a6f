"""Look at the repository and write a policy for it, with comments, to build on."""

import json
import os
import re
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from govcheck.api import check
from govcheck.cli import UsageError, uses_colour
from govcheck.finding import Finding
from govcheck.git import NotARepositoryError, git
from govcheck.output import render
from govcheck.output.escape import visible
from govcheck.policy.loading import POLICY_FILE, find_root
from govcheck.repo import Repo
from govcheck.survey import (
    FLAG_NAMES,
    FoundDocuments,
    FoundFlag,
    FoundLimit,
    found_documents,
    found_flags,
    found_folders,
    found_limits,
    ignored_directories,
)

EXAMPLES = """\
examples:
  govcheck init
"""

_SHOWN = 40
_MANY = 40
_WIDE = 100


def configure(parser: ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(options: Namespace) -> int:
    """Write the policy, then check with it and show what does not pass."""
    root = _root()
    if find_root(root) == root:
        raise UsageError("there is a policy here already: 'govcheck policy' prints it")
    repo = Repo(root)
    text = "\n".join(_policy(repo)) + "\n"
    repo.tree.create(POLICY_FILE, text.encode())
    print(f"wrote {POLICY_FILE}; this is what it finds today:\n", flush=True)
    report = check(root)
    if len(report.findings) > _MANY and not report.problems:
        for line in _summary(report.findings):
            print(line)
        print(f"\n{len(report.findings)} findings; 'govcheck' lists them all.")
    else:
        colour = uses_colour("auto")
        sys.stdout.write(render("text", report, rules=list, colour=colour))
    if report.findings:
        print("\n'govcheck explain RULE' tells more; 'govcheck baseline' puts up with these.")
    return report.exit_code


def _summary(findings: Sequence[Finding]) -> Iterator[str]:
    """Each rule with how often it found something, and where it did first."""
    counts = Counter(each.rule for each in findings)
    firsts = {each.rule: each for each in reversed(findings)}
    width = max(map(len, counts))
    for name, count in counts.most_common():
        first = firsts[name]
        said = visible(f"{first.span.path}:{first.span.line}: {first.message}")
        shown = said if len(said) <= _WIDE else f"{said[:_WIDE]}…"
        yield f"{count:>6}  {name:<{width}}  {shown}"


def _root() -> str:
    try:
        return os.fsdecode(git(os.getcwd(), "rev-parse", "--show-toplevel")).rstrip("\n")
    except NotARepositoryError:
        return os.getcwd()


def _policy(repo: Repo) -> Iterator[str]:
    yield "# The policy of this repository. 'govcheck policy' prints it with all defaults,"
    yield "# 'govcheck rules' lists what is checked, 'govcheck explain RULE' tells why."
    yield ""
    yield 'extends = ["builtin:recommended"]'
    yield ""
    yield from _flags(found_flags(repo))
    yield from _dependencies(*found_limits(repo))
    yield from _markers(found_folders(repo))
    yield from _documents(found_documents(repo))
    yield from _stores(ignored_directories(repo))
    yield ""
    yield "# Rules of your own: what only this repository forbids."
    yield "# [checks.no-print]"
    yield '# kind = "calls"'
    yield '# paths = ["src/**"]'
    yield '# forbid = ["print"]'
    yield '# reason = "use the logger"'


def _flags(flags: tuple[FoundFlag, ...]) -> Iterator[str]:
    yield "# Feature flags. What looks like one and is not declared below is reported."
    yield "[flags-settings]"
    yield f"names = {json.dumps(_patterns(flags))}"
    yield ""
    if not flags:
        yield "# No flag was found. One would be declared like this:"
        yield "# [flags.USE_NEW_MENU]"
        yield '# status = "active"           # "retired" and its final value, once it is decided'
        yield "# default = false"
        yield '# owner = "web"'
        yield "# remove-by = 2027-01-31"
    for flag in flags:
        yield f"[flags.{flag.name}]  # read at {flag.place}"
        yield 'status = "active"'
        if flag.default is not None:
            yield f"default = {json.dumps(flag.default)}"
        yield ""


def _dependencies(python: str | None, limits: tuple[FoundLimit, ...]) -> Iterator[str]:
    yield "# Versions. Whatever states others is reported: manifests, locks, images, workflows."
    if python is None and not limits:
        yield "# No limit was found. One would be declared like this:"
        yield "# [dependencies.packages]"
        yield '# numpy = { allow = "<2", reason = "built against NumPy 1", review = 2027-01-31 }'
        return
    yield "[dependencies]"
    if python is not None:
        yield f"python = {json.dumps(python)}"
    yield ""
    for limit in limits:
        yield f"[dependencies.packages.{limit.name}]  # {limit.place}"
        yield f"allow = {json.dumps(limit.allow)}"
        yield f"reason = {json.dumps(limit.reason, ensure_ascii=False)}"
        yield ""


def _markers(folders: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield "# Tests. 'govcheck markers' prints which markers they bear."
    if not folders:
        yield "# No folder of tests is named like a marker. A requirement would be:"
        yield "# [[markers.require]]"
        yield '# paths = ["tests/integration/**"]'
        yield '# all = ["integration"]'
        yield ""
    for folder, marker in folders:
        yield "[[markers.require]]"
        yield f"paths = [{json.dumps(folder + '/**', ensure_ascii=False)}]"
        yield f"all = [{json.dumps(marker)}]"
        yield ""


def _documents(found: FoundDocuments) -> Iterator[str]:
    if not found.number:
        return
    yield "# Documents. All is checked of a 'reference', which is what no class below holds;"
    yield "# less of what says how things will be, or how they were."
    if not (found.history or found.plans or found.generated):
        yield "# [[docs.class]]"
        yield '# name = "history"'
        yield '# paths = ["docs/archive/**"]'
        yield ""
    for name, patterns in (("history", found.history), ("plan", found.plans)):
        if patterns:
            yield "[[docs.class]]"
            yield f'name = "{name}"'
            yield "paths = ["
            yield from (f"    {json.dumps(each, ensure_ascii=False)}," for each in patterns)
            yield "]"
            yield ""
    for path, generator in found.generated[:_SHOWN]:
        yield "[[docs.class]]"
        yield 'name = "generated"'
        yield f"paths = [{json.dumps(path, ensure_ascii=False)}]"
        if generator is not None:
            yield f"generator = {json.dumps(generator, ensure_ascii=False)}"
        yield ""
    if found.dates:
        reviews = [each for each in found.dates if "review" in each.lower()]
        updates = [each for each in found.dates if each not in reviews]
        yield "# Documents bear dates: these lines hold them to them."
        yield "# [docs.dates]"
        if reviews:
            yield f"# review = {json.dumps(reviews)}"
        if updates:
            yield f"# updated = {json.dumps(updates)}"
        yield ""


def _patterns(flags: tuple[FoundFlag, ...]) -> list[str]:
    """The patterns that something here is named by, or else the usual ones."""
    named = [
        pattern for pattern in FLAG_NAMES if any(fnmatchcase(each.name, pattern) for each in flags)
    ]
    return named or [pattern for pattern in FLAG_NAMES if not pattern.startswith("*")]


def _stores(directories: tuple[str, ...]) -> Iterator[str]:
    """Stores to declare; how long they are kept is not for a program to say."""
    directories = tuple(each for each in directories if each.isprintable())
    yield "# Stores: directories of data, and how long each keeps what is in it. What would go,"
    yield "# 'govcheck retention' tells, and removes nothing by itself."
    if directories:
        yield "# These are ignored by git and hold something; say how long, and take the marks off:"
    for directory in directories[:_SHOWN] or ("logs/",):
        path = directory.rstrip("/")
        name = "-".join(re.findall(r"[A-Za-z0-9]+", path)).lower() or "data"
        yield f"# [retention.stores.{name}]"
        yield f"# path = {json.dumps(path, ensure_ascii=False)}"
        yield '# keep = { within = "30d" }'
    if len(directories) > _SHOWN:
        yield f"#   and {len(directories) - _SHOWN} more"
