"""Answers of sign-in."""

from typing import Literal, NotRequired, TypedDict

from debros.gateway.auth.open_sessions import OpenSession


class ChallengeAnswer(TypedDict):
    """What a wallet signs: `message`, or the bare `nonce`; `expires_at` is RFC 3339."""

    wallet: str
    namespace: str
    nonce: str
    purpose: str
    expires_at: str
    message: str


class TokensAnswer(TypedDict):
    """An access token, good for `expires_in` seconds, and the refresh token for the next one."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str
    subject: str
    namespace: str


class VerifyAnswer(TokensAnswer):
    """The tokens of a sign-in; `api_key` comes with the wallet's first one in the namespace."""

    nonce: str
    signature_verified: bool
    api_key: NotRequired[str]


class LoginAnswer(TypedDict):
    """Where the browser goes: the callback, with a one-time `code` and the caller's `state`."""

    redirect_to: str


class DeviceAnswer(TypedDict):
    """The codes of a device (RFC 8628): both end after `expires_in` seconds; it asks every `interval` seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DeviceLookupAnswer(TypedDict):
    """The device that waits: what it calls itself, the namespace it wants (null: any), the address that asked."""

    client_name: str
    namespace: str | None
    address: str
    expires_at: str


class DoneAnswer(TypedDict):
    """It is done."""

    status: Literal["ok"]


class RegisteredApp(TypedDict):
    """The app that was registered."""

    app_id: str
    name: str
    public_key: str
    namespace: str
    wallet: str


class RegisterAnswer(TypedDict):
    """The app that was registered; `client_id` is its `app_id`."""

    client_id: str
    app: RegisteredApp
    signature_verified: bool


class LogoutAnswer(TypedDict):
    """How many sessions ended."""

    status: Literal["ok"]
    revoked: int


class AccessTokenAnswer(TypedDict):
    """An access token made from an API key, good for `expires_in` seconds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    subject: str
    namespace: str


class TicketAnswer(TypedDict):
    """A ticket for one WebSocket, good for `expires_in` seconds."""

    ticket: str
    expires_in: int


class WhoamiAnswer(TypedDict):
    """Whose credential it is; times are RFC 3339, null where nobody knows them or there is no end."""

    authenticated: bool
    method: str
    subject: str
    namespace: str
    owner: bool
    admin: bool
    key_id: str
    issued_at: str | None
    expires_at: str | None


class SessionsAnswer(TypedDict):
    """Where the wallet is signed in to the namespace."""

    sessions: list[OpenSession]
    count: int


class SessionEndedAnswer(TypedDict):
    """The session that is open no more."""

    status: Literal["ok"]
    id: str
