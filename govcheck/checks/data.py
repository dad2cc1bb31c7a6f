"""Files of data look as the policy wants them: JSON, TOML and YAML.

A file must parse, name no key twice, and be valid by the JSON Schema at `schema`, if there is one:
a file of the repository, written as data too, by the draft that its `$schema` names, else 2020-12.
Its `format` counts. `$ref` leads to other files of the repository, from the folder of the schema
on, and never to the net.

`each` says what a schema cannot: of the mappings `at` some place, that `when` and `unless` narrow
by what their keys say, the keys that are `paths` name what exists, and those in `max-age` have a
date that is not longer ago.

YAML is read as version 1.2 has it, so that `on` is text, and dates are text everywhere. What
programs mean by tags of their own is not known.

## How to resolve

Mend the data, or the schema.

## How to except

A suppression comment on the line, or `[[exceptions]]` in the policy, which are reported once
nothing needs them.
"""

import posixpath
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from govcheck.checks.section import DataCheck, DataEach
from govcheck.config.data import BrokenError, Data, Path, applies, data, matching
from govcheck.document import Document, TooDeepError
from govcheck.durations import Duration
from govcheck.finding import Finding, Span
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.registry import OWN
from govcheck.repo import Repo
from govcheck.rule import Example

_SHOWN = 200


class _NoSchemaError(ValueError):
    """What the policy names as the schema is none that can be used."""


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
        validator = _validator(repo, given.schema) if given.schema is not None else None
        for path in repo.files:
            if is_inside(path) and not is_excluded(path) and (document := repo.document(path)):
                try:
                    for wrong in _wrong(repo, policy.today, given, document, validator):
                        yield finding(wrong)
                except TooDeepError as error:
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
            yield from _invalid(document, each, validator)
        for number, rule in enumerate(given.each):
            yield from _of_each(repo, today, document, each, number, rule)


def _validator(repo: Repo, path: str) -> Any:
    """A validator by the schema at a path.

    Raises:
        _NoSchemaError: it is none.
    """
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry, Resource
    from referencing.exceptions import NoSuchResource
    from referencing.jsonschema import DRAFT202012

    def retrieve(uri: str) -> Any:
        home = posixpath.normpath(posixpath.join(posixpath.dirname(path), uri))
        try:
            return Resource.from_contents(_schema(repo, home), DRAFT202012)
        except _NoSchemaError:
            raise NoSuchResource(uri) from None

    schema = _schema(repo, path)
    kind: Any = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise _NoSchemaError(f"{path} is no JSON Schema: {_short(error.message)}") from None
    registry = Registry(retrieve=retrieve)  # type: ignore[call-arg]
    return kind(schema, registry=registry, format_checker=kind.FORMAT_CHECKER)


def _schema(repo: Repo, path: str) -> Any:
    document = repo.document(path)
    if document is None:
        raise _NoSchemaError(f"there is no schema {path}")
    try:
        return document.view(data)[0].value
    except (BrokenError, TooDeepError, IndexError) as error:
        raise _NoSchemaError(f"{path} does not parse: {error}") from None


def _invalid(document: Document, each: Data, validator: Any) -> Iterator[_Wrong]:
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        for outer in validator.iter_errors(each.value):
            error = best_match([outer])  # of the ways to be valid, what is wrong with the nearest
            path = tuple(map(str, error.absolute_path))
            if error.validator == "additionalProperties" and isinstance(error.instance, dict):
                known = error.schema.get("properties", {})
                path = (*path, next((key for key in error.instance if key not in known), ""))
            yield _Wrong(each.place(path), _short(error.message), ("schema",))
    except Unresolvable as error:
        message = f"it refers to {error.ref}, which is not in the repository"
        raise _NoSchemaError(message) from None
    except RecursionError:
        raise TooDeepError from None


def _of_each(
    repo: Repo, today: date, document: Document, each: Data, number: int, rule: DataEach
) -> Iterator[_Wrong]:
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


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}..."


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
