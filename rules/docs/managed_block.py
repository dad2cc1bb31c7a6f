"""A block that govcheck writes does not hold what it must.

A document may leave it to govcheck to write a table or a value, so that it cannot become wrong:

    <!-- govcheck: flags columns="flag default owner" -->
    <!-- /govcheck -->

    We run <!-- govcheck: count files="tests/**/test_*.py" -->295<!-- /govcheck --> test files.

It may stand in a list or a quote; in MDX, comments are `{/* govcheck: flags */}`. A table takes
lines of its own; a value may stand in a sentence, a heading or a cell.

Tables are `flags` (`status=active` for some of them), `dependencies`, `markers`, `rules`
(`family=NAME`), `exceptions`, `retention` (the stores), `options program=NAME` (what a program
takes, of its subcommand with `command=NAME`), `environment` (the variables that code reads), and
`index files="docs/decisions/*.md" sort=-date`, a list of documents with their front matter, the
latest first. `columns` chooses columns and their order. A `count` is of `files`, of what `matches`
a regular expression in a `file` or `files`, or `of=flags`, `markers`, `tests` or `rules`; a `value`
is the `key` of a configuration `file`, the `name` of a Python constant in a `file`, the `lines` of
a file, or the version at which a package is `locked`.

## How to resolve

`--fix` writes the block. `govcheck docs` prints what blocks would hold.

## How to except

Take the two comments out: then the text is yours.
"""

