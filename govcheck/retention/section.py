"""The section of the policy about retention: which stores there are and what each keeps."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from govcheck.durations import Duration, Size
from govcheck.keys import Mistake, key, table
from govcheck.retention.settings import Runner

# How long objects take out of cold storage, in seconds, at most, if asked for in the ordinary way
# (Amazon S3 User Guide, "Archive retrieval options": Standard).
RETRIEVAL = {"GLACIER": 5 * 3600, "DEEP_ARCHIVE": 12 * 3600}

Semantics = Literal["govcheck", "restic", "borg", "rotate-backups"]
Count = int | Literal["all"]


@table
class Items:
    """What the items of a store are, and what their time is."""

    kind: Literal["file", "directory", "any"] = key(
        "'file': each file, at any depth. 'directory': each directory at the top, with all that is "
        "in it. 'any': each file and each directory at the top.",
        default="file",
    )
    name: str | tuple[str, ...] = key(
        "What an item is called, as patterns with directives of strftime: '%Y%m%d_%H%M%S', "
        "'app_%Y%m%d.log', '*.log'. What is called otherwise is no item and never touched.",
        default=(),
    )
    time: Literal["name", "mtime"] | None = key(
        "Where the time of an item comes from; by default the name, if its pattern has a date.",
        default=None,
    )

    @property
    def names(self) -> tuple[str, ...]:
        """The patterns of names; none: everything is an item."""
        return (self.name,) if isinstance(self.name, str) else self.name

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with single patterns, and between the keys."""
        if not self.names:
            if self.time == "name":
                yield Mistake(("time",), "without a 'name', no item has a time in it")
            return
        from govcheck.retention.naming import has_time, mistake_in  # only some policies pay for it

        wrong = [mistake for name in self.names if (mistake := mistake_in(name))]
        yield from (Mistake(("name",), mistake) for mistake in wrong)
        timed = [has_time(name) for name in self.names] if not wrong else []
        if any(timed) and not all(timed):
            yield Mistake(("name",), "either all names have a date in them or none has")
        if self.time == "name" and timed and not any(timed):
            yield Mistake(("time",), "no name has a date in it: write one as '%Y%m%d'")


@table
class Keep:
    """What is kept: whatever any of these keeps. What none of them keeps is removed."""

    within: Duration | None = key("All that is younger.", default=None)
    newest: Count = key("The newest ones, however old: the least that is always there.", default=0)
    last: Count = key("The last ones, as the peers count them ('--keep-last').", default=0)
    hourly: Count = key("One an hour, for so many hours that have any.", default=0)
    daily: Count = key("One a day, for so many days that have any.", default=0)
    weekly: Count = key("One a week (ISO 8601), for so many weeks that have any.", default=0)
    monthly: Count = key("One a month, for so many months that have any.", default=0)
    yearly: Count = key("One a year, for so many years that have any.", default=0)
    within_hourly: Duration | None = key("One an hour of all that is younger.", default=None)
    within_daily: Duration | None = key("One a day of all that is younger.", default=None)
    within_weekly: Duration | None = key("One a week of all that is younger.", default=None)
    within_monthly: Duration | None = key("One a month of all that is younger.", default=None)
    within_yearly: Duration | None = key("One a year of all that is younger.", default=None)
    labels: tuple[str, ...] = key(
        "All that bear one of these labels; 'a,b': both of them.", default=()
    )
    pick: Literal["newest", "oldest"] | None = key(
        "Which one of an hour, day, week, month or year; by default the newest, and of a month the "
        "oldest ('the first of the month').",
        default=None,
    )
    semantics: Semantics = key(
        "Whose meaning these words have: ours, or that of a tool which the store is moved from.",
        default="govcheck",
    )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with single keys."""
        for name in ("newest", "last", "hourly", "daily", "weekly", "monthly", "yearly"):
            count = getattr(self, name)
            if isinstance(count, int) and count < 0:
                yield Mistake((name,), f"{count} is less than nothing: write 'all' for no limit")
        if self == Keep(pick=self.pick, semantics=self.semantics):
            yield Mistake((), "this keeps nothing: say 'within', 'newest' or a number of days")


@table
class Archive:
    """When items are packed away, and where to."""

    after: Duration = key("From which age on.")
    to: str = key("A directory of the repository, or 's3://bucket/prefix'.")
    compression: Literal["gzip", "zstd", "none"] = key("How they are compressed.", default="gzip")
    storage_class: str | None = key("The storage class of objects: 'GLACIER'.", default=None)
    keep: Keep | Literal["forever"] | None = key(
        "What is kept of the archives; by default what the store keeps, archived or not.",
        default=None,
    )

    @property
    def is_remote(self) -> bool:
        """Whether it leads out of this machine."""
        return self.to.startswith("s3://")


@table
class SizeCap:
    """How large a store may be; what is above goes, down to the low mark."""

    high: Size = key("Above this, items go.")
    low: Size | None = key("Until less than this is left; by default as `high`.", default=None)
    order: Literal["oldest", "least-recently-used"] = key("Which go first.", default="oldest")
    action: Literal["remove", "archive"] = key("What becomes of them.", default="remove")
    floor: Duration = key("What is younger than this never goes.", default=Duration("1d"))

    @property
    def target(self) -> int:
        """How many bytes may be left, once items go."""
        return (self.low or self.high).bytes

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if self.low is not None and self.low.bytes > self.high.bytes:
            yield Mistake(("low",), f"the low mark {self.low} is above the high one {self.high}")


@table
class Hold:
    """Which items stay longer than the store keeps them, and who says so.

    An item bears a label if its name ends with it (`20250101_120000.critical`), or if there is a
    mark: an empty file `.critical` in the directory, or `.NAME.critical` beside the item.
    """

    label: str | None = key("Items that bear this label.", default=None)
    names: tuple[str, ...] = key("Items with these names, as patterns.", default=())
    keep: Duration | None = key(
        "Until this age; by default for as long as they bear the label or are listed.", default=None
    )
    until: date | None = key("To the end of this day.", default=None)
    owner: str | None = key("Who answers for it, and may release it.", default=None)
    reason: str | None = key("Why.", default=None)
    approved_by: tuple[str, ...] = key("Who has approved it.", default=())
    review: date | None = key("When to look at it again.", default=None)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong between the keys."""
        if self.label is None and not self.names:
            yield Mistake((), "a hold needs a 'label' or 'names'")


