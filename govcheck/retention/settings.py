"""The part of the policy about the runner, and what protects from it."""

from dataclasses import dataclass

from govcheck.keys import key
from govcheck.retention.durations import Duration


@dataclass(frozen=True, slots=True)
class Runner:
    """How the plan is carried out."""

    trash_keep: Duration = key(
        "How long what was removed can be brought back.", default=Duration("7d")
    )
    audit_log: str = key(
        "The file that records every decision.", default=".govcheck/retention/audit.jsonl"
    )
    operator: str = key("Who the audit log says has done it.", default="govcheck")
    max_delete: int = key(
        "What share of a store's items a run may remove, in percent; 'run --max-delete' tells a "
        "number instead.",
        default=20,
    )
    idle: Duration = key(
        "For how long nobody may have written to what is removed.", default=Duration("1h")
    )
    backup_first: bool = key("Archive whatever is removed.", default=False)
