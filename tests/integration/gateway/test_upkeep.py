"""What is over is removed; what is not stays."""

from debros.clock import now_ms
from debros.gateway.auth import upkeep
from debros.gateway.auth.upkeep import Upkeep
from debros.rqlite.types import Statement
from testkit.login import Program
from testkit.wallets import Ethereum

DAY = 86_400_000
TABLES = (
    "_gw_nonces", "_gw_refresh_tokens", "_gw_sessions", "_gw_signing_keys", "_gw_changes", "_gw_tickets",
    "_gw_login_grants", "_gw_device_logins",
)  # fmt: skip


async def test_only_what_is_over_goes(make_rqlited, make_gateway, people, name, monkeypatch) -> None:
    gateway = await make_gateway(rqlite_dsn=make_rqlited().url)
    client = gateway.services.rqlite
    wallet = Ethereum()
    found = await people.sign_in(gateway, wallet, name)
    headers = {"X-API-Key": found["access_token"]}
    challenge = await people.challenge(gateway, wallet, name)
    asks = Program().asks
    assert (await people.verify(gateway, wallet, challenge, path="login/complete", body=asks)).status_code == 200
    assert (await gateway.http.post("/v1/auth/device")).status_code == 200
    assert (await gateway.http.post("/v1/auth/ws-ticket", headers=headers)).status_code == 200
    await gateway.services.auth.audit.flush()

    async def counts():
        results = await client.query_many(
            [Statement(f"SELECT COUNT(*) FROM {table}") for table in (*TABLES, "_gw_audit")]
        )
        return [result.values[0][0] for result in results]

    before = await counts()
    assert all(before)
    assert not await Upkeep(client, audit_retention=90 * DAY).sweep()
    assert await counts() == before
    assert (await gateway.http.get("/v1/storage/list", headers=headers)).status_code == 200
    # Beyond every lifetime; one row a table and round, so there is more than one round.
    monkeypatch.setattr(upkeep, "_BATCH", 1)
    late = Upkeep(client, audit_retention=0, clock=lambda: now_ms() + 100 * DAY)
    rounds = 1
    while await late.sweep():
        rounds += 1
    assert rounds > 1
    *gone, audited = await counts()
    assert set(gone) == {0}
    assert audited == before[-1]  # kept for ever
    await Upkeep(client, audit_retention=DAY, clock=lambda: now_ms() + 100 * DAY).sweep()
    assert (await counts())[-1] == before[-1] - 1
    owners = await client.query(Statement("SELECT namespace FROM _gw_owners"))
    assert owners.values == [[name]]
