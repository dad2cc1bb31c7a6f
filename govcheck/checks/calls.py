"""Code calls what the policy wants it to leave alone.

`forbid` lists what may not be called, as dotted names with `*` for any part: `time.sleep`,
`requests.*`, and `*.patch` for anything called `patch` of anything. What is done with the result of
a call is another matter: `requests.*` is `requests.get(url)`, not the `.json()` of it, which would
be `requests.get().json`. A name is what it is imported
as: after `from time import sleep as s`, `s()` calls `time.sleep`. Relative imports and what a
module defines go by their path (`src` begins names anew). A parameter or variable is never taken
for the module whose name it bears.

`within` narrows it to calls directly in an `async def`, to calls in a `test` that pytest would
collect, or to what runs when a `module` is imported. `unless` excuses calls in functions that take
or use one of some `fixtures`, and files that name one of some words (`names`).

## How to resolve

Do what the message says, which is the `reason` in the policy.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy, which are reported once
nothing needs them.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from govcheck.checks.section import CallsCheck
from govcheck.document import Document, TooDeepError
from govcheck.finding import Finding
from govcheck.globs import literal_chunk, matcher
from govcheck.policy import Policy
from govcheck.python.calls import Call, calls
from govcheck.registry import OWN
from govcheck.repo import Repo
from govcheck.rule import Example

if TYPE_CHECKING:
    from govcheck.markers.suite import Test

_PYTHON = (".py",)
_SHOWN = 60


def check(repo: Repo, policy: Policy, *, name: str) -> Iterator[Finding]:
    """Calls of what is forbidden."""
    entry = policy.checks[name]
    given = entry.given
    assert isinstance(given, CallsCheck)  # noqa: S101 - the kind decides it
    for each in policy.checks.values():
        if isinstance(each.given, CallsCheck):
            repo.expect(_needles(each.given.forbid), _PYTHON)
    is_forbidden = _matcher(given.forbid)
    is_inside, is_excluded = matcher(entry.paths), matcher(entry.exclude)
    where = policy.origin(OWN, name, "forbid")
    for document in repo.search(_needles(given.forbid), _PYTHON):
        if not is_inside(document.path) or is_excluded(document.path):
            continue
        if any(re.search(rf"\b{re.escape(n)}\b", document.text) for n in given.unless.names):
            continue
        for call in _calls(repo, policy, document):
            names = [each for each in call.names if is_forbidden(each)]
            if not names or not _is_within(repo, given, document.path, call):
                continue
            if _is_excused(repo, given, document, call):
                continue
            said = min(names, key=len)
            if said.startswith("."):
                said = " ".join(document.text[call.start : call.end].split())[:_SHOWN]
            span = document.span(call.start, call.end)
            yield Finding(name, span, f"calls {said} ({where}): {entry.reason}", family=OWN)


def _calls(repo: Repo, policy: Policy, document: Document) -> list[Call]:
    """The calls in a file that any check of the policy forbids, somewhere."""
    patterns = {
        pattern
        for each in policy.checks.values()
        if isinstance(each.given, CallsCheck)
        for pattern in each.given.forbid
    }
    read = _reader(tuple(sorted(patterns)))

    def told(document: Document) -> Any:
        try:
            return document.view(read)
        except TooDeepError as error:
            repo.unchecked[document.path] = str(error)
            return ()

    return [Call(*each) for each in repo.learn(document, f"calls {sorted(patterns)}", told)]


@cache
def _reader(patterns: tuple[str, ...]) -> Callable[[Document], tuple[Call, ...]]:
    def read(document: Document) -> tuple[Call, ...]:
        return tuple(calls(document, _matcher(patterns)))

    return read


def _is_within(repo: Repo, given: CallsCheck, path: str, call: Call) -> bool:
    if given.within == "test":
        return any(_tests_around(repo, path, call.start))
    return given.within is None or given.within == call.scope


def _is_excused(repo: Repo, given: CallsCheck, document: Document, call: Call) -> bool:
    fixtures = set(given.unless.fixtures)
    if not fixtures.isdisjoint(call.parameters):
        return True
    if not fixtures or "usefixtures" not in document.text:
        return False
    around = _tests_around(repo, document.path, call.start)
    return any(not fixtures.isdisjoint(test.fixtures) for test in around)


def _tests_around(repo: Repo, path: str, offset: int) -> "Iterator[Test]":
    from govcheck.markers.suite import suite  # only such a check pays for it

    if path not in repo.view(_collected):
        return
    for test in repo.view(suite).tests_of(path):
        if test.home == path and test.function.first <= offset < test.function.stop:
            yield test


def _collected(repo: Repo) -> frozenset[str]:
    from govcheck.markers.suite import suite

    return frozenset(repo.view(suite).collected)


@cache
def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    matches = re.compile("|".join(map(_translate, patterns))).fullmatch
    return lambda name: matches(name) is not None


def _translate(pattern: str) -> str:
    """A pattern as a regular expression: only in its beginning, `*` stands for calls, too."""
    inner = re.escape(pattern.lstrip("*")).replace(r"\*", "[^()]*").replace(r"\?", "[^()]")
    return f"(?:{'.*' if pattern.startswith('*') else ''}{inner})"


@cache
def _needles(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """What stands in every file that calls what a pattern names: the last word that is literal."""
    return tuple(dict.fromkeys(map(_last_word, patterns)))


def _last_word(pattern: str) -> str:
    parts = (literal_chunk(part).removesuffix("()") for part in reversed(pattern.split(".")))
    return next(filter(None, parts))


_POLICY = """\
[checks.no-sleep]
kind = "calls"
paths = ["tests/**"]
forbid = ["time.sleep"]
unless = { fixtures = ["fake_clock"] }
reason = "let the fixture fake_clock pass the time"

