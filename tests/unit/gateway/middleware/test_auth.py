import pytest
from starlette.responses import PlainTextResponse

from debros.config import ApiKey
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.static_keys import StaticKeys
from debros.gateway.errors import Problem
from debros.gateway.middleware.auth import PUBLIC, Auth
from debros.gateway.timings import Timings

KEY = "ak_0123456789:acme"


async def who(scope, receive, send):
    principal = scope["state"].get("principal")
    await PlainTextResponse(f"{principal.namespace} {principal.method}" if principal else "nobody")(
        scope, receive, send
    )


def auth(anonymous: Principal | None = None) -> Auth:
    return Auth(who, authenticator=StaticKeys([ApiKey(key=KEY, namespace="acme")]), anonymous=anonymous)


def state():
    return {"timings": Timings()}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"bearer  {KEY} "},
        {"Authorization": f"ApiKey {KEY}"},
        {"X-API-Key": KEY},
        {"Authorization": "Basic eDp5", "X-API-Key": KEY},
    ],
)
async def test_a_key_is_taken_from_each_header(drive, headers) -> None:
    assert (await drive(auth(), "/v1/x", headers=headers, state=state())).body == b"acme api_key"


@pytest.mark.parametrize("name", ["api_key", "token"])
async def test_the_query_counts_for_websockets_only(drive, name: str) -> None:
    query = f"{name}={KEY}"
    answer = await drive(auth(), "/v1/x", kind="websocket", query=query, state=state())
    assert answer.body == b"acme api_key"
    with pytest.raises(Problem) as refusal:
        await drive(auth(), "/v1/x", query=query, state=state())
    assert refusal.value.code == "missing_api_key"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic eDp5"}, {"X-API-Key": " "}]
)
async def test_without_a_key(drive, headers) -> None:
    with pytest.raises(Problem) as refusal:
        await drive(auth(), "/v1/x", headers=headers, state=state())
    assert (refusal.value.status, refusal.value.detail) == (401, "missing API key")
    assert refusal.value.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("key", ["wrong", KEY[:-1], KEY + "x", KEY.upper()])
@pytest.mark.parametrize("anonymous", [None, Principal("default", "none", "")])
async def test_a_wrong_key_is_refused_even_where_none_is_needed(drive, key: str, anonymous) -> None:
    with pytest.raises(Problem) as refusal:
        await drive(auth(anonymous), "/v1/x", headers={"X-API-Key": key}, state=state())
    assert (refusal.value.status, refusal.value.detail) == (401, "invalid API key")
    assert "WWW-Authenticate" in refusal.value.headers


async def test_where_no_key_is_required(drive) -> None:
    anonymous = Principal("default", "none", "")
    assert (await drive(auth(anonymous), "/v1/x", state=state())).body == b"default none"
    assert (await drive(auth(anonymous), "/v1/x", headers={"X-API-Key": KEY}, state=state())).body == b"acme api_key"


@pytest.mark.parametrize("path", sorted(PUBLIC))
async def test_public_paths_need_none(drive, path: str) -> None:
    assert (await drive(auth(), path, state=state())).body == b"nobody"


@pytest.mark.parametrize("path", ["/health/", "/v1/healthx", "//health", "/HEALTH", "/v1/status/x"])
async def test_paths_that_only_look_public_do(drive, path: str) -> None:
    with pytest.raises(Problem):
        await drive(auth(), path, state=state())


def test_a_key_is_not_kept_in_the_clear() -> None:
    keys = StaticKeys([ApiKey(key=KEY, namespace="acme")])
    assert KEY not in repr(vars(keys))
