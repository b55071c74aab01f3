import structlog
from starlette.responses import PlainTextResponse

from debros.gateway.auth.principal import Principal
from debros.gateway.errors import Problem
from debros.gateway.middleware import access_log
from debros.gateway.middleware.error_boundary import ErrorBoundary

SECRET = "ak_topsecret"


async def test_a_request_is_one_line_without_its_query(drive, enveloped, monkeypatch) -> None:
    monkeypatch.setattr(access_log, "_log", structlog.get_logger())
    with structlog.testing.capture_logs() as lines:
        await drive(
            enveloped(PlainTextResponse("ok", 201)),
            "/v1/x",
            method="POST",
            query=f"api_key={SECRET}&token={SECRET}",
            headers={"X-API-Key": SECRET},
            state={"principal": Principal("acme", "api_key", "static-1")},
        )
    (line,) = lines
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"], line["namespace"]) == ("POST", "/v1/x", 201, "acme")
    assert line["duration_ms"] >= 0
    assert SECRET not in repr(line)


async def test_a_websocket_is_logged_when_it_ends(drive, enveloped, monkeypatch) -> None:
    monkeypatch.setattr(access_log, "_log", structlog.get_logger())

    async def accepts(_scope, _receive, send):
        await send({"type": "websocket.accept"})

    with structlog.testing.capture_logs() as lines:
        await drive(enveloped(accepts), kind="websocket", query=f"token={SECRET}")
    (line,) = lines
    assert (line["event"], line["status"]) == ("websocket", 101)
    assert SECRET not in repr(line)


async def test_a_request_nobody_waited_for(drive, enveloped, monkeypatch) -> None:
    monkeypatch.setattr(access_log, "_log", structlog.get_logger())

    async def silent(_scope, _receive, _send):
        pass

    with structlog.testing.capture_logs() as lines:
        await drive(enveloped(silent))
    assert lines[0]["status"] == 499


async def test_a_refusal_is_logged_with_its_code(drive, enveloped, monkeypatch) -> None:
    monkeypatch.setattr(access_log, "_log", structlog.get_logger())

    async def refuses(_scope, _receive, _send):
        raise Problem(404, "key_not_found", "there is no such key")

    with structlog.testing.capture_logs() as lines:
        await drive(enveloped(ErrorBoundary(refuses)))
        await drive(enveloped(PlainTextResponse("ok")))
    assert [(line["status"], line.get("code")) for line in lines] == [(404, "key_not_found"), (200, None)]
