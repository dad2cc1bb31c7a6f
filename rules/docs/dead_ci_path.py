"""A workflow, a hook, a list or the settings of a tool name a path that does not exist.

Looked at are, in the workflows of GitHub, the words of `run`, the filters `paths`, local `uses`,
`working-directory`, the Dockerfile that an action builds from and the like; in pre-commit's
configuration `files`, `exclude`, `entry` and `args`; what Docker Compose builds from, and the
scripts and settings that it mounts; in `pyproject.toml`, `setup.cfg`, `tox.ini` and their like
what ruff, mypy, coverage, pytest and others are told to look at or to leave out; and the lists of
paths that scripts and tests in Python keep (allowlists, the tests that a script runs), or files of
lines (`tests/.allowlist`), where other paths of the list are there, and git knows the one that is
not.

A job that runs a file that is gone fails, or passes without having done anything; an exclusion of
a path that is gone will one day hide something else.

A path counts if it has a folder in front which the repository has. Nothing is said of what git
ignores, of what a step makes, keeps as an artifact or checks out into a folder, of data that git
never knew and whose name a string of code has (a program may write them), of words of commands that
git never knew, without an ending or `./` in front (`api/sync` may be a branch), of what a script
asks for (`[ -f x/y.yaml ]`), of what a comment right above says does not exist, of patterns whose
folder exists, of single names such as `build`, of lists in packages, or whose names speak of what
was or is made, of reusable workflows that none here calls (they run
on the files of other repositories), and of files where documents would be of the class `history`.

## How to resolve

Write the path that there is now, or take the line out. With `--unsafe-fixes` the path to which git
says that it moved is written.

## How to except

A suppression comment, or `[[exceptions]]` in the policy.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.programs import has_settings
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.programs.configured import Named
    from govcheck.programs.lists import Listed

_DATA = re.compile(r"\.(?:csv|html|json|md|toml|txt|xml|ya?ml)$")
_WORD = re.compile(r"[a-z][a-z0-9_-]*")
_SAYS = {
    "command": "there is no {}",
    "filter": "nothing is at {}",
    "setting": "the setting names {}, which is not there",
    "list": "the list names {}, which is not there",
}


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Paths that are gone."""
    from govcheck.docs.paths import in_code
    from govcheck.history import gone  # only a run of the rule pays for them
    from govcheck.programs import lists

    found: list[Named | Listed] = [*repo.view(lists.absent, policy)]
    if repo.view(has_settings, policy):
        from govcheck.programs import configured

        found += repo.view(configured.absent, policy)
    history = gone(repo, frozenset(each.path for each in found))
    unknown = {each for each in found if each.how == "command" and each.path not in history}
    data = {posixpath.basename(each.path) for each in unknown if _DATA.search(each.path)}
    made = in_code(repo, data)
    for each in found:
        past = history.get(each.path)
        # Scripts list the files of others, too: git tells which were the repository's.
        if each.how == "list" and past is None:
            continue
        if each in unknown and (posixpath.basename(each.path) in made or _may_be_a_name(each.text)):
            continue
        message = _SAYS[each.how].format(each.text)
        fix = None
        if past is not None and past.moved_to is not None:
            message += f": it is {past.moved_to} now"
            if each.text == each.path:
                edit = Edit(each.span.path, each.span.start, each.span.end, past.moved_to)
                fix = Fix(f"write {past.moved_to}", (edit,), safe=False)
        elif past is not None:
            message += ": it was removed"
        yield rule.finding(each.span, message, fix=fix, data={"path": each.path})


def _may_be_a_name(text: str) -> bool:
    """Whether a word of a command may be no path: that of a branch, `api/sync`, say."""
    name = posixpath.basename(text.rstrip("/"))
    return not text.startswith("./") and _WORD.fullmatch(name) is not None


rule = Rule("dead-ci-path", "docs", check)

