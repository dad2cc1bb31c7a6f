"""Finding, reading and layering the files of a policy."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from typing import Any, NamedTuple

from govcheck.catalogue import Catalogue
from govcheck.dependencies.section import normalized
from govcheck.disk import TooLargeError, Tree
from govcheck.document import Document, UndecodableError
from govcheck.keys import Key, Mistake, nearest, read
from govcheck.policy import Origin, Policy, PolicyError, PolicyMistake
from govcheck.policy.source import MAX_BYTES, Source, SourceError, parse
from govcheck.registry import OWN, load

POLICY_FILE = "govcheck.toml"
PYPROJECT = "pyproject.toml"
_TABLE = ("tool", "govcheck")
_MAX_EXTENDS = 5
_APPENDED = ("overrides", "exceptions")
_BUILTIN = os.path.join(os.path.dirname(__file__), "builtin")

Read = Callable[[str], bytes | None]


class _Layer(NamedTuple):
    source: Source
    data: Mapping[str, Any]


def find_root(start: str) -> str | None:
    """The nearest directory, from `start` upwards, that holds a policy; it is the root.

    The search ends at the top of a git repository: a policy above is that of something else.
    """
    directory = os.path.abspath(start)
    while True:
        if os.path.isfile(os.path.join(directory, POLICY_FILE)):
            return directory
        if _has_table(os.path.join(directory, PYPROJECT)):
            return directory
        parent = os.path.dirname(directory)
        if parent == directory or os.path.lexists(os.path.join(directory, ".git")):
            return None
        directory = parent


def load_policy(root: str, *, today: date | None = None, read: Read | None = None) -> Policy:
    """The policy of the repository at `root`.

    `read` gives the bytes of a file of the repository, by its path from the root; by default they
    are read from disk.

    Raises:
        PolicyError: there is none, or something is wrong with it; all mistakes are told at once.
    """
    read = read or _reader(Tree(root))
    source = _own_source(read)
    if source is None:
        raise PolicyError(
            PolicyMistake(
                POLICY_FILE,
                1,
                1,
                f"no policy: there is no {POLICY_FILE} and no [tool.govcheck] in {PYPROJECT} here "
                "or above ('govcheck init' writes one)",
            )
        )
    layers, mistakes = _layers(source, read)
    sources = tuple(layer.source for layer in layers)
    merged, origins = _merge(layers)
    policy, wrong = read_policy(merged, _own_rules(merged))
    origin = Policy(sources=sources or (source,), origins=origins).origin
    # What a layer alone does not tell to be wrong may be so in the whole.
    is_whole = not mistakes
    mistakes += (_located(origin(*m.key), m) for m in wrong if m.whole or is_whole)
    if not mistakes:
        mistakes += _locked(layers, policy.catalogue)
    if mistakes:
        raise PolicyError(*sorted(set(mistakes)))
    return replace(policy, today=today or date.today(), sources=sources, origins=origins)


def read_policy(data: Mapping[str, Any], own: Collection[str]) -> tuple[Policy, list[Mistake]]:
    """A policy from plain data, and all that is wrong with it; `own` are the rules it brings."""
    return read(Policy, dict(data), own=own)


def _own_rules(data: Mapping[str, Any]) -> Mapping[str, Any]:
    checks = data.get(OWN)
    return checks if isinstance(checks, dict) else {}


def _reader(tree: Tree) -> Read:
    def read_file(path: str) -> bytes | None:
        try:
            return tree.read(path)
        except TooLargeError as error:
            raise PolicyError(PolicyMistake(path, 1, 1, "it is too large for a policy")) from error
        except OSError as error:
            message = f"it cannot be read: {error.strerror}"
            raise PolicyError(PolicyMistake(path, 1, 1, message)) from error

    return read_file


def _has_table(pyproject: str) -> bool:
    try:
        with open(pyproject, "rb") as file:
            return _table_in(file.read(MAX_BYTES)) is not None
    except OSError:
        return False


def _table_in(data: bytes | None) -> Source | None:
    """The policy in a `pyproject.toml`; one that does not parse may hold one, and is told of."""
    if data is None or b"govcheck" not in data:
        return None
    source = Source(PYPROJECT, PYPROJECT, Document(PYPROJECT, data), _TABLE)
    try:
        tools = parse(source.document).get("tool", {})
    except (SourceError, UndecodableError):
        return source if b"[tool.govcheck" in data else None
    return source if isinstance(tools, dict) and "govcheck" in tools else None


def _own_source(read: Read) -> Source | None:
    own, table = read(POLICY_FILE), _table_in(read(PYPROJECT))
    if own is None:
        return table
    if table is not None:
        message = f"the policy is in {POLICY_FILE} already: keep one of the two"
        raise PolicyError(PolicyMistake(PYPROJECT, table.span(()).line, 1, message))
    return Source(POLICY_FILE, POLICY_FILE, Document(POLICY_FILE, own))


def _layers(source: Source, read: Read) -> tuple[list[_Layer], list[PolicyMistake]]:
    """The files of the policy, each after those it extends, and what is wrong with each."""
    layers: list[_Layer] = []
    mistakes: list[PolicyMistake] = []

    def visit(source: Source, chain: tuple[str, ...]) -> None:
        try:
            data = source.data
        except (SourceError, UndecodableError) as error:
            line = getattr(error, "line", 1)
            mistakes.append(PolicyMistake(source.label, line, 1, str(error)))
            return
        extends = data.get("extends", [])
        for number, target in enumerate(extends if isinstance(extends, list) else []):
            if not isinstance(target, str):
                continue
            at = Origin(source, ("extends", number))
            if target in chain or len(chain) >= _MAX_EXTENDS:
                why = "extends itself" if target in chain else "is nested too deeply"
                mistakes.append(_located(at, Mistake((), f"{target!r} {why}")))
                continue
            try:
                parent = _resolve(target, source, read)
            except ValueError as error:
                mistakes.append(_located(at, Mistake((), str(error))))
                continue
            visit(parent, (*chain, target))
        own = {name for layer in layers for name in _own_rules(layer.data)}
        _, wrong = read_policy(data, own.union(_own_rules(data)))
        mistakes.extend(_located(Origin(source, m.key), m) for m in wrong if not m.whole)
        layers.append(_Layer(source, data))

    visit(source, (source.label,))
    return layers, mistakes


def _located(origin: Origin, mistake: Mistake) -> PolicyMistake:
    span = origin.span
    where = ".".join(part for part in mistake.key if isinstance(part, str))
    prefix = f"{where}: " if where and not mistake.message.startswith("unknown") else ""
    return PolicyMistake(origin.source.label, span.line, span.column, prefix + mistake.message)


def _resolve(target: str, source: Source, read: Read) -> Source:
    """The file that an `extends` names.

    Raises:
        ValueError: there is none, with the reason.
    """
    package, colon, path = target.partition(":")
    if not colon:
        return _resolve_file(target, source, read)
    if package == "builtin":
        known = sorted(name.removesuffix(".toml") for name in os.listdir(_BUILTIN))
        if path not in known:
            raise ValueError(f"there is no built-in policy {path!r}{nearest(path, known)}")
        return _installed(target, _BUILTIN, f"{path}.toml")
    top, *inner = package.split(".")
    if not all(part.isidentifier() for part in (top, *inner)):
        raise ValueError(f"{package!r} is not the name of a package")
    # Only the top is looked up: finding an inner package would import, and so run, its parents.
    spec = find_spec(top)
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not folders:
        raise ValueError(f"the package {top!r} is not installed")
    return _installed(target, os.path.join(folders[0], *inner), path)


def _resolve_file(target: str, source: Source, read: Read) -> Source:
    if source.path is None:
        raise ValueError(f"{target!r}: an installed policy extends only installed ones")
    path = os.path.normpath(os.path.join(os.path.dirname(source.path), target))
    if os.path.isabs(path) or path.split(os.sep)[0] == "..":
        raise ValueError(f"{target!r} is outside the repository")
    data = read(path)
    if data is None:
        raise ValueError(f"{target!r} does not exist, or is a link")
    return Source(path, path, Document(path, data))


def _installed(label: str, folder: str, path: str) -> Source:
    inside = os.path.realpath(os.path.join(folder, path))
    if not inside.startswith(os.path.realpath(folder) + os.sep):
        raise ValueError(f"{path!r} is outside the package")
    try:
        with open(inside, "rb") as file:
            return Source(label, None, Document(path, file.read()))
    except OSError as error:
        raise ValueError(f"{label!r} cannot be read: {error.strerror}") from error


def _merge(layers: list[_Layer]) -> tuple[dict[str, Any], dict[Key, Origin]]:
    """Later layers over earlier ones: tables key by key, lists of tables appended."""
    merged: dict[str, Any] = {}
    origins: dict[Key, Origin] = {}

    def lay(over: dict[str, Any], data: Mapping[str, Any], at: Key, source: Source) -> None:
        for name, value in data.items():
            here = (*at, name)
            if not at and name in _APPENDED and isinstance(value, list):
                items = over.setdefault(name, [])
                for number, item in enumerate(value):
                    origins[(*here, len(items))] = Origin(source, (*here, number))
                    items.append(item)
            elif isinstance(value, dict) and isinstance(over.get(name, {}), dict):
                origins[here] = Origin(source, here)
                lay(over.setdefault(name, {}), value, here, source)
            else:
                origins[here] = Origin(source, here)
                over[name] = value

    for layer in layers:
        lay(merged, layer.data, (), layer.source)
    return merged, origins


def _locked(layers: list[_Layer], catalogue: Catalogue) -> Iterator[PolicyMistake]:
    """Where a layer loosens what an earlier one has locked."""
    locks: dict[str, tuple[str, str]] = {}
    settled: set[Key] = set()
    brought: dict[str, Any] = {}
    order = ("info", "warning", "error")
    for layer in layers:
        for at, rules, severity in _loosened(layer.data, settled, catalogue):
            for rule in sorted(rules & locks.keys()):
                label, least = locks[rule]
                if severity is None or order.index(severity) < order.index(least):
                    message = f"{rule} is locked by {label} and may not be loosened here"
                    yield _located(Origin(layer.source, at), Mistake((), message))
        brought |= _own_rules(layer.data)
        later = catalogue.checks.keys() - brought.keys()
        for rule in catalogue.expand(layer.data.get("locked", ())) - later:
            severity = layer.data.get("severity", {}).get(rule) or _severity(rule, brought)
            locks.setdefault(rule, (layer.source.label, severity))
        if layer.data.get("locked"):
            settled.update(_declared(layer.data))


def _severity(rule: str, brought: Mapping[str, Mapping[str, str]]) -> str:
    """The severity of a rule before any layer says another."""
    return brought[rule].get("severity", "error") if rule in brought else load(rule).severity


def _declared(data: Mapping[str, Any]) -> Iterator[Key]:
    """What a layer lays down: its flags, the packages it limits, Python, and its own rules."""
    yield from ((OWN, name) for name in data.get(OWN, ()))
    yield from (("flags", name) for name in data.get("flags", ()))
    dependencies = data.get("dependencies", {})
    yield from (("dependencies", normalized(name)) for name in dependencies.get("packages", ()))
    if "python" in dependencies:
        yield ("dependencies", "python")
    yield from ((section,) for section in ("markers", "docs", "retention") if section in data)


def _loosened(
    data: Mapping[str, Any], settled: set[Key], catalogue: Catalogue
) -> Iterator[tuple[Key, frozenset[str], str | None]]:
    """What a layer switches off, allows or downgrades: where, which rules, to which severity.

    `settled` are the flags, packages and rules that a policy with locks has declared.
    """
    everything = frozenset(catalogue.names())
    if data.get("exclude"):
        yield ("exclude",), everything, None
    if data.get("flags-settings", {}).get("history"):
        yield ("flags-settings", "history"), catalogue.expand(["flags"]), None
    for name, flag in data.get("flags", {}).items():
        for key in flag.keys() & {"status", "value", "kind", "remove-by"}:
            if ("flags", name) in settled:
                yield ("flags", name, key), catalogue.expand(["flags"]), None
    dependencies = data.get("dependencies", {})
    for key in dependencies.keys() & {"projects", "unknown"}:
        yield ("dependencies", key), catalogue.expand(["dependencies"]), None
    if "python" in dependencies and ("dependencies", "python") in settled:
        yield ("dependencies", "python"), catalogue.expand(["dependencies"]), None
    for name, package in dependencies.get("packages", {}).items():
        for key in package.keys() & {"allow", "forbid", "review"}:
            if ("dependencies", normalized(name)) in settled:
                place: Key = ("dependencies", "packages", name, key)
                yield place, catalogue.expand(["dependencies"]), None
    for section in ("markers", "docs", "retention"):
        for key in data.get(section, {}) if (section,) in settled else ():
            yield (section, key), catalogue.expand([section]), None
    for name, check in data.get(OWN, {}).items():
        for key in check if (OWN, name) in settled else ():
            severity = check[key] if key == "severity" else None
            yield (OWN, name, key), frozenset({name}), severity
    tables: list[tuple[Key, Mapping[str, Any]]] = [((), data)]
    tables += [(("overrides", n), each) for n, each in enumerate(data.get("overrides", ()))]
    for at, table in tables:
        if "select" in table:
            yield (*at, "select"), everything - catalogue.expand(table["select"]), None
        yield (*at, "ignore"), catalogue.expand(table.get("ignore", ())), None
        for rule, severity in table.get("severity", {}).items():
            yield (*at, "severity", rule), frozenset({rule}), severity
    for number, entry in enumerate(data.get("exceptions", ())):
        yield ("exceptions", number), frozenset({entry["rule"]}), None
