"""Paths in documents that are not there: those that were, and those that never were."""

import posixpath
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from govcheck.docs.documents import Doc, documents, shows_old_code
from govcheck.docs.paths import enclosing, in_code, is_somewhere, named
from govcheck.docs.trees import missing_nodes
from govcheck.docs.wording import is_sent_to, speaks_otherwise
from govcheck.finding import Span
from govcheck.globs import matcher
from govcheck.history import Gone, gone, ignored, written_later
from govcheck.markdown.page import Code
from govcheck.policy import Policy
from govcheck.programs.dead import PLACEHOLDERS, missing
from govcheck.programs.modules import modules
from govcheck.programs.written import Written, created, in_documents
from govcheck.repo import Repo

_PATH = re.compile(
    r"(?P<path>(?:\.{1,2}/)*[\w.@+-]+(?:/[\w.@+-]+)+/?|[\w.@+-]+/)(?:::[\w.:\[\]-]*|:\d[\d,:-]*|#L\d+)?"
)
_ENDING = r"\.(?:pyi?|md|rst|sh|ya?ml|toml|json|cfg|ini|sql|js|ts|html)"
# The end of a path that names a file, and what stands before that end where a path is meant: the
# rest of the path, and the sign of an item, with or without a label, or a bracket.
_FILE = re.compile(rf"/[\w.-]+{_ENDING}(?=[\s),;]|\.(?:\s|$)|$)")
_SAID = re.compile(
    r"(?:^\s*(?:[-*+]|\d+[.)])\s+(?:\[.\]\s+)?(?:[^`|\n]{1,60}:\**\s+)?|\()(?P<path>[\w.-][\w./-]*)$"
)
_DATA = frozenset({"python", "py", "python3", "pycon", "yaml", "yml", "toml"})
_STRING = re.compile(rf"(?P<sign>[\"'])(?P<path>[\w.-]+(?:/[\w.-]+)+{_ENDING})(?P=sign)")
_NAME = re.compile(r"[A-Za-z_][\w-]*\.(?:py|sh|ya?ml|toml|json|sql|md|cfg|ini|html|js|ts)")
_OF_REPOSITORY = re.compile(r"/(?:blob|tree|raw|edit|src)/")
_AT_HOME = re.compile(r"`[^\n.]{0,60}(?:\$HOME\b|\b[Hh]ome (?:directory|folder)\b)")
_DATED = re.compile(r"(?<!\d)(?:19|20)\d\d[-_]?[01]\d[-_]?[0-3]\d(?!\d)[^/]*$")
_MAX_ASKED = 400
_MAX_LEAD = 200
_ENOUGH = 2


class Absent(NamedTuple):
    """A path that is named and not there; `paths` are those that it may mean.

    `text` stands at the span; it is the first of the paths where it is meant from the root. Only
    git can tell whether a loose one is a path of the repository; a bare one is a file's name. Of
    `others`, git must know all as well.
    """

    doc: Doc
    span: Span
    text: str
    paths: tuple[str, ...]
    is_bare: bool = False
    is_loose: bool = False
    others: tuple[str, ...] = ()


class Moved(NamedTuple):
    """A path that is named, that was there once, and what became of it.

    `package` is the folder of that name that is there instead of a module.
    """

    absent: Absent
    path: str
    gone: Gone
    package: str | None = None


def moved(repo: Repo, policy: Policy) -> tuple[Moved, ...]:
    """The paths of reference documents that git knows, and that are gone."""
    found = repo.view(absent, policy)
    paths = sorted({path for each in found for path in (*each.paths, *each.others)})
    known: dict[str, Gone] = {}
    for start in range(0, len(paths), _MAX_ASKED):
        known |= gone(repo, frozenset(paths[start : start + _MAX_ASKED]))
    told = []
    for each in found:
        path = next((path for path in each.paths if path in known), None)
        if path is not None and all(other in known for other in each.others):
            package = _package(repo, path) if known[path].moved_to is None else None
            told.append(Moved(each, path, known[path], package))
    told = [each for each in told if not (_is_made(repo, each) or _is_title(each))]
    # What a document says that is younger than a path's end is not about that path.
    later = written_later(repo, {(each.absent.doc.path, each.path) for each in told})
    return tuple(each for each in told if (each.absent.doc.path, each.path) not in later)


def _is_title(each: Moved) -> bool:
    """Whether a document has for its title the old path of the folder that it is in."""
    doc = each.absent.doc
    titles = doc.page.headings[:1]
    is_there = any(title.start <= each.absent.span.start < title.end for title in titles)
    return is_there and each.gone.moved_to == posixpath.dirname(doc.path)


