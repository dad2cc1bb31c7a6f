"""The anchors that headings get: by GitHub, and by what else renders Markdown."""

import re
import unicodedata
from collections.abc import Iterable

_SPECIAL = re.compile(r"[^\w\- ]", re.ASCII)


def unique_slugs(texts: Iterable[str]) -> tuple[str, ...]:
    """The anchors that GitHub gives to the headings of a document, in their order."""
    used: dict[str, int] = {}
    found: dict[str, None] = {}
    for text in texts:
        plain = anchor = slug(text)
        while anchor in found:
            used[plain] = used.get(plain, 0) + 1
            anchor = f"{plain}-{used[plain]}"
        found[anchor] = None
    return tuple(found)


def slug(text: str) -> str:
    r"""The anchor that GitHub makes of the text of a heading, before it is made unique.

    Kept are letters, marks, decimal digits, connectors, hyphens and, as hyphens, spaces (Ruby's
    `[^\p{Word}\- ]`, as html-pipeline's table of contents filter has it).
    """
    return _SPECIAL.sub(_kept, text.lower()).replace(" ", "-")


def _kept(found: re.Match[str]) -> str:
    if found[0].isascii():
        return ""
    category = unicodedata.category(found[0])
    return found[0] if category[0] in "LM" or category in ("Nd", "Pc") else ""
