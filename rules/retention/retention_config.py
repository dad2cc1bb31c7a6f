"""A config or a constant states another retention than the store that it implements.

Some configs name the directory of the store: blocks of logrotate for the files in it, artifacts
that a workflow makes of it (`retention-days`), repositories of pgBackRest; and the lifecycle of a
bucket, as JSON, has the prefix that the store archives to. These are found. All other places the
policy names: `mirrors` of the store, each a file (or pattern) and a key.

Read are YAML, TOML, JSON and INI by dotted keys, constants, attributes and defaults of parameters
in Python, variables in shell scripts and Makefiles, and options of commands in any text
(`--keep-within`, `-mtime`). A text is read in the units of the program it is for: systemd-journald,
Prometheus, Docker (`max-size` counts as often as there are files: `max-file`, or what the driver
has), logrotate (`rotate` counts so many of its periods), pgBackRest (days or backups, as its type
says, in the stanza or in `global`); rules of an S3 lifecycle that are disabled or for some objects
only are passed over. What is no number that can be read, such as a variable, is left alone.

A mirror whose file or key is not there, is told as well: it checks nothing.

## How to resolve

`--fix` writes the value of the policy where it can be said in the unit that stands there. Or change
the policy, if the config is right.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govcheck.durations import Duration, Size
from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Origin, Policy
from govcheck.repo import Repo
from govcheck.retention.section import Mirror, Store
from govcheck.rule import Example, Rule

Wanted = Duration | Size | int | str

if TYPE_CHECKING:
    from govcheck.retention.mirrors import Stated


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Places that differ from the store, and mirrors that lead nowhere."""
    said = set()
    for name, store in policy.retention.stores.items():
        for number, mirror in enumerate(store.mirrors):
            at = policy.origin("retention", "stores", name, "mirrors")
            at = at._replace(key=(*at.key, number))
            for finding in _mirrored(repo, policy, name, store, mirror, at):
                said.add(finding.span)
                yield finding
    for name, store in policy.retention.stores.items():
        for finding in _implied(repo, policy, name, store):
            if finding.span not in said:
                yield finding


def _implied(repo: Repo, policy: Policy, name: str, store: Store) -> Iterator[Finding]:
    """Configs that name a directory of the store, or what it archives to."""
    from govcheck.document import TooDeepError
    from govcheck.retention.mirrors import expirations, implied

    try:
        within = _wanted(store, "keep.within")
        if within is not None:
            for place in implied(repo, store.paths):
                yield from _compared(policy, name, "keep.within", within, place, "this")
        if store.archive is not None and store.archive.is_remote:
            value = "archive.keep"
            kept = _wanted(store, value)
            if kept is None:
                value = "archive.keep.within"
                kept = _wanted(store, value)
            for place in expirations(repo, store.archive.to) if kept is not None else ():
                yield from _compared(policy, name, value, kept or "", place, "Expiration.Days")
    except TooDeepError:
        return  # the rule unchecked-file tells of the file


def _compared(
    policy: Policy, name: str, value: str, wanted: Wanted, place: "Stated", what: str
) -> Iterator[Finding]:
    """A finding, where a place says something else than the store."""
    differs = _differs(place, wanted)
    if differs is None:
        return
    clause = policy.origin("retention", "stores", name, *value.split("."))
    fix = None
    if (text := _written(place, wanted)) is not None:
        edit = Edit(place.span.path, place.span.start, place.span.end, text)
        fix = Fix(f"write {text}", (edit,))
    message = f"{what} is {differs}, and the store {name} says {value} = {wanted} ({clause})"
    yield rule.finding(place.span, message, fix=fix)


def _mirrored(
    repo: Repo, policy: Policy, name: str, store: Store, mirror: Mirror, at: Origin
) -> Iterator[Finding]:
    from govcheck.document import TooDeepError
    from govcheck.retention.mirrors import stated  # only a policy with mirrors pays for it

    wanted = _wanted(store, mirror.value)
    if wanted is None:
        yield rule.finding(at.span, f"the store {name} says nothing of {mirror.value!r}")
        return
    documents = [
        document
        for path in repo.matching(mirror.file)
        if (document := repo.document(path)) is not None
    ]
    found = False
    for document in documents:
        try:
            places = [*stated(document, mirror.key, mirror.unit)]
        except TooDeepError:
            repo.unchecked[document.path] = "it nests too deeply"
            continue
        for place in places:
            found = True
            yield from _compared(policy, name, mirror.value, wanted, place, mirror.key)
    if not documents:
        yield rule.finding(
            at.span, f"no file matches {mirror.file!r}, so this mirror checks nothing"
        )
    elif not found and wanted != "forever":
        yield rule.finding(
            at.span, f"{mirror.file} states no {mirror.key!r}, so this mirror checks nothing"
        )


