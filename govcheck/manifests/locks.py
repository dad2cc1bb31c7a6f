"""Lock files: poetry.lock, uv.lock, pdm.lock, pylock.toml, Pipfile.lock, conda-lock.

They are generated, so the headers of their blocks are searched for: no parser is as fast. What a
locked package needs is an edge, which `needs` gives; only the pins are statements.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from govcheck.dependencies.section import normalized
from govcheck.document import Document
from govcheck.finding import Span
from govcheck.manifests.statement import Dialect, Statement, UnreadableError, of_python

_BLOCK = re.compile(r"(?m)^\[\[(?:packages?|metadata\.\w+)\]\]|^\[(?!package[s.])[^\[\]]+\]")
_NAME = re.compile(r'(?m)^name = ["\']([^"\']+)["\']')
_VERSION = re.compile(r'(?m)^version = ["\']([^"\']*)["\']')
_MARKERS = re.compile(
    r"(?m)^(?:markers? = (?:\"(?P<one>(?:[^\"\\]|\\.)*)\"|'(?P<plain>[^']*)')"
    r"|resolution-markers = \[(?P<several>[^\]]*)\]|markers = \{(?P<groups>[^\n]*)\})"
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PYTHON = re.compile(r'(?m)^(?:python-versions|requires[-_]python) = ["\'](?P<range>[^"\']*)["\']')
_CONDA = re.compile(
    r"(?m)^[ \t]*(?:-[ \t]+)?name: (?P<name>\S+)[ \t]*\r?\n"
    r"[ \t]*version: ['\"]?(?P<version>[^'\"\s]+)"
)
_EDGE = re.compile(
    r'\{ *name = "(?P<uv>[^"]+)"(?:[^{}]*specifier = "(?P<uv_range>[^"]*)")?[^{}]*\}'
    r'|^"?(?P<poetry>[\w.-]+)"? = (?:"(?P<range>[^"]*)"|\{[^{}\n]*version = "(?P<table>[^"]*)")'
    r'|^\s+"(?P<pdm>[A-Za-z0-9][\w.-]*(?:\[[^\]"]*\])?)\s*(?P<pdm_range>[=<>!~][^";]*)?(?:;[^"]*)?",?$',
    re.MULTILINE,
)

# What a project of the repository itself needs is for its manifest to say.
_OWN = re.compile(r"(?m)^source = \{ (?:editable|virtual|directory|workspace) = ")


class Need(NamedTuple):
    """What a locked package needs of another: an edge of the graph, with its range.

    The range is empty where the lock does not tell it; the edge stands at the offsets.
    """

    package: str
    version: str
    needs: str
    range: str
    dialect: Dialect
    start: int
    end: int

    def span(self, document: Document) -> Span:
        """The place of the edge in its lock file."""
        return document.span(self.start, self.end)


def statements(document: Document, wanted: Collection[str]) -> Iterator[Statement]:
    """The pins of the wanted packages, and the range of Pythons that the lock is for."""
    name = document.path.rpartition("/")[2].lower()
    if name == "pipfile.lock":
        yield from _pipfile(document, wanted)
    elif name.endswith((".yml", ".yaml")):
        for found in _CONDA.finditer(document.text):
            if normalized(found["name"]) in wanted or found["name"] == "python":
                yield _pin(document, found["name"], found["version"], *found.span("version"), "")
    else:
        yield from _toml(document, wanted, name)


def _toml(document: Document, wanted: Collection[str], file: str) -> Iterator[Statement]:
    text = document.text
    for start, end, header in _blocks(text):
        if not header.startswith("[[package"):
            yield from _own_python(document, start, end, file)
            continue
        name = _NAME.search(text, start, end)
        if name is None or normalized(name[1]) not in wanted:
            continue
        head = text.find("\n[", start + len(header), end)
        version = _VERSION.search(text, start, head if head > 0 else end)
        if version is None and not _OWN.search(text, start, end):
            yield Statement(
                normalized(name[1]), name[1], None, "pep440", document.span(*name.span(1)), "lock",
                why="the lock has no version of it",
            )  # fmt: skip
        if version is None:
            continue
        markers = _MARKERS.search(text, start, end)
        yield _pin(document, name[1], version[1], *version.span(1), _marker(markers))


def _own_python(document: Document, start: int, end: int, file: str) -> Iterator[Statement]:
    for found in _PYTHON.finditer(document.text, start, end):
        dialect = "poetry" if file == "poetry.lock" else "pep440"
        said = of_python(document, found["range"], *found.span("range"), dialect, form="lock")  # type: ignore[arg-type]
        yield said._replace(editable=None)


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """The blocks of the file with their headers, the part above the first one too."""
    found = [*_BLOCK.finditer(text)]
    yield 0, found[0].start() if found else len(text), ""
    for number, header in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        yield header.start(), end, header[0]


def _marker(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    if found["one"] is not None:
        return found["one"].replace('\\"', '"')
    if found["plain"] is not None:
        return found["plain"]
    listed = found["several"] if found["several"] is not None else found["groups"]
    several = [each.replace('\\"', '"') for each in _STRING.findall(listed)]
    return " or ".join(f"({each})" for each in several)


def _pin(
    document: Document, name: str, version: str, start: int, end: int, marker: str
) -> Statement:
    exact = version if version.startswith("==") else f"=={version}"
    return Statement(
        normalized(name), version, exact, "pep440", document.span(start, end), "lock",
        marker=marker,
    )  # fmt: skip


def _pipfile(document: Document, wanted: Collection[str]) -> Iterator[Statement]:
    from govcheck.config import json  # the other locks need no parser
    from govcheck.config.tree import Scalar
    from govcheck.manifests.tree import at, named, pairs

    tree = document.view(json.read).tree
    if tree.broken or not tree.roots:
        raise UnreadableError("it is not JSON")
    root = tree.roots[0]
    for key in ("python_version", "python_full_version"):
        for value in at(root, "_meta", "requires", key):
            if isinstance(value, Scalar) and value.text is not None:
                said = of_python(document, value.text, value.start, value.end, form="lock")
                yield said._replace(editable=None)
    for section in [pair.keys[0] for pair in pairs(root) if pair.keys[0] != "_meta"]:
        for pair in named(root, section):
            if normalized(pair.keys[0]) not in wanted:
                continue
            parts = {part.keys[0]: part for part in pairs(pair.value)}
            marker = parts["markers"].value if "markers" in parts else None
            said_marker = marker.text or "" if isinstance(marker, Scalar) else ""
            match parts["version"].value if "version" in parts else None:
                case Scalar(text=str(text)) as value:
                    yield _pin(document, pair.keys[0], text, value.start, value.end, said_marker)
                case _:
                    source = parts.get("ref") or next(iter(parts.values()), pair)
                    yield Statement(
                        normalized(pair.keys[0]), pair.keys[0], None, "pep440",
                        document.span(source.start, source.end), "lock",
                        why="the lock has no version of it",
                    )  # fmt: skip


def needs(document: Document, wanted: Collection[str]) -> Iterator[Need]:
    """What locked packages need of the wanted ones."""
    text = document.text
    file = document.path.rpartition("/")[2].lower()
    for start, end, header in _blocks(text):
        if not header.startswith("[[package"):
            continue
        name, version = _NAME.search(text, start, end), _VERSION.search(text, start, end)
        if name is None or _OWN.search(text, start, end):
            continue
        found_ranges: dict[str, Need] = {}
        for found in _EDGE.finditer(text, start, end):
            said = normalized(found["uv"] or found["poetry"] or found["pdm"].partition("[")[0])
            if said not in wanted or said == normalized(name[1]):
                continue
            range_ = found["uv_range"] or found["range"] or found["table"] or found["pdm_range"]
            need = Need(
                name[1], version[1] if version else "", said, range_ or "",
                "poetry" if file == "poetry.lock" else "pep440", *found.span(),
            )  # fmt: skip
            if range_ or said not in found_ranges:
                found_ranges[said] = need
        yield from found_ranges.values()
