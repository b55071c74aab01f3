"""One look at a whole host: real rqlited, node and gateway; what breaks is seen, and only that."""

import json
import time

import pytest


@pytest.fixture(scope="module")
def full(make_hosts):
    """A host with all three services."""
    (host,) = make_hosts(1, full=True)
    host.configure_gateway()
    for unit in ("debros-node", "debros-gateway"):
        words = ("--gateway-config", str(host.gateway_config), "--timeout", "90")
        done = host.json("restart", unit, *words)
        assert done == done | {"unit": f"{unit}.service", "changed": True, "was_running": False}
    host.json("backup", "--directory", str(host.backups))
    return host


def look(host, *words):
    where = ("--gateway-config", str(host.gateway_config), "--directory", str(host.backups))
    done = host.run("check", "--json", *where, *words)
    return done, {one["check"]: one for one in json.loads(done.stdout)["checks"]}


def check(host, *words, code=0):
    done, checks = look(host, *words)
    assert done.returncode == code, done.stderr.decode() + done.stdout.decode()
    return checks


def bad(checks):
    return {name for name, one in checks.items() if one["state"] == "bad"}


def settled(host, patience=120):
    """Wait until nothing is bad: a gateway finds a node that was restarted a moment later, and the other way round."""
    end = time.monotonic() + patience
    while (found := bad(look(host)[1])) and time.monotonic() < end:
        time.sleep(0.3)
    return found


def test_a_host_that_works_is_ok(full) -> None:
    assert settled(full) == set()
    checks = check(full)
    units = {"debros-rqlite.service", "debros-node.service", "debros-gateway.service"}
    assert units | {"rqlite", "node", "gateway", "backup", "disk", "certificate", "clock"} == set(checks)
    assert bad(checks) == set()
    assert checks["rqlite"]["text"] == "h1 leads, 1 of 1 voters reachable"
    assert checks["backup"]["state"] == "ok"
    assert checks["certificate"]["text"].startswith("valid for 36")


def test_a_restart_of_node_and_gateway_ends_when_they_serve(full) -> None:
    for unit in ("debros-node", "debros-gateway"):
        assert full.json("restart", unit, "--gateway-config", str(full.gateway_config))["was_running"]
        assert settled(full) == set()


def test_a_gateway_that_would_not_start_is_not_stopped(full) -> None:
    good = full.gateway_config.read_text()
    try:
        full.configure_gateway(rqlite_dsn="nonsense")
        done = full.run("restart", "debros-gateway", "--gateway-config", str(full.gateway_config))
        assert done.returncode == 1
        assert b"rqlite_dsn" in done.stderr
    finally:
        full.gateway_config.write_text(good)
    assert settled(full) == set()


def test_each_line_says_how_bad_it_is(full) -> None:
    where = ("--gateway-config", str(full.gateway_config), "--directory", str(full.backups))
    lines = full.run("check", *where).stdout.decode().splitlines()
    assert all(line.split()[0] in {"ok", "warning", "unknown"} for line in lines)
    assert "ok      gateway: healthy" in lines


def test_metrics_are_written_for_node_exporter(full, tmp_path) -> None:
    file = tmp_path / "debros.prom"
    check(full, "--textfile", str(file))
    text = file.read_text()
    assert oct(file.stat().st_mode)[-3:] == "644"
    assert 'debros_host_check_state{check="gateway"} 0.0\n' in text
    assert "debros_host_rqlite_voters_reachable 1.0\n" in text
    assert "# TYPE debros_host_disk_free_bytes gauge\n" in text
    done = full.run("check", "--textfile", str(tmp_path / "none" / "x.prom"))
    assert b"--textfile" in done.stderr


def test_a_missing_backup_is_a_warning_on_the_leader(full, tmp_path) -> None:
    done = full.run(
        "check", "--json", "--gateway-config", str(full.gateway_config), "--directory", str(tmp_path / "none")
    )
    (backup,) = [one for one in json.loads(done.stdout)["checks"] if one["check"] == "backup"]
    # There is no timer here that could take one.
    assert backup["state"] == "bad"
    assert "none on this host yet" in backup["text"]


