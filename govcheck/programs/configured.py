"""Paths that workflows, hooks and the configuration of tools name."""

import posixpath
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from govcheck.config import toml, yaml
from govcheck.config.ini import entries as ini_entries
from govcheck.config.tree import Container, Scalar
from govcheck.docs.documents import class_of
from govcheck.docs.paths import is_somewhere
from govcheck.document import Document, TooDeepError
from govcheck.finding import Span
from govcheck.history import ignored
from govcheck.manifests.tree import Value, pairs
from govcheck.policy import Policy
from govcheck.programs import CONFIGURATIONS, WORKFLOWS
from govcheck.programs.calls import call_of
from govcheck.programs.modules import modules
from govcheck.programs.written import Written, created, written
from govcheck.repo import Repo
from govcheck.shell import Command, Snippet, Word, commands

How = Literal["command", "filter", "setting"]

_PATH = re.compile(r"(?:\./)?[A-Za-z0-9_.@+-]+(?:/[A-Za-z0-9_.@+-]+)*/?")
_SHOWS_A_FILE = re.compile(r"\.(?:py|sh|ya?ml|toml|cfg|ini|txt|md|rst|sql|json|js|ts|proto|in)$")
_BUILDS = re.compile(r"(?i)(?:docker|container)file|.*\.dockerfile$")
_MOUNTED = re.compile(r"\.(?:py|sh|ya?ml|toml|cfg|ini|conf|sql)$")
_FILES = re.compile(r"(?:^|[_-])(?:version-file|dependency-path|config-file|working-directory)$")
_TOOLS = frozenset(
    {"exclude", "extend-exclude", "force-exclude", "omit", "files", "testpaths", "norecursedirs",
     "extend_exclude", "force_exclude", "skip", "skip_glob", "extend_skip", "src", "source",
     "exclude_dirs", "ignore_paths", "ignore-paths", "packages_dir", "per-file-ignores",
     "extend-per-file-ignores", "paths"}
)  # fmt: skip
_TABLES = frozenset(
    {"ruff", "black", "mypy", "isort", "coverage", "pytest", "flake8", "bandit", "pylint",
     "pyright", "basedpyright", "interrogate", "pydocstyle", "vulture", "codespell"}
)  # fmt: skip
# Those that search an expression in paths.
_SEARCH = frozenset({"black", "mypy", "pylint"})
_NOT_HERE = re.compile(r"(?i)\b(?:do|does|may|might|need)(?:n['’]t| not) exist\b")
# What is below them is what tests are tried on.
_TRIED = re.compile(r"(?:^|/)tests?/(?:\w+/)*(?:fixtures|data|resources|testdata)/")
_TRIGGERS = re.compile(r"(?m)^[ \t]*(?:push|pull_request\w*|schedule|workflow_dispatch)\b")
_ASKED = re.compile(r"(?:\[|\btest)\s+(?:!\s+)?-[defrsx]\s+[\"']?([\w./-]+)")
_OUTPUT = re.compile(r"^--?(?:o|out|output|output[-_]\w+|report|junit\w*|cov-report|html|log\w*)\b")
_BUILT = frozenset(
    {"dist", "build", "target", "node_modules", "htmlcov", "site", "_build", "artifacts", "reports",
     "coverage", "results", "output", "out", "tmp", "cache", ".cache", "logs", "venv", ".venv"}
)  # fmt: skip


class Named(NamedTuple):
    """A path that is named and that is not there; `path` is it from the root."""

    span: Span
    text: str
    path: str
    how: How


