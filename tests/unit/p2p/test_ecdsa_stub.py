import importlib.util
import subprocess
import sys
from pathlib import Path

import libp2p
import pytest
from libp2p.crypto.ecc import create_new_key_pair

from debros.p2p import ecdsa_stub

# Installs nothing, so that only the stub can make the import work.
IMPORT = "import debros.p2p, libp2p, sys; print(type(sys.modules['fastecdsa.curve'].P256).__name__)"


def test_libp2p_is_imported_without_the_package():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IMPORT], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "_Absent\n"


def test_upstream_still_needs_it():
    """When this fails, libp2p has mended it: remove the stub, and --no-deps where the lock is installed."""
    source = Path(libp2p.__file__).parent / "crypto/ecc.py"
    assert "from fastecdsa import" in source.read_text()


def test_every_use_is_refused():
    with pytest.raises(NotImplementedError, match="P-256 keys are not supported"):
        create_new_key_pair("P-256")


def test_the_real_package_goes_first(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "fastecdsa"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    ecdsa_stub.install()
    assert "fastecdsa" not in sys.modules
