"""Where commands are written: documents, scripts and their headers, Makefiles, workflows."""

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from govcheck.docs.documents import Doc, class_of, with_blocks
from govcheck.docs.paths import enclosing
from govcheck.docs.section import DocumentClass
from govcheck.document import Document, TooDeepError
from govcheck.finding import Span
from govcheck.markdown.page import Fence
from govcheck.policy import Policy
from govcheck.programs import (
    IMAGES,
    JUSTFILES,
    MAKEFILES,
    NAMES,
    PYTHON,
    SCRIPTS,
    WORKFLOWS,
)
from govcheck.programs.modules import console_scripts
from govcheck.repo import Repo
from govcheck.shell import Command, Snippet, Word, commands, snippet

Where = Literal["fence", "span", "header", "script", "makefile", "justfile", "workflow", "image"]

_SHELL = frozenset(
    {"bash", "sh", "shell", "zsh", "console", "shell-session", "shellsession", "bash-session",
     "terminal", "sh-session"}
)  # fmt: skip
_PROMPT = re.compile(
    r"(?m)^[ \t]*(?:\([\w.-]+\)[ ]*)?(?:[\w.-]+@[\w.-]+[: ][\w~/.-]*)?[$❯➜][ \t]+(?=\S)"
)
# The first line of a block that is what stands in a file, if that is no script of a shell.
_OF_FILE = re.compile(r"\s*#[ \t]*(?:[\w.@-]+/)+[\w.-]*\.(?!(?:ba|z)?sh\b)\w+[ \t]*(?:\n|$)")
_MORE = re.compile(r"[ \t]*>[ \t]")
_PLACEHOLDER = re.compile(r"<(?=[A-Za-z])[^<>\n|&;`$]{0,60}(?<=[\w.…)\]])>")
_KNOWN = (
    r"(?:(?:sudo|time|env)\s+|\w+=\S*\s+)*(?:python3?(?:\.\d+)?|pytest|py\.test|poetry|uv|uvx|pdm"
    r"|hatch|pipenv|make|just|nox|tox|npm|npx|yarn|pnpm|pip3?|pre-commit|bash|sh|docker|coverage"
    r"|\.{0,2}/?[\w.-]+(?:/[\w.-]+)*\.(?:sh|py|bash)"
)
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
# What stands over the code of a file: comments, and the docstring of a module.
_COMMENTS = re.compile(r"\ufeff?(?:[ \t]*(?:#[^\n]*)?\r?\n)*")
_DOCSTRING = re.compile(r"[rRuU]?(\"{3}|'{3})")
# A line there that is a command, and not prose: what runs is followed by a path or an option.
_BEFORE = r"[ \t#]*(?:(?:Usage|Run|Examples?):[ \t]+)?(?:[$❯>%][ \t]+)?"
_USAGE = (
    r"(?:(?:sudo|time|env)[ \t]+|\w+=\S*[ \t]+)*(?:(?:poetry|uv|pdm|hatch|pipenv|rye) run[ \t]+)?"
    r"(?:(?:python3?(?:\.\d+)?|pytest|bash|sh)(?:[ \t]+-\S+)*[ \t]+"
    r"(?:(?<=-m[ \t])\w|[\w.-]*(?:/[\w./-]|\.(?:py|sh)\b)(?!\S*[.:,;](?:\s|$)))"
    r"|\.{1,2}/[\w./-]+\.(?:py|sh)(?=\s|$)"
)
# How scripts call the folder of the repository, or their own.
_HOME = re.compile(r"(?i)root|repo|project|script_?dir|dirname|\bhere\b|workspace|toplevel")
# What a line says of a command that is not there: none of it is a claim that it is.
_OTHERWISE = re.compile(
    r"(?i)\b(?:(?:decide|consider) (?:whether|if) to|not (?:yet|exist|built|implemented|available)"
    r"|no longer|planned|proposed"
    r"|(?:was|were|been) removed|doesn't exist|there (?:is|are)(?: \w+ly)?\s+no)\b"
)
# What leads to a command that stands for any: "some have targets like `make x` or `make y`".
_EXAMPLE = re.compile(
    r"(?i)\b(?:\w+s (?:like|such as)|e\.g\.,?)\s+(?:`[^`\n]*`[\s,]*(?:(?:or|and)\s+)?)*`+\Z"
)
# What is filled in when an issue is opened.
_FORMS = re.compile(r"(?:^|/)ISSUE_TEMPLATE/")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_LAST = re.compile(r"[.!?:;]\s")
_REACH = 300
_FOLDER = "working-directory"
# What stands below them was written elsewhere, and is not run here.
_OF_OTHERS = re.compile(r"(?:^|/)(?:_?vendor|vendored|third[-_]party|node_modules)/")
_CREATORS = frozenset({"touch", "mkdir", "tee", "mv", "cp", "install", "ln", "rsync"})


