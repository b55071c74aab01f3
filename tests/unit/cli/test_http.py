import contextlib
import datetime as dt
import json
import socket
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from debros.cli import unreachable
from debros.cli.http import Gateway
from debros.cli.settings import Settings
from debros.terminal.errors import CliError, ExitCode

DEADLINE = 120  # seconds; for what has to happen, however slow the machine


def failure(url: str, method: str = "get", **changes) -> CliError:
    with Gateway(Settings(gateway=url, **changes)) as gateway, pytest.raises(CliError) as raised:
        getattr(gateway, method)("/thing")
    return raised.value


@contextlib.contextmanager
def server(behave, *, wait: bool = True):
    """Serve one connection, after its request has come (unless `wait` is false), with `behave(connection)`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                if wait:
                    connection.recv(65536)
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(DEADLINE)


def test_the_key_goes_along_in_its_header(gateway, key) -> None:
    gateway.answer("/thing", {})
    with Gateway(Settings(gateway=gateway.url)) as connection:
        connection.get("/thing", a="x&y", b=None, c=3)
    assert gateway.last.headers["x-api-key"] == key
    assert gateway.last.query == {"a": "x&y", "c": "3"}


@pytest.mark.parametrize(
    ("status", "exit_code"),
    [
        (400, 1),
        (401, 3),
        (403, 3),
        (404, 4),
        (409, 1),
        (413, 1),
        (429, 5),
        (500, 1),
        (502, 5),
        (503, 5),
        (504, 5),
        (507, 1),
    ],
)
def test_a_refusal_has_the_gateways_words_and_an_exit_code(status, exit_code, gateway) -> None:
    gateway.refuse("/thing", status, "some_code", "what is wrong")
    error = failure(gateway.url)
    assert (error.message, error.code, error.exit_code) == ("what is wrong", "some_code", exit_code)


def test_a_key_that_is_not_valid_gets_other_advice_than_a_missing_one(gateway, key) -> None:
    gateway.refuse("/thing", 401, "invalid_api_key", "invalid API key")
    hint = failure(gateway.url).hint
    assert "is not valid there" in hint
    assert key not in hint


def test_without_a_key_the_next_step_is_named(gateway) -> None:
    gateway.refuse("/thing", 401, "missing_api_key", "missing API key")
    hint = failure(gateway.url).hint
    assert "make up" in hint
    assert "--api-key-file" in hint


def test_retry_after_becomes_advice(gateway) -> None:
    gateway.refuse("/thing", 503, "no_leader", **{"Retry-After": "7"})
    assert failure(gateway.url).hint == "try again in 7s"


def test_an_unknown_outcome_is_never_advised_to_be_repeated(gateway) -> None:
    gateway.refuse("/thing", 503, "outcome_unknown", **{"Retry-After": "7"})
    assert "before repeating" in failure(gateway.url).hint


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[1]", b"\xff", b'{"error": 5}', b""])
def test_a_page_that_is_no_gateways_is_not_taken_for_a_missing_thing(body, gateway) -> None:
    gateway.answer("/thing", body, 404)
    error = failure(gateway.url)
    assert error.exit_code == ExitCode.FAILURE
    assert error.code == "not_a_gateway"


def test_a_proxy_that_cannot_reach_the_gateway_is_unavailable(gateway) -> None:
    gateway.answer("/thing", b"<html>Bad Gateway</html>", 502)
    assert failure(gateway.url).exit_code == ExitCode.UNAVAILABLE


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"\xff\xfe"])
def test_a_good_status_with_a_foreign_body_is_no_gateway(body, gateway) -> None:
    gateway.answer("/thing", body)
    with Gateway(Settings(gateway=gateway.url)) as connection, pytest.raises(CliError, match="not as a DeBros gateway"):
        connection.get("/thing").json()


@pytest.mark.usefixtures("key")
def test_a_redirect_is_not_followed_so_the_key_stays(gateway) -> None:
    gateway.answer("/thing", b"", 307, Location=f"{gateway.url}/other")
    error = failure(gateway.url)
    assert error.code == "not_a_gateway"
    assert f"{gateway.url}/other" in error.hint
    assert [seen.path for seen in gateway.requests] == ["/thing"]


def test_large_integers_stay_exact(gateway) -> None:
    gateway.answer("/thing", b'{"n": 9223372036854775807}')
    with Gateway(Settings(gateway=gateway.url)) as connection:
        assert connection.get("/thing").json() == {"n": 2**63 - 1}


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    error = failure(url)
    assert error.exit_code == ExitCode.UNAVAILABLE
    assert error.message == f"gateway at {url} does not answer; is it running?"
    assert "make up" in error.hint


def test_a_host_nobody_knows() -> None:
    error = failure("http://no-such-host.invalid:6001")
    assert (error.exit_code, error.code) == (ExitCode.UNAVAILABLE, "gateway_unknown_host")


def test_tls_to_a_server_that_speaks_none() -> None:
    with server(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        error = failure(url.replace("http:", "https:"))
    assert (error.exit_code, error.code) == (ExitCode.UNAVAILABLE, "gateway_tls")
    assert url in error.hint


@pytest.fixture
def certified(tmp_path) -> ssl.SSLContext:
    """A server's TLS with a certificate nobody has reason to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    clear = serialization.NoEncryption()
    file = tmp_path / "tls.pem"
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, clear) + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_certificate_nobody_vouches_for(certified) -> None:
    def handshake(connection: socket.socket) -> None:
        with certified.wrap_socket(connection, server_side=True):
            pass

    with server(handshake, wait=False) as url:
        error = failure(url.replace("http:", "https:"))
    assert (error.exit_code, error.code) == (ExitCode.UNAVAILABLE, "gateway_untrusted")


