"""How much CPU time govcheck takes, as ratios to its peers in the same run.

`python benchmarks/run.py` prints tables as Markdown: retired flags over the whole of Django, as it
uses them and after the last use is gone, against ripgrep and ast-grep; a run over a small clean
repository against a bare start of Python; folding, against LibCST that merely parses; and
dependencies over many manifests and a large lock file, against tomllib and packaging that merely
parse them, and what the family adds on an ordinary repository; generic checks over Django's tests,
against the script by Python's own parser that they stand in for; layers of Django's packages,
against import-linter; many documents, against rumdl and docs-drift; and marks over many tests,
against pytest that merely collects them.

It is a measurement, not a test. CPU time is user and system time of a command and its children;
wall time says little on a machine that others use. Commands take turns, after one warm-up each, and
the median counts. govcheck is measured as its users have it: installed from this checkout into an
environment of its own, byte-compiled; after the warm-up it knows the files, which --no-cache makes
it forget. Django and that environment are kept in the user's cache directory.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "govcheck-benchmarks"
DJANGO = "django==5.2.*"

FLAGS = (
    "USE_DEPRECATED_PYTZ",
    "USE_I18N",
    "USE_THOUSAND_SEPARATOR",
    "USE_TZ",
    "USE_X_FORWARDED_HOST",
)
_NOT_IN_A_USERS_ENVIRONMENT = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "RIPGREP_CONFIG_PATH")

FOLDED_FILES = 100
SMALL = {
    "govcheck.toml": (
        '[flags.USE_OLD_MENU]\nstatus = "retired"\nvalue = false\n\n'
        '[flags.USE_NEW_MENU]\nstatus = "active"\ndefault = false\n'
        'owner = "web"\n'
    ),
    "README.md": "# Menu\n\nSet `USE_NEW_MENU` to see the new menu.\n",
    "menu.py": 'import os\n\nNEW = os.environ.get("USE_NEW_MENU", "false") == "true"\n',
    "pyproject.toml": '[project]\nname = "menu"\nversion = "1"\n',
    "tests/test_menu.py": "from menu import NEW\n\n\ndef test_menu():\n    assert not NEW\n",
}


PINS = (
    "[dependencies]\npython = '>=3.12,<3.13'\n[dependencies.packages]\n"
    "numpy = { allow = '<2', reason = 'a' }\nwebsockets = { allow = '>=12,<16', reason = 'a' }\n"
)
ORDINARY = {
    "pyproject.toml": (
        "[project]\nname = 'menu'\nversion = '1'\nrequires-python = '>=3.12,<3.13'\n"
        "dependencies = ['numpy>=1.26,<2', 'websockets>=12,<16']\n"
    ),
    "requirements-dev.txt": "numpy==1.26.4\nwebsockets==15.0\n",
    ".python-version": "3.12\n",
    "Dockerfile": "FROM python:3.12-slim\nRUN pip install 'numpy<2'\n",
    ".github/workflows/ci.yml": (
        "jobs:\n  a:\n    steps:\n      - uses: actions/setup-python@v5\n        with:\n"
        "          python-version: '3.12'\n"
    ),
}
_PARSE = """
import pathlib, tomllib
from packaging.requirements import Requirement
root = pathlib.Path('.')
for path in [*root.glob('*/pyproject.toml'), root / 'uv.lock']:
    read = tomllib.loads(path.read_text())
    list(map(Requirement, read.get('project', {}).get('dependencies', ())))
for path in root.glob('*/requirements.txt'):
    list(map(Requirement, path.read_text().splitlines()))
"""

CHECKS = """
[checks.no-sleep]
kind = "calls"
paths = ["tests/**"]
forbid = ["time.sleep", "*.patch", "*.patch.*"]
reason = "a"

