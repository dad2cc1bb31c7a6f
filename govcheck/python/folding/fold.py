"""Folding a module on its syntax tree: values for reads, live branches for conditions."""

import ast
from collections.abc import Iterable, Sequence
from copy import copy
from typing import TypeVar, cast

from govcheck.python.folding import setups
from govcheck.python.folding.facts import Facts
from govcheck.python.folding.flags import Constant
from govcheck.python.folding.hot import hot_nodes
from govcheck.python.folding.plan import Branch, Place, Places, Plan, Splice

Node = TypeVar("Node", bound=ast.AST)

_BOOLEAN_CALLS = frozenset(
    {"bool", "isinstance", "issubclass", "callable", "hasattr", "any", "all"}
)
_UNSAFE = " (--unsafe-fixes takes dead tests out)"
_SKIPS = {"skipif": True, "skipIf": True, "skipUnless": False}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class RefusedError(Exception):
    """The module cannot be folded for certain; `line` says where, the message why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class Folder:
    """Folds one module. `plan` collects what it did."""

    def __init__(self, facts: Facts, places: Places) -> None:
        self.facts = facts
        self.places = places
        self.plan = Plan()
        self.words = {*facts.setting.flags, *facts.setting.fields}
        self.assumed: set[str] = set()
        self._hot = hot_nodes(facts)
        self._folded: dict[ast.AST, Constant] = {}
        self._idle: set[ast.expr] = set()
        self._dead_cases: dict[ast.expr, tuple[ast.expr, ...]] = {}
        self._tails: dict[ast.AST, Place] = {}
        self._certain: dict[ast.AST, tuple[bool, tuple[ast.expr, ...]]] = {}

    def module(self) -> ast.Module:
        """The folded module.

        Raises:
            RefusedError: behaviour could not be kept.
        """
        tree = copy(self.facts.tree)
        tree.body = self.block(tree.body)
        return tree

    # Expressions.

    def expression(self, node: ast.expr, *, truth: bool = False) -> ast.expr:
        """The folded expression; `truth` tells that only its truth matters."""
        if node not in self._hot:
            return node
        if not isinstance(getattr(node, "ctx", None), ast.Load | None):
            return self._children(node)
        outcome = self.facts.value(node, truth=truth)
        if outcome is not None and not self._binds(node) and not self._chooses(node):
            if not truth and self._holds_choice(node, outcome[0]):
                return node
            return self._constant(node, outcome[0])
        match node:
            case ast.BoolOp():
                return self._boolean(node, truth)
            case ast.UnaryOp(op=ast.Not()):
                return self._negation(node)
            case ast.IfExp():
                return self._conditional(node, truth)
            case ast.Call() if doomed := self._doomed_arguments(node):
                self.plan.drops.update(map(self.places.of, doomed))
                call = self._children(node)
                pairs = zip(node.args, call.args, strict=True)
                keywords = zip(node.keywords, call.keywords, strict=True)
                return self._with(
                    call,
                    args=[new for old, new in pairs if old not in doomed],
                    keywords=[new for old, new in keywords if old.value not in doomed],
                )
            case ast.Lambda():
                new = copy(node)
                new.args = self._arguments(node.args)
                new.body = self.expression(node.body)
                return new
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                comprehension = copy(node)
                comprehension.generators = [self._clause(each) for each in node.generators]
                comprehension.elt = self.expression(node.elt)
                return comprehension
            case ast.DictComp():
                mapping = copy(node)
                mapping.generators = [self._clause(each) for each in node.generators]
                mapping.key, mapping.value = map(self.expression, (node.key, node.value))
                return mapping
            case _:
                return self._children(node)

    def _constant(self, node: ast.expr, value: Constant) -> ast.expr:
        literal = ast.Constant(value)
        new: ast.expr = literal
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and self.facts.value(each) is not None:
                self.words.add(each.id)
            elif isinstance(each, ast.Attribute) and self.facts.value(each) is not None:
                self.words.add(each.attr)
                self.assumed.add(each.attr)
        if isinstance(value, int) and not isinstance(value, bool) and value < 0:
            literal.value = -value
            new = ast.UnaryOp(ast.USub(), literal)
        ast.copy_location(literal, node)
        ast.copy_location(new, node)
        self.plan.values[self.places.of(node)] = repr(value)
        self._folded[new] = value
        return new

    def _chooses(self, node: ast.expr) -> bool:
        """Whether an expression gives one of its own parts, which then stays as it is written."""
        match node:
            case ast.BinOp():
                outcome = self.facts.value(node)
                return outcome is not None and isinstance(outcome[0], str)
            case ast.IfExp():
                return self.facts.value(node.test, truth=True) is not None
            case ast.BoolOp():
                last = node.values[-1]
                return all(self.facts.value(each, truth=True) for each in node.values[:-1]) and (
                    isinstance(last, ast.Constant)
                )
            case _:
                return False

    def _holds_choice(self, node: ast.expr, value: Constant) -> bool:
        """Whether a name holds what a flag chose, such as a limit, which is worth its name."""
        if isinstance(value, bool) or not isinstance(node, ast.Name | ast.Attribute):
            return False
        while isinstance(node, ast.Name | ast.Attribute):
            bound = self.facts.bound_to(node)
            if not isinstance(bound, ast.expr):
                return False
            node = bound
        return isinstance(node, ast.IfExp) or self._chooses(node)

    def _binds(self, node: ast.expr) -> bool:
        """Whether evaluating an expression binds a name that something reads."""
        for each in ast.walk(node):
            if isinstance(each, ast.NamedExpr):
                owner = self.facts.scopes.owner[each.target]
                loads = owner.loads.get(each.target.id, [])
                if not self.facts.is_settled(owner, each.target.id):
                    return True
                values = [self.facts.value(load) for load in loads]
                if any(
                    value is None or self._holds_choice(load, value[0])
                    for load, value in zip(loads, values, strict=True)
                ):
                    return True
                if owner is self.facts.scopes.module:
                    self.assumed.add(each.target.id)
        return False

    def _known(self, node: ast.expr) -> tuple[bool, tuple[ast.expr, ...]] | None:
        """The truth of a folded expression, and what has to be evaluated all the same."""
        if node in self._folded:
            return bool(self._folded[node]), ()
        return self._certain.get(node)

    def _boolean(self, node: ast.BoolOp, truth: bool) -> ast.expr:
        is_and = isinstance(node.op, ast.And)
        kept: list[ast.expr] = []
        dropped: list[ast.expr] = []
        for number, operand in enumerate(node.values):
            is_last = number == len(node.values) - 1
            new = self.expression(operand, truth=truth)
            if new not in self._folded:
                kept.append(new)
            elif bool(self._folded[new]) != is_and:
                kept.append(new)
                dropped += node.values[number + 1 :]
                break
            elif is_last and not (kept and (truth or self._are_boolean([*kept, new]))):
                kept.append(new)
            else:
                dropped.append(operand)
        last = kept[-1]
        if len(kept) > 1 and truth and last in self._folded:
            if all(map(self.facts.is_pure, kept[:-1])):
                return self._constant(node, bool(self._folded[last]))
            rest: ast.expr = kept[0]
            if len(kept) > 2:
                rest = ast.copy_location(ast.BoolOp(node.op, kept[:-1]), node)
                self._tails[rest] = self.places.of(last)
            effect = (bool(self._folded[last]), (rest,))
        else:
            effect = None
        self.plan.drops.update(map(self.places.of, dropped))
        if len(kept) == 1:
            if last in self._folded:
                return self._constant(node, self._folded[last])
            self.plan.takes[self.places.of(node)] = self.places.of(last)
            return last
        new_node = copy(node)
        new_node.values = kept
        if effect is not None:
            self._certain[new_node] = effect
        return new_node

    def _are_boolean(self, nodes: list[ast.expr]) -> bool:
        return all(map(self._is_boolean, nodes))

    def _is_boolean(self, node: ast.expr) -> bool:
        """Whether an expression gives True or False and nothing else."""
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return True
            case ast.Compare():
                plain = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
                return all(isinstance(sign, plain) for sign in node.ops)
            case ast.Call(func=ast.Name()):
                return self.facts.qualified(node.func) in _BOOLEAN_CALLS
            case ast.BoolOp():
                return self._are_boolean(node.values)
            case _:
                return isinstance(self._folded.get(node), bool)

    def _negation(self, node: ast.UnaryOp) -> ast.expr:
        operand = self.expression(node.operand, truth=True)
        if operand in self._folded:
            return self._constant(node, not self._folded[operand])
        new = copy(node)
        new.operand = operand
        if (known := self._known(operand)) is not None:
            self._certain[new] = (not known[0], known[1])
        return new

    def _conditional(self, node: ast.IfExp, truth: bool) -> ast.expr:
        test = self.expression(node.test, truth=True)
        if test in self._folded:
            chosen = node.body if self._folded[test] else node.orelse
            new = self.expression(chosen, truth=truth)
            if new in self._folded:
                return self._constant(node, self._folded[new])
            self.plan.takes[self.places.of(node)] = self.places.of(chosen)
            return new
        other = copy(node)
        other.test = test
        other.body = self.expression(node.body, truth=truth)
        other.orelse = self.expression(node.orelse, truth=truth)
        return other

    def _clause(self, clause: ast.comprehension) -> ast.comprehension:
        new = copy(clause)
        new.iter = self.expression(clause.iter)
        new.ifs = []
        for condition in clause.ifs:
            test = self.expression(condition, truth=True)
            if self._folded.get(test):
                self.plan.drops.add(self.places.of(condition))
            else:
                new.ifs.append(test)
        return new

    def _doomed_arguments(self, call: ast.Call) -> set[ast.expr]:
        """The arguments for parameters that go, as the flag decides them for all calls."""
        parameters = self.facts.parameters
        function = parameters.called(call)
        if function is None:
            return set()
        given = function.args
        doomed = set()
        for each in (*given.posonlyargs, *given.args, *given.kwonlyargs):
            if parameters.given(each) is not None:
                doomed |= {*call.args, *(k.value for k in call.keywords)} & {
                    parameters.argument(function, call, each)
                }
        return doomed

    def _children(self, node: Node) -> Node:
        """The node with its parts folded; the node itself where none is."""
        changed: dict[str, object] = {}
        for name, value in ast.iter_fields(node):
            match value:
                case ast.expr():
                    part: object = self.expression(value)
                case ast.keyword() | ast.arguments():
                    part = self._children(value)
                case list() if value and isinstance(value[0], ast.AST | None):
                    part = [self._part(each) for each in value]
                    if all(one is other for one, other in zip(part, value, strict=True)):
                        continue
                case _:
                    continue
            if part is not value:
                changed[name] = part
        return self._with(node, **changed) if changed else node

    def _part(self, node: object) -> object:
        match node:
            case ast.expr():
                return self.expression(node)
            case ast.keyword():
                return self._children(node)
            case _:
                return node

    def _arguments(self, arguments: ast.arguments) -> ast.arguments:
        new = copy(arguments)
        new.defaults = [self.expression(each) for each in arguments.defaults]
        new.kw_defaults = [each and self.expression(each) for each in arguments.kw_defaults]
        positional = [*arguments.posonlyargs, *arguments.args]
        doomed = {
            each
            for each in (*positional, *arguments.kwonlyargs)
            if self.facts.parameters.given(each) is not None
        }
        if not doomed:
            return new
        self.plan.drops.update(map(self.places.of, doomed))
        self.words.update(each.arg for each in doomed)
        new.posonlyargs = [each for each in arguments.posonlyargs if each not in doomed]
        new.args = [each for each in arguments.args if each not in doomed]
        new.kwonlyargs = [each for each in arguments.kwonlyargs if each not in doomed]
        with_default = positional[len(positional) - len(new.defaults) :]
        new.defaults = [
            default
            for each, default in zip(with_default, new.defaults, strict=True)
            if each not in doomed
        ]
        new.kw_defaults = [
            default
            for each, default in zip(arguments.kwonlyargs, new.kw_defaults, strict=True)
            if each not in doomed
        ]
        return new

    # Statements.

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The folded statements, without those that can no longer be reached."""
        new: list[ast.stmt] = []
        for number, statement in enumerate(statements):
            folded = self.statement(statement)
            new += folded
            if folded != [statement] and ends(folded) and not ends([statement]):
                self.plan.removed.update(map(self.places.of, statements[number + 1 :]))
                break
        return new

    def filled(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """A folded block that must not be empty."""
        return self.block(statements) or [ast.Pass()]

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        """What becomes of a statement."""
        if node not in self._hot:
            return [node]
        match node:
            case ast.If():
                return self._if(node)
            case ast.While():
                return self._while(node)
            case ast.Assert():
                return self._assert(node)
            case ast.Expr():
                value = self.expression(node.value)
                if value in self._folded or self._is_idle_setup(node.value):
                    self.plan.removed.add(self.places.of(node))
                    return []
                return [self._with(node, value=value)]
            case ast.For() | ast.AsyncFor():
                return [
                    self._with(
                        node,
                        iter=self.expression(node.iter),
                        body=self.filled(node.body),
                        orelse=self.block(node.orelse),
                    )
                ]
            case ast.With() | ast.AsyncWith():
                return self._within(node)
            case ast.Try() | ast.TryStar():
                handlers = [
                    self._with(
                        each,
                        type=each.type and self.expression(each.type),
                        body=self.filled(each.body),
                    )
                    for each in node.handlers
                ]
                return [
                    self._with(
                        node,
                        body=self.filled(node.body),
                        handlers=handlers,
                        orelse=self.block(node.orelse),
                        finalbody=self._final(node.finalbody),
                    )
                ]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if self._is_dead_test(node):
                    self.plan.removed.add(self.places.of(node))
                    return []
                return [self._function(node)]
            case ast.ClassDef():
                if self._is_dead_test(node):
                    self.plan.removed.add(self.places.of(node))
                    return []
                new = copy(node)
                new.bases = [self.expression(each) for each in node.bases]
                new.keywords = [self._children(each) for each in node.keywords]
                new.decorator_list = self._decorators(node)
                new.body = self.filled(node.body)
                return [new]
            case ast.Match():
                return self._match(node)
            case _:
                return [self._children(node)]

    def _within(self, node: ast.With | ast.AsyncWith) -> list[ast.stmt]:
        items = []
        for item in node.items:
            context = self._setup(item.context_expr, node.body)
            if context is None and item.optional_vars is None:
                self.plan.drops.add(self.places.of(item.context_expr))
            else:
                items.append(self._with(item, context_expr=context or item.context_expr))
        if items:
            return [self._with(node, items=items, body=self.filled(node.body))]
        self.plan.splices[self.places.of(node)] = Splice("body")
        return self._opened(node.body)

    def _setup(self, node: ast.expr, body: Iterable[ast.stmt]) -> ast.expr | None:
        """What sets flags for a test's body, without those it sets to their final values."""
        if not isinstance(node, ast.Call) or node not in self._hot:
            return self.expression(node)
        found = list(setups.settings(self.facts, node))
        doomed = {each for _, verdict, each in found if verdict == "final"}
        if not doomed:
            return self.expression(node)
        self.plan.drops.update(map(self.places.of, doomed))
        new, is_emptied = setups.without(node, doomed)
        return None if is_emptied and not setups.writes_environment(self.facts, body) else new

    def _is_idle_setup(self, node: ast.expr) -> bool:
        """Whether a statement sets a flag to its final value, which nothing reads any more."""
        if node in self._idle:
            return True
        found = setups.verdict(self.facts, node) if isinstance(node, ast.Call) else None
        return found is not None and found[1] == "final"

    def _is_dead_test(self, node: Definition) -> bool:
        """Whether a test sets a flag to another value: it tests what is gone.

        Raises:
            RefusedError: it does, and only an unsafe fix may remove it.
        """
        parts = setups.parts(self.facts, node)
        other = parts.is_other
        is_test = node.name.lower().startswith("test") or isinstance(node, ast.ClassDef)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for cases in setups.cases(self.facts, node):
                self._idle.add(cases.call)
                self._dead_cases[cases.listed] = cases.dead
                other = other or len(cases.dead) == len(cases.listed.elts)
                if cases.dead and not self.facts.setting.unsafe:
                    message = f"{node.name} sets {cases.flag} to other values{_UNSAFE}"
                    raise RefusedError(cases.dead[0].lineno, message)
        message = f"{node.name} sets the flag to another value"
        if parts.is_other and parts.live is not None:
            raise RefusedError(parts.live.lineno, f"{message}, yet also tests what stays")
        if other and not (self.facts.setting.unsafe and is_test):
            raise RefusedError(node.lineno, message + (_UNSAFE if is_test else ""))
        return other

    def _with(self, node: Node, **fields: object) -> Node:
        new = copy(node)
        for name, value in fields.items():
            setattr(new, name, value)
        return new

    def _final(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return self.filled(body) if body else []

    def _if(self, node: ast.If) -> list[ast.stmt]:
        test = self._test(node.test)
        known = self._known(test)
        if known is None:
            body = self.block(node.body)
            orelse = self.block(node.orelse)
            if not body and not orelse and self.facts.is_pure(test):
                self.plan.splices[self.places.of(node)] = Splice("none")
                return []
            return [self._with(node, test=test, body=body or [ast.Pass()], orelse=orelse)]
        value, before = known
        return self._spliced(node, "body" if value else "orelse", before)

    def _test(self, node: ast.expr) -> ast.expr:
        """A condition of `if`, where a call can still be made for what it does."""
        negated, inner = False, node
        while isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not):
            negated, inner = not negated, inner.operand
        if isinstance(inner, ast.Call) and (flag := self.facts.accessed(inner)) is not None:
            value = self.facts.setting.flags[flag].value
            effects = self.facts.effects(inner)
            if effects and value is not None and len(effects) == 1:
                self._certain[node] = (bool(value) != negated, tuple(effects))
                return node
        if isinstance(node, ast.NamedExpr):
            outcome = self.facts.value(node.value)
            if outcome is not None and self._binds(node):
                new = self._children(node)
                self._certain[new] = (bool(outcome[0]), (new,))
                return new
        return self.expression(node, truth=True)

    def _spliced(
        self, node: ast.If | ast.While, branch: Branch, before: Iterable[ast.expr]
    ) -> list[ast.stmt]:
        before = tuple(before)
        hoisted = [_statement_of(each) for each in before]
        places = tuple(map(self.places.of, before))
        self.plan.splices[self.places.of(node)] = Splice(branch, before=places)
        self.plan.drops.update(self._tails[each] for each in before if each in self._tails)
        return hoisted + self._opened(node.body if branch == "body" else node.orelse)

    def _opened(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """A folded block that takes the place of its statement: there, `pass` says nothing."""
        new = self.block(statements)
        return [] if _is_pass(new) else new

    def _while(self, node: ast.While) -> list[ast.stmt]:
        test = self.expression(node.test, truth=True)
        if test not in self._folded:
            return [
                self._with(
                    node, test=test, body=self.filled(node.body), orelse=self.block(node.orelse)
                )
            ]
        if not self._folded[test]:
            return self._spliced(node, "orelse", ())
        new = self._with(node, test=test, body=self.filled(node.body), orelse=[])
        if node.orelse:
            self.plan.unelse.add(self.places.of(node))
        return [new]

    def _assert(self, node: ast.Assert) -> list[ast.stmt]:
        test = self.expression(node.test, truth=True)
        if self._folded.get(test):
            self.plan.removed.add(self.places.of(node))
            return []
        return [self._with(node, test=test, msg=node.msg and self.expression(node.msg))]

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
        new = copy(node)
        new.args = self._arguments(node.args)
        new.decorator_list = self._decorators(node)
        body = self.block(node.body)
        place = self.places.of(node)
        lost = [name for name in _declared(node.body) if name not in _declared(body)]
        declarations = [keyword([name]) for keyword, name in lost if _mentions(body, name)]
        if declarations:
            self.plan.first[place] = tuple(map(ast.unparse, declarations))
            start = 1 if ast.get_docstring(node, clean=False) is not None else 0
            body[start:start] = declarations
        if _yields(node.body) and not _yields(body):
            ending: list[ast.stmt] = [] if ends(body) else [ast.Return(None)]
            ending.append(ast.Expr(ast.Yield(None)))
            body = [] if _is_pass(body) else body
            self.plan.last[place] = tuple(map(ast.unparse, ending))
            body += ending
        new.body = body or [ast.Pass()]
        return new

    def _decorators(self, definition: Definition) -> list[ast.expr]:
        kept = []
        for node in definition.decorator_list:
            new = self._without_dead_cases(node) or self._setup(node, definition.body)
            if new is None or self._is_void(node, new):
                self.plan.drops.add(self.places.of(node))
            else:
                kept.append(new)
        return kept

    def _without_dead_cases(self, node: ast.expr) -> ast.expr | None:
        listed = node.args[1] if isinstance(node, ast.Call) and len(node.args) > 1 else None
        if not isinstance(listed, ast.List | ast.Tuple) or listed not in self._dead_cases:
            return None
        dead = self._dead_cases[listed]
        self.plan.drops.update(map(self.places.of, dead))
        kept = self._with(listed, elts=[each for each in listed.elts if each not in dead])
        call = cast(ast.Call, node)
        return self._with(call, args=[call.args[0], kept, *call.args[2:]])

    def _is_void(self, node: ast.expr, new: ast.expr) -> bool:
        """Whether a decorator no longer does anything: a skip that never skips, a guard passed."""
        if not isinstance(node, ast.Call) or not isinstance(new, ast.Call):
            return False
        name = self.facts.qualified(node.func)
        skips = _SKIPS.get(name.rpartition(".")[2])
        if skips is not None and name.partition(".")[0] in ("pytest", "unittest") and new.args:
            condition = self.facts.value(node.args[0], truth=True)
            return condition is not None and condition[0] != skips
        guards = self.facts.setting.decorators
        if any(name == guard or name.endswith(f".{guard}") for guard in guards) and node.args:
            key = node.args[0]
            flag = (
                self.facts.setting.flags.get(key.value)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
                else None
            )
            return flag is not None and flag.value is True
        return False

    def _match(self, node: ast.Match) -> list[ast.stmt]:
        subject = self.expression(node.subject)
        if subject in self._folded:
            chosen = self._matching(node, self._folded[subject])
            if chosen is not None:
                case = node.cases[chosen] if chosen < len(node.cases) else None
                splice = Splice("body" if case else "none", case=chosen)
                self.plan.splices[self.places.of(node)] = splice
                return self._opened(case.body) if case else []
        cases: list[ast.match_case] = []
        for case in node.cases:
            guard = case.guard and self.expression(case.guard, truth=True)
            new = self._with(case, guard=guard)
            if guard is not None and guard in self._folded:
                if not self._folded[guard]:
                    self._must_capture_nothing(case)
                    self.plan.drops.add(self.places.of(case.pattern))
                    continue
                self.plan.drops.add(self.places.of(cast(ast.expr, case.guard)))
                new.guard = None
            new.body = self.filled(case.body)
            cases.append(new)
            if new.guard is None and case.guard is not None and _is_irrefutable(case.pattern):
                later = node.cases[node.cases.index(case) + 1 :]
                self.plan.drops.update(self.places.of(each.pattern) for each in later)
                break
        if cases:
            return [self._with(node, subject=subject, cases=cases)]
        if self.facts.is_pure(node.subject):
            self.plan.splices[self.places.of(node)] = Splice("none")
            return []
        place = self.places.of(node.subject)
        self.plan.splices[self.places.of(node)] = Splice("none", before=(place,))
        return [_statement_of(subject)]

    def _must_capture_nothing(self, case: ast.match_case) -> None:
        """A pattern binds its names also where the guard then fails (PEP 634).

        Raises:
            RefusedError: something outside of the case may want such a name.
        """
        scopes = self.facts.scopes
        for node in ast.walk(case.pattern):
            for scope in scopes.all:
                for name in [n for n, bindings in scope.bindings.items() if node in bindings]:
                    if scope is scopes.module:
                        self.assumed.add(name)
                    is_wanted = scope is scopes.module and self.facts.setting.is_elsewhere(name)
                    outside = [n for n in scope.loads.get(name, ()) if case not in self._above(n)]
                    if scope.kind == "class" or is_wanted or outside:
                        line = outside[0].lineno if outside else case.pattern.lineno
                        message = f"only a case that goes binds {name!r}, which is used here"
                        raise RefusedError(line, message)

    def _above(self, node: ast.AST) -> set[ast.AST]:
        return {node, *self.facts.scopes.ancestors(node)}

    def _matching(self, node: ast.Match, value: object) -> int | None:
        """The number of the case that a known subject matches; one more than there are: none."""
        for number, case in enumerate(node.cases):
            if case.guard is not None:
                return None
            match _matches(case.pattern, value):
                case True:
                    return number
                case None:
                    return None
        return len(node.cases)


def _matches(pattern: ast.pattern, value: object) -> bool | None:
    """Whether a pattern of literals matches a value; None where it is another kind of pattern."""
    match pattern:
        case ast.MatchValue(value=ast.Constant(value=literal)):
            return literal == value
        case ast.MatchSingleton():
            return pattern.value is value
        case ast.MatchAs(pattern=None, name=None):
            return True
        case ast.MatchOr():
            verdicts = [_matches(each, value) for each in pattern.patterns]
            return None if None in verdicts else any(verdicts)
        case _:
            return None


def _is_pass(statements: Sequence[ast.stmt]) -> bool:
    return len(statements) == 1 and isinstance(statements[0], ast.Pass)


def _is_irrefutable(pattern: ast.pattern) -> bool:
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _is_irrefutable(inner)
        case ast.MatchOr():
            return any(map(_is_irrefutable, pattern.patterns))
        case _:
            return False


def ends(statements: Sequence[ast.stmt]) -> bool:
    """Whether control never leaves a block at its end."""
    return any(map(_ends, statements))


def _ends(node: ast.stmt) -> bool:
    match node:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.If():
            return bool(node.orelse) and ends(node.body) and ends(node.orelse)
        case ast.While(test=ast.Constant(value=True)):
            return not any(_breaks(each) for each in node.body)
        case _:
            return False


def _breaks(node: ast.stmt) -> bool:
    """Whether a statement of a loop's body breaks out of that loop."""
    if isinstance(node, ast.Break):
        return True
    if isinstance(node, ast.For | ast.AsyncFor | ast.While):
        return any(map(_breaks, node.orelse))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    blocks += [each.body for each in getattr(node, "handlers", [])]
    blocks += [each.body for each in getattr(node, "cases", [])]
    return any(_breaks(each) for block in blocks for each in block)


def _statement_of(expression: ast.expr) -> ast.stmt:
    if isinstance(expression, ast.NamedExpr):
        target = ast.copy_location(ast.Name(expression.target.id, ast.Store()), expression.target)
        return ast.copy_location(ast.Assign([target], expression.value), expression)
    return ast.copy_location(ast.Expr(expression), expression)


_Declaration = tuple[type[ast.Global | ast.Nonlocal], str]


def _own(statements: Iterable[ast.AST]) -> Iterable[ast.AST]:
    """The nodes of a function's body that are not in an inner scope."""
    waiting = list(statements)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting += node.decorator_list
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _declared(body: Iterable[ast.stmt]) -> list[_Declaration]:
    found: list[_Declaration] = []
    for node in _own(body):
        if isinstance(node, ast.Global | ast.Nonlocal):
            found += [(type(node), name) for name in node.names]
    return sorted(found, key=lambda each: each[1])


def _mentions(body: Iterable[ast.stmt], name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in _own(body))


def _yields(body: Iterable[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own(body))
