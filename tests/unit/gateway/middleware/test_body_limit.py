import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from debros.gateway.arrivals import attach
from debros.gateway.errors import Problem
from debros.gateway.middleware.body_limit import BodyLimit


async def counts(scope, receive, send):
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


def limited(app=counts, timeout=30.0):
    return BodyLimit(app, default=10, by_path={"/big": 20}, timeout=timeout)


@pytest.mark.parametrize(("path", "size"), [("/x", 10), ("/big", 20), ("/x", 0)])
async def test_a_body_up_to_the_limit_passes(drive, path: str, size: int) -> None:
    answer = await drive(limited(), path, method="POST", headers={"Content-Length": str(size)}, body=[bytes(size)])
    assert answer.body == str(size).encode()


async def test_a_declared_length_is_refused_before_anything_is_read(drive) -> None:
    async def must_not_run(*_):
        pytest.fail("the application was called")

    with pytest.raises(Problem) as refusal:
        await drive(limited(must_not_run), method="POST", headers={"Content-Length": "11"}, body=[bytes(11)])
    assert (refusal.value.status, refusal.value.code) == (413, "body_too_large")


async def test_a_streamed_body_is_counted(drive) -> None:
    with pytest.raises(Problem) as refusal:
        await drive(limited(), method="POST", body=[bytes(4)] * 3)
    assert (refusal.value.status, refusal.value.code) == (413, "body_too_large")


async def test_a_wrong_declaration_does_not_help(drive) -> None:
    with pytest.raises(Problem) as refusal:
        await drive(limited(), method="POST", headers={"Content-Length": "5"}, body=[bytes(11)])
    assert refusal.value.status == 413


async def test_a_body_that_never_comes(drive) -> None:
    async def reads_from_nobody(scope, _receive, send):
        async def never():
            await asyncio.Event().wait()

        await limited(timeout=0.01)(scope, never, send)

    with pytest.raises(Problem) as refusal:
        await drive(reads_from_nobody, method="POST")
    assert (refusal.value.status, refusal.value.code) == (408, "request_timeout")
    assert refusal.value.headers["Connection"] == "close"


async def test_waiting_for_the_end_of_the_connection_is_not_timed(drive) -> None:
    async def waits(scope, receive, send):
        assert (await receive())["more_body"] is False
        assert (await receive())["type"] == "http.disconnect"
        await PlainTextResponse("ok")(scope, receive, send)

    assert (await drive(limited(waits, timeout=0.0001), method="POST", body=[b"x"])).body == b"ok"


async def test_no_clock_runs_for_a_body_that_is_here(drive, monkeypatch) -> None:
    async def already_here(scope, receive, send):
        scope["extensions"] = {}
        attach(scope, lambda: True)
        monkeypatch.delattr("asyncio.timeout_at", raising=False)
        await limited()(scope, receive, send)

    assert (await drive(already_here, method="POST", body=[b"x"])).body == b"1"
    with pytest.raises(Problem) as refusal:
        await drive(already_here, method="POST", body=[bytes(11)])
    assert refusal.value.status == 413
