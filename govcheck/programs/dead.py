"""Commands that run, or read, what the repository does not have."""

import ast
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from govcheck.docs.documents import class_of
from govcheck.docs.links import originals
from govcheck.docs.paths import is_somewhere, lineage
from govcheck.docs.subject import is_about_another
from govcheck.document import Document
from govcheck.finding import Span
from govcheck.history import held
from govcheck.markdown import restructured
from govcheck.markdown.page import page
from govcheck.policy import Policy
from govcheck.programs import MAKEFILES, tasks
from govcheck.programs.calls import Call, call_of
from govcheck.programs.modules import console_scripts, is_alias, modules, project_names
from govcheck.programs.written import (
    Written,
    created,
    fetches_another,
    is_own_name,
    written,
)
from govcheck.repo import Repo
from govcheck.shell import Word

_PATH = re.compile(r"(?:\.{0,2}/)?[\w.@+-]+(?:/[\w.@+-]+)*/?")
_NODE = re.compile(r"(?P<path>[\w./@+-]+\.py)(?P<names>(?:::[A-Za-z_]\w*)+)?(?P<rest>\[.*|::.*)?")
PLACEHOLDERS = re.compile(
    r"(?i)\b(?:your|my|path|to|example|some|xxx+|yyyy|name|file|new)\b"
    r"|(?<![a-z])(?:foo|bar|baz|spam|eggs)(?![a-z])"
    r"|\.\.\.|…|(?<![a-z])my_|(?<![a-z])your[a-z_]|_name\b|\bpath[/_]to(?![a-z])|example\.(?:py|sh)|(?<![a-z])example\d|\bmyproject\b|\bfoo_|\bxxx"
    r"|(?<![a-z])new_"
    r"|(?<![a-z])test_(?:file|module|name|function|method|case|something|specific\w*)(?![a-z])"
    r"|\btests?/module/"
)
_PYTEST_VALUES = frozenset(
    {"-k", "-m", "-n", "-p", "-c", "-o", "-W", "-r", "--tb", "--maxfail", "--durations", "--ignore",
     "--ignore-glob", "--deselect", "--rootdir", "--junitxml", "--junit-xml", "--timeout", "--html",
     "--basetemp", "--confcutdir", "--log-level", "--log-cli-level", "--log-file", "--color",
     "--capture", "--cov-report", "--cov-config", "--numprocesses", "--dist", "--maxprocesses",
     "--reruns", "--count", "--seed", "--randomly-seed", "--db", "--settings", "--ds", "--cov",
     "--override-ini", "--import-mode", "--pythonwarnings", "--reruns-delay", "--splits", "--group",
     "--durations-path", "--benchmark-json", "--cov-fail-under"}
)  # fmt: skip
_TEMPLATE = re.compile(r"(?i)(?:^|[._-])(?:example|template|sample|dist)(?:$|[._-])")
# Options whose value is a file that is read, by program.
_READS = {
    "pip": frozenset({"-r", "--requirement", "-c", "--constraint"}),
    "pip3": frozenset({"-r", "--requirement", "-c", "--constraint"}),
    "docker": frozenset({"-f", "--file"}),
    "docker-compose": frozenset({"-f", "--file"}),
    "kubectl": frozenset({"-f", "--filename"}),
}


# The marks of pytest's progress behind the name of a file.
_OUTPUT = re.compile(r"[.FEsxXR]+")
_SHARE = re.compile(r"\d{1,3}(?:\.\d+)?%")
_MAKES = re.compile(r"(?i)\b(?:creat|add|writ|sav|put|new)")
_MAKES_FILE = re.compile(
    r"(?i)\b(?:add|create|write)\w{0,3}\s+(?:an?\s|the\s|your\s)?(?:\w+\s)?files?\b"
    r"(?:[^.:;\n]|\n(?!\s*\n))*\Z"
)
# An item of a list that begins with a name, and then a code span: `- shop-worker \`make x\``.
_LABEL = re.compile(r"^\s*[-*][ ]+(\w+(?:-\w+)+)[ ]+`$")
_LINKED = re.compile(r"://(?:github|gitlab)\.com/[\w.-]+/([\w.-]+?)(?:\.git)?(?=[\s/)#\"'`?])")
_TEXT = frozenset({"", "text", "plaintext"})
_MANIFESTS = (".toml", ".cfg", "setup.py")
_LONG = 5
_REACH = 200
_MAX_ASKED = 5
# A document that bears a date tells of that day.
_DATED = re.compile(r"(?<!\d)(?:19|20)\d\d[-_]?[01]\d[-_]?[0-3]\d(?!\d)[^/]*$")


