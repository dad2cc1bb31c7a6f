"""Random programs before and after folding: what they do stays the same, whatever is set.

`pytest tests/test_programs.py --hypothesis-profile=many` tries 20,000 of them.
"""

from hypothesis import given, reject, settings

from govcheck.python.folding import Retired, Setting, fold
from tests.programs import Program, programs, run


@settings(deadline=None)
@given(programs())
def test_a_program_does_the_same_when_its_flags_are_folded(program: Program) -> None:
    try:
        compile(program.source, "program", "exec")
    except SyntaxError:
        reject()
    setting = Setting({name: Retired(value) for name, value in program.flags.items()})
    folded = fold(program.source, setting)
    if folded.refusal is not None:
        assert folded.text == program.source
        assert "disagree" not in folded.refusal.why
        return
    final = {name: str(int(value)) for name, value in program.flags.items()}
    other = {name: str(int(not value)) for name, value in program.flags.items()}
    before = run(program.source, final)
    for environment in (final, other, {}):
        assert run(folded.text, environment) == before
    assert fold(folded.text, setting).text == folded.text
