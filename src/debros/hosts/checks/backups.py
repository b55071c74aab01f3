"""Whether there is a recent backup.

The leader takes the backups, so only its own say something: a follower's are as old as its last time as leader. And a
new leader has none until its timer has fired, so an old one alone is only worth a warning; bad is a backup that failed,
or one that is two intervals old while no timer runs that could take the next.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from debros.hosts import units
from debros.hosts.checks.result import Metric, Result, State
from debros.hosts.snapshots import store
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from pathlib import Path

_SERVICE, _TIMER = "debros-backup.service", "debros-backup.timer"
_LATE, _TOO_LATE = 1.5, 2.0  # intervals
_CODE = "backup"


def age(directory: Path, interval: float, *, leads: bool) -> Result:
    """Look at the newest backup.

    Args:
        directory: of the backups.
        interval: seconds between two, 0 = off.
        leads: whether this host leads the database.
    """
    try:
        newest = store.newest(directory)
        service, timer = units.show(_SERVICE), units.show(_TIMER)
    except CliError as error:
        return Result(_CODE, State.BAD, error.message)
    seconds = newest.age(dt.datetime.now(dt.UTC)) if newest else None
    metrics: tuple[Metric, ...] = ()
    if newest and seconds is not None:
        metrics = (Metric("backup_age_seconds", seconds), Metric("backup_bytes", newest.bytes))
    found = f"the newest is {seconds / 3600:.1f} h old" if seconds is not None else "none on this host yet"
    if service.active == "failed":
        return Result(_CODE, State.BAD, f"the last one failed; {found}; see: journalctl -u {_SERVICE} -n 50", metrics)
    if interval == 0:
        return Result(_CODE, State.OK, f"turned off (database.backup_interval: 0); {found}", metrics)
    if not leads:
        return Result(_CODE, State.OK, f"the leader takes them; {found}", metrics)
    if seconds is not None and seconds < interval * _LATE:
        return Result(_CODE, State.OK, found, metrics)
    hopeless = timer.active != "active" and (seconds is None or seconds >= interval * _TOO_LATE)
    advice = f"{_TIMER} is {timer}; run: debros-host backup" if hopeless else f"one is due: {_TIMER} is {timer}"
    return Result(_CODE, State.BAD if hopeless else State.WARN, f"{found}; {advice}", metrics)
