"""A run that remembers says what one that reads everything anew says, only sooner."""

import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from govcheck import check, fix, registry
from govcheck.cli import run
from govcheck.disk import Tree
from govcheck.rule import Example
from tests.conftest import RETIRED, Repository, write

FILES = {
    "govcheck.toml": RETIRED,
    "app.py": 'import os\n\nMENU = os.environ.get("USE_MENU", "1") == "1"\nprint(MENU)\n',
    "other.py": "print('none')\n",
    "notes.txt": "nothing\n",
}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as if the files had been written a while ago."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60_000_000_000)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read."""
    paths: list[str] = []
    read = Tree.read

    def recorded(tree: Tree, path: str) -> bytes | None:
        paths.append(path)
        return read(tree, path)

    monkeypatch.setattr(Tree, "read", recorded)
    return paths


def _said(root: Path, *, cached: bool = True) -> list[str]:
    report = check(str(root), cached=cached)
    assert not report.problems
    return [f"{f.span.path}:{f.span.line}" for f in report.findings if f.rule == "retired-flag"]


def _cache_file() -> Path:
    [path] = (Path(os.environ["XDG_CACHE_HOME"]) / "govcheck").iterdir()
    return path


@pytest.mark.usefixtures("later")
def test_a_file_without_a_hit_is_read_once(repository: Repository, reads: list[str]) -> None:
    root = repository(FILES)
    assert _said(root) == ["app.py:3"]
    assert {"app.py", "other.py", "notes.txt"} <= set(reads)
    reads.clear()
    assert _said(root) == ["app.py:3"]
    assert not {"other.py", "notes.txt"} & set(reads)


def test_a_file_that_changed_just_now_is_read_again(
    repository: Repository, reads: list[str]
) -> None:
    root = repository(FILES)
    _said(root)
    reads.clear()
    _said(root)
    assert "other.py" in reads


