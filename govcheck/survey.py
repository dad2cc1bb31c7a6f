"""What a repository holds that a policy could speak of, for `govcheck init`."""

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from govcheck.dependencies.judging import capped
from govcheck.dependencies.section import Dependencies
from govcheck.docs.section import Docs
from govcheck.flags.references import READS, references
from govcheck.flags.section import FlagsSettings
from govcheck.flags.values import Value, meaning
from govcheck.git import GitError, git
from govcheck.manifests.find import declared
from govcheck.manifests.statement import Statement
from govcheck.manifests.versions import judge, translate
from govcheck.markers import has_tests
from govcheck.markers.registration import registrations
from govcheck.markers.suite import suite
from govcheck.policy import Policy
from govcheck.repo import Repo

FLAG_NAMES = ("USE_*", "ENABLE_*", "DISABLE_*", "FEATURE_*", "FF_*", "*_ENABLED")

_TOOL_DIRECTORIES = re.compile(
    r"(^|/)(\.[^/]*|__pycache__|node_modules|build|dist|venv|env|htmlcov|[^/]*\.egg-info)/$"
)

_MARKDOWN = (".md", ".markdown", ".mdx")
_HEAD = 1000
_SEVERAL = 3
_DATES = ("Last Updated", "Last updated", "last-updated", "last_updated", "Next Review", "review")
_GENERATED = re.compile(
    r"(?i)<!--[^>]*\b(?:auto-?(?:matically )?generated|generated (?:by|from|with)|do not edit)\b"
    r"|^[#>*_ ]*(?:this (?:file|document|page) (?:is|was) )?(?:auto-?|automatically )generated\b"
    r"|\bdo not edit (?:this (?:file|document|page)|by hand|manually)\b",
    re.MULTILINE,
)
_OLD_FOLDERS = re.compile(
    r"(?i)archived?|backups?|changelog(?:\.d|s)?|changes|news(?:\.d|fragments)?|release-?notes"
    r"|releases|(?:\w+_)?versioned_docs|v\d+(?:\.\d+){1,3}|history|decisions|adrs?|rfcs?|blogs?|post-?mortems?|whats-?new|deprecated"
    r"|(?:\w+[-_])?old"
)
_VERSION = re.compile(r"v(\d{1,3})")
_PROJECT_VERSION = re.compile(r"(?m)^version[ \t]*=[ \t]*[\"'](\d{1,3})\.")
_PLAN_FOLDERS = re.compile(
    r"(?i)plans?|planning|roadmaps?|proposals?|refactor(?:ing)?|ideas"
    r"|designs?|design-?(?:doc|note|proposal)s?|specs?"
)
_OLD_NAMES = re.compile(
    r"(?i)(?:^|(?P<lead>[-_. ]))(?P<word>changelog|changes|history|news|release[-_]notes"
    r"|deprecations?|deprecated|post-?mortem|whats-?new|retrospective|(?:legacy|release)(?=s?\.\w+$))"
    r"(?=[-_. \d]|s?\.)"
)
# Headings of documents that tell what is to be done, and why.
_PLANNED = re.compile(
    r"(?im)^#{1,6}[ \t]+(?:[\d.]+[ \t]*|phase \w+[:. \u2013\u2014-]*)*"
    r"(?P<word>open (?:questions?|issues)|non-?goals?|goals?(?: and non-?goals)?|phas(?:es?|ing)\b"
    r"|(?:rejected )?alternatives(?: considered)?|propos(?:al|ed)\b|milestones?|roll-?out\b"
    r"|out of scope|scope$|acceptance criteria"
    r"|implementation (?:plan|phases|order|strategy|roadmap)"
    r"|future work|current state|motivation|success (?:criteria|metrics)|risks?\b|decisions?\b"
    r"|rationale|deliverables?|timeline|problem(?: statement)?$|root cause|action items"
    r"|files to (?:modify|change|create)|files (?:modified|changed)|executive summary"
    r"|recommendations?$|design decisions)"
)
_OF_PHASES = re.compile(r"(?im)^#{1,6}[ \t]+(?:phase|part|milestone|initiative)[ \t]+[\dA-Z]\b")
_FENCED = re.compile(r"(?ms)^(?:```|~~~).*?^(?:```|~~~)")
_OF_TESTS = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:test_[^/]*|conftest|[^/]*_test)\.py$")
# What to do at each release, beside headings such as `## v2.x to v3.0`.
_FOR_RELEASES = re.compile(r"(?i)(?:migrat|upgrad)(?:e|ing|ion)(?:[-_ ](?:guide|notes))?s?\.\w+$")
# `v0.5.0.md`
_OF_ONE_RELEASE = re.compile(r"[vV]?\d{1,3}(?:\.\d{1,3}){1,3}\.(?:mdx?|rst|markdown)")
_OF_RELEASE = re.compile(r"(?m)^##?[ ][^\n]*\bv?\d+\.(?:\d|x\b)")
# A first word with others behind it says what a document is about, not what it is.
_PLAN_NAMES = re.compile(
    r"(?i)(?:(?:^|(?P<lead>[-_. ]))(?P<word>plan|planning|roadmap|todo|task|prd|triage|proposal|rfc"
    r"|refactor(?:ing)?|progress|opportunities|candidates)s?\.\w+$"
    r"|(?P<lead3>[-_. ])(?P<word3>design)(?:[-_ ]?doc)?\.\w+$"
    r"|(?P<lead2>[-_. ])(?P<word2>plan|planning|progress|refactor(?:ing)?)[-_ \d])"
)


