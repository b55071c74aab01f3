"""The session that a gateway's answer with tokens opens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from debros.cli.answers import unexpected
from debros.cli.credentials import Session

if TYPE_CHECKING:
    from debros.cli.connection import Answer


def session_of(answer: Answer) -> Session:
    """Return the session; its access token's end is counted by this machine's clock, whatever the gateway's says.

    Raises:
        CliError: the answer holds no tokens, so it is no gateway's.
    """
    found = answer.json()
    texts = [found.get(name) for name in ("subject", "namespace", "access_token", "refresh_token")]
    lifetime = found.get("expires_in")
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(lifetime, int):
        raise unexpected(answer.url, answer.status)
    wallet, namespace, access, refresh = map(str, texts)
    return Session(wallet, namespace, access, refresh, time.time() + lifetime)
