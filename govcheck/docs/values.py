"""The values of a repository that documents state: counts, lines, keys, constants, versions."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from govcheck.dependencies.section import normalized
from govcheck.docs.section import PLACEHOLDER, Source
from govcheck.document import TooDeepError
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.repo import Repo

_MAX_POWER = 64
_NUMERIC = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)")
_GROUPED = re.compile(r"\d{1,3}(?P<sign>[,._' ’\u00a0\u2009\u202f])\d{3}(?:(?P=sign)\d{3})*")
_MARKED = re.compile(r"(?s)\s*(?P<marks>[`\"'*_]*)(?P<value>.*?)(?P<end>[`\"'*_]*)\s*")


class UndecidedError(Exception):
    """The repository does not tell the value; the message says why."""


def value(repo: Repo, policy: Policy, source: Source) -> str:
    """The value that a source gives, as text.

    Raises:
        UndecidedError: it gives none, or more than one.
    """
    match source:
        case Source(matches=str(pattern)):
            return str(_matches(repo, pattern, source))
        case Source(files=files) if files:
            return str(sum(path in repo for path in repo.matching(*files)))
        case Source(lines=str(path)):
            text = _text(repo, path)
            return str(text.count("\n") + (not text.endswith("\n") and text != ""))
        case Source(key_=str(key), file=str(path)):
            return _key(repo, path, key)
        case Source(name=str(name), file=str(path)):
            return _constant(_text(repo, path), path, name)
        case Source(locked=str(package)):
            return _locked(repo, package)
        case Source(count=str(what)):
            return str(_count(repo, policy, what))
    raise UndecidedError("it names no source")


def filled(repo: Repo, source: Source, groups: Mapping[str, str | None]) -> Source:
    """A source with what the groups of a pattern have matched.

    Raises:
        UndecidedError: not one file has the lines.
    """

    def fill(text: str | None) -> str | None:
        return text and PLACEHOLDER.sub(lambda found: groups.get(found[1]) or "", text)

    lines = fill(source.lines)
    if lines is not None and lines != source.lines:
        found = [*repo.matching(lines)]
        if len(found) != 1:
            raise UndecidedError(f"{'more than one' if found else 'no'} file is {lines}")
        lines = found[0]
    return replace(
        source,
        lines=lines,
        file=fill(source.file),
        key_=fill(source.key_),
        name=fill(source.name),
        locked=fill(source.locked),
    )


def same(written: str, wanted: str) -> bool:
    """Whether a document says a value, however it groups digits or writes true and false."""
    said, plain = _plain(written), _plain(wanted)
    grouped = _GROUPED.fullmatch(said) if plain.isdecimal() else None
    return said == plain or (grouped is not None and said.replace(grouped["sign"], "") == plain)


def as_written(written: str, wanted: str) -> tuple[int, int, str] | None:
    """A value in the manner of what it replaces: from where, to where, and what is written there.

    Marks and quotes around it stay, and digits are grouped as they were. None where more than a
    value is written, or the value is no more than a program's way to show a list of others.
    """
    found = _MARKED.fullmatch(written)
    inside = found["value"] if found is not None else written
    if not wanted.isprintable() or wanted[:1] in ("[", "(", "{"):
        return None
    new = wanted
    if _NUMERIC.fullmatch(wanted):
        grouped = _GROUPED.fullmatch(inside)
        if grouped is None and inside and not _NUMERIC.fullmatch(inside):
            return None
        if grouped is not None and wanted.isdecimal():
            new = f"{int(wanted):,}".replace(",", grouped["sign"])
    elif wanted in ("True", "False") and inside.lower() in ("true", "false"):
        new = wanted.lower() if inside.islower() else wanted.upper() if inside.isupper() else wanted
    start = found.start("value") if found is not None else 0
    return start, start + len(inside), new


def _plain(text: str) -> str:
    plain = text.strip().strip("`\"'*_")
    return plain.lower() if plain.lower() in ("true", "false") else plain


def _text(repo: Repo, path: str) -> str:
    document = repo.document(path)
    if document is None:
        raise UndecidedError(f"there is no text file {path}")
    return document.text


def _matches(repo: Repo, pattern: str, source: Source) -> int:
    paths = [source.file] if source.file else [*repo.matching(*source.files)]
    if source.file and source.file not in repo:
        raise UndecidedError(f"there is no text file {source.file}")
    search = re.compile(pattern, re.MULTILINE)
    documents = filter(None, (repo.document(path) for path in paths))
    return sum(sum(1 for _ in search.finditer(each.text)) for each in documents)


def _key(repo: Repo, path: str, key: str) -> str:
    from govcheck.config import entries, format_of

    document = repo.document(path)
    if document is None or format_of(path) is None:
        raise UndecidedError(f"there is no configuration file {path}")
    try:
        found = [each for each in entries(document) if _dotted(each.path) == key]
    except TooDeepError as error:
        raise UndecidedError(f"{path}: {error}") from error
    values = {each.value for each in found if each.value is not None}
    if len(values) != 1:
        raise UndecidedError(f"{path} has {'no' if not values else 'more than one'} value {key}")
    return values.pop()


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(path)


def _constant(text: str, path: str, name: str) -> str:
    try:
        body: list[ast.stmt] = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UndecidedError(f"{path} does not parse") from error
    *classes, last = name.split(".")
    for each in classes:
        found = next((n for n in body if isinstance(n, ast.ClassDef) and n.name == each), None)
        if found is None:
            raise UndecidedError(f"{path} has no class {each}")
        body = found.body
    values = [*_assigned(body, last)]
    if len(values) != 1:
        many = "no" if not values else "more than one"
        raise UndecidedError(f"{path} has {many} constant {name}")
    try:
        return str(_literal(values[0]))
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise UndecidedError(f"{name} in {path} is no literal") from error


def _assigned(body: list[ast.stmt], name: str) -> Iterator[ast.expr]:
    for statement in body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as given):
                if target == name:
                    yield given
            case ast.Assign(targets=targets, value=given):
                if any(isinstance(each, ast.Name) and each.id == name for each in targets):
                    yield given


def _literal(node: ast.expr) -> object:
    """A literal, or what arithmetic makes of numbers: `7 * 24`."""
    match node:
        case ast.BinOp(left, operation, right):
            one, other = _literal(left), _literal(right)
            if not isinstance(one, int | float) or not isinstance(other, int | float):
                raise ValueError(ast.dump(node))
            match operation:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
                case ast.Div():
                    return one / other
                case ast.FloorDiv():
                    return one // other
                case ast.Pow() if abs(one) <= _MAX_POWER and abs(other) <= _MAX_POWER:
                    return one**other
            raise ValueError(ast.dump(operation))
        case ast.Call(func=ast.Name(id="field" | "Field"), keywords=keywords, args=args):
            given = [each.value for each in keywords if each.arg == "default"] or args[:1]
            if len(given) != 1:
                raise ValueError("no default")
            return _literal(given[0])
    return ast.literal_eval(node)


def _locked(repo: Repo, package: str) -> str:
    from govcheck.manifests.find import locked

    name = normalized(package)
    found = repo.view(locked, frozenset({name})).statements
    versions = {each.declared for each in found if each.subject == name}
    if len(versions) != 1:
        many = "none" if not versions else "more than one"
        raise UndecidedError(f"the locks hold {many} of {package}")
    return versions.pop()


def _count(repo: Repo, policy: Policy, what: str) -> int:
    match what:
        case "flags":
            return len(policy.flags)
        case "rules":
            from govcheck import registry

            return len(registry.names())
        case "markers":
            from govcheck.markers.registration import registrations

            return len({each.name for each in repo.view(registrations)})
    from govcheck.markers.suite import suite

    return len(repo.view(suite).tests)


def files(repo: Repo, patterns: tuple[str, ...]) -> list[str]:
    """The files that exist and match any of the patterns."""
    return [path for path in filter(matcher(patterns), repo.files) if path in repo]
