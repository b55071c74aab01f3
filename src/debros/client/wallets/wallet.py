"""What a wallet can do."""

from __future__ import annotations

from typing import Protocol


class Wallet(Protocol):
    """An address and its secret. A wallet of your own (of a hardware key, of a browser) has these three."""

    @property
    def address(self) -> str:
        """The address, as its chain writes it."""

    @property
    def chain_type(self) -> str:
        """`ETH` or `SOL`."""

    def sign(self, text: str) -> str:
        """Return the signature of a text, as the chain's wallets make it."""
