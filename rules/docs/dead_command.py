"""A command names a script, module, test, target, extra, group or hook that does not exist.

Looked at are the commands in documents (shell blocks, also the `code-block`s of reStructuredText,
and in Markdown code spans that begin with a program), in shell scripts, Makefiles, justfiles and
workflows, behind `poetry run`, `sudo`, `VAR=x` and such; and over the code of scripts, in comments
and in the docstring of a Python file ("Usage: ..."):

- scripts that are run, also by `python` or `bash`, and modules that `python -m` runs;
- the files, folders and node ids that pytest is given;
- files that `cp`, `pip install -r`, `docker compose -f` or `kubectl apply -f` read;
- targets of make, recipes of just, scripts of npm, sessions of nox, environments of tox, hooks of
  pre-commit, extras and dependency groups; tools that `poetry run` or `uv run` start, such as ruff
  or mypy, where a lock file tells that they are not there.

Nothing is said

- of placeholders, variables and patterns, of files that git ignores, or that the document tells to
  make, of templates of issues, and of documents of the classes `plan` and `history`;
- of what runs in a folder that is not known (`cd other`), and of a path whose first folder the
  repository does not have: it is one of an example;
- of what git never knew, in a document that tells to install or clone another repository, or where
  another name stands before the command in a list; in one that names six files or more that are not
  there, and less than a third as many that are, which tells of another program; of a path that
  stands alone in a line of a block of no shell, which may be a list; and in blocks, of a path that
  has no ending and does not begin with a dot, which may be an image's name;
- of what git never knew, but for paths into a folder of a folder (`tests/carts/`), where the
  document, or what is missing, is called like a repository that it links to (`bench.md`,
  `make bench-image`), and of such tests in documents of a plugin of pytest;
- of an extra that is called as the repository is: it is another project's;
- of what git never knew, in a document that bears a date;
- of a script of npm that is called like none there is, and never was there, and of a command that
  stands for any ("targets like `make x`");
- in a translation, of what the original has without being wrong;
- of a module in a folder that is no package, if git never knew it: one that is installed may be
  called so;
- of a test that its file never had, and that is called like none in it;
- of a file without a folder that `cp` copies under quite another name;
- of files below `vendor` and the like.

Paths in workflows are for `dead-ci-path`.

## How to resolve

Write what there is now. `--fix` writes where git says that a script was moved to, and where a
script is itself that tells how to run it; with `--unsafe-fixes`, the only other file that has a
test of that name.

## How to except

A suppression comment (which comments and docstrings do not take), or `[[exceptions]]` in the
policy.
"""

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.programs import has_commands
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.programs.dead import Missing


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """What commands miss."""
    if not repo.view(has_commands, policy):
        return
    from govcheck.docs.paths import IS_PLAIN
    from govcheck.history import gone, ignored
    from govcheck.programs.dead import homes, missing  # only a run of the rule pays for them

    found = [
        each
        for each in repo.view(missing, policy)
        if each.written.where != "workflow" or not each.path or each.kind == "node"
    ]
    paths = frozenset(each.path for each in found if each.path and each.kind != "node")
    unmade = paths - ignored(repo, paths)
    history = gone(repo, unmade)
    for each in found:
        # What git ignores may be there; but no clone has an ignored template to copy from.
        if each.path in paths - unmade and each.kind != "template":
            continue
        if each.is_doubtful and each.path not in history:
            continue
        fix, hint = None, ""
        past = history.get(each.path) if each.kind != "node" else None
        written = each.written.document.text[each.span.start : each.span.end]
        new = past.moved_to if past is not None else None
        if new is not None and written.removeprefix("./") == each.path:
            hint = f": it is {new} now"
            edit = Edit(each.span.path, each.span.start, each.span.end, _like(written, new))
            # What ran as a script need not run as a part of a package.
            if IS_PLAIN.fullmatch(new) and not new.endswith("__init__.py"):
                fix = Fix(f"write {new}", (edit,))
        elif each.written.where == "header" and _is_itself(each):
            own = each.written.document.path
            hint = f": this is {own}"
            edit = Edit(each.span.path, each.span.start, each.span.end, own)
            fix = Fix(f"write {own}", (edit,)) if written == each.path else None
        elif each.name and each.kind != "module" and len(known := homes(repo, each.name)) == 1:
            hint = f": {each.name} is in {known[0]}"
            if each.kind != "node":
                edit = Edit(each.span.path, each.span.start, each.span.end, known[0])
                fix = Fix(f"write {known[0]}", (edit,), safe=False)
        by = f"; {each.generator} writes this document" if each.generator else ""
        yield rule.finding(
            each.span,
            f"{each.message}{hint}{by}",
            fix=None if each.generator else fix,
            data={"kind": each.kind},
        )


