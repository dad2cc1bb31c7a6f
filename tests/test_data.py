"""Files of data as values with their places, and the checks of them that a policy brings."""

import json
import math
import re
import socket
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcheck import PolicyError, check, load_policy
from govcheck.config.data import BrokenError, data
from govcheck.document import Document, TooDeepError
from tests.conftest import Repository

VALID = """\
[checks.valid]
kind = "data"
paths = ["data/**"]
schema = "schema.json"
reason = "see docs/data.md"
"""


def _found(root: Path) -> list[str]:
    report = check(str(root))
    assert not report.problems
    return [f"{f.span.path}:{f.span.line}:{f.span.column}: {f.message}" for f in report.findings]


_TEXTS = st.text(
    st.characters(
        min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc", "Zl", "Zp"]
    )
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(_TEXTS, _VALUES, max_size=4))
def test_json_is_read_as_by_the_standard_library_and_each_key_has_its_place(value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    document = Document("a.json", text.encode())
    (said,) = data(document)
    assert said.value == value
    for path, span in said.places.keys.items():
        written = text[span.start : span.end]
        inside = said.value
        for part in path[:-1]:
            inside = inside[int(part)] if isinstance(inside, list) else inside[part]
        if isinstance(inside, dict):
            assert json.loads(f'"{written}"') == path[-1]
        else:
            assert json.loads(written) == inside[int(path[-1])]


@given(_VALUES)
def test_json_is_yaml(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert [each.value for each in data(Document("a.yaml", text.encode()))] == [value]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"), ("yes", "yes"), ("No", "No"), ("true", True), ("FALSE", False), ("~", None),
        ("null", None), ("", None), ("0", 0), ("-17", -17), ("010", 10), ("0x1F", 31), ("0o17", 15),
        ("1_000", "1_000"), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"), ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("'1'", "1"), ("!!str 1", "1"), ("!Ref Bucket", "Bucket"), ("!Sub [a, 1]", ["a", 1]),
        ("!vault {a: b}", {"a": "b"}), ("=", "="), ("1.2.3", "1.2.3"), ("<<", "<<"),
        (".Inf", math.inf), ("-.INF", -math.inf), ("+.NaN", "+.NaN"), ("!!bool yes", True),
        ("!!set {b, a}", {"b": None, "a": None}), ("!!omap [b: 1]", [{"b": 1}]),
        ("!!timestamp x", "x"), ("!!map [1]", [1]), ("!!binary aGk=", "aGk="),
    ],
)  # fmt: skip
def test_scalars_of_yaml_mean_what_they_do_in_its_version_1_2(written: str, value: object) -> None:
    (said,) = data(Document("a.yaml", f"a: {written}\n".encode()))
    assert said.value == {"a": value}


def test_keys_of_yaml_are_text_as_it_is_written() -> None:
    text = (
        "on: 1\n1.10: 2\n310214e39620: {true: 3}\n? [a, b]\n: 4\nbase: &b {~: 5}\nmore: {<<: *b}\n"
    )
    (said,) = data(Document("a.yaml", text.encode()))
    assert said.value == {
        "on": 1, "1.10": 2, "310214e39620": {"true": 3}, "['a', 'b']": 4,
        "base": {"~": 5}, "more": {"~": 5},
    }  # fmt: skip
    assert said.places.keys["310214e39620", "true"].line == 3


def test_tables_of_toml_have_the_paths_of_their_values() -> None:
    text = 'a.b = 2026-01-01\n[[c.d]]\ne = "f"\n[[c.d]]\ng = [1, [2]]\n[c.h]\ni = 07:30:00\n'
    (said,) = data(Document("a.toml", text.encode()))
    assert said.value == {
        "a": {"b": "2026-01-01"},
        "c": {"d": [{"e": "f"}, {"g": [1, [2]]}], "h": {"i": "07:30:00"}},
    }
    assert tomllib.loads(text).keys() == said.value.keys()
    assert said.places.keys["c", "d", "1", "g", "1", "0"].line == 5
    assert said.places.keys["c", "h", "i"].line == 7
    assert said.place(("c", "d")).line == 2
    assert not said.repeated


