import base64
import json

import pytest

from debros.client import TokenPair


def token(**claims) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def test_a_token_says_when_it_ends_and_what_it_opens() -> None:
    pair = TokenPair.of(token(namespace="shop", iat=1000, exp=1900), "r")
    assert (pair.namespace, pair.expires_at, pair.renew_at) == ("shop", 1900, 1870)


def test_a_token_of_a_short_life_is_renewed_in_its_middle() -> None:
    assert TokenPair.of(token(iat=1000, exp=1010)).renew_at == 1005


@pytest.mark.parametrize("text", ["", "opaque", "a.b", "a.!!.c", "a.e30.c", "a.W10.c"])
def test_of_another_form_nothing_is_known(text) -> None:
    pair = TokenPair.of(text)
    assert (pair.namespace, pair.expires_at, pair.renew_at) == (None, None, None)


def test_no_token_is_shown() -> None:
    assert "secret" not in repr(TokenPair("secret-1", "secret-2"))