class Missing(NamedTuple):
    """A word that names what is not there.

    `path` is the path that it means, if it means one; `name` what it is called besides, if it may
    have another home: the last name of a test's node id. `is_doubtful` tells that it may be in
    another repository, unless git knows it.
    """

    written: Written
    span: Span
    message: str
    kind: str
    path: str = ""
    name: str = ""
    generator: str | None = None
    is_doubtful: bool = False


def missing(repo: Repo, policy: Policy) -> tuple[Missing, ...]:
    """All that commands of documents, scripts and Makefiles miss; workflows, too."""
    found: list[Missing] = []
    for each in repo.view(written, policy):
        if each.kind == "plan":
            continue
        call = call_of(each.command)
        if call is not None:
            found += _in_call(repo, policy, each, call)
    said = {(each.span.path, each.message) for each in found}
    return tuple(each for each in found if not _is_told_in_original(repo, each, said))


def _is_told_in_original(repo: Repo, each: Missing, said: Set[tuple[str, str]]) -> bool:
    """Whether a document is a translation, and its original has the same, and nothing is missed.

    What is said there of a command can be read.
    """
    text = each.written.document.text[each.span.start : each.span.end]
    return each.written.doc is not None and any(
        (path, each.message) not in said
        and (original := repo.document(path)) is not None
        and text in original.text
        for path in originals(each.span.path)
        if path in repo
    )


def _in_call(repo: Repo, policy: Policy, each: Written, call: Call) -> Iterator[Missing]:
    generator = class_of(policy, each.document.path)[1] if each.doc is not None else None
    found = [*_of_call(repo, policy, each, call)]
    is_doubtful = bool(found) and (_is_name(each, call) or _may_be_elsewhere(repo, each))
    is_pytest = each.doc is not None and call.name.text in ("pytest", "py.test")
    for said in found:
        is_other = is_doubtful or (
            not _is_deep_inside(repo, said.path)
            and (
                _is_about_linked(repo, each, said)
                or (is_pytest and repo.view(_is_plugin_of_pytest))
            )
        )
        yield said._replace(generator=generator, is_doubtful=is_other or said.is_doubtful)


def _is_deep_inside(repo: Repo, path: str) -> bool:
    """Whether a path leads into a folder of a folder that the repository has."""
    above = posixpath.dirname(path.lstrip("/"))
    while above and not repo.exists(above):
        above = posixpath.dirname(above)
    return "/" in above


def _is_about_linked(repo: Repo, each: Written, said: Missing) -> bool:
    """Whether a document, or what is missing, is called like a repository that it links to."""
    if each.doc is None or "://git" not in each.document.text:
        return False
    text = each.document.text
    names = {*_LINKED.findall(text)}
    stem = posixpath.splitext(posixpath.basename(each.document.path))[0]
    called = [_letters(stem), _letters(text[said.span.start : said.span.end])]
    return any(
        len(letters) >= _LONG and any(letters in each for each in called)
        for name in names
        if not is_own_name(repo, name) and (letters := _letters(name))
    )


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _is_plugin_of_pytest(repo: Repo) -> bool:
    """Whether a package here is a plugin of pytest, whose documents speak of its users' tests."""
    return any("pytest11" in each.text for each in repo.search(["pytest11"], _MANIFESTS))


def _may_be_elsewhere(repo: Repo, each: Written) -> bool:
    """Whether a document fetches another repository, or calls it by name before the command."""
    if each.doc is None:
        return False
    text = each.document.text
    label = _LABEL.search(text[text.rfind("\n", 0, each.block) + 1 : each.block])
    is_labelled = each.where == "span" and label is not None and not is_own_name(repo, label[1])
    return (
        is_labelled
        or repo.view(fetches_another, each.document)
        or is_about_another(repo, each.document)
        or _DATED.search(each.document.path) is not None
        or _is_listed(each)
    )


def _is_listed(each: Written) -> bool:
    """Whether a command is but a path in a block of no shell, which may list the reader's files."""
    fence = each.doc.page.fence_at(each.block) if each.doc is not None else None
    is_text = each.where == "fence" and fence is not None and fence.language in _TEXT
    return is_text and len(each.command.words) == 1


