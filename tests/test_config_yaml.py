"""YAML: what compose files, workflows and manifests set, and how it is taken out."""

from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govcheck.config import entries
from govcheck.document import Document, TooDeepError
from tests.removing import cut, less, refused, spelled, without

COMPOSE = """\
services:
  web:  # é✓😀
    image: app
    environment:
      # what USE_A did
      # is history
      - USE_A=true  # old
      - "USE_B=no"
      - OTHER=1
  worker:
    environment:
      USE_A: "true"
    command: run
"""


def test_compose_lists_and_mappings_name_their_variables() -> None:
    assert [each for each in spelled("compose.yml", COMPOSE) if each[1].isupper()] == [
        ("services.web.environment.0", "USE_A", "true", "true"),
        ("services.web.environment.1", "USE_B", "no", "no"),
        ("services.web.environment.2", "OTHER", "1", "1"),
        ("services.worker.environment.USE_A", "USE_A", "true", "true"),
    ]


def test_variables_leave_a_compose_file() -> None:
    assert without("compose.yml", COMPOSE) == (
        "services:\n  web:  # é✓😀\n    image: app\n    environment:\n      - OTHER=1\n"
        "  worker:\n    command: run\n"
    )


def test_windows_line_ends_stay() -> None:
    after = without("compose.yml", COMPOSE.replace("\n", "\r\n"))
    assert after == without("compose.yml", COMPOSE).replace("\n", "\r\n")


def test_kubernetes_variables_go_with_all_that_belongs_to_them() -> None:
    manifest = """\
spec:
  containers:
    - name: app
      env:
        - name: USE_A
          value: "1"
        - name: TOKEN
          valueFrom:
            secretKeyRef: {name: s, key: k}
        - value: "0"
          name: USE_B
    - name: side
      env:
      - name: USE_A
        valueFrom: {fieldRef: x}
"""
    assert (
        without("pod.yaml", manifest)
        == """\
spec:
  containers:
    - name: app
      env:
        - name: TOKEN
          valueFrom:
            secretKeyRef: {name: s, key: k}
    - name: side
"""
    )


def test_a_workflow_loses_its_variables_and_keeps_its_scripts() -> None:
    workflow = """\
on: push
env:
  USE_A: true
jobs:
  test:
    strategy: {matrix: {USE_A: [0, 1], os: [a]}}
    steps:
      - env: {USE_B: 1, KEEP: 2}
        run: |
          # USE_A matters here
          USE_A=1 make
      - env:
          USE_A: 1
"""
    assert (
        without(".github/workflows/ci.yml", workflow)
        == """\
on: push
jobs:
  test:
    strategy: {matrix: {os: [a]}}
    steps:
      - env: {KEEP: 2}
        run: |
          # USE_A matters here
          USE_A=1 make
      - {}
"""
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("flags:\n  USE_A: 1\n", "flags: {}\n"),
        ("flags:  # all\n  USE_A: 1\n", "flags: {}  # all\n"),
        ("flags: !!map\n  USE_A: 1\nk: 2\n", "flags: !!map {}\nk: 2\n"),
        ("variables:\n- name: USE_A\n  value: 1\n", "variables: []\n"),
        ("USE_A: 1", "{}"),
        ("# note\nUSE_A: 1\n", "# note\n{}\n"),
        ("---\nUSE_A: 1\n---\nb: 1\n", "---\n{}\n---\nb: 1\n"),
        ("x: {USE_A: 1}\n", "x: {}\n"),
        ("env: {USE_A: 1}\nk: 1\n", "k: 1\n"),
        ("job:\n  env:\n    environment:\n      USE_A: 1\n", "job: {}\n"),
    ],
)
def test_what_is_left_empty(before: str, after: str) -> None:
    assert without("a.yml", before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- USE_A: 1\n  k: 2\n", "- k: 2\n"),
        ("- USE_A: 1\n  USE_B: 2\n  k: 2\n", "- k: 2\n"),
        ("- USE_A:\n    x: 1\n  # k's\n  k: 2\n", "- # k's\n  k: 2\n"),
        ("- - USE_A: 1\n    k: 2\n", "- - k: 2\n"),
        ("k: 1\nUSE_A: 1", "k: 1\n"),
        ("k: 1\n\nUSE_A:\n  deep: [1,\n    2]\n\nl: 2\n", "k: 1\n\n\nl: 2\n"),
        ("USE_A: |\n  # x\n\n  y\nk: 1\n", "k: 1\n"),
        ("# for USE_AB\nUSE_A: 1\nk: 1\n", "# for USE_AB\nk: 1\n"),
        ("# OTHER_ONE: 1\n# USE_A: 0\nUSE_A: 1\nk: 1\n", "# OTHER_ONE: 1\nk: 1\n"),
        ("r: |\n  # USE_A\nUSE_A: 1\n", "r: |\n  # USE_A\n"),
        ("{a: 1,\n USE_A: 2,\n b: 3}\n", "{a: 1,\n b: 3}\n"),
        ("{a: 1,\n USE_A: 2}\n", "{a: 1}\n"),
        ("[{USE_A: 1}, {b: 1}]\n", "[{}, {b: 1}]\n"),
    ],
)
def test_everything_else_stays_as_it_is(before: str, after: str) -> None:
    assert without("a.yml", before) == after


