"""A link or image leads to no file.

Looked at are relative links, images, link reference definitions, and `href` and `src` of HTML tags
in Markdown, in documents of every class; the net is never asked. A link is read from the document's
folder, one that begins with a slash from the root of the repository, as GitHub does.

Not looked at are placeholders (`<name>`, `{x}`, `...`, `source-url`, `ENGLISH_PAGE`), templates and
what is made of one that is there, addresses of pages of the hosting service (`../../issues`), links
that leave the repository, files that git ignores, templates of issues and pull requests, links that
only a site generator can resolve, in the documents of its site, and what a bot writes of
contributors. A path without an ending may be a page that only a site has: except in a README and
its like that have no title in front matter, it is broken only if git knows that something was
there; and so may be one from the root in a tag, which the program that shows the document knows
(`<a href="/Config">`), and what no dot leads to from a page in a folder such as `2.guides`, which
some sites number. An address from the root of a site is broken if git knows that it was a page, and
nothing redirects from it; on a site of Mintlify, also if no file is its page, and the configuration
neither names it nor makes it of an API. What another document includes, or a symbolic link leads
to, is read from there, too. Pages of a site that stand in a folder of which the repository has
nothing, or but an index, may be made when the site is.

What cannot be told is left alone. In documents that a site may show, which a README and its like
are not: what is found at the path of the link below a folder `public` or `static`, an address that
the name of a file in its folder begins (`start` of `start.py`), and what more than one of them link
to in a folder that neither is nor ever was there, unless a file is called so, with its folder, and
what pages of three folders write in the same way, and no file is called like. Everywhere: files of
one name in five folders or more, which code writes, and, in a document that came with another
project's sources (the next manifest names another repository), what git never knew.

## How to resolve

`--fix` follows git's renames; where there is none, it takes the one file of that name, with
`--unsafe-fixes` also one without the heading that the link leads to. Otherwise correct the link, or
take it out.

## How to except

`[[exceptions]]` in the policy, or above it `<!-- govcheck: ignore[broken-link] -- why -->`.
"""

from collections.abc import Iterator

