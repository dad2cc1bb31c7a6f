"""Text was read in a wrong encoding and saved as what came out.

`â€™` was an apostrophe, `âœ…` a tick: UTF-8 that some program read as an encoding of single bytes.
The characters give the bytes back, and these say what was meant. A few bytes have no character in
such an encoding and may have been dropped; where the rest leaves a choice, so does the finding.
U+FFFD, which stands for what could not be read at all, is reported, too.

Not reported are code in documents that are otherwise sound, paragraphs, tables and sections that
speak of encodings, lines that show what is meant, too, the names of files, and the character U+FFFD
where it is itself spoken of, in quotes or many (`�'s`).

## How to resolve

`--fix` writes what was meant. Where a byte was lost and more than one symbol fits, it takes
`--unsafe-fixes`, which writes the commonest.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[mojibake] -- why -->`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from govcheck.document import Document
from govcheck.finding import Edit, Finding, Fix
from govcheck.markdown import ENDINGS
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

if TYPE_CHECKING:
    from govcheck.docs.mojibake import Garbled

_SPEAKS_OF_IT = re.compile(
    r"(?i)\b(?:mojibake|garbled|encod(?:ed|es?|ings?)|decod(?:ed|es?|ings?)|utf-?8|latin-?1|U\+FFFD"
    r"|cp125\d|windows-125\d|replacement char(?:acter)?|character sets?|charsets?|code ?pages?|chcp"
    r"|characters? (?:like|such as)|if you see|unexpected (?:terminal )?output"
    r"|(?:shows?|shown|appears?|displayed|rendered) as)\b"
)
_BLANK = re.compile(r"\n[ \t>]*\r?\n")
_LOST = "\ufffd"
# The character is spoken of: "a lot of �'s".
_SPOKEN_OF = re.compile(f"(?<=\\s){_LOST}['’]s\\b|[\"'“‘(]{_LOST}[\"'”’)]")
_REACH = 300
_BESIDE = 30
_LETTERS = 20


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Characters that are the bytes of others."""
    from govcheck.docs.documents import paths

    for path in repo.view(paths, policy):
        document = repo.document(path)
        if document is None or document.encoding != "utf-8" or document.utf8.isascii():
            continue
        yield from _garbled(repo, document)
        if _LOST in document.text:
            yield from _lost(document)


def _garbled(repo: Repo, document: Document) -> Iterator[Finding]:
    from govcheck.docs.mojibake import Garbled, garbled

    lines: dict[tuple[int, bool], list[Garbled]] = {}
    for each in document.view(garbled):
        line = bisect_right(document.line_starts, each.start)
        lines.setdefault((line, each.certain), []).append(each)
    lines = {
        at: them
        for at, them in lines.items()
        if not _is_meant(document, them[0].start)
        and not _is_alphabet(document, them[0].start)
        and not _is_shown(document, them)
    }
    if all(_is_code(document, each.start) for them in lines.values() for each in them):
        return
    names = [*_names(repo, document)]
    for (_, certain), all_of_line in lines.items():
        them = [
            each
            for each in all_of_line
            if not any(start <= each.start < end for start, end in names)
        ]
        if not them:
            continue
        first = them[0]
        said = document.text[first.start : first.end]
        more = f" ({len(them) - 1} more on this line)" if len(them) > 1 else ""
        how = "is" if certain else "may be, one byte being lost,"
        meant = f"'{first.meant}'" if first.meant else "a byte order mark"
        edits = tuple(Edit(document.path, each.start, each.end, each.meant) for each in them)
        yield rule.finding(
            document.span(first.start, first.end),
            f"{said!r} {how} {meant}, read as {first.codec}{more}",
            fix=Fix(f"write {meant}" if first.meant else "remove it", edits, safe=certain),
        )


