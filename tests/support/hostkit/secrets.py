"""Which values are secret, and a search for them on a host."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import yaml

from hostkit.machine import Machine

PUBLIC_NAMES = {"ca.crt", "raft.crt", "raft-ca.crt"}
PUBLIC_KEYS = {"perms", "username"}  # of rqlite-auth.json
SHORTEST = 12  # a password of ours is longer; a shorter text would be found by accident


def of_controller(folder: Path) -> set[str]:
    """Return the secret values in the controller's folder of secrets."""
    values: set[str] = set()
    for file in folder.rglob("*"):
        if file.is_file() and file.name not in PUBLIC_NAMES and file.parent.name != "peers":
            values |= _values(file.name, file.read_bytes())
    return values


READ = """
import base64, json, pathlib, sys
files = [file for file in pathlib.Path(sys.argv[1]).iterdir() if file.is_file()]
print(json.dumps({file.name: base64.b64encode(file.read_bytes()).decode() for file in files}))
"""


def of_host(machine: Machine, only: tuple[str, ...] = (), folder: str = "/opt/debros/keys") -> set[str]:
    """Return the secret values in a host's keys/, or in another folder (of the files in `only`, when there are any)."""
    values: set[str] = set()
    for name, content in machine.python(READ, folder, root=True).items():
        if name not in PUBLIC_NAMES and (not only or name in only):
            values |= _values(name, base64.b64decode(content))
    return values


def _values(name: str, content: bytes) -> set[str]:
    if name == "identity.key":  # binary: seed and public key; looked for in the forms it would be printed in
        seed = content[4:36]
        return {seed.hex(), base64.b64encode(content).decode(), base64.b64encode(seed).decode().rstrip("=")}
    text = content.decode()
    if "-----BEGIN" in text:  # any line of a key is enough to find it; the last may be short
        return {line for line in text.splitlines() if len(line) >= 40 and not line.startswith("-")}
    if name.endswith((".json", ".yml", ".yaml")):
        found = set(_leaves(json.loads(text) if name.endswith(".json") else yaml.safe_load(text)))
    else:  # lines `user:password` or `key:namespace`: a part that looks random is the secret
        found = set(re.split(r"[:\s]+", text))
    return {value for value in found if len(value) >= SHORTEST}


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() if key not in PUBLIC_KEYS for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value] if isinstance(value, str) else []


# Runs as root on a host; the values come as JSON on standard input, so that the search is not what it finds.
# Prints where they are: "cmdline: …", "environ: …", "journal: …", "unit: …", "file: …".
SEARCH = r"""
import json, os, pathlib, stat, subprocess, sys
values = [value.encode() for value in json.load(sys.stdin)]
found = []

def look(where, content):
    if any(value in content for value in values):
        found.append(where)

def command(*words):
    return subprocess.run(words, capture_output=True).stdout

for process in pathlib.Path("/proc").glob("[0-9]*"):
    for part in ("cmdline", "environ"):
        try:
            look(f"{part}: {process.name} {(process / 'comm').read_text().strip()}", (process / part).read_bytes())
        except OSError:
            pass  # it has ended
look("cmdline: ps auxe", command("ps", "auxewww"))
for line in command("journalctl", "--no-pager", "-o", "json").splitlines():
    if any(value in line for value in values):
        entry = json.loads(line)
        found.append(f"journal: {entry.get('_SYSTEMD_UNIT')} {entry.get('SYSLOG_IDENTIFIER')}")
units = command("systemctl", "list-units", "--all", "--plain", "--no-legend").decode().splitlines()
for unit in (line.split()[0] for line in units):
    if unit.endswith((".service", ".socket", ".timer", ".target", ".slice", ".path", ".mount")):
        look(f"unit: {unit}", command("systemctl", "show", unit) + command("systemctl", "cat", unit))

def readable(folder):
    # What others can reach: every folder on the way lets them pass.
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if os.lstat(os.path.join(path, name)).st_mode & stat.S_IXOTH]
        for name in files:
            file = os.path.join(path, name)
            try:
                mode = os.lstat(file).st_mode
            except OSError:
                continue
            if stat.S_ISREG(mode) and mode & stat.S_IROTH:
                yield file

files = [file for folder in ("/etc", "/opt", "/run", "/var", "/tmp", "/home", "/root", "/usr/local", "/srv")
         if os.path.isdir(folder) and os.stat(folder).st_mode & stat.S_IXOTH for file in readable(folder)]
patterns = b"\n".join(values)
for start in range(0, len(files), 1000):
    grep = ["grep", "-lFa", "-f", "-", "--", *files[start:start + 1000]]
    grep = subprocess.run(grep, input=patterns, capture_output=True)
    found += [f"file: {name}" for name in grep.stdout.decode().splitlines()]
print(json.dumps(found))
"""
