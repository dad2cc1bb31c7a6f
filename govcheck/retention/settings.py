"""The part of the policy about the runner, and what protects from it."""

from govcheck.durations import Duration, Size
from govcheck.keys import key, table


@table
class Runner:
    """How the plan is carried out."""

    trash_keep: Duration = key(
        "How long what was removed can be brought back.", default=Duration("7d")
    )
    without_trash: tuple[str, ...] = key(
        "Stores whose items are removed at once, and cannot be brought back.", default=()
    )
    audit_log: str = key(
        "The file that records every decision.", default=".govcheck/retention/audit.jsonl"
    )
    audit_rotate: Size = key(
        "At which size the audit log is continued in a new file.", default=Size("100MB")
    )
    audit_keep: Duration | None = key(
        "How long full files of the audit log are kept; by default for ever.", default=None
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
