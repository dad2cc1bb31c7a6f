"""Where links in documents lead: to a file, to a heading in it, or nowhere.

Links are read as GitHub does: from the document's folder, or from the root of the repository where
they begin with a slash. Documents of a site generator may also be linked by what the site calls
them; what only the site can decide is left alone.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple
from unicodedata import normalize
from urllib.parse import unquote

from govcheck.docs.paths import lineage, named
from govcheck.document import Document, TooDeepError
from govcheck.markdown import ENDINGS
from govcheck.markdown.anchors import slug, unique_slugs
from govcheck.markdown.page import page
from govcheck.repo import Repo

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
_PLACEHOLDER = re.compile(r"[{}<>$*|\\^`\"]|\.\.\.|…|%7[BbDd]|%3[CcEe]|%%|\bYYYY|\bpath/to/")
_STAND_IN = frozenset(
    {"url", "link", "target", "href", "path", "todo", "tbd", "xxx", "here", "src", "address", "",
     "permalink"}
)  # fmt: skip
_IS_STAND_IN = re.compile(r"(?:[A-Z]+_)+(?:URL|LINK|HREF|PATH|HERE)|(?:[a-z]+-)+(?:url|link)")
# A name in capitals that stands for an address, but for `LICENSE_MIT`.
_FILLED_IN = re.compile(r"(?!LICEN[CS]E|COPYING|NOTICE|THIRD)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_ON_GITHUB = re.compile(
    r"(?:^|/)(?:issues|pulls?|wiki|releases|discussions|actions|security|tree|blob|raw|compare"
    r"|commits?|labels|milestones?|projects|network|graphs|stargazers|tags|archive|settings|new"
    r"|edit|forks?|workflows)(?:/|$)"
)
_TEMPLATES = re.compile(
    r"(?i)(?:^|/)(?:(?:PULL_REQUEST|ISSUE)_TEMPLATE(?:/|[^/]*$)|.*\{\{)|(?:^|/)\.github/[^/]*TEMPLATE"
    r"|(?:^|[/._-])(?:template|tpl)(?:[._-][^/]*)?$"
)
_SITES = re.compile(
    r"(?:^|/)(?:mkdocs[\w-]*\.ya?ml|zensical\.toml|docusaurus\.config\.[cm]?[jt]s|conf\.py|_config\.ya?ml"
    r"|book\.toml|hugo\.(?:toml|ya?ml|json)|antora\.yml|astro\.config\.[cm]?[jt]s|_quarto\.yml"
    r"|myst\.yml|(?:docs|mint)\.json|sidebars\.[jt]s|fern\.config\.json|config/_default/[^/]+\.toml|\.vitepress/config\.[cm]?[jt]s"
    r"|\.vuepress/config\.[jt]s)$"
)
_MKDOCS = re.compile(r"(?:^|/)mkdocs[\w-]*\.ya?ml$")
_OF_SITE = ("\n!!! ", "\n??? ", "\n--8<-- ")
_TOCTREE = "{toctree}"
_INCLUDES = ("--8<--", "{% include", "{!", "{include}", ":include:")
_INCLUDE = re.compile(
    r"--8<--\s+[\"'](?P<mkdocs>[\w./-]+)"
    r"|\{%-?\s*include(?:-markdown|_relative)?\s+[\"']?(?P<jinja>[\w./-]+)"
    r"|\{!>?\s*(?P<old>[\w./-]+)|^`{3,}\{include\}\s+(?P<myst>[\w./-]+)"
    r"|\[[^\]\n]*\]\((?P<docsify>[\w./-]+)\s+':include",
    re.MULTILINE,
)
_DOCS_DIR = re.compile(r"(?m)^docs_dir:[ \t]*[\"']?(?P<folder>[\w./-]+)")
_OF_SITES = ("docs", "doc", "content", "website", "source", "src", "site", "documentation")
_PAGES = (".md", ".mdx", ".markdown", ".rst", ".ipynb", ".html", ".qmd")
_TEMPLATE_ENDINGS = (".jinja", ".jinja2", ".j2", ".tmpl", ".tpl", ".mustache", ".in")
_INDEXES = ("index", "README", "_index")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?")
_IN_LANGUAGE = re.compile(
    r"(?P<name>.*\w)[-_.](?:ar|cn|de|es|fr|hi|id|it|ja|jp|ko|kr|pl|pt|ru|tr|uk|vi|zh)"
    r"(?:[-_][A-Za-z]{2,4})?(?P<ending>\.\w+)",
    re.IGNORECASE,
)
_LINE = re.compile(r"L(\d+)(?:C\d+)?(?:-L(\d+)(?:C\d+)?)?$")
_MAKES_ANCHORS = re.compile(
    r"^[ \t]*:::|^[ \t]*===[!+]? \"|^[ \t]*:(?:name|label):|^\[\[autodoc\]\]|\{%|\{\{"
    r"|@include|^(?:import|export)\s|<[A-Z]\w+",
    re.M,
)
_MADE = re.compile(r"(?=.*[_A-Z])\w+(?:\.\w+)+|(?:id|_)?\d+")
_GIVEN = re.compile(
    r"\{:?\s*(?:#|id=[\"']?)([^\s\"'}]+)[^}]*\}|^\(([^()\s]+)\)=[ \t]*$"
    r"|^#+[ \t][^\n]*\[\[([^\[\]\s]+)\]\][ \t]*$",
    re.MULTILINE,
)
# What gives a heading other attributes: `# Install {: .wide }`.
_ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
_OF_CODE = re.compile(r"(?<=\])\[[\w.]+\]")
# The sign of a block that runs when the site is made.
_RUN = re.compile(r"\s(?:exec|eval|demo)\b")
_HTML_HEADING = re.compile(r"<h[1-6][^>]*>(.{0,400}?)</h[1-6]>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


class Lead(NamedTuple):
    """Where a link leads: a path from the root, and a fragment of it, which may be empty.

    `told_by` is what tells whether there is, or was, a path that does not exist: the files alone,
    the configuration of a site for an address of its pages, or git's history.
    """

    path: str
    fragment: str
    exists: bool
    told_by: Literal["tree", "site", "history"] = "tree"


class Tree(NamedTuple):
    """The paths that links can lead to; in `by_file` sites pages are linked by their files."""

    files: frozenset[str]
    folders: frozenset[str]
    tracked: frozenset[str]
    sites: tuple[str, ...]
    by_file: tuple[str, ...]
    has_bare_pages: bool


def tree(repo: Repo) -> Tree:
    """The files and folders of the repository, and the folders that a site is made of."""
    files = frozenset(path for path in repo.files if path in repo)
    folders: set[str] = {""}
    for path in files:
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    homes = {path[: found.start()] for path in files if (found := _SITES.search(path))}
    roots = homes - {""}
    if "" in homes:
        links = repo.links()
        roots.update(links.get(each, each) for each in _OF_SITES)
    for path in files:
        if _MKDOCS.search(path) and (document := repo.document(path)) is not None:
            home = posixpath.dirname(path)
            for said in _DOCS_DIR.finditer(document.text):
                roots.add(posixpath.normpath(posixpath.join(home, said["folder"])))
    roots &= folders
    by_file: set[str] = set()
    # Pages that are written for a site whose configuration is elsewhere.
    repo.expect(_INCLUDES, ENDINGS)
    repo.expect(_OF_SITE, ENDINGS)
    for needles, sites in ((_OF_SITE, roots), ((_TOCTREE,), by_file)):
        for written in repo.search(needles, ENDINGS):
            first, slash, _ = written.path.partition("/")
            if slash and first in _OF_SITES:
                sites.add(first)
    roots |= by_file
    has_bare_pages = any(path.endswith(".gitbook.yaml") for path in files)
    return Tree(
        files,
        frozenset(folders),
        frozenset(repo.files),
        tuple(sorted(roots)),
        tuple(sorted(by_file)),
        has_bare_pages,
    )


def lead(repo: Repo, path: str, target: str) -> Lead | None:
    """Where a link in the document at `path` leads; None where the repository cannot know."""
    target = target.strip()
    if _SCHEME.match(target) or _PLACEHOLDER.search(target) or _TEMPLATES.search(path):
        return None
    plain, _, fragment = target.partition("#")
    plain = unquote(plain.partition("?")[0])
    if not plain:
        return Lead(path, unquote(fragment), exists=True) if fragment else None
    if plain.lower() in _STAND_IN or any(map(_IS_STAND_IN.fullmatch, plain.split("/")[:2])):
        return None
    if "\0" in plain or len(plain) > 1000 or "\n" in plain:
        return None
    known = repo.view(tree)
    first = plain.partition("/")[0]
    if _FILLED_IN.fullmatch(first) and not named(repo, first):
        return None
    is_site = any(path.startswith(f"{site}/") for site in known.sites)
    if plain.startswith("/"):
        found = posixpath.normpath(plain.lstrip("/") or ".")
    else:
        found = posixpath.normpath(posixpath.join(posixpath.dirname(path), plain))
    found = "" if found == "." else found
    if found.startswith("../") or found == "..":
        return None
    if is_there(repo, known, found):
        return Lead(found, unquote(fragment), exists=True)
    for folder in (*repo.view(includers).get(path, ()), *repo.view(_other_homes).get(path, ())):
        # What is included is read where it comes to stand, and so is what links lead to.
        other = posixpath.normpath(posixpath.join(folder, plain))
        if is_there(repo, known, other):
            return Lead(other, unquote(fragment), exists=True)
    is_below_docs = path.partition("/")[0] in _OF_SITES
    if is_below_docs or is_site:
        for other in _by_site(known, path, plain, found):
            return Lead(other, unquote(fragment), exists=True)
        page_of_site = _address(repo, known, path, plain)
        if page_of_site is not None:
            return page_of_site._replace(fragment=unquote(fragment))
    is_bare = (known.has_bare_pages or is_below_docs) and not posixpath.splitext(found)[1]
    if is_bare or path.endswith(".mdx"):
        # A site of which nothing else is here may call its pages so.
        pages = [f"{found}{ending}" for ending in _PAGES if f"{found}{ending}" in known.files]
        if pages:
            return Lead(pages[0], unquote(fragment), exists=True)
        if is_bare and plain.startswith("/"):
            return None
    if _ON_GITHUB.search(plain) and (plain.startswith(("../", "/")) or "/" in plain):
        return None
    if is_site and _is_decided_by_site(repo, known, path, plain):
        return None
    if "/content/" in f"/{path}" and is_there(repo, known, _from_address(path, plain)):
        return None
    if is_template(repo, found):
        return None
    return Lead(found, unquote(fragment), exists=False)


def _by_site(known: Tree, path: str, plain: str, found: str) -> Iterator[str]:
    """The files that a link of a site's page may lead to by the site's own rules.

    A slash stands for the folder that the site is made of, which is one above the page; and what
    is not translated is taken from the English pages, which stand beside the others.
    """
    above = posixpath.dirname(path)
    folders = [above]
    while above:
        above = posixpath.dirname(above)
        folders.append(above)
    paths = [found]
    if plain.startswith("/"):
        paths = [posixpath.join(folder, found) for folder in folders]
    for folder in filter(None, folders):
        parent, _, name = folder.rpartition("/")
        original = posixpath.join(parent, "en")
        if _LANGUAGE.fullmatch(name) and original in known.folders:
            paths += [f"{original}{each[len(folder) :]}" for each in paths
                      if each.startswith(f"{folder}/")]  # fmt: skip
    yield from (each for each in paths if each in known.files)


def _address(repo: Repo, known: Tree, path: str, plain: str) -> Lead | None:
    """Where an address from the root of a site leads, if that is a page, or was one once."""
    address = plain.strip("/")
    if not plain.startswith("/") or not address or _ON_GITHUB.search(plain):
        return None
    homes = [each for each in known.sites if path.startswith(f"{each}/")]
    for home in reversed(homes):
        base = f"{home}/{address}"
        names = (base, *(f"{base}{inner}{ending}" for inner in ("", "/index") for ending in _PAGES))
        for name in names:
            if name in known.files:
                return Lead(name, "", exists=True)
        if base in known.folders:
            return None
        said = repo.view(_of_mintlify).get(home)
        if said is not None:
            return None if _is_told(known, home, said, address) else Lead(base, "", False, "site")
    if not homes or posixpath.splitext(address)[1]:
        return None
    # Below the site's folder there may be one of its own for pages: `src/content/docs`.
    if any(
        each.startswith(f"{homes[0]}/") and posixpath.splitext(each)[0].endswith(f"/{address}")
        for name in (address, f"{address}/index")
        for ending in _PAGES
        for each in named(repo, f"{posixpath.basename(name)}{ending}")
    ):
        return None
    return Lead(f"{homes[-1]}/{address}{posixpath.splitext(path)[1]}", "", False, "history")


def _of_mintlify(repo: Repo) -> dict[str, str]:
    """What configures sites of Mintlify, whose pages are the files of a folder, by that folder."""
    return {
        posixpath.dirname(path): document.text
        for path in repo.files
        if path.endswith(("/docs.json", "/mint.json"))
        and (document := repo.document(path)) is not None
        and "mintlify.com/" in document.text
        and '"navigation"' in document.text
    }


def _is_told(known: Tree, home: str, said: str, address: str) -> bool:
    """Whether a site's configuration has an address, or makes pages where it would be."""
    if f'"{address}"' in said or f'"/{address}"' in said:
        return True
    sources = re.findall(r'"source"\s*:\s*"/([^":*]*)[:*]', said)
    if any(f"{address}/".startswith(each) for each in sources):
        return True
    folder = posixpath.dirname(f"{home}/{address}")
    makes_pages = re.search(r'"(?:openapi|asyncapi|openrpc)"\s*:', said) is not None
    return makes_pages and folder not in known.folders


