"""Container images that carry a version of Python in their tags."""

import re
from collections.abc import Iterator

from govcheck.document import Document
from govcheck.manifests.statement import Statement, of_python

_IMAGE = re.compile(
    r"(?P<name>(?:[\w.-]+(?::\d+)?/)*[\w.-]+)(?::(?P<tag>[^@\s]+))?(?:@(?P<digest>\S+))?$"
)
_VERSION = re.compile(r"\d+(?:\.\d+)*(?=$|[^\w.]|(?:a|b|rc)\d)")
_OWNERS = frozenset({"library", "devcontainers", "cimg"})
_NAMED = re.compile(r"python-?(\d+\.\d+(?:\.\d+)*)")


def statement(
    document: Document, image: str, at: int, *, shown: str | None = None
) -> Iterator[Statement]:
    """The statement of an image that stands at an offset, if it is one of Python's.

    `shown` is how the document writes it, with variables. Only images that are built for every
    minor version of Python can be edited.
    """
    found = _IMAGE.match(image)
    if found is None:
        return
    for said in _statement(document, found, image, at, shown):
        is_plain = shown in (None, image)
        is_editable = is_plain and _is_for_every_minor(found["name"])
        yield said._replace(
            editable=said.editable if is_editable else None, resolved="" if is_plain else image
        )


def _is_for_every_minor(name: str) -> bool:
    """Whether an image is the official one, a copy of it in a registry, or built like it."""
    *above, base = name.split("/")
    if above and (re.search(r"[.:]", above[0]) or above[0] == "localhost"):
        is_hub = re.search(r"(^|\.)(docker\.io|gcr\.io|ghcr\.io|quay\.io)$", above[0]) is not None
        above = above[1:]
        if not above and base == "python" and not is_hub:
            return True
    owner = above[-1] if above else "library"
    return (owner, base) == ("astral-sh", "uv") or (base == "python" and owner in _OWNERS)


def _statement(
    document: Document, found: re.Match[str], image: str, at: int, shown: str | None
) -> Iterator[Statement]:
    base = found["name"].rpartition("/")[2]
    span = document.span(at, at + len(shown or image))
    tag, start = found["tag"], at + found.start("tag")
    if base != "python":
        inside = _NAMED.search(tag or "") or _NAMED.search(base)
        if inside is not None and inside.re.groups:
            offset = start if tag and _NAMED.search(tag) else at + found.end("name") - len(base)
            said = of_python(document, inside[1], offset + inside.start(1), offset + inside.end(1))
            editable = None if found["digest"] else said.editable
            yield said._replace(declared=shown or image, span=span, editable=editable)
        return
    if tag is None:
        if found["digest"] is not None:
            said = of_python(document, image, at, at, why="a digest tells no version")
            yield said._replace(span=span, editable=None)
            return
        end = at + found.end("name")
        said = of_python(document, "latest", end, end)
        yield said._replace(declared=shown or image, span=span, editable=(end, end))
        return
    is_devcontainer = "devcontainers/" in found["name"] or "vscode/" in found["name"]
    version = _VERSION.match(tag)
    if is_devcontainer and (second := re.match(r"\d+(?:\.\d+)*-(\d+\.\d+(?:\.\d+)*)", tag)):
        said = of_python(document, second[1], start + second.start(1), start + second.end(1))
    elif version is not None and (not is_devcontainer or version[0].startswith("3")):
        said = of_python(document, version[0], start, start + version.end())
        if found["digest"] or re.match(r"-?(?:a|b|rc)\d*\b", tag[version.end() :]):
            said = said._replace(editable=None)  # the digest decides; a pre-release has its own tag
    elif "$" in tag or "{" in tag:
        said = of_python(document, tag, start, start + len(tag), why="a variable decides")
    else:
        said = of_python(document, "latest", start, start)._replace(editable=None)
    yield said._replace(declared=shown or image, span=span)
