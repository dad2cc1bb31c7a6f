"""Whether a file parses as what its name says it is: what no fix may take away."""

import ast
import json
import tomllib
from collections.abc import Callable

from govcheck.document import Document
from govcheck.syntax import parse


def is_wellformed(document: Document) -> bool:
    """Whether the document parses; a kind of file that is not parsed here always does."""
    extension = document.path.rpartition(".")[2].lower()
    match extension:
        case "py" | "pyi":
            return _parses_as_python(document)
        case "toml":
            return _parses(lambda: tomllib.loads(document.text.replace("\r\n", "\n")))
        case "json":
            return _parses(lambda: json.loads(document.text))
        case "yaml" | "yml":
            return not parse("yaml", document.utf8).root_node.has_error
        case _:
            return True


def _parses_as_python(document: Document) -> bool:
    """By this interpreter's grammar, or else by one that knows newer syntax."""
    if _parses(lambda: ast.parse(document.data)):
        return True
    return not parse("python", document.utf8).root_node.has_error


def _parses(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
