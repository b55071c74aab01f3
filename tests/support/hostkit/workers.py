"""The processes of a host's gateway."""

from hostkit.machine import Machine


def pids(machine: Machine) -> dict[int, str]:
    """Return the workers' processes by number, from 1; a gateway of one process has none."""
    listed = machine.root("ps -C python3,python -o pid=,args= | grep -F ' -m debros.gateway.workers ' || true")
    found = {}
    for line in listed.splitlines():
        pid, *words = line.split()
        found[int(words[-1].partition("/")[0])] = pid
    return found
