"""A test asserts nothing, or it tests fakes alone.

Where the policy wants it (`[markers] assertions = "required"`). What asserts: `assert`, what
pytest, unittest, mock, numpy and pandas have for it, any call whose name begins with `check`,
`verify` or `expect`, `subprocess.run(check=True)`, helpers, methods and fixtures of the repository
that assert, by way of others too, and the names in `asserts`. A test that calls a value which may
be anything, that a hook or an unknown decorator may judge, or that is always skipped, is let be.
Most findings mean "does not raise", which is why the rule is off unless the policy asks for it.

A file with fakes whose tests, helpers and fixtures name nothing of the project, and lead nowhere
else, by programs, files or imports at run time, tests what it made up.

## How to resolve

Say what must have happened. Where not raising is the point, assert on what comes back.

## How to except

A suppression comment on the line, `[[exceptions]]`, or the helper's name in `asserts`.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.markers import has_tests
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Tests that assert nothing, for certain."""
    if policy.markers.assertions != "required" or not repo.view(has_tests):
        return
    from govcheck.markers.asserting import asserting
    from govcheck.markers.suite import suite
    from govcheck.markers.touching import untouching  # only such a policy pays for them

    known = repo.view(asserting, policy.markers.asserts)
    told: set[tuple[str, int]] = set()
    for test in repo.view(suite).tests:
        place = (test.home, test.function.start)
        is_skipped = "skip" in test.names or any(each.always for each in test.function.skips)
        if place in told or is_skipped or not known.is_empty(test):
            continue
        told.add(place)
        document = repo.document(test.home)
        if document is not None:
            yield rule.finding(
                document.span(test.function.start, test.function.end),
                f"{test.function.name} asserts nothing",
                data={"test": test.node, "marker": ""},
            )
    for path in repo.view(untouching):
        document, function = repo.document(path), repo.view(suite).tests_of(path)[0].function
        if document is not None:
            yield rule.finding(
                document.span(function.start, function.end),
                "the tests in this file name nothing of the project: fakes test fakes",
                data={"test": path, "marker": ""},
            )


rule = Rule("empty-test", "markers", check, severity="warning")

_POLICY = "[markers]\nassertions = 'required'\nasserts = ['compare_*', 'app.probe']\n"

