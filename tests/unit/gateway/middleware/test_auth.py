import pytest
from starlette.responses import PlainTextResponse

from debros.config import ApiKey
from debros.gateway.auth.access import PUBLIC
from debros.gateway.auth.live_sockets import LiveSockets
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.static_keys import StaticKeys
from debros.gateway.errors import Problem
from debros.gateway.middleware.auth import Auth
from debros.gateway.rates import Buckets
from debros.gateway.timings import Timings

KEY = "ak_0123456789:acme"
ADMIN_KEY = "ak_9876543210:acme"
LOST, TICKET = "lost", "wt_1"


async def who(scope, receive, send):
    principal = scope["state"].get("principal")
    await PlainTextResponse(f"{principal.namespace} {principal.method}" if principal else "nobody")(
        scope, receive, send
    )


class Noted:
    """An audit that only remembers."""

    def __init__(self) -> None:
        self.entries = []

    def note(self, entry, _caller) -> None:
        self.entries.append(entry)


class Keys(StaticKeys):
    """Static keys, one ticket, and one wallet that has lost its namespace."""

    async def authenticate(self, credential):
        if credential == LOST:
            return Principal("acme", "jwt", "ses_1", "0xab", owner=False, session="ses_1")
        return await super().authenticate(credential)

    async def ticket(self, text):
        return Principal("acme", "ticket", "ses_2") if text == TICKET else None

    async def recheck(self, principal):
        return principal


def auth(anonymous: Principal | None = None, *, noted: Noted | None = None, guesses: int = 100) -> Auth:
    keys = Keys([ApiKey(KEY, "acme"), ApiKey(ADMIN_KEY, "acme", "admin")])
    return Auth(
        who,
        credentials=keys,
        audit=noted or Noted(),
        failures=Buckets(0.001, guesses),
        anonymous=anonymous,
        live_sockets=LiveSockets(keys.recheck),
    )


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


async def test_what_operators_do_needs_an_operators_key(drive) -> None:
    noted = Noted()
    gate = auth(Principal("default", "none", ""), noted=noted)
    path = "/v1/network/connect"
    answer = await drive(gate, path, headers={"X-API-Key": ADMIN_KEY}, state=state())
    assert answer.body == b"acme api_key"
    with pytest.raises(Problem) as refusal:
        await drive(gate, path, headers={"X-API-Key": KEY}, state=state())
    assert (refusal.value.status, refusal.value.code) == (403, "admin_required")
    assert "key:namespace admin" in refusal.value.detail
    with pytest.raises(Problem) as refusal:  # also where everything else needs no key
        await drive(gate, path, state=state())
    assert (refusal.value.status, refusal.value.code) == (401, "missing_api_key")
    assert [entry.detail for entry in noted.entries] == [f"admin_required {path}", f"missing_api_key {path}"]


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


async def test_a_ticket_opens_a_websocket(drive) -> None:
    answer = await drive(auth(), "/v1/x", kind="websocket", query=f"ticket={TICKET}", state=state())
    assert answer.body == b"acme ticket"
    with pytest.raises(Problem) as refusal:
        await drive(auth(), "/v1/x", kind="websocket", query="ticket=other", state=state())
    assert refusal.value.detail == "invalid API key"
    with pytest.raises(Problem) as refusal:
        await drive(auth(), "/v1/x", query=f"ticket={TICKET}", state=state())
    assert refusal.value.detail == "missing API key"


@pytest.mark.parametrize("path", ["/v1/rqlite/query", "/v1/db/query", "/v1/storage/get", "/v1/pubsub/ws", "/v1/apps"])
async def test_who_owns_the_namespace_no_longer(drive, path: str) -> None:
    noted = Noted()
    with pytest.raises(Problem) as refusal:
        await drive(auth(noted=noted), path, headers={"X-API-Key": LOST}, state=state())
    assert (refusal.value.status, refusal.value.detail) == (403, "forbidden: not an owner of namespace")
    (entry,) = noted.entries
    assert (entry.outcome, entry.namespace, entry.subject) == ("denied", "acme", "0xab")
    assert (await drive(auth(), "/v1/network/status", headers={"X-API-Key": LOST}, state=state())).body == b"acme jwt"


async def test_what_no_list_names_needs_a_credential(drive) -> None:
    with pytest.raises(Problem):
        await drive(auth(), "/v1/tomorrow", state=state())


async def test_a_credential_is_optional_but_not_a_wrong_one(drive) -> None:
    assert (await drive(auth(), "/v1/auth/api-key", state=state())).body == b"nobody"
    with pytest.raises(Problem):
        await drive(auth(), "/v1/auth/api-key", headers={"X-API-Key": "wrong"}, state=state())


async def test_an_address_runs_out_of_guesses_and_its_right_key_still_counts(drive) -> None:
    guessed = auth(guesses=3)
    for _ in range(3):
        with pytest.raises(Problem) as refusal:
            await drive(guessed, "/v1/x", headers={"X-API-Key": "wrong"}, state=state())
        assert refusal.value.status == 401
    with pytest.raises(Problem) as refusal:
        await drive(guessed, "/v1/x", headers={"X-API-Key": "wrong"}, state=state())
    assert refusal.value.status == 429
    assert int(refusal.value.headers["Retry-After"]) > 0
    assert (await drive(guessed, "/v1/x", headers={"X-API-Key": KEY}, state=state())).body == b"acme api_key"


async def test_a_refusal_is_recorded_without_the_credential(drive) -> None:
    noted = Noted()
    with pytest.raises(Problem):
        await drive(auth(noted=noted), "/v1/x", headers={"X-API-Key": "planted-secret"}, state=state())
    assert [entry.detail for entry in noted.entries] == ["invalid_api_key /v1/x"]
    assert "planted-secret" not in repr(noted.entries)
