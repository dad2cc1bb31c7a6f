"""What a call in a document or script takes, where that is known."""

import ast
import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from govcheck.docs.section import Options, Program
from govcheck.document import Document
from govcheck.policy import Policy
from govcheck.programs.calls import Call
from govcheck.programs.interface import Interface, Option
from govcheck.programs.modules import console_scripts, modules
from govcheck.programs.written import Written
from govcheck.repo import Repo

_SHEBANG = 80


class Found(NamedTuple):
    """A program with what it takes; `declared` is the policy's number for it, or -1."""

    name: str
    interface: Interface
    declared: int = -1


def program_of(repo: Repo, policy: Policy, each: Written, call: Call) -> Found | None:
    """The program that a call runs, if all of its options are known."""
    found = _program_of(repo, policy, each, call)
    return found if found is not None and not found.interface.open else None


def named(repo: Repo, policy: Policy, name: str) -> Interface | None:
    """What a program takes: one of the policy, a console script, or a script by its path."""
    known = repo.view(declared, policy).get(name)
    if known is not None:
        return known.interface
    if entry := repo.view(console_scripts).get(name):
        return repo.view(of_entry_point, entry)
    if name.endswith(".py"):
        return repo.view(_of_python, name)
    document = repo.document(name)
    return _of_script(document) if document is not None else None


def of_entry_point(repo: Repo, entry: str) -> Interface | None:
    """What the object takes that an entry point names: `package.module:object`."""
    from govcheck.programs.python import interface_of_object

    return interface_of_object(repo, entry)


def _of_python(repo: Repo, path: str) -> Interface | None:
    from govcheck.programs.python import interface_of_file  # only such a program pays for it

    return interface_of_file(repo, path)


def _of_script(document: Document) -> Interface | None:
    from govcheck.programs.scripts import interface_of_script

    return document.view(interface_of_script)


def candidates(each: Written, path: str) -> Iterator[str]:
    """The paths in the repository that a path in a command may mean."""
    seen = set()
    for folder in each.folders:
        joined = posixpath.normpath(posixpath.join(folder, path))
        if not joined.startswith("..") and joined not in seen:
            seen.add(joined)
            yield joined


def _program_of(repo: Repo, policy: Policy, each: Written, call: Call) -> Found | None:
    name = call.name.text
    match call.kind:
        case "program":
            found = repo.view(declared, policy).get(name)
            if found is not None:
                return found
            entry = repo.view(console_scripts).get(name)
            interface = repo.view(of_entry_point, entry) if entry else None
            return Found(name, interface) if interface is not None else None
        case "module":
            path = repo.view(modules).find(name, *each.folders)
            if path is None:
                return None
            if not path.endswith(".py") or path.endswith("/__init__.py"):
                path = f"{path.removesuffix('/__init__.py')}/__main__.py"
            return _of_path(repo, policy, path, f"python -m {name}")
        case "file":
            existing = [path for path in candidates(each, name) if path in repo]
            return _of_path(repo, policy, existing[0], name) if len(existing) == 1 else None


def _of_path(repo: Repo, policy: Policy, path: str, name: str) -> Found | None:
    for number, program in enumerate(policy.docs.program):
        if path in program.paths:
            found = repo.view(declared, policy).get(program.name)
            return found and found._replace(name=name, declared=number)
    interface = repo.view(_read, path)
    return Found(name, interface) if interface is not None else None


def _read(repo: Repo, path: str) -> Interface | None:
    if path.endswith(".py"):
        return _of_python(repo, path)
    document = repo.document(path)
    if document is None:
        return None
    first = document.text[:_SHEBANG].partition("\n")[0]
    if "python" in first:
        return _of_python(repo, path)
    if path.endswith((".sh", ".bash")) or (first.startswith("#!") and first.endswith("sh")):
        return _of_script(document)
    return None


def declared(repo: Repo, policy: Policy) -> dict[str, Found]:
    """The programs of the policy that say what they take."""
    found = {}
    for number, program in enumerate(policy.docs.program):
        interface = _declared(repo, program)
        if interface is not None:
            found[program.name] = Found(program.name, interface, number)
    return found


def _declared(repo: Repo, program: Program) -> Interface | None:
    if program.options is None:
        return None
    if not isinstance(program.options, Options):
        names = dict.fromkeys(program.options, Option())
        return Interface({"-h": Option(), "--help": Option(), **names}, is_positional=True)
    return _queried(repo, program.options)


def _queried(repo: Repo, query: Options) -> Interface | None:
    """The options that a table of calls names."""
    document = repo.document(query.file)
    if document is None:
        return None
    try:
        tree = ast.parse(document.text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    found = Interface({"-h": Option(), "--help": Option()}, is_positional=True, path=query.file)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _last_name(node.func) != query.call:
            continue
        said = next((each.value for each in node.keywords if each.arg == query.argument), None)
        if said is None:
            at = int(query.argument) if query.argument.isdecimal() else 0
            said = node.args[at] if at < len(node.args) else None
        values = said.elts if isinstance(said, ast.List | ast.Tuple) else [said]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                if value.value.startswith("-"):
                    found.options[value.value] = Option()
            else:
                found.open = f"{query.call} is called with a name that is computed"
    return found if len(found.options) > 2 else None


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Attribute():
            return node.attr
        case ast.Name():
            return node.id
    return ""
