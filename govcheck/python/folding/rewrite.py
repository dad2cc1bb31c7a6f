"""Carrying a plan out on LibCST's tree, which keeps every byte that the plan is not about."""

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeVar, cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from govcheck.python.folding.plan import Place, Plan, Splice

Lines = Sequence[cst.EmptyLine]
Node = TypeVar("Node", bound=cst.CSTNode)
_Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_PRAGMA = re.compile(
    r"#\s*(pragma\b|noqa\b|type:|fmt:|pylint:|nosec\b|mypy:|pyright:|ruff:|isort:)"
)
# Comments that stand for themselves: they switch a tool off and on, or mark a region.
_SWITCH = re.compile(
    r"#\s*((fmt|yapf|isort|black|ruff|flake8|pylint|mypy|pyright|autopep8):|type:\s*ignore"
    r"|(end)?region\b)"
)
_HEADER = re.compile(r"^#!|coding[:=]|copyright|licen[cs]e|spdx", re.IGNORECASE)
_ATOMS = (
    cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.SimpleString, cst.FormattedString,
    cst.Integer, cst.Float, cst.List, cst.Dict, cst.Set, cst.ListComp, cst.SetComp, cst.DictComp,
)  # fmt: skip


class UnchangedError(Exception):
    """The text cannot be rewritten: LibCST does not give it back, or not as planned."""


def rewrite(lines: Sequence[str], tree: ast.Module, plan: Plan, words: Iterable[str]) -> str:
    """The text of the lines with the plan carried out; `tree` is its syntax tree.

    Only the statements of the module that the plan is about, and the ones beside them, are parsed
    by LibCST. `words` are the names of the flags and of what held their values: comments that name
    them go with the statements they stand above.

    Raises:
        UnchangedError: LibCST cannot parse the text, or does not give it back unchanged.
    """
    pieces: list[str] = []
    done = 0
    for first, last in _stretches(tree.body, plan, len(lines)):
        pieces += lines[done:first]
        pieces.append(_rewritten(lines, first, last, plan, words))
        done = last
    return "".join([*pieces, *lines[done:]])


