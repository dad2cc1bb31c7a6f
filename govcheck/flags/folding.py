"""Retired flags folded out of the repository's Python files, together where they depend."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from govcheck.document import Document
from govcheck.finding import Edit
from govcheck.flags.references import (
    PROSE,
    PYTHON,
    SETTINGS_BASE,
    Reference,
    is_python,
    references,
)
from govcheck.flags.section import Flag
from govcheck.flags.settings import flag_classes, flag_fields
from govcheck.flags.uses import (
    built_names,
    gives,
    loads,
    opens,
    reaches,
    set_at_run_time,
    takes,
    use,
)
from govcheck.policy import Policy
from govcheck.python.folding import Retired, Setting
from govcheck.python.folding.flags import Constant, Elsewhere
from govcheck.python.folding.pool import Task, answers
from govcheck.python.names import absolute, dotted
from govcheck.repo import Repo

_MAX_ROUNDS = 5
_WEIGHT: tuple[Elsewhere, ...] = ("absent", "read", "other")
_TEST = re.compile(r"(^|/)tests?/|(^|/)(conftest|tests?|test_[^/]*|[^/]*_tests?)\.py$")
# What frameworks load by its name, and read as a whole.
_SETTINGS_FILE = re.compile(
    r"(^|/)(settings/[^/]+|conf|[\w.]*settings[\w.]*|celeryconfig|gunicorn[\w.]*|\w+_config)\.py$"
)
_OPENS = ("setattr", "getattr", "vars(", "__dict__", "dir(", "getmembers(", "from_object(")
_CRASHED = "the process that folded it died"


@dataclass(frozen=True, slots=True)
class Fold:
    """What folding makes of the files that depend on each other: edits, or why there are none.

    `refusal` is (path, line, why). `is_safe` tells that behaviour is proved to stay.
    """

    edits: tuple[Edit, ...] = ()
    is_safe: bool = True
    refusal: tuple[str, int, str] | None = None
    unused: tuple[str, ...] = ()


@dataclass(slots=True)
class _Module:
    """A file on its way: what other files give it, and what they do with its names."""

    document: Document
    names: tuple[str, ...]
    constants: dict[str, Constant] = field(default_factory=dict)
    elsewhere: dict[str, Elsewhere] = field(default_factory=dict)
    exports: dict[str, Constant] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    folded: str = ""
    refusal: tuple[int, str] | None = None
    unused: tuple[str, ...] = ()
    imports: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    is_inert: bool = False

    @property
    def lasts(self) -> frozenset[str]:
        """The last parts of its dotted names."""
        return frozenset(name.rpartition(".")[2] for name in self.names)


def folds(repo: Repo, policy: Policy, *, unsafe: bool) -> Mapping[str, Fold]:
    """What folding makes of each Python file that has to do with a retired flag, by path."""
    safe = _Folding(repo, policy, unsafe=False).folds()
    if not unsafe:
        return safe
    return {
        path: safe[path] if safe.get(path) == fold else fold
        for path, fold in _Folding(repo, policy, unsafe=True).folds().items()
    }


class _Folding:
    def __init__(self, repo: Repo, policy: Policy, *, unsafe: bool) -> None:
        self.repo = repo
        self.unsafe = unsafe
        self.places = policy.flags_settings
        self.policies = [source.path for source in policy.sources]
        self.flags = {
            name: retired(flag) for name, flag in policy.flags.items() if flag.status == "retired"
        }
        self.fields = flag_fields(repo, policy) if repo.search([SETTINGS_BASE], PYTHON) else {}
        self.given = self._given_fields(policy) if self.fields else {}
        found = self.found = repo.view(references, policy)
        paths = [path for path in repo.files if path.endswith(".py")]
        self.own = tuple(sorted({_dotted_names(repo, each)[0].partition(".")[0] for each in paths}))
        self.parts = frozenset(part for each in paths for part in each[: -len(".py")].split("/"))
        self.by_name = _by_name(paths)
        self.prefixes: tuple[str, ...] | None = None
        self.opening: tuple[Document, ...] | None = None
        self.opened: dict[str, Elsewhere] = {}
        self.by_names: dict[str, bool] = {}
        self.naming: tuple[Document, ...] | None = None
        self.modules = {
            document.path: _Module(document, _dotted_names(repo, document.path))
            for name in self.flags
            for document in _documents(found[name])
        }

    def folds(self) -> Mapping[str, Fold]:
        """The folds of all files."""
        self._carry_over()
        self._fold(self.modules.keys())
        for _ in range(_MAX_ROUNDS):
            for module in self.modules.values():
                for name in module.elsewhere:
                    self.repo.expect([name])
                for name in module.imports - module.needed:
                    self.repo.expect(*_taking(module, name))
            again = {path for path in self.modules if self._looks_elsewhere(path)}
            if not again:
                break
            self._fold(again)
        else:
            for path in again:
                self._leave(path, 1, "what other files do with its names does not settle")
        self._leave_what_programs_set()
        self._leave_what_is_given()
        self._leave_half_done()
        return {path: self._result(path) for path in self.modules}

    def _setting(self, module: _Module) -> Setting:
        return Setting(
            flags=self.flags,
            module=module.names[0],
            is_package=module.document.path.endswith("/__init__.py"),
            accessors=self.places.accessors,
            decorators=self.places.decorators,
            settings_objects=self.places.settings_objects,
            fields=self.fields,
            own=self.own,
            inert=tuple(
                sorted(
                    name for each in self.modules.values() if each.is_inert for name in each.names
                )
            ),
            is_by_name=self._is_by_name(module),
            submodules=self._submodules(module),
            constants=module.constants,
            helpers=self._helpers(module),
            taken=tuple(sorted(module.taken)),
            elsewhere={**module.elsewhere, **dict.fromkeys(self.given, "other")},
            needed=tuple(sorted(module.needed)),
            unsafe=self.unsafe,
        )

    def _is_by_name(self, module: _Module) -> bool:
        """Whether something loads a module by its name, and may read whatever it defines."""
        path = module.document.path
        if path not in self.by_names:
            self.by_names[path] = bool(_SETTINGS_FILE.search(path)) or self._is_loaded(module)
        return self.by_names[path]

    def _is_loaded(self, module: _Module) -> bool:
        path = module.document.path
        if self.naming is None:
            # One pass over the files finds what may name any of the modules.
            named = {name for each in self.modules.values() for name in each.names}
            quoted = {f"{quote}{name}{quote}" for name in named for quote in "'\""}
            files = {each.rpartition("/")[2] for each in self.modules}
            self.naming = self.repo.search({n for n in named if "." in n} | quoted | files)
        dotted_names = [re.escape(each) for each in module.names if "." in each]
        word = re.compile(rf"(?im)^.*(settings|conf).*\b({'|'.join(dotted_names)})(?![\w.])")
        needles = [*(f"{q}{n}{q}" for n in module.names for q in "'\""), path.rpartition("/")[2]]
        needles += [name for name in module.names if "." in name]
        for document in self.naming:
            if document.path in (path, *self.policies) or document.path.lower().endswith(PROSE):
                continue
            if not any(needle in document.text for needle in needles):
                continue
            if is_python(document):
                if loads(document.text, module.names, [f"/{path.rpartition('/')[2]}", path]):
                    return True
            elif dotted_names and word.search(document.text):
                return True
        return False

    def _submodules(self, module: _Module) -> tuple[str, ...]:
        """The modules of the repository that a module imports by `from ... import`."""
        try:
            tree = ast.parse(module.document.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ()
        is_package = module.document.path.endswith("/__init__.py")
        named = {
            f"{absolute(node, module.names[0], is_package=is_package)}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        return tuple(sorted(named & self.by_name.keys()))

    def _leave_what_programs_set(self) -> None:
        """Leave what reads a variable that another file gives another value while it runs."""
        for name, flag in self.flags.items():
            references = self.found[name]
            writers = dict.fromkeys(
                each.document
                for each in references
                if each.kind in ("env-write", "string", "setting") and is_python(each.document)
            )
            finals = {str(each) for each in flag.spellings}
            for document in writers:
                if _TEST.search(document.path):
                    continue
                line = set_at_run_time(document.text, name, finals)
                if line is None:
                    continue
                for each in references:
                    if each.reads and each.document.path in self.modules:
                        why = f"{document.path}:{line} sets {name} while the program runs"
                        self._leave(each.document.path, each.span.line, why)

    def _given_fields(self, policy: Policy) -> dict[str, list[tuple[str, int, str | None]]]:
        """Where a call gives a field of a settings class a value: (path, line, value)."""
        found: dict[str, list[tuple[str, int, str | None]]] = {}
        for name, owner in flag_classes(self.repo, policy).items():
            for document in self.repo.search([owner], PYTHON):
                for line, value in gives(document.text, owner, name):
                    found.setdefault(name, []).append((document.path, line, value))
        return found

    def _leave_what_is_given(self) -> None:
        """Leave what reads a field of a settings class that a call gives another value."""
        for name, places in self.given.items():
            flag = self.fields[name]
            finals = {str(each) for each in self.flags[flag].spellings}
            for path, line, value in places:
                if _TEST.search(path) or value is None or value in finals:
                    continue
                for each in self.found[flag]:
                    if each.reads and each.document.path in self.modules:
                        why = f"{path}:{line} gives {name} another value"
                        self._leave(each.document.path, each.span.line, why)

    def _leave_half_done(self) -> None:
        """Leave tests that set a flag as they are where something that reads it is left alone."""
        for name in self.flags:
            left = [
                each
                for each in self.found[name]
                if each.reads
                and not each.defines
                and each.document.path in self.modules
                and self.modules[each.document.path].refusal is not None
            ]
            for each in self.found[name] if left else ():
                path = each.document.path
                sets = each.kind == "env-write" or (each.kind == "setting" and each.defines)
                if sets and path in self.modules and self.modules[path].refusal is None:
                    there = f"{left[0].document.path}:{left[0].span.line}"
                    self._leave(path, each.span.line, f"{there} still reads {name}")

    def _opened(self, module: _Module) -> Elsewhere:
        """Whether another file looks into a module, or sets its names, without naming them."""
        if self.opening is None:
            self.opening = self.repo.search(_OPENS, PYTHON)
        path = module.document.path
        if path not in self.opened:
            words = re.compile(rf"\b({'|'.join(map(re.escape, module.lasts))})\b")
            self.opened[path] = "absent"
            for document in self.opening:
                if document.path != path and words.search(document.text):
                    found = opens(document.text, module.lasts)
                    self.opened[path] = max(self.opened[path], found, key=_WEIGHT.index)
        return self.opened[path]

    def _built(self, name: str) -> bool:
        """Whether some file looks names up that begin like this one."""
        if self.prefixes is None:
            documents = self.repo.search(["getattr(", "methodcaller(", "globals()"], PYTHON)
            self.prefixes = tuple({each for d in documents for each in built_names(d.text)})
        return name.startswith(self.prefixes)

    def _helpers(self, module: _Module) -> Mapping[str, str]:
        """The texts of the modules whose functions a file calls to read a flag."""
        is_package = module.document.path.endswith("/__init__.py")
        called = _callees(module.document.text, module.names[0], is_package, self.flags)
        sources = {name.rpartition(".")[0] for name in called} & self.by_name.keys()
        documents = {source: self.repo.document(self.by_name[source]) for source in sources}
        return {
            source: document.text
            for source, document in sorted(documents.items())
            if document is not None and document.path != module.document.path
        }

    def _carry_over(self) -> None:
        """Tell importing files the values of names, also over several files."""
        waiting = list(self.modules)
        for _ in range(_MAX_ROUNDS):
            if not waiting:
                return
            modules = [self.modules[path] for path in waiting]
            tasks = [Task("exports", m.document.text, self._setting(m)) for m in modules]
            for module, exported in zip(modules, answers(tasks), strict=True):
                module.exports = exported["names"] if exported else {}
                module.is_inert = bool(exported and exported["inert"])
                for name in module.exports:
                    self.repo.expect([name], PYTHON)
            waiting = [user for path in waiting for user in self._import(path)]

    def _import(self, path: str) -> Iterator[str]:
        """The files that read an exported name of a file, now that they know its value."""
        module = self.modules[path]
        for name, value in module.exports.items():
            users, other = set(), self._opened(module) == "other"
            for document in self.repo.search([name], PYTHON):
                if document.path == path:
                    continue
                does = use(document.text, self.parts, module.lasts, name, is_flag=True)
                users.update([document.path] if does == "read" else [])
                other = other or does == "other"
            if other:
                module.elsewhere[name] = "other"
                continue
            for user in users:
                known = self.modules.get(user)
                if known is None:
                    importing = self.repo.document(user)
                    if importing is None:
                        continue
                    known = _Module(importing, _dotted_names(self.repo, user))
                    self.modules[user] = known
                module.users.add(user)
                module.taken.add(name)
                names = [each for each in module.names if self.by_name.get(each) == path]
                new = {f"{each}.{name}": value for each in names}
                if not new.keys() <= known.constants.keys():
                    known.constants.update(new)
                    yield user

    def _fold(self, paths: Collection[str]) -> None:
        modules = [self.modules[path] for path in paths]
        tasks = [Task("fold", m.document.text, self._setting(m)) for m in modules]
        for module, answer in zip(modules, answers(tasks), strict=True):
            module.folded = module.document.text
            if answer is None:
                module.refusal = (1, _CRASHED)
                continue
            refusal = answer["refusal"]
            module.refusal = (refusal["line"], refusal["why"]) if refusal else None
            module.folded = answer["text"]
            module.unused = tuple(answer["unused"])
            module.imports = frozenset(answer["imports"])
            for name in (*answer["assumed"], *module.exports):
                module.elsewhere.setdefault(name, "absent")

    def _looks_elsewhere(self, path: str) -> bool:
        """Whether other files, as they will be, do more with a file's names than was assumed."""
        module = self.modules[path]
        if module.refusal is not None:
            return False
        before, needed = dict(module.elsewhere), module.needed
        module.needed |= {n for n in module.imports - needed if self._is_taken(module, n)}
        for name, known in before.items():
            # Once known it stays, or two files could give way to each other for ever.
            module.elsewhere[name] = max(known, self._use_elsewhere(path, name), key=_WEIGHT.index)
        return module.elsewhere != before or module.needed != needed

    def _use_elsewhere(self, path: str, name: str) -> Elsewhere:
        module = self.modules[path]
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        is_flag = name in module.exports or any(
            each.endswith(f".{name}") for each in module.constants
        )
        found = self._opened(module)
        if found == "absent" and self._built(name):
            found = "read"
        for document in self.repo.search([name]):
            if document.path in (path, *self.policies) or document.path.lower().endswith(PROSE):
                continue
            other = self.modules.get(document.path)
            text = other.folded if other is not None else document.text
            if not word.search(text):
                continue
            does: Elsewhere
            if is_python(document):
                does = use(text, self.parts, module.lasts, name, is_flag=is_flag)
            elif re.search(rf"\w[.:]{re.escape(name)}(?!\w)", text) or not is_flag:
                does = "other"
            elif name in self.flags:
                does = "read" if re.search(rf"import\b.*\b{re.escape(name)}\b", text) else "absent"
            else:
                does = "read"
            if does == "absent" and name in self.flags and is_python(document):
                # Whatever else names the flag, such as an override of a setting, may need it.
                does = "read" if word.search(re.sub(r"#.*", "", text)) else does
            if does == "other":
                return does
            found = max(found, does, key=_WEIGHT.index)
        return found

    def _is_taken(self, module: _Module, name: str) -> bool:
        """Whether another file takes from a module what it merely imported."""
        return any(
            reaches(document.text, name)
            if "." in name
            else takes(document.text, module.lasts, name)
            for document in self.repo.search(*_taking(module, name))
            if document.path != module.document.path
        )

    def _leave(self, path: str, line: int, why: str) -> None:
        module = self.modules[path]
        module.folded, module.refusal = module.document.text, (line, why)

    def _group(self, path: str) -> set[str]:
        """The files that must be folded together: who gives a constant, and who takes it."""
        group, waiting = {path}, [path]
        while waiting:
            here = waiting.pop()
            near = {p for p, m in self.modules.items() if here in m.users} | self.modules[
                here
            ].users
            waiting += near - group
            group |= near
        return group

    def _result(self, path: str) -> Fold:
        edits: list[Edit] = []
        for each in sorted(self._group(path)):
            module = self.modules[each]
            if module.refusal is not None:
                line, why = module.refusal
                return Fold(refusal=(each, line, why))
            edits += _edits(module.document, module.folded)
        return Fold(tuple(edits), not self.unsafe, unused=self.modules[path].unused)


