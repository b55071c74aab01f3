"""Where the project keeps what these tests use."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
BED = PROJECT / "tests" / "hosts" / "bed"
BIN = PROJECT / ".venv" / "bin"
CLUSTER = PROJECT / "molecule" / "cluster" / "inventory" / "hosts.yml"
# Absolute: molecule runs the tests from another folder.
INVENTORY = Path(os.environ.get("HOSTS_INVENTORY", CLUSTER)).resolve()
