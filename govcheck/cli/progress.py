"""A progress bar for runs that are long, where somebody is looking."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from govcheck.repo import Progress

_PATIENCE_SECONDS = 1.0


@contextmanager
def progress(*, enabled: bool) -> Iterator[Progress | None]:
    """What to tell of a run's steps; a bar appears after a second, on a terminal only."""
    if not enabled or not sys.stderr.isatty() or os.environ.get("PRE_COMMIT") == "1":
        yield None
        return
    began = time.monotonic()
    bar = None

    def tick(step: str, number: int, total: int) -> None:
        nonlocal bar
        if time.monotonic() - began < _PATIENCE_SECONDS:
            return
        if bar is None:
            from rich.console import Console
            from rich.progress import Progress as Bar

            bar = Bar(console=Console(stderr=True), transient=True)
            bar.add_task("", total=total)
            bar.start()
        bar.update(bar.task_ids[0], completed=number, total=total, description=step)

    try:
        yield tick
    finally:
        if bar is not None:
            bar.stop()
