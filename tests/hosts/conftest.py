"""What tests on real hosts share. They are run by molecule's verify (see docs/testing.md), never by `make test`."""

import os

import pytest

from hostkit.cluster import Cluster, host_names
from hostkit.machine import Machine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills",
        type=int,
        default=int(os.environ.get("KILLS", "3")),
        help="how many times the playbook is killed at a random moment (default: $KILLS, or 3)",
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