[checks.short]
kind = "files"
paths = ["tests/**/*.py"]
max-lines = 1000
reason = "a"
"""
_HYGIENE = """
import ast, pathlib
for path in pathlib.Path('tests').rglob('*.py'):
    text = path.read_text(encoding='utf-8')
    if text.count(chr(10)) > 1000:
        print(path)
    if 'sleep' in text or 'patch' in text:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = ast.unparse(node.func).split('.')
                if name[-2:] == ['time', 'sleep'] or 'patch' in name[-2:]:
                    print(f'{path}:{node.lineno}')
"""

LAYERS = """
[checks.layers]
kind = "imports"
layers = ["django.contrib", "django.core", "django.utils"]
reason = "a"
"""
IMPORT_LINTER = """
[importlinter]
root_package = django

[importlinter:contract:layers]
name = layers
type = layers
layers =
    django.contrib
    django.core
    django.utils
"""

MARKERS = """
[[markers.require]]
paths = ["tests/part1/**"]
all = ["integration"]

[[markers.require]]
paths = ["tests/part2/**"]
none = ["slow"]

[markers.skip]
reason = "required"
"""
MARKERS_INI = (
    "[pytest]\nmarkers =\n    slow: takes long\n    fast: does not\n    integration: talks\n"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The median CPU time of a command, in milliseconds, and how many lines it printed."""

    cpu: float
    lines: int


@dataclass(frozen=True, slots=True)
class Target:
    """`command` should take at most `factor` times as long as `peer`."""

    command: str
    factor: float
    peer: str