def originals(path: str) -> Iterator[str]:
    """The paths that the page may have of which the one at a path is a translation.

    It stands in the folder `en` beside that of the language, or above the latter; or beside it, by
    the name without the language: `README_zh.md`.
    """
    if suffixed := _IN_LANGUAGE.fullmatch(path):
        yield suffixed["name"] + suffixed["ending"]
    folders = path.split("/")
    for number, folder in enumerate(folders[:-1]):
        if _LANGUAGE.fullmatch(folder) and folder != "en":
            yield "/".join([*folders[:number], "en", *folders[number + 1 :]])
            yield "/".join([*folders[:number], *folders[number + 1 :]])


def is_there(repo: Repo, known: Tree, path: str) -> bool:
    """Whether a path exists: in the repository, or on disk as a link, a submodule or ignored."""
    if path in known.files or path in known.folders:
        return True
    return repo.exists(path) or (path not in known.tracked and repo.tree.exists(path))


def includers(repo: Repo) -> dict[str, tuple[str, ...]]:
    """The folders of the documents that include a document, by its path."""
    found: dict[str, dict[str, None]] = {}
    files = repo.view(tree).files
    for document in repo.search(_INCLUDES, ENDINGS):
        folder = posixpath.dirname(document.path)
        for said in _INCLUDE.finditer(document.text):
            name = posixpath.normpath(next(filter(None, said.groups())))
            inside = posixpath.normpath(posixpath.join(folder, name))
            paths = [each for each in (inside, name) if each in files]
            for path in paths or (each for each in files if each.endswith(f"/{name}")):
                found.setdefault(path, {})[folder] = None
    return {path: tuple(folders) for path, folders in found.items()}


