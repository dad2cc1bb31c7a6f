"""What git remembers of paths and lines: asked about candidates only."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from govcheck.document import Document
from govcheck.git import GitError, git
from govcheck.repo import Repo

_MAX_PATHS = 500
_MAX_MOVES = 8
_MAX_COMPARED = 1_000
_SAME = "-M100%"
_SIMILAR = "-M90%"
# What is staged is about to be a commit: a hook looks at it.
_STAGED = ""
_REMOVALS = ("--name-only", "--no-renames", "--diff-filter=D", "--relative")
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
    place. There is nothing of a repository without commits; of a shallow one, too little. Of a path
    that leads out of the root, git is not asked.
    """
    inside = sorted(path for path in paths if not path.startswith(("/", "../")))
    if not repo.uses_git or not inside:
        return {}
    removed = _removals(repo, inside[:_MAX_PATHS])
    homes = _destinations(repo, removed)
    return {path: Gone(commit, homes.get(path)) for path, commit in removed.items()}


def written_later(repo: Repo, pairs: Set[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Those of the pairs of a document and a path whose document is younger than the path's end.

    The commit that added the document, under its present name, came after the last one that removed
    the path, or something below it.
    """
    if not repo.uses_git or not pairs:
        return frozenset()
    wanted = {each.rstrip("/") for pair in pairs for each in pair}
    try:
        log = git(
            repo.root,
            *("log", "--format=%x00", "--name-status", "--no-renames", "--diff-filter=AD"),
            *("--relative", "--", *sorted(wanted)),
        )
    except GitError:
        return frozenset()
    ages: dict[tuple[str, str], int] = {}
    for age, record in enumerate(os.fsdecode(log).split("\0")):
        for line in record.splitlines():
            status, _, name = line.partition("\t")
            path = _unquoted(name)
            while path:
                if path in wanted:
                    ages.setdefault((status, path), age)
                path = path.rpartition("/")[0]
    oldest = len(log)
    return frozenset(
        (document, path)
        for document, path in pairs
        if ages.get(("A", document), oldest) < ages.get(("D", path.rstrip("/")), -1)
    )


def held(repo: Repo, path: str, text: str) -> bool | None:
    """Whether a file ever held a text; None where git does not know all of its past."""
    if not repo.uses_git or is_shallow(repo):
        return None
    found = ("log", "-1", "--format=%H", f"-S{text}")
    try:
        if git(repo.root, *found, "--", path):
            return True
        # Under another name it may have held it, too.
        return bool(git(repo.root, *found, "--follow", "--", path))
    except GitError:
        return None


def is_shallow(repo: Repo) -> bool:
    """Whether git has only the last commits, so that it cannot tell what existed."""
    return repo.view(_head) is None


def _head(repo: Repo) -> str | None:
    """The commit of HEAD, empty where there is none yet; None where git has only the last ones."""
    try:
        said = git(repo.root, "rev-parse", "--is-shallow-repository", "--revs-only", "HEAD")
    except GitError:
        return None
    is_shallow, _, commit = said.decode().partition("\n")
    return commit.strip() if is_shallow == "false" else None


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
    from govcheck.gitignore import gitignore  # only a candidate pays for it

    specs = {
        file.rpartition("/")[0]: gitignore(document.text.splitlines())
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


class _Renames(NamedTuple):
    """What a commit renamed, by the old paths, and what it added."""

    moves: Mapping[str, str]
    added: Sequence[str]


class _Asked(NamedTuple):
    """What git has said of HEAD: asking is what costs, so nothing is asked twice.

    `removals` are the commits that removed paths, `renames` what commits renamed and added, by how
    it was asked.
    """

    removals: dict[str, str | None]
    renames: dict[str, tuple[Mapping[str, str], Sequence[str]]]


_HISTORY = "what git says of paths and commits"


def _asked(repo: Repo) -> _Asked:
    head = repo.view(_head)
    return _Asked(*(repo.recall_of_commit(head, _HISTORY) if head else None) or ({}, {}))


def _keep(repo: Repo) -> None:
    if head := repo.view(_head):
        repo.remember_of_commit(head, _HISTORY, repo.view(_asked))


def _removals(repo: Repo, paths: Iterable[str]) -> dict[str, str]:
    """The last commit that removed each path, or the last thing below it."""
    wanted = {path.rstrip("/") for path in paths}
    try:
        staged = repo.view(_staged_removals)
        known = _known_removals(repo, wanted - staged)
    except GitError:
        return {}
    last = {path: _STAGED if path in staged else known[path] for path in wanted}
    return {path: commit for path, commit in last.items() if commit is not None}


def _known_removals(repo: Repo, paths: Set[str]) -> Mapping[str, str | None]:
    known = repo.view(_asked).removals
    asked = paths - known.keys()
    if asked:
        since = repo.view(_head) or "HEAD"
        log = git(repo.root, "log", "--format=%x00%H", *_REMOVALS, since, "--", *sorted(asked))
        found: dict[str, str] = {}
        for commit, name in _records(log):
            for path in _lineage(name):
                if path in asked:
                    found.setdefault(path, commit)
        known.update((path, found.get(path)) for path in asked)
        _keep(repo)
    return known


def _lineage(path: str) -> Iterable[str]:
    """A path and all folders that it is in."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _staged_removals(repo: Repo) -> frozenset[str]:
    said = git(repo.root, "diff-index", "--cached", "-z", *_REMOVALS, "HEAD")
    removed = os.fsdecode(said).split("\0")
    return frozenset(path for each in removed for path in _lineage(each))


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
        moves = _moves(repo, pending.values())
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
        # Files that are empty in all folders tell nothing of where one of them went.
        if old.startswith(f"{path}/")
        and new.endswith(old.removeprefix(path))
        and not old.endswith("/__init__.py")
    }
    other = any(
        old.startswith(f"{path}/") and not new.endswith(old.removeprefix(path))
        for old, new in moves.items()
    )
    return next(iter(below)) if len(below) == 1 and not other else None


def _moves(repo: Repo, removed: Collection[tuple[str, str]]) -> dict[str, Mapping[str, str]]:
    """What commits renamed, by the old paths, given what each removed; enough to tell of that.

    Git pairs files that are the same before it compares all that are left, which takes long. So
    first only what was removed is compared to what was added: mostly they have nothing in common.
    """
    try:
        same = _git_renames(repo, {commit for _, commit in removed}, _SAME)
        unsure = [(path, commit) for path, commit in removed if path not in same[commit].moves]
        commits = {commit for _, commit in unsure}
        paths = {path for path, _ in unsure}.union(*(same[commit].added for commit in commits))
        if commits and len(paths) < _MAX_COMPARED:
            told = _git_renames(repo, commits, _SIMILAR, paths)
            commits = {commit for commit in commits if told[commit].moves}
        similar = _git_renames(repo, commits, _SIMILAR)
    except GitError:
        return {}
    return {commit: said.moves for commit, said in (same | similar).items()}


def _git_renames(
    repo: Repo, commits: Set[str], alike: str, paths: Set[str] = frozenset()
) -> dict[str, _Renames]:
    """What commits renamed and added, as far as that is at some paths.

    Raises:
        GitError: git does not know them.
    """
    from hashlib import blake2b  # only a candidate pays for it

    changes = ("--raw", "--no-abbrev", "-z", alike, "--diff-filter=AR", "--relative")
    within = ("--", *sorted(paths)) if paths else ()
    known = repo.view(_asked).renames
    asked = blake2b(os.fsencode("\0".join(within)), digest_size=16).hexdigest()
    how = f"raw {alike} {asked}"
    if made := sorted(c for c in commits - {_STAGED} if f"{how} {c}" not in known):
        log = ("log", "--no-walk=unsorted", "--format=tformat:%x01%H")
        said = git(repo.root, *log, *changes, *made, *within)
        known.update((f"{how} {commit}", ({}, ())) for commit in made)
        for record in os.fsdecode(said).split("\x01")[1:]:
            commit, *fields = record.split("\0")
            known[f"{how} {commit}"] = _told(fields)
        _keep(repo)
    found = {commit: _Renames(*known[f"{how} {commit}"]) for commit in commits - {_STAGED}}
    if _STAGED in commits:
        staged = git(repo.root, "diff-index", "--cached", *changes, "HEAD", *within)
        found[_STAGED] = _told(os.fsdecode(staged).split("\0"))
    return found


def _told(fields: Sequence[str]) -> _Renames:
    """The fields of `--raw -z`: modes, contents and a status, and a path or two.

    Where files of one content were added, git takes any of them for the home of what was removed:
    only one of the old name tells anything.
    """
    moves: dict[str, str] = {}
    added = []
    homes: dict[str, list[str]] = {}
    contents: dict[str, str] = {}
    rest = iter(fields)
    for field in rest:
        if len(words := field.split()) != 5:
            continue
        content, status = words[3:]
        path = next(rest, "")
        if status.startswith("R"):
            old, path = path, next(rest, "")
            moves[old] = path
        else:
            added.append(path)
        homes.setdefault(content, []).append(path)
        contents[path] = content
    sure = {old: new for old, new in moves.items() if _is_one(old, new, homes[contents[new]])}
    return _Renames(sure, added)


def _is_one(old: str, new: str, homes: Sequence[str]) -> bool:
    named = [each for each in homes if posixpath.basename(each) == posixpath.basename(old)]
    return (named or homes) == [new]
