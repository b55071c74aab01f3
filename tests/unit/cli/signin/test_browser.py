"""Signing in on the gateway's page, which is a fake here and sends the browser back at once."""

import http.client
import json
import socket
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from debros.cli.signin import browser as by_browser
from debros.cli.signin.callback import listening
from testkit.fakesignin import WALLET

DEADLINE = 60  # seconds, for what has to happen


@pytest.mark.usefixtures("browser")
def test_the_browser_brings_a_code_that_is_exchanged(fake, gateway, run, document) -> None:
    done = run("auth", "login", "--namespace", "shop")
    assert done.exit_code == 0, done.stderr
    assert f"Signed in to {gateway.url} as {WALLET}, namespace shop" in done.stderr
    (stored,) = document()["gateways"][gateway.url]["credentials"]
    assert (stored["access_token"], stored["refresh_token"]) == ("at-1", "rt-1")
    page, exchange = gateway.requests
    # The URL carries nothing that is worth anything by itself.
    assert page.query.keys() == {"callback", "state", "code_challenge", "code_challenge_method", "namespace"}
    assert exchange.json()["code_verifier"] not in json.dumps(page.query)
    assert len(exchange.json()["code_verifier"]) == 43
    assert f"{gateway.url}/v1/auth/login?" in done.stderr
    assert len(fake.families) == 1


@pytest.mark.usefixtures("browser")
def test_a_sign_in_that_the_user_rejects(fake, gateway, run) -> None:
    fake.page_says = {"error": "access_denied", "code": ""}
    error = json.loads(run("auth", "login", "--format", "json").stderr.splitlines()[-1])
    assert (error["code"], error["exit_code"]) == ("access_denied", 3)
    assert error["error"] == "the sign-in was rejected on the page"
    assert "/v1/auth/exchange" not in [seen.path for seen in gateway.requests]


@pytest.mark.usefixtures("browser")
def test_a_page_that_fails_says_how(fake, run) -> None:
    fake.page_says = {"error": "wallet is on chain 5,\x1b[2J not on 1", "code": ""}
    done = run("auth", "login")
    assert done.exit_code == 3
    assert "the sign-in failed on the page: wallet is on chain 5," in done.stderr


@pytest.mark.usefixtures("browser", "fake")
def test_a_code_that_the_gateway_does_not_take(gateway, run, home) -> None:
    gateway.refuse("/v1/auth/exchange", 401, "invalid_code", "the code is unknown, used or expired")
    done = run("auth", "login")
    assert done.exit_code == 3
    assert "the code is unknown, used or expired" in done.stderr
    assert "network-cli auth login" in done.stderr
    assert not (home / ".debros" / "credentials.json").exists()


@pytest.mark.usefixtures("browser")
def test_an_older_gateway_has_no_such_page(gateway, run) -> None:
    done = run("auth", "login", "--wait", "200ms")
    assert done.exit_code == 3
    assert "nobody signed in" in done.stderr
    gateway.refuse("/v1/auth/device", 404, "not_found", "no such route")
    done = run("auth", "login", "--device")
    assert done.exit_code == 4
    assert "older than this way to sign in; use --key-file" in done.stderr


def test_without_a_browser_a_code_is_shown(fake, run) -> None:
    fake.interval = 600
    assert not by_browser.has_browser()
    done = run("auth", "login", "--wait", "10ms")
    assert "BCDF-GHJK" in done.stderr
    fake.page_says = {}
    shown = run("auth", "login", "--browser", "--wait", "10ms").stderr
    assert "To sign in, visit" in shown
    assert "/v1/auth/login?callback=" in shown


def test_a_port_that_is_taken(fake, run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("auth", "login", "--browser", "--callback-port", str(port))
    assert done.exit_code == 1
    assert f"port {port} of 127.0.0.1 is taken by another program" in done.stderr
    assert "--callback-port" in done.stderr
    assert fake.families == []


def get(url: str) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=DEADLINE)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


class TestCallback:
    def test_only_the_answer_with_the_state_counts(self) -> None:
        with listening("s3cret") as callback:
            for query in ("code=x", "code=x&state=", "code=x&state=other", "state=s3cret", "code=x&state=%ff"):
                assert get(f"{callback.url}?{query}")[0] == 400
            assert get(f"{callback.url}/other?code=x&state=s3cret")[0] == 404
            assert callback.wait(0) is None
            assert get(f"{callback.url}?code=good&state=s3cret")[0] == 200
            reply = callback.wait(DEADLINE)
        assert reply is not None
        assert (reply.code, reply.error) == ("good", None)

    def test_an_error_is_no_code(self) -> None:
        with listening("s") as callback:
            get(f"{callback.url}?code=x&error=access_denied&state=s")
            reply = callback.wait(DEADLINE)
        assert reply is not None
        assert (reply.code, reply.error) == (None, "access_denied")

    def test_it_listens_on_loopback_and_shows_nothing_it_was_sent(self) -> None:
        with listening("s") as callback:
            assert urlsplit(callback.url).hostname == "127.0.0.1"
            status, text = get(f"{callback.url}?code=<script>&state=s")
            assert status == 200
            assert "script" not in text
            with urllib.request.urlopen(f"{callback.url}?code=y&state=s", timeout=DEADLINE) as answer:
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    def test_a_connection_that_says_nothing_holds_nobody_up(self) -> None:
        with listening("s") as callback, socket.create_connection(("127.0.0.1", urlsplit(callback.url).port)):
            get(f"{callback.url}?code=x&state=s")
            assert callback.wait(DEADLINE) is not None


@pytest.mark.parametrize("form", ["table", "json"])
def test_ctrl_c_while_somebody_should_sign_in(form, gateway, start) -> None:
    environ = {"DEBROS_GATEWAY_URL": gateway.url}
    process = start("auth", "login", "--browser", "--format", form, env=environ)
    page = ""
    while "/v1/auth/login?" not in page:
        page = process.stderr.readline().decode()
        assert page
    callback = parse_qs(urlsplit(page.strip()).query)["callback"][0]
    process.send_signal(2)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    with pytest.raises(ConnectionRefusedError):
        get(callback)
