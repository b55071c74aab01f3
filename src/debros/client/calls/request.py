"""What is asked of a gateway, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

import msgspec

from debros.client.errors import UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


class Repeat(Enum):
    """What a second request would do when the answer to the first one is lost."""

    HARMLESS = "harmless"  # a read, or a write with an Idempotency-Key
    HARMFUL = "harmful"  # a write without one


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whichever gateway it goes to.

    Attributes:
        method: HTTP method.
        path: Of the route, such as `/v1/rqlite/exec`.
        query: Parameters of the query.
        headers: Beside those of the credential.
        body: None for none.
        writes: It changes something, so a lost answer leaves the outcome unknown.
        repeat: What a second one would do.
        authenticated: It carries the credential.
        accepted: Statuses that are answers although they are not 2xx.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    writes: bool = False
    repeat: Repeat = Repeat.HARMLESS
    authenticated: bool = True
    accepted: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A gateway's answer.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
        body: All of it.
        endpoint: Who has answered.
        request_id: By which the gateway's log knows the request.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    endpoint: str
    request_id: str

    def decode(self, kind: type[T]) -> T:
        """Return the JSON body as a value of a type; integers keep all their digits.

        Raises:
            UnexpectedAnswerError: It is none.
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnexpectedAnswerError(
                f"{self.endpoint} has given an answer this client does not understand ({error}); is it a gateway, and"
                " of this release?",
                status=self.status,
                request_id=self.request_id,
                endpoint=self.endpoint,
            ) from None


def json_body(value: object) -> bytes:
    """Return a value as JSON."""
    return msgspec.json.encode(value)
