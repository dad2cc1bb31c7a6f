"""The checkout of the shop."""

import os
from os import environ as env

from shop.flags import is_enabled

use_new_checkout = env.get("USE_NEW_CHECKOUT", "true").lower() == "true"


def total(prices: list[int]) -> int:
    """What the customer pays."""
    if use_new_checkout:
        return sum(prices)
    return sum(prices) + legacy_fee()


def legacy_fee() -> int:
    """What the old checkout took."""
    return 2


def menu() -> str:
    """The name of the menu."""
    if os.getenv("USE_DARK_MENU", "1") == "1":
        return "dark"
    return "round" if is_enabled("round-menu") else "light"
