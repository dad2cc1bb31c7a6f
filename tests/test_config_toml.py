"""TOML: keys in tables, dotted keys and inline tables, and how they are taken out."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcheck.config import entries
from govcheck.document import Document, TooDeepError
from tests.removing import DOOMED, cut, refused, spelled, without

PYPROJECT = """\
[project]
name = "app"  # é✓😀

# USE_A is described
# at length
[tool.app.flags.USE_A]
default = true

[tool.app]
USE_B.enabled = false  # off
limits = { USE_A = 1, cpu = 2 }
matrix = [ { USE_A = 1 }, {k = 1} ]

[tool.pytest.ini_options]
env = ["USE_A=1", "OTHER=2"]

[tool.app.env]
USE_A = '''
1'''

[[tool.app.jobs]]
USE_A = 1
[[tool.app.jobs]]
k = 1
"""


def test_flags_leave_a_pyproject() -> None:
    assert (
        without("pyproject.toml", PYPROJECT)
        == """\
[project]
name = "app"  # é✓😀


[tool.app]
limits = { cpu = 2 }
matrix = [ {}, {k = 1} ]

[tool.pytest.ini_options]
env = ["OTHER=2"]


[[tool.app.jobs]]
[[tool.app.jobs]]
k = 1
"""
    )


def test_windows_line_ends_stay() -> None:
    after = without("pyproject.toml", PYPROJECT.replace("\n", "\r\n"))
    assert after == without("pyproject.toml", PYPROJECT).replace("\n", "\r\n")


def test_every_part_of_a_key_is_named() -> None:
    text = 'a."b.c" = 1\n[t.u]\nv = {w.x = "\\u00e9"}\n[[t.l]]\n[[t.l]]\ny = 1_0\n'
    assert [(each[0].split("."), *each[1:3]) for each in spelled("a.toml", text)] == [
        (["a"], "a", None),
        (["a", "b", "c"], "b.c", "1"),
        (["t"], "t", None),
        (["t", "u"], "u", None),
        (["t", "u", "v"], "v", None),
        (["t", "u", "v", "w"], "w", None),
        (["t", "u", "v", "w", "x"], "x", "é"),
        (["t"], "t", None),
        (["t", "l", "0"], "l", None),
        (["t"], "t", None),
        (["t", "l", "1"], "l", None),
        (["t", "l", "1", "y"], "y", "1_0"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[t]\nUSE_A = 1\n[u]\nk = 1\n", "[t]\n[u]\nk = 1\n"),
        ("x = {USE_A = 1}\n", "x = {}\n"),
        ("env = {USE_A = 1}\nk = 1\n", "k = 1\n"),
        ("x = {k = 1, USE_A = 1}", "x = {k = 1}"),
        ("USE_A = [\n  1, # one\n  2,\n] # end\nk = 1", "k = 1"),
        ("k = 1\nUSE_A = 2", "k = 1\n"),
        ("USE_A = 1\n", ""),
        ("a.USE_A.b = 1\na.k = 2\n", "a.k = 2\n"),
        ('m = """\n# USE_A"""\nUSE_A = 1\n', 'm = """\n# USE_A"""\n'),
        ("[env]\n# kept\nUSE_A = 1\n", "# kept\n"),
        ("[USE_A]\nk = 1\n# end\n[u]\n", "# end\n[u]\n"),
    ],
)
def test_everything_else_stays_as_it_is(before: str, after: str) -> None:
    assert without("a.toml", before) == after


@pytest.mark.parametrize(
    "text", ["USE_A = 1\nb = [\n", "USE_A = 1\nb\n", "[[USE_A]]\nk = 1\n[USE_A.sub]\nk = 1\n"]
)
def test_what_cannot_be_removed_safely_is_left_alone(text: str) -> None:
    left = refused("a.toml", text)
    assert left
    assert without("a.toml", text) in (text, "[[USE_A]]\nk = 1\n")


@pytest.mark.parametrize("text", [".".join("a" * 300) + " = 1", "a = " + "[" * 900 + "]" * 900])
def test_absurd_depth_is_refused(text: str) -> None:
    with pytest.raises(TooDeepError):
        entries(Document("a.toml", text.encode()))


KEYS = st.sampled_from([*DOOMED, "k", "env", '"é ✓"', "x-1", "'lit'"])
VALUES = st.sampled_from(
    [
        "1",
        "true",
        '"#x"',
        "'''\nl'''",
        '"""a\\\n  b"""',
        "[1, 2]",
        "[\n  1, # USE_A\n]",
        "1979-05-27",
    ]
)


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    match draw(st.sampled_from(["scalar", "scalar", "table", "array"])):
        case "table" if depth:
            keys = draw(st.lists(KEYS, max_size=3, unique=True))
            pairs = [f"{key} = {draw(values(depth - 1))}" for key in keys]
            space = draw(st.sampled_from(["", " "]))
            return f"{{{space}{', '.join(pairs)}{space}}}".replace("\n  1, # USE_A\n", "1")
        case "array" if depth:
            items = draw(st.lists(values(depth - 1), max_size=2))
            return f"[{', '.join(items)}]"
        case _:
            return draw(VALUES)


@st.composite
def files(draw: st.DrawFn) -> list[str]:
    lines: list[str] = []
    for header in ["", *draw(st.lists(KEYS, max_size=3, unique=True))]:
        if header:
            form = draw(st.sampled_from(["[t.{}]", "[{}.q]", "[[l.{}]]", "[ {} ] # c"]))
            lines += [*draw(fillers()), form.format(header)]
        for key in draw(st.lists(KEYS, max_size=3, unique=True)):
            dotted = draw(st.sampled_from([key, key, f"{key}.z", f"d . {key}"]))
            comment = draw(st.sampled_from(["", " # USE_B", "  # c"]))
            lines += [*draw(fillers()), f"{dotted} = {draw(values())}{comment}"]
    return lines


def fillers() -> st.SearchStrategy[list[str]]:
    return st.sampled_from([[], [], [""], ["# of USE_A"], ["# none", ""]])


def parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError:
        return None


def less(value: Any) -> Any:
    """The data less the doomed names, and less what is or becomes empty by that."""
    match value:
        case dict():
            rest = {name: less(inner) for name, inner in value.items() if name not in DOOMED}
            return {name: inner for name, inner in rest.items() if inner not in ({}, [])}
        case list():
            return [inner for item in value if (inner := less(item)) not in ({}, [])]
        case _:
            return value


@settings(max_examples=150, deadline=None)
@given(files(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_parser_reads_the_same_less_the_doomed(
    lines: list[str], line_end: str, is_ended: bool
) -> None:
    text = "\n".join(lines).replace("\n", line_end) + line_end * is_ended
    before = parsed(text)
    after, left = cut("a.toml", text, DOOMED)
    if before is not None:
        assert not left
        assert less(parsed(after)) == less(before)
    if not left and "{" not in text and "[1" not in text:
        assert set(after.splitlines()) <= set(text.splitlines())
