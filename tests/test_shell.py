"""Shell text is told apart as a shell would, and hostile text costs little."""

import contextlib
import shlex
import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcheck.document import Document, TooDeepError
from govcheck.shell import Command, commands, snippet


def _commands(text: str) -> list[Command]:
    document = Document("a.sh", text.encode())
    return list(commands(snippet(document, [(0, len(text))])))


def _words(text: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in _commands(text)]


_WORD = st.text("abcXYZ019 é✓'\"$*-=/.,:\\#", min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.lists(_WORD, min_size=1, max_size=5))
def test_words_that_are_quoted_come_back_as_they_were(words: list[str]) -> None:
    line = " ".join(["run", *map(shlex.quote, words)])
    (found,) = _words(line)
    assert found == ["run", *words]


@pytest.mark.parametrize("line", ["run ==", "run == 0", "run = =~", "run '== a' == \"b == c\""])
def test_what_compares_within_tests_is_a_word_elsewhere(line: str) -> None:
    assert _words(f"{line}\nnext") == [shlex.split(line), ["next"]]


_PIECES = st.sampled_from(["a", "'b c'", '"d e"', "f\\ g", "-h", "--i=j", "k/l.m", "'\"'", '"\'"'])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(_PIECES, min_size=1, max_size=3).map("".join), min_size=1, max_size=4))
def test_quotes_within_words_are_read_as_by_the_standard_library(words: list[str]) -> None:
    line = " ".join(["run", *words])
    assert _words(line) == [shlex.split(line)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a --b \\\n  --c", [["a", "--b", "--c"]]),
        ("a | b && c; d || e &", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("X=1 Y='2' a", [["a"]]),
        ("a > b.txt --c 2>&1 < d", [["a", "--c"]]),
        ("a <<EOF --b\nc --d\nEOF\ne", [["a", "--b"], ["e"]]),
        ("a <<'EOF' | b --c\n$(d)\nEOF\n", [["a"], ["b", "--c"]]),
        ("a $(b --c)", [["a", "$(b --c)"], ["b", "--c"]]),
        ("# a --b\nc # --d", [["c"]]),
        ("if a; then b; fi; for x in 1 2; do c; done", [["a"], ["b"], ["c"]]),
        ("echo don't\na --b", [["a", "--b"]]),
        ("f() { a --b; }\nf", [["a", "--b"], ["f"]]),
    ],
)  # fmt: skip
def test_commands_are_found_in_all_that_a_shell_knows(text: str, expected: list[list[str]]) -> None:
    assert _words(text) == expected


def test_a_word_tells_how_much_of_it_is_fixed() -> None:
    command, _ = _commands("run --out=$DIR/a 'b*' c*.py \"d$E\" {f,g} --h=$(i)")
    fixed = [(word.fixed, word.is_literal) for word in command.words]
    assert fixed == [
        ("run", True), ("--out=", False), ("b*", True), ("c", False), ("d", False), ("", False),
        ("--h=", False),
    ]  # fmt: skip


def test_places_are_those_of_the_document() -> None:
    text = "é ✓\n> run 'a b' --é=😀\n> more\n"
    document = Document("a.md", text.encode())
    start = text.index("run")
    source = snippet(
        document, [(start, text.index("\n> more") + 1), (text.index("more"), len(text))]
    )
    found = [text[w.start : w.end] for command in commands(source) for w in command.words]
    assert found == ["run", "a b", "--é=😀", "more"]


@pytest.mark.parametrize(
    "piece",
    ["$(", "(", "{ ", '"$(', "`", "if ", "<<X\n", "${a:-", "((", "[[ ", "case x in a) ", "a | ",
     "! ", "f() { ", "$((1+", "a=(", "{a,", "'", '"', "a &&\\\n", "<(", "|", "é",
     "a | " * 100 + "\n", "|" * 100 + "\n"],
)  # fmt: skip
def test_hostile_shell_is_left_alone_in_little_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    with contextlib.suppress(TooDeepError):
        _commands(text)
    assert time.process_time() - started < 10


def test_words_are_those_that_bash_passes() -> None:
    line = """run a"b c"d 'e'"f"\\g "h\\"i" --j='k l'm"""
    script = line.replace("run", "printf '%s\\n'", 1)
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert _words(line) == [["run", *said.stdout.splitlines()]]
