import json

import pytest

HEALTH = {
    "status": "ok",
    "server": {"started_at": "2025-01-01T00:00:00Z", "uptime": "1h"},
    "client": {"status": "ok", "checks": {"connection": "ok", "database": "ok", "pubsub": "ok"}},
}
DEGRADED = HEALTH | {"status": "degraded", "client": {"checks": {"database": "no leader", "pubsub": "ok"}}}


def test_a_healthy_gateway(gateway, run) -> None:
    gateway.answer("/v1/health", HEALTH)
    done = run("health")
    assert done.exit_code == 0
    assert "status\tok\n" in done.stdout
    assert "database\tok\n" in done.stdout
    assert done.stderr == ""


def test_too_few_voters_are_told_and_no_failure(gateway, run) -> None:
    gateway.answer("/v1/health", HEALTH | {"client": HEALTH["client"] | {"replication": "under-replicated"}})
    done = run("health")
    assert done.exit_code == 0
    assert "replication\tunder-replicated\n" in done.stdout
    assert done.stderr == ""


def test_a_gateway_that_does_not_tell_its_replication(gateway, run) -> None:
    gateway.answer("/v1/health", HEALTH)
    assert "replication" not in run("health").stdout


def test_a_degraded_gateway_shows_its_checks_and_fails(gateway, run) -> None:
    gateway.answer("/v1/health", DEGRADED, 503)
    done = run("health")
    assert done.exit_code == 5
    assert "database\tno leader\n" in done.stdout
    assert "database" in done.stderr
    assert "pubsub" not in done.stderr


def test_json_has_the_gateways_answer_and_the_error_apart(gateway, run) -> None:
    gateway.answer("/v1/health", DEGRADED, 503)
    done = run("health", "--format", "json")
    assert json.loads(done.stdout) == DEGRADED
    assert json.loads(done.stderr)["code"] == "degraded"


def test_degraded_is_a_failure_whatever_the_status(gateway, run) -> None:
    gateway.answer("/v1/health", DEGRADED, 200)
    assert run("health").exit_code == 5


@pytest.mark.parametrize(("body", "exit_code"), [({"error": "x", "code": "y"}, 5), (b"<html>", 1)])
def test_a_503_without_health_is_no_health(body, exit_code, gateway, run) -> None:
    gateway.answer("/v1/health", body, 503)
    done = run("health")
    assert done.exit_code == exit_code
    assert done.stdout == ""


def test_quiet_keeps_errors(gateway, run) -> None:
    gateway.answer("/v1/health", DEGRADED, 503)
    assert "degraded" in run("health", "-q").stderr
