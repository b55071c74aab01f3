import importlib.metadata

import pytest

from debros.p2p import workarounds
from debros.p2p.workarounds.patching import replace


def test_another_libp2p_is_refused(monkeypatch):
    workarounds.check_version()
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "0.8.2")
    with pytest.raises(
        workarounds.UnsupportedLibp2pError, match=r"libp2p 0\.8\.2 is installed.*pip install libp2p==0\.8\.1"
    ):
        workarounds.apply_all()


def test_a_patch_that_has_nothing_to_replace_fails():
    class Library:
        speed = "slow"

    assert replace(Library, "speed", "fast") == "slow"
    assert Library.speed == "fast"
    with pytest.raises(AttributeError):
        replace(Library, "sped", "fast")
