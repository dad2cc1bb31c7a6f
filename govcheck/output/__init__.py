"""How a report is written: a module a format, imported when it is asked for."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from govcheck.registry import RulePage
    from govcheck.report import Report

Format = Literal["text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"]

FORMATS: tuple[Format, ...] = get_args(Format)


def render(
    name: Format,
    report: "Report",
    *,
    rules: Callable[[], "Sequence[RulePage]"],
    colour: bool = False,
    quiet: bool = False,
    silenced: bool = True,
) -> str:
    """A report in the format of that name, ending in a line end unless it is empty.

    `rules` gives the pages of the rules that ran and is called only where the format shows them.
    `colour` and `quiet` (no summary) are for a terminal. `silenced` findings are told in SARIF
    only, as suppressed results.
    """
    match name:
        case "text":
            from govcheck.output import text

            return text.render(report, colour=colour, quiet=quiet)
        case "concise":
            from govcheck.output import concise

            return concise.render(report)
        case "json":
            from govcheck.output import json

            return json.render(report)
        case "sarif":
            from govcheck import __version__
            from govcheck.output import sarif

            return sarif.render(report, rules(), version=__version__, silenced=silenced)
        case "github":
            from govcheck.output import github

            return github.render(report)
        case "gitlab":
            from govcheck.output import gitlab

            return gitlab.render(report)
        case "junit":
            from govcheck.output import junit

            return junit.render(report)
        case "markdown":
            from govcheck.output import markdown

            return markdown.render(report, rules())