@table
class Extract:
    """What is copied out of an item before it is removed; the store at `to` says how long it stays.

    `{today}` in `to` is the day of the run.
    """

    to: str = key("The directory to copy to.")
    severity: Literal["WARNING", "ERROR", "CRITICAL"] | None = key(
        "Only lines of a log that are at least so severe.", default=None
    )
    label: str | None = key("Only of items that bear this label.", default=None)


@table
class Sync:
    """Where a store is copied to, and stays."""

    to: str = key("A directory, or 's3://bucket/prefix'.")
    max_lag: Duration | None = key("How far behind the copy may be.", default=None)


@table
class Recovery:
    """How soon what a store keeps must be usable again, and how."""

    target: Duration | None = key("Within what time; none: it cannot be recovered.", default=None)
    procedure: tuple[str, ...] = key("The steps.", default=())


@table
class Mirror:
    """A place that states what a store keeps, and must agree with it."""

    file: str = key("The file, as a path pattern.")
    unit: Literal["s", "min", "h", "d", "w", "m", "y", "B", "kB", "MB", "GB", "count"] | None = key(
        "What a bare number there counts; by default days, or what its name says.", default=None
    )
    value: str = key(
        "Which value of the store it states, by its dotted key: 'size-cap.high', 'archive.after'.",
        default="keep.within",
    )
    key: str = key("The dotted name of the value: 'retention.days', 'BackupConfig.full'.")


