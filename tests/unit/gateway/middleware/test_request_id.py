import re

import pytest
import structlog
from starlette.responses import PlainTextResponse


async def shows_id(scope, receive, send):
    bound = structlog.contextvars.get_contextvars()["request_id"]
    assert bound == scope["state"]["request_id"]
    await PlainTextResponse(bound)(scope, receive, send)


@pytest.mark.parametrize("given", ["a", "Ab-9._", "x" * 128])
async def test_a_sane_id_is_kept(drive, enveloped, given: str) -> None:
    answer = await drive(enveloped(shows_id), headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == given
    assert answer.body.decode() == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\tb", "é", "<script>"])
async def test_another_one_is_replaced(drive, enveloped, given: str) -> None:
    answer = await drive(enveloped(shows_id), headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{24}", answer.headers["x-request-id"])


async def test_ids_differ_and_leave_no_trace_in_the_context(drive, enveloped) -> None:
    first = await drive(enveloped(shows_id))
    second = await drive(enveloped(shows_id))
    assert first.body != second.body
    assert "request_id" not in structlog.contextvars.get_contextvars()


async def test_a_websocket_gets_it_with_the_accept(drive, enveloped) -> None:
    async def accepts(_scope, _receive, send):
        await send({"type": "websocket.accept"})

    answer = await drive(enveloped(accepts), kind="websocket", headers={"X-Request-ID": "abc"})
    assert answer.headers["x-request-id"] == "abc"
