"""YAML: workflows of CI services, conda environments, pre-commit, Read the Docs, Compose."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from govcheck.config import yaml
from govcheck.config.tree import Container, Scalar
from govcheck.document import Document
from govcheck.manifests import images, shell
from govcheck.manifests.statement import (
    Dialect,
    Quoting,
    Statement,
    UnreadableError,
    in_role,
    of_python,
    of_requirement,
)
from govcheck.manifests.tree import Pair, Value, at, is_verbatim, items, named, pairs, scalars

_SCRIPTS = frozenset(
    {"script", "before_script", "after_script", "run", "command", "commands", "bash", "install",
     "before_install", "powershell", "pwsh", "jobs-script", "post_install", "build"}
)  # fmt: skip
_OWN = re.compile(r"\.pre-commit-config\.yaml|\.?readthedocs\.ya?ml|environment\.ya?ml")
_EXPRESSION = re.compile(r"^\s*\$\{\{\s*(?P<what>.+?)\s*\}\}\s*$")
_MAX_VALUES = 200_000


def statements(document: Document) -> Iterator[Statement]:
    """What a YAML file states, by its name."""
    path = document.path.lower()
    name = path.rpartition("/")[2]
    tree = document.view(yaml.read).tree
    is_own = _OWN.fullmatch(name) is not None or "/.github/" in f"/{path}"
    is_said = re.search(r"(?m)^[ \t]*[^\s#]", document.text) is not None
    if is_own and (tree.broken or (is_said and not tree.roots)):
        raise UnreadableError("it is not YAML")
    for root in tree.roots:
        if name == ".pre-commit-config.yaml":
            yield from _pre_commit(document, root)
        elif re.fullmatch(r"\.?readthedocs\.ya?ml", name):
            yield from _versions(document, at(root, "build", "tools", "python"), "npm")
            yield from _versions(document, at(root, "python", "version"), "npm")
            for value in at(root, "build", "commands"):
                yield from _script(document, value)
            for pair in named(root, "build", "jobs"):
                yield from _script(document, pair.value)
        elif re.search(r"(^|[-_.])(environment|conda|env)[^/]*\.ya?ml$", name) or (
            [*at(root, "channels")] and [*at(root, "dependencies")]
        ):
            yield from in_role("main", _conda(document, root))
        elif re.fullmatch(r"app\.ya?ml", name):
            for value in at(root, "runtime"):
                if isinstance(value, Scalar) and re.fullmatch(r"python3\d+", value.text or ""):
                    yield _version(document, value, "python", only=True)
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
        # Without a word on the language, only what no other language counts like.
        pattern = r"(python|py)?\d" if language is not None else r"(python|py)\d|3\.([6-9]|1\d)"
        if isinstance(value, Scalar) and re.match(pattern, value.text or ""):
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
        span=document.span(each.start, each.end),
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
                r"(pypy|graalpy|mini(conda|forge)|mambaforge|anaconda)", text
            ):
                yield _version(document, each, dialect, only=len(found) == 1)


def _lines(document: Document, each: Scalar, dialect: Dialect) -> Iterator[Statement]:
    for word in re.finditer(r"(?m)^\s*(\d[^\s]*)\s*$", document.text[each.start : each.end]):
        start = each.start + word.start(1)
        yield of_python(document, word[1], start, start + len(word[1]), dialect, only=False)


def _conda(document: Document, root: Value) -> Iterator[Statement]:
    for value in at(root, "dependencies"):
        is_flow = isinstance(value, Container) and value.layout == "flow"
        for each in items(value):
            if isinstance(each, Scalar) and each.text:
                found = shell.match_spec(document, each.text, each.start, document.path)
                if found is not None:
                    verbatim = is_verbatim(document.text, each)
                    quoting: Quoting = "flow" if is_flow and not _is_quoted(document, each) else ""
                    yield (found if verbatim else found._replace(editable=None))._replace(
                        quoting=quoting
                    )
            for pip in at(each, "pip"):
                for line in scalars(pip):
                    yield from _requirement(document, line, pip, "pip")


# GitHub Actions.


def _workflow(document: Document, root: Value) -> Iterator[Statement]:
    everything = [*_everywhere(root)]
    variables = _variables(everything)
    in_matrix = _in_matrix(everything)
    matrices = {above[:-1]: pair.value for pair, above in everything if pair.keys[-1] == "matrix"}
    for pair, above in everything:
        match pair.keys[-1], pair.value:
            case "steps", Container() as steps:
                for step in items(steps):
                    for said in _step(document, variables, above, step):
                        yield from _over_matrix(document, said, matrices.get(above))
            case "container" | "image" as key, Scalar() as image if (
                key == "container" or above[-1:] == ("container",) or above[-2:-1] == ("services",)
            ):
                yield from images.statement(document, image.text or "", image.start)
            case "matrix", Container() as matrix:
                keys = _MATRIX_KEYS | in_matrix.get(above[:-1], frozenset())
                yield from _matrix(document, keys, matrix)


def _in_matrix(
    everything: Iterable[tuple[Pair, tuple[str, ...]]],
) -> dict[tuple[str, ...], frozenset[str]]:
    """The keys of its matrix that a job takes for versions of Python, by the path of the job."""
    found: dict[tuple[str, ...], frozenset[str]] = {}
    for pair, above in everything:
        if pair.keys[-1] == "steps":
            uses = (
                _MATRIX_USE.fullmatch(value.text or "")
                for step in items(pair.value)
                for value in at(step, "with", "python-version")
                if isinstance(value, Scalar)
            )
            found[above] = frozenset(use[1] for use in uses if use)
    return found


_MATRIX_KEYS = frozenset({"python-version", "python_version", "python", "python-versions", "py"})
_FROM_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")
_MATRIX_USE = re.compile(r"\s*\$\{\{\s*matrix\.([\w-]+)\s*\}\}\s*")
_Variables = Mapping[tuple[tuple[str, ...], str], list[Value]]


def _variables(everything: Iterable[tuple[Pair, tuple[str, ...]]]) -> _Variables:
    """What `env` sets, by where and by name."""
    found: dict[tuple[tuple[str, ...], str], list[Value]] = {}
    for pair, above in everything:
        if pair.keys[-1] == "env":
            for inner in pairs(pair.value):
                found.setdefault((above, inner.keys[0]), []).append(inner.value)
    return found


def _step(
    document: Document, variables: _Variables, above: tuple[str, ...], step: Value
) -> Iterator[Statement]:
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
                    name = what.removeprefix("env.")
                    given = variables.get((above, name)) or variables.get(((), name), [])
                    yield _by_variable(document, value, given)
                elif not re.fullmatch(r"matrix\.[\w-]+", what):
                    yield from _versions(document, iter([value]), "npm")
    for value in at(step, "run"):
        yield from _script(document, value)


def _over_matrix(document: Document, said: Statement, matrix: Value) -> Iterator[Statement]:
    """A requirement that takes its version from a matrix, for each of the values there."""
    keys = set(_FROM_MATRIX.findall(said.declared))
    values = [
        each
        for key in keys
        for table in (matrix, *(entry for value in at(matrix, "include") for entry in items(value)))
        for value in at(table, key)
        for each in scalars(value)
        if each.text
    ]
    if said.form != "requirement" or len(keys) != 1 or not values:
        yield said
        return
    for each in values:
        text = _FROM_MATRIX.sub((each.text or "").replace("\\", ""), said.declared)
        found = of_requirement(document, text, each.start, span=said.span)
        if found is not None:
            where = document.span(each.start, each.end).line
            yield said._replace(
                specifier=found.specifier, why="", scope=f"{said.scope} {each.start}",
                resolved=f"{text}, line {where}",
            )  # fmt: skip


def _by_variable(document: Document, use: Scalar, given: Sequence[Value]) -> Statement:
    """The version that a variable of the workflow holds; it is mended where it is set, by hand."""
    said = of_python(document, use.text or "", use.start, use.end, "npm")
    if len(given) != 1 or not isinstance(given[0], Scalar):
        return said
    set_ = _version(document, given[0], "npm", only=True)
    resolved = f"{set_.declared}, line {set_.span.line}"
    return said._replace(specifier=set_.specifier, why=set_.why, resolved=resolved)


def _matrix(document: Document, keys: Set[str], matrix: Value) -> Iterator[Statement]:
    """The interpreters of a matrix, less what is taken out for every combination."""
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
                if (each.text or "").startswith("${{"):
                    yield _version(document, each, "npm", only=False)
                if re.search(r"[\w.]\s+\w", each.text or ""):
                    continue  # several in one text, which is for something else to split
                if each.text in excluded or not re.match(r"[\d~^<>=*x]", each.text or ""):
                    continue
                # Without a dot it is a part of a name: of an environment of tox, of a package.
                is_short = re.fullmatch(r"3\d{1,2}", each.text or "") is not None
                yield _version(document, each, "python" if is_short else "npm", only=False)
        elif pair.keys[0] == "include":
            for entry in items(pair.value):
                for inner in pairs(entry):
                    named = inner.value if inner.keys[0] in keys else None
                    if isinstance(named, Scalar) and re.match(r"[\d~^<>=*x]", named.text or ""):
                        yield _version(document, named, "npm", only=False)


# Other services.


def _generic(document: Document, root: Value) -> Iterator[Statement]:
    """Images and scripts, whatever the service calls the things around them."""
    given = {pair.keys[0]: pair.value for pair in named(root, "variables")}
    for pair, _ in _everywhere(root):
        key = pair.keys[-1]
        if key == "image":
            for value in (pair.value, *at(pair.value, "name")):
                if isinstance(value, Scalar) and value.text:
                    text = value.text
                    named_by = given.get(text.strip("${}")) if text.startswith("$") else None
                    full = named_by.text if isinstance(named_by, Scalar) else None
                    if "python" in (full or text):
                        yield from images.statement(document, full or text, value.start, shown=text)
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
        # Only a literal block, `|`, keeps its lines.
        sign = document.text[line.start : line.start + 1]
        start = document.text.find("\n", line.start) if sign in ("|", ">") else line.start
        is_folded = sign != "|" and "\n" in document.text[max(start, 0) : line.end]
        yield from shell.commands(document, max(start, line.start), line.end, is_folded=is_folded)


def _everywhere(root: Value) -> Iterator[tuple[Pair, tuple[str, ...]]]:
    """All pairs of a document with the keys above them, outer ones first."""
    waiting: deque[tuple[Value, tuple[str, ...]]] = deque([(root, ())])
    seen = 0
    while waiting:
        value, above = waiting.popleft()
        for pair in pairs(value):
            seen += 1
            yield pair, above
            if isinstance(pair.value, Container):
                waiting.append((pair.value, (*above[-3:], pair.keys[-1])))
        waiting.extend((each, above) for each in items(value) if isinstance(each, Container))
        if seen > _MAX_VALUES:
            return
