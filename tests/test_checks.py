"""Rules of a policy's own: tables in it that are rules like any other."""

import json
import sys
import types
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from govcheck import PolicyError, check, load_policy, update_baseline
from govcheck.cli import run
from govcheck.document import Document
from govcheck.python.calls import calls
from tests.conftest import Repository, commit, write

NO_SLEEP = """\
[checks.no-sleep]
kind = "calls"
forbid = ["time.sleep"]
reason = "use fake_clock"
"""
SLEEPS = "import time\n\ntime.sleep(1)\n"
FOUND = "a.py:3: no-sleep: error: calls time.sleep (govcheck.toml:3): use fake_clock"

Captured = pytest.CaptureFixture[str]


def _found(root: Path) -> list[str]:
    report = check(str(root))
    assert not report.problems
    return [
        f"{f.span.path}:{f.span.line}: {f.rule}: {f.severity}: {f.message}" for f in report.findings
    ]


def _mistakes(root: Path) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_policy(str(root))
    return [str(each) for each in caught.value.mistakes]


@pytest.mark.parametrize(
    ("also", "expected"),
    [
        ("", [FOUND]),
        ('ignore = ["no-sleep"]\n', []),
        ('ignore = ["checks"]\n', []),
        ('select = ["no-sleep"]\n', [FOUND]),
        ('select = ["checks"]\n', [FOUND]),
        ('select = ["flags"]\n', []),
        ('severity = { no-sleep = "warning" }\n', [FOUND.replace("error", "warning")]),
        ('overrides = [{ paths = ["a.py"], ignore = ["no-sleep"] }]\n', []),
        (
            'overrides = [{ paths = ["*.py"], severity = { no-sleep = "info" } }]\n',
            [FOUND.replace("error", "info")],
        ),
        ('exceptions = [{ rule = "no-sleep", paths = ["a.py"], reason = "old" }]\n', []),
    ],
)
def test_a_rule_of_the_policys_own_is_named_like_any_other(
    also: str, expected: list[str], repository: Repository
) -> None:
    root = repository({"govcheck.toml": also + NO_SLEEP, "a.py": SLEEPS})
    moved = [each.replace("toml:3", f"toml:{3 + bool(also)}") for each in expected]
    assert _found(root) == moved


def test_what_silences_it_and_is_not_needed_is_told(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": NO_SLEEP
            + '[[exceptions]]\nrule = "no-sleep"\npaths = ["b.py"]\nreason = "old"\n',
            "a.py": "print(1)  # govcheck: ignore[no-sleep] -- a demo\n",
            "b.py": "print(1)\n",
            "c.py": "print(1)  # govcheck: ignore[no-slep] -- a demo\n",
        }
    )
    assert [each.split(": ")[1] for each in _found(root)] == [
        "unused-suppression",
        "unknown-suppression",
        "unused-exception",
    ]


