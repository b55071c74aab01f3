"""The sockets on which the gateway serves: those systemd holds for it, else one of its own."""

import socket
from collections.abc import Sequence

from debros import logs
from debros.config import GatewayConfig
from debros.config.addresses import is_ip, parse_host_port
from debros.gateway import server
from debros.systemd import HeldSocket

_log = logs.get("debros.gateway")


def listeners(config: GatewayConfig, held: Sequence[HeldSocket]) -> list[socket.socket]:
    """Return the sockets to serve on.

    Raises:
        ListenError: There is none of systemd's, and the configured address cannot be used.
    """
    usable = [one.socket for one in held if one.listens]
    for one in held:
        if one.socket not in usable:
            _log.warning("a socket of systemd is not used: it does not listen for connections", name=one.name)
            one.socket.close()
    if not usable:
        return [server.listen(config.listen_addr)]
    found = [_name(sock) for sock in usable]
    if not any(_fits(sock, config.listen_addr) for sock in usable):
        _log.warning(
            "listen_addr is not used: systemd holds other sockets; make ListenStream= and listen_addr the same",
            listen_addr=config.listen_addr,
            sockets=found,
        )
    return usable


def announce(sockets: Sequence[socket.socket], *, tls: bool, held: bool) -> None:
    """Say on which addresses the gateway serves."""
    for sock in sockets:
        host, port = sock.getsockname()[:2] if sock.family != socket.AF_UNIX else (sock.getsockname(), 0)
        _log.info("listening", address=host, port=port, tls=tls, held=held)


def _fits(sock: socket.socket, listen_addr: str) -> bool:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    host, port = sock.getsockname()[:2]
    wanted = parse_host_port(listen_addr, any_host=True)
    if wanted.port != port:
        return False
    if not wanted.host:
        return host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    return wanted.host == host or not is_ip(wanted.host)  # a name may stand for this address


def _name(sock: socket.socket) -> str:
    name = sock.getsockname()
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)