def _taking(module: _Module, name: str) -> tuple[list[str], tuple[str, ...]]:
    """What to search for in which files, to find those that take from a module what it imports."""
    if "." in name:
        return [name], PYTHON
    needles = [
        needle
        for last in module.lasts
        for needle in (f"{last}.{name}", f"{last} import", f"{last} as ")
    ]
    return needles, PYTHON


def retired(flag: Flag) -> Retired:
    """What folding has to know of a retired flag."""
    is_exact = flag.env_unset or flag.env_value is not None
    spelling = (flag.env_value,) if is_exact else None
    return Retired(flag.value, spelling, frozenset(flag.kinds))


def _documents(found: tuple[Reference, ...]) -> Iterator[Document]:
    for reference in found:
        if reference.kind not in ("prose", "config", "text") and is_python(reference.document):
            yield reference.document


def _dotted_names(repo: Repo, path: str) -> tuple[str, ...]:
    """The names under which a file can be imported, the one from its outermost package first."""
    parts = path.rpartition(".")[0].split("/")
    depth = len(parts) - 1
    while depth and "/".join([*parts[:depth], "__init__.py"]) in repo:
        depth -= 1
    if parts[-1] == "__init__":
        parts.pop()
    starts = [depth, *(start for start in range(len(parts)) if start != depth)]
    return tuple(".".join(parts[start:]) for start in starts if parts[start:]) or ("",)


