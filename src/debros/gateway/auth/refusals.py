"""The refusals of sign-in and of every route that needs a credential. Their texts are the contract's."""

from typing import Any

from debros.gateway.errors import Problem

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="debros"'}
_CHALLENGE_INVALID = {"WWW-Authenticate": 'Bearer realm="debros", error="invalid_token"'}
_RETRY = {"Retry-After": "1"}


class Denied(Problem):
    """A refusal that belongs in the audit: who was refused what, as far as it is known.

    Attributes:
        namespace: Where it wanted to go.
        subject: The wallet it says it is.
        credential: Harmless name of its credential.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        namespace: str = "",
        subject: str = "",
        credential: str = "",
        **options: Any,
    ) -> None:
        super().__init__(status, code, detail, **options)
        self.namespace = namespace
        self.subject = subject
        self.credential = credential


def missing_credential() -> Denied:
    """Return the refusal of a caller without a credential."""
    return Denied(401, "missing_api_key", "missing API key", headers=_CHALLENGE)


def invalid_credential() -> Denied:
    """Return the refusal of a credential that is not, or no longer, good."""
    return Denied(401, "invalid_api_key", "invalid API key", headers=_CHALLENGE_INVALID)


def not_owner(namespace: str, subject: str, credential: str = "") -> Denied:
    """Return the refusal of somebody to whom the namespace does not belong."""
    return Denied(
        403,
        "not_owner",
        "forbidden: not an owner of namespace",
        namespace=namespace,
        subject=subject,
        credential=credential,
    )


def wallet_required(namespace: str, subject: str, credential: str) -> Denied:
    """Return the refusal of what only a signed-in wallet or a static key may do."""
    return Denied(
        403,
        "wallet_required",
        "an API key cannot do this, so that a leaked one cannot make itself permanent; sign in with a wallet and use "
        "the access token",
        namespace=namespace,
        subject=subject,
        credential=credential,
    )


def admin_required(namespace: str, subject: str, credential: str) -> Denied:
    """Return the refusal of what only operators may do."""
    return Denied(
        403,
        "admin_required",
        "only an operator's key may do this: a key of the gateway's api_keys or api_keys_file with the word admin "
        "behind its namespace (key:namespace admin), presented itself and not as an access token made from it",
        namespace=namespace,
        subject=subject,
        credential=credential,
    )


def invalid_nonce(namespace: str, subject: str) -> Denied:
    """Return the refusal of a nonce that cannot be spent."""
    return Denied(
        401,
        "invalid_nonce",
        "the nonce is unknown, used or expired, or was given to another wallet; ask for a new challenge",
        headers=_CHALLENGE,
        namespace=namespace,
        subject=subject,
    )


def wrong_signature(namespace: str, subject: str, why: str) -> Denied:
    """Return the refusal of a signature that is not the wallet's."""
    return Denied(401, "signature_mismatch", why, headers=_CHALLENGE, namespace=namespace, subject=subject)


def invalid_refresh_token(namespace: str = "", subject: str = "") -> Denied:
    """Return the refusal of a refresh token that is not, or no longer, good."""
    return Denied(
        401,
        "invalid_refresh_token",
        "the refresh token is unknown, used, expired or revoked; sign in again",
        headers=_CHALLENGE_INVALID,
        namespace=namespace,
        subject=subject,
    )


def invalid_code() -> Denied:
    """Return the refusal of a one-time code that cannot be exchanged."""
    return Denied(
        401,
        "invalid_code",
        "the code is unknown, used or expired, or was made for another code_verifier or redirect_uri; sign in again",
        headers=_CHALLENGE,
    )


def user_code_not_found() -> Problem:
    """Return the answer to a code that no waiting device has."""
    return Problem(
        404,
        "user_code_not_found",
        "no device waits with this code: it is mistyped, expired or already answered; look at the device again",
    )


def starting() -> Problem:
    """Return the answer while the gateway's tables or keys are not there yet."""
    return Problem(503, "starting", "the gateway is still preparing its tables; try again in a moment", headers=_RETRY)


def server_key_differs() -> Problem:
    """Return the answer of a gateway that cannot recognise the cluster's credentials."""
    return Problem(
        503,
        "server_key_differs",
        "this gateway does not have the cluster's server key, so it knows no API key or refresh token; use another one",
    )
