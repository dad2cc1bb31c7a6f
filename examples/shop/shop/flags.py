"""Where flags that are no environment variables come from."""

_ENABLED = frozenset({"round-menu"})


def is_enabled(name: str) -> bool:
    """Whether a flag is on."""
    return name in _ENABLED
