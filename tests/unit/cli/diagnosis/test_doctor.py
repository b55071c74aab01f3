"""`doctor`: every line is ok, warn or fail, and what is not ok has its next step."""

import datetime as dt
import json
import time
from pathlib import Path

import pytest

from debros.cli import credentials
from debros.cli.diagnosis import gateway as of_gateway
from debros.cli.diagnosis import member
from debros.cli.diagnosis.finding import State
from debros.cli.target import Target
from debros.version import current


@pytest.fixture
def well(gateway, key):  # noqa: ARG001 - it is stored
    """A gateway that is well and knows our key."""
    gateway.answer("/v1/health", {"status": "ok", "client": {"checks": {"database": "ok"}}})
    gateway.answer("/v1/version", {"version": current().version})
    gateway.answer("/v1/auth/whoami", {"authenticated": True, "subject": "", "namespace": "default"})
    return gateway


@pytest.fixture
def doctor(run, monkeypatch):
    """Run the program, away from any member; return exit code and findings by name."""
    # That of an installation might be there.
    monkeypatch.setattr(member.look, "__defaults__", (Path("/nowhere/node.yaml"),))

    def doctor(*words):
        done = run("doctor", "--format", "json", *words)
        checks = json.loads(done.stdout)["checks"]
        assert all(one["state"] == "ok" or one["next"] for one in checks)
        return done.exit_code, {one["name"]: (one["state"], one["text"], one["next"]) for one in checks}

    return doctor


@pytest.mark.usefixtures("well", "doctor")
def test_all_is_well(run) -> None:
    done = run("doctor")
    assert (done.exit_code, done.stderr) == (0, "")
    names = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert names == [
        f"ok    {name}" for name in ("configuration", "credentials", "gateway", "tls", "clock", "version", "sign-in")
    ]


@pytest.mark.usefixtures("well")
def test_a_configuration_with_problems(doctor, home) -> None:
    (home / ".debros" / "client.yaml").write_text("timeuot: 5s\n")
    code, found = doctor()
    state, text, step = found["configuration"]
    assert (code, state, step) == (1, "fail", f"edit {home}/.debros/client.yaml")
    assert "did you mean timeout?" in text
    assert found["gateway"][0] == "ok"


@pytest.mark.usefixtures("well")
def test_files_that_are_open_to_others(doctor, home) -> None:
    (home / ".debros").chmod(0o755)
    (home / ".debros" / "credentials.json").chmod(0o644)
    code, found = doctor()
    assert code == 0
    assert found["credentials folder"] == (
        "warn",
        f"{home}/.debros is open to other users (mode 0755)",
        f"chmod 700 {home}/.debros",
    )


@pytest.mark.usefixtures("well")
def test_credentials_that_cannot_be_read(doctor, home) -> None:
    (home / ".debros" / "credentials.json").write_text("{")
    code, found = doctor()
    assert code == 1
    for name in ("credentials", "gateway"):
        assert found[name][0] == "fail"
        assert "not JSON" in found[name][1]


def test_a_gateway_that_is_down(doctor) -> None:
    code, found = doctor("--gateway", "http://127.0.0.1:1")
    assert code == 1
    assert found["gateway"][0] == "fail"
    assert "systemctl status debros-gateway" in found["gateway"][2]
    assert "sign-in" not in found


def test_a_gateway_that_is_degraded(doctor, well) -> None:
    well.answer("/v1/health", {"status": "degraded", "client": {"checks": {"pubsub": "degraded"}}}, 503)
    code, found = doctor()
    assert code == 1
    assert found["gateway"][0] == "fail"
    assert "pubsub (degraded)" in found["gateway"][1]


def test_clock_version_and_sign_in_are_warnings(doctor, well) -> None:
    late = dt.datetime.fromtimestamp(time.time() - 600, dt.UTC)
    health = {"status": "ok", "client": {"checks": {}}}
    well.answer("/v1/health", health, Date=f"{late:%a, %d %b %Y %H:%M:%S} GMT")
    well.answer("/v1/version", {"version": "99.0.1"})
    well.refuse("/v1/auth/whoami", 401, "invalid_api_key", "invalid API key")
    code, found = doctor()
    assert code == 0
    assert found["clock"][:2] == (
        "warn",
        "this machine's clock is 10 min ahead of the gateway's; set it (timedatectl set-ntp true)",
    )
    assert found["version"][0] == found["sign-in"][0] == "warn"
    assert "99.0.1" in found["version"][1]
    assert "network-cli auth login" in found["sign-in"][2]


def test_no_secret_is_shown(doctor, well, key) -> None:
    assert key not in json.dumps(doctor())
    assert well.last.headers["x-api-key"] == key


def test_a_gateway_elsewhere_without_tls_is_worth_a_warning(monkeypatch) -> None:
    plain = of_gateway._tls(None, Target("http://gateway.example", None, loopback=False))
    assert (plain.state, "https://" in plain.next) == (State.WARN, True)
    for days, state in ((90, State.OK), (3, State.WARN)):
        monkeypatch.setattr(of_gateway, "_certificate_end", lambda *_, days=days: time.time() + days * 86_400 + 60)

        class Given:
            timeout = 1.0

        found = of_gateway._tls(Given(), Target("https://gateway.example", None, loopback=False))
        assert found.state is state
        assert f"{days}" in found.text


def test_a_member_whose_configuration_has_problems(tmp_path) -> None:
    config = tmp_path / "node.yaml"
    config.write_text("node: {type: leader}\n")
    (found,) = member.look(config)
    assert found.state is State.FAIL
    assert "must be one of [bootstrap node]" in found.text


def test_nothing_is_stored_by_looking(doctor, home) -> None:
    doctor("--gateway", "http://127.0.0.1:1")
    assert list(home.iterdir()) == []
    assert list(credentials.load().known()) == []
