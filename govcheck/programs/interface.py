"""What a program takes: its options, their choices, its subcommands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Takes = Literal["nothing", "one", "some"]


class Option(NamedTuple):
    """An option: what it takes, and which of what; `dest` is the name of its value.

    `takes` is "one" where exactly one word must follow, "some" where none, one or more may.
    """

    takes: Takes = "some"
    choices: tuple[str, ...] | None = None
    dest: str = ""


@dataclass
class Interface:
    """The options and subcommands of a program, or of one of its subcommands.

    `open` says why there may be options besides; empty: these are all. `is_positional` tells that
    words besides options may be arguments, so that a word need be no subcommand. `abbreviates`
    tells that the beginning of a long option stands for it.
    """

    options: dict[str, Option] = field(default_factory=dict)
    commands: dict[str, "Interface"] = field(default_factory=dict)
    open: str = ""
    open_commands: bool = False
    is_positional: bool = False
    abbreviates: bool = False
    path: str = ""

    def find(self, name: str) -> Option | None:
        """The option that a word names, perhaps abbreviated."""
        if name in self.options or not (self.abbreviates and name.startswith("--")):
            return self.options.get(name)
        return next((each for key, each in self.options.items() if key.startswith(name)), None)


def stored(interface: Interface) -> dict[str, object]:
    """An interface as JSON."""
    return {
        "options": {name: list(each) for name, each in interface.options.items()},
        "commands": {name: stored(each) for name, each in interface.commands.items()},
        "rest": [
            interface.open,
            interface.open_commands,
            interface.is_positional,
            interface.abbreviates,
            interface.path,
        ],
    }


def restored(said: Mapping[str, object]) -> Interface:
    """An interface from JSON."""
    options, commands, rest = said["options"], said["commands"], said["rest"]
    return Interface(
        {name: _option(each) for name, each in options.items()},  # type: ignore[attr-defined]
        {name: restored(each) for name, each in commands.items()},  # type: ignore[attr-defined]
        *rest,  # type: ignore[misc]
    )


def every_option(interface: Interface) -> Iterator[str]:
    """The names of all options, those of subcommands, too."""
    yield from interface.options
    for each in interface.commands.values():
        yield from every_option(each)


def _option(said: list[object]) -> Option:
    takes, choices, dest = said
    return Option(takes, None if choices is None else tuple(choices), dest)  # type: ignore[arg-type]