def _other_homes(repo: Repo) -> dict[str, list[str]]:
    """The folders from which symbolic links lead to a document, by its path."""
    found: dict[str, list[str]] = {}
    for path, end in repo.links().items():
        found.setdefault(end, []).append(posixpath.dirname(path))
    return found


def _is_decided_by_site(repo: Repo, known: Tree, path: str, plain: str) -> bool:
    """Whether a link of a site's document, which leads to no file, may be right on the site."""
    folder = posixpath.dirname(path)
    stem, ending = posixpath.splitext(plain)
    is_output = ending == ".html" or stem.endswith(".html")
    if plain.startswith("/") or ending.lower() not in _PAGES or is_output:
        return True
    # Some generators read links from the page's address, which is a folder of its own.
    inside = _from_address(path, plain)
    is_by_file = any(path.startswith(f"{site}/") for site in known.by_file)
    if is_there(repo, known, inside) and not is_by_file:
        return True
    # Pages that a plugin makes stand in folders that are not in the repository, or in which it has
    # but the page that lists them.
    home = posixpath.dirname(posixpath.normpath(posixpath.join(folder, plain)))
    is_inside = any(f"{home}/".startswith(f"{site}/") for site in known.sites)
    return is_inside and (home not in known.folders or _has_but_an_index(known, home))


