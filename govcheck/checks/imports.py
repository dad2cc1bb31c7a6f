"""Modules import only what the architecture lets them import.

`forbid` lists what may not be imported, itself and all below it: `requests`, `shop.cli`. In these
dotted names `*` stands for anything but a dot, so that `shop.features.*` is each package of
`shop.features`. `packages` narrows it to the modules of some packages, and `allow` names what may
be imported although something above it is forbidden. A package may always import itself, so
`shop.features.*` both as `packages` and in `forbid` keeps the features apart.

`layers` lists packages from the top down, each of which may import only those below it;
`shop.web | shop.cli` are beside each other, and so is all that one `*` stands for, and these do not
import each other either.

`from shop import cli` counts as `shop.cli`, unless `shop` is of the repository and has no such
module: then it counts as `shop`, or by a name that is given without `*`. Relative imports count as
what they mean, imports in functions count, and those in `if TYPE_CHECKING` unless
`type-checking = false`; what a call such as `importlib.import_module` imports does not, and neither
does what is imported by way of others.

`except` lists imports that may stay for now, `FROM -> TO`, each side with all below it. One that
nothing needs any more is reported, so that the list only shrinks; and so are `packages` and
`layers` that are no modules of the repository.

## How to resolve

Move what is shared to where both sides may import it from, or pass it in.

## How to except

`except`, or a suppression comment on the line, or `[[exceptions]]` in the policy, which are
reported once nothing needs them.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, NamedTuple

from govcheck.checks.section import ImportsCheck
from govcheck.document import Document, TooDeepError
from govcheck.finding import Finding
from govcheck.globs import literal_chunk, matcher
from govcheck.policy import Policy
from govcheck.programs.modules import modules
from govcheck.python.imports import Import, absolute, imports
from govcheck.registry import OWN
from govcheck.repo import Repo
from govcheck.rule import Example

_PYTHON = (".py",)
_RELATIVE = ("from .", "from.", "from  ", "from\t", "from\\")


class _Imported(NamedTuple):
    """An absolute dotted name that a module imports, and where that is written."""

    name: str
    start: int
    end: int


def check(repo: Repo, policy: Policy, *, name: str) -> Iterator[Finding]:
    """Imports of what is forbidden, or above; what the check itself names in vain."""
    entry = policy.checks[name]
    given = entry.given
    assert isinstance(given, ImportsCheck)  # noqa: S101 - the kind decides it
    for other in policy.checks.values():
        if isinstance(other.given, ImportsCheck):
            repo.expect(_needles(other.given), _PYTHON)
    is_inside, is_excluded = matcher(entry.paths), matcher(entry.exclude)
    known = repo.view(modules)
    names = {each for path in known.files for each in known.names_of(path)}
    there = names.union(*map(_above, names))
    used: set[int] = set()
    for document in repo.search(_needles(given), _PYTHON):
        if not is_inside(document.path) or is_excluded(document.path):
            continue
        held = given.packages or [each for _, each in _parts(given.layers)]
        importer = _called(known.names_of(document.path), held or given.forbid)
        if held and not any(_within(each, importer) for each in held):
            continue
        for each in _imports(repo, document):
            if each.is_for_types and not given.type_checking:
                continue
            for imported, what, key in _wrong(given, document, importer, each, there, used):
                where = policy.origin(OWN, name, key)
                span = document.span(imported.start, imported.end)
                message = f"imports {imported.name}{what} ({where}): {entry.reason}"
                yield Finding(name, span, message, family=OWN)
    for key, number, what in _vain(given, names, used):
        origin = policy.origin(OWN, name, key, number)
        message = f"{what}: {entry.reason}"
        yield Finding(name, origin.span, message, family=OWN, data={"unused": key})


def _above(name: str) -> list[str]:
    """The packages that a module is in."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _called(names: tuple[str, ...], patterns: Collection[str]) -> str:
    """The name of a module, of those that it has by several roots, that patterns speak of."""
    tops = {each.partition(".")[0] for each in patterns}
    return next((name for name in names if any(_within(top, name) for top in tops)), names[0])


def _imports(repo: Repo, document: Document) -> list[Import]:
    def told(document: Document) -> Any:
        try:
            return [*imports(document)]
        except TooDeepError as error:
            repo.unchecked[document.path] = str(error)
            return []

    return [Import(*each) for each in repo.learn(document, "imports", told)]