class Written(NamedTuple):
    """A command where it is written.

    `folders` are those in which it may run, as paths with a slash at their ends; none where that is
    not known. `block` is the place of the text around it.
    """

    document: Document
    command: Command
    where: Where
    kind: DocumentClass
    folders: tuple[str, ...]
    block: int
    doc: Doc | None = None

    def span(self, word: Word) -> Span:
        """The place of one of its words."""
        return self.document.span(word.start, word.end)


def written(repo: Repo, policy: Policy) -> tuple[Written, ...]:
    """All commands that the repository writes down."""
    in_prose = (*repo.view(in_documents, policy), *repo.view(in_headers, policy))
    return (*in_prose, *repo.view(in_files), *repo.view(in_images, policy))


def in_documents(repo: Repo, policy: Policy) -> tuple[Written, ...]:
    """The commands in the fences and code spans of documents, but those of history."""
    found: list[Written] = []
    known = _known(repo, policy)
    for doc in repo.view(with_blocks, policy):
        if doc.kind == "history" or _FORMS.search(doc.path):
            continue
        try:
            found += _in_document(repo, doc, known)
        except TooDeepError as error:
            repo.unchecked[doc.path] = str(error)
    return tuple(found)


def in_files(repo: Repo) -> tuple[Written, ...]:
    """The commands of scripts, Makefiles, justfiles and workflows."""
    found: list[Written] = []
    for path in repo.files:
        where = _where(path)
        if where is None or _OF_OTHERS.search(path) or (document := repo.document(path)) is None:
            continue
        try:
            for block, source, folder in _snippets(document, where):
                said = commands(source)
                found += _placed(repo, document, where, "reference", block, said, None, folder)
        except TooDeepError as error:
            repo.unchecked[path] = str(error)
    return tuple(found)


def in_headers(repo: Repo, policy: Policy) -> tuple[Written, ...]:
    """The commands over the code of Python files and scripts: how to run them, or others."""
    found: list[Written] = []
    scripts = [path for path in repo.files if SCRIPTS.search(path)]
    files = [*repo.search(NAMES, PYTHON), *filter(None, map(repo.document, scripts))]
    if not files:
        return ()
    own = _own(repo, policy)
    own = rf"|(?:{own[1:]})(?=[^\n]*[ \t]--\w)" if own else ""
    usage = re.compile(rf"(?m)^{_BEFORE}(?P<all>{_USAGE}{own})(?:[^\\\n]|\\[\s\S])*)")
    for document in files:
        if _OF_OTHERS.search(document.path):
            continue
        parts = [each.span("all") for each in usage.finditer(document.text, 0, _head(document))]
        kind = class_of(policy, document.path)[0] if parts else "history"
        if kind == "history":
            continue
        try:
            for start, end in parts:
                said = snippet(document, [(start, end)])
                source = said._replace(text=_plain(said.text))
                found += _placed(repo, document, "header", kind, start, commands(source), None)
        except TooDeepError as error:
            repo.unchecked[document.path] = str(error)
    return tuple(found)


