"""Wallets that sign like the real ones; tests/interop compares them with ethers, viem and tweetnacl."""

import base64
import secrets

import base58
import coincurve
from Crypto.Hash import keccak
from nacl.signing import SigningKey


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


class Ethereum:
    chain_type = "ETH"

    def __init__(self, secret: bytes | None = None) -> None:
        self._key = coincurve.PrivateKey(secret or secrets.token_bytes(32))
        self.address = "0x" + _keccak(self._key.public_key.format(compressed=False)[1:])[-20:].hex()

    def sign(self, text: str, v: int = 27, prefix: str = "0x") -> str:
        data = text.encode()
        digest = _keccak(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)
        raw = self._key.sign_recoverable(digest, hasher=None)
        return prefix + (raw[:64] + bytes([raw[64] + v])).hex()


class Solana:
    chain_type = "SOL"

    def __init__(self, secret: bytes | None = None) -> None:
        self._key = SigningKey(secret or secrets.token_bytes(32))
        self.address = base58.b58encode(bytes(self._key.verify_key)).decode()

    def sign(self, text: str) -> str:
        return base64.b64encode(self._key.sign(text.encode()).signature).decode()
