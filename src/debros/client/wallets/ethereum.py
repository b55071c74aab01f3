"""An Ethereum wallet: personal_sign (EIP-191, version 0x45)."""

from __future__ import annotations

import coincurve
from Crypto.Hash import keccak


class EthereumWallet:
    """A secp256k1 key of 32 bytes.

    Raises:
        ValueError: The secret is none.
    """

    chain_type = "ETH"

    def __init__(self, secret: bytes) -> None:
        self._key = coincurve.PrivateKey(secret)
        public = self._key.public_key.format(compressed=False)
        self.address = "0x" + _keccak(public[1:])[-20:].hex()

    def sign(self, text: str) -> str:
        """Return r, s and v in hex."""
        data = text.encode()
        digest = _keccak(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)
        raw = self._key.sign_recoverable(digest, hasher=None)
        return "0x" + raw[:64].hex() + bytes([raw[64] + 27]).hex()


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()
