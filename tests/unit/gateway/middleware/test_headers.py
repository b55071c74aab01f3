"""Headers on every answer: Server-Timing, security, CORS."""

import re

import pytest
from starlette.responses import PlainTextResponse

OK = PlainTextResponse("ok")


async def test_server_timing_lists_parts_and_total(drive, enveloped) -> None:
    async def app(scope, receive, send):
        with scope["state"]["timings"].measure("auth"):
            pass
        for _ in range(2):
            with scope["state"]["timings"].measure("db"):
                pass
        await OK(scope, receive, send)

    value = (await drive(enveloped(app))).headers["server-timing"]
    assert re.fullmatch(r"auth;dur=\d+\.\d{3}, db;dur=\d+\.\d{3}, total;dur=\d+\.\d{3}", value)


async def test_security_headers(drive, enveloped) -> None:
    headers = (await drive(enveloped(OK))).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    assert "strict-transport-security" in (await drive(enveloped(OK, tls=True))).headers


async def test_a_route_may_decide_for_itself(drive, enveloped) -> None:
    own = PlainTextResponse("ok", headers={"Cache-Control": "max-age=60"})
    assert (await drive(enveloped(own))).headers["cache-control"] == "max-age=60"


@pytest.fixture
def cors(enveloped):
    return lambda *patterns: enveloped(OK, origins=patterns)


@pytest.mark.parametrize("origin", ["http://localhost", "http://localhost:3000", "https://app.example.org"])
async def test_an_allowed_origin_is_named(drive, cors, origin: str) -> None:
    answer = await drive(cors("http://localhost:*", "https://app.example.org"), headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "origin" in answer.headers["vary"].lower()
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil.example",
        "http://localhost:3000.evil.example",
        "http://localhost:999999",
        "https://appxexample.org",
        "https://app.example.org.evil.example",
        "http://app.example.org",
        "null",
        "",
    ],
)
async def test_another_origin_is_not(drive, cors, origin: str) -> None:
    app = cors("http://localhost:*", "https://app.example.org")
    answer = await drive(app, headers={"Origin": origin})
    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key, content-type"}


async def test_a_preflight(drive, cors) -> None:
    app = cors("http://localhost:*")
    answer = await drive(app, method="OPTIONS", headers=PREFLIGHT | {"Origin": "http://localhost:1"})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:1"
    assert "POST" in answer.headers["access-control-allow-methods"]


async def test_a_refused_preflight_is_a_problem(drive, cors) -> None:
    answer = await drive(
        cors("http://localhost:*"), method="OPTIONS", headers=PREFLIGHT | {"Origin": "http://evil.example"}
    )
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "cors_refused"
    assert "access-control-allow-origin" not in answer.headers


async def test_everybody_is_allowed_only_when_that_is_written(drive, cors) -> None:
    assert (await drive(cors("*"), headers={"Origin": "http://any.example"})).headers[
        "access-control-allow-origin"
    ] == "*"
    assert "access-control-allow-origin" not in (await drive(cors(), headers={"Origin": "http://any.example"})).headers


@pytest.mark.parametrize("origin", [{}, {"Origin": "http://evil.example"}, {"Origin": "http://localhost:1"}])
@pytest.mark.parametrize(("own", "vary"), [({}, "Origin"), ({"Vary": "Accept"}, "Accept, Origin")])
async def test_no_cache_gives_one_pages_answer_to_another(drive, enveloped, origin, own, vary) -> None:
    app = enveloped(PlainTextResponse("ok", headers=own), origins=["http://localhost:*"])
    answer = await drive(app, headers=origin)
    assert [value for name, value in answer.messages[0]["headers"] if name == b"vary"] == [vary.encode()]
