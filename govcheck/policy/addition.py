"""Adding tables to the repository's own policy, as fixes that declare something do."""

import json
import tomllib
from collections.abc import Mapping

from govcheck.finding import Edit
from govcheck.policy import Policy
from govcheck.repo import Repo


def addition(
    repo: Repo, policy: Policy, section: str, tables: Mapping[str, Mapping[str, object]]
) -> Edit | None:
    """The edit that adds `[section.NAME]` for each name to the end of the policy file.

    Nothing where the policy is not a file of the repository, or where it would no longer be TOML:
    an inline table cannot be added to.
    """
    source = policy.sources[-1]
    document = repo.document(source.path) if source.path else None
    if document is None or document.data != source.document.data or not tables:
        return None
    newline = "\r\n" if "\r\n" in document.text else "\n"
    lines = [] if document.text.endswith("\n") or not document.text else [""]
    prefix = ".".join((*source.prefix, section))
    for name, values in sorted(tables.items()):
        lines += ["", f"[{prefix}.{_key(name)}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    text = "".join(f"{line}{newline}" for line in lines)
    try:
        tomllib.loads((document.text + text).replace("\r\n", "\n"))
    except ValueError:
        return None
    return Edit(document.path, len(document.text), len(document.text), text)


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if is_bare else _toml(name)


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
