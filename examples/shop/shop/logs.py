from pathlib import Path

RETENTION_DAYS = 30


def export(lines: list[str]) -> None:
    Path("exports").mkdir(exist_ok=True)
    Path("exports/today.log").write_text("\n".join(lines))
