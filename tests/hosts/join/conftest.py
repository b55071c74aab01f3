"""Three bare hosts of a cloud image, offline: the first is installed, the others come with invites."""

import pytest

from hostkit.bed import bed
from hostkit.installer import bare_host
from hostkit.joined import NAMES, Hosts


@pytest.fixture(scope="session")
def hosts(bundle):
    made = Hosts()
    for name in NAMES:
        made[name] = bare_host(name, bundle)
        made[name].carry()
    return made


@pytest.fixture(scope="module")
def newcomer(bundle):
    """Another bare host, for all tests of a file."""
    made = bare_host("newcomer", bundle)
    made.carry()
    yield made
    bed("down", "newcomer")
