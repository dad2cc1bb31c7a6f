"""A marker is registered, and no test bears it.

Whoever asks for it with `-m` gets nothing. Counted are the marks of all test files, also of those
that a plain `pytest` does not collect, and those that hooks add.

## How to resolve

Take the line out, or mark the tests that were meant.

## How to except

`[markers.marker.NAME]` with `may-be-unused = true`, a `reason` and a date, `until`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.finding import Edit, Finding, Fix
from govcheck.markers import has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.markers.registration import Registration


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Registered markers that no test bears."""
    if not repo.view(has_tests):
        return
    from govcheck.markers.registration import registrations, uses
    from govcheck.markers.suite import suite  # only a repository with tests pays for them

    own = repo.view(registrations)
    tests = repo.view(suite)
    if not own or not tests.test_files:
        return
    used = {use.name for use in repo.view(uses)}
    used |= {name for _, names in tests.hooks for name in names if name}
    used |= {name for hook in policy.markers.hooks for name in hook.adds}
    if "" in used or any(None in names for _, names in tests.hooks):
        return
    for each in own:
        marker = policy.markers.marker.get(each.name)
        is_excused = marker is not None and marker.may_be_unused
        if is_excused and marker is not None and marker.until is not None:
            is_excused = marker.until >= policy.today
        # A plugin registers what the tests of others bear.
        is_plugins = not each.is_configured and not each.span.path.endswith("conftest.py")
        if each.name not in used and not is_excused and not is_plugins:
            yield rule.finding(
                each.span,
                f"no test bears the marker {each.name}",
                fix=_fix(repo, each) if each.is_configured else None,
                data={"test": each.span.path, "marker": each.name},
            )


def _fix(repo: Repo, registration: "Registration") -> Fix | None:
    """The line of the registration, if it has one of its own."""
    path, at = registration.span.path, registration.span.start
    document = repo.document(path)
    if document is None or not document.text.startswith(registration.name, at):
        return None
    text = document.text
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    end = len(text) if end < 0 else end + 1
    if text[start:at].strip() not in ("", '"', "'"):
        return None
    return Fix("take the registration out", (Edit(path, start, end, ""),), safe=False)


rule = Rule("unused-marker", "markers", check, severity="warning", fix="unsafe")

examples = [
    Example(
        "A suite that was never written",
        {
            "govcheck.toml": "",
            "pytest.ini": "[pytest]\nmarkers =\n    slow: takes long\n    soak: takes days\n",
            "test_a.py": "import pytest\n\n\n@pytest.mark.slow\ndef test_a(): ...\n",
        },
        ("pytest.ini:4:5: no test bears the marker soak",),
        {"pytest.ini": "[pytest]\nmarkers =\n    slow: takes long\n"},
        unsafe=True,
    ),
    Example(
        "Excused until a day",
        {
            "govcheck.toml": (
                '[markers.marker.soak]\nmay-be-unused = true\nreason = "lands in spring"\n'
                "until = 2026-05-01\n"
            ),
            "pytest.ini": "[pytest]\nmarkers =\n    soak: takes days\n",
            "test_a.py": "def test_a(): ...\n",
        },
    ),
    Example(
        "Borne by other names, and registered by a plugin for others",
        {
            "govcheck.toml": "",
            "pytest.ini": "[pytest]\nmarkers =\n    slow: a\n    fast: b\n    wide: c\n",
            "plugin.py": (
                "def pytest_configure(config):\n"
                "    config.addinivalue_line('markers', 'theirs: of others')\n"
            ),
            "test_a.py": (
                "import pytest as pt\nfrom pytest import mark as m\n\nmarks = pt.mark\n\n\n"
                "@pt.mark.slow\n@m.fast\n@marks.wide\ndef test_a(): ...\n"
            ),
        },
    ),
    Example(
        "Named by what is computed",
        {
            "govcheck.toml": "",
            "pytest.ini": "[pytest]\nmarkers =\n    slow: a\n",
            "test_a.py": (
                "import pytest\n\nNAME = 'slow'\npytestmark = getattr(pytest.mark, NAME)\n\n\n"
                "def test_a(): ...\n"
            ),
        },
    ),
    Example(
        "Added by a hook",
        {
            "govcheck.toml": "",
            "pytest.ini": "[pytest]\nmarkers =\n    unit: small\n",
            "conftest.py": (
                "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
                "    for item in items:\n        item.add_marker(pytest.mark.unit)\n"
            ),
            "test_a.py": "def test_a(): ...\n",
        },
    ),
]
