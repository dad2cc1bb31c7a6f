"""Print what runs have done, as the audit log has it."""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from govcheck.cli import root_here
from govcheck.output.escape import visible
from govcheck.policy.loading import load_policy
from govcheck.retention.inspection import history

EXAMPLES = """\
examples:
  govcheck retention log
  govcheck retention log --run 20260131T040000Z-1f9a3c
  govcheck retention log --path backups/20250101_120000 --output-format json
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--run", metavar="RUN", help="only this run")
    add("--store", metavar="NAME", help="only this store")
    add("--path", metavar="PATH", help="only this item or archive, from the root")
    add("--output-format", choices=("text", "json"), default="text", help="(default: text)")


def run(options: Namespace) -> int:
    """Print the records that are asked for."""
    root = root_here()
    policy = load_policy(root)
    for record in history(root, policy):
        if "path" not in record:
            continue
        if options.run and record.get("run") != options.run:
            continue
        if options.store and record.get("store") != options.store:
            continue
        if options.path and options.path not in (record["path"], record.get("archive")):
            continue
        print(json.dumps(record) if options.output_format == "json" else visible(_line(record)))
    return 0


def _line(record: dict[str, Any]) -> str:
    more = record.get("archive") or record.get("error") or record.get("reason", "")
    return f"{record['time']}  {record['run']}  {record['outcome']:<9}  {record['path']}  ({more})"