def _is_name(each: Written, call: Call) -> bool:
    """Whether what a block runs has no ending: `shop/cart`, which may be the name of an image."""
    text = call.name.text
    is_bare = not text.startswith(".") and not posixpath.splitext(text)[1]
    return each.where == "fence" and call.kind == "file" and is_bare


def _of_call(repo: Repo, policy: Policy, each: Written, call: Call) -> Iterator[Missing]:
    name = call.name.text
    if call.kind == "file":
        if call.arguments[-1:] and _OUTPUT.fullmatch(call.arguments[0].text):
            return
        if any(_SHARE.fullmatch(word.text) for word in call.arguments):
            return  # a row of what was covered
        if call.through[-1:] not in (("source",), (".",)):
            yield from _file(repo, policy, each, call.name, "script")
        return
    if call.kind == "module":
        yield from _module(repo, each, call.name)
        if name not in ("pytest", "pre_commit", "nox", "tox", "pip"):
            return
    arguments = call.arguments
    manager = call.through[-1] if call.through and call.kind == "program" else ""
    if manager in ("poetry", "uv", "pdm") and not _is_its_own(repo, each, manager):
        yield from _tool(repo, each, call.name)
    match name:
        case "pytest" | "py.test":
            yield from _tests(repo, policy, each, arguments)
        case "make" | "gmake":
            yield from _make(repo, each, arguments)
        case "just":
            yield from _just(repo, each, arguments)
        case "npm" | "pnpm" | "yarn":
            yield from _node(repo, each, name, arguments)
        case "nox":
            yield from _listed(repo, each, arguments, ("-s", "--session", "--sessions", "-e"),
                               tasks.sessions, "session of nox")  # fmt: skip
        case "tox":
            yield from _tox(repo, each, arguments)
        case "pre-commit" | "pre_commit" | "prek":
            yield from _hook(repo, each, arguments)
        case "poetry" | "uv" | "pdm" if not _is_its_own(repo, each, name):
            yield from _groups(repo, each, name, arguments)
    if name in ("pip", "pip3", "uv") and not _is_its_own(repo, each, name):
        yield from _extras(repo, each, arguments)
    for option, word in pairwise(arguments):
        is_other = name == "docker" and arguments[0].text not in ("compose", "build")
        if option.text in _READS.get(name, ()) and not is_other:
            yield from _read(repo, policy, each, word)
    if name == "cp":
        for word in arguments[:-1]:
            if not word.text.startswith("-") and _may_be_ours(word.text, arguments[-1].text):
                yield from _read(repo, policy, each, word)


def _may_be_ours(source: str, copy: str) -> bool:
    """Whether what is copied is in some folder, or a template that the copy is called after.

    `cp template.yaml shop.yaml` copies what the reader got elsewhere, as likely as not.
    """
    plain, name = (re.sub(r"[\W_]", "", each) for each in (
        _TEMPLATE.sub(".", source), posixpath.basename(copy)))  # fmt: skip
    return "/" in source or source.startswith(".") or plain == name


def _is_its_own(repo: Repo, each: Written, name: str) -> bool:
    """Whether a document is that of the tool itself, which speaks of its users' projects."""
    return each.doc is not None and (
        name in repo.view(console_scripts) or name in repo.view(project_names)
    )


# Tools that bear the names of their packages, so that a lock tells whether they are there.
_NAMED_ALIKE = frozenset(
    {"autoflake", "bandit", "black", "commitizen", "coverage", "deptry", "docformatter", "flake8",
     "interrogate", "isort", "mkdocs", "mypy", "nox", "pip-audit", "pre-commit", "pydocstyle",
     "pylint", "pyright", "pytest", "pyupgrade", "radon", "ruff", "safety", "towncrier", "tox",
     "twine", "vulture", "xenon", "yamllint"}
)  # fmt: skip


def _tool(repo: Repo, each: Written, word: Word) -> Iterator[Missing]:
    """A tool that is run in the project's environment, which no lock or manifest brings there."""
    folder = _folder(each)
    if word.text not in _NAMED_ALIKE or folder != "":
        return
    known = repo.view(tasks.locked)
    installed = rf"(?:\b(?:install|add|inject)|--with)\b[^\n]*\b{re.escape(word.text)}\b"
    if known and word.text not in known and not re.search(installed, each.document.text):
        span = each.span(word)
        yield Missing(each, span, f"no lock file has {word.text}", "tool")


