from libp2p.identity.identify.pb.identify_pb2 import Identify

from debros.p2p.workarounds import forgetting
from debros.p2p.workarounds.forgetting import bounded


def test_what_a_node_says_is_kept():
    told = Identify(
        protocols=["/ipfs/ping/1.0.0", "/meshsub/1.1.0"],
        listen_addrs=[b"\x04\x7f\x00\x00\x01\x06\x0f\xa1"],
        signedPeerRecord=bytes(200),
        agent_version="x",
    )
    before = told.SerializeToString()
    assert bounded(told).SerializeToString() == before


def test_too_many_are_cut():
    kept = bounded(Identify(protocols=["/a"] * 5000, listen_addrs=[b"x"] * 5000))
    assert len(kept.protocols) == forgetting.MAX_PROTOCOLS
    assert len(kept.listen_addrs) == forgetting.MAX_ADDRESSES


def test_too_long_ones_are_left_out():
    long = "a" * (forgetting.MAX_NAME_BYTES + 1)
    kept = bounded(
        Identify(
            protocols=[long, "/a"],
            listen_addrs=[long.encode(), b"x"],
            signedPeerRecord=bytes(forgetting.MAX_RECORD_BYTES + 1),
        )
    )
    assert list(kept.protocols) == ["/a"]
    assert list(kept.listen_addrs) == [b"x"]
    assert not kept.HasField("signedPeerRecord")
