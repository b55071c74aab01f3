"""How this host is reached by SSH right now, so that a firewall does not shut out who is setting it up."""

from __future__ import annotations

import ipaddress
import re
import subprocess
from pathlib import Path

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Connection = tuple[Address, int]  # who, and the port of this host it came in on

_SOCKETS = ("ssh.socket", "sshd.socket")  # Debian's and Ubuntu's name, and that of others
_LISTEN = re.compile(r"^Listen=(?:\[[0-9a-fA-F:.]*\]|[0-9.]+):(?P<port>\d+) \(Stream\)$", re.MULTILINE)


def connection(pid: int, proc: Path = Path("/proc")) -> Connection | None:
    """Return the client's address and the port it came in on, from the process or the nearest ancestor that knows.

    sshd tells it to its sessions in SSH_CONNECTION; sudo forgets the variable, so the ancestors are asked.

    Args:
        pid: Where to begin.
        proc: The process file system.
    """
    while pid > 1:
        for entry in _read(proc / str(pid) / "environ").split(b"\0"):
            name, _, value = entry.partition(b"=")
            words = value.decode(errors="replace").split()
            if name == b"SSH_CONNECTION" and len(words) == 4 and words[3].isdigit():
                try:
                    return _address(words[0]), int(words[3])
                except ValueError:
                    break
        pid = _parent(proc / str(pid) / "status")
    return None


def _address(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _parent(status: Path) -> int:
    for line in _read(status).decode(errors="replace").splitlines():
        if line.startswith("PPid:"):
            return int(line.split()[1])
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def server_ports(program: str | None) -> list[int]:
    """Return the ports that sshd is configured to listen on; [] when there is no sshd or it does not say.

    Args:
        program: sshd, or None.
    """
    if not program:
        return []
    try:
        done = subprocess.run([program, "-T"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    ports = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("port ")]
    return [int(port) for port in ports if port.isdigit()]


def socket_ports(program: str | None) -> list[int]:
    """Return the ports systemd listens on in sshd's place (Ubuntu's way); they may be others than sshd is set to.

    Args:
        program: systemctl, or None.
    """
    found: list[int] = []
    for unit in _SOCKETS if program else ():
        command = [str(program), "show", unit, "--property=ActiveState,Listen"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if "ActiveState=active" in done.stdout.splitlines():
            found += [int(match["port"]) for match in _LISTEN.finditer(done.stdout)]
    return found
