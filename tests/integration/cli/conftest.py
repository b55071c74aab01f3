"""One host for all tests of this folder: gateway, node and rqlited, started by `debros.local`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from testkit.ports import free_offset

DEADLINE = 120  # seconds, for what has to happen

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="package")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running host, and the environment in which the program finds it and its key."""
    home = tmp_path_factory.mktemp("c1")
    env = os.environ | {
        "DEBROS_HOME": str(home),
        "DEBROS_PORT_OFFSET": str(free_offset()),
        "DEBROS_CREDENTIALS_FILE": str(home / "credentials.json"),
    }
    env.pop("DEBROS_GATEWAY_URL", None)
    local = [sys.executable, "-m", "debros.local"]
    try:
        up = subprocess.run([*local, "up", "--nodes", "1"], env=env, capture_output=True, timeout=300, check=False)
        assert up.returncode == 0, up.stdout + up.stderr
        yield env
    finally:
        subprocess.run([*local, "down"], env=env, capture_output=True, timeout=120, check=False)


@pytest.fixture
def run(env: dict[str, str]) -> Run:
    """Run the program to its end."""

    def run(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "debros.cli.main", *words]
        return subprocess.run(command, env=env, input=stdin, capture_output=True, timeout=DEADLINE, check=False)

    return run
