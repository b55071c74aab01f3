"""Members come, go, and change between voter and replica. Each test goes on from the one before."""

import pytest

from testkit import systemctl

RQLITE = "debros-rqlite.service"


@pytest.fixture(scope="module")
def four(make_hosts):
    """Four hosts, of which three vote after the first test."""
    return make_hosts(4)


def be(host, hosts, *, voter):
    """Do what the playbook does: configuration and unit of a voter or a replica."""
    others = [each for each in hosts if voter or each is not host]
    addresses = ",".join(f"127.0.0.1:{each.raft}" for each in others)
    host.configure(hosts, rqlite_join_address=addresses, rqlite_bootstrap_expect=len(others) if voter else 0)
    options = ["--allow-third-party", *([] if voter else ["--replica"])]
    systemctl.define(host.home / "bin", {RQLITE: host.program("rqlite", host.config, *options)})


def members(host):
    seen = host.json("leader")
    return {node["id"] for node in seen["voters"]}, {node["id"] for node in seen["replicas"]}


def mark(host):
    return host.home / "db" / "rejoin"


def test_a_voter_becomes_a_replica_and_keeps_its_data(four) -> None:
    first, *_, last = four
    first.write("CREATE TABLE kept (a INTEGER PRIMARY KEY)", "INSERT INTO kept VALUES (1)")
    be(last, four, voter=False)
    assert last.json("rejoin", "--as", "replica")["changed"] is True
    for host in four:
        assert members(host) == ({"h1", "h2", "h3"}, {"h4"})
    assert last.sql("SELECT a FROM kept", level="none") == [[[1]]]
    assert not mark(last).exists()


def test_what_is_right_is_left_alone(four) -> None:
    *_, last = four
    before = last.pid
    assert last.json("rejoin", "--as", "replica")["changed"] is False
    assert last.pid == before


def test_nobody_forgets_itself_or_a_stranger(four) -> None:
    first, *_ = four
    assert first.json("forget", "h1", code=1)["code"] == "self"
    assert first.json("forget", "h9") == {"name": "h9", "changed": False, "was_member": False}
    assert first.json("forget", "--check", "h3") == {"name": "h3", "changed": False, "was_member": True}
    assert members(first) == ({"h1", "h2", "h3"}, {"h4"})


def test_no_voter_goes_while_another_one_is_down(four) -> None:
    first, second, third, last = four
    third.kill()
    error = first.json("forget", "h2", code=5)
    assert error["code"] == "quorum"
    assert "without h2 there would be 2 voters, of which 2 are needed and 1 can be reached" in error["error"]
    assert "h3" in error["error"]
    be(second, four, voter=False)
    assert second.json("rejoin", "--as", "replica", code=5)["code"] == "quorum"
    be(second, four, voter=True)
    third.start()
    for host in four:
        host.json("wait-ready", "--voters", "3", "--timeout", "60")
    assert members(last) == ({"h1", "h2", "h3"}, {"h4"})


def test_the_replica_votes_when_the_leader_is_gone_for_good(four) -> None:
    leader = next(host for host in four if host.json("leader")["is_leader"])
    stay = [host for host in four if host is not leader]
    stay[0].write("CREATE TABLE IF NOT EXISTS _gw_backups (host TEXT PRIMARY KEY)")  # a gateway's
    stay[0].write("DELETE FROM _gw_backups", *[["INSERT INTO _gw_backups VALUES (?)", host.name] for host in four])
    leader.stop()
    assert stay[0].json("forget", leader.name)["changed"] is True
    kept = stay[0].sql("SELECT host FROM _gw_backups ORDER BY host")
    assert kept == [[[host.name] for host in sorted(stay, key=lambda host: host.name)]]
    last = stay[-1]
    be(last, stay, voter=True)
    assert last.json("rejoin", "--as", "voter")["changed"] is True
    for host in stay:
        assert members(host) == ({each.name for each in stay}, set())
        assert host.sql("SELECT a FROM kept", level="none") == [[[1]]]
    # It comes back with the data it has, as a replica: what remove-node leaves for that.
    mark(leader).touch()
    be(leader, four, voter=False)
    leader.start()
    leader.json("wait-ready", "--timeout", "60")
    assert members(leader) == ({each.name for each in stay}, {leader.name})


def test_an_interrupted_change_is_completed_by_a_restart(four) -> None:
    last = next(host for host in four if host.json("leader")["replicas"][0]["id"] == host.name)
    be(last, four, voter=True)
    mark(last).touch()
    other = next(host for host in four if host is not last)
    other.json("forget", last.name)  # and here somebody pulls the plug
    last.start()
    last.json("wait-ready", "--timeout", "60")
    assert members(last) == ({"h1", "h2", "h3", "h4"}, set())
    assert not mark(last).exists()


def test_a_unit_that_starts_something_else_is_named(four) -> None:
    *_, last = four
    error = last.json("rejoin", "--as", "replica", "--timeout", "30", code=5)
    assert error["code"] == "not_rejoined"
    assert "it is a voter" in error["error"]
    assert last.json("rejoin", "--as", "voter") | {"seconds": 0} == {"changed": True, "role": "voter", "seconds": 0}
    assert last.json("rejoin", "--as", "voter")["changed"] is False
