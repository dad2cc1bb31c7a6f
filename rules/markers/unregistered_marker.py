"""A marker is used that nothing registers.

Looked at is every place in Python code that asks for a marker, hooks in conftest.py too, and every
name in a `-m` of the configuration. Registered are the markers of pytest itself, those of the
configuration and of `addinivalue_line`, those of the plugins that the manifests and locks name, and
those that the policy lists under `[markers] plugins`.

With `--strict-markers` such a marker is an error where it is asked for, in a hook even one that
ends the whole run; without, a misspelt marker silently selects nothing.

## How to resolve

`--fix` registers it where the others are, for you to describe. If it is misspelt, write the name
that is registered.

## How to except

Name it under `[markers] plugins`, if a plugin registers it that no manifest names.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.markers import has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Markers in use that are not registered."""
    if not repo.view(has_tests):
        return
    from govcheck.keys import nearest  # only a repository with tests pays for them
    from govcheck.markers.registration import is_open, known, registrations, uses

    if not repo.view(uses) or repo.view(is_open):
        return
    registered = repo.view(known, policy)
    own = sorted({each.name for each in repo.view(registrations)})
    for use in repo.view(uses):
        if use.name and use.name not in registered:
            yield rule.finding(
                use.span,
                f"nothing registers the marker {use.name}{nearest(use.name, own)}",
                fix=_fix(repo, use.name),
                data={"test": use.span.path, "marker": use.name},
            )


def _fix(repo: Repo, name: str) -> Fix | None:
    """The marker, registered below the last one that the configuration registers."""
    from govcheck.markers.suite import suite

    configuration = repo.view(suite).configurations[""]
    lines = [line for _, line in configuration.registered()]
    document = repo.document(configuration.path) if configuration.path else None
    if not lines or document is None:
        return None
    last = lines[-1]
    text = document.text
    start = text.rfind("\n", 0, last.start) + 1
    lead = text[start : last.start]
    title = f"register {name} in {configuration.path}"
    if not lead.strip():
        new = Edit(configuration.path, last.end, last.end, f"\n{lead}{name}")
        return Fix(title, (new,))
    quote = text[last.start - 1]
    if quote in "\"'" and lead.strip() == quote:  # one item a line
        indent = lead[: len(lead) - len(lead.lstrip())]
        comma = "" if text[last.end + 1 : last.end + 2] == "," else ","
        at = last.end + 1
        tail = "," if comma == "" else ""
        at += len(tail)
        new = Edit(configuration.path, at, at, f"{comma}\n{indent}{quote}{name}{quote}{tail}")
        return Fix(title, (new,))
    return None


rule = Rule("unregistered-marker", "markers", check, fix="safe")

examples = [
    Example(
        "On a test, misspelt, and in a hook",
        {
            "govcheck.toml": "",
            "pytest.ini": "[pytest]\nmarkers =\n    slow: takes long\n",
            "conftest.py": (
                "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
                "    items[0].add_marker(pytest.mark.anyio)\n"
            ),
            "test_a.py": "from pytest import mark\n\n\n@mark.slwo\ndef test_a(): ...\n",
        },
        (
            "conftest.py:5:37: nothing registers the marker anyio",
            "test_a.py:4:7: nothing registers the marker slwo (did you mean 'slow'?)",
        ),
        {
            "pytest.ini": ("[pytest]\nmarkers =\n    slow: takes long\n    anyio\n    slwo\n"),
        },
    ),
    Example(
        "Registered in TOML, by a hook, by a plugin, by pytest",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[project]\ndependencies = ['pytest-asyncio>=1']\n"
                "[tool.pytest.ini_options]\n"
                "markers = ['slow: takes long', 'device(serial): needs it']\n"
            ),
            "conftest.py": (
                "def pytest_configure(config):\n"
                "    config.addinivalue_line('markers', 'network: talks')\n"
            ),
            "test_a.py": (
                "import pytest\n\n\n@pytest.mark.slow\n@pytest.mark.device('a')\n"
                "@pytest.mark.network\n@pytest.mark.asyncio\n@pytest.mark.skipif(True, reason='')\n"
                "def test_a(): ...\n"
            ),
        },
    ),
    Example(
        "In a string or comment, and of something else",
        {
            "govcheck.toml": "",
            "test_a.py": (
                "import pytest\n\n\n# pytest.mark.old\nTEXT = '@pytest.mark.old'\n"
                "bench.mark.start()\n"
            ),
        },
    ),
    Example(
        "Registered by a loop",
        {
            "govcheck.toml": "",
            "conftest.py": (
                "def pytest_configure(config):\n    for name in ('a', 'b'):\n"
                "        config.addinivalue_line('markers', name)\n"
            ),
            "test_a.py": "import pytest\n\n\n@pytest.mark.a\ndef test_a(): ...\n",
        },
    ),
    Example(
        "Declared in the policy",
        {
            "govcheck.toml": "[markers]\nplugins = ['ours']\n",
            "test_a.py": "import pytest\n\n\n@pytest.mark.ours\ndef test_a(): ...\n",
        },
    ),
]