@pytest.mark.parametrize(
    ("path", "text", "why", "line"),
    [
        ("a.json", '{\n"a": }', "Expecting value", 2),
        ("a.toml", "a = 1\nb = = 2\n", "Invalid value", 2),
        ("a.yaml", "a: 1\nb: [\n", "did not find expected node content", 3),
        ("a.yaml", "a: !!python/object:os.system {}\n", "", 0),
        ("a.json", "9" * 5_000, "Exceeds the limit", 1),
        ("a.toml", f"a = {'9' * 5_000}", "Exceeds the limit", 1),
        ("a.yaml", f"a: {'9' * 5_000}", "Exceeds the limit", 1),
        ("a.yaml", "a:\n  - !!bool x", "'x' is neither true nor false", 2),
        ("a.json", '{"a": "NaN",\n"b": -Infinity}', "-Infinity is no JSON", 2),
        ("a.json", "// no\n{}", "Expecting value", 1),
        ("a.jsonc", '{"a": 1 /* \n', "Expecting ',' delimiter", 2),
        ("a.txt", "a", "by its name it is neither JSON, TOML nor YAML", 1),
    ],
)
def test_what_does_not_parse_says_why_and_where(path: str, text: str, why: str, line: int) -> None:
    document = Document(path, text.encode())
    if not why:  # a tag that names something to run is as good as any other: nothing is run
        assert data(document)[0].value == {"a": {}}
        return
    with pytest.raises(BrokenError, match=why) as caught:
        data(document)
    assert caught.value.line == line


@pytest.mark.parametrize("path", ["a.json", "a.toml"])
def test_json_and_toml_are_always_utf_8(path: str) -> None:
    with pytest.raises(BrokenError, match="it is not UTF-8"):
        data(Document(path, b'{"\xe9": 1}'))


@pytest.mark.parametrize(
    "path", ["a.jsonc", "a/tsconfig.json", "tsconfig.base.json", ".vscode/tasks.json"]
)
def test_comments_and_final_commas_stand_where_programs_take_them(path: str) -> None:
    text = '// "a\r\n{"b": "//, ]", /* } */ "c,}": [1, // no\n],\n}'
    (said,) = data(Document(path, text.encode()))
    assert said.value == {"b": "//, ]", "c,}": [1]}
    assert said.place(("c,}",)).line == 2


@pytest.mark.parametrize("text", ["", "# a: 1\n", "---\n"])
def test_a_file_of_yaml_that_says_nothing_is_null(text: str) -> None:
    assert [each.value for each in data(Document("a.yaml", text.encode()))] == [None]