def in_images(repo: Repo, policy: Policy) -> tuple[Written, ...]:
    """What Dockerfiles and Docker Compose start; where files are in an image, is not known."""
    paths = [path for path in repo.files if IMAGES.search(path) and not _OF_OTHERS.search(path)]
    if not paths:
        return ()
    from govcheck.programs.images import of_compose, of_dockerfile

    found: list[Written] = []
    for document in filter(None, map(repo.document, paths)):
        if class_of(policy, document.path)[0] == "history":
            continue
        read = of_compose if document.path.endswith((".yml", ".yaml")) else of_dockerfile
        try:
            for place, command in read(document):
                found.append(Written(document, command, "image", "reference", (), place))
        except TooDeepError as error:
            repo.unchecked[document.path] = str(error)
    return tuple(found)


def _head(document: Document) -> int:
    """Where the code of a file begins: behind its comments, and its docstring."""
    text = document.text
    comments = _COMMENTS.match(text)
    end = comments.end() if comments else 0
    opened = _DOCSTRING.match(text, end)
    return max(end, text.find(opened[1], opened.end())) if opened else end


def created(repo: Repo, policy: Policy, path: str) -> frozenset[str]:
    """The files that the commands of a document make, as they are written."""
    return repo.view(_created, policy).get(path, frozenset())


def _created(repo: Repo, policy: Policy) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for each in repo.view(written, policy):
        words = [*each.command.outputs]
        names = [word.text for word in each.command.words]
        skip = 1 if names[:1] == ["sudo"] else 0
        if names[skip : skip + 1] and names[skip] in _CREATORS:
            many = names[skip] in ("touch", "mkdir", "tee")
            words += each.command.words[skip + 1 :] if many else each.command.words[-1:]
        for option, word in zip(each.command.words, each.command.words[1:], strict=False):
            if option.text in ("-o", "-O", "--output", "--out", "--output-file", "--output-dir"):
                words.append(word)
        for word in each.command.words:
            key, equals, value = word.text.partition("=")
            if equals and key in ("--output", "--out", "--output-file", "--output-dir"):
                found.setdefault(each.document.path, set()).add(posixpath.normpath(value))
        if names[:2] == ["git", "clone"]:
            words.append(each.command.words[-1])
        if words:
            said = {posixpath.normpath(word.text) for word in words}
            found.setdefault(each.document.path, set()).update(said)
    return {path: frozenset(names) for path, names in found.items()}


def _where(path: str) -> Where | None:
    if SCRIPTS.search(path):
        return "script"
    if WORKFLOWS.search(path):
        return "workflow"
    if MAKEFILES.search(path):
        return "makefile"
    return "justfile" if JUSTFILES.search(path) else None


def _known(repo: Repo, policy: Policy) -> re.Pattern[str]:
    """What begins like a command that we know something of."""
    return re.compile(rf"{_KNOWN}{_own(repo, policy)})(?![\w/.:=-])(?=\s+\S|$)")


def _own(repo: Repo, policy: Policy) -> str:
    """The names of the repository's programs, as more alternatives of an expression."""
    names = {*repo.view(console_scripts), *(each.name for each in policy.docs.program)}
    return "".join(f"|{re.escape(name)}" for name in sorted(names))


