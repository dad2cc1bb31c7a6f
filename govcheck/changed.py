"""Which files differ from a revision, found without letting git compare the work tree.

That comparison would run filter programs named in the repository's configuration, so the blobs of
the revision's tree are compared with what the files hash to (git's object format: SHA-1 over
`blob SIZE NUL DATA`).
"""

import hashlib
import os
from collections.abc import Callable

from govcheck.git import GitError, NotARepositoryError, git
from govcheck.repo import Repo


def changed_since(repo: Repo, revision: str) -> Callable[[str], bool]:
    """A test of paths: does the file differ from where `revision` and HEAD part?

    Raises:
        GitError: there is no such revision, or no repository.
    """
    try:
        blobs = _blobs(repo.root, _base(repo.root, revision))
    except NotARepositoryError as error:
        raise GitError(f"--changed needs a git repository, and this is {error}") from error

    def is_changed(path: str) -> bool:
        data = repo.read(path)
        return data is None or blobs.get(path) not in _hashes(data)

    return is_changed


def _base(root: str, revision: str) -> str:
    """The merge base with HEAD, or the revision itself where there is none."""
    try:
        commit = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision)
    except NotARepositoryError:
        raise
    except GitError as error:
        raise GitError(f"there is no revision {revision!r} to compare with") from error
    try:
        return git(root, "merge-base", commit.decode().strip(), "HEAD").decode().strip()
    except GitError:
        return commit.decode().strip()


def _blobs(root: str, commit: str) -> dict[str, str]:
    listing = os.fsdecode(git(root, "ls-tree", "-r", "-z", commit))
    blobs = {}
    for entry in filter(None, listing.split("\0")):
        description, _, path = entry.partition("\t")
        blobs[path] = description.rpartition(" ")[2]
    return blobs


def _hashes(data: bytes) -> set[str]:
    """The blob that git makes of a file, with line endings kept or converted."""
    return {_blob_hash(data), _blob_hash(data.replace(b"\r\n", b"\n"))}


def _blob_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
