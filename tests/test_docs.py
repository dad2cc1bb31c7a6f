"""What documents say is true, or it is found: the views of the family, and whole repositories."""

import time
from pathlib import Path

import mdformat
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from govcheck import check, fix
from govcheck.cli import run
from govcheck.docs.documents import class_of
from govcheck.docs.governance import governance
from govcheck.docs.mojibake import garbled
from govcheck.docs.table import Column, Table, code, markdown, prose
from govcheck.document import Document
from govcheck.markdown.page import page
from govcheck.policy.loading import load_policy
from govcheck.repo import Repo
from tests.conftest import Repository, run_git


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
     "# a 5% complete\n- [ ] b\n" * 2_000, "[a](b)" * 5_000, "## COMPLETE\n- [ ] a\n" * 2_000,
     "`a/b.py` " * 40_000, "[a](#b) " * 9_000 + "word " * 200_000,
     "# Phase 1 done\n\n- [ ] a\n\n" * 9_000, "```toml\n" + "[a]\nb = '1'\n" * 20_000 + "```\n",
     "- a 1/2\n- b 1/2\n- Total: 3/5\n\n" * 4_000],
    ids=range(12),
)  # fmt: skip
def test_hostile_documents_take_no_longer_than_others(text: str, repository: Repository) -> None:
    root = repository({"govcheck.toml": "", "a.md": text})
    began = time.process_time()
    report = check(str(root), select=["docs"])
    assert not report.problems
    assert time.process_time() - began < 10


POLICY = """\
[flags.USE_MENU]
status = "active"
default = true
owner = "web *team*"
remove-by = 2025-12-31

[dependencies.packages]
numpy = { allow = "<2", reason = "a | b", review = 2025-06-30 }

[[markers.require]]
paths = ["tests/integration/**"]
all = ["integration"]

[markers.coverage]
floor = 80

[[docs.class]]
name = "plan"
paths = ["docs/plans/**"]

[retention]
review = 2025-10-31
owner = "ops"

[retention.stores.backups]
path = "backups"
items = { kind = "file" }
keep = { within = "30d" }
holds = [{ label = "legal", owner = "counsel", reason = "a case", until = 2025-09-30 }]

[checks.no-print]
kind = "calls"
paths = ["app/**"]
forbid = ["print"]
reason = "the log is read, and the terminal is not"

[[exceptions]]
rule = "broken-link"
paths = ["docs/**"]
reason = "moved soon"
until = 2025-11-30
"""


def test_the_governance_document_says_what_holds_and_what_is_overdue(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository({"govcheck.toml": POLICY}))
    assert run(["docs", "--governance", "--today", "2026-01-01"]) == 0
    said = capsys.readouterr().out
    overdue = said.partition("## Overdue")[2].partition("## Feature flags")[0]
    days = [line.split()[1] for line in overdue.splitlines() if line.startswith("| 2")]
    assert days == ["2025-06-30", "2025-09-30", "2025-10-31", "2025-11-30", "2025-12-31"]
    assert "remove the flag `USE_MENU`" in overdue
    assert "web \\*team\\*" in overdue
    assert "release the hold on what is labelled `legal` of `backups`" in overdue
    for word in ("`<2`", "a \\| b", "`tests/integration/**`", "`docs/plans/**`", "moved soon"):
        assert word in said
    for word in ("at least 80% of coverage", "`backups/`", "a case", "the terminal is not"):
        assert word in said
    enforced = said.partition("## What is enforced")[2]
    assert "| `broken-link` " in enforced
    assert "| `no-print` " in enforced