@dataclass(frozen=True, slots=True)
class FoundFlag:
    """A name that code reads as a flag, its default where the call sites agree, and one place."""

    name: str
    default: Value
    place: str


@dataclass(frozen=True, slots=True)
class FoundLimit:
    """A package that a manifest limits from above, where, and the comment beside it."""

    name: str
    allow: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class FoundDocuments:
    """The documents that there are: their number, and patterns of those of a class.

    `generated` are documents with their generators, `dates` what stands before dates in several.
    """

    number: int
    history: tuple[str, ...]
    plans: tuple[str, ...]
    generated: tuple[tuple[str, str | None], ...]
    dates: tuple[str, ...]


def found_flags(repo: Repo) -> tuple[FoundFlag, ...]:
    """What code reads whose name looks like a flag's: all that undeclared-flag would report."""
    policy = Policy(flags_settings=FlagsSettings(names=FLAG_NAMES))
    found = []
    for name, places in repo.view(references, policy).items():
        reads = [place for place in places if place.kind in READS and not place.defines]
        if not reads:
            continue
        # What tests set for themselves is no default of the program.
        own = [read for read in reads if not _OF_TESTS.search(read.span.path)]
        defaults = [meaning(read.default[0]) for read in own if read.default]
        agree = bool(defaults) and all(default == defaults[0] for default in defaults)
        first = (own or reads)[0].span
        place = f"{first.path}:{first.line}"
        found.append(FoundFlag(name, defaults[0] if agree else None, place))
    return tuple(sorted(found, key=lambda flag: flag.name))


def found_folders(repo: Repo) -> tuple[tuple[str, str], ...]:
    """The folders named like a marker that most of their tests bear: (folder, marker)."""
    if not repo.view(has_tests):
        return ()
    tests = repo.view(suite).tests
    found = []
    for name in dict.fromkeys(each.name for each in repo.view(registrations)):
        inside = [test for test in tests if f"/{name}/" in f"/{test.path}"]
        bearing = [test for test in inside if name in test.names]
        if bearing and 2 * len(bearing) >= len(inside):
            folder = f"/{bearing[0].path}".partition(f"/{name}/")[0]
            found.append((f"{folder}/{name}".lstrip("/"), name))
    return tuple(found)


def found_limits(repo: Repo) -> tuple[str | None, tuple[FoundLimit, ...]]:
    """The range of Pythons that the project is for, and the packages that it limits, with places.

    Limits are those of the root project that no other manifest contradicts. A comment beside a
    requirement is taken for its reason.
    """
    said = repo.view(declared)
    pythons = [
        each.specifier
        for each in said
        if each.subject == "python" and each.path == "pyproject.toml" and each.dialect == "pep440"
    ]
    limits = []
    for name, places in sorted(capped(repo, Dependencies()).items()):
        first = next((each for each in places if "/" not in each.path), None)
        document = repo.document(first.path) if first is not None else None
        if first is None or document is None:
            continue
        alternatives = translate(first.specifier or "", first.dialect)
        allow = alternatives[0].replace(" ", "")
        if len(alternatives) > 1 or not _all_within(said, name, allow):
            continue
        rest = document.line(first.span.end_line)[first.span.end_column - 1 :]
        _, _, reason = rest.partition("# ")
        limits.append(FoundLimit(name, allow, f"{first.path}:{first.span.line}", reason.strip()))
    return next(iter(pythons), None), tuple(limits)


def _all_within(said: Sequence[Statement], name: str, allow: str) -> bool:
    try:
        return all(
            judge([translate(each.specifier or "", each.dialect)], allow, finals=False).verdict
            in ("ok", "unknown")
            for each in said
            if each.subject == name
        )
    except ValueError:
        return False


