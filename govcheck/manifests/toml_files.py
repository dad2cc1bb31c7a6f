"""TOML: pyproject and what its tools keep there, Pipfile, pixi, hatch, tox, mise, ruff.

PEP 621, PEP 735 and PEP 723 say what the standard ones mean.
"""

import re
from collections.abc import Iterator, Mapping

from govcheck.config import toml
from govcheck.config.tree import Container, Scalar
from govcheck.dependencies.section import normalized
from govcheck.document import Document
from govcheck.manifests.statement import (
    Dialect,
    Role,
    Statement,
    UnreadableError,
    in_role,
    of_python,
    of_requirement,
    requirement,
    within_folder,
)
from govcheck.manifests.tree import Pair, Value, at, is_verbatim, items, named, pairs, scalars

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d+\.\d+)")
_SCRIPT = re.compile(r"(?m)^# /// script[ \t]*\r?\n(?P<body>(?:#(?: .*)?\r?\n)+?)# ///[ \t]*\r?$")
_PIPENV_MARKERS = frozenset(
    {"python_version", "python_full_version", "os_name", "sys_platform", "platform_machine",
     "platform_python_implementation", "platform_release", "platform_system", "platform_version",
     "implementation_name", "implementation_version"}
)  # fmt: skip
_ENVIRONMENT = re.compile(r"py(\d)(\d+)$|^(\d+\.\d+)$")


def statements(document: Document) -> Iterator[Statement]:
    """What a TOML file states, by its name."""
    root = _root(document)
    name = document.path.rpartition("/")[2].lower()
    match name:
        case "pyproject.toml":
            yield from _pyproject(document, root)
        case "pipfile":
            yield from _pipfile(document, root)
        case "pixi.toml":
            yield from _pixi(document, root)
        case "hatch.toml":
            yield from _hatch(document, root)
        case "tox.toml":
            yield from _tox(document, root)
        case "ruff.toml" | ".ruff.toml":
            yield from _targets(document, at(root, "target-version"))
        case "uv.toml":
            yield from _uv(document, root)
        case _:
            yield from _mise(document, root)


def script(document: Document) -> Iterator[Statement]:
    """What the metadata block of a script states (PEP 723).

    The block is read where it stands: everything else becomes blank, so that places agree.
    """
    found = [*_SCRIPT.finditer(document.text)]
    if len(found) != 1:
        return
    start, end = found[0].span("body")
    body = re.sub(r"(?m)^# ?", lambda lead: " " * len(lead[0]), document.text[start:end])
    blank = re.sub(r"[^\r\n]", " ", document.text[:start])
    root = _root(Document(document.path, (blank + body).encode()))
    yield from _requirements(document, at(root, "dependencies"), "script")
    yield from _python(document, at(root, "requires-python"), "pep440")


def includes(document: Document) -> Iterator[str]:
    """The requirements files of setuptools' dynamic metadata, as paths from the root."""
    above = ("tool", "setuptools", "dynamic")
    root = _root(document)
    for path in (("dependencies", "file"), ("optional-dependencies", "*", "file")):
        for value in at(root, *above, *path):
            yield from within_folder(document.path, (each.text or "" for each in scalars(value)))


