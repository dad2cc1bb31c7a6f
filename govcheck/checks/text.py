"""Files do not say what the policy wants unsaid.

`words` are what no line may hold as a word, that is between characters that are neither letters nor
digits: `cfg` is in `old_cfg` and not in `cfgs`. `patterns` are regular expressions that no line may
match anywhere. Lines that hold one of `unless-line` are left alone. Case matters.

Text is looked at as it stands, in code, comments, strings and prose alike, and binary files are
not. A line of more than 10,000 characters is held to words alone, and its file is reported as
unchecked where there are patterns.

## How to resolve

Say it otherwise: the message, which is the `reason` in the policy, tells how.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy, which are reported once
nothing needs them.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from govcheck.checks.section import TextCheck
from govcheck.document import Document
from govcheck.finding import Finding
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.registry import OWN
from govcheck.repo import Repo
from govcheck.rule import Example

_MAX_LINE = 10_000
_SHOWN = 60


def check(repo: Repo, policy: Policy, *, name: str) -> Iterator[Finding]:
    """Lines with a word, or a match, that is forbidden; one finding for each of these in a line."""
    entry = policy.checks[name]
    given = entry.given
    assert isinstance(given, TextCheck)  # noqa: S101 - the kind decides it
    is_inside, is_excluded = matcher(entry.paths), matcher(entry.exclude)
    policies = {source.path for source in policy.sources}  # these say what is forbidden

    def is_held(path: str) -> bool:
        return is_inside(path) and not is_excluded(path) and path not in policies

    for document in _documents(repo, given, is_held):
        for key, said, start, end in _found(repo, given, document):
            where = policy.origin(OWN, name, key)
            message = f"says {said} ({where}): {entry.reason}"
            yield Finding(name, document.span(start, end), message, family=OWN)


def _documents(repo: Repo, given: TextCheck, is_held: Callable[[str], bool]) -> Iterator[Document]:
    if given.patterns:
        found = (repo.document(path) for path in repo.files if is_held(path))
        return (each for each in found if each is not None)
    return (each for each in repo.search(given.words) if is_held(each.path))


def _found(repo: Repo, given: TextCheck, document: Document) -> Iterator[tuple[str, str, int, int]]:
    """What is found in the lines of a file: by which key, as what, and where."""
    searches = [("words", word, _word(word)) for word in given.words]
    searches += [("patterns", pattern, re.compile(pattern)) for pattern in given.patterns]
    here = [each for each in searches if each[0] == "patterns" or each[2].search(document.text)]
    starts = document.line_starts if here else []
    for number, start in enumerate(starts, 1):
        line = document.line(number)
        if any(excuse in line for excuse in given.unless_line):
            continue
        if given.patterns and len(line) > _MAX_LINE:
            message = f"line {number} has more than {_MAX_LINE} characters"
            repo.unchecked[document.path] = message
        for key, said, search in here:
            if key == "patterns" and len(line) > _MAX_LINE:
                continue
            found = search.search(line)
            if found is not None and found.group():
                shown = said if key == "words" else " ".join(found.group().split())[:_SHOWN]
                yield key, repr(shown), start + found.start(), start + found.end()


@cache
def _word(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])")


_POLICY = """\
[checks.whole-words]
kind = "text"
paths = ["src/**", "tests/**"]
words = ["cfg", "mgr"]
unless-line = ["naming: allow"]
reason = "write the word out (docs/naming.md)"

[checks.tickets]
kind = "text"
paths = ["**/*.py"]
patterns = ['\\bTODO\\b(?!\\(#\\d+\\))']
reason = "name the ticket: TODO(#12)"
"""

examples = [
    Example(
        "Words in names, strings and prose",
        {
            "govcheck.toml": _POLICY,
            "src/a.py": "old_cfg = 1\nname = 'mgr and mgr, cfg'\n",
            "src/notes.txt": "é ✓ 😀 the cfg\n",
        },
        (
            "src/a.py:1:5: says 'cfg' (govcheck.toml:4): write the word out (docs/naming.md)",
            "src/a.py:2:9: says 'mgr' (govcheck.toml:4): write the word out (docs/naming.md)",
            "src/a.py:2:22: says 'cfg' (govcheck.toml:4): write the word out (docs/naming.md)",
            "src/notes.txt:1:11: says 'cfg' (govcheck.toml:4): write the word out (docs/naming.md)",
        ),
    ),
    Example(
        "A pattern",
        {"govcheck.toml": _POLICY, "a.py": "a = 1  # TODO: b\n# TODO(#12): c\n"},
        ("a.py:1:10: says 'TODO' (govcheck.toml:11): name the ticket: TODO(#12)",),
    ),
    Example(
        "Longer words, other cases, lines that are allowed",
        {
            "govcheck.toml": _POLICY,
            "src/a.py": "cfgs = CFG = Mgr = 1\nmgr2 = acfg = 2\ncfg = 3  # naming: allow\n",
        },
    ),
    Example(
        "Files that are elsewhere",
        {"govcheck.toml": _POLICY, "docs/a.md": "cfg\n", "b.txt": "TODO\n"},
    ),
    Example(
        "A file of the policy says what it forbids",
        {"govcheck.toml": _POLICY.replace('"src/**", "tests/**"', '"**"')},
    ),
]
