"""The patterns of `.gitignore` files, read as git does: a line that is none is passed over."""

from collections.abc import Iterable

from pathspec import GitIgnoreSpec


def gitignore(lines: Iterable[str]) -> GitIgnoreSpec:
    """What the lines of a `.gitignore` cover; those that are no pattern, like `!`, nothing."""
    said = list(lines)
    try:
        return GitIgnoreSpec.from_lines(said)
    except ValueError:
        return GitIgnoreSpec.from_lines(line for line in said if is_pattern(line))


def is_pattern(line: str) -> bool:
    """Whether a line is a pattern of `.gitignore`, a comment, or blank."""
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
