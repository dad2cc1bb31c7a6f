"""Cutting stretches out of a text: which lines and comments go along, and that the rest holds."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

from govcheck.document import Document
from govcheck.finding import Edit

Doomed = TypeVar("Doomed", bound=Hashable)
Range = tuple[int, int]

_MAX_ATTEMPTS = 24
_COMMENTED_OUT = re.compile(r"[\s#;/!]*(?:export\s+|-\s+)?([A-Z][A-Z0-9]*_[A-Z0-9_]*)\s*[:=]")


class Cut(NamedTuple):
    """Put `text` in place of what stands between two offsets."""

    start: int
    end: int
    text: str = ""


class Page:
    """The lines of a document and the comments among them, as ranges in the order of the text."""

    def __init__(self, document: Document, comments: Iterable[Range]) -> None:
        self.document = document
        self.text = document.text
        self.comments = tuple(sorted(comments))

    def line_of(self, offset: int) -> int:
        """The 0-based number of the line that holds the offset."""
        return bisect_right(self.document.line_starts, offset) - 1

    def line_start(self, offset: int) -> int:
        """Where the line that holds the offset begins."""
        return self.document.line_starts[self.line_of(offset)]

    def line_end(self, offset: int) -> int:
        """Where the line that holds the offset ends, its line end included."""
        starts = self.document.line_starts
        following = self.line_of(offset) + 1
        return starts[following] if following < len(starts) else len(self.text)

    def is_blank(self, start: int, end: int) -> bool:
        """Whether nothing but white space stands there."""
        return not self.text[start:end].strip()

    def leads_its_line(self, offset: int) -> bool:
        """Whether only white space stands before it on its line."""
        return self.is_blank(self.line_start(offset), offset)

    def ends_its_line(self, offset: int) -> bool:
        """Whether only white space and a comment stand behind it on its line."""
        end = self.line_end(offset)
        if self.is_blank(offset, end):
            return True
        following = self.comments_within(offset, end)
        return (
            len(following) == 1
            and self.is_blank(offset, following[0][0])
            and following[0][1] <= end
            and self.is_blank(following[0][1], end)
        )

    def is_alone(self, start: int, end: int) -> bool:
        """Whether the stretch has its lines to itself, but for a comment behind it."""
        return self.leads_its_line(start) and self.ends_its_line(end)

    def comments_within(self, start: int, end: int) -> tuple[Range, ...]:
        """The comments that begin there."""
        first = bisect_left(self.comments, (start, start))
        return self.comments[first : bisect_left(self.comments, (end, end))]

    def own_lines_within(self, start: int, end: int) -> tuple[Range, ...]:
        """The comments that begin there and have their lines to themselves."""
        return tuple(
            comment
            for comment in self.comments_within(start, end)
            if self.line_of(comment[0]) in self._comment_lines
        )

    def content_end(self, offset: int) -> int:
        """Where the line that holds the offset ends, without its line end."""
        return offset + len(self.text[offset : self.line_end(offset)].rstrip("\r\n"))

    def whole_lines(self, start: int, end: int, names: Collection[str]) -> Cut:
        """The lines of the stretch, with the comment block right above if it bears a name."""
        above = self.block_above(start, names)
        return Cut(above[0].start if above else self.line_start(start), self.line_end(end))

    def block_above(self, start: int, names: Collection[str]) -> tuple[Cut, ...]:
        """The comment block right above the line, if it bears one of the names."""
        line = self.line_of(start)
        first = self._block_above(line, names)
        block = self.document.line_starts[first], self.document.line_starts[line]
        return (Cut(*block),) if _names_any(self.text[slice(*block)], names) else ()

    def _block_above(self, line: int, names: Collection[str]) -> int:
        """The first line of the comments that end right above; settings put out of use end it."""
        while line - 1 in self._comment_lines:
            commented_out = _COMMENTED_OUT.match(self.document.line(line))
            if commented_out and commented_out[1] not in names:
                break
            line -= 1
        return line

    @cached_property
    def _comment_lines(self) -> frozenset[int]:
        return frozenset(
            line
            for start, end in self.comments
            if self.leads_its_line(start) and self.is_blank(end, self.line_end(end))
            for line in range(self.line_of(start), self.line_of(end) + 1)
        )


def _names_any(text: str, names: Collection[str]) -> bool:
    if not text:
        return False
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names if name)


def edits_of(
    document: Document, cuts: Mapping[Doomed, Sequence[Cut]]
) -> dict[Doomed, tuple[Edit, ...]]:
    """The cuts as edits of which any two are the same or do not overlap.

    Those that overlap become one, shared by all whose cuts they were; so do those that touch,
    unless both only delete.
    """
    distinct = {id(each): each for each in cuts.values()}
    merged: dict[Cut, Cut] = {}
    cluster: list[Cut] = []
    end = -1
    for cut in sorted({cut for each in distinct.values() for cut in each}):
        if cluster and not _joins(cluster, end, cut):
            merged |= dict.fromkeys(cluster, _united(cluster, end))
            cluster, end = [], -1
        cluster.append(cut)
        end = max(end, cut.end)
    merged |= dict.fromkeys(cluster, _united(cluster, end))
    edits = {
        identity: tuple(
            Edit(document.path, cut.start, cut.end, cut.text)
            for cut in sorted({merged[each] for each in those})
        )
        for identity, those in distinct.items()
    }
    return {doomed: edits[id(each)] for doomed, each in cuts.items()}


def _joins(cluster: list[Cut], end: int, cut: Cut) -> bool:
    if cut.start == end:
        return bool(cut.text or any(each.text for each in cluster))
    return cut.start < end


def _united(cluster: list[Cut], end: int) -> Cut:
    return (
        Cut(cluster[0].start, end, "".join(cut.text for cut in cluster)) if cluster else Cut(0, 0)
    )


def cut_out(document: Document, edits: Mapping[Doomed, tuple[Edit, ...]]) -> Document:
    """The document without what the edits take."""
    distinct = sorted(
        {edit for each in {id(e): e for e in edits.values()}.values() for edit in each}
    )
    pieces = []
    position = 0
    for edit in distinct:
        pieces += [document.text[position : edit.start], edit.text]
        position = edit.end
    text = "".join([*pieces, document.text[position:]])
    return Document(document.path, document.encode(text))


def soundly(
    doomed: Sequence[Doomed],
    attempt: Callable[[Sequence[Doomed]], dict[Doomed, tuple[Edit, ...]] | None],
) -> dict[Doomed, tuple[Edit, ...]]:
    """The edits of as many of the doomed as can go together, found by halving.

    `attempt` gives the edits of a selection, or None where its result would not hold. The number of
    attempts is bounded, so that no file can cost more than some readings of it.
    """
    attempts = 0

    def try_out(some: Sequence[Doomed]) -> dict[Doomed, tuple[Edit, ...]] | None:
        nonlocal attempts
        attempts += 1
        return attempt(some) if some and attempts <= _MAX_ATTEMPTS else None

    def search(some: Sequence[Doomed]) -> dict[Doomed, tuple[Edit, ...]]:
        if (edits := try_out(some)) is not None:
            return edits
        if len(some) <= 1 or attempts > _MAX_ATTEMPTS:
            return {}
        middle = len(some) // 2
        left, right = search(some[:middle]), search(some[middle:])
        if not left or not right:
            return left or right
        return try_out([*left, *right]) or left

    return search(doomed)