def absent(repo: Repo, policy: Policy) -> tuple[Named, ...]:
    """All paths that are named and not there, as far as they are meant to be in the repository."""
    found = [*_in_commands(repo, policy)]
    for path in repo.files:
        if not (WORKFLOWS.search(path) or CONFIGURATIONS.search(path)):
            continue
        if (
            _TRIED.search(path)
            or class_of(policy, path)[0] == "history"
            or path in repo.view(_called_from_elsewhere)
        ):
            continue
        if (document := repo.document(path)) is None:
            continue
        try:
            made = created(repo, policy, path)
            if WORKFLOWS.search(path):
                made |= document.view(_artifacts)
            found += _in_file(repo, document, made)
        except TooDeepError as error:
            repo.unchecked[path] = str(error)
    found = [each for each in found if not _is_known_absent(repo, each)]
    paths = frozenset(each.path for each in found)
    unknown = ignored(repo, paths)
    seen: dict[Span, Named] = {each.span: each for each in found if each.path not in unknown}
    return tuple(seen.values())


def _is_known_absent(repo: Repo, each: Named) -> bool:
    """Whether a comment right above says that there may be no such path here."""
    document = repo.document(each.span.path)
    if document is None:
        return False
    number = each.span.line - 1
    while number > 0 and (line := document.line(number).strip()).startswith("#"):
        if _NOT_HERE.search(line) is not None:
            return True
        number -= 1
    return False


# Commands of workflows and hooks.


def _in_commands(repo: Repo, policy: Policy) -> Iterator[Named]:
    made: dict[str, frozenset[str]] = {}
    for each in repo.view(written, policy):
        path = each.document.path
        if each.where != "workflow" or path in repo.view(_called_from_elsewhere):
            continue
        if path not in made:
            made[path] = created(repo, policy, path) | each.document.view(_artifacts)
        yield from _in_command(repo, each, made[path])


def _called_from_elsewhere(repo: Repo) -> frozenset[str]:
    """Reusable workflows that none here calls: they run on the files of other repositories."""
    workflows = [each for each in repo.search(["workflow_call"]) if WORKFLOWS.search(each.path)]
    callers = repo.search(["/.github/workflows/"]) if workflows else ()
    return frozenset(
        each.path
        for each in workflows
        if _TRIGGERS.search(each.text.partition("\njobs:")[0]) is None
        and not any(f"/{each.path}" in other.text for other in callers)
    )


def _in_command(repo: Repo, each: Written, made: frozenset[str]) -> Iterator[Named]:
    words = [*each.command.words]
    call = call_of(each.command)
    if call is not None and call.kind == "module":
        yield from _module(repo, each, call.name)
    if not words or words[0].text in _NO_PATHS:
        return
    is_output = False
    for word in (*words, *each.command.inputs):
        if word.text.startswith("-"):
            is_output = _OUTPUT.match(word.text) is not None
            value = None if is_output else _value_of(word)
        else:
            value = None if is_output else word
            is_output = False
        if value is None or not value.is_literal:
            continue
        named = value.text.partition("::")[0]
        if named in each.document.view(_asked_for):
            continue
        if (path := _missing(repo, each.folders, named, made)) is not None:
            span = each.document.span(value.start, value.start + len(named))
            yield Named(span, named, path, "command")


def _value_of(word: Word) -> Word | None:
    """The value of an option `--name=value`."""
    name, equals, value = word.text.partition("=")
    if not equals or not word.is_literal or word.is_quoted:
        return None
    start = word.start + len(name) + 1
    return Word(value, start, start + len(value), value)


def _module(repo: Repo, each: Written, word: Word) -> Iterator[Named]:
    known = repo.view(modules)
    parent, dot, _ = word.text.rpartition(".")
    home = known.find(parent, *each.folders) if dot else None
    if home is None or known.find(word.text, *each.folders) is not None:
        return
    if home.endswith(".py") and not home.endswith("__init__.py"):
        return
    path = f"{home.removesuffix('/__init__.py')}/{word.text.rpartition('.')[2]}.py"
    yield Named(each.span(word), word.text, path, "command")


_NO_PATHS = frozenset(
    {"echo", "printf", "mkdir", "touch", "rm", "git", "export", "curl", "wget", "tar", "unzip",
     "[", "test", "[[", "ls", "find", "cd", "docker", "gh", "aws", "apt-get", "sudo", "npm", "npx",
     "yarn", "brew", "sed", "tee", "chmod", "rmdir", "mv", "zip", "gzip", "date", "set"}
)  # fmt: skip