def test_the_governance_document_lists_only_what_the_policy_selects(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = f'select = ["no-print", "broken-link"]\n{POLICY}'
    monkeypatch.chdir(repository({"govcheck.toml": policy}))
    assert run(["docs", "--governance"]) == 0
    rows = capsys.readouterr().out.partition("## What is enforced")[2].splitlines()
    assert [row.split()[1] for row in rows[4:]] == ["`broken-link`", "`no-print`"]


def _block_page(name: str) -> str:
    return f"# Page\n\n<!-- govcheck: {name} -->\n<!-- /govcheck -->\n\nText.\n"


@pytest.mark.parametrize(
    "name", ["flags", "dependencies", "rules", "exceptions", "markers", "index"]
)
def test_formatters_leave_what_is_written_as_it_is(name: str, repository: Repository) -> None:
    options = {"index": " files='docs/*.md'"}.get(name, "")
    root = repository(
        {
            "govcheck.toml": POLICY.replace('"web *team*"', '"日本 *team* é ✅ <b> _x_ | [y] `z`"'),
            "page.md": _block_page(name + options),
            "docs/one.md": "# One `x|y` *z*\n\n---\nstatus: a_b | c\ndate: 2026-01-01\n---\n",
            "pytest.ini": "[pytest]\nmarkers =\n    slow(n): takes | long\n    a\n",
            "test_a.py": "import pytest\n\n\n@pytest.mark.slow\ndef test_a(): ...\n",
        }
    )
    fix(str(root), select=["managed-block"])
    text = (root / "page.md").read_text()
    assert "\n| " in text
    assert mdformat.text(text, extensions={"gfm"}) == text
    governance = "\n".join(_governance(root)) + "\n"
    assert mdformat.text(governance, extensions={"gfm"}) == governance


@given(
    st.lists(
        st.sampled_from(
            [*"ab1_*`|\\[]()>#!-:{}\"'é日 ", "< ", "<b>", "&amp;", "![", "](", "`|`", "\n"]
        )
    ).map("".join),
    st.lists(st.sampled_from([*"ab|`*<& ", "``", "\\|", "\t"])).map("".join),
)
@settings(max_examples=200, deadline=None)
def test_cells_show_what_they_are_made_of(text: str, name: str) -> None:
    assume("<<" not in text.replace(" ", ""))
    table = Table((Column("x"), Column("y", "right")), ((prose(text), code(name)),))
    written = "\n".join(markdown(table)) + "\n"
    (read,) = Document("a.md", written.encode()).view(page).tables
    shown = [cell.text for cell in read.rows[0]]
    assert shown == [" ".join(text.split()), " ".join(name.split())]
    assert mdformat.text(written, extensions={"gfm"}) == written


@pytest.mark.parametrize(
    "text", ["⚠️", "👩\u200d👧", "🇩🇪🇫🇷", "👍🏽", "1️⃣", "e\u0301", "日本", "한", "☎", "✅"]
)
def test_what_is_put_together_is_as_wide_as_formatters_take_it(text: str) -> None:
    written = "\n".join(markdown(Table((Column("x"),), ((text,), ("abcdefgh",))))) + "\n"
    assert mdformat.text(written, extensions={"gfm"}) == written


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_that_are_added_end_as_the_others_do(newline: str, repository: Repository) -> None:
    block = "<!-- govcheck: exceptions -->\n<!-- /govcheck -->\n".replace("\n", newline)
    policy = '[docs.environment]\ntemplates = [".env.example"]\n'
    root = repository(
        {
            "govcheck.toml": policy,
            "app.py": "import os\n\nos.getenv('SHOP_A')\nos.getenv('SHOP_B')\n",
        }
    )
    (root / "a.md").write_bytes(block.encode())
    (root / ".env.example").write_bytes(f"X=1{newline}SHOP_A=".encode())
    fix(str(root), select=["managed-block", "env-drift"], unsafe=True)
    table = (root / "a.md").read_bytes().decode()
    assert table.replace(newline, "").isprintable()
    assert len(table.split(newline)) == 7
    assert (root / ".env.example").read_bytes().decode() == newline.join(
        ["X=1", "SHOP_A=", "SHOP_B=", ""]
    )


def test_a_value_is_printed_as_a_table_is(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository({"govcheck.toml": POLICY}))
    assert run(["docs", "count", "of=flags"]) == 0
    assert capsys.readouterr().out == "1\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["flags", "status"], "'status' is no option: write NAME=VALUE"),
        (["flags", "status=activ"], "flags knows no status=activ: it is one of active, retired"),
        (["--columns", "flag"], "--columns are those of one block"),
        (["flags", "--fix"], "--fix is about all blocks: it takes no flags"),
        (["--fix", "--governance"], "ask for one"),
    ],
)
def test_what_would_say_nothing_is_refused(
    words: list[str],
    said: str,
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repository({"govcheck.toml": POLICY}))
    assert run(["docs", *words]) == 2
    assert said in capsys.readouterr().err


