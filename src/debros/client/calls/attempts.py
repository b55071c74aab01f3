"""One attempt of a call: at one gateway, with one credential, in the time that is left."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.client.calls.problems import refusal
from debros.client.calls.request import Repeat
from debros.client.calls.transport import LostError, NotSentError
from debros.client.errors import AuthenticationError, NoAnswerError, OutcomeUnknownError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from debros.client.calls.request import Answer, Request
    from debros.client.errors import DebrosError

# Seconds an attempt may take when another one could follow: for a gateway that takes requests and does not answer.
LONGEST = 10.0


class UnauthorisedError(Exception):
    """A credential was refused; with another one the request may come again, for nothing was applied."""

    def __init__(self, credential: Mapping[str, str], error: AuthenticationError) -> None:
        super().__init__(str(error))
        self.credential = credential
        self.error = error


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who is asked what.

    Attributes:
        endpoint: The gateway.
        request: What it is asked.
        request_id: The same for all attempts of a call.
        credential: Headers that open the gateway.
        deadline: Of the call, monotonic.
    """

    endpoint: str
    request: Request
    request_id: str
    credential: Mapping[str, str]
    deadline: float

    @property
    def headers(self) -> dict[str, str]:
        """All that is sent."""
        return {"X-Request-ID": self.request_id, **self.credential, **self.request.headers}

    @property
    def seconds(self) -> float:
        """How long it may take."""
        remaining = max(self.deadline - time.monotonic(), 0.001)
        return min(LONGEST, remaining) if self.request.repeat is Repeat.HARMLESS else remaining

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what the transport raises into the errors of this library."""
        try:
            yield
        except NotSentError as error:
            raise UnreachableError(f"gateway at {self.endpoint}: {error}", endpoint=self.endpoint) from error
        except LostError as error:
            raise self._lost(error) from error

    def refused(self, answer: Answer) -> Exception:
        """Return the error for an answer that is not the one asked for."""
        found = refusal(answer)
        if isinstance(found, AuthenticationError) and self.request.authenticated:
            return UnauthorisedError(self.credential, found)
        return found

    def _lost(self, error: LostError) -> DebrosError:
        if self.request.writes:
            return OutcomeUnknownError(
                f"{self.endpoint}: {error} after the write was sent; look whether it was made before you repeat it",
                request_id=self.request_id,
                endpoint=self.endpoint,
            )
        return NoAnswerError(f"{self.endpoint}: {error}", request_id=self.request_id, endpoint=self.endpoint)
