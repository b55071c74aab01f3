"""Answers that are kept, and how a repeat gets them."""

from starlette.responses import Response

from debros.gateway.errors import Problem
from debros.tenants.idempotency import Answer, Claim, KeyTaken, Record

_REPLAYED = "Idempotency-Replayed"
# Headers of an answer that belong to it and not to the moment.
_KEPT = ("content-type", "etag", "x-expires-at", "location")


def kept(response: Response) -> Answer:
    """Return what is kept of an answer."""
    headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return Answer(response.status_code, bytes(response.body).decode(), headers)


def refusal(problem: Problem | None, path: str) -> Answer:
    """Return a refusal as it is kept; `path` is what was asked for.

    Raises:
        TypeError: There is no answer for it; a defect.
    """
    if problem is None:
        raise TypeError("a refusal without an answer")
    headers, body = problem.response(path)
    said = {name.decode(): value.decode("latin-1") for name, value in headers}
    return Answer(problem.status, body.decode(), {name: said[name] for name in _KEPT if name in said})


def repeated(record: Record, claimed: Claim, *, ahead: bool) -> Response:
    """Return the first answer.

    Raises:
        Problem: 422; it was another request. 409; its answer is not known yet, or not any more.
    """
    if record.fingerprint != claimed.fingerprint:
        raise Problem(
            422,
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request on this route; give every request a key of its own",
        )
    answer = record.answer
    if answer is None and record.age < claimed.patience:
        raise KeyTaken
    if answer is None and ahead:
        raise Problem(
            409,
            "answer_unknown",
            "the gateway that worked on the first request with this Idempotency-Key ended before it was done; it may "
            "or may not have been carried out, and nothing was done now",
        )
    if answer is None or answer.body is None:
        raise Problem(
            409,
            "answer_not_kept",
            "the first request with this Idempotency-Key was applied and nothing was changed now, but its answer was "
            "not kept: it was too large, or the gateway ended before. Read what you need",
        )
    return Response(answer.body, answer.status, {**answer.headers, _REPLAYED: "true"})


def in_use(error: KeyTaken) -> Problem:
    """Return the answer while the first request with a key is under way."""
    return Problem(409, error.code, error.message, headers={"Retry-After": "1"})
