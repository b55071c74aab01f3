from pathlib import Path

import pytest

from debros.local.errors import LocalError
from debros.local.layout import MAX_HOSTS, MAX_PORT_OFFSET, Layout, home_directory, requested_port_offset


def test_ports_follow_the_host_number_and_the_offset() -> None:
    host = Layout(Path("/h"), 100).host(3)
    assert (host.p2p_port, host.rqlite_port, host.gateway_port, host.raft_port) == (4103, 5103, 6103, 7103)
    assert host.metrics_port == 8103
    assert host.gateway_url == "http://localhost:6103"


def test_the_largest_offset_keeps_the_last_port_in_range() -> None:
    assert Layout(Path("/h"), MAX_PORT_OFFSET).host(MAX_HOSTS).metrics_port == 65535


def test_no_port_is_used_twice() -> None:
    hosts = Layout(Path("/h")).hosts(MAX_HOSTS)
    ports = [port for h in hosts for port in (h.p2p_port, h.rqlite_port, h.gateway_port, h.raft_port, h.metrics_port)]
    assert len(set(ports)) == 5 * MAX_HOSTS


def test_the_home_directory(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.chdir(tmp_path)
    assert home_directory({}) == Path("/home/ann/.debros/dev")
    assert home_directory({"DEBROS_HOME": ""}) == Path("/home/ann/.debros/dev")
    assert home_directory({"DEBROS_HOME": "~/x"}) == Path("/home/ann/x")
    assert home_directory({"DEBROS_HOME": "a/../b"}) == tmp_path / "b"


@pytest.mark.parametrize(("text", "offset"), [("", None), ("0", 0), ("2000", 2000)])
def test_the_port_offset(text: str, offset: int | None) -> None:
    assert requested_port_offset({"DEBROS_PORT_OFFSET": text}) == offset


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "57527", "99999999"])
def test_a_port_offset_that_makes_no_sense(text: str) -> None:
    with pytest.raises(LocalError, match=f"DEBROS_PORT_OFFSET: must be a number from 0 to 57526; got '{text}'"):
        requested_port_offset({"DEBROS_PORT_OFFSET": text})