def _from_address(path: str, plain: str) -> str:
    """Where a link leads that is read from the address of its page, which is a folder."""
    return posixpath.normpath(posixpath.join(path, plain))


def is_template(repo: Repo, path: str) -> bool:
    """Whether a file is made of a template of its name, beside it or in a folder beside its own."""
    above = posixpath.dirname(posixpath.dirname(path))
    return any(
        posixpath.dirname(found) == posixpath.dirname(path) or (
            above and found.startswith(f"{above}/"))
        for ending in _TEMPLATE_ENDINGS
        for found in named(repo, f"{posixpath.basename(path)}{ending}")
    )  # fmt: skip


def _has_but_an_index(known: Tree, folder: str) -> bool:
    inside = [path for path in known.files if path.startswith(f"{folder}/")]
    return len(inside) == 1 and posixpath.splitext(posixpath.basename(inside[0]))[0] in _INDEXES


def has_anchor(repo: Repo, found: Lead) -> bool | None:
    """Whether a fragment leads anywhere in its file; None where it cannot be known."""
    if found.path not in repo.view(tree).files:
        return None
    document = repo.document(found.path)
    if document is None or found.fragment.startswith((":~:", "!", "/")):
        return None
    if not found.path.endswith(ENDINGS):
        line = _LINE.match(found.fragment)
        return None if line is None else int(line[2] or line[1]) <= len(document.line_starts)
    fragment = found.fragment.removeprefix("user-content-")
    if fragment in ("", "top") or _LINE.match(fragment):
        return True
    is_readme = posixpath.basename(found.path).lower().startswith("readme.")
    if (is_readme and fragment == "readme") or re.search(r"\w", fragment) is None:
        return True  # the page of the repository has it; `##` is none, but carries a title
    included = repo.view(_included, found.path)
    parts = (document, *(included or ()))
    try:
        names = [part.view(anchors) for part in parts]
        is_open = any(part.view(_makes_anchors) for part in parts)
    except TooDeepError as error:
        repo.unchecked[found.path] = str(error)
        return None
    exact = frozenset[str]().union(*(each[0] for each in names))
    loose = frozenset[str]().union(*(each[1] for each in names))
    if fragment in exact or _lenient(fragment) in exact or re.match(r"fn(?:ref)?[-:]", fragment):
        return True
    is_part = not document.view(page).headings  # of a page that a program puts together
    if included is None or is_open or is_part or found.path in repo.view(includers):
        return None  # it may lead to a heading of what includes it
    if is_readme:
        return False  # which the hosting service shows, too
    headings = [each.text for part in parts for each in part.view(page).headings]
    if any(_in_ascii(each) == fragment for each in headings if not each.isascii()):
        return True
    is_on_site = any(found.path.startswith(f"{site}/") for site in repo.view(tree).sites)
    if not is_on_site and "/content/" in f"/{found.path}":
        return True if _loose(fragment) in loose else None
    if not is_on_site:
        # A site of which nothing else is here may spell what it makes of a heading otherwise.
        if "_" in fragment and _loose(fragment) in loose:
            return None
        squeezed = {each.replace("-", "") for each in loose - {_loose(fragment)}}
        return None if _loose(fragment).replace("-", "") in squeezed else False
    if _loose(fragment) in loose:
        return True
    return None if _may_be_made(repo, found, document) else False


