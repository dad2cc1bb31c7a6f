"""What a document is about: this repository, or another program's files."""

import re
from typing import NamedTuple

from govcheck.docs.paths import named
from govcheck.document import Document
from govcheck.markdown.page import page
from govcheck.repo import Repo

# A file in some folder, without a placeholder, a pattern, or a home beside it.
_FILE = re.compile(
    r"(?<![\w./:@$~{<*%-])(?:\.{1,2}/)*(?P<path>[A-Za-z_.][\w.-]*(?:/[\w.-]+)*/[\w.-]+\."
    r"(?:py|pyi|sh|ya?ml|toml|cfg|ini|json|md|mdx|rst|txt|jsx?|tsx?|go|rs|ipynb|html|css|sql|tf"
    r"|service|conf|j2|lock))(?![\w/*{<$-])"
)
_MANY = 6
_TIMES = 3


def names_files(repo: Repo, document: Document) -> bool:
    """Whether a document names a file in a folder that is there, in its code."""
    return repo.view(_named, document.path).present > 0


class Named(NamedTuple):
    """How many of the files that a document names in its code are there, and how many are not."""

    present: int
    absent: int


def is_about_another(repo: Repo, document: Document) -> bool:
    """Whether hardly any of many files that a document names are there, wherever they may be.

    Such a document tells of another repository, or of a project of the reader's.
    """
    said = repo.view(_named, document.path)
    return said.absent >= _MANY and said.present * _TIMES < said.absent


def _named(repo: Repo, path: str) -> Named:
    document = repo.document(path)
    if document is None:
        return Named(0, 0)
    read = document.view(page)
    texts = (*(each.text for each in read.codes), *(each.text for each in read.fences))
    paths = {found["path"] for text in texts if "/" in text for found in _FILE.finditer(text)}
    present = sum(_is_there(repo, path) for path in paths)
    return Named(present, len(paths) - present)


def _is_there(repo: Repo, path: str) -> bool:
    """Whether any file is called like one, with the folder that it is in."""
    folder, _, name = path.rpartition("/")
    end = f"/{folder.rpartition('/')[2]}/{name}"
    return any(f"/{each}".endswith(end) for each in named(repo, name))