examples = [
    Example(
        "A workflow: a command, a filter, an action",
        {
            "govcheck.toml": "",
            ".github/workflows/ci.yml": (
                "on:\n  push:\n    paths: ['src/old/**', 'src/**']\njobs:\n  a:\n    steps:\n"
                "      - uses: ./.github/actions/gone\n"
                "      - run: |\n          pytest tests/unit tests/unit/test_gone.py\n"
                "          kubectl apply -f src/deploy/app.yaml > src/log.txt\n"
                "      - uses: docker/build-push-action@v6\n        with:\n"
                "          file: src/deploy/Dockerfile\n"
            ),
            "src/a.py": "",
            "tests/unit/test_a.py": "",
        },
        (
            ".github/workflows/ci.yml:3:14: nothing is at src/old/**",
            ".github/workflows/ci.yml:7:15: there is no ./.github/actions/gone",
            ".github/workflows/ci.yml:9:29: there is no tests/unit/test_gone.py",
            ".github/workflows/ci.yml:10:28: there is no src/deploy/app.yaml",
            ".github/workflows/ci.yml:13:17: there is no src/deploy/Dockerfile",
        ),
    ),
    Example(
        "Exclusions of tools, hooks, and Docker Compose",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[tool.ruff]\nextend-exclude = ['data', 'src/old.py', 'src/**/gen_*.py']\n"
                "[tool.ruff.lint.per-file-ignores]\n'src/gone/*.py' = ['E501']\n"
            ),
            "setup.cfg": "[flake8]\nexclude = src/older,\n    src/a.py\n",
            ".pre-commit-config.yaml": (
                "repos:\n  - repo: local\n    hooks:\n      - id: a\n"
                "        entry: bash src/check.sh --all\n        files: ^(src/|src/away/)\n"
                "        exclude: ^src/away/\n      - id: b\n"
                "        entry: bash -c '! grep -n int src/size.py'\n"
            ),
            "deploy/compose.yaml": (
                "services:\n  web:\n    build:\n      context: ..\n"
                "      dockerfile: src/Dockerfile\n"
                "    volumes:\n      - ./nginx.conf:/etc/nginx/nginx.conf:ro\n"
            ),
            "src/a.py": "",
        },
        (
            ".pre-commit-config.yaml:5:21: there is no src/check.sh",
            ".pre-commit-config.yaml:7:19: nothing is at src/away/",
            ".pre-commit-config.yaml:9:39: there is no src/size.py",
            "deploy/compose.yaml:5:19: the setting names src/Dockerfile, which is not there",
            "deploy/compose.yaml:7:9: the setting names ./nginx.conf, which is not there",
            "pyproject.toml:2:28: the setting names src/old.py, which is not there",
            "pyproject.toml:4:2: the setting names src/gone/*.py, which is not there",
            "setup.cfg:2:11: the setting names src/older, which is not there",
        ),
    ),
    Example(
        "An allowlist, the tests that a script runs, and a list in a file of lines",
        {
            "govcheck.toml": "",
            "scripts/check.py": (
                'ALLOWED = {\n    "tests/test_a.py",  # it\'s long\n    "tests/c.py",\n'
                '    "tests/test_b.py",\n}\nrun(["pytest", "tests/c.py", "tests/test_b.py"])\n'
            ),
            "tests/.allowlist": "# long\ntests/test_a.py\ntests/test_b.py\ntests/c.py  # too\n",
            "tests/test_a.py": "",
            "tests/test_b.py": "",
        },
        (
            "scripts/check.py:3:6: the list names tests/c.py, which is not there: it was removed",
            "scripts/check.py:6:17: the list names tests/c.py, which is not there: it was removed",
            "tests/.allowlist:4:1: the list names tests/c.py, which is not there: it was removed",
        ),
        before={"tests/c.py": "x = 1\n"},
    ),
    Example(
        "Lists of what never was, of what was, of few, in a package, and of what git ignores",
        {
            "govcheck.toml": '[[docs.class]]\nname = "history"\npaths = ["old/**"]\n',
            ".gitignore": "tests/made.py\n",
            "scripts/check.py": (
                'A = ["tests/never.py", "tests/test_a.py", "tests/test_b.py"]\n'
                'REMOVED = ["tests/gone.py", "tests/test_a.py", "tests/test_b.py"]\n'
                'B = ["tests/gone.py", "tests/test_a.py"]\n'
                'C = ["tests/made.py", "tests/test_a.py", "tests/test_b.py"]\n'
                'D = ["tests/gone.py", 1, "tests/test_a.py", "tests/test_b.py"]\n'
            ),
            "shop/__init__.py": "",
            "shop/new.py": 'A = ["tests/gone.py", "tests/test_a.py", "tests/test_b.py"]\n',
            "old/check.py": 'A = ["tests/gone.py", "tests/test_a.py", "tests/test_b.py"]\n',
            "tests/test_a.py": "",
            "tests/test_b.py": "",
        },
        before={"tests/gone.py": "x = 1\n", "tests/made.py": "x = 2\n"},
    ),
    Example(
        "What steps make, what git ignores, and patterns of a folder that exists",
        {
            "govcheck.toml": "",
            ".gitignore": "src/_version.py\n",
            ".github/workflows/ci.yml": (
                "on:\n  push:\n    paths: ['src/**/*.pyx', 'uv.lock']\njobs:\n  a:\n    steps:\n"
                "      - run: |\n          make > src/out.txt; cat src/out.txt\n"
                "          pytest --junitxml src/report.json src\n          cat src/made.json\n"
                "          python src/_version.py ${{ github.sha }}/src/x.py https://a.org/src/x.py\n"
                "      - uses: actions/upload-artifact@v4\n        with:\n"
                "          path: src/made.json\n"
            ),
            "src/a.py": "",
        },
    ),
    Example(
        "Docker Compose: what is there, what it makes, what is laid over, and what it is told",
        {
            "proxy/nginx.conf": "",
            "proxy/Dockerfile": "",
            "old/compose.yaml": "services:\n  a:\n    build: ./gone\n",
            "proxy/compose.yaml": (
                "services:\n  a:\n    build: .\n    volumes:\n      - ./data:/data\n"
                "      - ./proxy/nginx.conf:/etc/nginx.conf\n      - ${HOME}/a.sql:/a.sql\n"
                "      - data.sql:/a\n  b:\n    build:\n      context: https://example.org/b.git\n"
                "      dockerfile: b/Dockerfile\n  c:\n    image: c\n"
            ),
            "govcheck.toml": ('[[docs.class]]\nname = "history"\npaths = ["old/**"]\n'),
        },
    ),
    Example(
        "Single names, and folders that are built",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[tool.ruff]\nexclude = ['build', 'archived', 'src/build/x.py', 'docs/conf.py']\n"
                "[tool.black]\nextend-exclude = '''^/src/(old|new)/'''\n"
            ),
            "src/a.py": "",
        },
    ),
    Example(
        "In a folder of its own",
        {
            "govcheck.toml": "",
            "web/pyproject.toml": "[tool.mypy]\nfiles = ['app/main.py']\n",
            "web/app/main.py": "",
            "app/other.py": "",
        },
    ),
    Example(
        "An expression that is searched in paths, and is the beginning of some",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[tool.mypy]\nexclude = ['src/gen/_', '^src/gen/a']\n",
            "src/gen/_made.py": "",
            "src/gen/all.py": "",
        },
    ),
    Example(
        "A reusable workflow that other repositories call",
        {
            "govcheck.toml": "",
            "docker/base": "",
            ".github/workflows/build.yml": (
                "on:\n  workflow_call:\njobs:\n  a:\n    steps:\n"
                "      - run: bash docker/build.sh\n"
                "      - uses: docker/build-push-action@v5\n        with:\n"
                "          file: docker/Dockerfile\n          push: false\n"
            ),
        },
    ),
    Example(
        "The repository's own action, and a folder that a step makes",
        {
            "govcheck.toml": "",
            "action.yml": "runs:\n  using: composite\n  steps: []\n",
            ".github/workflows/own.yml": (
                "jobs:\n  a:\n    steps:\n      - uses: ./\n"
                "      - uses: actions/checkout@v5\n        with:\n          path: src\n"
                "      - run: python src/scripts/check.py\n"
            ),
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - run: mv shop it\n        working-directory: src\n"
                "      - run: ls\n        working-directory: src/it\n"
            ),
            "src/shop/a.py": "",
        },
    ),
    Example(
        "Data that a program writes",
        {
            "govcheck.toml": "",
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - run: |\n          python -m shop branches\n"
                "          cat shop/etc/branches.yaml\n"
            ),
            "shop/etc/a.yaml": "",
            "shop/__main__.py": "FILE = 'branches.yaml'\n",
        },
    ),
    Example(
        "What a script asks for, and a branch",
        {
            "govcheck.toml": "",
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - run: |\n"
                "          if [ -f shop/atlas.yaml ]; then\n"
                "            atlas --config shop/atlas.yaml\n          fi\n"
                "          python shop/sync.py --branch shop/new-classes\n"
            ),
            "shop/sync.py": "",
        },
    ),
    Example(
        "What a comment says need not be there, and the settings of a project that tests try",
        {
            "govcheck.toml": "",
            "pytest.ini": (
                "[pytest]\n# Some of these don't exist in every checkout.\n"
                "norecursedirs = tests/manual tests/evals\n"
            ),
            "tests/test_a.py": "",
            "tests/fixtures/project/setup.cfg": "[flake8]\nexclude = docs/source/*\n",
            "docs/index.md": "",
        },
    ),
]
