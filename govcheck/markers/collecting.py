"""Which files a plain `pytest` gets to: its arguments, what it does not look into, and ignores.

"Changing standard (Python) test discovery" and "Customizing test collection" of pytest 9.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch, fnmatchcase
from typing import NamedTuple

from tree_sitter import Node

from govcheck.document import Document
from govcheck.markers import IGNORES
from govcheck.markers.configuration import Configuration
from govcheck.python.module import Module, module, string_value, text
from govcheck.repo import Repo

_IN_VENV = "--collect-in-virtualenv"
_ENVIRONMENT = re.compile(r"(?:(.*)/)?(?:pyvenv\.cfg|conda-meta/history)")
_FLAGS = re.compile(r"-[qvsxl]+|-r\w*|--(?:strict(?:-markers|-config)?|verbose|quiet|\S+=.*)|-p\S+")
_HOOKS = re.compile(r"\bdef pytest_(?:ignore_collect|collect_file|collect_directory)\b")
_USED = r"\bcollect_ignore(?:_glob)?(?:\s*\+?=\s*|\.extend\(\s*)%s\b"
_MAX_LISTED = 10_000


class _Ignored(NamedTuple):
    """What a conftest ignores under one name; `maybe` under a condition, None for anything."""

    listed: tuple[str, ...]
    maybe: tuple[str, ...] | None


class Collecting:
    """What keeps a plain `pytest` from which files."""

    def __init__(
        self,
        repo: Repo,
        configurations: Mapping[str, Configuration],
        of: Callable[[str], Configuration],
    ) -> None:
        """Read the arguments of all configurations, and what the conftests ignore."""
        self._of = of
        self._paths: set[str] = set()
        for path in repo.files:
            while path and path not in self._paths:
                self._paths.add(path)
                path = path.rpartition("/")[0]
        self._starts = {each.folder: self._starting(each) for each in configurations.values()}
        found = (_ENVIRONMENT.fullmatch(path) for path in repo.files if "pyvenv.cfg" in path
                 or "conda-meta/history" in path)  # fmt: skip
        self._environments = {each[1] for each in found if each is not None and each[1]}
        self._lists: dict[str, dict[str, _Ignored]] = {}
        self._hooked: list[str] = []
        for document in repo.search(IGNORES, ("conftest.py",)):
            folder = posixpath.dirname(document.path)
            self._lists[folder] = _ignored(document)
            if _HOOKS.search(document.text):
                self._hooked.append(folder)
        self._entries: dict[tuple[str, str], str | None] = {}
        starts = (start for listed, _ in self._starts.values() for start in listed)
        self.named = frozenset(start for start in starts if start.endswith(".py"))

    def cut_off(self, path: str) -> str | None:
        """What keeps a plain `pytest` from a test file; None if nothing does for certain."""
        configuration = self._of(path)
        starts, is_sure = self._starts[configuration.folder]
        reasons = []
        for start in starts:
            if path != start and start and not path.startswith(f"{start}/"):
                continue
            why = self._kept_off(configuration, path, start)
            if why is None:
                return None
            reasons.append(why)
        if reasons:
            return reasons[-1]
        listed = ", ".join(configuration.words("testpaths"))
        return f"it is outside of testpaths ({listed})" if is_sure else None

    def is_doubtful(self, path: str) -> bool:
        """Whether a conftest may, or may not, ignore a file."""
        if any(not folder or path.startswith(f"{folder}/") for folder in self._hooked):
            return True
        return any(
            ignored.maybe is None or any(_is_below(path, folder, name) for name in ignored.maybe)
            for folder, lists in self._lists.items()
            for ignored in lists.values()
            if not folder or path.startswith(f"{folder}/")
        )

    def _starting(self, configuration: Configuration) -> tuple[tuple[str, ...], bool]:
        """The paths that it begins from, and whether these are all."""
        given, is_sure = [], True
        before = ""
        for word in configuration.arguments:
            path = posixpath.normpath(posixpath.join(configuration.folder, word.partition("::")[0]))
            path = "" if path == "." else path
            if word and not word.startswith("-") and (path in self._paths or not path):
                if not before.startswith("-") or _FLAGS.fullmatch(before):
                    given.append(path)
                else:
                    is_sure = False
            before = word
        if given:
            return tuple(given), is_sure
        found = [
            path
            for pattern in configuration.words("testpaths")
            for path in self._globbed(configuration.folder, pattern)
        ]
        return tuple(found or [configuration.folder]), is_sure and bool(found)

    def _globbed(self, folder: str, pattern: str) -> Iterator[str]:
        whole = posixpath.normpath(posixpath.join(folder, pattern))
        if whole == ".":
            yield ""
        elif not re.search(r"[*?\[]", whole):
            if whole in self._paths:
                yield whole
        else:
            wanted = whole.split("/")
            yield from sorted(path for path in self._paths if _is_match(path.split("/"), wanted))

    def _kept_off(self, configuration: Configuration, path: str, start: str) -> str | None:
        if path == start:
            return None
        entry = path
        found = self._entry(configuration, path, is_folder=False)
        while found is None and (entry := entry.rpartition("/")[0]) != start and entry:
            key = (configuration.folder, entry)
            if key not in self._entries:
                self._entries[key] = self._entry(configuration, entry, is_folder=True)
            found = self._entries[key]
        return found

    def _entry(self, configuration: Configuration, entry: str, *, is_folder: bool) -> str | None:
        return (
            self._left_out(configuration, entry)
            or (self._listed(entry) if self._lists else None)
            or (self._unvisited(configuration, entry) if is_folder else None)
        )

    def _left_out(self, configuration: Configuration, entry: str) -> str | None:
        words = iter(configuration.arguments)
        for word in words:
            option, equals, value = word.partition("=")
            if option not in ("--ignore", "--ignore-glob"):
                continue
            value = value if equals else next(words, "")
            ignored = posixpath.normpath(posixpath.join(configuration.folder, value))
            if entry == ignored or (option == "--ignore-glob" and fnmatch(entry, ignored)):
                return f"addopts has '{option}={value}'"
        return None

    def _listed(self, entry: str) -> str | None:
        for name, is_glob in (("collect_ignore", False), ("collect_ignore_glob", True)):
            folder = posixpath.dirname(entry)
            # The nearest conftest that has the name counts.
            while folder and name not in self._lists.get(folder, {}):
                folder = posixpath.dirname(folder)
            ignored = self._lists.get(folder, {}).get(name)
            if ignored is None or ignored.maybe is None:
                continue
            for each in ignored.listed:
                whole = posixpath.normpath(posixpath.join(folder, each))
                if entry == whole or (is_glob and fnmatch(entry, whole)):
                    return f"{posixpath.join(folder, 'conftest.py')} has it in {name}"
        return None

    def _unvisited(self, configuration: Configuration, folder: str) -> str | None:
        if folder in self._environments and _IN_VENV not in configuration.arguments:
            return f"{folder} is a virtual environment"
        name = posixpath.basename(folder)
        for pattern in configuration.skipped_folders:
            if fnmatch(f"/{folder}", f"*/{pattern}") if "/" in pattern else fnmatch(name, pattern):
                return f"norecursedirs has {pattern!r}"
        return None


def _ignored(document: Document) -> dict[str, _Ignored]:
    """What the statements of a conftest say of `collect_ignore` and `collect_ignore_glob`."""
    found: dict[str, _Ignored] = {}
    parsed = document.view(module)
    for statement in parsed.tree.root_node.named_children:
        source = text(statement)
        if "collect_ignore" not in source or statement.type.endswith("definition"):
            continue
        plain = _listing(parsed, statement)
        if plain is not None:
            name, listed, is_new = plain
            old = found.get(name, _Ignored((), ()))
            before = () if is_new else old.listed
            found[name] = _Ignored((*before, *listed), old.maybe)
            continue
        branches = [_listing(parsed, each) for each in _branches(statement)]
        is_literal = statement.type in ("if_statement", "try_statement") and None not in branches
        for name in set(re.findall(r"\bcollect_ignore(?:_glob)?\b", source)):
            old = found.get(name, _Ignored((), ()))
            own = [each for each in branches if each is not None and each[0] == name]
            maybe = [path for _, listed, _ in own for path in listed]
            known = old.maybe if is_literal else None
            if any(is_new for *_, is_new in own):
                old, maybe = _Ignored((), ()), [*old.listed, *maybe]
            found[name] = _Ignored(old.listed, None if known is None else (*known, *maybe))
    return found


def _branches(statement: Node) -> Iterator[Node]:
    """The statements in the branches of one that say something of `collect_ignore`."""
    for block in (each for each in statement.named_children if "collect_ignore" in text(each)):
        if block.type == "block":
            yield from (each for each in block.named_children if "collect_ignore" in text(each))
        elif block.type.endswith("_clause"):
            yield from _branches(block)
        else:  # the condition
            yield block


def _listing(parsed: Module, statement: Node) -> tuple[str, tuple[str, ...], bool] | None:
    """The list that a statement adds to, what it adds, and whether the list begins with it.

    None where the statement is anything else, or adds what is computed.
    """
    if statement.type != "expression_statement":
        return None
    inner = statement.named_children[0]
    name, right = text(inner.child_by_field_name("left")), inner.child_by_field_name("right")
    if inner.type == "call":
        name, _, method = text(inner.child_by_field_name("function")).partition(".")
        given = inner.child_by_field_name("arguments")
        right = given if method == "append" else None
        if given is not None and method == "extend" and given.named_child_count == 1:
            right = given.named_children[0]
    if name not in ("collect_ignore", "collect_ignore_glob") or right is None:
        return None
    listed = _strings(parsed, right)
    return None if listed is None else (name, listed, inner.type == "assignment")


def _strings(parsed: Module, node: Node) -> tuple[str, ...] | None:
    """The strings of a list, also of one that a name of the module stands for alone."""
    if node.type == "identifier":
        word = re.escape(text(node))
        source = parsed.document.text
        if len(re.findall(rf"\b{word}\b", source)) > len(re.findall(_USED % word, source)) + 1:
            return None
        statements = (each for each in parsed.tree.root_node.named_children if each.named_children)
        values = (
            each.named_children[0].child_by_field_name("right")
            for each in statements
            if text(each.named_children[0].child_by_field_name("left")) == text(node)
        )
        value = next(values, None)
        return _strings(parsed, value) if value is not None and value.type == "list" else None
    if node.type not in ("list", "tuple", "argument_list") or node.named_child_count > _MAX_LISTED:
        return None
    said = [string_value(each) for each in node.named_children if each.type != "comment"]
    return None if None in said else tuple(each for each in said if each is not None)


def _is_below(path: str, folder: str, name: str) -> bool:
    """Whether a path is what a name or pattern stands for, or inside of it."""
    whole = posixpath.normpath(posixpath.join(folder, name))
    return path == whole or path.startswith(f"{whole}/") or fnmatch(path, f"{whole}*")


def _is_match(parts: list[str], pattern: list[str]) -> bool:
    """Whether `glob.glob(..., recursive=True)` finds a path by a pattern, part by part."""
    reached = {0}  # how many parts of the path what came so far of the pattern may match
    for part in pattern:
        if part == "**":
            for count in range(min(reached, default=len(parts)), len(parts)):
                if count in reached and not parts[count].startswith("."):
                    reached.add(count + 1)
            continue
        reached = {
            count + 1
            for count in reached
            if count < len(parts)
            and fnmatchcase(parts[count], part)
            and (not parts[count].startswith(".") or part.startswith("."))
        }
    return len(parts) in reached
