"""One fleet for all tests: each goes on from the one before."""

import pytest

from hostkit.fleet import Fleet


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    return Fleet()
