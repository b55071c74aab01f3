"""Replacing one attribute of a library's class or module."""

from typing import Any


def replace(owner: Any, name: str, value: Any) -> Any:
    """Put `value` in the place of `owner.name` and return what was there.

    Raises:
        AttributeError: there is no such attribute: the library is not the one the patch was written for.
    """
    original = getattr(owner, name)
    setattr(owner, name, value)
    return original
