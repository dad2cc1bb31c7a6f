"""What programs take is read as they would tell it themselves, or not at all."""

import argparse
import contextlib
import io
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcheck import check
from govcheck.document import Document
from govcheck.programs.checking import refused
from govcheck.programs.interface import Interface, every_option
from govcheck.programs.python import interface_of_file, interface_of_object
from govcheck.programs.scripts import interface_of_script
from govcheck.repo import Repo
from govcheck.shell import commands, snippet
from tests.conftest import Repository, commit, write

_TAIL = "\n\nif __name__ == '__main__':\n    main()\n"


def _of(root: Path, files: Mapping[str, str], path: str = "tool.py") -> Interface | None:
    write(root, files)
    return interface_of_file(Repo(str(root)), path)


def _refused(interface: Interface, line: str) -> list[str]:
    document = Document("", line.encode())
    (command,) = commands(snippet(document, [(0, len(line))]))
    return [each.text for each in refused(interface, command.words[1:])]


# Random programs of argparse: what is read is what the parser itself holds.

_NAMES = st.sampled_from(
    [("--alpha",), ("-b", "--beta"), ("--gamma-ray",), ("-d",), ("--alphabet",), ("-x", "--ex")]
)
_EXTRAS = st.sampled_from(
    ["", ", action='store_true'", ", type=int", ", nargs='*'", ", nargs='?'",
     ", choices=['one', 'two']", ", action='append'", ", default=None", ", action='count'",
     ", action=argparse.BooleanOptionalAction"]
)  # fmt: skip
_OPTIONS = st.lists(st.tuples(_NAMES, _EXTRAS), max_size=4, unique_by=lambda each: each[0])


def _adds(parser: str, options: list[tuple[tuple[str, ...], str]]) -> list[str]:
    lines = []
    for names, extra in options:
        if "Boolean" in extra and not any(name.startswith("--") for name in names):
            extra = ""
        lines.append(f"    {parser}.add_argument({', '.join(map(repr, names))}{extra})")
    return lines


@st.composite
def _programs(draw: st.DrawFn) -> str:
    lines = [
        "import argparse",
        "",
        "",
        "def more(given):",
        "    group = given.add_argument_group('x')",
    ]
    lines += ["    group.add_argument('--more', dest='less')", "", "", "def build():"]
    arguments = draw(st.sampled_from(["", "add_help=False", "allow_abbrev=False"]))
    lines.append(f"    parser = argparse.ArgumentParser({arguments})")
    lines += _adds("parser", draw(_OPTIONS))
    if draw(st.booleans()):
        lines.append("    more(parser)")
    if draw(st.booleans()):
        lines.append("    for name in ('--red', '--green'):")
        lines.append("        parser.add_argument(name, action='store_true')")
    if draw(st.booleans()):
        lines.append("    commands = parser.add_subparsers(dest='command')")
        for name in ("start", "stop"):
            lines.append(f"    {name} = commands.add_parser({name!r})")
            lines += _adds(name, draw(_OPTIONS))
    elif draw(st.booleans()):
        lines.append("    parser.add_argument('paths', nargs='*')")
    return "\n".join((*lines, "    return parser", "", "", "def main(argv=None):",
                      "    return build().parse_args(argv)")) + _TAIL  # fmt: skip


def _built(source: str) -> argparse.ArgumentParser:
    names: dict[str, Any] = {"__name__": "generated"}
    exec(source, names)
    parser = names["build"]()
    assert isinstance(parser, argparse.ArgumentParser)
    return parser


def _theirs(parser: argparse.ArgumentParser) -> dict[str, Any]:
    commands: dict[str, Any] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            commands = {name: _theirs(each) for name, each in action.choices.items()}
    return {"options": set(parser._option_string_actions), "commands": commands}


def _ours(interface: Interface) -> dict[str, Any]:
    assert not interface.open
    commands = {name: _ours(each) for name, each in interface.commands.items()}
    return {"options": set(interface.options), "commands": commands}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=_programs())
def test_random_programs_are_read_as_argparse_builds_them(source: str, tmp_path: Path) -> None:
    interface = _of(tmp_path, {"tool.py": source})
    assert interface is not None
    assert _ours(interface) == _theirs(_built(source))


