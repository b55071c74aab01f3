"""The one shape of an error answer: RFC 9457 problem details plus `error` and `code`."""

from collections.abc import Mapping
from typing import Any, TypedDict

import orjson

from debros.gateway.phrases import phrase

MEDIA_TYPE = b"application/problem+json"


class ProblemDetails(TypedDict):
    """What every error answer says."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    error: str
    code: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """An answer that is not the one asked for; raised anywhere under the error boundary.

    Attributes:
        status: HTTP status.
        code: Stable, documented name of what went wrong.
        detail: What was wrong and what to do, for people; never an upstream address or another tenant's name.
        headers: Extra response headers.
        extra: Extra members of the body.
        reason: Tells problems of one code apart in figures; a word of ours, never shown to the caller.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        self.reason = reason

    def body(self, instance: str) -> bytes:
        """Return the JSON body; `instance` is the path that was asked for.

        `type` is a URN and not a URL, so that nobody is sent to a page that may not exist at this gateway.
        """
        members: ProblemDetails = {
            "type": f"urn:debros:problem:{self.code}",
            "title": phrase(self.status),
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "error": self.detail,
            "code": self.code,
        }
        return orjson.dumps({**self.extra, **members})

    def response(self, instance: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Return raw headers and body for the ASGI messages of an HTTP answer."""
        body = self.body(instance)
        headers = [(b"content-type", MEDIA_TYPE), (b"content-length", str(len(body)).encode())]
        headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        return headers, body
