"""Commands out of the documents, to be run."""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

_DOCUMENTS = Path(__file__).resolve().parents[3] / "docs"


def shell_blocks(markdown: str) -> list[str]:
    """Return the contents of the blocks that are marked `sh`."""
    return re.findall(r"^```sh\n(.*?)^```", markdown, flags=re.MULTILINE | re.DOTALL)


def server_commands() -> list[str]:
    """Return the commands of README that are for servers: indented, so that nobody runs them on this machine."""
    readme = (_DOCUMENTS.parent / "README.md").read_text()
    return re.findall(r"^    (\S.*)$", readme.partition("## On servers\n")[2].partition("\n## ")[0], flags=re.MULTILINE)


async def run_commands(document: str, port: int, directory: Path, env: Mapping[str, str]) -> list[str]:
    """Run all commands of a file of docs/ in its order and return the lines they print, one answer of curl a line.

    Args:
        document: The file's name.
        port: Where the gateway listens, in place of 6001.
        directory: Where the commands run.
        env: Added to the environment.

    Raises:
        AssertionError: A command failed, an answer was no success, or there are no commands.
    """
    text = "\n".join(shell_blocks((_DOCUMENTS / document).read_text()))
    assert text.count("localhost:6001") > 2, document
    script = 'curl() { command curl --fail-with-body "$@"; echo; }\n' + text.replace(
        "localhost:6001", f"localhost:{port}"
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=directory,
        env={**os.environ, "HOME": str(directory), "PATH": path, **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, out + err
    return out.decode().splitlines()
