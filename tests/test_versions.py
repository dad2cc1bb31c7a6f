"""Containment of specifiers, translation of dialects, narrowing: held against independent oracles.

What a specifier admits is asked version by version of `packaging`, whose membership is not how
containment is decided; dialects are asked of poetry-core and semantic-version.
"""

import re
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from poetry.core.constraints.version import Version as PoetryVersion
from poetry.core.constraints.version import parse_constraint
from semantic_version import NpmSpec  # type: ignore[import-untyped]
from semantic_version import Version as SemanticVersion

from govcheck.manifests.environment import is_possible
from govcheck.manifests.versions import judge, narrowed, translate

_SUFFIXES = ("", "a1", "rc1", ".dev0", ".post1", "+x")
_UNIVERSE = [
    Version(f"{epoch}{'.'.join(map(str, release))}{suffix}")
    for epoch in ("", "1!")
    for length in (1, 2, 3)
    for release in product(range(4), repeat=length)
    for suffix in _SUFFIXES
]
_FINALS = [each for each in _UNIVERSE if not each.is_prerelease]

_NUMBERS = st.integers(0, 2).map(str)
_RELEASES = st.lists(_NUMBERS, min_size=1, max_size=3).map(".".join)
_VERSIONS = st.builds("{}{}".format, _RELEASES, st.sampled_from(("", "", "", "rc1", ".post1")))
_CLAUSES = st.one_of(
    st.builds("{}{}".format, st.sampled_from((">=", ">", "<", "<=", "==", "!=")), _VERSIONS),
    st.builds("{}{}.*".format, st.sampled_from(("==", "!=")), _RELEASES),
    st.builds("~={}.{}".format, _NUMBERS, _RELEASES),
)
_SPECIFIERS = st.lists(_CLAUSES, min_size=1, max_size=3).map(",".join)


def _admitted(specifier: str, universe: list[Version]) -> set[Version]:
    specifiers = SpecifierSet(specifier, prereleases=True)
    return {each for each in universe if specifiers.contains(each)}


@given(_SPECIFIERS, _SPECIFIERS)
def test_containment_agrees_with_membership(declared: str, allowed: str) -> None:
    judgement = judge([(declared,)], allowed, finals=True)
    inside, limit = _admitted(declared, _FINALS), _admitted(allowed, _FINALS)
    match judgement.verdict:
        case "ok":
            assert inside <= limit
        case "unsatisfiable":
            assert not inside
        case "violation":
            assert judgement.is_disjoint <= inside.isdisjoint(limit)
            assert judgement.witness is not None
            witness = Version(judgement.witness)
            assert SpecifierSet(declared).contains(witness, prereleases=True)
            assert not SpecifierSet(allowed).contains(witness, prereleases=True)
        case _:
            raise AssertionError(judgement)


@given(_SPECIFIERS, _SPECIFIERS)
def test_prereleases_count_where_one_is_named_or_nothing_else_is_left(
    declared: str, allowed: str
) -> None:
    if judge([(declared,)], allowed, finals=False).verdict != "ok":
        return
    names_one = re.search(r"(?<!!)(?:[<>=]=?|~=)[\d.]+rc", declared)
    inside = _admitted(declared, _UNIVERSE if names_one else _FINALS)
    assert inside <= _admitted(allowed, _UNIVERSE)


@given(_SPECIFIERS, _SPECIFIERS)
def test_narrowing_leaves_just_what_both_admit(declared: str, allowed: str) -> None:
    new = narrowed(declared, "pep440", allowed, finals=True)
    if new is None:
        return
    both = _admitted(declared, _FINALS) & _admitted(allowed, _FINALS)
    assert _admitted(new, _FINALS) == both
    assert judge([(new,)], allowed, finals=True).verdict == "ok"
    assert narrowed(new, "pep440", allowed, finals=True) in (None, new)


