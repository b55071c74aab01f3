"""An access token and the refresh token for the next one."""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass, field

import msgspec

from debros.client.calls.request import Answer, Repeat, Request, json_body

# Seconds before its end in which an access token is renewed: longer than a request is under way. Of a token that does
# not live that long, half its life.
_EARLY = 30.0


class _Claims(msgspec.Struct):
    namespace: str | None = None
    iat: float | None = None
    exp: float | None = None


class _Issued(msgspec.Struct):
    access_token: str
    expires_in: float
    refresh_token: str | None = None
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a sign-in hands out. The tokens are in no repr.

    Attributes:
        access_token: A JWT.
        refresh_token: Good once, for the next pair; None where there is none.
        expires_at: When the access token ends, seconds since 1970; None when nobody knows.
        renew_at: When it should be renewed, seconds since 1970; None when nobody knows.
        namespace: What they open; None when nobody knows.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    renew_at: float | None = None
    namespace: str | None = None

    @classmethod
    def of(cls, access_token: str, refresh_token: str | None = None) -> TokenPair:
        """Return a pair with what the access token says of itself; who believes it is up to the gateway."""
        claims = _claims(access_token)
        renew = claims.exp - min(_EARLY, (claims.exp - (claims.iat or 0)) / 2) if claims.exp is not None else None
        return cls(access_token, refresh_token, claims.exp, renew, claims.namespace)

    @classmethod
    def issued(cls, answer: Answer) -> TokenPair:
        """Return what a gateway has handed out; its end by this machine's clock."""
        made = answer.decode(_Issued)
        end = time.time() + made.expires_in
        return cls(made.access_token, made.refresh_token, end, end - min(_EARLY, made.expires_in / 2), made.namespace)


def post(path: str, body: object) -> Request:
    """Return a request of sign-in: without a credential, and with an effect that must not be repeated blindly."""
    return Request(
        "POST",
        path,
        headers={"Content-Type": "application/json"},
        body=json_body(body),
        writes=True,
        repeat=Repeat.HARMFUL,
        authenticated=False,
    )


def _claims(token: str) -> _Claims:
    """Return what a JWT says; nothing for a token of another form. Its signature is the gateway's business."""
    parts = token.split(".")
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(payload, type=_Claims)
    except (IndexError, binascii.Error, ValueError, msgspec.DecodeError):
        return _Claims()
