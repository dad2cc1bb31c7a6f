"""The comments of a file, in whatever syntax the kind of file has for them.

A view over `Document`. Python, YAML and TOML are parsed; in the other languages strings are told
from comments as a reader would, mostly line by line, which is right for what people write.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from govcheck.config import env, format_of
from govcheck.document import Document
from govcheck.finding import Span

if TYPE_CHECKING:
    from govcheck.syntax import SyntaxName


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its whole place, and what it says without the signs that open and close it."""

    span: Span
    text: str


Finder = Callable[[Document], Iterator[Comment]]


def comments(document: Document) -> tuple[Comment, ...]:
    """The comments in the order of the text; a block comment of several lines is one.

    Raises:
        TooDeepError: a file that has to be parsed nests deeper than anything a person wrote.
    """
    return document.view(_comments)


def _comments(document: Document) -> tuple[Comment, ...]:
    return tuple(_finder_of(document.path)(document))


def _finder_of(path: str) -> Finder:
    name = path.rpartition("/")[2].lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    match format_of(path):
        case "yaml":
            return _yaml
        case "toml":
            return partial(_parsed, "toml")
        case "json":
            return partial(_matched, _JAVASCRIPT) if name.endswith(("c", "5")) else _none
        case "env":
            return _env
        case "ini":
            return partial(_leading, ("#", ";"))
        case "dockerfile":
            return partial(_leading, ("#",))
    if _REQUIREMENTS.fullmatch(name):
        return partial(_matched, _HASH)
    return _BY_EXTENSION.get(name.rpartition(".")[2], partial(_leading, _ANY_SIGN))


def _none(document: Document) -> Iterator[Comment]:
    """Files without comments."""
    yield from ()


def _parsed(language: "SyntaxName", document: Document) -> Iterator[Comment]:
    if b"#" not in document.utf8:
        return
    from govcheck.syntax import parse, walk

    for node in walk(parse(language, document.utf8)):
        if node.type == "comment":
            yield _hash_comment(document, node.start_byte, node.end_byte)


def _hash_comment(document: Document, start_byte: int, end_byte: int) -> Comment:
    """A comment of a syntax tree, without the white space (a carriage return, too) at its end."""
    start, end = document.offset_of_byte(start_byte), document.offset_of_byte(end_byte)
    text = document.text[start:end].rstrip()
    return Comment(document.span(start, start + len(text)), text.lstrip("#").strip())


def _yaml(document: Document) -> Iterator[Comment]:
    """YAML's own comments, and those of the scripts that stand in its block scalars."""
    if b"#" not in document.utf8:
        return
    from govcheck.syntax import MAX_YAML_LINES, parse, walk

    if len(document.line_starts) > MAX_YAML_LINES:
        yield from _matched(_HASH, document)
        return
    for node in walk(parse("yaml", document.utf8)):
        match node.type:
            case "comment":
                yield _hash_comment(document, node.start_byte, node.end_byte)
            case "block_scalar":
                span = document.span_of_bytes(node.start_byte, node.end_byte)
                yield from _leading_in(document, ("#",), span.line + 1, span.end_line)


def _env(document: Document) -> Iterator[Comment]:
    for start, end in env.comments(document):
        yield Comment(document.span(start, end), document.text[start:end].lstrip("#").strip())


def _leading(signs: tuple[str, ...], document: Document) -> Iterator[Comment]:
    """Comments that have a line to themselves and begin with one of the signs."""
    return _leading_in(document, signs, 1, len(document.line_starts))


def _leading_in(
    document: Document, signs: tuple[str, ...], first: int, last: int
) -> Iterator[Comment]:
    for number in range(first, last + 1):
        line = document.line(number)
        text = line.strip()
        sign = next((sign for sign in signs if text.startswith(sign)), None)
        if sign is not None:
            start = document.line_starts[number - 1] + len(line) - len(line.lstrip())
            inner = text.removesuffix("-->").removesuffix("*/").lstrip(sign)
            yield Comment(document.span(start, start + len(text)), inner.strip())