def test_what_does_not_run_is_bad_and_what_depends_on_it_too(full) -> None:
    full.systemctl("stop", "debros-node.service")
    try:
        checks = check(full, code=1)
        assert bad(checks) == {"debros-node.service", "node", "gateway"}
        assert "pubsub" in checks["gateway"]["text"]
    finally:
        full.json("restart", "debros-node")
    full.stop()
    try:
        checks = check(full, code=1)
        assert {"debros-rqlite.service", "rqlite", "gateway"} <= bad(checks)
        assert checks["debros-rqlite.service"]["text"].startswith("inactive")
    finally:
        full.start()
        full.json("wait-ready")
    full.json("restart", "debros-gateway", "--gateway-config", str(full.gateway_config))


def test_a_missing_voter_is_seen_by_the_others(roles) -> None:
    leader, (missing, other) = roles
    missing.kill()
    leader.json("wait-ready")
    checks = check(other, code=1)
    assert "rqlite" in bad(checks)
    assert f"2 of 3 voters reachable; missing: {missing.name}" in checks["rqlite"]["text"]


def test_a_certificate_that_ends_soon_is_told_in_time(single, ca) -> None:
    good = (single.keys / "raft.crt").read_bytes()
    request = single.json("csr", "--name", single.name, "--address", "127.0.0.1")["csr"].encode()
    try:
        for days, state in ((20, "warning"), (3, "bad")):
            (single.keys / "raft.crt").write_bytes(ca.sign(request, days=days))
            assert check_certificate(single)["state"] == state
            assert "renew it with the playbook rotate.yml" in check_certificate(single)["text"]
        (single.keys / "raft.crt").unlink()
        assert check_certificate(single)["state"] == "bad"
        (single.keys / "raft.crt").write_bytes(ca.sign(request, days=3, begin=2))
        assert "it is valid only from" in check_certificate(single)["text"]
        (single.keys / "raft.crt").write_bytes(type(ca)().sign(request))
        assert "it is not signed by the authority" in check_certificate(single)["text"]
    finally:
        (single.keys / "raft.crt").write_bytes(good)


def test_where_a_cluster_manages_itself_nobody_is_sent_to_a_playbook(single, ca) -> None:
    good, table = (single.keys / "raft.crt").read_bytes(), single.home / "bin" / "units.json"
    request = single.json("csr", "--name", single.name, "--address", "127.0.0.1")["csr"].encode()
    kept = table.read_text()
    try:
        timer = {"debros-members.timer": [False, ["sleep", "600"]]}
        table.write_text(json.dumps(json.loads(kept) | timer))
        single.systemctl("start", "debros-members.timer")
        for days, hint in ((20, "debros-members.service renews it"), (-3, "run the installer here again")):
            (single.keys / "raft.crt").write_bytes(ca.sign(request, days=days + 10, begin=-10))
            assert hint in check_certificate(single)["text"]
            assert "playbook" not in check_certificate(single)["text"]
    finally:
        single.systemctl("stop", "debros-members.timer", check=False)
        table.write_text(kept)
        (single.keys / "raft.crt").write_bytes(good)


@pytest.mark.parametrize("key", ["absent", "not a key"])
def test_the_private_key_is_not_looked_at(single, key) -> None:
    """The unit that checks is not given it: a secret that is not needed is one that cannot be lost there."""
    file = single.keys / "raft.key"
    kept = file.read_text()
    try:
        file.unlink() if key == "absent" else file.write_text(key)
        assert check_certificate(single)["state"] == "ok"
    finally:
        single.secret("raft.key", kept)


def check_certificate(host):
    done = host.run("check", "--json", "--directory", str(host.backups))
    return next(one for one in json.loads(done.stdout)["checks"] if one["check"] == "certificate")
