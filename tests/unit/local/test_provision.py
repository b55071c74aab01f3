import re
import stat
from pathlib import Path

import pytest
import yaml

from debros.config import load_gateway, load_node
from debros.identity import load as load_identity
from debros.local import cluster as clusters
from debros.local.cluster import Cluster
from debros.local.errors import LocalError
from debros.local.layout import Layout
from debros.local.provision import multiaddr, provision


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    cluster = Cluster(Layout(tmp_path / "dev", 100), 3)
    provision(cluster)
    return cluster


def snapshot(home: Path) -> dict[Path, tuple[int, int, bytes]]:
    """Return inode, time of change and content of every file."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_host_1_founds_and_the_others_join_it(cluster: Cluster) -> None:
    first, second, third = (load_node(host.node_config, environ={}) for host in cluster.layout.hosts(3))
    assert (first.node.type, second.node.type, third.node.type) == ("bootstrap", "node", "node")
    assert first.database.rqlite_join_address == ""
    assert second.database.rqlite_join_address == third.database.rqlite_join_address == "127.0.0.1:7101"
    peer_id = load_identity(cluster.layout.host(1).key_file).peer_id
    addresses = [multiaddr(host) for host in cluster.layout.hosts(3)]
    assert addresses[0] == f"/ip4/127.0.0.1/tcp/4101/p2p/{peer_id}"
    assert first.discovery.bootstrap_peers == addresses[1:]
    assert second.discovery.bootstrap_peers == [addresses[0], addresses[2]]


def test_everything_is_on_loopback_and_on_the_host_s_own_ports(cluster: Cluster) -> None:
    host = cluster.layout.host(2)
    node, gateway = load_node(host.node_config, environ={}), load_gateway(host.gateway_config, environ={})
    assert node.node.listen_addresses == ["/ip4/127.0.0.1/tcp/4102"]
    assert (node.database.rqlite_port, node.database.rqlite_raft_port) == (5102, 7102)
    assert node.discovery.http_adv_address == "127.0.0.1:5102"
    assert node.discovery.raft_adv_address == "127.0.0.1:7102"
    assert gateway.listen_addr == "127.0.0.1:6102"
    assert gateway.rqlite_dsn == "http://127.0.0.1:5102"
    assert gateway.p2p_socket == node.node.p2p_socket == host.p2p_socket


def test_every_gateway_takes_the_one_key(cluster: Cluster) -> None:
    key = cluster.layout.api_key.read_text().strip()
    assert re.fullmatch(r"ak_[A-Za-z0-9]{24}", key)
    for host in cluster.layout.hosts(3):
        gateway = load_gateway(host.gateway_config, environ={})
        assert [(k.key, k.namespace, k.scope) for k in gateway.api_keys] == [(key, "default", "admin")]
        assert gateway.require_auth


def test_every_gateway_has_the_same_server_key(cluster: Cluster) -> None:
    files = {load_gateway(host.gateway_config, environ={}).auth.server_key_file for host in cluster.layout.hosts(3)}
    assert files == {cluster.layout.server_key}


def test_a_host_added_to_an_older_cluster_keeps_its_key_where_the_others_do(cluster: Cluster) -> None:
    layout = cluster.layout
    layout.server_key.unlink()
    for host in layout.hosts(2):
        document = yaml.safe_load(host.gateway_config.read_text())
        del document["auth"]
        host.gateway_config.write_text(yaml.safe_dump(document))
    layout.host(3).gateway_config.unlink()
    provision(cluster)
    assert load_gateway(layout.host(3).gateway_config, environ={}).auth.server_key_file is None
    assert not layout.server_key.exists()


def test_secrets_are_for_the_owner_only(cluster: Cluster) -> None:
    layout = cluster.layout
    secrets = [layout.api_key, layout.server_key, *(f for h in layout.hosts(3) for f in (h.gateway_config, h.key_file))]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert stat.S_IMODE(layout.home.stat().st_mode) == 0o700


def test_a_second_time_changes_nothing(cluster: Cluster) -> None:
    before = snapshot(cluster.layout.home)
    provision(cluster)
    assert snapshot(cluster.layout.home) == before
    assert clusters.load({"DEBROS_HOME": str(cluster.layout.home)}) == cluster


def test_more_hosts_leave_the_first_ones_as_they_are(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    provision(Cluster(layout, 1))
    before = snapshot(layout.host(1).root)
    provision(Cluster(layout, 3))
    assert snapshot(layout.host(1).root) == before
    assert layout.host(3).node_config.exists()


def test_what_the_user_wrote_stays(cluster: Cluster) -> None:
    path = cluster.layout.host(1).gateway_config
    path.write_text(path.read_text() + "logging:\n  level: debug\n")
    provision(cluster)
    assert load_gateway(path, environ={}).logging.level == "debug"


def test_what_the_user_broke_is_said_with_the_file(cluster: Cluster) -> None:
    path = cluster.layout.host(2).node_config
    path.write_text(path.read_text().replace("type: node", "type: nodule"))
    with pytest.raises(LocalError, match=rf"{path}: Configuration errors \(1\):\n  - node\.type: must be one of"):
        provision(cluster)


def test_a_damaged_key_is_never_replaced(cluster: Cluster) -> None:
    path = cluster.layout.host(1).key_file
    path.write_bytes(b"no key")
    with pytest.raises(LocalError, match=str(path)):
        provision(cluster)
    assert path.read_bytes() == b"no key"


def test_a_file_where_a_directory_should_be(tmp_path: Path) -> None:
    (tmp_path / "host1").write_text("")
    with pytest.raises(LocalError, match=r"host1.*cannot be written: Not a directory"):
        provision(Cluster(Layout(tmp_path), 1))
