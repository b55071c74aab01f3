"""Wallets in files: they sign what a gateway's sign-in asks for, and nothing else."""

from debros.client.wallets.keyfile import load
from debros.client.wallets.wallet import Wallet

__all__ = ["Wallet", "load"]
