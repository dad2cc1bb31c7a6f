"""Rules about dependencies and the versions of Python."""
