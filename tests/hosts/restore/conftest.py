"""Every test begins with a whole cluster and leaves one."""

import pytest

from hostkit.restore import fetch


@pytest.fixture(scope="session")
def backup(cluster, tmp_path_factory):
    """A backup on the controller, of a cluster with one row in `probe`."""
    cluster.until_whole()
    gateway = cluster.gateway(cluster.machines[0])
    gateway.execute("CREATE TABLE probe (a INTEGER)")
    gateway.execute("INSERT INTO probe VALUES (1)")
    return fetch(tmp_path_factory.mktemp("backup"))
