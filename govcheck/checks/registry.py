"""What must stand in a list stands there: a registry that the repository keeps of itself.

`every` says which names there are, and `in` where they must be listed; with `both`, what is listed
must also be there. Names are found in `files` in one of four ways: the paths of those that hold one
of some texts (`containing`, or of all), what a regular expression (`pattern`) matches in a line,
its first group if it has one, and the `keys` or the `values` at some place of JSON, TOML or YAML,
such as `tests.*`, in mappings that `when` and `unless` narrow by what their keys say.

`ignore` lists patterns of names that need not be listed. A list that does not exist holds nothing;
a file that cannot be read, or has lines of more than 10,000 characters for a `pattern`, is reported
as unchecked.

## How to resolve

Add the name to the list, or take it off.

## How to except

`ignore`, or a suppression comment on the line, or `[[exceptions]]` in the policy, which are
reported once nothing needs them.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from govcheck.checks.files import top
from govcheck.checks.section import Listing, RegistryCheck
from govcheck.document import Document, TooDeepError
from govcheck.finding import Finding, Span
from govcheck.globs import matcher
from govcheck.policy import Policy
from govcheck.registry import OWN
from govcheck.repo import Repo
from govcheck.rule import Example

_MAX_LINE = 10_000

_Named = tuple[str, Span]


def check(repo: Repo, policy: Policy, *, name: str) -> Iterator[Finding]:
    """Names that are not listed; with `both`, also names on the list that are nowhere."""
    entry = policy.checks[name]
    given = entry.given
    assert isinstance(given, RegistryCheck)  # noqa: S101 - the kind decides it
    is_inside, is_excluded = matcher(entry.paths), matcher(entry.exclude)
    there = [
        (said, span)
        for said, span in _names(repo, given.every)
        if is_inside(span.path) and not is_excluded(span.path)
    ]
    listed = [*_names(repo, given.in_)]
    sides = [("in", there, listed, given.in_)]
    if given.both:
        sides.append(("both", listed, there, given.every))
    for key, some, others, where in sides:
        known = {said for said, _ in others}
        origin = policy.origin(OWN, name, key)
        for said, span in dict(reversed(some)).items():  # each name where it is met first
            if said not in known and not any(fnmatchcase(said, each) for each in given.ignore):
                message = f"{said} is not in {', '.join(where.files)} ({origin}): {entry.reason}"
                yield Finding(name, span, message, family=OWN)


def _names(repo: Repo, listing: Listing) -> Iterator[_Named]:
    is_meant = matcher(listing.files)
    if listing.containing:
        for each in repo.search(listing.containing):
            if is_meant(each.path):
                yield each.path, top(repo, each.path)
        return
    for path in filter(is_meant, repo.files):
        if (document := repo.document(path)) is None:
            continue
        if listing.pattern is not None:
            yield from _matches(repo, document, re.compile(listing.pattern))
        elif listing.keys or listing.values:
            yield from _in_data(repo, document, listing)
        else:
            yield path, top(repo, path)


def _matches(repo: Repo, document: Document, pattern: re.Pattern[str]) -> Iterator[_Named]:
    group = 1 if pattern.groups else 0
    for number, start in enumerate(document.line_starts, 1):
        line = document.line(number)
        if len(line) > _MAX_LINE:
            message = f"line {number} has more than {_MAX_LINE} characters"
            repo.unchecked[document.path] = message
            continue
        for found in pattern.finditer(line):
            if found[group]:
                first, last = found.span(group)
                yield found[group], document.span(start + first, start + last)


def _in_data(repo: Repo, document: Document, listing: Listing) -> Iterator[_Named]:
    from govcheck.config.data import BrokenError, applies, data, matching

    try:
        said = document.view(data)
    except (BrokenError, TooDeepError) as error:
        repo.unchecked[document.path] = str(error)
        return
    around, _, last = (listing.keys or listing.values or "").rpartition(".")
    for each in said:
        for outer, mapping in matching(each.value, around) if around else [((), each.value)]:
            for path, value in matching(mapping, last):
                place = (*outer, *path)
                if listing.keys is None:
                    is_text = not isinstance(value, dict | list | None)
                    if is_text and applies(mapping, listing.when, listing.unless):
                        yield each.written(place, value)
                elif isinstance(mapping, dict) and applies(value, listing.when, listing.unless):
                    yield path[-1], each.place(place)


_POLICY = """\
[checks.deprecations]
kind = "registry"
every = { files = ["src/**"], containing = ["DeprecationWarning"] }
in = { files = ["docs/deprecations.md"], pattern = 'src/[\\w./-]+\\.py' }
both = true
reason = "users look there for what goes"

