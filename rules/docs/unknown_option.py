"""A command gives a program an option, a choice or a subcommand that it does not take.

Looked at are the commands in documents (shell blocks, also of reStructuredText, and code spans that
begin with a program), over the code of scripts, in shell scripts, Makefiles, justfiles and
workflows, behind `poetry run`, `sudo`, `VAR=x` and the like; what Dockerfiles (`CMD`, `ENTRYPOINT`)
and Docker Compose (`command`) start; and the tables of options that stand below the command of a
program. What a program takes is read from its source, without running it:
argparse, click and typer, across files, from the entry points of the manifests, `python -m` and
scripts by their path; the `case` and `getopts` of shell scripts. The policy can name a table that
options are made from:

```toml
[[docs.program]]
name = "bot"
options = { file = "src/bot/arguments.py", call = "ArgumentSpec", argument = "name" }
reference = "docs/cli.md"    # the document whose tables list all of its options
```

Where anything may add options that is not understood (a parser handed to a library, names that are
computed, `parse_known_args`, a look at `sys.argv`), the rule says nothing of the program, and so it
does of those that tests have in the place of others. Nor is a code span a command with a subcommand
where code has the same words for something else, and nor is a subcommand missed that the
program's own file names in a string, or whose name stands in another file of its package that makes
commands, nor one that six files and more give to it, and nothing is said of a program to which ten
words that it would not take are given: it is likelier that they are made in a way that cannot be
read than that all of them are wrong. Documents that tell, by their name, how to migrate
from an old version are left alone.

## How to resolve

Write what the program takes. `--unsafe-fixes` writes the option that is nearest, where one is.

## How to except

A document of the class `history` is not read. Else a suppression comment, or `[[exceptions]]`.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.programs import has_commands
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """What programs do not take."""
    if not repo.view(has_commands, policy):
        return
    from govcheck.programs.listing import unknown_words  # only a run of the rule pays for it

    for each in repo.view(unknown_words, policy):
        title = f"{each.program} takes no {each.what} {each.text}"
        hint = f" (did you mean {each.nearest!r}?)" if each.nearest else ""
        where = f", see {each.source}" if each.source else ""
        by = f"; {each.generator} writes this document" if each.generator else ""
        fix = None
        if each.nearest and not each.generator:
            span = each.span
            edit = Edit(span.path, span.start, span.end, each.nearest)
            fix = Fix(f"write {each.nearest}", (edit,), safe=False)
        data = {"program": each.program, each.what: each.text}
        yield rule.finding(each.span, f"{title}{hint}{where}{by}", fix=fix, data=data)


rule = Rule("unknown-option", "docs", check, fix="unsafe")

_TOOL = """\
import argparse


def build() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--refresh", type=int)
    parser.add_argument("--mode", choices=["dev", "prod"])
    return parser


def main() -> None:
    build().parse_args()


if __name__ == "__main__":
    main()