def _in_document(repo: Repo, doc: Doc, known: re.Pattern[str]) -> Iterator[Written]:
    sources: list[tuple[int, Where, Snippet]] = []
    for fence in doc.page.fences:
        if fence.language in _SHELL or fence.language in ("", "text", "plaintext"):
            source = _of_fence(fence, known)
            if source is not None:
                sources.append((fence.start, "fence", source))
    for code in doc.page.codes:
        text = code.text
        if " " not in text:
            continue
        prompt = _PROMPT.match(text)
        lead = prompt.end() if prompt else 0
        is_command = known.match(text, lead) and " " in text[lead:].strip()
        if is_command and not _told_otherwise(doc.document, code.start, code.end):
            there = doc.document.text[code.start : code.end]
            if "\n" not in there and there == text:
                pieces = ((0, code.start + lead),)
                sources.append((code.start, "span", Snippet(_plain(text[lead:]), pieces)))
    sources.sort(key=lambda each: each[0])
    for block, where, source in sources:
        found = commands(source)
        yield from _placed(repo, doc.document, where, doc.kind, block, found, doc)


def _of_fence(fence: Fence, known: re.Pattern[str]) -> Snippet | None:
    """The commands of a block: those behind prompts, if any; without a language, known ones."""
    text = fence.text
    parts: list[tuple[int, int]] = []
    if _PROMPT.search(text):
        at = 0
        for start, end in _lines(text):
            prompt = _PROMPT.match(text, start, end)
            if prompt:
                parts.append((prompt.end(), end))
                at = end
            elif parts and at == start and text[:start].rstrip("\n").endswith("\\"):
                more = _MORE.match(text, start, end)
                parts.append((more.end() if more else start, end))
                at = end
    elif fence.language in _SHELL:
        parts.append((0, len(text)))
    elif _OF_FILE.match(text) is None:
        is_more = False
        for start, end in _lines(text):
            if is_more or known.match(text, start):
                parts.append((start, end))
                is_more = text[start:end].rstrip().endswith("\\")
    if not parts:
        return None
    pieces: list[tuple[int, int]] = []
    length = 0
    for start, end in parts:
        pieces.append((length, fence.offset(start)))
        first = bisect_right(fence.pieces, (start, 2**62))
        last = bisect_left(fence.pieces, (end, 0))
        pieces += [(length + index - start, there) for index, there in fence.pieces[first:last]]
        length += end - start
    return Snippet(_plain("".join(text[start:end] for start, end in parts)), tuple(pieces))


def _plain(text: str) -> str:
    """Text of a document in which placeholders are variables, as long as they were."""
    if "<" not in text:
        return text
    return _PLACEHOLDER.sub(lambda found: "$" + "_" * (len(found[0]) - 1), text)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _told_otherwise(document: Document, start: int, end: int) -> bool:
    """Whether the line of a code span says that there is no such thing, yet or any more."""
    text = document.text
    far = max(0, start - _REACH)
    first = max(text.rfind("\n", far, start) + 1, far)
    # A sentence may begin in the line above.
    over = text[max(text.rfind("\n", far, max(far, first - 1)) + 1, far) : first]
    over = "" if not over.strip() or _ITEM.match(text, first) else _LAST.split(over)[-1]
    last = text.find("\n", end, end + _REACH)
    line = over + text[first:start] + text[end : last if last >= 0 else end + _REACH]
    return (
        _OTHERWISE.search(line) is not None or _EXAMPLE.search(over + text[first:start]) is not None
    )


def _placed(
    repo: Repo,
    document: Document,
    where: Where,
    kind: DocumentClass,
    block: int,
    found: Iterator[Command],
    doc: Doc | None,
    folder: str | None = None,
) -> Iterator[Written]:
    """The commands of one block, each with the folders that it may run in.

    `folder` is the one where it begins, if the file tells it.
    """
    usual = ("", *enclosing(document.path))
    if folder is not None:
        usual = _within(repo, folder)
    entered: list[tuple[tuple[int, ...], tuple[str, ...]]] = [((), usual)]
    cloned: set[str] = set()
    for command in found:
        while len(entered) > 1 and entered[-1][0] != command.scopes[: len(entered[-1][0])]:
            entered.pop()
        names = [word.text for word in command.words]
        folders = entered[-1][1]
        yield Written(document, command, where, kind, folders, block, doc)
        if names[:2] == ["git", "clone"] and len(names) > 2:
            cloned.add(posixpath.basename(names[-1].rstrip("/")).removesuffix(".git"))
        if names[0] == "popd" and len(entered) > 1:
            entered.pop()
        if names[0] in ("cd", "pushd") and len(names) > 1:
            inside = _entered(repo, command.words[1], folders, document)
            entered.append((command.scopes, inside))


