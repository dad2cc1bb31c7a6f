"""Folding: a retired flag out of Python code, with behaviour kept and nothing else touched."""

import ast
import os
import signal
import symtable
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from govcheck import check, fix
from govcheck.python.folding import Folded, Retired, Setting, fold
from govcheck.python.folding.pool import Task, answers
from govcheck.python.folding.scopes import scopes
from tests.conftest import RETIRED, Repository, write

READ = 'os.getenv("USE_MENU", "0") == "1"'


def _fold(text: str, **changes: object) -> Folded:
    setting: dict[str, object] = {
        "flags": {"USE_MENU": Retired(True)},
        "accessors": ("is_on",),
        "decorators": ("needs",),
        "settings_objects": ("settings",),
    }
    return fold(text, Setting(**{**setting, **changes}))  # type: ignore[arg-type]


# Everything below `if`, and what follows, is told apart by the value of ON.
HEAD = f"import os\n\nON = {READ}\n"

STATEMENTS = {
    "a branch is dedented": (
        "if ON:\n    a()\n    if b:\n        c()\nelse:\n    d()\n",
        "a()\nif b:\n    c()\n",
    ),
    "an arm of elif becomes else": (
        "if a:\n    b()\nelif ON:\n    c()\nelse:\n    d()\n",
        "if a:\n    b()\nelse:\n    c()\n",
    ),
    "a dead arm of elif goes": (
        "if a:\n    b()\nelif not ON:\n    c()\nelse:\n    d()\n",
        "if a:\n    b()\nelse:\n    d()\n",
    ),
    "a first dead arm promotes the next": (
        "if not ON:\n    a()\nelif b:\n    c()\n",
        "if b:\n    c()\n",
    ),
    "one line": ("if ON: a(); b()\nelse: c()\n", "a(); b()\n"),
    "an early return ends the function": (
        "def f():\n    if ON:\n        return 1\n    return 2\n",
        "def f():\n    return 1\n",
    ),
    "a dead early return goes": (
        "def f():\n    if not ON:\n        return 1\n    return 2\n",
        "def f():\n    return 2\n",
    ),
    "a continue ends the round": (
        "for a in b:\n    if ON:\n        continue\n    c(a)\n",
        "for a in b:\n    continue\n",
    ),
    "what follows a with may be reached": (
        "def f():\n    with a:\n        if ON:\n            raise E\n        b()\n    c()\n",
        "def f():\n    with a:\n        raise E\n    c()\n",
    ),
    "a loop that never runs gives way to its else": (
        "while not ON:\n    a()\nelse:\n    b()\n",
        "b()\n",
    ),
    "a loop for ever loses its else": (
        "def f():\n    while ON:\n        a()\n    else:\n        b()\n    c()\n",
        "def f():\n    while True:\n        a()\n",
    ),
    "an assertion that holds goes": ("assert ON, a()\nb()\n", "b()\n"),
    "an assertion that fails stays": ("assert not ON, a()\n", "assert False, a()\n"),
    "a guard that holds goes, with the cases behind it": (
        "match a:\n    case 1 if ON:\n        b()\n    case _ if ON:\n        c()\n    case _:\n"
        "        d()\n",
        "match a:\n    case 1:\n        b()\n    case _:\n        c()\n",
    ),
    "a subject is evaluated though no case is left": (
        "match a():\n    case 1 if not ON:\n        b()\n",
        "a()\n",
    ),
    "a block that was emptied gets pass": (
        "for a in b():\n    if not ON:\n        c()\n",
        "for a in b():\n    pass\n",
    ),
    "a generator stays one": (
        "def f():\n    a()\n    if not ON:\n        yield 1\n",
        "def f():\n    a()\n    return\n    yield\n",
    ),
    "a declaration is kept": (
        "n = 0\ndef f():\n    if not ON:\n        global n\n        a()\n    n = 1\n",
        "n = 0\ndef f():\n    global n\n    n = 1\n",
    ),
    "what has effects is still evaluated": ("if a() or ON:\n    b()\n", "a()\nb()\n"),
    "also behind elif": (
        "if a:\n    b()\nelif c() or ON:\n    d()\n",
        "if a:\n    b()\nelse:\n    c()\n    d()\n",
    ),
    "a name is not worth evaluating": ("def f(a):\n    if a or ON:\n        b()\n",
                                       "def f(a):\n    b()\n"),
    "a skip that never skips goes": (
        "import pytest\n\n@pytest.mark.skipif(not ON, reason='')\ndef test_a(): ...\n",
        "import pytest\n\ndef test_a(): ...\n",
    ),
    "no string becomes documentation": (
        "def f():\n    a = ON\n    'text'\n    b()\n",
        "def f():\n    b()\n",
    ),
    "what was unused before stays": ("import json\nif ON:\n    a()\n", "import json\na()\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), STATEMENTS.values(), ids=STATEMENTS)
def test_statements(before: str, after: str) -> None:
    folded = _fold(HEAD + before)
    assert folded.refusal is None
    assert folded.text == after


EXPRESSIONS = {
    "ON and a": "a",
    "a and ON": "a and True",
    "not ON or a": "a",
    "a() or ON": "a() or True",
    "ON or a()": "True",
    "not ON and a()": "False",
    "(a in b) and ON": "(a in b)",
    "1 + (a + b if ON else 0) * 2": "1 + (a + b) * 2",
    "[*((a, b) if ON else ())]": "[*(a, b)]",
    "[n for n in a if ON]": "[n for n in a]",
    "[n for n in a if not ON]": "[n for n in a if False]",
    "lambda: ON": "lambda: True",
    "f\"{'a' if ON else 'b'!r}\"": "f\"{'a'!r}\"",
    "a(ON, b=not ON)": "a(True, b=False)",
    "ON is True": "True",
    "a == ON": "a == True",
    "return_(ON)": "return_(True)",
    "a if ON else b()": "a",
    "(ON\n    and a  # why\n    and b)": "(a  # why\n    and b)",
}


@pytest.mark.parametrize(("before", "after"), EXPRESSIONS.items())
def test_expressions(before: str, after: str) -> None:
    folded = _fold(f"{HEAD}print({before})\n")
    assert folded.refusal is None
    assert folded.text == f"print({after})\n"


READS = [
    (READ, True),
    ('os.environ.get("USE_MENU") == "1"', True),
    ('os.environ.get(key="USE_MENU", default="false").lower() == "true"', True),
    ('os.environ["USE_MENU"].strip().casefold() in {"1", "yes"}', True),
    ('os.getenv("USE_MENU", "0") not in ("0", "false", "")', True),
    ('os.getenv("USE_MENU", "1") != "0"', True),
    ('bool(int(os.getenv("USE_MENU", "0")))', True),
    ('int(os.getenv("USE_MENU", 0)) > 0', True),
    ('bool(json.loads(os.getenv("USE_MENU", "false")))', True),
    ('strtobool(os.getenv("USE_MENU", "no")) == 1', True),
    ('truth("USE_MENU")', True),
    ('{"true": True, "1": True}.get(os.getenv("USE_MENU"), False)', True),
    ('"on" if os.getenv("USE_MENU") == "1" else "off"', "on"),
    ('os.getenv("USE_MENU") is None', False),
    ('bool(os.getenv("USE_MENU"))', True),
    ("settings.USE_MENU", True),
    ('getattr(settings, "USE_MENU", False)', True),
    ('is_on("USE_MENU")', True),
    ('is_on("USE_MENU", json.user.id)', True),
    ('flags.is_on("USE_MENU", default=False)', True),
    ('config("USE_MENU", default=False, cast=bool)', True),
]
READERS = """\
import json, os
from decouple import config
from distutils.util import strtobool
from django.conf import settings
def truth(name, default=False):
    raw = os.environ.get(name)
    if raw is None:
        return default
    return raw.lower() in ("1", "true")
"""


@pytest.mark.parametrize(("read", "value"), READS)
def test_reads(read: str, value: object) -> None:
    folded = _fold(f"{READERS}\nprint({read})\n")
    assert folded.refusal is None
    assert folded.text.endswith(f"print({value!r})\n".replace("'", '"'))


def test_a_declared_accessor_answers_for_an_environment_variable() -> None:
    flags = {"USE_MENU": Retired(True, kinds=frozenset({"env"}))}
    folded = _fold('print(flags.is_on("USE_MENU", cast=bool))\n', flags=flags)
    assert folded.text == "print(True)\n"


@pytest.mark.parametrize(
    "read",
    [
        'os.getenv("USE_MENU") == "canary"',
        'os.getenv("USE_MENU")',
        'os.getenv("USE_MENU", "0") + suffix',
        'os.getenv(f"USE_{name}")',
        "[os.getenv(each) for each in NAMES]",
        'os.environ.setdefault("USE_MENU", "1")',
        'dict(os.environ, **{"USE_MENU": "1"})',
        'eval("USE_MENU")',
        'is_on("USE_MENU", compute())',
    ],
)
def test_what_is_not_certain_is_left_alone(read: str) -> None:
    text = f'import os\nNAMES = ["USE_MENU"]\nprint({read})\n'
    folded = _fold(text)
    assert folded.text == text
    assert folded.refusal is not None
    assert folded.refusal.line in (2, 3)


@pytest.mark.parametrize(
    ("value", "spelling", "read", "expected"),
    [
        (False, None, READ, "False"),
        (False, (None,), 'bool(os.getenv("USE_MENU"))', "False"),
        (True, ("canary",), 'os.getenv("USE_MENU") == "canary"', "True"),
        ("v2", None, 'os.getenv("USE_MENU", "v1")', '"v2"'),
        (100, None, 'int(os.getenv("USE_MENU", "0"))', "100"),
    ],
)
def test_the_policy_may_say_more_than_true(
    value: bool | str | int, spelling: tuple[str | None] | None, read: str, expected: str
) -> None:
    flags = {"USE_MENU": Retired(value, spelling)}
    assert _fold(f"import os\nprint({read})\n", flags=flags).text == f"print({expected})\n"


def test_a_false_flag_that_is_merely_tested_is_not_certain() -> None:
    text = 'import os\nif os.getenv("USE_MENU"):\n    a()\n'
    assert _fold(text, flags={"USE_MENU": Retired(False)}).refusal is not None


NAMES = {
    "an alias of an alias": (
        'raw = os.getenv("USE_MENU", "0")\n_on = raw == "1"\n_off = not _on\nprint(_off)\n',
        "print(False)\n",
    ),
    "a local": (f"def f():\n    on = {READ}\n    return on\n", "def f():\n    return True\n"),
    "a name that is bound again keeps its binding": (
        f"on = {READ}\nfor a in b:\n    on = on and a\n",
        "on = True\nfor a in b:\n    on = on and a\n",
    ),
    "a name that a function sets keeps its binding": (
        f"on = {READ}\ndef f():\n    global on\n    on = False\nif on:\n    a()\n",
        "on = True\ndef f():\n    global on\n    on = False\nif on:\n    a()\n",
    ),
    "a parameter of the same name is another": (
        f"on = {READ}\ndef f(on):\n    return on\nprint(on)\n",
        "def f(on):\n    return on\nprint(True)\n",
    ),
    "a default": (f"on = {READ}\ndef f(a=on):\n    return a\n", "def f(a=True):\n    return a\n"),
    "a class attribute": (
        f"class A:\n    n = 1\n    on = {READ}\nprint(A.on, A.n)\n",
        "class A:\n    n = 1\nprint(True, A.n)\n",
    ),
    "a class attribute that nothing here reads": (
        f"class A(B):\n    on: bool = {READ}\n",
        "class A(B):\n    on: bool = True\n",
    ),
    "a private attribute": (
        f"class A:\n    def __init__(self):\n        self._on = {READ}\n        a()\n"
        "    def f(self):\n        return self._on\n",
        "class A:\n    def __init__(self):\n        a()\n    def f(self):\n        return True\n",
    ),
    "a public attribute keeps its assignment": (
        f"class A:\n    def __init__(self):\n        self.on = {READ}\n"
        "    def f(self):\n        return self.on\n",
        "class A:\n    def __init__(self):\n        self.on = True\n"
        "    def f(self):\n        return self.on\n",
    ),
    "a private function": (
        f"import functools\n@functools.cache\ndef _on():\n    return {READ}\nprint(_on())\n",
        "print(True)\n",
    ),
    "a public function keeps its calls": (
        f"def on():\n    return {READ}\nprint(on())\n",
        "def on():\n    return True\nprint(on())\n",
    ),
    "a generator is no value": (
        f"def _f(on):\n    if on:\n        yield 1\nprint(_f(not {READ}))\n",
        "def _f():\n    return\n    yield\nprint(_f())\n",
    ),
    "a walrus": (f"if (on := {READ}):\n    print(on)\n", "print(True)\n"),
    "a try that reads": (
        'try:\n    on = bool(int(os.environ["USE_MENU"]))\nexcept (KeyError, ValueError):\n'
        "    on = False\nif on:\n    a()\n",
        "a()\n",
    ),
    "a dictionary that is only read": (
        f'_F = {{"on": {READ}, "b": 1}}\nprint(_F["on"])\n',
        "print(True)\n",
    ),
    "a dictionary that may change keeps its place": (
        f'F = {{"on": {READ}}}\nprint(F["on"])\nF["on"] = False\nprint(F["on"])\n',
        'F = {"on": True}\nprint(F["on"])\nF["on"] = False\nprint(F["on"])\n',
    ),
    "a name that is looked up keeps its binding": (
        f'on = {READ}\nprint(globals()["on"])\n',
        'on = True\nprint(globals()["on"])\n',
    ),
    "a name that a string patches keeps its binding": (
        f'on = {READ}\nprint(on)\npatch("app.on", False)\n',
        'on = True\nprint(on)\npatch("app.on", False)\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), NAMES.values(), ids=NAMES)
def test_names(before: str, after: str) -> None:
    folded = _fold(f"import os\n{before}")
    assert folded.refusal is None
    assert folded.text == after


CLEARED = {
    "in cascade": (
        "import json, re\n\n_A = 1\n\n\ndef _b():\n    return json.dumps(_A)\n\n\ndef c():\n"
        f"    if {READ}:\n        return re.compile('')\n    return _b()\n",
        "import re\n\n\ndef c():\n    return re.compile('')\n",
    ),
    "public names stay": (
        f"A = 1\ndef b():\n    return A\nif not {READ}:\n    b()\nc()\n",
        "A = 1\ndef b():\n    return A\nc()\n",
    ),
    "what is registered stays": (
        f"@register\ndef _a(): ...\nif not {READ}:\n    _a()\nb()\n",
        "@register\ndef _a(): ...\nb()\n",
    ),
    "what a string names stays": (
        f'def _a(): ...\nif not {READ}:\n    _a()\nb("_a")\n',
        'def _a(): ...\nb("_a")\n',
    ),
    "what a framework's class may call stays": (
        f"class A(B):\n    def _a(self): ...\n    def b(self):\n"
        f"        return {READ} or self._a()\n",
        "class A(B):\n    def _a(self): ...\n    def b(self):\n        return True\n",
    ),
    "what an annotation in quotes names stays": (
        f"import json\ndef a(b: 'json.JSONDecoder'): ...\nif not {READ}:\n    json.loads\nc()\n",
        "import json\ndef a(b: 'json.JSONDecoder'): ...\nc()\n",
    ),
    "a definition that does something stays": (
        f"def _a(b=c()): ...\nif not {READ}:\n    _a()\nd()\n",
        "def _a(b=c()): ...\nd()\n",
    ),
    "what is exported stays": (
        f"__all__: list[str] = ['ON']\nON = {READ}\nif ON:\n    a()\n",
        "__all__: list[str] = ['ON']\nON = True\na()\n",
    ),
    "what another package may do on import stays": (
        f"import json\nfrom other import a\nif not {READ}:\n    a(json)\nb()\n",
        "from other import a\nb()\n",
    ),
    "an import that is excused stays": (
        f"import json  # noqa: F401\nif not {READ}:\n    json.loads\nb()\n",
        "import json  # noqa: F401\nb()\n",
    ),
    "what a framework may read stays": (
        f"TIMEOUT = 30 if {READ} else 60\n",
        "TIMEOUT = 30\n",
    ),
    "what is sure to fail stays": (
        f"a = ({READ}) and 'x'\nb = int(a)\n",
        "a = 'x'\nb = int(a)\n",
    ),
    "a variable with an assignment inside stays": (
        f"def f():\n    a = (b := 1)\n    if not {READ}:\n        return a\n    return b\n",
        "def f():\n    a = (b := 1)\n    return b\n",
    ),
    "an operand that is no boolean stays the last": (
        f"a = b == c and ({READ} or d)\ne = b == c or ({READ} and d)\n",
        "a = b == c and True\ne = b == c or d\n",
    ),
    "a property that is assigned stays": (
        f"class A:\n    def __init__(self):\n        self._on = {READ}\n"
        "    @property\n    def _on(self): ...\n    @_on.setter\n    def _on(self, on): c(on)\n",
        "class A:\n    def __init__(self):\n        self._on = True\n"
        "    @property\n    def _on(self): ...\n    @_on.setter\n    def _on(self, on): c(on)\n",
    ),
    "a descriptor that is assigned stays": (
        f"class A:\n    _on = B()\n    def __init__(self):\n        self._on = {READ}\n",
        "class A:\n    _on = B()\n    def __init__(self):\n        self._on = True\n",
    ),
    "an attribute that a base may hold otherwise stays": (
        f"class A(B):\n    def __init__(self):\n        self._on = {READ}\n",
        "class A(B):\n    def __init__(self):\n        self._on = True\n",
    ),
    "attributes of a class that is handed on stay": (
        f"class A:\n    on = {READ}\n    def f(self):\n        return A.on\nload(A)\n",
        "class A:\n    on = True\n    def f(self):\n        return True\nload(A)\n",
    ),
    "a name that a pattern of names spells stays": (
        f"class A:\n    ON = {READ}\n    def f(self):\n        return A.ON\n"
        "print('{0.ON}'.format(A))\n",
        "class A:\n    ON = True\n    def f(self):\n        return A.ON\n"
        "print('{0.ON}'.format(A))\n",
    ),
    "a local whose value may fail stays": (
        f"def f(a):\n    b, d = a.c, a\n    e = a.c\n    g = a\n    if not {READ}:\n"
        "        return b, d, e, g\n    return 1\n",
        "def f(a):\n    b, d = a.c, a\n    e = a.c\n    return 1\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CLEARED.values(), ids=CLEARED)
def test_what_only_the_dead_branch_used_goes(before: str, after: str) -> None:
    folded = _fold(f"import os\n{before}")
    assert folded.refusal is None
    assert folded.text == after


def test_public_names_that_nothing_uses_any_more_are_told() -> None:
    folded = _fold(f"import os\ndef old(): ...\nif not {READ}:\n    old()\n")
    assert folded.unused == {"old"}


def test_a_name_that_only_the_dead_branch_binds_is_not_looked_up_elsewhere() -> None:
    text = f"import os\nn = 1\ndef f():\n    if not {READ}:\n        n = 2\n    return n\n"
    folded = _fold(text)
    assert folded.text == text
    assert folded.refusal is not None
    assert folded.refusal.line == 6


# What the flag decides, and yet cannot go without changing what the program does.
REFUSED = {
    "a case that goes binds its name": (
        "def f(a):\n    match a:\n        case [b] if not ON:\n            c()\n"
        "        case _:\n            d()\n    return b\n"
    ),
    "a declaration that goes was the only binding": (
        "def f():\n    if not ON:\n        a = 0\n    def g():\n        nonlocal a\n        a = 1\n"
    ),
    "a declaration that goes was for an import": (
        "def f():\n    if not ON:\n        global json\n    import json\n"
    ),
    "a declaration that goes was for a class": (
        "class A:\n    if not ON:\n        global b\n    b = 1\n"
    ),
    "a lambda would no longer be a generator": "f = lambda: 1 if ON else (yield)\n",
    "a generator would no longer be asynchronous": (
        "async def f(a):\n    return (b if ON else await b for b in a)\n"
    ),
    "a default value makes a generator": "def f():\n    def g(a=1 if ON else (yield)): ...\n",
    "the environment is emptied": "if ON:\n    a()\nos.environ.clear()\n",
    "the environment is replaced": "if ON:\n    a()\nos.environ = {}\n",
    "a variable is taken out and read again": (
        'if ON:\n    a()\nb = os.environ.pop("USE_MENU") == "1"\n'
    ),
    "a setting is set": "settings.USE_MENU = False\nif ON:\n    a()\n",
    "a variable of a longer name is read": (
        "from environs import env\nwith env.prefixed('APP_'):\n    a = env.bool('USE_MENU')\n"
    ),
    "no spelling makes both tests true": (
        'A = os.getenv("USE_MENU") == "true"\nif A and ON:\n    b()\n'
    ),
    "an f-string prints what it evaluates": "def f():\n    a = ON\n    print(f'{a=}')\n",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_would_change_behaviour_is_refused(body: str) -> None:
    folded = _fold(HEAD + body)
    assert folded.text == HEAD + body
    assert folded.refusal is not None


# What looks as if it held the flag's value, and may hold another.
UNSETTLED = {
    "a name of the module that is reached by an attribute": "import app\napp.ON = False\n",
    "by the table of modules": "import sys\nsys.modules[__name__].ON = False\n",
    "by its namespace": "vars().update(ON=False)\n",
    "by what a later star brings": "from local import *\n",
}


@pytest.mark.parametrize("body", UNSETTLED.values(), ids=UNSETTLED)
def test_a_name_that_may_change_keeps_its_reads(body: str) -> None:
    rest = f"{body}if ON:\n    a()\n"
    folded = _fold(HEAD + rest, module="app")
    assert folded.refusal is None
    assert folded.text == f"ON = True\n{rest}"


ATTRIBUTES = {
    "of another's instance": ("def __init__(self, a):\n        a._on = ON\n", True),
    "of a static method": (
        "def __init__(self):\n        self._on = ON\n"
        "    @staticmethod\n    def f(self):\n        return self._on\n",
        True,
    ),
    "of another self": (
        "def __init__(self):\n        self._on = ON\n"
        "    def f(self):\n        self = a()\n        return self._on\n",
        True,
    ),
    "that is set on a condition": (
        "def __init__(self, a):\n        if a:\n            self._on = ON\n"
        "    def f(self):\n        return self._on\n",
        True,
    ),
    "that may be seen otherwise": (
        "def __init__(self):\n        self._on = ON\n"
        "    def f(self):\n        return self.__dict__\n",
        True,
    ),
    "that nothing reads": ("def __init__(self):\n        self._on = ON\n", False),
}


@pytest.mark.parametrize(("body", "stays"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_attributes(body: str, stays: bool) -> None:
    folded = _fold(f"{HEAD}class A:\n    {body}")
    assert folded.refusal is None
    expected = body.replace("ON", "True") if stays else "def __init__(self):\n        pass\n"
    assert folded.text == f"class A:\n    {expected}"


SPELLINGS = {
    "one means on though another is not met": (
        'os.getenv("USE_MENU") == "1" or not os.getenv("USE_MENU", "").lower() in ("1", "yes")',
        "True",
    ),
    "both mean on": (
        '(os.getenv("USE_MENU") == "1") != (os.getenv("USE_MENU") in ("1", "t"))',
        "False",
    ),
    "any of several": (
        'any([os.getenv("USE_MENU") == "1", not os.getenv("USE_MENU") != "0"])',
        "True",
    ),
    "a variable that is there": ('os.environ["USE_MENU"] and "USE_MENU" in os.environ', "True"),
}


@pytest.mark.parametrize(("test", "value"), SPELLINGS.values(), ids=SPELLINGS)
def test_each_test_of_a_variable_means_what_it_says(test: str, value: str) -> None:
    assert _fold(f"import os\nprint({test})\n").text == f"print({value})\n"


PARAMETERS = {
    "goes with its arguments": (
        "def _f(a, new=False):\n    return a() if new else 0\nb(_f(c, ON), _f(d, new=ON))\n",
        "def _f(a):\n    return a()\nb(_f(c), _f(d))\n",
    ),
    "of a method goes, too": (
        "class A:\n    def f(self, a):\n        return self._f(a, new=ON)\n"
        "    def _f(self, a, *, new):\n        return a() if new else 0\n",
        "class A:\n    def f(self, a):\n        return self._f(a)\n"
        "    def _f(self, a):\n        return a()\n",
    ),
    "that a function hands on to itself goes": (
        "def _f(a, new):\n    return _f(a - 1, new) if a else b(new)\n_f(1, ON)\n",
        "def _f(a):\n    return _f(a - 1) if a else b(True)\n_f(1)\n",
    ),
    "that is given something else stays": (
        "def _f(new):\n    return a(new)\n_f(ON)\n_f(b)\n",
        "def _f(new):\n    return a(new)\n_f(True)\n_f(b)\n",
    ),
    "of a function that is handed on stays": (
        "def _f(new):\n    return a(new)\n_f(ON)\nb(_f)\n",
        "def _f(new):\n    return a(new)\n_f(True)\nb(_f)\n",
    ),
    "of a public function stays": (
        "def f(new):\n    return a(new)\nf(ON)\n",
        "def f(new):\n    return a(new)\nf(True)\n",
    ),
    "that is bound again stays": (
        "def _f(new):\n    new = new and a()\n    return new\n_f(ON)\n",
        "def _f(new):\n    new = new and a()\n    return new\n_f(True)\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), PARAMETERS.values(), ids=PARAMETERS)
def test_a_parameter_whose_only_value_is_the_flag(before: str, after: str) -> None:
    assert _fold(HEAD + before).text == after


COMMENTS = {
    "that name the flag go, others stay": (
        "a()\n# Totals are in cents.\n# Feature flag: USE_MENU\nif ON:\n    b()\n",
        "a()\n# Totals are in cents.\nb()\n",
    ),
    "beside a condition become lines": (
        "if ON:  # for guests, too\n    a()\n",
        "# for guests, too\na()\n",
    ),
    "that are meant for tools go with their line": (
        "if ON:  # pragma: no branch\n    a()  # noqa: E501\n",
        "a()  # noqa: E501\n",
    ),
    "at the end of the live branch stay, of the dead one go": (
        "def f():\n    if ON:\n        a()\n        # later: b\n    else:\n        c()\n"
        "        # dead\n    # of f\n",
        "def f():\n    a()\n    # later: b\n    # of f\n",
    ),
    "beside an operand that stays, stay": (
        "if (\n    a  # first\n    and ON  # flag\n    and b  # second\n):\n    c()\n",
        "if (\n    a  # first\n    and b  # second\n):\n    c()\n",
    ),
    "beside the only one that stays, too": (
        "if (\n    a  # first\n    and ON  # flag\n):\n    c()\n",
        "if (\n    a  # first\n):\n    c()\n",
    ),
    "that switch a tool off and on stay": (
        "a()\n# fmt: off\nB = ON\n# fmt: on\nc(B)\n",
        "a()\n# fmt: off\n# fmt: on\nc(True)\n",
    ),
    "about a removed statement go, of a section stay": (
        "a()\n\n# Section\n\n# The switch.\nB = ON\nc(B)\n",
        "a()\n\n# Section\n\nc(True)\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), COMMENTS.values(), ids=COMMENTS)
def test_comments(before: str, after: str) -> None:
    assert _fold(HEAD + before).text == after


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["\t", "  ", "   "])
def test_line_endings_and_indentation_stay(ending: str, indent: str) -> None:
    inner = f"{indent}a(\n{indent}{indent}'''x\n  y'''\n{indent})\n"
    text = f"{HEAD}\nif ON:\n{inner}else:\n{indent}b()\nc = 1".replace("\n", ending)
    expected = f"a(\n{indent}'''x\n  y'''\n)\nc = 1".replace("\n", ending)
    assert _fold(text).text == expected


@pytest.mark.parametrize("source", [
    "if (\n", "print 'x'  # USE_MENU\n", "x = 1\0", "(" * 1000 + ")" * 1000, "a" * 100_000,
])  # fmt: skip
def test_what_cannot_be_parsed_is_left_alone(source: str) -> None:
    assert _fold(source).text == source


def test_folding_twice_changes_nothing() -> None:
    for before, _ in (*STATEMENTS.values(), *NAMES.values(), *CLEARED.values()):
        once = _fold(f"import os\nON = {READ}\n{before}").text
        assert _fold(once).text == once


SNIPPETS = [
    "class A:\n    x = 1\n    def f(self): return x\n    y = [x for x in range(3) if x]\n",
    "def f(a, *b, c=1, **d):\n    def g():\n        nonlocal a\n        a = e = 1\n    [z := a]\n",
    "def f():\n    x = [(y := 1) for q in range(3)]\n    lambda u, v=x: (u, v, w)\n",
    "match p:\n    case {'a': b, **c} | [b, *c] | D(e=b) as c: pass\n",
    "try: import os.path, sys as s\nexcept E as e: del e\nwith o() as (i, [j]): pass\n",
    "g = 1\ndef f():\n    global g\n    for g.h, k[0], (l, *m) in n: pass\n    import g\n",
]


def _ours(source: str) -> Counter[tuple[str, frozenset[str]]]:
    return Counter((s.kind, frozenset(s.bindings)) for s in scopes(ast.parse(source)).all)


class _Generators(ast.NodeTransformer):
    """Makes generators of comprehensions, which have no scope of their own by PEP 709."""

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        pair = ast.Tuple([node.key, node.value], ast.Load())
        return self.generic_visit(ast.GeneratorExp(pair, node.generators))


def _theirs(source: str) -> Counter[tuple[str, frozenset[str]]]:
    found: Counter[tuple[str, frozenset[str]]] = Counter()
    source = ast.unparse(_Generators().visit(ast.parse(source)))
    waiting = [symtable.symtable(source, "", "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        is_inner = table.get_name() == "genexpr"
        kind = "comprehension" if is_inner else str(table.get_type()).rpartition(".")[2].lower()
        names = [
            each.get_name()
            for each in table.get_symbols()
            if (each.is_assigned() or each.is_imported() or each.is_parameter())
            and (kind == "module" or each.is_local())
            and not each.get_name().startswith(".")
            and each.get_name() != "__type_params__"
        ]
        if kind in ("module", "class", "function", "comprehension"):  # and not those of PEP 695
            found[kind, frozenset(names)] += 1
    return found


def test_scopes_are_those_of_the_compiler() -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    names = ("argparse", "contextlib", "dataclasses", "functools", "inspect", "ast", "typing")
    sources = [(library / f"{name}.py").read_text() for name in names]
    for source in (*SNIPPETS, *sources):
        assert _ours(source) == _theirs(source)


# Whole repositories.


def _files(root: Path, *names: str) -> list[str]:
    return [(root / name).read_text() for name in names]


def test_a_constant_is_folded_where_it_is_imported_and_goes_at_last(
    repository: Repository,
) -> None:
    root = repository(
        {
            "govcheck.toml": RETIRED,
            "app/__init__.py": "",
            "app/flags.py": f"import os\nNEW_MENU = {READ}\nLIMIT = 1\n",
            "app/a.py": "from .flags import LIMIT, NEW_MENU\nprint(1 if NEW_MENU else LIMIT)\n",
            "b.py": "from app import flags as f\nBOTH = f.NEW_MENU and f.LIMIT\n",
            "c.py": "from b import BOTH\nprint(BOTH)\n",
        }
    )
    assert fix(str(root)).findings == ()
    assert _files(root, "app/flags.py", "app/a.py", "b.py", "c.py") == [
        "LIMIT = 1\n",
        "from .flags import LIMIT\nprint(1)\n",
        "from app import flags as f\nBOTH = f.LIMIT\n",
        "from b import BOTH\nprint(BOTH)\n",
    ]


@pytest.mark.parametrize(
    "other",
    [
        "import app\napp.ON = False\n",
        "def test(monkeypatch):\n    monkeypatch.setattr('app.ON', False)\n",
        "def test(monkeypatch):\n    monkeypatch.setattr(app, 'ON', False)\n",
        "from app import *\nprint(ON)\n",
        "import app\npatch.multiple(app, ON=False)\n",
        "import app\nsetattr(\n    app,\n    'ON', False)\n",
        "import app\nvars(app).update(ON=False)\n",
        "import app\napp.__dict__['ON'] = False\n",
        "import app\napp.ON, b = False, 1\n",
        "import app\nfor app.ON in (): ...\n",
        "import app\ndel app.ON\n",
        "import app, c\nfor name in ('ON',):\n    setattr(app, name, c)\n",
    ],
)
def test_a_constant_that_other_files_change_keeps_its_name(
    other: str, repository: Repository
) -> None:
    app = f"import os\nON = {READ}\ndef f():\n    return 1 if ON else 2\n"
    root = repository({"govcheck.toml": RETIRED, "app.py": app, "other.py": other})
    fix(str(root))
    assert _files(root, "app.py", "other.py") == [
        "ON = True\ndef f():\n    return 1 if ON else 2\n",
        other,
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "from app import (  # (why)\n    ON,\n)",
        "from app import \\\n    ON",
        "import a; from app import ON",
    ],
)
def test_an_import_may_be_written_in_any_way(statement: str, repository: Repository) -> None:
    files = {"app.py": f"import os\nON = {READ}\n", "b.py": f"{statement}\nprint(ON)\n"}
    root = repository({"govcheck.toml": RETIRED, **files})
    fix(str(root))
    app, other = _files(root, "app.py", "b.py")
    assert app == ""
    assert other.endswith("print(True)\n")
    assert "ON" not in other


TAKEN = {
    "a constant that a third file sets under its new name": (
        {
            "app.py": f"import os\nON = {READ}\n",
            "b.py": "from app import ON as NEW\ndef f():\n    return 1 if NEW else 2\n",
            "c.py": "import b\nb.NEW = False\n",
        },
        ("ON = True\n", "from app import ON as NEW\ndef f():\n    return 1 if NEW else 2\n"),
    ),
    "a constant of one of two modules of a name": (
        {
            "a/app.py": f"import os\nON = {READ}\n",
            "app.py": "ON = 3\n",
            "b.py": "from app import ON\n",
        },
        ("ON = True\n", "ON = 3\n", "from app import ON\n"),
    ),
    "a constant that comes by way of a package": (
        {
            "app/flags.py": f"import os\nON = {READ}\n",
            "app/__init__.py": "from .flags import ON\n",
            "b.py": "from app import ON\nprint(ON)\n",
        },
        ("ON = True\n", "from .flags import ON\n", "print(True)\n"),
    ),
    "a constant of a module that does something": (
        {
            "app.py": f"import os\nprint('app')\nON = {READ}\n",
            "b.py": "from app import ON\nprint(ON)\n",
        },
        ("print('app')\nON = True\n", "from app import ON\nprint(True)\n"),
    ),
    "a constant that a configuration names": (
        {"app.py": f"import os\nON = {READ}\nprint(ON)\n", "a.json": '{"switch": "app:ON"}\n'},
        ("ON = True\nprint(ON)\n", '{"switch": "app:ON"}\n'),
    ),
    "an attribute that a class below overrides": (
        {
            "app.py": f"import os\nclass A:\n    on = {READ}\n    def f(self):\n"
            "        return self.on\n",
            "b.py": "from app import A\nclass B(A):\n    on = False\n",
        },
        (
            "class A:\n    on = True\n    def f(self):\n        return self.on\n",
            "from app import A\nclass B(A):\n    on = False\n",
        ),
    ),
    "a constant of a module that is loaded by its name": (
        {
            "app/local.py": f"import os\nON = {READ}\nLIMIT = 1 if ON else 2\n",
            "b.py": "app.config.from_object('app.local')\n",
        },
        ("ON = True\nLIMIT = 1\n",),
    ),
    "a constant of a module that is loaded by its path": (
        {
            "conf/a.py": f"import os\nON = {READ}\n",
            "b.py": "app.config.from_pyfile('conf/a.py')\n",
        },
        ("ON = True\n",),
    ),
    "a constant of a module that a configuration loads": (
        {
            "app/local.py": f"import os\nON = {READ}\n",
            "setup.cfg": "[tool:pytest]\nDJANGO_SETTINGS_MODULE = app.local\n",
        },
        ("ON = True\n",),
    ),
    "a constant of what frameworks take for settings": (
        {"gunicorn.conf.py": f"import os\nON = {READ}\n"},
        ("ON = True\n",),
    ),
    "a constant whose module is looked into": (
        {
            "app.py": f"import os\nON = {READ}\n",
            "b.py": "import app as a\nprint({n: getattr(a, n) for n in dir(a)})\n",
        },
        ("ON = True\n",),
    ),
    "a constant whose module is set by variables": (
        {
            "app.py": f"import os\nON = {READ}\nprint(ON)\n",
            "b.py": "import app\nfor n in names:\n    setattr(app, n, 0)\n",
            "c.py": "def f(a, app):\n    setattr(app, a, 1)\n",
        },
        ("ON = True\nprint(ON)\n",),
    ),
    "a constant that a patch names by a format": (
        {
            "app.py": f"import os\nON = {READ}\nprint(ON)\n",
            "b.py": "patch(f'{app}.ON', 0)\n",
        },
        ("ON = True\nprint(ON)\n",),
    ),
    "a constant that a patch names by a percent sign": (
        {
            "app.py": f"import os\nON = {READ}\nprint(ON)\n",
            "b.py": "patch('%s.ON' % app, 0)\n",
        },
        ("ON = True\nprint(ON)\n",),
    ),
    "a method whose name is put together": (
        {
            "app.py": "import os\nclass A:\n    def _on_a(self): ...\n    def f(self):\n"
            f"        return {READ} or self._on_a()\n",
            "b.py": "getattr(a, '_on_' + kind)()\n",
        },
        ("class A:\n    def _on_a(self): ...\n    def f(self):\n        return True\n",),
    ),
    "a variable that a program sets while it runs": (
        {
            "app.py": f"import os\ndef f():\n    return {READ}\n",
            "b.py": "import os\nos.environ['USE_MENU'] = '0'\n",
        },
        (f"import os\ndef f():\n    return {READ}\n",),
    ),
    "a variable that a program gives another": (
        {
            "app.py": f"import os\ndef f():\n    return {READ}\n",
            "b.py": "subprocess.run(a, env={**os.environ, 'USE_MENU': '0'})\n",
        },
        (f"import os\ndef f():\n    return {READ}\n",),
    ),
    "a test's variable where something is left that reads it": (
        {
            "a_test.py": "def test(monkeypatch):\n    monkeypatch.setenv('USE_MENU', '1')\n",
            "app.py": f"import os\nos.environ.clear()\nprint({READ})\n",
        },
        ("def test(monkeypatch):\n    monkeypatch.setenv('USE_MENU', '1')\n",),
    ),
    "a submodule that others reach by its package": (
        {
            "app.py": f"import os\nimport xml.dom\nprint({READ} or xml.dom)\n",
            "b.py": "import app, xml\nprint(xml.dom)\n",
        },
        ("import xml.dom\nprint(True)\n",),
    ),
    "a submodule that may do something when it is imported": (
        {
            "app/a.py": f"import os\nfrom app import b\nif not {READ}:\n    b.c()\n",
            "app/b.py": "print()\n",
            "app/__init__.py": "",
        },
        ("from app import b\n",),
    ),
    "an import that others take from here": (
        {
            "app.py": f"import os, json\nprint({READ} or json.dumps(1))\n",
            "b.py": "from app import os\n",
            "c.py": "patch('app.json.dumps')\n",
        },
        ("import os, json\nprint(True)\n", "from app import os\n", "patch('app.json.dumps')\n"),
    ),
}


@pytest.mark.parametrize(("files", "after"), TAKEN.values(), ids=TAKEN)
def test_what_other_files_may_want_stays(
    files: dict[str, str], after: tuple[str, ...], repository: Repository
) -> None:
    root = repository({"govcheck.toml": RETIRED, **files})
    fix(str(root))
    assert tuple(_files(root, *files))[: len(after)] == after


HELPERS = """\
import os


def parse(text):
    if text.lower() in ("1", "true"):
        return True
    if text.lower() in ("0", "false"):
        return False
    raise ValueError(text)


def flag(name, default=False):
    raw = os.environ.get(name)
    return default if raw is None else parse(raw)
"""


def test_functions_of_other_files_that_read_flags_are_understood(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": RETIRED,
            "app/__init__.py": "",
            "app/helpers.py": HELPERS,
            "app/a.py": (
                "import os\nfrom .helpers import flag, parse\n"
                "print(parse(os.environ.get('USE_MENU', '0')), flag('USE_MENU'), flag('B'))\n"
            ),
            "b.py": "from app import helpers\nprint(helpers.flag('USE_MENU', True))\n",
        }
    )
    assert fix(str(root)).findings == ()
    assert _files(root, "app/helpers.py", "app/a.py", "b.py") == [
        HELPERS,
        "from .helpers import flag\nprint(True, True, flag('B'))\n",
        "from app import helpers\nprint(True)\n",
    ]


def test_a_private_function_that_a_test_uses_stays(repository: Repository) -> None:
    app = f"import os\ndef _old(): ...\ndef f():\n    return 1 if {READ} else _old()\n"
    test = "import app\ndef test():\n    app._old()\n"
    root = repository({"govcheck.toml": RETIRED, "app.py": app, "test_app.py": test})
    fix(str(root))
    assert _files(root, "app.py") == ["def _old(): ...\ndef f():\n    return 1\n"]


def test_what_stops_a_fold_is_named_and_the_file_left_alone(repository: Repository) -> None:
    app = f'import os\nif {READ}:\n    a()\nos.environ["USE_MENU"] = "0"\n'
    root = repository({"govcheck.toml": RETIRED, "app.py": app})
    report = fix(str(root))
    assert report.changes == ()
    assert all(
        f.message.endswith("; not folded: app.py:2: app.py:4 sets USE_MENU while the program runs")
        for f in report.findings
    )
    assert len(report.findings) == 2


SETTINGS = """\
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_")

    # The menu of 2024.
    use_menu: bool = False
    port: int = 80


settings = Settings()
current = Settings()
print(current.use_menu, current.port)
"""


def test_fields_of_settings_classes_go_with_their_reads(repository: Repository) -> None:
    policy = '[flags.APP_USE_MENU]\nstatus = "retired"\nvalue = true\n'
    app = "from config import settings\nprint(1 if settings.use_menu else settings.port)\n"
    root = repository({"govcheck.toml": policy, "config.py": SETTINGS, "app.py": app})
    assert fix(str(root)).findings == ()
    expected = SETTINGS.replace("    # The menu of 2024.\n    use_menu: bool = False\n", "")
    expected = expected.replace("current.use_menu", "True")
    assert _files(root, "config.py", "app.py") == [
        expected,
        "from config import settings\nprint(1)\n",
    ]


GIVEN = {
    "another value, by a keyword": ("current = Settings(use_menu=False)\n", False),
    "another value, by its class": (
        "class Settings:\n    def __init__(self, *, use_menu=False): ...\n",
        False,
    ),
    "its final value, by a keyword": ("current = Settings(use_menu=True)\n", True),
    "what is not known": ("current = Settings(**load())\n", True),
}


@pytest.mark.parametrize(("call", "folds"), GIVEN.values(), ids=GIVEN)
def test_a_field_that_a_call_gives_a_value_stays(
    call: str, folds: bool, repository: Repository
) -> None:
    policy = '[flags.APP_USE_MENU]\nstatus = "retired"\nvalue = true\n'
    app = f"from config import Settings\n{call}"
    root = repository({"govcheck.toml": policy, "config.py": SETTINGS, "app.py": app})
    fix(str(root))
    [config] = _files(root, "config.py")
    assert "use_menu: bool" in config
    assert ("current.use_menu" not in config) == folds


def test_a_final_value_that_a_program_sets_is_told_and_stays(repository: Repository) -> None:
    app = f'import os\nos.environ["USE_MENU"] = "1"\nprint({READ})\n'
    root = repository({"govcheck.toml": RETIRED, "app.py": app})
    [finding] = fix(str(root)).findings
    assert finding.span.line == 2
    assert _files(root, "app.py") == ['import os\nos.environ["USE_MENU"] = "1"\nprint(True)\n']


HALF_DEAD = {
    "a class one of whose tests sets the final value": (
        "@override_settings(USE_MENU=False)\nclass T(TestCase):\n    def test_a(self): ...\n"
        "    @override_settings(USE_MENU=True)\n    def test_b(self): ...\n"
    ),
    "a test that first tests what stays": (
        "def test_a():\n    assert a()\n    with override_settings(USE_MENU=False):\n"
        "        assert not a()\n"
    ),
    "a test that sets both": (
        "def test_a():\n    with override_settings(USE_MENU=False):\n        assert not a()\n"
        "    with override_settings(USE_MENU=True):\n        assert a()\n"
    ),
}


@pytest.mark.parametrize("test", HALF_DEAD.values(), ids=HALF_DEAD)
def test_a_test_that_is_only_partly_dead_stays(test: str) -> None:
    text = f"from django.test import override_settings\n{test}"
    folded = _fold(text, unsafe=True)
    assert folded.text == text
    assert folded.refusal is not None
    assert "also tests what stays" in folded.refusal.why


def test_checking_does_not_fold(repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED, "app.py": f"import os\nprint({READ})\n"})
    assert [f.fix for f in check(str(root)).findings] == [None]


TESTS = """\
import os
from unittest.mock import patch


def test_new(monkeypatch):
    monkeypatch.setenv("USE_MENU", "true")
    assert menu()


@patch.dict(os.environ, {"USE_MENU": "1", "LANG": "C"})
def test_language():
    with patch.dict("os.environ", USE_MENU="1"):
        assert menu()


def test_old(monkeypatch):
    monkeypatch.setenv("USE_MENU", "0")
    assert not menu()
"""
FOLDED_TESTS = """\
import os
from unittest.mock import patch


def test_new(monkeypatch):
    assert menu()


@patch.dict(os.environ, {"LANG": "C"})
def test_language():
    assert menu()
"""


def test_dead_tests_are_only_taken_out_on_demand(repository: Repository) -> None:
    root = repository({"govcheck.toml": RETIRED, "test_app.py": TESTS})
    [*_, last] = fix(str(root)).findings
    assert _files(root, "test_app.py") == [TESTS]
    assert "test_app.py:16: test_old sets the flag to another value" in last.message
    assert fix(str(root), unsafe=True).findings == ()
    assert _files(root, "test_app.py") == [FOLDED_TESTS]


CASES = """\
import pytest


@pytest.mark.parametrize(
    "value, language",
    [
        # the new one
        ("1", "en"),
        # the old one
        ("0", "de"),
        pytest.param("true", "en"),
    ],
)
def test_menu(monkeypatch, value, language):
    monkeypatch.setenv("USE_MENU", value)
    assert menu() == language


@pytest.mark.parametrize("value", ["0", "off"])
def test_old(monkeypatch, value):
    monkeypatch.setenv("USE_MENU", value)
    assert menu()
"""
LIVE_CASES = """\
import pytest


@pytest.mark.parametrize(
    "value, language",
    [
        # the new one
        ("1", "en"),
        pytest.param("true", "en"),
    ],
)
def test_menu(monkeypatch, value, language):
    assert menu() == language
"""


def test_dead_cases_of_a_test_are_only_taken_out_on_demand() -> None:
    folded = _fold(CASES)
    assert folded.text == CASES
    assert folded.refusal is not None
    assert folded.refusal.line == 10
    assert _fold(CASES, unsafe=True).text == LIVE_CASES


def test_code_of_the_repository_is_neither_imported_nor_run(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = "raise SystemExit('run')\n"
    root = repository({"govcheck.toml": RETIRED, "app.py": f"import os\nprint({READ})\n"})
    write(root, {f"{name}.py": bad for name in ("json", "libcst", "sitecustomize", "govcheck")})
    monkeypatch.chdir(root)
    fix(str(root))
    assert _files(root, "app.py") == ["print(True)\n"]


def test_a_process_that_dies_costs_its_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting({"USE_MENU": Retired(True)})
    good = f"import os\nprint({READ})\n"
    tasks = [Task("fold", text, setting) for text in (good, f"{good}# kill\n", f"{good}# more\n")]
    dumps = __import__("json").dumps

    def killing(value: dict[str, object]) -> str:
        line: str = dumps(value)
        return line if "# kill" not in line else line + "]"

    monkeypatch.setattr("govcheck.python.folding.pool.json.dumps", killing)
    texts = [answer and answer["text"] for answer in answers(tasks)]
    assert texts == ["print(True)\n", None, "print(True)\n# more\n"]


def test_a_file_that_kills_the_process_is_reported(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({"govcheck.toml": RETIRED, "app.py": f"import os\nprint({READ})  # die\n"})
    start = "govcheck.python.folding.pool._start"
    original = __import__("govcheck.python.folding.pool", fromlist=["_start"])._start

    def dying() -> object:
        process = original()
        os.kill(process.pid, signal.SIGSEGV)
        process.wait()
        return process

    monkeypatch.setattr(start, dying)
    [finding] = fix(str(root)).findings
    assert finding.message.endswith("; not folded: app.py:1: the process that folded it died")