def _is_shown(document: Document, them: "Sequence[Garbled]") -> bool:
    """Whether what is meant stands in the line beside what is wrong: then it is about it."""
    line = document.line_span(bisect_right(document.line_starts, them[0].start))
    for each in them:
        before = document.text[max(line.start, each.start - _BESIDE) : each.start]
        behind = document.text[each.end : min(line.end, each.end + _BESIDE)]
        if not each.meant or not (each.meant in before or each.meant in behind):
            return False
    return True


def _names(repo: Repo, document: Document) -> Iterator[tuple[int, int]]:
    """Where a document has the names of files, which are as they are."""
    for path in repo.files:
        if path.isascii():
            continue
        for name in filter(lambda each: not each.isascii(), path.split("/")):
            start = document.text.find(name)
            while start >= 0:
                yield start, start + len(name)
                start = document.text.find(name, start + len(name))


def _lost(document: Document) -> Iterator[Finding]:
    from govcheck.docs.mojibake import garbled

    reported = 0
    for found in re.finditer(f"{_LOST}+", document.text):
        line = document.span(*found.span()).line
        is_said = _SPOKEN_OF.search(document.text, max(0, found.start() - 2), found.end() + 2)
        if line == reported or is_said or _is_meant(document, found.start()):
            continue
        is_told = any(each.start < found.end() <= each.end for each in document.view(garbled))
        if not is_told and not _is_code(document, found.start()):
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
    """Whether the paragraph, or a heading above, speaks of encodings; a line may be long."""
    text = document.text
    least, most = max(0, offset - _REACH), offset + _REACH
    above = [found.end() for found in _BLANK.finditer(text, least, offset)]
    below = _BLANK.search(text, offset, most)
    start, end = above[-1] if above else least, below.start() if below else most
    if _SPEAKS_OF_IT.search(text, start, end) is not None:
        return True
    if not document.path.endswith(ENDINGS):
        return False
    from govcheck.markdown.page import page

    headings = document.view(page).headings_above(offset)
    return any(_SPEAKS_OF_IT.search(each.text) for each in headings)


def _is_code(document: Document, offset: int) -> bool:
    if not document.path.endswith(ENDINGS):
        line = document.text.rfind("\n", 0, offset) + 1
        return document.path.endswith(".rst") and document.text.count("``", line, offset) % 2 == 1
    from govcheck.markdown.page import page

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
    Example(
        "Inside of words, twice, a mark, and what U+FFFD stands for; a name of a file",
        {
            "govcheck.toml": "",
            "a.md": "ï»¿# ZÃ¼rich, wÅ‚asny\n\nÃ¢â‚¬â„¢ â€\ufffd [x](CafÃ©.txt)\n",
            "b.md": "ÔÇÖ naÔö£┬╗ve Ô£à\n",
            "CafÃ©.txt": "",
        },
        (
            "a.md:1:1: 'ï»¿' is a byte order mark, read as cp1252 (2 more on this line)",
            "a.md:3:1: 'Ã¢â‚¬â„¢' is 'â€™', read as cp1252 (1 more on this line)",
            "b.md:1:1: 'ÔÇÖ' is '’', read as cp850 (2 more on this line)",
        ),
        {"a.md": "# Zürich, własny\n\n’ ” [x](CafÃ©.txt)\n", "b.md": "’ naïve ✅\n"},
    ),
    Example(
        "In an encoding that is not known here",
        {"govcheck.toml": "", "a.md": "It‚Äôs na√Įve ‚Äď ‚úÖ √üe\n"},
    ),
    Example(
        "A table, a section and a question about it",
        {
            "govcheck.toml": "",
            "a.md": (
                "If you see characters\nlike â€™, set the locale.\n\n| â€™ | ’ |\n\n"
                "# Encodings\n\n| bad |\n| --- |\n| âœ… |\n"
            ),
        },
    ),
    Example(
        "Shown as code in reStructuredText",
        {"govcheck.toml": "", "a.rst": "The terminal may say ``\ufffd [32m`` there.\n"},
    ),
]
