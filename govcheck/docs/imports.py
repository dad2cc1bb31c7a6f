"""What Python blocks of documents import from the repository's own packages in vain."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node, Tree

from govcheck.docs.documents import (
    Doc,
    above_sections,
    documents,
    shows_old_code,
    with_blocks,
)
from govcheck.docs.links import originals
from govcheck.docs.wording import line_above
from govcheck.document import Document
from govcheck.finding import Span
from govcheck.history import gone, ignored
from govcheck.markdown.page import Fence
from govcheck.policy import Policy
from govcheck.programs.modules import Modules, is_alias, modules
from govcheck.python.exports import Exports, exports
from govcheck.python.module import text as source_of
from govcheck.repo import Repo
from govcheck.syntax import parse

_PYTHON = frozenset({"python", "py", "python3", "pycon", "ipython", "py3"})
_PROMPT = re.compile(r"(?m)^(?:>>> ?|\.\.\. ?)")
_IMPORT = re.compile(r"(?m)^\s*(?:from\s+\w[\w.]*\s+import|import\s+\w[\w.]*)")
_OTHERWISE = re.compile(
    r"(?im)\b(?:old|legacy|deprecat\w*|remov\w*|previous\w*|former\w*|no longer|instead of|wrong"
    r"|avoid|bad|migrat\w*|renam\w*|propos\w*|planned|will be)\b"
    r"|\bbefore\W*(?:\([^)\n]*\)\W*)?$|❌|✗|→"
)
_BEFORE = re.compile(r"(?i)\W*before\b")
_WARNING = re.compile(
    r"(?ims)<(?:Warning|Danger|Caution)\b.*?</"
    r"|^(?:!!!|:{3,})[ ]*(?:warning|danger|caution).*?\n\s*\n"
    r"|^>[ ]*\[!(?:WARNING|CAUTION|IMPORTANT)\].*?\n\s*\n"
)
_MAKES = re.compile(
    r"(?m)^[ \t]*(?:\$ )?(?:[a-z][\w-]* ){1,3}(?:create|init|new|startproject|startapp)\b"
    r"([^\n|;&]*)$"
)
_DEFINES = re.compile(r"(?m)^[ \t]*(?:class|(?:async )?def)[ \t]+(\w+)")
_REACH = 300
_PLACEHOLDER = re.compile(
    r"(?i)(?:^|\.|_)(?:my|your)[a-z_]|(?:^|\.)(?:example|some_|(?:sub)?module$|package$)"
    r"|_name$|_function$|(?:^|[._])name_of_|\bfoo|\bxxx|(?:^|[._])new_|_[a-d](?:[._]|$)"
    r"|(?:^|[._])thing|(?:^|\.)(?-i:(?:New|Any|Chosen|Desired|Selected)[A-Z])"
)
# What is below them is not the repository's own code, but what it is tried or explained with.
_SAMPLES = re.compile(
    r"(?i)(?:^|/)(?:examples?|samples?|demos?|fixtures|resources|test_?data|snapshots|truth)/"
)
_OF_TESTS = re.compile(r"(?:^|/)tests?/")
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")
_NATIVE = (".pyi", ".pyx", ".pxd", ".so", ".pyd", ".c", ".cpp", ".rs")
_MAX_DEPTH = 6


class Stale(NamedTuple):
    """A module that there is not, or a name that a module lacks.

    `home` is the one module that defines the name that is `wanted` of it, if it is the only one;
    `module_span` is where the module is written.
    """

    doc: Doc
    span: Span
    module: str
    name: str
    module_span: Span
    home: str | None = None
    wanted: str = ""


def stale_imports(repo: Repo, policy: Policy) -> tuple[Stale, ...]:
    """The imports of reference documents that would fail."""
    found: list[Stale] = []
    known = repo.view(modules)
    for doc in repo.view(with_blocks, policy):
        name = posixpath.basename(doc.path).lower()
        if doc.kind in ("history", "plan") or name.startswith(("_template", "template")):
            continue
        if shows_old_code(doc.path):
            continue
        for fence in doc.page.fences:
            if fence.language in _PYTHON and _IMPORT.search(_PROMPT.sub("", fence.text)):
                found += _in_fence(repo, known, doc, fence)
    found = [*_said_by_originals(repo, policy, found)]
    homes = _homes(repo, known, frozenset(each.wanted for each in found) - {""})
    return tuple(each._replace(home=homes.get(each.wanted)) for each in found)


def _said_by_originals(repo: Repo, policy: Policy, found: list[Stale]) -> Iterator[Stale]:
    """What is found, but in translations only if the same is found in the original page.

    Which imports are shown as those of old times is told there in words that we can read.
    """
    docs = {doc.path: doc for doc in repo.view(documents, policy)}
    stale = {(each.doc.path, each.module, each.name) for each in found}
    for each in found:
        original = next(filter(None, map(docs.get, originals(each.doc.path))), None)
        line = each.doc.document.line(each.span.line).strip()
        is_there = original is not None and line in original.document.text
        if original is None or not is_there or (original.path, each.module, each.name) in stale:
            yield each


class Block(NamedTuple):
    """A Python block of a document, and what it parses to."""

    doc: Doc
    fence: Fence
    page: Document
    tree: Tree

    def span(self, node: Node) -> Span:
        """The place of a node in the document."""
        return _span(self.doc, self.fence, self.page, node)


def python_blocks(repo: Repo, policy: Policy) -> Iterator[Block]:
    """The Python blocks of reference documents that import what is the repository's, and others.

    Those of a document follow each other; those that tell of old or other times are left out.
    """
    known = repo.view(modules)
    for doc in repo.view(with_blocks, policy):
        if doc.kind in ("history", "plan"):
            continue
        fences = [each for each in doc.page.fences if each.language in _PYTHON]
        if not any(_is_ours(repo, known, _PROMPT.sub("", fence.text)) for fence in fences):
            continue
        for fence in fences:
            if not _tells_otherwise(doc, fence):
                page = _page(fence)
                yield Block(doc, fence, page, parse("python", page.utf8))


def _is_ours(repo: Repo, known: Modules, text: str) -> bool:
    """Whether a block imports from a package of the repository."""
    return any(
        _is_package(repo, known, said.split()[1].partition(".")[0])
        for said in _IMPORT.findall(text)
    )


def _in_fence(repo: Repo, known: Modules, doc: Doc, fence: Fence) -> Iterator[Stale]:
    page = _page(fence)
    if _tells_otherwise(doc, fence):
        return
    made = _made(doc)
    notice = _notice(doc)
    for node in parse("python", page.utf8).root_node.named_children:
        if node.type != "import_from_statement" or node.has_error:
            if node.type == "import_statement" and not node.has_error:
                for name in node.children_by_field_name("name"):
                    dotted = name.child_by_field_name("name") or name
                    yield from _module(repo, known, doc, fence, page, dotted)
            continue
        module = node.child_by_field_name("module_name")
        if module is None or module.type != "dotted_name" or _is_told(page, node):
            continue
        if _plain(source_of(module).partition(".")[0]) in made:
            continue
        broken = [*_module(repo, known, doc, fence, page, module, node)]
        broken = broken or [*_names(repo, known, doc, fence, page, module, node)]
        yield from (
            each
            for each in broken
            if not _is_written_there(known, doc, each)
            and not (notice and re.search(rf"\b{re.escape(each.name or each.module)}\b", notice))
        )


def _page(fence: Fence) -> Document:
    """The text of a block as Python, each character where it stands there."""
    text = _PROMPT.sub(lambda prompt: " " * len(prompt[0]), fence.text)
    if text != fence.text:  # a session has one margin, whatever stands behind its prompts
        text = re.sub(r"(?m)^ {4}(?=\S)", "    ", text)
        text = "\n".join(_dedented(line) for line in text.split("\n"))
    return Document("", text.encode("utf-8", "surrogatepass"))


def _dedented(line: str) -> str:
    """A line of a session, where its statements begin."""
    return line[4:] + "    " if line.startswith("    ") else line


def _tells_otherwise(doc: Doc, fence: Fence) -> bool:
    """Whether the line above the block, or the heading, says that this was or will be."""
    text = doc.document.text
    above = line_above(text, fence.start)
    heading = doc.page.heading_above(fence.start)
    said = f"{above}\n{heading.text if heading else ''}\n{fence.info}"
    paragraph = text[max(0, fence.start - _REACH) : fence.start].rstrip().rpartition("\n\n")[2]
    return _OTHERWISE.search(said) is not None or _BEFORE.match(paragraph) is not None


def _made(doc: Doc) -> frozenset[str]:
    """The words of commands of a document that make a project: its package is the reader's."""
    return frozenset(
        _plain(word)
        for fence in doc.page.fences
        if fence.language not in _PYTHON
        for found in _MAKES.finditer(fence.text)
        for word in re.findall(r"[\w-]+", found[1])
    )


