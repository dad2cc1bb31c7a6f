"""`python -m govcheck`, and the console script."""

import gc
import os
import sys

_MADE_BETWEEN_COLLECTIONS = 20_000


def main() -> int:
    """Run the command line; the exit code is for the shell."""
    from govcheck.cli import run

    # A run makes much that it keeps, in which there is no garbage to look for all the time.
    gc.set_threshold(_MADE_BETWEEN_COLLECTIONS)
    code = run(sys.argv[1:])
    # The last collection, at exit, would look through all of it.
    gc.freeze()
    return code


if __name__ == "__main__":
    # `python -m` looks for modules in the current directory first, and that is a repository which
    # others wrote: a `json.py` in it must not run.
    if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    sys.exit(main())
