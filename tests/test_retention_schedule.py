"""The schedule: what is printed is what systemd, cron and a workflow take."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from govcheck.cli import run
from tests.conftest import Repository

POLICY = "[retention.stores.logs]\npath = 'logs'\nkeep = { within = '14d' }\n"


@pytest.fixture
def root(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = repository({"govcheck.toml": POLICY})
    odd = made.rename(made.with_name("a b%c"))
    monkeypatch.chdir(odd)
    return odd


def test_a_line_for_cron_runs_in_the_repository(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["retention", "schedule", "cron", "--at", "02:30", "--store", "logs"]) == 0
    line = capsys.readouterr().out
    found = re.fullmatch(r"30 2 \* \* \* (.*)\n", line)
    assert found
    assert not re.search(r"(?<!\\)%", found[1])  # crontab(5): else it is a line break
    words = shlex.split(found[1].replace(r"\%", "%"))
    assert words[:3] == ["cd", str(root), "&&"]
    assert words[-5:] == ["retention", "run", "--auto", "--store", "logs"]


def test_units_pass_the_check_of_systemd(
    root: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["retention", "schedule"]) == 0
    said = capsys.readouterr().out
    units = dict(
        re.findall(r"^# ~/\.config/systemd/user/(\S+)\n(.*?)(?=^# |\Z)", said, re.M | re.S)
    )
    assert units.keys() == {"govcheck-retention.service", "govcheck-retention.timer"}
    assert (
        f"WorkingDirectory={str(root).replace('%', '%%')}\n" in units["govcheck-retention.service"]
    )
    assert "OnCalendar=*-*-* 03:17:00\n" in units["govcheck-retention.timer"]
    if analyze := shutil.which("systemd-analyze"):
        for name, text in units.items():
            (tmp_path / name).write_text(text)
        done = subprocess.run(
            [analyze, "verify", *(str(tmp_path / name) for name in units)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "govcheck-retention" not in done.stderr


def test_a_workflow_is_yaml_and_says_when(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["retention", "schedule", "workflow", "--at", "04:05"]) == 0
    said = yaml.safe_load(capsys.readouterr().out)
    assert said[True]["schedule"] == [{"cron": "5 4 * * *"}]
    steps = said["jobs"]["retention"]["steps"]
    assert steps[-1]["run"] == "govcheck --select retention"


@pytest.mark.parametrize("time", ["24:00", "3", "x:y", "03:60"])
def test_a_wrong_time_is_told(time: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["retention", "schedule", "--at", time]) == 2
    assert "no time of the day" in capsys.readouterr().err
