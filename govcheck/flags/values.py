"""When two ways to write a flag's value mean the same."""

_TRUE = frozenset({"1", "true", "yes", "on", "y", "t", "enabled"})
_FALSE = frozenset({"0", "false", "no", "off", "n", "f", "disabled", ""})

Value = bool | int | float | str | None


def same(one: Value, other: Value) -> bool:
    """Whether two values of a flag mean the same, however they are spelled."""
    return meaning(one) == meaning(other)


def meaning(value: Value) -> Value:
    """The value that a spelling stands for: `"Yes"`, `1` and `true` are all True."""
    spelled = str(value).strip().lower()
    if value is None:
        return None
    if spelled in _TRUE:
        return True
    if spelled in _FALSE:
        return False
    return spelled if isinstance(value, str) else value


def show(value: Value) -> str:
    """A value as a person writes it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case _:
            return repr(value)
