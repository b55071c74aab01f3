"""Forgetting invites that nobody can use any more.

Only when the door is closed: one that is open still has them in its memory, and would take an invite whose use it finds
nothing about for an unused one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from debros.enrol.door import offers
from debros.enrol.door.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


def ports(invites: Path, claims: Path) -> set[int]:
    """Return the ports of the invites that can be used.

    Args:
        invites: directory of invites; may be missing.
        claims: directory of the door's notes; may be missing.

    Raises:
        OSError: the directory cannot be read.
    """
    found = offers.read(invites) if invites.is_dir() else []
    ledger = Ledger(claims)
    return {offer.port for offer in offers.usable(found, time.time()) if not ledger.is_done(offer.id)}


def clear(invites: Path, claims: Path) -> list[offers.Offer]:
    """Remove invites that have expired or were used to the end, and what is noted of them.

    Args:
        invites: directory of invites; may be missing.
        claims: directory of the door's notes; may be missing.

    Returns:
        The invites that are left.

    Raises:
        OSError: one cannot be removed.
    """
    if not invites.is_dir():
        return []
    found, ledger = offers.read(invites), Ledger(claims)
    left = [offer for offer in offers.usable(found, time.time()) if not ledger.is_done(offer.id)]
    for offer in found:
        if offer not in left:
            (invites / f"{offer.id}.json").unlink(missing_ok=True)
            ledger.forget(offer.id)
    return left
