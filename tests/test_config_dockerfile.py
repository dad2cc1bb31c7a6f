"""Dockerfiles: what `ENV` and `ARG` set, and how a variable is taken out."""

import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.removing import DOOMED, cut, refused, spelled, without

DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM python:3.12  AS é
# USE_A was an experiment
ENV USE_A=1
ARG USE_B=no K
ENV PATH="/x y:$PATH" USE_A=1 \\
    # about LAST
    LAST='✓ 😀' \\
    USE_B=2
RUN <<EOF
ENV USE_A=1
EOF
ENV USE_A old form of value
CMD ["x"]
"""


def test_pairs_are_named_wherever_they_stand() -> None:
    assert spelled("Dockerfile", DOCKERFILE) == [
        ("ENV.USE_A", "USE_A", "1", "1"),
        ("ARG.USE_B", "USE_B", "no", "no"),
        ("ARG.K", "K", None, None),
        ("ENV.PATH", "PATH", "/x y:$PATH", "/x y:$PATH"),
        ("ENV.USE_A", "USE_A", "1", "1"),
        ("ENV.LAST", "LAST", "✓ 😀", "✓ 😀"),
        ("ENV.USE_B", "USE_B", "2", "2"),
        ("ENV.USE_A", "USE_A", "old form of value", "old form of value"),
    ]


def test_variables_leave_their_instructions() -> None:
    assert (
        without("Dockerfile", DOCKERFILE)
        == """\
# syntax=docker/dockerfile:1
FROM python:3.12  AS é
ARG K
ENV PATH="/x y:$PATH" \\
    # about LAST
    LAST='✓ 😀'
RUN <<EOF
ENV USE_A=1
EOF
CMD ["x"]
"""
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV USE_A=1 B=2\n", "ENV B=2\n"),
        ("ENV B=2 USE_A=1\n", "ENV B=2\n"),
        ("ENV B=2 USE_A=1 USE_B=3\n", "ENV B=2\n"),
        ("ENV USE_A=1 B=2 USE_B=3 C=4\n", "ENV B=2 C=4\n"),
        ("ENV A=1 \\\r\n    USE_A=2 \\\r\n    C=3\r\n", "ENV A=1 \\\r\n    C=3\r\n"),
        ("ENV A=1 \\\n    USE_A=2\nRUN x", "ENV A=1\nRUN x"),
        ("ENV USE_A=1 \\\n    B=2\n", "ENV B=2\n"),
        ("ENV USE_A=1 \\\n  # on B\n    B=2\n", "ENV \\\n  # on B\n    B=2\n"),
        ("ENV \\\n  USE_A=1 \\\n  B=2\n", "ENV \\\n  B=2\n"),
        ("ENV USE_A=1 \\\n  # kept\n  USE_B=2\nRUN x\n", "  # kept\nRUN x\n"),
        ("# escape=`\nENV A=1 `\n  USE_A=C:\\\nRUN x\n", "# escape=`\nENV A=1\nRUN x\n"),
        ("# USE_A and B\nENV USE_A=1 B=2\n", "# USE_A and B\nENV B=2\n"),
        ("FROM x\nENV USE_A=1", "FROM x\n"),
        ('ENV USE_A="x \\\n y"\nRUN x\n', "RUN x\n"),
    ],
)
def test_everything_else_stays_as_it_is(before: str, after: str) -> None:
    assert without("Dockerfile", before) == after


@pytest.mark.parametrize("text", ['ENV USE_A=1 "odd"\n', 'ENV B=1 USE_A="x \\\n y" C=2\n'])
def test_what_is_not_understood_is_left_alone(text: str) -> None:
    assert without("Dockerfile", text) == text
    assert refused("Dockerfile", text)


PAIRS = st.builds(
    lambda name, value, end: (f"{name}={value}", end),
    st.sampled_from([*DOOMED, "K", "L_1"]),
    st.sampled_from(["1", "''", '"a b"', "a\\ b", "'é #'", "$X"]),
    st.sampled_from([" ", "  ", " \\\n", "\\\n    ", " \\\n # note\n\t", " \\\n# USE_A\n "]),
)


@st.composite
def instructions(draw: st.DrawFn) -> str:
    pairs = draw(st.lists(PAIRS, min_size=1, max_size=5))
    gap = draw(st.sampled_from([" ", " \\\n  "]))
    body = "".join(pair + end for pair, end in pairs[:-1]) + pairs[-1][0]
    return (
        draw(st.sampled_from(["ENV", "env", "ARG"])) + gap + re.sub(r"(?<=\S)\\\n", r" \\\n", body)
    )


FILES = st.lists(
    st.one_of(instructions(), st.sampled_from(["", "# USE_A", "RUN x && \\\n ENV=1 y", "FROM z"])),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(FILES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_shell_reads_the_same_less_the_doomed(
    parts: list[str], line_end: str, is_ended: bool
) -> None:
    text = "\n".join(parts).replace("\n", line_end) + line_end * is_ended
    after, left = cut("Dockerfile", text, DOOMED)
    assert not left
    expected = [
        (keyword, [word for word in words if word.partition("=")[0] not in DOOMED])
        for keyword, words in read(text)
    ]
    assert read(after) == [
        (keyword, words) for keyword, words in expected if words or keyword not in ("ENV", "ARG")
    ]


def read(text: str) -> list[tuple[str, list[str]]]:
    """The instructions with their words, as a shell splits them."""
    kept = "".join(
        line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#")
    )
    joined = re.sub(r"\\\r?\n", "", kept)
    split = [shlex.split(line) for line in joined.splitlines() if line.strip()]
    return [(words[0].upper(), words[1:]) for words in split]
