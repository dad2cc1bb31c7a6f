"""A hostile process: it swaps what is in a repository for what is outside, as fast as it can.

`python -m tests.swapping ROOT OUTSIDE PATH...` exchanges each path below the root with a symbolic
link to the same path outside, and each file also with another name of the one outside, until it is
killed. It prints a line once it has swapped everything.
"""

import ctypes
import itertools
import os
import sys
from contextlib import suppress

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # renameat2(2)


def main() -> None:
    """Swap for ever."""
    root, outside, *paths = sys.argv[1:]
    decoys = [each for path in paths for each in _decoys(root, outside, path)]
    for round_number in itertools.count():
        for path, decoy in decoys:
            _exchange(path, decoy)
            _exchange(path, decoy)
        if round_number == 0:
            print("swapped", flush=True)


def _decoys(root: str, outside: str, path: str) -> list[tuple[str, str]]:
    here, there = os.path.join(root, path), os.path.join(outside, path)
    link = os.path.join(root, f"link-{path.replace('/', '-')}")
    os.symlink(there, link)
    if os.path.isdir(there):
        return [(here, link)]
    other = os.path.join(root, f"name-{path.replace('/', '-')}")
    os.link(there, other)
    return [(here, link), (here, other)]


def _exchange(one: str, other: str) -> None:
    """Each takes the place of the other at once, or by and by where the system cannot do that."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is not None:
        rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
        return
    aside = f"{other}-aside"
    with suppress(OSError):
        os.rename(one, aside)
        os.rename(other, one)
        os.rename(aside, other)


if __name__ == "__main__":
    main()
