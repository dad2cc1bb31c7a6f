"""Formats that nest (YAML, TOML, JSON): mappings and lists of one shape, and how members leave.

The reader of a format builds a `Tree`; which names it holds, what goes along with what, and which
text is cut are decided here.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import itemgetter
from typing import Literal, NamedTuple

from tree_sitter import Node

from govcheck.config.cutting import Cut, Page, Range, cut_out, edits_of, soundly
from govcheck.config.entry import Entry
from govcheck.document import Document, TooDeepError
from govcheck.finding import Edit

MAX_PATH = 100

_DISSOLVED = {"env", "environment"}
_VARIABLE_LISTS = re.compile(
    r"env|envs|environment|env_file|(extra|container|additional)_?env(_?vars)?|env_vars"
    r"|set_?env|pass_?env|pass_through_env|variables"
)
_VARIABLE = re.compile(r"([A-Za-z_][\w.-]*)(?:=(.*))?", re.DOTALL)
_VALUE_KEYS = {"value", "valuefrom", "value_from"}


class Key(NamedTuple):
    """A name as written, without quotes; `indices` are list positions that the path adds to it."""

    text: str
    start: int
    end: int
    indices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A value that is no mapping or list; its place is that between the quotes."""

    text: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """A mapping or list.

    Members of a `flow` stand between brackets with commas (their offsets are `commas`), those of a
    `block` and a `table` on lines of their own; an empty `block` needs `{}` in its place, an empty
    `table` nothing.
    """

    kind: Literal["mapping", "sequence"]
    layout: Literal["flow", "block", "table"]
    start: int
    end: int
    members: "tuple[Member, ...]"
    commas: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A pair of a mapping, with its key (dotted: several), or an item of a list, without any.

    A member that is `fixed` cannot be taken out.
    """

    start: int
    end: int
    keys: tuple[Key, ...]
    value: Scalar | Container | None
    fixed: bool = False


class Tree(NamedTuple):
    """A whole file: its documents, comments, anchors, and the stretches that do not parse."""

    roots: tuple[Scalar | Container | None, ...]
    comments: tuple[Range, ...] = ()
    anchors: tuple[int, ...] = ()
    broken: tuple[Range, ...] = ()


@dataclass(slots=True, eq=False)
class _Place:
    """A member in its surroundings."""

    member: Member
    container: Container
    parent: "_Place | None"
    path: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    inside: "list[_Place]" = field(default_factory=list)

    @property
    def name(self) -> str:
        """The key of the member, or for items that of the list that holds them."""
        if self.member.keys:
            return self.member.keys[-1].text
        return self.parent.name if self.parent else ""


class Reading(NamedTuple):
    """A tree and its members in the order of the text."""

    tree: Tree
    roots: tuple[tuple[Container, tuple[_Place, ...]], ...]
    places: tuple[_Place, ...]


def braces(parts: Sequence[object], start: int, end: int) -> Container:
    """A mapping in braces, given what its nodes became: its pairs, and the offsets of commas."""
    members = tuple(part for part in parts if isinstance(part, Member))
    return Container("mapping", "flow", start, end, members, _commas(parts))


def brackets(
    document: Document, node: Node, parts: Sequence[object], start: int, end: int
) -> Container:
    """A list in brackets, given what its nodes became: its values, and the offsets of commas."""
    offset = document.offset_of_byte
    items = tuple(
        Member(offset(child.start_byte), offset(child.end_byte), (), part)
        for child, part in zip(node.children, parts, strict=True)
        if isinstance(part, Scalar | Container)
    )
    return Container("sequence", "flow", start, end, items, _commas(parts))


def _commas(parts: Sequence[object]) -> tuple[int, ...]:
    return tuple(part for part in parts if isinstance(part, int))


def entries(reading: Reading) -> tuple[Entry, ...]:
    """The entries of all members."""
    return tuple(entry for place in reading.places for entry in place.entries)


def reading_of(document: Document, tree: Tree) -> Reading:
    """The members of the tree with their paths and entries.

    Raises:
        TooDeepError: a path is longer than `MAX_PATH`.
    """
    places: list[_Place] = []
    roots: list[tuple[Container, tuple[_Place, ...]]] = []
    for root in tree.roots:
        if not isinstance(root, Container):
            continue
        top = [_Place(member, root, None, ()) for member in root.members]
        waiting = [*_indexed(top, ())][::-1]
        while waiting:
            place, base = waiting.pop()
            _locate(document, place, base)
            places.append(place)
            if isinstance(place.member.value, Container):
                inside = place.member.value
                place.inside = [_Place(member, inside, place, ()) for member in inside.members]
                waiting.extend([*_indexed(place.inside, place.path)][::-1])
        roots.append((root, tuple(top)))
    return Reading(tree, tuple(roots), tuple(places))


def _indexed(
    places: Sequence[_Place], base: tuple[str, ...]
) -> Iterator[tuple[_Place, tuple[str, ...]]]:
    for index, place in enumerate(places):
        yield place, base if place.member.keys else (*base, str(index))


def _locate(document: Document, place: _Place, base: tuple[str, ...]) -> None:
    """Give the place its path, which continues `base`, and its entries."""
    member = place.member
    if not member.keys:
        place.path = base
        place.entries = tuple(_variable(document, place))
    path = base
    last = member.keys[-1] if member.keys else None
    found: list[Entry] = []
    for key in member.keys:
        path = (*path, key.text, *key.indices)
        if len(path) > MAX_PATH:
            raise TooDeepError(MAX_PATH)
        span = document.span(key.start, key.end)
        if key is last and isinstance(member.value, Scalar):
            value_span = document.span(member.value.start, member.value.end)
            found.append(Entry(path, key.text, span, member.value.text, value_span))
        else:
            found.append(Entry(path, key.text, span))
    if member.keys:
        place.path, place.entries = path, tuple(found)
    if len(path) > MAX_PATH:
        raise TooDeepError(MAX_PATH)


def _variable(document: Document, place: _Place) -> Iterator[Entry]:
    """The variable that an item of a list sets: `NAME=value`, `NAME`, or `name:` and `value:`."""
    held = place.parent.name if place.parent and place.parent.member.keys else ""
    is_variable_list = _VARIABLE_LISTS.fullmatch(_snake(held)) is not None
    match place.member.value:
        case Scalar(text=str(text), start=start, end=end):
            is_build = held == "args" and place.path[-3:-2] == ("build",)
            said = _VARIABLE.fullmatch(text) if is_variable_list or is_build else None
            if said is None or (held in ("variables", "env_file") and said[2] is None):
                return
            as_written = end - start == len(text)
            name_end = start + len(said[1]) if as_written else end
            span = document.span(start, name_end)
            if said[2] is None:
                yield Entry(place.path, said[1], span)
            else:
                value_span = document.span(min(name_end + 1, end), end)
                yield Entry(place.path, said[1], span, said[2], value_span)
        case Container(kind="mapping", members=members):
            by_name = {m.keys[-1].text.lower(): m.value for m in members if len(m.keys) == 1}
            name = by_name.pop("name", None)
            if not isinstance(name, Scalar) or not name.text or not by_name.keys() <= _VALUE_KEYS:
                return
            if not by_name and not is_variable_list:
                return
            span = document.span(name.start, name.end)
            match by_name.get("value"):
                case Scalar(text=value, start=start, end=end):
                    yield Entry(place.path, name.text, span, value, document.span(start, end))
                case _:
                    yield Entry(place.path, name.text, span)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def removal(
    document: Document, doomed: Collection[Entry], read: Callable[[Document], Reading]
) -> dict[Entry, tuple[Edit, ...]]:
    """The edits that take the doomed out, where what is left reads as before."""
    reading = document.view(read)
    page = Page(document, reading.tree.comments)
    wanted = set(doomed)
    removable = {
        entry: place
        for place in reading.places
        for entry in place.entries
        if entry in wanted and _is_removable(reading.tree, place.member)
    }

    def attempt(chosen: Sequence[Entry]) -> dict[Entry, tuple[Edit, ...]] | None:
        plan = _plan(reading, page, {entry: removable[entry] for entry in chosen})
        if plan is None:
            return None
        edits = edits_of(document, {entry: plan.cuts[removable[entry]] for entry in chosen})
        remains = read(cut_out(document, edits))
        return edits if [*_outline(remains, ())] == [*_outline(reading, plan.gone)] else None

    return soundly([*removable], attempt)


def _is_removable(tree: Tree, member: Member) -> bool:
    anchor = bisect_left(tree.anchors, member.start)
    has_anchor = anchor < len(tree.anchors) and tree.anchors[anchor] < member.end
    broken = bisect_right(tree.broken, member.start, key=itemgetter(0)) - 1
    is_broken = broken >= 0 and member.start < tree.broken[broken][1]
    return not (member.fixed or has_anchor or is_broken)


def _outline(
    reading: Reading, gone: Collection[_Place]
) -> Iterator[tuple[tuple[str, ...], int, str | None, str]]:
    """What the tree says, less what is gone; positions in lists are left out."""
    outside: dict[_Place, bool] = {}
    for place in reading.places:
        is_gone = place in gone or (place.parent is not None and outside[place.parent])
        outside[place] = is_gone
        if is_gone:
            continue
        keys = tuple(key.text for key in place.member.keys)
        match place.member.value:
            case Scalar(text=text):
                yield keys, len(place.path), text, "scalar"
            case Container(kind=kind):
                yield keys, len(place.path), None, kind
            case None:
                yield keys, len(place.path), None, "nothing"


class _Plan(NamedTuple):
    """What goes in the end, and for each doomed place what is cut."""

    gone: frozenset[_Place]
    cuts: Mapping[_Place, tuple[Cut, ...]]


@dataclass(frozen=True, slots=True)
class _Going:
    """What goes: `names` by which comments may call it, and the parents that dissolve with it."""

    page: Page
    names: Mapping[_Place, frozenset[str]]
    dissolved: Collection[_Place]

    def __contains__(self, place: _Place) -> bool:
        return place in self.names


def _plan(reading: Reading, page: Page, chosen: Mapping[Entry, _Place]) -> _Plan | None:
    going = _going(reading, page, chosen)
    cuts: dict[_Place, tuple[Cut, ...]] = {}
    causes: dict[_Place, _Place] = {}
    for siblings, holder in _families(reading):
        cause = causes.get(holder) if holder else None
        if cause is not None:
            causes |= dict.fromkeys(siblings, cause)
            continue
        leaving = [place for place in siblings if place in going]
        if not leaving:
            continue
        causes |= {place: place for place in leaving}
        found = _cuts(going, siblings, leaving)
        if found is None:
            return None
        cuts |= found
    doomed = {place: cuts[causes[place]] for place in chosen.values()}
    return _Plan(frozenset(going.names), doomed)


def _families(reading: Reading) -> Iterator[tuple[Sequence[_Place], _Place | None]]:
    """All members of each container, outer ones first, with the member that holds it."""
    for _, top in reading.roots:
        yield top, None
    for place in reading.places:
        if place.inside:
            yield place.inside, place


def _going(reading: Reading, page: Page, chosen: Mapping[Entry, _Place]) -> _Going:
    """The chosen places, and from the leaves up the `env` mappings that nothing is left of."""
    names: dict[_Place, frozenset[str]] = {}
    for entry, place in chosen.items():
        names[place] = names.get(place, frozenset()) | {entry.name}
    dissolved: set[_Place] = set()
    for place in reversed(reading.places):
        keys = place.member.keys
        if (
            place in names
            or not place.inside
            or not keys
            or keys[-1].text.lower() not in _DISSOLVED
        ):
            continue
        is_empty = all(each in names for each in place.inside)
        if is_empty and _is_removable(reading.tree, place.member) and _can_dissolve(page, place):
            dissolved.add(place)
            names[place] = frozenset().union(*(names[each] for each in place.inside))
    return _Going(page, names, dissolved)


def _can_dissolve(page: Page, place: _Place) -> bool:
    """Whether the comments inside, which stay, can stand without it."""
    member, inside = place.member, place.inside[0].member
    if not page.own_lines_within(member.start, member.end):
        return True
    is_block = place.inside[0].container.layout != "flow" and place.container.layout != "flow"
    has_header = page.line_of(member.start) < page.line_of(inside.start)
    return is_block and has_header and page.leads_its_line(member.start)


def _cuts(
    going: _Going, siblings: Sequence[_Place], leaving: Sequence[_Place]
) -> dict[_Place, tuple[Cut, ...]] | None:
    """The cuts of those that leave a container, or None if they cannot."""
    container = siblings[0].container
    is_emptied = len(leaving) == len(siblings)
    match container.layout, is_emptied:
        case "flow", True:
            return _shared(leaving, _flow_emptied(going, leaving))
        case "flow", False:
            return _flow_cuts(going, siblings)
        case "block", True:
            return _shared(leaving, _block_emptied(going, leaving))
        case _:
            return _block_cuts(going, siblings)


def _shared(
    places: Sequence[_Place], cuts: Sequence[Cut] | None
) -> dict[_Place, tuple[Cut, ...]] | None:
    return None if cuts is None else dict.fromkeys(places, tuple(cuts))


def _lines_of(going: _Going, place: _Place) -> list[Cut]:
    """The lines of a member; of a dissolved one that holds comments, all but these."""
    page, member = going.page, place.member
    if place not in going.dissolved or not page.own_lines_within(member.start, member.end):
        return [page.whole_lines(member.start, member.end, going.names[place])]
    header = page.whole_lines(member.start, member.start, going.names[place])
    return [header, *(cut for each in place.inside for cut in _lines_of(going, each))]


def _block_cuts(going: _Going, siblings: Sequence[_Place]) -> dict[_Place, tuple[Cut, ...]] | None:
    cuts: dict[_Place, tuple[Cut, ...]] = {}
    page = going.page
    for place in siblings[1:] if not page.leads_its_line(siblings[0].member.start) else siblings:
        if place in going:
            if not page.is_alone(place.member.start, place.member.end):
                return None
            cuts[place] = tuple(_lines_of(going, place))
    first = siblings[0]
    if first in going and first not in cuts:
        cut = _first_cut(going, siblings, [cut for each in cuts.values() for cut in each])
        if cut is None:
            return None
        cuts[first] = (cut,)
    return cuts


def _first_cut(going: _Going, siblings: Sequence[_Place], lines: Sequence[Cut]) -> Cut | None:
    """The first member, which shares its line with the dash of an item: what stays moves up."""
    page, member = going.page, siblings[0].member
    if not _follows_a_dash(page, member.start) or not page.ends_its_line(member.end):
        return None
    survivor = next(place.member.start for place in siblings if place not in going)
    taken = sorted(lines)
    for start, _ in page.own_lines_within(member.end, survivor):
        around = bisect_right(taken, Cut(start, len(page.text))) - 1
        if around < 0 or taken[around].end <= start:
            return Cut(member.start, start)
    return Cut(member.start, survivor)


def _follows_a_dash(page: Page, offset: int) -> bool:
    before = page.text[page.line_start(offset) : offset]
    return re.fullmatch(r" *(?:- +)+", before) is not None


def _block_emptied(going: _Going, leaving: Sequence[_Place]) -> list[Cut] | None:
    """`{}` or `[]` stands where the members were."""
    page, container = going.page, leaving[0].container
    first, *others = leaving
    brackets = "{}" if container.kind == "mapping" else "[]"
    if not all(page.is_alone(each.member.start, each.member.end) for each in others):
        return None
    if not page.ends_its_line(first.member.end):
        return None
    cuts = [cut for each in others for cut in _lines_of(going, each)]
    if not page.leads_its_line(first.member.start):
        if not _follows_a_dash(page, first.member.start):
            return None
        return [Cut(first.member.start, page.content_end(first.member.end), brackets), *cuts]
    lines = _lines_of(going, first)
    if first.parent is not None:
        head_end = _end_before(page, container.start)
        return [Cut(head_end, head_end, f" {brackets}"), *lines, *cuts]
    line_end = page.text[page.content_end(first.member.end) : page.line_end(first.member.end)]
    return [Cut(lines[0].start, lines[0].end, brackets + line_end), *lines[1:], *cuts]


def _end_before(page: Page, offset: int) -> int:
    """Where the text ends that stands before, but for white space and comments."""
    while True:
        while offset and page.text[offset - 1].isspace():
            offset -= 1
        line = page.line_start(offset)
        comments = page.comments_within(line, offset)
        if not comments or comments[0][1] < offset:
            return offset
        offset = comments[0][0]


def _flow_emptied(going: _Going, leaving: Sequence[_Place]) -> list[Cut] | None:
    page, container = going.page, leaving[0].container
    inside = container.start + 1, container.end - 1
    if not page.comments_within(*inside):
        return [Cut(*inside)]
    ends = (_comma_end(place) or place.member.end for place in leaving)
    return [Cut(place.member.start, end) for place, end in zip(leaving, ends, strict=True)]


def _comma_end(place: _Place) -> int | None:
    """The end of the comma that follows the member, if one does before the next member."""
    members, commas = place.container.members, place.container.commas
    position = bisect_left(commas, place.member.end)
    if position == len(commas):
        return None
    following = bisect_left(members, place.member.end, key=lambda member: member.start)
    is_own = following == len(members) or commas[position] < members[following].start
    return commas[position] + 1 if is_own else None


def _flow_cuts(going: _Going, siblings: Sequence[_Place]) -> dict[_Place, tuple[Cut, ...]] | None:
    """Each member goes with the comma behind it; those at the end with the comma before them."""
    page = going.page
    cuts: dict[_Place, tuple[Cut, ...]] = {}
    tail: list[_Place] = []
    if _comma_end(siblings[-1]) is None:
        tail = [*takewhile(lambda place: place in going, reversed(siblings))][::-1]
    for place in siblings[: len(siblings) - len(tail)]:
        if place in going:
            end = _comma_end(place)
            if end is None:
                return None
            cuts[place] = (_flow_cut(going, place, end),)
    if not tail:
        return cuts
    survivor = siblings[len(siblings) - len(tail) - 1]
    comma_end = _comma_end(survivor)
    if comma_end is None:
        return None
    ends = [_comma_end(place) or place.member.end for place in tail]
    if all(page.is_alone(p.member.start, end) for p, end in zip(tail, ends, strict=True)):
        lines = [_flow_cut(going, place, end) for place, end in zip(tail, ends, strict=True)]
        return cuts | dict.fromkeys(tail, (Cut(comma_end - 1, comma_end), *lines))
    if page.comments_within(survivor.member.end, tail[-1].member.end):
        return None
    return cuts | dict.fromkeys(tail, (Cut(survivor.member.end, tail[-1].member.end),))


def _flow_cut(going: _Going, place: _Place, end: int) -> Cut:
    """The member up to `end`, behind its comma: its lines, or else with the space around it."""
    page, start = going.page, place.member.start
    if page.is_alone(start, end):
        return page.whole_lines(start, end, going.names[place])
    line_start, line_end = page.line_start(start), page.content_end(end)
    if not page.text[end:line_end].strip():
        before = page.text[line_start:start]
        return Cut(start - (len(before) - len(before.rstrip(" \t"))), end)
    after = page.text[end:line_end]
    return Cut(start, end + len(after) - len(after.lstrip(" \t")))
