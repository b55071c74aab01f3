"""Routes that are found in a table are those that Starlette's router would find."""

import pytest
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Match, Route, WebSocketRoute

from debros.gateway.application import Application
from debros.gateway.routes import all_routes


async def exact(request):
    return PlainTextResponse(f"exact {request.method} {request.query_params.get('q', '')}")


async def named(request):
    return PlainTextResponse(f"named {request.path_params['name']}")


def plain(_request):
    return PlainTextResponse("from a thread")


@pytest.fixture
def app():
    routes = [
        Route("/things/all", exact, methods=["GET", "POST"]),
        Route("/things/{name}", named),
        Route("/plain", plain),
    ]
    return Application(routes=routes)


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "/things/all", "exact GET 1"),
        ("POST", "/things/all", "exact POST 1"),
        ("HEAD", "/things/all", "exact HEAD 1"),
        ("GET", "/things/one", "named one"),
        ("GET", "/plain", "from a thread"),
    ],
)
async def test_every_kind_of_route_is_found(drive, app, method, path, text) -> None:
    assert (await drive(app, path, method=method, query="q=1")).body.decode() == text


@pytest.mark.parametrize(("method", "path", "status"), [("DELETE", "/things/all", 405), ("GET", "/nothing", 404)])
async def test_what_is_not_there_is_raised_for_the_error_boundary(drive, app, method, path, status) -> None:
    with pytest.raises(HTTPException) as raised:
        await drive(app, path, method=method)
    assert raised.value.status_code == status


def test_no_exact_route_of_the_gateway_stands_behind_a_pattern_that_takes_its_path() -> None:
    routes = all_routes()
    for place, route in enumerate(routes):
        if "{" in route.path:
            continue
        kind = "websocket" if isinstance(route, WebSocketRoute) else "http"
        for method in getattr(route, "methods", None) or {"GET"}:
            scope = {"type": kind, "path": route.path, "method": method, "root_path": ""}
            assert [earlier.path for earlier in routes[:place] if earlier.matches(scope)[0] is Match.FULL] == []
