"""Files are where the policy wants them, under the names that it wants, and no larger.

Of the files in `paths` that are not in `exclude`: `forbid` lists patterns that none may match,
`allow` the only places where they may be, `name` is a regular expression for their names without
folders, `max-lines` and `max-bytes` are what each may have. `require` lists paths, or patterns,
that must exist; a file that git ignores or that the policy excludes does not count.

Lines are counted as line ends, and one more where the last line has none. Binary files have none.

## How to resolve

Move, rename, split or remove the file, or write the one that is missing.

## How to except

`[[exceptions]]` in the policy, which are reported once nothing needs them; or a suppression comment
at the top of the file.
"""

import re
from collections.abc import Iterator
from itertools import takewhile

from govcheck.checks.section import FilesCheck
from govcheck.comments import comments
from govcheck.document import Document, TooDeepError
from govcheck.finding import Finding, Span
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.registry import OWN
from govcheck.repo import Repo
from govcheck.rule import Example

_TOP = 100
_LEAD = re.compile(r"\s*(?:$|[^\s\w\"'@])")


def check(repo: Repo, policy: Policy, *, name: str) -> Iterator[Finding]:
    """Files that must not be, must be elsewhere, or are too large."""
    entry = policy.checks[name]
    given = entry.given
    assert isinstance(given, FilesCheck)  # noqa: S101 - the kind decides it

    def finding(span: Span, key: str, what: str) -> Finding:
        where = policy.origin(OWN, name, key)
        return Finding(name, span, f"{what} ({where}): {entry.reason}", family=OWN)

    is_inside, is_excluded = matcher(entry.paths), matcher(entry.exclude)
    for path in repo.files:
        if is_inside(path) and not is_excluded(path) and path in repo:
            for key, what in _wrong(repo, given, path):
                yield finding(top(repo, path), key, what)
    for number, pattern in enumerate(given.require):
        if not any(path in repo for path in repo.matching(pattern)):
            span = policy.origin(OWN, name, "require", number).span
            yield finding(span, "require", f"{pattern} does not exist")


def _wrong(repo: Repo, given: FilesCheck, path: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a file, each with the key of the policy that says so."""
    for pattern in given.forbid:
        if matcher([pattern])(path):
            yield "forbid", f"a file may not match {pattern}"
            break
    if given.allow and not matcher(given.allow)(path):
        yield "allow", f"it is in none of the places for it, {', '.join(given.allow)}"
    file_name = path.rpartition("/")[2]
    if given.name is not None and not re.fullmatch(given.name, file_name):
        yield "name", f"the name {file_name} does not match {given.name}"
    size = repo.size(path) if given.max_lines is not None or given.max_bytes is not None else None
    if size is None:
        return
    if given.max_bytes is not None and size > given.max_bytes:
        yield "max-bytes", f"it has {size} bytes, and {given.max_bytes} are allowed"
    # A line has a byte at least.
    if given.max_lines is not None and size > given.max_lines:
        lines = repo.learn_of(path, "lines", _lines)
        if lines is not None and lines > given.max_lines:
            yield "max-lines", f"it has {lines} lines, and {given.max_lines} are allowed"


def _lines(document: Document) -> int:
    data = document.utf8
    ends = data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
    return ends + (data[-1:] not in (b"\n", b"\r", b""))


def top(repo: Repo, path: str) -> Span:
    """The first line that is more than a comment, so that one above it can speak of the file."""
    document = repo.document(path)
    if document is None:
        return Span(path, 1, 1, 1, 1, 0, 0)
    numbers = range(1, min(len(document.line_starts), _TOP) + 1)
    # What begins with a letter or a quote is no comment, in any language.
    top = [*takewhile(lambda line: _LEAD.match(line), map(document.line, numbers))]
    try:
        said = comments(Document(path, "\n".join((*top, "")).encode())) if top else ()
    except TooDeepError:
        said = ()
    commented = {n for each in said for n in range(each.span.line, each.span.end_line + 1)}
    others = (n for n in numbers if n not in commented and document.line(n).strip())
    return document.line_span(next(others, 1))


_POLICY = """\
[checks.test-layout]
kind = "files"
paths = ["tests/**/test_*.py"]
allow = ["tests/unit/**", "tests/integration/**"]
reason = "CI runs these two folders"

[checks.short-tests]
kind = "files"
paths = ["tests/**/test_*.py"]
exclude = ["tests/unit/test_table.py"]
max-lines = 4
reason = "split it by what it tests"
"""
_LONG = "def test_a():\n    a = 1\n    b = 2\n    c = 3\n"

examples = [
    Example(
        "A test outside of the folders for tests, and one that is too long",
        {
            "govcheck.toml": _POLICY,
            "tests/test_a.py": "def test_a(): ...\n",
            "tests/unit/test_b.py": f"#!/usr/bin/env python\n\n{_LONG}    assert a + b == c",
        },
        (
            "tests/test_a.py:1:1: it is in none of the places for it, tests/unit/**, "
            "tests/integration/** (govcheck.toml:4): CI runs these two folders",
            "tests/unit/test_b.py:3:1: it has 7 lines, and 4 are allowed (govcheck.toml:11): "
            "split it by what it tests",
        ),
    ),
    Example(
        "Files that must not be, one that must, a name and a size",
        {
            "govcheck.toml": (
                '[checks.one-compose]\nkind = "files"\nforbid = ["**/docker-compose*"]\n'
                'exclude = ["deploy/docker-compose.yaml"]\nrequire = ["deploy/README.md"]\n'
                'reason = "production has one"\n\n'
                '[checks.notebooks]\nkind = "files"\npaths = ["**/*.ipynb"]\n'
                "name = '[a-z_]+\\.ipynb'\nmax-bytes = 2\nreason = 'clear the output'\n"
            ),
            "deploy/docker-compose.yaml": "services: {}\n",
            "docker-compose.dev.yaml": "services: {}\n",
            "A-1.ipynb": "{}\n",
        },
        (
            "A-1.ipynb:1:1: it has 3 bytes, and 2 are allowed (govcheck.toml:12): clear the output",
            "A-1.ipynb:1:1: the name A-1.ipynb does not match [a-z_]+\\.ipynb (govcheck.toml:11): "
            "clear the output",
            "docker-compose.dev.yaml:1:1: a file may not match **/docker-compose* "
            "(govcheck.toml:3): production has one",
            "govcheck.toml:5:12: deploy/README.md does not exist (govcheck.toml:5): "
            "production has one",
        ),
    ),
    Example(
        "As many lines as are allowed, whether or not the last one ends",
        {
            "govcheck.toml": _POLICY,
            "tests/unit/test_a.py": _LONG,
            "tests/unit/test_b.py": _LONG[:-1],
            "tests/unit/test_c.py": _LONG.replace("\n", "\r\n"),
            "tests/unit/test_d.py": "",
        },
    ),
    Example(
        "Other files, and one that is excluded",
        {
            "govcheck.toml": _POLICY,
            "tests/conftest.py": _LONG + _LONG,
            "tests/unit/helpers.py": _LONG + _LONG,
            "tests/unit/test_table.py": _LONG + _LONG,
        },
    ),
    Example(
        "A file that is there, by a pattern",
        {
            "govcheck.toml": (
                '[checks.licensed]\nkind = "files"\nrequire = ["LICEN[CS]E*"]\n'
                'reason = "the package is published"\n'
            ),
            "LICENSE.txt": "MIT\n",
        },
    ),
]