def test_the_baseline_holds_it_and_the_command_line_knows_it(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    root = repository({"govcheck.toml": NO_SLEEP, "a.py": SLEEPS})
    commit(root)
    monkeypatch.chdir(root)
    assert run(["--select", "no-sleep", "--output-format", "sarif"]) == 1
    (run_,) = json.loads(capsys.readouterr().out)["runs"]
    assert [each["ruleId"] for each in run_["results"]] == ["no-sleep"]
    (rule,) = run_["tool"]["driver"]["rules"]
    assert (rule["id"], rule["shortDescription"]["text"]) == ("no-sleep", "use fake_clock")
    assert run(["--select", "no-slep"]) == 2
    assert "unknown rule or family 'no-slep' (did you mean 'no-sleep'?)" in capsys.readouterr().err
    assert run(["rules"]) == 0
    assert "\nno-sleep               checks        error     -       use fake_clock\n" in (
        capsys.readouterr().out
    )
    assert run(["explain", "no-sleep"]) == 0
    assert capsys.readouterr().out.startswith("# no-sleep\n\nuse fake_clock\n")
    update_baseline(str(root))
    assert _found(root) == []


def test_all_mistakes_are_told_with_their_place_and_the_nearest_right_name(
    repository: Repository,
) -> None:
    root = repository(
        {
            "govcheck.toml": (
                '[checks.pin]\nkind = "files"\nmax-lins = 3\nreason = "a"\n'
                '[checks."A b"]\nkind = "cals"\nforbid = ["a"]\nreason = "a"\n'
                '[checks.empty]\nkind = "files"\nreason = " "\n'
                '[checks.both]\nkind = "files"\nforbid = ["a"]\nallow = ["b"]\nname = "("\n'
                'max-bytes = -1\nreason = "a"\npaths = []\n'
                '[checks.calls]\nkind = "calls"\nforbid = ["*", "a b", "a"]\n'
                'unless = { names = "a" }\nmax-lines = 3\n'
                '[[checks.calls.examples]]\nfiles = { "../a" = "" }\nfindings = ["a:b"]\n'
                '[[exceptions]]\nrule = "bth"\npaths = ["a"]\nreason = "a"\n'
            )
        }
    )
    assert _mistakes(root) == [
        "govcheck.toml:1: checks.pin: 'pin' is the name of a rule or family that comes with "
        "govcheck",
        "govcheck.toml:3: unknown key 'max-lins' (did you mean 'max-lines'?)",
        "govcheck.toml:5: checks.A b: a rule is called by words such as 'no-sleep', not 'A b'",
        "govcheck.toml:6: checks.A b.kind: expected calls, data, files, imports, registry or text, "
        "not 'cals' (did you mean 'calls'?)",
        "govcheck.toml:9: checks.empty: a check of files needs 'forbid', 'allow', 'require', "
        "'name', 'max-lines' or 'max-bytes'",
        "govcheck.toml:15: checks.both.allow: 'allow' lists all that is allowed; say with "
        "'exclude' what is not forbidden",
        "govcheck.toml:16: checks.both.name: '(' is no regular expression: "
        "missing ), unterminated subpattern at position 0",
        "govcheck.toml:17: checks.both.max-bytes: expected 0 or more, not -1",
        "govcheck.toml:20: checks.calls: the key 'reason' is missing: Why, and what to do "
        "instead: every finding says it.",
        "govcheck.toml:23: checks.calls.unless.names: expected a list, not 'a'",
        "govcheck.toml:24: unknown key 'max-lines'",
        "govcheck.toml:26: checks.calls.examples.files.../a: '../a' is no path of a file in a "
        "repository",
        "govcheck.toml:27: checks.calls.examples.findings: 'a:b' is not of the form "
        "PATH:LINE:COLUMN",
        "govcheck.toml:29: unknown rule 'bth' (did you mean 'both'?)",
    ]


def test_a_policy_that_is_extended_brings_rules_and_may_lock_them(repository: Repository) -> None:
    root = repository(
        {
            "base.toml": NO_SLEEP,
            "govcheck.toml": (
                'extends = ["base.toml"]\n[checks.no-sleep]\nseverity = "warning"\n'
                'exclude = ["b.py"]\n[severity]\nno-sleep = "info"\n'
            ),
            "a.py": SLEEPS,
            "b.py": SLEEPS,
        }
    )
    assert _found(root) == [
        "a.py:3: no-sleep: info: calls time.sleep (base.toml:3): use fake_clock"
    ]
    write(root, {"base.toml": 'locked = ["checks"]\n' + NO_SLEEP})
    why = "no-sleep is locked by base.toml and may not be loosened here"
    assert _mistakes(root) == [
        f"govcheck.toml:3: {why}",
        f"govcheck.toml:4: {why}",
        f"govcheck.toml:6: {why}",
    ]
    own = NO_SLEEP.replace("no-sleep", "own") + 'severity = "info"\n[severity]\nown = "warning"\n'
    write(root, {"govcheck.toml": f'extends = ["base.toml"]\n{own}'})
    assert {each.split(": ")[1] for each in _found(root)} == {"no-sleep", "own"}


def test_what_a_layer_alone_does_not_tell_is_told_of_the_whole(repository: Repository) -> None:
    root = repository(
        {
            "base.toml": NO_SLEEP,
            "govcheck.toml": 'extends = ["base.toml"]\n[checks.no-sleep]\nmax-lines = 3\n',
        }
    )
    assert _mistakes(root) == ["govcheck.toml:3: unknown key 'max-lines'"]


def test_the_examples_of_a_rule_are_tried(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    example = '[[checks.no-sleep.examples]]\nfiles = { "a/b.py" = "import time\\ntime.sleep(1)" }\n'
    policy = NO_SLEEP + example
    root = repository({"govcheck.toml": policy + 'findings = ["a/b.py:2"]\n'})
    monkeypatch.chdir(root)
    assert run(["test"]) == 0
    assert capsys.readouterr().out == "no-sleep: 1 of 1 examples pass\n"
    write(
        root,
        {
            "govcheck.toml": (
                'select = ["flags"]\nexclude = ["a"]\n'
                f'{policy}findings = ["a/b.py:2:1"]\n{example}title = "more"\n'
                'findings = ["a/b.py:3"]\n[checks.readme]\nkind = "files"\n'
                'require = ["README.md"]\nreason = "a"\n'
            )
        },
    )
    assert run(["test", "no-sleep"]) == 1
    assert capsys.readouterr().out == (
        "govcheck.toml:10: no-sleep: more: it finds nothing at a/b.py:3\n"
        "govcheck.toml:10: no-sleep: more: it finds at a/b.py:2:1: calls time.sleep "
        "(govcheck.toml:5): use fake_clock\n"
        "no-sleep: 1 of 2 examples pass\n"
    )
    assert run(["test", "readme"]) == 0
    assert capsys.readouterr().out == "readme: no examples\n"
    assert run(["test", "no-slep"]) == 2
    assert "'no-slep' is no rule of the policy's own (did you mean 'no-sleep'?)" in (
        capsys.readouterr().err
    )


def test_a_pattern_is_not_tried_on_a_line_of_no_end_and_that_is_told(
    repository: Repository,
) -> None:
    text = '[checks.a]\nkind = "text"\npatterns = ["(a+)+$"]\nwords = ["cfg"]\nreason = "a"\n'
    root = repository({"govcheck.toml": text, "a.txt": "a" * 20_000 + "! cfg\n"})
    assert [each.split(": ")[:2] for each in _found(root)] == [
        ["a.txt:1", "unchecked-file"],
        ["a.txt:1", "a"],
    ]


def test_what_policy_prints_of_checks_is_a_policy(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    root = repository(
        {
            "govcheck.toml": NO_SLEEP
            + 'within = "test"\nunless = { names = ["a"] }\n[[checks.no-sleep.examples]]\n'
            + 'files = { "a.py" = "pass\\n" }\n[[checks.no-sleep.examples]]\n'
            + 'files = { "b.py" = "" }\nfindings = ["b.py:1"]\n'
        }
    )
    monkeypatch.chdir(root)
    before = load_policy(str(root))
    assert run(["policy"]) == 0
    write(root, {"govcheck.toml": capsys.readouterr().out})
    assert load_policy(str(root)).checks == before.checks


def test_a_warm_run_says_the_same_and_a_change_is_seen(repository: Repository) -> None:
    root = repository(
        {
            "govcheck.toml": NO_SLEEP
            + '[checks.short]\nkind = "files"\npaths = ["*.py"]\nmax-lines = 2\nreason = "a"\n',
            "a.py": SLEEPS,
        }
    )

    def found() -> list[str]:
        return [each.message for each in check(str(root), cached=True).findings]

    cold = found()
    assert len(cold) == 2
    assert found() == cold
    write(root, {"a.py": "import time\n"})
    assert found() == []


@pytest.mark.parametrize(
    "text",
    [
        "import time\n" + "f(" * 20_000 + "time.sleep(1)" + ")" * 20_000,
        "import time\n" + ".a".join(["time"] * 2) + ".a" * 20_000 + ".sleep()\n",
        "import time\n" + "time.sleep(1); " * 50_000,
        "import time\n" + "def f(time): time.sleep(1)\n" * 20_000,
        "import time\n" + "sleep = sleep\nsleep()\n" * 2_000,
        "from time import sleep\n" + "sleep(1); " * 50_000,
    ],
    ids=["nested", "dotted", "one line", "shadowed", "circular", "often"],
)
def test_hostile_files_are_checked_or_told_of(text: str, repository: Repository) -> None:
    root = repository({"govcheck.toml": NO_SLEEP, "a.py": text})
    report = check(str(root))
    is_clean = "def f(time)" in text or "sleep = sleep" in text or ".a.a" in text
    assert {each.rule for each in report.findings} & {"no-sleep", "unchecked-file"} or is_clean


def test_calls_within_tests_and_on_import(repository: Repository) -> None:
    rules = "".join(
        f'[checks.in-{name}]\nkind = "calls"\nforbid = ["open"]\nwithin = "{within}"\n'
        'reason = "a"\n'
        for name, within in (("tests", "test"), ("modules", "module"), ("coroutines", "async def"))
    )
    text = """\
open(1)

def helper(x=open(4)):
    open(5)

class TestA:
    open(8)
    def test_a(self):
        open(10)
        [open(11) for _ in ()]
    def helper(self):
        (lambda: open(13))()

@parametrize(open(15))
async def test_b():
    open(17)
    def inner():
        open(19)
"""
    root = repository({"govcheck.toml": rules, "test_a.py": text, "a.py": "open(1)\n"})
    found = [each.split(": ")[:2] for each in _found(root)]
    assert sorted(found) == sorted(
        [
            ["a.py:1", "in-modules"],
            ["test_a.py:1", "in-modules"],
            ["test_a.py:3", "in-modules"],
            ["test_a.py:7", "in-modules"],
            ["test_a.py:9", "in-tests"],
            ["test_a.py:10", "in-tests"],
            ["test_a.py:14", "in-modules"],
            ["test_a.py:14", "in-tests"],
            ["test_a.py:16", "in-coroutines"],
            ["test_a.py:16", "in-tests"],
            ["test_a.py:18", "in-tests"],
        ]
    )


@pytest.mark.parametrize(
    ("pattern", "called", "left_alone"),
    [
        ("requests.*", "requests.get()", "requests"),
        ("requests.*", "requests.a.b()", "requests_mock.get()"),
        ("requests.get", "requests.get(a).json()", "requests.get"),
        ("*.patch", "client().patch()", "patch.stop()"),
        ("*.patch.*", "patch.object()", "patch(a).start()"),
        ("os.spawn?", "os.spawnv()", "os.spawnve()"),
    ],
)
def test_a_pattern_names_what_is_called_and_not_what_is_done_with_it(
    pattern: str, called: str, left_alone: str, repository: Repository
) -> None:
    imports = (
        "import os, requests, requests_mock\nfrom unittest.mock import patch\n"
        "from a import client\n"
    )
    root = repository(
        {
            "govcheck.toml": f'[checks.a]\nkind = "calls"\nforbid = ["{pattern}"]\nreason = "a"\n',
            "a.py": imports + called,
            "b.py": imports + left_alone,
        }
    )
    assert [each.split(": ")[0] for each in _found(root)] == ["a.py:4"]


@pytest.mark.parametrize(
    ("path", "text", "pattern", "expected"),
    [
        ("a.py", "from time import sleep as s\ns(1)", "time.sleep", ["time.sleep"]),
        ("a.py", "import os.path\nos.path.join(a)", "os.path.join", ["os.path.join"]),
        ("a.py", "import a.b as c\nc.d()", "a.b.d", ["a.b.d"]),
        ("src/app/api.py", "from .db import run\nrun()", "app.db.run", ["app.db.run"]),
        ("app/api.py", "from . import db\ndb.run()", "app.db.run", ["app.db.run"]),
        ("app/api.py", "def run(): ...\nrun()", "app.api.run", ["app.api.run"]),
        ("a.py", "print(1)", "print", ["print"]),
        ("a.py", "def print(x): ...\nprint(1)", "print", []),
        ("a.py", "class A:\n    def open(self): ...\n    def f(self): open(1)", "open", ["open"]),
        ("a.py", "try:\n    import b as a\nexcept E:\n    a = None\na.f()", "b.f", ["b.f"]),
        ("a.py", "import time\ntime = Fake()\ntime.sleep()", "time.sleep", []),
        ("a.py", "import time\ndef f(time): time.sleep()", "time.sleep", []),
        ("a.py", "import time\n[time.sleep() for time in a]", "time.sleep", []),
        ("a.py", "import time\ndef f():\n  global time\n  time = 1\ntime.sleep()", "time.*", []),
        ("a.py", "a[0].patch(1)", "*.patch", [".patch"]),
        ("a.py", "def f(client): client.patch(1)", "*.patch", [".patch"]),
        ("a.py", "def f(requests): requests.pop()", "requests.*", []),
        ("a.py", "import requests\nrequests.get(a).json()", "requests.get", ["requests.get"]),
        ("a.py", "time.sleep", "time.sleep", []),
        ("a.py", "x = 'time.sleep(1)'  # time.sleep(1)", "time.sleep", []),
    ],
)
def test_a_name_is_what_its_scope_says(
    path: str, text: str, pattern: str, expected: list[str]
) -> None:
    prefix, star, _ = pattern.partition("*")
    document = Document(path, text.encode())

    def is_wanted(name: str) -> bool:
        if pattern.startswith("*"):
            return name.endswith(pattern[1:])
        return name.startswith(prefix) if star else name == pattern

    assert [min(call.names, key=len) for call in calls(document, is_wanted)] == expected


_NAMES = st.sampled_from("aaab")
_BINDINGS = (
    "import m as {0}", "{0} = V()", "{0} = {1}", "for {0} in [V()]: pass", "with V() as {0}: pass",
    "({0} := V())", "def {0}(): pass", "class {0}: pass", "[({0} := V()) for _ in [1]]",
    "{0}: object = V()", "{0}, _ = V(), 1", "from m import itself as {0}", "del {0}",
    "try: raise V\nexcept V as {0}: pass", "match V():\n    case {0}: pass",
)  # fmt: skip
_CALLS = (
    "{0}.f()", "{0}.f()", "{0}.f()", "[{0}.f() for _ in [1]]", "[{0}.f() for {0} in [V()]]",
    "(lambda: {0}.f())()", "(lambda {0}=V(): {0}.f())()", "(lambda x={0}.f(): x)()",
)  # fmt: skip
_SCOPES = (
    "def g():\n{body}\ng()", "def g({0}=V()):\n{body}\ng()", "def g(*, {0}=None):\n{body}\ng()",
    "def g():\n    global {0}\n{body}\ng()", "def g():\n    nonlocal {0}\n{body}\ng()",
    "class g:\n{body}", "class g:\n    global {0}\n{body}",
)  # fmt: skip


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.split("\n"))


def _guarded(statement: str) -> str:
    return f"try:\n{_indented(statement)}\nexcept Exception: pass"


def _block(draw: st.DrawFn, depth: int) -> str:
    statements = []
    for _ in range(draw(st.integers(1, 4))):
        kinds = (_BINDINGS, _CALLS, _CALLS, _SCOPES) if depth < 3 else (_BINDINGS, _CALLS)
        template = draw(st.sampled_from(draw(st.sampled_from(kinds))))
        body = _indented(_block(draw, depth + 1)) if "{body}" in template else ""
        statements.append(template.format(draw(_NAMES), draw(_NAMES), body=body))
    return "\n".join(map(_guarded, statements))


_PROGRAMS = st.composite(lambda draw: _block(draw, 0))()


@settings(max_examples=400, deadline=None)
@example("a = V()\nclass g:\n    a.f()\n    import m as a")
@given(_PROGRAMS)
def test_what_is_said_to_be_a_module_is_one_when_the_program_runs(body: str) -> None:
    text = f"import m as a\n{body}\n"
    ran: dict[int, set[str]] = {}

    def note(what: str) -> None:
        ran.setdefault(sys._getframe(2).f_lineno, set()).add(what)

    class V(Exception):  # noqa: N818
        def f(self) -> None:
            note("variable")

        def __enter__(self) -> "V":
            return self

        def __exit__(self, *_: object) -> None: ...

    module = types.ModuleType("m")
    module.__dict__.update(f=lambda: note("module"), itself=module)
    try:
        code = compile(text, "a.py", "exec")
    except SyntaxError:
        return
    before = sys.modules.get("m")
    sys.modules["m"] = module
    try:
        exec(code, {"V": V})
    finally:
        del sys.modules["m"]
        assert before is None
    document = Document("a.py", text.encode())
    for call in calls(document, lambda name: name in ("m.f", "m.itself.f")):
        assert "variable" not in ran.get(document.span(call.start, call.end).line, set()), text
