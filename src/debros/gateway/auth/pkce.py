"""Proof Key for Code Exchange (RFC 7636), S256 only: who fetches the tokens is who began the sign-in."""

import base64
import hashlib
import re

METHOD = "S256"
# SHA-256 as base64url without padding (RFC 7636, 4.2), and what it is made of (4.1).
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Tell whether a text can be a challenge."""
    return _CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: str) -> str | None:
    """Return the challenge of a verifier, None when it cannot be one."""
    if not _VERIFIER.fullmatch(verifier):
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
