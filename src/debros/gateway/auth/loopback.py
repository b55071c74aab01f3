"""Where a sign-in's answer may go: a program that listens on the browser's own machine (RFC 8252, 7.3), nobody else."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from debros.gateway.auth import pkce
from debros.gateway.errors import Problem

# No user info, no query, no fragment; of the path what RFC 3986 allows there.
_CALLBACK = re.compile(
    r"http://(?:127\.0\.0\.1|\[::1\]|localhost):(?P<port>[1-9][0-9]{0,4})(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?"
)
_LONGEST_CALLBACK = 300
_MOST_PORT = 65_535
# Whatever the program made it of, as long as it survives a URL.
_STATE = re.compile(r"[\x21-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class Waiting:
    """The program that waits for a sign-in.

    Attributes:
        callback: Where it listens.
        state: Its own word, by which it knows the answer to its question.
        code_challenge: What it proves the code is for.
    """

    callback: str
    state: str
    code_challenge: str

    def answered(self, code: str) -> str:
        """Return where the browser goes with a code."""
        return f"{self.callback}?{urlencode({'code': code, 'state': self.state})}"


def waiting(callback: str, state: str, code_challenge: str, method: str = pkce.METHOD) -> Waiting:
    """Return a waiting program.

    Raises:
        Problem: 400; it is not one that may get an answer.
    """
    found = _CALLBACK.fullmatch(callback) if len(callback) <= _LONGEST_CALLBACK else None
    if found is None or int(found["port"]) > _MOST_PORT:
        raise Problem(
            400,
            "invalid_callback",
            "callback must be http://127.0.0.1:PORT, http://[::1]:PORT or http://localhost:PORT with any path, and "
            "without a query: codes go to a program on the same machine only",
        )
    if not _STATE.fullmatch(state):
        raise Problem(400, "invalid_state", "state must have 1 to 512 printable ASCII characters without spaces")
    if method != pkce.METHOD or not pkce.is_challenge(code_challenge):
        raise Problem(
            400,
            "invalid_code_challenge",
            "code_challenge must be the SHA-256 of a verifier as base64url without padding, 43 characters, and "
            "code_challenge_method S256 (RFC 7636)",
        )
    return Waiting(callback, state, code_challenge)
