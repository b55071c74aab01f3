"""The options every command of `debros-host` takes, and what they stand for."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import click

from debros.hosts import places
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Callable

    from debros.config import NodeConfig
    from debros.hosts.database import Database

# Not a service: validation leaves alone the files of services, so that this program works while one of them is broken.
_PROGRAM = "host"

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


@dataclass
class Settings:
    """What was asked for on this command line.

    Attributes:
        config: the node's configuration file.
        json: print one JSON document instead of lines for people.
        quiet: say nothing on stderr but errors.
        verbose: from 1 on, an error nobody foresaw shows where it happened.
    """

    config: Path = places.CONFIG
    json: bool = False
    quiet: bool = False
    verbose: int = 0

    @property
    def format(self) -> Literal["table", "json"]:
        """The form of errors, as the terminal package calls it."""
        return "json" if self.json else "table"

    @property
    def keys(self) -> Path:
        """The directory of keys: that of the credentials, which a unit may have set, else the installed one."""
        return Path(os.environ.get(places.CREDENTIALS_VARIABLE) or places.KEYS)

    @property
    def gateway_only(self) -> bool:
        """Whether this host was set up with a gateway and nothing else."""
        return not self.config.exists() and self.config.with_name(places.GATEWAY_CONFIG.name).exists()

    @functools.cached_property
    def node(self) -> NodeConfig:
        """The node's configuration, validated.

        Raises:
            ConfigError: it has problems, or there is none.
            CliError: there is none because this host has a gateway alone.
        """
        from debros.config import load_node  # noqa: PLC0415 - help must not load the configuration package

        if self.gateway_only:
            raise no_database()
        return load_node(self.config, environ=self._environ(), program=_PROGRAM)

    def check_gateway(self, file: Path) -> None:
        """Validate the gateway's configuration as the gateway does when it starts.

        Raises:
            ConfigError: it has problems, or there is none.
        """
        from debros.config import load_gateway  # noqa: PLC0415 - see above

        load_gateway(file, environ=self._environ())

    def _environ(self) -> dict[str, str]:
        """Paths in the files are written with these variables; outside a unit nobody has set them.

        The gateway's certificate and key lie among the keys as well: as links to where the operator keeps them, of
        which the gateway gets copies (roles/gateway).
        """
        given = {places.TLS_VARIABLE: str(self.keys)} | os.environ
        return {**given, places.CREDENTIALS_VARIABLE: str(self.keys)}

    def database(self) -> Database:
        """Return this host's rqlite, as the administrator.

        Raises:
            ConfigError: the configuration has problems.
            SecretFileError: the administrator's credentials cannot be read.
        """
        from debros.config.secretfiles import read_credentials  # noqa: PLC0415 - see above
        from debros.hosts.database import Database  # noqa: PLC0415 - see above

        port = self.node.database.rqlite_port
        file = self.keys / places.ADMIN_CREDENTIALS
        # Without the file this is a cluster without credentials, or rqlite will say that it wants some.
        return Database(port, read_credentials(file) if file.exists() else None, file)


def no_database() -> CliError:
    """Return the error for what needs a database, on a host that has a gateway alone."""
    return CliError(
        "this host has a gateway alone, no database and no node",
        code="gateway_only",
        hint="run this on a host with a database; here: debros-host check, debros-host restart debros-gateway",
    )


def _store(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is not None and value is not False and value != 0:
        setattr(ctx.ensure_object(Settings), str(param.name), value)


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_store, **attributes)


def _options() -> list[click.Parameter]:
    return [
        _option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"The node's configuration (default: {places.CONFIG}).",
        ),
        _option("--json", is_flag=True, help="Print one JSON document; errors become JSON too."),
        _option("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors."),
        _option("-v", "--verbose", count=True, help="Show where an unexpected error happened."),
    ]


class Command(click.Command):
    """A command with the options every command has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(_options())


class Group(click.Group):
    """A command with commands below it, and the options every command has."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(_options())


def translated(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Make the errors of lower floors errors with an exit code, wherever in a command they come from."""

    @functools.wraps(function)
    def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            from debros.hosts.failures import from_below  # noqa: PLC0415 - only loaded when something went wrong

            known = from_below(error)
            if known is None:
                raise
            raise known from error

    return run