def test_a_hint_for_a_gateway_elsewhere_does_not_speak_of_this_host() -> None:
    target = type("T", (), {"url": "http://far:1", "loopback": False})()
    assert "make up" not in unreachable.not_running(target).hint


@pytest.mark.parametrize(("method", "doubt"), [("get", False), ("post", True)])
def test_no_answer_in_time(method, doubt) -> None:
    done = threading.Event()
    with server(lambda _: done.wait(DEADLINE)) as url:
        error = failure(url, method, timeout=0.2)
        done.set()
    assert (error.exit_code, error.code) == (ExitCode.UNAVAILABLE, "timeout")
    assert ("may have been made" in error.message) == doubt


def test_an_answer_that_drips_for_ever_is_given_up() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            connection.sendall(b"x")  # each well within the timeout of a single read
            time.sleep(0.02)

    with server(drip) as url:
        assert failure(url, timeout=0.3).code == "timeout"


@pytest.mark.parametrize(("method", "code"), [("get", "gateway_unreachable"), ("post", "outcome_unknown")])
def test_a_connection_that_breaks_before_the_answer(method, code) -> None:
    with server(lambda _: None) as url:
        error = failure(url, method)
    assert (error.exit_code, error.code) == (ExitCode.UNAVAILABLE, code)


def test_a_request_is_never_repeated(gateway) -> None:
    gateway.refuse("/thing", 503, "no_leader")
    failure(gateway.url, "post")
    assert len(gateway.requests) == 1


def test_this_host_is_not_asked_for_through_a_proxy(gateway, monkeypatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    gateway.answer("/thing", {})
    with Gateway(Settings(gateway=gateway.url)) as connection:
        assert connection.get("/thing").json() == {}


def test_a_broken_compression_is_no_gateways(gateway) -> None:
    gateway.answer("/thing", b"no gzip", **{"Content-Encoding": "gzip"})
    assert failure(gateway.url).code == "not_a_gateway"


def test_bodies_are_json_or_raw(gateway) -> None:
    gateway.answers["/thing"] = lambda seen: gateway.reply({"got": seen.body.decode("latin-1")})
    with Gateway(Settings(gateway=gateway.url)) as connection:
        connection.post("/thing", body={"ü": 2**60})
        assert json.loads(gateway.last.body) == {"ü": 2**60}
        assert gateway.last.headers["content-type"] == "application/json"
        connection.post("/thing", content=b"\x00\xff", key="a/b?c#d%ü")
    assert gateway.last.body == b"\x00\xff"
    assert gateway.last.query == {"key": "a/b?c#d%ü"}
