"""Wallets' key files, by what is in them.

An Ethereum key is 64 hex digits (as `examples/wallet.py` and many tools write it). A Solana key is the JSON list of 64
numbers that solana-keygen writes, or the same 64 bytes in base58, as browser wallets export it: seed and public key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import base58
import msgspec

from debros.client.credentials import secret_files
from debros.client.errors import WalletKeyError
from debros.client.wallets.ethereum import EthereumWallet
from debros.client.wallets.solana import SolanaWallet

if TYPE_CHECKING:
    from pathlib import Path

    from debros.client.wallets.wallet import Wallet

_ETHEREUM = re.compile(r"(?:0[xX])?([0-9a-fA-F]{64})")
_SEED, _PAIR = 32, 64  # bytes
_FORMS = (
    "expected an Ethereum key (64 hex digits) or a Solana key (the list of 64 numbers that solana-keygen writes, or"
    " 64 bytes in base58)"
)


def load(path: Path) -> Wallet:
    """Return the wallet whose key a file holds.

    Raises:
        WalletKeyError: The file cannot be read, is readable by others, or holds no key.
    """
    try:
        text = secret_files.read(path)
    except OSError as error:
        raise WalletKeyError(f"{path}: {error.strerror}") from None
    except secret_files.OpenFileError as error:
        raise WalletKeyError(str(error)) from None
    if match := _ETHEREUM.fullmatch(text):
        try:
            return EthereumWallet(bytes.fromhex(match[1]))
        except ValueError:
            raise WalletKeyError(f"{path}: its 32 bytes are no secp256k1 key") from None
    pair = _solana(text)
    if pair is None:
        raise WalletKeyError(f"{path}: holds no wallet key; {_FORMS}")
    wallet = SolanaWallet(pair[:_SEED])
    if base58.b58decode(wallet.address) != pair[_SEED:]:
        raise WalletKeyError(f"{path}: its public half does not belong to its secret half; it is damaged")
    return wallet


def _solana(text: str) -> bytes | None:
    try:
        pair = bytes(msgspec.json.decode(text, type=list[int])) if text.startswith("[") else base58.b58decode(text)
    except (msgspec.DecodeError, ValueError):
        return None
    return pair if len(pair) == _PAIR else None
