import pytest


def test_pays(bank):
    assert bank


@pytest.mark.integration
@pytest.mark.nightly
def test_pays_back(bank):
    pytest.skip()


@pytest.mark.integration
@pytest.mark.skipif("not bank", reason="until 2026-03-31: the sandbox moves")
def test_pays_twice(bank):
    bank.pay(2)


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.quick
def test_pays_slowly(bank):
    assert bank
