import asyncio

import pytest
from starlette.requests import ClientDisconnect

from debros.gateway.errors import Problem
from debros.gateway.middleware.error_boundary import ErrorBoundary


def raising(error: BaseException, *, after: dict | None = None):
    async def app(_scope, _receive, send):
        if after:
            await send(after)
        raise error

    return ErrorBoundary(app)


async def test_a_problem_becomes_problem_json(drive) -> None:
    problem = Problem(409, "conflict", "it is taken", headers={"Retry-After": "3"}, extra={"index": 2})
    answer = await drive(raising(problem), "/v1/things")
    assert answer.status == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "3"
    assert answer.json() == {
        "type": "urn:debros:problem:conflict",
        "title": "Conflict",
        "status": 409,
        "detail": "it is taken",
        "instance": "/v1/things",
        "error": "it is taken",
        "code": "conflict",
        "index": 2,
    }


async def test_what_nobody_foresaw_shows_no_internals(drive) -> None:
    answer = await drive(raising(RuntimeError("password=hunter2 at 10.0.0.7:5001")))
    assert answer.status == 500
    assert answer.json()["code"] == "internal_error"
    assert b"hunter2" not in answer.body
    assert b"10.0.0.7" not in answer.body


async def test_half_an_answer_is_cut_off(drive) -> None:
    with pytest.raises(RuntimeError, match="late"):
        await drive(raising(RuntimeError("late"), after={"type": "http.response.start", "status": 200}))


async def test_a_client_that_left_is_not_an_error(drive) -> None:
    assert (await drive(raising(ClientDisconnect()))).messages == []


async def test_before_the_accept_a_websocket_gets_an_http_answer(drive) -> None:
    answer = await drive(raising(Problem(401, "missing_api_key", "missing API key")), kind="websocket")
    assert [message["type"] for message in answer.messages] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert answer.status == 401
    assert answer.json()["error"] == "missing API key"


async def test_after_the_accept_a_websocket_is_closed(drive) -> None:
    answer = await drive(raising(RuntimeError("x"), after={"type": "websocket.accept"}), kind="websocket")
    assert answer.messages[-1] == {"type": "websocket.close", "code": 1011}


async def test_a_websocket_whose_peer_is_gone_ends_quietly(drive) -> None:
    answer = await drive(raising(OSError("gone"), after={"type": "websocket.accept"}), kind="websocket")
    assert len(answer.messages) == 1


@pytest.mark.parametrize(
    ("method", "code", "retry"),
    [("POST", "outcome_unknown", None), ("DELETE", "outcome_unknown", None), ("GET", "restarting", "1")],
)
async def test_a_request_that_is_given_up_is_answered(drive, method, code, retry) -> None:
    answer = await drive(raising(asyncio.CancelledError()), "/v1/things", method=method)
    assert (answer.status, answer.json()["code"], answer.headers.get("retry-after")) == (503, code, retry)
    assert answer.headers["connection"] == "close"


async def test_half_an_answer_is_not_continued_by_another_one(drive) -> None:
    started = {"type": "http.response.start", "status": 200}
    with pytest.raises(asyncio.CancelledError):
        await drive(raising(asyncio.CancelledError(), after=started))
