"""A Solana wallet: Ed25519."""

from __future__ import annotations

import base64

import base58
from nacl.signing import SigningKey


class SolanaWallet:
    """An Ed25519 key.

    Args:
        seed: 32 bytes.
    """

    chain_type = "SOL"

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.address: str = base58.b58encode(bytes(self._key.verify_key)).decode()

    def sign(self, text: str) -> str:
        """Return the signature in base64."""
        return base64.b64encode(self._key.sign(text.encode()).signature).decode()
