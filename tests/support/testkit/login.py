"""A program that waits for a sign-in in the browser, as RFC 8252 and RFC 7636 want it."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Program:
    def __init__(self, callback: str = "http://127.0.0.1:49152/callback") -> None:
        self.callback = callback
        self.state = secrets.token_urlsafe(16)
        self.verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def asks(self) -> dict[str, str]:
        """What it tells the sign-in page."""
        return {"callback": self.callback, "state": self.state, "code_challenge": self.challenge}

    def exchange(self, code: str, **other: str) -> dict[str, str]:
        """What it sends for a code."""
        return {"code": code, "code_verifier": self.verifier, "redirect_uri": self.callback} | other

    def code(self, where: str) -> str:
        """The code of the address that a browser was sent to, which must be this program's."""
        assert where.startswith(f"{self.callback}?"), where
        told: dict[str, Any] = parse_qs(urlsplit(where).query)
        assert told.keys() == {"code", "state"}, where
        assert told["state"] == [self.state]
        return str(told["code"][0])
