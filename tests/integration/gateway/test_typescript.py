"""examples/typescript: types made from the API's description, compiled, and run on Node against a real gateway."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from testkit import npm
from testkit.ports import free_port

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "examples" / "typescript"
SAID = """\
signed in: default by api_key
rows written: 2
row: {"id":"9007199254740993","name":"Ann"}
row: {"id":7,"name":"Ben"}
a write is no read: 400 not_a_read
stored: 256 bytes of application/octet-stream, the same: true
gone: 404 Not Found
published over HTTP: 00ff0a
sent over the socket: hello
a stranger: GatewayError: 401 invalid_api_key: invalid API key
"""


async def run(script: str, folder: Path, **environment: str) -> tuple[int, str, str]:
    """Run a script of package.json and return its status, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *("npm", "run", "--silent", script),
        cwd=folder,
        env={**os.environ, "NODE_OPTIONS": "--throw-deprecation", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def example(tmp_path) -> Path:
    """The example with its packages, in the same place of a tree where it may write."""
    folder = tmp_path / "examples" / "typescript"
    made = shutil.ignore_patterns("node_modules", "generated", "build")
    shutil.copytree(FOLDER, folder, ignore=made)
    shutil.copytree(ROOT / "openapi", tmp_path / "openapi")
    (folder / "node_modules").symlink_to(npm.installed(FOLDER / "package.json", "typescript") / "node_modules")
    return folder


async def test_it_is_generated_compiled_and_says_what_it_found(example, relayed, tmp_path) -> None:
    for script in ("generate", "build"):
        status, out, err = await run(script, example)
        assert status == 0, out + err  # the compiler's errors go to stdout
    key = tmp_path / "api.key"
    key.touch(0o600)
    key.write_text(relayed.http.headers["X-API-Key"])
    where = {"DEBROS_GATEWAY_URL": relayed.url, "DEBROS_API_KEY_FILE": str(key)}
    assert await run("smoke", example, **where) == (0, SAID, "")
    assert await run("smoke", example, **where) == (0, SAID, "")  # it leaves nothing behind
    nobody = f"http://127.0.0.1:{free_port()}"
    status, out, err = await run("smoke", example, **where | {"DEBROS_GATEWAY_URL": nobody})
    assert (status, out) == (1, "")
    assert err == f"TypeError: fetch failed (Error: connect ECONNREFUSED {nobody.removeprefix('http://')})\n"
    key.chmod(0o644)
    told = f"Error: {key} has a key and others may read it; chmod 600 {key}\n"
    assert await run("smoke", example, **where) == (1, "", told)


def test_the_readme_names_every_file_and_shows_what_is_printed() -> None:
    readme = (FOLDER / "README.md").read_text()
    listed = set(re.findall(r"\[(\w+\.ts)\]\(\1\)", readme))
    assert listed == {path.name for path in FOLDER.glob("*.ts")}
    assert SAID in readme
