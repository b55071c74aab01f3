"""When the roles run because of a certificate."""

from pathlib import Path

import yaml

from debros.config import load_node
from debros.hosts.membership import renewal

ROOT = Path(__file__).resolve().parents[4]


def test_the_roles_are_not_run_before_they_would_renew_it() -> None:
    defaults = yaml.safe_load((ROOT / "roles/debros/defaults/main.yml").read_text())
    assert defaults["debros_certificate_renew_days"] == renewal.DAYS


def test_a_cluster_without_certificates_has_none_to_renew(tmp_path: Path) -> None:

    config = tmp_path / "node.yaml"
    config.write_text(f"node:\n  type: bootstrap\n  data_dir: {tmp_path}\ndatabase:\n  data_dir: {tmp_path}/db\n")
    assert renewal.Renewal(load_node(config, environ={}), tmp_path / "renewal").due() == ""
