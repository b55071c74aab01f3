"""What the rqlited of this host knows about its cluster, asked over loopback."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT = 5.0  # seconds; loopback


def ask(port: int, credentials: Path) -> dict[str, Any]:
    """Return the members as rqlite's /status lists them.

    Args:
        port: rqlite's HTTP port on 127.0.0.1.
        credentials: File with `user:password`; may be missing.

    Returns:
        `running`, `leader` (an id, "" = none), `voters` (ids; [] before the cluster was formed) and `members` (id →
        Raft address, replicas included).
    """
    try:
        user = credentials.read_text().strip()
    except OSError:
        user = ""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/status")
    if user:
        request.add_header("Authorization", f"Basic {base64.b64encode(user.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - its scheme is fixed above
            store = json.load(answer)["store"]
        nodes = store.get("nodes") or []
        return {
            "running": True,
            "leader": str((store.get("leader") or {}).get("node_id") or ""),
            "voters": sorted(str(node["id"]) for node in nodes if node.get("suffrage", "Voter").lower() == "voter"),
            "members": {str(node["id"]): str(node.get("addr", "")) for node in nodes},
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"running": False, "leader": "", "voters": [], "members": {}}
