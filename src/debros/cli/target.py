"""Which gateway a command talks to, and what opens it.

The one the settings name (`--gateway`, `--bootstrap` or `--production`, or what `defaults` found in their place) > the
current gateway of the credentials file > http://localhost:6001.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from debros import gatewayurl
from debros.cli import credentials
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.settings import Settings

DEFAULT_URL = "http://localhost:6001"
PRODUCTION_CONFIG = Path("/opt/debros/configs/gateway.yaml")

_LONGEST_KEY_FILE = 4096


@dataclass(frozen=True)
class Target:
    """A gateway and what opens it.

    Attributes:
        url: without a slash at the end.
        credential: what opens it, None when nothing is known.
        loopback: it is on this host.
        given: the credential was named on the command line, so no other one takes its place.
    """

    url: str
    credential: credentials.Credential | None
    loopback: bool
    given: bool = False


def resolve(settings: Settings) -> Target:
    """Return the gateway to talk to.

    Raises:
        CliError: the address or the key file is not usable, or options contradict each other.
    """
    stored = None if settings.api_key_file and _names_gateway(settings) else _load_credentials(settings)
    url = _url(settings, stored)
    if settings.api_key_file:
        key = credentials.ApiKey(_read_key(settings.api_key_file))
        return Target(url, key, loopback=_is_loopback(url), given=True)
    found = stored.for_gateway(url, settings.namespace) if stored else None
    return Target(url, found, loopback=_is_loopback(url))


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def parse_url(text: str, source: str) -> str:
    """Return a gateway's address in its one form; a missing scheme means http.

    Args:
        text: as given.
        source: the option or variable it came from, for the error.

    Raises:
        CliError: it is not an http(s) URL of a host, or it carries a password (which would be visible to all users).
    """
    try:
        return gatewayurl.parse(text)
    except gatewayurl.PasswordError as exc:
        raise _usage(f"{source}: {exc}") from None
    except ValueError as exc:
        raise _usage(f"{source}: {text!r} is {exc}") from None


def check(settings: Settings) -> None:
    """Check what names the gateway on the command line.

    Raises:
        CliError: it is not usable, or there are several.
    """
    named = {
        "--gateway": settings.gateway is not None,
        "--bootstrap": settings.bootstrap is not None,
        "--production": settings.production,
    }
    given = [name for name, present in named.items() if present]
    if len(given) > 1:
        raise _usage(f"{' and '.join(given)} each name a gateway; give only one of them")
    if settings.gateway is not None:
        parse_url(settings.gateway, "--gateway")
    if settings.bootstrap is not None:
        _from_multiaddr(settings.bootstrap)


def _names_gateway(settings: Settings) -> bool:
    return bool(settings.gateway or settings.bootstrap or settings.production)


def _url(settings: Settings, stored: credentials.Credentials | None) -> str:
    check(settings)
    if settings.gateway is not None:
        return parse_url(settings.gateway, "--gateway")
    if settings.bootstrap is not None:
        return _from_multiaddr(settings.bootstrap)
    if settings.production:
        return _from_installation()
    if stored is not None and stored.current:
        return parse_url(stored.current, str(stored.path))
    return DEFAULT_URL


def _load_credentials(settings: Settings) -> credentials.Credentials:
    stored = credentials.load(settings.credentials_file)
    for notice in stored.notices:
        output.say(settings, f"Notice: {notice}")
    return stored


def _read_key(path: Path) -> str:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        # A pipe (`--api-key-file <(pass show key)`) has no mode that means anything.
        if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise CliError(
                f"{path}: readable by other users (mode {stat.S_IMODE(status.st_mode):04o})",
                code="key_file_open",
                exit_code=ExitCode.AUTHENTICATION,
                hint=f"chmod 600 {path}",
            )
        text = file.read(_LONGEST_KEY_FILE + 1).strip()
    if not text or len(text) > _LONGEST_KEY_FILE or not all(0x20 < byte < 0x7F for byte in text):  # visible ASCII
        raise CliError(f"{path}: does not hold one API key", code="key_file_invalid", exit_code=ExitCode.AUTHENTICATION)
    return text.decode("ascii")


def _from_multiaddr(text: str) -> str:
    from debros.config import besidepeer, multiaddrs  # noqa: PLC0415 - help must not load the configuration package

    try:
        return besidepeer.gateway_url(text)
    except ValueError as exc:
        raise _usage(f"--bootstrap: {text!r}: {exc}; expected {multiaddrs.FORM}") from exc


def _from_installation() -> str:
    from debros.config import thishost  # noqa: PLC0415 - help must not load the configuration package

    if not os.path.lexists(PRODUCTION_CONFIG.parent):
        raise CliError(
            f"--production: there is no {PRODUCTION_CONFIG} on this host",
            code="not_installed",
            hint="name the gateway with --gateway URL",
        )
    try:
        return thishost.gateway_url(PRODUCTION_CONFIG)
    except ValueError as error:
        hint = "run this with sudo, or name the gateway with --gateway URL"
        raise CliError(f"--production: {error}", code="config_invalid", hint=hint) from None


def _usage(message: str) -> CliError:
    return CliError(message, code="usage", exit_code=ExitCode.USAGE)
