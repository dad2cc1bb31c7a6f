"""Print the effective policy, and where each of its values was laid down."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from datetime import date
from typing import Any

from govcheck.cli import root_here
from govcheck.keys import Key, schema, values
from govcheck.policy import Policy
from govcheck.policy.loading import load_policy

EXAMPLES = """\
examples:
  govcheck policy
  govcheck policy --schema > govcheck.schema.json   for completion in an editor
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of the policy instead"
    )


def run(options: Namespace) -> int:
    """Print the policy as TOML with comments, or its schema."""
    if options.schema:
        print(json.dumps(policy_schema(), indent=2, ensure_ascii=False))
        return 0
    policy = load_policy(root_here())
    lines = list(_table(policy, policy.section(), ()))
    width = min(60, max((len(text) for text, origin in lines if origin), default=0))
    for text, origin in lines:
        print(f"{text:<{width}}  # {origin}" if origin else text)
    return 0


def policy_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `govcheck.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "govcheck policy",
        **schema(Policy),
    }


def _table(policy: Policy, table: Mapping[str, Any], at: Key) -> Iterator[tuple[str, str]]:
    """Lines of TOML, each with its origin: scalars first, since tables end only at the next."""
    tables = []
    for name, value in table.items():
        here = (*at, name)
        if isinstance(value, Mapping) or is_dataclass(value):
            tables.append((here, value))
        elif _is_list_of_tables(value):
            tables += [((*here, number), item) for number, item in enumerate(value)]
        elif value is not None:
            # Tables in a list come whole from one file, so their keys have its origin.
            is_inside = any(isinstance(part, int) for part in at)
            is_set = here in policy.origins or (is_inside and value not in ((), False))
            if is_set or (at != () and at[0] == "flags-settings") or (at == () and value):
                origin = str(policy.origin(*here)) if is_set else "default"
                yield f"{_key(name)} = {_toml(value)}", origin
    for here, value in tables:
        inner = value if isinstance(value, Mapping) else values(value)
        lines = list(_table(policy, inner, here))
        if not lines:
            continue
        if not isinstance(value, Mapping) or any(origin for _, origin in lines[:1]):
            header = ".".join(_key(part) for part in here if isinstance(part, str))
            yield "", ""
            yield (f"[[{header}]]" if isinstance(here[-1], int) else f"[{header}]"), ""
        yield from lines


def _is_list_of_tables(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and is_dataclass(value[0])


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)


def _toml(value: object) -> str:
    match value:
        case date():
            return value.isoformat()
        case tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)
