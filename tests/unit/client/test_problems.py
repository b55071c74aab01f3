import json
from dataclasses import replace

import pytest

from debros.client import errors
from debros.client.calls.problems import refusal
from debros.client.calls.repeats import Pause, may_repeat
from debros.client.calls.request import Answer, Repeat, Request
from testkit.codes import codes

READ = Request("GET", "/")
KEYED = replace(READ, writes=True)
BARE = replace(KEYED, repeat=Repeat.HARMFUL)


def answer(status: int, code: str, **more) -> Answer:
    headers = more.pop("headers", {})
    body = json.dumps({"error": "what and why", "code": code, "status": status, **more}).encode()
    return Answer(status, headers, body, "http://gw", "r-1")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_key", errors.BadRequestError),
        (400, "sql_error", errors.SqlError),
        (401, "invalid_api_key", errors.AuthenticationError),
        (403, "not_owner", errors.PermissionDeniedError),
        (404, "key_not_found", errors.NotFoundError),
        (409, "last_owner", errors.ConflictError),
        (409, "answer_not_kept", errors.AnswerLostError),
        (409, "answer_unknown", errors.OutcomeUnknownError),
        (412, "precondition_failed", errors.PreconditionFailedError),
        (413, "body_too_large", errors.TooLargeError),
        (422, "idempotency_key_reused", errors.BadRequestError),
        (429, "rate_limited", errors.RateLimitedError),
        (500, "internal_error", errors.GatewayDefectError),
        (503, "no_leader", errors.UnavailableError),
        (503, "outcome_unknown", errors.OutcomeUnknownError),
        (507, "database_full", errors.DatabaseFullError),
    ],
)
def test_each_refusal_has_its_class(status, code, kind) -> None:
    found = refusal(answer(status, code, headers={"retry-after": "3"}))
    assert type(found) is kind
    assert (found.status, found.code, found.retry_after, found.request_id) == (status, code, 3.0, "r-1")
    assert str(found) == f"{code}: what and why [request r-1]"


def test_every_code_of_the_gateway_is_an_error_of_ours() -> None:
    """Whatever a gateway can answer is a subclass that tells what to do, never the bare root."""
    found = {(code, status) for code, status in codes() if status}
    assert len(found) > 50
    for code, status in found:
        assert type(refusal(answer(status, code))) not in {errors.DebrosError, errors.RefusedError}, code


def test_a_transaction_names_the_operation() -> None:
    found = refusal(answer(413, "too_many_tables", index=2))
    assert (type(found), found.index) == (errors.SqlError, 2)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(502, errors.UnavailableError), (429, errors.RateLimitedError), (404, errors.UnexpectedAnswerError)],
)
def test_what_no_gateway_has_written(status, kind) -> None:
    found = refusal(Answer(status, {"location": "https://elsewhere"}, b"<html>", "http://gw", ""))
    assert type(found) is kind


@pytest.mark.parametrize(
    ("error", "repeated"),
    [
        (errors.UnreachableError("x"), (True, True, True)),
        (refusal(answer(429, "rate_limited")), (True, True, True)),
        (refusal(answer(503, "no_leader")), (True, True, True)),
        (refusal(answer(503, "schema_busy")), (True, True, True)),
        (refusal(answer(409, "idempotency_key_in_use")), (True, True, True)),
        (errors.NoAnswerError("x"), (True, True, False)),
        (errors.OutcomeUnknownError("x"), (True, True, False)),
        (refusal(answer(503, "outcome_unknown")), (True, True, False)),
        (refusal(answer(503, "of_a_later_release")), (True, True, False)),
        (refusal(answer(409, "answer_unknown")), (False, False, False)),
        (refusal(answer(503, "relay_unavailable")), (False, False, False)),
        (refusal(answer(503, "server_key_differs")), (False, False, False)),
        (refusal(answer(500, "internal_error")), (False, False, False)),
        (refusal(answer(507, "database_full")), (False, False, False)),
        (refusal(answer(409, "last_owner")), (False, False, False)),
        (refusal(answer(400, "sql_error")), (False, False, False)),
    ],
)
def test_what_may_come_again(error, repeated) -> None:
    assert tuple(may_repeat(request, error) for request in (READ, KEYED, BARE)) == repeated


def test_pauses_grow_and_are_as_long_as_asked_for() -> None:
    pause = Pause()
    waits = [pause.next(errors.UnreachableError("x")) for _ in range(10)]
    assert 0.05 <= waits[0] <= 0.1
    assert all(1.5 <= wait <= 3 for wait in waits[6:])
    assert 7 < Pause().next(errors.RateLimitedError("x", retry_after=7)) <= 7.1
