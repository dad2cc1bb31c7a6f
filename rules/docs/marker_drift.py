"""A document names a marker that nothing registers.

Looked at are tables with a column that is headed Marker, and `@pytest.mark.NAME` in code of
documents of the class reference. Markers that hooks register by names that they compute cannot be
known; then nothing is reported, and neither is it where no configuration registers any marker, nor
of a marker that tests bear: that it is not registered is for `unregistered-marker`. In code, a name
counts that resembles a registered marker, or that the configuration had once; any other may be an
example.

## How to resolve

Name the marker that there is, or register it. A table that is a managed block (`govcheck: markers`)
cannot become wrong.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[marker-drift] -- why -->`.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.finding import Finding
from govcheck.markers import is_tested
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.docs.documents import Doc

_MARK = re.compile(r"(?<![\w.])@?pytest\.mark\.(?P<name>[A-Za-z_]\w*)")
_CELL = re.compile(r"(?:@?pytest\.mark\.)?(?P<name>[a-z_]\w*)(?:\([^()]*\))?")
_HEADINGS = ("marker", "markers", "pytest marker", "mark", "pytest mark")
_STAND_INS = frozenset({"name", "marker", "your_marker", "my_marker", "xxx", "foo", "bar"})
# The variables of conditions at requirements are called markers, too (PEP 508).
_OF_REQUIREMENTS = frozenset(
    {"extra", "extras", "dependency_groups", "implementation_name", "implementation_version",
     "os_name", "platform_machine", "platform_python_implementation", "platform_release",
     "platform_system", "platform_version", "python_full_version", "python_version",
     "sys_platform"}
)  # fmt: skip
_CLOSE = 0.7
_NEEDLES = ("pytest.mark", "Marker", "marker", "| Mark", "|Mark")


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Markers in documents that are not registered."""
    if not repo.view(is_tested):
        return
    from difflib import get_close_matches

    from govcheck.docs.documents import documents, told
    from govcheck.keys import nearest

    said: list[tuple[Doc, str, int]] = []
    for doc in repo.view(documents, policy):
        if doc.kind in ("reference", "generated") and any(n in doc.document.text for n in _NEEDLES):
            said += ((doc, name, start) for name, start in _named(doc))
    if not said:
        return
    from govcheck.history import held
    from govcheck.markers.registration import BUILT_IN, is_open, known, registrations

    own = sorted({each.name for each in repo.view(registrations) if each.is_configured})
    others = {*BUILT_IN, *_OF_REQUIREMENTS, *own}
    said = [each for each in said if each[1] not in others]
    if not own or not said or repo.view(is_open):
        return
    registered = repo.view(known, policy)
    borne = _borne(repo, frozenset(name for _, name, _ in said))
    homes = sorted({each.span.path for each in repo.view(registrations) if each.is_configured})
    for doc, name, start in said:
        if name not in registered | borne | _STAND_INS and (
            doc.page.table_at(start) is not None
            or get_close_matches(name, own, 1, _CLOSE)
            or any(held(repo, home, name) for home in homes)
        ):
            yield rule.finding(
                doc.document.span(start, start + len(name)),
                f"nothing registers the marker {name}{nearest(name, own)}{told(doc)}",
                data={"test": doc.path, "marker": name},
            )


def _borne(repo: Repo, names: frozenset[str]) -> frozenset[str]:
    """Those of the names that tests bear: what documents say of them is no drift."""
    needles = [f"mark.{name}" for name in names]
    return frozenset(
        found["name"]
        for document in repo.search(needles, (".py",))
        for found in _MARK.finditer(document.text)
    )


def _named(doc: "Doc") -> Iterator[tuple[str, int]]:
    """The markers that a document names, and where."""
    from govcheck.docs.stated import inner, rows

    text = doc.document.text
    told = set()
    for row in rows(doc.page, _HEADINGS):
        cell = row.cell(_HEADINGS)
        if cell is not None and text[cell.start : cell.start + 1] == "`":
            start, end = inner(text, cell)
            if found := _CELL.fullmatch(text[start:end]):
                told.add(start + found.start("name"))
                yield found["name"], start + found.start("name")
    for code in doc.page.codes:
        for found in _MARK.finditer(text, code.start, code.end):
            if found.start("name") not in told:
                yield found["name"], found.start("name")
    for fence in doc.page.fences:
        if fence.language in ("python", "py"):
            for found in _MARK.finditer(fence.text):
                yield found["name"], fence.offset(found.start("name"))


rule = Rule("marker-drift", "docs", check)

_TESTS = {
    "pytest.ini": "[pytest]\nmarkers =\n    slow: takes long\n",
    "test_a.py": "import pytest\n\n\n@pytest.mark.slow\ndef test_a(): ...\n",
}

examples = [
    Example(
        "In a table, a span and a fence",
        {
            "govcheck.toml": "",
            **_TESTS,
            "a.md": (
                "| Marker | Use |\n| --- | --- |\n| `slow` | |\n| `sluggish` | |\n\n"
                "Add `@pytest.mark.quick`.\n\n```python\n@pytest.mark.slwo\ndef test(): ...\n```\n"
            ),
        },
        (
            "a.md:4:4: nothing registers the marker sluggish",
            "a.md:6:19: nothing registers the marker quick",
            "a.md:9:14: nothing registers the marker slwo (did you mean 'slow'?)",
        ),
        before={"pytest.ini": "[pytest]\nmarkers =\n    slow: takes long\n    quick: no time\n"},
    ),
    Example(
        "Registered, of pytest, of a plugin, and placeholders",
        {
            "govcheck.toml": "",
            **_TESTS,
            "requirements.txt": "pytest-asyncio==1.0\n",
            "a.md": "`@pytest.mark.slow` `pytest.mark.skipif(x)` `pytest.mark.asyncio`"
            " `@pytest.mark.<name>` `@pytest.mark.your_marker`"
            " `@pytest.mark.of_your_part`\n",
        },
    ),
    Example(
        "Where markers are not registered at all",
        {"govcheck.toml": "", "test_a.py": "", "a.md": "`@pytest.mark.slow`\n"},
    ),
    Example(
        "In plans and in prose",
        {
            "govcheck.toml": "[[docs.class]]\nname = 'plan'\npaths = ['PLAN.md']\n",
            **_TESTS,
            "PLAN.md": "Add `@pytest.mark.quick`.\n",
            "a.md": "The marker quick is gone.\n\n| Sign | Use |\n| --- | --- |\n| `x` | |\n",
        },
    ),
    Example(
        "The markers of requirements",
        {
            "govcheck.toml": "",
            **_TESTS,
            "a.md": "| Marker | Linux |\n| --- | --- |\n| `sys_platform` | `linux` |\n",
        },
    ),
    Example(
        "One that tests bear",
        {
            "govcheck.toml": "",
            **_TESTS,
            "test_b.py": "import pytest\n\n\n@pytest.mark.quick\ndef test_b(): ...\n",
            "a.md": "`@pytest.mark.quick` is for those that take no time.\n",
        },
    ),
]
