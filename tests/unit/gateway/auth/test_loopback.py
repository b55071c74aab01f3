from urllib.parse import parse_qs, urlsplit

import pytest

from debros.gateway.auth import loopback
from debros.gateway.errors import Problem

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    "callback",
    [
        "http://127.0.0.1:49152/callback",
        "http://127.0.0.1:1",
        "http://127.0.0.1:65535/",
        "http://[::1]:8080/a/b%20c",
        "http://localhost:8080/callback",
    ],
)
def test_a_program_on_the_same_machine(callback: str) -> None:
    where = loopback.waiting(callback, "a&b=c#d", CHALLENGE).answered("the-code")
    assert where.startswith(f"{callback}?")
    assert parse_qs(urlsplit(where).query) == {"code": ["the-code"], "state": ["a&b=c#d"]}
    assert urlsplit(where).fragment == ""


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "callback",
        "http://127.0.0.1/callback",  # without a port
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:080/callback",
        "http://127.0.0.1:65536/callback",
        "https://127.0.0.1:8080/callback",
        "HTTP://127.0.0.1:8080/callback",
        "http://127.0.0.2:8080/callback",
        "http://127.0.0.1.evil.example:8080/callback",
        "http://localhost.evil.example:8080/callback",
        "http://evil.example:8080/callback",
        "http://evil.example:8080@127.0.0.1:8080/callback",
        "http://user@127.0.0.1:8080/callback",
        "http://127.0.0.1:8080@evil.example/callback",
        "http://127.0.0.1:8080\\@evil.example/callback",
        "http://127.0.0.1:8080.evil.example/callback",
        "http://0x7f000001:8080/callback",
        "http://2130706433:8080/callback",
        "http://[::ffff:127.0.0.1]:8080/callback",
        "http://0.0.0.0:8080/callback",
        "http://127.0.0.1:8080/callback?x=1",
        "http://127.0.0.1:8080/callback#x",
        "http://127.0.0.1:8080/call back",
        "http://127.0.0.1:8080/callback\n",
        "http://127.0.0.1:8080/\r\nSet-Cookie: x",
        "http://127.0.0.1:8080/ä",
        "http://١٢٧.0.0.1:8080/",  # digits, but not ours
        "javascript:alert(1)//http://127.0.0.1:8080/",
        "http://127.0.0.1:8080/" + "a" * 300,
    ],
)
def test_anybody_else(callback: str) -> None:
    with pytest.raises(Problem) as refused:
        loopback.waiting(callback, "state", CHALLENGE)
    assert (refused.value.status, refused.value.code) == (400, "invalid_callback")


@pytest.mark.parametrize("state", ["", "a b", "a\n", "ä", "a" * 513])
def test_what_is_no_state(state: str) -> None:
    with pytest.raises(Problem) as refused:
        loopback.waiting("http://127.0.0.1:1/", state, CHALLENGE)
    assert refused.value.code == "invalid_state"


@pytest.mark.parametrize(("challenge", "method"), [("", "S256"), (CHALLENGE, "plain"), (CHALLENGE, ""), ("x", "S256")])
def test_without_proof_key_there_is_no_sign_in(challenge: str, method: str) -> None:
    with pytest.raises(Problem) as refused:
        loopback.waiting("http://127.0.0.1:1/", "state", challenge, method)
    assert refused.value.code == "invalid_code_challenge"
