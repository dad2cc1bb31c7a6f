"""Formats that are a list of settings, a line or some lines each: how settings are taken out."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from govcheck.config.cutting import Cut, Page, Range, cut_out, edits_of, soundly
from govcheck.config.entry import Entry
from govcheck.document import Document
from govcheck.finding import Edit


@dataclass(frozen=True, slots=True)
class Setting:
    """An entry and the stretch that states it; `removable` unless taking it out is not safe.

    `holds` counts the lines of a setting that is itself a list of settings.
    """

    entry: Entry
    start: int
    end: int
    removable: bool = True
    holds: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """What a reader found: the settings and the comments, in the order of the text."""

    settings: tuple[Setting, ...] = ()
    comments: tuple[Range, ...] = ()


def entries(listing: Listing) -> tuple[Entry, ...]:
    """The entries of all settings."""
    return tuple(setting.entry for setting in listing.settings)


def removal(
    document: Document,
    doomed: Collection[Entry],
    read: Callable[[Document], Listing],
    cuts: Callable[[Page, Listing, Collection[Entry]], dict[Entry, tuple[Cut, ...]]],
) -> dict[Entry, tuple[Edit, ...]]:
    """The edits that take the doomed out, where what is left reads as before.

    `cuts` says how entries go that go together, and which others go with them.
    """
    listing = document.view(read)
    page = Page(document, listing.comments)
    wanted = set(doomed)

    def attempt(chosen: Sequence[Entry]) -> dict[Entry, tuple[Edit, ...]] | None:
        edits = edits_of(document, cuts(page, listing, set(chosen)))
        stays = [each for each in entries(listing) if each not in edits]
        remains = entries(read(cut_out(document, edits)))
        if [*map(_meaning, remains)] != [*map(_meaning, stays)]:
            return None
        return {entry: edits[entry] for entry in chosen}

    return soundly(
        [s.entry for s in listing.settings if s.removable and s.entry in wanted], attempt
    )


def by_lines(
    page: Page, listing: Listing, going: Collection[Entry]
) -> dict[Entry, tuple[Cut, ...]]:
    """Each entry goes with its lines."""
    return {
        setting.entry: (page.whole_lines(setting.start, setting.end, [setting.entry.name]),)
        for setting in listing.settings
        if setting.entry in going
    }


def _meaning(entry: Entry) -> tuple[tuple[str, ...], str | None]:
    return entry.path, entry.value
