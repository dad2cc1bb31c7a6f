"""Whether a file parses as what its name says it is: what no fix may take away."""

import ast
import json
import tomllib
from collections.abc import Callable
from warnings import catch_warnings, simplefilter

from govcheck.document import Document
from govcheck.syntax import SyntaxName, parse


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
            return _parses(lambda: _without_error("yaml", document))
        case _:
            return True


def _parses_as_python(document: Document) -> bool:
    """By this interpreter's grammar, or else by one that knows newer syntax."""
    with catch_warnings():
        simplefilter("ignore")  # about the repository's escapes and comparisons
        if _parses(lambda: ast.parse(document.data)):
            return True
    return _parses(lambda: _without_error("python", document))


def _without_error(name: SyntaxName, document: Document) -> None:
    if parse(name, document.utf8).root_node.has_error:
        raise ValueError(f"this is not {name}")


def _parses(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
