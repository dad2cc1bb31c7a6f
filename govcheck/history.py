"""What git remembers of paths and lines: asked about candidates only."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from govcheck.document import Document
from govcheck.git import GitError, git
from govcheck.repo import Repo

_MAX_PATHS = 500
_MAX_MOVES = 8
_SIMILAR = "-M90%"
# What is staged is about to be a commit: a hook looks at it.
_STAGED = ""
_BLAMED = re.compile(rb"[0-9a-f]{40,64} \d+ \d+")


class Gone(NamedTuple):
    """A path that was tracked once: the commit that removed it, and where it is now, if it moved.

    The commit is empty where the removal is only staged. `moved_to` is the end of a chain of
    renames that git sees, and exists.
    """

    commit: str
    moved_to: str | None


def gone(repo: Repo, paths: frozenset[str]) -> Mapping[str, Gone]:
    """Those of the paths that git knows and that were removed; directories, too.

    A directory has moved only if all that was removed from it by its last commit moved to one
    place. There is nothing of a repository without commits; of a shallow one, too little.
    """
    if not repo.uses_git or not paths:
        return {}
    removed = _removals(repo, sorted(paths)[:_MAX_PATHS])
    homes = _destinations(repo, removed)
    return {path: Gone(commit, homes.get(path)) for path, commit in removed.items()}


def is_shallow(repo: Repo) -> bool:
    """Whether git has only the last commits, so that it cannot tell what existed."""
    try:
        return git(repo.root, "rev-parse", "--is-shallow-repository").strip() == b"true"
    except GitError:
        return True


def last_changes(repo: Repo, paths: frozenset[str]) -> Mapping[str, date]:
    """The day of the last commit that touched each file, in the committer's time zone."""
    if not repo.uses_git or not paths:
        return {}
    try:
        log = git(
            repo.root,
            *("log", "--format=%x00%cs", "--name-only", "--no-renames", "--relative"),
            *("--", *sorted(paths)),
        )
    except GitError:
        return {}
    found: dict[str, date] = {}
    for day, path in _records(log):
        if path in paths:
            found.setdefault(path, date.fromisoformat(day))
    return found


class Line(NamedTuple):
    """Since when HEAD has a line: a day in the committer's time zone.

    `is_oldest` tells that the history that git has begins there, so that it may be older.
    """

    since: date
    is_oldest: bool


def line_ages(repo: Repo, document: Document, lines: Set[int]) -> Mapping[int, Line]:
    """Since when HEAD has some of the lines of a document, given and told by their numbers.

    White space does not make a line new, and a rename does not either. A line that is not
    committed is left out, and so is one of which HEAD has fewer or more than the document.
    """
    if not repo.uses_git or not lines:
        return {}
    try:
        blame = git(
            repo.root,
            *("-c", "blame.ignoreRevsFile=", "blame", "--porcelain", "-w", "--no-textconv"),
            *("HEAD", "--", document.path),
        )
    except GitError:  # a file that HEAD does not have
        return {}
    ages: dict[str, list[Line]] = {}
    for text, line in _blamed(blame):
        ages.setdefault(text, []).append(line)
    shown = [each.strip() for each in document.text.split("\n")]
    counts = Counter(shown)
    met: Counter[str] = Counter()
    found = {}
    for number, text in enumerate(shown, 1):
        same = ages.get(text, [])
        if number in lines and len(same) == counts[text]:
            found[number] = same[met[text]]
        met[text] += 1
    return found


def ignored(repo: Repo, paths: frozenset[str]) -> frozenset[str]:
    """Those of the paths that the repository's .gitignore files ignore, whether they exist or not.

    A path that may be a directory is taken for one.
    """
    files = [each for each in repo.files if each.rpartition("/")[2] == ".gitignore"]
    if not files or not paths:
        return frozenset()
    from pathspec import GitIgnoreSpec  # only a candidate pays for it

    specs = {
        file.rpartition("/")[0]: GitIgnoreSpec.from_lines(document.text.splitlines())
        for file in files
        if (document := repo.document(file)) is not None
    }

    def is_ignored(path: str) -> bool:
        parts = path.rstrip("/").split("/")
        for depth in range(len(parts) - 1, -1, -1):
            spec = specs.get("/".join(parts[:depth]))
            below = "/".join(parts[depth:])
            for name in (below, f"{below}/") if spec is not None else ():
                if spec is not None and (verdict := spec.check_file(name).include) is not None:
                    return verdict
        return False

    return frozenset(filter(is_ignored, paths))


