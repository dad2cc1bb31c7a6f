"""What the name of a flag is doing at one place of a Python file."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from govcheck.document import Document
from govcheck.finding import Related
from govcheck.flags.references import Reference, ReferenceKind
from govcheck.policy import Policy
from govcheck.python.module import Literals, Module, literal, module, string_value, text

_READERS = {
    "os.getenv",
    "os.environ.get",
    "os.environ.pop",
    "os.environ.setdefault",
    "os.environ.__getitem__",
    "os.environ.__contains__",
    "os.environb.get",
    "decouple.config",
    "decouple.AutoConfig()",
    "decouple.Config()",
    "starlette.config.Config()",
}
_READER_OBJECTS = ("environs.Env()", "environ.Env()", "environs.env", "environ.FileAwareEnv()")
_WRITERS = {"os.putenv", "os.unsetenv", "os.environ.__setitem__", "os.environ.__delitem__"}
_WRITER_METHODS = ("setenv", "delenv")
_ATTRIBUTE_FUNCTIONS = {"getattr", "hasattr", "setattr", "delattr"}
_ENVIRONMENTS = {"os.environ", "os.environb"}
_SETTING_OVERRIDES = ("override_settings", "modify_settings", "settings", "SettingsConfigDict")
_PREFIXED = re.compile(r"""\.prefixed\(\s*["'](\w+)["']""")
_NAME_KEYWORDS = ("flag", "flag_key", "flag_name", "feature", "feature_name", "key", "name")
_MAX_CARRIED = 5


@dataclass(frozen=True, slots=True)
class _Role:
    kind: ReferenceKind
    default: Literals | None = None
    defines: bool = False


def python_references(
    document: Document, hits: Iterable[tuple[str, int, int]], policy: Policy
) -> Iterator[Reference]:
    """The references at places of a Python file; a hit is a name and its code-point offsets.

    Raises:
        TooDeepError: the file nests too deeply.
    """
    parsed = document.view(module)
    for name, start, end in hits:
        first, last = document.byte_of_offset(start), document.byte_of_offset(end)
        around = parsed.around(first, last)
        role = _role(parsed, around, name, policy)
        reference = Reference(name, role.kind, document.span(start, end), document)
        if role.default is not None:
            reference = reference._replace(default=(role.default.value,))
        if role.kind in ("env-read", "accessor"):
            reference = reference._replace(carried=_carried(parsed, around))
        yield reference._replace(defines=role.defines)


def prefixed_references(document: Document, policy: Policy) -> Iterator[Reference]:
    """The reads below `with env.prefixed("USE_")` of environs, where a flag loses its beginning.

    Raises:
        TooDeepError: the file nests too deeply.
    """
    parsed = document.view(module)
    prefixes = set(_PREFIXED.findall(document.text))
    tails = {
        name[start:]
        for name in policy.flags
        for prefix in prefixes
        if (start := name.find(prefix) + len(prefix)) >= len(prefix) and name[start:]
    }
    for tail in sorted(tails):
        for found in re.finditer(rf"""["']({re.escape(tail)})["']""", document.text):
            start, end = found.span(1)
            first, last = document.byte_of_offset(start), document.byte_of_offset(end)
            around = parsed.around(first, last)
            string = _enclosing_string(around)
            blocks = [node for node in around if node.type == "with_statement"]
            clauses = [text(node.named_children[0]) for node in blocks]
            name = "".join(p for clause in clauses for p in _PREFIXED.findall(clause)) + tail
            if string is None or name == tail or name not in policy.flags:
                continue
            role = _key_role(parsed, around[: string[1] + 1], policy)
            if role.kind == "env-read":
                default = (role.default.value,) if role.default is not None else None
                yield Reference(name, role.kind, document.span(start, end), document, default)


def accessor_names(document: Document, policy: Policy) -> Iterator[tuple[str, int, int]]:
    """The names that calls of declared accessors are given, with their code-point offsets.

    Raises:
        TooDeepError: the file nests too deeply.
    """
    accessors = policy.flags_settings.accessors
    if not accessors:
        return
    parsed = document.view(module)
    last_names = {each.partition(":")[0].rpartition(".")[2] for each in accessors}
    calls = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(last_names)))})\s*\(")
    for found in calls.finditer(document.text):
        start = document.byte_of_offset(found.end() - 1)
        around = parsed.around(start, start + 1)
        if len(around) < 2 or around[-1].type not in ("(", "argument_list"):
            continue
        arguments = around[-1] if around[-1].type == "argument_list" else around[-2]
        call = next((node for node in reversed(around) if node.type == "call"), None)
        if call is None:
            continue
        function = call.child_by_field_name("function")
        qualified, written = parsed.qualified(function), text(function)
        given = [(number, "", each) for number, each in enumerate(_positional(arguments))]
        given += [(-1, keyword, each) for keyword, each in _keywords(arguments)]
        for number, keyword, argument in given:
            name = string_value(argument)
            if name and _is_accessor(qualified, written, number, keyword, policy):
                offset = document.offset_of_byte(argument.start_byte)
                begin = document.text.index(name, offset)
                yield name, begin, begin + len(name)


def _role(parsed: Module, around: list[Node], name: str, policy: Policy) -> _Role:
    leaf = around[-1]
    if leaf.type == "comment":
        return _Role("prose")
    string = _enclosing_string(around)
    if string is None:
        return _identifier_role(parsed, around, policy)
    node, index = string
    value = string_value(node)
    if value == name:
        return _key_role(parsed, around[: index + 1], policy)
    if index and around[index - 1].type == "expression_statement":
        return _Role("prose")
    return _Role("prose" if any(map(str.isspace, text(node))) else "string")


def _enclosing_string(around: list[Node]) -> tuple[Node, int] | None:
    """The string literal whose text a place is in; none where it is code inside an f-string."""
    for index in range(len(around) - 1, -1, -1):
        match around[index].type:
            case "interpolation":
                return None
            case "string":
                return around[index], index
    return None


def _key_role(parsed: Module, around: list[Node], policy: Policy) -> _Role:
    """The role of a string that is exactly the name; `around` ends with the string."""
    node, outer = around[-1], around[-2]
    match outer.type:
        case "argument_list":
            return _argument_role(parsed, around[:-2], outer, node, "", policy)
        case "keyword_argument":
            keyword = text(outer.child_by_field_name("name"))
            return _argument_role(parsed, around[:-3], around[-3], outer, keyword, policy)
        case "subscript" if node != outer.child_by_field_name("value"):
            if parsed.qualified(outer.child_by_field_name("value")) in _ENVIRONMENTS:
                return _Role("env-write" if _is_target(around[:-1]) else "env-read")
            return _Role("string")
        case "comparison_operator":
            operators = [child.type for child in outer.children if not child.is_named]
            inside = {parsed.qualified(child) for child in outer.named_children} & _ENVIRONMENTS
            reads = inside and {"in", "not in", "not"} & set(operators)
            return _Role("env-read" if reads else "string")
        case "pair" if node == outer.child_by_field_name("key"):
            return _Role("env-write" if _is_patched_dict(parsed, around[:-2]) else "string")
        case _:
            return _Role("string")


def _argument_role(
    parsed: Module,
    outer: list[Node],
    arguments: Node,
    argument: Node,
    keyword: str,
    policy: Policy,
) -> _Role:
    """The role of a name given to a call, which is the last node of `outer`."""
    if not outer or outer[-1].type != "call":
        return _Role("string")
    function = outer[-1].child_by_field_name("function")
    name, written = parsed.qualified(function), text(function)
    positional = list(_positional(arguments))
    number = positional.index(argument) if argument in positional else -1
    is_key = number == 0 or keyword in ("key", "option", "name")
    default = _default_of(arguments, positional, number)
    if is_key and name == "os.environ.pop" and outer[-2].type == "expression_statement":
        return _Role("env-write")
    if is_key and (name in _READERS or _is_reader(name)):
        return _Role("env-read", default)
    if is_key and (name in _WRITERS or name.rpartition(".")[2] in _WRITER_METHODS):
        return _Role("env-write")
    if number == 1 and name in _ATTRIBUTE_FUNCTIONS:
        return _Role("setting", defines=name in ("setattr", "delattr"))
    if number == 1 and name.rpartition(".")[2] == "setattr":
        return _Role("setting", defines=True)
    if _is_accessor(name, written, number, keyword, policy):
        is_decorator = len(outer) > 1 and outer[-2].type == "decorator"
        given = _keyword(arguments, "default") or _keyword(arguments, "default_value")
        if given is None and positional[number + 1 :] and positional[-1].type in ("true", "false"):
            given = positional[-1]
        return _Role("decorator" if is_decorator else "accessor", literal(given))
    if number == 0 and _matches(name, written, policy.flags_settings.decorators):
        return _Role("decorator")
    return _Role("string")


def _is_reader(name: str) -> bool:
    """A call of a reader object (`env("X")`) or of one of its methods (`env.bool("X")`)."""
    return any(
        name == reader or (name.startswith(f"{reader}.") and "(" not in name[len(reader) :])
        for reader in _READER_OBJECTS
    )


def _is_accessor(name: str, written: str, number: int, keyword: str, policy: Policy) -> bool:
    for accessor in policy.flags_settings.accessors:
        function, _, position = accessor.partition(":")
        wanted = int(position) if position else 0
        if (number == wanted or keyword in _NAME_KEYWORDS) and _matches(name, written, (function,)):
            return True
    return False


def _matches(name: str, written: str, functions: Iterable[str]) -> bool:
    return any(
        spelled == function or spelled.endswith(f".{function}")
        for function in functions
        for spelled in (name, written)
        if spelled
    )


def _default_of(arguments: Node, positional: list[Node], number: int) -> Literals | None:
    given = _keyword(arguments, "default")
    if given is None and number == 0 and len(positional) > 1:
        given = positional[1]
    return literal(given)


def _keyword(arguments: Node, name: str) -> Node | None:
    return next((value for keyword, value in _keywords(arguments) if keyword == name), None)


def _keywords(arguments: Node) -> Iterator[tuple[str, Node]]:
    for child in arguments.named_children:
        value = child.child_by_field_name("value")
        if child.type == "keyword_argument" and value is not None:
            yield text(child.child_by_field_name("name")), value


def _positional(arguments: Node) -> Iterator[Node]:
    for child in arguments.named_children:
        if child.type not in ("keyword_argument", "comment"):
            yield child


def _is_target(around: list[Node]) -> bool:
    """Whether the last node is written or deleted, not read."""
    node = around[-1]
    for outer in reversed(around[:-1]):
        match outer.type:
            case "assignment" | "augmented_assignment":
                return outer.child_by_field_name("left") == node
            case "delete_statement":
                return True
            case "pattern_list" | "tuple_pattern" | "expression_list":
                node = outer
            case _:
                return False
    return False


def _is_patched_dict(parsed: Module, around: list[Node]) -> bool:
    """Whether a dictionary sets environment variables: for `patch.dict` or `environ.update`."""
    if around[-1].type != "dictionary":
        return False
    for each in around[-1].named_children:
        if each.type == "dictionary_splat" and parsed.qualified(each.named_children[0]) in (
            _ENVIRONMENTS
        ):
            return True
    calls = [node for node in around if node.type == "call"]
    if not calls or around[-2].type != "argument_list":
        return False
    name = parsed.qualified(calls[-1].child_by_field_name("function"))
    if name == "os.environ.update":
        return True
    first = next(_positional(around[-2]), None)
    patched = parsed.qualified(first) if first is not None else ""
    return name.endswith("patch.dict") and (
        patched in _ENVIRONMENTS or (first is not None and string_value(first) == "os.environ")
    )


def _identifier_role(parsed: Module, around: list[Node], policy: Policy) -> _Role:
    leaf = around[-1]
    outer = around[-2] if len(around) > 1 else leaf
    match outer.type:
        case "keyword_argument" if leaf == outer.child_by_field_name("name"):
            return _keyword_role(parsed, around, policy)
        case "attribute" if leaf == outer.child_by_field_name("attribute"):
            owner = parsed.qualified(outer.child_by_field_name("object"))
            written = text(outer.child_by_field_name("object"))
            is_setting = _matches(owner, written, policy.flags_settings.settings_objects)
            written_to = _is_target(around[:-1])
            return _Role("setting" if is_setting else "constant", defines=written_to)
        case "assignment" | "augmented_assignment" | "type":
            target = leaf == outer.child_by_field_name("left")
            if not target:
                return _Role("constant")
            kind: ReferenceKind = "setting" if _is_field(around) else "constant"
            return _Role(kind, defines=True)
        case "dotted_name" | "aliased_import" | "import_from_statement":
            return _Role("constant", defines=True)
        case "global_statement" | "nonlocal_statement":
            return _Role("constant", defines=True)
        case _:
            return _Role("constant")


def _is_field(around: list[Node]) -> bool:
    """Whether an assignment stands in the body of a class, not of a function in it."""
    scopes = [node.type for node in around if node.type.endswith("_definition")]
    return scopes[-1:] == ["class_definition"]


def _keyword_role(parsed: Module, around: list[Node], policy: Policy) -> _Role:
    calls = [node for node in around if node.type == "call"]
    if not calls:
        return _Role("constant")
    function = calls[-1].child_by_field_name("function")
    name = parsed.qualified(function)
    if name.rpartition(".")[2] in _SETTING_OVERRIDES:
        return _Role("setting", defines=True)
    arguments = calls[-1].child_by_field_name("arguments")
    first = next(_positional(arguments), None) if arguments is not None else None
    is_environment = first is not None and parsed.qualified(first) in _ENVIRONMENTS
    if name.endswith("patch.dict") and is_environment:
        return _Role("env-write")
    if name == "os.environ.update" or (name == "dict" and is_environment):
        return _Role("env-write")
    return _Role("setting", defines=True)


def _carried(parsed: Module, around: list[Node]) -> tuple[Related, ...]:
    """Where the value that is read goes on to: the name it is assigned to, and its uses."""
    assignment = next((n for n in reversed(around) if n.type == "assignment"), None)
    left = assignment.child_by_field_name("left") if assignment is not None else None
    if left is None or left.type != "identifier" or left == around[-1]:
        return ()
    scope = next(
        (n for n in reversed(around) if n.type in ("function_definition", "module")), around[0]
    )
    name = text(left)
    document = parsed.document
    uses = []
    source = parsed.document.utf8[left.end_byte : scope.end_byte]
    word = re.escape(name.encode())
    for found in re.finditer(word + rb"(?<![\w.]" + word + rb")(?!\w)", source):
        start, end = left.end_byte + found.start(), left.end_byte + found.end()
        if parsed.around(start, end)[-1].type == "identifier":
            span = document.span_of_bytes(start, end)
            uses.append(Related(span, f"its value is used here as '{name}'"))
            if len(uses) == _MAX_CARRIED:
                break
    return tuple(uses)