# Files.


def _candidates(each: Written, path: str) -> list[str]:
    found = []
    for folder in each.folders:
        joined = posixpath.normpath(posixpath.join(folder, path))
        if not joined.startswith(("..", "/")) and joined not in found:
            found.append(joined)
    return found


def _file(
    repo: Repo, policy: Policy, each: Written, word: Word, what: str, text: str | None = None
) -> Iterator[Missing]:
    """A path that must be there, unless it may be something that the reader makes."""
    text = word.text if text is None else text
    if not _is_ours(repo, each, word, text) or _is_made(repo, policy, each, text):
        return
    path = _candidates(each, text)[0]
    span = each.document.span(word.start, word.start + len(text))
    yield Missing(each, span, f"there is no {what} {text}", what, path)


def _read(repo: Repo, policy: Policy, each: Written, word: Word) -> Iterator[Missing]:
    name = posixpath.basename(word.text)
    if "/" not in word.text and not _TEMPLATE.search(name):
        return
    if re.match(r"\.env(?:\.local)?$", name) or (
        not posixpath.splitext(name)[1] and not _TEMPLATE.search(name)
    ):
        return
    for found in _file(repo, policy, each, word, "file"):
        yield found._replace(kind="template" if _TEMPLATE.search(name) else "file")


def _is_ours(repo: Repo, each: Written, word: Word, text: str) -> bool:
    """Whether a path is one in the repository, and nothing is there."""
    plain = _TEMPLATE.sub("", text)
    if not word.is_literal or not _PATH.fullmatch(text) or PLACEHOLDERS.search(plain):
        return False
    candidates = _candidates(each, text)
    if not candidates or text.startswith("/"):
        return False
    if any(map(repo.exists, candidates)):
        return False
    plain = text.removeprefix("./").rstrip("/")
    first, _, rest = plain.partition("/")
    if is_somewhere(repo, plain) or (is_own_name(repo, first) and repo.exists(rest)):
        return False
    if "/" in plain:
        # A path of the repository begins like one: its first folder is there.
        first = plain.partition("/")[0]
        return any(repo.exists(posixpath.join(folder, first)) for folder in each.folders)
    is_example = plain.endswith((".py", ".sh")) and _TEMPLATE.match(plain) is not None
    return _TEMPLATE.search(plain) is not None and not is_example


def _is_made(repo: Repo, policy: Policy, each: Written, text: str) -> bool:
    """Whether the document itself tells to make the file, or its folder."""
    plain = posixpath.normpath(text)
    made = created(repo, policy, each.document.path)
    parents = [*lineage(plain)]
    if any(parent in made for parent in parents):
        return True
    if each.doc is None:
        return False
    return _tells_to_make(each.document, plain) or any(
        _tells_to_make(each.document, f"`{posixpath.basename(parent)}`")
        for parent in parents
        if not any(map(repo.exists, _candidates(each, parent)))
    )


def _tells_to_make(document: Document, name: str) -> bool:
    """Whether a line of a document tells to make something and names it, or a block is named so.

    Or whether the sentence, which may have begun on another line, tells to make a file.
    """
    text = document.text
    at = text.find(name)
    while at >= 0:
        far = max(0, at - _REACH)
        line = text.rfind("\n", far, at) + 1 or far
        lead = text[line:at]
        # A tag may hide a block from the parser.
        if _MAKES.search(lead) or lead.lstrip().startswith(("```", "~~~")):
            return True
        if _MAKES_FILE.search(text, far, at):
            return True
        at = text.find(name, at + 1)
    return name in document.view(_names_of_blocks)


def _names_of_blocks(document: Document) -> str:
    """What stands behind the language of blocks, and in their first lines if these are remarks."""
    said = []
    read = restructured.page if document.path.endswith(restructured.ENDING) else page
    for fence in document.view(read).fences:
        first = fence.text[:_REACH].lstrip().partition("\n")[0]
        said.append(fence.info)
        if first.startswith(("#", "//", "<!--", ";")):
            said.append(first)
    return "\n".join(said)


