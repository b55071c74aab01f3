import pytest

from debros.gateway.auth import pkce

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_standard() -> None:
    assert pkce.challenge_of(VERIFIER) == CHALLENGE
    assert pkce.is_challenge(CHALLENGE)


@pytest.mark.parametrize("verifier", ["", "a" * 42, "a" * 129, "a" * 42 + "+", "a" * 42 + "ä", VERIFIER + "\n"])
def test_what_is_no_verifier(verifier: str) -> None:
    assert pkce.challenge_of(verifier) is None


@pytest.mark.parametrize("challenge", ["", CHALLENGE + "=", CHALLENGE[:-1], CHALLENGE + "\n", "+" + CHALLENGE[1:]])
def test_what_is_no_challenge(challenge: str) -> None:
    assert not pkce.is_challenge(challenge)
