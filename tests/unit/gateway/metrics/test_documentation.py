"""docs/metrics.md and the figures of a gateway are the same."""

import re
from pathlib import Path

import yaml

from debros.config import load_gateway
from debros.gateway.app import create_app

PAGE = (Path(__file__).parents[4] / "docs" / "metrics.md").read_text()


def documented() -> set[str]:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([a-z0-9_]+)", row)}


def test_every_figure_is_documented_and_none_that_is_not_there(tmp_path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "p2p_socket": str(tmp_path / "p2p.sock")}))
    registry = create_app(load_gateway(path, environ={})).state.services.metrics.registry
    families = list(registry.collect())
    assert {f"{one.name}_total" if one.type == "counter" else one.name for one in families} == documented()
    assert all(one.documentation.endswith((".", ")")) for one in families)


def test_two_gateways_share_no_figures(tmp_path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "p2p_socket": str(tmp_path / "p2p.sock")}))
    one, other = (create_app(load_gateway(path, environ={})).state.services.metrics for _ in range(2))
    one.requests.under_way.inc()
    name = "debros_gateway_requests_in_flight"
    assert (one.registry.get_sample_value(name), other.registry.get_sample_value(name)) == (1, 0)
