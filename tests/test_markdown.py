"""The view of Markdown: what it sees, where, and that it sees what another parser does."""

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from govcheck.document import Document
from govcheck.markdown import restructured
from govcheck.markdown.anchors import slug, unique_slugs
from govcheck.markdown.page import Page, TooManyPartsError, page


def _read(text: str) -> tuple[str, Page]:
    return text, page(Document("a.md", text.encode()))


def test_the_destination_of_a_link_is_told_as_it_is_written() -> None:
    text, read = _read(
        "é [a](b.md 'c') ![d](<e f.png>) [g][h] <http://i> [j](k(l).md) [m](n\\_o.md)\n"
        "<a class='x' href=\"p.md\">q</a> <!-- <a href='r.md'> --> `[s](t.md)`\n\n[h]: u.md 'v'\n"
    )
    written = [text[each.target_start : each.target_end] for each in read.links]
    assert [each.target for each in read.links] == [
        *("b.md", "e f.png", "u.md", "http://i", "k(l).md", "n_o.md", "p.md"),
    ]
    assert written == ["b.md", "e f.png", "", "", "k(l).md", "n\\_o.md", "p.md"]
    assert [
        (each.label, text[each.target_start : each.target_end]) for each in read.definitions
    ] == [("h", "u.md")]
    assert [each.kind for each in read.links].count("image") == 1


def test_an_image_in_a_link_has_its_own_destination() -> None:
    text, read = _read("[![a](b.svg)](c.md)\n")
    written = {(each.kind, text[each.target_start : each.target_end]) for each in read.links}
    assert written == {("link", "c.md"), ("image", "b.svg")}


def test_headings_have_the_anchors_that_github_gives_them() -> None:
    _, read = _read(
        "# Hello, World!\n\nÜber `x_y` & co\n===\n\n## a\n## a\n## a-1\n## 2.0 — *new*\n"
        "## ✅ Done\n"
    )
    assert unique_slugs(each.text for each in read.headings) == (
        *("hello-world", "über-x_y--co", "a", "a-1", "a-1-1", "20--new", "-done"),
    )
    assert [each.level for each in read.headings] == [1, 1, 2, 2, 2, 2, 2]


def test_a_character_of_quoted_code_is_found_in_the_document() -> None:
    text, read = _read("1. x\n\n   > ```sh é\n   > a \\\r\n   >   b\n   > ```\n\n    indented\n")
    fence = read.fences[0]
    assert (fence.language, fence.info, fence.text) == ("sh", "sh é", "a \\\n  b\n")
    for index, character in enumerate(fence.text):
        assert character == "\n" or text[fence.offset(index)] == character


def test_tables_are_rows_of_cells() -> None:
    text, read = _read("| a | b |\n|---|--:|\n| `x\\|y` | **1** |\n|  | ✓ é |\n")
    (table,) = read.tables
    assert [cell.text for cell in table.head] == ["a", "b"]
    assert [[cell.text for cell in row] for row in table.rows] == [["x|y", "1"], ["", "✓ é"]]
    assert [text[cell.start : cell.end] for row in table.rows for cell in row] == [
        *("`x\\|y`", "**1**", "", "✓ é"),
    ]
    assert read.table_at(text.index("**1")) == table
    assert read.table_at(len(text)) is None


def test_front_matter_stands_at_the_top_or_below_the_title() -> None:
    for text in (
        "---\nstatus: 'current'\ntags:\n  - a\n---\n# Title\n",
        "# Title\n\n---\nstatus: current\ntags:\n  - a\n---\n\ntext\n",
        "# Title\n\nA subtitle.\n\n---\nstatus: current # now\n---\n\ntext\n",
    ):
        _, read = _read(text)
        field = read.front["status"]
        assert (field.value, text[field.start : field.end]) == ("current", "current")
        assert text[read.front_start : read.front_end].rstrip().endswith("---")
        assert [each.text for each in read.headings] == ["Title"]
    for text in (
        f"# Title\n\n{'text ' * 1000}\n\n---\nstatus: current\n---\n",
        "Text\n\n---\nstatus: current\n---\n",
        "# Title\n\n---\nText: with a colon.\nAnd more.\n---\n",
    ):
        assert _read(text)[1].front == {}


def test_tasks_comments_and_anchors() -> None:
    text, read = _read(
        "- [x] a `b`\n- [ ] c\n  - [X] d\n\n<!-- e\nf --> g\n\n<a id='h'></a> i <!-- j -->\n"
    )
    assert [(each.done, text[each.start : each.end]) for each in read.tasks] == [
        *((True, "[x]"), (False, "[ ]"), (True, "[X]")),
    ]
    assert [each.text for each in read.comments] == [" e\nf ", " j "]
    assert read.anchors == ("h",)


