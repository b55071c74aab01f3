"""What a gateway knows of backups: what the hosts have told the database, by the command that takes them."""

import datetime as dt

import pytest

from debros.hosts.database import Database
from debros.hosts.snapshots import told
from debros.hosts.snapshots.digest import Content
from debros.hosts.snapshots.manifest import Manifest


@pytest.fixture
def tell(rqlited, tmp_path):
    """Tell of a backup as `debros-host backup` does."""

    def tell(host: str, created: dt.datetime, size: int = 4096) -> None:
        with Database(rqlited.http, None, tmp_path / "none") as database:
            assert told.tell(database, Manifest("", size, Content({}, ""), "", host, created), 86_400.0) == ""

    return tell


async def known(gateway, name):
    answer = await gateway.http.get("/v1/network/backups")
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["backups"] if one["host"].startswith(name)]


async def test_the_newest_of_each_host_is_known_the_newest_of_all_first(gateway, tell, name) -> None:
    assert await known(gateway, name) == []
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    tell(f"{name}-n1", now - dt.timedelta(days=3))
    tell(f"{name}-n2", now - dt.timedelta(days=1))
    assert [one["host"] for one in await known(gateway, name)] == [f"{name}-n2", f"{name}-n1"]
    tell(f"{name}-n1", now, 8192)
    newest, older = await known(gateway, name)
    assert (newest["host"], newest["bytes"], newest["interval"]) == (f"{name}-n1", 8192, 86_400)
    assert dt.datetime.fromisoformat(newest["created_at"]) == now
    assert older["age"] - newest["age"] == 86_400


async def test_a_clock_that_is_ahead_makes_no_age_below_zero(gateway, tell, name) -> None:
    tell(f"{name}-n1", dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    assert [one["age"] for one in await known(gateway, name)] == [0]
