"""Backups in the hands of an operator: fetched, made bigger, damaged, put back."""

import contextlib
import datetime as dt
import hashlib
import os
import shutil
import sqlite3
import sys
from pathlib import Path

from debros.hosts.snapshots import digest, manifest
from hostkit.cluster import Cluster
from hostkit.machine import Machine
from hostkit.paths import INVENTORY
from hostkit.playbook import Result, Run, play

PLAYBOOK = "ansible/restore.yml"
CONFIRM = ("-e", "restore_confirm=true")
# Blobs that fill SQLite's pages almost whole: a database that does not compress.
BLOB = 49_900


def fetch(directory: Path, inventory: Path = INVENTORY) -> Path:
    """Take a backup with the playbook and return it; its manifest is beside it."""
    play("-e", f"fetch_to={directory}", playbook="ansible/backup.yml", inventory=inventory)
    (file,) = directory.glob("debros-*.sqlite")
    return file


def grown(file: Path, directory: Path, size: int) -> Path:
    """Return a copy of a backup with a table of random bytes more, and a manifest that fits."""
    directory.mkdir(exist_ok=True)
    copy = directory / file.name
    shutil.copy(file, copy)
    with contextlib.closing(sqlite3.connect(copy)) as database:
        database.execute("CREATE TABLE bulk (a INTEGER PRIMARY KEY, b BLOB)")
        for _ in range(size // BLOB):
            database.execute("INSERT INTO bulk (b) VALUES (?)", (os.urandom(BLOB),))
        database.commit()
    with copy.open("rb") as content:
        checksum = hashlib.file_digest(content, "sha256").hexdigest()
    text = manifest.Manifest(
        checksum, copy.stat().st_size, digest.read(copy), "8.26.0", "n1", dt.datetime.now(dt.UTC)
    ).dump()
    copy.with_suffix(".json").write_text(text)
    return copy


def restore(*arguments: str, inventory: Path = INVENTORY) -> Result:
    """Put a backup back with the playbook, which has to succeed."""
    return play(*CONFIRM, *arguments, playbook=PLAYBOOK, inventory=inventory)


def refused(*arguments: str) -> str:
    """Return what the playbook says, which has to refuse."""
    result = Run(*CONFIRM, *arguments, playbook=PLAYBOOK).wait()
    assert result.status != 0, result.output[-2000:]
    assert "Traceback" not in result.output
    # As the operator reads it, but for line breaks.
    return " ".join(result.output.split())


def memory(machine: Machine) -> int:
    """Return the most memory (MB) that the database's process has had since its start."""
    pid = machine.unit("debros-rqlite.service", "MainPID")["MainPID"]
    line = machine.root(f"grep VmHWM /proc/{pid}/status")
    return int(line.split()[1]) // 1024


def report(what: str, result: Result, cluster: Cluster) -> None:
    peaks = ", ".join(f"{machine.name} {memory(machine)} MB" for machine in cluster)
    sys.stdout.write(f"\n    {what}: {result.seconds:.0f} s, rqlited at most {peaks}\n")