def test_the_sections_around_a_place() -> None:
    text, read = _read("# a\n## b\n### c\n## d\n### e\nx\n")
    assert [each.text for each in read.headings_above(text.index("x"))] == ["e", "d", "a"]
    above = read.heading_above(text.index("x"))
    assert above is not None
    assert above.text == "e"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A  b", "a--b"),
        ("C++ & C#", "c--c"),
        ("x_y-z", "x_y-z"),
        ("ça 1²", "ça-1"),
        ("日本", "日本"),
    ],
)
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected


_PEER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _by_peer(text: str) -> tuple[list[str], list[str]]:
    tokens = _PEER.parse(text)
    fences = [each.content for each in tokens if each.type in ("fence", "code_block")]
    return fences, [each.tag for each in tokens if each.type == "heading_open"]


_PIECES = st.sampled_from(
    [
        *("[a](b)", "`c`", "``d`e``", "*", "**", "_", "\n", "\n\n", "- ", "> ", "# "),
        *("```\n", "~~~sh\n", "1. ", "    ", "x", "é✓", " ", "[r]", "[r]: /u\n", "![i](j)"),
        *("| a | b |\n|---|---|\n", "<b>", "\r\n", "=\n", "\t", "](", "\\", "|", "---\n"),
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_what_is_seen_is_what_another_parser_sees(text: str) -> None:
    # The peers differ in tables without a blank line before them, in tabs after a quote, and in
    # what is indented below a definition: by CommonMark it goes on with the paragraph.
    if re.search(r"\||\t|\]: /u\n[ >]* {4}", text):
        page(Document("a.md", text.encode()))
        return
    text += "\n"  # the peer adds it where it is missing
    read = page(Document("a.md", text.encode()))
    if read.front_end or "<b>" in text:
        return
    fences, headings = _by_peer(text)
    assert [each.text for each in read.fences] == fences
    assert [f"h{each.level}" for each in read.headings] == headings


@given(st.lists(_PIECES, max_size=30).map("".join))
@example("*\t\t[a](b)")
@settings(max_examples=150, deadline=None)
def test_places_are_those_of_what_they_hold(text: str) -> None:
    document = Document("a.md", text.encode())
    read = page(document)
    for code in read.codes:
        assert "`" not in text[code.start - 1 : code.start].strip("`")
        assert text[code.start - 1] == "`" or text[code.start - 1].isspace()
    for fence in read.fences:
        for index, character in enumerate(fence.text):
            assert character in "\n " or text[fence.offset(index)] == character
    for link in read.links:
        assert 0 <= link.start < link.end <= len(text)
        if link.target_start >= 0 and "\\" not in text:
            assert text[link.target_start : link.target_end] == link.target


@pytest.mark.parametrize(
    "text",
    [
        *("> " * 100_000 + "a", "[" * 100_000, "a](" * 50_000, "<a " * 50_000, "<!--" * 300_000),
        *("".join(f"{' ' * n}- a\n" for n in range(1500)), "`" * 400_000 + "a", "# a\n" * 30_000),
    ],
    ids=range(8),
)
def test_hostile_documents_take_no_longer_than_others(text: str) -> None:
    began = time.process_time()
    page(Document("a.md", text.encode()))
    assert time.process_time() - began < 5


def test_a_document_of_too_many_parts_is_left_alone() -> None:
    with pytest.raises(TooManyPartsError):
        page(Document("a.md", b"*_" * 1_500_000))


def test_the_blocks_of_restructured_text_are_told_with_their_titles_and_places() -> None:
    text = (
        "Title\n=====\n\nOld ways\r\n~~~~~~~~\r\n\nProse ``x``.\n\n.. code-block:: Python\n"
        "   :caption: a\n\n   é = 1\n\n     b\n   c\n\nProse.\n\n* Item\n\n  .. code:: sh\n\n\tls\n"
        "    cd\n\n  .. code-block:: none\n\n  Nothing.\n\n"
        ".. sourcecode::\n\n  .. code:: x\n\n    y\n"
    )
    read = restructured.page(Document("a.rst", text.encode()))
    assert [(each.level, each.text) for each in read.headings] == [(1, "Title"), (2, "Old ways")]
    assert [(each.language, each.text) for each in read.fences] == [
        ("python", "é = 1\n\n  b\nc\n"),
        ("sh", "ls\n   cd\n"),
        ("", ".. code:: x\n\n  y\n"),
    ]
    assert all(
        text[fence.offset(index)] == fence.text[index]
        for fence in read.fences
        for index in range(len(fence.text))
    )


@pytest.mark.parametrize(
    "text",
    [
        ".. code-block:: x\n\n" + "  a\n" * 50_000,
        ".. code::\n" * 20_000,
        "a" + " " * 200_000 + "b\n",
        "=" * 200_000 + "\n",
        ".. code:: x\n" + "  :a: b\n" * 50_000,
    ],
)
def test_reading_restructured_text_takes_time_in_proportion(text: str) -> None:
    start = time.perf_counter()
    restructured.page(Document("a.rst", text.encode()))
    assert time.perf_counter() - start < 2