_ARGUMENTS = st.lists(
    st.sampled_from(
        ["--alpha", "--alpha=1", "--alph", "-b", "-b1", "--beta", "--gamma-ray", "--gamma", "-d",
         "-dx", "-x", "--ex=two", "one", "two", "3", "-3", "start", "stop", "--more", "--red",
         "--no-alpha", "--", "-h3", "--zeta", "-z", "a/b"]
    ),
    max_size=5,
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=_programs(), arguments=_ARGUMENTS)
def test_nothing_is_refused_that_argparse_takes(
    source: str, arguments: list[str], tmp_path: Path
) -> None:
    interface = _of(tmp_path, {"tool.py": source})
    assert interface is not None
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            _built(source).parse_args(arguments)
    except SystemExit:  # an error, or help: then it looks at nothing else
        return
    assert _refused(interface, shlex.join(["tool", *arguments])) == []


OPEN = {
    "names from a file": "parser.add_argument(*read('names'))",
    "a parser that a library gets": "plugins.load(parser)",
    "unknown arguments are left": "parser.parse_known_args()",
    "a look at the words": "print('--x' in sys.argv)",
    "a rest that is passed on": "parser.add_argument('rest', nargs=argparse.REMAINDER)",
    "parents from elsewhere": "parser = argparse.ArgumentParser(parents=[base.parser])",
    "a method taken by name": "getattr(parser, 'add_argument')('--x')",
    "kept in a list": "parsers.append(parser)",
    "kept in a mapping": "keep = {'a': parser}",
    "made-up words": "parser.parse_args(['--x'] + list(read('words')))",
    "its own attributes": "parser._add_action(action)",
    "names that are computed": "[parser.add_argument(f'--{n}') for n in read('x')]",
}


@pytest.mark.parametrize("line", OPEN.values(), ids=OPEN)
def test_what_is_not_understood_leaves_the_options_open(line: str, tmp_path: Path) -> None:
    source = (
        "import argparse, base, plugins, sys\n\n\ndef main():\n"
        f"    parser = argparse.ArgumentParser()\n    {line}\n    parser.parse_args()\n{_TAIL}"
    )
    interface = _of(tmp_path, {"tool.py": source})
    assert interface is None or interface.open


def test_a_program_is_followed_across_files_and_wrappers(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/__main__.py": "import sys\nfrom pkg.cli import main\nsys.exit(main(sys.argv[1:]))\n",
        "pkg/cli/__init__.py": "from .run import main\n",
        "pkg/cli/run.py": (
            "from .tables import add_all\nfrom ..base import Parser\n\n\ndef main(argv):\n"
            "    parser = Parser()\n    add_all(parser)\n    args = parser.parse_args(argv)\n"
        ),
        "pkg/base.py": (
            "import argparse\n\n\nclass Parser(argparse.ArgumentParser):\n"
            "    def error(self, message): ...\n"
        ),
        "pkg/cli/tables.py": (
            "from dataclasses import dataclass\n\nMODES = ('dev', 'prod')\n\n\n@dataclass\n"
            "class Spec:\n    name: str\n    choices: tuple = None\n    dest: str = None\n\n"
            "    def add(self, parser):\n        kwargs = {}\n        if self.dest is not None:\n"
            "            kwargs['dest'] = self.dest\n        if self.choices is not None:\n"
            "            kwargs['choices'] = self.choices\n"
            "        parser.add_argument(self.name, **kwargs)\n\n\n"
            "ONE = [Spec('--mode', choices=MODES)]\n"
            "TWO = [Spec(name='--level', dest='depth')]\n\n\n"
            "class All:\n    @staticmethod\n    def add(parser):\n"
            "        for each in [*ONE, *TWO]:\n            each.add(parser)\n\n\n"
            "def add_all(parser):\n    All.add(parser)\n"
        ),
    }
    interface = _of(tmp_path, files, "pkg/__main__.py")
    assert interface is not None
    assert not interface.open
    assert set(interface.options) == {"-h", "--help", "--mode", "--level"}
    assert interface.options["--mode"].choices == ("dev", "prod")
    assert interface.options["--level"].dest == "depth"
    same = interface_of_object(Repo(str(tmp_path)), "pkg.cli:main")
    assert same is not None
    assert set(same.options) == set(interface.options)


