"""Text of the repository made safe to show: names and lines must not steer what displays them."""

import re

_PRINTABLE_SPACES = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_LOG_COMMAND = r"(?i)##(?:vso|teamcity)?\["


def visible(text: str, keep: str = "") -> str:
    """`text` with everything that a terminal or a CI log would obey made visible.

    Control characters become their pictures (ESC: `␛`); bidirectional controls, other invisible
    or unassigned characters and lone surrogates their number (`<U+202E>`). The bracket of `##[`
    becomes `<U+005B>`, since GitHub's runner and Azure's agent obey that anywhere in a line.
    Characters in `keep` stay as they are.
    """
    if text.isprintable() and "##" not in text:
        return text
    return "".join(pictures(text, keep))


def pictures(text: str, keep: str = "") -> list[str]:
    """What `visible` shows for each code point of `text`."""
    shown = [
        char if char.isprintable() or char in keep or char in _PRINTABLE_SPACES else _picture(char)
        for char in text
    ]
    if "##" in text:
        for command in re.finditer(_LOG_COMMAND, text):
            shown[command.end() - 1] = "<U+005B>"
    return shown


def well_formed(text: str) -> str:
    """`text` as Unicode has it: lone surrogates, from undecodable file names, become U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _picture(char: str) -> str:
    match ord(char):
        case code if code < 0x20:
            return chr(0x2400 + code)
        case 0x7F:
            return "␡"
        case code:
            return f"<U+{code:04X}>"
