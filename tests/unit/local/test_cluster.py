import os
from pathlib import Path

import pytest

from debros.local.cluster import Cluster, load, save
from debros.local.errors import LocalError
from debros.local.layout import Layout


def test_before_the_first_start_there_are_no_hosts(tmp_path: Path) -> None:
    environ = {"DEBROS_HOME": str(tmp_path / "new"), "DEBROS_PORT_OFFSET": "7"}
    assert load(environ) == Cluster(Layout(tmp_path / "new", 7), 0)


def test_what_was_saved_is_loaded_with_its_ports(tmp_path: Path) -> None:
    cluster = Cluster(Layout(tmp_path, 300), 3)
    save(cluster)
    assert load({"DEBROS_HOME": str(tmp_path)}) == cluster
    assert load({"DEBROS_HOME": str(tmp_path), "DEBROS_PORT_OFFSET": "300"}) == cluster


def test_other_ports_than_the_cluster_was_made_with_are_refused(tmp_path: Path) -> None:
    save(Cluster(Layout(tmp_path, 300), 1))
    with pytest.raises(
        LocalError, match=r"DEBROS_PORT_OFFSET=0: .* was made with offset 300.*Unset DEBROS_PORT_OFFSET"
    ):
        load({"DEBROS_HOME": str(tmp_path), "DEBROS_PORT_OFFSET": "0"})


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"hosts": 0, "port_offset": 0}', '{"hosts": "x", "port_offset": 0}', '{"hosts": 1}']
)
def test_a_damaged_file_is_said_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "cluster.json").write_text(text)
    with pytest.raises(LocalError, match=r"cluster\.json: damaged .* it should read like"):
        load({"DEBROS_HOME": str(tmp_path)})


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    save(Cluster(Layout(tmp_path), 1))
    (tmp_path / "cluster.json").chmod(0)
    with pytest.raises(LocalError, match="cannot be read: Permission denied"):
        load({"DEBROS_HOME": str(tmp_path)})