def _is_made(repo: Repo, each: Moved) -> bool:
    """Whether a path begins with a folder that is not here, and whose name a string of code has.

    A program may make such a folder, in a project of the reader's.
    """
    if each.gone.moved_to is not None or each.package is not None:
        return False
    folder = each.path.partition("/")[0]
    is_file = posixpath.splitext(folder)[1] != ""
    return not is_file and not repo.exists(folder) and bool(in_code(repo, (folder,)))


def _package(repo: Repo, path: str) -> str | None:
    """The folder into which a module was split, or the module that a package became."""
    folder, name = posixpath.split(path)
    stem = name.removesuffix(".py")
    for other in (stem, stem.removeprefix("test_")) if name.endswith(".py") else ():
        if repo.exists(posixpath.join(folder, other)):
            return posixpath.join(folder, other) + "/"
    return f"{path}.py" if f"{path}.py" in repo else None


def absent(repo: Repo, policy: Policy) -> tuple[Absent, ...]:
    """The paths of reference documents that are not there, and of which nothing says why."""
    found: list[Absent] = []
    dead = {(e.span.path, e.span.start) for e in repo.view(missing, policy)}
    for doc in repo.view(documents, policy):
        # A document that bears a date tells of that day.
        if doc.kind in ("history", "plan") or _DATED.search(doc.path):
            continue
        if shows_old_code(doc.path):
            continue
        found += [
            each
            for each in _in_document(repo, policy, doc)
            if (each.span.path, each.span.start) not in dead
        ]
    unknown = ignored(repo, frozenset(path for each in found for path in each.paths))
    allowed = matcher(policy.docs.moved.known)
    return tuple(
        each for each in found if not any(path in unknown or allowed(path) for path in each.paths)
    )


def _in_document(repo: Repo, policy: Policy, doc: Doc) -> Iterator[Absent]:
    text = doc.document.text
    bases = (*_bases(repo), *enclosing(doc.path))
    made: frozenset[str] | None = None
    for said, start, is_loose in _mentions(repo, policy, doc):
        plain = posixpath.normpath(said.removeprefix("./"))
        if plain.startswith("..") or is_somewhere(repo, plain) or PLACEHOLDERS.search(plain):
            continue
        if _AT_HOME.match(text, start + len(said)) is not None:
            continue
        otherwise = speaks_otherwise(text, doc.page, start, policy.docs.moved.words)
        is_meant = otherwise and is_sent_to(text, start, start + len(said))
        # Of what is there in other letters, it is not said that it was, or will be.
        if otherwise and not is_meant and plain.lower() not in repo.view(_lowered):
            continue
        if made is None:
            made = created(repo, policy, doc.path)
        if plain in made:
            continue
        first = plain.partition("/")[0]
        paths = (plain, *(f"{b}{plain}" for b in bases if b and repo.exists(f"{b}{first}")))
        span = doc.document.span(start, start + len(said))
        yield Absent(doc, span, said, tuple(dict.fromkeys(paths)), is_loose=is_loose)
    yield from _bare_names(repo, policy, doc)
    for node in missing_nodes(repo, doc, policy.docs.moved.words):
        span = doc.document.span(node.start, node.start + len(node.name))
        yield Absent(doc, span, node.path, (node.path,), True, True, node.others)


def _mentions(repo: Repo, policy: Policy, doc: Doc) -> Iterator[tuple[str, int, bool]]:
    """What looks like a path, where it stands, and whether it does so loosely.

    That is in code spans and among the words of commands; and loosely in prose, and in strings of
    blocks of code.
    """
    text = doc.document.text
    rooted: list[tuple[str, int]] = []
    for code in doc.page.codes:
        if "/" not in code.text:
            continue
        slash = code.text.startswith("/")
        found = _PATH.fullmatch(code.text, slash)
        if found is None or text[code.start : code.end] != code.text:
            continue
        if not _is_elsewhere(doc, code):
            if slash:
                rooted.append((found["path"], code.start + 1))
            else:
                yield found["path"], code.start, False
    # A slash in front is the root of the repository where others are there, or one is to see it;
    # else it is one of a site, or of the reader's machine.
    are_ours = sum(repo.exists(path.rstrip("/")) for path, _ in rooted) >= _ENOUGH
    for path, start in rooted:
        first = path.partition("/")[0]
        is_ours = repo.exists(first) and (are_ours or is_sent_to(text, start, start + len(path)))
        if is_ours and "/" in path.rstrip("/"):
            yield path, start, True
    for each in repo.view(_in_fences, policy).get(doc.path, ()):
        for word in each.command.words[1:]:
            found = _PATH.fullmatch(word.text)
            if found is not None and word.is_literal and not word.is_quoted:
                yield found["path"], word.start, False
    for fence in doc.page.fences:
        if fence.language in _DATA:
            for string in _STRING.finditer(fence.text):
                yield string["path"], fence.offset(string.start("path")), True
    for end in _FILE.finditer(text):
        far = max(0, end.start() - _MAX_LEAD)
        lead = text[text.rfind("\n", far, end.start()) + 1 or far : end.start()]
        said = _SAID.search(lead)
        if said is not None and _is_prose(doc, end.start()):
            start = end.start() - len(said["path"])
            yield text[start : end.end()], start, True


