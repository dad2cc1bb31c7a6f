"""Shell text: the commands in it and their words, as a shell would tell them apart."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from tree_sitter import Node, Tree

from govcheck.document import Document, TooDeepError
from govcheck.syntax import parse, walk

# More than a person writes. Long pipelines, here-documents and nested arrays cost the parser their
# square in time, or room.
_MAX_LENGTH = 400_000
_MAX_LINES = 5_000
_MAX_PIPES = 150
_MAX_COUNTS = {"<<": 300, "=(": 300}
_JOINED = re.compile(r"[|\\][ \t]*\r?\n")

_EXPANSIONS = frozenset(
    {"simple_expansion", "expansion", "command_substitution", "process_substitution",
     "arithmetic_expansion", "brace_expression", "ansi_c_string", "translated_string",
     "extglob_pattern", "array", "subscript"}
)  # fmt: skip
_WORDS = frozenset(
    {"word", "number", "string", "raw_string", "concatenation", "test_operator", "regex",
     *_EXPANSIONS}
)  # fmt: skip
_SCOPES = frozenset({"subshell", "command_substitution", "process_substitution"})
_GLOB = re.compile(r"(?<!\\)[*?\[\]{}~]")
_SPECIAL = re.compile(r"[\\*?\[\]{}~]")
_COMPARED = re.compile(rb"(?<!\S)=[=~](?!\S)")
_ESCAPE = re.compile(r"\\(\r?\n|.)", re.DOTALL)
_CONTINUED = re.compile(r"\\\r?\n")


class Word(NamedTuple):
    """A word of a command: its text without quotes, and its place in the document.

    `fixed` is the beginning that is known: as far as no variable, substitution or pattern of file
    names stands in it. Offsets are code points, inside the quotes where the whole word is quoted.
    """

    text: str
    start: int
    end: int
    fixed: str
    is_quoted: bool = False

    @property
    def is_literal(self) -> bool:
        """Whether the shell passes the word as it is written."""
        return self.fixed == self.text


class Command(NamedTuple):
    """A simple command.

    `words` begin with its name, `assigned` are the variables that are set for it alone, `outputs`
    the files that its output goes to, `inputs` those that it reads. `scopes` are the places of the
    subshells around it.
    """

    words: tuple[Word, ...]
    assigned: tuple[tuple[str, Word], ...] = ()
    outputs: tuple[Word, ...] = ()
    inputs: tuple[Word, ...] = ()
    scopes: tuple[int, ...] = ()


class Snippet(NamedTuple):
    """Shell text that stands somewhere in a document, perhaps indented or behind prompts.

    `pieces` are pairs of offsets, in the text and in the document, where the distance changes.
    """

    text: str
    pieces: tuple[tuple[int, int], ...]

    def place(self, offset: int) -> int:
        """The offset in the document of an offset in the text."""
        index = bisect_right(self.pieces, (offset, 2**62)) - 1
        start, there = self.pieces[max(0, index)]
        return there + offset - start


def snippet(document: Document, parts: Iterable[tuple[int, int]]) -> Snippet:
    """The text of some stretches of a document, joined."""
    pieces: list[tuple[int, int]] = []
    texts: list[str] = []
    length = 0
    for start, end in parts:
        pieces.append((length, start))
        texts.append(document.text[start:end])
        length += end - start
    return Snippet("".join(texts), tuple(pieces) or ((0, 0),))


def commands(source: Snippet) -> Iterator[Command]:
    """The simple commands in the order of the text; what does not parse is left out.

    Raises:
        TooDeepError: it is more than a person writes.
    """
    if _is_too_much(source.text):
        raise TooDeepError(_MAX_PIPES)
    tree, page = _parsed(source.text)
    if not tree.root_node.has_error:
        yield from _commands(source, page, tree, 0)
        return
    # Something that is no shell makes nonsense of all that stands near it.
    for start, end in islice(_lines(source.text), _MAX_LINES):
        tree, page = _parsed(source.text[start:end])
        if not tree.root_node.has_error:
            yield from _commands(source, page, tree, start)


def _is_too_much(text: str) -> bool:
    return (
        len(text) > _MAX_LENGTH
        or any(text.count(sign) > most for sign, most in _MAX_COUNTS.items())
        or any(line.count("|") > _MAX_PIPES for line in _JOINED.sub(" | ", text).split("\n"))
    )


def _parsed(text: str) -> tuple[Tree, Document]:
    page = Document("", text.encode("utf-8", "surrogatepass"))
    source = page.utf8
    # The grammar takes these for operators everywhere; they are, only within tests and arithmetic.
    if b"[" not in source and b"((" not in source:
        source = _COMPARED.sub(b"=.", source)
    return parse("bash", source), page


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The stretches that are one line to the shell."""
    start = at = 0
    while at < len(text):
        at = text.find("\n", at) + 1 or len(text)
        if not _CONTINUED.search(text, max(start, at - 3), at):
            yield start, at
            start = at
    if start < at:
        yield start, at