def _within(repo: Repo, folder: str) -> tuple[str, ...]:
    """A folder that a step runs in, if the repository has it."""
    plain = posixpath.normpath(folder)
    if plain == ".":
        return ("",)
    return (f"{plain}/",) if repo.exists(plain) else ()


def _entered(repo: Repo, word: Word, folders: Sequence[str], document: Document) -> tuple[str, ...]:
    """The folders that one is in after `cd`."""
    if _HOME.search(word.text) and not word.is_literal:
        below = re.fullmatch(r"\$(?:\w+|\{\w+\}|\([^()]*\))/(.+)", word.text)
        if below is not None:
            return _within(repo, below[1]) if "$" not in below[1] else ()
        return ("", *enclosing(document.path))
    if not word.is_literal or not folders:
        return ()
    if is_own_name(repo, word.text) and not repo.exists(word.text):
        return ("",)
    paths = (posixpath.normpath(posixpath.join(folder, word.text)) for folder in folders)
    return tuple(each for path in paths for each in _within(repo, path))


_CLONES = re.compile(r"\bgit clone [^\n]*?[/:][\w.-]+/([\w.-]+?)(?:\.git)?(?=[\s`\"']|$)")
_FETCHES = re.compile(
    r"(?i)\b(?:clone|install|download|set up)\b[^\n]{0,40}?"
    r"\]\(https://(?:github|gitlab)\.com/[\w.-]+/([\w.-]+?)(?:\.git)?/?\)"
)
_SWITCHES = re.compile(r"(?m)\bgit (?:checkout|switch) ([a-zA-Z][\w./-]*)[ \t]*(?:`|$)")
_TRUNKS = frozenset({"dev", "develop", "main", "master", "trunk"})
_PROJECT_URL = re.compile(
    r"(?im)^[ \t\"']*(?:home-?page|url|repo(?:sitory)?|source(?:[ -]code)?|code|github|bugs?"
    r"|issues?|bug[ -]?tracker|issue[ -]?tracker|changelog|documentation)[\"']?[ \t]*[=:][^\n]*?"
    r"(?:github|gitlab)\.com/[\w.-]+/([\w-]+)"
)


def fetches_another(repo: Repo, document: Document) -> bool:
    """Whether a document tells to fetch another repository, or branch, which has its commands."""
    text = document.text
    names = _CLONES.findall(text) if "git clone" in text else []
    names += _FETCHES.findall(text) if "](https://git" in text else []
    branches = _SWITCHES.findall(text) if "git " in text else []
    return any(not (is_own_name(repo, name) or repo.exists(name)) for name in names) or any(
        name not in _TRUNKS and not repo.exists(name.rstrip("/")) for name in branches
    )


def is_own_name(repo: Repo, name: str) -> bool:
    """Whether a folder is called as the repository is."""
    return re.sub(r"[^a-z0-9]", "", name.lower()) in repo.view(_own_names)


def is_of_documents(repo: Repo) -> bool:
    """Whether the repository holds but the documents of a program: it is called `shop-docs`."""
    return any(name.endswith("docs") and len(name) > len("docs") for name in repo.view(_own_names))


def _own_names(repo: Repo) -> frozenset[str]:
    """What the repository is called, in letters, or where it is hosted: `cd` leads to its root."""
    names = {posixpath.basename(repo.root)}
    for path in ("pyproject.toml", "setup.cfg", "setup.py", "package.json"):
        document = repo.document(path)
        if document is not None:
            found = re.search(r"""\bname["']?\s*[=:]\s*["']?([\w.-]+)""", document.text)
            names |= {found[1]} if found else set()
            names.update(_PROJECT_URL.findall(document.text))
    return frozenset(re.sub(r"[^a-z0-9]", "", name.lower()) for name in names) - {""}


