"""Where a request comes from, for records."""

from dataclasses import dataclass
from typing import cast

from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """The other end of a request: its address and the request's id."""

    address: str
    request_id: str


def caller(scope: Scope) -> Caller:
    """Return where a request comes from."""
    client = scope.get("client")
    return Caller(client[0] if client else "", cast("str", scope.get("state", {}).get("request_id", "")))