from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_NEEDLES = ("govcheck:",)


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Blocks whose text is not what the policy and the repository give."""
    if not repo.search(_NEEDLES):
        return
    from govcheck.docs.blocks import BlockError, blocks, rendered
    from govcheck.docs.documents import documents

    for doc in repo.view(documents, policy):
        if "govcheck:" not in doc.document.text:
            continue
        for block in doc.document.view(blocks):
            place = doc.document.span(block.comment.start, block.comment.end)
            try:
                wanted = rendered(repo, policy, doc.document, block)
            except BlockError as error:
                yield rule.finding(place, f"the block cannot be written: {error}")
                continue
            held = doc.document.text[block.start : block.end]
            if held == wanted:
                continue
            edit = Edit(doc.path, block.start, block.end, wanted)
            shown = held.strip() if "\n" not in held and len(held) < 40 else ""
            what = (
                f"'{shown}' is '{wanted}' by now"
                if shown and "\n" not in wanted
                else (f"the block '{block.name}' is not what it must be")
            )
            yield rule.finding(place, what, fix=Fix(f"write the block '{block.name}'", (edit,)))


rule = Rule("managed-block", "docs", check, fix="safe")

examples = [
    Example(
        "Some columns of a table, and a number in a sentence",
        {
            "govcheck.toml": (
                "[flags.USE_MENU]\nstatus = 'active'\ndefault = true\nowner = 'web|ui'\n"
            ),
            "a.md": (
                "<!-- govcheck: flags columns='flag default owner' -->\n<!-- /govcheck -->\n\n"
                "We have <!-- govcheck: count files='*.py' -->3<!-- /govcheck --> files, version\n"
                "<!-- govcheck: value file=pyproject.toml key=project.version --><!-- /govcheck "
                "-->.\n"
            ),
            "app.py": "import os\n\nos.getenv('USE_MENU', 'true')\n",
            "pyproject.toml": "[project]\nversion = '1.2'\n",
        },
        (
            "a.md:1:1: the block 'flags' is not what it must be",
            "a.md:4:9: '3' is '1' by now",
            "a.md:5:1: the block 'value' is not what it must be",
        ),
        {
            "a.md": (
                "<!-- govcheck: flags columns='flag default owner' -->\n\n"
                "| flag       | default | owner   |\n| ---------- | ------- | ------- |\n"
                "| `USE_MENU` | `true`  | web\\|ui |\n\n<!-- /govcheck -->\n\n"
                "We have <!-- govcheck: count files='*.py' -->1<!-- /govcheck --> files, version\n"
                "<!-- govcheck: value file=pyproject.toml key=project.version -->1.2"
                "<!-- /govcheck -->.\n"
            ),
        },
    ),
    Example(
        "As it must be in a quote, and code in MDX",
        {
            "govcheck.toml": "[flags.USE_MENU]\nstatus = 'active'\n",
            "a.md": (
                "> <!-- govcheck: flags columns=flag -->\n>\n> | flag       |\n> | ---------- |\n"
                "> | `USE_MENU` |\n>\n> <!-- /govcheck -->\n"
            ),
            "app.py": "import os\n\nos.getenv('USE_MENU')\n",
            "b.mdx": "```mdx\n{/* govcheck: flags */}\n{/* /govcheck */}\n```\n",
        },
    ),
    Example(
        "In a quote, and in MDX",
        {
            "govcheck.toml": "[flags.USE_MENU]\nstatus = 'active'\n",
            "a.md": (
                "1. > <!-- govcheck: flags columns=flag -->\n   > <!-- /govcheck -->\n\n"
                "`<!-- govcheck: flags -->`\n"
            ),
            "app.py": "import os\n\nos.getenv('USE_MENU')\n",
            "b.mdx": (
                "- {/* govcheck: flags columns=flag */}\n  {/* /govcheck */}\n\n"
                "`{/* govcheck: flags */}`\n"
            ),
        },
        (
            "a.md:1:6: the block 'flags' is not what it must be",
            "b.mdx:1:3: the block 'flags' is not what it must be",
        ),
        {
            "a.md": (
                "1. > <!-- govcheck: flags columns=flag -->\n   >\n   > | flag       |\n"
                "   > | ---------- |\n   > | `USE_MENU` |\n   >\n   > <!-- /govcheck -->\n\n"
                "`<!-- govcheck: flags -->`\n"
            ),
            "b.mdx": (
                "- {/* govcheck: flags columns=flag */}\n\n  | flag       |\n  | ---------- |\n"
                "  | `USE_MENU` |\n\n  {/* /govcheck */}\n\n`{/* govcheck: flags */}`\n"
            ),
        },
    ),
    Example(
        "Stores, the options of a program, and the variables that code reads",
        {
            "govcheck.toml": (
                "[retention.stores.logs]\npath = 'logs'\nkeep = { within = '30d', newest = 3 }\n"
                "git = 'either'\npurpose = 'what happened'\n"
            ),
            "tool.py": (
                "import argparse\nimport os\n\nos.getenv('SHOP_MODE')\n\n"
                "if __name__ == '__main__':\n"
                "    parser = argparse.ArgumentParser()\n"
                "    parser.add_argument('-m', '--mode', choices=['dev', 'prod'])\n"
                "    parser.add_argument('--fast', action='store_true')\n    parser.parse_args()\n"
            ),
            "a.md": (
                "<!-- govcheck: retention -->\n<!-- /govcheck -->\n\n"
                "<!-- govcheck: options program=tool.py columns='option takes choices' -->\n"
                "<!-- /govcheck -->\n\n"
                "<!-- govcheck: environment -->\n<!-- /govcheck -->\n\n"
                "<!-- govcheck: options program=other.py -->\n<!-- /govcheck -->\n"
            ),
        },
        (
            "a.md:1:1: the block 'retention' is not what it must be",
            "a.md:4:1: the block 'options' is not what it must be",
            "a.md:7:1: the block 'environment' is not what it must be",
            "a.md:10:1: the block cannot be written: what other.py takes cannot be read",
        ),
        {
            "a.md": (
                "<!-- govcheck: retention -->\n\n"
                "| store  | path    | keep              | purpose       |\n"
                "| ------ | ------- | ----------------- | ------------- |\n"
                "| `logs` | `logs/` | 30d, the newest 3 | what happened |\n\n"
                "<!-- /govcheck -->\n\n"
                "<!-- govcheck: options program=tool.py columns='option takes choices' -->\n\n"
                "| option         | takes   | choices       |\n"
                "| -------------- | ------- | ------------- |\n"
                "| `-h`, `--help` |         |               |\n"
                "| `-m`, `--mode` | a value | `dev`, `prod` |\n"
                "| `--fast`       |         |               |\n\n<!-- /govcheck -->\n\n"
                "<!-- govcheck: environment -->\n\n"
                "| variable    | read in   |\n| ----------- | --------- |\n"
                "| `SHOP_MODE` | `tool.py` |\n\n<!-- /govcheck -->\n\n"
                "<!-- govcheck: options program=other.py -->\n<!-- /govcheck -->\n"
            ),
        },
    ),
    Example(
        "Blocks that cannot be written",
        {
            "govcheck.toml": "",
            "a.md": (
                "<!-- govcheck: flgs -->\n<!-- /govcheck -->\n\n"
                "<!-- govcheck: rules columns='rule why' -->\n<!-- /govcheck -->\n\n"
                "<!-- govcheck: value file=a.py name=LIMIT --><!-- /govcheck -->\n\n"
                "<!-- govcheck: count of=flag -->1<!-- /govcheck -->\n\n"
                "<!-- govcheck: flags -->\n"
            ),
        },
        (
            "a.md:1:1: the block cannot be written: there is no block 'flgs' (did you mean "
            "'flags'?)",
            "a.md:4:1: the block cannot be written: rules has no column 'why': it has rule, "
            "family, "
            "severity, finds, fix",
            "a.md:7:1: the block cannot be written: there is no text file a.py",
            "a.md:9:1: the block cannot be written: count knows no of=flag: it is one of flags, "
            "markers, tests, rules (did you mean 'flags'?)",
            "a.md:11:1: the block cannot be written: nothing ends it: write a comment '/govcheck' "
            "below",
        ),
    ),
    Example(
        "An index of decisions, the latest first",
        {
            "govcheck.toml": "",
            "d/README.md": (
                "<!-- govcheck: index files='d/[!_]*.md' columns='date document status' sort=-date "
                "-->"
                "\n<!-- /govcheck -->\n"
            ),
            "d/a.md": "# First\n\n---\nstatus: accepted\ndate: 2025-01-02  # ISO\n---\n",
            "d/b c.md": "---\nstatus: proposed\ndate: 2025-03-04\n---\n\n# Second *one*\n",
            "d/_template.md": "# Template\n",
        },
        ("d/README.md:1:1: the block 'index' is not what it must be",),
        {
            "d/README.md": (
                "<!-- govcheck: index files='d/[!_]*.md' columns='date document status' sort=-date "
                "-->"
                "\n\n"
                "| date       | document               | status   |\n"
                "| ---------- | ---------------------- | -------- |\n"
                "| 2025-03-04 | [Second one](b%20c.md) | proposed |\n"
                "| 2025-01-02 | [First](a.md)          | accepted |\n\n<!-- /govcheck -->\n"
            ),
        },
    ),
    Example(
        "As it must be, in a list, with the line endings of the file",
        {
            "govcheck.toml": "",
            "a.md": (
                "- <!-- govcheck: count of=flags -->0<!-- /govcheck -->\r\n\r\n"
                "<!-- govcheck: exceptions -->\r\n\r\n| rule | paths | reason | until |\r\n"
                "| ---- | ----- | ------ | ----- |\r\n\r\n<!-- /govcheck -->\r\n"
            ),
        },
    ),
    Example(
        "An example in code, and a suppression",
        {
            "govcheck.toml": "",
            "a.md": (
                "```\n<!-- govcheck: flags -->\n```\n\n`<!-- govcheck: flags -->`\n\n"
                "<!-- govcheck: ignore[broken-link] -- gone -->\n[a](b.md)\n"
            ),
        },
    ),
    Example(
        "A block in a page that is no Markdown",
        {"govcheck.toml": "", "a.html": "<!-- govcheck: flags -->\n<!-- /govcheck -->\n"},
    ),
    Example(
        "Comments of others",
        {
            "govcheck.toml": "",
            "a.md": "<!-- rules -->\n<!-- /rules -->\n<!-- prettier-ignore -->\n",
        },
    ),
    Example(
        "A value that is as it must be",
        {
            "govcheck.toml": "",
            "a.py": "LIMIT = 3\n",
            "a.md": "<!-- govcheck: value file=a.py name=LIMIT -->3<!-- /govcheck -->\n",
        },
    ),
    Example(
        "Where a table cannot stand, and what is no value of a sentence",
        {
            "govcheck.toml": "[flags.A]\nstatus = 'active'\n",
            "app.py": (
                "import os\n\nos.getenv('A')\nTEXT = 'a\\nb'\nEND = '<!-- /govcheck -->'\n"
                "STAR = '<1.*'\n"
            ),
            "a.md": (
                "| a |\n| - |\n| <!-- govcheck: flags --><!-- /govcheck --> |\n\n"
                "- [ ] <!-- govcheck: flags -->\n  <!-- /govcheck -->\n\n"
                "A <!-- govcheck: value file=app.py name=TEXT -->a<!-- /govcheck -->\n"
                "<!-- govcheck: value file=app.py name=END -->a<!-- /govcheck -->\n\n"
                "- <!-- govcheck: flags -->\n- two\n\n<!-- /govcheck -->\n\n"
                "> <!-- govcheck: flags -->\n\nkept\n\n<!-- /govcheck -->\n\n"
                "A <!-- govcheck: value file=app.py name=STAR -->a<!-- /govcheck -->\n"
                "<!-- govcheck: value file=app.py name=STAR -->a<!-- /govcheck -->\n"
            ),
        },
        (
            "a.md:3:3: the block cannot be written: a table needs lines of its own: let nothing "
            "stand beside its comments",
            "a.md:5:7: the block cannot be written: a table needs lines of its own: let nothing "
            "stand beside its comments",
            "a.md:8:3: the block cannot be written: the value 'a\\nb' does not fit into a line",
            "a.md:9:1: the block cannot be written: the value '<!-- /govcheck -->' does not fit "
            "into a line",
            "a.md:11:3: the block cannot be written: its end does not stand in the quote or list "
            "in which it begins",
            "a.md:16:3: the block cannot be written: its end does not stand in the quote or list "
            "in which it begins",
            "a.md:22:3: 'a' is '\\<1.\\*' by now",
            "a.md:23:1: 'a' is '&lt;1.*' by now",
        ),
        {
            "a.md": (
                "| a |\n| - |\n| <!-- govcheck: flags --><!-- /govcheck --> |\n\n"
                "- [ ] <!-- govcheck: flags -->\n  <!-- /govcheck -->\n\n"
                "A <!-- govcheck: value file=app.py name=TEXT -->a<!-- /govcheck -->\n"
                "<!-- govcheck: value file=app.py name=END -->a<!-- /govcheck -->\n\n"
                "- <!-- govcheck: flags -->\n- two\n\n<!-- /govcheck -->\n\n"
                "> <!-- govcheck: flags -->\n\nkept\n\n<!-- /govcheck -->\n\n"
                "A <!-- govcheck: value file=app.py name=STAR -->\\<1.\\*<!-- /govcheck -->\n"
                "<!-- govcheck: value file=app.py name=STAR -->&lt;1.*<!-- /govcheck -->\n"
            ),
        },
    ),
    Example(
        "As it must be with the line endings of old Macs, and with symbols put together",
        {
            "govcheck.toml": "[flags.A]\nstatus = 'active'\nowner = '⚠️ {x} 👩\u200d👧'\n",
            "app.py": "import os\n\nos.getenv('A')\n",
            "a.md": (
                "<!-- govcheck: flags columns=owner -->\r\r| owner     |\r| --------- |\r"
                "| ⚠️ {x} 👩\u200d👧 |\r\r<!-- /govcheck -->\r"
            ),
        },
    ),
    Example(
        "As it must be with braces in MDX",
        {
            "govcheck.toml": "[flags.A]\nstatus = 'active'\nowner = '{x}'\n",
            "app.py": "import os\n\nos.getenv('A')\n",
            "b.mdx": (
                "{/* govcheck: flags columns=owner */}\n\n| owner |\n| ----- |\n"
                "| \\{x\\} |\n\n{/* /govcheck */}\n"
            ),
        },
    ),
]
