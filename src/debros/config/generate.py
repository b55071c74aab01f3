"""Write what is made from the schema: ``python -m debros.config.generate [--check] [directory]``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from debros.config.reference import reference
from debros.config.sample import sample

# The second node of a developer's machine, beside the one that bootstrap.yaml describes.
_SECOND_NODE = {
    "node.data_dir": "./data/node2",
    "database.data_dir": "./data/node2/db",
    "listen_port": 4002,
    "rqlite_http_port": 5002,
    "rqlite_raft_port": 7002,
    "join": "127.0.0.1:7001",
    "bootstrap_peers": ["127.0.0.1"],
    "discovery.http_adv_address": "127.0.0.1",
    "discovery.raft_adv_address": "127.0.0.1",
}
_FIRST_NODE = {
    "discovery.http_adv_address": "127.0.0.1",
    "discovery.raft_adv_address": "127.0.0.1",
}


def outputs() -> dict[str, str]:
    """Make every generated file: path in the repository → text."""
    return {
        "configs/bootstrap.yaml": sample("bootstrap", _FIRST_NODE),
        "configs/client.yaml": sample("client"),
        "configs/gateway.yaml": sample("gateway"),
        "configs/node.yaml": sample("node", _SECOND_NODE),
        "docs/configuration.md": reference(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with ``--check`` compare them.

    Returns:
        0 when they are as the schema says, 1 when one was not (``--check``).
    """
    parser = argparse.ArgumentParser(description="Write the sample files and the reference page from the schema.")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(), help="the repository")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a file is out of date")
    options = parser.parse_args(arguments)
    stale = [name for name, text in outputs().items() if not _same(options.directory / name, text)]
    if options.check:
        for name in stale:
            sys.stderr.write(f"{name} is out of date; run: python -m debros.config.generate\n")
        return 1 if stale else 0
    for name in stale:
        path = options.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(outputs()[name], encoding="utf-8")
        sys.stderr.write(f"wrote {name}\n")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