def _same_size_and_time(path: Path) -> None:
    before = path.stat()
    path.write_text("os.getenv('USE_MENU')\n"[: before.st_size].ljust(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _another_inode(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_text(path.read_text())
    _same_size_and_time(other)
    other.replace(path)


def _edit(path: Path) -> None:
    path.write_text('print("USE_MENU")\n')


def _a_hit_that_moves(path: Path) -> None:
    app = path.with_name("app.py")
    app.write_text("\n" + app.read_text())
    _edit(path)


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("change", [_same_size_and_time, _another_inode, _edit, _a_hit_that_moves])
def test_a_change_is_noticed(repository: Repository, change: Callable[[Path], None]) -> None:
    root = repository({**FILES, "other.py": "print('none at all')   \n"})
    assert _said(root) == ["app.py:3"]
    time.sleep(0.02)  # as far as a file system tells times apart
    change(root / "other.py")
    said = _said(root)
    assert said == _said(root, cached=False)
    assert len(said) == 2


@pytest.mark.usefixtures("later")
def test_another_policy_is_another_question(repository: Repository) -> None:
    root = repository({**FILES, "other.py": 'print("USE_CHAT", "USE_LIST")\n'})
    assert _said(root) == ["app.py:3"]
    write(root, {"govcheck.toml": RETIRED + '[flags.USE_CHAT]\nstatus = "retired"\nvalue = true\n'})
    assert _said(root) == ["app.py:3", "other.py:1"]
    write(root, {"govcheck.toml": RETIRED + '[flags.USE_LIST]\nstatus = "retired"\nvalue = true\n'})
    assert _said(root) == ["app.py:3", "other.py:1"]
    write(root, {"govcheck.toml": RETIRED})
    assert _said(root) == ["app.py:3"]


EXAMPLES = [
    pytest.param(example, id=f"{name}: {example.title}")
    for name in registry.names()
    for example in registry.examples(name)
    if example.findings
]


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_remembered_as_it_was_found(
    example: Example, repository: Repository
) -> None:
    root = repository(example.files)
    today = date.fromisoformat(example.today)
    plain = check(str(root), today=today).findings
    assert check(str(root), today=today, cached=True).findings == plain
    assert check(str(root), today=today, cached=True).findings == plain
    fix(str(root), today=today, cached=True)
    plain = check(str(root), today=today).findings
    assert check(str(root), today=today, cached=True).findings == plain


@pytest.mark.usefixtures("later")
def test_a_run_of_all_rules_does_not_make_narrower_ones_forget(
    repository: Repository, reads: list[str]
) -> None:
    root = repository({**FILES, "README.md": "# Menu\n\nSee [the app](app.py) and `other.py`.\n"})
    runs = [[], ["docs"], ["retired-flag"], ["markers"]]
    for select in runs:
        check(str(root), select=select, cached=True)
    kept = _cache_file().stat().st_size
    reads.clear()
    for select in runs * 2:
        check(str(root), select=select, cached=True)
    assert "notes.txt" not in reads
    assert _cache_file().stat().st_size == kept


@pytest.mark.usefixtures("later")
def test_answers_about_files_that_changed_or_went_are_forgotten_in_time(
    repository: Repository,
) -> None:
    root = repository(FILES)
    _said(root)
    kept = _cache_file().stat().st_size
    for number in range(12):
        write(root, {"other.py": f"print({number:0{number + 1}})\n", f"{number}.py": "USE_MENU\n"})
        assert _said(root) == [f"{number}.py:1", "app.py:3"]
        check(str(root), select=["docs"], cached=True)
        (root / f"{number}.py").unlink()
    assert _said(root) == ["app.py:3"]
    assert _cache_file().stat().st_size < 3 * kept


@pytest.mark.usefixtures("later")
def test_the_cache_keeps_what_was_asked_last_where_there_is_no_room_for_all(
    repository: Repository, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(FILES)
    for number in range(9):
        flag = f'[flags.USE_{number}]\nstatus = "retired"\nvalue = true\n'
        write(root, {"govcheck.toml": RETIRED + flag})
        assert _said(root) == ["app.py:3"]
        room = _cache_file().stat().st_size
        monkeypatch.setattr("govcheck.cache._MAX_BYTES", room)
        reads.clear()
        assert _said(root) == ["app.py:3"]
        assert "notes.txt" not in reads


def _garble(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"other.py", b"app.py:)"))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _nest(path: Path) -> None:
    path.write_bytes(b"[" * 100_000 + b"\n" + b"[" * 100_000)


def _link(path: Path) -> None:
    path.rename(path.with_suffix(".old"))
    path.symlink_to(path.with_suffix(".old"))


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _another_version(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"program": [', b'"program": ["0", '))


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    "spoil", [_garble, _truncate, _nest, _link, _fifo, _directory, _another_version]
)
def test_a_cache_that_is_not_what_was_written_is_empty(
    repository: Repository, reads: list[str], spoil: Callable[[Path], None]
) -> None:
    root = repository(FILES)
    _said(root)
    spoil(_cache_file())
    reads.clear()
    assert _said(root) == ["app.py:3"]
    assert "other.py" in reads


@pytest.mark.usefixtures("later")
def test_a_cache_that_cannot_be_written_is_forgotten(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    assert _said(repository(FILES)) == ["app.py:3"]


@pytest.mark.usefixtures("later")
def test_a_cache_in_the_checkout_itself_is_not_used(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(FILES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
    _said(root)
    assert not (root / "cache").exists()


@pytest.mark.usefixtures("later")
def test_no_cache_neither_reads_nor_writes_it(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    root = repository(FILES)
    monkeypatch.chdir(root)
    assert run(["--no-cache", "--quiet"]) == 1
    assert not Path(os.environ["XDG_CACHE_HOME"]).exists()
    assert run(["--quiet"]) == 1
    assert _cache_file().stat().st_mode & 0o777 == 0o600
    reads.clear()
    assert run(["--no-cache", "--quiet"]) == 1
    assert "other.py" in reads


@pytest.mark.usefixtures("later")
def test_the_caches_of_checkouts_that_nobody_uses_go(repository: Repository) -> None:
    home = Path(os.environ["XDG_CACHE_HOME"]) / "govcheck"
    write(home, {"old-00000000.json": "", "young-00000000.json": ""})
    long_ago = time.time() - 31 * 24 * 60 * 60
    os.utime(home / "old-00000000.json", (long_ago, long_ago))
    _said(repository(FILES))
    assert {path.name[:5] for path in home.iterdir()} == {"young", "repos"}
