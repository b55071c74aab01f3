"""Whether this machine's clock can be right, told from the Date of an answer."""

from __future__ import annotations

import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Seconds; what a gateway forgives when nothing else is configured (auth.clock_skew).
FORGIVEN = 60.0


def ahead(headers: Mapping[str, str]) -> float | None:
    """Return by how many seconds this machine's clock is ahead of the gateway's, None when the answer has no date."""
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return time.time() - moment.timestamp()


def remark(headers: Mapping[str, str]) -> str | None:
    """Return what is to be said about the clock, None when it is right enough."""
    seconds = ahead(headers)
    if seconds is None or abs(seconds) <= FORGIVEN:
        return None
    minutes = round(abs(seconds) / 60)
    how = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    side = "ahead of" if seconds > 0 else "behind"
    return f"this machine's clock is {how} {side} the gateway's; set it (timedatectl set-ntp true)"
