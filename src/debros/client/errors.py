"""What can go wrong when a gateway is asked.

    DebrosError
    ├── UnreachableError            no gateway took the request; nothing was applied
    ├── NoAnswerError               a read has no answer; asking again is harmless
    ├── OutcomeUnknownError         a write has no answer: it may or may not have been applied
    ├── UnexpectedAnswerError       whoever answered is no gateway, or one this client does not understand
    ├── ClosedError                 the client, or a subscription, is closed
    ├── SlowReaderError             a subscription ended because its reader did not keep up
    ├── WalletKeyError              a wallet's key file, or a text it is to sign, cannot be used
    ├── MigrationError              a migration cannot be loaded or applied
    └── RefusedError                the gateway has answered with a problem; nothing was applied
        ├── BadRequestError         400, 405, 422 …: the request has to be changed
        │   └── SqlError            the statement; `index` is its place in a transaction
        ├── AuthenticationError     401: no credential, or one that is not good (any more)
        ├── PermissionDeniedError   403
        ├── NotFoundError           404
        ├── ConflictError           409
        │   └── AnswerLostError     the write was made before, and only its answer is lost
        ├── PreconditionFailedError 412: If-Match or If-None-Match does not hold
        ├── TooLargeError           413
        ├── RateLimitedError        429: later, see `retry_after`
        ├── UnavailableError        503 and its relatives: later, see `retry_after`
        ├── DatabaseFullError       507
        └── GatewayDefectError      500: a defect of the gateway; its log has the request id

What a caller does wrong before anything is sent (a value SQLite cannot hold, a key without characters) is a plain
ValueError or TypeError.
"""

from __future__ import annotations


class DebrosError(Exception):
    """The root of all errors of this library.

    Attributes:
        message: What was wrong and what to do, for people.
        code: Stable name of what was wrong; the gateway's own (docs/errors.md) where it has answered.
        status: HTTP status of the answer; None when there was none.
        request_id: By which the gateway's log knows the request; "" when nothing was sent.
        retry_after: Seconds after which another attempt makes sense; None when nobody said so.
        index: Zero-based place of the operation of a transaction that failed; None elsewhere.
        endpoint: The gateway that was asked last; "" when none was.
    """

    default_code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int | None = None,
        request_id: str = "",
        retry_after: float | None = None,
        index: int | None = None,
        endpoint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.index = index
        self.endpoint = endpoint

    def __str__(self) -> str:
        place = "" if self.index is None else f" (operation {self.index} of the transaction)"
        asked = f" [request {self.request_id}]" if self.request_id else ""
        return f"{self.code}: {self.message}{place}{asked}"


class UnreachableError(DebrosError):
    """No gateway took the request, so nothing was applied."""

    default_code = "unreachable"


class NoAnswerError(DebrosError):
    """A read was sent and its answer did not come, or not in time; asking again is harmless."""

    default_code = "no_answer"


class OutcomeUnknownError(DebrosError):
    """A write was sent and nobody knows whether it was applied. Look before you repeat it.

    With an Idempotency-Key of your own the same call can be made again; it is applied once at most.
    """

    default_code = "outcome_unknown"


class UnexpectedAnswerError(DebrosError):
    """Whoever answered is no gateway, or a gateway whose answer this version of the client does not understand."""

    default_code = "unexpected_answer"


class ClosedError(DebrosError):
    """The client, or the subscription, is closed."""

    default_code = "closed"


class SlowReaderError(DebrosError):
    """A subscription with `on_slow="close"` has ended, because more waited for its reader than its queue holds."""

    default_code = "slow_reader"


class WalletKeyError(DebrosError):
    """A wallet's key file cannot be used, or what it is asked to sign is not for this gateway."""

    default_code = "wallet_key"


class MigrationError(DebrosError):
    """A migration cannot be loaded or applied; the message names it and, where there is one, the statement's line."""

    default_code = "migration"


class RefusedError(DebrosError):
    """The gateway has answered with a problem; nothing was applied."""

    default_code = "refused"


class BadRequestError(RefusedError):
    """The request has to be changed (400, 405, 422 …)."""


class SqlError(BadRequestError):
    """A statement is wrong, is not allowed, or breaks a constraint; of a transaction nothing was applied."""


class AuthenticationError(RefusedError):
    """There is no credential, or one that is not good (any more) (401)."""


class PermissionDeniedError(RefusedError):
    """The credential does not open this (403)."""


class NotFoundError(RefusedError):
    """What was asked for is not there (404)."""


class ConflictError(RefusedError):
    """It contradicts what is there (409)."""


class AnswerLostError(ConflictError):
    """The write was made by an earlier request with the same Idempotency-Key; only its answer was not kept."""


class PreconditionFailedError(RefusedError):
    """If-Match or If-None-Match does not hold (412)."""


class TooLargeError(RefusedError):
    """It is larger than a limit (413)."""


class RateLimitedError(RefusedError):
    """Too much at once (429); later, see `retry_after`."""


class UnavailableError(RefusedError):
    """The gateway, or what it depends on, cannot do it now (502, 503, 504); later, see `retry_after`."""


class DatabaseFullError(RefusedError):
    """The database has reached its largest size (507); reads and deletions go on."""


class GatewayDefectError(RefusedError):
    """A defect of the gateway (500); its log has the request id."""
