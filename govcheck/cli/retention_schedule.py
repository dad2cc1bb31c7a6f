"""Print what runs the plan every day: a systemd timer, a line for cron, or a workflow.

Nothing is installed.
"""

import os
import shlex
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from govcheck.cli import root_here
from govcheck.cli.retention_plan import check_stores
from govcheck.policy.loading import load_policy

EXAMPLES = """\
examples:
  govcheck retention schedule                       units for ~/.config/systemd/user, with how-to
  govcheck retention schedule cron >> jobs && crontab jobs
  govcheck retention schedule workflow > .github/workflows/retention.yml
  govcheck retention schedule --at 02:30 --store logs --store cache
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("kind", nargs="?", choices=("systemd", "cron", "workflow"), default="systemd")
    add("--at", type=_clock, default=(3, 17), metavar="HH:MM", help="when, each day (03:17)")
    add("--store", action="append", default=[], metavar="NAME", help="only this store")


def run(options: Namespace) -> int:
    """Print it."""
    root = root_here()
    check_stores(load_policy(root), options.store)
    stores = [word for name in options.store for word in ("--store", name)]
    arguments = ["retention", "run", "--auto", *stores]
    hour, minute = options.at
    match options.kind:
        case "cron":
            command = shlex.join([*_program(), *arguments]).replace("%", r"\%")
            place = shlex.quote(root).replace("%", r"\%")
            print(f"{minute} {hour} * * * cd {place} && {command}")
        case "workflow":
            check = shlex.join(["govcheck", "retention", "plan", "--check", *stores])
            print(_WORKFLOW.format(minute=minute, hour=hour, command=check), end="")
        case _:
            command = " ".join(_systemd_word(word) for word in [*_program(), *arguments])
            place = root.replace("%", "%%")
            print(_SYSTEMD.format(root=place, command=command, hour=hour, minute=minute), end="")
    return 0


def _program() -> list[str]:
    """This govcheck, by its full path, since neither cron nor systemd looks where a shell does."""
    beside = os.path.join(os.path.dirname(sys.executable), "govcheck")
    if os.access(beside, os.X_OK):
        return [beside]
    return [sys.executable, "-m", "govcheck"]


def _systemd_word(word: str) -> str:
    """A word of ExecStart=, quoted as systemd.service(5) has it."""
    text = word.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if any(c.isspace() or c in "\"'\\;" for c in word) else text


def _clock(text: str) -> tuple[int, int]:
    hour, colon, minute = text.partition(":")
    if colon and hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60:
        return int(hour), int(minute)
    raise ArgumentTypeError(f"{text!r} is no time of the day, such as 02:30")


_SYSTEMD = """\
# ~/.config/systemd/user/govcheck-retention.service
[Unit]
Description=Carry out the retention policy of {root}

[Service]
Type=oneshot
WorkingDirectory={root}
ExecStart={command}
Nice=19
IOSchedulingClass=idle

# ~/.config/systemd/user/govcheck-retention.timer
[Unit]
Description=Carry out the retention policy of {root} each day

[Timer]
OnCalendar=*-*-* {hour:02}:{minute:02}:00
Persistent=true
RandomizedDelaySec=10min

[Install]
WantedBy=timers.target

# systemctl --user daemon-reload
# systemctl --user enable --now govcheck-retention.timer
# systemctl --user list-timers govcheck-retention.timer
"""

# A runner that somebody else hosts has none of the stores on its disk: it holds the configs to the
# policy each day, since dates pass without a commit.
_WORKFLOW = """\
name: retention
on:
  schedule:
    - cron: "{minute} {hour} * * *"
  workflow_dispatch:
permissions:
  contents: read
jobs:
  retention:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.x"
      - run: pip install govcheck
      - run: govcheck --select retention
      # On a runner of your own that has the stores, also:
      # - run: {command}
"""
