"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from debros.hosts import places
from debros.terminal.durations import DurationType

if TYPE_CHECKING:
    from collections.abc import Callable

directory_option = click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=places.BACKUPS,
    show_default=True,
    help="Where the backups are.",
)

gateway_config_option = click.option(
    "--gateway-config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=places.GATEWAY_CONFIG,
    show_default=True,
    help="The gateway's configuration.",
)

etc_option = click.option(
    "--etc",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=places.ETC,
    show_default=True,
    help="Where secrets, inventory and invites of a cluster that manages itself are.",
)


def timeout_option(default: str, help_text: str) -> Callable[[Any], Any]:
    """Return the option --timeout.

    Args:
        default: such as "120s".
        help_text: what is waited for.
    """
    return click.option(
        "--timeout",
        metavar="TIME",
        type=DurationType(bare_seconds=True),
        default=default,
        show_default=True,
        help=help_text,
    )
