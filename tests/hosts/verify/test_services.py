"""What systemd says about the host and the services."""

import json
import re

import pytest

from hostkit.cluster import SERVICES

RUNNING = (*(f"{name}.service" for name in SERVICES), "debros-gateway.socket")
TIMERS = ("debros-backup.timer", "debros-check.timer")
NOTIFYING = ("debros-node.service", "debros-gateway.service")
INFINITY = 2**64 - 1


def services(machine):
    listed = machine.run("systemctl list-unit-files --no-legend --plain 'debros-*.service'")
    return [line.split()[0] for line in listed.splitlines()]


def test_the_host_is_up_and_nothing_has_failed(machine):
    machine.settled()
    # What the timer's last look saw may be the playbook at work; this one must find nothing.
    machine.root("systemctl start debros-check.service")
    assert machine.run("systemctl list-units --failed --no-legend --plain") == ""
    assert machine.attempt("systemctl is-system-running").stdout.strip() == "running"


@pytest.mark.parametrize("unit", [*RUNNING, *TIMERS])
def test_active_now_and_at_boot(machine, unit):
    shown = machine.unit(unit, "ActiveState", "UnitFileState", "NeedDaemonReload")
    assert shown == {"ActiveState": "active", "UnitFileState": "enabled", "NeedDaemonReload": "no"}


@pytest.mark.parametrize("service", SERVICES)
def test_never_restarted_by_systemd(machine, service):
    assert machine.unit(f"{service}.service", "NRestarts", "Result") == {"NRestarts": "0", "Result": "success"}


@pytest.mark.parametrize("service", SERVICES)
def test_runs_as_its_own_user_within_limits(machine, service):
    shown = machine.unit(f"{service}.service", "User", "Slice", "MemoryMax", "TasksMax", "MainPID")
    assert (shown["User"], shown["Slice"]) == ("debros", "debros.slice")
    for limit in ("MemoryMax", "TasksMax"):
        assert shown[limit] != "infinity", f"{limit} is not set"
        assert int(shown[limit]) < INFINITY, f"{limit} is not set"
    assert machine.run(f"ps -o user= -p {shown['MainPID']}").strip() == "debros"


@pytest.mark.parametrize("unit", NOTIFYING)
def test_reports_readiness_and_feeds_a_watchdog(machine, unit):
    shown = machine.unit(unit, "Type", "WatchdogUSec", "WatchdogTimestampMonotonic")
    assert shown["Type"] == "notify"
    assert shown["WatchdogUSec"] not in ("0", "infinity")
    assert int(shown["WatchdogTimestampMonotonic"]) > 0


def test_sandboxes(machine):
    # The score reads the unit only; that it is enforced is what the other tests and the roles' own show.
    scores = {}
    for service in services(machine):
        last = machine.root(f"systemd-analyze security --no-pager {service}").splitlines()[-1]
        scores[service] = float(re.search(r": ([0-9.]+) ", last)[1])
    assert set(scores) >= {f"{name}.service" for name in SERVICES}
    allowed = {"debros-rqlite.service": 1.3}
    assert {name: score for name, score in scores.items() if score > allowed.get(name, 1.2)} == {}


def test_a_request_can_be_found_in_the_journal(cluster, machine):
    request = f"verify-{machine.name}-1"
    gateway = cluster.gateway(machine)
    assert gateway.ask("GET", "/v1/storage/list", headers={"X-Request-ID": request}).is_success
    found = machine.root(f"journalctl -u debros-gateway -o json DEBROS_REQUEST_ID={request}").splitlines()
    assert found, "no entry carries the request id"
    namespace = (cluster.secrets / "api-keys").read_text().split()[0].rpartition(":")[2]
    assert namespace in {json.loads(line).get("DEBROS_NAMESPACE") for line in found}


@pytest.mark.parametrize("service", SERVICES)
def test_the_journal_holds_text_without_colours(machine, service):
    entries = [json.loads(line) for line in machine.root(f"journalctl -u {service} -o json").splitlines()]
    assert entries
    # journalctl prints a message with control characters as a list of byte values.
    coloured = [entry for entry in entries if not isinstance(entry["MESSAGE"], str) or "\x1b" in entry["MESSAGE"]]
    assert coloured == []