def _asked_for(document: Document) -> frozenset[str]:
    """The paths of which scripts ask whether they are there: `[ -f shop.yaml ]`."""
    return frozenset(_ASKED.findall(document.text))


def _artifacts(document: Document) -> frozenset[str]:
    """What a workflow keeps or reports: files that its steps have made.

    And the folders into which it checks a repository out, each with a slash at its end.
    """
    found: set[str] = set()
    for root in document.view(yaml.read).tree.roots:
        said = {path: scalar.text or "" for path, scalar in _scalars(root)}
        for path, text in said.items():
            if "with" in path:
                found.update(posixpath.normpath(each) for each in text.split())
            if path[-2:] == ("with", "path") and "checkout@" in said.get((*path[:-2], "uses"), ""):
                found.add(f"{posixpath.normpath(text)}/")
    return frozenset(found - {".", "./"})


def _missing(
    repo: Repo, bases: tuple[str, ...], text: str, made: frozenset[str] = frozenset()
) -> str | None:
    """The path that a word names, if it is one of the repository, and nothing is there."""
    plain = text.removeprefix("./").rstrip("/")
    if not bases or not _PATH.fullmatch(text) or "/" not in plain:
        return None
    if plain.startswith(".") and not plain.startswith(".github/"):
        return None
    first = plain.partition("/")[0]
    candidates = [posixpath.normpath(f"{base}{plain}") for base in bases]
    if any(each.startswith("..") or repo.exists(each) for each in candidates):
        return None
    if not any(repo.exists(f"{base}{first}") for base in bases):
        return None
    if _BUILT.intersection(plain.split("/")):
        return None
    normal = posixpath.normpath(plain)
    if any(
        (each.endswith("/") and normal.startswith(each))
        or f"/{normal}".endswith(f"/{each}")
        or (normal.startswith(f"{each}/") and not repo.exists(each))
        for each in made
    ):
        return None
    if is_somewhere(repo, plain):
        return None
    if not _SHOWS_A_FILE.search(plain) and "." in posixpath.basename(plain):
        return None
    return candidates[-1] if bases[0] else candidates[0]


# Files.


def _in_file(repo: Repo, document: Document, made: frozenset[str]) -> Iterator[Named]:
    path = document.path
    name = posixpath.basename(path)
    if path.endswith(".toml"):
        for root in document.view(toml.read).tree.roots:
            yield from _in_tools(repo, document, root)
    elif name == ".pre-commit-config.yaml":
        yield from _in_hooks(repo, document)
    elif name.startswith(("compose", "docker-compose")):
        yield from _in_compose(repo, document)
    elif path.endswith((".yml", ".yaml")):
        for root in document.view(yaml.read).tree.roots:
            yield from _in_workflow(repo, document, root, made)
    else:
        yield from _in_ini(repo, document)


def _in_workflow(
    repo: Repo, document: Document, root: Value, made: frozenset[str]
) -> Iterator[Named]:
    is_dependabot = document.path.endswith("dependabot.yml")
    for path, scalar in _scalars(root):
        key = next((part for part in reversed(path) if not part.isdecimal()), "")
        text = scalar.text or ""
        if "${{" in text:
            continue
        if key in ("paths", "paths-ignore") and path[:1] == ("on",):
            yield from _pattern(repo, document, scalar, text.removeprefix("!"), "filter")
        elif key == "uses" and text.startswith("./"):
            base = text.removeprefix("./").rstrip("/")
            places = (base, *(posixpath.join(base, f"action.{each}") for each in ("yml", "yaml")))
            is_made = any(base == each or base.startswith(f"{each}/") for each in made)
            if not is_made and not any(map(repo.exists, places)):
                yield _named(document, scalar, text, base, "command")
        elif key == "directory" and is_dependabot and text.strip("/"):
            folder = text.strip("/")
            if not repo.exists(folder):
                yield _named(document, scalar, text, folder, "setting")
        elif "\n" not in text and _is_built_from(key, text):
            yield from _pattern(repo, document, scalar, text, "command")
        elif "\n" not in text and _FILES.search(key):
            yield from _pattern(repo, document, scalar, text, "command", made=made)


