"""A document, or a comment that sends there, names a path that was moved or removed.

Looked at are code spans, the words of commands in shell blocks, strings in blocks of Python, YAML
and TOML (JSON is mostly what a program puts out), files that an item or brackets name in plain
words, the names of files in a list whose other items are files of one folder, and what is drawn as
a tree of folders most of which is there. A path counts if git knows that it was there once; where
it may be meant from the document, the root, or a package, each is tried; a slash in front is the
root where other such paths of the document are there, or the reader is sent to it.

In Python files, the Markdown and the Python that comments and docstrings tell to see
(`see docs/a.md`) is looked at, too.

Nothing is said where the line, its neighbours in the paragraph, or the heading speak of the past or
the future. The words (or beginnings of words) for that are: add, archiv, avoid, became, before,
consolidat, copy, creat, delet, deprecat, drop, eliminat, extract, former, future, gone, histor,
instead, introduc, legacy, merg, migrat, missing, mov, new, no longer, not exist, obsolete, old,
optional, original, planned, previous, propos, refactor, remov, renam, replac, restructur, retir,
should, split, supersed, to be, todo, used to, was, were, will, would; and arrows. But where the
reader is sent to the path (see, refer to, consult, restore from, documented or defined in, lives
in), only the rest of that sentence counts.

`[docs.moved]` can name more `words`, and paths (`known`) that may be named. Nor is anything said of
what git ignores, of placeholders, of a "file in your home directory", of what the document tells to
make, of a path whose first folder is not here and stands in a string of code, which may make it in
a project of the reader's, of a path that was gone when the document was added, of the text of links
into the net, and of documents that bear a date in their name, are called after migrating or
upgrading, or are of the classes `plan` and `history`.

## How to resolve

Write where it is now. `--fix` does, where git saw the file being renamed, perhaps several times, to
one that exists.

## How to except

A suppression comment (which comments and docstrings do not take), or `[[exceptions]]` in the
policy.
"""

import posixpath
from collections.abc import Iterator

