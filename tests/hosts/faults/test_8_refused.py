"""What the playbook refuses before it touches a host: all of it at once, each with the line to write."""

import pytest

from hostkit.bed import bed
from hostkit.patience import eventually
from hostkit.playbook import Run

pytestmark = pytest.mark.timeout(900)

PORT = 18090


def refused(*arguments):
    """Run the playbook, which has to fail before anything is changed, and return what it said on one line."""
    result = Run(*arguments).wait()
    assert result.status != 0, result.output[-2000:]
    assert result.changed_tasks() == []
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def test_bad_values_are_told_all_at_once():
    said = refused(
        *("-e", "gateway_prot=6001"),
        *("-e", "node_solana_wallet=0OIl"),
        *("-e", '{"debros_replication_factor": 0}'),
        *("-e", "backup_interval=bananas"),
        *("-e", '{"gateway_allowed_from": ["192.0.2.0/24"]}'),
    )
    for variable in (
        "gateway_prot",
        "node_solana_wallet",
        "debros_replication_factor",
        "backup_interval",
        "gateway_public: false",
    ):
        assert variable in said, f"{variable} is not told: {said[-3000:]}"


def test_a_taken_port_is_told_with_who_has_it(cluster):
    machine = cluster.machines[0]
    machine.root(f"systemd-run --quiet --unit=taker python3 -m http.server {PORT}")
    try:
        said = refused("-e", f"gateway_port={PORT}", "--limit", machine.name)
        assert str(PORT) in said
        assert "python3" in said
    finally:
        machine.root("systemctl stop taker")


def test_a_majority_that_is_away_stops_a_run_on_the_rest(cluster):
    machine, *others = cluster
    for other in others:
        bed("kill", other.name)
    # For a moment it still believes in its leader, and others find out later.
    eventually(lambda: machine.attempt("sudo debros-host leader").returncode != 0, "it has a leader all the same")
    said = refused("--limit", machine.name)
    assert "leader" in said or "majority" in said
    assert any(other.name in said for other in others)
