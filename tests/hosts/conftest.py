"""What tests on real hosts share. They are run by molecule's verify (see docs/testing.md), never by `make test`."""

import os

import pytest

from hostkit.bed import bed, names
from hostkit.cluster import Cluster, host_names
from hostkit.installer import BareHost, bare_host
from hostkit.machine import Machine
from hostkit.release import bundle as make_bundle


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills",
        type=int,
        default=int(os.environ.get("KILLS", "3")),
        help="how many times the playbook is killed at a random moment (default: $KILLS, or 3)",
    )
    parser.addoption(
        "--rounds",
        type=int,
        default=int(os.environ.get("ROUNDS", "3")),
        help="how many times a node breaks while messages flow (default: $ROUNDS, or 3)",
    )
    parser.addoption(
        "--seed",
        type=int,
        default=int(os.environ.get("SEED", "1")),
        help="where the random moments come from (default: $SEED, or 1)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `machine` once on every host of the inventory."""
    if "machine" in metafunc.fixturenames:
        names = host_names()
        metafunc.parametrize("machine", [Machine(name) for name in names], ids=names, scope="session")


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    return Cluster([Machine(name) for name in host_names()])


@pytest.fixture(scope="session")
def stranger() -> Machine:
    """A machine on the same network that is not in the inventory."""
    return Machine("stranger")


@pytest.fixture(scope="session")
def bundle():
    release = make_bundle()
    bed("down")
    bed("template", os.environ.get("BED_DISTRO", "bookworm"), "bare")
    return release


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

    def knock(host, port):
        machine.root("ip neighbour flush all")  # another host may have had this address a moment ago
        return machine.python(KNOCK, host.machine.address, port)

    return knock
