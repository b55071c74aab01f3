"""The database of one host, asked on its loopback with the credentials root finds in keys/."""

import json
from typing import Any

from hostkit.machine import Machine

ASK = """
import base64, json, sys, urllib.error, urllib.request
path, user = sys.argv[1], sys.argv[2]
request = urllib.request.Request("http://127.0.0.1:5001" + path)
if user != "-":
    secret = open("/opt/debros/keys/" + user, "rb").read().strip()
    request.add_header("Authorization", "Basic " + base64.b64encode(secret).decode())
try:
    with urllib.request.urlopen(request, timeout=10) as answer:
        json.dump([answer.status, answer.read().decode()], sys.stdout)
except urllib.error.HTTPError as error:
    json.dump([error.code, error.read().decode()], sys.stdout)
except OSError as error:
    json.dump([0, str(error)], sys.stdout)
"""


def ask(machine: Machine, path: str, user: str = "rqlite-admin") -> tuple[int, str]:
    """Return status and body; status 0 when there is no answer. `user` is a file in keys/, or "-" for nobody."""
    status, body = machine.python(ASK, path, user, root=True)
    return status, body


def get(machine: Machine, path: str) -> Any:
    """Return the JSON at `path`."""
    status, body = ask(machine, path)
    assert status == 200, f"{machine.name}: rqlite answers {path} with {status}: {body[:200]}"
    return json.loads(body)


def nodes(machine: Machine) -> dict[str, dict[str, Any]]:
    """Return the members of the cluster as this host sees them, by id."""
    listed = get(machine, "/nodes?nonvoters&timeout=5s&ver=2")
    return {node["id"]: node for node in listed["nodes"]}