def _wrong(
    given: ImportsCheck,
    document: Document,
    importer: str,
    each: Import,
    there: Collection[str],
    used: set[int],
) -> Iterator[tuple[_Imported, str, str]]:
    """What of an import statement may not be: the module, if all that is taken of it is wrong."""
    module = absolute(each.module, importer, is_package=document.path.endswith("__init__.py"))
    if not module:
        return
    whole = _Imported(module, each.start, each.end)
    is_ours = module in there
    said_of = {*given.forbid, *given.allow, *(_sides(edge)[1] for edge in given.except_)}

    def meant(name: str) -> str:
        dotted = f"{module}.{name}"
        return module if is_ours and dotted not in there and dotted not in said_of else dotted

    taken = [_Imported(meant(name), *place) for name, *place in each.names] or [whole]
    found = [(one, *said) for one in taken if (said := _verdict(given, importer, one.name, used))]
    if len(found) == len(taken) and (said := _verdict(given, importer, module, used)):
        found = [(whole, *said)]
    yield from found


def _verdict(
    given: ImportsCheck, importer: str, name: str, used: set[int]
) -> tuple[str, str] | None:
    """What is wrong with an import, and the key that says so; which exceptions it needs."""
    said = _layered(given, importer, name) if given.layers else _forbidden(given, importer, name)
    if said is None:
        return None
    excused = [
        number
        for number, edge in enumerate(given.except_)
        if all(map(_within, _sides(edge), (importer, name)))
    ]
    used.update(excused)
    return None if excused else said


def _forbidden(given: ImportsCheck, importer: str, name: str) -> tuple[str, str] | None:
    if any(_within(each, name) for each in given.allow):
        return None
    targets = [target for each in given.forbid if (target := _within(each, name))]
    homes = [home for each in given.packages if (home := _within(each, importer))]
    if not targets or any(_within(home, name) for home in homes):
        return None
    is_inside = not homes and any(_within(target, importer) for target in targets)
    return None if is_inside else ("", "forbid")


def _layered(given: ImportsCheck, importer: str, name: str) -> tuple[str, str] | None:
    here, source = _layer(given.layers, importer)
    there, target = _layer(given.layers, name)
    if not source or not target or source == target or there > here:
        return None
    return f", which is {'beside' if there == here else 'above'} {source}", "layers"


def _layer(layers: tuple[str, ...], name: str) -> tuple[int, str]:
    """The number of the layer that a module is in, and the package there: the innermost one."""
    homes = ((number, home) for number, each in _parts(layers) if (home := _within(each, name)))
    return max(homes, key=lambda each: each[1].count("."), default=(-1, ""))