@pytest.mark.parametrize(
    "text",
    [
        "USE_A: &a 1\nb: *a\n",
        "? USE_A\n: 1\nb: 1\n",
        "b: [\nUSE_A: 1\n",
        "a: |+\n  x\nUSE_A: 1\n\nb: 1\n",
    ],
)
def test_what_cannot_be_removed_safely_is_left_alone(text: str) -> None:
    assert [entry.name for entry in refused("a.yml", text)] == ["USE_A"]
    assert without("a.yml", text) == text


def test_a_template_that_is_no_yaml_is_left_alone() -> None:
    text = "{{- if .x }}\nUSE_A: 1\n{{- end }}\n"
    assert without("chart/values.yaml", text) == text


def test_one_that_cannot_go_does_not_keep_the_others() -> None:
    text = "env:\n  USE_A: &x 1\n  USE_B: 2\nk: *x\n"
    assert without("a.yml", text) == "env:\n  USE_A: &x 1\nk: *x\n"


def test_an_anchored_environment_is_emptied_and_its_aliases_hold() -> None:
    text = "x: &common\n  environment: &e\n    USE_A: 1\nweb:\n  <<: *common\n  environment: *e\n"
    after = without("compose.yml", text)
    assert after == "x: &common\n  environment: &e {}\nweb:\n  <<: *common\n  environment: *e\n"


def test_aliases_are_not_followed_however_many() -> None:
    names = "abcdefghijklmnopqrstuvwxyz"
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{before}, *{before}]\n" for before, name in pairwise(names)
    )
    assert without("a.yml", bomb + "USE_A: 1\n") == bomb


@pytest.mark.parametrize("text", ["[" * 900 + "]" * 900, "- " * 900, "? " * 300])
def test_absurd_depth_is_refused(text: str) -> None:
    with pytest.raises(TooDeepError):
        entries(Document("a.yml", text.encode()))


def test_steps_of_indentation_that_crash_the_parser_are_refused() -> None:
    stairs = "".join(" " * depth + "a:\n" for depth in range(300))
    with pytest.raises(TooDeepError):
        entries(Document("a.yml", stairs.encode()))


def test_more_lines_than_the_parser_counts_are_refused() -> None:
    with pytest.raises(TooDeepError, match="32767 lines"):
        entries(Document("a.yml", b"a: 1\n" * 40_000))


def test_scalars_read_as_yaml_reads_them() -> None:
    text = """\
plain: a
  b
single: 'it''s'
double: "\\u00e9\\n\\
  x"
literal: |
  one
    two

  three
kept: |+
  x

strip: >-
  folded
nothing:
"""
    read = {each[0]: each[2] for each in spelled("a.yml", text)}
    assert read == yaml.safe_load(text)


KEYS = ("USE_A", "USE_B", "k", "env", "environment", "é✓", "nested")