examples = [
    Example(
        "Nothing, a call, and a fake that raises",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": (
                "import app\n\n\ndef test_a(): ...\n\n\n"
                "class TestB:\n    def test_b(self, tmp_path):\n"
                "        app.run(tmp_path)\n        print('done')\n\n\nasync def test_c(mocker):\n"
                "    def broken():\n        raise OSError\n\n    mocker.patch('app.get', broken)\n"
                "    await app.run()\n"
            ),
        },
        (
            "test_a.py:4:5: test_a asserts nothing",
            "test_a.py:8:9: test_b asserts nothing",
            "test_a.py:13:11: test_c asserts nothing",
        ),
    ),
    Example(
        "A helper that asserts nothing either",
        {
            "govcheck.toml": _POLICY,
            "tests/helpers.py": "def run(app):\n    return app()\n",
            "tests/test_a.py": "from helpers import run\n\n\ndef test_a(app):\n    run(app)\n",
        },
        ("tests/test_a.py:4:5: test_a asserts nothing",),
    ),
    Example(
        "Assertions of all kinds",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": (
                "import unittest\nfrom subprocess import run\n\nimport numpy as np\n"
                "import pytest\n\n\ndef test_a(a):\n    assert a\n\n\ndef test_b(a):\n"
                "    with pytest.raises(OSError):\n        a.b()\n\n\n"
                "class C(unittest.TestCase):\n    def test_c(self):\n"
                "        self.assertTrue(1)\n\n\n"
                "def test_d(mock):\n    mock.assert_called_once_with(1)\n\n\n"
                "def test_e(a):\n    np.testing.assert_allclose(a, a)\n\n\n"
                "def test_f():\n    run(['x'], check=True)\n\n\n"
                "def test_g(a):\n    if not a:\n        raise ValueError\n\n\n"
                "def test_h(a):\n    compare_all(a)\n\n\n"
                "def test_i(app):\n    app.probe()\n"
            ),
        },
    ),
    Example(
        "By way of helpers, methods and fixtures, in other files too",
        {
            "govcheck.toml": _POLICY,
            "tests/conftest.py": (
                "import pytest\n\n\n@pytest.fixture(name='bank')\ndef _bank():\n    yield 1\n"
                "    assert True\n"
            ),
            "tests/helpers.py": (
                "def same(a):\n    _deep(a)\n\n\ndef _deep(a):\n    assert a\n\n\n"
                "class Robot:\n    def __enter__(self):\n        assert self\n\n"
                "    def walks(self):\n        same(self)\n"
            ),
            "tests/test_a.py": (
                "from helpers import Robot, same\n\n\ndef test_a():\n    same(1)\n\n\n"
                "def test_b(robot):\n    robot.walks()\n\n\ndef test_c(bank): ...\n\n\n"
                "def test_d():\n    with Robot():\n        pass\n"
            ),
        },
    ),
    Example(
        "What cannot be known",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": (
                "import pytest\nfrom plugin import judged\n\n\n"
                "def test_a(factory):\n    factory()\n"
                "\n\n@judged.here\ndef test_b(): ...\n\n\ndef test_c(data_regression):\n"
                "    data_regression.see(1)\n\n\ndef test_d(a):\n    pytest.skip('later')\n\n\n"
                "def test_e(steps):\n    steps[0](1)\n"
            ),
        },
    ),
    Example(
        "What runs after each test asserts",
        {
            "govcheck.toml": _POLICY,
            "test_a.py": (
                "import unittest\n\n\nclass A(unittest.TestCase):\n    def tearDown(self):\n"
                "        self.assertFalse(self.errors)\n\n    def test_a(self):\n"
                "        self.run_it()\n"
            ),
        },
    ),
    Example(
        "Fakes that test fakes",
        {
            "govcheck.toml": _POLICY,
            "src/shop/bank.py": "def pay(): ...\n",
            "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef one():\n    return 1\n",
            "tests/helpers.py": "class FakeBank:\n    def pay(self):\n        return 1\n",
            "tests/test_a.py": (
                "import pytest\nfrom helpers import FakeBank\n\n\n"
                "@pytest.mark.parametrize('a', [1])\ndef test_a(one, a):\n"
                "    assert FakeBank().pay() == one == a\n"
            ),
        },
        (
            "tests/test_a.py:6:5: the tests in this file name nothing of the project: fakes test"
            " fakes",
        ),
    ),
    Example(
        "Fakes, and the project behind a helper, a fixture, a name in a string or a program",
        {
            "govcheck.toml": _POLICY,
            "src/shop/bank.py": "def pay(): ...\n",
            "tests/conftest.py": (
                "import pytest\n\nfrom shop import bank\n\n\n@pytest.fixture(name='bank')\n"
                "def _bank():\n    return bank.pay()\n"
            ),
            "tests/helpers.py": "from shop.bank import pay\n",
            "tests/test_a.py": (
                "from .helpers import pay as fake\n\n\ndef test_a():\n    assert fake()\n"
            ),
            "tests/test_b.py": "def test_b(bank, mocker):\n    assert bank\n",
            "tests/test_c.py": "def test_c(mocker):\n    assert mocker.patch('shop.bank.pay')\n",
            "tests/test_d.py": (
                "from subprocess import run\n\n\ndef test_d(mocker):\n    assert run(['make'])\n"
            ),
            "tests/test_e.py": "def test_e(fake_bank_of_plugin):\n    assert fake_bank_of_plugin\n",
        },
    ),
    Example(
        "What is tested is no fake, but another package",
        {
            "govcheck.toml": _POLICY,
            "shop.py": "def pay(): ...\n",
            "test_a.py": "import numpy\n\n\ndef test_a():\n    assert numpy.__version__ < '2'\n",
        },
    ),
    Example("Nothing is asked for", {"govcheck.toml": "", "test_a.py": "def test_a(): ...\n"}),
]
