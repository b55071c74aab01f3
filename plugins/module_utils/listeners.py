"""Who listens on a TCP port of this host, from /proc."""

from __future__ import annotations

from pathlib import Path

_LISTEN = "0A"
_GATEWAY_SOCKET = Path("/etc/systemd/system/debros-gateway.socket")


def inodes(port: int, proc: Path = Path("/proc")) -> set[str]:
    """Return the inodes of the sockets that listen on a port, IPv4 and IPv6."""
    found = set()
    for name in ("net/tcp", "net/tcp6"):
        try:
            lines = (proc / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def owners(sockets: set[str], proc: Path = Path("/proc")) -> list[tuple[int, str, str]]:
    """Return process id, name and control group of every process that holds one of the sockets."""
    links = {f"socket:[{inode}]" for inode in sockets}
    found = []
    for directory in proc.glob("[0-9]*"):
        try:
            held = any(str(link.readlink()) in links for link in (directory / "fd").iterdir())
            if held:
                name = (directory / "comm").read_text().strip()
                found.append((int(directory.name), name, (directory / "cgroup").read_text()))
        except OSError:
            continue  # the process ended while we looked
    return sorted(found)


def strangers(port: int) -> list[str]:
    """Return "name (process N)" of every process on a port that is not one of ours; ["an unknown process"] at worst."""
    sockets = inodes(port)
    if not sockets:
        return []
    found = owners(sockets)
    ours = [pid for pid, _, group in found if "debros" in group or (pid == 1 and _GATEWAY_SOCKET.exists())]
    others = [f"{name} (process {pid})" for pid, name, _ in found if pid not in ours]
    return others or ([] if ours else ["an unknown process"])
