import pytest
from prometheus_client import CollectorRegistry

from debros.gateway.rates import too_many

QUERY = "/v1/rqlite/query"
SOCKET = "/v1/pubsub/ws"


@pytest.fixture
def count(enveloped):
    """Make an application whose requests are counted."""

    class Counted:
        def __init__(self, app):
            self.registry = CollectorRegistry()
            self.app = enveloped(app, registry=self.registry)

        def value(self, name, **labels):
            return self.registry.get_sample_value(f"debros_gateway_{name}", labels)

    return Counted


async def test_an_answer(drive, count) -> None:
    async def answer(_scope, _receive, send):
        assert counted.value("requests_in_flight") == 1
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x" * 300, "more_body": True})
        await send({"type": "http.response.body", "body": b"x" * 700})

    counted = count(answer)
    await drive(counted.app, QUERY, method="POST")
    assert counted.value("requests_in_flight") == 0
    assert counted.value("requests_total", route=QUERY, method="POST", status="200") == 1
    assert counted.value("request_duration_seconds_count", route=QUERY, method="POST") == 1
    assert counted.value("response_bytes_sum", route=QUERY) == 1000
    assert counted.value("response_bytes_bucket", route=QUERY, le="256.0") == 0


async def test_a_problem_is_counted_by_its_code_and_reason(drive, count) -> None:
    async def refuse(scope, _receive, send):
        scope["state"]["problem"] = too_many(1, "sign_in")
        await send({"type": "http.response.start", "status": 429})

    counted = count(refuse)
    await drive(counted.app, "/v1/auth/verify", method="POST")
    assert counted.value("problems_total", code="rate_limited", reason="sign_in") == 1


async def test_a_client_that_leaves_and_a_defect_are_counted_too(drive, count) -> None:
    async def leave(_scope, _receive, _send):
        pass

    async def fail(_scope, _receive, _send):
        raise RuntimeError

    counted = count(leave)
    await drive(counted.app, QUERY, method="POST")
    assert counted.value("requests_total", route=QUERY, method="POST", status="499") == 1
    counted = count(fail)
    with pytest.raises(RuntimeError):
        await drive(counted.app, QUERY, method="POST")
    assert counted.value("requests_in_flight") == 0


async def test_a_socket_is_open_from_its_acceptance_to_its_end(drive, count) -> None:
    async def serve(_scope, _receive, send):
        assert counted.value("requests_in_flight") == 1
        await send({"type": "websocket.accept"})
        assert counted.value("requests_in_flight") == 0
        assert counted.value("websockets_open") == 1
        await send({"type": "websocket.send", "bytes": b"x"})
        await send({"type": "websocket.close", "code": 1000})

    counted = count(serve)
    await drive(counted.app, SOCKET, kind="websocket")
    assert counted.value("websockets_open") == 0
    assert counted.value("requests_total", route=SOCKET, method="GET", status="101") == 1
    assert counted.value("request_duration_seconds_count", route=SOCKET, method="GET") == 1
    assert counted.value("response_bytes_count", route=SOCKET) is None


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"type": "websocket.close", "code": 1008}, "403"),
        ({"type": "websocket.http.response.start", "status": 426}, "426"),
    ],
)
async def test_a_refused_socket_was_never_open(drive, count, message, status) -> None:
    async def refuse(_scope, _receive, send):
        await send(message)

    counted = count(refuse)
    await drive(counted.app, SOCKET, kind="websocket")
    assert counted.value("websockets_open") == 0
    assert counted.value("requests_in_flight") == 0
    assert counted.value("requests_total", route=SOCKET, method="GET", status=status) == 1
