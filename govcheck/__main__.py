"""`python -m govcheck`, and the console script."""

import os
import sys


def main() -> int:
    """Run the command line; the exit code is for the shell."""
    from govcheck.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    # `python -m` looks for modules in the current directory first, and that is a repository which
    # others wrote: a `json.py` in it must not run.
    if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    sys.exit(main())
