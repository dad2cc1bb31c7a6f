"""Python code that states versions: setup.py, and noxfile.py; read, never run."""

import ast
import re
from collections import deque
from collections.abc import Iterator

from govcheck.dependencies.section import normalized
from govcheck.document import Document
from govcheck.manifests.statement import (
    Role,
    Statement,
    UnreadableError,
    in_role,
    of_python,
    of_requirement,
)
from govcheck.python.names import dotted

_KEYWORDS = frozenset(
    {"install_requires", "setup_requires", "tests_require", "extras_require", "requires"}
)
_QUOTES = re.compile(r"[rbuRBU]*('''|\"\"\"|'|\")")
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[^\]]*\])?\s*[=<>!~%{]")
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d+\.\d+)$")
_MAX_NODES = 5_000


def statements(document: Document) -> Iterator[Statement]:
    """What the calls of `setup(...)`, and the sessions of nox, state."""
    try:
        tree = ast.parse(document.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError("it is not Python") from error
    reader = _Reader(document, tree)
    seen: set[int] = set()
    for statement in reader.statements():
        if statement.span.start not in seen or statement.why:
            seen.add(statement.span.start)
            yield statement


class _Reader:
    def __init__(self, document: Document, tree: ast.Module) -> None:
        self.document = document
        self.tree = tree
        self.values: dict[str, list[ast.expr]] = {}
        self.followed: set[str] = set()
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.values.setdefault(name, []).append(value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self.values.setdefault(name, []).append(value)
                case ast.AugAssign(target=ast.Name(id=name), value=value):
                    self.values.setdefault(name, []).append(value)
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
                    self.values.setdefault(name, []).append(value)
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Name(id=name), attr="append" | "extend" | "update" | "insert"
                    ),
                    args=[*_, value],
                ):
                    self.values.setdefault(name, []).append(value)

    def statements(self) -> Iterator[Statement]:
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call):
                continue
            called = dotted(node.func).rpartition(".")[2]
            if called == "setup":
                for keyword in node.keywords:
                    yield from self._keyword(keyword)
                    given = [keyword.value] if keyword.arg is None else []
                    if keyword.arg is None and isinstance(keyword.value, ast.Name):
                        given = self.values.get(keyword.value.id, [])
                    for each in given:
                        if isinstance(each, ast.Dict):
                            for key, value in zip(each.keys, each.values, strict=True):
                                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                                    yield from self._keyword(ast.keyword(key.value, value))
            elif called == "install" and isinstance(node.func, ast.Attribute):
                for argument in node.args:
                    yield from self._requirements(argument, f"install {node.lineno}")
            elif called == "session":
                for keyword in node.keywords:
                    if keyword.arg == "python":
                        yield from self._pythons(keyword.value)

    def _keyword(self, keyword: ast.keyword) -> Iterator[Statement]:
        if keyword.arg == "extras_require":
            yield from in_role("extra", self._extras(keyword.value))
        elif keyword.arg in _KEYWORDS:
            role: Role = "main" if keyword.arg == "install_requires" else "extra"
            yield from in_role(role, self._requirements(keyword.value, keyword.arg or ""))
        elif keyword.arg == "python_requires":
            for node in self._strings(keyword.value):
                place = self._place(node)
                if place is not None and isinstance(node, ast.Constant):
                    yield of_python(self.document, str(node.value), *place, "pep440")
        elif keyword.arg == "classifiers":
            for node in self._strings(keyword.value):
                text = str(node.value) if isinstance(node, ast.Constant) else ""
                found, place = _CLASSIFIER.match(text), self._place(node)
                if found is not None and place is not None:
                    at = place[0] + found.start(1)
                    yield of_python(self.document, found[1], at, at + len(found[1]), only=False)

    def _extras(self, value: ast.expr) -> Iterator[Statement]:
        """The requirements of extras, whose names may end with a marker: `fast:os_name == 'nt'`."""
        values = self.values.get(value.id, []) if isinstance(value, ast.Name) else [value]
        for each in values:
            if not isinstance(each, ast.Dict):
                yield from self._requirements(each, f"extras {each.lineno}")
                continue
            for key, required in zip(each.keys, each.values, strict=True):
                name = str(key.value) if isinstance(key, ast.Constant) else ""
                extra, _, marker = name.partition(":")
                for said in self._requirements(required, f"extra {extra} {required.lineno}"):
                    both = " and ".join(f"({m})" for m in (said.marker, marker.strip()) if m)
                    yield said._replace(marker=both) if marker else said

    def _pythons(self, value: ast.expr) -> Iterator[Statement]:
        nodes = [*self._strings(value)]
        for node in nodes:
            place = self._place(node)
            if place is not None and isinstance(node, ast.Constant):
                text = str(node.value)
                if re.fullmatch(r"(python)?\d[\d.]*", text):
                    yield of_python(self.document, text, *place, only=len(nodes) == 1)

    def _requirements(self, value: ast.expr, scope: str) -> Iterator[Statement]:
        for node in self._strings(value):
            place = self._place(node)
            if isinstance(node, ast.Constant):
                start, end = place or (self._offset(node.lineno, node.col_offset), 0)
                # A text of several lines is a list to setuptools.
                for line in re.finditer(r"[^\r\n]+", str(node.value)):
                    text = line[0].strip()
                    at = start + line.start() + len(line[0]) - len(line[0].lstrip())
                    stop = at + len(text) if place else max(start, end)
                    found = of_requirement(
                        self.document, text, at if place else start,
                        scope=f"{self.document.path} {scope}",
                        span=self.document.span(at if place else start, stop),
                    )  # fmt: skip
                    if found is not None and not text.startswith("-"):
                        yield found
                continue
            start = self._offset(node.lineno, node.col_offset)
            text = ast.get_source_segment(self.document.text, node) or ""
            said = node.func if isinstance(node, ast.Call) else node
            first = next((str(e.value) for e in ast.walk(said) if isinstance(e, ast.Constant)), "")
            if (name := _NAME.match(f"{first}=")) is not None:
                yield Statement(
                    normalized(name[1]), text, None, "pep440",
                    self.document.span(start, start + len(text)), why="it is computed",
                )  # fmt: skip

    def _strings(self, value: ast.expr) -> Iterator[ast.expr]:
        """The strings that a value is made of, names followed to what they hold."""
        waiting, steps = deque([value]), 0
        while waiting:
            node = waiting.popleft()
            steps += 1
            if steps > _MAX_NODES:
                return
            match node:
                case ast.Constant(value=str()):
                    yield node
                case ast.List() | ast.Tuple() | ast.Set():
                    waiting.extendleft(reversed(node.elts))
                case ast.Dict():
                    waiting.extendleft(reversed(node.values))
                case ast.BinOp(op=ast.Add()) if not self._is_text(node):
                    waiting.extendleft([node.right, node.left])
                case ast.IfExp():
                    waiting.extendleft([node.orelse, node.body])
                case ast.Starred():
                    waiting.appendleft(node.value)
                case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name):
                    if name not in self.followed:  # once told is told
                        self.followed.add(name)
                        waiting.extendleft(reversed(self.values.get(name, [])))
                case ast.JoinedStr() | ast.BinOp():
                    yield node
                case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="format")):
                    yield node
                case ast.Call(func=ast.Name(id="list" | "sorted" | "dict"), args=[inner, *_]):
                    waiting.appendleft(inner)

    def _is_text(self, node: ast.BinOp) -> bool:
        return any(
            isinstance(each, ast.Constant | ast.JoinedStr) for each in (node.left, node.right)
        )

    def _place(self, node: ast.expr) -> tuple[int, int] | None:
        """Where the text of a string stands, if it does so as it reads."""
        start = self._offset(node.lineno, node.col_offset)
        quotes = _QUOTES.match(self.document.text, start)
        if quotes is None or not isinstance(node, ast.Constant):
            return None
        text = str(node.value)
        end = quotes.end() + len(text)
        return (quotes.end(), end) if self.document.text[quotes.end() : end] == text else None

    def _offset(self, line: int, column: int) -> int:
        start = self.document.line_starts[line - 1]
        text = self.document.line(line)
        wide = text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace")
        return start + len(wide)
