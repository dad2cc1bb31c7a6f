"""What documents say is true, or it is found: the views of the family, and whole repositories."""

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from govcheck import check, fix
from govcheck.docs.mojibake import garbled
from govcheck.document import Document
from tests.conftest import Repository


def _misread(text: str, codec: str) -> str:
    """Text whose UTF-8 was read as an encoding that has a character for every byte."""
    characters = []
    for byte in text.encode():
        try:
            characters.append(bytes([byte]).decode(codec))
        except UnicodeDecodeError:
            characters.append(chr(byte))
    return "".join(characters)


def _mended(text: str) -> str:
    document = Document("a.md", text.encode())
    for each in reversed(document.view(garbled)):
        text = text[: each.start] + each.meant + text[each.end :]
    return text


@given(
    st.lists(
        st.sampled_from(
            ["done ✅", "it’s", " – ", "café é", "→ 🟢", "naïve", "日本語", "“a”", "\n"]
        )
    ),
    st.sampled_from(["cp1252", "cp1254", "cp1250", "mac_roman", "cp437"]),
)
@settings(max_examples=100, deadline=None)
def test_what_was_misread_is_what_was_meant(words: list[str], codec: str) -> None:
    text = " ".join(words)
    wrong = _misread(text, codec)
    assume("✅" in text or "’" in text)
    assert _mended(wrong) == text


@given(st.text(st.sampled_from("aÉé…»«—™ÃÂ €🟢✅⚠️ßğőРусЁё日本 .\n")))
@settings(max_examples=300, deadline=None)
def test_text_as_it_was_meant_is_left_alone(text: str) -> None:
    document = Document("a.md", text.encode())
    for each in document.view(garbled):
        said = text[each.start : each.end]
        assert _misread(each.meant, each.codec) == said


def test_the_report_this_project_grew_from(repository: Repository) -> None:
    right = (
        "# Progress\n\n**Status:** 🟢 on track\n**Progress:** 64% complete (14/22 major tasks)\n\n"
        "## Week 3: Sync ✅ **COMPLETE**\n\n- ⏳ Wire mocks → later\n- ⚠️ Blocked\n\n"
        "### Overall Progress\n- **Week 1:** ✅ 100% (7/7 tasks complete)\n"
        "- **Week 2:** ✅ 100% (8/8 tasks complete)\n- **Total:** 🟢 77% (19/27 major tasks)\n\n"
        "```\nCoverage: 87.52% ✅ above\n```\n\n## Week 3 Completion Criteria\n- [ ] One test\n"
    )
    dropped = "".join(each for each in _misread(right, "cp1254") if not "\x80" <= each <= "\x9f")
    root = repository({"govcheck.toml": "", "report.md": dropped})
    found = {(each.rule, each.span.line) for each in check(str(root)).findings}
    assert {("progress-sum", 4), ("progress-sum", 6), ("progress-sum", 14)} <= found
    assert {("mojibake", line) for line in (3, 6, 8, 9, 12, 13, 14, 17)} <= found
    fix(str(root))
    wanted = right.replace("64% complete (14/22", "100% complete (15/15")
    wanted = wanted.replace("77% (19/27", "100% (15/15")
    assert (root / "report.md").read_text() == wanted


@pytest.mark.parametrize(
    "text",
    ["é" * 200_000, "Ã©" * 100_000, "- 1/2\n" * 20_000 + "- Total: 1/2\n", "5% (" * 50_000,
     "# a 5% complete\n- [ ] b\n" * 2_000, "[a](b)" * 5_000, "## COMPLETE\n- [ ] a\n" * 2_000],
    ids=range(7),
)  # fmt: skip
def test_hostile_documents_take_no_longer_than_others(text: str, repository: Repository) -> None:
    root = repository({"govcheck.toml": "", "a.md": text})
    began = time.process_time()
    report = check(str(root), select=["docs"])
    assert not report.problems
    assert time.process_time() - began < 10