def _module(repo: Repo, each: Written, word: Word) -> Iterator[Missing]:
    name = word.text
    parent, dot, _ = name.rpartition(".")
    known = repo.view(modules)
    roots = [folder for folder in each.folders if folder]
    if not dot or PLACEHOLDERS.search(name) or known.find(name, *roots) is not None:
        return
    home = known.find(parent, *roots)
    if home is None and not (known.owns(name) and "." in parent):
        return
    if home is not None and home.endswith(".py") and not home.endswith("__init__.py"):
        return
    if home is not None and is_alias(repo, home, parent):
        return
    path = known.find(name.partition(".")[0], *roots) or ""
    base = posixpath.dirname(path) if path.endswith(".py") else path
    below = name.partition(".")[2].replace(".", "/")
    # A folder that is no package may be called like one that is installed.
    is_folder = home is not None and not home.endswith(".py")
    yield Missing(each, each.span(word), f"there is no module {name}", "module",
                  posixpath.join(base, f"{below}.py"), name, is_doubtful=is_folder)  # fmt: skip


# Tests.


def _tests(
    repo: Repo, policy: Policy, each: Written, arguments: tuple[Word, ...]
) -> Iterator[Missing]:
    skip = False
    for word in arguments:
        if skip:
            skip = False
            continue
        if word.text.startswith("-"):
            skip = word.text in _PYTEST_VALUES
            continue
        text = word.text
        found = _NODE.fullmatch(text)
        if word.is_literal and found is not None and found["names"]:
            yield from _node_id(repo, policy, each, word, found)
        elif "/" in text or text.endswith(".py"):
            what = "test file" if text.endswith(".py") else "folder of tests"
            yield from _file(repo, policy, each, word, what, text.partition("::")[0])


def _node_id(
    repo: Repo, policy: Policy, each: Written, word: Word, found: re.Match[str]
) -> Iterator[Missing]:
    names = found["names"].removeprefix("::").split("::")
    existing = [path for path in _candidates(each, found["path"]) if path in repo]
    if not existing:
        for said in _file(repo, policy, each, word, "test file", found["path"]):
            yield said._replace(name="::".join(names))
        return
    document = repo.document(existing[0])
    if document is None:
        return
    text = document.text
    start = word.start + len(found["path"])
    for number, name in enumerate(names):
        is_test = number == len(names) - 1 and not name[0].isupper()
        kind = "def" if is_test else "(?:class|def)"
        start += 2
        if PLACEHOLDERS.search(name):
            return
        if (
            re.search(rf"\b{kind}\s+{name}\b", text) is None
            and not _may_inherit(text, names[:number])
            and not _is_example(repo, document, name)
        ):
            span = each.document.span(start, start + len(name))
            message = f"{existing[0]} has no test {'::'.join(names[: number + 1])}"
            yield Missing(each, span, message, "node", existing[0], "::".join(names))
            return
        start += len(name)


def _is_example(repo: Repo, document: Document, name: str) -> bool:
    """Whether a file never had a test of a name, nor has one that is called much like it."""
    from difflib import get_close_matches  # only a candidate pays for the import

    known = re.findall(r"\b(?:def|class)\s+(\w+)", document.text)
    return not get_close_matches(name, known, 1, 0.85) and held(repo, document.path, name) is False


def _may_inherit(text: str, above: list[str]) -> bool:
    """Whether a name may come from elsewhere: a base of the class, or an import."""
    if not above:
        return "import *" in text
    found = re.search(rf"\bclass\s+{above[-1]}\s*\(([^)]*)\)", text)
    return found is not None and found[1].strip() not in (
        "",
        "object",
        "unittest.TestCase",
        "TestCase",
    )


def homes(repo: Repo, node: str) -> tuple[str, ...]:
    """Where what the names of a node id name is: in a file, or in a class of one."""
    names = node.split("::")
    found = repo.search([names[-1]], (".py",))
    return tuple(
        f"{document.path}{scope}" for document in found for scope in _scopes(document.text, names)
    )