[checks.triage]
kind = "registry"
every = { files = ["tests/**/test_*.py"], containing = [".legacy"] }
in = { files = ["tests/triage.yaml"], keys = "tests.*", unless = { status = ["done"] } }
both = true
ignore = ["tests/old/*"]
reason = "what is legacy has an owner"

[checks.hooks]
kind = "registry"
every = { files = ["hooks.toml"], values = "hook.*.id" }
in = { files = ["README.md"], pattern = '^- `([\\w.-]+)`' }
reason = "a hook that nobody knows of is never used"
"""
_WARNS = 'import warnings\n\nwarnings.warn("a", DeprecationWarning)\n'

examples = [
    Example(
        "A file that is not listed, and one that is and is not there",
        {
            "govcheck.toml": _POLICY,
            "docs/deprecations.md": "# Deprecated\n\n- `src/a.py` until 2.0, `src/b.py`\n",
            "src/a.py": _WARNS,
            "src/c.py": _WARNS,
        },
        (
            "docs/deprecations.md:3:26: src/b.py is not in src/** (govcheck.toml:5): users look "
            "there for what goes",
            "src/c.py:1:1: src/c.py is not in docs/deprecations.md (govcheck.toml:4): users look "
            "there for what goes",
        ),
    ),
    Example(
        "Keys and values of data",
        {
            "govcheck.toml": _POLICY,
            "tests/triage.yaml": (
                "tests:\n  tests/test_a.py:\n    status: todo\n  tests/test_b.py:\n"
                "    status: done\n"
            ),
            "tests/test_b.py": "pytestmark = pytest.mark.legacy\n",
            "hooks.toml": '[[hook]]\nid = "lint"\n[[hook]]\nid = "mend"\n',
            "README.md": "- `lint` looks\n",
        },
        (
            "hooks.toml:4:7: mend is not in README.md (govcheck.toml:19): a hook that nobody knows "
            "of is never used",
            "tests/test_b.py:1:1: tests/test_b.py is not in tests/triage.yaml (govcheck.toml:11): "
            "what is legacy has an owner",
            "tests/triage.yaml:2:3: tests/test_a.py is not in tests/**/test_*.py "
            "(govcheck.toml:12): what is legacy has an owner",
        ),
    ),
    Example(
        "Both sides agree",
        {
            "govcheck.toml": _POLICY,
            "docs/deprecations.md": "`src/a.py` goes; see src/a.py\n",
            "src/a.py": _WARNS,
            "src/b.py": "",
            "tests/triage.yaml": "tests:\n  tests/test_a.py: {status: todo}\n",
            "tests/test_a.py": "pytestmark = pytest.mark.legacy\n",
        },
    ),
    Example(
        "Numbers and the like as they are written",
        {
            "govcheck.toml": _POLICY,
            "hooks.toml": "".join(f"[[hook]]\nid = {each}\n" for each in ("3.10", "0x1F", "true")),
            "README.md": "- `3.10`\n- `0x1F`\n- `true`\n",
        },
    ),
    Example(
        "What is ignored, what is done, and values that are no text",
        {
            "govcheck.toml": _POLICY,
            "tests/old/test_c.py": "pytestmark = pytest.mark.legacy\n",
            "tests/triage.yaml": "tests:\n  tests/test_gone.py:\n    status: done\n",
            "hooks.toml": '[[hook]]\nid = ["x"]\n[[hook]]\nname = "y"\n',
        },
    ),
    Example("Nothing to list, and no list", {"govcheck.toml": _POLICY, "src/a.py": "a = 1\n"}),
]
