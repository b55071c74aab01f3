"""How long a stored value is kept, as callers write it."""

import re

from debros.config import Duration
from debros.gateway.errors import Problem

_BARE = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def milliseconds(given: float | str | None) -> int | None:
    """Return a time to live; None stays None, for ever.

    Args:
        given: Seconds as a number, or as text with or without a unit: 90, "90", "1.5", "90s", "1h30m".

    Raises:
        Problem: 400; it is none of these, not longer than 0, or finer than a millisecond.
    """
    if given is None:
        return None
    try:
        text = f"{given:f}" if isinstance(given, float) else str(given)
        found = round(Duration.parse(f"{text}s" if _BARE.fullmatch(text) else text) * 1000)
        if found <= 0:
            raise ValueError("leave it out for a value that stays")  # noqa: TRY301 - one answer for all of it
    except ValueError as error:
        raise Problem(
            400,
            "invalid_parameter",
            f"ttl must be seconds, or a duration such as 15m or 24h; got {str(given)[:40]!r}: {error}",
        ) from None
    return found
