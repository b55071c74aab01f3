"""The text a wallet signs (EIP-4361, and its Solana twin): written for challenges, read back from clients.

One strict grammar: what is not exactly a message of this form is refused, because a text that two readers understand
differently binds nothing.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from debros.gateway.auth.wallets import Chain, Wallet

_ACCOUNTS = {Chain.ETHEREUM: "Ethereum", Chain.SOLANA: "Solana"}
# RFC 3339, as EIP-4361 wants it.
_TIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})"
_MESSAGE = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<domain>[^\s/?#@]{1,255}) wants you to sign in with your "
    r"(?P<account>Ethereum|Solana) account:\n"
    r"(?P<address>[0-9A-Za-z]{32,44})\n"
    r"\n(?:(?P<statement>[^\n]{1,1000})\n\n|\n)?"
    r"URI: (?P<uri>[^\s]{1,1000})\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain_id>[0-9A-Za-z:-]{1,64})\n"
    r"Nonce: (?P<nonce>[0-9A-Za-z]{8,128})\n"
    rf"Issued At: (?P<issued_at>{_TIME})"
    rf"(?:\nExpiration Time: (?P<expires_at>{_TIME}))?"
    rf"(?:\nNot Before: (?P<not_before>{_TIME}))?"
    r"(?:\nRequest ID: [^\n]*)?"
    r"(?:\nResources:(?P<resources>(?:\n- [^\s]+)*))?"
)


class MessageError(Exception):
    """A text that is no sign-in message, or says something else than the challenge; the text says what."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a sign-in message says that matters; times are seconds since 1970."""

    domain: str
    chain: Chain
    address: str
    uri: str
    chain_id: str
    nonce: str
    issued_at: float
    expires_at: float | None
    not_before: float | None


def write(
    *,
    wallet: Wallet,
    domain: str,
    uri: str,
    chain_id: str,
    nonce: str,
    namespace: str,
    issued_at: datetime,
    expires_at: datetime,
) -> str:
    """Return the message for a challenge."""
    return (
        f"{domain} wants you to sign in with your {_ACCOUNTS[wallet.chain]} account:\n"
        f"{wallet.display}\n"
        "\n"
        f"Sign in to the namespace {namespace} of DeBros Network.\n"
        "\n"
        f"URI: {uri}\n"
        "Version: 1\n"
        f"Chain ID: {chain_id}\n"
        f"Nonce: {nonce}\n"
        f"Issued At: {rfc3339(issued_at)}\n"
        f"Expiration Time: {rfc3339(expires_at)}\n"
        "Resources:\n"
        f"- urn:debros:namespace:{namespace}"
    )


def read(text: str) -> Message:
    """Return what a message says.

    Raises:
        MessageError: It is not one.
    """
    match = _MESSAGE.fullmatch(text)
    if match is None:
        raise MessageError("it is not a sign-in message of EIP-4361; sign the challenge's message as it came")
    return Message(
        domain=match["domain"],
        chain=next(chain for chain, name in _ACCOUNTS.items() if name == match["account"]),
        address=match["address"],
        uri=match["uri"],
        chain_id=match["chain_id"],
        nonce=match["nonce"],
        issued_at=_seconds(match["issued_at"]),
        expires_at=_seconds(match["expires_at"]) if match["expires_at"] else None,
        not_before=_seconds(match["not_before"]) if match["not_before"] else None,
    )


def compare(signed: Message, challenge: Message, now: float, skew: float) -> None:
    """See that a client's own message says what the challenge's does; only wording and times may differ.

    Args:
        signed: The client's.
        challenge: Ours.
        now: Seconds since 1970.
        skew: Seconds that clocks may differ.

    Raises:
        MessageError: It does not; the text names the field.
    """
    if signed.chain is not challenge.chain or not _same_address(signed, challenge):
        raise MessageError("its address is not the wallet")
    for field, theirs, ours in (
        ("domain", signed.domain.lower(), challenge.domain.lower()),
        ("URI", _host(signed.uri), _host(challenge.uri)),
        ("Chain ID", signed.chain_id, challenge.chain_id),
        ("Nonce", signed.nonce, challenge.nonce),
    ):
        if theirs != ours:
            raise MessageError(f"its {field} is not that of the challenge")
    if signed.expires_at is not None and signed.expires_at <= now:
        raise MessageError("its Expiration Time is over")
    if max(signed.not_before or 0, signed.issued_at) > now + skew:
        raise MessageError("its Issued At or Not Before lies in the future")


def rfc3339(moment: datetime) -> str:
    """Return a time in UTC with milliseconds, such as 2026-01-31T12:00:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _same_address(one: Message, other: Message) -> bool:
    if one.chain is Chain.ETHEREUM:
        return one.address.lower() == other.address.lower()
    return one.address == other.address


def _host(uri: str) -> str:
    """Return host and port of a URI; its scheme and path are the client's own affair."""
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme.lower() not in {"http", "https"}:
        return uri
    return re.split(r"[/?#]", rest, maxsplit=1)[0].lower()


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise MessageError("one of its times does not exist") from None