def _governance(root: Path) -> list[str]:
    policy = load_policy(str(root))
    return [*governance(Repo(str(root)), policy)]


def test_a_block_is_printed_in_the_columns_that_are_wanted(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository({"govcheck.toml": POLICY, "a.md": _block_page("flags columns=flag")})
    monkeypatch.chdir(root)
    assert run(["docs", "flags", "--columns", "owner,flag"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "| owner        | flag       |"
    assert run(["docs"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("a.md:3: govcheck: flags columns=flag\n\n| flag       |\n")
    assert run(["docs", "flgs"]) == 2
    assert "did you mean 'flags'?" in capsys.readouterr().err
    assert run(["docs", "--fix"]) == 0
    assert "| `USE_MENU` |" in (root / "a.md").read_text()


def test_init_tells_documents_of_the_past_and_plans_from_the_others(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(
        {
            "CHANGELOG.md": "",
            "docs/archive/2020/a.md": "",
            "docs/RELEASE_PLAN.md": "",
            "docs/plan.md": "",
            "docs/STORE_DESIGN.md": "",
            "docs/design.md": "",
            "docs/api.md": "<!-- Generated by tools/api.py -->\n# API\n",
            "tools/api.py": "",
            "docs/planets.md": "",
            "docs/history/whatsnew.rst": "",
            "docs/guide.rst": "",
            "docs/v1.2/a2.md": "",
            "docs/RELEASE.md": "",
            "docs/refactoring_guide.md": "",
            "docs/explanation.md": "It is generated by hand.\n",
            "MIGRATION.md": "# Migration\n## v2.x to v3.0\n## v1.x to v2.0\n## 0.9 to 1.0\n",
            "docs/migration.md": "# Migration\n## To Postgres 14.2\n",
            ".plans/slim.md": "",
            "docs/research/naming.md": "",
            "README_LEGACY.md": "",
            "docs/TASK.md": "",
            "docs/upgrade/v0.5.0.md": "",
            "docs/dispatch.md": (
                "# Dispatch\n## Goals\n## Phase 1: queue\n## Open questions\n## Rollout\n"
            ),
            "docs/queue.md": "# Queue\n## Goals\n## Use\n## Limits\n",
        }
    )
    monkeypatch.chdir(root)
    assert run(["init"]) == 0
    policy = load_policy(str(root))
    classes = {each.split("/")[-1]: class_of(policy, each) for each in Repo(str(root)).files}
    documents = (".md", ".rst")
    assert {name: kind for name, (kind, _) in classes.items() if name.endswith(documents)} == {
        "CHANGELOG.md": "history",
        "a.md": "history",
        "RELEASE_PLAN.md": "plan",
        "plan.md": "plan",
        "STORE_DESIGN.md": "plan",
        "design.md": "reference",
        "api.md": "generated",
        "planets.md": "reference",
        "whatsnew.rst": "history",
        "guide.rst": "reference",
        "a2.md": "history",
        "RELEASE.md": "history",
        "refactoring_guide.md": "reference",
        "explanation.md": "reference",
        "slim.md": "plan",
        "naming.md": "history",
        "README_LEGACY.md": "history",
        "TASK.md": "plan",
        "v0.5.0.md": "history",
        "dispatch.md": "plan",
        "queue.md": "reference",
        "MIGRATION.md": "history",
        "migration.md": "reference",
    }
    assert classes["api.md"][1] == "tools/api.py"


def test_a_document_is_read_where_symbolic_links_lead_to_it_too(repository: Repository) -> None:
    files = {
        "govcheck.toml": "",
        "docs/index.md": "",
        "docs/fixing.md": "",
        "shop/rules/one.md": "[fix](../fixing.md) [gone](../gone.md)\n",
    }
    root = repository(files)
    (root / "docs/rules").mkdir()
    (root / "docs/rules/one.md").symlink_to("../../shop/rules/one.md")
    run_git(root, "add", "-A")
    found = check(str(root), select=["broken-link"]).findings
    assert [(each.span.path, each.data["target"]) for each in found] == [
        ("shop/rules/one.md", "shop/gone.md")
    ]
