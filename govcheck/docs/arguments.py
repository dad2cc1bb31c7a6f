"""Calls in Python blocks of documents that give the repository's own code unknown arguments."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from govcheck.docs.documents import Doc
from govcheck.docs.imports import Block, python_blocks
from govcheck.finding import Span
from govcheck.policy import Policy
from govcheck.programs.modules import Modules, modules
from govcheck.python.module import text
from govcheck.python.signatures import signatures
from govcheck.repo import Repo
from govcheck.syntax import walk

_FAILS = re.compile(
    r"(?i)\b(?:\w*error|raises?|fails?|invalid|wrong|deprecat\w*|remov\w*|old|legacy|before"
    r"|no longer|not (?:supported|allowed|valid)|does(?: not|n't) work|instead)\b|❌|✗"
)
_MAX_DEPTH = 6


class Unknown(NamedTuple):
    """An argument that a function does not take; `taken` are those that it does.

    `path` is the file that defines the function.
    """

    doc: Doc
    span: Span
    function: str
    name: str
    taken: frozenset[str]
    path: str


def unknown_arguments(repo: Repo, policy: Policy) -> tuple[Unknown, ...]:
    """The keywords in calls of what a block, or one above it, imports from the repository."""
    known = repo.view(modules)
    found: list[Unknown] = []
    imported: dict[str, tuple[str, str]] = {}
    made: dict[str, str] = {}
    at = None
    for block in python_blocks(repo, policy):
        if block.doc.path != at:
            imported, made, at = {}, {}, block.doc.path
        found += _in_block(repo, known, block, imported, made)
    return tuple(found)


def _in_block(
    repo: Repo,
    known: Modules,
    block: Block,
    imported: dict[str, tuple[str, str]],
    made: dict[str, str],
) -> Iterator[Unknown]:
    """What a block calls; what it imports is added to `imported`, what it makes anew taken off.

    `made` are the variables that hold what a class of those made, and the class.
    """
    calls: list[Node] = []
    anew: dict[str, str] = {}
    for node in walk(block.tree):
        match node.type:
            case "import_from_statement":
                module = text(node.child_by_field_name("module_name"))
                for each in node.children_by_field_name("name"):
                    label = text(each.child_by_field_name("name") or each)
                    alias = text(each.child_by_field_name("alias")) or label
                    imported.pop(alias, None)
                    if known.owns(module):
                        imported[alias] = (module, label)
            case "function_definition" | "class_definition":
                imported.pop(text(node.child_by_field_name("name")), None)
            case "as_pattern_target" | "parameters" | "import_statement":
                for name in re.findall(r"\w+", text(node)):
                    imported.pop(name, None)
                    made.pop(name, None)
                    anew[name] = ""
            case "assignment" | "for_statement" if left := node.child_by_field_name("left"):
                for name in re.findall(r"\w+", text(left)):
                    imported.pop(name, None)
                    made.pop(name, None)
                    anew[name] = "" if name in anew else _maker(node)
            case "call":
                calls.append(node)
    # A variable that a block gives several values is not followed.
    made |= {name: maker for name, maker in anew.items() if maker in imported}
    for call in calls:
        arguments = call.child_by_field_name("arguments")
        name, _, method = text(call.child_by_field_name("function")).partition(".")
        function = made.get(name, "") if method else name
        if call.has_error or function not in imported or arguments is None:
            continue
        taken = _takes(repo, known, *imported[function], method, 0)
        if taken is None or _is_told(block, call):
            continue
        for each in arguments.named_children:
            said = each.child_by_field_name("name") if each.type == "keyword_argument" else None
            if said is not None and text(said) not in taken[0]:
                called = f"{function}.{method}" if method else function
                yield Unknown(block.doc, block.span(said), called, text(said), *taken)


def _maker(node: Node) -> str:
    """The name of what an assignment calls, if it does no more, nor waits for it."""
    right = node.child_by_field_name("right") if node.type == "assignment" else None
    if right is None or right.type != "call":
        return ""
    return text(right.child_by_field_name("function"))


def _takes(
    repo: Repo, known: Modules, module: str, label: str, method: str, depth: int
) -> tuple[frozenset[str], str] | None:
    """The keywords that a name of a module, or a method of it, takes, and the file that says so.

    Imports are followed.
    """
    path = known.find(module)
    document = repo.document(path) if path is not None and path.endswith(".py") else None
    if path is None or document is None or depth > _MAX_DEPTH or f"{path}i" in repo:
        return None
    said = document.view(signatures)
    full = f"{label}.{method}" if method else label
    if full in said.taken:
        return said.taken[full], path
    if label not in said.imported:
        return None
    source, name = said.imported[label]
    if source.startswith("."):
        plain = source.lstrip(".")
        parts = known.name_of(path).split(".")
        up = len(source) - len(plain) - path.endswith("__init__.py")
        if up >= len(parts):
            return None
        source = ".".join([*parts[: len(parts) - up], *filter(None, [plain])])
    return _takes(repo, known, source, name, method, depth + 1) if known.owns(source) else None


def _is_told(block: Block, call: Node) -> bool:
    """Whether the lines of a call, or the one above it, say that it fails, or is of old times."""
    first, last = call.start_point.row, call.end_point.row
    lines = block.page.text.split("\n")[max(0, first - 1) : last + 2]
    return _FAILS.search("\n".join(lines)) is not None
