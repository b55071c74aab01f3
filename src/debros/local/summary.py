"""What `up` prints at the end: where everything is, and three commands to try."""

from pathlib import Path

from debros.local.cluster import Cluster
from debros.local.provision import multiaddr

TRY = """
Try:
  KEY=$(cat {key})
  curl -s {url}/health
  curl -s {url}/v1/rqlite/query -H "X-API-Key: $KEY" \\
    -H 'Content-Type: application/json' -d '{{"sql": "SELECT 1 AS one"}}'
  curl -s "{url}/v1/storage/put?key=greeting" -H "X-API-Key: $KEY" --data-binary hello

Stop: make down   State: make status
"""


def text(cluster: Cluster, seconds: float | None) -> str:
    """Return the summary.

    Args:
        cluster: The running cluster.
        seconds: How long the start took; None when it was running already.
    """
    layout, hosts = cluster.layout, cluster.layout.hosts(cluster.hosts)
    count = "1 host" if cluster.hosts == 1 else f"{cluster.hosts} hosts"
    how = "was running already" if seconds is None else f"started in {seconds:.1f} s"
    lines = [f"DeBros Network is up: {count}, {how}.", ""]
    for host in hosts:
        number = f" {host.number}" if cluster.hosts > 1 else ""
        lines += [
            f"  gateway{number:<4} {host.gateway_url}",
            f"  rqlite{number:<5} http://127.0.0.1:{host.rqlite_port}",
            f"  node{number:<7} {multiaddr(host)}",
        ]
    url = hosts[0].gateway_url.removeprefix("http://")
    key = shorten(layout.api_key)
    # Shown, since it opens nothing but this machine's loopback; on servers keys are never printed.
    lines += [
        f"  API key     {layout.api_key.read_text().strip()}  ({key})",
        f"  logs        {shorten(layout.logs)}  (make logs)",
        "",
    ]
    return "\n".join(lines) + TRY.format(key=key, url=url)


def shorten(path: Path) -> str:
    """Return the path with ~ for the home directory, as the shell understands it."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
