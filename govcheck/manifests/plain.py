"""Files that name interpreters and nothing else: .python-version, runtime.txt, .tool-versions."""

import re
from collections.abc import Iterator

from govcheck.document import Document
from govcheck.manifests.statement import Statement, of_python

_WORD = re.compile(r"\S+")


def statements(document: Document) -> Iterator[Statement]:
    """The interpreters that the file names; one of several is not mended alone."""
    name = document.path.rpartition("/")[2]
    words: list[re.Match[str]] = []
    for number, start in enumerate(document.line_starts, 1):
        line = document.line(number).split("#")[0]
        if name == ".tool-versions":
            if re.match(r"python\s", line):
                words += _WORD.finditer(document.text, start + len("python"), start + len(line))
        else:
            words += _WORD.finditer(document.text, start, start + len(line))
    named = [
        word for word in words if re.match(r"(cpython|python|latest:)?[-@]?\d|latest$", word[0])
    ]
    for word in named:
        is_full = word[0].count(".") > 1
        start = word.start() + len("latest:") * word[0].startswith("latest:")
        text = document.text[start : word.end()]
        only = len(words) == 1 and not is_full
        yield of_python(document, text, start, word.end(), only=only)
    # uv takes a range here, too.
    for word in words if name.startswith(".python-version") else ():
        if word[0].startswith((">", "<", "~=", "==", "!=")):
            yield of_python(document, word[0], *word.span(), "pep440", only=len(words) == 1)
