"""``<data_dir>/peer.info``: the one line other hosts need to connect to this node."""

from pathlib import Path

from debros import files


def write(data_dir: Path, multiaddr: str) -> Path:
    """Put a dialable multiaddr (ending in ``/p2p/<peer id>``) into the file, in one step.

    Returns:
        The file.

    Raises:
        OSError: it cannot be written.
    """
    path = data_dir / "peer.info"
    files.replace(path, f"{multiaddr}\n", mode=0o644)
    return path
