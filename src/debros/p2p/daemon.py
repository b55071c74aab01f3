"""The p2p daemon in client mode, for a gateway on a host without a node: `python -m debros.p2p.daemon`.

It keeps connections to the bootstrap peers and serves the Unix socket as a node does. It listens nowhere, discovers
nobody, relays nothing for others, and keeps no data but its key. Its parent holds its standard input: it ends with it.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from debros import identity, logs
from debros.config.types import LoggingSection


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run until SIGTERM, SIGINT, or the end of standard input; exit 0 then, 1 when it cannot start."""
    options = _parser().parse_args(arguments)
    try:
        logs.configure(LoggingSection(options.log_level, options.log_format, options.log_file), service="debros-p2p")
    except OSError as error:
        print(f"{options.log_file}: {error.strerror}", file=sys.stderr)  # noqa: T201 - there is no log
        sys.exit(1)
    log = logs.get(__name__)
    from debros.p2p import workarounds  # noqa: PLC0415 - after the log: libp2p writes to the root logger

    try:
        key = identity.load_or_create(options.key)
        workarounds.apply_all()
    except (identity.IdentityError, OSError, workarounds.UnsupportedLibp2pError) as error:
        log.critical("cannot start", reason=str(error))
        sys.exit(1)
    import trio  # noqa: PLC0415 - see above

    from debros.p2p.unix import SocketInUseError  # noqa: PLC0415 - see above

    try:
        trio.run(_serve, key, options.socket, options.bootstrap)
    except* (SocketInUseError, OSError) as group:
        log.critical("cannot start", reason="; ".join(map(str, group.exceptions)))
        sys.exit(1)
    sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="debros.p2p.daemon", description="libp2p for programs on a host without a node.", allow_abbrev=False
    )
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to serve")
    parser.add_argument("--key", type=Path, required=True, help="file with the libp2p key; made when it is missing")
    parser.add_argument("--bootstrap", action="append", required=True, metavar="MULTIADDR", help="a peer; may repeat")
    parser.add_argument("--log-level", default="info", choices=("debug", "info", "warn", "error"))
    parser.add_argument("--log-format", default="console", choices=("console", "json"))
    parser.add_argument("--log-file", type=Path)
    return parser


async def _serve(key: identity.Identity, socket: Path, bootstrap: Sequence[str]) -> None:
    import signal  # noqa: PLC0415 - see main

    import trio  # noqa: PLC0415 - see main

    from debros.p2p.network import Network  # noqa: PLC0415 - see main
    from debros.p2p.server import SocketServer  # noqa: PLC0415 - see main
    from debros.p2p.state import NodeStatus  # noqa: PLC0415 - see main

    started = time.monotonic()
    network = Network(key, bootstrap_peers=bootstrap, relay=False)

    def status(topics: list[str]) -> NodeStatus:
        uptime = time.monotonic() - started
        peers, dropped = network.peer_count(), network.dropped()
        return NodeStatus(key.peer_id, key.peer_id, peers, uptime, rqlite={}, topics=topics, dropped=dropped)

    async def parent(scope: trio.CancelScope) -> None:
        async with trio.lowlevel.FdStream(sys.stdin.fileno()) as stdin:
            while await stdin.receive_some():
                pass
        scope.cancel()

    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with network.run(), SocketServer(socket, network, status).run(), trio.open_nursery() as nursery:
            logs.get(__name__).info("p2p client started", peer_id=key.peer_id, p2p_socket=str(socket))
            nursery.start_soon(parent, nursery.cancel_scope)
            async for _ in signals:
                nursery.cancel_scope.cancel()


if __name__ == "__main__":
    main()