@cache
def _parts(layers: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """The packages of layers, each with the number of its layer."""
    return tuple(
        (number, each.strip()) for number, layer in enumerate(layers) for each in layer.split("|")
    )


def _vain(given: ImportsCheck, names: set[str], used: set[int]) -> Iterator[tuple[str, int, str]]:
    """The entries of the check that are for nothing: the key, the number, and what is wrong."""
    named = [("packages", *each) for each in enumerate(given.packages)]
    named += [("layers", *each) for each in _parts(given.layers)]
    for key, number, each in named:
        if not any(_within(each, name) for name in names):
            yield key, number, f"{each} is no module of the repository"
    for number, edge in enumerate(given.except_):
        if number not in used:
            yield "except", number, f"nothing needs the exception {edge} any more"


def _within(pattern: str, name: str) -> str:
    """The package that a pattern names and a dotted name is in, or is; nothing if there is none."""
    found = _pattern(pattern).match(name)
    return found[0] if found else ""


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    inner = re.escape(pattern).replace(r"\*", "[^.]*").replace(r"\?", "[^.]")
    return re.compile(rf"{inner}(?![^.])")


@cache
def _sides(edge: str) -> tuple[str, str]:
    source, _, target = edge.partition("->")
    return source.strip(), target.strip()


@cache
def _needles(given: ImportsCheck) -> tuple[str, ...]:
    """What stands in each file that imports something wrong: its last name, or leading dots."""
    named = (*given.forbid, *(each for _, each in _parts(given.layers)))
    words = (literal_chunk(each.rpartition(".")[2]) for each in named)
    return tuple(dict.fromkeys((*_RELATIVE, *(word or "import" for word in words))))


_POLICY = """\
[checks.apart]
kind = "imports"
packages = ["shop.features.*"]
forbid = ["shop.features.*", "shop.cli", "requests"]
allow = ["shop.features.cart.api"]
except = ["shop.features.stock -> shop.features.pay"]
reason = "features know nothing of each other (docs/architecture.md)"

[checks.layers]
kind = "imports"
layers = ["shop.web | shop.cli", "shop.features", "shop.core"]
type-checking = false
reason = "what is below knows nothing of what is above"
"""
_APART = "(govcheck.toml:4): features know nothing of each other (docs/architecture.md)"
_ABOVE = "(govcheck.toml:11): what is below knows nothing of what is above"
_SHOP = {
    "govcheck.toml": _POLICY,
    "pyproject.toml": "",
    "src/shop/__init__.py": "",
    "src/shop/web.py": "from shop.features import cart\n",
    "src/shop/cli/__init__.py": "import shop.core\n",
    "src/shop/core.py": "import json\n",
    "src/shop/features/__init__.py": "",
    "src/shop/features/cart/__init__.py": "from .api import add\n",
    "src/shop/features/cart/api.py": "def add(): ...\n",
    "src/shop/features/pay.py": "",
    "src/shop/features/stock.py": "from . import pay\nfrom shop.features.cart.api import add\n",
}

examples = [
    Example(
        "Features that import each other, and more than they may",
        _SHOP
        | {
            "src/shop/features/cart/api.py": (
                "import requests.adapters as r\nfrom shop.features import pay, stock\n"
                "from ..pay import pay as p, paid\nfrom shop import core, features, cli\n"
            ),
        },
        (
            f"src/shop/features/cart/api.py:1:8: imports requests.adapters {_APART}",
            f"src/shop/features/cart/api.py:2:27: imports shop.features.pay {_APART}",
            f"src/shop/features/cart/api.py:2:32: imports shop.features.stock {_APART}",
            f"src/shop/features/cart/api.py:3:6: imports shop.features.pay {_APART}",
            f"src/shop/features/cart/api.py:4:34: imports shop.cli {_APART}",
            "src/shop/features/cart/api.py:4:34: imports shop.cli, which is above shop.features "
            f"{_ABOVE}",
        ),
    ),
    Example(
        "Layers: above, beside, and in a function",
        _SHOP
        | {
            "src/shop/web.py": "from .cli import main\n",
            "src/shop/core.py": "def load():\n    from .features.pay import pay\n    pay()\n",
        },
        (
            f"src/shop/core.py:2:10: imports shop.features.pay, which is above shop.core {_ABOVE}",
            f"src/shop/web.py:1:6: imports shop.cli, which is beside shop.web {_ABOVE}",
        ),
    ),
    Example(
        "An exception that nothing needs any more, and a package that is gone",
        _SHOP
        | {
            "govcheck.toml": _POLICY.replace('"shop.core"]', '"shop.core", "shop.data"]'),
            "src/shop/features/stock.py": "",
        },
        (
            "govcheck.toml:6:11: nothing needs the exception shop.features.stock -> "
            "shop.features.pay any more: features know nothing of each other "
            "(docs/architecture.md)",
            "govcheck.toml:11:64: shop.data is no module of the repository: what is below knows "
            "nothing of what is above",
        ),
    ),
    Example("Each below the others, itself, what is allowed, and an exception", _SHOP),
    Example(
        "For type checkers alone",
        _SHOP
        | {
            "src/shop/core.py": (
                "import typing as t\nfrom typing import TYPE_CHECKING\n\n"
                "if t.TYPE_CHECKING:\n    from shop import cli\nif TYPE_CHECKING:\n"
                "    from .web import App\n"
            ),
        },
    ),
    Example(
        "In text, and names that only begin alike",
        _SHOP
        | {
            "src/shop/core.py": (
                'import shop.client\n\nTEXT = """\nfrom shop.cli import main\n"""\n'
                "# from shop.cli import main\n"
            ),
            "src/shop/features/pay.py": "import requests_cache\nfrom requestspy import get\n",
        },
    ),
    Example(
        "From elsewhere",
        _SHOP | {"tests/test_shop.py": "import requests\nfrom shop import cli, core, features\n"},
    ),
]