def _is_written_there(known: Modules, doc: Doc, stale: Stale) -> bool:
    """Whether a block that is said to be the file of a module defines what it lacks."""
    path = known.find(stale.module) or ""
    return bool(stale.name) and any(
        posixpath.basename(path) in f"{fence.info}\n{fence.text[:_REACH].lstrip().splitlines()[:1]}"
        and stale.name in _DEFINES.findall(fence.text)
        for fence in doc.page.fences
        if path and fence.language in _PYTHON
    )


def _plain(name: str) -> str:
    return name.replace("-", "_").lower()


def _notice(doc: Doc) -> str:
    """The warnings above the first section of a document: of what they name, they tell why."""
    return "\n".join(
        found[0] for found in _WARNING.finditer(above_sections(doc.document, doc.page))
    )


def _is_told(page: Document, node: Node) -> bool:
    """Whether a comment on the line, or the one above, says so."""
    line = page.line(node.start_point.row + 1)
    above = page.line(node.start_point.row)
    comment = line.partition("#")[2] + (above if above.lstrip().startswith("#") else "")
    return _OTHERWISE.search(comment) is not None


def _module(
    repo: Repo,
    known: Modules,
    doc: Doc,
    fence: Fence,
    page: Document,
    node: Node,
    statement: Node | None = None,
) -> Iterator[Stale]:
    """The module, if it is one of ours that there is not."""
    name = source_of(node)
    first, dot, _ = name.partition(".")
    home = known.find(first)
    if (
        not dot
        or home is None
        or known.find(name) is not None
        or not _is_package(repo, known, first)
    ):
        return
    names = statement.children_by_field_name("name") if statement is not None else ()
    if any(_PLACEHOLDER.search(said) for said in (name, *map(source_of, names))):
        return
    parts = name.split(".")
    for end in range(2, len(parts) + 1):
        if known.find(".".join(parts[:end])) is None:
            break
    above = known.find(".".join(parts[: end - 1])) or ""
    if above.endswith(".py") and not above.endswith("__init__.py"):
        return  # a name of a module, perhaps, that is one by itself
    if is_alias(repo, above, ".".join(parts[: end - 1])):
        return
    if above.endswith("__init__.py"):
        offered = _exports(repo, above)
        if offered is None or offered.is_open or parts[end - 1] in offered.names:
            return
    folder = above.removesuffix("/__init__.py")
    path = f"{folder}/{parts[end - 1]}"
    if any(each.startswith((f"{path}.", f"{path}/")) for each in repo.files):
        return
    if ignored(repo, frozenset({f"{path}.py", path})):
        return
    is_for_plugins = above.endswith("__init__.py") and _is_alone(known, folder)
    if is_for_plugins and not gone(repo, frozenset({f"{path}.py", path})):
        return
    span = _span(doc, fence, page, node)
    imported = _single(statement) if statement is not None else None
    wanted = source_of(imported) if imported is not None else ""
    yield Stale(doc, span, name, "", span, wanted=wanted)


