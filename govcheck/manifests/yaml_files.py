"""YAML: workflows of CI services, conda environments, pre-commit, Read the Docs, Compose."""

import re
from collections.abc import Iterator

from govcheck.config import yaml
from govcheck.config.tree import Container, Scalar
from govcheck.document import Document
from govcheck.manifests import images, shell
from govcheck.manifests.statement import (
    Dialect,
    Quoting,
    Statement,
    in_role,
    of_python,
    of_requirement,
)
from govcheck.manifests.tree import Pair, Value, at, is_verbatim, items, pairs, scalars

_SCRIPTS = frozenset(
    {"script", "before_script", "after_script", "run", "command", "commands", "bash", "install",
     "before_install", "powershell", "pwsh", "jobs-script", "post_install", "build"}
)  # fmt: skip
_EXPRESSION = re.compile(r"^\s*\$\{\{\s*(?P<what>.+?)\s*\}\}\s*$")
_MAX_VALUES = 200_000


def statements(document: Document) -> Iterator[Statement]:
    """What a YAML file states, by its name."""
    path = document.path.lower()
    name = path.rpartition("/")[2]
    for root in document.view(yaml.read).tree.roots:
        if name == ".pre-commit-config.yaml":
            yield from _pre_commit(document, root)
        elif re.fullmatch(r"\.?readthedocs\.ya?ml", name):
            yield from _versions(document, at(root, "build", "tools", "python"), "npm")
            yield from _versions(document, at(root, "python", "version"), "npm")
        elif re.search(r"(^|[-_.])(environment|conda|env)[^/]*\.ya?ml$", name):
            yield from in_role("main", _conda(document, root))
        elif "/.github/" in f"/{path}" or re.fullmatch(r"action\.ya?ml", name):
            yield from _workflow(document, root)
        else:
            yield from _generic(document, root)


def _pre_commit(document: Document, root: Value) -> Iterator[Statement]:
    yield from _versions(document, at(root, "default_language_version", "python"), "python")
    for repos in at(root, "repos"):
        for repo in items(repos):
            for hooks in at(repo, "hooks"):
                for hook in items(hooks):
                    yield from _hook(document, hook)


def _hook(document: Document, hook: Value) -> Iterator[Statement]:
    language = next(iter(at(hook, "language")), None)
    if isinstance(language, Scalar) and language.text != "python":
        return
    for value in at(hook, "language_version"):
        if isinstance(value, Scalar) and re.match(r"(python|py)?\d", value.text or ""):
            yield _version(document, value, "python", only=True)
    for value in at(hook, "additional_dependencies"):
        start = getattr(value, "start", 0)
        for each in scalars(value):
            if not re.search(r"[^@]@\d|^@", each.text or ""):
                yield from _requirement(document, each, value, f"hook {start}")


def _requirement(
    document: Document, each: Scalar, holder: Value, scope: str
) -> Iterator[Statement]:
    text = each.text or ""
    if text.startswith(("-", ".")):
        return
    is_flow = isinstance(holder, Container) and holder.layout == "flow"
    quoting: Quoting = "flow" if is_flow and not _is_quoted(document, each) else ""
    found = of_requirement(
        document, text, each.start, scope=f"{document.path} {scope}", quoting=quoting,
        span=document.span(each.start, each.end), verbatim=is_verbatim(document.text, each),
    )  # fmt: skip
    if found is not None:
        yield found


def _is_quoted(document: Document, each: Scalar) -> bool:
    return each.start > 0 and document.text[each.start - 1] in "'\""


def _version(document: Document, each: Scalar, dialect: Dialect, *, only: bool) -> Statement:
    """A version of Python; one without quotes is a number, and 3.10 is 3.1."""
    text = each.text or ""
    said = of_python(document, text, each.start, each.end, dialect, only=only)
    if not _is_quoted(document, each) and re.fullmatch(r"\d+\.\d+", text):
        said = said._replace(specifier=str(float(text)))
    return said


def _versions(document: Document, values: Iterator[Value], dialect: Dialect) -> Iterator[Statement]:
    for value in values:
        found = scalars(value)
        for each in found:
            text = each.text or ""
            if "\n" in text.strip():
                yield from _lines(document, each, dialect)
            elif re.search(r"\d|\*|latest|\$", text) and not re.match(
                r"(pypy|graalpy|miniconda|mambaforge|anaconda)", text
            ):
                yield _version(document, each, dialect, only=len(found) == 1)


def _lines(document: Document, each: Scalar, dialect: Dialect) -> Iterator[Statement]:
    for word in re.finditer(r"(?m)^\s*(\d[^\s]*)\s*$", document.text[each.start : each.end]):
        start = each.start + word.start(1)
        yield of_python(document, word[1], start, start + len(word[1]), dialect, only=False)


def _conda(document: Document, root: Value) -> Iterator[Statement]:
    for value in at(root, "dependencies"):
        for each in items(value):
            if isinstance(each, Scalar) and each.text:
                found = shell.match_spec(document, each.text, each.start, document.path)
                if found is not None:
                    verbatim = is_verbatim(document.text, each)
                    yield found if verbatim else found._replace(editable=None)
            for pip in at(each, "pip"):
                for line in scalars(pip):
                    yield from _requirement(document, line, pip, "pip")


