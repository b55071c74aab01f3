"""The rules of single values of client.yaml; see ``checks`` for their form."""

from collections.abc import Callable
from typing import Any

from debros import gatewayurl
from debros.config import besidepeer
from debros.config.addresses import PortError
from debros.config.checks import Answer, namespace


def gateway_address(text: str) -> Answer:
    """Where a gateway is reached; may be empty. The text is not shown: it may hold a password."""
    try:
        if text:
            gatewayurl.parse(text)
    except gatewayurl.PasswordError as error:
        return "invalid address", str(error)
    except ValueError:
        return "invalid address", gatewayurl.EXPECTED
    return None


def peer_of_gateway(text: str) -> Answer:
    """A bootstrap peer with a gateway beside it; may be empty."""
    try:
        if text:
            besidepeer.gateway_url(text)
    except PortError as error:
        return f"invalid TCP port {error}", "port must be between 1 and 65535"
    except ValueError as error:
        return f"invalid multiaddr ({error})", "expected /ip{4,6}/.../tcp/<port>"
    return None


def namespace_or_none(text: str) -> Answer:
    """The name of a namespace; may be empty."""
    return namespace(text) if text else None


CLIENT_CHECKS: dict[str, Callable[[Any], Answer]] = {
    check.__name__: check for check in (gateway_address, peer_of_gateway, namespace_or_none)
}
