"""The one error of this package."""

import errno


class LocalError(Exception):
    """Something the user has to know; the text says what is wrong, where, and the way out."""


def explain(error: OSError) -> str:
    """Return what could not be done with a file, and the way out."""
    way = "Look at what is there, its owner and mode; or name another directory with DEBROS_HOME"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        way = "Free some space, or name a directory on another disk with DEBROS_HOME"
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}. {way}"
