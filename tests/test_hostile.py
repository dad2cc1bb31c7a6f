"""Repositories that mean harm, or are merely broken: a clear line each, and nothing lost."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from govcheck import check, fix
from govcheck.cli import run
from govcheck.report import Report
from tests.conftest import RETIRED, Repository, write

DEEP = 100_000
FLOOD = "over 10000 findings: only these are listed"


def _by_path(report: Report) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in report.findings:
        found.setdefault(each.span.path, []).append(each.rule)
    return found


BOMBS = {
    "brackets.py": "x = " + "(" * DEEP + "USE_MENU" + ")" * DEEP,
    "operators.py": "x = " + "-" * DEEP + "USE_MENU",
    "attributes.py": "USE_MENU = a" + ".b" * DEEP,
    "sums.py": "USE_MENU = 1" + " + 1" * DEEP,
    "brackets.toml": "USE_MENU = " + "[" * DEEP + "]" * DEEP,
    "dotted.toml": "USE_MENU." + "a." * DEEP + "b = 1",
    "brackets.yaml": "USE_MENU: " + "[" * DEEP + "]" * DEEP,
    "dashes.yaml": "USE_MENU:\n  " + "- " * DEEP + "1",
    "anchors.yaml": "USE_MENU: 1\na0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)),
    "merges.yaml": "USE_MENU: 1\na0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)),
    "cycle.yaml": "USE_MENU: &a [*a]\n",
    "brackets.json": '{"USE_MENU": ' + "[" * DEEP + "]" * DEEP + "}",
    "long.env": "USE_MENU=" + "x" * 1_000_000,
    "quotes.env": "USE_MENU='" + "\\'" * 100_000,
    "lines.Dockerfile": "ENV USE_MENU=1 \\\n" * 20_000,
    "spaces.md": "USE_MENU " + "`" * 50_000 + " " * 50_000 + "<!--" * 5_000,
    "words.md": "USE_MENU will be " * 20_000,
    "nul.py": "USE_MENU\0",
    "number.toml": "USE_MENU = 1\nx = " + "9" * 10_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_is_built_to_break_a_parser_is_found_or_said_to_be_unchecked(
    name: str, repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED, name: BOMBS[name], "app.py": "USE_MENU\n"})
    began = time.process_time()
    report = check(str(root))
    assert {problem.message for problem in report.problems} <= {FLOOD}
    found = _by_path(report)
    assert found["app.py"] == ["retired-flag"]
    if name == "nul.py":
        assert name not in found
    else:
        assert set(found[name]) <= {"retired-flag", "unchecked-file"}
        assert found[name]
    assert time.process_time() - began < 20


def test_fixing_leaves_a_bomb_alone_and_mends_the_rest(repository: Repository) -> None:
    floods = ("lines.Dockerfile", "words.md")
    files = {name: text for name, text in BOMBS.items() if name not in floods}
    root = repository({"govcheck.toml": RETIRED, **files, "a.env": "USE_MENU=1\nB=1\n"})
    report = fix(str(root))
    assert (root / "a.env").read_text() == "B=1\n"
    changed = {change.path for change in report.changes}
    for name in files.keys() - changed:
        assert (root / name).read_text() == files[name]


def test_names_that_break_lines_quotes_or_terminals_are_told_apart(
    repository: Repository,
) -> None:
    names = ["a\nb.env", "%0A.env", "<script>.env", "\x1b[31m.env", "'; rm -rf ~.env", "-.env"]
    root = repository({"govcheck.toml": RETIRED, **dict.fromkeys(names, "USE_MENU=1\n")})
    assert set(_by_path(check(str(root)))) == set(names)
    assert {change.path for change in fix(str(root)).changes} == set(names)


def test_a_name_that_is_no_text_is_found_and_fixed(repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED})
    raw = os.fsencode(root) + b"/caf\xe9.env"
    with open(raw, "wb") as file:
        file.write(b"USE_MENU=1\n")
    assert [os.fsencode(path) for path in _by_path(check(str(root)))] == [b"caf\xe9.env"]
    fix(str(root))
    with open(raw, "rb") as file:
        assert file.read() == b""


def test_a_flood_of_findings_is_cut_and_said_to_be(repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED, "a.py": "USE_MENU\n" * 10_500})
    report = check(str(root))
    assert len(report.findings) == 10_000
    assert [problem.message for problem in report.problems] == [FLOOD]
    assert report.exit_code == 2


def test_a_file_that_cannot_be_decoded_is_said_to_be_unchecked(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": RETIRED,
            "a.py": "# coding: rot13\nUSE_MENU\n",
            "b.py": b"# coding: utf-8\n\xff USE_MENU\n",
            "c.py": b"\xef\xbb\xbf\xff USE_MENU\n",
        }
    )
    report = check(str(root))
    assert [(f.span.path, f.rule) for f in report.findings] == [
        (name, "unchecked-file") for name in ("a.py", "b.py", "c.py")
    ]


def test_a_link_is_not_written_through(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path / "outside.env"
    outside.write_text("USE_MENU=1\n")
    root = repository({"govcheck.toml": RETIRED})
    (root / "link.env").symlink_to(outside)
    fix(str(root))
    assert outside.read_text() == "USE_MENU=1\n"


def test_a_file_that_changes_while_it_is_fixed_keeps_the_other_change(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({"govcheck.toml": RETIRED, "a.env": "USE_MENU=1\n", "b.env": "USE_MENU=1\n"})
    replace = os.replace

    def meanwhile(*arguments: object, **keywords: object) -> None:
        (root / "b.env").write_text("edited\n")
        replace(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "replace", meanwhile)
    report = fix(str(root))
    assert (root / "a.env").read_text() == ""
    assert (root / "b.env").read_text() == "edited\n"
    assert [(p.path, p.message) for p in report.problems] == [
        ("b.env", "not changed: it has changed since it was read")
    ]
    assert report.exit_code == 2


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_or_read_only_disk_loses_nothing_and_says_so(
    code: int, repository: Repository, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = repository({"govcheck.toml": RETIRED, "a.env": "USE_MENU=1\nB=1\n"})
    opened = os.open

    def fail(path: str, flags: int, *arguments: int, **keywords: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(code, os.strerror(code))
        return opened(path, flags, *arguments, **keywords)

    monkeypatch.chdir(root)
    monkeypatch.setattr(os, "open", fail)
    assert run(["--fix"]) == 2
    monkeypatch.undo()
    assert (root / "a.env").read_text() == "USE_MENU=1\nB=1\n"
    out = capsys.readouterr().out
    assert f"a.env: not changed: {os.strerror(code)}" in out
    assert "retired-flag" in out


def test_a_real_limit_on_writing_loses_nothing(repository: Repository) -> None:
    text = "USE_MENU=1\n" + "A=1\n" * 4096
    root = repository({"govcheck.toml": RETIRED, "a.env": text})
    done = subprocess.run(
        [sys.executable, "-m", "govcheck", "--fix"],
        cwd=root,
        capture_output=True,
        check=False,
        timeout=60,
        preexec_fn=_limit_files,
    )
    assert done.returncode == 2
    assert b"a.env: not changed: File too large" in done.stdout
    assert (root / "a.env").read_text() == text
    assert sorted(path.name for path in root.iterdir()) == [".git", "a.env", "govcheck.toml"]


def _limit_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_killing_fix_at_any_moment_leaves_every_file_old_or_new(repository: Repository) -> None:
    old, new = "USE_MENU=1\n" + "A=1\n" * 500, "A=1\n" * 500
    names = [f"{number:02}.env" for number in range(40)]
    root = repository({"govcheck.toml": RETIRED, **dict.fromkeys(names, old)})
    for attempt in range(14):
        write(root, dict.fromkeys(names, old))
        process = subprocess.Popen(
            [sys.executable, "-m", "govcheck", "--fix", "-q"], cwd=root, stdout=subprocess.DEVNULL
        )
        time.sleep(0.12 + 0.02 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert {(root / name).read_text() for name in names} <= {old, new}
    # A run that is not killed mends what is left, also what the killed ones left behind.
    fix(str(root))
    assert {(root / name).read_text() for name in names} == {new}
    assert not list(root.glob(".govcheck-*"))


def test_what_a_killed_run_left_is_not_looked_at(repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED, ".govcheck-1-ab.tmp": "USE_MENU=1\n"})
    assert not check(str(root)).findings


def test_a_repository_of_many_files_is_checked_with_few_handles(repository: Repository) -> None:
    files = {f"{n % 50}/{n}.py": f"x = {n}\n" for n in range(2000)}
    root = repository({"govcheck.toml": RETIRED, **files})
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))\n"
        "from govcheck.cli import run\n"
        "sys.exit(run(['--output-format', 'json']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"] == []
