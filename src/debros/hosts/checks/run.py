"""All checks, in the order in which an operator would look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.hosts import places, units
from debros.hosts.checks import backups, certificate, clock, database, disk, restoring, services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from debros.hosts.checks.result import Result
    from debros.hosts.settings import Settings


def run(settings: Settings, gateway_config: Path, backup_directory: Path) -> Iterator[Result]:
    """Yield the results one by one.

    Raises:
        ConfigError, SecretFileError: the configuration or the administrator's credentials cannot be used.
    """
    if settings.gateway_only:
        yield from _of_a_gateway(gateway_config)
        return
    config = settings.node
    yield from restoring.unfinished(config.database.data_dir)
    with settings.database() as rqlite:
        yield from services.active_units()
        yield from services.members()
        result, cluster = database.rqlite(rqlite, config)
        yield result
    yield from services.peers(settings, len(cluster.members) if cluster else 0)
    yield from services.gateway(gateway_config)
    interval = float(config.database.backup_interval)
    yield backups.age(backup_directory, interval, leads=cluster is not None and cluster.leads)
    yield from disk.space([config.database.data_dir, backup_directory, config.node.data_dir])
    yield from certificate.expiry(config)
    yield clock.synchronised()


def _of_a_gateway(gateway_config: Path) -> Iterator[Result]:
    """Yield what there is to say of a host with a gateway alone; whether it reaches the others is in its health."""
    yield from restoring.unfinished(places.DATABASE)
    yield from services.active_units((units.GATEWAY,))
    yield from services.gateway(gateway_config)
    yield from disk.space([places.GATEWAY_DATA])
    yield clock.synchronised()
