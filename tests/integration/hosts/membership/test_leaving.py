"""Members leave the list and the cluster; hosts that were given up, restored or never came."""

import json

import pytest

from debros.terminal.errors import CliError
from testkit.follower import Follower
from testkit.patience import wait_until


@pytest.fixture(scope="module")
def three(make_hosts, ca):
    hosts = make_hosts(3, apart=True)
    for host in hosts:
        host.manage_itself(ca)
        host.enter(host.name, host.address, host.json("identity")["peer_id"])
    return hosts


def leader_first(hosts):
    return sorted(hosts, key=lambda host: not host.json("leader")["is_leader"])


def test_who_is_in_the_cluster_and_what_each_is(three) -> None:
    members = three[1].json("members")["members"]
    assert [(one["name"], one["position"]) for one in members] == [(host.name, n) for n, host in enumerate(three, 1)]
    assert sorted(one["role"] for one in members) == ["leader", "voter", "voter"]
    assert all(one["reachable"] for one in members)
    lines = three[0].run("members").stdout.decode().splitlines()
    assert lines[0].split("\t") == ["position", "name", "address", "role", "reachable", "peer_id"]
    assert len(lines) == 4


def test_a_restored_backup_does_not_cut_hosts_off_and_they_announce_themselves(three, tmp_path, monkeypatch) -> None:
    first, _, third = three
    follower = Follower(first, tmp_path, monkeypatch)
    first.write(["DELETE FROM _gw_members WHERE name = ?", third.name])
    # It follows its own copy, which comes a moment after what the leader has acknowledged.
    wait_until(lambda: first.sql("SELECT count(*) FROM _gw_members", level="none") == [[[2]]])
    with pytest.raises(CliError, match=f"the list of members lacks {third.name}, which the database still counts in"):
        follower()
    assert follower.called() == []
    assert third.json("members", "announce", "--etc", str(third.etc))["changed"] is True
    assert third.json("members", "announce", "--etc", str(third.etc))["changed"] is False
    assert [row[0] for row in first.members] == [host.name for host in three]
    assert follower() is True


def test_removing_hosts_one_by_one(three) -> None:
    leader, second, third = leader_first(three)
    assert leader.json("members", "remove", leader.name, code=1)["code"] == "self"
    assert leader.json("members", "remove", "nobody", code=4)["code"] == "no_such_member"

    # One of the two others is down: the third cannot be taken out, for one of two would be left.
    second.kill()
    wait_until(lambda: leader.json("leader")["reachable_voters"] == 2)
    refused = leader.json("members", "remove", third.name, code=5)
    assert refused["code"] == "quorum"
    assert (
        f"there would be 2 voters, of which 2 are needed and 1 can be reached; not reachable: {second.name}"
        in refused["error"]
    )
    assert len(leader.members) == 3

    # The one that is down goes.
    assert leader.json("members", "remove", second.name)["was_in_database"] is True
    assert second.name not in [row[0] for row in leader.members]
    assert [one["id"] for one in leader.json("leader")["voters"]] == sorted([leader.name, third.name])

    # A follower removes the leader, which still runs.
    assert third.json("members", "remove", leader.name, "--timeout", "90")["changed"] is True
    wait_until(lambda: third.json("leader")["is_leader"])
    assert [row[0] for row in third.members] == [third.name]
    third.write("CREATE TABLE still_writes (a INTEGER)")
    # The one that was removed does not come back into the list by itself.
    done = leader.run("members", "announce", "--etc", str(leader.etc))
    assert done.returncode != 0
    assert [row[0] for row in third.members] == [third.name]


def test_a_host_that_never_came_is_struck_off(host) -> None:
    host.enter("never", "192.0.2.77")
    assert host.json("members", "remove", "never")["was_in_database"] is False
    assert [row[0] for row in host.members] == [host.name]
    assert host.json("members", "remove", "never", code=4)["code"] == "no_such_member"


def test_invites_of_a_host_that_was_removed_are_refused(host) -> None:
    host.enter("other", "192.0.2.2")
    host.write(["DELETE FROM _gw_members WHERE name = ?", host.name])
    before = host.invites()
    done = host.invite()
    assert done.returncode == 1
    assert f"{host.name} is not in the cluster's list of members" in done.stderr
    assert host.invites() == before


def test_the_firewall_is_left_alone_while_the_door_is_open(host) -> None:
    # No ufw on this PATH: what it does with one is tested beside it (test_firewall.py), and on real hosts.
    environment = {"PATH": str(host.home / "bin")}
    words = ("door", "close", "--etc", str(host.etc))
    assert host.invite().returncode == 0
    assert b"is running; it closes by itself" in host.run(*words, env=environment).stdout
    (invite, *_) = host.invites()
    document = json.loads(invite.read_text())
    invite.write_text(json.dumps(document | {"expires": 1}))
    host.systemctl("stop", "debros-enrol.service")
    assert host.json(*words, env=environment) == {"changed": False}
    assert not invite.exists()
    assert host.json("door", "open", "--etc", str(host.etc), env=environment) == {"changed": False, "opened": []}
