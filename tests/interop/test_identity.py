"""Both directions against js-libp2p itself: it reads our key file, we read its."""

from debros import identity


def test_js_reads_ours(js, tmp_path):
    ours = identity.load_or_create(tmp_path / "identity.key")
    theirs = js("identity.mjs", "read", tmp_path / "identity.key")
    assert theirs == {"id": ours.peer_id, "file": ours.marshal().hex()}


def test_we_read_theirs(js, tmp_path):
    theirs = js("identity.mjs", "write", tmp_path / "identity.key")
    ours = identity.load(tmp_path / "identity.key")
    assert theirs == {"id": ours.peer_id, "file": ours.marshal().hex()}
