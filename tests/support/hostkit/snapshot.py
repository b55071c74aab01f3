"""What is on a host, so that two moments can be compared: files, users, units, firewall rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hostkit.machine import Machine

# Written by the system itself at any time, and by every login and shutdown.
RESTLESS = (
    "/var/log/journal",
    "/var/log/wtmp",
    "/var/log/btmp",
    "/var/log/lastlog",
    "/var/log/faillog",
    "/var/lib/systemd/random-seed",
    "/var/lib/systemd/timesync",
    "/var/lib/systemd/linger",
    "/var/lib/private",
    "/var/tmp/systemd-private-",
    "/tmp/systemd-private-",
    "/run/credentials",  # of units that run at this very moment, and the next one
    "/run/systemd/propagate",
)

# Runs as root on a host. Contents count in /etc, elsewhere size and owner; of folders only that they are there, and
# whose. In /run everything changes; ours is what bears our name.
LOOK = r"""
import hashlib, json, os, stat, subprocess, sys
restless = tuple(json.load(sys.stdin))
files = {}
for top, folders, names in os.walk("/"):
    folders[:] = [] if top in ("/proc", "/sys", "/dev") or top.startswith(restless) else sorted(folders)
    for name in folders + names:
        path = os.path.join(top, name)
        if path.startswith(restless) or (path.startswith("/run/") and "debros" not in name):
            continue
        try:
            about = os.lstat(path)
            what = [stat.filemode(about.st_mode), about.st_uid, about.st_gid]
            if stat.S_ISLNK(about.st_mode):
                what.append(os.readlink(path))
            elif stat.S_ISREG(about.st_mode):
                what.append(about.st_size)
                if path.startswith("/etc/"):
                    what.append(hashlib.sha256(open(path, "rb").read()).hexdigest())
        except FileNotFoundError:
            continue
        files[path] = what

def said(*words):
    try:
        return sorted(subprocess.run(words, capture_output=True, text=True).stdout.splitlines())
    except FileNotFoundError:
        return []

print(json.dumps({
    "files": files,
    "users": said("getent", "passwd") + said("getent", "group"),
    "units": said("systemctl", "list-unit-files", "--no-legend", "--plain"),
    "loaded": said("systemctl", "list-units", "--all", "--no-legend", "--plain", "debros*"),
    "rules": said("ufw", "show", "added") + said("ufw", "status"),
}))
"""


@dataclass(frozen=True)
class Snapshot:
    """What was on a host at one moment."""

    seen: dict[str, Any]

    def changes(self, later: "Snapshot", ignore: Iterable[str] = ()) -> list[str]:
        """Return what is different in a later snapshot, one line each; `ignore` are beginnings of paths left out."""
        skip = tuple(ignore)
        before, after = self.seen["files"], later.seen["files"]
        found = [
            f"{path}: {before.get(path, 'not there')} -> {after.get(path, 'not there')}"
            for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path) and not (skip and path.startswith(skip))
        ]
        for kind in ("users", "units", "loaded", "rules"):
            one, other = set(self.seen[kind]), set(later.seen[kind])
            found += [f"{kind}: - {line}" for line in sorted(one - other)]
            found += [f"{kind}: + {line}" for line in sorted(other - one)]
        return found


def snapshot(machine: Machine) -> Snapshot:
    """Look at everything on a host."""
    return Snapshot(machine.python(LOOK, root=True, data=RESTLESS))
