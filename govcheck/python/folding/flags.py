"""What folding is told: the retired flags, what answers for them, and what other files say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Constant = bool | int | float | str | None

# The spellings of a boolean in an environment variable, where the policy names none.
TRUE = ("1", "true", "True", "TRUE", "yes", "Yes", "on", "On", "y", "t")
FALSE = ("0", "false", "False", "FALSE", "no", "No", "off", "Off", "n", "f")


@dataclass(frozen=True, slots=True)
class Retired:
    """A retired flag: its final value, and what its variable holds, where that is certain.

    `spelling` is (string,) or, for a variable that is unset, (None,). `kinds` are the kinds of
    reference that are the flag's; none means all.
    """

    value: Constant
    spelling: tuple[str | None] | None = None
    kinds: frozenset[str] = frozenset()

    def is_kind(self, kind: str) -> bool:
        """Whether references of a kind are the flag's."""
        return not self.kinds or kind in self.kinds

    @property
    def spellings(self) -> tuple[str | None, ...]:
        """What the variable may hold, given the final value."""
        if self.spelling is not None:
            return self.spelling
        if isinstance(self.value, bool):
            return TRUE if self.value else FALSE
        return (str(self.value),)

    @property
    def others(self) -> tuple[str, ...]:
        """What it would hold for the other value of a boolean that is not spelled out."""
        if self.spelling is not None or not isinstance(self.value, bool):
            return ()
        return FALSE if self.value else TRUE


Elsewhere = Literal["absent", "read", "other"]


@dataclass(frozen=True, slots=True)
class Setting:
    """All that folding one module depends on besides its text.

    `module` is its dotted name; `is_package` tells that it is an `__init__`, `is_by_name` that
    something may load it by its name and read whatever it defines. `fields` are the flags that
    fields of settings classes are, by the names of the fields. `own` are the packages and modules
    of the repository, `inert` those of its modules that do nothing when imported, `submodules`
    those that this one imports by `from`. `taken` are names of this module whose values other files
    took, `needed` imports of it that they take. `constants` are the values of other modules' names,
    by dotted name, `helpers` the texts of other modules whose functions read flags for this one.
    `elsewhere` says how other files use names of this one: not at all, which is also meant where a
    name is missing; they only read them; or they do something else, such as assigning them or
    naming them in a string.
    """

    flags: Mapping[str, Retired]
    module: str = ""
    is_package: bool = False
    accessors: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    settings_objects: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    is_by_name: bool = False
    submodules: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    inert: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    unsafe: bool = False

    def is_elsewhere(self, name: str) -> bool:
        """Whether any other file has to do with a name."""
        return self.elsewhere.get(name, "absent") != "absent"