def _blamed(blame: bytes) -> list[tuple[str, Line]]:
    """The lines of a file without the space around them, and since when each is there.

    The porcelain format of `git blame`: what is said of a commit is said once, the text of a line
    stands behind a tab.
    """
    said: dict[bytes, dict[bytes, bytes]] = {}
    found = []
    commit: dict[bytes, bytes] = {}
    for row in blame.split(b"\n"):
        if row.startswith(b"\t"):
            text = row[1:].decode("utf-8", "replace").strip()
            found.append((text, Line(_day(commit), b"boundary" in commit)))
        elif _BLAMED.match(row):
            commit = said.setdefault(row.partition(b" ")[0], {})
        else:
            key, _, value = row.partition(b" ")
            commit[key] = value
    return found


def _day(commit: Mapping[bytes, bytes]) -> date:
    zone = int(commit.get(b"committer-tz", b"+0000"))
    minutes = abs(zone) // 100 * 60 + abs(zone) % 100
    offset = timedelta(minutes=minutes if zone > 0 else -minutes)
    try:
        seconds = int(commit.get(b"committer-time", b""))
        return datetime.fromtimestamp(seconds, timezone(offset)).date()
    except (ValueError, OverflowError, OSError):
        return date.max  # no age that anybody could hold it to


def _removals(repo: Repo, paths: Iterable[str]) -> dict[str, str]:
    """The last commit that removed each path, or the last thing below it."""
    wanted = {path.rstrip("/") for path in paths}
    changes = ("--name-only", "--no-renames", "--diff-filter=D", "--relative")
    try:
        staged = git(
            repo.root, *("diff-index", "--cached", "-z", *changes, "HEAD", "--", *sorted(wanted))
        )
        log = git(repo.root, "log", "--format=%x00%H", *changes, "--", *sorted(wanted))
    except GitError:
        return {}
    found: dict[str, str] = {}
    next_commit = [(_STAGED, path) for path in os.fsdecode(staged).split("\0") if path]
    for commit, path in (*next_commit, *_records(log)):
        while path:
            if path in wanted:
                found.setdefault(path, commit)
            path = path.rpartition("/")[0]
    return found


def _records(log: bytes) -> Iterable[tuple[str, str]]:
    for record in os.fsdecode(log).split("\0")[1:]:
        head, *names = record.split("\n")
        yield from ((head, _unquoted(name)) for name in names if name)


def _unquoted(name: str) -> str:
    """A name as it is: git quotes those that are not plain."""
    if not name.startswith('"'):
        return name
    return os.fsdecode(
        name[1:-1].encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1")
    )


def _destinations(repo: Repo, removed: Mapping[str, str]) -> dict[str, str]:
    """Where paths are now that renames moved, given the commits that removed them.

    All paths go a step of their chains of renames together, since asking git is what costs.
    """
    found: dict[str, str] = {}
    pending = {path: (path, commit) for path, commit in removed.items()}
    for _ in range(_MAX_MOVES):
        if not pending:
            break
        moves = _moves(repo, frozenset(commit for _, commit in pending.values()))
        steps = {
            path: new
            for path, (old, commit) in pending.items()
            if (new := _moved(moves.get(commit, {}), old)) is not None and new != old
        }
        found |= {path: new for path, new in steps.items() if repo.exists(new)}
        left = {path: new for path, new in steps.items() if path not in found}
        again = _removals(repo, sorted(set(left.values()))) if left else {}
        pending = {path: (new, again[new]) for path, new in left.items() if new in again}
    return found


def _moved(moves: Mapping[str, str], path: str) -> str | None:
    if path in moves:
        return moves[path]
    below = {
        new.removesuffix(old.removeprefix(path))
        for old, new in moves.items()
        if old.startswith(f"{path}/") and new.endswith(old.removeprefix(path))
    }
    other = any(
        old.startswith(f"{path}/") and not new.endswith(old.removeprefix(path))
        for old, new in moves.items()
    )
    return next(iter(below)) if len(below) == 1 and not other else None


def _moves(repo: Repo, commits: frozenset[str]) -> dict[str, dict[str, str]]:
    """What each commit renamed, by the old paths."""
    changes = ("--name-status", "-z", _SIMILAR, "--diff-filter=R", "--relative")
    found = {}
    try:
        if _STAGED in commits:
            staged = git(repo.root, "diff-index", "--cached", *changes, "HEAD")
            fields = os.fsdecode(staged).split("\0")
            found[_STAGED] = dict(zip(fields[1::3], fields[2::3], strict=False))
        if not (made := sorted(commits - {_STAGED})):
            return found
        log = ("log", "--no-walk=unsorted", "--format=tformat:%x01%H")
        said = git(repo.root, *log, *changes, *made)
    except GitError:
        return {}
    for record in os.fsdecode(said).split("\x01")[1:]:
        commit, *fields = record.split("\0")
        found[commit] = dict(zip(fields[1::3], fields[2::3], strict=False))
    return found