def _wanted(store: Store, value: str) -> Wanted | None:
    """The value of a store under a dotted key."""
    found: object = store
    for part in value.split("."):
        found = getattr(found, part.replace("-", "_"), None)
    return found if isinstance(found, (Duration, Size, int)) or found == "forever" else None


def _differs(place: "Stated", wanted: Wanted) -> str | None:
    """What a place says, in words, if it is not what is wanted."""
    match wanted:
        case Duration():
            if place.time is None:
                return None
            least, most = wanted.seconds, wanted.most_seconds
            return None if least <= place.time.most and place.time.least <= most else _said(place)
        case Size():
            if place.size is None:
                return None
            return None if place.size == wanted.bytes else _said(place)
        case int():
            return None if place.number in (None, wanted) else _said(place)
        case _:  # for ever
            return _said(place) if place.time is not None else None


_UNITS = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds", "w": "weeks", "m": "months"}


def _said(place: "Stated") -> str:
    if place.unit is None or place.unit == "count":
        return place.text
    return f"{place.text} {_UNITS.get(place.unit, place.unit)}"


def _written(place: "Stated", wanted: Wanted) -> str | None:
    """The text that says what is wanted in the unit that stands there, if it can be said in it."""
    from govcheck.retention.dialects import amount, lasting

    match wanted:
        case Duration() if wanted.span.months == 0:
            size = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}.get(place.unit or "")
            if size is not None:
                return None if wanted.seconds % size else str(wanted.seconds // size)
            if place.dialect is not None:
                text = _largest(wanted.seconds)
                said = lasting(text, place.dialect)
                return text if said and said.least == said.most == wanted.seconds else None
        case Duration() if place.unit in ("m", "y") and wanted.span.seconds == 0:
            months = 12 if place.unit == "y" else 1
            return None if wanted.span.months % months else str(wanted.span.months // months)
        case Size():
            factor = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}.get(place.unit or "")
            if factor is not None:
                return None if wanted.bytes % factor else str(wanted.bytes // factor)
            if place.dialect is not None and amount(wanted, place.dialect) == wanted.bytes:
                return str(wanted)
        case int() if place.unit == "count":
            return str(wanted)
    return None


def _largest(seconds: int) -> str:
    """A time in the largest unit that divides it."""
    for unit, size in (("d", 86_400), ("h", 3600)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


rule = Rule("retention-config", "retention", check, fix="safe")

_STORE = """\
[retention.stores.logs]
path = "logs"
keep = { within = "14d" }
"""


def _policy(*mirrors: str, store: str = _STORE) -> str:
    return f"{store}mirrors = [\n" + "".join(f"    {{ {each} }},\n" for each in mirrors) + "]\n"


examples = [
    Example(
        "Keyed values of four formats",
        {
            "govcheck.toml": _policy(
                'file = ".github/workflows/*.yml", key = "retention-days"',
                'file = "settings.toml", key = "logs.retention_hours"',
                'file = "config.json", key = "Rules[logs/].Expiration.Days"',
                'file = "etc/journald.conf", key = "MaxRetentionSec"',
            ),
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - uses: actions/upload-artifact@v4\n"
                "        with:\n          name: logs\n          retention-days: 30  # days\n"
            ),
            "settings.toml": "[logs]\nretention_hours = 24\n[cache]\nretention_hours = 1\n",
            "config.json": (
                '{"Rules": [{"ID": "a", "Filter": {"Prefix": "logs/"}, "Status": "Enabled",'
                ' "Expiration": {"Days": 15}},\n'
                '{"ID": "b", "Filter": {"Prefix": "data/"}, "Expiration": {"Days": 900}}]}\n'
            ),
            "etc/journald.conf": "[Journal]\nMaxRetentionSec=1month\n",
        },
        (
            ".github/workflows/ci.yml:7:27: retention-days is 30 days, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "config.json:1:99: Rules[logs/].Expiration.Days is 15 days, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "etc/journald.conf:2:17: MaxRetentionSec is 1month, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "settings.toml:2:19: logs.retention_hours is 24 hours, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
        ),
        {
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - uses: actions/upload-artifact@v4\n"
                "        with:\n          name: logs\n          retention-days: 14  # days\n"
            ),
            "settings.toml": "[logs]\nretention_hours = 336\n[cache]\nretention_hours = 1\n",
            "config.json": (
                '{"Rules": [{"ID": "a", "Filter": {"Prefix": "logs/"}, "Status": "Enabled",'
                ' "Expiration": {"Days": 14}},\n'
                '{"ID": "b", "Filter": {"Prefix": "data/"}, "Expiration": {"Days": 900}}]}\n'
            ),
            "etc/journald.conf": "[Journal]\nMaxRetentionSec=14d\n",
        },
    ),
    Example(
        "Constants, defaults, variables, options, and rotation",
        {
            "govcheck.toml": _policy(
                'file = "app.py", key = "LogConfig.retention_days"',
                'file = "app.py", key = "clean.age"',
                'file = "app.py", key = "MAX_AGE", unit = "s"',
                'file = "clean.sh", key = "RETENTION_DAYS"',
                'file = "clean.sh", key = "-mtime"',
                'file = "deploy/logrotate.conf", key = "rotate"',
                'file = "compose.yaml", key = "--storage.tsdb.retention.time"',
            ),
            "app.py": (
                "class LogConfig:\n    retention_days: int = 7\n\n\n"
                "def clean(age=timedelta(days=30)): ...\n\n\nMAX_AGE = 7 * 24 * 60 * 60\n"
            ),
            "clean.sh": (
                'RETENTION_DAYS="${RETENTION_DAYS:-30}"\n'
                "# find logs -mtime +99\nfind logs -type f -mtime +30 -delete\n"
            ),
            "deploy/logrotate.conf": "/srv/logs/*.log {\n    weekly\n    rotate 4\n}\n",
            "compose.yaml": (
                "services:\n  p:\n    command:\n      - --storage.tsdb.retention.time=30d\n"
            ),
        },
        (
            "app.py:2:27: LogConfig.retention_days is 7 days, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "app.py:5:15: clean.age is timedelta(days=30), and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "app.py:8:11: MAX_AGE is 7 * 24 * 60 * 60, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "clean.sh:1:35: RETENTION_DAYS is 30 days, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "clean.sh:3:27: -mtime is 30 days, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "compose.yaml:4:39: --storage.tsdb.retention.time is 30d, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "deploy/logrotate.conf:3:12: rotate is 4 x weekly, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
        ),
        {
            "app.py": (
                "class LogConfig:\n    retention_days: int = 14\n\n\n"
                "def clean(age=timedelta(days=30)): ...\n\n\nMAX_AGE = 7 * 24 * 60 * 60\n"
            ),
            "clean.sh": (
                'RETENTION_DAYS="${RETENTION_DAYS:-14}"\n'
                "# find logs -mtime +99\nfind logs -type f -mtime +14 -delete\n"
            ),
            "compose.yaml": (
                "services:\n  p:\n    command:\n      - --storage.tsdb.retention.time=14d\n"
            ),
        },
    ),
    Example(
        "Mirrors that check nothing, and an archive that a bucket throws away",
        {
            "govcheck.toml": _policy(
                'file = "gone.yaml", key = "a"',
                'file = "a.yaml", key = "retention"',
                'file = "a.yaml", key = "days", value = "size-cap.high"',
                'file = "s3.json", key = "Expiration.Days", value = "archive.keep"',
                store=_STORE + 'archive = { after = "7d", to = "s3://b/logs", keep = "forever" }\n',
            ),
            "a.yaml": "days: 14\n",
            "s3.json": '{"Rules": [{"Status": "Enabled", "Expiration": {"Days": 365}}]}\n',
        },
        (
            "govcheck.toml:6:5: no file matches 'gone.yaml', so this mirror checks nothing",
            "govcheck.toml:7:5: a.yaml states no 'retention', so this mirror checks nothing",
            "govcheck.toml:8:5: the store logs says nothing of 'size-cap.high'",
            "s3.json:1:57: Expiration.Days is 365 days, and the store logs says"
            " archive.keep = forever (govcheck.toml:4)",
        ),
    ),
    Example(
        "The same, said otherwise",
        {
            "govcheck.toml": _policy(
                'file = "a.yaml", key = "logs.keep"',
                'file = "a.yaml", key = "logs.seconds"',
                'file = "a.py", key = "AGE"',
                'file = "logrotate.d/app", key = "maxage"',
                'file = "logrotate.d/app", key = "rotate"',
                'file = "journald.conf", key = "MaxRetentionSec"',
            ),
            "a.yaml": "logs:\n  keep: 2 weeks\n  seconds: 1209600\ncache:\n  keep: 1 week\n",
            "a.py": "from datetime import timedelta\n\nAGE = timedelta(weeks=2)\n",
            "logrotate.d/app": "/x/*.log {\n  daily\n  rotate 14\n  maxage 14\n}\n",
            "journald.conf": "[Journal]\nMaxRetentionSec=1209600\n",
        },
    ),
    Example(
        "What cannot be known: variables, calls, rotation by size",
        {
            "govcheck.toml": _policy(
                'file = "a.yaml", key = "days"',
                'file = "a.py", key = "DAYS"',
                'file = "a.sh", key = "DAYS"',
                'file = "logrotate.conf", key = "rotate"',
            ),
            "a.yaml": "days: ${DAYS}\n",
            "a.py": "DAYS = int(os.environ['DAYS'])\n",
            "a.sh": "DAYS=abc\nOTHER_DAYS=3\n",
            "logrotate.conf": "/x/*.log {\n  size 10M\n  rotate 5\n}\n",
        },
    ),
    Example(
        "Sizes in the units of who reads them, and backups that are counted",
        {
            "govcheck.toml": (
                '[retention.stores.c]\npath = "c"\nkeep = { last = 7 }\n'
                'size-cap = { high = "100MB" }\n'
                "mirrors = [\n"
                '    { file = "compose.yaml", key = "max-size", value = "size-cap.high" },\n'
                '    { file = "b.conf", key = "repo1-retention-full", value = "keep.last" },\n'
                '    { file = "b.sh", key = "--keep-last", value = "keep.last" },\n'
                "]\n"
            ),
            "compose.yaml": (
                "services:\n  a:\n    logging:\n      options:\n"
                '        max-size: "10m"\n        max-file: "10"\n'
            ),
            "b.conf": "[global]\nrepo1-retention-full=7\n",
            "b.sh": "restic forget --keep-last 7 --prune\n",
        },
    ),
    Example(
        "Configs that name the directory, and the prefix of an archive",
        {
            "govcheck.toml": (
                _STORE + 'archive = { after = "7d", to = "s3://b/old/logs", keep = "forever" }\n'
            ),
            "deploy/logrotate.d/app": (
                "/srv/app/logs/*.log /srv/app/other/*.log {\n    daily\n    rotate 30\n}\n"
            ),
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - uses: actions/upload-artifact@v4\n"
                "        with:\n          path: logs/*.log\n          retention-days: 90\n"
            ),
            "s3.json": (
                '{"Rules": [{"Filter": {"Prefix": "old/logs/"}, "Expiration": {"Days": 365}}]}\n'
            ),
        },
        (
            ".github/workflows/ci.yml:7:27: this is 90 days, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "deploy/logrotate.d/app:3:12: this is 30 x daily, and the store logs says"
            " keep.within = 14d (govcheck.toml:3)",
            "s3.json:1:71: Expiration.Days is 365 days, and the store logs says"
            " archive.keep = forever (govcheck.toml:4)",
        ),
        {
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - uses: actions/upload-artifact@v4\n"
                "        with:\n          path: logs/*.log\n          retention-days: 14\n"
            ),
        },
    ),
    Example(
        "Configs of other directories, prefixes and artifacts",
        {
            "govcheck.toml": (
                _STORE + 'archive = { after = "7d", to = "s3://b/old/logs", keep = "forever" }\n'
            ),
            "logrotate.conf": (
                "/var/log/nginx/*.log {\n  daily\n  rotate 30\n}\n"
                "/srv/logs/*.log {\n  daily\n  rotate 14\n}\n"
            ),
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - uses: actions/upload-artifact@v4\n"
                "        with:\n          path: |\n            dist/\n            logs/\n"
                "          retention-days: 90\n"
            ),
            "s3.json": (
                '{"Rules": [{"Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}},\n'
                '{"Status": "Enabled", "Expiration": {"Days": 1}}]}\n'
            ),
        },
    ),
    Example(
        "Only a number of versions",
        {
            "govcheck.toml": '[retention.stores.b]\npath = "b"\nkeep = { last = 9 }\n',
            "logrotate.conf": "/srv/b/*.log {\n  daily\n  rotate 30\n}\n",
        },
    ),
    Example(
        "A rule of a lifecycle that is switched off",
        {
            "govcheck.toml": _policy('file = "s3.json", key = "Expiration.Days"'),
            "s3.json": (
                '{"Rules": [{"Status": "Disabled", "Expiration": {"Days": 365}},\n'
                '{"Status": "Enabled", "Expiration": {"Days": 14}}]}\n'
            ),
        },
    ),
    Example(
        "The last of directives that exclude each other counts, and a block's comes last",
        {
            "govcheck.toml": _STORE,
            "deploy/logrotate.conf": (
                "daily\nrotate 30\n\n"
                '"/srv/app/logs/a.log" {\n    weekly\n    rotate 2\n}\n'
                "/srv/app/logs/b.log {\n    size 1M\n    rotate 3\n}\n"
                "/srv/app/logs/c.log {\n    minsize 1M\n    rotate 3\n}\n"
            ),
        },
    ),
    Example(
        "Directories of the system that are called like the store, and what only speaks of configs",
        {
            "govcheck.toml": _STORE.replace('"logs"', '["log", "logs", "nginx"]'),
            "logrotate.d/app": (
                "/var/log/*.log /var/log/nginx/*.log {\n    daily\n    rotate 30\n}\n"
                "/logs/*.log {\n    daily\n    rotate 30\n}\n"
            ),
            "docs/logrotate.md": "    /srv/app/logs/*.log {\n      daily\n      rotate 30\n    }\n",
        },
    ),
    Example(
        "Repositories of pgBackRest that are elsewhere, and rules for objects with tags",
        {
            "govcheck.toml": _STORE.replace('"logs"', '"backups"')
            + 'archive = { after = "7d", to = "s3://b/old", keep = "forever" }\n',
            "pgbackrest.conf": (
                "[global]\nrepo1-type=s3\nrepo1-path=/app/backups\nrepo1-retention-full=30\n"
                "repo1-retention-full-type=time\nrepo2-host=far\nrepo2-path=/app/backups\n"
                "repo2-retention-full=30\nrepo2-retention-full-type=time\nrepo3-path=/app/backups\n"
                "repo3-retention-full=14\nrepo3-retention-full-type=time\n"
            ),
            "s3.json": (
                '{"Rules": [{"Filter": {"And": {"Prefix": "old/", "Tags": [{"Key": "a", "Value":'
                ' "b"}]}}, "Status": "Enabled", "Expiration": {"Days": 30}}]}\n'
            ),
        },
    ),
    Example(
        "A repository of pgBackRest in the store",
        {
            "govcheck.toml": _STORE.replace('"logs"', '"backups"'),
            "pgbackrest.conf": (
                "[global]\nrepo1-path=/app/backups\nrepo1-retention-full=30\n"
                "repo1-retention-full-type=time\n"
            ),
        },
        (
            "pgbackrest.conf:3:22: this is 30 days, and the store logs says keep.within = 14d"
            " (govcheck.toml:3)",
        ),
        {
            "pgbackrest.conf": (
                "[global]\nrepo1-path=/app/backups\nrepo1-retention-full=14\n"
                "repo1-retention-full-type=time\n"
            ),
        },
    ),
    Example(
        "Options of pgBackRest: what a stanza takes from elsewhere, backups that are counted",
        {
            "govcheck.toml": (
                '[retention.stores.b]\npath = "backups"\nkeep = { within = "14d", last = 7 }\n'
                "mirrors = [\n"
                '    { file = "*.conf", key = "repo1-retention-full" },\n'
                '    { file = "*.conf", key = "repo1-retention-archive" },\n'
                '    { file = "*.conf", key = "repo1-retention-diff" },\n'
                '    { file = "a.env", key = "PGBACKREST_REPO1_RETENTION_FULL" },\n'
                '    { file = "a.env", key = "PGBACKREST_REPO2_RETENTION_FULL",'
                ' value = "keep.last" },\n'
                '    { file = "a.sh", key = "--repo1-retention-full" },\n'
                '    { file = "a.yaml", key = "PGBACKREST_REPO1_RETENTION_FULL" },\n'
                "]\n"
            ),
            "pgbackrest.conf": (
                "[global]\nrepo1-path=/app/backups\nrepo1-retention-full-type=time\n"
                "repo1-retention-archive=2\nrepo1-retention-diff=3\n"
                "[main]\nrepo1-retention-full=30\n"
            ),
            "mixed.conf": (
                "[global]\nrepo1-retention-full=30\n[a]\nrepo1-retention-full-type=time\n"
                "[b]\nrepo1-retention-full-type=count\n"
            ),
            "counted.conf": "[global]\nrepo1-retention-full=30\n",
            "a.env": (
                "PGBACKREST_REPO1_RETENTION_FULL=4\nPGBACKREST_REPO2_RETENTION_FULL=30\n"
                "PGBACKREST_REPO2_RETENTION_FULL_TYPE=time\n"
            ),
            "a.sh": "pgbackrest --stanza=a --repo1-retention-full=4 expire\n",
            "a.yaml": "environment:\n  PGBACKREST_REPO1_RETENTION_FULL: 4\n",
        },
        (
            "pgbackrest.conf:7:22: repo1-retention-full is 30 days, and the store b says"
            " keep.within = 14d (govcheck.toml:3)",
        ),
        {
            "pgbackrest.conf": (
                "[global]\nrepo1-path=/app/backups\nrepo1-retention-full-type=time\n"
                "repo1-retention-archive=2\nrepo1-retention-diff=3\n"
                "[main]\nrepo1-retention-full=14\n"
            ),
        },
    ),
    Example(
        "A repository of pgBackRest in the store that the stanza says no path of",
        {
            "govcheck.toml": _STORE.replace('"logs"', '"backups"'),
            "pgbackrest.conf": (
                "[global]\nrepo1-path=/app/backups\n[main]\nrepo1-retention-full=30\n"
                "repo1-retention-full-type=time\n"
            ),
            "other/pgbackrest.conf": (
                "[global]\nrepo1-path=/app/backups\nrepo1-retention-full=30\n"
                "repo1-retention-full-type=time\n[main]\nrepo1-path=/elsewhere\n"
            ),
        },
        (
            "pgbackrest.conf:4:22: this is 30 days, and the store logs says keep.within = 14d"
            " (govcheck.toml:3)",
        ),
        {
            "pgbackrest.conf": (
                "[global]\nrepo1-path=/app/backups\n[main]\nrepo1-retention-full=14\n"
                "repo1-retention-full-type=time\n"
            ),
        },
    ),
    Example(
        "Logs of containers: as many files as are named, or as the driver has",
        {
            "govcheck.toml": (
                '[retention.stores.c]\npath = "c"\nkeep = { within = "14d" }\n'
                'size-cap = { high = "50MB" }\n'
                "mirrors = [\n"
                '    { file = "*.yml", key = "max-size", value = "size-cap.high" },\n'
                '    { file = "daemon.json", key = "log-opts.max-size",'
                ' value = "size-cap.high" },\n'
                "]\n"
            ),
            "stack-elk.yml": (
                "x-default-opts: &default-opts\n  logging:\n    options:\n"
                '      max-size: "10m"\n      max-file: "5"\n'
                "services:\n  a:\n    <<: *default-opts\n"
            ),
            "docker-compose.yml": (
                "services:\n  a:\n    logging: {driver: local, options: {max-size: 10m}}\n"
                "  b:\n    logging:\n      driver: json-file\n      options:\n"
                "        max-size: 50m\n"
                '  c:\n    logging:\n      options:\n        max-size: "${SIZE:-1m}"\n'
            ),
            "daemon.json": (
                '{"log-driver": "local", "log-opts": {"max-size": "25m", "max-file": "2"}}\n'
            ),
        },
    ),
    Example(
        "Rules of a lifecycle for some objects only",
        {
            "govcheck.toml": (
                _STORE + 'archive = { after = "7d", to = "s3://b/old/logs", keep = "forever" }\n'
            ),
            "s3.json": (
                '{"Rules": [{"Status": "Enabled", "Filter": {"And": {"Prefix": "old/logs/",'
                ' "ObjectSizeLessThan": 500}}, "Expiration": {"Days": 1}},\n'
                '{"Status": "Enabled", "Filter": {"Prefix": "old/logs/"},'
                ' "NoncurrentVersionExpiration": {"NoncurrentDays": 30},'
                ' "Expiration": {"ExpiredObjectDeleteMarker": true}}]}\n'
            ),
        },
    ),
]