def _is_built_from(key: str, text: str) -> bool:
    """Whether an action is told the file that it builds an image from."""
    return key in ("file", "dockerfile") and _BUILDS.match(posixpath.basename(text)) is not None


def _in_compose(repo: Repo, document: Document) -> Iterator[Named]:
    """What Docker Compose builds from, and the files that it mounts; all from its own folder."""
    folder = posixpath.dirname(document.path)
    scalars = [each for root in document.view(yaml.read).tree.roots for each in _scalars(root)]
    contexts = {
        path[:-1]: scalar.text or "" for path, scalar in scalars if path[-1:] == ("context",)
    }
    for path, scalar in scalars:
        text = scalar.text or ""
        if path[:1] != ("services",) or "$" in text or "://" in text:
            continue
        if path[-2:] == ("build", "dockerfile"):
            base = contexts.get(path[:-1], ".")
            is_elsewhere = "$" in base or "://" in base
            plain = "" if is_elsewhere else posixpath.join(folder, base, text)
        elif path[2:] in (("build",), ("build", "context")) and not text.endswith(".git"):
            plain = posixpath.join(folder, text)
        elif len(path) == 4 and path[2] == "volumes" and text.startswith(("./", "../")):
            source = text.partition(":")[0]
            plain = posixpath.join(folder, source) if _MOUNTED.search(source) else ""
        else:
            continue
        normal, said = posixpath.normpath(plain), text.partition(":")[0]
        if normal.startswith((".", "/")) or repo.exists(normal):
            continue
        # A file that is laid over another one means what it names from the folder of that one.
        if not is_somewhere(repo, re.sub(r"^(?:\.\./)+", "", posixpath.normpath(said))):
            yield _named(document, scalar, said, normal, "setting")


def _in_tools(repo: Repo, document: Document, root: Value) -> Iterator[Named]:
    is_ruff = "ruff" in posixpath.basename(document.path)
    base = posixpath.dirname(document.path)
    for path, scalar in _scalars(root):
        is_tool = is_ruff or (path[:1] == ("tool",) and path[1:2] and path[1] in _TABLES)
        if is_tool and any(part in _TOOLS for part in path) and "packages" not in path:
            key = next((part for part in reversed(path) if not part.isdecimal()), "")
            text = scalar.text or ""
            if path[1:2] and path[1] in _SEARCH and _begins_a_path(repo, base, text):
                continue
            if key in _TOOLS:
                yield from _pattern(repo, document, scalar, text, "setting", base)
    for key, start, end, path in _keys(root):
        if path[-1:] and path[-1] in ("per-file-ignores", "extend-per-file-ignores"):
            scalar = Scalar(key, start, end)
            yield from _pattern(repo, document, scalar, key, "setting", base)


def _begins_a_path(repo: Repo, base: str, text: str) -> bool:
    """Whether an expression that is searched in paths is the beginning of one: `shop/_`."""
    begins = posixpath.join(base, text.removeprefix("^"))
    return any(path.startswith(begins) for path in repo.files)


def _in_ini(repo: Repo, document: Document) -> Iterator[Named]:
    base = posixpath.dirname(document.path)
    for entry in ini_entries(document):
        if entry.name not in _TOOLS or entry.value_span is None or len(entry.path) < 2:
            continue
        section = entry.path[0].removeprefix("tool:").removeprefix("tool.")
        if section.partition(":")[0] not in _TABLES | {"run", "report"}:
            continue
        begin, end = entry.value_span.start, entry.value_span.end
        for found in re.finditer(r"[^\s,]+", document.text[begin:end]):
            start = begin + found.start()
            scalar = Scalar(found[0], start, start + len(found[0]))
            yield from _pattern(repo, document, scalar, found[0], "setting", base)