from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Links to files that do not exist."""
    from govcheck.docs.documents import documents, told

    docs = repo.view(documents, policy)
    if not any(doc.page.links or doc.page.definitions for doc in docs):
        return
    from govcheck.docs.linking import broken, mending

    found = repo.view(broken, policy)
    if not found:
        return
    homes = repo.view(mending, policy)
    for doc in docs:
        for each in found.get(doc.path, ()):
            home = homes.get((doc.path, each.path))
            what = "image" if each.kind == "image" else "link"
            where = f"it is {home.path} now" if home and home.moved else ""
            where = f"{home.path} is the one of that name" if home and not home.moved else where
            is_mended = doc.kind != "generated" and each.told_by == "tree"
            message = f"the {what} leads nowhere: there is no {each.path}"
            yield rule.finding(
                doc.document.span(each.start, each.end),
                f"{message}{f' ({where})' if where else ''}{told(doc)}",
                fix=home.fix(doc, each) if home and is_mended else None,
                data={"target": each.path},
            )


rule = Rule("broken-link", "docs", check, fix="safe")

examples = [
    Example(
        "To a file that was archived, from the root, to an image, in a definition and a tag",
        {
            "govcheck.toml": "",
            "README.md": (
                "[gone](docs/gone.md), [one](docs/guide.md#use 'how')\n![x](<a b.png>)\n\n[r][r]\n"
                "\n"
                "[r]: docs/none.md\n\n<img src='logo.svg'>\n"
            ),
            "docs/archive/guide.md": "# Use\n",
            "docs/index.md": "[main](shop/main.py)\n",
            "shop/main.py": "",
        },
        (
            "README.md:1:8: the link leads nowhere: there is no docs/gone.md",
            "README.md:1:29: the link leads nowhere: there is no docs/guide.md "
            "(docs/archive/guide.md is the one of that name)",
            "README.md:2:7: the image leads nowhere: there is no a b.png",
            "README.md:6:6: the link leads nowhere: there is no docs/none.md",
            "README.md:8:11: the image leads nowhere: there is no logo.svg",
            "docs/index.md:1:8: the link leads nowhere: there is no docs/shop/main.py "
            "(shop/main.py is the one of that name)",
        ),
        {
            "README.md": (
                "[gone](docs/gone.md), [one](docs/archive/guide.md#use 'how')\n![x](<a b.png>)\n\n"
                "[r][r]\n\n[r]: docs/none.md\n\n<img src='logo.svg'>\n"
            ),
            "docs/index.md": "[main](../shop/main.py)\n",
        },
    ),
    Example(
        "To pages, from the root of a site",
        {
            "govcheck.toml": "",
            "mkdocs.yml": "",
            "docs/index.md": "[a](/tasks/dask/) [b](/tasks/ray/)\n",
            "docs/tasks/ray.md": "",
            "web/docs.json": (
                '{"$schema": "https://mintlify.com/docs.json", "navigation": {"pages": ["a"]},'
                ' "redirects": [{"source": "/old/:slug*", "destination": "/"}]}\n'
            ),
            "web/use/start.mdx": "[a](/use/install#x) [b](/use/start) [c](/old/x) ![d](/i.png)\n",
        },
        (
            "docs/index.md:1:5: the link leads nowhere: there is no docs/tasks/dask.md",
            "web/use/start.mdx:1:5: the link leads nowhere: there is no web/use/install",
            "web/use/start.mdx:1:54: the image leads nowhere: there is no web/i.png",
        ),
        before={"docs/tasks/dask.md": "# Dask\n"},
    ),
    Example(
        "To pages that are redirected, that a site makes, or that have another address",
        {
            "govcheck.toml": "",
            "mkdocs.yml": "redirects:\n  tasks/dask.md: tasks/ray.md\n",
            "docs/index.md": "[a](/tasks/dask/) [b](/tasks/never/) [c](/run/tasks/)\n",
            "docs/tasks/ray.md": "---\nslug: run/tasks\n---\n",
            "web/docs.json": (
                '{"$schema": "https://mintlify.com/docs.json", "navigation": {"pages": ["a"]},'
                ' "openapi": "api.json"}\n'
            ),
            "web/use/start.mdx": "[a](/use/start/#x) [b](/api/get-cart) [c](/use) [d](/a)\n",
        },
        before={"docs/tasks/dask.md": "# Dask\n", "docs/run/tasks.md": "# Run\n"},
    ),
    Example(
        "What a program serves, or makes of code, stand-ins, and another project's",
        {
            "govcheck.toml": "",
            "web/stories/logo.mdx": "<img src='brand/logo.png' />\n",
            "web/public/brand/logo.png": "",
            "docs/index.md": "[a](start) [b](use/start)\n",
            "docs/start.py": "",
            "docs/a.md": "![x](IMG_HOME/a.png)\n",
            "docs/b.md": "![x](IMG_HOME/b.png)\n",
            "docs/x/c.md": "[x](../faces) [y](ENGLISH_PAGE) "
            "<a href=' https://example.org'>z</a>\n\n[//]: contributor-faces\n",
            **{f"docs/{each}/d.md": "[api](made/api)\n" for each in "xyz"},
            "docs/list.md": "".join(f"[x](parts/{each}/schema.md)\n" for each in "abcde"),
            "shop/schemas.py": "def write(root, part):\n    return root / part / 'schema.md'\n",
            "patches/shelf/Cargo.toml": ('[package]\nrepository = "https://github.com/b/shelf"\n'),
            "patches/shelf/README.md": "[examples](examples/)\n",
        },
        (
            "docs/index.md:1:16: the link leads nowhere: there is no docs/use/start",
            "docs/x/c.md:1:5: the link leads nowhere: there is no docs/faces",
        ),
        before={"docs/use/start.md": "# Start\n", "docs/faces": "x\n"},
    ),
    Example(
        "In what a program writes",
        {
            "govcheck.toml": (
                "[[docs.class]]\nname = 'generated'\npaths = ['api.md']\ngenerator = 'tool.py'\n"
            ),
            "api.md": "[a](guide.md)\n",
            "tool.py": "",
            "docs/guide.md": "",
        },
        (
            "api.md:1:5: the link leads nowhere: there is no guide.md (docs/guide.md is the one of "
            "that name); tool.py writes this document: mend it there",
        ),
    ),
    Example(
        "To files, folders and the net",
        {
            "govcheck.toml": "",
            "docs/é f.md": "",
            "docs/a.md": (
                "[a](%C3%A9%20f.md) [b](<é f.md>) [c](/docs) [d](../docs/) [e](.) "
                "[f](a.md?plain=1)\n"
                "[g](https://example.org/x.md) [h](mailto:a@b.c) [i](//example.org/a.md) [j](#x)\n"
                "\n"
                "# x\n"
            ),
        },
    ),
    Example(
        "In code, in comments, and placeholders",
        {
            "govcheck.toml": "",
            "a.md": (
                "`[a](b.md)` [c](<file>.md) [d]({{ url }}) [e](...) [f](path/to/file.md) [g](url)\n"
                "\n"
                "```\n[h](i.md)\n```\n\n    [j](k.md)\n\n<!-- [l](m.md) -->\n\\[n](o.md)\n"
            ),
        },
    ),
    Example(
        "To pages of the hosting service, out of the repository, and to what git ignores",
        {
            "govcheck.toml": "",
            ".gitignore": "/site/\n",
            ".github/PULL_REQUEST_TEMPLATE.md": "[a](CONTRIBUTING.md)\n",
            "a.md": "[b](../../issues/12) [c](../../releases/a) [d](../else.md) [e](site/a.md)\n",
        },
    ),
    Example(
        "Between the pages of a site",
        {
            "govcheck.toml": "",
            "mkdocs.yml": "",
            "docs/a.md": "[b](/guide/) [c](../b/) [d](b) [e](api/made.md) [f](b.html)\n",
            "docs/b.md": "",
        },
    ),
    Example(
        "What another page includes is read where it comes to stand; a bot's list of contributors",
        {
            "govcheck.toml": "",
            "docs/index.md": '--8<-- "parts/lists.md"\n',
            "docs/parts/lists.md": "[b](b.md#use) [c](#title)\n",
            "docs/b.md": "# Use\n",
            "README.md": (
                "<!-- ALL-CONTRIBUTORS-LIST:START -->\n<a href='code-ann'>Ann</a>\n"
                "<!-- ALL-CONTRIBUTORS-LIST:END -->\n"
            ),
        },
    ),
    Example(
        "GitBook's pages have no ending",
        {"govcheck.toml": "", ".gitbook.yaml": "", "a.md": "[b](docs/b)\n", "docs/b.md": ""},
    ),
    Example(
        "Pages of a site whose configuration is elsewhere",
        {
            "govcheck.toml": "",
            "docs/a.md": "[b](./b#use) [c](/guide/start) [d](/docs/b)\n",
            "docs/b.md": "# Use\n",
        },
    ),
    Example(
        "Pages and images of a site that is made of a folder for each language",
        {
            "govcheck.toml": "",
            "docs/en/mkdocs.yml": "",
            "docs/en/docs/img/a.png": "",
            "docs/en/docs/news.md": "",
            "docs/de/docs/a.md": "![x](/img/a.png) [news](news.md)\n",
        },
    ),
    Example(
        "Pages that only a site has, and what a template leaves open",
        {
            "govcheck.toml": "",
            "guides/a.md": "[b](quickstart) [c](/main/guides/quickstart) ![x](/assets/x.png)\n",
            "skills/SKILL-TEMPLATE.md": "[b](references/)\n",
            "report.md": "[b](project-url) [c](SOURCE_URL)\n",
            "layers/sql.mdx": "Since [2.9.4](/steps/2.9.4).\n",
            "steps/2.9.4.mdx": "",
            "text/2.guides/10.carts.md": "![x](assets/content/carts.png)\n",
            "README.md": '[b](/index.html?x=1)\n\nGo to <a href="/Config">Config</a>.\n',
        },
    ),
    Example(
        "To a folder, from what is read in the repository, and to a file in capitals",
        {"govcheck.toml": "", "README.md": "[a](scripts/)\n", "guide.md": "[b](LICENSE)\n"},
        (
            "README.md:1:5: the link leads nowhere: there is no scripts",
            "guide.md:1:5: the link leads nowhere: there is no LICENSE",
        ),
    ),
    Example(
        "Pages that a plugin makes in the folder that mkdocs is told of, or beside their list",
        {
            "govcheck.toml": "",
            "mkdocs.yml": "docs_dir: shop/pages\n",
            "shop/pages/a.md": "[b](reference/cart.md) [c](examples/tax.md)\n",
            "shop/pages/examples/index.md": "",
        },
    ),
    Example(
        "A README that is a page of a site: it has a title in front",
        {
            "govcheck.toml": "",
            "shop/README.md": "---\ntitle: Shop\n---\n\n[b](/setup/docker)\n",
        },
    ),
    Example(
        "A template, by its short name",
        {"govcheck.toml": "", ".changes/header.tpl.md": "[b](CONTRIBUTING.md)\n"},
    ),
    Example(
        "A folder that a program puts in",
        {"govcheck.toml": "", "docs/a.md": "![x](IMG_URL/events.png)\n"},
    ),
    Example(
        "Reference pages of a site of Sphinx; what is made of a template; a variable of the site",
        {
            "govcheck.toml": "",
            "docs/index.md": "```{toctree}\na\n```\n",
            "docs/a.md": "[b](reference/shop.rst) [c](%%GITHUB/shop.py)\n",
            "flows/README.md": "[flow](flow.yaml)\n",
            "flows/flow.yaml.jinja2": "",
        },
    ),
    Example(
        "Out of a site of Sphinx, whose pages are linked by their files",
        {
            "govcheck.toml": "",
            "docs/index.md": "```{toctree}\nguides/a\n```\n",
            "docs/guides/a.md": "[b](../../parts/b.md)\n",
            "docs/parts/b.md": "",
        },
        (
            "docs/guides/a.md:1:5: the link leads nowhere: there is no parts/b.md "
            "(docs/parts/b.md is the one of that name)",
        ),
        {"docs/guides/a.md": "[b](../parts/b.md)\n"},
    ),
    Example(
        "From the address of a page, on a site of the project's own making",
        {
            "govcheck.toml": "",
            "app/content/guides/bot.md": "[b](../rules.md)\n",
            "app/content/guides/rules.md": "",
        },
    ),
    Example(
        "To where an address spells the names otherwise",
        {
            "govcheck.toml": "",
            "a.md": (
                "[a](guide.md#x) [b](<guide.md>) <a href='cart.md?a=1'>c</a> [d](./e/tax.md)\n"
            ),
            "50% #1 é (b)/guide.md": "# x\n",
            "it's?/cart.md": "",
            "a:b/tax.md": "",
        },
        (
            "a.md:1:5: the link leads nowhere: there is no guide.md (50% #1 é (b)/guide.md is the "
            "one of that name)",
            "a.md:1:22: the link leads nowhere: there is no guide.md (50% #1 é (b)/guide.md is the "
            "one of that name)",
            "a.md:1:42: the link leads nowhere: there is no cart.md (it's?/cart.md is the one of "
            "that name)",
            "a.md:1:65: the link leads nowhere: there is no e/tax.md (a:b/tax.md is the one of "
            "that name)",
        ),
        {
            "a.md": (
                "[a](50%25%20%231%20é%20%28b%29/guide.md#x) [b](<50%25 %231 é %28b%29/guide.md>) "
                "<a href='it%27s%3F/cart.md?a=1'>c</a> [d](./a:b/tax.md)\n"
            ),
        },
    ),
    Example(
        "To a heading that the one file of that name does not have",
        {"govcheck.toml": "", "a.md": "[a](guide.md#use)\n", "b/guide.md": "# Install\n"},
        (
            "a.md:1:5: the link leads nowhere: there is no guide.md (b/guide.md is the one of that "
            "name)",
        ),
    ),
    Example(
        "Into a folder that is written in other letters",
        {
            "govcheck.toml": "",
            "docs/a.md": "# A\n[one](../src/app/one.cs)\n",
            "docs/b.md": "# B\n[two](../src/app/one.cs)\n",
            "src/App/one.cs": "x\n",
        },
        (
            "docs/a.md:2:7: the link leads nowhere: there is no src/app/one.cs (src/App/one.cs is "
            "the one of that name)",
            "docs/b.md:2:7: the link leads nowhere: there is no src/app/one.cs (src/App/one.cs is "
            "the one of that name)",
        ),
        {
            "docs/a.md": "# A\n[one](../src/App/one.cs)\n",
            "docs/b.md": "# B\n[two](../src/App/one.cs)\n",
        },
    ),
]
