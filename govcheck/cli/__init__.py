"""The command line: one module a command, imported when it is called."""

import os
import sys
from argparse import ArgumentParser, HelpFormatter, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import NoReturn

from govcheck import __version__

COMMANDS = {
    "check": "check the repository against its policy (the default command)",
    "rules": "list the rules",
    "explain": "explain a rule: what it finds, why, and what to do",
    "policy": "print the effective policy and where each value comes from",
    "dependencies": "print what is declared and locked against what the policy allows",
    "markers": "print which markers are registered, borne by tests and asked for",
    "docs": "print the tables and values that documents must hold, or write them",
    "retention": "plan what the stores keep, and carry it out",
    "test": "try the examples of the policy's own rules",
    "baseline": "put up with today's findings, and only with these",
    "init": "look at the repository and write a policy for it",
}


class UsageError(Exception):
    """The command line cannot be obeyed; the message is one line."""


class _Parser(ArgumentParser):
    """Wrong options are answered with the nearest right one."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message and unknown.startswith("-"):
            from govcheck.keys import nearest

            wrong = unknown.split()[0].partition("=")[0]
            known = [option for action in self._actions for option in action.option_strings]
            message = f"unknown option {wrong!r}{nearest(wrong, known)}"
        raise UsageError(f"{message}; see '{self.prog} --help'")


def run(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name and give its exit code.

    0: nothing to report, 1: findings, 2: something could not be done.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(list(arguments))
    except UsageError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # The reader has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        return _fail("interrupted; no file is half written") | 128
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}")
    except Exception as error:
        from govcheck.git import GitError
        from govcheck.policy import PolicyError

        if isinstance(error, PolicyError):
            return _fail(*map(str, error.mistakes))
        if isinstance(error, GitError):
            return _fail(str(error))
        raise


def _run(arguments: list[str]) -> int:
    name = arguments.pop(0) if arguments and arguments[0] in COMMANDS else "check"
    command = import_module(f"govcheck.cli.{name}")
    inner: dict[str, str] = getattr(command, "SUBCOMMANDS", {})
    if inner:
        asked = arguments[0] if arguments else ""
        if asked and not asked.startswith("-") and asked not in inner:
            from govcheck.keys import nearest

            raise UsageError(f"unknown command {asked!r}{nearest(asked, list(inner))}")
        chosen = arguments.pop(0) if asked in inner else next(iter(inner))
        command = import_module(f"govcheck.cli.{name}_{chosen}")
        name = f"{name} {chosen}"
    parser = _Parser(
        prog="govcheck" if name == "check" else f"govcheck {name}",
        description=command.__doc__,
        epilog=command.EXAMPLES,
        formatter_class=partial(_formatter),
        allow_abbrev=False,
    )
    if name == "check":
        parser.usage = "govcheck [COMMAND] [OPTIONS] [PATHS]"
        commands = "\n".join(f"  {each:<14}{what}" for each, what in COMMANDS.items())
        parser.description = f"{command.__doc__}\ncommands:\n{commands}\n"
        parser.add_argument("--version", action="version", version=f"govcheck {__version__}")
    elif inner:
        commands = "\n".join(f"  {each:<14}{what}" for each, what in inner.items())
        parser.description = (
            f"{command.__doc__}\ncommands of {name.partition(' ')[0]}:\n{commands}\n"
        )
    command.configure(parser)
    options: Namespace = parser.parse_args(arguments)
    return int(command.run(options))


def _formatter(prog: str) -> HelpFormatter:
    # argparse would import shutil to ask for the width, and with it all compression libraries.
    try:
        width = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size().columns
    except (OSError, ValueError):
        width = 80
    return RawDescriptionHelpFormatter(prog, max_help_position=30, width=width - 2)


def _fail(*messages: str) -> int:
    from govcheck.output.escape import visible

    sys.stdout.flush()
    for message in messages:
        print(f"error: {visible(message)}", file=sys.stderr)
    return 2


def root_here() -> str:
    """The root of the repository that the current directory is in: where the policy is.

    Raises:
        UsageError: there is no policy here or above.
    """
    from govcheck.policy.loading import POLICY_FILE, PYPROJECT, find_root

    root = find_root(os.getcwd())
    if root is None:
        raise UsageError(
            f"no policy: there is no {POLICY_FILE} and no [tool.govcheck] in {PYPROJECT} here or "
            "above ('govcheck init' writes one)"
        )
    return root


def uses_colour(choice: str) -> bool:
    """Whether to colour what goes to standard output.

    By default on a terminal, unless NO_COLOR is set (no-color.org) or it is a dumb one.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
