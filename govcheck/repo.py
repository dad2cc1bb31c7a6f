"""The checkout as data: its files as git sees them, and their documents. The only input."""

import os
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar, TypeVarTuple, cast

from govcheck.cache import UNKNOWN, Cache
from govcheck.disk import MAX_BYTES, Signature, TooLargeError, Tree, is_temporary
from govcheck.document import Document, UndecodableError
from govcheck.git import NotARepositoryError, git
from govcheck.globs import matcher

Progress = Callable[[str, int, int], None]
_Search = tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]
_Due = tuple[int, Callable[[bytes], bool], tuple[str, ...], tuple[str, ...]]

Answer = TypeVar("Answer")
View = TypeVar("View")
Arguments = TypeVarTuple("Arguments")

BASELINE_FILE = ".govcheck-baseline.json"

_COMMIT = ""  # the path by which the cache knows a commit, whose number is its signature
_OF_NAMES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_NOT_OF_NAMES = bytes({*range(256)}.difference(_OF_NAMES))
_MAX_GROUPS = 14
_MAX_SPARE_BYTES = 64 * 1024 * 1024
_SNIFFED_BYTES = 8192
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class Repo:
    """A repository's files and what they hold, read once and remembered.

    `files` are the paths, sorted, that are tracked or untracked and not ignored; under pre-commit
    only tracked ones. A tracked file that was deleted is among them, but not `in` the repository.
    Submodules and symbolic links are not followed. `unchecked` collects why a
    file that mattered could not be read.
    """

    def __init__(
        self,
        root: str,
        exclude: Collection[str] = (),
        progress: Progress | None = None,
        cache: Cache | None = None,
    ) -> None:
        """Open the checkout at `root`, without the files that match `exclude`.

        `progress` is told how many of how many files have been read, now and then. `cache` knows
        what earlier runs learnt of files.

        Raises:
            GitError: git refuses the repository.
            OSError: the directory cannot be opened.
        """
        self.root = os.path.abspath(root)
        self.tree = Tree(self.root)
        self.uses_git = True
        self.unchecked: dict[str, str] = {}
        self._progress = progress
        self._cache = cache
        self._changed: frozenset[str] = frozenset()
        self._contents: dict[str, bytes | None] = {}
        self._spare: dict[str, bytes] = {}
        self._spare_bytes = 0
        self._documents: dict[str, Document] = {}
        self._views: dict[object, object] = {}
        self._found: dict[_Search, list[Document]] = {}
        self._expected: set[_Search] = set()
        excluded = matcher(exclude)
        self._unfollowed: frozenset[str] = frozenset()
        self.files = tuple(path for path in self._list() if not excluded(path))
        self._known = frozenset(self.files)

    def __contains__(self, path: str) -> bool:
        if path not in self._known:
            return False
        return self._contents.get(path) is not None or self.tree.exists(path)

    def exists(self, path: str) -> bool:
        """Whether there is anything at a path, without a slash at its end: a file or a folder.

        What is below a submodule or a symbolic link is not known, and may be there.
        """
        if path in self or path in self.view(_folders):
            return True
        at = len(path)
        while self._unfollowed and at > 0:
            if path[:at] in self._unfollowed:
                return True
            at = path.rfind("/", 0, at)
        return False

    def links(self) -> Mapping[str, str]:
        """The symbolic links that git tracks, and the paths in the repository that they name.

        Nothing is said of where such a path leads in turn, nor of links out of the repository.
        """
        found = {}
        for path in sorted(self._unfollowed):
            target = self.tree.target(path)
            if target is not None and not target.startswith("/"):
                end = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                if not end.startswith(".."):
                    found[path] = end
        return found

    def with_changes(self, changes: Mapping[str, bytes]) -> "Repo":
        """The same repository, some of whose files hold other bytes."""
        other: Repo = object.__new__(Repo)
        other.__dict__.update(self.__dict__)
        other.unchecked = dict(self.unchecked)
        other._changed = self._changed | changes.keys()
        other._contents = {**self._contents, **changes}
        other._documents = {
            path: document for path, document in self._documents.items() if path not in changes
        }
        other._views = {}
        other._found = {}
        other._expected = set()
        return other

    def document(self, path: str) -> Document | None:
        """The document at a path of the repository.

        None where the file is gone, binary, too large or unreadable; the last three, and text in
        an encoding that is not read, are noted in `unchecked`, except binary files.
        """
        if path in self._documents:
            return self._documents[path]
        if path not in self._known or (data := self.read(path)) is None:
            return None
        document = Document(path, data)
        if not data.startswith(_UTF16_OR_32) and b"\0" in data[:_SNIFFED_BYTES]:
            return None
        try:
            document.text  # noqa: B018
        except UndecodableError as error:
            if not data.startswith(_UTF16_OR_32):  # by chance bytes of something else may
                self.unchecked[path] = str(error)
            return None
        self._documents[path] = document
        return document

    def matching(self, *patterns: str) -> Iterator[str]:
        """The paths that match any of the patterns."""
        return filter(matcher(patterns), self.files)

    def search(
        self,
        needles: Collection[str],
        endings: tuple[str, ...] = ("",),
        but: tuple[str, ...] = (),
    ) -> tuple[Document, ...]:
        """The documents whose text contains any of the needles, in the order of `files`.

        Only bytes are looked at, which is what makes a run over a whole repository cheap, and only
        files whose names have one of the endings, but none of others. The baseline quotes lines of
        other files and is left out.
        """
        wanted = (frozenset(needles), endings, but)
        self.expect(needles, endings, but)
        if wanted in self._expected:
            self._search()
        return tuple(self._found[wanted])

    def expect(
        self,
        needles: Collection[str],
        endings: tuple[str, ...] = ("",),
        but: tuple[str, ...] = (),
    ) -> None:
        """Announce a search, so that the next pass over the files does it along with its own."""
        wanted = (frozenset(needles), endings, but)
        if wanted not in self._found:
            self._expected.add(wanted)

    def _search(self) -> None:
        """Do all searches that are due in one pass.

        Bytes without a hit are let go when there are too many to keep them for the next pass.
        """
        expected = sorted(self._expected, key=lambda search: (sorted(search[0]), *search[1:]))
        question = f"searches {[(sorted(needles), *where) for needles, *where in expected]}"
        self._expected.clear()
        due = [
            (number, _searcher(needles), endings, but)
            for number, (needles, endings, but) in enumerate(expected)
        ]
        found = [self._found.setdefault(search, []) for search in expected]
        known = self._searched(question)
        for number, path in enumerate(self.files):
            if path in known:
                hits = known[path]
            elif path != BASELINE_FILE:
                if self._progress is not None and number % 256 == 0:
                    self._progress("reading", number, len(self.files))
                hits = self._hits(path, due)
                self._remember(question, path, hits or 0)  # a list takes longer to load
            else:
                hits = []
            if hits and (document := self.document(path)) is not None:
                for hit in hits:
                    found[hit].append(document)

    def _searched(self, question: str) -> Mapping[str, list[int]]:
        """Which searches of a pass an earlier run found something by, in files still the same."""
        if self._cache is None:
            return {}
        same = (path for path in self.files if path not in self._changed)
        return self._cache.recall_all(question, same, self._signature_now)

    def _hits(self, path: str, due: Sequence[_Due]) -> list[int]:
        """The numbers of the searches that find something in a file."""
        wanted = [
            (number, contains)
            for number, contains, endings, but in due
            if path.endswith(endings) and not path.endswith(but)
        ]
        text = self._searchable(path, [contains for _, contains in wanted]) if wanted else b""
        hits = [number for number, contains in wanted if contains(text)] if text else []
        if hits and path not in self._contents:
            self._contents[path] = text
        return hits

    def view(self, make: Callable[["Repo", *Arguments], View], *arguments: *Arguments) -> View:
        """What `make` says of this repository and the arguments, computed once."""
        key = (make, *arguments)
        if key not in self._views:
            self._views[key] = make(self, *arguments)
        return cast(View, self._views[key])

    def learn(
        self, document: Document, question: str, make: Callable[[Document], Answer]
    ) -> Answer:
        """What `make` says of a document, if need be; JSON, which later runs are told as well.

        `question` must name all that the answer depends on besides the document's path and text.
        """
        signature = self._signature(document.path)
        if self._cache is None or signature is None:
            return make(document)
        answer = self._cache.recall(question, document.path, signature)
        if answer is UNKNOWN:
            answer = make(document)
            self._remember(question, document.path, answer)
        return cast(Answer, answer)

    def learn_of(
        self, path: str, question: str, make: Callable[[Document], Answer]
    ) -> Answer | None:
        """The same of the document at a path, which is read only if no earlier run knew the answer.

        None where there is no document.
        """
        if self._cache is not None and path not in self._contents:
            answer = self._cache.recall(question, path, self.tree.signature(path))
            if answer is not UNKNOWN:
                return cast(Answer, answer)
        document = self.document(path)
        return None if document is None else self.learn(document, question, make)

    def recall_of_commit(self, commit: str, question: str) -> Any:
        """What an earlier run kept of a commit (a hexadecimal number); None if nothing."""
        if self._cache is None:
            return None
        answer = self._cache.recall(question, _COMMIT, [int(commit, 16)])
        return None if answer is UNKNOWN else answer

    def remember_of_commit(self, commit: str, question: str, answer: object) -> None:
        """Keep JSON about a commit for later runs; only that of the last commit stays."""
        if self._cache is not None:
            self._cache.remember(question, _COMMIT, [int(commit, 16)], answer)

    def size(self, path: str) -> int | None:
        """How many bytes a file has, without reading it; None where there is none."""
        data = self._contents.get(path)
        if data is not None:
            return len(data)
        signature = self.tree.signature(path)
        return signature[0] if signature is not None else None

    def _remember(self, question: str, path: str, answer: object) -> None:
        signature = self._signature(path)
        if self._cache is not None and signature is not None and path not in self.unchecked:
            self._cache.remember(question, path, signature, answer)

    def _signature(self, path: str) -> Signature | None:
        """The signature that a file had when it was read; None where it was not, or is changed."""
        return None if path in self._changed else self.tree.signatures.get(path)

    def _signature_now(self, path: str) -> Signature | None:
        """The signature that a file had when it was read, or else has."""
        return self._signature(path) if path in self._contents else self.tree.signature(path)

    def _searchable(self, path: str, tests: Collection[Callable[[bytes], bool]]) -> bytes:
        """What to search in a file; nothing where it is gone, binary, too large or unreadable."""
        try:
            data = self._contents[path] if path in self._contents else self._spared(path)
        except TooLargeError:
            self._search_large(path, tests)
            return b""
        except OSError as error:
            self.unchecked[path] = error.strerror or str(error)
            return b""
        if data is None:
            return b""
        if data.startswith(_UTF16_OR_32):
            document = self.document(path)
            return document.utf8 if document is not None else b""
        if data.find(b"\0", 0, _SNIFFED_BYTES) >= 0:
            return b""
        return data

    def _spared(self, path: str) -> bytes | None:
        if path in self._spare:
            return self._spare[path]
        data = self.tree.read(path)
        if data is not None and self._spare_bytes + len(data) <= _MAX_SPARE_BYTES:
            self._spare[path] = data
            self._spare_bytes += len(data)
        return data

    def _search_large(self, path: str, tests: Collection[Callable[[bytes], bool]]) -> None:
        try:
            with self.tree.mapped(path) as mapped:
                data = cast(bytes, mapped)
                is_text = data.find(b"\0", 0, _SNIFFED_BYTES) < 0
                relevant = is_text and any(contains(data) for contains in tests)
        except (OSError, ValueError) as error:
            self.unchecked[path] = str(error)
            return
        if relevant:
            self.unchecked[path] = f"it is larger than {MAX_BYTES // 2**20} MiB"

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, with its changes if it has any; None where there is none.

        What cannot be read is noted in `unchecked`.
        """
        if path not in self._contents:
            try:
                self._contents[path] = self.tree.read(path)
            except TooLargeError:
                self.unchecked[path] = f"it is larger than {MAX_BYTES // 2**20} MiB"
                return None
            except OSError as error:
                self.unchecked[path] = error.strerror or str(error)
                return None
        return self._contents[path]

    def _list(self) -> list[str]:
        try:
            listed, self._unfollowed = _git_files(self.root)
        except NotARepositoryError:
            self.uses_git = False
            listed = set(_walked_files(self.tree))
        return sorted(p for p in listed if ".govcheck-" not in p or not is_temporary(p))


def _folders(repo: Repo) -> frozenset[str]:
    """All folders that hold a file, somewhere below."""
    found: set[str] = set()
    for path in repo.files:
        at = path.rfind("/")
        while at > 0 and path[:at] not in found:
            found.add(path[:at])
            at = path.rfind("/", 0, at)
    return frozenset(found)


def _git_files(root: str) -> tuple[set[str], frozenset[str]]:
    """The files that git lists, and what is no file: symbolic links and submodules."""
    others = () if os.environ.get("PRE_COMMIT") == "1" else ("-o", "--exclude-standard")
    listing = git(root, "ls-files", "-z", "-t", "-s", "-c", *others)
    entries = os.fsdecode(listing).split("\0")
    # A directory with a repository of its own is listed as untracked, with a slash at its end.
    listed = {e[2:] for e in entries if e.startswith("? ") and not e.endswith("/")}
    # `TAG MODE HASH STAGE<tab>PATH`, where modes other than 100... are links and submodules.
    listed.update(e[e.index("\t") + 1 :] for e in entries if e.startswith("100", 2))
    unfollowed = frozenset(
        e[e.index("\t") + 1 :] for e in entries if e.startswith(("120", "160"), 2) and "\t" in e
    )
    return listed, unfollowed


def _walked_files(tree: Tree) -> Iterator[str]:
    from pathspec import GitIgnoreSpec

    from govcheck.gitignore import gitignore  # only trees outside git pay for it

    specs: dict[str, GitIgnoreSpec] = {}

    def ignored(path: str) -> bool:
        parts = path.rstrip("/").split("/")
        for depth in range(len(parts) - 1, -1, -1):
            spec = specs.get("/".join(parts[:depth]))
            below = "/".join(parts[depth:]) + ("/" if path.endswith("/") else "")
            if spec and (verdict := spec.check_file(below).include) is not None:
                return verdict
        return False

    for directory, directories, files in tree.walk():
        prefix = f"{directory}/" if directory else ""
        if ".git" in directories + files and directory:
            directories.clear()
            continue
        if ".gitignore" in files:
            rules = tree.read(f"{prefix}.gitignore") or b""
            specs[directory] = gitignore(os.fsdecode(rules).splitlines())
        directories[:] = [
            name for name in directories if name != ".git" and not ignored(f"{prefix}{name}/")
        ]
        yield from (path for name in files if not ignored(path := prefix + name))


def _searcher(needles: Collection[str]) -> Callable[[bytes], bool]:
    """A test for any of the needles, by as few passes over the bytes as their beginnings allow.

    A regular expression is quick only where all alternatives begin alike, so needles are grouped
    by their first bytes and each group is one pass. Of many needles that are names in capitals, one
    pass tells: over what is left of the text without all that no such name has.
    """
    groups: dict[bytes, list[bytes]] = {}
    whole = sorted({needle.encode("utf-8", "surrogateescape") for needle in needles})
    for needle in whole:
        groups.setdefault(needle[:4], []).append(needle)
    if len(groups) > _MAX_GROUPS and not b"".join(whole).translate(None, _OF_NAMES):
        search = re.compile(b"|".join(whole)).search
        return lambda data: (
            search(data.translate(None, _NOT_OF_NAMES)) is not None and search(data) is not None
        )
    tests = [_group_test(start, group) for start, group in groups.items()]
    match tests:
        case [test]:
            return test
        case _:
            return lambda data: any(test(data) for test in tests)


def _group_test(start: bytes, group: list[bytes]) -> Callable[[bytes], bool]:
    if len(group) == 1:
        needle = group[0]
        return lambda data: data.find(needle) >= 0
    tails = b"|".join(re.escape(needle[len(start) :]) for needle in group)
    search = re.compile(re.escape(start) + b"(?:" + tails + b")").search
    return lambda data: start in data and search(data) is not None
