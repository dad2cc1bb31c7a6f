"""Plan what the stores keep, and carry the plan out."""

SUBCOMMANDS = {
    "plan": "print what would become of each item, and why; change nothing (the default command)",
    "run": "carry the plan out",
    "undo": "bring back what a run has removed",
    "restore": "bring back what a run has archived",
    "verify": "check the archives, the audit log and the copies",
    "log": "print what runs have done",
    "schedule": "print a systemd timer, a line for cron or a workflow that runs the plan",
}
