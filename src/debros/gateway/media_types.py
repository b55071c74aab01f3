"""The type of a stored value: kept as it was sent, and given back as it was kept."""

import re

from debros.gateway.errors import Problem

UNKNOWN = "application/octet-stream"
# What curl says of every body, unless it is told otherwise; so it says nothing.
_UNASKED = "application/x-www-form-urlencoded"
_LONGEST = 255  # characters; the registry allows 127 for a type and 127 for a subtype (RFC 6838, 4.2)
# RFC 9110, 8.3.1, with the parameters not looked at.
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]++"  # noqa: S105 - a token of HTTP's grammar
_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})(?:[ \t]*+;[\x20-\x7e\t]*+)?+")


def content_type(given: str | None) -> str:
    """Return a media type to keep; empty when nothing is said by it.

    Raises:
        Problem: 400; it is not a media type, or too long.
    """
    text = (given or "").strip(" \t")
    if not text:
        return ""
    found = _TYPE.fullmatch(text)
    if found is None or len(text) > _LONGEST:
        raise Problem(
            400,
            "invalid_content_type",
            f"a content type is a media type such as image/png of at most {_LONGEST} characters; got {text[:80]!r}",
        )
    return "" if found[1].lower() in {UNKNOWN, _UNASKED} else text
