"""The unit that the timer starts, started by hand on every host: only the one that leads takes a backup."""

import json

UNIT = "debros-backup.service"
FOLDER = "/opt/debros/data/backups"


def listed(machine):
    """Return the backups that a host has, each read whole and held against its manifest."""
    return json.loads(machine.root("debros-host backups --verify --json"))["backups"]


def test_only_the_leader_takes_one_when_it_is_due(cluster):
    for machine in cluster:  # the timer may have been quicker
        machine.root(f"systemctl stop debros-backup.timer && rm -f {FOLDER}/debros-*")
    try:
        leader = cluster.leader()
        for machine in cluster:
            machine.root(f"systemctl start {UNIT}")
            assert machine.unit(UNIT, "Result", "ExecMainStatus") == {"Result": "success", "ExecMainStatus": "0"}
        assert cluster.leader() == leader, "the leader has changed meanwhile"
        kept = {machine.name: listed(machine) for machine in cluster}
        assert {name: len(backups) for name, backups in kept.items()} == {
            machine.name: int(machine == leader) for machine in cluster
        }
        (backup,) = kept[leader.name]
        assert backup["state"] == "verified", backup
        assert backup["tables"] > 0
        leader.root(f"systemctl start {UNIT}")  # not due any more
        assert [again["file"] for again in listed(leader)] == [backup["file"]]
    finally:
        for machine in cluster:
            machine.root("systemctl start debros-backup.timer")