# GitHub Actions.


def _workflow(document: Document, root: Value) -> Iterator[Statement]:
    for pair, jobs in _everywhere(root):
        match pair.keys[-1], pair.value:
            case "steps", Container() as steps:
                for step in items(steps):
                    yield from _step(document, root, step)
            case "container" | "image" as key, Scalar() as image if (
                key == "container" or "container" in jobs
            ):
                yield from images.statement(document, image.text or "", image.start)
            case "matrix", Container() as matrix:
                yield from _matrix(document, root, matrix)


def _step(document: Document, root: Value, step: Value) -> Iterator[Statement]:
    uses = next(iter(at(step, "uses")), None)
    name = (uses.text or "") if isinstance(uses, Scalar) else ""
    if re.search(r"/setup-(python|uv|miniconda|pdm|micromamba)|/python-", name):
        for key in ("python-version", "python_version"):
            for value in at(step, "with", key):
                expression = (
                    _EXPRESSION.match(value.text or "") if isinstance(value, Scalar) else None
                )
                what = expression["what"] if expression else ""
                if what.startswith("env.") and isinstance(value, Scalar):
                    yield _by_variable(document, root, value, what.removeprefix("env."))
                elif not what.startswith("matrix."):
                    yield from _versions(document, iter([value]), "npm")
    for value in at(step, "run"):
        yield from _script(document, value)


def _by_variable(document: Document, root: Value, use: Scalar, name: str) -> Statement:
    """The version that a variable of the workflow holds; it is mended where it is set, by hand."""
    said = of_python(document, use.text or "", use.start, use.end, "npm")
    given = [
        value
        for pair, _ in _everywhere(root)
        if pair.keys[-1] == "env"
        for value in at(pair.value, name)
    ]
    if len(given) != 1 or not isinstance(given[0], Scalar):
        return said
    set_ = _version(document, given[0], "npm", only=True)
    return said._replace(specifier=set_.specifier, why=set_.why)


def _matrix(document: Document, root: Value, matrix: Value) -> Iterator[Statement]:
    """The interpreters of a matrix, less what is taken out for every combination."""
    keys = {"python-version", "python_version", "python", "python-versions", "py"}
    excluded = {
        each.text
        for value in at(matrix, "exclude")
        for entry in items(value)
        for pair in pairs(entry)
        if len([*pairs(entry)]) == 1 and pair.keys[0] in keys
        for each in scalars(pair.value)
    }
    for pair in pairs(matrix):
        if pair.keys[0] in keys:
            found = scalars(pair.value)
            for each in found:
                if each.text in excluded or not re.match(r"[\d~^<>=*x]", each.text or ""):
                    continue
                yield _version(document, each, "npm", only=False)
        elif pair.keys[0] == "include":
            for entry in items(pair.value):
                for inner in pairs(entry):
                    named = inner.value if inner.keys[0] in keys else None
                    if isinstance(named, Scalar) and re.match(r"[\d~^<>=*x]", named.text or ""):
                        yield _version(document, named, "npm", only=False)


# Other services.


def _generic(document: Document, root: Value) -> Iterator[Statement]:
    """Images and scripts, whatever the service calls the things around them."""
    for pair, _ in _everywhere(root):
        key = pair.keys[-1]
        if key == "image":
            for value in (pair.value, *at(pair.value, "name")):
                if isinstance(value, Scalar) and value.text:
                    text = value.text
                    if re.search(r"(^|/)python(:|@|$)|python", text):
                        yield from images.statement(document, text, value.start)
        elif key in _SCRIPTS:
            yield from _script(document, pair.value)
        elif key == "versionSpec" or (key == "python" and document.path.endswith(".travis.yml")):
            yield from _versions(document, iter([pair.value]), "npm")
        elif (
            isinstance(pair.value, Container)
            and pair.value.kind == "sequence"
            and key.startswith(".")
        ):
            yield from _script(document, pair.value)


def _script(document: Document, value: Value) -> Iterator[Statement]:
    nested = (deep for each in items(value) for deep in items(each) if isinstance(deep, Scalar))
    for line in (*scalars(value), *nested):
        yield from shell.commands(document, line.start, line.end)


def _everywhere(root: Value) -> Iterator[tuple[Pair, tuple[str, ...]]]:
    """All pairs of a document with the keys above them, outer ones first."""
    waiting: list[tuple[Value, tuple[str, ...]]] = [(root, ())]
    seen = 0
    while waiting:
        value, above = waiting.pop(0)
        for pair in pairs(value):
            seen += 1
            yield pair, above
            if isinstance(pair.value, Container):
                waiting.append((pair.value, (*above[-3:], pair.keys[-1])))
        waiting += [(each, above) for each in items(value) if isinstance(each, Container)]
        if seen > _MAX_VALUES:
            return