def _commands(source: Snippet, page: Document, tree: Tree, base: int) -> Iterator[Command]:
    reader = _Reader(source, page, base)
    scopes: list[Node] = []
    redirected: dict[int, Node] = {}
    try:
        for node in walk(tree):
            while scopes and scopes[-1].end_byte <= node.start_byte:
                scopes.pop()
            if node.type in _SCOPES:
                scopes.append(node)
            elif node.type == "redirected_statement":
                body = node.child_by_field_name("body")
                if body is not None and body.type == "command":
                    redirected[body.start_byte] = node
            elif node.type == "command":
                around = redirected.pop(node.start_byte, None)
                found = reader.command(node, around)
                if found.words:
                    yield found._replace(scopes=tuple(each.start_byte for each in scopes))
    except TooDeepError:
        return


class _Reader:
    """Makes commands of the nodes of one tree."""

    def __init__(self, source: Snippet, page: Document, base: int) -> None:
        self.source = source
        self.page = page
        self.base = base
        self.is_ascii = page.text.isascii()

    def command(self, node: Node, around: Node | None) -> Command:
        words: list[Word] = []
        assigned: list[tuple[str, Word]] = []
        outputs: list[Word] = []
        inputs: list[Word] = []
        redirects = [each for each in around.children if each != node] if around else []
        behind = -1
        for child in [*node.children, *redirects]:
            match child.type:
                case "command_name" if child.child_count:
                    words.append(self.word(child.children[0]))
                case "variable_assignment":
                    name, value = child.child_by_field_name("name"), child.children[-1]
                    if name is not None and value.type != "=":
                        assigned.append((self._text(name), self.word(value)))
                case "file_redirect":
                    self._redirect(child, words, outputs, inputs)
                case "heredoc_redirect":
                    for inner in child.children:
                        if inner.type == "file_redirect":
                            self._redirect(inner, words, outputs, inputs)
                        elif inner.type in _WORDS:
                            words.append(self.word(inner))
                case kind if kind in _WORDS:
                    word = self.word(child)
                    # The grammar ends a word before an escape that follows a quote.
                    if child.start_byte == behind and words:
                        word = _joined(words.pop(), word)
                    words.append(word)
            behind = child.end_byte
        return Command(tuple(words), tuple(assigned), tuple(outputs), tuple(inputs))

    def _redirect(
        self, node: Node, words: list[Word], outputs: list[Word], inputs: list[Word]
    ) -> None:
        """A redirection, whose node also holds the words that follow the name of the file."""
        targets = [self.word(each) for each in node.children if each.type in _WORDS]
        operator = next((each.type for each in node.children if each.type[:1] in "<>&"), ">")
        if targets:
            (inputs if operator.startswith("<") else outputs).append(targets[0])
            words += targets[1:]

    def word(self, node: Node) -> Word:
        if node.type == "word":
            text = self._text(node)
            if _SPECIAL.search(text) is None:
                place = self._place(node.start_byte), self._place(node.end_byte)
                return Word(text, *place, text)
        parts = [*self._parts(node)]
        text = "".join(part for part, _ in parts)
        fixed = ""
        for part, is_fixed in parts:
            if not is_fixed:
                break
            fixed += part
        is_quoted = node.type in ("string", "raw_string")
        start, end = node.start_byte + is_quoted, node.end_byte - is_quoted
        return Word(text, self._place(start), self._place(end), fixed, is_quoted)

    def _parts(self, node: Node) -> Iterator[tuple[str, bool]]:
        """What a word is made of, each with whether the shell leaves it as it is."""
        match node.type:
            case "word" | "number" | "test_operator":
                text = self._text(node)
                if (found := _GLOB.search(text)) is not None:
                    yield _ESCAPE.sub(_unescaped, text[: found.start()]), True
                    yield text[found.start() :], False
                else:
                    yield _ESCAPE.sub(_unescaped, text), True
            case "raw_string":
                yield self._text(node)[1:-1], True
            case "string":
                at = node.start_byte + 1
                for child in node.named_children:
                    yield self._between(at, child.start_byte), True
                    at = child.end_byte
                    if child.type == "string_content":
                        yield self._text(child).replace('\\"', '"'), True
                    else:
                        yield self._text(child), False
                yield self._between(at, node.end_byte - 1), True
            case "concatenation":
                for child in node.children:
                    if child.type == "concatenation":  # which the grammar does not nest
                        yield self._text(child), False
                    else:
                        yield from self._parts(child)
            case _:
                yield self._text(node), False

    def _text(self, node: Node) -> str:
        return self._between(node.start_byte, node.end_byte)

    def _between(self, start: int, end: int) -> str:
        if self.is_ascii:
            return self.page.text[start:end]
        return self.page.utf8[start:end].decode("utf-8", "surrogatepass")

    def _place(self, byte: int) -> int:
        offset = byte if self.is_ascii else self.page.offset_of_byte(byte)
        return self.source.place(self.base + offset)


def _joined(first: Word, second: Word) -> Word:
    fixed = first.fixed + (second.fixed if first.is_literal else "")
    start, end = first.start - first.is_quoted, second.end + second.is_quoted
    return Word(first.text + second.text, start, end, fixed)


def _unescaped(found: re.Match[str]) -> str:
    return "" if found[1].endswith("\n") else found[1]
