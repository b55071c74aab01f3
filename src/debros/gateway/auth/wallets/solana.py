"""Solana: an address is an Ed25519 public key in base58, a signature 64 bytes in base64.

libsodium and not OpenSSL: it refuses keys of small order, for which everybody could sign.
"""

import base64
import binascii

import base58
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from debros.gateway.auth.wallets.errors import WalletError

_KEY_BYTES, _SIGNATURE_BYTES = 32, 64
_LONGEST_ADDRESS, _LONGEST_SIGNATURE = 44, 100


def parse_address(text: str) -> str:
    """Return an address; its letters' case counts.

    Raises:
        WalletError: It is not one.
    """
    try:
        if len(text) <= _LONGEST_ADDRESS and len(base58.b58decode(text)) == _KEY_BYTES:
            return text
    except ValueError:
        pass
    raise WalletError("invalid_wallet", "wallet is not a Solana address; expected 32 bytes in base58")


def public_key_of_signer(address: str, message: bytes, signature: str) -> str | None:
    """Return the public key, which is the address, when it has signed the message, else None.

    Raises:
        WalletError: The signature is not 64 bytes of base64.
    """
    try:
        raw = base64.b64decode(signature.strip(), validate=True) if len(signature) <= _LONGEST_SIGNATURE else b""
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _SIGNATURE_BYTES:
        raise WalletError("malformed_signature", "signature is not 64 bytes in base64")
    try:
        VerifyKey(base58.b58decode(address)).verify(message, raw)
    except BadSignatureError:
        return None
    return address
