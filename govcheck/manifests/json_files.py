"""JSON with comments: pyrightconfig.json, devcontainer.json."""

from collections.abc import Iterator

from govcheck.config import json
from govcheck.config.tree import Scalar
from govcheck.document import Document
from govcheck.manifests import images
from govcheck.manifests.statement import Statement, of_python
from govcheck.manifests.tree import at, items, named, pairs


def statements(document: Document) -> Iterator[Statement]:
    """The interpreters that the file names."""
    roots = document.view(json.read).tree.roots
    root = roots[0] if roots else None
    for value in at(root, "pythonVersion"):
        if isinstance(value, Scalar) and value.text:
            yield of_python(document, value.text, value.start, value.end)
    for environments in at(root, "executionEnvironments"):
        for each in items(environments):
            for value in at(each, "pythonVersion"):
                if isinstance(value, Scalar) and value.text:
                    yield of_python(document, value.text, value.start, value.end)
    for value in at(root, "image"):
        if isinstance(value, Scalar) and value.text:
            yield from images.statement(document, value.text, value.start)
    for pair in named(root, "features"):
        if "/python:" in pair.keys[0] or pair.keys[0].endswith("/python"):
            for part in pairs(pair.value):
                if part.keys == ("version",) and isinstance(part.value, Scalar) and part.value.text:
                    yield of_python(
                        document, part.value.text, part.value.start, part.value.end, "npm"
                    )