def _is_itself(each: "Missing") -> bool:
    """Whether a file tells to run itself, from where it was once."""
    own = each.written.document.path
    return bool(each.path) and posixpath.basename(own) == posixpath.basename(each.path)


def _like(written: str, path: str) -> str:
    """A path that is said to be in this folder, if another one was."""
    return f"./{path}" if written.startswith("./") else path


rule = Rule("dead-command", "docs", check, fix="safe")

examples = [
    Example(
        "A script that was moved tells how it is run, and so do others",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n",
            "scripts/ci/run.py": (
                '#!/usr/bin/env python3\n"""Runs.\n\nUsage:\n'
                '  uv run python scripts/run.py --all\n"""\n'
            ),
            "scripts/ci/check.sh": "#!/bin/sh\n# Usage: ./scripts/check.sh\n\necho\n",
            "docs/a.rst": ".. code-block:: console\n\n   $ uv run python scripts/run.py --all\n",
            "scripts/other.py": (
                '# python scripts/gone.py\n\nX = """\npython scripts/gone.py\n"""\n'
            ),
        },
        (
            "docs/a.rst:3:20: there is no script scripts/run.py",
            "scripts/ci/check.sh:2:10: there is no script ./scripts/check.sh:"
            " this is scripts/ci/check.sh",
            "scripts/ci/run.py:5:17: there is no script scripts/run.py: this is scripts/ci/run.py",
            "scripts/other.py:1:10: there is no script scripts/gone.py",
        ),
        {
            "scripts/ci/run.py": (
                '#!/usr/bin/env python3\n"""Runs.\n\nUsage:\n'
                '  uv run python scripts/ci/run.py --all\n"""\n'
            ),
        },
    ),
    Example(
        "A script that a block of reStructuredText is",
        {
            "govcheck.toml": "",
            "scripts/a.sh": "",
            "docs/a.rst": (
                ".. code-block:: bash\n   :caption: `scripts/setup.sh`\n\n   #!/bin/bash\n\n"
                ".. code-block:: bash\n\n   ./scripts/setup.sh\n"
            ),
        },
    ),
    Example(
        "Over the code there are also prose, paths from other folders, and placeholders",
        {
            "tools/scripts/run.py": (
                '"""Python scripts are run.\n\npytest fixtures for carts/sales are in conftest.\n\n'
                "    python scripts/run.py\n    python scripts/<name>.py\n    python run.py\n"
                '    python other/run.py\n"""\n'
            ),
            "scripts/a.py": "# as in\n# ./scripts/gone.sh.\nimport os\n# python scripts/gone.py\n",
            "old/a.py": "# python scripts/gone.py\n",
            "govcheck.toml": '[[docs.class]]\nname = "history"\npaths = ["old/**"]\n',
        },
    ),
    Example(
        "A script, a module, a test, and what runners of tasks do not know",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[project]\nname = 'a'\n[project.optional-dependencies]\nfast = []\n"
                "[dependency-groups]\ndev = []\n"
            ),
            "Makefile": "all: lint\n\npython scripts/gone.py\n\nlint:\n\tpython scripts/old.py\n",
            "uv.lock": '[[package]]\nname = "pytest"\n',
            "scripts/new.py": "",
            "pkg/__init__.py": "",
            "tests/test_a.py": "class TestA:\n    def test_one(self): ...\n",
            "README.md": (
                "```bash\nsudo python scripts/run.py --all > log && python -m pkg.cli\n"
                "uv run pytest -k x tests/test_a.py::TestA::test_two tests/test_gone.py::test_one\n"
                "make lint test\npip install -e '.[fast,slow]'\nuv sync --group docs\n"
                "cp .env.example .env\nuv run mypy\n```\n"
            ),
        },
        (
            "Makefile:6:9: there is no script scripts/old.py",
            "README.md:2:13: there is no script scripts/run.py",
            "README.md:2:53: there is no module pkg.cli",
            "README.md:3:44: tests/test_a.py has no test TestA::test_two",
            "README.md:3:53: there is no test file tests/test_gone.py: test_one is in"
            " tests/test_a.py::TestA",
            "README.md:4:11: there is no target of make test",
            "README.md:5:24: there is no extra slow",
            "README.md:6:17: there is no dependency group docs",
            "README.md:7:4: there is no file .env.example",
            "README.md:8:8: no lock file has mypy",
        ),
        {
            "README.md": (
                "```bash\nsudo python scripts/run.py --all > log && python -m pkg.cli\n"
                "uv run pytest -k x tests/test_a.py::TestA::test_two "
                "tests/test_a.py::TestA::test_one\n"
                "make lint test\npip install -e '.[fast,slow]'\nuv sync --group docs\n"
                "cp .env.example .env\nuv run mypy\n```\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "Placeholders, variables, patterns, and words that are no commands",
        {
            "govcheck.toml": "",
            "Makefile": "all:\n\techo\n",
            "scripts/a.py": "",
            "tests/test_a.py": "",
            "README.md": (
                "`make sure` of it.\n\n    make exceptions for this.\n\n"
                "```sh\nmake all or\n```\n\n`python scripts/b.py` does not exist yet: planned.\n\n"
                "```\npython scripts/<name>.py\npython scripts/$X.py\n"
                "python scripts/your_script.py\npytest tests/test_*.py tests/...\n```\n"
            ),
        },
    ),
    Example(
        "What the document makes, what git ignores, and what is below another folder",
        {
            "govcheck.toml": "",
            ".gitignore": "scripts/local/\n",
            "scripts/a.py": "",
            "backend/tools/b.py": "",
            "README.md": (
                "```sh\ntouch scripts/mine.py\npython scripts/mine.py\npython scripts/local/x.py\n"
                "cd backend && python tools/b.py\npython tools/b.py\n```\n"
            ),
        },
    ),
    Example(
        "Another repository, and an example of the reader's own",
        {
            "govcheck.toml": "",
            "Makefile": "all:\n\techo\n",
            "scripts/a.py": "",
            "README.md": (
                "```sh\ngit clone https://example.org/other\ncd other\nmake setup\n"
                "python scripts/setup.py\n```\n\n`python app/main.py`\n"
            ),
        },
    ),
    Example(
        "The documents of a tool speak of its users' projects",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[project]\nname = 'pdm'\n[project.scripts]\npdm = 'pdm:main'\n"
                "[dependency-groups]\ntest = []\n"
            ),
            "tests/test_a.py": "",
            "README.md": "`pdm install -G socks`, and `pytest tests/test_foo.py`\n",
        },
    ),
    Example(
        "A target from a pattern, and one of an included file",
        {
            "govcheck.toml": "",
            "Makefile": "include more.mk\nall:\n\techo\n",
            "more.mk": "docs-%:\n\techo\n",
            "README.md": "`make docs-html` and `make other`\n",
        },
    ),
    Example(
        "A plan, and history",
        {
            "govcheck.toml": (
                '[[docs.class]]\nname = "plan"\npaths = ["PLAN.md"]\n'
                '[[docs.class]]\nname = "history"\npaths = ["OLD.md"]\n'
            ),
            "scripts/a.py": "",
            "PLAN.md": "`python scripts/soon.py --now`\n",
            "OLD.md": "`python scripts/gone.py --now`\n",
        },
    ),
    Example(
        "An extra that the document declares, the progress of pytest, and a file yet to be written",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.optional-dependencies]\nfast = []\n",
            "tests/test_a.py": "",
            "README.md": (
                "```toml\n[project.optional-dependencies]\ndev = ['ruff']\n```\n\n"
                "```sh\npip install '.[dev]'\n```\n\n"
                "```\n$ pytest\ntests/test_b.py ..F.   [100%]\n```\n\n"
                "```\ntests/test_b.py ..F.   [100%]\n```\n\n`pytest tests/new_feature_test.py`\n"
                "runs, and your `npm run dev`.\n"
            ),
            "package.json": '{"scripts": {"watch": "x"}}\n',
        },
    ),
    Example(
        "A tool's own documents, stand-ins, a class named as no test is, and the reader's Makefile",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'uv'\n[dependency-groups]\nlint = []\n",
            "uv.lock": "[[package]]\nname = 'ruff'\n",
            "tests/test_cart.py": "class CartSuite:\n    def test_add(self): ...\n",
            "README.md": (
                "```sh\nuv sync --group foo\nuv run pytest\npytest tests/module/\n"
                "pytest tests/test_cart.py::CartSuite\n"
                "pytest tests/test_cart.py::CartSuite::test_specific_case\n```\n\n"
                "Create a `Makefile` and run `make shop-deploy`.\n\n<Tab>\n"
                "    ```python scripts/update.py\n    x = 1\n    ```\n\n"
                "    ```sh\n    python scripts/update.py\n    ```\n</Tab>\n"
            ),
            "scripts/a.py": "",
        },
    ),
    Example(
        "A suite that the reader is to make, what is copied from elsewhere, another repository's",
        {
            "govcheck.toml": "",
            "scripts/a.py": "",
            "tests/test_a.py": "",
            "a.md": (
                "Create the folder `carts`, then:\n\n"
                "```sh\npip install -r tests/carts/requirements.txt\npytest tests/carts\n```\n"
            ),
            "b.md": "You got a template from us.\n\n```sh\ncp template.yaml my-shop.yaml\n```\n",
            "c.md": (
                "Install [Bench](https://github.com/other/bench).\n\n"
                "```sh\npython scripts/bench.py\n```\n"
            ),
            "other_bench.md": (
                "[Bench](https://github.com/other/Bench) works with it.\n\n"
                "```sh\npython scripts/run.py\n```\n"
            ),
            "d.md": (
                "Build it with `make cart-bench-image`, see "
                "[there](https://github.com/other/cart-bench/blob/main/README.md).\n"
            ),
            "Makefile": "all:\n\techo\n",
        },
    ),
    Example(
        "What stands in a file, what others wrote, and a target of another folder's Makefile",
        {
            "govcheck.toml": "",
            "Makefile": "all:\n\techo\n",
            "docs/Makefile": "lint-pages:\n\techo\n",
            "scripts/a.py": "",
            "go/vendor/tool/Makefile": "all:\n\tscripts/import.sh\n",
            "go/vendor/tool/scripts/a.sh": "",
            "README.md": (
                "```\n# tests/ignored.txt\nscripts/b.py import!skip\n```\n\n"
                "In `docs`, call `make lint-pages`.\n"
            ),
        },
    ),
    Example(
        "Tests of those who use a plugin of pytest, and an extra for it of another project",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[project]\nname = 'shop'\n[project.optional-dependencies]\na = []\n"
                "[project.entry-points.pytest11]\nshop = 'shop.plugin'\n"
            ),
            "tests/test_a.py": "",
            "README.md": (
                "`pytest tests/evals/`, `pytest tests/test_sql.py`, `pip install -e '.[shop]'`, "
                "or `python example.py`\n"
            ),
        },
    ),
    Example(
        "Tests inside of the plugin's own",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project.entry-points.pytest11]\nshop = 'shop.plugin'\n",
            "tests/carts/test_a.py": "",
            "README.md": "`pytest tests/carts/types`\n",
        },
        ("README.md:1:9: there is no folder of tests tests/carts/types",),
    ),
    Example(
        "A tool that is brought along, and extras of any package of a workspace",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'shop'\n[tool.uv.workspace]\nmembers = ['x/*']\n",
            "Makefile": "all:\n\tuv sync --all-packages --extra gcp\n",
            "uv.lock": '[[package]]\nname = "ruff"\nversion = "1.0"\n',
            "README.md": "`uv run --with interrogate interrogate --quiet`\n",
        },
    ),
    Example(
        "PDM's groups are extras, too, which a plugin of the build may add to",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[project]\nname = 'a'\n[project.optional-dependencies]\nall = []\n"
                "[tool.hatch.metadata.hooks.extra]\n"
            ),
            "README.md": "`pdm install -G all`\n",
        },
    ),
    Example(
        "A test that its file had once, one that is called alike, and one that never was",
        {
            "govcheck.toml": "",
            "tests/test_cart.py": "def test_removal(): ...\n",
            "README.md": (
                "```sh\npytest tests/test_cart.py::test_payment\n"
                "pytest tests/test_cart.py::test_remoal\n"
                "pytest tests/test_cart.py::test_chat_with_seller\n```\n"
            ),
        },
        (
            "README.md:2:28: tests/test_cart.py has no test test_payment",
            "README.md:3:28: tests/test_cart.py has no test test_remoal",
        ),
        before={"tests/test_cart.py": "def test_payment(): ...\n"},
    ),
    Example(
        "Targets of a folder that another block enters, and of a repository that is cloned",
        {
            "govcheck.toml": "",
            "Makefile": "all:\n\techo\n",
            "server/Makefile": "bootstrap:\n\techo\n",
            "tests/test_a.py": "",
            "a.md": "```sh\ncd server\n```\n\nThen:\n\n```sh\nmake bootstrap\n```\n",
            "b.md": (
                "```sh\ngit clone https://example.org/a/studio\ncd studio\n```\n\n"
                "```sh\nmake dev\n```\n"
            ),
            "c.md": "- shop-worker `pytest tests/test_worker.py -q`\n",
        },
    ),
    Example(
        "A recipe with defaults, and a folder that only the script knows",
        {
            "govcheck.toml": "",
            "justfile": "get owner=\"a\" rev='b:c':\n    echo\n\nall *args:\n    just get x\n",
            "Makefile": "all:\n\techo\n",
            "docs/build.sh": "cd $root/docs/source-$pkg\nmake html\n",
        },
    ),
    Example(
        "What a line says that there is not, a stand-in, folders below the root, and left again",
        {
            "govcheck.toml": "",
            "justfile": "all:\n    echo\n",
            "Makefile": "all:\n\techo\n",
            "package.json": '{"scripts": {"watch": "x"}}\n',
            "docs/Makefile": "html:\n\techo\n",
            "docs/build.sh": "pushd ..\nmake all\npopd\nmake html\n",
            "run.sh": 'pushd "$root/docs"\nmake html\n',
            "README.md": "There is no generic `just build`, but `npm run xxx` for many an xxx.\n",
        },
    ),
    Example(
        "A folder that is called as the repository is, and more stand-ins",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'shop'\n[project.optional-dependencies]\na = []\n",
            "Makefile": "all:\n\techo\n",
            "shop/Makefile": "cover:\n\techo\n",
            "examples/cart.py": "",
            "run.sh": "cd shop && make cover\n",
            "README.md": "`pip install -e '.[NAME]'`, `python -m examples.example1`"
            " `pytest examples/path_to_test.py`, `pytest examples/test_XXXX-name.py`\n",
        },
    ),
    Example(
        "Files of another program, a list of files, and more stand-ins",
        {
            "govcheck.toml": "",
            "scripts/run.py": "",
            "Makefile": "all:\n\techo\n",
            "shop/__init__.py": "",
            "service.md": (
                "The service: `app/main.py`, `app/cache.py`, `app/routes/carts.py`, `app/log.py`,\n"
                "`app/routes/tax.py`, `scripts/run.py`, and `conf/app.yml`. Try `make tunnel`.\n\n"
                "```sh\npython scripts/load.py --all\n```\n"
            ),
            "images.md": "```bash\nREPOSITORY    TAG\nshop/worker   latest\n```\n",
            "tasks.md": "Migrations run at the start. There is no\n`make migrate` target.\n",
            "2023-10-07-load.md": "```sh\npython scripts/load.py\n```\n",
            "tasks_zh.md": "项目不提供 `make migrate` 目标。\n",
            "guide.md": (
                "Write two files:\n\n```text\nscripts/load_carts.py\nscripts/load_tax.py\n```\n\n"
                "```sh\npython -m shop.yourpart.load\n```\n"
            ),
        },
    ),
    Example(
        "A module of a package beside the document, not of the root",
        {
            "govcheck.toml": "",
            "tools/till/part/__init__.py": "",
            "tools/till/__init__.py": "",
            "tools/README.md": "```sh\npython -m till.part.gone\npython -m desk.serve\n```\n",
            "tools/desk/run.py": "",
        },
        ("tools/README.md:2:11: there is no module till.part.gone",),
    ),
    Example(
        "Targets that stand for any, a reader's scripts, extras of a project below the root",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'shop'\n",
            "till/pyproject.toml": "[project.optional-dependencies]\nserver = []\n",
            "till/install.sh": "poetry install -E server\n",
            "Makefile": "all:\n\techo\n",
            "package.json": '{"scripts": {"watch": "x"}}\n',
            "README.md": "Some have tests with targets like `make test-it` or `make test-docs`.\n",
            "guide.md": "```sh\nnpm run start:worker\nnpm run wach\n```\n",
        },
        ("guide.md:3:9: there is no script of npm wach",),
        before={"package.json": '{"scripts": {"watch": "x"}}\n'},
    ),
    Example(
        "A file that the reader adds, another branch, other settings of tox, any target",
        {
            "govcheck.toml": "",
            "Makefile": "test:\n\ttrue\n",
            "tests/test_a.py": "",
            "tox.ini": "[testenv:lint]\ncommands = true\n",
            "CONTRIBUTING.md": (
                "You should add a new file with tests, which may be\n"
                "`tests/test_amazing.py`.\n\n```sh\npytest tests/test_amazing.py\n"
                "tox -c $OTHER/tox.ini -e docs\nmake target\n```\n"
            ),
            "docs/branch.md": "```sh\ngit checkout site\nmake html\n```\n",
        },
    ),
    Example(
        "Groups of a workspace's members, and a table of what was covered",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[tool.uv.workspace]\nmembers = ['packages/*']\n",
            "packages/a/pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndocs = []\n",
            "src/a.py": "",
            "README.md": (
                "```sh\nuv sync --group docs\n```\n\n```\nsrc/gone.py     154     55   64%\n```\n"
            ),
        },
    ),
]
