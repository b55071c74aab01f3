"""The routes for operators, at a stand-in: what is sent, and what a refusal is."""

import pytest
from aiohttp import web

from debros.client import NetworkClient, PermissionDeniedError


@pytest.fixture
async def stand_in():
    """Serve what docs and contract say of the two routes; it stands in for a gateway."""
    asked = []

    async def route(request: web.Request) -> web.Response:
        body = await request.json()
        asked.append((request.path, body))
        if request.headers["X-API-Key"] == "ak_admin:default":
            return web.json_response({"status": "ok"})
        problem = {"error": "for operators", "code": "admin_required", "status": 403}
        return web.json_response(problem, status=403, content_type="application/problem+json")

    app = web.Application()
    app.router.add_post("/v1/network/{what}", route)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    yield f"http://{host}:{port}", asked
    await runner.cleanup()


async def test_an_operator_connects_and_disconnects(stand_in) -> None:
    url, asked = stand_in
    async with NetworkClient(url, auth="ak_admin:default") as client:
        await client.network.connect("/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW")
        await client.network.disconnect("12D3KooW")
    assert asked == [
        ("/v1/network/connect", {"multiaddr": "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW"}),
        ("/v1/network/disconnect", {"peer_id": "12D3KooW"}),
    ]


async def test_somebody_else_may_not(stand_in) -> None:
    async with NetworkClient(stand_in[0], auth="ak_app:default") as client:
        with pytest.raises(PermissionDeniedError) as error:
            await client.network.disconnect("12D3KooW")
    assert (error.value.code, error.value.status) == ("admin_required", 403)
