"""What is a comment in each kind of file, and what only looks like one."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcheck.comments import comments
from govcheck.document import Document


def said(path: str, text: str) -> list[str]:
    return [comment.text for comment in comments(Document(path, text.encode()))]


def test_a_comment_knows_its_place() -> None:
    document = Document("a.py", 'x = "é✓😀"  # why, 😀  \r\n'.encode())
    (comment,) = comments(document)
    assert (comment.span.line, comment.span.column, comment.span.end_column) == (1, 12, 20)
    assert document.text[comment.span.start : comment.span.end] == "# why, 😀"
    assert comment.text == "why, 😀"


def test_python_strings_hold_no_comments() -> None:
    text = 'a = "# no"  # yes\n"""\n# no\n"""\nf(  # in call\n    f"{x!r} # no",\n)\n\t# tab'
    assert said("a.py", text) == ["yes", "in call", "tab"]


def test_a_workflow_speaks_in_yaml_and_in_shell() -> None:
    text = """\
on: push  # when
jobs:
  test:
    steps:
      - run: |
          # in the script
          echo "# no" && make a#b
      - name: "# no"
    # after
"""
    assert said(".github/workflows/ci.yml", text) == ["when", "in the script", "after"]


def test_a_yaml_file_with_more_lines_than_its_parser_counts_still_has_comments() -> None:
    assert said("a.yml", "a: '# no' # yes\n" + "b: 1\n" * 40_000) == ["yes"]


def test_toml() -> None:
    assert said("pyproject.toml", 'a = "# no" # yes\nb = """\n# no\n"""\n') == ["yes"]
    assert said("uv.lock", "# generated\n") == ["generated"]


def test_json_has_none_and_its_dialects_have() -> None:
    assert said("package.json", '{"a": "// no"}\n# no\n') == []
    assert said("settings.jsonc", '{"a": "// no", // yes\n/* and */}') == ["yes", "and"]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".env", "# a\nA='# no' # b\nB=x#no\nC=\"\n# no\"\n", ["a", "b"]),
        ("a.ini", "# a\n; b\nk = v ; no\n", ["a", "b"]),
        ("Dockerfile", "# a\nRUN x \\\n  # b\n  && y # no\n", ["a", "b"]),
        ("a.sh", "echo '# no' \"# no\" # don't\nx=${#y} $# a#b # b\n", ["don't", "b"]),
        ("a.sh", "it isn't # a\n", ["a"]),
        ("Makefile", "a: b # a\n\techo '# no'\n", ["a"]),
        ("requirements.txt", "a==1 # a\nb @ https://x#egg=b ; x < '#3'\n", ["a"]),
        (".gitignore", "*.pyc\n# a\nb#no\n", ["a"]),
        ("a.js", "f('// no', `\n// no`, /[/*]/) // a\n/** b\n * c\n */", ["a", "b\nc"]),
        ("a.ts", 'const url = "https://x"; // a\r\nnext', ["a"]),
        ("a.rs", "fn f<'a>(x: &'a str) {} // a\nlet q = '\"'; /// b\nr#\"// no\"#", ["a", "b"]),
        ("a.go", 'x := "\\"// no" // a\ny := `// no`\n', ["a"]),
        ("a.css", "a { b: url(https://x) } /* a */", ["a"]),
        ("a.sql", "select '-- no' -- a\n/* b\n*/", ["a", "b"]),
        ("a.lua", "--[[ a\n]] x = '--no' -- b\n", ["a", "b"]),
        ("a.html", "<p>a -- no</p><!-- a\n b --><!-- c -->", ["a\n b", "c"]),
        ("a.svg", "<x><![CDATA[<!-- no -->]]><!-- a --></x>", ["a"]),
        ("a.mdx", "{/* a\n b */} `{/* no */}` {x}\n\n```\n{/* no */}\n```\n", ["a\n b"]),
        ("a.md", "{/* no */} <!-- a -->", ["a"]),
        ("a.tf", 'a = "# no" # a\nb // b\n', ["a", "b"]),
    ],
)
def test_languages(path: str, text: str, expected: list[str]) -> None:
    assert said(path, text) == expected


def test_markdown_code_holds_no_comments() -> None:
    text = """\
<!-- a -->
A `<!-- no -->` span, ``<!-- ` no -->``, \\`<!-- b -->.

```html
<!-- no -->
```

    <!-- no -->

- item

  <!-- in the item -->

      <!-- no -->

> ~~~
> <!-- no -->
> ~~~

<!--
```
c
-->
An open ` tick <!-- d -->

`over
<!-- no -->
lines`
"""
    assert said("README.md", text) == ["a", "b", "in the item", "```\nc", "d"]


def test_restructured_text() -> None:
    text = """\
.. a comment
   of two lines

.. _target: x
.. image:: x.png
.. [1] note

.. note::

   .. inside

.. code-block:: rst

   .. no

Literal::

   .. no

..
   block
"""
    assert said("a.rst", text) == ["a comment\n   of two lines", "inside", "block"]


def test_unknown_kinds_of_file_have_comment_lines() -> None:
    text = "# a\n  // b\n-- c\n; d\n<!-- e -->\n/* f */\n * g\nh # no\n"
    assert said("a.unknown", text) == ["a", "b", "c", "d", "e", "f", "g"]


@pytest.mark.parametrize(
    "path", ["a.js", "a.rs", "a.sh", "a.md", "a.html", "a.rst", "a.lua", ".env"]
)
@pytest.mark.parametrize(
    "unit",
    ["/*", "\"\\'", "`", 'r#"', "<!-- ", "<![CDATA[", "--[=[", "(/[", "\\'\"", "A='", ".. ::\n"],
)
def test_absurd_text_takes_no_more_than_linear_time(path: str, unit: str) -> None:
    comments(Document(path, (unit * 20_000).encode()))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        ["py", "yml", "toml", "sh", "js", "rs", "sql", "md", "html", "rst", "x", "env"]
    ),
    st.text(alphabet="#/*-<!>;`'\"\\ \t\r\n.:ab[]é😀", max_size=60),
)
def test_comments_are_in_order_and_never_overlap(extension: str, text: str) -> None:
    found = comments(Document(f"a.{extension}", text.encode()))
    assert all(one.span.end <= other.span.start for one, other in pairwise(found))
    assert all(comment.text in text or "*" in text for comment in found)
