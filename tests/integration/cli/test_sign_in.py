"""Signing in with a key file, and what follows, against a real gateway."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testkit.wallets import Ethereum

DEADLINE = 120  # seconds, for what has to happen


class Machine:
    """Somebody's machine: a home of its own with a wallet's key, and no API key."""

    def __init__(self, env: dict[str, str], home: Path) -> None:
        self.stored = home / ".debros" / "credentials.json"
        self.wallet = Ethereum()
        self.key = home / "wallet.key"
        self.key.touch(0o600)
        self.key.write_text(self.wallet._key.to_hex())
        self.url = f"http://127.0.0.1:{6001 + int(env['DEBROS_PORT_OFFSET'])}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DEBROS_")}
        self.env = clean | {"HOME": str(home), "DEBROS_GATEWAY_URL": self.url}

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "debros.cli.main", *words]
        return subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words: str) -> tuple[int | None, str, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=DEADLINE)
        return process.returncode, out.decode(), err.decode()

    @property
    def session(self) -> dict[str, str]:
        (entry,) = json.loads(self.stored.read_text())["gateways"].values()
        return entry["credentials"][entry["current"]]

    def let_token_end(self) -> None:
        """Let the access token be one that has to be exchanged, as if its time had passed."""
        document = json.loads(self.stored.read_text())
        (entry,) = document["gateways"].values()
        entry["credentials"][entry["current"]]["expires_at"] = int(time.time()) - 1
        self.stored.write_text(json.dumps(document))


@pytest.fixture
def machine(env, tmp_path) -> Machine:
    return Machine(env, tmp_path)


@pytest.mark.cluster
def test_from_sign_in_to_sign_out(machine: Machine) -> None:
    login = ["auth", "login", "--key-file", str(machine.key), "--namespace", f"cli-{os.getpid()}-a"]
    code, _, err = machine.run(*login)
    assert code == 0, err
    shown = json.loads(machine.run("auth", "whoami", "--format", "json")[1])
    assert (shown["method"], shown["subject"]) == ("jwt", machine.wallet.address)
    assert machine.run("storage", "put", "k", "v")[0] == 0
    assert machine.run("storage", "get", "k")[1] == "v"

    first = machine.session["refresh_token"]
    machine.let_token_end()
    started = [machine.start("storage", "get", "k") for _ in range(4)]
    assert {process.communicate(timeout=DEADLINE) for process in started} == {(b"v", b"")}
    assert machine.session["refresh_token"] != first
    machine.let_token_end()
    assert machine.run("query", "CREATE TABLE t (a)")[0] == 0

    listener = machine.start("pubsub", "subscribe", "news", "--count", "1")
    assert listener.stderr is not None
    assert listener.stderr.readline().startswith(b"subscribed")
    assert machine.run("pubsub", "publish", "news", "hello")[0] == 0
    assert listener.communicate(timeout=DEADLINE)[0] == b"hello\n"

    session = machine.session
    assert machine.run("auth", "logout")[0] == 0
    code, _, err = machine.run("storage", "get", "k")
    assert code == 3
    assert f"network-cli auth login --gateway {machine.url}" in err
    # What was stored elsewhere is worth nothing any more.
    document = json.loads(machine.stored.read_text())
    (entry,) = document["gateways"].values()
    entry["credentials"].append(session)
    machine.stored.write_text(json.dumps(document))
    code, _, err = machine.run("storage", "get", "k")
    assert code == 3
    assert "is over" in err


@pytest.mark.cluster
def test_a_subscription_signs_in_by_itself(machine: Machine) -> None:
    words = ["--key-file", str(machine.key), "--namespace", f"cli-{os.getpid()}-b"]
    code, _, err = machine.run("pubsub", "subscribe", "news", "100ms", *words)
    assert code == 0, err
    assert f"Signed in to {machine.url} as {machine.wallet.address}" in err
    assert "subscribed to news" in err


@pytest.mark.cluster
def test_a_namespace_of_another_wallet(machine: Machine, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other, namespace = Machine(env, tmp_path / "other"), f"cli-{os.getpid()}-c"
    assert machine.run("auth", "login", "--key-file", str(machine.key), "--namespace", namespace)[0] == 0
    code, _, err = other.run("storage", "list", "--key-file", str(other.key), "--namespace", namespace)
    assert code == 3
    assert "not an owner of namespace" in err
