"""`network-cli connect` and `disconnect`, at a real gateway whose node has a real peer."""

import asyncio
import json

import pytest

from debros.identity import Identity

EXPECTED = "expected /ip4/HOST/tcp/PORT/p2p/PEERID (or ip6, dns, dns4, dns6)"
STRANGER = Identity.from_seed(bytes(32)).peer_id


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
    why = "nothing listens there (connection refused); see that the node runs and that the port is right"
    told = f"/ip4/127.0.0.1/tcp/1: {why}"
    code, out, err = await operator("connect", nobody)
    assert (code, out, err) == (5, "", f"Error: {told}\n")
    code, out, err = await operator("connect", nobody, "--format", "json")
    assert (code, out) == (5, "")
    assert json.loads(err) == {"error": told, "code": "peer_unreachable", "exit_code": 5}


async def test_another_peer_at_the_address(operated, operator) -> None:
    code, out, err = await operator("connect", operated.address.replace(operated.peer_id, STRANGER))
    assert (code, out) == (1, "")
    assert err.endswith(f": the peer there is {operated.peer_id}; correct the peer id or the address\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", f"not /<ip4|ip6|dns>/<host>/tcp/<port>; {EXPECTED}"),
        (
            f"/ip4/127.0.0.1/tcp/0/p2p/{STRANGER}",
            f"port 0 is not between 1 and 65535; {EXPECTED}",
        ),
        ("/ip4/127.0.0.1/tcp/4001", "missing /p2p/PEERID; without it, anybody could answer for the peer"),
    ],
)
async def test_what_is_no_address_of_a_peer(text, told, operator) -> None:
    code, out, err = await operator("connect", text)
    assert (code, out) == (2, "")
    assert f"Error: {text!r}: {told}\n" in err