def _matched(alternatives: tuple[str, ...], document: Document) -> Iterator[Comment]:
    """What the patterns of a language find; a quote that its line does not close is no string.

    Behind such a quote no strings are looked for on that line, which keeps this linear.
    """
    token, comment = _patterns(alternatives)
    text = document.text
    position = plain_until = 0
    while True:
        if position < plain_until:
            found = comment.search(text, position, plain_until)
            if found is None:
                position = plain_until
                continue
            found = comment.match(text, found.start())
        else:
            found = token.search(text, position)
        if found is None:
            return
        position = found.end()
        if found.lastgroup == "open":
            line_end = _LINE_END.search(text, position)
            plain_until = line_end.start() if line_end else len(text)
        elif found.lastgroup in ("line", "block"):
            span = document.span(found.start(), found.start() + len(found[0].rstrip()))
            yield Comment(span, _inside(found[found.lastgroup]))


def _inside(text: str) -> str:
    """Without the rest of a sign such as `///` or `/**`, and the stars in the margin."""
    return _MARGIN.sub("", _REST_OF_SIGN.sub("", text).rstrip("* \t\r\n")).strip()


_REST_OF_SIGN = re.compile(r"\A(?:#+|/+!?|\*+!?|!|-+|;+|%+)")
_LINE_END = re.compile(r"\r|\n")
_MARGIN = re.compile(r"^[ \t]*\*[ \t]?", re.MULTILINE)

_ESCAPED = r"\\[^\r\n]"
_DOUBLE = r'"(?>[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*)"'
_SINGLE = r"'(?>[^'\\\r\n]*(?:\\[^\r\n][^'\\\r\n]*)*)'"
_RAW_SINGLE = r"'[^'\r\n]*+'"
_CHARACTER = r"'(?:\\[^\r\n']{1,10}|\\'|[^'\\\r\n])'"
_TRIPLE = r'"""(?s:.*?)(?:"""|\Z)'
_RUST_RAW = r'r(?P<hashes>#+)"(?s:.*?)(?:"(?P=hashes)|\Z)'
_BACKTICK = r"`(?>[^`\\]*(?:\\.[^`\\]*)*)`"
_RAW_BACKTICK = r"`[^`]*+`"
_REGEX = (
    r"(?:(?<=[=(,:\[!&|?])|(?<=[=(,:\[!&|?] ))"
    r"/(?![*/])(?>(?:[^/\\\r\n\[]|\\[^\r\n]|\[(?>(?:[^\]\\\r\n]|\\[^\r\n]){0,99})\]){1,300})/"
)
_BLOCK = r"/\*(?P<block>(?s:.*?))(?:\*/|\Z)"