def _is_alone(known: Modules, folder: str) -> bool:
    """Whether a package is one of the root that holds no module but its `__init__.py`."""
    inside = [each for each in known.files if each.startswith(f"{folder}/")]
    return "/" in folder and inside == [f"{folder}/__init__.py"]


def _names(
    repo: Repo,
    known: Modules,
    doc: Doc,
    fence: Fence,
    page: Document,
    module: Node,
    statement: Node,
) -> Iterator[Stale]:
    name = source_of(module)
    path = known.find(name)
    if (
        path is None
        or not path.endswith(".py")
        or not _is_package(repo, known, name.partition(".")[0])
    ):
        return
    homes = known.find_all(name)
    if any(is_alias(repo, home, name) for home in homes):
        return
    if any(home.removesuffix(".py") + ending in repo for home in homes for ending in _NATIVE):
        return
    parts = [_all_exports(repo, known, home, 0) for home in homes]
    if None in parts:
        return
    offered = frozenset[str]().union(*filter(None, parts))
    single = _single(statement)
    for each in statement.children_by_field_name("name"):
        imported = each.child_by_field_name("name") or each
        label = source_of(imported)
        if label in offered or known.find(f"{name}.{label}") is not None:
            continue
        if _PLACEHOLDER.search(label):
            continue
        folders = [posixpath.dirname(home) for home in homes]
        if any(f"{f}/{label}{ending}" in repo for f in folders for ending in _NATIVE):
            continue
        span, module_span = _span(doc, fence, page, imported), _span(doc, fence, page, module)
        wanted = label if single is not None else ""
        yield Stale(doc, span, name, label, module_span, wanted=wanted)


