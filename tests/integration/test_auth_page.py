"""The commands of docs/auth.md, run in its order against a local cluster."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.ports import free_offset

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home() -> Iterator[Path]:
    """Return an empty HOME with a short name: the paths of sockets below it may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="home-") as path:
        yield Path(path)


@pytest.mark.cluster
def test_every_command_of_the_page_works(home: Path) -> None:
    offset = free_offset()
    page = (ROOT / "docs" / "auth.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"localhost:(\d+)", lambda m: f"localhost:{int(m[1]) + offset}", "\n".join(blocks))
    text = text.replace("curl -s ", "curl -s --fail-with-body ")
    env = os.environ | {"HOME": str(home), "DEBROS_PORT_OFFSET": str(offset)}
    for name in ("DEBROS_HOME", "VIRTUAL_ENV"):
        env.pop(name, None)
    env["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    local = [sys.executable, "-m", "debros.local"]
    for name in (".venv", "examples"):
        (home / name).symlink_to(ROOT / name)
    try:
        up = subprocess.run([*local, "up"], env=env, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
        assert up.returncode == 0, up.stdout + up.stderr
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=home, env=env, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
    finally:
        subprocess.run([*local, "down"], env=env, cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"method":"jwt"' in done.stdout
    assert "hello" in done.stdout
    assert '"name":"backend"' in done.stdout
    assert '"count":2' in done.stdout
    assert '"revoked":1' in done.stdout
    assert (home / ".debros" / "dev" / "server.key").stat().st_mode & 0o777 == 0o600
