"""`network-cli connect` and `disconnect`, at a real gateway whose node has a real peer."""

import asyncio
import json

import pytest


@pytest.fixture
def operator(operated, cli):
    """Run the program with the operator's key, while the gateway goes on in the test's event loop."""
    key = cli.secret("operator.key", operated.key)

    async def run(*arguments):
        named = ["--gateway", operated.gateway.url, "--api-key-file", key]
        return await asyncio.to_thread(cli.run, *arguments, *named)

    return run


async def test_a_peer_is_disconnected_and_connected_again(operated, operator, eventually) -> None:
    code, out, err = await operator("disconnect", operated.peer_id)
    assert (code, out, err) == (0, "", f"Disconnected from {operated.peer_id}\n")
    await eventually(operated.gone)
    code, out, _ = await operator("peers", "--format", "json")
    assert [(peer["id"], peer["connected"]) for peer in json.loads(out)["peers"]] == [(operated.peer_id, False)]
    code, out, err = await operator("connect", operated.address)
    assert (code, out, err) == (0, "", f"Connected to {operated.peer_id}\n")
    await eventually(operated.there)
    code, out, _ = await operator("connect", operated.address, "--format", "json")  # again is harmless
    assert (code, json.loads(out)) == (0, {"status": "ok"})


async def test_who_is_no_operator_is_told_what_it_takes(operated, cli) -> None:
    key = cli.secret("tenant.key", operated.tenant)
    named = ["--gateway", operated.gateway.url, "--api-key-file", key]
    for words in (["connect", operated.address], ["disconnect", operated.peer_id]):
        error = await asyncio.to_thread(cli.refused, *words, *named)
        assert (error["exit_code"], error["code"]) == (3, "admin_required")
        assert "a key with scope admin" in error["hint"]
    assert await operated.there()


async def test_a_peer_that_cannot_be_reached(operated, operator) -> None:
    nobody = f"/ip4/127.0.0.1/tcp/1/p2p/{operated.peer_id}"
    await operator("disconnect", operated.peer_id)
    code, out, err = await operator("connect", nobody, "--format", "json")
    assert (code, out, json.loads(err)["code"]) == (1, "", "peer_unreachable")