def _may_be_made(repo: Repo, found: Lead, document: Document) -> bool:
    """Whether a site may have an anchor that none of a document's headings gives."""
    above = (*lineage(posixpath.dirname(found.path)), "")
    return (
        # Sphinx finds labels of other documents, and those of documented code.
        any(posixpath.join(each, "conf.py") in repo for each in above)
        or _MADE.fullmatch(found.fragment) is not None
        # What is not ASCII is spelt by each in its own way, and a part is read where it is taken.
        or any(re.search(r"[^\W\d_a-zA-Z]", each.text) for each in document.view(page).headings)
        or posixpath.basename(found.path).startswith("_")
    )


def _included(repo: Repo, path: str) -> tuple[Document, ...] | None:
    """The documents that a document includes; None where it cannot be told which."""
    document = repo.document(path)
    text = document.text if document is not None else ""
    found: list[Document] = []
    for said in _INCLUDE.finditer(text) if any(sign in text for sign in _INCLUDES) else ():
        name = posixpath.normpath(next(filter(None, said.groups())))
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        same = named(repo, posixpath.basename(name))
        homes = [each for each in same if each in (inside, name) or each.endswith(f"/{name}")]
        if not homes:
            return None
        documents = (repo.document(each) for each in homes if each.endswith(ENDINGS))
        found += filter(None, documents)
    return tuple(found)


