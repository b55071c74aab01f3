"""Access tokens, and every way in which somebody might make their own."""

import base64
import hashlib
import hmac
import json
from types import SimpleNamespace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from debros.gateway.auth.tokens import Tokens

NOW = 1_800_000_000
KID, OTHER = "k" * 43, "o" * 43


class PublicKeys:
    def __init__(self, keys) -> None:
        self.keys = keys
        self.asked = []

    def listen(self, listener) -> None:
        self.forget = listener

    async def find(self, kid):
        self.asked.append(kid)
        return self.keys.get(kid)


class Clock:
    seconds = NOW

    def __call__(self) -> int:
        return self.seconds * 1000


@pytest.fixture
def private():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def public_keys(private):
    return PublicKeys({KID: private.public_key(), OTHER: Ed25519PrivateKey.generate().public_key()})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(private, public_keys, clock):
    signer = SimpleNamespace(key=lambda: SimpleNamespace(kid=KID, private=private))
    return Tokens(signer, public_keys, lifetime=900, skew=60, clock=clock)


def claims(**changes):
    usual = {
        "iss": "debros-gateway", "aud": "gateway", "sub": "0xab", "namespace": "shop", "iat": NOW, "nbf": NOW,
        "exp": NOW + 900, "jti": "j",
    }  # fmt: skip
    return {name: value for name, value in (usual | changes).items() if value is not None}


def part(content) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def made(private, *, kid=KID, **changes) -> str:
    return jwt.encode(claims(**changes), private, algorithm="EdDSA", headers={"kid": kid})


async def test_a_token_says_who_and_where_and_for_how_long(tokens) -> None:
    issued = tokens.issue("0xab", "shop", session="ses_1")
    assert issued.expires_in == 900
    found = await tokens.read(issued.token)
    assert (found.subject, found.namespace, found.session) == ("0xab", "shop", "ses_1")
    assert (found.issued_at, found.expires_at) == (NOW, NOW + 900)
    header = jwt.get_unverified_header(issued.token)
    assert header == {"alg": "EdDSA", "typ": "JWT", "kid": KID}


async def test_two_tokens_differ(tokens) -> None:
    assert tokens.issue("a", "b").token != tokens.issue("a", "b").token


@pytest.mark.parametrize(("after", "good"), [(0, True), (900, True), (959, True), (960, False), (10_000, False)])
async def test_it_ends(tokens, clock, after, good) -> None:
    token = tokens.issue("0xab", "shop").token
    assert await tokens.read(token)  # its signature is remembered, its time is not
    clock.seconds += after
    assert (await tokens.read(token) is not None) is good
    assert await tokens.read(token, expired=True) is not None


@pytest.mark.parametrize(("ahead", "good"), [(0, True), (60, True), (61, False)])
async def test_clocks_may_differ_by_a_minute(tokens, private, ahead, good) -> None:
    for name in ("iat", "nbf"):
        token = made(private, **{name: NOW + ahead})
        assert (await tokens.read(token) is not None) is good


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "evil"}, {"iss": None}, {"aud": "other"}, {"aud": None}, {"sub": None}, {"namespace": None},
        {"iat": None}, {"nbf": None}, {"exp": None}, {"jti": None}, {"exp": "soon"}, {"iat": "x"}, {"sub": 5},
        {"namespace": 5}, {"namespace": {}}, {"sid": 5}, {"key": []}, {"exp": 1e400}, {"static": "yes"},
    ],
)  # fmt: skip
async def test_a_token_that_says_too_little_or_nonsense(tokens, private, change) -> None:
    assert await tokens.read(made(private, **change)) is None


async def test_a_token_of_another_key(tokens, public_keys) -> None:
    stranger = Ed25519PrivateKey.generate()
    for kid in (KID, OTHER, "x" * 43):
        assert await tokens.read(made(stranger, kid=kid)) is None
    assert "x" * 43 in public_keys.asked


async def test_other_algorithms(tokens, private) -> None:
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    payload = part(claims())
    for header in ({"alg": "none", "kid": KID}, {"alg": "None", "kid": KID}, {"kid": KID}, {"alg": "", "kid": KID}):
        assert await tokens.read(f"{part(header)}.{payload}.") is None
    for secret in (public, pem):
        head = f"{part({'alg': 'HS256', 'kid': KID})}.{payload}"
        mac = hmac.digest(secret, head.encode(), hashlib.sha256)
        assert await tokens.read(f"{head}.{part(mac)}") is None


async def test_a_changed_token(tokens) -> None:
    head, _, signature = tokens.issue("0xab", "shop").token.split(".")
    assert await tokens.read(f"{head}.{part(claims(namespace='bank'))}.{signature}") is None


@pytest.mark.parametrize("kid", [5, None, ["k"], {"a": 1}])
async def test_a_name_of_a_key_that_is_none(tokens, kid) -> None:
    assert await tokens.read(f"{part({'alg': 'EdDSA', 'kid': kid})}.{part(claims())}.{part(bytes(64))}") is None


@pytest.mark.parametrize(
    "text", ["", ".", "..", "...", "a.b.c", "é.é.é", "x" * 10_000, "\udcff.a.b", f"{part(b'[]')}.{part(b'{}')}."]
)
async def test_what_is_no_token(tokens, text) -> None:
    assert await tokens.read(text) is None


async def test_a_signature_is_checked_once_until_keys_change(tokens, public_keys) -> None:
    token = tokens.issue("0xab", "shop").token
    for _ in range(5):
        assert await tokens.read(token)
    assert public_keys.asked == [KID]
    public_keys.keys.clear()
    public_keys.forget()
    assert await tokens.read(token) is None
