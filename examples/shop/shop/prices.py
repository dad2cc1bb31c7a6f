"""What things cost."""

KEEP_DAYS = 90
