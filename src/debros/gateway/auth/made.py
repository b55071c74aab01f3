"""The secrets and names that are handed out: what they look like."""

import re
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_KEY_LENGTH = 24  # 142 bits
_PREFIX_LENGTH = 9  # `ak_` and six characters; the rest keeps 107 bits
_ID_LENGTH = 16
_API_KEY = re.compile(r"ak_[A-Za-z0-9]{24}:([a-z0-9][a-z0-9_-]{0,62})")


def api_key(namespace: str) -> str:
    """Return a new API key, `ak_<24 characters>:<namespace>`."""
    return f"ak_{_random(_KEY_LENGTH)}:{namespace}"


def api_key_prefix(key: str) -> str:
    """Return what may be shown of an API key."""
    return key[:_PREFIX_LENGTH]


def is_api_key(text: str) -> bool:
    """Tell whether a text has the form of our API keys."""
    return _API_KEY.fullmatch(text) is not None


def refresh_token() -> str:
    """Return a new refresh token, 256 bits."""
    return f"rt_{secrets.token_urlsafe(32)}"


def ticket() -> str:
    """Return a new ticket for one WebSocket, 256 bits."""
    return f"wt_{secrets.token_urlsafe(32)}"


def login_code() -> str:
    """Return a new code for one exchange, 256 bits."""
    return secrets.token_urlsafe(32)


def nonce() -> str:
    """Return 32 random bytes as hex: EIP-4361 wants letters and digits only."""
    return secrets.token_hex(32)


def identifier(kind: str) -> str:
    """Return a name nobody else has, such as `key_3fK…`."""
    return f"{kind}_{_random(_ID_LENGTH)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
