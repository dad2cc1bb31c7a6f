"""A lock file holds a version that the policy does not allow.

A lock is what is really installed, also of packages that no manifest names: a package that the
policy limits may come along with another one. Read are poetry.lock, uv.lock, pdm.lock,
Pipfile.lock, pylock.toml and conda-lock.yml; the versions that they hold, not what packages in them
ask of each other.

## How to resolve

Narrow the manifest, or add a constraint where no manifest names the package, and lock again; the
message names the command. Lock files are never edited.

## How to except

`[[exceptions]]` in the policy, for the lock file.
"""

from collections.abc import Iterator
from dataclasses import replace

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Locked versions outside of what is allowed."""
    if not policy.dependencies.packages:
        return
    from govcheck.dependencies.mending import upgrade_command  # only such a policy pays for it
    from govcheck.dependencies.telling import findings

    for finding in findings(rule, repo, policy, frozenset({"lock"}), python=False):
        is_wrong = finding.data["verdict"] == "violation"
        command = upgrade_command(finding.span.path, str(finding.data["subject"]))
        advice = f"; '{command}' moves it once the manifest is right" if command else ""
        yield replace(finding, message=finding.message + (advice if is_wrong else ""))


rule = Rule("locked-version", "dependencies", check)

_POLICY = """\
[dependencies.packages]
numpy = { allow = "<2" }
"""

examples = [
    Example(
        "It came along with another package",
        {
            "govcheck.toml": _POLICY,
            "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["pandas"]\n',
            "uv.lock": (
                'version = 1\n\n[[package]]\nname = "numpy"\nversion = "2.5.0"\n\n'
                '[[package]]\nname = "pandas"\nversion = "2.3.0"\n'
                'dependencies = [\n    { name = "numpy" },\n]\n'
            ),
        },
        (
            "uv.lock:5:12: numpy is locked at '2.5.0'; the policy allows <2 (govcheck.toml:2);"
            " 'uv lock --upgrade-package numpy' moves it once the manifest is right",
        ),
    ),
    Example(
        "Inside",
        {
            "govcheck.toml": _POLICY,
            "poetry.lock": '[[package]]\nname = "numpy"\nversion = "1.26.4"\n',
        },
    ),
    Example(
        "What a package asks of another is no version that is installed",
        {
            "govcheck.toml": _POLICY,
            "poetry.lock": (
                '[[package]]\nname = "pandas"\nversion = "2.3.0"\n\n'
                '[package.dependencies]\nnumpy = ">=2.1"\n'
            ),
        },
    ),
]
