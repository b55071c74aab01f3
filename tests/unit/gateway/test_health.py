"""The word for the replication, for every state the node's monitor can be in."""

from dataclasses import asdict

import pytest

from debros.gateway.health import replication
from debros.node.monitor import Snapshot


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        ({}, "unknown"),  # a network without a node
        (asdict(Snapshot()), "unknown"),  # not asked yet
        (asdict(Snapshot(replication_factor=3, error="no answer in time")), "unknown"),
        (asdict(Snapshot(reachable=True, reachable_voters=1, replication_factor=3)), "under-replicated"),
        (asdict(Snapshot(reachable=True, reachable_voters=3, under_replicated=False)), "ok"),
    ],
)
def test_the_word(seen, word):
    assert replication(seen) == word
