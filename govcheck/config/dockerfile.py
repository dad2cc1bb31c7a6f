"""Dockerfiles: the variables that `ENV` and `ARG` set, as BuildKit's parser reads them.

An instruction may run over lines that end in a backslash (or what the `escape` directive names),
with comment lines in between; here-documents of other instructions are passed over.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise, takewhile
from operator import itemgetter

from govcheck.config import flat
from govcheck.config.cutting import Cut, Page, Range
from govcheck.config.entry import Entry
from govcheck.config.flat import Listing, Setting
from govcheck.document import Document
from govcheck.finding import Edit

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*$")
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)(?=\s|$)")
_HERE_DOCUMENT = re.compile(r"(?<!<)<<(-?)([\"']?)([A-Za-z_]\w*)\2")
_WORD = {
    "\\": re.compile(r"(?>(?:\\.|\"(?>(?:[^\"\\]|\\.)*)\"|'[^']*+'|[^\s\\\"'])+)", re.DOTALL),
    "`": re.compile(r"(?>(?:`.|\"(?>(?:[^\"`]|`.)*)\"|'[^']*+'|[^\s`\"'])+)", re.DOTALL),
}
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True, slots=True)
class _Part:
    """A line of an instruction: its stretch without the continuation character."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Instruction:
    """An `ENV` or `ARG` and its settings; `keyword_end` is where its name ends."""

    keyword_end: int
    parts: tuple[_Part, ...]
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    instructions: tuple[_Instruction, ...]
    comments: tuple[Range, ...]


def entries(document: Document) -> tuple[Entry, ...]:
    """The variables, each under `ENV` or `ARG`."""
    return flat.entries(read(document))


def removal(document: Document, doomed: Collection[Entry]) -> dict[Entry, tuple[Edit, ...]]:
    """Each variable leaves its instruction, and the last one takes the instruction along."""
    return flat.removal(document, doomed, read, _cuts)


def read(document: Document) -> Listing:
    """The variables and comments of the file."""
    reading = document.view(_read)
    settings = (setting for each in reading.instructions for setting in each.settings)
    return Listing(tuple(settings), reading.comments)


def _read(document: Document) -> _Reading:
    lines = [document.line(number) for number in range(1, len(document.line_starts) + 1)]
    escape = _escape(lines)
    ends = _here_document_ends(lines)
    instructions: list[_Instruction] = []
    comments: list[Range] = []
    directives = sum(1 for _ in takewhile(_DIRECTIVE.match, map(str.strip, lines)))
    number = directives
    while number < len(lines):
        parts: list[_Part] = []
        while number < len(lines):
            line, start = lines[number], document.line_starts[number]
            number += 1
            stripped = line.strip()
            if stripped.startswith("#"):
                indent = len(line) - len(line.lstrip())
                comments.append((start + indent, start + indent + len(stripped)))
                continue
            if not stripped:
                if parts:
                    continue
                break
            runs_on = line.rstrip().endswith(escape) and not line.rstrip().endswith(escape * 2)
            content = line.rstrip()[:-1] if runs_on else line
            parts.append(_Part(start, start + len(content)))
            if not runs_on:
                break
        if not parts:
            continue
        instruction = _instruction(document, parts, escape)
        if instruction is not None:
            instructions.append(instruction)
        else:
            text = "".join(document.text[part.start : part.end] for part in parts)
            number = _after_here_documents(text, number, ends)
    return _Reading(tuple(instructions), tuple(comments))