@table
class Store:
    """A directory whose items are kept or removed as one."""

    path: str | tuple[str, ...] = key("The directory, or several, from the root.")
    keep: Keep | Literal["forever", "on-demand"] = key(
        "What is kept. 'forever': nothing is ever removed. 'on-demand': all is removed, but only "
        "where '--store' or '--event' asks for it."
    )
    items: Items = key("What its items are.", default_factory=Items)
    mounted: bool = key(
        "Whether it may be on a file system of its own; what is mounted below it is never entered.",
        default=False,
    )
    exclude: tuple[str, ...] = key(
        "What is never touched, as patterns of paths in the store.", default=()
    )
    archive: Archive | None = key("When items are packed away.", default=None)
    size_cap: SizeCap | None = key("How large it may be.", default=None)
    holds: tuple[Hold, ...] = key("What stays longer.", default=())
    extract: tuple[Extract, ...] = key("What is copied out before removal.", default=())
    sync: Sync | None = key("Where it is copied to.", default=None)
    recovery: Recovery | None = key("How soon it must be usable again.", default=None)
    git: Literal["ignored", "tracked", "either"] | None = key(
        "What git does with it; by default 'ignored', and 'either' where it is kept for ever.",
        default=None,
    )
    max_items: int | None = key("More items than this are reported.", default=None)
    max_silence: Duration | None = key(
        "Where nothing newer than this is there, nothing is removed: what fills it has stopped.",
        default=None,
    )
    clear_on: tuple[str, ...] = key("Events on which all is removed: 'deploy'.", default=())
    mirrors: tuple[Mirror, ...] = key("Configs and code that state the same.", default=())
    status: str | None = key(
        "What people call its state: 'active', 'archival', 'tool'.", default=None
    )
    purpose: str | None = key("What it is for.", default=None)
    managed_by: str | None = key("What fills it.", default=None)
    owner: str | None = key("Who answers for it.", default=None)

    @property
    def paths(self) -> tuple[str, ...]:
        """Its directories, without a final slash."""
        paths = (self.path,) if isinstance(self.path, str) else self.path
        return tuple(path.removeprefix("./").rstrip("/") for path in paths)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with single keys."""
        for path in self.paths:
            if not is_inside(path):
                message = f"{path!r} is no directory below the root of the repository"
                yield Mistake(("path",), message)
        if self.archive is not None and not self.archive.is_remote:
            if not is_inside(self.archive.to.rstrip("/")):
                message = (
                    f"{self.archive.to!r} is neither a directory below the root nor 's3://...'"
                )
                yield Mistake(("archive", "to"), message)
            elif self.archive.to.rstrip("/") in self.paths:
                yield Mistake(("archive", "to"), "the archive must not be the store itself")
        for number, extract in enumerate(self.extract):
            if not is_inside(extract.to.rstrip("/")) or extract.to.startswith("{"):
                message = f"{extract.to!r} is no directory below the root of the repository"
                yield Mistake(("extract", number, "to"), message)
        if self.size_cap is not None and self.size_cap.action == "archive" and not self.archive:
            yield Mistake(("size-cap", "action"), "there is no 'archive' that says where to")


def is_inside(path: str) -> bool:
    """Whether a path leads from the root to something below it, by names alone."""
    return not path.startswith("/") and all(
        name not in ("", ".", "..", ".git", ".govcheck") for name in path.split("/")
    )


@table
class Approval:
    """Who must approve what stays longer, or is removed by hand."""

    by: str = key("Who.")
    stores: tuple[str, ...] = key("In which stores; by default in all.", default=())
    over: Duration | None = key("Only what is to stay longer than this.", default=None)


@table
class Retention:
    """How long each store keeps its items."""

    stores: Mapping[str, Store] = key("The stores, by name.", default_factory=dict)
    timezone: str = key("The zone of names without one, and of days and months.", default="UTC")
    ignored: tuple[str, ...] = key(
        "What git must ignore besides the stores: '__pycache__/', '*.pyc'.", default=()
    )
    overdue_after: Duration = key(
        "How long what is to be removed may still be there: by then, a run should have come by.",
        default=Duration("7d"),
    )
    approvals: tuple[Approval, ...] = key("Who must approve exceptions.", default=())
    runner: Runner = key("How the plan is carried out.", default_factory=Runner)
    checklist: Mapping[str, tuple[str, ...]] = key(
        "What people do, by how often: '1d', '1w', '1m', '3m'.", default_factory=dict
    )
    owner: str | None = key("Who answers for the policy.", default=None)
    version: str | None = key("The version of the policy.", default=None)
    updated: date | None = key("When it was last changed.", default=None)
    review: date | None = key("When it is to be reviewed next.", default=None)
    review_every: Duration | None = key("How often it is reviewed.", default=None)

    @property
    def mount_points(self) -> frozenset[str]:
        """The paths at which, on the way to a store, another file system may begin."""
        paths = [path for each in self.stores.values() if each.mounted for path in each.paths]
        return frozenset(
            path[:end]
            for path in paths
            for end in (*(n for n, letter in enumerate(path) if letter == "/"), len(path))
        )

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with single keys."""
        from zoneinfo import ZoneInfo  # only a policy with a zone of its own pays for it

        try:
            if self.timezone != "UTC":
                ZoneInfo(self.timezone)
        except (ValueError, OSError, KeyError):
            message = f"{self.timezone!r} is no time zone: write 'Europe/Berlin'"
            yield Mistake(("timezone",), message)
        for every in self.checklist:
            try:
                Duration(every)
            except ValueError as error:
                yield Mistake(("checklist", every), str(error))
