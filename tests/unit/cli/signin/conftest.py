import json
import sys
import time
from pathlib import Path

import pytest

from debros.cli import credentials
from testkit.fakesignin import FakeSignIn
from testkit.wallets import Ethereum


@pytest.fixture
def fake(gateway) -> FakeSignIn:
    """A fake of the gateway's side of the protocol, and a thing behind it that wants a credential."""
    fake = FakeSignIn(gateway)
    fake.protect("/v1/storage/list", {"keys": ["a"]})
    return fake


@pytest.fixture
def wallet() -> Ethereum:
    return Ethereum(bytes(range(1, 33)))


@pytest.fixture
def key_file(tmp_path) -> Path:
    file = tmp_path / "wallet.key"
    file.touch(0o600)
    file.write_text(f"0x{bytes(range(1, 33)).hex()}\n")
    return file


@pytest.fixture
def document(home):
    """What the file of credentials holds now."""
    return lambda: json.loads((home / ".debros" / "credentials.json").read_text())


@pytest.fixture
def store(fake, gateway):
    """Store a session that the fake knows; `expires_in` seconds from now its access token ends."""

    def store(expires_in: float = 900, **who: str) -> credentials.Session:
        fake.lifetime = expires_in
        answer = fake.open(**who)

        session = credentials.Session(
            answer["subject"],
            answer["namespace"],
            answer["access_token"],
            answer["refresh_token"],
            time.time() + expires_in,
        )
        credentials.save_session(None, gateway.url, session)
        fake.lifetime = 900
        return session

    return store


@pytest.fixture
def browser(tmp_path, monkeypatch) -> None:
    """A fake browser: it goes where it is sent, and shows nothing."""
    script = tmp_path / "browser.py"
    script.write_text(
        "import sys, urllib.error, urllib.request\n"
        "try: urllib.request.urlopen(sys.argv[1], timeout=60).read()\n"
        "except urllib.error.HTTPError: pass\n"
    )
    monkeypatch.setenv("BROWSER", f"{sys.executable} {script} %s")