def _makes_anchors(document: Document) -> bool:
    """Whether there may be anchors that no heading and no tag shows; code makes none."""
    read = document.view(page)
    if any(_RUN.search(each.info) for each in read.fences):
        return True
    blocks = [(each.start, each.end) for each in read.fences if not each.info.startswith("{")]
    plain, at = [], 0
    for start, end in sorted((*blocks, *((each.start, each.end) for each in read.codes))):
        plain.append(document.text[at:start])
        at = end
    plain.append(document.text[at:])
    return _MAKES_ANCHORS.search("".join(plain)) is not None


def anchors(document: Document) -> tuple[frozenset[str], frozenset[str]]:
    """The anchors of a Markdown document: GitHub's, and what other programs make of headings."""
    read = document.view(page)
    names = {*unique_slugs(each.text for each in read.headings), *read.anchors}
    # What mkdocs links to documented code stands in brackets behind it, and is not seen.
    names |= {slug(_OF_CODE.sub("", each.text)) for each in read.headings if "[" in each.text}
    names |= {slug(_ATTRIBUTES.sub("", each.text)) for each in read.headings if "{" in each.text}
    if any(sign in document.text for sign in ("{", ")=", "[[")):
        names |= {found[found.lastindex or 0] for found in _GIVEN.finditer(document.text)}
    if "<h" in document.text or "<H" in document.text:
        headings = _HTML_HEADING.findall(document.text)
        names |= {slug(_TAG.sub("", each).strip()) for each in headings}
    exact = frozenset({*names, *map(_lenient, names)})
    loose = frozenset(map(_loose, names))
    return exact, loose | {each.lstrip("0123456789-") for each in loose}


def _lenient(name: str) -> str:
    """An anchor without what readers do not see: GitHub's pages find it in any case."""
    return name.replace("\ufe0f", "").lower()


def _in_ascii(heading: str) -> str:
    """The anchor that Hugging Face's documents and others make: all but ASCII is left out."""
    return re.sub(r"\s+", "-", re.sub(r"[^a-z0-9\s]+", "", heading.lower()).strip())


def _loose(name: str) -> str:
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode() or name
    return re.sub(r"[\W_]+", "-", plain.lower()).strip("-")
