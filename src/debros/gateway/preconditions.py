"""If-Match and If-None-Match (RFC 9110, 13.1) in, ETag out.

What cannot be read is refused: a condition that is left out would let a write pass that was meant to fail.
"""

import re

from starlette.datastructures import Headers

from debros.gateway.errors import Problem
from debros.tenants.storage import Conditions, Tags

_MOST = 100  # entity tags in one condition
# RFC 9110, 8.8.3 and 5.6.1: tags with commas between them, where empty elements are to be borne.
_TAG = r'(?:W/)?+"[\x21\x23-\x7e\x80-\xff]*+"'
_LIST = re.compile(rf"[ \t,]*+{_TAG}(?:[ \t]*+,[ \t,]*+{_TAG})*+[ \t,]*+")
_EACH = re.compile(_TAG)


def conditions(headers: Headers) -> Conditions:
    """Return what a request wants of the value that is there.

    Raises:
        Problem: 400; a condition is not `*` or a list of entity tags, or too long a one.
    """
    return Conditions(_tags(headers, "If-Match", weak=False), _tags(headers, "If-None-Match", weak=True))


def etag(version: str) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def _tags(headers: Headers, name: str, *, weak: bool) -> Tags | None:
    """Return a condition; a weak tag is nobody's in a strong comparison (13.1.1), and its opaque part in a weak one."""
    lines = headers.getlist(name)
    if not lines:
        return None
    text = ",".join(lines).strip(" \t")
    if text == "*":
        return Tags(every=True)
    if not _LIST.fullmatch(text):
        raise Problem(
            400,
            "invalid_condition",
            f'{name} must be * or entity tags in double quotes, such as "abc"; got {text[:80]!r}',
        )
    found = _EACH.findall(text)
    if len(found) > _MOST:
        raise Problem(400, "invalid_condition", f"{name} has {len(found)} entity tags; at most {_MOST} are allowed")
    return Tags(tuple(tag.removeprefix("W/")[1:-1] for tag in found if weak or not tag.startswith("W/")))
