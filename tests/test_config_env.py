"""`.env` files: what they set, and how a variable is taken out."""

from io import StringIO

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from govcheck.config import format_of
from tests.removing import DOOMED, cut, refused, spelled, without

DOTENV = """\
# Settings é✓😀

# USE_A turns the old path on.
# It is history.
export USE_A="true"  # really
URL=https://x/#frag # comment
KEY="-----BEGIN
# USE_B=1
-----END"
USE_B='a # b'
PASSED_ON
EMPTY=
"""


def test_variables_have_values() -> None:
    assert spelled(".env", DOTENV) == [
        ("USE_A", "USE_A", "true", "true"),
        ("URL", "URL", "https://x/#frag", "https://x/#frag"),
        ("KEY", "KEY", "-----BEGIN\n# USE_B=1\n-----END", "-----BEGIN\n# USE_B=1\n-----END"),
        ("USE_B", "USE_B", "a # b", "a # b"),
        ("PASSED_ON", "PASSED_ON", None, None),
        ("EMPTY", "EMPTY", "", ""),
    ]


def test_variables_leave_with_the_comments_that_name_them() -> None:
    assert (
        without(".env", DOTENV)
        == """\
# Settings é✓😀

URL=https://x/#frag # comment
KEY="-----BEGIN
# USE_B=1
-----END"
PASSED_ON
EMPTY=
"""
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\r\nUSE_A=2\r\n\r\nB=3\r\n", "A=1\r\n\r\nB=3\r\n"),
        ("A=1\nUSE_A=2", "A=1\n"),
        ("USE_A=1\nB=2", "B=2"),
        ("USE_A=1\nUSE_A=2\n", ""),
        ("# OLD_NAME=1\n# USE_A=0\nUSE_A=1\n", "# OLD_NAME=1\n"),
        ("# about USE_AB\nUSE_A=1\n", "# about USE_AB\n"),
        ('USE_A="x\ny\nz" # c\nB=1\n', "B=1\n"),
        ("\tUSE_A = 1\nB=1\n", "B=1\n"),
    ],
)
def test_everything_else_stays_as_it_is(before: str, after: str) -> None:
    assert without(".env", before) == after


@pytest.mark.parametrize("text", ['USE_A="open\nB=1\n', "USE_A='x'y\n"])
def test_an_open_quote_is_left_alone(text: str) -> None:
    assert without(".env", text) == text
    assert refused(".env", text)


def test_only_plain_exports_leave_a_script() -> None:
    text = """\
export USE_A=1
layout python
if has nix; then
  export USE_B=1
fi
export USE_B=$(date)
export USE_B=1 C=2
USE_B=1 \\
  run
"""
    assert without(".envrc", text) == text.replace("export USE_A=1\n", "")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("a/.env", "env"),
        (".env.local", "env"),
        ("prod.env", "env"),
        (".envrc", "env"),
        ("env.example", "env"),
        ("Dockerfile.dev", "dockerfile"),
        ("x.dockerfile", "dockerfile"),
        ("Containerfile", "dockerfile"),
        ("a.YML", "yaml"),
        ("setup.cfg", "ini"),
        ("uv.lock", "toml"),
        ("tsconfig.json", "json"),
        ("environment.py", None),
        ("README.md", None),
    ],
)
def test_formats_go_by_name(path: str, form: str | None) -> None:
    assert format_of(path) == form


LINES = st.one_of(
    st.sampled_from(["", "  ", "# USE_A old", "# note", "#K_X=1", "no setting here"]),
    st.builds(
        lambda export, name, equals, value, comment: f"{export}{name}{equals}{value}{comment}",
        st.sampled_from(["", "export ", "  "]),
        st.sampled_from([*DOOMED, "K", "OTHER_1"]),
        st.sampled_from(["=", " = "]),
        st.sampled_from(["", "1", '"a b"', "'#x'", '"l\nm"', "é✓#y", '"\\"q"', "x  y"]),
        st.sampled_from(["", " # USE_B", "\t#"]),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_parser_reads_the_same_less_the_doomed(
    lines: list[str], line_end: str, is_ended: bool
) -> None:
    text = "\n".join(lines).replace("\n", line_end) + line_end * is_ended
    after, left = cut(".env", text, DOOMED)
    assert not left
    expected = {name: value for name, value in read(text).items() if name not in DOOMED}
    assert list(read(after).items()) == list(expected.items())


def read(text: str) -> dict[str, str | None]:
    return dict(dotenv_values(stream=StringIO(text, newline=""), interpolate=False))
