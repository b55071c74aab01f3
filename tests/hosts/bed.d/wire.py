#!/usr/bin/env python3
"""wire.py IF_A IF_B DELAY_MS: a cable with delay, for kernels without netem.

Copies Ethernet frames between two interfaces, each DELAY_MS later than it came. PACKET_VNET_HDR keeps the checksum and
segmentation offload data with each frame. Numbers are from linux/if_packet.h and linux/if_ether.h.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import select
import socket
import struct
import sys
import time

SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
ETH_P_ALL = 3


def port(name: str) -> socket.socket:
    """Open one end of the cable."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)  # not the frames we send
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.bind((name, ETH_P_ALL))
    # Frames for the host's address are not for ours.
    promiscuous = struct.pack("iHH8s", socket.if_nametoindex(name), PACKET_MR_PROMISC, 0, b"")
    sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous)
    sock.setblocking(False)
    return sock


def main() -> None:
    """Carry frames until killed."""
    a, b = port(sys.argv[1]), port(sys.argv[2])
    delay = float(sys.argv[3]) / 1000
    other = {a: b, b: a}
    queue: list[tuple[float, int, socket.socket, bytes]] = []
    order = itertools.count()  # equal times are compared by it, never by socket
    while True:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        for sock in select.select([a, b], [], [], wait)[0]:
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame = sock.recv(70000)
                    heapq.heappush(queue, (time.monotonic() + delay, next(order), other[sock], frame))
        while queue and queue[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(queue)
            with contextlib.suppress(OSError):  # link down or queue full: the frame is lost, as on a real cable
                out.send(frame)


main()
