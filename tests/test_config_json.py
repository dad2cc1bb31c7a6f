"""JSON: how members leave objects, commas and all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from govcheck.config import entries
from govcheck.document import Document, TooDeepError
from tests.removing import DOOMED, cut, refused, spelled, without

SETTINGS = """\
{
  "USE_A": true,
  "name": "é✓😀",

  "env": {
    "USE_A": "1"
  },
  "flags": {"USE_A": 1, "USE_B": [2]},
  "last": {"k": 1, "USE_B": 0}
}
"""


def test_members_have_paths_names_and_values() -> None:
    assert spelled("a.json", '{"a": {"b\\u00e9": "x\\n"}, "c": [{"d": null}]}') == [
        ("a", "a", None, None),
        ("a.bé", "b\\u00e9", "x\n", "x\\n"),
        ("c", "c", None, None),
        ("c.0.d", "d", "null", "null"),
    ]


def test_members_leave_with_their_lines_and_commas() -> None:
    assert (
        without("settings.json", SETTINGS)
        == """\
{
  "name": "é✓😀",

  "flags": {},
  "last": {"k": 1}
}
"""
    )


def test_a_task_definition_lists_its_variables() -> None:
    text = '{"environment": [{"name": "USE_A", "value": "1"}, {"name": "K", "value": "2"}]}'
    assert without("task.json", text) == '{"environment": [{"name": "K", "value": "2"}]}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1, "USE_A": 2}', '{"a": 1}'),
        ('{"USE_A": 2, "a": 1}', '{"a": 1}'),
        ('{"a": 1, "USE_A": 2, "USE_B": 3}', '{"a": 1}'),
        ('{"a": 1, "USE_A": 2, "b": 3, "USE_B": 3}', '{"a": 1, "b": 3}'),
        ('{ "USE_A": 1 }', "{}"),
        ('{"USE_A":1,"a":1}', '{"a":1}'),
        ('{\r\n\t"a": 1,\r\n\t"USE_A": 2\r\n}', '{\r\n\t"a": 1\r\n}'),
        ('{\n  "a": 1\n, "USE_A": 2\n, "b": 3\n}', '{\n  "a": 1\n, "b": 3\n}'),
        ('{"a": 1,\n "USE_A": 2}', '{"a": 1}'),
    ],
)
def test_commas(before: str, after: str) -> None:
    assert without("a.json", before) == after


def test_comments_and_trailing_commas_of_the_dialects_stay() -> None:
    text = """\
{
  // what USE_A was
  "USE_A": true, // on
  // general
  "a": 1, /* about a */
  "USE_B": 2,
}
"""
    after = '{\n  // general\n  "a": 1, /* about a */\n}\n'
    assert without("tsconfig.json", text) == after


@pytest.mark.parametrize("text", ['{"USE_A": 1, "b": }', '{"USE_A": 1', '{"a": 1,, "USE_A": 1}'])
def test_what_does_not_parse_is_left_alone(text: str) -> None:
    assert without("a.json", text) == text
    assert refused("a.json", text)


@pytest.mark.parametrize("text", ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900])
def test_absurd_depth_is_refused(text: str) -> None:
    with pytest.raises(TooDeepError):
        entries(Document("a.json", text.encode()))


def less(value: Any, key: str = "") -> Any:
    """The data less the doomed names; None where an emptied `env` goes itself."""
    if isinstance(value, list):
        return [less(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, inner in value.items():
        rest = less(inner, name)
        if name not in DOOMED and not (rest is None and name == "env"):
            kept[name] = rest
    return None if value and not kept and key == "env" else kept


KEYS = st.sampled_from([*DOOMED, "k", "env", "é", "name"])
DATA = st.recursive(
    st.one_of(st.integers(0, 9), st.booleans(), st.sampled_from(["x", "a, b}", '"'])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, min_size=1, max_size=4)
    ),
    max_leaves=20,
)


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, DATA), st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_a_parser_reads_the_same_less_the_doomed(
    data: dict[str, Any], indent: int | str | None, is_compact: bool
) -> None:
    separators = (",", ":") if is_compact else (", " if indent is None else ",", ": ")
    text = json.dumps(data, indent=indent, separators=separators, ensure_ascii=False)
    after, left = cut("a.json", text, DOOMED)
    assert not left
    assert json.loads(after) == less(data)
    if not is_compact and indent and "{}" not in after:
        assert after == json.dumps(less(data), indent=indent, ensure_ascii=False)