def _by_name(paths: Collection[str]) -> Mapping[str, str]:
    """The path of each dotted name that only one file may go by."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for path in paths:
        parts = path[: -len(".py")].removesuffix("/__init__").split("/")
        for start in range(len(parts)):
            name = ".".join(parts[start:])
            if found.setdefault(name, path) != path:
                shared.add(name)
    return {name: path for name, path in found.items() if name not in shared}


def _callees(text: str, module: str, is_package: bool, flags: Collection[str]) -> Iterator[str]:
    """The dotted names of what a module calls with the name of a flag somewhere in the call."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    imported[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            case ast.ImportFrom():
                source = absolute(node, module, is_package=is_package)
                for alias in node.names:
                    imported[alias.asname or alias.name] = f"{source}.{alias.name}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        first, dot, rest = dotted(node.func).partition(".")
        if first in imported and any(
            isinstance(each, ast.Constant) and each.value in flags for each in ast.walk(node)
        ):
            yield f"{imported[first]}{dot}{rest}"


def _edits(document: Document, after: str) -> Iterator[Edit]:
    """The lines that differ, as few as there are."""
    before = document.text.splitlines(keepends=True)
    lines = after.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    for tag, first, last, new_first, new_last in SequenceMatcher(
        None, before, lines, autojunk=False
    ).get_opcodes():
        if tag != "equal":
            text = "".join(lines[new_first:new_last])
            yield Edit(document.path, starts[first], starts[last], text)
