"""govcheck: a repository's rules of conduct, written down once and held against all of it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govcheck.api import check, fix, update_baseline
    from govcheck.finding import Edit, Finding, Fix, Related, Span
    from govcheck.git import GitError
    from govcheck.policy import Policy, PolicyError
    from govcheck.policy.loading import load_policy
    from govcheck.report import Change, Problem, Report, Silenced

__version__ = "0.1.0"

__all__ = [
    "Change",
    "Edit",
    "Finding",
    "Fix",
    "GitError",
    "Policy",
    "PolicyError",
    "Problem",
    "Related",
    "Report",
    "Silenced",
    "Span",
    "check",
    "fix",
    "load_policy",
    "update_baseline",
]

_HOMES = {
    "check": "api",
    "fix": "api",
    "update_baseline": "api",
    "GitError": "git",
    "Policy": "policy",
    "PolicyError": "policy",
    "load_policy": "policy.loading",
    **dict.fromkeys(("Edit", "Finding", "Fix", "Related", "Span"), "finding"),
    **dict.fromkeys(("Change", "Problem", "Report", "Silenced"), "report"),
}


def __getattr__(name: str) -> object:
    """Public names are imported on first use, so that importing the package costs nothing."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
