"""A marker is used that nothing registers.

Looked at is every place in Python code that asks for a marker, hooks in conftest.py too, and every
name in a `-m` of the configuration. Registered are the markers of pytest itself, those of the
configuration and of `addinivalue_line`, those of the plugins that the manifests and locks name, and
those that the policy lists under `[markers] plugins`.

A plugin of pytest whose markers are not known here may register any. Where a manifest or lock names
one, the finding is of severity `info`, says which, and has no fix.

With `--strict-markers` such a marker is an error where it is asked for, in a hook even one that
ends the whole run; without, a misspelt marker silently selects nothing.

## How to resolve

`--fix` registers it where the others are, for you to describe. If one slip of the pen tells it from
a name that is registered, `--unsafe-fixes` writes that name instead.

## How to except

Name it under `[markers] plugins`, if a plugin registers it that no manifest names.
"""

from collections.abc import Iterator, Sequence

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
    from govcheck.markers.commands import configured
    from govcheck.markers.expression import names
    from govcheck.markers.registering import registering
    from govcheck.markers.registration import (
        is_open,
        known,
        registrations,
        unknown_plugins,
        uses,
    )

    if repo.view(is_open):
        return
    own = sorted({each.name for each in repo.view(registrations)})
    asked = [(name, each.span) for each in repo.view(configured) for name in names(each.text)]
    used = [(use.name, use.span) for use in repo.view(uses) if use.name]
    registered = repo.view(known, policy) if used or asked else frozenset()
    doubted: set[str] = set()
    for name, span in (*used, *asked):
        if name in registered or name in doubted:
            continue
        data = {"test": span.path, "marker": name}
        if unknown := repo.view(unknown_plugins):
            doubted.add(name)  # once is enough for what may be no finding
            message = (
                f"nothing that is known here registers the marker {name}, but {unknown[0]} may:"
                " name it under [markers] plugins if so"
            )
            yield rule.finding(span, message, data=data, severity="info")
            continue
        meant = _slip(name, own)
        if meant is None:
            mended = registering(repo, span.path, name)
        else:
            at = span.start
            mended = Fix(f"write {meant}", (Edit(span.path, at, span.end, meant),), safe=False)
            mended = mended if (name, span) in used else None
        yield rule.finding(
            span,
            f"nothing registers the marker {name}{nearest(name, own)}",
            fix=mended,
            data=data,
        )


def _slip(name: str, names: Sequence[str]) -> str | None:
    """The one registered name that a single slip of the pen tells from another."""
    near = [each for each in names if _is_slip(*sorted((name, each), key=len))]
    return near[0] if len(near) == 1 and len(name) >= _MIN_LENGTH else None


def _is_slip(short: str, long: str) -> bool:
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = f"{long[at + 1 : at + 2]}{long[at : at + 1]}"
    return short[at + 1 :] == long[at + 1 :] or (
        short[at : at + 2] == swapped and short[at + 2 :] == long[at + 2 :]
    )


_MIN_LENGTH = 4

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
            "pytest.ini": "[pytest]\nmarkers =\n    slow: takes long\n    anyio\n",
            "test_a.py": "from pytest import mark\n\n\n@mark.slow\ndef test_a(): ...\n",
        },
        unsafe=True,
    ),
    Example(
        "In an array of TOML, and in the configuration",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[tool.pytest.ini_options]\naddopts = \"-m 'not soak'\"\n"
                'markers = [\n    "slow: takes long",  # very\n]\n'
            ),
            "test_a.py": "import pytest as pt\n\n\n@pt.mark.network\ndef test_a(): ...\n",
        },
        (
            "pyproject.toml:2:16: nothing registers the marker soak",
            "test_a.py:4:10: nothing registers the marker network",
        ),
        {
            "pyproject.toml": (
                "[tool.pytest.ini_options]\naddopts = \"-m 'not soak'\"\n"
                'markers = [\n    "slow: takes long",  # very\n'
                '    "soak",\n    "network",\n]\n'
            ),
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
        "By a plugin, perhaps",
        {
            "govcheck.toml": "",
            "requirements-dev.txt": "pytest-mock==3.14.0\npytest-our-lab==1.0\n",
            "test_a.py": "import pytest\n\n\n@pytest.mark.bench\ndef test_a(): ...\n",
        },
        (
            "test_a.py:4:14: nothing that is known here registers the marker bench, but"
            " pytest-our-lab may: name it under [markers] plugins if so",
        ),
    ),
    Example(
        "Registered by a plugin that another one requires",
        {
            "govcheck.toml": "",
            "requirements-dev.txt": "pytest-aiohttp==1.1.0\n",
            "test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n",
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
