"""Where the gateway of this host is reached from this host, by its configuration."""

from pathlib import Path

from debros.config import yamlfile
from debros.config.addresses import parse_host_port

_DEFAULT_ADDRESS = ":6001"
_ANY = {"", "0.0.0.0", "::"}  # noqa: S104 - recognised, not listened on


def gateway_url(file: Path) -> str:
    """Return the gateway's address for callers on its own host.

    Only two values are looked at, because whoever asks need not be able to read the gateway's secrets.

    Args:
        file: gateway.yaml.

    Raises:
        ValueError: the file does not tell; the text says why.
    """
    text, problem = yamlfile.read(file)
    document = yamlfile.parse(text, str(file))
    problem = problem or document.problem
    if problem:
        raise ValueError(str(problem))
    security = document.value.get("security")
    tls = isinstance(security, dict) and security.get("enable_tls") is True
    try:
        address = parse_host_port(str(document.value.get("listen_addr") or _DEFAULT_ADDRESS), any_host=True)
    except ValueError as error:
        raise ValueError(f"{file}: listen_addr: {error}") from None
    host = "localhost" if address.host in _ANY else address.host
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{address.port}"
