"""What configuration files set, with spans, and how an entry is taken out of them.

A view over `Document`: it knows nothing of the policy. Each format is read by its own module.
"""

import re
from collections.abc import Collection
from importlib import import_module
from typing import Literal, cast

from govcheck.config.entry import Entry, Reader
from govcheck.document import Document
from govcheck.finding import Edit

__all__ = ["Entry", "Format", "entries", "format_of", "removal"]

Format = Literal["env", "yaml", "toml", "json", "ini", "dockerfile"]

_FORMATS: tuple[tuple[Format, re.Pattern[str]], ...] = (
    ("dockerfile", re.compile(r"(dockerfile|containerfile)(\..+)?|.+\.(dockerfile|containerfile)")),
    ("yaml", re.compile(r".+\.(ya?ml|cff)|\.(yamllint|clang-format|clang-tidy)")),
    ("toml", re.compile(r".+\.toml|pipfile|(poetry|uv|pdm|cargo)\.lock")),
    ("json", re.compile(r".+\.(json|jsonc|json5|code-workspace)|pipfile\.lock")),
    (
        "ini",
        re.compile(r".+\.(ini|cfg|conf|properties)|\.(editorconfig|coveragerc|flake8|pylintrc)"),
    ),
    (
        "env",
        re.compile(r"\.env([.-].+)?|.+\.env|\.envrc(\..+)?|env[.-](example|sample|template|dist)"),
    ),
)


def format_of(path: str) -> Format | None:
    """The format of a configuration file, by its name."""
    name = path.rpartition("/")[2].lower().replace("\n", " ")
    return next((form for form, pattern in _FORMATS if pattern.fullmatch(name)), None)


def entries(document: Document) -> tuple[Entry, ...]:
    """Everything that the file names, in the order of the text; nothing for other kinds of file.

    Raises:
        TooDeepError: it nests deeper than anything a person wrote.
    """
    reader = _reader(format_of(document.path))
    return reader.entries(document) if reader else ()


def removal(document: Document, doomed: Collection[Entry]) -> dict[Entry, tuple[Edit, ...]]:
    """How each entry is taken out, given that all of `doomed` go together.

    An entry that the result lacks cannot be removed safely. The edits are those of one snapshot:
    any two of the result are the same edit or do not overlap. An entry goes with its whole lines,
    the comment behind it, and the comment block directly above it if that names the entry; every
    other byte stays. Where nothing is left in a mapping or list, a parent that is called `env` or
    `environment` goes as well, and any other is left empty. What remains has been read again and
    says the same as before, less what was taken out.

    Raises:
        TooDeepError: it nests deeper than anything a person wrote.
    """
    reader = _reader(format_of(document.path))
    return reader.removal(document, doomed) if reader and doomed else {}


def _reader(form: Format | None) -> Reader | None:
    """The module that reads the format, imported only when a file of it is met."""
    return cast(Reader, import_module(f"{__name__}.{form}")) if form else None
