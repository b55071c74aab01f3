"""One header of a request, without the object around all of them that a framework makes."""

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> str:
    """Return the first header of a name (in small letters), "" when there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""