def test_valid_data_is_read_to_the_end_however_long_it_is() -> None:
    (said,) = data(Document("a.yaml", b"- a: 1\n" * 50_000))
    assert len(said.value) == 50_000
    assert not said.repeated
    with pytest.raises(TooDeepError, match="it has more than 32767 lines"):
        said.place(("0",))
    with pytest.raises(TooDeepError, match="it holds more than 500000 values"):
        data(Document("a.json", json.dumps([1] * 500_001).encode()))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: {b: 1, b: 2}\na: 3\n", [("a", 2), ("b", 1)]),
        ("a: &a {b: 1}\nc: {<<: *a, b: 2}\nd: {<<: *a, <<: *a}\n", [("<<", 3)]),
        ("x: {<<: &b {<<: &c {e: 1}, e: 2}}\ny: *b\nz: *c\n", []),
        ('"a": 1\n? a\n: 2\n---\na: 3\n', [("a", 2)]),
    ],
)
def test_keys_that_are_there_twice_are_found_and_merged_ones_are_none(
    text: str, places: list[tuple[str, int]]
) -> None:
    found = [pair for each in data(Document("a.yaml", text.encode())) for pair in each.repeated]
    assert [(key, span.line) for key, span in found] == places


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (None, "there is no schema schema.json"),
        ("{", "schema.json does not parse: Expecting property name enclosed in double quotes"),
        (
            '{"items":\n{"type": "strin"}}',
            "schema.json:2 is no JSON Schema: 'strin' is not valid under any of the given schemas: "
            "'strin' is not one of [",
        ),
        ("3", "schema.json is no JSON Schema, which is a mapping"),
        ('{"$schema": 4}', "schema.json is no JSON Schema: its $schema is no text"),
        ('{"$ref": "#/no"}', "it refers to #/no, which is not there"),
        ('{"$ref": "#no"}', "it refers to #no, which is not there"),
        ('{"$ref": "data/a.json#/no"}', "it refers to #/no, which is not there"),
        ('{"$ref": "data/b.json"}', "it refers to data/b.json: data/b.json is no JSON Schema, wh"),
        ('{"$defs": {"a": {"x": 1}}, "$ref": "#/$defs/a/x"}', "it, or what it refers to, is no"),
        ('{"$ref": "other.json"}', "it refers to other.json, which is not in the repository"),
        ('{"$ref": "https://a.example/b.json"}', "it refers to https://a.example/b.json, which"),
        ('{"$ref": "../../b.json"}', "it refers to ../../b.json, which is not in the repository"),
    ],
)
def test_a_schema_may_be_broken_missing_or_refer_to_what_is_not_there(
    schema: str | None, expected: str, repository: Repository
) -> None:
    files = {"govcheck.toml": VALID, "data/a.json": "{}", "data/b.json": "[]"}
    also = {} if schema is None else {"schema.json": schema}
    (found,) = _found(repository(files | also))
    assert found.startswith(f"govcheck.toml:4:1: {expected}")