_POETRY = st.one_of(
    st.builds("^{}".format, _RELEASES),
    st.builds("~{}".format, _RELEASES),
    st.builds("{}.*".format, _RELEASES),
    _RELEASES,
    st.just("*"),
    st.builds("{}{}".format, st.sampled_from((">=", ">", "<", "<=")), _RELEASES),
)


@given(st.lists(_POETRY, min_size=1, max_size=2).map(" || ".join))
def test_poetry_means_what_poetry_says(constraint: str) -> None:
    alternatives = translate(constraint, "poetry")
    poetry = parse_constraint(constraint)
    for version in _FINALS:
        if version.local or version.is_postrelease or version.epoch:
            continue  # these are where poetry-core differs from PEP 440 itself
        ours = any(SpecifierSet("" if a == "*" else a).contains(version) for a in alternatives)
        assert ours == poetry.allows(PoetryVersion.parse(str(version))), version


_NPM = st.one_of(
    _RELEASES,
    st.builds("{}.x".format, _RELEASES.filter(lambda each: each.count(".") < 2)),
    st.builds("{}{}".format, st.sampled_from((">=", ">", "<", "<=", "~", "^", "=")), _RELEASES),
    st.builds("{} - {}".format, _RELEASES, _RELEASES),
)


@given(_NPM)
def test_ranges_of_setup_python_mean_what_node_says(range_: str) -> None:
    alternatives = translate(range_, "npm")
    npm = NpmSpec(range_)
    for release in product(range(4), repeat=3):
        text = ".".join(map(str, release))
        ours = any(SpecifierSet("" if a == "*" else a).contains(text) for a in alternatives)
        assert ours == (SemanticVersion(text) in npm), text


_PLACES = {
    "3.12": "==3.12.*",
    "py312": "==3.12.*",
    "python3.12": "==3.12.*",
    "cp312-*": "==3.12.*",
    "3.12.4": "==3.12.4",
    "3": "==3.*",
    "latest": "*",
}


def test_a_python_that_is_to_come_is_taken_for_what_it_will_be() -> None:
    spellings = ("3.15.0-rc.1", "3.15.0-beta.2", "3.15.0-alpha", "3.15-dev")
    assert [translate(each, "npm") for each in spellings] == [
        ("==3.15.0",), ("==3.15.0",), ("==3.15.0",), ("==3.15.*",),
    ]  # fmt: skip


def test_places_that_name_an_interpreter() -> None:
    assert {place: translate(place, "python") for place in _PLACES} == {
        place: (specifier,) for place, specifier in _PLACES.items()
    }


_CONDA = {
    "=1.26": ("==1.26.*",),
    "1.26": ("==1.26",),
    "==1.26": ("==1.26",),
    ">=1.2,<2": (">=1.2,<2",),
    "1.26.*": ("==1.26.*",),
    ">=13,<16|>=17": (">=13,<16", ">=17"),
    "*": ("*",),
}


def test_conda_begins_with_or_is_exact() -> None:
    assert {spec: translate(spec, "conda") for spec in _CONDA} == _CONDA


def test_only_the_version_of_python_makes_a_marker_impossible() -> None:
    possible = {
        "python_version >= '3.12'",
        "python_full_version > '3.12.3'",
        "sys_platform == 'win32'",
        "extra == 'x' and python_version == '3.12'",
        "python_version < '3' or os_name == 'nt'",
        "'3.12' == python_version",
        "python_version not in '3.9 3.10'",
        "implementation_name == 'pypy'",
        "no marker at all",
        "(python_version < '3'",
    }
    impossible = {
        "python_version < '3.12'",
        "python_version < '3' and os_name == 'nt'",
        "python_version in '3.9 3.10'",
        "(sys_platform == 'win32' or extra == 'x') and python_full_version < '3.12.0'",
        "'3.11' >= python_version",
    }
    for marker in possible | impossible:
        assert is_possible(marker, ">=3.12,<3.13") == (marker in possible), marker
