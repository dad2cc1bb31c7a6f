"""The program writes to a directory, or git ignores it as data, and no store covers it.

What nobody governs grows until the disk is full. Told is a directory that exists, that git ignores,
and that holds files, unless tools make it for themselves (environments, caches, builds); and a
directory that Python code makes or logs into under a relative path that is written out, unless the
repository holds files there. Nothing is told before the policy declares a store.

## How to resolve

Declare a store: `[retention.stores.NAME]` with `path` and `keep`; `keep = "forever"` for what is
never removed.

## How to except

`[[exceptions]]` in the policy, for the policy file (ignored directories) or the code.
"""

import re
from collections.abc import Callable, Iterator

from govcheck.document import Document, TooDeepError
from govcheck.finding import Finding
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Example, Rule

_NEEDLES = ("makedirs", "mkdir", "FileHandler")


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Directories of data without a store."""
    stores = policy.retention.stores
    if not stores:
        return
    from govcheck.globs import matcher

    roots = [path for store in stores.values() for path in store.paths]
    roots += [
        store.archive.to.rstrip("/")
        for store in stores.values()
        if store.archive is not None and not store.archive.is_remote
    ]
    is_excluded = matcher(policy.exclude)

    def is_governed(path: str) -> bool:
        above = any(path == root or path.startswith(f"{root}/") for root in roots)
        return above or any(root.startswith(f"{path}/") for root in roots) or is_excluded(path)

    yield from _ignored(repo, policy, is_governed)
    known = {path[:at] for path in repo.files for at in _slashes(path)}
    for document in repo.search(_NEEDLES, (".py",)):
        if re.search(r"(^|/)(tests?|examples?|docs?)/|(^|/)(test_|conftest)", document.path):
            continue
        for start, end, path in _written(document):
            if is_governed(path) or path in known or path.split("/")[0] in known:
                continue
            yield rule.finding(
                document.span_of_bytes(start, end),
                f"this makes {path}/, which no store of the policy governs",
            )


def _ignored(repo: Repo, policy: Policy, is_governed: Callable[[str], bool]) -> Iterator[Finding]:
    from govcheck.survey import ignored_directories

    origin = policy.origin("retention", "stores")
    told: list[str] = []
    for path in sorted(directory.rstrip("/") for directory in ignored_directories(repo)):
        if (
            is_governed(path)
            or any(path.startswith(f"{outer}/") for outer in told)
            or path.startswith(".")
            or "/." in path
            or not _holds_files(repo, path)
        ):
            continue
        told.append(path)
        yield rule.finding(
            origin.span, f"git ignores {path}/ and no store of the policy governs it"
        )


def _holds_files(repo: Repo, path: str) -> bool:
    """Whether there is any file at the top of a directory, or one level down."""
    import os

    try:
        for _, _, files in os.walk(os.path.join(repo.root, path)):
            if files:
                return True
    except OSError:
        return False
    return False


def _slashes(path: str) -> Iterator[int]:
    return (number for number, character in enumerate(path) if character == "/")


_MAKING = {"os.makedirs", "os.mkdir"}
_LOGGING = re.compile(r"logging(\.handlers)?\.\w*FileHandler")


def _written(document: Document) -> Iterator[tuple[int, int, str]]:
    """The directories that a module makes: where it names them, and what they are called."""
    from govcheck.python.module import module, string_value

    code = document.view(module)
    for place in re.finditer(rb"\b(?:makedirs|mkdir|\w*FileHandler)\(", document.utf8):
        try:
            around = code.around(*place.span())
        except TooDeepError:
            return
        call = next((node for node in reversed(around) if node.type == "call"), None)
        if call is None:
            continue
        try:
            function = code.qualified(call.child_by_field_name("function"))
        except TooDeepError:
            return
        target = call
        if function.endswith("pathlib.Path().mkdir"):
            path_call = call.child_by_field_name("function")
            inner = path_call.child_by_field_name("object") if path_call else None
            if inner is None or inner.type != "call":
                continue
            target = inner
        elif function not in _MAKING and not _LOGGING.fullmatch(function):
            continue
        arguments = target.child_by_field_name("arguments")
        if arguments is None or not arguments.named_children:
            continue
        first = arguments.named_children[0]
        path = string_value(first)
        if path is None or (len(arguments.named_children) > 1 and target is not call):
            continue
        if _LOGGING.fullmatch(function):
            path = path.rpartition("/")[0]
        path = path.removeprefix("./").rstrip("/")
        if re.fullmatch(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", path) and not path.startswith("."):
            yield first.start_byte, first.end_byte, path


rule = Rule("unmanaged-directory", "retention", check, severity="warning")

_POLICY = """\
[retention.stores.logs]
path = "logs"
keep = { within = "14d" }
"""

examples = [
    Example(
        "Code that makes a directory, and one that logs into another",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import logging.handlers\nimport os\nfrom pathlib import Path\n\n"
                'os.makedirs("reports/daily", exist_ok=True)\n'
                'Path("cache").mkdir(exist_ok=True)\n'
                'logging.handlers.RotatingFileHandler("var/app.log")\n'
            ),
        },
        (
            "app.py:5:13: this makes reports/daily/, which no store of the policy governs",
            "app.py:6:6: this makes cache/, which no store of the policy governs",
            "app.py:7:38: this makes var/, which no store of the policy governs",
        ),
    ),
    Example(
        "Git ignores it",
        {
            "govcheck.toml": _POLICY,
            ".gitignore": "logs/\ndumps/\nempty/\n.venv/\n",
            "logs/a.log": "",
            "dumps/a.sql": "",
            ".venv/a.py": "",
        },
        ("govcheck.toml:1:12: git ignores dumps/ and no store of the policy governs it",),
    ),
    Example(
        "A store governs it, or one inside",
        {
            "govcheck.toml": _POLICY + '[retention.stores.x]\npath = "var/x"\nkeep = "forever"\n',
            "app.py": 'import os\n\nos.makedirs("logs/deep")\nos.makedirs("var")\n',
        },
    ),
    Example(
        "Not written out, absolute, temporary, in a test, or of something else",
        {
            "govcheck.toml": _POLICY,
            "app.py": (
                "import os\nfrom pathlib import Path\n\n"
                "os.makedirs(target)\nos.makedirs('/var/log/app')\nos.makedirs(f'{base}/x')\n"
                "Path(base, 'x').mkdir()\n(Path(base) / 'x').mkdir()\nstore.mkdir('x')\n"
                "os.makedirs('../x')\nPath('~').mkdir()\n"
            ),
            "tests/test_a.py": "import os\n\nos.makedirs('scratch')\n",
        },
    ),
    Example(
        "The repository has it",
        {
            "govcheck.toml": _POLICY,
            "static/a.css": "",
            "app.py": "import os\n\nos.makedirs('static/built')\n",
        },
    ),
    Example(
        "No store is declared yet",
        {"govcheck.toml": "", "app.py": "import os\n\nos.makedirs('out')\n"},
    ),
]