def test_references_lead_to_the_repository_alone(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_net(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket, "socket", no_net)
    draft7 = "http://json-schema.org/draft-07/schema#"
    root = repository(
        {
            "govcheck.toml": VALID.replace('"schema.json"', '"schemas/a.json"'),
            "schemas/a.json": json.dumps(
                {
                    "$schema": draft7,
                    "$id": "https://a.example/schemas/a.json",
                    "properties": {
                        "a": {"$ref": "sub/b%20c.yaml#/definitions/b"},
                        "schema": {"$ref": draft7},
                        "inner": {"$ref": "#"},
                    },
                }
            ),
            "schemas/sub/b c.yaml": "definitions: {b: {$ref: c.json}, c: {$schema: unknown}}\n",
            "schemas/sub/c.json": '{"$schema": "https://a.example/own", "type": "string"}',
            "data/a.yaml": "a: 1\nschema: {type: 2}\ninner: {inner: {a: 3}}\n",
        }
    )
    assert [each.partition(" (")[0] for each in _found(root)] == [
        "data/a.yaml:1:1: 1 is not of type 'string'",
        "data/a.yaml:2:10: 2 is not valid under any of the given schemas: 2 is not one of "
        "['array', 'boolean', 'in ... ', 'null', 'number', 'object', 'string']; or 2 is not of "
        "type 'array'",
        "data/a.yaml:3:17: 3 is not of type 'string'",
    ]


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        (
            {
                "oneOf": [
                    {"properties": {"a": {"enum": [1]}}, "required": ["b"]},
                    {"properties": {"a": {"enum": [2]}}, "required": ["c"]},
                ]
            },
            '{"a": "%s"}' % ("x" * 300),
            "1:1: {'a': 'xxx*xxx'} is not valid under any of the given schemas: 'b' is a required "
            "property; or 'c' is a required property",
        ),
        (
            {
                "properties": {"a": {}},
                "patternProperties": {"x": {}},
                "additionalProperties": False,
            },
            '{"x": 1,\n "a": 2,\n "q": 3}',
            "3:3: 'q' does not match any of the regexes: 'x'",
        ),
        ({"propertyNames": {"maxLength": 1}}, '{"a": 1,\n "bc": 2}', "2:3: 'bc' is too long"),
        ({"uniqueItems": True}, "[1, true, 2, [0], [false], {}]", ""),
        (
            {"uniqueItems": True},
            '[{"a": [1]}, {"a": [1.0]}]',
            "1:1: [{'a': [1]}, {'a': [1.0]}] has",
        ),
    ],
)
def test_a_message_says_what_is_wrong_and_where(
    schema: object, text: str, expected: str, repository: Repository
) -> None:
    files = {"govcheck.toml": VALID, "schema.json": json.dumps(schema), "data/a.json": text}
    said = [re.sub("x{9,}( ... x+)?", "xxx*xxx", each) for each in _found(repository(files))]
    assert len(said) == bool(expected)
    assert "".join(said).startswith(f"data/a.json:{expected}" if expected else "")


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2024-02-29T23:59:60.5z", "2024-02-29T10:00:00"),
        ("date-time", "2024-02-29 10:00:00+05:30", "2024-02-30T10:00:00Z"),
        ("time", "07:30:00", "07:30"),
        ("time", "07:30:00Z", "24:30:00Z"),
        ("email", "a@b", "b"),
        ("ipv4", "1.2.3.4", "1.2.3.400"),
        ("uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08"),
        ("uri", "https://a.example", ""),
    ],
)
def test_formats_are_decided_whatever_else_is_installed(
    form: str, right: str, wrong: str, repository: Repository
) -> None:
    schema = json.dumps({"items": {"format": form}})
    text = json.dumps([right, wrong or ":", 1])
    root = repository({"govcheck.toml": VALID, "schema.json": schema, "data/a.json": text})
    assert [each.partition(" (")[0] for each in _found(root)] == (
        [f"data/a.json:1:{len(right) + 6}: {wrong!r} is not a {form!r}"] if wrong else []
    )


def test_a_pattern_that_python_does_not_know_is_told(repository: Repository) -> None:
    schema = json.dumps({"items": {"pattern": r"^\p{L}$"}})
    root = repository({"govcheck.toml": VALID, "schema.json": schema, "data/a.json": '["a"]'})
    assert _found(root) == [
        r"govcheck.toml:4:1: its pattern '^\\p{L}$' is none of Python: bad escape \p: see "
        "docs/data.md"
    ]


def test_without_paths_all_files_of_data_are_looked_at(repository: Repository) -> None:
    policy = VALID.replace('paths = ["data/**"]\n', "").replace("schema.json", "./schema.json")
    schema = '{"type": "object"}'
    files = {"govcheck.toml": policy, "schema.json": schema, "a.py": "", "b/c.yaml": "[]", "d": "1"}
    assert [each.partition(" (")[0] for each in _found(repository(files))] == [
        "b/c.yaml:1:1: [] is not of type 'object'"
    ]


def test_what_cannot_be_decided_is_told_as_unchecked(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": VALID,
            "schema.json": json.dumps(
                {
                    "properties": {
                        "a": {"multipleOf": 0.1},
                        "b": {"$ref": "#/properties/c"},
                        "c": {"$ref": "#/properties/b"},
                    }
                }
            ),
            "data/a.json": '{"a": 1e999}',
            "data/b.json": '{"b": 1}',
        }
    )
    assert _found(root) == [
        "data/a.json:1:1: this file is not checked: cannot convert Infinity to integer ratio",
        "data/b.json:1:1: this file is not checked: by its schema it nests too deep, or without "
        "end",
    ]


