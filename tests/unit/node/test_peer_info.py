import pytest

from debros.config.types import DiscoverySection
from debros.node import peer_info

ADDRESS = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"


def test_one_line_replaced_in_one_step(tmp_path):
    (tmp_path / "peer.info").write_text("old")
    assert peer_info.write(tmp_path, ADDRESS) == tmp_path / "peer.info"
    assert (tmp_path / "peer.info").read_text() == ADDRESS + "\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["peer.info"]


@pytest.mark.parametrize(
    ("http", "raft", "announced"),
    [
        ("", "", ""),
        ("203.0.113.1", "192.0.2.1:7001", "203.0.113.1"),
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("[::1]:5001", "[2001:db8::1]:7001", "[2001:db8::1]:7001"),
        ("::1", "n1.example.org:7001", "n1.example.org:7001"),
        ("localhost:5001", "", "localhost:5001"),
        ("127.0.0.1:5001", "127.0.0.1:7001", "127.0.0.1:5001"),
        ("", "192.0.2.1", "192.0.2.1"),
    ],
)
def test_others_are_told_an_address_they_can_dial(http, raft, announced):
    section = DiscoverySection([], 15.0, 4001, http, raft, "default")
    assert peer_info.announced(section) == announced
