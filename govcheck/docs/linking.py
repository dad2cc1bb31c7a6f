"""Links that lead nowhere, and where what they meant is now."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Set
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from govcheck.docs.documents import Doc, documents
from govcheck.docs.links import Lead, Tree, has_anchor, lead, tree
from govcheck.docs.served import Vain, elsewhere
from govcheck.finding import Edit, Fix
from govcheck.history import gone, ignored
from govcheck.markdown import ENDINGS
from govcheck.markdown.page import page
from govcheck.policy import Policy
from govcheck.repo import Repo

# Names that say nothing of what stands in a file.
_COMMON = re.compile(
    r"(?i)(?:readme|index|_index|changelog|license|contributing|todo|notes)(?:\.|$)"
)
# What the hosting service shows where it stands.
_IN_PLACE = re.compile(
    r"(?i)(?:readme|changelog|license|contributing|security|todo|notes)(?:[-_.]|$)"
)
# Pages in the order of a menu are those of a site that reads links in its own way.
_NUMBERED = re.compile(r"(?:^|/)\d+\.[a-z][^/]*/")
_AS_WRITTEN = "/&=+,:;@!$'*~"
_ENTITY = re.compile(r"&(?=#?\w+;)")


class Written(NamedTuple):
    """A link as it is written: its destination, and where that stands."""

    kind: Literal["link", "image"]
    target: str
    start: int
    end: int


class Broken(NamedTuple):
    """A link whose file, at a path from the root, does not exist; see `Lead` for `told_by`."""

    kind: Literal["link", "image"]
    target: str
    start: int
    end: int
    path: str
    told_by: Literal["tree", "site", "history"] = "tree"


class Home(NamedTuple):
    """Where the file is that a broken link meant; `moved` if git saw it move there."""

    path: str
    moved: bool
    safe: bool

    def fix(self, doc: Doc, link: Broken) -> Fix:
        """The link, to where the file is."""
        new = retarget(doc.path, link.target, self.path, doc.document.encoding)
        before = doc.document.text[link.start - 1 : link.start]
        if before == "<":
            new = new.replace("%20", " ")
        if before == "'":
            new = new.replace("'", "%27")
        edit = Edit(doc.path, link.start, link.end, new)
        return Fix(f"link to {self.path}", (edit,), safe=self.safe)


def written(doc: Doc) -> Iterator[Written]:
    """The links of a document whose destinations stand in it, each once."""
    generated = [*_lists_of_contributors(doc)]
    for link in doc.page.links:
        if any(start < link.start < end for start, end in generated):
            continue
        if link.target_start >= 0:
            yield Written(link.kind, link.target, link.target_start, link.target_end)
    for definition in doc.page.definitions:
        if definition.target_start >= 0 and definition.label != "//":  # which is a comment
            place = definition.target_start, definition.target_end
            yield Written("link", definition.target, *place)


def _lists_of_contributors(doc: Doc) -> Iterator[tuple[int, int]]:
    """What the all-contributors bot writes: its links lead to where nobody wants to go."""
    begin = None
    for comment in doc.page.comments:
        said = comment.text.strip()
        if said.startswith("ALL-CONTRIBUTORS-LIST:START"):
            begin = comment.end
        elif begin is not None and said.startswith("ALL-CONTRIBUTORS-LIST:END"):
            yield begin, comment.start
            begin = None


def broken(repo: Repo, policy: Policy) -> Mapping[str, tuple[Broken, ...]]:
    """The links that lead to no file, by document; what git ignores may come to be."""
    found = [
        (doc.path, Broken(*each, to.path, to.told_by))
        for doc in repo.view(documents, policy)
        for each in written(doc)
        if (to := lead(repo, doc.path, each.target)) is not None and not to.exists
    ]
    known = repo.view(tree)
    silent = ignored(repo, frozenset(each.path for _, each in found))
    # A site has pages that a build writes, often without an ending, and a root of its own: only
    # what was tracked once is known to be gone.
    titled = {doc.path for doc in repo.view(documents, policy) if "title" in doc.page.front}
    pages = frozenset(
        each.path for path, each in found if _may_be_built(known, path, each, path in titled)
    )
    pages |= frozenset(
        each.path
        for path, each in found
        if each.target.startswith("/")
        and "." not in posixpath.basename(each.target)
        and (document := repo.document(path)) is not None
        and document.text[each.start - 1 : each.start] in ("'", '"')
    )
    silent |= pages - gone(repo, pages).keys()
    silent |= frozenset(
        each.path
        for _, each in found
        if each.told_by == "history" and each.path not in silent and _is_redirected(repo, each)
    )
    vain = {
        (path, each): Vain(path, each.target, each.path, _is_page(path, titled))
        for path, each in found
        if each.path not in silent and each.told_by == "tree"
    }
    unsure = elsewhere(repo, known, tuple(vain.values())) if vain else frozenset[Vain]()
    by_document: dict[str, list[Broken]] = {}
    for path, each in found:
        if each.path not in silent and vain.get((path, each)) not in unsure:
            by_document.setdefault(path, []).append(each)
    return {path: tuple(links) for path, links in by_document.items()}


def _may_be_built(known: Tree, document: str, link: Broken, is_titled: bool) -> bool:
    """Whether a path may be one of a site, from its root, or of a page that is not written."""
    name = posixpath.basename(link.path)
    if link.told_by != "tree":
        return link.told_by == "history"
    if name.endswith((".html", ".htm")):
        return True
    if _COMMON.match(posixpath.basename(document)) and not is_titled:
        return False  # it is read where it is
    if link.target.startswith("/") and link.path.partition("/")[0] not in known.folders:
        return True
    if _NUMBERED.search(document) is not None and not link.target.startswith("."):
        return True
    if posixpath.splitext(name)[1]:
        return False
    return not name.isupper() and name != "Makefile"


def _is_page(document: str, titled: Set[str]) -> bool:
    """Whether a document may be read on a site only: one like a README is read where it is."""
    return document in titled or _IN_PLACE.match(posixpath.basename(document)) is None


def _is_redirected(repo: Repo, link: Broken) -> bool:
    """Whether anything but the text of a document has an address, and may lead to another page."""
    address = link.target.partition("#")[0].partition("?")[0].strip("/")
    parts = address.split("/")
    above = ["/".join(parts[:number]) for number in range(1, len(parts))]
    needles = (address, *(f"{each}/{sign}" for each in above for sign in "*:"))
    for document in repo.search(needles):
        if not document.path.endswith(ENDINGS):
            return True
        front = document.view(page)
        if address in document.text[front.front_start : front.front_end]:
            return True
    return False


def mending(repo: Repo, policy: Policy) -> Mapping[tuple[str, str], Home]:
    """Where the files are that broken links meant, by document and path."""
    links = repo.view(broken, policy)
    missing = frozenset(each.path for found in links.values() for each in found)
    removed = gone(repo, missing)
    named: dict[str, list[str]] = {}
    for path in repo.view(tree).files:
        named.setdefault(posixpath.basename(path), []).append(path)
    homes: dict[tuple[str, str], Home] = {}
    for document, found in links.items():
        for each in found:
            if each.told_by == "site":
                continue
            home = _from_root(repo, document, each)
            if home is None and each.path in removed and removed[each.path].moved_to:
                home = Home(removed[each.path].moved_to or "", moved=True, safe=True)
            same = named.get(posixpath.basename(each.path), [])
            if home is None and each.told_by == "tree" and len(same) == 1 and same[0] != document:
                common = _COMMON.match(posixpath.basename(each.path))
                home = Home(same[0], moved=False, safe=not common)
            if home is not None and not home.moved and not _has_fragment(repo, home.path, each):
                home = home._replace(safe=False)  # of that name, but perhaps about something else
            known = homes.get((document, each.path))
            if home is not None and (known is None or known.safe):
                homes[document, each.path] = home
    return homes


def _has_fragment(repo: Repo, path: str, link: Broken) -> bool:
    fragment = unquote(link.target.partition("#")[2])
    return not fragment or has_anchor(repo, Lead(path, fragment, exists=True)) is not False


def _from_root(repo: Repo, document: str, link: Broken) -> Home | None:
    """The file that is meant if the link was written from the root."""
    plain = link.target.partition("#")[0]
    if plain.startswith(("/", ".")) or "/" not in plain:
        return None
    to = lead(repo, "", plain)
    return Home(to.path, moved=False, safe=True) if to is not None and to.exists else None


def retarget(document: str, target: str, path: str, encoding: str = "utf-8") -> str:
    """A link's destination that leads to `path`, written as `target` is.

    What is beyond ASCII stays as it is where the document's encoding is one of Unicode.
    """
    plain, sign, fragment = target.partition("#")
    plain, mark, query = plain.partition("?")
    if plain.startswith("/"):
        new = f"/{path}"
    else:
        new = posixpath.relpath(path, posixpath.dirname(document) or ".")
        if (plain.startswith("./") or ":" in new.partition("/")[0]) and not new.startswith("."):
            new = f"./{new}"  # a colon would make a scheme of what stands before it
    is_folder = plain.endswith("/") and not posixpath.splitext(path)[1]
    new += "/" if is_folder and not new.endswith("/") else ""
    tail = f"{mark}{query}{sign}{fragment}"
    kept = _AS_WRITTEN if "(" in new + tail or ")" in new + tail else f"{_AS_WRITTEN}()"
    raw = encoding.startswith("utf")
    return _ENTITY.sub("%26", _quoted(new, kept, raw)) + _quoted(tail, f"{kept}%#?", raw)


def _quoted(text: str, safe: str, keeps_letters: bool) -> str:
    """A part of an address in which but what is `safe`, and letters if they may, stands plain."""
    return "".join(
        each
        if keeps_letters and not each.isascii() and each.isprintable()
        else quote(each, safe, errors="surrogateescape")
        for each in text
    )


def resolved(repo: Repo, policy: Policy) -> Iterator[tuple[Doc, Written, Lead]]:
    """All links that lead to a file of the repository."""
    for doc in repo.view(documents, policy):
        for each in written(doc):
            to = lead(repo, doc.path, each.target)
            if to is not None and to.exists:
                yield doc, each, to
