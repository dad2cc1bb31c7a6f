"""Coverage is held to less than the policy's floor, or there are too few tests.

`[markers.coverage] floor = 80` is the least that a threshold of coverage may be: `fail_under` in
the configuration of coverage.py, `--cov-fail-under` in pytest's `addopts`, and both options in
workflows, Makefiles, scripts and tox or nox. Where there is none at all, nor a service that may
have one (Codecov, SonarQube, Coveralls), nothing holds coverage to the floor. A value that is
computed, and 0 on a command line (a part of the run that is combined with others), are let be.

With `ratio = 0.5`, `sources` and `tests` (path patterns), there must be a test file for every two
files of source. Files that are empty do not count.

## How to resolve

`--fix` raises the threshold. Write the tests that it then asks for.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.markers import has_tests
from govcheck.markers.section import Coverage
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Thresholds below the floor, none at all, and too few tests."""
    wanted = policy.markers.coverage
    if wanted.floor is not None:
        yield from _thresholds(repo, policy, wanted.floor)
    if wanted.ratio is not None:
        yield from _ratio(repo, policy, wanted, wanted.ratio)


def _thresholds(repo: Repo, policy: Policy, floor: float) -> Iterator[Finding]:
    from govcheck.markers.coverage import has_service, thresholds  # only such a policy pays for it

    origin = policy.origin("markers", "coverage", "floor")
    found = repo.view(thresholds)
    for said in found:
        if said.percent is None or said.percent >= floor:
            continue
        span, shown = said.span, f"{floor:.10g}"
        yield rule.finding(
            span,
            f"coverage need only be {said.percent:.10g} % here, but {shown} % is the floor"
            f" ({origin})",
            fix=Fix(f"raise it to {shown}", (Edit(span.path, span.start, span.end, shown),)),
            data={"stated": said.percent, "floor": floor},
        )
    is_here = origin.source.path is not None
    if is_here and not found and repo.view(has_tests) and not has_service(repo):
        yield rule.finding(
            origin.span,
            f"nothing holds coverage to {floor:.10g} %: no fail_under, no --cov-fail-under",
            data={"stated": None, "floor": floor},
        )


def _ratio(repo: Repo, policy: Policy, wanted: Coverage, ratio: float) -> Iterator[Finding]:
    tests, sources = (
        {path for path in repo.matching(*patterns) if repo.size(path)}
        for patterns in (wanted.tests, wanted.sources)
    )
    sources -= tests
    origin = policy.origin("markers", "coverage", "ratio")
    if len(tests) < ratio * len(sources) and origin.source.path is not None:
        yield rule.finding(
            origin.span,
            f"{len(tests)} test files for {len(sources)} of source, {len(tests) / len(sources):.2f}"
            f" each, but there must be {ratio:.10g}",
            data={"tests": len(tests), "sources": len(sources), "ratio": ratio},
        )


rule = Rule("coverage-floor", "markers", check, fix="safe")

_POLICY = "[markers.coverage]\nfloor = 80\n"
_TEST = {"tests/test_a.py": "def test_a(): ...\n"}
_RATIO = (
    "[markers.coverage]\nratio = 0.5\nsources = ['src/**/*.py']\ntests = ['tests/**/test_*.py']\n"
)

examples = [
    Example(
        "In configuration and commands",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": "[tool.coverage.report]\nfail_under = 79.5  # soon more\n",
            "tox.ini": "[coverage:report]\nfail_under: 60\n",
            "pytest.ini": "[pytest]\naddopts = -q --cov-fail-under=70\n",
            "ci.yml": (
                "run: |\n  pytest --cov-fail-under 75 \\\n    tests\n"
                "  coverage report -m \\\n    --fail-under=50\n"
            ),
        },
        (
            "ci.yml:2:27: coverage need only be 75 % here, but 80 % is the floor (govcheck.toml:2)",
            "ci.yml:5:18: coverage need only be 50 % here, but 80 % is the floor (govcheck.toml:2)",
            "pyproject.toml:2:14: coverage need only be 79.5 % here, but 80 % is the floor"
            " (govcheck.toml:2)",
            "pytest.ini:2:31: coverage need only be 70 % here, but 80 % is the floor"
            " (govcheck.toml:2)",
            "tox.ini:2:13: coverage need only be 60 % here, but 80 % is the floor"
            " (govcheck.toml:2)",
        ),
        fixed={
            "pyproject.toml": "[tool.coverage.report]\nfail_under = 80  # soon more\n",
            "tox.ini": "[coverage:report]\nfail_under: 80\n",
            "pytest.ini": "[pytest]\naddopts = -q --cov-fail-under=80\n",
            "ci.yml": (
                "run: |\n  pytest --cov-fail-under 80 \\\n    tests\n"
                "  coverage report -m \\\n    --fail-under=80\n"
            ),
        },
    ),
    Example(
        "None at all",
        {"govcheck.toml": _POLICY, ".coveragerc": "[run]\nbranch = true\n", **_TEST},
        ("govcheck.toml:2:1: nothing holds coverage to 80 %: no fail_under, no --cov-fail-under",),
    ),
    Example(
        "Too few tests",
        {
            "govcheck.toml": _RATIO,
            "src/__init__.py": "",
            **{f"src/{name}.py": "a = 1\n" for name in "abc"},
            **_TEST,
        },
        ("govcheck.toml:2:1: 1 test files for 3 of source, 0.33 each, but there must be 0.5",),
    ),
    Example(
        "High enough",
        {
            "govcheck.toml": _POLICY,
            "setup.cfg": "[coverage:report]\nfail_under = 80\n",
            "Makefile": "test:\n\tpytest --cov-fail-under=92.5\n",
            "bin/tests": "#!/bin/sh\npython -m coverage report --fail-under 100\n",
            **_TEST,
        },
    ),
    Example(
        "Options of other programs, a comment, prose, and another section",
        {
            "govcheck.toml": _POLICY,
            "setup.cfg": "[coverage:report]\nfail_under = 80\n[other]\nfail_under = 9\n",
            "ci.yml": (
                "run: |\n  pylint --fail-under=9 src\n  coverage xml && diff-cover c.xml"
                " --fail-under=50\n  # pytest --cov-fail-under=10\n"
                "  interrogate --fail-under 40\n"
            ),
            "README.md": "Once it was `pytest --cov-fail-under=10`.\n",
            **_TEST,
        },
    ),
    Example(
        "Computed, and switched off for a part of the run",
        {
            "govcheck.toml": _POLICY,
            "Makefile": "test:\n\tpytest --cov-fail-under=$(MIN)\n",
            "ci.yml": "run: pytest tests/unit --cov-fail-under=0\n",
            **_TEST,
        },
    ),
    Example(
        "Held to something by a service",
        {"govcheck.toml": _POLICY, ".codecov.yml": "coverage: {}\n", **_TEST},
    ),
    Example(
        "Enough tests",
        {"govcheck.toml": _RATIO, "src/a.py": "a = 1\n", "src/b.py": "b = 1\n", **_TEST},
    ),
]