def _escape(lines: Sequence[str]) -> str:
    """The character that continues lines, which a directive at the top may choose."""
    for line in lines:
        directive = _DIRECTIVE.match(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape":
            return "`" if directive[2] == "`" else "\\"
    return "\\"


def _here_document_ends(lines: Sequence[str]) -> dict[str, list[int]]:
    """The lines that consist of one word, and so may end a here-document."""
    ends: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if _NAME.fullmatch(line.strip("\t")):
            ends.setdefault(line.strip("\t"), []).append(number)
    return ends


def _after_here_documents(text: str, number: int, ends: dict[str, list[int]]) -> int:
    keyword = _INSTRUCTION.match(text)
    if keyword is None or keyword[1].upper() not in ("RUN", "COPY", "ADD"):
        return number
    for opening in _HERE_DOCUMENT.finditer(text):
        closing = ends.get(opening[3], [])
        position = bisect_right(closing, number - 1)
        if position < len(closing):
            number = closing[position] + 1
    return number


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of an instruction as written; one in quotes may run over several lines."""

    start: int
    end: int
    text: str


def _instruction(document: Document, parts: Sequence[_Part], escape: str) -> _Instruction | None:
    """The instruction that the lines form, if it sets variables."""
    text = document.text
    keyword = _INSTRUCTION.match(text, parts[0].start, parts[0].end)
    if keyword is None or keyword[1].upper() not in ("ENV", "ARG"):
        return None
    kind = keyword[1].upper()
    own = (_Part(max(part.start, keyword.end()), part.end) for part in parts)
    words = list(_words(text, [part for part in own if part.start <= part.end], escape))
    if kind == "ENV" and words and "=" not in words[0].text:
        settings = _old_form(document, words)
    else:
        pairs = all(_NAME.match(w.text) and (kind == "ARG" or "=" in w.text) for w in words)
        found = (_setting(document, kind, word, escape) for word in words)
        settings = [s for s in found if s is not None]
        is_only_one = len(words) == 1
        settings = [replace(s, removable=is_only_one or (s.removable and pairs)) for s in settings]
    return _Instruction(keyword.end(), tuple(parts), tuple(settings))


def _words(text: str, parts: Sequence[_Part], escape: str) -> Iterator[_Word]:
    joined = "".join(text[part.start : part.end] for part in parts)
    starts = [0, *accumulate(part.end - part.start for part in parts)]

    def offset(index: int, inside: int) -> int:
        place = bisect_right(starts, inside) - 1
        return parts[place].start + index - starts[place]

    position = 0
    while position < len(joined):
        if word := _WORD[escape].match(joined, position):
            start, end = word.span()
            yield _Word(offset(start, start), offset(end, end - 1), word[0])
            position = end
        else:
            position += 1


def _old_form(document: Document, words: Sequence[_Word]) -> list[Setting]:
    """`ENV NAME the rest of the line`."""
    name, *rest = words
    if not _NAME.fullmatch(name.text):
        return []
    span = document.span(name.start, name.end)
    if not rest:
        return [Setting(Entry(("ENV", name.text), name.text, span), name.start, name.end)]
    start, end = rest[0].start, rest[-1].end
    is_one_line = document.span(start, end).line == document.span(start, end).end_line
    value = document.text[start:end] if is_one_line else " ".join(word.text for word in rest)
    entry = Entry(("ENV", name.text), name.text, span, value, document.span(start, end))
    return [Setting(entry, name.start, end)]


def _setting(document: Document, kind: str, word: _Word, escape: str) -> Setting | None:
    """`NAME=value`, or the `NAME` of a build argument; not removable alone if it spans lines."""
    name, equals, value = word.text.partition("=")
    if not _NAME.fullmatch(name) or (kind == "ENV" and not equals):
        return None
    span = document.span(word.start, word.end)
    is_one_line = span.line == span.end_line
    named = document.span(word.start, word.start + len(name))
    if not equals:
        return Setting(Entry((kind, name), name, named), word.start, word.end, is_one_line)
    quotes = int(len(value) > 1 and value[0] == value[-1] and value[0] in "\"'")
    start = word.start + len(name) + 1
    value_span = document.span(start + quotes, word.end - quotes)
    entry = Entry((kind, name), name, named, _unquoted(value, escape), value_span)
    return Setting(entry, word.start, word.end, is_one_line)


def _unquoted(value: str, escape: str) -> str:
    def piece(found: re.Match[str]) -> str:
        if found["single"] is not None:
            return found["single"]
        if found["double"] is not None:
            return re.sub(rf"{re.escape(escape)}([\"$\\`])", r"\1", found["double"])
        return found["escaped"] or found[0]

    mark = re.escape(escape)
    return re.sub(
        rf"'(?P<single>[^']*)'|\"(?P<double>(?:[^\"{mark}]|{mark}.)*)\"|{mark}(?P<escaped>.)",
        piece,
        value,
        flags=re.DOTALL,
    )


def _cuts(page: Page, listing: Listing, going: Collection[Entry]) -> dict[Entry, tuple[Cut, ...]]:
    cuts: dict[Entry, tuple[Cut, ...]] = {}
    for instruction in page.document.view(_read).instructions:
        gone = [setting for setting in instruction.settings if setting.entry in going]
        if gone:
            stays = [setting for setting in instruction.settings if setting.entry not in going]
            of_it = tuple(_cuts_in(page, instruction, gone, stays))
            cuts |= dict.fromkeys((setting.entry for setting in gone), of_it)
    return cuts


def _cuts_in(
    page: Page,
    instruction: _Instruction,
    gone: Sequence[Setting],
    stays: Sequence[Setting],
) -> Iterator[Cut]:
    """What goes of one instruction: words, lines of which no word stays, or all of it."""
    going, staying = _by_line(page, gone), _by_line(page, stays)
    last = stays[-1] if stays else None
    is_cut_short = last is not None and gone[-1].start > last.start
    for number, part in enumerate(instruction.parts):
        line = page.line_of(part.start)
        leaving, left = going.get(line, []), staying.get(line, [])
        names = [each.entry.name for each in leaving]
        if stays and number == 0 and leaving and not any(_is_named(page, line, s) for s in stays):
            yield from page.block_above(part.start, names)
        if left:
            yield from _words_cut(leaving, left)
            if is_cut_short and left[-1] is last and number + 1 < len(instruction.parts):
                yield Cut(last.end, page.content_end(last.end))
        elif stays and number == 0:
            yield from _keyword_line_cut(page, instruction, leaving, stays[0])
        elif leaving or last is None or (is_cut_short and part.start > last.start):
            yield page.whole_lines(part.start, part.end, names)


def _by_line(page: Page, settings: Sequence[Setting]) -> dict[int, list[Setting]]:
    lines: dict[int, list[Setting]] = {}
    for setting in settings:
        lines.setdefault(page.line_of(setting.start), []).append(setting)
    return lines


def _is_named(page: Page, line: int, setting: Setting) -> bool:
    """Whether the comments above the line speak of the setting too."""
    return bool(page.block_above(page.document.line_starts[line], [setting.entry.name]))


def _words_cut(going: Sequence[Setting], staying: Sequence[Setting]) -> Iterator[Cut]:
    """Words that leave others on their line: with the space behind, or the space before."""
    last = staying[-1]
    words = sorted(
        [
            *((each.start, each, True) for each in going),
            *((each.start, each, False) for each in staying),
        ],
        key=itemgetter(0),
    )
    for (start, _, is_going), (following, _, _) in pairwise(words):
        if is_going and following <= last.start:
            yield Cut(start, following)
    if going and going[-1].start > last.start:
        yield Cut(last.end, going[-1].end)


def _keyword_line_cut(
    page: Page, instruction: _Instruction, going: Sequence[Setting], first: Setting
) -> Iterator[Cut]:
    """The instruction's own line keeps its name: what stays moves up, unless comments forbid."""
    if not going:
        return
    if page.comments_within(going[0].start, first.start):
        yield Cut(instruction.keyword_end, going[-1].end)
    else:
        yield Cut(going[0].start, first.start)
