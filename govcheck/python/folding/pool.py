"""Folding in processes that may die: as many as there are processors, one task at a time each."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from queue import SimpleQueue
from threading import Timer
from typing import Any, Literal, NamedTuple

from govcheck.python.folding.flags import Setting

_TIMEOUT_SECONDS = 120


class Task(NamedTuple):
    """The text of a module, what is known besides, and what is asked."""

    do: Literal["exports", "fold"]
    text: str
    setting: Setting


def answers(tasks: Sequence[Task]) -> list[Any]:
    """The answer to each task, as `worker.answer` gives it; None where the process died."""
    lines = [_line(task) for task in tasks]
    _ask([line for line in dict.fromkeys(lines) if line not in _answered])
    return [_answered[line] for line in lines]


# Fixing looks at a repository until nothing changes any more: most questions come twice.
_answered: dict[str, Any] = {}


def _ask(lines: Sequence[str]) -> None:
    if not lines:
        return
    idle: SimpleQueue[_Worker] = SimpleQueue()
    count = min(os.cpu_count() or 1, len(lines))
    workers = [_Worker() for _ in range(count)]
    for worker in workers:
        idle.put(worker)

    def run(line: str) -> Any:
        worker = idle.get()
        try:
            return worker.ask(line)
        finally:
            idle.put(worker)

    try:
        with ThreadPoolExecutor(count) as threads:
            _answered.update(zip(lines, threads.map(run, lines), strict=True))
    finally:
        for worker in workers:
            worker.close()


class _Worker:
    """A process, started when it is asked, and anew when it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, line: str) -> Any:
        process = self._process = self._process or _start()
        if process.stdin is None or process.stdout is None:
            return None
        watch = Timer(_TIMEOUT_SECONDS, process.kill)
        watch.start()
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())
        except (OSError, ValueError):
            self.close()
            return None
        finally:
            watch.cancel()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _start() -> "subprocess.Popen[str]":
    package = os.path.dirname(os.path.abspath(sys.modules["govcheck"].__file__ or ""))
    paths = [os.path.dirname(package), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        # -P: what lies in the repository that is checked must not be imported.
        [sys.executable, "-P", "-m", "govcheck.python.folding.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        cwd=os.path.dirname(package),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )


def _line(task: Task) -> str:
    setting = asdict(task.setting)
    for flag in setting["flags"].values():
        flag["kinds"] = sorted(flag["kinds"])
    return json.dumps({"do": task.do, "text": task.text, "setting": setting})