def found_documents(repo: Repo) -> FoundDocuments:
    """The documents that say how things were or will be, by their names, and generated ones.

    Patterns say as little as names those documents and no others.
    """
    documents = [*repo.matching(*Docs().include)]
    classes: dict[str, set[str]] = {"history": set(), "plan": set()}
    generated = []
    kept = _kept_versions(repo, documents)
    dated = dict.fromkeys(_DATES, 0)
    for path in documents:
        if found := next(((kind, p) for kind, p in _named_like(path)), None):
            classes[found[0]].add(found[1])
            continue
        if version := next((each for each in kept if path.startswith(f"{each}/")), None):
            classes["history"].add(f"{version}/**")
            continue
        document = repo.document(path) if path.endswith(_MARKDOWN) else None
        if document is None:
            continue
        if _FOR_RELEASES.match(posixpath.basename(path)) and (
            len(_OF_RELEASE.findall(document.text)) >= _SEVERAL
        ):
            classes["history"].add(path)
            continue
        if _is_planned(document.text) and not posixpath.basename(path).lower().startswith("readme"):
            classes["plan"].add(path)
            continue
        head = document.text[:_HEAD]
        if mark := _GENERATED.search(head):
            generated.append((path, _generator(repo, head[mark.start() :])))
        for label in dated:
            dated[label] += f"{label}:" in document.text.replace("*", "").replace(" :", ":")
    return FoundDocuments(
        len(documents),
        tuple(sorted(classes["history"])),
        tuple(sorted(classes["plan"])),
        tuple(generated),
        tuple(label for label, number in dated.items() if number >= _SEVERAL),
    )


def _is_planned(text: str) -> bool:
    """Whether the headings of a document are those of a plan: its goals, phases, open questions."""
    if text.count("\n#") < _SEVERAL:
        return False
    plain = _FENCED.sub("", text)
    words = {found["word"].lower().rstrip("s") for found in _PLANNED.finditer(plain)}
    return len(words) + (_OF_PHASES.search(plain) is not None) >= _SEVERAL


def _kept_versions(repo: Repo, documents: list[str]) -> tuple[str, ...]:
    """The folders that keep the documents of an old version: `docs/v2` beside those of `docs`.

    More than half of what is in there is also in the folder above, or in that of a later version;
    or there are documents of a later version beside it, or the project itself is of one.
    """
    found: dict[str, dict[int, list[str]]] = {}
    for path in documents:
        above = ""
        for folder in path.split("/")[:-1]:
            here = f"{above}{folder}"
            if version := _VERSION.fullmatch(folder):
                found.setdefault(above, {}).setdefault(int(version[1]), []).append(
                    path[len(here) + 1 :]
                )
                break
            above = f"{here}/"
    paths = frozenset(documents)
    present = _major(repo)
    kept = []
    for above, versions in found.items():
        for number, names in versions.items():
            later = [above, *(f"{above}v{each}/" for each in versions if each > number)]
            twins = sum(any(f"{base}{name}" in paths for base in later) for name in names)
            is_old = max(versions) > number or number < present
            if len(names) >= _SEVERAL and (is_old or 2 * twins > len(names)):
                kept.append(f"{above}v{number}")
    return tuple(kept)


def _major(repo: Repo) -> int:
    """The first number of the version of the project whose manifest is the nearest to the root."""
    manifests = (path for path in repo.files if posixpath.basename(path) == "pyproject.toml")
    for path in sorted(manifests, key=lambda each: each.count("/")):
        document = repo.document(path)
        if document is not None and (found := _PROJECT_VERSION.search(document.text)):
            return int(found[1])
    return 0


def _named_like(path: str) -> Iterator[tuple[str, str]]:
    """The class of a document by the name of a folder, or its own, and the pattern for both."""
    *folders, name = path.split("/")
    if _OF_ONE_RELEASE.fullmatch(name):
        yield "history", "/".join([*folders, "v*" if name[0] in "vV" else "[0-9]*"])
    for kind, words in (("history", _OLD_FOLDERS), ("plan", _PLAN_FOLDERS)):
        for depth, folder in enumerate(folders):
            if words.fullmatch(folder.removeprefix(".")) or (
                kind == "history" and depth and folder == "research"
            ):
                yield kind, f"{'/'.join(folders[: depth + 1])}/**"
    for kind, words in (("history", _OLD_NAMES), ("plan", _PLAN_NAMES)):
        if found := words.search(name):
            parts = found.groupdict()
            lead, word = (
                next(filter(None, (parts.get(f"{each}{n}") for n in ("", "2", "3"))), None)
                for each in ("lead", "word")
            )
            # 'plan*' would be planets, too, and 'release*' a plan of one.
            is_whole = kind == "plan" or str(word).lower() in ("legacy", "release")
            whole = name if is_whole else f"{word}*"
            yield kind, f"**/*{lead}{word}*" if lead else f"**/{whole}"


def _generator(repo: Repo, text: str) -> str | None:
    """The file of the repository that a generated document names in its first lines."""
    words = re.findall(r"[\w./-]+\.\w+", text.partition("\n\n")[0])
    return next((word for word in words if word in repo and not word.endswith(_MARKDOWN)), None)


def ignored_directories(repo: Repo) -> tuple[str, ...]:
    """The directories that exist and git ignores, less those that tools make for themselves."""
    if not repo.uses_git:
        return ()
    try:
        listing = git(repo.root, "ls-files", "-z", "-o", "-i", "--exclude-standard", "--directory")
    except GitError:
        return ()
    paths = os.fsdecode(listing).split("\0")
    return tuple(p for p in paths if p.endswith("/") and not _TOOL_DIRECTORIES.search(p))