def _stretches(body: Sequence[ast.stmt], plan: Plan, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of lines to be parsed, as 0-based half-open ranges."""
    touched = sorted(line for place in plan.places for line in (place.line, place.end_line))
    starts = [min([n.lineno, *(d.lineno for d in getattr(n, "decorator_list", []))]) for n in body]
    ends = [node.end_lineno or node.lineno for node in body]
    wanted: set[int] = set()
    for number, (start, stop) in enumerate(zip(starts, ends, strict=True)):
        at = bisect_left(touched, start)
        if at < len(touched) and touched[at] <= stop:
            wanted.update((number - 1, number, number + 1))
    number = 0
    while number < len(body):
        if number not in wanted:
            number += 1
            continue
        first = number
        while first and ends[first - 1] == starts[first]:
            first -= 1
        while number + 1 < len(body) and (
            number + 1 in wanted or starts[number + 1] == ends[number]
        ):
            number += 1
        yield ends[first - 1] if first else 0, ends[number] if number + 1 < len(body) else end
        number += 1


def _rewritten(
    lines: Sequence[str], first: int, last: int, plan: Plan, words: Iterable[str]
) -> str:
    text = "".join(lines[first:last])
    indents = (line[: len(line) - len(line.lstrip(" \t"))] for line in lines)
    config = cst.PartialParserConfig(
        default_newline=_newline(lines[0]), default_indent=next(filter(None, indents), "    ")
    )
    try:
        module = cst.parse_module(text, config)
    except (cst.ParserSyntaxError, RecursionError) as error:
        raise UnchangedError("LibCST cannot parse it") from error
    if module.code != text:
        raise UnchangedError("LibCST does not give it back unchanged")
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    try:
        return module.visit(_Rewriter(plan, positions, words, lines, first)).code
    except cst.CSTValidationError as error:
        raise UnchangedError(f"LibCST refuses the result: {error}") from error


def _newline(line: str) -> Literal["\r\n", "\n", "\r"]:
    if line.endswith("\r\n"):
        return "\r\n"
    return "\r" if line.endswith("\r") else "\n"


class _Rewriter(cst.CSTTransformer):
    def __init__(
        self,
        plan: Plan,
        positions: Mapping[cst.CSTNode, CodeRange],
        words: Iterable[str],
        lines: Sequence[str],
        offset: int,
    ) -> None:
        super().__init__()
        self._plan = plan
        self._positions = positions
        names = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        self._names_flag = re.compile(rf"(?<!\w)(?:{names})(?!\w)")
        self._lines = lines
        self._offset = offset
        self._wanted = set(plan.takes.values())
        self._wanted.update(place for each in plan.splices.values() for place in each.before)
        self._done: dict[Place, cst.BaseExpression] = {}
        self._gone: set[cst.CSTNode] = set()
        self._beside: dict[cst.CSTNode, cst.ParenthesizedWhitespace] = {}
        self._in_format = 0
        self._dropped = {place[:2] for place in plan.drops}
        self._removed = {place[:2] for place in plan.removed}
        self._splices = {place[:2]: splice for place, splice in plan.splices.items()}
        self._unelse = {place[:2] for place in plan.unelse}
        self._first = {place[:2]: lines for place, lines in plan.first.items()}
        self._last = {place[:2]: lines for place, lines in plan.last.items()}

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        """Expressions are handled alike, whatever they are."""
        updated = super().on_leave(original_node, updated_node)
        if isinstance(original_node, cst.BaseExpression) and isinstance(
            updated, cst.BaseExpression
        ):
            return self._expression(original_node, updated)
        return cast(cst.CSTNode, updated)

    # Expressions.

    def _place(self, node: cst.CSTNode) -> Place | None:
        found = self._positions.get(node)
        if found is None:
            return None
        start, end = found.start, found.end
        if isinstance(node, cst.Tuple | cst.GeneratorExp) and node.lpar:
            # Python counts the parentheses of a tuple as its own.
            start = self._positions[node.lpar[-1]].start
            end = self._positions[node.rpar[0]].end
        above = self._offset
        return Place(start.line + above, start.column, end.line + above, end.column)

    def _is_dropped(self, node: cst.CSTNode) -> bool:
        return node in self._gone or self._place(node) in self._plan.drops

    def _expression(
        self, original: cst.BaseExpression, node: cst.BaseExpression
    ) -> cst.BaseExpression:
        place = self._place(original)
        if place is None:
            return node
        if place in self._plan.values:
            literal = cst.parse_expression(self._quoted(self._plan.values[place]))
            node = self._parenthesized(literal, original) if self._clings(place) else literal
        elif isinstance(original, cst.BooleanOperation):
            node = self._operation(original, cast(cst.BooleanOperation, node))
        elif place in self._plan.takes and self._plan.takes[place] in self._done:
            node = self._parenthesized(self._done[self._plan.takes[place]], original)
        if place in self._wanted:
            self._done[place] = node
        return node

    def _quoted(self, literal: str) -> str:
        """A literal with the quotes that most code has, and others inside an f-string."""
        if literal[0] != "'" or self._in_format or '"' in literal or "\\" in literal:
            return literal
        return f'"{literal[1:-1]}"'

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        """Expressions in an f-string may not use its quotes (before Python 3.12)."""
        self._in_format += 1

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.FormattedString:
        """The end of an f-string."""
        self._in_format -= 1
        return updated_node

    def _operation(
        self, original: cst.BooleanOperation, node: cst.BooleanOperation
    ) -> cst.BaseExpression:
        left, right = self._is_dropped(original.left), self._is_dropped(original.right)
        beside = self._beside.pop(original.left, None)
        if beside is not None:
            # The comment beside the operand that stays, not beside the one that went.
            operator = node.operator.with_changes(whitespace_before=beside)
            node = node.with_changes(operator=operator)
        if left and right:
            self._gone.add(original)
        elif left:
            return self._parenthesized(node.right, original)
        elif right:
            return self._closed(self._parenthesized(node.left, original), original, node)
        return node

    def _closed(
        self,
        kept: cst.BaseExpression,
        original: cst.BooleanOperation,
        node: cst.BooleanOperation,
    ) -> cst.BaseExpression:
        """The left operand alone, with the comment that stood beside it."""
        beside = node.operator.whitespace_before
        if not isinstance(beside, cst.ParenthesizedWhitespace) or not _has_comment(beside):
            return kept
        if original.lpar and not kept.lpar:
            kept = kept.with_changes(lpar=original.lpar, rpar=original.rpar)
        if original.lpar:
            ending = original.rpar[-1].whitespace_before
            if isinstance(ending, cst.ParenthesizedWhitespace):
                beside = beside.with_changes(last_line=ending.last_line)
            last = kept.rpar[-1].with_changes(whitespace_before=beside)
            return kept.with_changes(rpar=[*kept.rpar[:-1], last])
        self._beside[original] = beside
        return kept

    def _parenthesized(
        self, node: cst.BaseExpression, original: cst.BaseExpression
    ) -> cst.BaseExpression:
        """The node in the parentheses of what it replaces, if it has none and may need them."""
        if node.lpar or not original.lpar:
            return node
        place = self._place(original)
        if isinstance(node, _ATOMS) and not (place and self._clings(place)):
            return node
        return node.with_changes(lpar=original.lpar, rpar=original.rpar)

    def _clings(self, place: Place) -> bool:
        """Whether only parentheses keep an expression off the word before it: `return(x)`."""
        before = self._lines[place.line - 1][: place.column]
        bare = before.rstrip("(")
        return bare != before and (bare[-1:].isalnum() or bare[-1:] == "_")

    def leave_CompFor(self, original_node: cst.CompFor, updated_node: cst.CompFor) -> cst.CompFor:
        """Conditions that always hold go."""
        pairs = zip(original_node.ifs, updated_node.ifs, strict=True)
        kept = [new for old, new in pairs if not self._is_dropped(old.test)]
        return updated_node.with_changes(ifs=kept)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Arguments that go."""
        pairs = list(zip(original_node.args, updated_node.args, strict=True))
        kept = [new for old, new in pairs if not self._is_dropped(old.value)]
        if len(kept) == len(pairs):
            return updated_node
        return updated_node.with_changes(args=_ended(kept, updated_node.args[-1]))

    def leave_Parameters(
        self, original_node: cst.Parameters, updated_node: cst.Parameters
    ) -> cst.Parameters:
        """Parameters that go."""
        kinds = ("posonly_params", "params", "kwonly_params")
        kept: dict[str, list[cst.Param]] = {}
        last: cst.Param | None = None
        for kind in kinds:
            old, new = getattr(original_node, kind), getattr(updated_node, kind)
            last = new[-1] if new else last
            kept[kind] = [
                node
                for before, node in zip(old, new, strict=True)
                if not self._is_dropped_parameter(before)
            ]
        if last is None or all(len(kept[k]) == len(getattr(updated_node, k)) for k in kinds):
            return updated_node
        ending = next((kept[kind] for kind in reversed(kinds) if kept[kind]), [])
        _ended(ending, last)
        changes: dict[str, object] = {**kept}
        if not kept["posonly_params"]:
            changes["posonly_ind"] = cst.MaybeSentinel.DEFAULT
        if not kept["kwonly_params"] and isinstance(updated_node.star_arg, cst.ParamStar):
            changes["star_arg"] = cst.MaybeSentinel.DEFAULT
        return updated_node.with_changes(**changes)

    def _is_dropped_parameter(self, node: cst.Param) -> bool:
        place = self._place(node.name)
        return place is not None and place[:2] in self._dropped

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        """Keys that go."""
        pairs = list(zip(original_node.elements, updated_node.elements, strict=True))
        kept = [
            new
            for old, new in pairs
            if not (isinstance(old, cst.DictElement) and self._is_dropped(old.key))
        ]
        if len(kept) == len(pairs):
            return updated_node
        return updated_node.with_changes(elements=_ended(kept, updated_node.elements[-1]))

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:
        """Elements that go."""
        return self._shortened(original_node, updated_node)

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.Tuple:
        """Elements that go."""
        return self._shortened(original_node, updated_node)

    def _shortened(self, original: Node, node: Node) -> Node:
        old, new = (cast("cst.List | cst.Tuple", each).elements for each in (original, node))
        kept: list[cst.BaseElement] = []
        for before, each in zip(old, new, strict=True):
            if not self._is_dropped(before.value):
                kept.append(each)
            elif kept:
                kept[-1] = _followed(kept[-1], each)
        if len(kept) == len(new):
            return node
        if isinstance(node, cst.Tuple) and len(kept) == 1:
            return node.with_changes(elements=[kept[0].with_changes(comma=cst.Comma())])
        return node.with_changes(elements=_ended(kept, new[-1]))

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        """Contexts that go."""
        pairs = list(zip(original_node.items, updated_node.items, strict=True))
        kept = [new for old, new in pairs if not self._is_dropped(old.item)]
        if not kept or len(kept) == len(pairs):
            return updated_node
        return updated_node.with_changes(items=_ended(kept, updated_node.items[-1]))

    # Statements.

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        """The statements of the module."""
        body, rest = self._statements(original_node.body, updated_node.body)
        footer = [*_comments_of(rest), *updated_node.footer]
        if not body and original_node.body:
            footer = _without_blanks(footer)
        header = [*updated_node.header]
        first = original_node.body[0] if original_node.body else None
        is_removed = first is not None and self._is_removed(first) and not _is_import(first)
        if is_removed and not _is_header(header):
            while header and header[-1].comment is not None and not _is_switch(header[-1]):
                header.pop()
        is_empty = not (body or footer or _comments_of(header))
        return updated_node.with_changes(
            body=body,
            footer=footer,
            header=() if is_empty else header,
            has_trailing_newline=updated_node.has_trailing_newline and not is_empty,
        )

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """The statements of a block; an empty one gets `pass`."""
        body, rest = self._statements(original_node.body, updated_node.body)
        return updated_node.with_changes(
            body=body or [_line("pass")], footer=[*_comments_of(rest), *updated_node.footer]
        )

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.SimpleStatementSuite:
        """The statements behind a colon; an empty suite gets `pass`."""
        kept = self._small(original_node.body, updated_node.body)
        return updated_node.with_changes(body=kept or [cst.Pass()])

    def _statements(
        self, originals: Sequence[cst.BaseStatement], updated: Sequence[cst.BaseStatement]
    ) -> tuple[list[cst.BaseStatement], list[cst.EmptyLine]]:
        """The statements that remain, and the lines that stand behind the last of them.

        A statement that stood right below the docstring leaves no blank line there.
        """
        kept: list[cst.BaseStatement] = []
        carried: list[cst.EmptyLine] = []
        is_pending = is_tight = False
        for number, (original, node) in enumerate(zip(originals, updated, strict=True)):
            becomes = self._becomes(cast(_Statement, original), cast(_Statement, node))
            if becomes is None:
                follows_docstring = len(kept) == number == 1 and _is_docstring(kept[0])
                is_tight = is_tight or (follows_docstring and not _has_blanks(original))
                following = originals[number + 1] if number + 1 < len(originals) else None
                stay = self._staying(cast(_Statement, original), following)
                carried = _joined(carried, stay)
                is_pending = True
                continue
            statements, behind = becomes
            is_pending = is_pending or statements != [node]
            for each in statements:
                lines = _joined(carried, each.leading_lines) if is_pending else each.leading_lines
                if is_pending and (not kept or is_tight):
                    lines = _without_blanks(lines)
                is_tight = False
                kept.append(each.with_changes(leading_lines=lines))
                carried, is_pending = [], False
            carried = _joined(carried, behind)
            is_pending = is_pending or bool(behind)
        return kept, carried

    def _is_removed(self, statement: cst.BaseStatement) -> bool:
        nodes = statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
        places = [self._place(each) for each in nodes]
        return all(place is not None and place[:2] in self._removed for place in places)

    def _becomes(
        self, original: _Statement, node: _Statement
    ) -> tuple[list[_Statement], list[cst.EmptyLine]] | None:
        """What takes the place of a statement, and the comments behind it; None for nothing."""
        if isinstance(original, cst.SimpleStatementLine):
            line = cast(cst.SimpleStatementLine, node)
            kept = self._small(original.body, line.body)
            if not kept:
                return None
            return ([line] if kept is line.body else [line.with_changes(body=kept)]), []
        place = self._place(original)
        if place is None:
            return [node], []
        if place[:2] in self._removed:
            return None
        splice = self._splices.get(place[:2])
        if splice is None:
            return [node], []
        statements, above, behind = self._spliced(splice, node)
        if not statements and not behind and not above:
            return None
        lead = [each for each in original.leading_lines if not self._is_about_flag(each)]
        if not statements:
            return [], [*_comments_of(lead), *above, *behind]
        first = statements[0]
        inner = _without_blanks(first.leading_lines)
        statements[0] = first.with_changes(leading_lines=[*lead, *above, *inner])
        return statements, behind

    def _spliced(
        self, splice: Splice, node: _Statement
    ) -> tuple[list[_Statement], list[cst.EmptyLine], list[cst.EmptyLine]]:
        """The statements of the chosen block, the comments above it, and those below it."""
        before: list[_Statement] = [
            self._hoisted(place) for place in splice.before if place not in self._plan.removed
        ]
        block: cst.BaseSuite | None = None
        above: list[cst.EmptyLine] = []
        if splice.branch == "body":
            if isinstance(node, cst.Match):
                block = node.cases[splice.case].body
            else:
                block = cast("cst.If | cst.While | cst.With", node).body
        elif splice.branch == "orelse":
            other = cast("cst.If | cst.While", node).orelse
            if isinstance(other, cst.If):
                return [*before, other], above, []
            if other is not None:
                block = other.body
                above = [*_without_blanks(other.leading_lines)]
        if block is None:
            return before, above, []
        statements, header, behind = self._opened(block)
        return [*before, *statements], [*above, *header], behind

    def _opened(
        self, block: cst.BaseSuite
    ) -> tuple[list[_Statement], list[cst.EmptyLine], list[cst.EmptyLine]]:
        """A block's statements, the comment beside its colon, and the comments at its end."""
        if isinstance(block, cst.SimpleStatementSuite):
            if _is_pass(block.body):
                return [], [], []
            line = cst.SimpleStatementLine(
                block.body, trailing_whitespace=block.trailing_whitespace
            )
            return [line], [], []
        indented = cst.ensure_type(block, cst.IndentedBlock)
        header: list[cst.EmptyLine] = []
        comment = indented.header.comment
        if comment is not None and not _PRAGMA.match(comment.value):
            line_of = cst.EmptyLine(comment=comment)
            header = [] if self._is_about_flag(line_of) else [line_of]
        statements = [cast(_Statement, each) for each in indented.body]
        behind = [*indented.footer]
        if len(statements) == 1:
            only = statements[0]
            if isinstance(only, cst.SimpleStatementLine) and _is_pass(only.body):
                return [], [*header, *_comments_of(only.leading_lines)], behind
        return statements, header, behind

    def _hoisted(self, place: Place) -> cst.SimpleStatementLine:
        expression = self._done[place]
        if isinstance(expression, cst.NamedExpr):
            target = cst.AssignTarget(cst.ensure_type(expression.target, cst.Name))
            return cst.SimpleStatementLine([cst.Assign([target], expression.value)])
        if expression.lpar and not isinstance(expression, cst.Tuple | cst.GeneratorExp):
            expression = expression.with_changes(lpar=(), rpar=())
        return cst.SimpleStatementLine([cst.Expr(expression)])

    def _small(
        self,
        originals: Sequence[cst.BaseSmallStatement],
        updated: Sequence[cst.BaseSmallStatement],
    ) -> Sequence[cst.BaseSmallStatement]:
        kept: list[cst.BaseSmallStatement] = []
        for original, node in zip(originals, updated, strict=True):
            place = self._place(original)
            if place is not None and place[:2] in self._removed:
                continue
            if isinstance(original, cst.Import | cst.ImportFrom):
                imported = self._imported(original, cast("cst.Import | cst.ImportFrom", node))
                if imported is not None:
                    kept.append(imported)
                continue
            kept.append(node)
        if len(kept) == len(originals):
            return updated if list(updated) == kept else kept
        if kept:
            last = kept[-1]
            kept[-1] = last.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        return kept

    def _imported(
        self, original: cst.Import | cst.ImportFrom, node: cst.Import | cst.ImportFrom
    ) -> cst.Import | cst.ImportFrom | None:
        if isinstance(original.names, cst.ImportStar) or isinstance(node.names, cst.ImportStar):
            return node
        pairs = list(zip(original.names, node.names, strict=True))
        kept = [new for old, new in pairs if not self._is_dropped(old)]
        if len(kept) == len(pairs):
            return node
        if not kept:
            return None
        return node.with_changes(names=_ended(kept, node.names[-1]))

    def _staying(
        self, original: _Statement, following: cst.BaseStatement | None
    ) -> list[cst.EmptyLine]:
        """The lines above a removed statement that are not about it: up to the last blank one."""
        lines = list(original.leading_lines)
        place = self._place(original)
        is_heading = _is_import(original) and following is not None and _is_import(following)
        starts_file = place is not None and place.line <= len(lines) + 1
        if is_heading or (starts_file and (_is_import(original) or _is_header(lines))):
            return [each for each in lines if not self._is_about_flag(each)]
        own: list[cst.EmptyLine] = []
        while lines and lines[-1].comment is not None:
            own.insert(0, lines.pop())
        return [*lines, *filter(_is_switch, own)]

    def _is_about_flag(self, line: cst.EmptyLine) -> bool:
        return line.comment is not None and bool(self._names_flag.search(line.comment.value))

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:
        """An `elif` that is decided."""
        orelse = self._orelse(original_node.orelse, updated_node.orelse)
        return updated_node.with_changes(orelse=orelse)

    def _orelse(
        self, original: "cst.If | cst.Else | None", node: "cst.If | cst.Else | None"
    ) -> "cst.If | cst.Else | None":
        if isinstance(node, cst.Else) and isinstance(original, cst.Else):
            return None if self._is_emptied(original.body, node.body) else node
        if not isinstance(original, cst.If) or not isinstance(node, cst.If):
            return node
        place = self._place(original)
        splice = self._splices.get(place[:2]) if place else None
        if splice is None:
            return node
        if splice.branch == "orelse" and not splice.before:
            return node.orelse
        if splice.branch == "none":
            return None
        statements, above, behind = self._spliced(splice, node)
        if not statements:
            return None
        block = node.body if isinstance(node.body, cst.IndentedBlock) else cst.IndentedBlock([])
        body = block.with_changes(body=statements, footer=behind)
        if above:
            first = statements[0]
            body = body.with_changes(
                body=[
                    first.with_changes(leading_lines=[*above, *first.leading_lines]),
                    *statements[1:],
                ],
                header=cst.TrailingWhitespace(),
            )
        lead = [each for each in node.leading_lines if not self._is_about_flag(each)]
        return cst.Else(body, leading_lines=lead)

    def _is_emptied(self, original: cst.BaseSuite, node: cst.BaseSuite) -> bool:
        """Whether nothing but a `pass` that was not there is left of a block."""
        return _is_pass_block(node) and not _is_pass_block(original)

    def leave_While(self, original_node: cst.While, updated_node: cst.While) -> cst.While:
        """A loop whose `else` can no longer be reached."""
        return self._loop(original_node, updated_node)

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        """A loop whose `else` became empty."""
        return self._loop(original_node, updated_node)

    def _loop(self, original: Node, node: Node) -> Node:
        place = self._place(original)
        old, new = (cast("cst.While | cst.For", each).orelse for each in (original, node))
        is_off = place is not None and place[:2] in self._unelse
        if new is not None and old is not None:
            is_off = is_off or self._is_emptied(old.body, new.body)
        return node.with_changes(orelse=None) if is_off else node

    def leave_Try(self, original_node: cst.Try, updated_node: cst.Try) -> cst.Try:
        """A `try` whose `else` became empty."""
        old, new = original_node.orelse, updated_node.orelse
        if old is not None and new is not None and self._is_emptied(old.body, new.body):
            return updated_node.with_changes(orelse=None)
        return updated_node

    def leave_Match(self, original_node: cst.Match, updated_node: cst.Match) -> cst.Match:
        """Cases whose guards are decided."""
        kept: list[cst.MatchCase] = []
        for old, new in zip(original_node.cases, updated_node.cases, strict=True):
            if self._is_dropped(old.pattern):
                continue
            if old.guard is not None and self._is_dropped(old.guard):
                blank = cst.SimpleWhitespace("")
                kept.append(
                    new.with_changes(
                        guard=None, whitespace_before_if=blank, whitespace_after_if=blank
                    )
                )
            else:
                kept.append(new)
        if not kept:
            return updated_node
        if len(kept) == len(updated_node.cases) and all(
            one is other for one, other in zip(kept, updated_node.cases, strict=True)
        ):
            return updated_node
        return updated_node.with_changes(cases=kept)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Decorators that do nothing any more, and lines that keep a function what it is."""
        node = self._decorated(original_node, updated_node)
        place = self._place(original_node)
        start = place[:2] if place else (0, 0)
        first, last = self._first.get(start, ()), self._last.get(start, ())
        if not first and not last:
            return node
        block = node.body
        statements: list[cst.BaseStatement]
        if isinstance(block, cst.SimpleStatementSuite):
            statements = [cst.SimpleStatementLine(block.body)]
            block = cst.IndentedBlock([])
        else:
            block = cst.ensure_type(block, cst.IndentedBlock)
            statements = list(block.body)
        at = 1 if node.get_docstring(clean=False) is not None else 0
        statements[at:at] = map(_line, first)
        if last and len(statements) == 1 and _is_pass_block(block):
            statements = []
        statements += map(_line, last)
        return node.with_changes(body=block.with_changes(body=statements))

    def leave_ClassDef(
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        """Decorators that do nothing any more."""
        return self._decorated(original_node, updated_node)

    def _decorated(self, original: Node, node: Node) -> Node:
        old = cast("cst.FunctionDef | cst.ClassDef", original).decorators
        new = cast("cst.FunctionDef | cst.ClassDef", node).decorators
        pairs = zip(old, new, strict=True)
        kept = [after for before, after in pairs if not self._is_dropped(before.decorator)]
        return node if len(kept) == len(new) else node.with_changes(decorators=kept)


def _ended(kept: list[Node], last: Node) -> list[Node]:
    """Elements of which the last one ends as the last one did, with or without a comma."""
    if kept:
        kept[-1] = kept[-1].with_changes(comma=last.comma)  # type: ignore[attr-defined]
    return kept


def _followed(element: cst.BaseElement, gone: cst.BaseElement) -> cst.BaseElement:
    """An element without the comments that stood above the one that is gone behind it."""
    if not isinstance(element.comma, cst.Comma) or not isinstance(gone.comma, cst.Comma):
        return element
    mine, its = element.comma.whitespace_after, gone.comma.whitespace_after
    if not isinstance(mine, cst.ParenthesizedWhitespace) or not isinstance(
        its, cst.ParenthesizedWhitespace
    ):
        return element
    space = mine.with_changes(empty_lines=its.empty_lines, last_line=its.last_line)
    return element.with_changes(comma=element.comma.with_changes(whitespace_after=space))


def _line(code: str) -> cst.SimpleStatementLine:
    return cst.ensure_type(cst.parse_statement(code), cst.SimpleStatementLine)


def _is_pass(body: Sequence[cst.BaseSmallStatement]) -> bool:
    return len(body) == 1 and isinstance(body[0], cst.Pass)


def _is_pass_block(block: cst.BaseSuite) -> bool:
    if isinstance(block, cst.SimpleStatementSuite):
        return _is_pass(block.body)
    indented = cst.ensure_type(block, cst.IndentedBlock)
    only = indented.body[0] if len(indented.body) == 1 else None
    return isinstance(only, cst.SimpleStatementLine) and _is_pass(only.body)


def _has_blanks(statement: cst.BaseStatement) -> bool:
    lines: Lines = cast(_Statement, statement).leading_lines
    return any(each.comment is None for each in lines)


def _is_docstring(statement: cst.BaseStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    only = statement.body[0]
    return isinstance(only, cst.Expr) and isinstance(only.value, cst.SimpleString)


def _is_import(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(each, cst.Import | cst.ImportFrom) for each in statement.body
    )


def _is_header(lines: Lines) -> bool:
    return any(each.comment is not None and _HEADER.search(each.comment.value) for each in lines)


def _has_comment(space: cst.ParenthesizedWhitespace) -> bool:
    return space.first_line.comment is not None or bool(_comments_of(space.empty_lines))


def _is_switch(line: cst.EmptyLine) -> bool:
    return line.comment is not None and _SWITCH.match(line.comment.value) is not None


def _comments_of(lines: Lines) -> list[cst.EmptyLine]:
    return [each for each in lines if each.comment is not None]


def _without_blanks(lines: Lines) -> list[cst.EmptyLine]:
    """The lines from the first comment on."""
    at = next((n for n, each in enumerate(lines) if each.comment is not None), len(lines))
    return list(lines[at:])


def _joined(carried: Lines, lines: Lines) -> list[cst.EmptyLine]:
    """Lines that come together where a statement was: of two runs of blank ones, the longer."""
    if any(each.comment is not None for each in carried):
        return [*carried, *lines]
    blanks = len(lines) - len(_without_blanks(lines))
    return [*carried, *lines[blanks:]] if len(carried) > blanks else list(lines)
