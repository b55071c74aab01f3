"""An Ethereum wallet in a file: 64 hex digits, as `openssl rand -hex 32` and most wallets' export give them."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import TYPE_CHECKING, Any

import coincurve
from Crypto.Hash import keccak

from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 65_536  # bytes; far above every form a key is kept in
_KEY = re.compile(rb"(?:0[xX])?([0-9a-fA-F]{64})")
_BASE58_KEY = re.compile(rb"[1-9A-HJ-NP-Za-km-z]{86,88}")  # how Solana wallets export their 64 bytes
_SOLANA = "is the key of a Solana wallet, and this signs with Ethereum keys only"


class EthereumWallet:
    """A key that signs as `personal_sign` does (EIP-191).

    Args:
        key: the secret.
    """

    def __init__(self, key: coincurve.PrivateKey) -> None:
        self._key = key
        self.address = "0x" + _keccak(key.public_key.format(compressed=False)[1:])[-20:].hex()

    def sign(self, text: str) -> str:
        """Return the signature of a text: r, s and v in hex."""
        data = text.encode()
        digest = _keccak(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)
        raw = self._key.sign_recoverable(digest, hasher=None)
        return f"0x{raw[:64].hex()}{raw[64] + 27:02x}"


def read(path: Path) -> EthereumWallet:
    """Return the wallet of a file.

    Raises:
        CliError: there is none in it, or others can read it; the key is never shown.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            text = file.read(_LONGEST).strip()
    except OSError as exc:
        raise _unusable(f"{path}: {exc.strerror}", "give the file with --key-file PATH") from exc
    # A pipe (`--key-file <(pass show wallet)`) has no mode that means anything.
    if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(status.st_mode)
        raise _unusable(f"{path}: readable by other users (mode {mode:04o})", f"chmod 600 {path}")
    match = _KEY.fullmatch(text)
    if match is None:
        raise _unusable(f"{path}: {_what_else(text)}", "put the wallet's private key there, as 64 hex digits")
    try:
        return EthereumWallet(coincurve.PrivateKey.from_hex(match[1].decode()))
    except ValueError:
        raise _unusable(f"{path}: not a key of the curve that Ethereum uses (secp256k1)", None) from None


def _what_else(text: bytes) -> str:
    """Say what a file holds instead of a key."""
    if not text:
        return "is empty"
    if _BASE58_KEY.fullmatch(text):
        return _SOLANA
    try:
        value: Any = json.loads(text)
    except ValueError:
        return "does not hold a wallet's private key"
    if isinstance(value, list) and len(value) == 64 and all(isinstance(byte, int) for byte in value):
        return _SOLANA
    if isinstance(value, dict) and {"crypto", "Crypto"} & value.keys():
        return "is an encrypted keystore, and this takes a plain key only"
    return "does not hold a wallet's private key"


def _unusable(message: str, hint: str | None) -> CliError:
    return CliError(message, code="wallet_key_unusable", exit_code=ExitCode.AUTHENTICATION, hint=hint)


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()
