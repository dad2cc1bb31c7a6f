"""Folding: retired flags out of Python code, with behaviour kept.

The value of a flag takes the place of what reads it, and is carried through names, comparisons and
branches; then what became dead or unused goes. It is decided on Python's syntax tree and carried
out by LibCST, and only a result that parses to exactly what was decided is used.
"""

import ast
import warnings
from dataclasses import dataclass, field

from govcheck.python.folding.cleanup import Cleanup
from govcheck.python.folding.facts import Facts, Outcome
from govcheck.python.folding.flags import Constant, Retired, Setting
from govcheck.python.folding.fold import Folder, RefusedError
from govcheck.python.folding.plan import Places
from govcheck.python.folding.remains import remains
from govcheck.python.folding.rewrite import UnchangedError, rewrite

_MAX_ROUNDS = 5

__all__ = ["Exports", "Folded", "Refusal", "Retired", "Setting", "exports", "fold"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a module is left alone, and the 1-based line that says so."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Folded:
    """What became of a module: its text, which is the old one where there is a refusal.

    `assumed` are names of the module that no other file may know, or it is wrong: fold again with
    what other files do with them; `imports` are those that it imported and no longer does. `unused`
    are public names that nothing in the module uses now.
    """

    text: str
    refusal: Refusal | None = None
    assumed: frozenset[str] = frozenset()
    unused: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()


def fold(text: str, setting: Setting) -> Folded:
    """Fold one module, until folding it again changes nothing."""
    folded = _attempt(text, setting)
    for _ in range(_MAX_ROUNDS):
        if folded.text == text or folded.refusal is not None:
            return folded
        again = _attempt(folded.text, setting)
        if again.text == folded.text:
            return folded
        folded = Folded(
            again.text,
            assumed=folded.assumed | again.assumed,
            unused=folded.unused | again.unused,
            imports=folded.imports | again.imports,
        )
    return Folded(text, Refusal(1, "folding it again would always change it"))


def _attempt(text: str, setting: Setting) -> Folded:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return Folded(text, Refusal(line, "this Python cannot parse it"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return _fold(text, tree, setting)
    except RefusedError as error:
        return Folded(text, Refusal(error.line, str(error)))
    except UnchangedError as error:
        return Folded(text, Refusal(1, str(error)))
    except RecursionError:
        return Folded(text, Refusal(1, "it nests too deeply"))


@dataclass(frozen=True, slots=True)
class Exports:
    """The names of a module that hold the values of flags, and nothing else ever.

    `inert` tells that importing the module does nothing but define names.
    """

    names: dict[str, Constant] = field(default_factory=dict)
    inert: bool = False


def exports(text: str, setting: Setting) -> Exports:
    """What other modules may know of a module."""
    try:
        facts = Facts(ast.parse(text), setting)
        module = facts.scopes.module
        found: dict[str, Outcome] = {n: (setting.flags[n].value,) for n in facts.constants}
        for name, bindings in module.bindings.items():
            if facts.is_settled(module, name) and facts.is_certain(bindings[0]):
                found[name] = found.get(name) or facts.held(bindings[0])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Exports()
    names = {name: value[0] for name, value in found.items() if value is not None}
    return Exports(names, facts.is_inert)


def _fold(text: str, tree: ast.Module, setting: Setting) -> Folded:
    facts = Facts(tree, setting)
    places = Places(text)
    folder = Folder(facts, places)
    target = folder.module()
    cleanup = Cleanup(facts, places, folder.plan)
    target = cleanup.module(target)
    remains(facts, target)
    if not folder.plan.places:
        return Folded(text)
    result = rewrite(places.lines, tree, folder.plan, folder.words)
    try:
        agrees = ast.dump(ast.parse(result)) == ast.dump(target)
        if _compiles(text):
            compile(result, "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise UnchangedError(f"the result would not compile: {error}") from error
    if not agrees:
        raise UnchangedError("two ways to fold it disagree")
    return Folded(
        result,
        assumed=frozenset(facts.assumed | folder.assumed | cleanup.assumed),
        unused=frozenset(cleanup.unused),
        imports=frozenset(cleanup.imports),
    )


def _compiles(text: str) -> bool:
    """Whether the compiler takes a module: it knows more mistakes than the parser."""
    try:
        compile(text, "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