def _is_prose(doc: Doc, offset: int) -> bool:
    """Whether an offset is in no code, no link, no comment and no front matter."""
    page = doc.page
    if page.front_start <= offset < page.front_end:
        return False
    if page.code_at(offset) or page.fence_at(offset):
        return False
    for parts in (page.links, page.definitions, page.comments):
        number = bisect_right(parts, offset, key=lambda each: each.start)
        if any(offset < each.end for each in parts[max(0, number - 2) : number]):
            return False
    return True


def _is_elsewhere(doc: Doc, code: Code) -> bool:
    """Whether a span is the text of a link into the net that leads to no file of a repository."""
    return any(
        link.start < code.start < link.end
        and "://" in link.target
        and _OF_REPOSITORY.search(link.target) is None
        for link in doc.page.links
    )


def _in_fences(repo: Repo, policy: Policy) -> dict[str, list[Written]]:
    """The commands in the shell blocks of each document, where their folder is known."""
    found: dict[str, list[Written]] = {}
    for each in repo.view(in_documents, policy):
        if each.where == "fence" and each.folders:
            found.setdefault(each.document.path, []).append(each)
    return found


def _lowered(repo: Repo) -> frozenset[str]:
    """All files and folders in lower case."""
    found: set[str] = set()
    for path in map(str.lower, repo.files):
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return frozenset(found)


def _bare_names(repo: Repo, policy: Policy, doc: Doc) -> Iterator[Absent]:
    """Names of files in a list most of whose names are files of one folder."""
    text = doc.document.text
    run: list[Code] = []
    for code in (*doc.page.codes, None):
        near = run and code is not None and text.count("\n", run[-1].end, code.start) <= 3
        if code is None or (run and not near):
            yield from _of_list(repo, policy, doc, run)
            run = []
        if code is not None and _NAME.fullmatch(code.text) and _leads(text, code.start):
            run.append(code)


def _leads(text: str, start: int) -> bool:
    """Whether a span is the first thing of a list item."""
    far = max(0, start - _MAX_LEAD)
    line = text[text.rfind("\n", far, start) + 1 or far : start]
    return re.fullmatch(r"\s*(?:[-*+]|\d+[.)])\s+(?:\[.\]\s+)?[*_]*`", line) is not None


def _of_list(repo: Repo, policy: Policy, doc: Doc, run: list[Code]) -> Iterator[Absent]:
    missing_names = [code for code in run if not is_somewhere(repo, code.text)]
    if not missing_names or len(missing_names) * 2 > len(run):
        return
    homes = Counter(
        posixpath.dirname(path)
        for code in run
        if code not in missing_names
        for path in named(repo, code.text)
    )
    folder, count = homes.most_common(1)[0] if homes else ("", 0)
    if count < 2 or count * 2 < len(run) - len(missing_names):
        return
    for code in missing_names:
        if not speaks_otherwise(doc.document.text, doc.page, code.start, policy.docs.moved.words):
            span = doc.document.span(code.start, code.end)
            yield Absent(doc, span, code.text, (posixpath.join(folder, code.text),), True)


def _bases(repo: Repo) -> tuple[str, ...]:
    """Folders from which documents name paths: roots of modules, and the packages in them."""
    return repo.view(_source_folders)


def _source_folders(repo: Repo) -> tuple[str, ...]:
    known = repo.view(modules)
    found = []
    for root in known.roots:
        inside = {
            path[len(root) :].partition("/")[0] for path in known.files if path.startswith(root)
        }
        if root and inside:
            found += [root, *(f"{root}{name}/" for name in inside if not name.endswith(".py"))]
        elif not root:
            found += [f"{name}/" for name in inside if f"{name}/__init__.py" in known.files]
    return tuple(dict.fromkeys(found))
