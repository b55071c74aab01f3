"""Hosts, ports, listen addresses and origins: the addresses that are not multiaddrs."""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

# RFC 1123 labels, plus the underscore that container networks use in names.
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST_NAME = 253
_ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[^\]]*\]|[^:/?#@\s]+)(?::(?P<port>\*|[0-9]{1,5}))?")
_HIGHEST_PORT = 65535


class PortError(ValueError):
    """The form is right but the port is not between 1 and 65535; ``str()`` is the port as written."""


class HostPort(NamedTuple):
    """A host (IPv6 without brackets; "" for every interface) and, where one is given, a TCP port."""

    host: str
    port: int | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def is_ip(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address, without brackets or zone."""
    if "%" in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_name(text: str) -> bool:
    """Whether the text can be a DNS name. The last label is not all digits, so 300.1.1.1 is no name (RFC 3696)."""
    labels = text.removesuffix(".").split(".")
    return (
        len(text) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdecimal()
    )


def parse_port(text: str) -> int:
    """Read a port.

    Raises:
        PortError: it is a number, but not a port.
        ValueError: it is not a number.
    """
    if re.fullmatch(r"[0-9]+", text) is None:
        raise ValueError("not a port")
    if not 1 <= int(text[:20]) <= _HIGHEST_PORT:
        raise PortError(text)
    return int(text)


def parse_host(text: str) -> str:
    """Read a host: a name, an IPv4 address, an IPv6 address with or without brackets.

    Returns:
        The host without brackets.

    Raises:
        ValueError: it is none of these.
    """
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
        if ":" not in text:
            raise ValueError("brackets are for IPv6 addresses")
    if is_ip(text) or is_name(text):
        return text
    raise ValueError("not a host")


def parse_host_port(text: str, *, port_required: bool = True, any_host: bool = False) -> HostPort:
    """Read ``host:port`` (``[::1]:7001`` for IPv6).

    Args:
        text: what to read.
        port_required: refuse a host without a port.
        any_host: accept ``:6001``, every interface.

    Raises:
        PortError: the form is right, but not the port.
        ValueError: the form is wrong.
    """
    host, colon, port = text.rpartition(":")
    bare_ipv6 = is_ip(text) or text.endswith("]")
    if not colon or bare_ipv6:
        if port_required:
            raise ValueError("no port")
        return HostPort(parse_host(text), None)
    if ":" in host and not host.startswith("["):
        raise ValueError("an IPv6 address needs brackets before a port")
    if not host and any_host:
        return HostPort("", parse_port(port))
    # The host first: a bad port is only worth naming when the rest is right.
    host = parse_host(host)
    return HostPort(host, parse_port(port))


def split_list(text: str) -> list[str]:
    """Split a list separated by commas, blanks around its entries cut off; "" gives no entry."""
    return [entry.strip() for entry in text.split(",")] if text.strip() else []


def same_host_port(text: str) -> tuple[str, int | None]:
    """What two spellings of one host and port have in common.

    Raises:
        ValueError: it is none.
    """
    host, port = parse_host_port(text, port_required=False)
    return str(ipaddress.ip_address(host)) if is_ip(host) else host.lower().removesuffix("."), port


def parse_rqlite_url(text: str) -> str:
    """Read the address of an rqlite HTTP API: ``http://host:port``, or ``host:port`` for short.

    Returns:
        The URL without a slash at the end.

    Raises:
        PortError: the form is right, but not the port.
        ValueError: it is no such URL.
    """
    if "://" not in text:
        parse_host_port(text)
        return f"http://{text}"
    if not text.isprintable() or " " in text:
        raise ValueError("not a URL")
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("not the URL of a server")
    parse_host_port(url.netloc.rpartition("@")[2], port_required=False)
    return f"{url.scheme}://{url.netloc}"


def is_origin(text: str) -> bool:
    """Whether the text is a web origin (RFC 6454), where ``*`` may stand for every port."""
    match = _ORIGIN.fullmatch(text)
    if match is None:
        return False
    try:
        parse_host(match["host"])
        if match["port"] not in (None, "*"):
            parse_port(match["port"])
    except ValueError:
        return False
    return True
