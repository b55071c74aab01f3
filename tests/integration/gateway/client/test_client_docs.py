"""The code of docs/client.md, run as one session against a real gateway: it prints what the document says."""

import asyncio
import os
import sys
from pathlib import Path

from testkit import session

DOCUMENT = Path(__file__).parents[4] / "docs" / "client.md"


async def test_the_session_prints_what_the_document_says(
    make_gateway, node, make_rqlited, tmp_path, eventually
) -> None:
    # A database of its own: the document speaks of the whole namespace.
    gateway = await make_gateway(rqlite_dsn=make_rqlited().url, p2p_socket=str(node.socket))
    await eventually(lambda: gateway.services.p2p.connected)

    async def well():
        return (await gateway.http.get("/health")).status_code == 200

    await eventually(well)
    key = tmp_path / ".debros" / "dev" / "api.key"
    key.parent.mkdir(parents=True)
    key.touch(0o600)
    key.write_text(gateway.http.headers["X-API-Key"])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", session.__file__, str(DOCUMENT), str(gateway.port)),
        env={**os.environ, "HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = (text.decode() for text in await process.communicate())
    assert (process.returncode, err) == (0, "")
    told = [output for _, output in session.blocks(DOCUMENT.read_text())]
    assert len(told) > 6
    assert out.split(f"{session.END}\n")[:-1] == told