def main() -> int:
    """Prepare, measure, print."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="runs of each command (7)")
    runs: int = parser.parse_args().runs
    if runs < 1:
        parser.error("--runs must be at least 1")
    CACHE.mkdir(parents=True, exist_ok=True)
    scripts = _installed()
    root = _django(scripts)
    print(f"## {len(FLAGS)} retired flags in {root.name}, {runs} runs\n")
    _flags(scripts, root, FLAGS, runs)
    print(f"## The same, when nothing uses them, {runs} runs\n")
    _flags(scripts, root, tuple(f"GONE_{name}" for name in FLAGS), runs)
    _start(scripts, runs)
    _fold(scripts, max(1, runs // 2))
    _dependencies(scripts, runs)
    _checks(scripts, root, runs)
    _imports(scripts, root, runs)
    _documents(scripts, runs)
    _markers(scripts, runs)
    return 0


def _flags(scripts: Path, root: Path, names: Sequence[str], runs: int) -> None:
    policy = "".join(f'[flags.{name}]\nstatus = "retired"\nvalue = true\n\n' for name in names)
    _write(root, {"govcheck.toml": policy})
    _track(root)
    peers = {name: _peer(name) for name in ("rg", "ast-grep")}
    govcheck = str(scripts / "govcheck")
    concise = ("--output-format", "concise", "--exit-zero")
    commands = {
        "govcheck --select flags": [govcheck, "--select", "flags", *concise],
        "the same, --no-cache": [govcheck, "--no-cache", "--select", "flags", *concise],
        "govcheck, all rules, text": [govcheck, "--exit-zero"],
    }
    if rg := peers["rg"]:
        wanted = [argument for name in names for argument in ("-e", name)]
        commands["ripgrep"] = [rg, "-n", "-w", "--hidden", "--glob=!.git/", *wanted, "."]
    if ast_grep := peers["ast-grep"]:
        commands["ast-grep, Python only"] = [ast_grep, "scan", "--inline-rules", _rule(names), "."]
    _print_table(
        _measure(commands, root, runs),
        (
            Target("govcheck --select flags", 2, "ripgrep"),
            Target("govcheck --select flags", 1 / 5, "ast-grep, Python only"),
            Target("the same, --no-cache", 2, "ripgrep"),
            Target("the same, --no-cache", 1 / 5, "ast-grep, Python only"),
        ),
    )
    for name, path in peers.items():
        if path is None:
            print(f"{name} is not installed and was skipped.\n")


def _start(scripts: Path, runs: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _write(root, SMALL)
        _track(root)
        python = [str(scripts / "python"), "-c"]
        commands = {
            "govcheck, clean": [str(scripts / "govcheck")],
            "imports only": [*python, "import tomllib, json, re, argparse"],
            "python -c pass": [*python, "pass"],
        }
        print(f"## A clean run over {len(SMALL)} files, {2 * runs} runs\n")
        measured = _measure(commands, root, 2 * runs)
        _print_table(measured, (Target("govcheck, clean", 3, "imports only"),))


def _fold(scripts: Path, runs: int) -> None:
    """Folding, against LibCST merely parsing and printing the same file."""
    parse = "import libcst, sys; print(len(libcst.parse_module(open('a0.py').read()).code))"
    for count in (1, FOLDED_FILES):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            policy = '[flags.USE_MENU]\nstatus = "retired"\nvalue = true\n'
            _write(
                root, {"govcheck.toml": policy, **dict.fromkeys(_long_names(count), _long_file())}
            )
            _track(root)
            commands = {
                "govcheck --diff": [str(scripts / "govcheck"), "--diff"],
                "LibCST parses one": [str(scripts / "python"), "-c", parse],
            }
            lines = _long_file().count("\n")
            print(f"## Folding one reference in each of {count} files of {lines} lines\n")
            start = perf_counter()
            _timed(commands["govcheck --diff"], root)
            wall = 1000 * (perf_counter() - start)
            measured = _measure(commands, root, runs if count == 1 else 1)
            _print_table(measured, (Target("govcheck --diff", 6 * count, "LibCST parses one"),))
            cpu = measured["govcheck --diff"].cpu
            print(f"- {cpu / count:.0f} ms of CPU a file, {cpu / wall:.1f} processors used\n")


def _dependencies(scripts: Path, runs: int) -> None:
    """Manifests and a lock file, against tomllib and packaging that merely parse most of them."""
    lists = {"govcheck.toml": PINS} | _manifests()
    lock = len(lists["uv.lock"]) / 1e6
    govcheck = str(scripts / "govcheck")
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _write(root, lists)
        _track(root)
        check = [govcheck, "--select", "dependencies", "--output-format", "concise"]
        commands = {
            "govcheck --select dependencies": check,
            "the same, --no-cache": [*check, "--no-cache"],
            "tomllib and packaging": [str(scripts / "python"), "-c", _PARSE],
        }
        print(f"## {len(lists) - 2} manifests and a lock file of {lock:.1f} MB, {runs} runs\n")
        _print_table(
            _measure(commands, root, runs),
            (Target("the same, --no-cache", 4, "tomllib and packaging"),),
        )
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _write(root, SMALL | {"govcheck.toml": SMALL["govcheck.toml"] + PINS} | ORDINARY)
        _track(root)
        commands = {
            "govcheck": [govcheck],
            "govcheck --ignore dependencies": [govcheck, "--ignore", "dependencies"],
        }
        print(f"## What dependencies add on a repository of {len(SMALL | ORDINARY)} files\n")
        target = Target("govcheck", 1.75, "govcheck --ignore dependencies")
        _print_table(_measure(commands, root, 2 * runs), (target,))


def _checks(scripts: Path, root: Path, runs: int) -> None:
    """Calls and lengths of test files, against a script that does the same with `ast`."""
    _write(root, {"govcheck.toml": CHECKS})
    _track(root)
    check = [str(scripts / "govcheck"), "--select", "checks", "--output-format", "concise"]
    commands = {
        "govcheck --select checks": check,
        "the same, --no-cache": [*check, "--no-cache"],
        "a script with ast": [str(scripts / "python"), "-c", _HYGIENE],
    }
    print(f"## Calls and lengths in the tests of {root.name}, {runs} runs\n")
    _print_table(
        _measure(commands, root, runs),
        (
            Target("govcheck --select checks", 1 / 2, "a script with ast"),
            Target("the same, --no-cache", 1, "a script with ast"),
        ),
    )


def _imports(scripts: Path, root: Path, runs: int) -> None:
    """Layers of packages, against import-linter, if installed, which also follows chains."""
    _write(root, {"govcheck.toml": LAYERS, ".importlinter": IMPORT_LINTER})
    _track(root)
    check = [str(scripts / "govcheck"), "--select", "checks", "--output-format", "concise"]
    commands: dict[str, Sequence[str]] = {
        "govcheck, layers": check,
        "the same, --no-cache": [*check, "--no-cache"],
    }
    targets = []
    if linter := _peer("lint-imports"):
        commands["lint-imports, no cache"] = [linter, "--no-cache"]
        targets.append(Target("govcheck, layers", 1, "lint-imports, no cache"))
        targets.append(Target("the same, --no-cache", 2.5, "lint-imports, no cache"))
    print(f"## Layers of the packages of {root.name}, {runs} runs\n")
    _print_table(_measure(commands, root, runs), targets)


def _documents(scripts: Path, runs: int) -> None:
    """Many documents, against rumdl and docs-drift, which check links and more, if installed."""
    documents = {"govcheck.toml": ""} | _pages()
    size = sum(map(len, documents.values())) / 1e6
    links = ("--select", "broken-link,broken-anchor")
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _write(root, documents)
        _track(root)
        check = [str(scripts / "govcheck"), "--no-cache", "--output-format", "concise"]
        commands: dict[str, Sequence[str]] = {
            "govcheck, links and anchors": [*check, *links],
            "govcheck --select docs": [*check, "--select", "docs"],
        }
        targets = [Target("govcheck --select docs", 2.5, "govcheck, links and anchors")]
        if rumdl := _peer("rumdl"):
            name = "rumdl, links and anchors"
            commands[name] = [rumdl, "check", "--no-cache", "--enable", "MD051,MD057", "."]
            commands["rumdl, all rules"] = [rumdl, "check", "--no-cache", "."]
            targets.append(Target("govcheck, links and anchors", 4, name))
            targets.append(Target("govcheck --select docs", 3, "rumdl, all rules"))
        print(f"## {len(documents) - 1} documents of {size:.1f} MB, {runs} runs\n")
        measured = _measure(commands, root, runs)
        if docs_drift := _peer("docs-drift"):  # once, and last: it takes long, and leaves files
            name = "docs-drift, once"
            measured[name] = Measured(*_timed([docs_drift, "check"], root))
            targets.append(Target("govcheck --select docs", 1 / 5, name))
        _print_table(measured, targets)


def _markers(scripts: Path, runs: int) -> None:
    """Marks of many tests, against pytest collecting them, of which a part must bear a marker."""
    tests = _tests()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _write(root, {"govcheck.toml": MARKERS, "pytest.ini": MARKERS_INI} | tests)
        _track(root)
        check = [str(scripts / "govcheck"), "--select", "markers", "--output-format", "concise"]
        commands: dict[str, Sequence[str]] = {
            "govcheck --select markers": check,
            "the same, --no-cache": [*check, "--no-cache"],
        }
        if pytest := _peer("pytest"):
            commands["pytest --collect-only"] = [pytest, "--collect-only", "-q"]
        print(f"## Marks of the tests in {len(tests)} files, {runs} runs\n")
        _print_table(
            _measure(commands, root, runs),
            (
                Target("govcheck --select markers", 1 / 10, "pytest --collect-only"),
                Target("the same, --no-cache", 1 / 4, "pytest --collect-only"),
            ),
        )


def _tests() -> dict[str, str]:
    """Modules with marks at each level; the classes of a tenth inherit from one in a base."""
    functions = "".join(
        f"{'@pytest.mark.slow' if n % 5 == 0 else '@pytest.mark.parametrize(`a`, [1, 2])'}\n"
        f"def test_{n}({'tmp_path' if n % 5 == 0 else 'a'}):\n    values = [str(n) for n in "
        f"range({n})]\n    assert len(values) == {n}\n\n\n"
        for n in range(20)
    ).replace("`", "'")
    methods = "".join(
        f"    def test_{n}(self):\n        assert [{n}] == list(range({n}, {n + 1}))\n\n"
        for n in range(10)
    )
    base = f"import pytest\n\n\n@pytest.mark.fast\nclass Base:\n{methods}"
    head = "import pytest\nfrom tests.base import Base\n\npytestmark = [pytest.mark.fast]\n\n\n"
    heir = "class TestHeir(Base):\n    def test_more(self):\n        assert True\n"
    own = f"class TestOwn:\n{methods}"
    modules = {
        f"tests/part{n % 20}/test_{n}.py": head + functions + (own if n % 10 else heir)
        for n in range(400)
    }
    packages = {f"{folder}/__init__.py": "" for folder in ("tests", *{
        path.rpartition("/")[0] for path in modules})}  # fmt: skip
    return {"tests/base.py": base, **packages, **modules}


def _pages() -> dict[str, str]:
    """Documents with what documents have; one link in a hundred is broken."""
    page = (
        "# Page {0}\n\nSee [the next one](page{1}.md#use-it), [this](#use-it) and `src/app.py`.\n\n"
        "## Use it\n\n```bash\npip install app && app --help > out.txt\n```\n\n"
        "| name | meaning |\n| ---- | ------- |\n| `a`  | first   |\n| `b`  | second  |\n\n"
        "- [x] done\n- [ ] not yet\n\n"
    )
    prose = "Words about what the program does, *how* it is run, and `why`.\n" * 20
    return {
        f"docs/page{number}.md": page.format(number, number + 1 if number % 100 else -1) + prose
        for number in range(5000)
    }


def _manifests() -> dict[str, str]:
    """Five hundred of the usual kinds, and a lock file."""
    names = [f"package-{number}" for number in range(40)]
    wanted = [f"{name}>={number},<{number + 2}" for number, name in enumerate(names)]
    project = "[project]\nname = 'a{0}'\nrequires-python = '>=3.12,<3.13'\ndependencies = [{1}]\n"
    quoted = "".join(f"\n    {each!r}," for each in (*wanted, "numpy>=1.26,<2"))
    image = "FROM python:3.12-slim\nRUN pip install --no-cache-dir 'numpy<2' 'websockets>=12,<16'\n"
    job = "    steps:\n      - run: pip install 'numpy<2'\n"
    setup = (
        "      - uses: actions/setup-python@v5\n        with:\n          python-version: '3.12'\n"
    )
    entry = (
        '[[package]]\nname = "locked-{0}"\nversion = "1.{0}.0"\n'
        'source = {{ registry = "https://example.org/index" }}\nwheels = [\n{1}]\n\n'
    )
    wheel = (
        '    { url = "https://example.org/'
        + "a" * 120
        + '.whl", hash = "sha256:'
        + "0" * 64
        + '" },\n'
    )
    return {
        **{f"a{n}/pyproject.toml": project.format(n, quoted) for n in range(200)},
        **{f"a{n}/requirements.txt": "\n".join((*wanted, "numpy<2")) + "\n" for n in range(200)},
        **{f"a{n}/Dockerfile": image for n in range(50)},
        **{f".github/workflows/a{n}.yml": f"jobs:\n  a:\n{job}{setup}" for n in range(50)},
        "uv.lock": "version = 1\n\n" + "".join(entry.format(n, wheel * 10) for n in range(800)),
    }


def _long_names(count: int) -> list[str]:
    return [f"a{number}.py" for number in range(count)]


def _long_file() -> str:
    function = (
        "def f{0}(a, b):\n    total = a + b * {0}\n    if total > 3 and a:\n"
        "        return os.path.join(str(total), 'a')\n    for each in range(total):\n"
        "        print(each, total)\n    return None\n\n\n"
    )
    read = "if os.getenv('USE_MENU', '0') == '1':\n    print(1)\nelse:\n    print(2)\n"
    return "import os\n\n\n" + "".join(map(function.format, range(111))) + read


def _installed() -> Path:
    """The directory of scripts of an environment that holds this checkout's govcheck."""
    home = CACHE / "environment"
    if not home.exists():
        venv.create(home, with_pip=True)
    scripts = home / "bin"
    with tempfile.TemporaryDirectory() as directory:
        # Building in the checkout would leave files in it, and use those an earlier build left.
        source = Path(directory) / "govcheck"
        shutil.copytree(
            CHECKOUT,
            source,
            ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info"),
        )
        _run(scripts / "pip", "install", "-qq", str(source))
    return scripts


