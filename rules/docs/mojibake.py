"""Text was read in a wrong encoding and saved as what came out.

`â€™` was an apostrophe, `âœ…` a tick: UTF-8 that some program read as an encoding of single bytes.
The characters give the bytes back, and these say what was meant. A few bytes have no character in
such an encoding and may have been dropped; where the rest leaves a choice, so does the finding.
U+FFFD, which stands for what could not be read at all, is reported, too.

Not reported are code in documents that are otherwise sound, lines that speak of encodings, and the
character U+FFFD where it is itself spoken of, in quotes or many (`�'s`).

## How to resolve

`--fix` writes what was meant. Where a byte was lost and more than one symbol fits, it takes
`--unsafe-fixes`, which writes the commonest.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[mojibake] -- why -->`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from govcheck.document import Document
from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_SPEAKS_OF_IT = re.compile(
    r"(?i)\b(?:mojibake|garbled|encod(?:ed|es?|ings?)|decod(?:ed|es?|ings?)|utf-?8|latin-?1|U\+FFFD"
    r"|cp125\d|windows-125\d|replacement char(?:acter)?)\b"
)
_LOST = "\ufffd"
# The character is spoken of: "a lot of �'s".
_SPOKEN_OF = re.compile(f"(?<=\\s){_LOST}['’]s\\b|[\"'“‘(]{_LOST}[\"'”’)]")
_REACH = 300
_LETTERS = 20


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Characters that are the bytes of others."""
    from govcheck.docs.documents import paths

    for path in repo.view(paths, policy):
        document = repo.document(path)
        if document is None or document.encoding != "utf-8" or document.utf8.isascii():
            continue
        yield from _garbled(document)
        if _LOST in document.text:
            yield from _lost(document)


def _garbled(document: Document) -> Iterator[Finding]:
    from govcheck.docs.mojibake import Garbled, garbled

    lines: dict[tuple[int, bool], list[Garbled]] = {}
    for each in document.view(garbled):
        line = bisect_right(document.line_starts, each.start)
        lines.setdefault((line, each.certain), []).append(each)
    lines = {
        at: them
        for at, them in lines.items()
        if not _is_meant(document, them[0].start) and not _is_alphabet(document, them[0].start)
    }
    if all(_is_code(document, each.start) for them in lines.values() for each in them):
        return
    for (_, certain), them in lines.items():
        first = them[0]
        said = document.text[first.start : first.end]
        more = f" ({len(them) - 1} more on this line)" if len(them) > 1 else ""
        how = "is" if certain else "may be, one byte being lost,"
        edits = tuple(Edit(document.path, each.start, each.end, each.meant) for each in them)
        yield rule.finding(
            document.span(first.start, first.end),
            f"{said!r} {how} '{first.meant}', read as {first.codec}{more}",
            fix=Fix(f"write '{first.meant}'", edits, safe=certain),
        )


def _lost(document: Document) -> Iterator[Finding]:
    reported = 0
    for found in re.finditer(f"{_LOST}+", document.text):
        line = document.span(*found.span()).line
        is_said = _SPOKEN_OF.search(document.text, max(0, found.start() - 2), found.end() + 2)
        if line == reported or is_said or _is_meant(document, found.start()):
            continue
        if not _is_code(document, found.start()):
            reported = line
            yield rule.finding(
                document.span(*found.span()), "text was lost here: U+FFFD stands for what it was"
            )


def _is_alphabet(document: Document, offset: int) -> bool:
    """Whether letters stand among many others without a space: the characters of a language."""
    text = document.text
    before = text[max(0, offset - _REACH) : offset]
    after = text[offset : offset + _REACH]
    whole = f"{before.split()[-1] if before.strip() else ''}{after.split()[0]}"
    letters = [each for each in whole if not each.isascii()]
    return len(set(letters)) >= _LETTERS and len(set(letters)) * 2 > len(letters)


def _is_meant(document: Document, offset: int) -> bool:
    """Whether the line speaks of encodings; one may be as long as the file."""
    text = document.text
    start = text.rfind("\n", max(0, offset - _REACH), offset) + 1 or max(0, offset - _REACH)
    end = text.find("\n", offset, offset + _REACH)
    return _SPEAKS_OF_IT.search(text, start, end if end >= 0 else offset + _REACH) is not None


def _is_code(document: Document, offset: int) -> bool:
    from govcheck.markdown import ENDINGS
    from govcheck.markdown.page import page

    if not document.path.endswith(ENDINGS):
        return False
    read = document.view(page)
    return read.code_at(offset) is not None or read.fence_at(offset) is not None


rule = Rule("mojibake", "docs", check, severity="warning", fix="safe")

examples = [
    Example(
        "Punctuation, accents, a symbol, in prose and code",
        {
            "govcheck.toml": "",
            "a.md": "Itâ€™s a cafÃ© â†’ âœ… done\n\n```\nâœ… ok\n```\n",
            "b.rst": "Gone: \ufffd\n",
        },
        (
            "a.md:1:3: 'â€™' is '’', read as cp1252 (3 more on this line)",
            "a.md:4:1: 'âœ…' is '✅', read as cp1252",
            "b.rst:1:7: text was lost here: U+FFFD stands for what it was",
        ),
        {"a.md": "It’s a café → ✅ done\n\n```\n✅ ok\n```\n"},
    ),
    Example(
        "Read as Turkish, and a byte is lost",
        {"govcheck.toml": "", "a.md": "ğŸŸ¢ on track\n\nâ³ later\n\nğŸ“ note\n"},
        (
            "a.md:1:1: 'ğŸŸ¢' is '🟢', read as cp1254",
            "a.md:3:1: 'â³' is '⏳', read as cp1254",
            "a.md:5:1: 'ğŸ“' may be, one byte being lost, '📝', read as cp1254",
        ),
        {"a.md": "🟢 on track\n\n⏳ later\n\n📝 note\n"},
        unsafe=True,
    ),
    Example(
        "A byte is lost, and nothing else is garbled",
        {"govcheck.toml": "", "a.md": "ğŸ“ note\n"},
        ("a.md:1:1: 'ğŸ“' may be, one byte being lost, '📝', read as cp1254",),
    ),
    Example(
        "A list of languages",
        {"govcheck.toml": "", "a.md": "Türkçe ağaç Ÿ, Русский џ, Ελληνικά, ğ Ÿ “x”\n"},
    ),
    Example(
        "Languages and symbols as they are",
        {
            "govcheck.toml": "",
            "a.md": (
                "«CAFÉ», «café…», AMANHÃ…, ΑÎ, Ёлка, Сё, naïve—é›, 日本, ✅ ⚠️, ½°, “Â” Â, ğ\n"
            ),
        },
    ),
    Example(
        "An alphabet",
        {"govcheck.toml": "", "a.md": "abc!#°£€¥¢฿ôäčďľňšťžáéíĺóŕúýÔÄČĎĽŇŠŤŽÁÉÍĹÓŔÚÝ\n"},
    ),
    Example(
        "A line about it",
        {
            "govcheck.toml": "",
            "a.md": "Mojibake looks like â€™; garbled: \ufffd.\n\nA bunch of \ufffd's.\n",
        },
    ),
    Example(
        "An example in code",
        {"govcheck.toml": "", "a.md": "Avoid `â€™`:\n\n```\nprint('Ã©')\n```\n"},
    ),
    Example(
        "Words in another script",
        {"govcheck.toml": "", "a.md": "Відповідь: він, Він. Рішення — Відтак.\n"},
    ),
]
