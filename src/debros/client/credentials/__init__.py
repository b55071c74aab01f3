"""What opens a gateway: an API key, tokens, or a wallet's key file."""

from debros.client.credentials.api_key import ApiKey
from debros.client.credentials.base import Credential
from debros.client.credentials.pair import TokenPair
from debros.client.credentials.tokens import Tokens
from debros.client.credentials.wallet import WalletKey

__all__ = ["ApiKey", "Credential", "TokenPair", "Tokens", "WalletKey"]