def _django(scripts: Path) -> Path:
    """A git repository of Django."""
    archives = CACHE / "archives"
    if not list(archives.glob("*.tar.gz")):
        _run(scripts / "pip", "download", "-qq", "--no-deps", "--no-binary", "django",
             "--dest", str(archives), DJANGO)  # fmt: skip
    archive = max(archives.glob("*.tar.gz"))
    root = CACHE / archive.name.removesuffix(".tar.gz")
    if not root.exists():
        with tarfile.open(archive) as sources:
            sources.extractall(CACHE, filter="data")
    return root


def _write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def _track(root: Path) -> None:
    _run("git", "-C", str(root), "init", "-q")
    _run("git", "-C", str(root), "add", "--all", "--force")


def _run(program: str | Path, *arguments: str) -> None:
    subprocess.run([str(program), *arguments], check=True, stdout=subprocess.DEVNULL)


def _peer(name: str) -> str | None:
    beside = os.path.dirname(sys.executable)
    return shutil.which(name, path=os.pathsep.join((beside, os.environ.get("PATH", ""))))


def _rule(flags: Sequence[str]) -> str:
    """The same search for ast-grep: names and whole strings. JSON is YAML."""
    names = {"regex": f"^({'|'.join(flags)})$"}
    kinds = [{"kind": kind, **names} for kind in ("identifier", "string_content")]
    return json.dumps({"id": "flags", "language": "python", "rule": {"any": kinds}})


