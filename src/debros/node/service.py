"""The node's parts under one roof: what starts, in which order, and how it ends."""

import signal
import time
from collections.abc import Callable
from typing import Final

import trio

from debros import logs
from debros.config import NodeConfig, bootstrap_multiaddrs, rqlite_credentials
from debros.identity import Identity
from debros.node import heartbeat, members, peer_info, watchdog
from debros.node.heartbeat import Heart, Word
from debros.node.monitor import Monitor
from debros.node.roll import Roll
from debros.node.selfcheck import SelfCheck
from debros.p2p.addresses import split_peer
from debros.p2p.lasting import lasting
from debros.p2p.network import Listener, Network
from debros.p2p.server import SocketServer
from debros.p2p.state import NodeStatus
from debros.systemd import Notifier

_log = logs.get(__name__)

# Seconds between two looks at who has fallen silent.
_WATCH: Final = 5.0


class Service:
    """A node with a valid configuration and its key.

    Args:
        config: the configuration.
        identity: the node's key.
        notifier: the way to systemd.

    Raises:
        ConfigError: the file with the credentials for rqlite cannot be read any more.
    """

    def __init__(self, config: NodeConfig, identity: Identity, notifier: Notifier | None = None) -> None:
        self._config = config
        self._notifier = notifier or Notifier()
        self._started = time.monotonic()
        self._node_id = config.node.id or identity.peer_id
        self._network = Network(
            identity,
            listen=config.node.listen_addresses,
            bootstrap_peers=bootstrap_multiaddrs(config),
            announce_host=peer_info.announced(config.discovery),
            max_connections=config.node.max_connections,
            discovery_interval=float(config.discovery.discovery_interval),
        )
        self._network.is_member = self._of_the_cluster
        rqlite = f"http://127.0.0.1:{config.database.rqlite_port}"
        auth = rqlite_credentials(config.database.rqlite_credentials_file, "database.rqlite_credentials_file")
        self._monitor = Monitor(rqlite, replication_factor=config.database.replication_factor, auth=auth)
        bell = config.node.p2p_socket.with_name(members.FILE)
        self._members = members.MembersWatch(rqlite, bell, auth=auth)
        configured = [split_peer(address)[1] for address in bootstrap_multiaddrs(config)]
        self._configured = {peer: "" for peer in configured if peer}
        self._roll = Roll(identity.peer_id, self._node_id, self._known, clock=time.time, monotonic=time.monotonic)
        self._heart = Heart(
            self._say,
            peers=self._network.peer_count,
            database=lambda: self._monitor.snapshot,
            uptime=self._uptime,
            clock=time.time,
        )
        self._server = SocketServer(config.node.p2p_socket, self._network, self._status)

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Run until SIGTERM or SIGINT.

        Args:
            ready: called once everything listens.

        Raises:
            ExceptionGroup: holding ListenError, SocketInUseError or OSError when it cannot start.
        """
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._serve, ready)
                async for number in signals:
                    _log.info("stopping", signal=signal.Signals(number).name)
                    self._notifier.stopping()
                    nursery.cancel_scope.cancel()
                    break

    async def _serve(self, ready: Callable[[], None]) -> None:
        async with self._network.run(), self._server.run(), trio.open_nursery() as nursery:
            address = self._network.addresses()[0]
            path = peer_info.write(self._config.node.data_dir, address)
            _log.info(
                "node started",
                node_id=self._node_id,
                peer_id=self._network.peer_id,
                address=address,
                peer_info=str(path),
                p2p_socket=str(self._config.node.p2p_socket),
            )
            nursery.start_soon(lasting, "monitor", self._monitor.run)
            nursery.start_soon(lasting, "members", self._members.run)
            listener = Listener(self._roll.accepts, self._roll.hear, self._heart.somebody_listens)
            await self._network.listen(heartbeat.TOPIC, listener)
            nursery.start_soon(lasting, "heartbeat", self._heart.run)
            nursery.start_soon(lasting, "roll", self._watch_others)
            self._notifier.ready(self._line())
            nursery.start_soon(self._report)
            ready()

    async def _report(self) -> None:
        node = self._config.node
        feed_every = self._notifier.feed_every
        check = SelfCheck(node.p2p_socket, node.listen_addresses, **({"timeout": feed_every} if feed_every else {}))
        await watchdog.report(self._notifier, check=check, status=self._line)

    def _line(self) -> str:
        database = self._monitor.snapshot
        state = f"{database.role or 'reachable'}, {'ready' if database.ready else 'not ready'}"
        return f"{self._network.peer_count()} peers; database {state if database.reachable else 'not reachable'}"

    def _known(self) -> dict[str, str]:
        """The members: those of the cluster's list, and whom the operator has named as bootstrap peers."""
        return self._configured | self._members.names

    def _of_the_cluster(self, peer: str) -> bool:
        return peer in self._configured or peer in self._members.names or peer in self._members.clients

    async def _say(self, word: Word) -> None:
        self._roll.note(self._network.peer_id, word)
        await self._network.publish(heartbeat.TOPIC, heartbeat.encode(word))

    async def _watch_others(self) -> None:
        while True:
            await trio.sleep(_WATCH)
            self._roll.watch()

    def _uptime(self) -> float:
        return time.monotonic() - self._started

    def _status(self, topics: list[str]) -> NodeStatus:
        return NodeStatus(
            node_id=self._node_id,
            peer_id=self._network.peer_id,
            peer_count=self._network.peer_count(),
            uptime=self._uptime(),
            rqlite=self._monitor.snapshot.as_dict(),
            topics=topics,
            addresses=self._network.addresses(),
            nodes=self._roll.reports(),
            dropped=self._network.dropped(),
        )
