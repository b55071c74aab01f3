"""What the command line leaves open: environment variables, then client.yaml, then the defaults of its schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debros.cli import target
from debros.cli.settings import CONFIG_VARIABLE, VARIABLES
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from debros.cli.settings import Settings
    from debros.config import ConfigError

FILE = Path("~/.debros/client.yaml")


def fill(settings: Settings) -> None:
    """Set what the command line did not.

    Without a file and without a variable nothing is loaded: the settings are the schema's defaults already.

    Raises:
        CliError: options contradict each other (exit code 2), or file and environment have problems (exit code 1).
    """
    target.check(settings)
    path = chosen_file(settings)
    if path is None and not any(os.environ.get(name) for name in VARIABLES.values()):
        return
    from debros.config import ConfigError, load_client  # noqa: PLC0415 - loading the schema costs 90 ms

    try:
        config = load_client(path, flags=_flags(settings))
    except ConfigError as exc:
        raise _unusable(exc) from exc
    # Of those that name a gateway, one that was given has removed the others.
    for name in VARIABLES.keys() - settings.given:
        value = getattr(config, name)
        setattr(settings, name, None if value == "" else value)
    settings.verbose = int(settings.verbose)


def chosen_file(settings: Settings) -> Path | None:
    """Return the file to read: the one that is named, or that of the home directory if there is one."""
    if settings.config is not None:
        return settings.config
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named).expanduser()
    usual = FILE.expanduser()
    return usual if os.path.lexists(usual) else None


def _flags(settings: Settings) -> dict[str, Any]:
    """Return what the command line set in the form of a configuration's flags."""
    from debros.config.durations import Duration  # noqa: PLC0415 - see `fill`
    from debros.config.paths import written  # noqa: PLC0415 - see `fill`

    flags: dict[str, Any] = {name: getattr(settings, name) for name in VARIABLES if name in settings.given}
    for name, form in (
        ("timeout", lambda value: str(Duration(value))),
        ("api_key_file", written),
        ("key_file", written),
        ("verbose", bool),
    ):
        if name in flags:
            flags[name] = form(flags[name])
    return flags


def _unusable(exc: ConfigError) -> CliError:
    shown = [{"path": one.path, "message": one.message, "hint": one.hint} for one in exc.problems]
    return CliError(str(exc), code="config_invalid", verbatim=True, extra={"problems": shown})
