"""Checking and fixing from Python; the command line uses nothing else."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from govcheck import baseline
from govcheck.cache import Cache
from govcheck.disk import RefusedError
from govcheck.engine import Selection, reporting, run
from govcheck.policy import Policy
from govcheck.policy.loading import load_policy
from govcheck.repo import Progress, Repo
from govcheck.report import Problem, Report


def check(
    root: str,
    policy: Policy | None = None,
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    paths: Collection[str] = (),
    changed: str | None = None,
    today: date | None = None,
    progress: Progress | None = None,
    cached: bool = False,
) -> Report:
    """Check the repository at `root` against its policy, or against another one.

    `select` and `ignore` name rules or families. `paths` (from the root) and `changed` (a git
    revision) narrow what is reported, not what is looked at. `today` decides what is overdue.
    `cached` makes use of what earlier runs learnt of files that have not changed since, and keeps
    it for later ones in the user's cache directory.

    Raises:
        PolicyError: there is no usable policy.
        KeyError: `select` or `ignore` names what is neither a rule nor a family.
        GitError: git refuses the repository, or does not know the revision.
        OSError: `root` is no directory that can be read.
    """
    policy = _at(today, policy) if policy else load_policy(root, today=today)
    cache = Cache(root) if cached else None
    repo = Repo(root, policy.exclude, progress, cache)
    report = run(repo, policy, _selection(repo, policy, select, ignore, paths, changed), progress)
    if cache is not None:
        cache.save()
    return report


def fix(
    root: str,
    policy: Policy | None = None,
    *,
    unsafe: bool = False,
    write_files: bool = True,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    paths: Collection[str] = (),
    changed: str | None = None,
    today: date | None = None,
    progress: Progress | None = None,
    cached: bool = False,
) -> Report:
    """Check the repository and mend what can be mended; `unsafe` also applies unsafe fixes.

    The report tells what remains, what was fixed, and the changes. Without `write_files` these are
    only computed. Each file is replaced atomically, and only if it is still what was read.

    Raises:
        PolicyError: there is no usable policy.
        KeyError: `select` or `ignore` names what is neither a rule nor a family.
        GitError: git refuses the repository, or does not know the revision.
        OSError: `root` is no directory that can be read.
    """
    from govcheck.fixing import settle, write  # a mere check does not pay for it

    given = _at(today, policy) if policy else None
    policy = given or load_policy(root, today=today)
    cache = Cache(root) if cached else None
    repo = Repo(root, policy.exclude, progress, cache)
    selection = _selection(repo, policy, select, ignore, paths, changed)
    selection = selection._replace(mends=True, unsafe=unsafe)
    report = settle(
        repo,
        policy,
        check=lambda repo, policy: run(repo, policy, selection, progress),
        reload=lambda repo: given or load_policy(root, today=today, read=repo.read),
        unsafe=unsafe,
    )
    if cache is not None:
        cache.save()
    if not write_files or not report.changes:
        return report
    written, problems = write(report)
    if not problems:
        return report
    # What could not be written is as it was, so the report must be of that repository.
    repo = repo.with_changes({change.path: change.after for change in written})
    selection = selection._replace(mends=False)
    after = run(repo, given or load_policy(root, today=today), selection)
    return replace(
        after,
        changes=tuple(written),
        fixed=tuple(f for f in report.fixed if f.span.path in {c.path for c in written}),
        problems=(*report.problems, *problems),
    )


def update_baseline(root: str, *, today: date | None = None) -> Report:
    """Write the baseline of the repository at `root`, or shrink the one that is there.

    The first baseline holds all findings of today. After that, entries that are no longer needed
    go and none are added: to begin anew, delete the file.

    Raises:
        PolicyError: there is no usable policy.
        GitError: git refuses the repository.
        OSError: the file cannot be written.
        baseline.BaselineError: the file that is there is not a baseline.
    """
    policy = load_policy(root, today=today)
    report = check(root, policy, today=today)
    if report.problems:
        return report
    path = baseline.BASELINE_FILE
    old = report.repo.tree.read(path)
    if old is None:
        allowed = [f for f in report.findings if policy.catalogue.load(f.rule).check is not None]
        text = baseline.render(baseline.keyed(report.repo, allowed))
        report.repo.tree.create(path, text.encode())
        return check(root, today=today)
    allowed = [each.finding for each in report.silenced if each.by == "baseline"]
    new = baseline.render(baseline.shrunk(report.repo, [*report.findings, *allowed], allowed))
    if new.encode() == old:
        return report
    try:
        report.repo.tree.replace(path, old, new.encode())
    except RefusedError as error:
        return replace(report, problems=(Problem(f"not changed: {error}", path),))
    return check(root, today=today)


def _at(today: date | None, policy: Policy) -> Policy:
    return replace(policy, today=today) if today else policy


def _selection(
    repo: Repo,
    policy: Policy,
    select: Collection[str],
    ignore: Collection[str],
    paths: Collection[str],
    changed: str | None,
) -> Selection:
    policy.catalogue.expand((*select, *ignore))
    reports = [reporting(paths)] if paths else []
    if changed is not None:
        from govcheck.changed import changed_since

        reports.append(changed_since(repo, changed))
    return Selection(tuple(select), tuple(ignore), lambda path: all(test(path) for test in reports))
