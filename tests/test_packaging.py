"""The wheel: everything that runs is in it, and it runs where nothing else is installed."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from os import environ, fsdecode
from pathlib import Path
from zipfile import ZipFile

import pytest

from govcheck import __version__
from tests.conftest import RETIRED, Repository, commit, run_git, write

CHECKOUT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


def checkout_files() -> list[str]:
    """The files of the checkout under test, with what is not committed yet."""
    # The owner of a checkout that is mounted into a container is not the one who runs the tests.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-c", "-o", "--exclude-standard"]
    done = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, timeout=60)
    listed = set(fsdecode(done.stdout).split("\0"))
    return sorted(path for path in listed if path and (CHECKOUT / path).is_file())


def copy_checkout(target: Path) -> str:
    """Copy the checkout under test to a repository of its own, and give its one commit."""
    for path in checkout_files():
        copy = target / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / path, copy)
    run_git(target, "init", "-q", "-b", "main")
    commit(target)
    return run_git(target, "rev-parse", "HEAD").strip()


@contextmanager
def once(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A directory that all tests of this run share, and whether it is still to be filled.

    Of several test processes one fills it and the others wait.
    """
    base = factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in environ else base) / name
    with open(f"{shared}.lock", "w") as lock:
        flock(lock, LOCK_EX)
        done = shared / "done"
        fresh = not done.exists()
        shared.mkdir(exist_ok=True)
        yield shared, fresh
        done.touch()


@pytest.fixture
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with once(tmp_path_factory, "wheel") as (shared, fresh):
        if fresh:
            copy_checkout(shared / "checkout")
            _pip("wheel", "-q", "--no-deps", "-w", str(shared), str(shared / "checkout"))
    [built] = shared.glob("*.whl")
    return built


@pytest.fixture
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment that holds the wheel and what it asks for."""
    with once(tmp_path_factory, "environment") as (shared, fresh):
        if fresh:
            subprocess.run(
                [sys.executable, "-m", "venv", "--without-pip", shared], check=True, timeout=60
            )
            python = str(shared / "bin" / "python")
            _pip("--python", python, "install", "-q", "--no-compile", str(wheel))
    return shared / "bin"


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, timeout=300)


def test_the_declared_packages_are_the_folders_that_hold_modules() -> None:
    folders = {
        str(Path(path).parent)
        for path in checkout_files()
        if path.startswith(("govcheck/", "rules/")) and path.endswith(".py")
    }
    found = {_in_wheel(folder).replace("/", ".") for folder in folders}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


def test_the_wheel_holds_both_folders_whole_and_nothing_else(wheel: Path) -> None:
    files = {
        _in_wheel(path) for path in checkout_files() if path.startswith(("govcheck/", "rules/"))
    }
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == files
    assert {"govcheck/py.typed", "govcheck/rules/flags/retired_flag.py"} < packed
    assert {Path(name).suffix for name in packed - {"govcheck/py.typed"}} == {
        ".py",
        ".toml",
        ".json",
    }


def test_the_wheel_is_for_any_machine_and_names_the_command(wheel: Path) -> None:
    assert wheel.name == f"govcheck-{__version__}-py3-none-any.whl"
    with ZipFile(wheel) as archive:
        about = f"govcheck-{__version__}.dist-info"
        names = archive.namelist()
        points = ConfigParser()
        points.read_string(archive.read(f"{about}/entry_points.txt").decode())
    assert dict(points["console_scripts"]) == {"govcheck": "govcheck.__main__:main"}
    assert f"{about}/licenses/LICENSE" in names


def test_the_installed_command_tells_its_version(installed: Path, tmp_path: Path) -> None:
    assert _run(tmp_path, installed / "govcheck", "--version") == (0, f"govcheck {__version__}\n")


def test_the_installed_module_knows_every_rule(installed: Path, tmp_path: Path) -> None:
    code, out = _run(tmp_path, installed / "python", "-m", "govcheck", "rules")
    rules = {path.stem.replace("_", "-") for path in (CHECKOUT / "rules").glob("*/[!_]*.py")}
    assert code == 0
    assert rules <= set(out.split())


def test_every_module_imports_where_only_what_the_wheel_asks_for_is_installed(
    installed: Path, tmp_path: Path
) -> None:
    program = (
        "import govcheck, importlib, pkgutil\n"
        "for each in pkgutil.walk_packages(govcheck.__path__, 'govcheck.'):\n"
        "    print(importlib.import_module(each.name).__name__)\n"
    )
    code, out = _run(tmp_path, installed / "python", "-c", program)
    assert code == 0
    assert {"govcheck.python.module", "govcheck.rules.flags.retired_flag"} < set(out.split())


def test_the_installed_command_checks_and_mends(installed: Path, repository: Repository) -> None:
    env = "A=1\nUSE_MENU=true\n"
    root = repository(
        {"govcheck.toml": 'extends = ["builtin:recommended"]\n' + RETIRED, ".env": env}
    )
    command = installed / "govcheck"
    code, out = _run(root, command, "--output-format", "sarif")
    assert code == 1
    assert '"ruleId": "retired-flag"' in out
    assert _run(root, command, "--fix")[0] == 0
    assert (root / ".env").read_text() == "A=1\n"
    write(root, {"govcheck.toml": "[flag.USE_MENU]\n"})
    assert _run(root, command)[0] == 2


def test_what_is_installed_reads_every_format_and_shows_colours(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parsers are imported when they are needed; outside git also the one of .gitignore."""
    formats = {
        ".env": "USE_MENU=1\n",
        "app.py": 'import os\nos.environ["USE_MENU"]\n',
        "compose.yaml": 'services: {a: {environment: {USE_MENU: "1"}}}\n',
        "settings.ini": "[a]\nUSE_MENU = 1\n",
        "settings.json": '{"USE_MENU": true}\n',
        "settings.toml": "USE_MENU = true\n",
    }
    write(tmp_path, {"govcheck.toml": RETIRED, ".gitignore": "ignored\n", "ignored": "", **formats})
    command = installed / "govcheck"
    code, out = _run(tmp_path, command, "--output-format", "concise")
    assert code == 1
    assert {line.partition(":")[0] for line in out.splitlines()} == set(formats)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in _run(tmp_path, command, "explain", "retired-flag")[1]


def _in_wheel(path: str) -> str:
    return f"govcheck/{path}" if path.split("/")[0] == "rules" else path


def _run(root: Path, *command: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        command, cwd=root, capture_output=True, check=False, text=True, timeout=60
    )
    return done.returncode, done.stdout
