"""Bare hosts of a cloud image, offline; the bundle is made once."""

import os

import pytest

from hostkit.bed import bed, names
from hostkit.installer import BareHost, bare_host

USUAL = os.environ.get("BED_DISTRO", "bookworm")
DISTRIBUTIONS = ("bookworm", "trixie", "noble")


@pytest.fixture(scope="session")
def missing(bundle) -> dict[str, str]:  # noqa: ARG001 - it has put the bed down
    """Make a cloud image of every distribution; the answer has those that cannot be made here, and why."""
    failures = {}
    for name in DISTRIBUTIONS:
        if name != USUAL:
            try:
                bed("template", name, "bare")
            except AssertionError as problem:
                failures[name] = str(problem)
    bed("template", USUAL, "bare")  # the last is that of hosts for which none is named
    return failures


@pytest.fixture(scope="module")
def host(bundle, missing, request):
    """One host for all tests of a file, with the bundle carried to it; the parameter is its distribution."""
    distribution = getattr(request, "param", USUAL)
    if distribution in missing:
        pytest.skip(f"{distribution} was NOT TESTED: {missing[distribution]}")
    if "bare" in names():
        bed("down", "bare")
    made = bare_host("bare", bundle, distribution)
    made.carry()
    yield made
    bed("down", "bare")


@pytest.fixture
def fresh(bundle, missing, request) -> BareHost:
    """A host for one test, with nothing on it; the parameter is its distribution."""
    distribution = getattr(request, "param", USUAL)
    if distribution in missing:
        pytest.skip(f"{distribution} was NOT TESTED: {missing[distribution]}")
    made = bare_host("fresh", bundle, distribution)
    yield made
    bed("down", "fresh")
