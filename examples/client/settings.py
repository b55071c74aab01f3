"""Where the examples connect: the cluster of `make up`, unless the environment says otherwise."""

from __future__ import annotations

import os
from pathlib import Path

from debros.client import ApiKey, NetworkClient

URL = os.environ.get("DEBROS_GATEWAY_URL", "http://localhost:6001")
KEY_FILE = Path(os.environ.get("DEBROS_API_KEY_FILE", "~/.debros/dev/api.key")).expanduser()


def connect() -> NetworkClient:
    """Return a client of the namespace that the key opens."""
    return NetworkClient(URL, auth=ApiKey.from_file(KEY_FILE))


def say(*words: object) -> None:
    """Show what an example has found."""
    print(*words)  # noqa: T201 - an example talks
