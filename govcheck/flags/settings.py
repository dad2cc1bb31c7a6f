"""Settings classes that read a flag under another spelling: pydantic's fields and their uses.

pydantic-settings reads the variable `APP_USE_X`, in any case, into the field `use_x` of a class
whose `env_prefix` is `APP_` (pydantic-settings, "Environment variable names").
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tree_sitter import Node

from govcheck.document import Document
from govcheck.flags.references import PYTHON, SETTINGS_BASE, Reference
from govcheck.policy import Policy
from govcheck.python.module import Literals, Module, literal, module, string_value, text
from govcheck.repo import Repo
from govcheck.syntax import TooDeepError, walk

_MAX_ANCESTORS = 5
_PREFIX = re.compile(r"""env_prefix\s*=\s*["']([^"']*)["']""")
_COMPUTED = re.compile(r"model_config\b[^=\n]*=\s*(?!SettingsConfigDict\b|ConfigDict\b|dict\b|\{)")


class SettingsField(NamedTuple):
    """A field of a settings class.

    `variable` is the environment variable, in upper case; it is empty where it is computed.
    """

    name: str
    variable: str
    node: Node
    default: Literals | None
    owner: str


def settings_fields(
    repo: Repo, policy: Policy, looks: Callable[[str], bool]
) -> Iterator[Reference]:
    """The references to flags by fields that are spelled otherwise, and by uses of these.

    Flags are those of the policy, and variables that `looks` says look like one.
    """
    flags = {name.upper(): name for name in policy.flags}
    for document, field in repo.view(_all_fields):
        variable = field.variable
        name = flags.get(variable) or (variable if variable and looks(variable) else "")
        if not name or name == field.name:
            continue
        span = document.span_of_bytes(field.node.start_byte, field.node.end_byte)
        default = (field.default.value,) if field.default is not None else None
        yield Reference(name, "setting", span, document, default)
        yield from _uses(repo, policy, field, name)


def flag_fields(repo: Repo, policy: Policy) -> dict[str, str]:
    """The flags that fields of settings classes are, by the names of the fields."""
    flags = {name.upper(): name for name in policy.flags}
    return {
        field.name: flags[field.variable]
        for _, field in repo.view(_all_fields)
        if field.variable in flags
    }


def flag_classes(repo: Repo, policy: Policy) -> dict[str, str]:
    """The settings classes that define the fields of `flag_fields`, by the names of the fields."""
    flags = flag_fields(repo, policy)
    return {field.name: field.owner for _, field in repo.view(_all_fields) if field.name in flags}


def field_names(repo: Repo) -> frozenset[str]:
    """The names of the fields of all settings classes, in upper case."""
    return frozenset(field.name.upper() for _, field in repo.view(_all_fields))


def _all_fields(repo: Repo) -> list[tuple[Document, SettingsField]]:
    """The fields of all settings classes, also of those that inherit from one of ours."""
    prefixes: dict[str, str | None] = {SETTINGS_BASE: ""}
    found: dict[tuple[str, int], tuple[Document, SettingsField]] = {}
    for _ in range(_MAX_ANCESTORS):
        known = len(prefixes)
        for document in repo.search(prefixes.keys(), PYTHON):
            try:
                nodes = document.view(_classes)
            except TooDeepError as error:
                repo.unchecked[document.path] = str(error)
                continue
            for node in nodes:
                for field in _fields_of(document.view(module), node, prefixes):
                    found[document.path, field.node.start_byte] = (document, field)
        if len(prefixes) == known:
            break
    return list(found.values())


def _classes(document: Document) -> tuple[Node, ...]:
    parsed = document.view(module)
    return tuple(node for node in walk(parsed.tree) if node.type == "class_definition")


def _fields_of(
    parsed: Module, node: Node, prefixes: dict[str, str | None]
) -> Iterator[SettingsField]:
    """The fields of a class that inherits from one in `prefixes`, which then holds it, too."""
    bases = node.child_by_field_name("superclasses")
    body = node.child_by_field_name("body")
    if bases is None or body is None:
        return
    names = [parsed.qualified(base).rpartition(".")[2] for base in bases.named_children]
    parent = next((name for name in names if name in prefixes), None)
    if parent is None:
        return
    owner = text(node.child_by_field_name("name"))
    found = _PREFIX.search(text(body)) or _PREFIX.search(text(bases))
    prefix = prefixes[parent]
    if found:
        prefix = found[1]
    elif _COMPUTED.search(text(body)):
        prefix = None
    prefixes[owner] = prefix
    for statement in body.named_children:
        assignment = statement.named_children[0] if statement.named_children else None
        if assignment is None or assignment.type != "assignment":
            continue
        left = assignment.child_by_field_name("left")
        right = assignment.child_by_field_name("right")
        if left is None or left.type != "identifier" or text(left) == "model_config":
            continue
        default, variable = _field_call(right)
        name = text(left)
        if "alias" in text(assignment.child_by_field_name("type")):
            variable = ""
        elif variable is None:
            variable = prefix + name if prefix is not None else ""
        yield SettingsField(name, variable.upper(), left, default, owner)


def _field_call(node: Node | None) -> tuple[Literals | None, str | None]:
    """The default and the other name of `Field(default, alias=...)`, or of a plain default.

    The other name is None where there is none, and empty where it is computed.
    """
    if node is None or node.type != "call":
        return literal(node), None
    arguments = node.child_by_field_name("arguments")
    default: Literals | None = None
    variable: str | None = None
    for number, argument in enumerate(arguments.named_children if arguments else ()):
        value = argument.child_by_field_name("value")
        match text(argument.child_by_field_name("name")):
            case "default":
                default = literal(value)
            case "alias" | "validation_alias" | "env" if value is not None:
                variable = string_value(value) or ""
            case "" if number == 0:
                default = literal(argument)
    return default, variable


def _uses(repo: Repo, policy: Policy, field: SettingsField, name: str) -> Iterator[Reference]:
    attribute = re.compile(rf"([\w.()]+)\.({re.escape(field.name)})\b")
    objects = {each.rpartition(".")[2] for each in policy.flags_settings.settings_objects}
    cls = re.escape(field.owner)
    instances = re.compile(rf"(\w+)\s*(?::[^=\n]*)?=\s*{cls}\(")
    parameters = re.compile(rf"(\w+)\s*:\s*(?:Annotated\[\s*)?['\"]?{cls}\b")
    functions = re.compile(rf"\bdef (\w+)\([^)]*\)\s*->\s*['\"]?{cls}\b")
    documents = repo.search([field.name], PYTHON)
    for document in repo.search([field.owner], PYTHON):
        objects.update(each[1] for each in instances.finditer(document.text))
        objects.update(each[1] for each in parameters.finditer(document.text))
        objects.update(each[1] for each in functions.finditer(document.text))
    for document in documents:
        # What such a function gave: `settings = get_settings()`.
        given = re.finditer(r"(\w+)\s*(?::[^=\n]*)?=\s*(?:\w+\.)*(\w+)\(\)", document.text)
        objects.update(each[1] for each in given if each[2] in objects)
    for document in documents:
        for found in attribute.finditer(document.text):
            owner = found[1].removesuffix("()").rpartition(".")[2]
            if owner not in objects and owner != field.owner:
                continue
            start, end = found.span(2)
            byte = document.byte_of_offset(start)
            try:
                leaf = document.view(module).around(byte, byte + 1)[-1]
            except TooDeepError as error:
                repo.unchecked[document.path] = str(error)
                break
            if leaf.type == "identifier":
                yield Reference(name, "setting", document.span(start, end), document)
