"""Which stores hold what is thrown away in the end, and what git makes of them."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from govcheck.document import Document
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.retention.section import Store

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# What keeps an empty directory in git, or tells people what it is for.
_PLACEHOLDER = re.compile(
    r"(?:.*/)?(?:\.git(?:keep|ignore|attributes)|\.(?:keep|empty)|readme[^/]*)"
)
_EXAMPLE = datetime(2026, 1, 31, 12, 30, 59)


def disposable(policy: Policy) -> Iterator[tuple[str, Store]]:
    """The stores that git is to ignore, by name."""
    for name, store in policy.retention.stores.items():
        git = store.git or ("either" if store.keep == "forever" else "ignored")
        if git == "ignored":
            yield name, store


def is_placeholder(path: str) -> bool:
    """Whether a file is in a directory only so that git has the directory."""
    return _PLACEHOLDER.fullmatch(path.lower()) is not None


def ignores(repo: Repo) -> Callable[[str], bool]:
    """A test of paths: do the `.gitignore` files of the repository cover them?

    What a user's own configuration ignores does not count: others do not have it.
    """
    from govcheck.gitignore import gitignore  # only a policy with stores pays for it

    specs: dict[str, GitIgnoreSpec] = {}
    for path in repo.files:
        if path == ".gitignore" or path.endswith("/.gitignore"):
            document = repo.document(path)
            if document is not None:
                specs[path.rpartition("/")[0]] = gitignore(document.text.splitlines())

    def is_ignored(path: str) -> bool:
        parts = path.split("/")
        # A directory that is ignored takes all in it along, whatever is said of that.
        return any(
            _verdict(specs, parts[:end], end < len(parts)) for end in range(1, len(parts) + 1)
        )

    return is_ignored


def _verdict(specs: dict[str, "GitIgnoreSpec"], parts: list[str], is_directory: bool) -> bool:
    for depth in range(len(parts) - 1, -1, -1):
        spec = specs.get("/".join(parts[:depth]))
        below = "/".join(parts[depth:]) + ("/" if is_directory else "")
        if spec is not None and (include := spec.check_file(below).include) is not None:
            return include
    return False


def probes(store: Store, path: str) -> Iterator[str]:
    """Paths of what may be in a directory of a store: one for each pattern of names."""
    for pattern in store.items.names or ("data.bin",):
        name = _EXAMPLE.strftime(pattern.replace("%s", "1769862659").replace("%z", "Z"))
        name = re.sub(r"\[[^\]]*\]", "1", name).replace("*", "x").replace("?", "x")
        yield f"{path}/{name}/x" if store.items.kind == "directory" else f"{path}/{name}"


def pattern_probe(pattern: str) -> str:
    """A path that a pattern of `.gitignore` would cover."""
    name = pattern.strip("/").replace("**/", "").replace("*", "x").replace("?", "x")
    return f"{name}/x" if pattern.endswith("/") else name


def line_to_add(path: str) -> str:
    """What `.gitignore` says of a directory at a path from the root."""
    return re.sub(r"([\\*?\[])", r"\\\1", path) + "/"


def end_of(document: Document) -> tuple[int, str]:
    """Where a line is added to a file, and what must come before it."""
    text = document.text
    newline = "\r\n" if "\r\n" in text else "\n"
    return len(text), "" if not text or text.endswith("\n") else newline
