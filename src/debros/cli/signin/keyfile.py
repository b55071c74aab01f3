"""Signing in with a wallet whose key lies in a file: nobody has to be there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from debros.cli.answers import unexpected
from debros.cli.signin import wallet as wallets
from debros.cli.signin.tokens import session_of
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from debros.cli.connection import Answer, Connection
    from debros.cli.credentials import Session

_USUAL_PORTS = {"http": ":80", "https": ":443"}


def sign_in(connection: Connection, key_file: Path, namespace: str | None) -> Session:
    """Answer a challenge of the gateway and return the session.

    Args:
        connection: to the gateway.
        key_file: holds the wallet's key.
        namespace: where to sign in; None for the gateway's usual one.

    Raises:
        CliError: the file holds no key, the gateway asks for a signature that does not belong to it, or refuses.
    """
    wallet = wallets.read(key_file)
    asked = {"wallet": wallet.address, "chain_type": "ETH", "purpose": "network-cli"}
    wanted = {"namespace": namespace} if namespace else {}
    answer = connection.post_json("/v1/auth/challenge", asked | wanted)
    challenge = answer.json()
    message, nonce = challenge.get("message"), challenge.get("nonce")
    if not isinstance(message, str) or not isinstance(nonce, str):
        raise unexpected(answer.url, answer.status)
    _check(answer, message, wallet.address, nonce)
    proof = {"wallet": wallet.address, "chain_type": "ETH", "nonce": nonce, "signature": wallet.sign(message)}
    return session_of(connection.post_json("/v1/auth/verify", proof | wanted))


def _check(answer: Answer, message: str, address: str, nonce: str) -> None:
    """Sign nothing but a sign-in of this wallet to this gateway: the signature would be somebody else's to use.

    Raises:
        CliError: the message is something else.
    """
    from debros.gateway.auth import siwe  # noqa: PLC0415 - with its cryptography, it is needed here only
    from debros.gateway.auth.wallets import Chain  # noqa: PLC0415 - as above

    try:
        found = siwe.read(message)
    except siwe.MessageError as exc:
        raise _refused(f"{answer.url} asks to sign something that is no sign-in message ({exc})", None) from None
    if found.chain is not Chain.ETHEREUM:
        raise _refused(f"{answer.url} asks for a wallet of another chain ({found.chain}); the key is Ethereum's", None)
    if found.address.lower() != address or found.nonce != nonce:
        raise _refused(f"{answer.url} asks for the signature of another wallet or challenge", None)
    hosts = {found.domain.lower(), urlsplit(found.uri).netloc.lower()}
    if hosts != {_host(answer.url)}:
        hint = f"name it as it calls itself: --gateway {found.uri}" if len(hosts) == 1 else None
        raise _refused(f"{answer.url} asks to sign in to {found.domain}, which is another name than its own", hint)


def _host(url: str) -> str:
    """Return host and port as a Host header carries them."""
    parts = urlsplit(url)
    return parts.netloc.removesuffix(_USUAL_PORTS[parts.scheme])


def _refused(message: str, hint: str | None) -> CliError:
    return CliError(
        f"{message}; nothing was signed", code="foreign_challenge", exit_code=ExitCode.AUTHENTICATION, hint=hint
    )
