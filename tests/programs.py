"""Random programs that read feature flags, and what running them does.

They end, whatever the flags are: loops are over small ranges or count. What they do is seen by what
they print, in order, and by the exception that ends them.
"""

import contextlib
import io
import os
import random
import re
import warnings
from typing import NamedTuple
from unittest import mock

from hypothesis import strategies as st

FLAGS = ("USE_A", "USE_B")

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")

_PRELUDE = """\
def say(n):
    print("say", n)
    if n == 7:
        raise ValueError(n)
    return n % 3


def truth(name, default="0"):
    raw = os.environ.get(name, default)
    return raw.lower() in ("1", "true", "yes")


def _old(n):
    return _OLD + n


def _older(n):
    return _old(n) + math.floor(1.5)


def public(n=0):
    return ("public", n)


_OLD = 40
zero, one, name = 0, 1, "name"
"""
_IMPORTS = (
    "import os, math",
    "import os\nimport math",
    "import os as system\nimport math\nos = system",
    "from os import environ as env, getenv as g\nimport os, math",
)


class Program(NamedTuple):
    """A program, and the final values of its flags."""

    source: str
    flags: dict[str, bool]


def programs() -> st.SearchStrategy[Program]:
    """Programs of 20 to 60 lines."""
    return st.integers(0, 2**64).map(program)


def program(seed: int) -> Program:
    """The program of a seed."""
    writer = _Writer(random.Random(seed))
    flags = {flag: writer.random.random() < 0.6 for flag in FLAGS}
    source = writer.module()
    if writer.random.random() < 0.1:
        source = source.replace("\n", "\r\n")
    if writer.random.random() < 0.1:
        source = source.replace("    ", "\t")
    return Program(source, flags)


