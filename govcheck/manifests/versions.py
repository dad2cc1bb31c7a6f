"""Which versions a specifier admits, and whether a policy allows them all: exact, by PEP 440.

Every dialect is translated to a union (`||`) of PEP 440 specifier sets, whose containment
`packaging.ranges` decides. What cannot be decided is `unknown`, and never guessed.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from itertools import product
from typing import Literal, NamedTuple

from packaging.ranges import VersionRange
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from govcheck.manifests.statement import Dialect

Verdict = Literal["ok", "violation", "unsatisfiable", "unknown"]

_EVERYTHING = ">=0.dev0"
_MAX_TEXT = 2_000
_MINORS = range(41)
_USUAL_PARTS = 3
_CLAUSE = re.compile(r"(?P<sign>===|~=|==|!=|<=|>=|<|>)(?P<space>\s*)(?P<version>[^\s,|]+)")
_UPPER, _LOWER = ("<", "<="), (">", ">=")


class Judgement(NamedTuple):
    """What a policy says of a specifier.

    `witness` is a version that is admitted and should not be; `is_disjoint` tells that nothing of
    what is admitted is allowed.
    """

    verdict: Verdict
    witness: str | None = None
    is_disjoint: bool = False


def judge(declared: Sequence[Sequence[str]], allowed: str, *, finals: bool) -> Judgement:
    """Whether what all of the statements admit together is inside of what is allowed.

    Each statement is its alternatives, PEP 440 specifier sets. Pre-releases count only where a
    statement names one, or admits nothing else, as installers handle them (PEP 440, "Handling of
    pre-releases"); with `finals` they never do, as for interpreters.
    """
    try:
        admits_pre = None if not finals and _names_prerelease(declared) else False
        range_ = _together(declared, admits_pre)
        if range_.is_empty and not finals and admits_pre is False:
            admits_pre = None
            range_ = _together(declared, admits_pre)
        limit = _union((allowed,), admits_pre)
        if range_.is_empty:
            return Judgement("unsatisfiable", is_disjoint=True)
        if range_.is_subset(limit):
            return Judgement("ok")
        disjoint = bool(range_.is_disjoint(limit))
    except (InvalidSpecifier, InvalidVersion, ValueError, RecursionError):
        return Judgement("unknown")
    texts = [each for statement in declared for each in statement]
    found = _witness(range_, limit, [*texts, allowed], finals=admits_pre is False)
    return Judgement("violation", found, disjoint)


def meet(declared: Sequence[Sequence[str]]) -> bool:
    """Whether any version satisfies all statements; also True where that is not known."""
    try:
        return not _together(declared, None).is_empty
    except (InvalidSpecifier, InvalidVersion, ValueError, RecursionError):
        return True


def admits(allowed: str, version: str) -> bool:
    """Whether a specifier admits a final version."""
    return bool(_union((allowed,), False).contains(Version(version)))


@lru_cache(maxsize=64)
def minors(allowed: str) -> tuple[str, ...]:
    """The minor versions of Python 3 of which the policy allows any release."""
    limit = _union((allowed,), False)
    return tuple(
        f"3.{minor}"
        for minor in _MINORS
        if not _union((f"==3.{minor}.*",), False).is_disjoint(limit)
    )


def _names_prerelease(declared: Sequence[Sequence[str]]) -> bool:
    return any(
        each["sign"] != "!=" and not each["version"].endswith(".*") and _is_pre(each["version"])
        for statement in declared
        for alternative in statement
        for each in _CLAUSE.finditer(alternative)
    )


def _is_pre(version: str) -> bool:
    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False


def _together(declared: Sequence[Sequence[str]], admits_pre: bool | None) -> VersionRange:
    ranges = [_union(tuple(alternatives), admits_pre) for alternatives in declared]
    return reduce(VersionRange.intersection, ranges)


@lru_cache(maxsize=4096)
def _union(alternatives: tuple[str, ...], admits_pre: bool | None) -> VersionRange:
    return reduce(VersionRange.union, [_range(each, admits_pre) for each in alternatives])


def _range(text: str, admits_pre: bool | None) -> VersionRange:
    if len(text) > _MAX_TEXT:
        raise ValueError("it is too long")
    text = text.strip().strip(",")
    return SpecifierSet(
        _EVERYTHING if text in ("", "*") else text, prereleases=admits_pre
    ).to_range()


def _witness(
    admitted: VersionRange, allowed: VersionRange, texts: Sequence[str], *, finals: bool
) -> str | None:
    """The simplest version that is admitted and not allowed, next to the versions they name."""
    between = admitted.difference(allowed)
    named = _named(texts)
    for candidates in (_finals(named), _odd_ones(named, finals=finals)):
        versions = map(Version, dict.fromkeys(candidates))
        found = [each for each in versions if between.contains(each, prereleases=True)]
        if found:
            return _shown(min(found, key=_oddity))
    literal = (c["version"] for t in texts for c in _CLAUSE.finditer(t) if c["sign"] == "===")
    return next(literal, None)


def _oddity(version: Version) -> tuple[bool, bool, bool, bool, bool, bool, Version]:
    """What a version that anybody would release comes before, and then the smaller one."""
    is_first = version.pre is not None and version.pre[1] == 0
    return (
        version.is_prerelease, version.is_devrelease, is_first, bool(version.local),
        version.is_postrelease, len(version.release) > _USUAL_PARTS, version,
    )  # fmt: skip


def _shown(version: Version) -> str:
    """A version as a release of it would be called: `2` is 2.0.0, `2b1` is 2.0.0b1."""
    release = ".".join(map(str, version.release))
    full = ".".join(map(str, (*version.release, 0, 0)[: max(3, len(version.release))]))
    return str(version).replace(release, full, 1)


def _named(texts: Sequence[str]) -> Sequence[Version]:
    versions = []
    for clause in (each for text in texts for each in _CLAUSE.finditer(text)):
        try:
            versions.append(Version(clause["version"].removesuffix(".*")))
        except InvalidVersion:
            continue
    return versions or [Version("0")]


def _finals(versions: Sequence[Version]) -> Iterator[str]:
    """The versions themselves, and the final releases next to them."""
    for version in versions:
        start = f"{version.epoch}!" if version.epoch else ""
        yield from (f"{start}{'.'.join(map(str, release))}" for release in _releases(version))
        yield str(version)
    yield "9999"


def _odd_ones(versions: Sequence[Version], *, finals: bool) -> Iterator[str]:
    """What stands between final releases: post-, local and pre-releases, and other epochs."""
    suffixes = ["", ".post1", "+local"]
    if not finals:
        suffixes += ["rc1", "b1", "a1", "a0", ".dev0", ".dev1"]
    for version in versions:
        if not version.is_postrelease and not version.is_devrelease:
            yield from (f"{version.public}.post1", f"{version.public}.post0")
        if version.post is not None:  # `>1.post1` admits 1.post2, and `>1` does not
            start = version.public.rpartition(".post")[0]
            yield from (
                f"{start}.post{version.post + 1}",
                f"{start}.post{max(version.post - 1, 0)}",
            )
        epochs = {version.epoch, 0, version.epoch + 1}
        for epoch, release, suffix in product(epochs, _releases(version), suffixes):
            start = f"{epoch}!" if epoch else ""
            yield f"{start}{'.'.join(map(str, release))}{suffix}"
        if version.is_prerelease and not finals:
            base = str(version.base_version)
            pre = version.pre or ("rc", 0)
            yield from (f"{base}{pre[0]}{pre[1] + 1}", f"{base}{pre[0]}{max(pre[1] - 1, 0)}")


def _releases(version: Version) -> Iterator[tuple[int, ...]]:
    for at in range(len(version.release) + 1):
        padded = (*version.release, 0)[: at + 1]
        for step in (-1, 0, 1):
            if padded[-1] + step >= 0:
                yield (*padded[:-1], padded[-1] + step)
                yield (*padded[:-1], padded[-1] + step, 9999)


# Dialects.


def translate(text: str, dialect: Dialect) -> tuple[str, ...]:
    """The PEP 440 alternatives of a specifier.

    Raises:
        ValueError: it is none of its dialect.
    """
    if len(text) > _MAX_TEXT:
        raise ValueError("it is too long")
    match dialect:
        case "pep440":
            return (text,)
        case "poetry":
            return tuple(_poetry(each) for each in re.split(r"\|\|?", text))
        case "conda":
            return tuple(_conda(each) for each in text.split("|"))
        case "npm":
            return tuple(_npm(each) for each in text.split("||"))
        case "python":
            return (_python(text),)


def _bumped(release: Sequence[int], at: int) -> str:
    return ".".join(map(str, (*release[:at], release[at] + 1)))


def _poetry(text: str) -> str:
    """Poetry's caret, tilde, wildcard and bare versions ("Dependency specification")."""
    text = re.sub(r"(===|~=|==|!=|<=|>=|<|>|\^|~)\s+", r"\1", text.strip())
    clauses = []
    for part in re.split(r"[,\s]+", text):
        if part in ("", "*", "x"):
            continue
        found = re.fullmatch(r"(\^|~(?!=)|===|~=|==|!=|<=|>=|<|>)?(.+)", part)
        sign, version = (found[1] or "==", found[2]) if found else ("==", part)
        version = re.sub(r"\.[xX*]$", ".*", version)
        if sign in ("^", "~"):
            release = Version(version).release
            first = next((n for n, part in enumerate(release) if part), len(release) - 1)
            at = first if sign == "^" else min(1, len(release) - 1)
            clauses.append(f">={version},<{_bumped(release, at)}")
        else:
            clauses.append(f"{sign}{version}")
    return ",".join(clauses) or "*"


def _conda(text: str) -> str:
    """The version part of conda's MatchSpec: `=1.26` starts with, `1.26` is exact."""
    clauses = []
    for part in text.split(","):
        part = part.strip()
        if part in ("", "*"):
            continue
        found = re.fullmatch(r"(==|!=|<=|>=|<|>|~=|=)?\s*(.+)", part)
        sign, version = (found[1] or "==", found[2]) if found else ("==", part)
        if version.endswith("*"):
            version = version.rstrip("*").rstrip(".")
            sign = {"==": "=", "!=": "!=*"}.get(sign, sign)
        clauses.append({"=": f"=={version}.*", "!=*": f"!={version}.*"}.get(sign, sign + version))
    return ",".join(clauses) or "*"


def _npm(text: str) -> str:
    """A range of node-semver, as `actions/setup-python` reads it."""
    text = re.sub(r"(<=|>=|<|>|=|\^|~)\s+", r"\1", text.strip())
    if (span := re.fullmatch(r"(\S+)\s+-\s+(\S+)", text)) is not None:
        release = Version(span[2]).release
        last = f"<={span[2]}" if len(release) > 2 else f"<{_bumped(release, len(release) - 1)}"
        return f">={span[1]},{last}"
    clauses = []
    for part in text.split():
        if "," in part:
            raise ValueError(f"{part!r} is no range")
        found = re.fullmatch(r"(<=|>=|<|>|=|\^|~)?v?(.+)", part)
        sign, version = (found[1] or "=", found[2]) if found else ("=", part)
        # Of a version that is to come, what it will be.
        plain = re.sub(r"-(?:dev|(?:alpha|beta|rc)(?:\.\d+)?)$", "", version)
        numbers = re.match(r"\d+(?:\.\d+)*", plain)
        if numbers is None:
            if plain in ("x", "X", "*"):
                continue
            raise ValueError(f"{part!r} is no range")
        release = tuple(map(int, numbers[0].split(".")))
        exact, joined = len(release) > 2, ".".join(map(str, release))
        match sign:
            case "=":
                clauses.append(f"=={plain if exact else f'{joined}.*'}")
            case "^":
                at = next((n for n, each in enumerate(release) if each), len(release) - 1)
                clauses.append(f">={joined},<{_bumped(release, at)}")
            case "~":
                clauses.append(f">={joined},<{_bumped(release, min(1, len(release) - 1))}")
            case ">" if not exact:
                clauses.append(f">={_bumped(release, len(release) - 1)}")
            case "<=" if not exact:
                clauses.append(f"<{_bumped(release, len(release) - 1)}")
            case _:
                clauses.append(f"{sign}{joined}")
    return ",".join(clauses) or "*"


def _python(text: str) -> str:
    """A place that names an interpreter: `3.12`, `py312`, `python3.12`, `cp312-*`."""
    name = re.sub(r"^(cpython|python|py|cp)?[-@]?", "", text.strip())
    if (short := re.match(r"(\d)(\d{1,2})(?![\d.])", name)) is not None:
        name = f"{short[1]}.{short[2]}"
    version = re.match(r"\d+(?:\.\d+)*", name)
    if version is None:
        if name in ("", "latest", "x", "*"):
            return "*"
        raise ValueError(f"{text!r} names no version")
    return f"=={version[0]}" if version[0].count(".") > 1 else f"=={version[0]}.*"


# Narrowing.


def narrowed(text: str, dialect: Dialect, allowed: str, *, finals: bool) -> str | None:
    """The specifier with as little changed as makes it admit only what is allowed.

    The author's clauses stay, in their order and spacing: a weaker bound gives way to that of the
    policy, what is missing is added, an alternative that is wholly outside goes. None where
    nothing would be left.
    """
    divider = {"pep440": None, "python": None, "poetry": r"\s*\|\|?\s*", "conda": r"\s*\|\s*",
               "npm": r"\s*\|\|\s*"}[dialect]  # fmt: skip
    parts = re.split(f"({divider})", text) if divider else [text]
    kept: list[str] = []
    for number in range(0, len(parts), 2):
        new = _narrowed(parts[number], dialect, allowed, finals=finals)
        if new is not None and new not in kept:
            kept += [parts[number - 1], new] if kept else [new]
    result = "".join(kept)
    if not kept or result == text:
        return None
    try:
        verdict = judge([translate(result, dialect)], allowed, finals=finals).verdict
    except ValueError:
        return None
    return result if verdict == "ok" else None


def _narrowed(text: str, dialect: Dialect, allowed: str, *, finals: bool) -> str | None:
    def ok(one: str, other: str, how: Dialect) -> bool:
        return judge([translate(one, how)], other, finals=finals).verdict == "ok"

    try:
        if ok(text, allowed, dialect):
            return text
        judgement = judge([translate(text, dialect)], allowed, finals=finals)
        if judgement.verdict != "violation" or judgement.is_disjoint:
            return None
        for wanted in (each.strip() for each in allowed.split(",")):
            if ok(text, wanted, dialect):
                continue
            bound = _CLAUSE.fullmatch(wanted)
            weaker = [
                each
                for each in _CLAUSE.finditer(text)
                if bound is not None
                and any(bound["sign"] in way and each["sign"] in way for way in (_UPPER, _LOWER))
                and ok(wanted, each["sign"] + each["version"], "pep440")
            ]
            if bound is not None and weaker:
                old = weaker[0]
                new = bound["sign"] + old["space"] + bound["version"]
                text = text[: old.start()] + new + text[old.end() :]
            elif text.strip() in ("", "*"):
                text = wanted
            else:
                comma = " " if dialect == "npm" else ", " if re.search(r"\S, ", text) else ","
                text = f"{text.rstrip().rstrip(',')}{comma}{wanted}"
    except ValueError:
        return None
    return text


def lowers_ceiling(need: Sequence[str], allowed: str) -> str | None:
    """The first version that is allowed and that a need rules out from above, if there is one.

    Nothing, too, where what is allowed has no ceiling that could be lowered.
    """
    try:
        limit, wanted = _union((allowed,), False), _union(tuple(need), False)
        both = limit.intersection(wanted)
        versions = sorted({Version(each) for each in _finals(_named([*need, allowed]))})
    except (InvalidSpecifier, InvalidVersion, ValueError, RecursionError):
        return None
    if limit.contains(Version("9999.9999")) or both.is_empty:
        return None
    admitted = [each for each in versions if both.contains(each)]
    beyond = [
        each for each in versions if limit.contains(each) and (not admitted or each > admitted[-1])
    ]
    return _shown(beyond[0]) if beyond else None


def caps(alternatives: Sequence[str]) -> bool:
    """Whether a specifier ends before the next release that may break what works.

    A range that ends with the next major version, or below version 1 with the next minor one, is
    what tools write by themselves (semantic versioning, items 4 and 8), and is none.
    """
    return any(map(_caps, alternatives))


def _caps(specifier: str) -> bool:
    clauses = [*_CLAUSE.finditer(specifier)]
    floors = [Version(c["version"]).release for c in clauses if c["sign"] in (">=", ">", "~=")]
    usual = {_trimmed(end) for floor in floors for end in _usual_ends(floor)}
    for each in clauses:
        if each["sign"] in ("==", "==="):
            return True
        if each["sign"] == "~=":
            ceiling = Version(each["version"]).release[:-1]
            end: tuple[int, ...] = (*ceiling[:-1], ceiling[-1] + 1)
        elif each["sign"] in ("<", "<="):
            end = Version(each["version"].removesuffix(".*")).release
        else:
            continue
        if each["sign"] == "<=" or _trimmed(end) not in usual:
            return True
    return False


def _usual_ends(floor: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    yield (floor[0] + 1,)
    at = next((n for n, each in enumerate(floor) if each), 0)
    yield (*floor[:at], floor[at] + 1)


def _trimmed(release: tuple[int, ...]) -> tuple[int, ...]:
    while len(release) > 1 and not release[-1]:
        release = release[:-1]
    return release