def _measure(commands: Mapping[str, Sequence[str]], root: Path, runs: int) -> dict[str, Measured]:
    lines = {name: _timed(command, root)[1] for name, command in commands.items()}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(_timed(command, root)[0])
    return {name: Measured(median(times[name]), lines[name]) for name in commands}


def _timed(command: Sequence[str], root: Path) -> tuple[float, int]:
    """The CPU time of one run in milliseconds, and the number of lines that it printed.

    Raises:
        CalledProcessError: it failed; 1 is how searching tools say what they found.
    """
    environment = {
        name: value for name, value in os.environ.items() if name not in _NOT_IN_A_USERS_ENVIRONMENT
    }
    with tempfile.TemporaryFile() as output:  # what prints to /dev/null may search less
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        return 1000 * (usage.ru_utime + usage.ru_stime), output.read().count(b"\n")


def _print_table(measured: Mapping[str, Measured], targets: Sequence[Target]) -> None:
    targets = [target for target in targets if target.peer in measured]
    peers = list(dict.fromkeys(target.peer for target in targets))
    head = ["", "CPU ms", *(f"of {peer}" for peer in peers), "lines"]
    rows = [
        [name, f"{each.cpu:.0f}", *(f"{each.cpu / measured[peer].cpu:.2f}" for peer in peers),
         f"{each.lines}"]
        for name, each in measured.items()
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    _print_row(head, widths)
    print(f"|{'-' * (widths[0] + 2)}|" + "".join(f"{'-' * (width + 1)}:|" for width in widths[1:]))
    for row in rows:
        _print_row(row, widths)
    print()
    for target in targets:
        ratio = measured[target.command].cpu / measured[target.peer].cpu
        verdict = "met" if ratio <= target.factor else "MISSED"
        print(
            f"- {verdict}: {target.command} takes {ratio:.2f} of {target.peer}; "
            f"at most {target.factor:g}"
        )
    print()


def _print_row(cells: Sequence[str], widths: Sequence[int]) -> None:
    first = f"| {cells[0]:<{widths[0]}} |"
    rest = zip(cells[1:], widths[1:], strict=True)
    print(first + "".join(f" {cell:>{width}} |" for cell, width in rest), flush=True)


if __name__ == "__main__":
    sys.exit(main())