def run(source: str, environment: dict[str, str]) -> tuple[str, str]:
    """What a program prints, and the exception that ends it."""
    printed = io.StringIO()
    ended = ""
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(printed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            exec(compile(source, "program", "exec"), {"__name__": "program"})
        except Exception as error:
            ended = f"{type(error).__name__}: {error}"
    return _ADDRESS.sub("", printed.getvalue()), _ADDRESS.sub("", ended)


class _Writer:
    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.names = ["zero", "one", "name"]
        self.flagged: list[str] = []
        self.count = 0

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def fresh(self, kind: str = "v") -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def module(self) -> str:
        lines = [self.pick(*_IMPORTS), "", "", *_PRELUDE.splitlines()]
        for _ in range(self.random.randrange(1, 3)):
            lines += self.alias("")
        if self.random.random() < 0.5:
            lines += self.function()
        if self.random.random() < 0.2:
            lines += self.class_()
        if self.random.random() < 0.3:
            lines += self.parameter()
        lines += self.block("", self.random.randrange(1, 4), depth=0, places=frozenset())
        return "\n".join(lines) + self.pick("\n", "\n", "\n", "")

    # What reads a flag.

    def read(self) -> str:
        flag = self.pick(*FLAGS)
        return self.pick(
            f'os.getenv("{flag}") == "1"',
            f'os.getenv("{flag}", "0") == "1"',
            f'os.environ.get("{flag}", "0").lower() in ("1", "true")',
            f'os.environ["{flag}"] == "1"',
            f'os.environ.get("{flag}", "0") != "0"',
            f'bool(int(os.environ.get("{flag}", "0")))',
            f'(os.getenv("{flag}", "0").strip() == "1")',
            f'not os.getenv("{flag}", "0") == "0"',
            f'os.getenv("{flag}", "").strip().upper() not in {{"0", "FALSE", ""}}',
            f'truth("{flag}")',
        )

    def flag(self) -> str:
        if self.flagged and self.random.random() < 0.8:
            return self.pick(*self.flagged)
        return f"({self.read()})"

    def alias(self, indent: str) -> list[str]:
        name = self.pick("_", "") + self.fresh("F")
        value = self.pick(self.read(), self.read(), self.condition(1))
        form = self.random.random()
        comment = self.pick("", "", f"{indent}# switch {name}\n")
        if form < 0.7:
            lines = [f"{comment}{indent}{name} = {value}"]
        elif form < 0.8:
            lines = [f"{comment}{indent}{name}: bool = {value}"]
        elif form < 0.9:
            other = self.fresh("G")
            lines = [f"{comment}{indent}{name} = {other} = {value}"]
        else:
            lines = [f"{indent}if ({name} := {value}):", f'{indent}    print("on", {name})']
        self.flagged.append(name)
        return lines

    def function(self) -> list[str]:
        name = self.pick("_f", "f") + self.fresh("")
        kept = list(self.names), list(self.flagged)
        self.names += ["n"]
        if self.random.random() < 0.2:
            body = [f"    return {self.condition(1)}"]
        else:
            body = ['    """Say something."""'] if self.random.random() < 0.3 else []
            if self.random.random() < 0.3:
                body += self.alias("    ")
            places = frozenset({"function"})
            body += self.block("    ", self.random.randrange(1, 4), depth=1, places=places)
        self.names, self.flagged = kept
        default = self.pick("1", "2", self.flag())
        decorator = self.pick("", "", "", "@staticmethod\n")
        lines = ["", "", f"{decorator}def {name}(n={default}):", *body, "", ""]
        call = f"{name}({self.pick('', '0', '5')})"
        return [*lines, f"print({self.pick(call, f'list({call} or ())')})"]

    def parameter(self) -> list[str]:
        """A private function to which calls hand a flag on."""
        name, switch = self.fresh("_p"), self.fresh("on")
        kept = list(self.names), list(self.flagged)
        self.names += ["n"]
        self.flagged.append(switch)
        body = self.block(
            "    ", self.random.randrange(1, 4), depth=1, places=frozenset({"function"})
        )
        self.names, self.flagged = kept
        star, default = self.pick("", "", "*, "), self.pick("", "", "=False")
        lines = ["", "", f"def {name}(n, {star}{switch}{default}):", *body, "", ""]
        for _ in range(self.random.randrange(1, 3)):
            by_name = f"{switch}=" if star or self.random.random() < 0.5 else ""
            given = self.pick(self.flag(), self.flag(), self.operand())
            lines.append(f"print({name}({self.operand()}, {by_name}{given}))")
        return lines

    def class_(self) -> list[str]:
        name, attribute = self.fresh("C"), self.pick("_on", "on")
        lines = ["", "", f"class {name}:", f"    shared = {self.flag()}", ""]
        lines += ["    def __init__(self):", f"        self.{attribute} = {self.flag()}", ""]
        if self.random.random() < 0.5:
            lines += [f"    if {self.condition(1)}:", "", "        def extra(self):"]
            lines += ["            return 'extra'", ""]
        lines += [
            "    def run(self):",
            f"        if {self.pick(f'self.{attribute}', f'{name}.shared')}:",
        ]
        lines += ["            return self._new()", "        return self._old()", ""]
        lines += ["    def _new(self):", "        return 'new'", ""]
        lines += ["    def _old(self):", "        return 'old'", "", ""]
        return [*lines, f"print({name}().run(), hasattr({name}, 'extra'))"]

    # Expressions.

    def condition(self, depth: int) -> str:
        form = self.random.random()
        if depth > 2 or form < 0.4:
            return self.flag()
        if form < 0.5:
            return f"not {self.condition(depth + 1)}"
        if form < 0.8:
            sign = self.pick("and", "or")
            parts = [self.condition(depth + 1), self.operand()]
            if self.random.random() < 0.3:
                parts.append(self.pick(self.operand(), self.flag()))
            self.random.shuffle(parts)
            return "(" + f" {sign} ".join(parts) + ")"
        if form < 0.9:
            test, one, other = self.condition(depth + 1), self.operand(), self.operand()
            return f"({one} if {test} else {other})"
        return self.pick(
            f"({self.flag()} is True)", f"({self.flag()} == True)", f"bool({self.flag()})"
        )

    def operand(self) -> str:
        return self.pick(
            f"say({self.random.randrange(8)})",
            self.pick(*self.names),
            str(self.random.randrange(3)),
            f"one in ({self.random.randrange(3)}, 1)",
            f"public({self.random.randrange(3)})",
            "'text'",
        )

    def value(self) -> str:
        return self.pick(
            self.condition(0),
            self.operand(),
            f"int({self.flag()}) + 1",
            f"f'<{{{self.pick(*self.flagged, chr(49))} and 1}}>'",
            f"[x for x in range(3) if {self.condition(1)}]",
            f"{{x: {self.flag()} for x in (1, 2) if x or {self.flag()}}}",
            f"[*((1, 2) if {self.flag()} else ())]",
            f"(lambda: {self.condition(1)})()",
            f"_older({self.random.randrange(3)}) if {self.flag()} else {self.operand()}",
            f"max({self.operand()} if {self.flag()} else 5, key=None, default=0)",
            f"any([{self.flag()}, {self.operand()}])",
            f"1 + (one + 1 if {self.flag()} else zero) * 2",
        )

    # Statements.

    def block(self, indent: str, size: int, *, depth: int, places: frozenset[str]) -> list[str]:
        lines: list[str] = []
        for _ in range(max(1, size)):
            if self.random.random() < 0.15:
                lines.append(f"{indent}# about the next {self.fresh('line')}")
            lines += self.statement(indent, depth, places)
            if self.random.random() < 0.1:
                lines.append("")
        if self.random.random() < 0.1:
            lines.append(f"{indent}# the end of a block")
        return lines

    def inner(self, indent: str, depth: int, places: frozenset[str]) -> list[str]:
        return self.block(
            f"{indent}    ", self.random.randrange(1, 3), depth=depth + 1, places=places
        )

    def statement(self, indent: str, depth: int, places: frozenset[str]) -> list[str]:
        form = self.random.random()
        if depth < 3 and form < 0.4:
            return self.branch(indent, depth, places)
        if depth < 3 and form < 0.62:
            return self.compound(indent, depth, places)
        return self.simple(indent, places)

    def branch(self, indent: str, depth: int, places: frozenset[str]) -> list[str]:
        beside = self.pick("", "", "  # beside", "  # pragma: no cover")
        if self.random.random() < 0.1:
            lines = [f"{indent}if {self.condition(0)}: print('line'); say(1)"]
        else:
            lines = [f"{indent}if {self.condition(0)}:{beside}", *self.inner(indent, depth, places)]
        while self.random.random() < 0.3:
            test = self.pick(self.condition(0), self.operand())
            lines += [f"{indent}elif {test}:", *self.inner(indent, depth, places)]
        if self.random.random() < 0.5:
            if self.random.random() < 0.2:
                lines.append(f"{indent}# before else")
            lines += [f"{indent}else:", *self.inner(indent, depth, places)]
        return lines

    def compound(self, indent: str, depth: int, places: frozenset[str]) -> list[str]:
        inner = self.inner(indent, depth, places)
        counter = self.fresh("i")
        in_loop = places | {"loop"}
        lines: list[str]
        match self.random.randrange(9):
            case 0:
                lines = [f"{indent}for {counter} in range(2):", *self.inner(indent, depth, in_loop)]
                return lines + ([f"{indent}else:", *inner] if self.random.random() < 0.3 else [])
            case 1:
                head = [
                    f"{indent}{counter} = 0",
                    f"{indent}while {counter} < 2 and {self.condition(0)}:",
                ]
                lines = [*head, f"{indent}    {counter} += 1", *self.inner(indent, depth, in_loop)]
                return lines + ([f"{indent}else:", *inner] if self.random.random() < 0.3 else [])
            case 2:
                lines = [
                    f"{indent}try:",
                    *inner,
                    f"{indent}except (ValueError, NameError) as error:",
                ]
                lines += [f"{indent}    print('caught', type(error).__name__)"]
                if self.random.random() < 0.3:
                    lines += [f"{indent}else:", *self.inner(indent, depth, places)]
                if self.random.random() < 0.3:
                    lines += [f"{indent}finally:", *self.inner(indent, depth, places - {"loop"})]
                return lines
            case 3:
                head = [
                    f"{indent}import contextlib",
                    f"{indent}with contextlib.suppress(ValueError):",
                ]
                return [*head, *inner]
            case 4:
                case = f"{indent}    case"
                deep = f"{indent}    "
                lines = [f"{indent}match {self.pick('one', 'say(2)', self.flag())}:"]
                lines += [f"{case} 99:", f"{deep}    print(99)"]
                patterns = ["1", "0 | 2", "True", "str()", f"int() as {self.fresh('m')}"]
                self.random.shuffle(patterns)
                for pattern in patterns[: self.random.randrange(1, 4)]:
                    guard = f" if {self.condition(1)}" if self.random.random() < 0.6 else ""
                    lines += [f"{case} {pattern}{guard}:", *self.inner(deep, depth, places)]
                if self.random.random() < 0.6:
                    pattern = self.pick("_", "other")
                    guard = f" if {self.flag()}" if self.random.random() < 0.4 else ""
                    lines += [f"{case} {pattern}{guard}:", *self.inner(deep, depth, places)]
                return lines
            case 5:
                name = self.fresh("g")
                head = [f"{indent}def {name}():"]
                if "function" not in places and self.random.random() < 0.3:
                    head.append(f"{indent}    global one")
                elif "function" in places and self.names[-1] != "n" and self.random.random() < 0.3:
                    head.append(f"{indent}    nonlocal {self.names[-1]}")
                body = self.inner(indent, depth, frozenset({"function"}))
                return [*head, *body, f"{indent}print({name}())"]
            case 6 if "function" in places:
                lines = [f"{indent}if {self.condition(1)}:", f"{indent}    yield {self.operand()}"]
                return lines if self.random.random() < 0.3 else inner
            case 7 if "loop" not in places:
                lines = [f"{indent}while {self.condition(0)}:", f"{indent}    say(1)"]
                return [*lines, f"{indent}    break"]
            case _:
                return [f"{indent}if {self.pick('one', 'zero', 'say(1)')}:", *inner]

    def simple(self, indent: str, places: frozenset[str]) -> list[str]:
        match self.random.randrange(14):
            case 0 | 1:
                name = self.fresh()
                value = self.value()
                if self.random.random() < 0.8:
                    self.names.append(name)
                return [f"{indent}{name} = {value}"]
            case 2:
                return self.alias(indent)
            case 3 if "function" in places:
                return [f"{indent}return {self.value()}"]
            case 4 if "loop" in places:
                return [f"{indent}{self.pick('continue', 'break')}"]
            case 5:
                return [f"{indent}assert {self.condition(0)} or True, say(2)"]
            case 6 if self.flagged:
                return [f"{indent}{self.pick(*self.flagged)} = {self.operand()}"]
            case 7 if self.random.random() < 0.3:
                return [f"{indent}raise ValueError({self.operand()})"]
            case 7:
                return [f"{indent}print(_older(1))"]
            case 8:
                return [f'{indent}print("""a\n  b""", {self.value()})']
            case 9:
                return [f"{indent}say(3); print({self.flag()})"]
            case 10:
                return [f"{indent}print(", f"{indent}    {self.value()},  # why", f"{indent})"]
            case 11:
                return [f"{indent}{self.fresh()} = {self.value()}"]
            case _:
                return [f"{indent}print({self.value()})"]
