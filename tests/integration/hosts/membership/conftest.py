"""A cluster that manages itself: its members, and those who come."""

import pytest

from testkit.guests import Guest


@pytest.fixture(scope="module")
def member(make_hosts, ca):
    (host,) = make_hosts(1)
    host.manage_itself(ca)
    return host


@pytest.fixture
def guest(tmp_path):
    return Guest(tmp_path / "guest")


@pytest.fixture
def another(tmp_path):
    return Guest(tmp_path / "another")


@pytest.fixture(scope="session")
def alone(make_lasting_hosts):
    return make_lasting_hosts(1, full=True)[0]


@pytest.fixture
def host(alone, ca):
    """A host that manages itself, and is in the list."""
    alone.manage_itself(ca)
    alone.write("DELETE FROM _gw_members")
    alone.enter(alone.name, alone.address, alone.json("identity")["peer_id"])
    return alone
