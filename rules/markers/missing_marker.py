"""A test lacks a marker that the policy asks for.

`[[markers.require]]` chooses tests by `paths`, `calls`, `imports` and `fixtures`, and says which
markers they must bear: `all` of some, `any` of some, exactly `one-of` some. `unless` excuses.

The marks of a test are those that pytest would find: on the function, on its classes in the order
of resolution, also across files, and on the module, under any alias. What a hook in a conftest or
a wrapper may add is not known; such tests are not reported, unless the policy declares under
`[markers] hooks` what is added.

## How to resolve

`--fix` marks the module where all of its tests lack the marker, the class where all of its tests
do, and else the test; it imports pytest if need be, and registers the marker where pytest would
refuse it otherwise.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.markers import has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Tests that lack markers."""
    is_asked = policy.markers.require or policy.markers.marker
    if not is_asked or not repo.view(has_tests):
        return
    from govcheck.markers.marking import Marking  # only such a policy pays for them
    from govcheck.markers.registering import with_registration
    from govcheck.markers.requiring import coverable, lacks
    from govcheck.markers.suite import suite

    tests = repo.view(suite)
    found = repo.view(lacks, policy)
    covers = repo.view(coverable, policy) if found else {}
    marking = {name: Marking(repo, tests, name, nodes) for name, nodes in covers.items()}
    for each in found:
        document = repo.document(each.test.home)
        if document is None:
            continue
        why = f"({policy.origin(*each.at)}), because {each.because}"
        why += f": {each.reason}" if each.reason else ""
        span = document.span(each.test.function.start, each.test.function.end)
        if each.is_choice:
            listed = ", ".join(each.markers)
            message = f"{each.test.function.name} must bear one of {listed} {why}"
            data = {"test": each.test.node, "marker": listed}
            yield rule.finding(span, message, data=data)
            continue
        for name in each.markers:
            mended = marking[name].fix(each.test)
            if mended is not None and tests.configuration(each.test.path).is_strict:
                mended = with_registration(repo, policy, each.test.path, name, mended)
            message = f"{each.test.function.name} must bear the marker {name} {why}"
            data = {"test": each.test.node, "marker": name}
            yield rule.finding(span, message, fix=mended, data=data)


rule = Rule("missing-marker", "markers", check, fix="safe")

_POLICY = """\
[[markers.require]]
paths = ["tests/integration/**"]
all = ["integration"]
"""
_BECAUSE = "(govcheck.toml:1), because of where it is"

examples = [
    Example(
        "All tests of a module, of a class, and a single one",
        {
            "govcheck.toml": _POLICY,
            "tests/integration/test_a.py": "import json\n\n\ndef test_a():\n    pass\n",
            "tests/integration/test_b.py": (
                "import pytest\n\n\nclass TestOne:\n    def test_b(self):\n        pass\n\n"
                "    def test_c(self):\n        pass\n\n\n"
                "@pytest.mark.integration\ndef test_d():\n    pass\n\n\n"
                "@pytest.mark.slow\ndef test_e():\n    pass\n"
            ),
        },
        (
            f"tests/integration/test_a.py:4:5: test_a must bear the marker integration {_BECAUSE}",
            f"tests/integration/test_b.py:5:9: test_b must bear the marker integration {_BECAUSE}",
            f"tests/integration/test_b.py:8:9: test_c must bear the marker integration {_BECAUSE}",
            f"tests/integration/test_b.py:18:5: test_e must bear the marker integration {_BECAUSE}",
        ),
        {
            "tests/integration/test_a.py": (
                "import json\nimport pytest\n\npytestmark = pytest.mark.integration\n\n\n"
                "def test_a():\n    pass\n"
            ),
            "tests/integration/test_b.py": (
                "import pytest\n\n\n@pytest.mark.integration\nclass TestOne:\n"
                "    def test_b(self):\n        pass\n\n    def test_c(self):\n        pass\n\n\n"
                "@pytest.mark.integration\ndef test_d():\n    pass\n\n\n"
                "@pytest.mark.integration\n@pytest.mark.slow\ndef test_e():\n    pass\n"
            ),
        },
    ),
    Example(
        "By what a test calls, unless a fixture stands in for it",
        {
            "govcheck.toml": (
                '[[markers.require]]\ncalls = ["requests.*"]\n'
                'unless = { fixtures = ["responses"] }\nany = ["network", "real_api"]\n'
                'reason = "they fail without a network"\n'
            ),
            "test_a.py": (
                "import requests as r\n\n\ndef test_a():\n    r.get('http://a.org')\n\n\n"
                "def test_b(responses):\n    r.get('http://a.org')\n"
            ),
        },
        (
            "test_a.py:4:5: test_a must bear one of network, real_api (govcheck.toml:1), because it"
            " calls requests.get: they fail without a network",
        ),
    ),
    Example(
        "A marker that asks for another one",
        {
            "govcheck.toml": '[markers.marker.slow]\nrequires = ["nightly"]\n',
            "test_a.py": "import pytest\n\n\n@pytest.mark.slow\ndef test_a(): ...\n",
        },
        (
            "test_a.py:5:5: test_a must bear the marker nightly (govcheck.toml:2), because it bears"
            " 'slow'",
        ),
        {
            "test_a.py": (
                "import pytest\n\npytestmark = pytest.mark.nightly\n\n\n"
                "@pytest.mark.slow\ndef test_a(): ...\n"
            ),
        },
    ),
    Example(
        "Marks of a base in another file",
        {
            "govcheck.toml": _POLICY,
            "tests/base.py": (
                "import pytest\n\nneeds = pytest.mark.integration\n\n\n"
                "@needs\nclass Base:\n    def test_a(self):\n        pass\n"
            ),
            "tests/integration/test_a.py": (
                "from tests.base import Base\n\n\nclass TestA(Base): ...\n"
            ),
        },
    ),
    Example(
        "A mark of the module, by a name of another",
        {
            "govcheck.toml": _POLICY,
            "tests/marks.py": "import pytest\n\nneeds = pytest.mark.integration\n",
            "tests/integration/test_b.py": (
                "from tests.marks import needs\n\npytestmark = [needs]\n\n\ndef test_b(): ...\n"
            ),
        },
    ),
    Example(
        "What a wrapper may add",
        {
            "govcheck.toml": _POLICY,
            "tests/integration/test_d.py": (
                "import pytest\n\n\ndef sandboxed(function):\n"
                "    return pytest.mark.integration(function)\n\n\n"
                "@sandboxed\ndef test_d(): ...\n"
            ),
        },
    ),
    Example(
        "What a hook adds",
        {
            "govcheck.toml": _POLICY,
            "tests/integration/conftest.py": (
                "def pytest_collection_modifyitems(items):\n    for item in items:\n"
                "        item.add_marker('integration')\n"
            ),
            "tests/integration/test_c.py": "def test_c(): ...\n",
        },
    ),
]
