"""Moves the orders of the old checkout."""

import os

if os.environ.get("USE_NEW_CHECKOUT", "true") != "true":
    raise SystemExit("leave USE_NEW_CHECKOUT alone")
