"""A restart costs the cluster nothing, or does not happen."""

import json
import threading

import httpx
import pytest


class Writer:
    """Writes numbers one after the other, through whichever host takes them; remembers what was acknowledged."""

    def __init__(self, hosts):
        self.hosts, self.acknowledged, self.stop = hosts, [], threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.hosts[0].write("DROP TABLE IF EXISTS written", "CREATE TABLE written (a INTEGER PRIMARY KEY)")
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def _run(self):
        number = 0
        while not self.stop.is_set():
            number += 1
            try:
                self.hosts[number % len(self.hosts)].write(["INSERT INTO written VALUES (?)", number])
                self.acknowledged.append(number)
            except (httpx.HTTPError, AssertionError):
                self.stop.wait(0.02)


def test_each_host_in_turn_and_no_acknowledged_write_is_lost(roles) -> None:
    leader, followers = roles
    before = {host.name: host.pid for host in (leader, *followers)}
    with Writer([leader, *followers]) as writer:
        for host in (*followers, leader):
            done = host.json("restart", "debros-rqlite", "--timeout", "90")
            assert done == done | {"unit": "debros-rqlite.service", "changed": True, "was_running": True}
            assert host.pid != before[host.name]
    assert writer.acknowledged
    (rows,) = leader.sql("SELECT a FROM written")
    assert set(writer.acknowledged) <= {a for (a,) in rows}
    for host in (leader, *followers):
        assert host.json("wait-ready", "--voters", "3")["reachable_voters"] == 3


def test_a_host_the_cluster_cannot_spare_is_not_restarted(roles) -> None:
    leader, (missing, other) = roles
    missing.kill()
    before = other.pid
    error = other.json("restart", "debros-rqlite", code=5)
    assert error["code"] == "quorum"
    assert "without this host 1 of 3 voters would be left, and 2 are needed" in error["error"]
    assert missing.name in error["error"]
    assert "--force" in error["hint"]
    assert other.pid == before
    # It is the operator's to decide.
    assert other.json("restart", "debros-rqlite", "--force", "--timeout", "60")["changed"]
    assert other.pid != before
    assert leader.json("wait-ready", "--timeout", "60")["reachable_voters"] == 2


def test_a_host_that_does_not_run_is_started_without_a_gate(roles) -> None:
    _, (stopped, missing) = roles
    missing.kill()
    stopped.stop()
    done = stopped.json("restart", "rqlite", "--timeout", "60")
    assert (done["was_running"], done["was_leader"], done["changed"]) == (False, False, True)
    assert stopped.json("leader")["reachable_voters"] == 2


def test_new_credentials_need_force_because_the_old_process_cannot_be_asked(single) -> None:
    good = (single.keys / "rqlite-admin").read_text()
    auth = (single.keys / "rqlite-auth.json").read_text()
    users = json.loads(auth)
    for user in users:
        if user["username"] == "admin":
            user["password"] = "rotated"
    try:
        single.secret("rqlite-auth.json", json.dumps(users))
        single.secret("rqlite-admin", "admin:rotated\n")
        before = single.pid
        error = single.json("restart", "debros-rqlite", code=5)
        assert error["code"] == "gate_unknown"
        assert "new credentials" in error["hint"]
        assert single.pid == before
        assert single.json("restart", "debros-rqlite", "--force")["changed"]
        assert single.json("leader")["is_leader"]
    finally:
        single.secret("rqlite-auth.json", auth)
        single.secret("rqlite-admin", good)
        single.start()
        single.json("wait-ready")


def test_a_database_that_does_not_come_up_is_told_with_what_it_said(single) -> None:
    good = single.config.read_text()
    try:
        single.configure([single], rqlite_binary="/bin/false")
        error = single.json("restart", "debros-rqlite", "--force", "--timeout", "50", code=1)
        assert error["code"] == "unit_failed"
        # It may end before systemctl returns, or after.
        assert error["error"].startswith(("debros-rqlite.service does not start", "debros-rqlite.service is failed"))
        assert "journalctl -u debros-rqlite.service" in error["hint"]
    finally:
        single.config.write_text(good)
        single.start()
        single.json("wait-ready")


@pytest.mark.parametrize("unit", ["sshd", "debros-backup", "", "../debros-rqlite"])
def test_other_units_are_a_usage_error(single, unit) -> None:
    done = single.run("restart", unit)
    assert done.returncode == 2
    assert b"debros-rqlite, debros-node, debros-gateway" in done.stderr


def test_a_host_without_systemd_says_so(single, tmp_path) -> None:
    done = single.run("restart", "debros-rqlite", env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert b"not run by systemd" in done.stderr
    assert b"Traceback" not in done.stderr
