r"""A document states a value that is another one where it is decided.

A `[[docs.bind]]` of the policy says where documents state a value (`at`, a file and a pattern whose
group is the value) and what it `equals`: how many `files` match, how many `lines` a file has,
how often something `matches`, the `key` of a configuration `file`, the `name` of a Python constant
in a `file`, the version at which a package is `locked`, the `count` of flags, markers or tests.

One entry binds all values of a kind where groups with names say whose value each is:

```toml
[[docs.bind]]
at = { file = "docs/**/*.md", pattern = '`(?P<path>[\w/]+\.py)` \((\d+) lines' }
equals = { lines = "src/**/{path}" }
```

## How to resolve

`--fix` writes the value, with its digits grouped as they are, and keeps marks around it; it does
not where the group holds more than a value. Where the pattern matches nothing, or nothing decides
the value, correct the policy.

## How to except

Take the entry out of the policy.
"""

import re
from collections.abc import Iterator

from govcheck.docs.section import Bind
from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Bound places that differ from their sources."""
    for number, bind in enumerate(policy.docs.bind):
        yield from _check(repo, policy, number, bind)


def _check(repo: Repo, policy: Policy, number: int, bind: Bind) -> Iterator[Finding]:
    from govcheck.docs.values import UndecidedError, as_written, filled, same, value

    origin = policy.origin("docs", "bind", number)
    wanted = ""
    if not (is_filled := bool(bind.equals.placeholders)):
        try:
            wanted = value(repo, policy, bind.equals)
        except UndecidedError as error:
            yield rule.finding(origin.span, f"nothing decides the value: {error}")
            return
    pattern = re.compile(bind.at.pattern, re.MULTILINE)
    group = min({*range(1, pattern.groups + 1)} - {*pattern.groupindex.values()})
    found = False
    for document in filter(None, map(repo.document, repo.matching(bind.at.file))):
        for place in pattern.finditer(document.text):
            found = True
            start, end = place.span(group)
            written = document.text[start:end]
            if start < 0:
                continue
            if is_filled:
                try:
                    source = filled(repo, bind.equals, place.groupdict())
                    wanted = value(repo, policy, source)
                except UndecidedError as error:
                    message = f"nothing decides this value: {error} ({origin})"
                    yield rule.finding(document.span(start, end), message)
                    continue
            if same(written, wanted):
                continue
            fix, new = None, wanted
            if (told := as_written(written, wanted)) is not None:
                first, last, new = start + told[0], start + told[1], told[2]
                edit = Edit(document.path, first, last, new)
                if _is_found(pattern, group, place, edit, wanted):
                    fix = Fix(f"write {new}", (edit,))
            yield rule.finding(
                document.span(start, end),
                f"this says {written!r}, and it is {new!r} ({origin})",
                fix=fix,
            )
    if not found:
        yield rule.finding(
            origin.span, f"the pattern matches nothing in {bind.at.file}: nothing is held to it"
        )


def _is_found(
    pattern: re.Pattern[str], group: int, place: re.Match[str], edit: Edit, wanted: str
) -> bool:
    """Whether the pattern finds the value, and no more or less, where it has been written."""
    from govcheck.docs.values import same

    text = f"{place.string[: edit.start]}{edit.text}{place.string[edit.end :]}"
    again = pattern.match(text, place.start())
    return again is not None and again.span(group)[0] <= edit.start and same(again[group], wanted)


rule = Rule("bound-value", "docs", check, fix="safe")

examples = [
    Example(
        "A constant, a count of files, a key and a pattern that matches nothing",
        {
            "govcheck.toml": (
                "[[docs.bind]]\nat = { file = 'docs/*.md', pattern = '(\\d+) days' }\n"
                "equals = { file = 'backup.py', name = 'Backup.retention' }\n"
                "[[docs.bind]]\nat = { file = 'docs/a.md', pattern = '([\\d,]+) modules' }\n"
                "equals = { files = ['*.py'] }\n"
                "[[docs.bind]]\nat = { file = 'docs/a.md', pattern = 'port (\\d+)' }\n"
                "equals = { file = 'app.yaml', key = 'server.port' }\n"
                "[[docs.bind]]\nat = { file = 'docs/a.md', pattern = 'nothing (\\d+)' }\n"
                "equals = { lines = 'backup.py' }\n"
            ),
            "docs/a.md": "We keep 30 days. 1,024 modules listen on port 80.\n",
            "backup.py": "class Backup:\n    retention: int = 3 * 30\n",
            "app.yaml": "server:\n  port: 8080\n",
        },
        (
            "docs/a.md:1:9: this says '30', and it is '90' (govcheck.toml:1)",
            "docs/a.md:1:18: this says '1,024', and it is '1' (govcheck.toml:4)",
            "docs/a.md:1:47: this says '80', and it is '8080' (govcheck.toml:7)",
            "govcheck.toml:10:3: the pattern matches nothing in docs/a.md: nothing is held to it",
        ),
        {"docs/a.md": "We keep 90 days. 1 modules listen on port 8080.\n"},
    ),
    Example(
        "All values of a kind",
        {
            "govcheck.toml": (
                "[[docs.bind]]\n"
                "at = { file = 'a.md', pattern = '`(?P<path>[\\w/]+\\.py)` \\((\\d+) lines' }\n"
                "equals = { lines = 'src/**/{path}' }\n"
                "[[docs.bind]]\n"
                "at = { file = 'a.md', pattern = '`(?P<package>[\\w-]+)==([\\d.]+)`' }\n"
                "equals = { locked = '{package}' }\n"
            ),
            "a.md": (
                "`a.py` (3 lines), `b/a.py` (1 lines), `c.py` (2 lines), `d.py` (1 lines);\n"
                "`numpy==1.26.4`, `pandas==2.1`\n"
            ),
            "src/shop/b/a.py": "x\n",
            "src/shop/c.py": "x\n",
            "poetry.lock": (
                "[[package]]\nname = 'numpy'\nversion = '1.26.4'\n\n"
                "[[package]]\nname = 'pandas'\nversion = '2.2'\n"
            ),
        },
        (
            "a.md:1:9: this says '3', and it is '1' (govcheck.toml:1)",
            "a.md:1:47: this says '2', and it is '1' (govcheck.toml:1)",
            "a.md:1:65: nothing decides this value: no file is src/**/d.py (govcheck.toml:1)",
            "a.md:2:27: this says '2.1', and it is '2.2' (govcheck.toml:4)",
        ),
        {
            "a.md": (
                "`a.py` (1 lines), `b/a.py` (1 lines), `c.py` (1 lines), `d.py` (1 lines);\n"
                "`numpy==1.26.4`, `pandas==2.2`\n"
            ),
        },
    ),
    Example(
        "What nothing decides",
        {
            "govcheck.toml": (
                "[[docs.bind]]\nat = { file = 'a.md', pattern = 'v(\\S+)' }\n"
                "equals = { locked = 'numpy' }\n"
            ),
            "a.md": "v1\n",
        },
        ("govcheck.toml:1:3: nothing decides the value: the locks hold none of numpy",),
    ),
    Example(
        "The same, in other digits and letters",
        {
            "govcheck.toml": (
                "[[docs.bind]]\nat = { file = 'a.md', pattern = '([\\d,]+) lines' }\n"
                "equals = { name = 'LINES', file = 'a.py' }\n"
                "[[docs.bind]]\nat = { file = 'a.md', pattern = 'strict: (\\w+)' }\n"
                "equals = { key = 'tool.strict', file = 'b.toml' }\n"
            ),
            "a.md": "1,234 lines, strict: True\n",
            "a.py": "LINES = 1234\n",
            "b.toml": "[tool]\nstrict = true\n",
        },
    ),
    Example(
        "A version that is locked",
        {
            "govcheck.toml": (
                "[[docs.bind]]\nat = { file = 'a.md', pattern = 'NumPy ([\\d.]+)' }\n"
                "equals = { locked = 'numpy' }\n"
            ),
            "a.md": "NumPy 1.26.4\n",
            "poetry.lock": "[[package]]\nname = 'numpy'\nversion = '1.26.4'\n",
        },
    ),
    Example(
        "Values that are right, each by its name",
        {
            "govcheck.toml": (
                "[[docs.bind]]\n"
                "at = { file = 'a.md', pattern = '`(?P<path>\\w+\\.py)` \\((\\d+) lines' }\n"
                "equals = { lines = '{path}' }\n"
            ),
            "a.md": "`a.py` (2 lines), `b.py` (1 lines)\n",
            "a.py": "x\ny\n",
            "b.py": "x\n",
        },
    ),
    Example(
        "Numbers that nothing is bound to",
        {"govcheck.toml": "", "a.md": "30 days, 14 modules\n"},
    ),
    Example(
        "In marks, with digits grouped, and where the group holds more",
        {
            "govcheck.toml": (
                "[[docs.bind]]\nat = { file = 'a.md', pattern = 'waits (\\S+) ' }\n"
                "equals = { file = 'app.py', name = 'WAIT' }\n"
                "[[docs.bind]]\nat = { file = 'a.md', pattern = 'called \"?([^\"\\n]*)' }\n"
                "equals = { file = 'app.py', name = 'NAME' }\n"
            ),
            "app.py": "WAIT = 1500\nNAME = 'a\\nb'\n",
            "a.md": (
                "waits **30** s, waits `1.000` ms, waits 30s or waits '1,500' \ncalled \"x\"\n"
            ),
        },
        (
            "a.md:1:7: this says '**30**', and it is '1500' (govcheck.toml:1)",
            "a.md:1:23: this says '`1.000`', and it is '1.500' (govcheck.toml:1)",
            "a.md:1:41: this says '30s', and it is '1500' (govcheck.toml:1)",
            "a.md:2:9: this says 'x', and it is 'a\\nb' (govcheck.toml:4)",
        ),
        {
            "a.md": (
                "waits **1500** s, waits `1.500` ms, waits 30s or waits '1,500' \ncalled \"x\"\n"
            ),
        },
    ),
    Example(
        "In marks, and grouped by blanks and points",
        {
            "govcheck.toml": (
                "[[docs.bind]]\nat = { file = 'a.md', pattern = 'waits (.*) ms' }\n"
                "equals = { file = 'app.py', name = 'WAIT' }\n"
            ),
            "app.py": "WAIT = 1500\n",
            "a.md": "waits **1 500** ms\nwaits `1.500` ms\nwaits _1,500_ ms\n",
        },
    ),
]
