"""A host with a gateway and nothing else: what is looked at there, and its part in a restore."""

import json
import sys

import pytest
from click.testing import CliRunner

from debros.hosts import places, units
from debros.hosts.checks.result import State
from debros.hosts.checks.run import run
from debros.hosts.main import cli
from debros.hosts.settings import Settings
from testkit import systemctl

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
UNITS = (units.GATEWAY_SOCKET, units.GATEWAY)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Those of such a host, whose gateway runs as far as systemctl can tell."""
    for name, value in systemctl.install(tmp_path / "bin", dict.fromkeys(UNITS, SLEEPS)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(places, "DATABASE", tmp_path / "data" / "db")
    monkeypatch.setattr(places, "GATEWAY_DATA", tmp_path / "data")
    (tmp_path / "data").mkdir()
    (tmp_path / "gateway.yaml").write_text("listen_addr: 127.0.0.1:1\n")
    for name in UNITS:
        units.start(name, 10)
    yield Settings(tmp_path / "node.yaml")
    units.stop(*UNITS)


def states():
    return [units.show(name).active for name in UNITS]


def step(settings, name, *words, code=0):
    words = ["restore-step", name, *words, "--config", str(settings.config), "--json"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout or done.stderr)


def looked_at(settings):
    gateway = settings.config.with_name("gateway.yaml")
    return {result.name: result.state for result in run(settings, gateway, settings.config.parent / "backups")}


def test_the_gateway_is_looked_at_and_no_database_is_missed(settings) -> None:
    found = looked_at(settings)
    assert list(found) == [units.GATEWAY, "gateway", "disk", "clock"]
    assert (found[units.GATEWAY], found["gateway"]) == (State.OK, State.BAD)  # nobody answers at that address


def test_its_gateway_stops_and_starts_with_those_of_the_others(settings) -> None:
    assert step(settings, "status") == {"changed": False, "gateway_only": True}
    assert [step(settings, "close")["changed"] for _ in range(2)] == [True, False]
    assert states() == ["inactive", "inactive"]
    mark = places.DATABASE.with_name("restore") / "gateway-stopped"
    assert mark.exists()  # AssertPathExists= of both units
    assert looked_at(settings)["restore"] is State.BAD
    for name in ("swap", "undo", "open", "check"):
        assert step(settings, name) == {"changed": False}
    assert states() == ["inactive", "inactive"]
    assert [step(settings, "finish")["changed"] for _ in range(2)] == [True, False]
    assert states() == ["active", "active"]
    assert not mark.parent.exists()


def test_there_is_nothing_to_prepare(settings) -> None:
    assert step(settings, "prepare", "a.sqlite", code=1)["code"] == "gateway_only"