def _snippets(document: Document, where: Where) -> Iterator[tuple[int, Snippet, str | None]]:
    """The scripts of a file, each with its place, and the folder where it runs, if one is told."""
    match where:
        case "script":
            yield 0, snippet(document, [(0, len(document.text))]), None
        case "makefile" | "justfile":
            yield from _recipes(document, where)
        case "workflow":
            yield from _steps(document)


def _steps(document: Document) -> Iterator[tuple[int, Snippet, str | None]]:
    """The `run` of the steps of a workflow, or of an action."""
    from govcheck.config import entries

    said = {entry.path: entry for entry in entries(document)}
    folders = {path[:-1]: e.value or "" for path, e in said.items() if path[-1:] == (_FOLDER,)}
    # A job that checks out another repository works on that.
    foreign = {
        path[: path.index("steps")]
        for path, entry in said.items()
        if path[-2:] == ("with", "repository")
        and "github.repository" not in (entry.value or "")
        and (*path[:-1], "path") not in said
        and "steps" in path
    }
    for path, entry in said.items():
        if entry.name != "run" or entry.value_span is None or "steps" not in path:
            continue
        job = path[: path.index("steps")]
        folder = folders.get(path[:-1])
        if folder is None:
            folder = folders.get((*job, "defaults", "run"), folders.get(("defaults", "run"), ""))
        if job in foreign or "$" in folder:
            folder = ".."  # which is not known
        start, source = _run(document, entry.value_span)
        yield start, source, folder


def _run(document: Document, span: Span) -> tuple[int, Snippet]:
    """The script of a step; a block scalar has its sign in front, and is indented."""
    start, end = span.start, span.end
    text = document.text[start:end]
    parts = [(start, end)]
    header = re.match(r"[|>][-+0-9]*[^\S\n]*(?:#[^\n]*)?\r?\n", text)
    if header:
        body = text[header.end() :]
        indents = [len(each) - len(each.lstrip(" ")) for each in body.splitlines() if each.strip()]
        indent = min(indents, default=0)
        parts = []
        for first, last in _lines(body):
            at = start + header.end()
            parts.append((min(at + first + indent, at + last), at + last))
    found = snippet(document, parts)
    return start, found._replace(text=_EXPRESSION.sub(_variable, found.text))


def _variable(found: re.Match[str]) -> str:
    return "$" + "_" * (len(found[0]) - 1)


def _recipes(document: Document, where: Where) -> Iterator[tuple[int, Snippet, str | None]]:
    """The lines of recipes, with their variables as those of a shell."""
    number, count = 1, len(document.line_starts)
    while number <= count:
        line = document.line(number)
        first = number
        is_recipe = line.startswith("\t") or (where == "justfile" and line[:1] in (" ", "\t"))
        while document.line(number).endswith("\\") and number < count:
            number += 1
        if is_recipe and line.strip():
            start = document.line_starts[first - 1]
            start += len(line) - len(line.lstrip("\t @-+"))
            end = document.line_starts[number - 1] + len(document.line(number))
            source = snippet(document, [(start, max(start, end))])
            yield start, source._replace(text=_recipe(source.text, where)), None
        number += 1


def _recipe(text: str, where: Where) -> str:
    if where == "justfile":
        return re.sub(r"\{\{.*?\}\}", _variable, text)
    # `$$` is the shell's own dollar; a call of a function is as good as a variable.
    text = text.replace("$$(", "$ (").replace("$$", "$_")
    text = re.sub(r"\$\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\$\{[^{}\n]*\}", _variable, text)
    return re.sub(r"\$[<@^?*+|%]", "$_", text)
