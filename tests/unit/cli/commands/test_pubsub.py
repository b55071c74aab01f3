import base64
import json
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.sync.server import ServerConnection, serve

from debros.cli import credentials

Behaviour = Callable[[ServerConnection], None]


def envelope(data: bytes, timestamp: int = 1700000000000) -> str:
    return json.dumps({"data": base64.b64encode(data).decode(), "timestamp": timestamp, "topic": "news"})


def stay(connection: ServerConnection) -> None:
    """Keep the connection until the other side leaves."""
    for _ in connection:
        pass


def send(*frames: str | bytes) -> Behaviour:
    def behave(connection: ServerConnection) -> None:
        for frame in frames:
            connection.send(frame)
        stay(connection)

    return behave


def leave(code: int) -> Behaviour:
    return lambda connection: connection.close(code)


class FakeTopics:
    """A WebSocket server; each connection gets the next behaviour, the last one for all that follow."""

    def __init__(self) -> None:
        self.behaviours: list[Behaviour | Response] = [stay]
        self.paths: list[str] = []
        self.headers: list[Headers] = []
        self.server = serve(self._handle, "127.0.0.1", 0, process_request=self._request)
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def _next(self) -> Behaviour | Response:
        return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]

    def _request(self, _connection: ServerConnection, request) -> Response | None:
        self.paths.append(request.path)
        self.headers.append(request.headers)
        return self._next() if isinstance(self.behaviours[0], Response) else None

    def _handle(self, connection: ServerConnection) -> None:
        behaviour = self._next()
        assert callable(behaviour)
        behaviour(connection)

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()


@pytest.fixture
def topics() -> Iterator[FakeTopics]:
    fake = FakeTopics()
    yield fake
    fake.stop()


@pytest.fixture
def subscribe(topics, run):
    return lambda *args: run("pubsub", "subscribe", "news", *args, "--gateway", topics.url)


def refuse(status: int, body: bytes, **headers: str) -> Response:
    return Response(status, HTTPStatus(status).phrase, Headers({"Content-Length": str(len(body))} | headers), body)


def test_messages_one_a_line_until_the_count_is_reached(topics, subscribe) -> None:
    topics.behaviours = [send(envelope(b"one"), envelope(b'z"w\\\r\nei'), envelope(b"\xff"), envelope(b"four"))]
    done = subscribe("--count", "3")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == 'one\nz"w\\\\r\\nei\n\\xff\n'
    assert done.stderr == "subscribed to news\n"


def test_messages_as_json(topics, subscribe) -> None:
    topics.behaviours = [send(envelope("é\n".encode(), 5), envelope(b"\xff", 6), envelope(b"", 7))]
    lines = subscribe("--count", "3", "--format", "json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"topic": "news", "data": "é\n", "timestamp": 5},
        {"topic": "news", "data_base64": "/w==", "timestamp": 6},
        {"topic": "news", "data": "", "timestamp": 7},
    ]


def test_equal_messages_are_different_messages(topics, subscribe) -> None:
    topics.behaviours = [send(envelope(b"a", 1), envelope(b"a", 1))]
    assert subscribe("--count", "2").stdout == "a\na\n"


def test_frames_that_are_no_messages_are_not_shown(topics, subscribe) -> None:
    topics.behaviours = [send('{"type": "pong"}', "no json", "[]", '{"type": "presence.join"}', envelope(b"real"))]
    assert subscribe("--count", "1").stdout == "real\n"


def test_raw_frames_of_a_gateway_without_envelopes(topics, subscribe) -> None:
    topics.behaviours = [send(b"raw")]
    assert subscribe("--count", "1").stdout == "raw\n"


def test_a_message_of_the_largest_size_arrives_whole(topics, subscribe) -> None:
    topics.behaviours = [send(envelope(b"x" * 1024 * 1024))]
    assert subscribe("--count", "1").stdout == "x" * 1024 * 1024 + "\n"


def test_the_topic_and_the_key_go_along(topics, run) -> None:
    credentials.save_api_key(None, topics.url, "ak_k:d", "d")
    run("pubsub", "subscribe", "a b&c=d/ü", "200ms", "--gateway", topics.url)
    assert topics.paths == ["/v1/pubsub/ws?topic=a+b%26c%3Dd%2F%C3%BC&envelope=json"]
    assert topics.headers[0]["X-API-Key"] == "ak_k:d"


def test_the_end_of_the_duration_is_a_success(subscribe) -> None:
    done = subscribe("300ms")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "subscribed to news\n")


@pytest.mark.parametrize("duration", ["10", "soon", "0s", "-1s"])
def test_a_bad_duration_is_a_usage_error(duration, subscribe) -> None:
    assert subscribe("--", duration).exit_code == 2


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012, 1013])
def test_a_broken_connection_is_made_again_with_a_notice(code, topics, subscribe) -> None:
    def breaks(connection: ServerConnection) -> None:
        connection.send(envelope(b"before"))
        if code == 1006:
            connection.socket.close()
        else:
            connection.close(code)

    topics.behaviours = [breaks, send(envelope(b"after"))]
    done = subscribe("--count", "2")
    assert (done.exit_code, done.stdout) == (0, "before\nafter\n")
    assert "may have missed messages" in done.stderr
    assert "subscribed again to news" in done.stderr
    assert ("fast enough" in done.stderr) == (code == 1013)


