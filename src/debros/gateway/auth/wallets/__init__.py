"""Wallets of the chains we know: what their addresses look like, and whether one has signed a text."""

from dataclasses import dataclass
from enum import StrEnum

from debros.gateway.auth.wallets import ethereum, solana
from debros.gateway.auth.wallets.errors import WalletError

__all__ = ["Chain", "Wallet", "WalletError", "parse_chain", "parse_wallet", "public_key_of_signer"]


class Chain(StrEnum):
    """A chain, by the name that `chain_type` gives it."""

    ETHEREUM = "ETH"
    SOLANA = "SOL"


_NAMES = {
    "": Chain.ETHEREUM,
    "eth": Chain.ETHEREUM,
    "ethereum": Chain.ETHEREUM,
    "evm": Chain.ETHEREUM,
    "sol": Chain.SOLANA,
    "solana": Chain.SOLANA,
}


@dataclass(frozen=True, slots=True)
class Wallet:
    """An address in its one form, lower-case hex with 0x or base58, so that no two chains share one."""

    chain: Chain
    address: str

    @property
    def display(self) -> str:
        """The form that wallets show: Ethereum's with its checksum (EIP-55)."""
        return ethereum.checksummed(self.address) if self.chain is Chain.ETHEREUM else self.address


def parse_chain(text: str) -> Chain:
    """Return the chain that a `chain_type` names; "" is Ethereum.

    Raises:
        WalletError: There is no such chain.
    """
    try:
        return _NAMES[text.strip().lower()]
    except KeyError:
        raise WalletError("invalid_chain_type", f"unknown chain_type {text[:40]!r}; give ETH or SOL") from None


def parse_wallet(chain: Chain, text: str) -> Wallet:
    """Return the wallet of an address.

    Raises:
        WalletError: It is not one of this chain.
    """
    parse = ethereum.parse_address if chain is Chain.ETHEREUM else solana.parse_address
    return Wallet(chain, parse(text.strip()))


def public_key_of_signer(wallet: Wallet, message: str, signature: str) -> str | None:
    """Return the wallet's public key when it has signed the message, else None.

    Ethereum: `signature` is EIP-191 personal_sign in hex, the key 65 bytes in hex. Solana: Ed25519 in base64, the key
    is the address.

    Raises:
        WalletError: The signature is not one at all.
    """
    verify = ethereum.public_key_of_signer if wallet.chain is Chain.ETHEREUM else solana.public_key_of_signer
    return verify(wallet.address, message.encode(), signature)
