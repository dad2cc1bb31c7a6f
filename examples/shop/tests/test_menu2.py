"""Tests of the menu."""

from time import sleep as wait


def test_menu() -> None:
    wait(0.1)


def test_menu_later(clock: object) -> None:
    wait(0.1)