def _single(statement: Node) -> Node | None:
    """The one name that a statement imports."""
    names = statement.children_by_field_name("name")
    if len(names) != 1:
        return None
    return names[0].child_by_field_name("name") or names[0]


def _is_package(repo: Repo, known: Modules, first: str) -> bool:
    """Whether a first name is that of a package that is imported, not of some folder."""
    path = known.find(first)
    if path is None or _SAMPLES.search(path):
        return False
    if path.endswith("__init__.py"):
        return True
    # A folder with a manifest is a project, which may be called like what it is made for.
    if any(f"{path}/{name}" in repo for name in _MANIFESTS):
        return False
    # A project that tests are tried on is no source of ours.
    return any(
        root and path.startswith(root) and not _OF_TESTS.search(root) for root in known.roots
    )


def _exports(repo: Repo, path: str) -> Exports | None:
    document = repo.document(path)
    return document.view(exports) if document is not None else None


def _all_exports(repo: Repo, known: Modules, path: str, depth: int) -> frozenset[str] | None:
    """All names of a module, with those that it takes from others by a star; None: not known."""
    found = _exports(repo, path)
    if found is None or found.is_open or depth > _MAX_DEPTH:
        return None
    names = found.names | {"__all__", "__doc__", "__file__", "__name__", "__path__"}
    for star in found.stars:
        dots = len(star) - len(star.lstrip("."))
        parts = known.name_of(path).split(".")
        if dots:
            parts = parts[: len(parts) - dots + path.endswith("__init__.py")]
            target = ".".join([*parts, *filter(None, [star.lstrip(".")])])
        else:
            target = star
        other = known.find(target)
        more = (
            _all_exports(repo, known, other, depth + 1)
            if other is not None and other.endswith(".py")
            else None
        )
        if more is None:
            return None
        names |= more
    return names


def _homes(repo: Repo, known: Modules, names: frozenset[str]) -> dict[str, str]:
    """The modules of the packages that alone define a name."""
    if not names:
        return {}
    found: dict[str, list[str]] = {}
    needles = [f"{kind} {name}" for name in names for kind in ("class", "def")]
    for document in repo.search(needles, (".py",)):
        if re.search(r"(?:^|[/_.])tests?(?:[/_.]|$)", document.path):
            continue
        module = known.name_of(document.path)
        if not _is_package(repo, known, module.partition(".")[0]):
            continue
        if known.find(module) == document.path:
            for name in names & document.view(exports).defined:
                found.setdefault(name, []).append(module)
    return {name: homes[0] for name, homes in found.items() if len(homes) == 1}


def _span(doc: Doc, fence: Fence, page: Document, node: Node) -> Span:
    start, end = page.offset_of_byte(node.start_byte), page.offset_of_byte(node.end_byte)
    line = fence.text.rfind("\n", 0, start) + 1
    if fence.text.startswith((">>> ", "... "), line):
        start, end = start + 4, end + 4
    return doc.document.span(fence.offset(start), fence.offset(end))