def _scopes(text: str, names: Sequence[str]) -> Iterator[str]:
    """The classes in which a module has a test or class; nothing where it stands by itself."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    if _defines(body, names):
        yield ""
    for each in body:
        if isinstance(each, ast.ClassDef) and _defines(each.body, names):
            yield f"::{each.name}"


def _defines(body: Sequence[ast.stmt], names: Sequence[str]) -> bool:
    for name in names:
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = next((each for each in body if isinstance(each, kinds) and each.name == name), None)
        if found is None:
            return False
        body = found.body
    return True


# Tasks.


def _told(each: Written, word: Word, what: str, *, text: str = "") -> Missing:
    span = each.span(word)
    if text and (at := each.document.text.find(text, span.start, span.end)) >= 0:
        span = each.document.span(at, at + len(text))
    return Missing(each, span, f"there is no {what} {text or word.text}", what)


def _folder(each: Written) -> str | None:
    """The one folder that a command runs in, without the slash at its end."""
    return each.folders[0].rstrip("/") if each.folders else None


def _everywhere(
    each: Written, known: Callable[[str], frozenset[str] | None]
) -> frozenset[str] | None:
    """What is known in any of the folders that a command may run in."""
    found = [said for f in each.folders if (said := known(f.rstrip("/"))) is not None]
    names = frozenset[str]().union(*found)
    return names if found and tasks.ANY not in names else None


def _in_any(each: Written, known: Callable[[str], frozenset[str] | None]) -> frozenset[str] | None:
    """What projects have in the folders that a command may run in; None if not of the first one.

    Unless there is no project: then it is the next folder that tells.
    """
    told = [known(folder.rstrip("/")) for folder in each.folders]
    first = next(iter(told), None)
    if first is None and each.doc is not None:
        return None
    there = [each for each in told if each is not None]
    return frozenset[str]().union(*there) if there else None


_USUAL_SCRIPTS = frozenset({"build", "dev", "start", "test"})
_MAKEFILE = re.compile(r"(?:^|/)(?:GNUm|m|M)akefile$")
_CD = re.compile(r"\bcd (?:\S*/)?([\w.-]+)")
_PROSE = frozenset(
    {"sure", "it", "the", "a", "an", "use", "this", "that", "your", "them", "or", "and", "then"}
)


def _make(repo: Repo, each: Written, arguments: tuple[Word, ...]) -> Iterator[Missing]:
    folder, file = "", None
    targets: list[Word] = []
    words = [*arguments]
    while words:
        word = words.pop(0)
        if word.text in ("-C", "--directory", "-f", "--file", "--makefile") and words:
            value = words.pop(0)
            if not value.is_literal:
                return
            if word.text in ("-C", "--directory"):
                folder = value.text
            else:
                file = value.text
        elif word.text in ("-j", "-l") and words and words[0].text.isdigit():
            words.pop(0)
        elif word.text.startswith("-C") or word.text.startswith("--directory"):
            return
        elif not word.text.startswith("-") and "=" not in word.text:
            targets.append(word)

    def known(base: str) -> frozenset[str] | None:
        return tasks.make_targets(repo, posixpath.normpath(posixpath.join(base, folder)), file)

    found = _everywhere(each, known)
    if found is None:
        if not folder and file is None:
            yield from _without_makefile(repo, each, targets)
        return
    if each.where == "makefile" and any("$" in each.text for each in arguments):
        return
    if each.doc is not None:  # another block, or the sentence, may tell in which folder
        entered = None if each.where == "span" else _CD.findall(each.document.text)
        others = {
            posixpath.dirname(path)
            for path in repo.files
            if _MAKEFILE.search(path)
            and (entered is None or posixpath.basename(posixpath.dirname(path)) in entered)
        }
        found = frozenset[str]().union(
            found, *(tasks.make_targets(repo, base, None) or () for base in others)
        )
        if tasks.ANY in found:
            return
    names = {word.text for word in targets}
    # "make sure of it" is prose, also where it is set as code.
    if each.doc is not None and (names & _PROSE or (len(targets) > 1 and not names & found)):
        return
    for word in targets:
        if not word.is_literal or not re.fullmatch(r"[\w-]+", word.text) or word.text in found:
            continue
        if word.text in _ANY_TARGET:
            continue
        # What is a file or folder is up to date.
        if not repo.exists(posixpath.normpath(posixpath.join(folder, word.text))):
            yield _told(each, word, "target of make")


# What stands for any target: `make target`.
_ANY_TARGET = frozenset({"rule", "target", "task"})
# What one builds with in the sources of other programs.
_USUAL = frozenset(
    {"all", "build", "check", "clean", "configure", "distclean", "html", "install", "test"}
)


def _without_makefile(repo: Repo, each: Written, targets: list[Word]) -> Iterator[Missing]:
    """A target of make in a repository that has no Makefile anywhere."""
    if len(targets) != 1 or each.doc is None or any(map(MAKEFILES.search, repo.files)):
        return
    if _tells_to_make(each.document, "Makefile"):
        return  # it speaks of the reader's
    word = targets[0]
    is_target = word.is_literal and re.fullmatch(r"[a-z][a-z0-9]*(?:[-_:][a-z0-9]+)+", word.text)
    fetched = re.search(r"\b(?:git clone|cmake|tar x|curl|wget|\./configure)\b", each.document.text)
    if is_target and word.text not in _USUAL and not fetched:
        message = f"there is no Makefile with a target {word.text}"
        yield Missing(each, each.span(word), message, "target of make")


def _just(repo: Repo, each: Written, arguments: tuple[Word, ...]) -> Iterator[Missing]:
    found = _everywhere(each, lambda folder: tasks.recipes(repo, folder))
    first = arguments[0] if arguments else None
    if not found or first is None or not first.is_literal:
        return
    if re.fullmatch(r"[a-z][\w-]*", first.text) and first.text not in found:
        yield _told(each, first, "recipe of just")


_NODE_OWN = frozenset({"run", "run-script"})


def _node(repo: Repo, each: Written, name: str, arguments: tuple[Word, ...]) -> Iterator[Missing]:
    if len(arguments) < 2 or arguments[0].text not in _NODE_OWN:
        return
    word = arguments[1]
    scripts = repo.view(tasks.workspaces)
    folder = _folder(each)
    if folder is None or not word.is_literal or not re.fullmatch(r"[a-z][\w:.-]*", word.text):
        return
    if PLACEHOLDERS.search(word.text):
        return
    if any(each.text.startswith(("-w", "--workspace", "--prefix", "--filter", "-C", "--cwd"))
           for each in arguments):  # fmt: skip
        return
    if each.where == "span" and word.text in _USUAL_SCRIPTS:
        return  # of any project with a package.json, such as a reader's
    here = [scripts[f.rstrip("/")] for f in each.folders if f.rstrip("/") in scripts]
    if here and not any(word.text in known for known in scripts.values()):
        yield _told(each, word, f"script of {name}")._replace(
            is_doubtful=each.doc is not None and not _was_script(repo, each, word.text, here)
        )


def _was_script(repo: Repo, each: Written, name: str, here: Sequence[Collection[str]]) -> bool:
    """Whether a script of a name is like one that there is, or may have been there once."""
    from difflib import get_close_matches  # only a candidate pays for the import

    known = sorted({other for names in here for other in names})
    if get_close_matches(name, known, 1):
        return True
    home = next((f"{f}package.json" for f in each.folders if f"{f}package.json" in repo), None)
    asked = repo.view(_asked_of_scripts)
    # Git searches all that a file ever held, which takes long where there are many commits.
    if home is None or (len(asked) >= _MAX_ASKED and (home, name) not in asked):
        return False
    asked.add((home, name))
    return repo.view(held, home, f'"{name}"') is not False


def _asked_of_scripts(repo: Repo) -> set[tuple[str, str]]:
    """What git was asked in a run: the manifests, and the names in them."""
    return set()


def _listed(
    repo: Repo,
    each: Written,
    arguments: tuple[Word, ...],
    options: tuple[str, ...],
    known: Callable[[Repo, str], frozenset[str] | None],
    what: str,
) -> Iterator[Missing]:
    found = _everywhere(each, lambda folder: known(repo, folder))
    if found is None:
        return
    for option, word in pairwise(arguments):
        name = re.sub(r"[-(].*", "", word.text)
        if option.text in options and word.is_literal and not {word.text, name} & found:
            yield _told(each, word, what)


def _tox(repo: Repo, each: Written, arguments: tuple[Word, ...]) -> Iterator[Missing]:
    if any(word.text.startswith(("-c", "--conf", "--root", "--workdir")) for word in arguments):
        return  # it has other settings
    found = _everywhere(each, lambda folder: tasks.tox_environments(repo, folder))
    if found is None:
        return
    parts = {part for name in found for part in name.split("-")}
    for option, word in pairwise(arguments):
        if option.text != "-e" or not word.is_literal:
            continue
        for name in tasks.composed(word.text):
            factors = [p for p in name.split("-") if not re.fullmatch(r"(?:py|pypy)\d*[\d.]*", p)]
            if name not in found and not set(factors) <= parts and name != "ALL":
                yield _told(each, word, "environment of tox", text=name)


def _hook(repo: Repo, each: Written, arguments: tuple[Word, ...]) -> Iterator[Missing]:
    if not arguments or arguments[0].text != "run":
        return
    found = tasks.hooks(repo)
    names = [word.text for word in arguments]
    if found is None or {"--files", "-c", "--config"} & {*names}:
        return
    for option, word in pairwise(arguments):
        if option.text in _HOOK_VALUES or not re.fullmatch(r"[A-Za-z][\w.-]*", word.text):
            continue
        if word.is_literal and word.text not in found:
            yield _told(each, word, "hook")
        return


_HOOK_VALUES = frozenset(
    {"--hook-stage", "--from-ref", "--to-ref", "-s", "-o", "--source", "--origin", "--color"}
)
_GROUP_OPTIONS = {
    "poetry": frozenset({"--with", "--without", "--only", "--group", "-G"}),
    "uv": frozenset({"--group", "--only-group", "--no-group"}),
    "pdm": frozenset({"-G", "--group", "--with"}),
}
_EXTRA_OPTIONS = {
    "poetry": frozenset({"--extras", "-E"}),
    "uv": frozenset({"--extra"}),
    "pdm": frozenset[str](),
}


# What tells of another project, or of all that a workspace has.
_ELSEWHERE = frozenset({"-C", "--directory", "--project", "--package", "--all-packages"})


def _groups(repo: Repo, each: Written, name: str, arguments: tuple[Word, ...]) -> Iterator[Missing]:
    if not arguments or arguments[0].text not in (
        "install",
        "sync",
        "update",
        "lock",
        "export",
        "run",
    ):
        return
    folder = _folder(each)
    if folder is None or any(word.text in _ELSEWHERE for word in arguments):
        return
    known_groups = _in_any(each, lambda home: tasks.groups(repo, home))
    known_extras = _in_any(each, lambda home: tasks.extras(repo, home))
    pairs = [*pairwise(arguments)]
    for option, word in pairs:
        if option.text == "--" or (arguments[0].text == "run" and not option.text.startswith("-")
                                   and option is not arguments[0]):  # fmt: skip
            break
        for options, known, what in (
            (_GROUP_OPTIONS[name], known_groups, "dependency group"),
            (_EXTRA_OPTIONS[name], known_extras, "extra"),
        ):
            if option.text not in options or known is None or not word.is_literal:
                continue
            if name == "pdm":  # which calls both a group
                if known_extras is None:
                    continue
                known = known | known_extras
            if what == "dependency group":
                known = known | {"main", "default"}
            for each_name in tasks.composed(word.text):
                if any(_same(each_name, other) for other in known):
                    continue
                if PLACEHOLDERS.search(each_name):
                    continue
                if what == "extra" and _is_extra(repo, each, each_name):
                    continue
                if re.fullmatch(r"[A-Za-z][\w.-]*", each_name):
                    yield _told(each, word, what, text=each_name)


def _is_extra(repo: Repo, each: Written, name: str) -> bool:
    """Whether another project of the repository has an extra, or the document declares it."""
    if each.doc is None:
        return False
    if re.search(rf"""(?m)^\s*["']?{re.escape(name)}["']?\s*=\s*\[""", each.document.text):
        return True
    others = (posixpath.dirname(path) for path in repo.matching("**/pyproject.toml"))
    return any(
        _same(name, other) for folder in others for other in tasks.extras(repo, folder) or ()
    )


def _same(name: str, other: str) -> bool:
    return re.sub(r"[-_.]+", "-", name.lower()) == re.sub(r"[-_.]+", "-", other.lower())


def _extras(repo: Repo, each: Written, arguments: tuple[Word, ...]) -> Iterator[Missing]:
    names = [word.text for word in arguments]
    if "install" not in names[:3]:
        return
    folder = _folder(each)
    for word in arguments:
        found = re.fullmatch(r"\.?/?\[(?P<names>[\w,. -]+)\]|\.\[(?P<more>[\w,. -]+)\]", word.text)
        if found is None or folder is None or not word.text.startswith("."):
            continue
        known = _in_any(each, lambda home: tasks.extras(repo, home))
        if known is None:
            continue
        for name in tasks.composed(found["names"] or found["more"]):
            if PLACEHOLDERS.search(name) or is_own_name(repo, name):
                continue
            if not any(_same(name, other) for other in known) and not _is_extra(repo, each, name):
                yield _told(each, word, "extra", text=name)