def test_commands_of_click_and_typer_are_read(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "import click\n\n\n@click.group()\n@click.option('--debug/--no-debug')\n"
            "@click.version_option()\ndef cli(debug): ...\n\n\n@cli.command()\n"
            "@click.option('-n', '--count', type=int)\n@click.argument('path')\n"
            "def list_all(count, path): ...\n\n\n@click.command('x')\n"
            "@click.option('--mode', type=click.Choice(['a', 'b']))\ndef other(mode): ...\n\n\n"
            "cli.add_command(other, 'renamed')\n"
        ),
        "b.py": (
            "import typer\nfrom typing import Annotated\n\napp = typer.Typer()\n\n\n"
            "@app.command()\n"
            "def run(path: str, size: int = 3, fast: bool = False,\n"
            "        name: Annotated[str, typer.Option('--label', '-l')] = 'x'): ...\n"
        ),
    }
    write(tmp_path, files)
    repo = Repo(str(tmp_path))
    click, typer = interface_of_object(repo, "a:cli"), interface_of_object(repo, "b:app")
    assert click is not None
    assert typer is not None
    assert set(click.options) == {"--help", "--debug", "--no-debug", "--version"}
    assert set(click.commands["list-all"].options) == {"--help", "-n", "--count"}
    assert click.commands["renamed"].options["--mode"].choices == ("a", "b")
    assert {"--size", "--fast", "--no-fast", "--label", "-l"} <= set(typer.options)
    assert "--path" not in every_option(typer)


SCRIPTS = {
    "a case in a loop": (
        'while [[ $# -gt 0 ]]; do\n  case "$1" in\n    -n|--name) N="$2"; shift 2 ;;\n'
        '    --all) A=1; shift ;;\n    *) echo "unknown $1"; exit 1 ;;\n  esac\ndone\n',
        {"-n", "--name", "--all"},
    ),
    "getopts": (
        'while getopts "ab:" opt; do\n  case $opt in\n    a) ;;\n    b) ;;\n  esac\ndone\n',
        {"-a", "-b"},
    ),
    "what is not known is kept": (
        'for arg in "$@"; do\n  case "$arg" in\n    --all) A=1 ;;\n    *) REST+=("$arg") ;;\n'
        '  esac\ndone\nrun "${REST[@]}"\n',
        None,
    ),
    "all is passed on": (
        'case "$1" in\n  --all) A=1 ;;\n  *) exit 1 ;;\nesac\nexec python -m pkg "$@"\n',
        None,
    ),
    "a label for all that begin so": (
        'case "$1" in\n  -u|--u*) U=1 ;;\n  --all=*) A=1 ;;\n  *) exit 1 ;;\nesac\n',
        None,
    ),
    "a case of something else": ('case "$(uname)" in\n  --x) ;;\n  *) exit 1 ;;\nesac\n', None),
}


@pytest.mark.parametrize(("text", "expected"), SCRIPTS.values(), ids=SCRIPTS)
def test_shell_scripts_take_what_their_labels_say(text: str, expected: set[str] | None) -> None:
    interface = interface_of_script(Document("a.sh", text.encode()))
    is_closed = interface is not None and not interface.open
    assert (set(interface.options) if interface is not None and is_closed else None) == expected


def test_a_program_that_the_policy_declares_has_the_options_of_its_table(
    repository: Repository,
) -> None:
    root = repository(
        {
            "govcheck.toml": (
                '[[docs.program]]\nname = "bot"\nreference = "docs/cli.md"\n'
                'options = { file = "specs.py", call = "Spec", argument = "name" }\n'
            ),
            "specs.py": "SPECS = [Spec(name='--fast'), Spec(name='--slow', help='x')]\n",
            "docs/cli.md": "| Option | |\n|---|---|\n| `--fast` | a |\n| `--quick N` | b |\n",
            "README.md": "`bot --slow --help --old`\n",
        }
    )
    found = check(str(root), select=["unknown-option"]).findings
    assert [(f.span.path, f.span.line, f.data["option"]) for f in found] == [
        ("README.md", 1, "--old"),
        ("docs/cli.md", 4, "--quick"),
    ]


def test_a_hostile_program_is_read_in_bounded_time(tmp_path: Path) -> None:
    deep = "x = " + "(" * 90 + ")" * 90 + "\n"
    loop = "def f():\n    return g()\n\n\ndef g():\n    return f()\n\n\n"
    many = "".join(f"def main{n}():\n    main{n + 1}()\n    main{n + 1}()\n\n\n" for n in range(40))
    source = f"import argparse\n{deep}{loop}{many}def main():\n    f()\n    main0(){_TAIL}"
    assert _of(tmp_path, {"tool.py": source}) is None


def test_a_link_out_of_the_repository_counts_as_there(repository: Repository) -> None:
    root = repository({"govcheck.toml": "", "tests/test_a.py": "", "real/test_b.py": ""})
    (root / "tests" / "linked").symlink_to("../real")
    write(root, {"README.md": "`pytest tests/linked/test_b.py`, `pytest tests/gone/test_c.py`\n"})
    commit(root)
    found = check(str(root), select=["dead-command"]).findings
    assert [f.message for f in found] == ["there is no test file tests/gone/test_c.py"]