def test_a_schema_speaks_by_its_own_draft_and_of_the_nearest_way_to_be_valid(
    repository: Repository,
) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "properties": {
            "a": {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
            "b": {"anyOf": [{"type": "object", "required": ["c"]}, {"type": "string"}]},
        },
    }
    root = repository(
        {
            "govcheck.toml": VALID,
            "schema.json": json.dumps(schema),
            "data/a.toml": "a = 3\n[b]\nd = 1\n",
            "data/b.yaml": "---\na: 4\n---\na: 5\nb: {c: 1}\n---\na: 1\n",
        }
    )
    assert _found(root) == [
        "data/a.toml:1:1: 3 is less than or equal to the minimum of 3 (govcheck.toml:4): see "
        "docs/data.md",
        "data/a.toml:2:2: 'c' is a required property (govcheck.toml:4): see docs/data.md",
        "data/b.yaml:7:1: 1 is less than or equal to the minimum of 3 (govcheck.toml:4): see "
        "docs/data.md",
    ]


def test_hostile_data_is_left_alone_and_told(repository: Repository) -> None:
    laughs = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    root = repository(
        {
            "govcheck.toml": VALID,
            "schema.json": '{"properties": {"a": {"$ref": "#"}}}',
            "data/laughs.yaml": laughs,
            "data/deep.json": "[" * 100_000,
            "data/deep.toml": "a = " + "[" * 5_000 + "]" * 5_000,
            "data/long.json": json.dumps({"a": ["x" * 100_000] * 3}),
            "data/bytes.json": "\\ud800",
        }
    )
    report = check(str(root))
    assert not [each for each in report.problems if each.rule == "valid"]
    assert all(len(each.message) < 400 for each in report.findings)


def test_all_mistakes_of_checks_of_data_and_registries_are_told(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": (
                '[checks.a]\nkind = "data"\nreason = "a"\n'
                '[[checks.a.each]]\nat = "b.*"\n'
                '[[checks.a.each]]\nat = "b.*"\nmax-age = { c = "14 moons" }\n'
                '[checks.d]\nkind = "registry"\nreason = "a"\n'
                'every = { files = ["a"], containing = ["b"], keys = "c" }\n'
                'in = { files = ["a"], pattern = "(", when = { a = ["b"] } }\n'
                '[checks.e]\nkind = "registry"\nreason = "a"\n'
                'every = { files = [], keys = "" }\n'
                'in = { files = ["a"], values = "a..b", containing = [""] }\n'
                '[checks.f]\nkind = "data"\nreason = "a"\nschema = "../a.json"\n'
                '[checks.g]\nkind = "data"\nreason = "a"\n'
                '[[checks.g.each]]\nat = ""\npaths = ["a"]\n'
            )
        }
    )
    with pytest.raises(PolicyError) as caught:
        load_policy(str(root))
    assert [str(each) for each in caught.value.mistakes] == [
        "govcheck.toml:4: checks.a.each: it needs 'paths' or 'max-age'",
        "govcheck.toml:8: checks.a.each.max-age.c: '14 moons' is no duration: write '30d', '12h', "
        "'2w', '6m' (months), '1y' or '15min'",
        "govcheck.toml:12: checks.d.every.keys: names are found by 'containing' or by 'keys'",
        "govcheck.toml:13: checks.d.in: 'when' and 'unless' go with 'keys' or 'values'",
        "govcheck.toml:13: checks.d.in.pattern: '(' is no regular expression: missing ), "
        "unterminated subpattern at position 0",
        "govcheck.toml:17: checks.e.every.files: without files there are no names",
        "govcheck.toml:17: checks.e.every.keys: 'keys' is empty",
        "govcheck.toml:18: checks.e.in.values: 'a..b' is not of the form 'plugins.*.name'",
        "govcheck.toml:18: checks.e.in.values: names are found by 'containing' or by 'values'",
        "govcheck.toml:18: checks.e.in.containing: every file holds an empty text",
        "govcheck.toml:22: checks.f.schema: '../a.json' is no path in the repository",
        "govcheck.toml:27: checks.g.each.at: '' is not of the form 'clusters.*'",
    ]
