"""The outline of a Python file: its tests, classes and marks, as far as they can be read.

Every file is read on its own, by `reading`, so that what is learnt of it can be remembered; names
of other files stay names. What pytest makes of it ("How to mark test functions with attributes") is
for `suite`.
"""

from typing import Any, NamedTuple, cast


class Mark(NamedTuple):
    """A mark as it is written, at the offsets of the expression.

    `name` is that of the marker; where another module names it, it is empty and `alias` is the
    dotted name there. Where neither is known, it stands for what may add marks, or take those that
    follow it away. `reason` is the text of its reason, empty where it is computed, None where
    there is none. `is_conditional` tells that its first argument decides, `strict` what a strict
    xfail says: "true", "false", or nothing. `arguments` are those that are strings.
    """

    name: str
    start: int
    end: int
    alias: str = ""
    reason: str | None = None
    is_conditional: bool = False
    strict: str = ""
    arguments: tuple[str, ...] = ()


class Skip(NamedTuple):
    """A call that skips, or expects a failure, while a test runs; `always`: every run does."""

    kind: str
    start: int
    end: int
    reason: str | None
    always: bool
    before: int
    after: int


class Function(NamedTuple):
    """A function or method: its name is at (`start`, `end`), it is from `first` to `stop`.

    `param_marks` are those of single cases of `parametrize`, or of a fixture, which `is_automatic`
    if tests use it without asking. `is_opaque` tells that something
    which cannot be read may add marks, or that another function may go by its name.
    """

    name: str
    start: int
    end: int
    first: int
    stop: int
    indent: str
    marks: tuple[Mark, ...] = ()
    param_marks: tuple[Mark, ...] = ()
    parameters: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    is_fixture: bool = False
    is_opaque: bool = False
    is_automatic: bool = False


class Class(NamedTuple):
    """A class; `bases` are dotted names, empty where they are computed.

    `hidden` are the names that stand for anything else than the functions and classes, `abstract`
    the methods that a subclass is to write. `test` is what `__test__` says: "on", "off", nothing,
    or "unclear".
    """

    name: str
    start: int
    end: int
    first: int
    indent: str
    bases: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    functions: tuple[Function, ...] = ()
    classes: "tuple[Class, ...]" = ()
    hidden: tuple[str, ...] = ()
    abstract: tuple[str, ...] = ()
    is_abstract: bool = False
    test: str = ""
    is_opaque: bool = False


class Outline(NamedTuple):
    """What a file holds.

    `aliases` are the marks that names of the module stand for, `stars` the modules that it imports
    all names of, `exported` its `__all__`. `pytestmark` is the place of the value that is assigned
    to it, if it is once. `body` is the end of the imports, where a statement can follow; -1 where
    none can. `mark` is how marks are written there ("pytest.mark"), `may_import` tells that the
    name pytest is free. `is_partial` tells that there may be tests which cannot be read.
    """

    marks: tuple[Mark, ...] = ()
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    aliases: tuple[tuple[str, Mark], ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    stars: tuple[str, ...] = ()
    exported: tuple[str, ...] | None = None
    skips: tuple[Skip, ...] = ()
    pytestmark: tuple[int, int] | None = None
    body: int = 0
    mark: str = ""
    may_import: bool = True
    is_off: bool = False
    is_opaque: bool = False
    is_partial: bool = False


def revived(said: Any) -> Outline:
    """An outline, also from the lists that the cache makes of it."""
    if isinstance(said, Outline):
        return said
    marks, functions, classes, aliases, imports, stars, exported, skips, at, *rest = said
    return Outline(
        _marks(marks),
        tuple(map(_function, functions)),
        tuple(map(_class, classes)),
        tuple((name, _mark(mark)) for name, mark in aliases),
        tuple((local, name) for local, name in imports),
        tuple(stars),
        None if exported is None else tuple(exported),
        tuple(Skip(*each) for each in skips),
        cast(tuple[int, int], tuple(at)) if at else None,
        *rest,
    )


def _mark(said: Any) -> Mark:
    name, start, end, alias, reason, is_conditional, strict, arguments = said
    return Mark(name, start, end, alias, reason, is_conditional, strict, tuple(arguments))


def _marks(said: Any) -> tuple[Mark, ...]:
    return tuple(map(_mark, said)) if said else ()


def _function(said: Any) -> Function:
    name, start, end, first, stop, indent, marks, param_marks, parameters, skips, *rest = said
    return Function(
        name, start, end, first, stop, indent, _marks(marks), _marks(param_marks),
        tuple(parameters), tuple([Skip(*each) for each in skips]) if skips else (), *rest,
    )  # fmt: skip


def _class(said: Any) -> Class:
    name, start, end, first, indent, bases, marks, functions, classes, hidden, abstract, *rest = (
        said
    )
    return Class(
        name, start, end, first, indent, tuple(bases), _marks(marks),
        tuple(map(_function, functions)), tuple(map(_class, classes)), tuple(hidden),
        tuple(abstract), *rest,
    )  # fmt: skip
