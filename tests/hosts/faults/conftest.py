"""Every fault test begins and ends with a whole cluster."""

import pytest

from hostkit.bed import bed


@pytest.fixture(autouse=True)
def whole(cluster):
    cluster.until_whole()
    yield
    cluster.repair()


@pytest.fixture
def other(cluster, machine):
    """The host a client goes on talking to while `machine` has its fault."""
    return cluster.after(machine)


@pytest.fixture
def new_hosts(cluster):
    """Call it to have all hosts of the inventory made anew."""

    def renew() -> None:
        names = [machine.name for machine in cluster]
        addresses = {machine.name: machine.address for machine in cluster}
        bed("down", *names)
        bed("up", *(f"{name}={addresses[name]}" for name in names))

    return renew
