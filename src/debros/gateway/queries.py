"""Values from a query string."""

from starlette.datastructures import QueryParams

from debros.gateway.errors import Problem


def integer(query: QueryParams, name: str, *, default: int, least: int, most: int) -> int:
    """Return a whole number.

    Raises:
        Problem: 400; it is not one, or out of range.
    """
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most:
        return int(text)
    raise Problem(400, "invalid_parameter", f"{name} must be a whole number from {least} to {most}; got {text[:40]!r}")


def choice(query: QueryParams, name: str, allowed: tuple[str, ...], default: str) -> str:
    """Return one of the allowed words.

    Raises:
        Problem: 400; it is another one.
    """
    text = query.get(name, default)
    if text in allowed:
        return text
    raise Problem(
        400, "invalid_parameter", f"{name} must be one of {', '.join(filter(None, allowed))}; got {text[:40]!r}"
    )
