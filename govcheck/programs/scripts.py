"""What a shell script takes: the labels of its `case`, the letters of its `getopts`."""

import re

from tree_sitter import Node

from govcheck.document import Document, TooDeepError
from govcheck.programs.interface import Interface, Option
from govcheck.syntax import parse, walk

_MAX_LENGTH = 400_000
_OPTION = re.compile(r"-{1,2}[A-Za-z0-9][\w.-]*=?\*?")
_FIRST = re.compile(r"""["']?\$\{?(?:1|1:-|1-|@|\*)[^}]*\}?["']?|["']?\$\{?(?P<name>\w+)""")
_ENDS = re.compile(r"\b(?:exit|die|fail|fatal|error|abort|usage|help|return\s+[1-9])\w*|\w*usage\b")
_PASSES = re.compile(r"""(?<![\w(])["']?\$\{?[@*]\}?["']?|\$\{?args?\[@\]""", re.IGNORECASE)
_LOOP = re.compile(r"""\b(?:for\s+(?P<item>\w+)(?:\s+in\s+["']?\$[@{*]|\s*;|\s*\n)|while\b)""")
_TAKEN = re.compile(r"""\b(?P<name>\w+)=["']?\$\{?1\b""")
# A look at one word besides: `[ "$1" == "-h" ]`.
_COMPARED = re.compile(r"""==?[ ]*["']?(--?[A-Za-z][\w-]*)""")
_GETOPTS = re.compile(r"""\bgetopts\s+["']?(?P<letters>:?[\w:]+)["']?\s+\w+""")


def interface_of_script(document: Document) -> Interface | None:
    """What a shell script takes; None where it does not look at its options, or not in one way."""
    text = document.text
    if len(text) > _MAX_LENGTH:
        return None
    getopts = [*_GETOPTS.finditer(text)]
    if getopts:
        return _of_getopts(document, getopts) if "case" in text and len(getopts) == 1 else None
    if "case" not in text or re.search(r"\bgetopt\b", text):
        return None
    tree = parse("bash", document.utf8)
    try:
        nodes = [*walk(tree)]
    except TooDeepError:
        return None
    functions = [each for each in nodes if each.type == "function_definition"]
    cases = [each for each in nodes if each.type == "case_statement"]
    found = [
        each for each in cases if _decides(each, text) and not _main_less(each, functions, text)
    ]
    if len(found) != 1 or found[0].has_error:
        return None
    interface = Interface(path=document.path)
    _read(found[0], interface)
    rest = (text_of(found[0]),)
    outside = text.replace(rest[0], "", 1)
    if _passes_on(outside):
        interface.open = "it passes its words on"
    if not interface.options:
        return None
    for compared in _COMPARED.findall(outside):
        interface.options.setdefault(compared, Option())
    return interface


def text_of(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def _decides(case: Node, text: str) -> bool:
    """Whether a `case` looks at the words of the script, one after the other."""
    value = case.child_by_field_name("value")
    found = _FIRST.match(text_of(value)) if value is not None else None
    if found is None:
        return False
    labels = [text_of(label) for item in _branches(case) for label in _labels(item)]
    if not any(_OPTION.fullmatch(_unquoted(label)) for label in labels):
        return False
    if found["name"] is None:
        return True
    loops = {each["item"] for each in _LOOP.finditer(text)}
    return found["name"] in loops | {each["name"] for each in _TAKEN.finditer(text)}


def _main_less(case: Node, functions: list[Node], text: str) -> bool:
    """Whether a `case` stands in a function that does not get all words of the script."""
    for each in functions:
        if each.start_byte <= case.start_byte and case.end_byte <= each.end_byte:
            name = each.child_by_field_name("name")
            label = re.escape(text_of(name)) if name is not None else ""
            called = re.search(rf"""(?m)^[ \t]*{label}\s+["']?\$[{{]?[@*]""", text)
            return called is None
    return False


def _branches(case: Node) -> list[Node]:
    return [each for each in case.children if each.type == "case_item"]


def _labels(item: Node) -> list[Node]:
    return item.children_by_field_name("value")


def _read(case: Node, interface: Interface) -> None:
    rejects = False
    for item in _branches(case):
        labels = [_unquoted(text_of(label)) for label in _labels(item)]
        body = text_of(item).partition(")")[2]
        for label in labels:
            if _OPTION.fullmatch(label):
                interface.options[label.rstrip("*").rstrip("=")] = Option()
                if label.endswith("*") and not label.endswith("=*"):
                    interface.open = interface.open or "a pattern decides"
            elif label in ("*", "-*", "--*", "-?*"):
                # What no label names must end the script, or it is taken after all.
                rejects |= bool(_ENDS.search(body)) and not _passes_on(body.replace("echo", ""))
                interface.is_positional |= label == "*"
            elif re.search(r"[*?\[]", label) and label[:1] in ("-", "*", "[", "?"):
                interface.open = "a pattern decides"
            elif label:
                interface.commands[label] = Interface(open="a subcommand")
    if not rejects:
        interface.open = "it takes what it does not know"
    interface.open_commands = True


def _unquoted(label: str) -> str:
    return label.strip("\"'")


def _passes_on(text: str) -> bool:
    """Whether words of the script go on to something else, but for its own function."""
    for line in text.splitlines():
        found = _PASSES.search(line)
        if found is None or line.lstrip().startswith("#"):
            continue
        if re.match(r"\s*(?:for\s+\w+\s+in|set\s+--|while|main|parse_\w+|\w*log\w*|local)\b", line):
            continue
        if re.search(r"\b(?:echo|printf|message)\b|\$\(\(|#\$|=", line[: found.start()]):
            continue
        return True
    return False


def _of_getopts(document: Document, found: list[re.Match[str]]) -> Interface:
    letters = found[0]["letters"].lstrip(":")
    interface = Interface(path=document.path, is_positional=True, open_commands=True)
    for at, letter in enumerate(letters):
        if letter.isalnum():
            takes = "one" if letters[at + 1 : at + 2] == ":" else "nothing"
            interface.options[f"-{letter}"] = Option(takes)  # type: ignore[arg-type]
    if _passes_on(document.text.replace(found[0][0], "")):
        interface.open = "it passes its words on"
    return interface
