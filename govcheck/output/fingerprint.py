"""What tells a finding from others between runs, whatever happens to the lines around it."""

import struct
from collections import Counter
from hashlib import sha256
from itertools import accumulate

from govcheck.baseline import keyed
from govcheck.report import Report

_BLOCK = 100
_FACTOR = 37
_MASK = 2**64 - 1
_END_OF_FILE = 0xFFFF


def fingerprints(report: Report) -> tuple[list[str], list[str]]:
    """A fingerprint of each finding, and of each silenced one: no two are the same.

    It says what an entry of the baseline says: the rule, the path, the words of the line, and
    which of the equal ones it is.
    """
    silenced = [silenced.finding for silenced in report.silenced]
    entries = keyed(report.repo, [*report.findings, *silenced])
    prints = {
        id(finding): digest(entry.rule, entry.path, entry.text, str(entry.ordinal))
        for entry, finding in entries.items()
    }
    return [prints[id(each)] for each in report.findings], [prints[id(each)] for each in silenced]


def digest(*parts: str) -> str:
    """A short hash of some texts that hold no NUL, in hexadecimal."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def line_hashes(data: bytes) -> list[str]:
    """GitHub's `primaryLocationLineHash` of each line of a file.

    As github/codeql-action has it (src/fingerprints.ts): a polynomial over the 100 UTF-16 units
    from the beginning of the line, blanks left out, and the ordinal among equal ones.
    """
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    encoded = text.translate({ord(" "): None, ord("\t"): None}).encode("utf-16-le")
    units = struct.unpack(f"<{len(encoded) // 2}H", encoded)
    padded = (*units, _END_OF_FILE, *[0] * _BLOCK)
    hashes = list(
        accumulate(padded, lambda hashed, unit: (hashed * _FACTOR + unit) & _MASK, initial=0)
    )
    out_of_block = pow(_FACTOR, _BLOCK, 2**64)
    starts = [0, *(index + 1 for index, unit in enumerate(units) if unit == ord("\n"))]
    seen: Counter[int] = Counter()
    lines = []
    for start in starts:
        hashed = (hashes[start + _BLOCK] - hashes[start] * out_of_block) & _MASK
        seen[hashed] += 1
        lines.append(f"{hashed:x}:{seen[hashed]}")
    return lines
