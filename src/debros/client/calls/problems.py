"""What a gateway's refusal is as an error: status and problem document (RFC 9457 with `error` and `code`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from debros.client import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from debros.client.calls.request import Answer

_BY_STATUS: Mapping[int, type[errors.RefusedError]] = {
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    412: errors.PreconditionFailedError,
    413: errors.TooLargeError,
    429: errors.RateLimitedError,
    500: errors.GatewayDefectError,
    502: errors.UnavailableError,
    503: errors.UnavailableError,
    504: errors.UnavailableError,
    507: errors.DatabaseFullError,
}
_SQL = frozenset(
    {"sql_error", "sql_refused", "invalid_argument", "invalid_clause", "not_a_read", "not_a_write", "not_a_create",
     "read_between_writes", "invalid_table"}
)  # fmt: skip
# What a gateway may mean by "nobody knows": a lost confirmation, and a publisher that died before its answer.
_UNKNOWN = frozenset({"outcome_unknown", "answer_unknown"})


class _Problem(msgspec.Struct):
    error: str
    code: str
    index: int | None = None


def refusal(answer: Answer) -> errors.DebrosError:
    """Return the error for an answer that was not the one asked for."""
    try:
        problem = msgspec.json.decode(answer.body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _foreign(answer)
    kind: type[errors.DebrosError] = _BY_STATUS.get(answer.status, errors.BadRequestError)
    if problem.code in _UNKNOWN:
        kind = errors.OutcomeUnknownError
    elif problem.code == "answer_not_kept":
        kind = errors.AnswerLostError
    elif problem.code in _SQL or problem.index is not None:
        kind = errors.SqlError
    return kind(
        problem.error,
        code=problem.code,
        status=answer.status,
        request_id=answer.request_id,
        retry_after=retry_after(answer),
        index=problem.index,
        endpoint=answer.endpoint,
    )


def retry_after(answer: Answer) -> float | None:
    """Return the seconds of Retry-After; None without it, and for a date, which gateways do not send."""
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _foreign(answer: Answer) -> errors.DebrosError:
    """Return the error for what no gateway has written: a proxy before it, or another service altogether."""
    kind = _BY_STATUS.get(answer.status)
    if kind is not None and answer.status in {429, 502, 503, 504}:
        return kind(
            f"{answer.endpoint} answered with status {answer.status}, and not by a gateway; is a proxy before it, and"
            " the gateway down?",
            code=f"http_{answer.status}",
            status=answer.status,
            request_id=answer.request_id,
            retry_after=retry_after(answer),
            endpoint=answer.endpoint,
        )
    onward = answer.headers.get("location")
    hint = f"it sends you on to {onward}; give that host as endpoint" if onward else "check the endpoint"
    return errors.UnexpectedAnswerError(
        f"{answer.endpoint} answered with status {answer.status}, and not as a gateway does; {hint}",
        status=answer.status,
        request_id=answer.request_id,
        endpoint=answer.endpoint,
    )
