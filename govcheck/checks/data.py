"""Files of data look as the policy wants them: JSON, TOML and YAML.

Files of `paths`, or without these all that are data by their names, are looked at. A file must
parse, name no key twice, and be valid by the JSON Schema at `schema`, if there is one:
a file of the repository, written as data too, by the draft that its `$schema` names, else 2020-12.
Its `pattern` is read as Python reads it; its `format` counts where it is that of a date, a time, an
address of mail or IP, a regular expression or a UUID. `$ref` leads to other files of the
repository, from the folder of the schema on, which is what its `$id` stands for, and never to the
net.

`each` says what a schema cannot: of the mappings `at` some place, that `when` and `unless` narrow
by what their keys say, the keys that are `paths` name what exists, and those in `max-age` have a
date that is not longer ago.

YAML is read as version 1.2 has it, so that `on` is text, and dates are text everywhere. What
programs mean by tags of their own is not known. Comments and final commas may stand in `.jsonc`,
`.json5` (of which no more is read), `tsconfig.json` and the like.

## How to resolve

Mend the data, or the schema.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy, which are reported once
nothing needs them.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from functools import cache, partial
from typing import Any, NamedTuple
from urllib.parse import unquote

from govcheck.checks.section import DataCheck, DataEach
from govcheck.config import format_of
from govcheck.config.data import BrokenError, Data, Path, applies, data, matching
from govcheck.document import Document, TooDeepError
from govcheck.durations import Duration
from govcheck.finding import Finding, Span
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.registry import OWN
from govcheck.repo import Repo
from govcheck.rule import Example

_ALL = ("**",)
_FORMATS = ("json", "toml", "yaml")
_SHOWN = 160
_WAYS = 3
_CLOCK = r"\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"
_DATE_TIME = re.compile(rf"(?a)\d{{4}}-\d\d-\d\d[Tt ]{_CLOCK}")
_TIME = re.compile(rf"(?a){_CLOCK}?")


class _NoSchemaError(ValueError):
    """What the policy names as the schema is none that can be used."""


class _EndlessError(TooDeepError):
    """The references of a schema lead too deep into a value, or back to where they began."""

    def __init__(self) -> None:
        ValueError.__init__(self, "by its schema it nests too deep, or without end")


class _Wrong(NamedTuple):
    """What is wrong, where, and the key of the policy that says so, if any."""

    span: Span
    what: str
    key: tuple[str | int, ...] = ()


def check(repo: Repo, policy: Policy, *, name: str) -> Iterator[Finding]:
    """Files that do not parse or are not valid, and a schema that is none."""
    entry = policy.checks[name]
    given = entry.given
    assert isinstance(given, DataCheck)  # noqa: S101 - the kind decides it
    is_inside, is_excluded = matcher(entry.paths), matcher(entry.exclude)

    def finding(wrong: _Wrong) -> Finding:
        where = f" ({policy.origin(OWN, name, *wrong.key)})" if wrong.key else ""
        return Finding(name, wrong.span, f"{wrong.what}{where}: {entry.reason}", family=OWN)

    try:
        validator = None
        if given.schema is not None:
            validator = _validator(repo, posixpath.normpath(given.schema))
        for path in repo.files:
            if not is_inside(path) or is_excluded(path):
                continue
            if entry.paths == _ALL and format_of(path) not in _FORMATS:
                continue
            if document := repo.document(path):
                try:
                    for wrong in _wrong(repo, policy.today, given, document, validator):
                        yield finding(wrong)
                except (TooDeepError, OverflowError) as error:
                    repo.unchecked[path] = str(error)
    except _NoSchemaError as error:
        yield finding(_Wrong(policy.origin(OWN, name, "schema").span, str(error)))


def _wrong(
    repo: Repo, today: date, given: DataCheck, document: Document, validator: Any
) -> Iterator[_Wrong]:
    try:
        said = document.view(data)
    except BrokenError as error:
        yield _Wrong(document.line_span(error.line), f"it does not parse: {error}")
        return
    for each in said:
        for key, span in each.repeated:
            yield _Wrong(span, f"the key {key} is there twice")
        if validator is not None:
            yield from _invalid(each, validator)
        for number, rule in enumerate(given.each):
            yield from _of_each(repo, today, each, number, rule)


def _validator(repo: Repo, path: str) -> Any:
    """A validator by the schema at a path.

    Raises:
        _NoSchemaError: it is none.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend, validator_for
    from referencing import Registry
    from referencing.exceptions import NoSuchResource
    from referencing.jsonschema import DRAFT202012, specification_with

    schema = _schema(repo, path)
    kind: Any = validator_for(schema, default=Draft202012Validator)
    _hold(repo, path, kind)
    home = str(schema.get("$id", schema.get("id", ""))) if isinstance(schema, dict) else ""
    home = home[: home.rfind("/") + 1]
    draft = specification_with(kind.META_SCHEMA["$schema"], default=DRAFT202012)

    def retrieve(uri: str) -> Any:
        beside = posixpath.join(posixpath.dirname(path), unquote(uri.removeprefix(home)))
        other = posixpath.normpath(beside)
        if not repo.exists(other):
            raise NoSuchResource(uri)
        said = _schema(repo, other)
        named = said.get("$schema", "") if isinstance(said, dict) else ""
        return specification_with(named, default=draft).create_resource(said)

    registry = Registry(retrieve=retrieve)  # type: ignore[call-arg]
    quick: Any = extend(kind, {"uniqueItems": _unique})  # type: ignore[no-untyped-call]
    return quick(schema, registry=registry, format_checker=_formats())