def test_a_gateway_that_restarts_is_waited_for(topics, subscribe) -> None:
    topics.behaviours = [leave(1012), refuse(503, b""), refuse(502, b"<html>"), send(envelope(b"back"))]
    done = subscribe("--count", "1")
    assert (done.exit_code, done.stdout) == (0, "back\n")


def test_a_key_that_was_revoked_meanwhile_ends_it(topics, subscribe) -> None:
    topics.behaviours = [leave(1012), refuse(401, b'{"error": "invalid API key", "code": "invalid_api_key"}')]
    done = subscribe()
    assert done.exit_code == 3
    assert "Error: invalid API key" in done.stderr


def test_no_connection_at_the_end_of_the_duration_is_a_failure(topics, subscribe) -> None:
    topics.behaviours = [leave(1012), refuse(503, b'{"error": "stopping", "code": "stopping"}')]
    done = subscribe("1s")
    assert done.exit_code == 5
    assert "Error: not subscribed to news at the end: stopping" in done.stderr


@pytest.mark.parametrize(
    ("status", "body", "exit_code", "code"),
    [
        (401, b'{"error": "missing API key", "code": "missing_api_key"}', 3, "missing_api_key"),
        (403, b'{"error": "forbidden", "code": "forbidden"}', 3, "forbidden"),
        (400, b'{"error": "bad topic", "code": "invalid_topic"}', 1, "invalid_topic"),
        (503, b'{"error": "too many sockets", "code": "too_many"}', 5, "too_many"),
        (404, b"<html>", 1, "not_a_gateway"),
        (200, b"hello", 1, "not_a_gateway"),
    ],
)
def test_a_refused_first_connection_is_an_error(status, body, exit_code, code, topics, subscribe) -> None:
    topics.behaviours = [refuse(status, body)]
    done = subscribe("--format", "json")
    assert done.exit_code == exit_code
    assert json.loads(done.stderr)["code"] == code


def test_nobody_listens(run) -> None:
    done = run("pubsub", "subscribe", "news", "--gateway", "http://127.0.0.1:1")
    assert done.exit_code == 5
    assert "does not answer; is it running?" in done.stderr


def test_a_server_that_speaks_no_http_is_no_gateway(run, topics) -> None:
    done = run("pubsub", "subscribe", "news", "--gateway", topics.url.replace("http:", "https:"))
    assert done.exit_code == 5
    assert "no TLS connection" in done.stderr


def test_a_redirect_is_not_followed_so_the_key_stays(topics, run) -> None:
    other = FakeTopics()
    try:
        credentials.save_api_key(None, topics.url, "ak_k:d", "d")
        topics.behaviours = [refuse(307, b"", Location=f"{other.url}/v1/pubsub/ws?topic=news")]
        done = run("pubsub", "subscribe", "news", "1s", "--gateway", topics.url)
    finally:
        other.stop()
    assert done.exit_code == 1
    assert other.headers == []


@pytest.mark.parametrize("form", ["table", "json"])
def test_ctrl_c_is_clean(form, topics, start, interrupt) -> None:
    topics.behaviours = [send(envelope(b"one"))]
    process = start("pubsub", "subscribe", "news", "--gateway", topics.url, "--format", form)
    assert process.stderr.readline() == b"subscribed to news\n"
    assert b"one" in process.stdout.readline()
    interrupt(process, form)


def test_a_reader_that_goes_away_ends_a_subscription(topics, start) -> None:
    topics.behaviours = [send(*[envelope(b"x" * 1000)] * 10000)]
    process = start("pubsub", "subscribe", "news", "--gateway", topics.url, "-q")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""


def test_publish_an_argument(gateway, run) -> None:
    gateway.answer("/v1/pubsub/publish", {"status": "ok"})
    done = run("pubsub", "publish", "news", "grüße")
    assert (done.exit_code, done.stdout) == (0, "")
    assert gateway.last.json() == {"topic": "news", "data_base64": base64.b64encode("grüße".encode()).decode()}


@pytest.mark.parametrize("data", [b"", b"\x00\xff\n"])
def test_publish_stdin_byte_for_byte(data, gateway, run) -> None:
    gateway.answer("/v1/pubsub/publish", {"status": "ok"})
    assert run("pubsub", "publish", "news", "-", input=data).exit_code == 0
    assert base64.b64decode(gateway.last.json()["data_base64"]) == data


def test_publish_what_looks_like_a_file_is_itself(gateway, run) -> None:
    gateway.answer("/v1/pubsub/publish", {"status": "ok"})
    run("pubsub", "publish", "news", "@alice hello")
    assert base64.b64decode(gateway.last.json()["data_base64"]) == b"@alice hello"


def test_list_topics(gateway, run) -> None:
    gateway.answer("/v1/pubsub/topics", {"topics": ["a", "b\nc"]})
    assert run("pubsub", "topics").stdout == "a\nb\\nc\n"
    assert json.loads(run("pubsub", "topics", "--format", "json").stdout) == {"topics": ["a", "b\nc"]}