[checks.no-patch]
kind = "calls"
paths = ["tests/**"]
forbid = ["*.patch", "*.patch.*"]
reason = "use monkeypatch"

[checks.no-blocking]
kind = "calls"
forbid = ["time.sleep", "requests.*"]
within = "async def"
reason = "it stops the event loop"
"""
_SLEEPS = "(govcheck.toml:4): let the fixture fake_clock pass the time"
_PATCHES = "(govcheck.toml:11): use monkeypatch"
_BLOCKS = "(govcheck.toml:16): it stops the event loop"

examples = [
    Example(
        "By any name that it is imported as",
        {
            "govcheck.toml": _POLICY,
            "tests/test_a.py": (
                "import time as clock\nfrom time import sleep\n\nwait = sleep\n\n\n"
                "def test_a():\n    clock.sleep(1)\n    sleep(1)\n    wait(1)\n"
            ),
        },
        (
            f"tests/test_a.py:8:5: calls time.sleep {_SLEEPS}",
            f"tests/test_a.py:9:5: calls time.sleep {_SLEEPS}",
            f"tests/test_a.py:10:5: calls time.sleep {_SLEEPS}",
        ),
    ),
    Example(
        "A method of anything, and what decorates",
        {
            "govcheck.toml": _POLICY,
            "tests/test_b.py": (
                "from unittest import mock\n\n\n@mock.patch('app.pay')\n"
                "def test_b(pay, mocker):\n    mocker.patch('app.refund')\n"
                "    with mock.patch.object(pay, 'by'):\n        pay()\n"
            ),
        },
        (
            f"tests/test_b.py:4:2: calls unittest.mock.patch {_PATCHES}",
            f"tests/test_b.py:6:5: calls mocker.patch {_PATCHES}",
            f"tests/test_b.py:7:10: calls unittest.mock.patch.object {_PATCHES}",
        ),
    ),
    Example(
        "In asynchronous functions",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import time\n\nimport requests\n\n\nasync def pay(url):\n"
                "    requests.Session().post(url)\n    time.sleep(1)\n"
            ),
        },
        (
            f"app.py:7:5: calls requests.Session {_BLOCKS}",
            f"app.py:8:5: calls time.sleep {_BLOCKS}",
        ),
    ),
    Example(
        "What is done with the result of a call that stands elsewhere",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import requests\n\nsession = requests.Session()\n\n\nasync def pay(url):\n"
                "    return session.closed(url)\n"
            ),
        },
    ),
    Example(
        "A test that uses the fixture",
        {
            "govcheck.toml": _POLICY,
            "tests/test_c.py": (
                "import time\n\nimport pytest\n\n\ndef test_a(fake_clock):\n    time.sleep(1)\n"
                "\n\n@pytest.mark.usefixtures('fake_clock')\nclass TestB:\n"
                "    def test_b(self):\n        time.sleep(1)\n"
            ),
        },
    ),
    Example(
        "Parameters and variables of the same name",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import requests\n\n\nasync def serve(requests):\n"
                "    requests.pop()\n\n\nasync def collect():\n    time = Clock()\n"
                "    time.sleep(1)\n    requests = []\n    requests.append(1)\n"
            ),
        },
    ),
    Example(
        "Functions that are not asynchronous, though they are in one that is",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import asyncio\nimport time\n\n\nasync def pay():\n    def wait():\n"
                "        time.sleep(1)\n\n    await asyncio.to_thread(wait)\n"
                "    await asyncio.to_thread(lambda: time.sleep(1))\n"
            ),
        },
    ),
    Example(
        "Names in strings and comments, and what is not called",
        {
            "govcheck.toml": _POLICY,
            "tests/test_d.py": (
                "import asyncio\nimport time\n\n\nasync def test_d(monkeypatch):\n"
                '    """Replaces time.sleep(1)."""\n'
                "    monkeypatch.setattr(time, 'sleep', print)  # not time.sleep()\n"
                "    await asyncio.sleep(1)\n"
            ),
        },
    ),
]
