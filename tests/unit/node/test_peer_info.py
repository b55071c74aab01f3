from debros.node import peer_info

ADDRESS = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"


def test_one_line_replaced_in_one_step(tmp_path):
    (tmp_path / "peer.info").write_text("old")
    assert peer_info.write(tmp_path, ADDRESS) == tmp_path / "peer.info"
    assert (tmp_path / "peer.info").read_text() == ADDRESS + "\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["peer.info"]