def _hold(repo: Repo, path: str, kind: Any) -> None:
    """Hold a schema to what its draft says of schemas; its patterns are tried as they are met."""
    from jsonschema import SchemaError

    document = repo.document(path)
    assert document is not None  # noqa: S101 - it was read before
    said = document.view(data)[0]
    try:
        kind.check_schema(said.value, format_checker=None)
    except SchemaError as error:
        line = said.place(tuple(map(str, error.absolute_path))).line
        message = f"{path}:{line} is no JSON Schema: {_said(error)}"
        raise _NoSchemaError(message) from None


def _schema(repo: Repo, path: str) -> Any:
    document = repo.document(path)
    if document is None:
        raise _NoSchemaError(f"there is no schema {path}")
    try:
        schema = document.view(data)[0].value
    except (BrokenError, TooDeepError) as error:
        raise _NoSchemaError(f"{path} does not parse: {error}") from None
    if not isinstance(schema, dict | bool):
        raise _NoSchemaError(f"{path} is no JSON Schema, which is a mapping")
    if isinstance(schema, dict) and not isinstance(schema.get("$schema", ""), str):
        raise _NoSchemaError(f"{path} is no JSON Schema: its $schema is no text")
    return schema


def _unique(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """What `uniqueItems` says, in time that grows with the items and not with their square."""
    from jsonschema import ValidationError

    if wanted is not True or not isinstance(instance, list):
        return
    if len({_frozen(each) for each in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def _frozen(value: Any) -> object:
    """What is equal for values that are equal in JSON, where 1 is 1.0, and true is not 1."""
    match value:
        case dict():
            return frozenset((key, _frozen(each)) for key, each in value.items())
        case list():
            return tuple(map(_frozen, value))
        case bool():
            return bool, value
    return value


@cache
def _formats() -> Any:
    """The formats that are decided alike whatever else is installed."""
    from jsonschema import FormatChecker

    checker = FormatChecker(("date", "email", "idn-email", "ipv4", "ipv6", "regex", "uuid"))
    checker.checks("date-time")(partial(_fits, _DATE_TIME, datetime.fromisoformat))
    checker.checks("time")(partial(_fits, _TIME, time.fromisoformat))
    return checker


def _fits(pattern: re.Pattern[str], parse: Callable[[str], object], said: object) -> bool:
    """Whether a value, if it is text, is a time of RFC 3339, in which a minute may have 61 s."""
    if not isinstance(said, str):
        return True
    try:
        return bool(pattern.fullmatch(said) and parse(said.upper().replace(":60", ":59")))
    except ValueError:
        return False


def _invalid(each: Data, validator: Any) -> Iterator[_Wrong]:
    for error in _errors(each.value, validator):
        path = tuple(map(str, error.absolute_path))
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            path = (*path, next(iter(_unexpected(error)), ""))
        elif "propertyNames" in error.absolute_schema_path and isinstance(error.instance, str):
            path = (*path, error.instance)
        yield _Wrong(each.place(path), _said(error), ("schema",))


def _errors(value: Any, validator: Any) -> list[Any]:
    """What is wrong with a value; of the ways to be valid, what is wrong with the nearest.

    Raises:
        OverflowError: a number is too large to reckon with.
        TooDeepError: the schema leads too deep, or round in circles.
        _NoSchemaError: it, or what it refers to, cannot be used.
    """
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        return [best_match([outer]) for outer in validator.iter_errors(value)]
    except RecursionError:
        raise _EndlessError from None
    except OverflowError:
        raise
    except Unresolvable as error:
        raise _NoSchemaError(_lost(error)) from None
    except re.error as error:
        message = f"its pattern {_short(repr(error.pattern))} is none of Python: {error.msg}"
        raise _NoSchemaError(message) from None
    except Exception as error:  # whatever it is that a `$ref` leads to, and is no schema
        message = f"it, or what it refers to, is no JSON Schema: {_short(str(error))}"
        raise _NoSchemaError(message) from None


def _unexpected(error: Any) -> Iterator[str]:
    known, patterns = (error.schema.get(key, {}) for key in ("properties", "patternProperties"))
    for key in error.instance:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            yield key


def _said(error: Any) -> str:
    """What is wrong; of several ways to be valid that are as near as each other, with each."""
    from jsonschema.exceptions import best_match

    ways: dict[object, list[Any]] = {}
    for each in error.context:
        ways.setdefault(each.schema_path[0], []).append(each)
    nearest = dict.fromkeys(_short(best_match(way).message, _SHOWN // 2) for way in ways.values())
    said = "; or ".join([*nearest][:_WAYS])
    return f"{_short(error.message)}: {said}" if said else _short(error.message)


def _lost(error: Any) -> str:
    """What is wrong with a reference that leads nowhere."""
    from referencing.exceptions import InvalidAnchor, NoSuchAnchor, PointerToNowhere

    cause = error.__cause__
    match cause:
        case PointerToNowhere(ref=ref):
            return f"it refers to #{ref}, which is not there"
        case NoSuchAnchor(anchor=anchor) | InvalidAnchor(anchor=anchor):
            return f"it refers to #{anchor}, which is not there"
    while cause is not None:
        if isinstance(cause, _NoSchemaError):
            return f"it refers to {error.ref}: {cause}"
        cause = cause.__cause__
    return f"it refers to {error.ref}, which is not in the repository"


def _of_each(repo: Repo, today: date, each: Data, number: int, rule: DataEach) -> Iterator[_Wrong]:
    for path, mapping in matching(each.value, rule.at):
        if not isinstance(mapping, dict) or not applies(mapping, rule.when, rule.unless):
            continue
        for key in rule.paths:
            for place, said in _texts(mapping.get(key), (*path, key)):
                if not repo.exists(posixpath.normpath(said)):
                    span = each.place(place)
                    yield _Wrong(span, f"{said} does not exist", ("each", number, "paths"))
        for key, age in rule.max_age.items():
            what = _too_old(today, mapping[key], age) if key in mapping else ""
            if what:
                span = each.place((*path, key))
                yield _Wrong(span, f"{key} {what}", ("each", number, "max-age"))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    items = enumerate(value) if isinstance(value, list) else [("", value)]
    for number, each in items:
        if isinstance(each, str):
            yield (*path, str(number)) if isinstance(value, list) else path, each


def _too_old(today: date, said: object, age: Duration) -> str:
    try:
        day = date.fromisoformat(str(said)[:10])
    except ValueError:
        return f"is {_short(repr(said))}, which is no date"
    first = age.before(datetime.combine(today, time(), UTC)).date()
    return f"is {(today - day).days} days ago, and {age} are allowed" if day < first else ""


def _short(text: str, shown: int = _SHOWN) -> str:
    """Text of one line, without the middle of what is too long: its end tells what is wrong."""
    plain = " ".join(text.split())
    half = shown // 2
    return plain if len(plain) <= shown else f"{plain[:half]} ... {plain[-half:]}"


_POLICY = """\
[checks.triage]
kind = "data"
paths = ["tests/triage.*"]
schema = "schemas/triage.json"
reason = "see tests/README.md"

[[checks.triage.each]]
at = "clusters.*"
unless = { status = ["done"] }
paths = ["files"]

[[checks.triage.each]]
at = "clusters.*"
when = { status = ["in_progress"] }
unless = { pr_url = ["?*"] }
max-age = { added = "14d" }
"""
_SCHEMA = """\
{
  "properties": { "clusters": { "additionalProperties": { "$ref": "cluster.yaml" } } },
  "required": ["version", "clusters"]
}
"""
_CLUSTER = """\
properties:
  added: { type: string, format: date }
  status: { enum: [pending, in_progress, done] }
  files: { type: array, items: { type: string } }
  pr_url: { type: string }
  on: { type: string }
additionalProperties: false
if: { properties: { status: { const: done } }, required: [status] }
then: { required: [pr_url] }
"""
_BASE = {
    "govcheck.toml": _POLICY,
    "schemas/triage.json": _SCHEMA,
    "schemas/cluster.yaml": _CLUSTER,
    "tests/test_a.py": "",
}

examples = [
    Example(
        "What a schema says, and what it cannot",
        _BASE
        | {
            "tests/triage.yaml": (
                "version: 1\nclusters:\n"
                "  a: { status: todo, files: [tests/test_a.py, tests/test_b.py] }\n"
                "  b: { status: done }\n"
                "  c: { status: in_progress, added: 2025-12-01, owner: x }\n"
                "  d: { status: in_progress, added: soon }\n"
            ),
        },
        (
            "tests/triage.yaml:3:8: 'todo' is not one of ['pending', 'in_progress', 'done'] "
            "(govcheck.toml:4): see tests/README.md",
            "tests/triage.yaml:3:47: tests/test_b.py does not exist (govcheck.toml:10): see "
            "tests/README.md",
            "tests/triage.yaml:4:3: 'pr_url' is a required property (govcheck.toml:4): see "
            "tests/README.md",
            "tests/triage.yaml:5:29: added is 31 days ago, and 14d are allowed (govcheck.toml:16): "
            "see tests/README.md",
            "tests/triage.yaml:5:48: Additional properties are not allowed ('owner' was "
            "unexpected) (govcheck.toml:4): see tests/README.md",
            "tests/triage.yaml:6:29: 'soon' is not a 'date' (govcheck.toml:4): see tests/README.md",
            "tests/triage.yaml:6:29: added is 'soon', which is no date (govcheck.toml:16): see "
            "tests/README.md",
        ),
    ),
    Example(
        "Files that do not parse, and keys that are there twice",
        _BASE
        | {
            "tests/triage.json": '{"version": 1,\n "clusters": {}, "clusters": {}}\n',
            "tests/triage.yml": "version: [1\nclusters: {}\n",
        },
        (
            "tests/triage.json:2:19: the key clusters is there twice: see tests/README.md",
            "tests/triage.yml:2:1: it does not parse: did not find expected ',' or ']': see "
            "tests/README.md",
        ),
    ),
    Example(
        "Valid in every format",
        _BASE
        | {
            "tests/triage.yaml": (
                "version: 1\nclusters:\n  a: &a\n    status: done\n    pr_url: https://a/1\n"
                "    files: [tests/test_gone.py]\n    on: yes\n  b:\n    <<: *a\n"
                "    added: 2020-01-01\n"
            ),
            "tests/triage.toml": (
                'version = 1\n[clusters.a]\nstatus = "in_progress"\nadded = 2025-12-30\n'
                'files = ["tests/test_a.py", "tests"]\n'
            ),
            "tests/triage.json": '{"version": 1, "clusters": {}}',
        },
    ),
    Example(
        "An old cluster with a pull request, and one that is not in progress",
        _BASE
        | {
            "tests/triage.yaml": (
                "version: 1\nclusters:\n"
                "  a: {status: in_progress, added: 2020-01-01, pr_url: https://a/1}\n"
                "  b: {status: pending, added: 2020-01-01}\n"
            ),
        },
    ),
    Example("Files elsewhere", _BASE | {"other.yaml": "a: [", "a.yaml": "a: 1\na: 2\n"}),
]