"""

examples = [
    Example(
        "A document, a script and a workflow",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\ntool = 'pkg.cli:main'\n",
            "pkg/__init__.py": "",
            "pkg/cli.py": _TOOL,
            "README.md": (
                "Run `sudo tool --refresh-seconds 5`:\n\n```console\n"
                "$ poetry run tool \\\n>   --mode=test --quiet > out.txt\nall is well --really\n"
                "```\n"
            ),
            "run.sh": "#!/bin/sh\nX=1 python -m pkg.cli --quiet --refr 3 | tee --append log\n",
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - run: |\n"
                "          tool --mode ${{ matrix.mode }} && tool --mode MODE\n"
                "          tool --mode stage\n"
            ),
        },
        (
            ".github/workflows/ci.yml:6:23: tool takes no choice stage, see pkg/cli.py",
            "README.md:1:16: tool takes no option --refresh-seconds (did you mean '--refresh'?),"
            " see pkg/cli.py",
            "README.md:5:12: tool takes no choice test, see pkg/cli.py",
            "README.md:5:17: tool takes no option --quiet, see pkg/cli.py",
            "run.sh:2:23: python -m pkg.cli takes no option --quiet, see pkg/cli.py",
        ),
        {
            "README.md": (
                "Run `sudo tool --refresh 5`:\n\n```console\n"
                "$ poetry run tool \\\n>   --mode=test --quiet > out.txt\nall is well --really\n"
                "```\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "A table of options below the command, and the labels of a shell script",
        {
            "govcheck.toml": "",
            "clean.sh": (
                '#!/bin/bash\nwhile [ $# -gt 0 ]; do\n  case "$1" in\n    --dry-run) DRY=1 ;;\n'
                '    --age|-a) AGE="$2"; shift ;;\n    --keep=*) KEEP=1 ;;\n'
                '    *) echo "unknown: $1"; exit 2 ;;\n  esac\n  shift\ndone\n'
            ),
            "build.sh": (
                '#!/bin/bash\nif [ "$1" == "-h" ]; then echo; exit; fi\n'
                'while [ $# -gt 0 ]; do\n  case "$1" in\n    --all) A=1 ;;\n'
                "    *) exit 2 ;;\n  esac\n  shift\ndone\n"
            ),
            "HELP.md": "`bash build.sh -h`\n",
            "README.md": (
                "```\n./clean.sh --dry-run --keep=3 --max-age 5\n```\n\n"
                "| Option | What |\n|---|---|\n"
                "| `--dry-run` | a |\n| `--age DAYS` | b |\n| `--force` | c |\n"
            ),
        },
        (
            "README.md:2:31: ./clean.sh takes no option --max-age, see clean.sh",
            "README.md:9:4: ./clean.sh takes no option --force, see clean.sh",
        ),
    ),
    Example(
        "What a container starts",
        {
            "govcheck.toml": "",
            "pkg/__init__.py": "",
            "pkg/cli.py": _TOOL,
            "Dockerfile": (
                'FROM python AS base\nCMD ["python", "-m", "pkg.cli", "--loud"]\nFROM base\n'
                'ENTRYPOINT [ "python", "-m", "pkg.cli" ]\nCMD ["--mode", "fast", \\\n  "--deep"]\n'
                "FROM base\nCMD exec python -m pkg.cli --wide\n"
            ),
            "compose.yaml": (
                "services:\n  a:\n    command: python -m pkg.cli --long\n  b:\n    command:\n"
                "      - python\n      - -m\n      - pkg.cli\n      - --new\n"
            ),
        },
        (
            "Dockerfile:2:34: python -m pkg.cli takes no option --loud, see pkg/cli.py",
            "Dockerfile:5:17: python -m pkg.cli takes no choice fast, see pkg/cli.py",
            "Dockerfile:6:4: python -m pkg.cli takes no option --deep, see pkg/cli.py",
            "Dockerfile:8:28: python -m pkg.cli takes no option --wide, see pkg/cli.py",
            "compose.yaml:3:32: python -m pkg.cli takes no option --long, see pkg/cli.py",
            "compose.yaml:9:9: python -m pkg.cli takes no option --new, see pkg/cli.py",
        ),
    ),
    Example(
        "A container's own program, arguments of another entry point, and what is right",
        {
            "govcheck.toml": '[[docs.class]]\nname = "history"\npaths = ["old/**"]\n',
            "pkg/__init__.py": "",
            "pkg/cli.py": _TOOL,
            "old/Dockerfile": 'CMD ["python", "-m", "pkg.cli", "--loud"]\n',
            "Dockerfile": (
                'FROM a\nENTRYPOINT ["/start.sh"]\nCMD ["python", "-m", "pkg.cli", "--loud"]\n'
                'FROM b\nCMD ["python", "-m", "pkg.cli", "--mode", "dev"]\n'
                'FROM c\nENTRYPOINT python -m pkg.cli\nCMD ["--loud"]\nFROM d\nCMD ["app", "--x"]\n'
            ),
            "compose.yaml": (
                "services:\n  a:\n    entrypoint: /go.sh\n    command: python -m pkg.cli --loud\n"
                "  b:\n    command: python -m pkg.cli --mode dev\n"
            ),
        },
    ),
    Example(
        "Options that are not all known",
        {
            "govcheck.toml": "",
            "a.py": _TOOL.replace("parse_args()", "parse_known_args()"),
            "b.py": _TOOL.replace("return parser", "plugins.extend(parser)\n    return parser"),
            "c.py": _TOOL + "import sys\nprint('--all' in sys.argv)\n",
            "README.md": "`python a.py --x1`, `python b.py --x2`, `python c.py --all`.\n",
        },
    ),
    Example(
        "Placeholders, variables, values, what follows a pipe or `--`, and other programs",
        {
            "govcheck.toml": "",
            "tool.py": _TOOL,
            "README.md": (
                "```bash\npython tool.py --mode <mode> --refresh=$N $EXTRA [--options] ...\n"
                "python tool.py --mode dev -- --anything | sort --unique\n"
                "cd ../other && python tool.py --other\ndocker compose up --build\n```\n"
            ),
        },
    ),
    Example(
        "Subcommands of click have options of their own",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\ntool = 'cli:main'\n",
            "cli.py": (
                "import click\n\n\n@click.group()\ndef main(): ...\n\n\n@main.command()\n"
                "@click.option('--fast/--slow')\n@click.option('-n', '--count')\n"
                "def run_all(fast, count): ...\n"
            ),
            "README.md": "`tool run-all --slow -n 3 --count=4 --help`\n",
        },
    ),
    Example(
        "History tells what was",
        {
            "govcheck.toml": '[[docs.class]]\nname = "history"\npaths = ["CHANGELOG.md"]\n',
            "tool.py": _TOOL,
            "CHANGELOG.md": "`python tool.py --fast` is gone.\n",
        },
    ),
    Example(
        "The line says that there is none yet",
        {
            "govcheck.toml": "",
            "tool.py": _TOOL,
            "README.md": "`python tool.py --fast` is planned but not yet built.\n",
        },
    ),
    Example(
        "Commands that are added to a group by themselves, and a plan of one more",
        {
            "govcheck.toml": '[[docs.class]]\nname = "plan"\npaths = ["PLAN.md"]\n',
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\ntool = 'cli:main'\n",
            "cli.py": (
                "import click\n\n\n@click.group()\ndef cli(): ...\n\n\n@click.command()\n"
                "@click.option('--dry-run')\ndef bump(dry_run): ...\n\n\n"
                "@click.command(NAME)\n@click.option('--all')\ndef other(all): ...\n\n\n"
                "cli.add_command(bump)\ncli.add_command(other)\n\n\ndef main():\n    cli()\n"
            ),
            "README.md": "`tool bump --dry-run`, `tool what --all`\n",
            "PLAN.md": "`tool migrate --all`\n",
        },
    ),
    Example(
        "An option of no command of the group",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\ntool = 'cli:cli'\n",
            "cli.py": (
                "import click\n\n\n@click.group()\ndef cli(): ...\n\n\n@click.command()\n"
                "@click.option('--dry-run')\ndef bump(dry_run): ...\n\n\ncli.add_command(bump)\n"
            ),
            "README.md": "`tool bump --dry`\n",
        },
        ("README.md:1:12: tool takes no option --dry (did you mean '--dry-run'?), see cli.py",),
        {"README.md": "`tool bump --dry-run`\n"},
        unsafe=True,
    ),
    Example(
        "A group whose commands are added where nothing looks",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\ntool = 'cli:app'\n",
            "cli.py": "import typer\n\napp = typer.Typer()\n",
            "more.py": "from cli import app\n\n\n@app.command()\ndef run(port: int = 1): ...\n",
            "README.md": "`tool run --port 3`\n",
        },
    ),
    Example(
        "Commands of modules that are imported for them, and an application of one other",
        {
            "govcheck.toml": "",
            "pyproject.toml": (
                "[project]\nname = 'a'\n[project.scripts]\n"
                "shop = 'shop.cli:cli'\ntools = 'shop.tools:app'\n"
            ),
            "shop/cli/__init__.py": (
                "import shop.cli.carts  # noqa\nfrom shop.cli.app import app as cli\n"
                "from shop.cli.tax import tax_command  # noqa\n"
                "from shop.sub import app as sub\n\ncli.add_typer(sub, name='sub')\n"
            ),
            "shop/cli/app.py": "import typer\n\napp = typer.Typer()\n",
            "shop/cli/carts.py": (
                "from shop.cli.app import app\n\n\n@app.command()\ndef carts(): ...\n"
            ),
            "shop/cli/tax.py": (
                "from shop.cli.app import app as it\n\n\n"
                "@it.command(name='tax')\ndef tax_command(): ...\n"
            ),
            "shop/sub.py": (
                "import typer\n\napp = typer.Typer()\n\n\n@app.command('load')\n"
                "def load(): ...\n\n\n@app.command()\ndef save(): ...\n"
            ),
            "shop/tools.py": (
                "import typer\nfrom shop.sub import app as sub\n\n"
                "app = typer.Typer()\napp.add_typer(sub, name='parts')\n"
            ),
            "README.md": (
                "`shop carts --x`, `shop tax`, `shop sub load`, `tools parts save`\n\n"
                "```sh\nshop nothing\ntools load\n```\n"
            ),
        },
        (
            "README.md:1:13: shop takes no option --x, see shop/cli/app.py",
            "README.md:4:6: shop takes no subcommand nothing, see shop/cli/app.py",
            "README.md:5:7: tools takes no subcommand load, see shop/tools.py",
        ),
    ),
    Example(
        "The name of a program in a phrase that code uses, too",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\ntool = 'cli:cli'\n",
            "cli.py": (
                "import click\n\nBEGIN = '<!-- tool managed begin -->'\n\n\n"
                "@click.group()\ndef cli(): ...\n\n\n@cli.command()\ndef bump(): ...\n"
            ),
            "README.md": "Between the `tool managed` markers.\n",
        },
    ),
    Example(
        "A program that tests have in the place of another",
        {
            "govcheck.toml": "",
            "tests/pyproject.toml": "[project.scripts]\ncloud = 'fake:cli'\n",
            "tests/fake.py": (
                "import click\n\n\n@click.group()\ndef cli(): ...\n\n\n"
                "@cli.command()\ndef up(): ...\n"
            ),
            "README.md": "`cloud login --all`\n",
        },
    ),
    Example(
        "A subcommand that another file of the package makes",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\nshop = 'shop.cli:cli'\n",
            "shop/__init__.py": "",
            "shop/cli.py": (
                "import click\n\n\n@click.group()\ndef cli(): ...\n\n\n"
                "@cli.command()\ndef bump(): ...\n"
            ),
            "shop/more.py": "from shop.cli import cli\n\n\n@cli.command('check')\ndef _(): ...\n",
            "README.md": "`shop check --all`, `shop chck --all`, `shop --mode fast`\n",
        },
        (
            "README.md:1:27: shop takes no subcommand chck, see shop/cli.py",
            "README.md:1:46: shop takes no option --mode, see shop/cli.py",
        ),
    ),
    Example(
        "A program that loads plugins, and a script that hands its own parser on",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\nshop = 'shop.cli:cli'\n",
            "shop/__init__.py": "",
            "shop/cli.py": (
                "import click\nfrom importlib.metadata import entry_points\n\n\n"
                "@click.group()\ndef cli(): ...\n\n\n@cli.command()\ndef bump(): ...\n\n\n"
                "for each in entry_points(group='shop'):\n    each.load()\n"
            ),
            "shop/run.py": (
                "import argparse\n\n\ndef main(parser=None):\n"
                "    parser = parser or argparse.ArgumentParser()\n"
                "    parser.add_argument('--port')\n    parser.parse_args()\n"
            ),
            "examples/desk.py": (
                "import argparse\nfrom shop.run import main\n\n"
                "if __name__ == '__main__':\n    parser = argparse.ArgumentParser()\n"
                "    parser.add_argument('--url')\n    main(parser)\n"
            ),
            "README.md": "`shop cloud login`, `python examples/desk.py --url x`\n",
        },
    ),
    Example(
        "A way to make commands that cannot be read, and how an old version was called",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'a'\n[project.scripts]\nshop = 'cli:cli'\n",
            "cli.py": (
                "import click\n\n\n@click.group()\ndef cli(): ...\n\n\n"
                "@cli.command()\ndef bump(): ...\n\n\nalias(bump, 'raise')\n"
            ),
            "README.md": "`shop raise --all`\n",
            "docs/MIGRATION.md": "`shop bump --old`\n",
            **{f"docs/{each}.md": "```sh\nshop serve\n```\n" for each in "abcdef"},
        },
    ),
    Example(
        "A program to which many words are given that it would not take",
        {
            "govcheck.toml": "",
            "tool.py": (
                "import argparse\n\nparser = argparse.ArgumentParser()\n"
                "parser.add_argument('--mode')\nparser.parse_args()\n"
            ),
            "README.md": "".join(
                f"Run `python tool.py --{word}`.\n\n"
                for word in ("aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj")
            ),
        },
    ),
    Example(
        "A parser to which the body of a class adds options",
        {
            "govcheck.toml": "",
            "tool.py": (
                "import argparse\n\n\nclass Tool:\n    parser = argparse.ArgumentParser()\n"
                "    parser.add_argument('--reload')\n\n    def run(self):\n"
                "        self.parser.parse_args()\n\n\nTool().run()\n"
            ),
            "README.md": "Run `python tool.py --reload 1`.\n",
        },
    ),
]
