"""The commands of docs/auth.md and docs/getting-started.md, each in its order, against a local cluster of their own."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testkit.documents import shell_blocks
from testkit.ports import free_offset

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Return an empty HOME with a short name: the paths of sockets below it may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="home-") as path:
        for name in (".venv", "examples"):
            (Path(path) / name).symlink_to(ROOT / name)
        (Path(path) / "bin").mkdir()
        (Path(path) / "bin" / "network-cli").symlink_to(Path(sys.executable).parent / "network-cli")  # `make build`
        yield Path(path)


@pytest.fixture(scope="module")
def typed(home: Path) -> Iterator[Callable[[str], str]]:
    """Type all commands of a page; return what they print."""
    offset = free_offset()
    env = os.environ | {"HOME": str(home), "DEBROS_PORT_OFFSET": str(offset)}
    for name in ("DEBROS_HOME", "VIRTUAL_ENV"):
        env.pop(name, None)
    env["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    local = [sys.executable, "-m", "debros.local"]

    def type_(page: str) -> str:
        text = "\n".join(shell_blocks((ROOT / "docs" / page).read_text()))
        text = re.sub(r"localhost:(\d+)", lambda m: f"localhost:{int(m[1]) + offset}", text)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text.replace("curl -s ", "curl -s --fail-with-body ")],
            cwd=home, env=env, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        up = subprocess.run([*local, "up"], env=env, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
        assert up.returncode == 0, up.stdout + up.stderr
        yield type_
    finally:
        subprocess.run([*local, "down"], env=env, cwd=ROOT, capture_output=True, timeout=120, check=False)


@pytest.mark.cluster
@pytest.mark.timeout(900)
def test_auth(typed: Callable[[str], str], home: Path) -> None:
    said = typed("auth.md")
    assert '"method":"jwt"' in said
    assert "hello" in said
    assert '"name":"backend"' in said
    assert '"count":2' in said
    assert '"revoked":1' in said
    assert (home / ".debros" / "dev" / "server.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.cluster
@pytest.mark.timeout(900)
def test_getting_started(typed: Callable[[str], str], home: Path) -> None:
    said = typed("getting-started.md")
    assert "1\tbuy bread" in said
    assert "there is a new note: 2\n" in said
    assert "{'id': 2, 'body': 'call Ann'}" in said
    (backup,) = (home / ".debros" / "dev" / "backups").glob("debros-*.sqlite")
    assert backup.name in said
    assert "ok    gateway:" in said
