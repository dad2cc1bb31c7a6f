"""What keeps the runner from its work."""


class RunnerError(Exception):
    """The runner cannot, or will not, do it; the message is one line for the user."""
