"""Bare hosts of a cloud image, offline; the bundle is made once."""

import os

import pytest

from hostkit.bed import bed, names
from hostkit.installer import BareHost, bare_host
from hostkit.machine import Machine
from hostkit.release import bundle as make_bundle


@pytest.fixture(scope="session")
def bundle():
    release = make_bundle()
    bed("down")
    bed("template", os.environ.get("BED_DISTRO", "bookworm"), "bare")
    return release


@pytest.fixture(scope="module")
def host(bundle):
    """One host for all tests of a file, with the bundle carried to it."""
    if "bare" in names():
        bed("down", "bare")
    made = bare_host("bare", bundle)
    made.carry()
    yield made
    bed("down", "bare")


@pytest.fixture
def fresh(bundle) -> BareHost:
    """A host for one test, with nothing on it."""
    made = bare_host("fresh", bundle)
    yield made
    bed("down", "fresh")


KNOCK = """
import json, socket, sys
with socket.socket() as knock:
    knock.settimeout(3)
    print(json.dumps(knock.connect_ex((sys.argv[1], int(sys.argv[2]))) == 0))
"""


@pytest.fixture(scope="session")
def stranger_to():
    """Ask whether a port of a host is open to another machine of its network."""
    if "stranger" not in names():
        bed("up", "stranger")
    machine = Machine("stranger")
    return lambda host, port: machine.python(KNOCK, host.machine.address, port)
