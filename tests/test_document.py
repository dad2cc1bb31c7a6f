"""Documents: right columns for every kind of text, and bytes that come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcheck.document import Document, UndecodableError

TEXTS = st.text(st.sampled_from("aé✓😀\t\r\n \x0b"), max_size=40)


@given(TEXTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_text_comes_back_whatever_its_encoding(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    document = Document("a.txt", data)
    assert document.text == text
    assert document.encode(document.text) == data
    assert document.utf8 == text.encode()


@given(TEXTS, st.data())
def test_byte_offsets_and_code_points_convert_both_ways(text: str, data: st.DataObject) -> None:
    document = Document("a.txt", text.encode())
    offset = data.draw(st.integers(0, len(text)))
    byte = len(text[:offset].encode())
    assert document.byte_of_offset(offset) == byte
    assert document.offset_of_byte(byte) == offset


@given(TEXTS, st.data())
def test_lines_and_columns_count_as_python_counts_them(text: str, data: st.DataObject) -> None:
    document = Document("a.txt", text.encode())
    offset = data.draw(st.integers(0, len(text)))
    # A place between CR and LF is on the line that they end.
    if text[offset - 1 : offset + 1] == "\r\n" and offset:
        offset += 1
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    span = document.span(offset, offset)
    assert span.line == before.count("\n") + 1
    assert span.column == len(text[:offset]) - max(
        text[:offset].rfind("\n"), text[:offset].rfind("\r")
    )


def test_columns_count_code_points_and_not_bytes_or_units() -> None:
    document = Document("a.py", 'é✓😀 = "USE_MENU"\r\n'.encode())
    start = document.text.index("USE_MENU")
    span = document.span(start, start + 8)
    assert (span.line, span.column, span.end_column) == (1, 8, 16)
    assert document.span_of_bytes(*_bytes(document, b"USE_MENU")) == span


def test_a_byte_order_mark_is_not_part_of_the_first_column() -> None:
    document = Document("a.py", b"\xef\xbb\xbfUSE_MENU = 1\n")
    assert document.span_of_bytes(*_bytes(document, b"USE_MENU")).column == 1


def test_a_latin_1_cookie_is_believed() -> None:
    document = Document("a.py", "# -*- coding: latin-1 -*-\né = 'USE_MENU'\n".encode("latin-1"))
    span = document.span_of_bytes(*_bytes(document, b"USE_MENU"))
    assert (span.line, span.column) == (2, 6)


def test_text_that_is_not_utf_8_and_says_nothing_is_read_byte_by_byte() -> None:
    document = Document("a.txt", b"caf\xe9 USE_MENU\n")
    assert document.text == "café USE_MENU\n"
    assert document.encode(document.text) == document.data


@pytest.mark.parametrize("cookie", ["rot13", "utf-7", "unicode_escape", "idna", "nonsense"])
def test_a_cookie_does_not_choose_among_all_codecs(cookie: str) -> None:
    with pytest.raises(UndecodableError, match=cookie):
        _ = Document("a.py", f"# coding: {cookie}\n".encode()).text


def test_a_cookie_below_code_is_none() -> None:
    assert Document("a.py", b"x = 1\n# coding: rot13\n").text


def test_lines_are_told_without_their_ends() -> None:
    document = Document("a.txt", b"a\r\nb\rc\nd")
    assert [document.line(number) for number in range(6)] == ["", "a", "b", "c", "d", ""]


def test_a_view_is_computed_once() -> None:
    calls = []
    document = Document("a.txt", b"x")

    def view(document: Document) -> str:
        calls.append(document)
        return document.text

    assert document.view(view) == document.view(view) == "x"
    assert len(calls) == 1


def _bytes(document: Document, needle: bytes) -> tuple[int, int]:
    start = document.utf8.index(needle)
    return start, start + len(needle)
