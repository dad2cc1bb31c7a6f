"""Settings classes that read a flag under another spelling: pydantic's fields and their uses.

pydantic-settings reads the variable `APP_USE_X`, in any case, into the field `use_x` of a class
whose `env_prefix` is `APP_` (pydantic-settings, "Environment variable names").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from govcheck.document import Document
from govcheck.flags.references import SETTINGS_BASE, Reference, is_python
from govcheck.policy import Policy
from govcheck.python.module import Literals, Module, literal, module, string_value, text
from govcheck.repo import Repo
from govcheck.syntax import TooDeepError, walk


@dataclass(frozen=True, slots=True)
class SettingsField:
    """A field of a settings class; `variable` is the environment variable, in upper case."""

    name: str
    variable: str
    node: Node
    default: Literals | None
    owner: str


def settings_fields(repo: Repo, policy: Policy) -> Iterator[Reference]:
    """The references to flags by fields that are spelled otherwise, and by uses of these."""
    flags = {name.upper(): name for name in policy.flags}
    fields: list[tuple[Document, SettingsField]] = []
    for document in repo.search([SETTINGS_BASE]):
        if not is_python(document):
            continue
        try:
            found = document.view(_fields_in)
        except TooDeepError as error:
            repo.unchecked[document.path] = str(error)
            continue
        fields += [
            (document, field)
            for field in found
            if field.variable in flags and field.name != flags[field.variable]
        ]
    for document, field in fields:
        span = document.span_of_bytes(field.node.start_byte, field.node.end_byte)
        default = (field.default.value,) if field.default is not None else None
        name = flags[field.variable]
        yield Reference(name, "setting", span, document, default, defines=True)
        yield from _uses(repo, policy, field, name)


def _fields_in(document: Document) -> tuple[SettingsField, ...]:
    parsed = document.view(module)
    return tuple(
        field
        for node in walk(parsed.tree)
        if node.type == "class_definition"
        for field in _fields_of(parsed, node)
    )


def _fields_of(parsed: Module, node: Node) -> Iterator[SettingsField]:
    bases = node.child_by_field_name("superclasses")
    body = node.child_by_field_name("body")
    if bases is None or body is None:
        return
    names = [parsed.qualified(base) for base in bases.named_children]
    if not any(name.rpartition(".")[2] == SETTINGS_BASE for name in names):
        return
    found = re.search(r"""env_prefix\s*=\s*["']([^"']*)["']""", text(body))
    prefix = found[1] if found else ""
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
        owner = text(node.child_by_field_name("name"))
        variable = (variable or prefix + name).upper()
        yield SettingsField(name, variable, left, default, owner)


def _field_call(node: Node | None) -> tuple[Literals | None, str]:
    """The default and the other name of `Field(default, alias=...)`, or of a plain default."""
    if node is None or node.type != "call":
        return literal(node), ""
    arguments = node.child_by_field_name("arguments")
    default, variable = None, ""
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
    instances = re.compile(rf"(\w+)\s*(?::[^=\n]*)?=\s*{re.escape(field.owner)}\(")
    parameters = re.compile(rf"(\w+)\s*:\s*['\"]?{re.escape(field.owner)}\b")
    documents = [each for each in repo.search([field.name]) if is_python(each)]
    for document in repo.search([field.owner]):
        if is_python(document):
            objects.update(each[1] for each in instances.finditer(document.text))
            objects.update(each[1] for each in parameters.finditer(document.text))
    for document in documents:
        parsed = document.view(module)
        for found in attribute.finditer(document.text):
            owner = found[1].removesuffix("()").rpartition(".")[2]
            if owner not in objects and owner != field.owner:
                continue
            start, end = found.span(2)
            byte = document.byte_of_offset(start)
            try:
                leaf = parsed.around(byte, byte + 1)[-1]
            except TooDeepError as error:
                repo.unchecked[document.path] = str(error)
                break
            if leaf.type == "identifier":
                yield Reference(name, "setting", document.span(start, end), document)
