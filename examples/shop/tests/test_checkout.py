"""Tests of the checkout."""

import pytest

from shop.checkout import total


def test_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_NEW_CHECKOUT", "true")
    assert total([1, 2]) == 3
