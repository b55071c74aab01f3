"""The SQL of the clients' table, run by SQLite over the gateway's own migration."""

import sqlite3

import pytest

from debros.enrol import clients
from debros.enrol import table as members
from debros.gateway.preparation import migrations_directory

HOUR = 3600 * 1000
NOW = 1_800_000_000_000


@pytest.fixture
def database():
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


@pytest.fixture
def table(database):
    database.executescript((migrations_directory() / "009_clients.sql").read_text())
    return database


def listed(table, now=NOW):
    return clients.from_rows(table.execute(clients.READ, (clients.since(now),)).fetchall())


def test_a_client_is_listed_once_for_a_day_after_its_last_word(table) -> None:
    for peer, seen in (("old", NOW - 24 * HOUR), ("fresh", NOW - 23 * HOUR), ("fresh", NOW - HOUR)):
        table.execute(clients.ENTER, (peer, seen))
    assert listed(table) == {"fresh"}
    assert listed(table, NOW + 22 * HOUR) == {"fresh"}
    assert listed(table, NOW + 23 * HOUR) == set()


def test_who_is_no_longer_listed_is_what_is_forgotten(table) -> None:
    for peer, seen in (("old", NOW - 24 * HOUR), ("fresh", NOW - 24 * HOUR + 1)):
        table.execute(clients.ENTER, (peer, seen))
    table.execute(clients.FORGET, (clients.since(NOW),))
    assert table.execute("SELECT peer_id FROM _gw_clients").fetchall() == [("fresh",)]
    assert listed(table) == {"fresh"}


def test_a_table_that_is_not_there_yet_is_known_by_its_error(database) -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        listed(database)
    assert members.is_missing(str(caught.value), clients.TABLE)
    assert not members.is_missing("no such table: _gw_members", clients.TABLE)
