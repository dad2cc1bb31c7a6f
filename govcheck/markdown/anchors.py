"""The anchors that headings get: by GitHub, and by what else renders Markdown."""

import re
import unicodedata

_ASCII_DROPPED = re.compile(r"[^\w\- ]", re.ASCII)


def slug(text: str) -> str:
    r"""The anchor that GitHub makes of the text of a heading, before it is made unique.

    Kept are letters, marks, decimal digits, connectors, hyphens and, as hyphens, spaces (Ruby's
    `[^\p{Word}\- ]`, as html-pipeline's table of contents filter has it).
    """
    lowered = text.lower()
    if lowered.isascii():
        return _ASCII_DROPPED.sub("", lowered).replace(" ", "-")
    return "".join(filter(_is_kept, lowered)).replace(" ", "-")


def _is_kept(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in "_- "
    return unicodedata.category(character)[0] in "LM" or unicodedata.category(character) in (
        "Nd",
        "Pc",
    )
