"""What a release can fail at."""


class ReleaseError(Exception):
    """A release cannot be built; the text says what is wrong, where, and what to do."""
