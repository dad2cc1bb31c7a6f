"""The process that folds: it reads tasks and writes answers, one line of JSON each.

LibCST parses what others wrote and can take its process down; only this one is lost then.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

from govcheck.python.folding import Retired, Setting, exports, fold


def answer(task: dict[str, Any]) -> object:
    """What a task asks: the exports of a module, or its folding."""
    given = task["setting"]
    flags = {
        name: Retired(
            each["value"],
            (each["spelling"][0],) if each["spelling"] is not None else None,
            frozenset(each["kinds"]),
        )
        for name, each in given["flags"].items()
    }
    setting = Setting(**{**given, "flags": flags})
    if task["do"] == "exports":
        return asdict(exports(task["text"], setting))
    folded = fold(task["text"], setting)
    return {
        **asdict(folded),
        "assumed": sorted(folded.assumed),
        "unused": sorted(folded.unused),
        "imports": sorted(folded.imports),
    }


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
