"""docs/security.md says of the network what the roles do."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = dict(re.findall(r"^\| (\d+) \| ([^|]+) \|", PAGE, re.MULTILINE))


def defaults(role: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / f"roles/{role}/defaults/main.yml").read_text())


def test_what_everybody_may_connect_to() -> None:
    assert defaults("firewall")["firewall_ssh_allowed_from"] == ["any"]
    assert defaults("gateway")["gateway_public"] is True
    assert defaults("node")["node_allowed_from"] == ["any"]
    open_ports = {str(defaults("gateway")["gateway_port"]), str(defaults("node")["node_port"]), "22"}
    assert {port for port, to in ROWS.items() if to == "everybody"} == open_ports


def test_what_nobody_may_connect_to() -> None:
    gateway, rqlite = defaults("gateway"), defaults("rqlite")
    assert gateway["gateway_metrics_allowed_from"] == rqlite["rqlite_http_allowed_from"] == []
    closed = {str(gateway["gateway_metrics_port"]), str(rqlite["rqlite_http_port"])}
    assert {port for port, to in ROWS.items() if to.startswith("nobody")} == closed


def test_the_api_has_no_certificate_of_its_own() -> None:
    assert defaults("gateway")["gateway_tls_certificate_file"] == ""
    assert "**HTTP without TLS**" in PAGE


def test_the_variables_it_names_exist() -> None:
    named = set(re.findall(r"`((?:gateway|node|firewall|rqlite)_[a-z_]+)", PAGE))
    known = set().union(*(defaults(path.name) for path in (ROOT / "roles").iterdir()))
    assert len(named) > 6
    assert named - known == set()