@cache
def _patterns(alternatives: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns of one language: for strings and comments, and for comments alone."""
    comments = [each for each in alternatives if "(?P<line>" in each or "(?P<block>" in each]
    token = "|".join([*alternatives, "(?P<open>[\"'`])"])
    return re.compile(token), re.compile("|".join(comments))


def _line(sign: str) -> str:
    return rf"(?:{sign})(?P<line>[^\r\n]*)"


_HASH = (_ESCAPED, _DOUBLE, _RAW_SINGLE, _line(r"(?<![^\s;&|()])#"))
_JAVASCRIPT = (_ESCAPED, _DOUBLE, _SINGLE, _BACKTICK, _REGEX, _line("//"), _BLOCK)
_C_LIKE = (_ESCAPED, _RUST_RAW, _TRIPLE, _DOUBLE, _CHARACTER, _RAW_BACKTICK, _line("//"), _BLOCK)
_PHP = (_DOUBLE, _SINGLE, _line(r"//|(?<!\S)#(?!\[)"), _BLOCK)
_CSS = (_DOUBLE, _SINGLE, _BLOCK)
_SCSS = (_DOUBLE, _SINGLE, _line("(?<!:)//"), _BLOCK)
_HCL = (_DOUBLE, _line(r"//|(?<!\S)#"), _BLOCK)
_SQL = (_DOUBLE, _RAW_SINGLE, _line("--"), _BLOCK)
_LUA = (
    _DOUBLE,
    _SINGLE,
    r"--\[(?P<level>=*)\[(?P<block>(?s:.*?))(?:\](?P=level)\]|\Z)",
    _line("--"),
)
_HASKELL = (_DOUBLE, _CHARACTER, r"\{-(?P<block>(?s:.*?))(?:-\}|\Z)", _line("--"))
_POWERSHELL = (
    r'"(?>(?:[^"`\r\n]|`.)*)"',
    _RAW_SINGLE,
    r"<#(?P<block>(?s:.*?))(?:#>|\Z)",
    _line(r"(?<!\S)#"),
)
_LISP = (_ESCAPED, _DOUBLE, _line(";"))
_TEX = (_ESCAPED, _line("%"))
_MARKUP = (r"<!--(?P<block>(?s:.*?))(?:-->|\Z)", r"<!\[CDATA\[(?s:.*?)(?:\]\]>|\Z)")

_REQUIREMENTS = re.compile(r".*(requirements|constraints).*\.(txt|in|pip)")
_ANY_SIGN = ("#", "//", "--", ";", "<!--", "/*", "*")


def _markdown(document: Document) -> Iterator[Comment]:
    """Comments outside code: fenced blocks, indented blocks and spans (CommonMark 0.31).

    They are those of HTML and, in MDX, which has none of these, `{/* ... */}`.
    """
    text = document.text
    ends = {"<!--": "-->", **({"{/*": "*/}"} if document.path.endswith(".mdx") else {})}
    if not any(begin in text for begin in ends):
        return
    blocks, spans = _Blocks(), _CodeSpans(text)
    position = 0
    for number, start in enumerate(document.line_starts, 1):
        line = document.line(number)
        end = start + len(line)
        if start >= position:
            position = start
            if blocks.is_code(line):
                continue
        while position < end and (found := _INLINE.search(text, position, end)):
            position = found.end()
            if found["code"]:
                position = spans.end_of(found)
            elif found["comment"] in ends:
                closing = text.find(ends[found["comment"]], found.start() + 2)
                if closing < 0 and text[start : found.start()].strip():
                    continue
                inner_end, position = (closing, closing + 3) if closing >= 0 else (len(text),) * 2
                inner = text[found.end() : inner_end].strip()
                yield Comment(document.span(found.start(), position), inner)


_INLINE = re.compile(r"\\[^\r\n]|(?P<code>`+)|(?P<comment><!--|\{/\*)")
_QUOTE = re.compile(r"(?: {0,3}> ?)+")
_LIST_ITEM = re.compile(r"[ \t]*(?P<mark>[-*+]|\d{1,9}[.)])(?P<space>[ \t]+)(?=\S)")
_FENCE = re.compile(r"(`{3,})(?![^\r\n]*`)|(~{3,})")


class _Blocks:
    """Which lines of a Markdown document are code, told line by line."""

    def __init__(self) -> None:
        self._fence = ""
        self._lists: list[int] = []
        self._can_be_code = True

    def is_code(self, line: str) -> bool:
        """Whether the next line belongs to a fenced or an indented code block."""
        quote = _QUOTE.match(line)
        inner = (line[quote.end() :] if quote else line).expandtabs(4)
        bare = inner.strip()
        if self._fence:
            if bare.startswith(self._fence) and not bare.strip(self._fence[0]):
                self._fence = ""
            return True
        if not bare:
            self._can_be_code = True
            return False
        indent = len(inner) - len(inner.lstrip())
        item = _LIST_ITEM.match(inner)
        while self._lists and indent < self._lists[-1] and (item or self._can_be_code):
            self._lists.pop()
        if self._can_be_code and indent - (self._lists[-1] if self._lists else 0) >= 4:
            return True
        if item:
            padding = len(item["space"])
            self._lists.append(indent + len(item["mark"]) + (padding if padding <= 4 else 1))
            bare = inner[item.end() :].strip()
        opening = _FENCE.match(bare)
        self._fence = (opening[0] or "") if opening else ""
        self._can_be_code = bool(opening) or bare.startswith("#")
        return bool(opening)


class _CodeSpans:
    """Where the code spans of a Markdown document end, found in linear time."""

    def __init__(self, text: str) -> None:
        self._runs: dict[int, list[int]] = {}
        for run in re.finditer(r"`+", text):
            self._runs.setdefault(len(run[0]), []).append(run.start())
        self._blanks = [blank.start() for blank in re.finditer(r"(?m)^[ \t>]*\r?$", text)]

    def end_of(self, opening: re.Match[str]) -> int:
        """Where the span ends that the backticks open; their own end if they open none."""
        runs = self._runs.get(len(opening[0]), [])
        following = bisect_left(runs, opening.end())
        blank = bisect_left(self._blanks, opening.end())
        limit = self._blanks[blank] if blank < len(self._blanks) else None
        if following == len(runs) or (limit is not None and runs[following] > limit):
            return opening.end()
        return runs[following] + len(opening[0])


def _restructured(document: Document) -> Iterator[Comment]:
    """`..` comments with the indented lines that belong to them, outside literal blocks."""
    lines = [document.line(number) for number in range(1, len(document.line_starts) + 1)]
    number = 0
    while number < len(lines):
        line, first = lines[number], number
        number += 1
        markup = _EXPLICIT.match(line)
        if markup is None and not line.rstrip().endswith("::"):
            continue
        said = (markup["said"] or "") if markup else ""
        if markup and _OTHER_MARKUP.match(said) and not _LITERAL.match(said):
            continue
        indent = len(line) - len(line.lstrip())
        last = first
        is_empty = markup is not None and not said
        while number < len(lines):
            following = lines[number]
            if following.strip():
                if len(following) - len(following.lstrip()) <= indent:
                    break
                last = number
            elif is_empty and number == first + 1:
                break
            number += 1
        number = last + 1
        if markup and not _OTHER_MARKUP.match(said):
            start = document.line_starts[first] + indent
            end = document.line_starts[last] + len(lines[last].rstrip())
            yield Comment(document.span(start, end), document.text[start + 2 : end].strip())


_EXPLICIT = re.compile(r"[ \t]*\.\.(?:[ \t]+(?P<said>\S.*))?[ \t]*$")
_OTHER_MARKUP = re.compile(r"_|\[[^\]]+\](\s|$)|\|[^|]+\|\s|[A-Za-z][\w+.:-]*?\s?::(\s|$)")
_LITERAL = re.compile(
    r"(code|code-block|sourcecode|parsed-literal|raw|math|prompt|csv-table|graphviz|mermaid)\s?::"
)


_BY_NAME: dict[str, Finder] = {
    **dict.fromkeys(
        (".gitignore", ".dockerignore", ".gitattributes", ".npmignore", ".prettierignore",
         ".helmignore", ".gcloudignore", ".python-version", ".tool-versions", "codeowners"),
        partial(_leading, ("#",)),
    ),
    **dict.fromkeys(
        ("makefile", "gnumakefile", "justfile", "rakefile", "gemfile", "vagrantfile", "procfile",
         "snakefile", "brewfile", "cmakelists.txt", ".bashrc", ".bash_profile", ".zshrc",
         ".profile"),
        partial(_matched, _HASH),
    ),
    **dict.fromkeys(("jenkinsfile", "go.mod"), partial(_matched, _C_LIKE)),
}  # fmt: skip

_BY_EXTENSION: dict[str, Finder] = {
    **dict.fromkeys(("py", "pyi", "pyw"), partial(_parsed, "python")),
    **dict.fromkeys(
        ("sh", "bash", "zsh", "fish", "ksh", "bats", "mk", "mak", "make", "rb", "pl", "pm", "r",
         "jl", "ex", "exs", "cmake", "nix", "tcl", "awk", "sed", "graphql", "gql", "service",
         "star", "bzl", "coffee", "cr", "nim", "just"),
        partial(_matched, _HASH),
    ),
    **dict.fromkeys(
        ("js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "dart", "groovy"),
        partial(_matched, _JAVASCRIPT),
    ),
    **dict.fromkeys(
        ("go", "rs", "java", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "cs", "kt", "kts",
         "swift", "scala", "proto", "m", "mm", "zig", "gradle", "cu", "glsl", "v", "sol", "d"),
        partial(_matched, _C_LIKE),
    ),
    **dict.fromkeys(("html", "htm", "xml", "svg", "xhtml", "xsl", "xsd", "vue", "svelte"),
                    partial(_matched, _MARKUP)),
    **dict.fromkeys(("md", "markdown", "mdx", "mdown"), _markdown),
    **dict.fromkeys(("tf", "tfvars", "hcl"), partial(_matched, _HCL)),
    **dict.fromkeys(("scss", "less", "sass"), partial(_matched, _SCSS)),
    **dict.fromkeys(("hs", "elm", "purs"), partial(_matched, _HASKELL)),
    **dict.fromkeys(("lisp", "el", "clj", "cljs", "scm", "rkt"), partial(_matched, _LISP)),
    **dict.fromkeys(("tex", "sty", "bib", "erl"), partial(_matched, _TEX)),
    **dict.fromkeys(("ps1", "psm1"), partial(_matched, _POWERSHELL)),
    **dict.fromkeys(("ipynb", "geojson", "webmanifest"), _none),
    "css": partial(_matched, _CSS),
    "lua": partial(_matched, _LUA),
    "php": partial(_matched, _PHP),
    "rst": _restructured,
    "sql": partial(_matched, _SQL),
}  # fmt: skip