from govcheck.finding import Edit, Finding, Fix, Span
from govcheck.policy import Policy
from govcheck.programs import has_code
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Paths that were there once."""
    yield from _in_documents(repo, policy)
    if not repo.uses_git or not any(path.endswith(".py") for path in repo.files):
        return
    from govcheck.docs.pointers import pointers

    for each in repo.view(pointers, policy):
        moved_to = each.gone.moved_to
        message = f"{each.text} {'was removed' if moved_to is None else f'is {moved_to} now'}"
        data = {"path": each.path, "moved_to": moved_to, "commit": each.gone.commit}
        fix = _fix(each.span, each.text, each.path, moved_to, None)
        yield rule.finding(each.span, message, fix=fix, data=data)


def _in_documents(repo: Repo, policy: Policy) -> Iterator[Finding]:
    if not repo.view(has_code, policy):
        return
    from govcheck.docs.documents import told
    from govcheck.docs.moved import absent, moved  # only a run of the rule pays for them
    from govcheck.history import is_shallow

    candidates = repo.view(absent, policy)
    if not candidates or not repo.uses_git:
        return
    if is_shallow(repo):
        message = f"{len(candidates)} paths in documents are not there, this one first; the clone"
        message += " is shallow, so that git cannot tell which of them ever were"
        yield rule.finding(candidates[0].span, message, severity="info")
        return

    for each in repo.view(moved, policy):
        text, new = each.absent.text, each.gone.moved_to
        if new is not None:
            message = f"{text} is {new} now"
        else:
            message = f"{text} was removed"
            message += f", but there is {each.package}" if each.package else ""
        fix = None
        if not each.absent.doc.generator and not each.absent.is_bare:
            fix = _fix(each.absent.span, text, each.path, new, each.package)
            # A folder has no line.
            behind = each.absent.doc.document.text[each.absent.span.end : each.absent.span.end + 1]
            fix = None if behind == ":" and new is None else fix
        data = {"path": each.path, "moved_to": new, "commit": each.gone.commit}
        yield rule.finding(
            each.absent.span, f"{message}{told(each.absent.doc)}", fix=fix, data=data
        )


def _fix(span: Span, text: str, path: str, moved_to: str | None, package: str | None) -> Fix | None:
    """Where git says that the path is now; unsafe: the folder of the module's name.

    Neither is written where it would need quotes, in a command, or end a code span or a cell.
    """
    from govcheck.docs.paths import IS_PLAIN

    home = moved_to or package
    if home is None or posixpath.normpath(text) != path or not IS_PLAIN.fullmatch(home):
        return None
    if text.startswith("./"):
        home = f"./{home}"
    if text.endswith("/") and not home.endswith("/"):
        home += "/"
    edit = Edit(span.path, span.start, span.end, home)
    return Fix(f"write {home}", (edit,), safe=moved_to is not None)


rule = Rule("moved-path", "docs", check, severity="warning", fix="safe")

_LONG = "".join(f"line {n}\n" for n in range(20))
_SENDS = '# see src/shop/a.py for more\n"""Pages.\n\nSee `docs/old.md`.\n"""\n'

examples = [
    Example(
        "A file that was renamed, a folder that was removed, and a module that became a package",
        {
            "govcheck.toml": "",
            "src/b.py": _LONG,
            "src/rules/one.py": "",
            "src/old_rules.py": "",
            "README.md": (
                "See `src/a.py` and\n`src/rules.py:12`.\n\n"
                "```sh\ncat src/deep/x.py | less\n```\n\n"
                "- `b.py`\n- `one.py`\n- `a.py`\n- `old_rules.py`\n"
            ),
        },
        (
            "README.md:1:6: src/a.py is src/b.py now",
            "README.md:2:2: src/rules.py was removed, but there is src/rules/",
            "README.md:5:5: src/deep/x.py was removed",
            "README.md:10:4: a.py is src/b.py now",
        ),
        {
            "README.md": (
                "See `src/b.py` and\n`src/rules.py:12`.\n\n"
                "```sh\ncat src/deep/x.py | less\n```\n\n"
                "- `b.py`\n- `one.py`\n- `a.py`\n- `old_rules.py`\n"
            ),
        },
        before={"src/a.py": _LONG, "src/rules.py": "x = 1\n", "src/deep/x.py": "y = 1\n"},
    ),
    Example(
        "A tree of folders, and a comment that sends to what is gone",
        {
            "govcheck.toml": "",
            "src/shop/b.py": _LONG,
            "src/shop/web/c.py": "",
            "src/shop/web/d.py": _SENDS,
            "README.md": (
                "## Layout\n\n```\nsrc/shop/\n├── web/      # pages\n│   ├── c.py\n│   ├── d.py\n"
                "│   ├── e.py\n│   └── g.py\n├── old/\n│   └── f.py\n└── b.py\n```\n\n"
                "```\nconf/\n├── one.ini\n└── two.ini\n```\n"
            ),
            "src/shop/web/g.py": "",
            "conf/three.ini": "",
        },
        (
            "README.md:8:9: src/shop/web/e.py was removed",
            "README.md:10:5: src/shop/old was removed",
            "README.md:17:5: conf/one.ini was removed",
            "README.md:18:5: conf/two.ini was removed",
            "src/shop/web/d.py:1:7: src/shop/a.py is src/shop/b.py now",
            "src/shop/web/d.py:4:6: docs/old.md was removed",
        ),
        {
            "src/shop/web/d.py": _SENDS.replace("a.py", "b.py"),
        },
        before={
            "src/shop/a.py": _LONG,
            "src/shop/web/d.py": _SENDS,
            "src/shop/web/e.py": "x = 1\n",
            "src/shop/old/f.py": "x = 2\n",
            "docs/old.md": "Old.\n",
            "conf/one.ini": "x = 1\n",
            "conf/two.ini": "x = 2\n",
        },
    ),
    Example(
        "Trees of what is planned, of another project, and comments on what was, and elsewhere",
        {
            "govcheck.toml": "",
            "shop/a.py": (
                "# see shop/gone.py at 0123456789abcdef\n# see shop/gone.py, which was removed\n"
                "# see shop/never.py, shop/gone.py, and ``see x/shop/gone.py``\n"
            ),
            "shop/b.py": "",
            "shop/c.py": "",
            "README.md": (
                "## Planned\n\n```\nshop/\n├── a.py\n├── b.py\n├── c.py\n└── gone.py\n```\n\n"
                "## Layout\n\nBefore:\n\n```\nshop/\n├── a.py\n├── b.py\n├── c.py\n└── gone.py\n"
                "```\n\n"
                "Now:\n\n```\nshop/\n├── a.py\n├── b.py\n├── c.py\n├── gone.py  # removed\n"
                "└── never.py\n```\n\nYours:\n\n```\nshop/\n├── a.py\n├── gone.py\n├── x.py\n"
                "└── y.py\n```\n\n```\nyours/\n├── gone.py\n└── x.py\n```\n"
            ),
        },
        before={"shop/gone.py": "x = 1\n", "shop/a.py": "", "README.md": "Yes.\n"},
    ),
    Example(
        "From the root of the repository, one of them there in other letters",
        {
            "govcheck.toml": "",
            "src/b.py": _LONG,
            "src/c.py": "",
            "docs/past/x.md": "Old.\n",
            "README.md": "- `/src/b.py`\n- `/src/c.py`\n- `/src/a.py`\n- `/docs/PAST/`: old\n",
            "docs/a.md": "The rest is history: see `/src/a.py`.\n",
        },
        (
            "README.md:3:5: src/a.py is src/b.py now",
            "README.md:4:5: docs/PAST/ was removed",
            "docs/a.md:1:28: src/a.py is src/b.py now",
        ),
        {
            "README.md": "- `/src/b.py`\n- `/src/c.py`\n- `/src/b.py`\n- `/docs/PAST/`: old\n",
            "docs/a.md": "The rest is history: see `/src/b.py`.\n",
        },
        before={"src/a.py": _LONG, "docs/PAST/y.md": "Y.\n"},
    ),
    Example(
        "A page of a site, and a file of a machine",
        {
            "govcheck.toml": "",
            "src/b.py": "",
            "README.md": "Open `/src/admin/`, and copy it to `/src/a.py`; `/src/b.py` is there.\n",
        },
        before={"src/a.py": "x = 1\n", "src/admin/a.py": "y = 2\n"},
    ),
    Example(
        "The words around say that it was, or will be",
        {
            "govcheck.toml": "",
            "src/b.py": "",
            "README.md": (
                "`src/a.py` was split.\n\nThe helper (`src/a.py`)\nis no longer there.\n\n"
                "## Removed modules\n\n- `src/a.py`\n"
            ),
        },
        before={"src/a.py": "x = 1\n"},
    ),
    Example(
        "The reader is sent there, in plain words, in an item, and in a block",
        {
            "govcheck.toml": "",
            "src/b.py": _LONG,
            "README.md": (
                "It was split; the rest lives in `src/a.py`.\n\n- src/a.py\n- Entry: src/a.py\n\n"
                "It runs (src/a.py).\n\n```python\nrun('src/a.py', 'src/b.py')\n```\n"
            ),
        },
        (
            "README.md:1:34: src/a.py is src/b.py now",
            "README.md:3:3: src/a.py is src/b.py now",
            "README.md:4:10: src/a.py is src/b.py now",
            "README.md:6:10: src/a.py is src/b.py now",
            "README.md:9:6: src/a.py is src/b.py now",
        ),
        {
            "README.md": (
                "It was split; the rest lives in `src/b.py`.\n\n- src/b.py\n- Entry: src/b.py\n\n"
                "It runs (src/b.py).\n\n```python\nrun('src/b.py', 'src/b.py')\n```\n"
            ),
        },
        before={"src/a.py": _LONG},
    ),
    Example(
        "Plain words of an output, of a link, of what was, and of front matter",
        {
            "govcheck.toml": "",
            "src/b.py": _LONG,
            "README.md": (
                "---\nof:\n  - src/a.py\n---\n\nFAILED src/a.py::test - and src/a.py.\n\n"
                "It was split (see `src/a.py` in the history of git), removed (src/a.py).\n\n"
                "[src/a.py](https://example.org/src/a.py) <!-- (src/a.py) -->\n\n"
                "```text\n(src/a.py)\n```\n\n> $ tool src/a.py\n"
            ),
        },
        before={"src/a.py": _LONG},
    ),
    Example(
        "What is there, was never there, or is below another folder",
        {
            "govcheck.toml": "",
            "web/src/a.py": "",
            "README.md": "`src/a.py`, `src/never.py`, `some/example.py` and `path/to/a.py`\n",
            "b.md": "- the `web/a.py` file in your `$HOME` directory\n",
        },
        before={"src/a.py": "x = 1\n", "web/a.py": "x = 2\n"},
    ),
    Example(
        "What git ignores, and what the document makes",
        {
            "govcheck.toml": "",
            ".gitignore": "var/\n",
            "README.md": (
                "`var/data.db`\n\n```sh\ntouch conf/x.ini\n```\n\nIt reads `conf/x.ini`.\n"
            ),
        },
        before={"var/data.db": "x\n", "conf/x.ini": "x\n"},
    ),
    Example(
        "History and plans",
        {
            "govcheck.toml": (
                '[[docs.class]]\nname = "history"\npaths = ["CHANGELOG.md"]\n'
                '[[docs.class]]\nname = "plan"\npaths = ["PLAN.md"]\n'
            ),
            "CHANGELOG.md": "`src/a.py`\n",
            "PLAN.md": "`src/a.py`\n",
        },
        before={"src/a.py": "x = 1\n"},
    ),
    Example(
        "An image on a registry",
        {
            "govcheck.toml": "",
            "README.md": "Pull [`shop/shop`](https://hub.docker.com/r/shop/shop).\n",
        },
        before={"shop/shop": "x\n"},
    ),
    Example(
        "A folder of the reader's that was one here",
        {"govcheck.toml": "", "README.md": "Copy your font to `assets/fonts`.\n"},
        before={"assets/fonts/a.otf": "x\n"},
    ),
    Example(
        "From this folder, and to where commands would have to quote it",
        {
            "govcheck.toml": "",
            "src/b.py": _LONG,
            "src/d e.py": _LONG + "\n",
            "README.md": "See `./src/a.py`, and `src/d.py`.\n",
        },
        (
            "README.md:1:6: ./src/a.py is src/b.py now",
            "README.md:1:24: src/d.py is src/d e.py now",
        ),
        {"README.md": "See `./src/b.py`, and `src/d.py`.\n"},
        before={
            "README.md": "See `./src/a.py`, and `src/d.py`.\n",
            "src/a.py": _LONG,
            "src/d.py": _LONG + "\n",
        },
    ),
    Example(
        "A folder that a program makes in the reader's project",
        {
            "govcheck.toml": "",
            "shop/init.py": "def make(root):\n    (root / 'configs').mkdir()\n",
            "README.md": "See what is in `configs/`, such as `configs/agents/till.yaml`.\n",
        },
        before={"configs/agents/till.yaml": "a: 1\n"},
    ),
    Example(
        "What a document is called that moved with its folder",
        {
            "govcheck.toml": "",
            "interfaces/till/v0/README.md": "# `till/v0`\n",
            "interfaces/till/v0/a.py": "a = 1\n",
        },
        before={"till/v0/a.py": "a = 1\n", "till/v0/README.md": "# `till/v0`\n"},
    ),
]
