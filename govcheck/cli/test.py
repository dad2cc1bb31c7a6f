"""Try the examples of the policy's own rules: does each find what it says, and nothing else?"""

from argparse import ArgumentParser, Namespace

from govcheck.cli import UsageError, root_here
from govcheck.keys import nearest
from govcheck.output.escape import visible
from govcheck.policy import Origin
from govcheck.policy.loading import load_policy
from govcheck.registry import OWN
from govcheck.trying import mistaken

EXAMPLES = """\
examples:
  govcheck test
  govcheck test no-sleep
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("rules", nargs="*", metavar="RULE", help="only these rules of the policy")


def run(options: Namespace) -> int:
    """Print what is wrong, and a line a rule; 1 if any example is mistaken."""
    policy = load_policy(root_here())
    for name in options.rules:
        if name not in policy.checks:
            hint = nearest(name, list(policy.checks))
            raise UsageError(f"{name!r} is no rule of the policy's own{hint}")
    if not policy.checks:
        print("the policy has no rules of its own: they are tables [checks.NAME]")
    failed = False
    for name in options.rules or policy.checks:
        examples = policy.checks[name].examples
        passed = 0
        for number, example in enumerate(examples):
            wrong = list(mistaken(policy, name, example))
            passed += not wrong
            called = example.title or f"example {number + 1}"
            source, key = policy.origin(OWN, name, "examples")
            origin = Origin(source, (*key, number))
            for line in wrong:
                print(visible(f"{origin}: {name}: {called}: {line}"))
        failed = failed or passed < len(examples)
        verdict = f"{passed} of {len(examples)} examples pass" if examples else "no examples"
        print(f"{name}: {verdict}")
    return int(failed)
