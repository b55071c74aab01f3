"""Which gateway a command talks to, and with which API key.

`--gateway`, `--bootstrap` or `--production` > DEBROS_GATEWAY_URL > the current gateway of the credentials file >
http://localhost:6001.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from debros.cli import credentials
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.settings import Settings

DEFAULT_URL = "http://localhost:6001"
URL_VARIABLE = "DEBROS_GATEWAY_URL"
PRODUCTION_CONFIG = Path("/opt/debros/configs/gateway.yaml")

# Every service of a host is counted from the same base: host N has 4000+N (libp2p), 6000+N (gateway).
_GATEWAY_MINUS_PEER = 2000
_HIGHEST_PORT = 65535
_LONGEST_KEY_FILE = 4096


@dataclass(frozen=True)
class Target:
    """A gateway and what opens it.

    Attributes:
        url: without a slash at the end.
        api_key: None when none is known.
        loopback: it is on this host.
    """

    url: str
    api_key: str | None = field(repr=False)
    loopback: bool


def resolve(settings: Settings) -> Target:
    """Return the gateway to talk to.

    Raises:
        CliError: the address or the key file is not usable, or options contradict each other.
    """
    stored = None if settings.api_key_file and _names_gateway(settings) else _load_credentials(settings)
    url = _url(settings, stored)
    if settings.api_key_file:
        key: str | None = _read_key(settings.api_key_file)
    else:
        found = stored.for_gateway(url) if stored else None
        key = found.api_key if found else None
    host = urlsplit(url).hostname or ""
    return Target(url, key, loopback=host == "localhost" or host.startswith("127.") or host == "::1")


def parse_url(text: str, source: str) -> str:
    """Return a gateway's address in its one form; a missing scheme means http.

    Args:
        text: as given.
        source: the option or variable it came from, for the error.

    Raises:
        CliError: it is not an http(s) URL of a host, or it carries a password (which would be visible to all users).
    """
    if "@" in text:
        raise _usage(f"{source}: no user or password in the address; use --api-key-file")
    url = text.strip() if "://" in text else f"http://{text.strip()}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url or parts.query or parts.fragment:
        raise _usage(f"{source}: {text!r} is not the address of a gateway; expected http(s)://host[:port]")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _names_gateway(settings: Settings) -> bool:
    return bool(settings.gateway or settings.bootstrap or settings.production or os.environ.get(URL_VARIABLE))


def _url(settings: Settings, stored: credentials.Credentials | None) -> str:
    named = {
        "--gateway": settings.gateway is not None,
        "--bootstrap": settings.bootstrap is not None,
        "--production": settings.production,
    }
    given = [name for name, present in named.items() if present]
    if len(given) > 1:
        raise _usage(f"{' and '.join(given)} each name a gateway; give only one of them")
    if settings.gateway is not None:
        return parse_url(settings.gateway, "--gateway")
    if settings.bootstrap is not None:
        return _from_multiaddr(settings.bootstrap)
    if settings.production:
        return _from_installation()
    variable = os.environ.get(URL_VARIABLE)
    if variable:
        return parse_url(variable, URL_VARIABLE)
    if stored is not None and stored.current:
        return parse_url(stored.current, str(stored.path))
    return DEFAULT_URL


def _load_credentials(settings: Settings) -> credentials.Credentials:
    stored = credentials.load()
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
    from debros.config import multiaddrs  # noqa: PLC0415 - help must not load the configuration package

    try:
        peer = multiaddrs.parse(text)
    except ValueError as exc:
        raise _usage(f"--bootstrap: {text!r}: {exc}; expected /ip4/HOST/tcp/PORT/p2p/PEERID") from exc
    port = peer.port + _GATEWAY_MINUS_PEER
    if port > _HIGHEST_PORT:
        raise _usage(f"--bootstrap: no gateway port belongs to peer port {peer.port}; use --gateway")
    return f"http://[{peer.host}]:{port}" if ":" in peer.host else f"http://{peer.host}:{port}"


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
