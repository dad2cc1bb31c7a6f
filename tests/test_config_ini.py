"""INI files: options, continuation lines and lists of variables, and how they are taken out."""

from configparser import RawConfigParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.removing import DOOMED, cut, refused, spelled, without

TOX = """\
[tox]
envlist = py311  ; é✓😀

[testenv]
setenv =
    USE_A = 1
    # about B
    B=2
    {[base]setenv}
passenv: HOME
    TERM

[pytest]
; USE_A is on
env =
    USE_A=1
addopts = -q
"""


def test_options_and_the_variables_of_lists_are_named() -> None:
    assert spelled("tox.ini", TOX) == [
        ("tox.envlist", "envlist", "py311  ; é✓😀", "py311  ; é✓😀"),
        ("testenv.setenv", "setenv", None, "USE_A = 1\n    # about B\n    B=2\n    {[base]setenv}"),
        ("testenv.setenv.USE_A", "USE_A", "1", "1"),
        ("testenv.setenv.B", "B", "2", "2"),
        ("testenv.passenv", "passenv", "HOME\nTERM", "HOME\n    TERM"),
        ("pytest.env", "env", None, "USE_A=1"),
        ("pytest.env.USE_A", "USE_A", "1", "1"),
        ("pytest.addopts", "addopts", "-q", "-q"),
    ]


def test_variables_leave_their_lists() -> None:
    assert (
        without("tox.ini", TOX)
        == """\
[tox]
envlist = py311  ; é✓😀

[testenv]
setenv =
    # about B
    B=2
    {[base]setenv}
passenv: HOME
    TERM

[pytest]
addopts = -q
"""
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[s]\r\nUSE_A = 1\r\n\tmore\r\n\r\nk = 2\r\n", "[s]\r\n\r\nk = 2\r\n"),
        ("[s]\nk = 1\nUSE_A = 2", "[s]\nk = 1\n"),
        ("[s]\nUSE_A\nk: 1\n", "[s]\nk: 1\n"),
        ("[s]\nUSE_A = 1\n[t]\n", "[s]\n[t]\n"),
        ("USE_A = 1\nk = 2\n", "k = 2\n"),
        ("[s]\nenvironment =\n  USE_A=1\n  USE_B=2\n", "[s]\n"),
        ("[s]\nset_env =\n  USE_A=1\n", "[s]\nset_env =\n"),
    ],
)
def test_everything_else_stays_as_it_is(before: str, after: str) -> None:
    assert without("setup.cfg", before) == after


def test_a_value_that_may_run_on_is_left_alone() -> None:
    text = "a = b\\\nUSE_A = 1\nUSE_B = 2\n"
    assert [entry.name for entry in refused("a.properties", text)] == ["USE_A"]
    assert without("a.properties", text) == "a = b\\\nUSE_A = 1\n"


def test_a_conf_file_that_is_no_ini_sets_nothing() -> None:
    assert spelled("nginx.conf", "server {\n  listen 80;\n  set USE_A = 1;\n}\n") == []


NAMES = st.sampled_from([*DOOMED, "k", "other", "é✓", "two words"])
LINES = st.one_of(
    st.sampled_from(["", "  ", "# USE_A", "; note", "  # USE_A deep"]),
    st.builds(
        lambda name, equals, value: f"{name}{equals}{value}",
        NAMES,
        st.sampled_from(["=", " = ", ": ", " :"]),
        st.sampled_from(["", "1", "a = b", "x ; y", "%(z)s", "1\n  two\n\n\tthree", "\n  USE_A"]),
    ),
)
SECTIONS = st.lists(LINES, max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(SECTIONS, max_size=3), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_parser_reads_the_same_less_the_doomed(
    sections: list[list[str]], line_end: str, is_ended: bool
) -> None:
    lines = [line for i, each in enumerate(sections) for line in (f"[s{i}]", *each)]
    text = "\n".join(lines).replace("\n", line_end) + line_end * is_ended
    after, left = cut("a.ini", text, DOOMED)
    assert not left
    assert read(after) == [
        (section, [(name, value) for name, value in options if name not in DOOMED])
        for section, options in read(text)
    ]


def read(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    parser = RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text.replace("\r\n", "\n"))
    return [(section, parser.items(section)) for section in parser.sections()]