def scalars() -> st.SearchStrategy[str]:
    return st.sampled_from(["1", "true", "'#x'", '"a\\n😀"', "plain text", "~", "*ref", "!!str x"])


def comments() -> st.SearchStrategy[str]:
    return st.sampled_from(["", "", "", " # c", "  # USE_A"])


@st.composite
def blocks(draw: st.DrawFn, indent: int = 0, depth: int = 3) -> list[str]:
    """The lines of a block mapping."""
    lines: list[str] = []
    pad = " " * indent
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True)):
        above = draw(st.sampled_from([[], [], [], [""], [pad + "# of USE_A"], ["# none"]]))
        lines += above
        kind = draw(st.sampled_from(["scalar", "map", "list", "flow", "literal"]))
        comment = draw(comments())
        if kind == "map" and depth:
            deeper = indent + draw(st.sampled_from([1, 2, 4]))
            inner = draw(blocks(deeper, depth - 1))
            lines += [f"{pad}{key}:{comment}", *inner]
        elif kind == "list" and depth:
            deeper = indent + draw(st.sampled_from([0, 2]))
            lines += [f"{pad}{key}:{comment}", *draw(items(deeper, depth - 1))]
        elif kind == "flow":
            lines.append(f"{pad}{key}: {draw(flows(2))}{comment}")
        elif kind == "literal":
            header = draw(st.sampled_from(["|", ">-", "|-"]))
            lines += [f"{pad}{key}: {header}", f"{pad}  # USE_A text", f"{pad}  more"]
        else:
            lines.append(f"{pad}{key}: {draw(scalars())}{comment}")
    return lines


@st.composite
def items(draw: st.DrawFn, indent: int, depth: int) -> list[str]:
    """The lines of a block sequence."""
    lines: list[str] = []
    pad = " " * indent
    for _ in range(draw(st.integers(1, 3))):
        match draw(st.sampled_from(["variable", "named", "map", "scalar"])):
            case "variable":
                lines.append(pad + "- " + draw(st.sampled_from(["USE_A=1", "USE_B", '"K=é"'])))
            case "named":
                name = draw(st.sampled_from(["USE_A", "KEEP"]))
                lines += [f"{pad}- name: {name}", f"{pad}  value: '1'{draw(comments())}"]
            case "map" if depth:
                inner = draw(blocks(indent + 2, depth - 1))
                first = next(i for i, line in enumerate(inner) if not is_filler(line))
                inner[first] = f"{pad}- {inner[first].lstrip()}"
                lines += inner
            case _:
                lines.append(f"{pad}- {draw(scalars())}")
    return lines


def is_filler(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


@st.composite
def flows(draw: st.DrawFn, depth: int) -> str:
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=3, unique=True))
    values = [
        draw(flows(depth - 1)) if depth and draw(st.booleans()) else draw(st.sampled_from("12"))
        for _ in keys
    ]
    space = draw(st.sampled_from(["", " "]))
    tail = draw(st.sampled_from(["", ","])) if keys else ""
    pairs = ", ".join(f"{key}: {value}" for key, value in zip(keys, values, strict=True))
    return f"{{{space}{pairs}{tail}{space}}}"


@settings(max_examples=150, deadline=None)
@given(blocks(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_parser_reads_the_same_less_the_doomed(
    lines: list[str], line_end: str, is_ended: bool
) -> None:
    text = line_end.join(["ref: &ref v", *lines]) + line_end * is_ended
    before = yaml.safe_load(text)
    after, left = cut("a.yml", text, ("USE_A", "USE_B"))
    if not left:
        assert filled(yaml.safe_load(after)) == filled(less(before))
    new = {line.strip() for line in after.splitlines()} - {line.strip() for line in lines}
    assert all(line.startswith("-") or "{" in line or "[" in line for line in new - {"ref: &ref v"})


def filled(value: Any) -> Any:
    """With null as the empty text, which `less` cannot tell from what is gone."""
    match value:
        case dict():
            return {key: filled(inner) for key, inner in value.items()}
        case list():
            return [filled(item) for item in value]
        case None:
            return ""
        case _:
            return value