def _root(document: Document) -> Value:
    """The top of a file.

    Raises:
        UnreadableError: it is not TOML.
    """
    if not document.text.strip():
        return None
    tree = document.view(toml.read).tree
    if tree.broken:
        import tomllib  # the reader goes on where TOML's own tools stop

        try:
            tomllib.loads(document.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise UnreadableError(f"it is not TOML: {error}") from error
    return tree.roots[0] if tree.roots else None


def _pyproject(document: Document, root: Value) -> Iterator[Statement]:
    dependencies = at(root, "project", "dependencies")
    yield from in_role("main", _requirements(document, dependencies, "project"))
    for pair in named(root, "project", "optional-dependencies"):
        found = _requirements(document, [pair.value], f"extra {pair.keys[0]}")
        yield from in_role("extra", found)
    for pair in named(root, "dependency-groups"):
        found = _requirements(document, [pair.value], f"group {pair.keys[0]}")
        yield from in_role("extra", found)
    yield from _requirements(document, at(root, "build-system", "requires"), "build")
    yield from _python(document, at(root, "project", "requires-python"), "pep440")
    yield from _classifiers(document, at(root, "project", "classifiers"))
    yield from _poetry(document, root)
    yield from _pdm(document, root)
    yield from _uv(document, root, "tool", "uv")
    for value in at(root, "tool", "rye", "dev-dependencies"):
        yield from in_role("extra", _requirements(document, [value], "rye dev"))
    yield from _classifiers(document, at(root, "tool", "poetry", "classifiers"))
    yield from _hatch_environments(document, root, "tool", "hatch", "envs")
    yield from _pixi(document, root, "tool", "pixi")
    yield from _tox(document, root, "tool", "tox")
    dependencies = at(root, "tool", "flit", "metadata", "requires")
    yield from in_role("main", _requirements(document, dependencies, "flit"))
    for pair in named(root, "tool", "flit", "metadata", "requires-extra"):
        found = _requirements(document, [pair.value], f"flit {pair.keys[0]}")
        yield from in_role("extra", found)
    yield from _python(document, at(root, "tool", "flit", "metadata", "requires-python"), "pep440")
    yield from _targets(document, at(root, "tool", "ruff", "target-version"))
    yield from _targets(document, at(root, "tool", "black", "target-version"))
    yield from _targets(document, at(root, "tool", "mypy", "python_version"))
    yield from _targets(document, at(root, "tool", "ty", "environment", "python-version"))
    for checker in ("pyright", "basedpyright"):
        yield from _targets(document, at(root, "tool", checker, "pythonVersion"))
        for value in at(root, "tool", checker, "executionEnvironments"):
            for each in items(value):
                yield from _targets(document, at(each, "pythonVersion"))
    yield from _targets(document, at(root, "tool", "pylint", "main", "py-version"))
    for value in at(root, "tool", "cibuildwheel", "build"):
        for each in scalars(value):
            for word in re.finditer(r"cp3\d+(?=-)", each.text or ""):
                at_ = each.start + word.start()
                yield of_python(document, word[0], at_, at_ + len(word[0]), only=False)
    for value in at(root, "tool", "tox", "legacy_tox_ini"):
        if isinstance(value, Scalar):
            from govcheck.manifests import ini_files  # only such a manifest pays for it

            yield from ini_files.within(document, value.start, value.end)


def _requirements(
    document: Document, values: Iterator[Value] | list[Value], scope: str
) -> Iterator[Statement]:
    """The requirements of lists of strings."""
    for value in values:
        for each in scalars(value):
            if each.text is None or each.text.lstrip().startswith("-"):
                continue
            said = of_requirement(
                document, each.text, each.start, scope=f"{document.path} {scope}",
                span=document.span(each.start, each.end),
            )  # fmt: skip
            if said is not None:
                yield said


def _python(document: Document, values: Iterator[Value], dialect: Dialect) -> Iterator[Statement]:
    for value in values:
        if isinstance(value, Scalar) and value.text is not None:
            yield of_python(document, value.text, value.start, value.end, dialect)


def _targets(document: Document, values: Iterator[Value]) -> Iterator[Statement]:
    """Interpreters by name: one, or a list."""
    for value in values:
        found = scalars(value)
        for each in found:
            text = each.text or ""
            if re.search(r"\d", text) or text == "latest":
                yield of_python(document, text, each.start, each.end, only=len(found) == 1)


def _classifiers(document: Document, values: Iterator[Value]) -> Iterator[Statement]:
    for value in values:
        for each in scalars(value):
            if (found := _CLASSIFIER.fullmatch(each.text or "")) is not None:
                start = each.start + found.start(1)
                yield of_python(document, found[1], start, start + len(found[1]), only=False)


def _poetry(document: Document, root: Value) -> Iterator[Statement]:
    """Poetry: the key is the name, the value a version, a table, or several of them."""
    groups: list[tuple[str, Iterator[Pair]]] = [
        ("main", named(root, "tool", "poetry", "dependencies")),
        ("dev", named(root, "tool", "poetry", "dev-dependencies")),
        ("group", named(root, "tool", "poetry", "group", "*", "dependencies")),
    ]
    for group, found in groups:
        role: Role = "main" if group == "main" else "extra"
        tables: dict[str, list[Pair]] = {}
        for pair in found:
            if len(pair.keys) > 1:
                tables.setdefault(pair.keys[0], []).append(pair._replace(keys=pair.keys[1:]))
                continue
            said = _keyed(document, pair.keys[0], pair, "poetry", f"poetry {group}")
            yield from in_role(role, said)
        for name, parts in tables.items():
            said = _table(document, name, parts, parts[0].start, parts[0].end, "poetry", group)
            yield from in_role(role, said)


def _keyed(
    document: Document, name: str, pair: Pair, dialect: Dialect, scope: str
) -> Iterator[Statement]:
    match pair.value:
        case Scalar(text=str(text)) as value:
            yield _version(document, name, text, value, dialect, scope)
        case Container(kind="mapping") as table:
            parts = [*pairs(table)]
            yield from _table(document, name, parts, pair.start, pair.end, dialect, scope)
        case Container(kind="sequence") as several:
            for number, each in enumerate(items(several)):
                one = pair._replace(value=each)
                start = getattr(each, "start", pair.start)
                one = one._replace(start=start, end=start)
                yield from _keyed(document, name, one, dialect, f"{scope} {name} {number}")


def _version(
    document: Document, name: str, text: str, value: Scalar, dialect: Dialect, scope: str,
    marker: str = "",
) -> Statement:  # fmt: skip
    if normalized(name) == "python":
        return of_python(document, text, value.start, value.end, dialect)
    editable = (value.start, value.end) if is_verbatim(document.text, value) else None
    return Statement(
        normalized(name), text, text, dialect, document.span(value.start, value.end),
        "requirement", editable, marker=marker, scope=f"{document.path} {scope}",
    )  # fmt: skip


def _table(
    document: Document, name: str, parts: list[Pair], start: int, end: int, dialect: Dialect,
    scope: str,
) -> Iterator[Statement]:  # fmt: skip
    """`{ version = "...", markers = "..." }`, or a source that tells no version."""
    found = {part.keys[0]: part.value for part in parts}
    said = " and ".join(f"({each})" for each in _markers(found))
    match found.get("version"):
        case Scalar(text=str(text)) as value if not found.keys() & {"git", "path", "url", "file"}:
            yield _version(document, name, text, value, dialect, scope, said)
            return
    where = next((each for each in ("git", "path", "url", "file") if each in found), None)
    if where is None:
        return
    source = found[where]
    text = source.text or "" if isinstance(source, Scalar) else ""
    at_file = requirement(f"{name} @ {text}") if where in ("url", "file", "path") else None
    begin = source.start if isinstance(source, Scalar) else start
    stop = source.end if isinstance(source, Scalar) else end
    yield Statement(
        normalized(name), f"{where} {text}", at_file.specifier if at_file else None, "pep440",
        document.span(begin, stop), "requirement", None, marker=said,
        scope=f"{document.path} {scope}", why=f"its {where} does not tell the version",
    )  # fmt: skip


def _markers(table: Mapping[str, Value]) -> Iterator[str]:
    """The markers of a table (PEP 508): as such, or as the keys of Poetry and of pipenv."""
    for key, value in table.items():
        text = value.text or "" if isinstance(value, Scalar) else ""
        if not text:
            continue
        if key in ("markers", "marker"):
            yield text
        elif key == "python":
            from govcheck.manifests.versions import translate  # only such a table pays for it

            try:
                alternatives = translate(text, "poetry")
            except ValueError:
                continue
            yield " or ".join(_python_marker(each) for each in alternatives)
        elif key == "platform":
            yield f"sys_platform == {text!r}"
        elif key in _PIPENV_MARKERS:
            yield f"{key} {text}"


def _python_marker(specifier: str) -> str:
    clauses = []
    for clause in filter(None, specifier.replace(" ", "").split(",")):
        found = re.fullmatch(r"(===|~=|==|!=|<=|>=|<|>)(\d+(?:\.\d+)*)(\.\*)?", clause)
        if found is not None:
            is_minor = found[3] and found[2].count(".") == 1
            name = "python_version" if is_minor else "python_full_version"
            clauses.append(f'{name} {found[1]} "{found[2]}{"" if is_minor else found[3] or ""}"')
    return f"({' and '.join(clauses)})" if clauses else "python_version >= '0'"


def _source(document: Document, pair: Pair) -> Iterator[Statement]:
    """A source of uv: what it builds has whatever version it has."""
    parts = [*pairs(pair.value)] if len(pair.keys) == 1 else [pair._replace(keys=pair.keys[1:])]
    for each in items(pair.value):
        yield from _source(document, pair._replace(value=each))
    kinds = {part.keys[0] for part in parts} & {"git", "path", "url"}
    if kinds:
        yield from _table(
            document, pair.keys[0], parts, pair.start, pair.end, "pep440", "uv source"
        )


def _uv(document: Document, root: Value, *above: str) -> Iterator[Statement]:
    for name in ("constraint", "build-constraint", "override", "dev"):
        values = at(root, *above, f"{name}-dependencies")
        yield from _requirements(document, values, f"uv {name}")
    for pair in named(root, *above, "extra-build-dependencies"):
        yield from _requirements(document, [pair.value], f"uv build {pair.keys[0]}")
    for pair in named(root, *above, "sources"):
        yield from _source(document, pair)
    yield from _python(
        document, at(root, *above, "dependency-groups", "*", "requires-python"), "pep440"
    )
    yield from _targets(document, at(root, *above, "pip", "python-version"))


def _pdm(document: Document, root: Value) -> Iterator[Statement]:
    for pair in named(root, "tool", "pdm", "dev-dependencies"):
        found = _requirements(document, [pair.value], f"pdm {pair.keys[0]}")
        yield from in_role("extra", found)
    for pair in named(root, "tool", "pdm", "resolution", "overrides"):
        if isinstance(pair.value, Scalar) and not re.match(
            r"\w+(\+\w+)?://", pair.value.text or ""
        ):
            yield from _keyed(document, pair.keys[0], pair, "poetry", f"pdm override {pair.keys}")


def _pipfile(document: Document, root: Value) -> Iterator[Statement]:
    others = [pair.keys[0] for pair in pairs(root) if pair.keys[0] not in _PIPFILE_OTHERS]
    for group in dict.fromkeys(others):
        role: Role = "main" if group == "packages" else "extra"
        for pair in named(root, group):
            name, parts = pair.keys[0], [pair._replace(keys=pair.keys[1:])]
            found = (
                _keyed(document, name, pair, "pep440", group)
                if len(pair.keys) == 1
                else _table(document, name, parts, pair.start, pair.end, "pep440", group)
            )
            yield from in_role(role, found)
            table = {inner.keys[0]: inner.value for inner in pairs(pair.value)}
            if table and not table.keys() & _PIPFILE_VERSIONED:
                marker = " and ".join(f"({each})" for each in _markers(table))
                yield Statement(
                    normalized(name), name, "*", "pep440", document.span(pair.start, pair.end),
                    marker=marker, scope=f"{document.path} {group}", role=role,
                )  # fmt: skip
    yield from _targets(document, at(root, "requires", "python_version"))
    yield from _targets(document, at(root, "requires", "python_full_version"))


_PIPFILE_VERSIONED = frozenset({"version", "git", "path", "url", "file", "hg", "svn", "ref"})
_PIPFILE_OTHERS = frozenset({"source", "requires", "scripts", "pipenv", "pipfile"})


def _pixi(document: Document, root: Value, *above: str) -> Iterator[Statement]:
    groups: list[tuple[str, ...]] = [
        (),
        ("package",),
        ("feature", "*"),
        ("target", "*"),
        ("feature", "*", "target", "*"),
    ]
    for group in groups:
        for table, dialect in _PIXI_TABLES:
            for pair in named(root, *above, *group, table):
                scope = f"pixi {table} {pair.start if group else ''}"
                if len(pair.keys) == 1 or pair.keys[1:] == ("version",):
                    yield from _keyed(document, pair.keys[0], pair, dialect, scope)


_PIXI_TABLES: tuple[tuple[str, Dialect], ...] = (
    ("dependencies", "conda"), ("host-dependencies", "conda"), ("build-dependencies", "conda"),
    ("run-dependencies", "conda"),
    ("pypi-dependencies", "pep440"),
)  # fmt: skip


def _hatch(document: Document, root: Value) -> Iterator[Statement]:
    yield from _hatch_environments(document, root, "envs")


def _hatch_environments(document: Document, root: Value, *above: str) -> Iterator[Statement]:
    for key in ("dependencies", "extra-dependencies"):
        for pair in named(root, *above, "*"):
            if pair.keys == (key,):
                yield from _requirements(document, [pair.value], f"hatch {pair.start}")
    yield from _targets(document, at(root, *above, "*", "python"))
    for matrix in at(root, *above, "*", "matrix"):
        for each in items(matrix):
            yield from _targets(document, at(each, "python"))
    yield from _targets(document, at(root, *above, "*", "matrix", "*", "python"))


def _tox(document: Document, root: Value, *above: str) -> Iterator[Statement]:
    yield from _requirements(document, at(root, *above, "requires"), "tox")
    for pair in named(root, *above):
        if pair.keys in (("env_list",), ("envlist",)):
            found = scalars(pair.value)
            for each in found:
                if _ENVIRONMENT.search(each.text or ""):
                    one = len(found) == 1
                    yield of_python(document, each.text or "", each.start, each.end, only=one)
    for path in (("env_run_base",), ("env_pkg_base",), ("env", "*")):
        for pair in named(root, *above, *path):
            if pair.keys == ("deps",):
                yield from _requirements(document, [pair.value], f"tox {pair.start}")
            elif pair.keys in (("base_python",), ("basepython",)):
                yield from _targets(document, iter([pair.value]))


def _mise(document: Document, root: Value) -> Iterator[Statement]:
    yield from _targets(document, at(root, "tools", "python"))
    yield from _targets(document, at(root, "tools", "python", "version"))
    for value in at(root, "tools", "python"):
        for each in items(value):
            yield from _targets(document, at(each, "version"))