def _in_hooks(repo: Repo, document: Document) -> Iterator[Named]:
    for root in document.view(yaml.read).tree.roots:
        for path, scalar in _scalars(root):
            key = next((part for part in reversed(path) if not part.isdecimal()), "")
            text = scalar.text or ""
            if key in ("files", "exclude"):
                yield from _expression(repo, document, scalar)
            elif key == "entry" and document.text[scalar.start : scalar.end] == text:
                source = Snippet(text, ((0, scalar.start),))
                for command in commands(source):
                    yield from _in_entry(repo, document, command)
            elif key == "args" and "/" in text:
                yield from _pattern(repo, document, scalar, text, "command")


def _in_entry(repo: Repo, document: Document, command: Command) -> Iterator[Named]:
    names = [word.text for word in command.words]
    for word in command.words:
        if word.is_literal and (path := _missing(repo, ("",), word.text)) is not None:
            span = document.span(word.start, word.end)
            yield Named(span, word.text, path, "command")
    if len(names) > 2 and names[0] in ("bash", "sh") and names[1] == "-c":
        script = command.words[2]
        if document.text[script.start : script.end] == script.text:
            for inner in commands(Snippet(script.text, ((0, script.start),))):
                yield from _in_entry(repo, document, inner)


def _expression(repo: Repo, document: Document, scalar: Scalar) -> Iterator[Named]:
    """The alternatives of a regular expression that are no more than a path."""
    text = document.text[scalar.start : scalar.end]
    for found in re.finditer(r"[^|()\s]+", text):
        said = found[0].lstrip("^").rstrip("$")
        plain = said.replace("\\.", ".").replace("\\-", "-").removesuffix(".*")
        if "/" not in plain.rstrip("/") or re.search(r"[\\*+?\[\]{}^$|:!=<>'\",]", plain):
            continue
        path = plain.rstrip("/")
        if any(each.startswith(plain) for each in repo.files) or not found[0].startswith("^"):
            continue
        if repo.exists(path.partition("/")[0]) and not repo.exists(path):
            start = scalar.start + found.start() + found[0].index(said)
            span = document.span(start, start + len(said))
            yield Named(span, plain, path, "filter")


def _pattern(
    repo: Repo,
    document: Document,
    scalar: Scalar,
    text: str,
    how: How,
    base: str = "",
    made: frozenset[str] = frozenset(),
) -> Iterator[Named]:
    """A path, or a pattern of paths of which the folder is not there."""
    literal = re.split(r"[*?\[{]", text, maxsplit=1)[0]
    if literal != text:
        literal = literal.rpartition("/")[0]
    bases = (f"{base}/",) if base else ("",)
    path = _missing(repo, bases, literal, made) if literal else None
    if path is not None:
        yield _named(document, scalar, text, path, how)


def _named(document: Document, scalar: Scalar, text: str, path: str, how: How) -> Named:
    return Named(document.span(scalar.start, scalar.end), text, path, how)


def _scalars(value: Value, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Scalar]]:
    """All scalars, with the keys that lead to them; places in lists are numbers."""
    if isinstance(value, Scalar):
        yield above, value
    elif isinstance(value, Container):
        for number, member in enumerate(value.members):
            keys = tuple(part for key in member.keys for part in (key.text, *key.indices))
            yield from _scalars(member.value, (*above, *(keys or (str(number),))))


def _keys(
    value: Value, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, int, int, tuple[str, ...]]]:
    """All keys of mappings, with their places and the keys that lead to them."""
    for pair in pairs(value):
        yield pair.keys[-1], pair.start, pair.end, (*above, *pair.keys[:-1])
        yield from _keys(pair.value, (*above, *pair.keys))
