"""Every fault test begins and ends with a whole cluster."""

import pytest


@pytest.fixture(autouse=True)
def whole(cluster):
    cluster.until_whole()
    yield
    cluster.repair()


@pytest.fixture
def other(cluster, machine):
    """The host a client goes on talking to while `machine` has its fault."""
    return cluster.after(machine)
