"""The keyword arguments that the functions and classes of a Python module take."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tree_sitter import Node

from govcheck.document import Document
from govcheck.python.module import module, text

_DATACLASS = re.compile(r"@(?:dataclasses\.)?dataclass(?:\((?P<how>[^()]*)\))?")
_PLAIN = frozenset({"object", "ABC", "abc.ABC"})
_NAMED = frozenset({"NamedTuple", "typing.NamedTuple"})
_NOT_GIVEN = re.compile(r"\binit\s*=\s*False\b")
_CONDITIONS = frozenset({"if_statement", "for_statement", "try_statement", "with_statement"})
_MAX_DEPTH = 40
_BLOCKS = frozenset(
    {"if_statement", "else_clause", "elif_clause", "try_statement", "except_clause", "block",
     "finally_clause", "with_statement", "for_statement", "while_statement", "match_statement",
     "case_clause", "expression_statement", "decorated_definition"}
)  # fmt: skip


class Signatures(NamedTuple):
    """What a module has, by name.

    `taken` are the names of the arguments that can be given to a function, class or method
    (`Class.method`) by keyword, where that is all of them. `imported` are the modules that other
    names are imported from, as they are written, and what they are called there.
    """

    taken: Mapping[str, frozenset[str]]
    imported: Mapping[str, tuple[str, str]]


def signatures(document: Document) -> Signatures:
    """The functions and classes at the top of a module that are told by one definition alone."""
    root = document.view(module).tree.root_node
    bound = Counter(_bound(root, 0))
    taken: dict[str, frozenset[str]] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in root.named_children:
        match node.type:
            case "function_definition" | "class_definition" | "decorated_definition":
                inner = node.child_by_field_name("definition") or node
                name = text(inner.child_by_field_name("name"))
                if bound[name] != 1 or node.has_error:
                    continue
                found = _taken(node, inner)
                if found is not None:
                    taken[name] = found
                if inner.type == "class_definition":
                    taken |= {f"{name}.{label}": said for label, said in _of_methods(node, inner)}
            case "import_from_statement":
                home = text(node.child_by_field_name("module_name"))
                for each in node.children_by_field_name("name"):
                    label = text(each.child_by_field_name("name") or each)
                    alias = text(each.child_by_field_name("alias")) or label
                    if bound[alias] == 1:
                        imported[alias] = (home, label)
    return Signatures(taken, imported)


def _bound(node: Node, depth: int) -> Iterator[str]:
    """The names that the statements of a module bind, as often as they do."""
    for child in node.named_children if depth < _MAX_DEPTH else ():
        match child.type:
            case "function_definition" | "class_definition":
                yield text(child.child_by_field_name("name"))
            case "assignment":
                yield from re.findall(r"\w+", text(child.child_by_field_name("left")))
            case "import_from_statement" | "import_statement":
                for each in child.children_by_field_name("name"):
                    yield text(each.child_by_field_name("alias") or each)
            case "delete_statement" | "global_statement":
                yield from re.findall(r"\w+", text(child))
        if child.type in _BLOCKS:
            yield from _bound(child, depth + 1)


def _taken(node: Node, inner: Node) -> frozenset[str] | None:
    """The keywords that a function or class takes; None where they are not known."""
    decorators = [text(each) for each in node.named_children if each.type == "decorator"]
    if inner.type == "function_definition":
        return None if decorators else _parameters(inner, 0)
    bases = inner.child_by_field_name("superclasses")
    above = [text(each) for each in bases.named_children] if bases is not None else []
    body = inner.child_by_field_name("body")
    if body is None or any(
        each.type in ("if_statement", "for_statement") for each in body.children
    ):
        return None
    if not decorators and len(above) == 1 and above[0] in _NAMED:
        return frozenset(_fields(body))
    if any(each not in _PLAIN and not each.startswith("Generic[") for each in above):
        return None
    methods = [*_methods(body)]
    called = [text(each.child_by_field_name("name")) for _, each in methods]
    if "__new__" in called or called.count("__init__") > 1:
        return None
    if "__init__" in called:
        is_decorated, method = methods[called.index("__init__")]
        is_plain = not is_decorated and all(map(_DATACLASS.fullmatch, decorators))
        return _parameters(method, 1) if is_plain else None
    how = _DATACLASS.fullmatch(decorators[0]) if len(decorators) == 1 else None
    if how is None or _NOT_GIVEN.search(how["how"] or ""):
        return None
    return frozenset(_fields(body))


def _of_methods(node: Node, inner: Node) -> Iterator[tuple[str, frozenset[str]]]:
    """The methods that a class itself defines, once, with what they take."""
    decorators = [text(each) for each in node.named_children if each.type == "decorator"]
    body = inner.child_by_field_name("body")
    if body is None or not all(map(_DATACLASS.fullmatch, decorators)):
        return
    bound = Counter(_bound(body, 0))
    for is_decorated, method in _methods(body):
        name = text(method.child_by_field_name("name"))
        found = _parameters(method, 1) if not is_decorated and bound[name] == 1 else None
        if found is not None and not name.startswith("__"):
            yield name, found


def _methods(body: Node) -> Iterator[tuple[bool, Node]]:
    """The methods of a class, and whether they are decorated."""
    for each in body.named_children:
        inner = each.child_by_field_name("definition") or each
        if inner.type == "function_definition":
            yield each is not inner, inner


def _fields(body: Node) -> Iterator[str]:
    """The fields of a dataclass, or of a named tuple, that are given when one is made."""
    for statement in body.named_children:
        field = statement.named_children[0] if statement.named_child_count else statement
        kind = field.child_by_field_name("type") if field.type == "assignment" else None
        if kind is None or re.search(r"\bClassVar\b|\bKW_ONLY\b", text(kind)):
            continue
        if not _NOT_GIVEN.search(text(field.child_by_field_name("right"))):
            yield text(field.child_by_field_name("left"))


def _parameters(function: Node, skip: int) -> frozenset[str] | None:
    """The parameters of a function but for the first ones; None where it takes any keyword."""
    node = function.child_by_field_name("parameters")
    found: list[str] = []
    for each in node.named_children if node is not None else ():
        match each.type:
            case "identifier":
                found.append(text(each))
            case "default_parameter" | "typed_default_parameter":
                found.append(text(each.child_by_field_name("name")))
            case "typed_parameter" if each.named_children[0].type == "identifier":
                found.append(text(each.named_children[0]))
            case "typed_parameter" if each.named_children[0].type == "list_splat_pattern":
                pass
            case "positional_separator":
                found, skip = [], 0
            case "keyword_separator" | "list_splat_pattern" | "comment":
                pass
            case _:
                return None
    return frozenset(found[skip:])
