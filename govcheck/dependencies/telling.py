"""What findings about versions say, alike in all rules."""

from collections.abc import Iterator

from govcheck.dependencies.judging import Judged, judged
from govcheck.dependencies.mending import fix, lock_command
from govcheck.finding import Finding, Severity
from govcheck.policy import Policy
from govcheck.repo import Repo
from govcheck.rule import Rule

_COMMANDS = frozenset({"python", "python3", "py", "py3"})


def limit(policy: Policy, subject: str) -> str:
    """`the policy allows <2 (govcheck.toml:12): REASON`."""
    section = policy.dependencies
    if subject == "python":
        origin = policy.origin("dependencies", "python")
        return f"the policy allows {section.python} ({origin})"
    found = section.find(subject)
    if found is None:
        return "the policy does not name it"
    name, package = found
    reason = f": {package.reason}" if package.reason else ""
    if package.forbid:
        origin = policy.origin("dependencies", "packages", name, "forbid")
        return f"the policy forbids it ({origin}){reason}"
    origin = policy.origin("dependencies", "packages", name, "allow")
    return f"the policy allows {package.allow} ({origin}){reason}"


def findings(
    rule: Rule, repo: Repo, policy: Policy, forms: frozenset[str], *, python: bool
) -> Iterator[Finding]:
    """The findings of a rule about statements of some forms, about Python or about packages."""
    for each in repo.view(judged, policy):
        statement = each.statement
        is_about = (statement.subject == "python") == python
        if not is_about or statement.form not in forms or each.judgement.verdict == "ok":
            continue
        yield _finding(rule, repo, policy, each)


def _finding(rule: Rule, repo: Repo, policy: Policy, each: Judged) -> Finding:
    statement, judgement = each.statement, each.judgement
    severity: Severity | None = None
    mended = None
    says = statement.quoted if statement.form == "lock" else statement.named
    allows = limit(policy, statement.subject)
    match judgement.verdict:
        case "unknown":
            severity = policy.dependencies.unknown
            message = f"{says}: which version this is cannot be told: {each.why}; {allows}"
        case "violation" if statement.specifier in _COMMANDS:
            severity = policy.dependencies.unknown
            message = f"{says} is whichever version a machine calls so; {allows}"
        case "unsatisfiable":
            message = f"{says} admits no version at all; {allows}"
        case _ if statement.form == "lock" and statement.subject == "python":
            again = lock_command(statement.path)
            hint = f" (narrow the manifest, then run '{again}')" if again else ""
            message = f"the lock is for Python {says}; {allows}{hint}"
        case _ if statement.form == "lock":
            message = f"{statement.subject} is locked at {says}; {allows}"
        case _:
            mended = fix(repo, each)
            version = f" {judgement.witness}" if judgement.witness else " other versions"
            message = f"{says} admits{version}; {allows}"
            if statement.form == "interpreter" and judgement.is_disjoint:
                message = f"{says} is not allowed; {allows}"
            elif judgement.is_disjoint:
                message = f"{says} admits nothing that is allowed; {allows}"
    return rule.finding(statement.span, message, fix=mended, severity=severity, data=data(each))


def data(each: Judged) -> dict[str, object]:
    """What machines read of a finding about a version."""
    return {
        "subject": each.statement.subject,
        "declared": each.statement.declared,
        "verdict": each.judgement.verdict,
        "witness": each.judgement.witness,
    }
