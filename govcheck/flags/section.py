"""The sections of the policy about feature flags."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from govcheck.globs import literal_chunk
from govcheck.keys import Mistake, key, table

Kind = Literal["env", "settings", "constant", "callable"]
Value = bool | int | float | str


@table
class Flag:
    """One feature flag."""

    status: Literal["active", "retired"] = key("Is the flag in use, or retired for good?")
    value: Value | None = key("What a retired flag is for ever.", default=None)
    default: Value | None = key(
        "What an active flag is where nothing sets it; call sites must agree.", default=None
    )
    env_value: str | None = key(
        "The exact string of the environment variable, where the value alone does not decide it.",
        default=None,
    )
    env_unset: bool = key("The environment variable of a retired flag is never set.", default=False)
    kind: Kind | tuple[Kind, ...] = key(
        "What the flag is in code, where its name alone would say too much: "
        "an environment variable, a setting, a constant, the argument of an accessor.",
        default=(),
    )
    since: date | None = key("When the flag was introduced, or retired.", default=None)
    remove_by: date | None = key("When the flag must be gone.", default=None)
    owner: str | None = key("Who answers for the flag.", default=None)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that the policy names; none: the name alone tells."""
        return (self.kind,) if isinstance(self.kind, str) else self.kind

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        decided = self.value is not None or self.env_value is not None or self.env_unset
        if self.status == "retired" and not decided:
            yield Mistake(("status",), "a retired flag needs its final 'value'")
        if self.env_value is not None and self.env_unset:
            yield Mistake(("env-unset",), "the variable cannot be unset and have an 'env-value'")


@table
class FlagsSettings:
    """How flags are recognised in this repository."""

    names: tuple[str, ...] = key(
        "Patterns of names that look like a flag, such as 'USE_*'.", default=()
    )
    accessors: tuple[str, ...] = key(
        "Functions whose call with a flag's name is its value, such as 'is_enabled', "
        "'client.variation', or 'waffle.flag_is_active:1' where the name is argument 1.",
        default=(),
    )
    settings_objects: tuple[str, ...] = key(
        "Objects whose attributes are settings.",
        default=("django.conf.settings", "settings"),
    )
    decorators: tuple[str, ...] = key("Decorators that take the name of a flag.", default=())
    history: tuple[str, ...] = key(
        "Prose that may name retired flags, as path patterns.", default=()
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with single patterns and functions."""
        for number, name in enumerate(self.names):
            if len(literal_chunk(name)) < 2:
                yield Mistake(("names", number), f"{name!r} looks like too much: write 'USE_*'")
        for number, accessor in enumerate(self.accessors):
            function, colon, position = accessor.partition(":")
            if not function or (colon and not position.isdecimal()):
                message = f"{accessor!r} is not of the form 'function' or 'function:1'"
                yield Mistake(("accessors", number), message)
