"""The plan: what becomes of each item and why, and that nothing is changed or followed."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcheck.cli import run
from govcheck.retention import naming
from tests.conftest import Repository, commit, write

NOW = datetime(2025, 10, 5, tzinfo=UTC)
TODAY = "2025-10-05"
REAL = Path(__file__).with_name("retention_policy.toml").read_text()

Planned = Callable[..., dict[str, tuple[str, str]]]


@pytest.fixture
def planned(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Planned:
    """The plan of a repository: the action and the reasons of each path."""

    def plan(root: Path, *options: str, today: str = TODAY) -> dict[str, tuple[str, str]]:
        monkeypatch.chdir(root)
        run(["retention", "plan", "--output-format", "json", "--today", today, *options])
        said: dict[str, Any] = json.loads(capsys.readouterr().out)
        return {
            each["path"]: (each["action"], "; ".join(each["reasons"])) for each in said["items"]
        }

    return plan


def age(root: Path, path: str, days: float, size: int = 10) -> None:
    """Write a file that is so many days old."""
    write(root, {path: "x" * size})
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(root / path, (moment, moment))


def store(keys: str, name: str = "s") -> str:
    """A policy with one store."""
    return f"[retention.stores.{name}]\npath = '{name}'\n{keys}\n"


def test_a_real_policy_is_expressed_whole_and_carried_out(
    repository: Repository, planned: Planned
) -> None:
    root = repository({"govcheck.toml": REAL})
    for name in (
        "20251004_151054", "20250925_020000", "20250906_120000", "20250901_020000",
        "20250905_120000", "20250801_020000", "20250801_030000", "20241001_020000",
        "20250101_120000", "20250710_120000.critical", "20250601_120000.critical",
        "20251301_000000", "research_models", "20250602_000000",
    ):  # fmt: skip
        age(root, f"backups/{name}/state.json", 1)
    age(root, "backups/20250602_000000/.incident", 1)
    age(root, "backups/20250912_020000.backup", 1)
    age(root, "backups/archive/20250802_020000.tar.gz", 1)
    age(root, "backups/archive/20250910_020000.tar.gz", 1)
    age(root, "backups/archive/MANIFEST.json", 400)
    age(root, "logs/perps_bot_20251004.log", 1)
    age(root, "logs/perps_bot_20250910.log", 25)
    age(root, "logs/.perps_bot_20250910.log.incident", 25)
    age(root, "logs/old.log", 14.1)
    for end in ("", ".head", ".1"):
        age(root, f"logs/cleanup_audit.log{end}", 500)
    age(root, "logs/errors/old.log", 31)
    age(root, "logs/errors/new.log", 29)
    age(root, "logs/incidents/2025-06-01/a.log", 91)
    age(root, "cache/a/old", 7.1)
    age(root, "cache/a/new", 6.9)
    age(root, "data/universe/old.json", 5000)
    age(root, "data_storage/ohlcv/btc.parquet", 91)
    age(root, "data_storage/ohlcv/eth.parquet", 89)
    age(root, ".mypy_cache/3.12/a.json", 5000)
    plan = planned(root)
    assert {path: action for path, (action, _) in plan.items() if path.startswith("backups")} == {
        "backups/20241001_020000": "remove",
        "backups/20250101_120000": "hold",
        "backups/20250601_120000.critical": "archive",
        "backups/20250602_000000": "hold",
        "backups/20250710_120000.critical": "hold",
        "backups/20250801_020000": "archive",
        "backups/20250801_030000": "remove",
        "backups/20250901_020000": "archive",
        "backups/20250905_120000": "archive",
        "backups/20250906_120000": "archive",
        "backups/20250912_020000.backup": "archive",
        "backups/20250925_020000": "archive",
        "backups/20251004_151054": "keep",
        "backups/20251301_000000": "keep",
        "backups/archive/20250802_020000.tar.gz": "remove",
        "backups/archive/20250910_020000.tar.gz": "keep",
        "backups/research_models": "keep",
    }
    assert plan["backups/20250710_120000.critical"][1].startswith(
        "holds: label critical keep = 90d (govcheck.toml:"
    )
    assert "within-monthly = 1y" in plan["backups/20250801_020000"][1]
    assert plan["backups/20251301_000000"][1].startswith("no item")
    rest = {p: a for p, (a, _) in plan.items() if not p.startswith("backups") and a != "keep"}
    assert rest == {
        "logs/perps_bot_20250910.log": "remove",
        "logs/old.log": "remove",
        "logs/errors/old.log": "remove",
        "logs/incidents/2025-06-01/a.log": "remove",
        "cache/a/old": "remove",
        "data_storage/ohlcv/btc.parquet": "archive",
        ".mypy_cache/3.12": "hold",
    }
    assert ".mypy_cache/3.12" in planned(root, "--store", "tool-caches")
    cleared = planned(root, "--event", "deploy")
    assert {path: action for path, (action, _) in cleared.items()} == {
        "cache/a/old": "remove",
        "cache/a/new": "remove",
    }


def test_a_plan_changes_nothing_and_follows_no_link(
    repository: Repository, planned: Planned, tmp_path: Path
) -> None:
    root = repository({"govcheck.toml": store("keep = { within = '7d' }")})
    age(tmp_path, "outside/old", 400)
    age(root, "s/a/old", 400)
    (root / "s/dir").symlink_to(tmp_path / "outside")
    (root / "s/file").symlink_to(tmp_path / "outside/old")
    (root / "s/dangling").symlink_to("nowhere")
    os.mkfifo(root / "s/pipe")
    before = _state(root)
    assert {path: action for path, (action, _) in planned(root).items()} == {
        "s/a/old": "remove",
        "s/dir": "keep",
        "s/file": "keep",
        "s/dangling": "keep",
        "s/pipe": "keep",
    }
    assert _state(root) == before


def _state(root: Path) -> dict[Path, tuple[int, ...]]:
    """All but the times of last use, which reading changes."""
    found = {path: path.lstat() for path in root.rglob("*") if ".git" not in path.parts}
    return {
        p: (s.st_mode, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for p, s in found.items()
    }


def test_a_store_that_is_a_link_or_holds_its_way_through_one_is_an_error(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository({"govcheck.toml": store("keep = { within = '7d' }"), "real/old": "x"})
    (root / "s").symlink_to("real")
    monkeypatch.chdir(root)
    assert run(["retention"]) == 2
    assert "s: s is a link" in capsys.readouterr().err
    assert run(["--select", "retention-overdue"]) == 1
    assert "not looked at: s: s is a link" in capsys.readouterr().out


def test_names_are_taken_as_they_are(repository: Repository, planned: Planned) -> None:
    root = repository({"govcheck.toml": store("keep = { within = '7d' }")})
    names = [
        "report ",
        "report",
        "a\n",
        "-rf",
        "z\ny",
        "ok[1].log",
        os.fsdecode(b"\xff"),
        "é" * 100,
    ]
    for number, name in enumerate(names):
        age(root, f"s/{name}", 30 if number % 2 else 1)
    plan = planned(root)
    assert {name: plan[f"s/{name}"][0] for name in names} == {
        name: "remove" if number % 2 else "keep" for number, name in enumerate(names)
    }


@pytest.mark.parametrize(
    ("keep", "names", "removed"),
    [
        ("{ last = 2 }", ["20250101", "20250102", "20250103"], {"20250101"}),
        ("{ daily = 1, newest = 1 }", ["20250101", "20250102"], {"20250101"}),
        ("{ within = '30d', labels = ['x'] }", ["20250101.x", "20250102"], {"20250102"}),
        ("{ within = '30d' }", ["20250101", "20250102"], {"20250101"}),
        ("{ monthly = 'all' }", ["20250101", "20250102", "20250203"], {"20250102"}),
    ],
)
def test_the_time_is_in_the_name(
    keep: str, names: list[str], removed: set[str], repository: Repository, planned: Planned
) -> None:
    items = "items = { kind = 'directory', name = '%Y%m%d' }"
    root = repository({"govcheck.toml": store(f"{items}\nkeep = {keep}")})
    for name in names:
        (root / "s" / name).mkdir(parents=True)
    plan = planned(root)
    assert {n for n in names if plan[f"s/{n}"][0] == "remove"} == removed


def test_peers_are_asked_for_by_name(repository: Repository, planned: Planned) -> None:
    items = "items = { kind = 'directory', name = '%Y%m%dT%H%M%S%z' }"
    keep = "keep = { semantics = 'restic', within = '1m' }"
    root = repository({"govcheck.toml": store(f"{items}\n{keep}")})
    for name in ("20240331T120000+0000", "20240302T120000+0000", "20240302T120001+0000"):
        (root / "s" / name).mkdir(parents=True)
    plan = planned(root, today="2024-04-01")
    assert {path[2:17]: action for path, (action, _) in plan.items()} == {
        "20240331T120000": "keep",
        "20240302T120000": "remove",
        "20240302T120001": "keep",
    }


def test_a_peer_that_would_keep_nothing_is_refused(
    repository: Repository, planned: Planned, capsys: pytest.CaptureFixture[str]
) -> None:
    items = "items = { kind = 'directory', name = '%Y%m%d' }"
    keep = "keep = { semantics = 'restic', labels = ['nosuch'] }"
    root = repository({"govcheck.toml": store(f"{items}\n{keep}")})
    (root / "s/20240101").mkdir(parents=True)
    assert planned(root)["s/20240101"][0] == "error"
    assert run(["retention"]) == 2
    assert "1 in error" in capsys.readouterr().out


def test_a_cap_takes_the_oldest_down_to_the_low_mark_but_nothing_that_is_held(
    repository: Repository, planned: Planned
) -> None:
    keys = (
        "items = { name = ['*.log'] }\n"
        "keep = { within = '30d', newest = 1 }\n"
        "size-cap = { high = '40KiB', low = '20KiB' }\n"
        "holds = [{ names = ['a.log'], owner = 'ops' }]\n"
    )
    root = repository({"govcheck.toml": store(keys)})
    for number, name in enumerate("abcdef"):
        age(root, f"s/{name}.log", 20 - number, 8192)
    plan = planned(root)
    assert {path: action for path, (action, _) in plan.items()} == {
        "s/a.log": "hold",
        "s/b.log": "remove",
        "s/c.log": "remove",
        "s/d.log": "remove",
        "s/e.log": "remove",
        "s/f.log": "keep",
    }
    assert "size-cap.high = 40KiB (govcheck.toml:" in plan["s/b.log"][1]


def test_what_was_used_last_goes_last(repository: Repository, planned: Planned) -> None:
    keys = (
        "keep = { within = '30d' }\n"
        "size-cap = { high = '20KiB', low = '10KiB', order = 'least-recently-used' }\n"
    )
    root = repository({"govcheck.toml": store(keys)})
    for number, name in enumerate("abc"):
        age(root, f"s/{name}", 20 - number, 8192)
    used = (NOW - timedelta(days=2)).timestamp()
    os.utime(root / "s/a", (used, (NOW - timedelta(days=20)).timestamp()))
    assert [p for p, (action, _) in planned(root).items() if action == "keep"] == ["s/a"]


def test_implausible_times_are_left_to_people(repository: Repository, planned: Planned) -> None:
    root = repository({"govcheck.toml": store("keep = { within = '7d' }")})
    for name, moment in (("zero", 0), ("future", NOW.timestamp() + 9 * 86_400)):
        write(root, {f"s/{name}": ""})
        os.utime(root / "s" / name, (moment, moment))
    assert {path: action for path, (action, _) in planned(root).items()} == {
        "s/zero": "hold",
        "s/future": "hold",
    }


@pytest.mark.parametrize("semantics", ["govcheck", "restic", "borg", "rotate-backups"])
def test_times_beyond_all_years_to_come_end_no_plan(
    repository: Repository, planned: Planned, semantics: str
) -> None:
    keep = f"keep = {{ daily = 1, semantics = '{semantics}' }}"
    root = repository({"govcheck.toml": store(f"items = {{ name = 'f_%Y%m%d' }}\n{keep}")})
    for name in ("f_00010101", "f_99991231", "f_20250101", "f_20251004"):
        age(root, f"s/{name}", 1)
    os.utime(root / "s/f_20251004", (10_000_000_000, 10_000_000_000))  # the year 2286
    for time in ("name", "mtime"):
        policy = store(f"items = {{ name = 'f_%Y%m%d', time = '{time}' }}\n{keep}")
        write(root, {"govcheck.toml": policy})
        made = planned(root)
        assert len(made) == 4
        if semantics == "govcheck":
            last = "f_99991231" if time == "name" else "f_20251004"
            assert made[f"s/{last}"][0] == "hold", made


def test_where_nothing_new_arrives_nothing_is_removed(
    repository: Repository, planned: Planned
) -> None:
    items = "items = { kind = 'any', name = '%Y%m%d' }"
    root = repository(
        {"govcheck.toml": store(f"{items}\nkeep = {{ within = '7d' }}\nmax-silence = '2d'")}
    )
    for name in ("20250601", "20250602"):
        (root / "s" / name).mkdir(parents=True)
    assert "remove" not in {action for action, _ in planned(root).values()}
    (root / "s/20251004").mkdir()
    assert [action for action, _ in planned(root).values()] == ["remove", "remove", "keep"]


def test_the_newest_backup_stays_however_old(repository: Repository, planned: Planned) -> None:
    items = "items = { kind = 'directory', name = '%Y%m%d' }"
    root = repository({"govcheck.toml": store(f"{items}\nkeep = {{ within = '7d' }}")})
    for name in ("20250601", "20250602"):
        (root / "s" / name).mkdir(parents=True)
    assert {p: action for p, (action, _) in planned(root).items()} == {
        "s/20250601": "remove",
        "s/20250602": "keep",
    }


def test_what_git_tracks_is_held(repository: Repository, planned: Planned) -> None:
    root = repository({"govcheck.toml": store("keep = { within = '7d' }"), "s/tracked": "x"})
    commit(root)
    age(root, "s/tracked", 30)
    age(root, "s/other", 30)
    assert {path: action for path, (action, _) in planned(root).items()} == {
        "s/tracked": "hold",
        "s/other": "remove",
    }


def test_a_store_inside_another_one_is_its_own(repository: Repository, planned: Planned) -> None:
    policy = store("keep = { within = '7d' }\nexclude = ['keep/**']") + (
        "[retention.stores.inner]\npath = 's/inner'\nkeep = 'forever'\n"
    )
    root = repository({"govcheck.toml": policy})
    for path in ("s/old", "s/inner/old", "s/keep/old", "s/.govcheck-trash/1/old"):
        age(root, path, 30)
    assert {path: action for path, (action, _) in planned(root).items()} == {
        "s/old": "remove",
        "s/inner/old": "keep",
    }


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("keep = { within = '30' }", "'30' is no duration"),
        ("keep = { }", "this keeps nothing"),
        ("keep = 'for ever'", "expected a table, forever or on-demand"),
        ("keep = { within = '30d', montly = 3 }", "unknown key 'montly' (did you mean 'monthly'?)"),
        ("keep = { last = -1 }", "write 'all' for no limit"),
        ("keep = { last = 1 }\nitems = { name = '%Q' }", "'%Q' is not read"),
        ("keep = { last = 1 }\nitems = { name = '%H%M' }", "names no day"),
        ("keep = { last = 1 }\nsize-cap = { high = '1GB', low = '2GB' }", "is above the high one"),
        ("keep = { last = 1 }\narchive = { after = '1d', to = '/srv' }", "neither a directory"),
        ("keep = { last = 1 }\nholds = [{ keep = '1d' }]", "a hold needs"),
    ],
)
def test_a_wrong_clause_is_told_with_its_place(
    keys: str,
    message: str,
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repository({"govcheck.toml": store(keys)}))
    assert run(["retention"]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert f"govcheck.toml:{2 + len(keys.splitlines())}: " in said


@pytest.mark.parametrize("path", ["/var/log", "../logs", ".", ".git/x", "a//b"])
def test_a_store_is_below_the_root(
    path: str,
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy = f"[retention.stores.s]\npath = '{path}'\nkeep = {{ last = 1 }}\n"
    monkeypatch.chdir(repository({"govcheck.toml": policy}))
    assert run(["retention"]) == 2
    assert "is no directory below the root" in capsys.readouterr().err


def test_check_tells_by_its_exit_code(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository({"govcheck.toml": store("keep = { within = '7d' }")})
    monkeypatch.chdir(root)
    age(root, "s/old", 8, 5000)
    assert run(["retention", "--today", TODAY]) == 0
    assert run(["retention", "plan", "--check", "--today", TODAY]) == 1
    assert run(["retention", "--check", "--today", "2025-10-01"]) == 0
    said = capsys.readouterr().out
    assert "s: 1 to remove; 8.19 kB to be freed" in said
    assert "s/old  kept by no clause of keep (govcheck.toml:3): within 7d" in said
    assert said.endswith("Nothing is due.\n")


def test_bytes_of_a_file_with_several_names_are_freed_with_the_last_one(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository({"govcheck.toml": store("keep = { within = '7d' }")})
    monkeypatch.chdir(root)
    age(root, "s/a", 8, 5000)
    os.link(root / "s/a", root / "elsewhere")
    run(["retention", "--today", TODAY])
    assert "0 B to be freed" in capsys.readouterr().out
    os.rename(root / "elsewhere", root / "s/b")
    run(["retention", "--today", TODAY])
    assert "8.19 kB to be freed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options", [["--store", "x"], ["--event", "x"], ["--today", "soon"], ["pla"]]
)
def test_a_wrong_option_is_told(
    options: list[str],
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repository({"govcheck.toml": store("keep = { within = '7d' }")}))
    assert run(["retention", *options]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_init_proposes_a_store_for_each_directory_that_git_ignores(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository({".gitignore": "var/dumps/\n.venv/\n", "var/dumps/a": "", ".venv/a": ""})
    monkeypatch.chdir(root)
    assert run(["init"]) == 0
    proposed = '# [retention.stores.var-dumps]\n# path = "var/dumps"\n# keep = '
    assert proposed in (root / "govcheck.toml").read_text()
    assert ".venv" not in (root / "govcheck.toml").read_text()


def test_a_locked_parent_keeps_its_stores(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parent = 'locked = ["retention-policy"]\n' + store("keep = { within = '30d' }")
    child = 'extends = ["base.toml"]\n[retention.stores.s.keep]\nwithin = "1d"\n'
    monkeypatch.chdir(repository({"base.toml": parent, "govcheck.toml": child}))
    assert run(["retention"]) == 2
    assert "retention-policy is locked by base.toml" in capsys.readouterr().err


@given(
    st.lists(
        st.builds(
            str.format,
            st.sampled_from(["f_{}_{}.log"] * 8 + ["f_{}_{}.lo", "é_{}_{}.log", "f_{}-{}.log"]),
            st.dates(date(1970, 1, 1), date(2500, 1, 1)).map("{:%Y%m%d}".format)
            | st.sampled_from(["20250231", "2025 101", "20251301", "٢0250101"]),
            st.times().map("{:%H%M%S}".format) | st.sampled_from(["240000", "0a0000", "12345"]),
        ),
        unique=True,
        max_size=5,
    )
)
def test_many_names_at_once_tell_what_each_of_them_tells(names: list[str]) -> None:
    pattern = ("f_%Y%m%d_%H%M%S.log",)
    told = [*map(naming.reader(pattern, (), (), UTC), names)]
    times = naming.columnar(pattern, UTC)("\0".join(names), len(names)) if names else []
    if all(told):
        assert times == [each.time for each in told if each]
    else:
        assert times is None
