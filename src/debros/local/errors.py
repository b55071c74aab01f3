"""The one error of this package."""


class LocalError(Exception):
    """Something the user has to know; the text says what is wrong, where, and the way out."""
